package e2e

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// api is the kinds that the API has: nothing here names them one by one.
var api = sync.OnceValue(func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		panic(err)
	}
	return scheme
})

// newOf makes an empty value of a Go type of the API, nil where there is none.
func newOf(name string) runtime.Object {
	o, err := api().New(v1alpha1.GroupVersion.WithKind(name))
	if err != nil {
		return nil
	}
	return o
}

// nodeKinds are the names of the kinds whose objects are each of one node.
func nodeKinds() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(api().KnownTypes(v1alpha1.GroupVersion))) {
		if _, ok := newOf(name).(v1alpha1.Object); ok {
			names = append(names, name)
		}
	}
	return names
}

// lists are those of the kinds that are watched.
func lists() []client.ObjectList {
	var all []client.ObjectList
	for _, name := range append(nodeKinds(), "VPPNode") {
		if list, ok := newOf(name + "List").(client.ObjectList); ok {
			all = append(all, list)
		}
	}
	return all
}

// objectOf is an empty object of a kind, in whatever letters.
func objectOf(kind string) client.Object {
	for _, name := range nodeKinds() {
		if strings.EqualFold(name, kind) {
			o, _ := newOf(name).(client.Object)
			return o
		}
	}
	switch strings.ToLower(kind) {
	case "node", "vppnode":
		return &v1alpha1.VPPNode{}
	}
	return nil
}
