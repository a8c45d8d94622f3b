package state_test

import (
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// An item with a fallback follows whether what that depends on is wanted, with
// all that hangs on it.
func TestFallback(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	main := state.Item{
		ID: parseID("Leaf:l"), Value: "high", Needs: []state.ID{parseID("Base:b")},
		Fallback: &state.Fallback{Unwanted: parseID("Base:b"), Value: "low", Needs: []state.ID{parseID("Base:c")}},
	}
	part := state.Item{ID: parseID("Part:p"), Value: "x", Needs: []state.ID{parseID("Leaf:l")}}
	r.Set(state.Owner{Kind: "Object", Object: "o"}, state.Spec{Name: "o", Items: []state.Item{main, part}})
	r.awaitReasons("o", "WaitingForDependency: waits for Base c; WaitingForDependency: waits for Leaf l")
	r.set("c", 0, "Base:c=x")
	r.awaitHolds("c=x l=low p=x")
	r.written()
	r.set("b", 0, "Base:b=x")
	r.awaitHolds("b=x c=x l=high p=x")
	r.awaitReasons("o", "Programmed; Programmed")
	r.set("c", 0)
	r.awaitHolds("b=x l=high p=x")
	r.set("c", 0, "Base:c=x")
	r.awaitHolds("b=x c=x l=high p=x")
	r.set("b", 0)
	r.awaitHolds("c=x l=low p=x")
	r.awaitReasons("o", "Programmed; Programmed")

	// It may be given another, or none.
	main.Fallback = &state.Fallback{Unwanted: parseID("Base:b"), Value: "low:er"}
	r.Set(state.Owner{Kind: "Object", Object: "o"}, state.Spec{Name: "o", Items: []state.Item{main, part}})
	r.awaitHolds("c=x l=low:er p=x")
	main.Fallback = nil
	r.Set(state.Owner{Kind: "Object", Object: "o"}, state.Spec{Name: "o", Items: []state.Item{main, part}})
	r.awaitHolds("c=x")
	r.awaitReasons("o", "WaitingForDependency: waits for Base b; WaitingForDependency: waits for Leaf l")
	r.drop("o")
	r.drop("c")
	r.drop("b")
	r.await("nothing is kept", func() bool {
		return r.Sizes() == "0 nodes, 0 claims, 0 owners, 0 names, 0 retries, 0 handles"
	})
}
