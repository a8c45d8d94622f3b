package controllers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// A spec that has become invalid costs nothing of what VPP holds, not after a
// restart of the agent either.
func TestInvalidAfterRestart(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	a.start()
	r := dropRoute(a.node, "r", "default", "192.0.2.0/24", "198.51.100.0/24")
	a.create(r)
	ready(a, r, v1alpha1.ReasonProgrammed)
	edit(a, r, func(r *v1alpha1.Route) { r.Spec.Prefixes[1] = r.Spec.Prefixes[0] })
	ready(a, r, v1alpha1.ReasonInvalidSpec)
	a.stop()
	calls := a.vpp.Calls("ip_route_add_del_v2")
	a.start()
	await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, "Ready", func(n *v1alpha1.VPPNode) bool {
		return n.Status.Phase == v1alpha1.NodePhaseReady
	})
	// Both prefixes stay, and a new one comes beside them.
	edit(a, r, func(r *v1alpha1.Route) {
		r.Spec.Prefixes = []v1alpha1.Prefix{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"}
	})
	ready(a, r, v1alpha1.ReasonProgrammed)
	if n := a.vpp.Calls("ip_route_add_del_v2") - calls; n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

// A status that somebody else has written is put right, once.
func TestForeignStatus(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	a.tune = patient
	a.start()
	blue := vrf(a.node, "blue", 10)
	a.create(blue)
	ready(a, blue, v1alpha1.ReasonProgrammed)
	// As who finds no agent writes it.
	if err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		if err := a.client.Get(a.ctx, client.ObjectKeyFromObject(blue), blue); err != nil {
			return err
		}
		c := &blue.Status.Conditions[0]
		c.Status, c.Reason = metav1.ConditionUnknown, v1alpha1.ReasonAgentLost
		return a.client.Status().Update(a.ctx, blue)
	}); err != nil {
		t.Fatal(err)
	}
	ready(a, blue, v1alpha1.ReasonProgrammed)
	if n := a.requests.of(http.MethodPatch, "/vrfs/"); n != 2 {
		t.Errorf("%d status writes, want 2", n)
	}
}

// A file that is damaged is told of and ignored.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	if err := os.WriteFile(filepath.Join(a.folder, "offline"), []byte("{}\nnonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	a.start()
	blue := vrf(a.node, "blue", 10)
	a.create(blue)
	ready(a, blue, v1alpha1.ReasonProgrammed)
	a.eventually("an Event", func() bool { return a.event(a.node, eventOffline) })
}

// An API server that is too old is told of clearly.
func TestOldKubernetes(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"major":"1","minor":"31+","gitVersion":"v1.31.9-gke.1"}`))
	}))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	err := Run(ctx, Options{
		NodeName: "n1", Namespace: testNamespace, Config: &rest.Config{Host: server.URL}, Socket: filepath.Join(t.TempDir(), "api.sock"),
		MetricsAddress: "0", HealthAddress: "0", Registry: prometheus.NewRegistry(),
	})
	if err == nil || !strings.Contains(err.Error(), "1.31.9") || !strings.Contains(err.Error(), "1.32") {
		t.Errorf("error %v, want one that names both versions", err)
	}
}
