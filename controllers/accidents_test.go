package controllers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	apiextensionsclient "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// manyVRFs makes VRFs and waits until VPP has them.
func manyVRFs(a *testAgent, n int) []*v1alpha1.VRF {
	a.t.Helper()
	var all []*v1alpha1.VRF
	for i := range n {
		all = append(all, vrf(a.node, "v"+string(rune('a'+i)), int64(100+i)))
	}
	for _, v := range all {
		a.create(v)
	}
	for _, v := range all {
		ready(a, v, v1alpha1.ReasonProgrammed)
	}
	return all
}

func held(a *testAgent, reason string) *v1alpha1.VPPNode {
	a.t.Helper()
	return await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, reason, func(n *v1alpha1.VPPNode) bool {
		c := condition(n.Status.Conditions, v1alpha1.ConditionPruneHeld)
		return c != nil && c.Reason == reason
	})
}

func released(a *testAgent) {
	a.t.Helper()
	await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, "released", func(n *v1alpha1.VPPNode) bool {
		return condition(n.Status.Conditions, v1alpha1.ConditionPruneHeld) == nil && n.Status.PruneHeld == nil
	})
}

// tables counts calls that change tables.
func (a *testAgent) tables() int { return a.vpp.Calls("ip_table_add_del") }

func deleteAll(a *testAgent) {
	a.t.Helper()
	if err := a.client.DeleteAllOf(a.ctx, &v1alpha1.VRF{}, client.MatchingFields{"spec.nodeName": a.node}); err != nil {
		a.t.Fatal(err)
	}
}

func TestMassDeletionIsHeld(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	a.tune = patient
	a.start()
	manyVRFs(a, 12)
	calls := a.tables()
	deleteAll(a)
	n := held(a, v1alpha1.ReasonMassDeletion)
	if p := n.Status.PruneHeld; p == nil || p.Generation != 1 || len(p.Objects) != 1 || p.Objects[0].Count != 12 {
		t.Errorf("pruneHeld %+v", p)
	}
	if got := a.tables(); got != calls {
		t.Errorf("%d calls, want none", got-calls)
	}
	if got := a.metric("vpp_operator_prune_held_objects", "VRF"); got != 12 {
		t.Errorf("the metric tells of %v held, want 12", got)
	}

	t.Run("one returns", func(t *testing.T) {
		back := vrf(a.node, "va", 100)
		a.create(back)
		ready(a, back, v1alpha1.ReasonProgrammed)
		if got := a.tables(); got != calls {
			t.Errorf("%d calls, want none", got-calls)
		}
	})
	t.Run("over a restart", func(t *testing.T) {
		a.stop()
		a.start()
		await(a, n, "11 held", func(n *v1alpha1.VPPNode) bool {
			p := n.Status.PruneHeld
			return p != nil && p.Objects[0].Count == 11
		})
		if got := a.tables(); got != calls {
			t.Errorf("%d calls, want none", got-calls)
		}
	})
	t.Run("confirmed", func(t *testing.T) {
		if got := a.metric("vpp_operator_prune_held_objects", "VRF"); got != 11 {
			t.Errorf("the metric tells of %v held, want 11", got)
		}
		editNode(a, func(n *v1alpha1.VPPNode) { n.Spec.ConfirmPrune = n.Status.PruneHeld.Generation })
		a.eventually("removed", func() bool { return a.tables() == calls+2*11 })
		released(a)
		if got := a.metric("vpp_operator_prune_held_objects", "VRF"); got != 0 {
			t.Errorf("the metric tells of %v held, want none", got)
		}
	})
}

// What was deleted while no agent ran is judged in the same way.
func TestDeletedWhileDown(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	a.start()
	all := manyVRFs(a, 12)
	a.stop()
	calls := a.tables()

	// One: it is removed.
	if err := a.client.Delete(a.ctx, all[0]); err != nil {
		t.Fatal(err)
	}
	a.start()
	a.eventually("removed", func() bool { return a.tables() == calls+2 })
	a.stop()

	deleteAll(a)
	a.start()
	held(a, v1alpha1.ReasonMassDeletion)
	if got := a.tables(); got != calls+2 {
		t.Errorf("%d calls, want none", got-calls-2)
	}
}

// A CRD that is deleted takes its objects with it, and VPP keeps them.
func TestCRDDeleted(t *testing.T) {
	p, err := newPlane()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	a := newTestAgent(t, p)
	a.start()
	all := manyVRFs(a, 3)
	r := dropRoute(a.node, "r", "va", "192.0.2.0/24")
	a.create(r)
	ready(a, r, v1alpha1.ReasonProgrammed)
	calls := a.tables()

	crds, err := apiextensionsclient.NewForConfig(p.Config)
	if err != nil {
		t.Fatal(err)
	}
	if err := crds.ApiextensionsV1().CustomResourceDefinitions().Delete(a.ctx, "vrfs.vpp-operator.io", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	n := held(a, v1alpha1.ReasonKindUnavailable)
	if p := n.Status.PruneHeld; p == nil || p.Objects[0].Kind != "VRF" || p.Objects[0].Count != 3 {
		t.Errorf("pruneHeld %+v", p)
	}

	// Other kinds go on.
	routes := a.vpp.Calls("ip_route_add_del_v2")
	if err := a.client.Delete(a.ctx, r); err != nil {
		t.Fatal(err)
	}
	a.eventually("removed", func() bool { return a.vpp.Calls("ip_route_add_del_v2") > routes })

	// A restarted agent finds no kind, and later one without objects.
	a.stop()
	a.start(func(o *Options) { o.OfflineAfter = 300 * time.Millisecond })
	n = await(a, n, "without kind", func(n *v1alpha1.VPPNode) bool {
		c := condition(n.Status.Conditions, v1alpha1.ConditionPruneHeld)
		return c != nil && strings.Contains(c.Message, "cannot be listed")
	})
	if err := p.installCRDs(); err != nil {
		t.Fatal(err)
	}
	n = await(a, n, "with the kind back", func(n *v1alpha1.VPPNode) bool {
		c := condition(n.Status.Conditions, v1alpha1.ConditionPruneHeld)
		return c != nil && !strings.Contains(c.Message, "cannot be listed")
	})
	if p := n.Status.PruneHeld; p == nil || p.Objects[0].Count != 3 {
		t.Errorf("pruneHeld %+v", p)
	}
	if got := a.tables(); got != calls {
		t.Errorf("%d calls, want none", got-calls)
	}

	// They return.
	for _, v := range all {
		back := vrf(a.node, string(v.Spec.Name), v.Spec.TableID)
		a.create(back)
		ready(a, back, v1alpha1.ReasonProgrammed)
	}
	released(a)
	if got := a.tables(); got != calls {
		t.Errorf("%d calls, want none", got-calls)
	}
	// And one is deleted as usual.
	back := vrf(a.node, "va", 100)
	if err := a.client.Delete(a.ctx, back); err != nil {
		t.Fatal(err)
	}
	a.eventually("removed", func() bool { return a.tables() == calls+2 })
}

// With a new VPP and no API server the node comes back by itself.
func TestOfflineStart(t *testing.T) {
	p, err := newPlane()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	a := newTestAgent(t, p)
	a.start()
	manyVRFs(a, 3)
	a.stop()

	p.StopAPIServer()
	if err := a.vpp.Restart(); err != nil {
		t.Fatal(err)
	}
	a.start(func(o *Options) { o.OfflineAfter = 200 * time.Millisecond })
	a.eventually("programmed", func() bool { return a.tables() == 6 })
	if code := a.probe("/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d without API server", code)
	}
	a.stop()
	a.start(func(o *Options) { o.OfflineAfter = 200 * time.Millisecond })
	if err := p.StartAPIServer(a.ctx); err != nil {
		t.Fatal(err)
	}
	more := vrf(a.node, "more", 200)
	a.create(more)
	ready(a, more, v1alpha1.ReasonProgrammed)
	if got := a.tables(); got != 8 {
		t.Errorf("%d calls, want 2 more", got-6)
	}
}
