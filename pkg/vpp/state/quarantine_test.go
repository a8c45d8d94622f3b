package state_test

import (
	"path/filepath"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// dies is a world in which VPP dies when it is given what has key p, and how
// often it did.
type dies struct {
	*world
	vpp        *vpptest.VPP
	ledger     string
	poisonings chan struct{}
	deaths     int
}

func newDies(t *testing.T) *dies {
	t.Helper()
	d := &dies{
		world: newWorld(), vpp: vpptest.Start(t), ledger: filepath.Join(t.TempDir(), "ledger"), poisonings: make(chan struct{}, 1),
	}
	d.poison, d.poisoned = "p", d.poisonings
	return d
}

// agent starts an engine on it; stop ends that, as when the agent does.
func (d *dies) agent(t *testing.T) (r *rig, stop func()) {
	t.Helper()
	ledger, damaged, err := state.OpenLedger(d.ledger)
	if err != nil || damaged != nil {
		t.Fatal(err, damaged)
	}
	r, end := newRigUntil(t, d.world, d.vpp, func(o *state.Options) { o.Ledger = ledger })
	return r, func() {
		end()
		if err := ledger.Close(); err != nil {
			t.Error(err)
		}
	}
}

// until lets VPP die and start anew until something holds.
func (d *dies) until(r *rig, what string, holds func() bool) {
	r.t.Helper()
	r.await(what, func() bool {
		select {
		case <-d.poisonings:
			d.deaths++
			d.foreign(func(m map[state.ID]thing) {
				clear(m)
				d.boot++
			})
			if err := d.vpp.Restart(); err != nil {
				r.t.Fatal(err)
			}
		default:
		}
		return holds()
	})
}

// What VPP dies of stays set aside when the agent is restarted, until its spec
// changes.
func TestQuarantineOutlastsTheAgent(t *testing.T) {
	t.Parallel()
	d := newDies(t)
	r, stop := d.agent(t)
	const aside = "QuarantinedAfterCrash: VPP died with it again and again; it is tried again when the spec changes"
	r.set("o", 0, "Leaf:o=x", "Leaf:p=x", "Leaf:q=x")
	r.Begin()
	found := func() bool {
		return r.reasons("o") == "Programmed; "+aside+"; Programmed" && r.Status().Synced
	}
	d.until(r, "found", found)
	stop()
	before := d.deaths

	// Neither an older wish for something else, nor what comes late, matters.
	r, stop = d.agent(t)
	r.set("younger", -1, "Leaf:p=z")
	r.set("o", 0, "Leaf:o=x", "Leaf:p=x", "Leaf:q=x")
	r.Begin()
	d.until(r, "found", found)
	r.AllowPrune(func(string) bool { return true })
	d.until(r, "found", found)
	r.drop("younger")
	r.resyncs()
	if d.until(r, "found", found); d.deaths != before {
		t.Errorf("VPP died %d times more", d.deaths-before)
	}
	stop()

	// While the agent was away its spec changed.
	r, stop = d.agent(t)
	r.set("o", 0, "Leaf:o=x", "Leaf:p=y", "Leaf:q=x")
	r.Begin()
	d.until(r, "tried again and found", func() bool { return d.deaths > before && found() })
	stop()

	// While it was away it was deleted: nothing is remembered.
	r, stop = d.agent(t)
	r.Begin()
	r.AllowPrune(func(string) bool { return true })
	stop()
	l, _, err := state.OpenLedger(d.ledger)
	if err != nil {
		t.Fatal(err)
	}
	if all := l.All("Quarantine"); len(all) > 0 {
		t.Errorf("remembers %v", all)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
