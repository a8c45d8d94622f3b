package controllers

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// removals is an engine that notes what it is to remove, and when.
type removals struct {
	engine
	begun time.Time
	told  []string
}

func (e *removals) Remove(o state.Owner) {
	e.told = append(e.told, fmt.Sprintf("%s after %v", o.Object, time.Since(e.begun)))
}

// Deletions that come one by one are counted before any but the first two is
// carried out; few are carried out at once.
func TestSlowDeletions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		objects, deleted int
		every            time.Duration
		removed          []string
		held             int
	}{
		"one of many":  {objects: 40, deleted: 1, removed: []string{"o000 after 200ms"}},
		"of few":       {objects: 5, deleted: 3, every: time.Second, removed: []string{"o000 after 0s", "o001 after 1s", "o002 after 2s"}},
		"at once":      {objects: 12, deleted: 12, held: 12},
		"a mass":       {objects: 12, deleted: 12, every: time.Second, removed: []string{"o000 after 200ms", "o001 after 1.2s"}, held: 10},
		"a small part": {objects: 40, deleted: 4, every: time.Second, removed: []string{"o000 after 200ms", "o001 after 1.2s", "o002 after 6s", "o003 after 6s"}},
		// Each is a wish of its own; the last leaves too few for a mass.
		"an hour apart": {objects: 12, deleted: 3, every: time.Hour, removed: []string{"o000 after 200ms", "o001 after 1h0m0.2s", "o002 after 2h0m0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := &removals{begun: time.Now()}
				k := &kind{name: "VRF"}
				r := &reconciler{
					engine: e, log: logr.Discard(), report: func(state.Owner) {}, needed: func(state.Owner, []state.ID) {}, dirty: func() {},
					objects: map[state.Owner]*tracked{}, guard: newPruneGuard(time.Now), tables: newTableRoutes(),
				}
				crd := func(context.Context, *kind) (time.Time, error) { return e.begun, nil }
				p := newReaper(r, crd, time.Now, logr.Discard())
				p.held, p.changed, r.vanished = func(heldFacts) {}, func() {}, p.add
				owners := some("VRF", 0, test.objects)
				vrfs := map[state.Owner]*v1alpha1.VRF{}
				for _, o := range owners {
					v := &v1alpha1.VRF{}
					v.Name, v.CreationTimestamp.Time = o.Object, e.begun
					vrfs[o], r.objects[o] = v, &tracked{kind: k, latest: v, good: v}
					r.live++
				}
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan struct{})
				go func() { defer close(ended); p.run(ctx) }()
				for i, o := range owners[:test.deleted] {
					if i > 0 {
						<-time.After(test.every)
					}
					r.gone(k, vrfs[o])
				}
				<-time.After(2 * time.Minute)
				cancel()
				<-ended
				if _, _, held := r.guard.Held(); held["VRF"] != test.held || !slices.Equal(e.told, test.removed) {
					t.Errorf("removed %q, held %d; want %q, %d", e.told, held["VRF"], test.removed, test.held)
				}
			})
		})
	}
}
