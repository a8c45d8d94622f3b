package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Route is up to 4096 prefixes of one VRF that are all reached in the same way.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vpproute
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=VRF,type=string,JSONPath=.spec.vrf
// +kubebuilder:printcolumn:name=First Prefix,type=string,JSONPath=.spec.prefixes[0]
// +kubebuilder:printcolumn:name=Prefixes,type=integer,JSONPath=.status.prefixes
// +kubebuilder:printcolumn:name=Programmed,type=integer,JSONPath=.status.programmed
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:printcolumn:name=Pending,type=integer,JSONPath=.status.pending,priority=1
// +kubebuilder:printcolumn:name=Failed,type=integer,JSONPath=.status.failed,priority=1
// +kubebuilder:printcolumn:name=Overridden,type=integer,JSONPath=.status.overridden,priority=1
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type Route struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec RouteSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status RouteStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (r *Route) GetSpec() *ObjectSpec { return &r.Spec.ObjectSpec }

// GetStatus implements [Object].
func (r *Route) GetStatus() *ObjectStatus { return &r.Status.ObjectStatus }

// RouteList is a list of Routes.
//
// +kubebuilder:object:root=true
type RouteList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Route `json:"items"`
}

// RouteSpec is where packets to some prefixes should go: to one of paths, into
// the end that action names, or through another lookup in lookupVRF.
//
// +kubebuilder:validation:ExactlyOneOf=paths;action;lookupVRF
// +kubebuilder:validation:XValidation:rule="!has(self.paths) || self.paths.all(p, !has(p.nextHop) || !isIP(p.nextHop) || !isCIDR(self.prefixes[0]) || ip(p.nextHop).family() == cidr(self.prefixes[0]).ip().family())",message="next hops must be of the same family as the prefixes",fieldPath=".paths"
// +kubebuilder:validation:XValidation:rule="!has(self.lookupVRF) || self.lookupVRF != self.vrf",message="a lookup in the VRF of the route itself would never end",fieldPath=".lookupVRF"
type RouteSpec struct {
	ObjectSpec `json:",inline"`

	// vrf is the VRF the route is in, by name. Changing it removes the prefixes
	// from the old one and adds them to the new one. Default: default.
	//
	// +kubebuilder:default=default
	// +optional
	VRF ObjectName `json:"vrf,omitempty"`

	// prefixes are what the route is to: 1..4096 networks without host bits, all
	// IPv4 or all IPv6, such as 192.0.2.0/24 or 2001:db8::/32. A prefix that is
	// there twice, here or in an older Route of the same VRF, is told in the status.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4096
	// +kubebuilder:validation:XValidation:rule="self.all(p, p.contains(':')) || self.all(p, !p.contains(':'))",message="prefixes must be of one family"
	// +listType=atomic
	// +required
	Prefixes []Prefix `json:"prefixes"`

	// paths are where packets may go: 1..64. Among those of the smallest
	// preference that are usable, flows are shared out by weight. They are
	// replaced all at once, so no packet is lost on a change.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Paths []RoutePath `json:"paths,omitempty"`

	// action ends packets here: Drop silently, answer ICMP Unreachable or ICMP
	// Prohibited, or Local: take them as addressed to VPP itself.
	//
	// +optional
	Action RouteAction `json:"action,omitempty"`

	// lookupVRF is the VRF, by name, in whose table the destination is looked up
	// again.
	//
	// +optional
	LookupVRF ObjectName `json:"lookupVRF,omitempty"`
}

// RouteAction is an end for packets.
//
// +kubebuilder:validation:Enum=Drop;Unreachable;Prohibited;Local
type RouteAction string

// Ends for packets.
const (
	RouteActionDrop        RouteAction = "Drop"
	RouteActionUnreachable RouteAction = "Unreachable"
	RouteActionProhibited  RouteAction = "Prohibited"
	RouteActionLocal       RouteAction = "Local"
)

// RoutePath is one way to go: out of an interface, to a next hop there, or to
// a next hop that is itself found by a route.
//
// +kubebuilder:validation:XValidation:rule="has(self.nextHop) || has(self.interface)",message="needs a nextHop, an interface or both"
// +kubebuilder:validation:XValidation:rule="!has(self.nextHopVRF) || has(self.nextHop) && !has(self.interface)",message="nextHopVRF is where nextHop is looked up: it goes with nextHop and without interface",fieldPath=".nextHopVRF"
// +kubebuilder:validation:XValidation:rule="!has(self.nextHop) || has(self.interface) || !isIP(self.nextHop) || !ip(self.nextHop).isLinkLocalUnicast()",message="a link-local nextHop needs an interface",fieldPath=".nextHop"
type RoutePath struct {
	// nextHop is the address of the next router. Without interface it is looked up
	// in nextHopVRF, and the path is usable while a route to it is.
	//
	// +optional
	NextHop UnicastAddress `json:"nextHop,omitempty"`

	// interface is the Interface the packets leave by, by name. Without nextHop the
	// prefixes are taken to be directly on it.
	//
	// +optional
	Interface ObjectName `json:"interface,omitempty"`

	// nextHopVRF is the VRF in which nextHop is looked up, by name; not with
	// interface. Default: the route's own.
	//
	// +optional
	NextHopVRF ObjectName `json:"nextHopVRF,omitempty"`

	// weight is this path's share of the flows: 1..255, relative to the other
	// paths of the same preference. Default: 1.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=255
	// +optional
	Weight int32 `json:"weight,omitempty"`

	// preference puts paths in order: 0..255, smaller is better. Paths of a larger
	// preference are used when none of a smaller one is usable. Default: 0.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=255
	// +optional
	Preference int32 `json:"preference,omitempty"`

	// labels are the MPLS labels pushed, outermost first: at most 16, each
	// 0..1048575.
	//
	// +kubebuilder:validation:MaxItems=16
	// +listType=atomic
	// +optional
	Labels []MPLSLabel `json:"labels,omitempty"`
}

// MPLSLabel is the value of an MPLS label, 20 bits.
//
// +kubebuilder:validation:Minimum=0
// +kubebuilder:validation:Maximum=1048575
type MPLSLabel int32

// RouteStatus is how far a route is programmed.
type RouteStatus struct {
	ObjectStatus `json:",inline"`

	// prefixes is the number of prefixes in the spec last handled.
	//
	// +optional
	Prefixes int32 `json:"prefixes,omitempty"`

	// programmed is the number of prefixes that VPP forwards as the spec says.
	//
	// +optional
	Programmed int32 `json:"programmed,omitempty"`

	// pending is the number of prefixes that wait for something or are under way.
	//
	// +optional
	Pending int32 `json:"pending,omitempty"`

	// failed is the number of prefixes that VPP refused or another Route has.
	//
	// +optional
	Failed int32 `json:"failed,omitempty"`

	// overridden is the number of prefixes for which VPP prefers another source of
	// routes, such as an interface's own address.
	//
	// +optional
	Overridden int32 `json:"overridden,omitempty"`

	// pendingPrefixes are the first ten that are pending, and what for.
	//
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	PendingPrefixes []PrefixStatus `json:"pendingPrefixes,omitempty"`

	// failedPrefixes are the first ten that failed, and why.
	//
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	FailedPrefixes []PrefixStatus `json:"failedPrefixes,omitempty"`

	// overriddenPrefixes are the first ten that are overridden, and by which source.
	//
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	OverriddenPrefixes []PrefixStatus `json:"overriddenPrefixes,omitempty"`
}

// PrefixStatus tells about a prefix that is not programmed.
type PrefixStatus struct {
	// prefix is the prefix as VPP would show it.
	//
	// +required
	Prefix string `json:"prefix"`

	// reason is the condition reason that would fit the prefix alone.
	//
	// +required
	Reason string `json:"reason"`

	// message says what is waited for, was refused, or has the prefix.
	//
	// +optional
	Message string `json:"message,omitempty"`
}
