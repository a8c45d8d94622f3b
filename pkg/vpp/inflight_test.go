package vpp

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fakeRequest counts what becomes of it.
type fakeRequest struct {
	limit     time.Duration
	delivered atomic.Int32
	failed    atomic.Int32
}

func (r *fakeRequest) encode(dst []byte) ([]byte, error) { return dst, nil }
func (r *fakeRequest) patience() time.Duration           { return r.limit }
func (r *fakeRequest) deliver(*messageInfo, []byte) bool { r.delivered.Add(1); return true }
func (r *fakeRequest) fail(error)                        { r.failed.Add(1) }

// Contexts are never 0 and never one in flight, also where the number wraps.
func TestContexts(t *testing.T) {
	t.Parallel()
	f := newInflight(8)
	f.next = math.MaxUint32 - 20
	inFlight := map[uint32]bool{}
	stuck := f.alloc(&fakeRequest{}, nil, 0, 0) // one that is never answered
	inFlight[stuck] = true
	for range 100 {
		for f.fits(1) {
			c := f.alloc(&fakeRequest{}, nil, 0, 0)
			if c == 0 || inFlight[c] {
				t.Fatalf("context %d is 0 or in flight", c)
			}
			inFlight[c] = true
		}
		for c := range inFlight {
			if c != stuck && len(inFlight) > 3 {
				if !f.withdraw(c) {
					t.Fatalf("context %d was not in flight", c)
				}
				delete(inFlight, c)
			}
		}
	}
	if f.next > 1<<31 {
		t.Fatalf("the number did not wrap: %d", f.next)
	}
	// The one in the way of the whole number space, once around.
	f.next = stuck - 1
	if c := f.alloc(&fakeRequest{}, nil, 0, 0); c == stuck {
		t.Errorf("context %d was given away twice", c)
	}
}

// A context that is not in flight, or no more, is nobody's.
func TestClaim(t *testing.T) {
	t.Parallel()
	f := newInflight(4)
	r := &fakeRequest{}
	c := f.alloc(r, nil, 7, 0)
	for _, wrong := range []uint32{0, c + 4, c + 1, c ^ 1<<31} {
		if f.claim(wrong) != nil {
			t.Errorf("context %d was claimed", wrong)
		}
	}
	s := f.claim(c)
	if s == nil || s.pending != r || s.size != 7 {
		t.Fatalf("claimed %v", s)
	}
	f.unclaim(s, c)
	if s = f.claim(c); s == nil {
		t.Fatal("an unclaimed request was gone")
	}
	f.release(s)
	if f.claim(c) != nil || f.withdraw(c) || f.count.Load() != 0 || f.bytes.Load() != 0 {
		t.Errorf("after the release: %d requests, %d bytes", f.count.Load(), f.bytes.Load())
	}
}

// A request is found also while others take hold of it and let it go again, as
// the reader does for each message of a stream.
func TestClaimContended(t *testing.T) {
	t.Parallel()
	f := newInflight(2)
	c := f.alloc(&fakeRequest{}, nil, 1, 0)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20_000 {
				s := f.claim(c)
				if s == nil {
					t.Error("a request in flight was not found")
					return
				}
				f.unclaim(s, c)
			}
		})
	}
	wg.Wait()
	if !f.withdraw(c) || f.count.Load() != 0 {
		t.Errorf("%d requests are left", f.count.Load())
	}
}

// Requests that VPP does not answer fail when their patience is over, others
// do not; in the end all do. Each ends once.
func TestExpiry(t *testing.T) {
	t.Parallel()
	f := newInflight(4)
	hasty, patient, watched := &fakeRequest{limit: 10}, &fakeRequest{limit: 100}, &fakeRequest{}
	for _, r := range []*fakeRequest{hasty, patient, watched} {
		f.alloc(r, nil, 1, 1000)
	}
	if n := f.expire(1009, ErrTimeout); n != 0 {
		t.Errorf("%d expired too early", n)
	}
	if n := f.expire(1010, ErrTimeout); n != 1 || hasty.failed.Load() != 1 {
		t.Errorf("%d expired", n)
	}
	f.failAll(errors.New("the end"))
	if patient.failed.Load() != 1 || watched.failed.Load() != 1 || hasty.failed.Load() != 1 || f.count.Load() != 0 {
		t.Errorf("failed %d, %d and %d times", hasty.failed.Load(), patient.failed.Load(), watched.failed.Load())
	}
}

// Replies, withdrawals, expiry and the end all at once: each request ends once.
func TestOneEnd(t *testing.T) {
	t.Parallel()
	const n = 2000
	f := newInflight(n)
	requests := make([]*fakeRequest, n)
	contexts := make([]uint32, n)
	for i := range requests {
		requests[i] = &fakeRequest{limit: 1}
		contexts[i] = f.alloc(requests[i], nil, 1, 0)
	}
	withdrawn := make([]atomic.Int32, n)
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, c := range contexts {
			if s := f.claim(c); s != nil {
				s.pending.deliver(nil, nil)
				f.release(s)
			}
		}
	})
	wg.Go(func() {
		for i, c := range contexts {
			if f.withdraw(c) {
				withdrawn[i].Add(1)
			}
		}
	})
	wg.Go(func() { f.expire(5, ErrTimeout) })
	wg.Go(func() { f.failAll(ErrClosed) })
	wg.Wait()
	for i, r := range requests {
		if ends := r.delivered.Load() + r.failed.Load() + withdrawn[i].Load(); ends != 1 {
			t.Fatalf("request %d ended %d times", i, ends)
		}
	}
	if f.count.Load() != 0 || f.bytes.Load() != 0 {
		t.Errorf("%d requests and %d bytes are left", f.count.Load(), f.bytes.Load())
	}
}
