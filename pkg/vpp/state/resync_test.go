package state_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// flappingKind has events without end: each reading of what an event named
// brings the next.
type flappingKind struct {
	fakeKind
	again chan struct{}
}

func (k flappingKind) Watch(ctx context.Context, _ *state.View, ready func(), changed func(uint32, bool)) error {
	ready()
	for {
		select {
		case <-k.again:
			for h := range uint32(4) {
				changed(h, false)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (k flappingKind) Refresh(ctx context.Context, v *state.View, id state.ID, _ any, found func(state.Found)) error {
	err := k.Read(ctx, v, func(f state.Found) {
		if f.ID == id {
			found(f)
		}
	})
	select {
	case k.again <- struct{}{}:
	default:
	}
	return err
}

// Events that have things read again all the time do not put off the reading of
// everything.
func TestEventsDoNotPutOffResync(t *testing.T) {
	t.Parallel()
	again := make(chan struct{}, 1)
	r := newRig(t, func(o *state.Options) {
		o.ResyncPeriod = 200 * time.Millisecond
		for i, k := range o.Kinds {
			if k, ok := k.(fakeKind); ok && k.name == "Base" {
				o.Kinds[i] = flappingKind{k, again}
			}
		}
	})
	r.set("o", 0, "Base:b=x", "Leaf:l=x")
	r.Begin()
	r.awaitReasons("o", "Programmed; Programmed")
	again <- struct{}{}
	r.foreign(func(m map[state.ID]thing) { delete(m, parseID("Leaf:l")) })
	r.awaitHolds("b=x l=x")
}

// A reading of everything of which a part has to be tried again is one all the
// same.
func TestResyncWithRetry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.set("o", 0, "Base:b=x", "Leaf:l=x")
	r.Begin()
	r.awaitReasons("o", "Programmed; Programmed")
	r.resyncs()
	last := r.Status().LastResync.Ended
	r.foreign(func(m map[state.ID]thing) {
		delete(m, parseID("Base:b"))
		r.blind["Leaf"] = errors.New("not now")
	})
	r.ResyncNow()
	r.awaitHolds("b=x l=x")
	r.await("told", func() bool { return r.Status().Err != nil })
	r.foreign(func(map[state.ID]thing) { delete(r.blind, "Leaf") })
	r.await("resync", func() bool { return r.Status().LastResync.Ended.After(last) })
	if c := r.Status().LastResync.Corrected; c["Base"] != 1 {
		t.Errorf("corrected %v", c)
	}
}
