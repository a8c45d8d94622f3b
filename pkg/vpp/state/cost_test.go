package state_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// countingKind counts how often something was compared, which is what a look at
// a node comes to.
type countingKind struct {
	fakeKind
	compared *atomic.Int64
}

func (k countingKind) Compare(want, have, applied any) state.Difference {
	k.compared.Add(1)
	return k.fakeKind.Compare(want, have, applied)
}

// A change costs what its owner has, whatever there is of others.
func TestChangeDoesNotLookAtOthers(t *testing.T) {
	const owners, each = 200, 10
	var compared atomic.Int64
	r := newRig(t, func(o *state.Options) {
		for i, k := range o.Kinds {
			if k, ok := k.(fakeKind); ok && k.name == "Leaf" {
				o.Kinds[i] = countingKind{k, &compared}
			}
		}
	})
	items := func(owner int, last string) []string {
		list := make([]string, each)
		for i := range list {
			list[i] = fmt.Sprintf("Leaf:o%d-%d=x", owner, i)
		}
		list[each-1] += last
		return list
	}
	for i := range owners {
		r.set(fmt.Sprint("o", i), 0, items(i, "")...)
	}
	r.Begin()
	r.await("all", func() bool { return r.Status().Counts["Leaf"].Done == owners*each })
	r.await("quiet", func() bool { return r.Status().Synced })

	before := compared.Load()
	r.set("o7", 0, items(7, ":1")...)
	r.await("changed", func() bool { return r.reasons("o7") == r.reasons("o8") && len(r.written()) == owners*each+1 })
	r.drop("o8")
	r.await("dropped", func() bool { return r.Status().Counts["Leaf"].Done == (owners-1)*each })
	if n := compared.Load() - before; n > 3*each {
		t.Errorf("%d items were compared for a change of one among %d in all", n, owners*each)
	}
}

// While VPP is being filled the engine says so, and when it is done every owner
// is told to look, also those that did not look since they were last told.
func TestCatchingUpEnds(t *testing.T) {
	w := newWorld()
	w.begun, w.resume = make(chan string), make(chan struct{})
	var told atomic.Int64
	r := newRigOn(t, w, vpptest.Start(t), func(o *state.Options) {
		changed := o.Changed
		o.Changed = func(owner state.Owner) {
			if owner.Object == "idle" {
				told.Add(1)
			}
			changed(owner)
		}
	})
	r.set("idle", 0)
	r.set("o", 0, "Leaf:a=x")
	r.Begin()
	<-w.begun
	if !r.CatchingUp() {
		t.Error("not catching up while something is under way")
	}
	before := told.Load()
	w.resume <- struct{}{}
	r.await("caught up", func() bool { return !r.CatchingUp() })
	if !r.Status().Synced || told.Load() == before {
		t.Errorf("synced %v; told %d times then", r.Status().Synced, told.Load()-before)
	}
}
