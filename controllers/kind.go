package controllers

import (
	"iter"
	"reflect"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// objectKinds are the kinds that an agent looks after, in the order in which a
// node's status counts them.
func objectKinds() []*kind {
	return []*kind{
		vrfKind(),
		interfaceKind(),
		accessListKind(),
		macAccessListKind(),
		nat44Kind(),
		nat44MappingKind(),
		neighborKind(),
		policyRouteKind(),
		routeKind(),
		reversePathFilterKind(),
		mssClampKind(),
		portMirrorKind(),
		bridgeDomainKind(),
		crossConnectKind(),
		l3CrossConnectKind(),
		policerKind(),
		nat64Kind(),
		deterministicNATKind(),
	}
}

// Kind is what tells the objects of one kind, T, from those of another. S is
// their status. Both functions are pure: they know nothing but what they are
// given.
type Kind[T, S any] struct {
	// Resource is the kind's name in URLs.
	Resource string
	// Compile turns a spec into items. It must not change the object, which
	// others read too. An error names the fields (a field.Error, or several as
	// field.ErrorList makes one of them); the object is then InvalidSpec, and what
	// it wanted before stays.
	Compile func(o *T) ([]state.Item, error)
	// Report fills a status, all but conditions and observedGeneration, with
	// what became of the items. They come in the order of Compile.
	Report func(status *S, items iter.Seq[state.ItemReport])
	// OnePerNode says that a node has one such object at most: of several the
	// oldest has a say, whatever they are called.
	OnePerNode bool
	// Items are the kinds of state that Compile makes.
	Items []string
	// Shown are those of them of which each is a whole object to a user; such of
	// others in VPP count as foreign.
	Shown []string
}

// kind is a [Kind] without its types.
type kind struct {
	// name is that of the Go type and of the API's kind.
	name       string
	resource   schema.GroupVersionResource
	onePerNode bool
	items      []string
	shown      []string

	newObject func() v1alpha1.Object
	compile   func(v1alpha1.Object) ([]state.Item, error)
	report    func(v1alpha1.Object, iter.Seq[state.ItemReport])
	// status is all of an object's status, to compare and to write.
	status func(v1alpha1.Object) any
}

// erase needs status to find an object's S. That *T is an object is certain
// for all kinds of the API.
func (k Kind[T, S]) erase(status func(*T) *S) *kind {
	typed := func(o v1alpha1.Object) *T { return any(o).(*T) }
	return &kind{
		name:       reflect.TypeFor[T]().Name(),
		resource:   v1alpha1.GroupVersion.WithResource(k.Resource),
		onePerNode: k.OnePerNode,
		items:      k.Items,
		shown:      k.Shown,
		newObject:  func() v1alpha1.Object { return any(new(T)).(v1alpha1.Object) },
		compile:    func(o v1alpha1.Object) ([]state.Item, error) { return k.Compile(typed(o)) },
		report: func(o v1alpha1.Object, items iter.Seq[state.ItemReport]) {
			k.Report(status(typed(o)), items)
		},
		status: func(o v1alpha1.Object) any { return status(typed(o)) },
	}
}
