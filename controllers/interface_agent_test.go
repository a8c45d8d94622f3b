package controllers

import (
	"fmt"
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

func loopback(node, name string, addresses ...v1alpha1.AddressWithLength) *v1alpha1.Interface {
	return &v1alpha1.Interface{
		ObjectMeta: metav1.ObjectMeta{Name: node + "-" + name},
		Spec: v1alpha1.InterfaceSpec{
			ObjectSpec: v1alpha1.ObjectSpec{NodeName: node, Name: v1alpha1.ObjectName(name)},
			Loopback:   &v1alpha1.LoopbackInterface{}, Addresses: addresses,
		},
	}
}

// A new Interface costs one request.
func TestInterfaceReady(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	a.tune = patient
	a.start()
	await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, "Ready", func(n *v1alpha1.VPPNode) bool {
		return n.Status.Phase == v1alpha1.NodePhaseReady
	})
	for i := range 5 {
		o := loopback(a.node, fmt.Sprintf("loop%d", i), v1alpha1.AddressWithLength(fmt.Sprintf("192.0.2.%d/32", i)))
		a.create(o)
		got := ready(a, o, v1alpha1.ReasonProgrammed)
		if got.Status.SwIfIndex == 0 || len(got.Status.Addresses) != len(o.Spec.Addresses) {
			t.Errorf("status %+v", got.Status)
		}
		if n := a.requests.of(http.MethodPatch, "/interfaces/"+o.Name); n != 1 {
			t.Errorf("%s: %d status writes, want 1", o.Name, n)
		}
	}
}
