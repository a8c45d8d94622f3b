package controllers

import (
	"net/http"
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

func vrf(node, name string, id int64) *v1alpha1.VRF {
	return &v1alpha1.VRF{
		ObjectMeta: metav1.ObjectMeta{Name: node + "-" + name},
		Spec:       v1alpha1.VRFSpec{ObjectSpec: v1alpha1.ObjectSpec{NodeName: node, Name: v1alpha1.ObjectName(name)}, TableID: id},
	}
}

func dropRoute(node, name, vrf string, prefixes ...v1alpha1.Prefix) *v1alpha1.Route {
	return &v1alpha1.Route{
		ObjectMeta: metav1.ObjectMeta{Name: node + "-" + name},
		Spec: v1alpha1.RouteSpec{
			ObjectSpec: v1alpha1.ObjectSpec{NodeName: node, Name: v1alpha1.ObjectName(name)},
			VRF:        v1alpha1.ObjectName(vrf), Prefixes: prefixes, Action: v1alpha1.RouteActionDrop,
		},
	}
}

// From kubectl apply to VPP and back, each object with one request.
func TestAgent(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	a.tune = patient
	a.start()
	node := await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, "Ready", func(n *v1alpha1.VPPNode) bool {
		return n.Status.Phase == v1alpha1.NodePhaseReady && n.Status.VPP != nil
	})
	if node.Status.VPP.PID != int64(a.vpp.PID()) || node.Status.VPP.Version == "" || node.Status.VPP.APIMessages == 0 {
		t.Errorf("VPP is told to be %+v", node.Status.VPP)
	}

	// Its switches are the user's, who applies them: they are not in conflict with
	// what the agent has made.
	switches := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": "VPPNode",
		"metadata": map[string]any{"name": a.node},
		"spec":     map[string]any{"paused": false, "driftPolicy": "Report", "resyncPeriod": "1m"},
	}}
	if err := a.client.Apply(a.ctx, client.ApplyConfigurationFromUnstructured(switches), client.FieldOwner("user")); err != nil {
		t.Error(err)
	}

	blue := vrf(a.node, "blue", 10)
	a.create(blue)
	ready(a, blue, v1alpha1.ReasonProgrammed)
	writes := func() int { return a.requests.of(http.MethodPatch, "/vrfs/"+blue.Name) }
	if n := writes(); n != 1 {
		t.Errorf("%d writes of the VRF's status, want 1", n)
	}
	r := dropRoute(a.node, "r", "blue", "192.0.2.0/24", "198.51.100.0/24")
	a.create(r)
	got := ready(a, r, v1alpha1.ReasonProgrammed)
	if got.Status.Programmed != 2 || got.Status.Prefixes != 2 {
		t.Errorf("status %+v", got.Status)
	}

	t.Run("a label changes nothing", func(t *testing.T) {
		calls := a.vpp.Calls("ip_route_add_del_v2")
		edit(a, got, func(r *v1alpha1.Route) { r.Labels = map[string]string{"a": "b"} })
		// The next change comes behind it.
		edit(a, got, func(r *v1alpha1.Route) { r.Spec.Prefixes = r.Spec.Prefixes[:1] })
		ready(a, got, v1alpha1.ReasonProgrammed)
		if n := a.requests.of(http.MethodPatch, "/routes/"+r.Name); n != 2 {
			t.Errorf("%d writes of the Route's status, want 2", n)
		}
		if n := a.vpp.Calls("ip_route_add_del_v2") - calls; n != 1 {
			t.Errorf("%d calls, want 1", n)
		}
	})
	t.Run("deleted at once", func(t *testing.T) {
		calls := a.vpp.Calls("ip_route_add_del_v2")
		if err := a.client.Delete(a.ctx, r); err != nil {
			t.Fatal(err)
		}
		a.eventually("deleted", func() bool { return a.vpp.Calls("ip_route_add_del_v2") > calls })
	})
	t.Run("invalid", func(t *testing.T) {
		twice := dropRoute(a.node, "twice", "blue", "203.0.113.0/24", "203.0.113.0/24")
		a.create(twice)
		got := ready(a, twice, v1alpha1.ReasonInvalidSpec)
		c := condition(got.Status.Conditions, v1alpha1.ConditionStalled)
		if c == nil || !strings.Contains(c.Message, "spec.prefixes[1]") {
			t.Errorf("conditions %+v, want the field named", got.Status.Conditions)
		}
		edit(a, got, func(r *v1alpha1.Route) { r.Spec.Prefixes = r.Spec.Prefixes[:1] })
		ready(a, got, v1alpha1.ReasonProgrammed)
	})
	t.Run("one name twice", func(t *testing.T) {
		other := vrf(a.node, "blue", 11)
		other.Name += "-other"
		a.create(other)
		got := ready(a, other, v1alpha1.ReasonConflict)
		if c := condition(got.Status.Conditions, v1alpha1.ConditionReady); !strings.Contains(c.Message, blue.Name) {
			t.Errorf("message %q, want the winner named", c.Message)
		}
	})
	t.Run("paused", func(t *testing.T) {
		editNode(a, func(n *v1alpha1.VPPNode) { n.Spec.Paused = true })
		ready(a, blue, v1alpha1.ReasonPaused)
		green := vrf(a.node, "green", 12)
		a.create(green)
		got := ready(a, green, v1alpha1.ReasonPaused)
		if got.Status.ObservedGeneration != 0 {
			t.Errorf("observedGeneration %d while paused", got.Status.ObservedGeneration)
		}
		editNode(a, func(n *v1alpha1.VPPNode) { n.Spec.Paused = false })
		ready(a, blue, v1alpha1.ReasonProgrammed)
		ready(a, green, v1alpha1.ReasonProgrammed)
	})
	t.Run("waits", func(t *testing.T) {
		early := dropRoute(a.node, "early", "later", "192.0.2.0/24")
		a.create(early)
		got := ready(a, early, v1alpha1.ReasonWaitingForDependency)
		if c := condition(got.Status.Conditions, v1alpha1.ConditionReconciling); !strings.Contains(c.Message, "later") {
			t.Errorf("message %q, want the VRF named", c.Message)
		}
		a.create(vrf(a.node, "later", 13))
		ready(a, early, v1alpha1.ReasonProgrammed)
	})
	t.Run("events", func(t *testing.T) {
		a.eventually("an Event", func() bool {
			var list eventsv1.EventList
			if err := a.client.List(a.ctx, &list, client.InNamespace(eventNamespace)); err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, e := range list.Items {
				if strings.HasPrefix(e.Regarding.Name, a.node+"-") {
					seen[e.Reason] = true
				}
			}
			return seen[v1alpha1.ReasonProgrammed] && seen[v1alpha1.ReasonInvalidSpec] && seen[v1alpha1.ReasonConflict]
		})
	})
	t.Run("lease", func(t *testing.T) {
		var lease coordinationv1.Lease
		if err := a.client.Get(a.ctx, client.ObjectKey{Namespace: testNamespace, Name: a.node}, &lease); err != nil {
			t.Fatal(err)
		}
		if s := lease.Spec; s.HolderIdentity == nil || *s.HolderIdentity != a.node || *s.LeaseDurationSeconds != 40 {
			t.Errorf("Lease %+v", s)
		}
	})
	t.Run("probes", func(t *testing.T) {
		for _, path := range []string{"/healthz", "/readyz"} {
			if code := a.probe(path); code != http.StatusOK {
				t.Errorf("%s: %d", path, code)
			}
		}
	})
	t.Run("metrics", func(t *testing.T) {
		families, err := a.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, f := range families {
			names[f.GetName()] = true
		}
		for _, want := range []string{"vpp_operator_objects", "vpp_operator_status_writes_total", "vpp_api_connects_total", "vpp_operator_items"} {
			if !names[want] {
				t.Errorf("no metric %s", want)
			}
		}
	})
	t.Run("restart", func(t *testing.T) {
		a.stop()
		calls := a.vpp.Calls("ip_route_add_del_v2") + a.vpp.Calls("ip_table_add_del")
		a.start()
		late := vrf(a.node, "late", 14)
		a.create(late)
		ready(a, late, v1alpha1.ReasonProgrammed)
		if n := a.vpp.Calls("ip_route_add_del_v2") + a.vpp.Calls("ip_table_add_del") - calls; n != 2 {
			t.Errorf("%d calls after a restart, want 2 for what is new", n)
		}
		if n := a.requests.of(http.MethodPatch, "/vrfs/"); n != 1 {
			t.Errorf("%d status writes after a restart, want 1 for what is new: %v", n, a.requests.counts)
		}
	})
}

// edit changes an object, whatever else has changed it meanwhile.
func edit[O client.Object](a *testAgent, o O, change func(O)) {
	a.t.Helper()
	if err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		if err := a.client.Get(a.ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		change(o)
		return a.client.Update(a.ctx, o)
	}); err != nil {
		a.t.Fatal(err)
	}
}

func editNode(a *testAgent, change func(*v1alpha1.VPPNode)) {
	a.t.Helper()
	edit(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, change)
}
