package state_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// What may be taken over is not taken away for lack of something to put it on.
func TestAdoptWithoutNeedTouchesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.foreign(func(m map[state.ID]thing) { m[parseID("Base:b")] = thing{value: "x"} })
	r.set("o", 0, "Base:b=x + <Base:c")
	r.Begin()
	r.awaitReasons("o", "WaitingForDependency: waits for Base c")
	r.resyncs()
	wantWritten(t, r.written())
	r.set("c", 0, "Base:c=x")
	r.awaitReasons("o", "Programmed")
	wantWritten(t, r.written(), "create c", "update b")
}

// Where drift is only told, what we took away ourselves still comes back.
func TestReportModePutsBackWhatWeTook(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("base", 0, "Base:b=x")
	r.set("leaf", 0, "Leaf:l=x <Base:b")
	r.awaitReasons("leaf", "Programmed")
	r.SetReportOnly(true)
	r.set("base", 0, "Base:b=y")
	r.awaitHolds("b=y l=x")
	r.awaitReasons("leaf", "Programmed")
}

// An owner that is replaced before anything was decided on keeps nothing of the
// one before it.
func TestReplacedBeforeBegin(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.set("o", 2, "Base:b=x", "Leaf:l=x <Base:b")
	r.set("o", 1, "Base:b=x", "Leaf:l=x <Base:b")
	r.Begin()
	r.AllowPrune(func(string) bool { return true })
	r.awaitReasons("o", "Programmed; Programmed")
	r.resyncs()
	r.awaitReasons("o", "Programmed; Programmed")
	wantWritten(t, r.written(), "create b", "create l")
	r.await("quiet", func() bool { quiet, _ := r.Audit(); return quiet })
	if _, wrong := r.Audit(); len(wrong) > 0 {
		t.Error(wrong)
	}
}

// A claim that is given up goes to the next though the value stays.
func TestClaimGivenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("one", 2, "Base:a=x !addr")
	r.awaitReasons("one", "Programmed")
	r.set("two", 1, "Base:b=x !addr")
	r.awaitReasons("two", "Conflict: Object one has it")
	r.set("one", 2, "Base:a=x")
	r.awaitReasons("two", "Programmed")
}

// An item named twice is one.
func TestItemTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Base:b=x", "Base:b=x")
	r.awaitHolds("b=x")
	r.set("o", 0, "Base:b=x", "Base:b=x")
	r.drop("o")
	r.awaitHolds("")
}

// Something of ours that was about to go becomes somebody else's: what waits
// for it can have it.
func TestForeignNeedTurnsUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Part:p=x <Base:b")
	r.awaitReasons("o", "WaitingForDependency: waits for Base b")
	r.foreign(func(m map[state.ID]thing) { m[parseID("Base:b")] = thing{value: "x"} })
	r.resyncs()
	r.awaitReasons("o", "Programmed")
	wantWritten(t, r.written(), "create p")
}

// VPP dies of something that waits for what is held back while it is looked
// for: that is found, and what it needs is not blamed.
func TestPoisonOnSomethingHeldBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	poisoned := make(chan struct{}, 1)
	r.world.mu.Lock()
	r.poison, r.poisoned = "p", poisoned
	r.world.mu.Unlock()
	// In the order of suspicion what hangs on them comes before the Parts.
	var items []string
	for _, key := range []string{"m", "n", "o", "p"} {
		items = append(items, fmt.Sprintf("Leaf:%s=x <Part:%s2", key, key), fmt.Sprintf("Part:%s2=x", key))
	}
	r.set("new", 0, items...)
	r.await("all but the poison", func() bool {
		select {
		case <-poisoned:
			r.foreign(func(m map[state.ID]thing) {
				clear(m)
				r.boot++
			})
			if err := r.vpp.Restart(); err != nil {
				t.Fatal(err)
			}
		default:
		}
		reasons := r.reasons("new")
		return r.holds() == "m2=x m=x n2=x n=x o2=x o=x p2=x" &&
			strings.Count(reasons, "Programmed") == 7 && strings.Contains(reasons, "Quarantined")
	})
}
