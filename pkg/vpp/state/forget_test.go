package state_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// notingKind notes in the ledger what it has made, until its deletion is answered.
type notingKind struct{ fakeKind }

func (k notingKind) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		if op.Verb == state.Create {
			if err := v.Ledger().Put(op.ID, state.Entry{Alias: op.ID.Key}); err != nil {
				return state.Result{Err: err}
			}
		}
		r := k.w.apply(v, op)
		if op.Verb == state.Delete && r.Err == nil {
			r.Err = v.Ledger().Delete(op.ID)
		}
		return r
	})
}

// forgettingKind has a second entry of each.
type forgettingKind struct{ notingKind }

func secondID(id state.ID) state.ID { return state.ID{Kind: id.Kind + "Second", Key: id.Key} }

func (forgettingKind) Forget(l *state.Ledger, id state.ID) error {
	if err := l.Delete(secondID(id)); err != nil {
		return err
	}
	return l.Delete(id)
}

// The answer to a deletion is lost, and what was deleted is gone: nothing in the
// ledger says of it any more that it was ours.
func TestLostDeletionIsForgotten(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one entry", "another entry"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ledger, _, err := state.OpenLedger("")
			if err != nil {
				t.Fatal(err)
			}
			r := newRig(t, func(o *state.Options) {
				o.Ledger = ledger
				base, _ := o.Kinds[0].(fakeKind)
				o.Kinds[0] = notingKind{base}
				if name == "another entry" {
					o.Kinds[0] = forgettingKind{notingKind{base}}
				}
			})
			id := parseID("Base:b")
			if err := ledger.Put(secondID(id), state.Entry{}); err != nil {
				t.Fatal(err)
			}
			r.Begin()
			r.set("o", 0, "Base:b=x")
			r.awaitReasons("o", "Programmed")
			r.foreign(func(map[state.ID]thing) { r.fail["delete b"] = fmt.Errorf("unknown to us: %w", vpp.ErrUnknown) })
			r.drop("o")
			r.await("b is forgotten", func() bool {
				_, noted := ledger.Get(id)
				_, _, there := r.Get(id)
				return !noted && !there
			})
			if _, noted := ledger.Get(secondID(id)); noted != (name == "one entry") {
				t.Errorf("the second entry is noted: %t", noted)
			}
			r.accept("delete b")

			// What is deleted to be made anew is noted again.
			r.set("o", 0, "Base:b=x")
			r.awaitReasons("o", "Programmed")
			r.foreign(func(map[state.ID]thing) { r.fail["delete b"] = fmt.Errorf("unknown to us: %w", vpp.ErrUnknown) })
			r.set("o", 0, "Base:b=y")
			r.awaitHolds("b=y")
			r.awaitReasons("o", "Programmed")
			if _, noted := ledger.Get(id); !noted {
				t.Error("what was made anew is not noted")
			}
		})
	}
}
