package controllers

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// A VPPNode tells which VPP it is, since when, and what the last reading of all
// of it has corrected.
func TestNodeStatus(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	var engine *state.Engine
	a.tune = func(made *agent) { engine = made.engine }
	began := metav1.Now().Rfc3339Copy() // statuses have whole seconds
	a.start()
	node := &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}
	// await has the status with a phase and what else is to be there then.
	reached := func(phase v1alpha1.NodePhase, is func(s *v1alpha1.VPPNodeStatus) bool) *v1alpha1.VPPNodeStatus {
		t.Helper()
		return &await(a, node, string(phase), func(n *v1alpha1.VPPNode) bool { return n.Status.Phase == phase && is(&n.Status) }).Status
	}
	first := reached(v1alpha1.NodePhaseReady, func(s *v1alpha1.VPPNodeStatus) bool { return s.VPP != nil })
	v := first.VPP
	if v.Version == "" || v.BuildDate == "" || v.BuildDirectory == "" || v.PID != int64(a.vpp.PID()) || v.APIMessages < 100 || first.Boots != 1 {
		t.Errorf("VPP is told to be %+v, of boot %d", v, first.Boots)
	}
	if c, s := first.ConnectedSince, first.SyncedSince; c == nil || s == nil || c.Before(&began) || s.Before(c) {
		t.Errorf("connected since %v, synced since %v; begun at %v", c, s, began)
	}
	if r := first.LastResync; r == nil || r.Time.Before(first.ConnectedSince) || r.Duration.Duration <= 0 || len(r.Corrected) > 0 {
		t.Errorf("last resync %+v", r)
	}

	r := dropRoute(a.node, "r", "default", "192.0.2.0/24", "198.51.100.0/24")
	a.create(r)
	ready(a, r, v1alpha1.ReasonProgrammed)
	a.steal("192.0.2.0/24", 0)
	a.steal("198.51.100.0/24", 0)
	engine.ResyncNow()
	mended := reached(v1alpha1.NodePhaseReady, func(s *v1alpha1.VPPNodeStatus) bool { return len(s.LastResync.Corrected) > 0 })
	if got := mended.LastResync.Corrected; len(got) != 1 || got[0] != (v1alpha1.KindCount{Kind: kinds.KindRoute, Count: 2}) {
		t.Errorf("corrected %+v, want two routes", got)
	}
	if !mended.ConnectedSince.Equal(first.ConnectedSince) || !mended.SyncedSince.Equal(first.SyncedSince) {
		t.Errorf("connected since %v, synced since %v", mended.ConnectedSince, mended.SyncedSince)
	}

	a.vpp.Crash()
	gone := reached(v1alpha1.NodePhaseDisconnected, func(*v1alpha1.VPPNodeStatus) bool { return true })
	if gone.ConnectedSince != nil || gone.SyncedSince != nil {
		t.Errorf("connected since %v, synced since %v, though it is gone", gone.ConnectedSince, gone.SyncedSince)
	}
	if gone.VPP == nil || gone.VPP.PID != v.PID || gone.LastResync == nil {
		t.Errorf("VPP %+v, last resync %+v: want what was known last", gone.VPP, gone.LastResync)
	}
	if err := a.vpp.Restart(); err != nil {
		t.Fatal(err)
	}
	back := reached(v1alpha1.NodePhaseReady, func(s *v1alpha1.VPPNodeStatus) bool { return s.VPP.PID == int64(a.vpp.PID()) })
	if back.Boots != 2 || back.ConnectedSince.Before(first.ConnectedSince) || back.SyncedSince.Before(back.ConnectedSince) {
		t.Errorf("boot %d, connected since %v, synced since %v", back.Boots, back.ConnectedSince, back.SyncedSince)
	}
}

// What a VPPNode lists has an end, and says why it is there.
func TestNodeStatusIsBounded(t *testing.T) {
	t.Parallel()
	facts := nodeFacts{
		engine:   state.Status{LeftoverCount: 12, Err: errors.New("connection refused"), LastResync: state.Resync{Ended: time.Unix(1e9, 0), Corrected: map[string]int{}}},
		instance: &kinds.Instance{}, kinds: objectKinds(), tally: map[string]map[string]int{"VRF": {
			v1alpha1.ReasonProgrammed: 3, v1alpha1.ReasonUnverified: 1, v1alpha1.ReasonWaitingForDependency: 2, v1alpha1.ReasonPaused: 1,
			v1alpha1.ReasonConflict: 1, v1alpha1.ReasonInvalidSpec: 1, v1alpha1.ReasonDrifted: 1,
		}},
	}
	for i := range 12 {
		id := kinds.InterfaceID(fmt.Sprintf("lo%02d", i))
		facts.engine.Leftovers = append(facts.engine.Leftovers, state.Leftover{ID: id, Message: []string{"VPP refused", ""}[i%2]})
	}
	for i := range 300 {
		facts.instance.Plugins = append(facts.instance.Plugins, fmt.Sprintf("plugin%03d", i))
		facts.engine.LastResync.Corrected[fmt.Sprintf("kind%03d", i)] = i
	}
	s := nodeStatus(facts, 1, &v1alpha1.VPPNodeStatus{}, describer(kinds.All()), metav1.Unix(1e9, 0))
	if s.LeftoverCount != 12 || len(s.Leftovers) != 10 {
		t.Fatalf("%d of %d leftovers", len(s.Leftovers), s.LeftoverCount)
	}
	for i, want := range []v1alpha1.Leftover{
		{Kind: "Interface", Name: "lo00", Message: "VPP refused"},
		{Kind: "Interface", Name: "lo01", Message: "Interface lo01 is still there"},
	} {
		if s.Leftovers[i] != want {
			t.Errorf("leftover %+v, want %+v", s.Leftovers[i], want)
		}
	}
	if len(s.VPP.Plugins) != maxPlugins || s.VPP.Plugins[7] != "plugin007" || len(s.LastResync.Corrected) != maxKinds {
		t.Errorf("%d plugins, %d kinds corrected", len(s.VPP.Plugins), len(s.LastResync.Corrected))
	}
	if want := []v1alpha1.KindCounts{{Kind: "VRF", Desired: 10, Ready: 4, Waiting: 3, Failed: 3}}; !slices.Equal(s.Objects, want) {
		t.Errorf("objects %+v, want %+v", s.Objects, want)
	}
	if s.Phase != v1alpha1.NodePhaseConnecting {
		t.Errorf("phase %s", s.Phase)
	}
}
