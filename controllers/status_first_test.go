package controllers

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// lookedAt is an engine with one item for every owner.
type lookedAt struct {
	engine
	reason     state.Reason
	catchingUp bool
	synced     bool
}

func (e *lookedAt) Walk(_ state.Owner, visit func(state.ItemReport)) (int64, bool) {
	visit(state.ItemReport{Reason: e.reason})
	return 1, true
}
func (e *lookedAt) CatchingUp() bool     { return e.catchingUp }
func (e *lookedAt) Status() state.Status { return state.Status{Synced: e.synced} }

// An agent that has just started and did not get to VPP yet leaves statuses as
// the one before has written them, on a slow machine too.
func TestStatusBeforeTheFirstLook(t *testing.T) {
	t.Parallel()
	away := &lookedAt{reason: state.Disconnected}
	filling := &lookedAt{reason: state.Pending, catchingUp: true}
	done := &lookedAt{reason: state.Programmed, synced: true}
	type step struct {
		after  time.Duration // since the step before
		engine *lookedAt
		away   bool // VPP is found to be away
		writes int  // with this step
	}
	for name, steps := range map[string][]step{
		"slow to connect and to read": {
			{engine: away}, {after: 10 * time.Second, engine: away}, {after: 2 * time.Second, engine: filling},
			{after: 10 * time.Second, engine: filling}, {after: time.Second, engine: done},
		},
		"refused": {
			{engine: away}, {after: time.Second, engine: away}, {engine: away, away: true, writes: 1},
		},
		"hangs": {{engine: away}, {after: 29 * time.Second, engine: away}, {after: time.Second, engine: away, writes: 1}},
		"lost later": {
			{engine: done}, {after: time.Hour, engine: away}, {after: time.Second, engine: away, writes: 1},
			{after: time.Second, engine: filling}, {after: 2 * time.Second, engine: filling},
			{after: time.Second, engine: filling, writes: 1}, {engine: done}, {after: time.Second, engine: done, writes: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			writes := 0
			_, c := fakeAgent(t, func(q *http.Request) (*http.Response, error) {
				writes++
				body, err := io.ReadAll(q.Body)
				return &http.Response{
					StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
					Body: io.NopCloser(strings.NewReader(strings.Replace(string(body), `"metadata":{`, `"metadata":{"uid":"u","resourceVersion":"2",`, 1))),
				}, err
			})
			now := time.Unix(1e9, 0)
			all := objectKinds()
			k := all[slices.IndexFunc(all, func(k *kind) bool { return k.name == "Neighbor" })]
			o := &v1alpha1.Neighbor{ObjectMeta: metav1.ObjectMeta{Name: "p", UID: "u", Generation: 1, ResourceVersion: "1"}}
			o.Status.ObservedGeneration = 1
			o.Status.Conditions = conditionsOf(verdict{severities[state.Programmed], "VPP holds what the spec says"}, 1, nil, metav1.Time{Time: now})
			owner := ownerOf(k, o)
			tr := &tracked{kind: k, latest: o, good: o}
			tr.told.observe(o, k.status)
			r := &reconciler{
				log: logr.Discard(), report: func(state.Owner) {}, objects: map[state.Owner]*tracked{owner: tr},
				guard: newPruneGuard(time.Now), tables: newTableRoutes(), begun: true,
			}
			w := &statusWriter{
				reconciler: r, client: c.ours, describe: state.ID.String, metrics: newMetrics(r), log: logr.Discard(),
				now: func() time.Time { return now }, judged: func() {}, mayWrite: func() bool { return true }, tell: func(state.Owner, string, bool, string) {}, queue: newStatusQueue(), pace: standardPace,
			}
			for i, s := range steps {
				now = now.Add(s.after)
				w.engine, writes = s.engine, 0
				if s.away {
					w.away()
				}
				again, err := w.settle(t.Context(), owner)
				if err != nil {
					t.Fatal(err)
				}
				if writes != s.writes {
					t.Errorf("step %d: %d writes, want %d", i, writes, s.writes)
				}
				if quiet := s.writes > 0 || s.engine == done; quiet != (again == 0) && i < len(steps)-2 {
					t.Errorf("step %d: to be looked at again after %v", i, again)
				}
			}
		})
	}
}
