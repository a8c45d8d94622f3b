package state_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// What VPP refuses to change is read again: somebody else has deleted it.
func TestRefusedUpdateIsReadAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Base:b=x:1")
	r.awaitReasons("o", "Programmed")
	r.foreign(func(m map[state.ID]thing) { delete(m, parseID("Base:b")) })
	r.refuse("update b")
	r.set("o", 0, "Base:b=x:2")
	r.awaitReasons("o", "Programmed")
	r.awaitHolds("b=x:2")
}

// What VPP refuses to make may be there, by somebody else's hand.
func TestRefusedCreateIsReadAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.await("synced", func() bool { return r.Status().Synced })
	r.foreign(func(m map[state.ID]thing) { m[parseID("Base:b")] = thing{value: "x", handle: 7} })
	r.refuse("create b")
	r.set("o", 0, "Base:b=x")
	r.awaitReasons("o", "Conflict: something in VPP that somebody else made has it")
	r.set("o", 0, "Base:b=x +")
	r.awaitReasons("o", "Programmed")
}

// Where VPP refuses to put something on another, that is read again too.
func TestNeedsOfRefusedAreReadAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("base", 0, "Base:b=x")
	r.awaitReasons("base", "Programmed")
	r.foreign(func(m map[state.ID]thing) { delete(m, parseID("Base:b")) })
	r.refuse("create l")
	r.set("leaf", 0, "Leaf:l=x <Base:b")
	r.awaitHolds("b=x")
	r.accept("create l")
	r.awaitReasons("leaf", "Programmed")
	if log := r.written(); log[0] != "create b" || !slices.Contains(log[2:], "create b") {
		t.Errorf("wrote %q", log)
	}
}

// readCountingKind counts how often a kind was read.
type readCountingKind struct {
	fakeKind
	reads *atomic.Int64
}

func (k readCountingKind) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	k.reads.Add(1)
	return k.fakeKind.Read(ctx, v, found)
}

// What VPP goes on refusing is tried again and again, and read again once.
func TestSteadyRefusalIsReadOnce(t *testing.T) {
	t.Parallel()
	var reads atomic.Int64
	r := newRig(t, func(o *state.Options) {
		for i, k := range o.Kinds {
			if k, ok := k.(fakeKind); ok && k.name == "Base" {
				o.Kinds[i] = readCountingKind{k, &reads}
			}
		}
	})
	r.Begin()
	r.await("synced", func() bool { return r.Status().Synced })
	before := reads.Load()
	r.refuse("create b")
	r.set("o", 0, "Base:b=x")
	tries := 0
	r.await("ten tries", func() bool {
		tries += len(r.written())
		return tries > 10
	})
	if n := reads.Load() - before; n != 1 {
		t.Errorf("read %d times", n)
	}
}
