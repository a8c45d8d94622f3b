package vpp

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// Small requests of many callers leave in one write.
func TestOneWrite(t *testing.T) {
	t.Parallel()
	const callers = 100
	s, err := Dial(t.Context(), Options{Socket: vpptest.Start(t).Socket()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()

	// The first write waits until all the others stand in the buffer.
	var once sync.Once
	gathered, let := make(chan struct{}), make(chan struct{})
	writes := 0
	write := s.out.one
	s.out.one = func(fd uintptr) bool {
		once.Do(func() { close(gathered); <-let })
		writes++
		return write(fd)
	}
	var wg sync.WaitGroup
	call := func() {
		if err := s.Ping(context.Background()); err != nil {
			t.Error(err)
		}
	}
	wg.Go(call)
	<-gathered
	sent := func() uint64 { return s.stats.message("control_ping").out.Load() }
	before := sent()
	for range callers {
		wg.Go(call)
	}
	for sent() < before+callers { // none of them can be answered
		runtime.Gosched()
	}
	close(let)
	wg.Wait()
	if writes != 2 {
		t.Errorf("%d requests left in %d writes, want 2", callers+1, writes)
	}
}

// A batch gathers requests and writes them together, at once when told.
func TestBatchWrites(t *testing.T) {
	t.Parallel()
	s, err := Dial(t.Context(), Options{Socket: vpptest.Start(t).Socket()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	writes := 0
	write := s.out.one
	s.out.one = func(fd uintptr) bool { writes++; return write(fd) }
	b, err := NewMethod[struct{}, struct{ Retval int32 }]("control_ping").Batch(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := b.Add(&struct{}{}); err != nil {
			t.Fatal(err)
		}
	}
	if writes != 0 {
		t.Errorf("%d writes before Flush", writes)
	}
	b.Flush()
	if writes != 1 {
		t.Errorf("%d writes after Flush", writes)
	}
	if err := b.Wait(); err != nil || writes != 1 {
		t.Errorf("%d writes in all (%v)", writes, err)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	o := Options{MaxSend: 1 << 40}.withDefaults()
	if o.Socket != "/run/vpp/api.sock" || o.Timeout.Seconds() != 5 || o.MaxSend != 1<<30 || o.MaxReceive != 256<<20 || o.MaxInFlight != 4096 {
		t.Errorf("the defaults are %+v", o)
	}
	if got := (Options{}).withDefaults().MaxSend; got != 16<<20 {
		t.Errorf("the cap on requests is %d", got)
	}
}
