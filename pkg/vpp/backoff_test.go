package vpp

import (
	"testing"
	"time"
)

// The pauses grow to a bound and are never the same for all; a session that
// held makes them short again, one that did not does not.
func TestBackoff(t *testing.T) {
	t.Parallel()
	var b backoff
	want := backoffFirst
	for range 20 {
		if d := b.failed(); d < want/2 || d >= want {
			t.Fatalf("a pause of %v, want %v to %v", d, want/2, want)
		}
		want = min(2*want, backoffMost)
	}
	different := map[time.Duration]bool{}
	for range 50 {
		different[b.failed()] = true
	}
	if len(different) < 2 {
		t.Error("all pauses are the same")
	}
	if d := b.ended(time.Second); d < backoffMost/2 {
		t.Errorf("VPP hung up at once again: a pause of %v", d)
	}
	if d := b.ended(time.Minute); d != 0 {
		t.Errorf("a session that held: a pause of %v", d)
	}
	for range 10 {
		want = b.ended(0)
	}
	if want < backoffMost/2 {
		t.Errorf("VPP hangs up at once again and again: a pause of %v", want)
	}
	b.reset()
	if d := b.failed(); d >= backoffFirst {
		t.Errorf("after new hope: a pause of %v", d)
	}
}
