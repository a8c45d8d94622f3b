// Package v1alpha1 is what users of vpp-operator write and read: the kinds of
// the API group vpp-operator.io, one file each. Controllers compile these
// specs into desired state and report into these statuses; nothing here knows
// how VPP is spoken to.
//
// The schemas in config/crd/bases are generated from the types and markers
// here. They refuse all that is nonsense by itself (ranges, formats, exactly
// one of several), with CEL where a schema alone cannot say it; what only
// other objects or VPP can tell ends in a condition (see the Reason
// constants). What changes a VPP object in place and what makes it anew is
// said in each field's comment: unless noted, it is in place.
//
// +kubebuilder:object:generate=true
// +groupName=vpp-operator.io
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

//go:generate go tool -modfile=../../hack/tools/go.mod controller-gen object crd paths=. output:crd:dir=../../config/crd/bases
//go:generate bash ../../hack/kustomization.sh ../../config/crd bases/*.yaml
//go:generate bash ../../hack/kustomization.sh ../../config/samples *.yaml

// GroupVersion is the API group and version of all kinds here.
var GroupVersion = schema.GroupVersion{Group: "vpp-operator.io", Version: "v1alpha1"}

// AddToScheme makes all kinds known to a scheme.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion,
		&AccessList{}, &AccessListList{},
		&BridgeDomain{}, &BridgeDomainList{},
		&CrossConnect{}, &CrossConnectList{},
		&DeterministicNAT{}, &DeterministicNATList{},
		&Interface{}, &InterfaceList{},
		&L3CrossConnect{}, &L3CrossConnectList{},
		&MACAccessList{}, &MACAccessListList{},
		&MSSClamp{}, &MSSClampList{},
		&NAT44{}, &NAT44List{},
		&NAT44Mapping{}, &NAT44MappingList{},
		&NAT64{}, &NAT64List{},
		&Neighbor{}, &NeighborList{},
		&Policer{}, &PolicerList{},
		&PolicyRoute{}, &PolicyRouteList{},
		&PortMirror{}, &PortMirrorList{},
		&ReversePathFilter{}, &ReversePathFilterList{},
		&Route{}, &RouteList{},
		&VPPNode{}, &VPPNodeList{},
		&VRF{}, &VRFList{},
	)
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}
