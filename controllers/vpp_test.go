package controllers

import (
	"context"
	"net/http"
	"strings"
	"testing"

	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// What becomes of VPP is seen in the objects.
func TestVPPComesAndGoes(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	a.tune = patient
	a.start()
	blue := vrf(a.node, "blue", 10)
	a.create(blue)
	ready(a, blue, v1alpha1.ReasonProgrammed)

	t.Run("gone", func(t *testing.T) {
		a.vpp.Crash()
		got := ready(a, blue, v1alpha1.ReasonVPPDisconnected)
		if got.Status.IPv4 != nil {
			t.Errorf("status %+v of a VPP that is gone", got.Status)
		}
		await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, "Disconnected", func(n *v1alpha1.VPPNode) bool {
			return n.Status.Phase == v1alpha1.NodePhaseDisconnected
		})
		if code := a.probe("/readyz"); code != 200 {
			t.Errorf("/readyz: %d", code)
		}
	})
	t.Run("back", func(t *testing.T) {
		if err := a.vpp.Restart(); err != nil {
			t.Fatal(err)
		}
		ready(a, blue, v1alpha1.ReasonProgrammed)
		n := await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, "Ready", func(n *v1alpha1.VPPNode) bool {
			return n.Status.Phase == v1alpha1.NodePhaseReady
		})
		if n.Status.Boots != 2 {
			t.Errorf("%d boots, want 2", n.Status.Boots)
		}
	})
	t.Run("a restart that is over soon is not told", func(t *testing.T) {
		writes := a.requests.of("PATCH", "/vrfs/")
		if err := a.vpp.Restart(); err != nil {
			t.Fatal(err)
		}
		await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, "Ready", func(n *v1alpha1.VPPNode) bool {
			return n.Status.Boots == 3 && n.Status.Phase == v1alpha1.NodePhaseReady
		})
		if n := a.requests.of("PATCH", "/vrfs/") - writes; n != 0 {
			t.Errorf("%d status writes, want none", n)
		}
	})
	t.Run("drift repaired", func(t *testing.T) {
		route := dropRoute(a.node, "r", "blue", "192.0.2.0/24")
		a.create(route)
		ready(a, route, v1alpha1.ReasonProgrammed)
		a.steal("192.0.2.0/24", 10)
		editNode(a, func(n *v1alpha1.VPPNode) { n.Spec.ResyncPeriod = &metav1.Duration{Duration: 1e9} })
		a.eventually("an Event", func() bool { return a.event(route.Name, eventRepaired) })
		ready(a, route, v1alpha1.ReasonProgrammed)
	})
	t.Run("drift told", func(t *testing.T) {
		editNode(a, func(n *v1alpha1.VPPNode) { n.Spec.DriftPolicy = v1alpha1.DriftPolicyReport })
		a.steal("192.0.2.0/24", 10)
		route := dropRoute(a.node, "r", "blue")
		ready(a, route, v1alpha1.ReasonDrifted)
		editNode(a, func(n *v1alpha1.VPPNode) { n.Spec.DriftPolicy = v1alpha1.DriftPolicyEnforce })
		ready(a, route, v1alpha1.ReasonProgrammed)
	})
	t.Run("the winner goes", func(t *testing.T) {
		other := vrf(a.node, "red", 10)
		a.create(other)
		got := ready(a, other, v1alpha1.ReasonConflict)
		if c := condition(got.Status.Conditions, v1alpha1.ConditionReady); !strings.Contains(c.Message, blue.Name) {
			t.Errorf("message %q, want the winner named", c.Message)
		}
		if err := a.client.Delete(a.ctx, blue); err != nil {
			t.Fatal(err)
		}
		ready(a, other, v1alpha1.ReasonProgrammed)
	})
}

// steal takes a route out of VPP by another hand.
func (a *testAgent) steal(prefix string, table uint32) {
	a.t.Helper()
	ctx, cancel := context.WithCancel(a.ctx)
	defer cancel()
	s, err := vpp.Dial(ctx, vpp.Options{Socket: a.vpp.Socket(), Name: "thief"})
	if err != nil {
		a.t.Fatal(err)
	}
	defer s.Close()
	var source any
	for fields, err := range vpp.InvokeStream(ctx, s, "fib_source_dump", nil) {
		if err != nil {
			a.t.Fatal(err)
		}
		if src := fields["src"].(map[string]any); strings.TrimRight(src["name"].(string), "\x00") == "vpp-operator" {
			source = src["id"]
		}
	}
	_, err = vpp.Invoke(ctx, s, "ip_route_add_del_v2", map[string]any{
		"is_add": false, "route": map[string]any{"table_id": table, "prefix": prefix, "src": source},
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// event tells whether there is an Event of an object.
func (a *testAgent) event(name, reason string) bool {
	a.t.Helper()
	var list eventsv1.EventList
	if err := a.client.List(a.ctx, &list, client.InNamespace(eventNamespace)); err != nil {
		a.t.Fatal(err)
	}
	for _, e := range list.Items {
		if e.Regarding.Name == name && e.Reason == reason {
			return true
		}
	}
	return false
}

// An agent whose VPP was never there is alive and ready, or a roll-out would hang on
// such a node.
func TestReadyWithoutVPP(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	a.vpp.Crash()
	a.start()
	a.eventually("ready", func() bool { return a.probe("/readyz") == http.StatusOK })
	if code := a.probe("/healthz"); code != http.StatusOK {
		t.Errorf("/healthz: %d", code)
	}
	blue := vrf(a.node, "blue", 10)
	a.create(blue)
	ready(a, blue, v1alpha1.ReasonVPPDisconnected)
	await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, "Connecting", func(n *v1alpha1.VPPNode) bool {
		return n.Status.Phase == v1alpha1.NodePhaseConnecting && n.Status.ConnectedSince == nil && n.Status.VPP == nil
	})
	if err := a.vpp.Restart(); err != nil {
		t.Fatal(err)
	}
	ready(a, blue, v1alpha1.ReasonProgrammed)
}
