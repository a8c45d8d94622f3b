package controllers

import (
	"os/exec"
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// What config/rbac grants is all that an agent needs.
func TestPermissions(t *testing.T) {
	t.Parallel()
	p := sharedPlane(t)
	out, err := exec.CommandContext(t.Context(), p.Kubectl, "--kubeconfig", p.Kubeconfig, "apply", "-f", "../config/rbac/agent.yaml").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	config, _, err := p.User("system:serviceaccount:"+testNamespace+":vpp-agent", "system:serviceaccounts", "system:authenticated")
	if err != nil {
		t.Fatal(err)
	}
	a := newTestAgent(t, p)
	a.start(func(o *Options) { o.Config = config })
	await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, "Ready", func(n *v1alpha1.VPPNode) bool {
		return n.Status.Phase == v1alpha1.NodePhaseReady
	})
	blue := vrf(a.node, "blue", 10)
	a.create(blue)
	ready(a, blue, v1alpha1.ReasonProgrammed)
	calls := a.tables()
	if err := a.client.Delete(a.ctx, blue); err != nil {
		t.Fatal(err)
	}
	a.eventually("removed", func() bool { return a.tables() > calls })
	a.eventually("an Event", func() bool { return a.event(a.node, eventRemoved) })
	a.eventually("a Lease", func() bool {
		return a.client.Get(a.ctx, client.ObjectKey{Namespace: testNamespace, Name: a.node}, &coordinationv1.Lease{}) == nil
	})
	if log := a.log.String(); strings.Contains(log, "forbidden") {
		t.Errorf("something is forbidden: %s", log)
	}
}
