package controllers

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// What counts as an accident: more than half of a node's objects, and more than
// massCount of them, vanish within massWindow.
const (
	massCount  = 10
	massWindow = time.Minute
)

// pruneGuard tells deletions that are meant from accidents. It decides and
// remembers, and does nothing else. It is not safe for concurrent use.
type pruneGuard struct {
	now func() time.Time
	// recent are the objects that vanished within the last massWindow.
	recent map[state.Owner]time.Time
	// held are those that VPP keeps until their return or a confirmation, and
	// why: a v1alpha1.Reason.
	held map[state.Owner]string
	// generation numbers what is held: whatever is added makes a new one, so that
	// nobody confirms what they have not seen.
	generation int64
	// confirmed is the largest generation that was ever confirmed, by mistake
	// too: no later one is that.
	confirmed int64
}

func newPruneGuard(now func() time.Time) *pruneGuard {
	return &pruneGuard{now: now, recent: map[state.Owner]time.Time{}, held: map[state.Owner]string{}}
}

// Vanished judges objects that were deleted together; live is how many there
// are still, and unavailable tells of which the kind is gone, not they. It returns
// those that VPP is to lose; the others are held.
func (g *pruneGuard) Vanished(owners []state.Owner, live int, unavailable func(state.Owner) bool) (remove []state.Owner) {
	now := g.now()
	g.forget(now)
	for _, o := range owners {
		g.recent[o] = now
	}
	reason := ""
	if n := len(g.recent); n > massCount && 2*n > n+live {
		reason = v1alpha1.ReasonMassDeletion
	}
	hold := map[state.Owner]string{}
	for _, o := range owners {
		switch {
		case g.held[o] != "":
		case unavailable(o):
			hold[o] = v1alpha1.ReasonKindUnavailable
		case reason != "":
			hold[o] = reason
		default:
			remove = append(remove, o)
		}
	}
	g.Hold(hold)
	return remove
}

// Recent is how many objects have vanished within the last massWindow, with
// those that are not judged yet.
func (g *pruneGuard) Recent(unjudged iter.Seq[state.Owner]) int {
	g.forget(g.now())
	n := len(g.recent)
	for o := range unjudged {
		if _, ok := g.recent[o]; !ok {
			n++
		}
	}
	return n
}

// forget leaves out what vanished too long ago.
func (g *pruneGuard) forget(now time.Time) {
	maps.DeleteFunc(g.recent, func(_ state.Owner, at time.Time) bool { return now.Sub(at) >= massWindow })
}

// Hold keeps objects, for the reasons given.
func (g *pruneGuard) Hold(owners map[state.Owner]string) {
	if len(owners) > 0 {
		maps.Copy(g.held, owners)
		g.generation = max(g.generation, g.confirmed) + 1
	}
}

// Return says that an object is there again.
func (g *pruneGuard) Return(o state.Owner) {
	delete(g.recent, o)
	delete(g.held, o)
}

// Confirm lets the removal go on that has this generation, and returns what VPP
// is to lose.
func (g *pruneGuard) Confirm(generation int64) (remove []state.Owner) {
	g.confirmed = max(g.confirmed, generation)
	if generation == 0 || generation != g.generation {
		return nil
	}
	remove = slices.SortedFunc(maps.Keys(g.held), compareOwners)
	clear(g.held)
	return remove
}

// Held counts what is held by kind and tells why; the reason is "" when nothing is.
func (g *pruneGuard) Held() (generation int64, reason string, counts map[string]int) {
	counts = map[string]int{}
	for o, why := range g.held {
		counts[o.Kind]++
		if reason != v1alpha1.ReasonMassDeletion {
			reason = why
		}
	}
	return g.generation, reason, counts
}

func compareOwners(a, b state.Owner) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Object, b.Object))
}
