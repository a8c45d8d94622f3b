package scale

import (
	"fmt"
	"net/netip"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// tableID is that of the VRF that all routes are in.
const tableID = 7100

// newVRF is the VRF of the routes.
func newVRF(node string) *v1alpha1.VRF {
	return &v1alpha1.VRF{
		ObjectMeta: metav1.ObjectMeta{Name: node + "-bench"},
		Spec:       v1alpha1.VRFSpec{ObjectSpec: objectSpec(node, "bench"), TableID: tableID},
	}
}

func objectSpec(node, name string) v1alpha1.ObjectSpec {
	return v1alpha1.ObjectSpec{NodeName: node, Name: v1alpha1.ObjectName(name)}
}

// newRoutes are many objects of many prefixes each, and their VRF first.
func newRoutes(node string, objects, each int) []client.Object {
	all := []client.Object{newVRF(node)}
	for i := range objects {
		all = append(all, newRoute(node, i, each))
	}
	return all
}

// newRoute is the i-th object of routes.
func newRoute(node string, i, prefixes int) *v1alpha1.Route {
	name := fmt.Sprint("routes", i)
	o := &v1alpha1.Route{
		ObjectMeta: metav1.ObjectMeta{Name: node + "-" + name},
		Spec:       v1alpha1.RouteSpec{ObjectSpec: objectSpec(node, name), VRF: "bench", Action: v1alpha1.RouteActionDrop},
	}
	for j := range prefixes {
		o.Spec.Prefixes = append(o.Spec.Prefixes, v1alpha1.Prefix(prefix(i, j).String()))
	}
	return o
}

// prefix is the j-th of an object, a host route as in the client's benchmarks.
func prefix(i, j int) netip.Prefix {
	n := i<<12 + j
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(16 + n>>24), byte(n >> 16), byte(n >> 8), byte(n)}), 32)
}

// newLoopback is the i-th interface.
func newLoopback(node string, i int) *v1alpha1.Interface {
	name := fmt.Sprint("loop", i)
	return &v1alpha1.Interface{
		ObjectMeta: metav1.ObjectMeta{Name: node + "-" + name},
		Spec:       v1alpha1.InterfaceSpec{ObjectSpec: objectSpec(node, name), Loopback: &v1alpha1.LoopbackInterface{}},
	}
}
