package vpp_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// Each request of a batch is reported once, with its number and its own answer.
func TestBatch(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		s := dial(t, socket)
		i := loopback(t, s)
		const n = 10000
		seen := make([]int, n)
		refusals := 0
		b, err := setInterface.Batch(soon(t), s, func(k int, r *retval, err error) {
			seen[k]++
			switch {
			case k%3 != 0 && err == nil && r.Retval == 0:
			case k%3 == 0 && errors.Is(err, &vpp.RetvalError{Retval: -2}) && r.Retval == -2:
				refusals++
			default:
				t.Errorf("request %d: %v (%v)", k, r, err)
			}
		})
		must(t, err)
		q := setFlags{}
		for k := range n {
			if q.SwIfIndex = i; k%3 == 0 {
				q.SwIfIndex = 1 << 30
			}
			must(t, b.Add(&q)) // it is encoded by now
		}
		must(t, b.Wait())
		must(t, b.Wait())
		if once := slices.Repeat([]int{1}, n); !slices.Equal(seen, once) || refusals != (n+2)/3 {
			t.Errorf("%d refusals of %d requests", refusals, n)
		}
		if in := s.Stats().Snapshot().InFlight; in != 0 {
			t.Errorf("%d in flight", in)
		}
	})
}

// Thousands are in flight at once, and never more than the window.
func TestBatchWindow(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	held := v.Fault(vpptest.Hold("control_ping"))
	b, err := controlPing.Batch(soon(t), s, nil)
	must(t, err)
	for range 4000 {
		must(t, b.Add(&nothing{}))
	}
	b.Flush()
	closed(t, "the first request", held.Fired())
	if n := s.Stats().Snapshot().InFlight; n != 4000 {
		t.Errorf("%d in flight", n)
	}
	held.Release()
	must(t, b.Wait())

	s = dial(t, v.Socket(), func(o *vpp.Options) { o.MaxInFlight = 64 })
	most := 0
	b, err = controlPing.Batch(soon(t), s, func(int, *retval, error) { most = max(most, s.Stats().Snapshot().InFlight) })
	must(t, err)
	for range 4000 {
		must(t, b.Add(&nothing{}))
		most = max(most, s.Stats().Snapshot().InFlight)
	}
	must(t, b.Wait())
	if most < 32 || most > 64 {
		t.Errorf("at most %d in flight in a window of 64", most)
	}
}

// Several batches and callers share the window.
func TestBatchesTogether(t *testing.T) {
	t.Parallel()
	s := dial(t, vpptest.Start(t).Socket(), func(o *vpp.Options) { o.MaxInFlight = 16 })
	ctx := soon(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			n := 0
			b, err := controlPing.Batch(ctx, s, func(_ int, _ *retval, err error) {
				if n++; err != nil {
					t.Error(err)
				}
			})
			if err != nil {
				t.Error(err)
				return
			}
			for range 2000 {
				if err := b.Add(&nothing{}); err != nil {
					t.Error(err)
					break
				}
			}
			if err := b.Wait(); err != nil || n != 2000 {
				t.Errorf("%d answers (%v)", n, err)
			}
		})
		wg.Go(func() {
			for range 200 {
				if err := s.Ping(ctx); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// A request that cannot be encoded is refused; the batch goes on.
func TestBatchEncodeError(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	text := vpp.NewMethod[struct{ Tag string }, retval]("sw_interface_tag_add_del")
	var reported []int
	b, err := text.Batch(soon(t), s, func(k int, _ *retval, _ error) { reported = append(reported, k) })
	must(t, err)
	long := struct{ Tag string }{string(slices.Repeat([]byte("x"), 100))}
	for k := range 10 {
		err := b.Add(&struct{ Tag string }{"short"})
		must(t, err)
		if k == 4 {
			err = b.Add(&long)
			outcome(t, "a string too long", err, vpp.ErrRefused)
			if _, ok := errors.AsType[*binproto.Error](err); !ok {
				t.Errorf("a string too long: %v", err)
			}
		}
	}
	must(t, b.Wait())
	if !slices.Equal(reported, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) || v.Calls("sw_interface_tag_add_del") != 10 {
		t.Errorf("reported %v, sent %d", reported, v.Calls("sw_interface_tag_add_del"))
	}
	if v.Ignored() != 0 {
		t.Errorf("VPP ignored %d messages", v.Ignored())
	}
}

// What is in flight when the connection is lost is reported as unknown, what
// was answered before as done; nothing more can be added.
func TestBatchLostConnection(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	v.Fault(vpptest.CutAfter("control_ping").After(100))
	done, lost := 0, 0
	b, err := controlPing.Batch(soon(t), s, func(k int, _ *retval, err error) {
		switch {
		case err == nil:
			done++
		case errors.Is(err, vpp.ErrUnknown) && errors.Is(err, vpp.ErrDisconnected):
			lost++
		default:
			t.Errorf("request %d: %v", k, err)
		}
	})
	must(t, err)
	added := 0
	var end error
	for range 5000 {
		if end = b.Add(&nothing{}); end != nil {
			break
		}
		added++
	}
	_ = b.Wait()
	if done > 100 || done+lost != added {
		t.Errorf("%d added, %d done, %d lost", added, done, lost)
	}
	if end != nil {
		outcome(t, "adding to a lost session", end, vpp.ErrRefused)
	}
	if _, err := controlPing.Batch(soon(t), s, nil); !errors.Is(err, vpp.ErrRefused) {
		t.Errorf("a batch on a lost session: %v", err)
	}
}

// Where VPP does not answer, the batch ends after the timeout: what came is
// done, what did not is unknown.
func TestBatchTimeout(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket(), timeout(short))
	v.Fault(vpptest.LoseReply("control_ping").After(10).Times(5))
	results := map[bool]int{}
	b, err := controlPing.Batch(context.Background(), s, func(_ int, _ *retval, err error) {
		results[err == nil]++
		if err != nil && (!errors.Is(err, vpp.ErrUnknown) || !errors.Is(err, vpp.ErrTimeout)) {
			t.Error(err)
		}
	})
	must(t, err)
	for range 30 {
		must(t, b.Add(&nothing{}))
	}
	err = b.Wait()
	outcome(t, "the batch", err, vpp.ErrUnknown)
	if results[true] != 25 || results[false] != 5 {
		t.Errorf("%d done, %d unknown", results[true], results[false])
	}
	outcome(t, "adding to an ended batch", b.Add(&nothing{}), vpp.ErrUnknown)
	ping(t, s)
}

// Cancelling ends a batch that waits; every request is reported.
func TestBatchCancel(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket(), func(o *vpp.Options) { o.MaxInFlight = 8 })
	held := v.Fault(vpptest.Withhold("control_ping"))
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	reported := 0
	b, err := controlPing.Batch(ctx, s, func(_ int, _ *retval, err error) {
		reported++
		outcome(t, "a cancelled request", err, vpp.ErrUnknown)
	})
	must(t, err)
	go func() {
		<-held.Fired()
		cancel()
	}()
	added := 0
	for range 100 {
		if err = b.Add(&nothing{}); err != nil {
			break
		}
		added++
	}
	if added > 8 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d added, and then %v", added, err)
	}
	if err := b.Wait(); added > 0 && !errors.Is(err, context.Canceled) || reported != added {
		t.Errorf("%d of %d reported (%v)", reported, added, err)
	}
	held.Release()
	ping(t, s)
}
