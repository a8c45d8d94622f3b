package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// L3CrossConnect sends all IPv4 or IPv6 unicast packets that come in on an
// interface the same way, whatever their destination and the routes: an L3
// cross-connect, l3xc in VPP. Packets to VPP itself are among them.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppl3xc
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Interface,type=string,JSONPath=.spec.interface
// +kubebuilder:printcolumn:name=Families,type=string,JSONPath=.status.families
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type L3CrossConnect struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec L3CrossConnectSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status L3CrossConnectStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (o *L3CrossConnect) GetSpec() *ObjectSpec { return &o.Spec.ObjectSpec }

// GetStatus implements [Object].
func (o *L3CrossConnect) GetStatus() *ObjectStatus { return &o.Status.ObjectStatus }

// L3CrossConnectList is a list of L3CrossConnects.
//
// +kubebuilder:object:root=true
type L3CrossConnectList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []L3CrossConnect `json:"items"`
}

// L3CrossConnectSpec is where the packets that come in on an interface should go.
//
// +kubebuilder:validation:XValidation:rule="has(self.ipv4) || has(self.ipv6)",message="at least one of ipv4 and ipv6 must be given"
// +kubebuilder:validation:XValidation:rule="!has(self.ipv4) || self.ipv4.paths.all(p, !has(p.nextHop) || !isIP(p.nextHop) || ip(p.nextHop).family() == 4)",message="next hops must be of the family",fieldPath=".ipv4.paths"
// +kubebuilder:validation:XValidation:rule="!has(self.ipv6) || self.ipv6.paths.all(p, !has(p.nextHop) || !isIP(p.nextHop) || ip(p.nextHop).family() == 6)",message="next hops must be of the family",fieldPath=".ipv6.paths"
type L3CrossConnectSpec struct {
	ObjectSpec `json:",inline"`

	// interface is the Interface that the packets come in on, by name. It must not
	// be a port of a BridgeDomain other than the BVI, nor in a CrossConnect. Changing
	// it routes again what comes in on the old one.
	//
	// +required
	Interface ObjectName `json:"interface"`

	// ipv4 is where IPv4 packets go. Default: by the routes.
	//
	// +optional
	IPv4 *L3CrossConnectFamily `json:"ipv4,omitempty"`

	// ipv6 is where IPv6 packets go, among them those by which neighbors on the
	// interface answer. Default: by the routes.
	//
	// +optional
	IPv6 *L3CrossConnectFamily `json:"ipv6,omitempty"`

	// adopt takes over what another client of VPP has put on an interface that it
	// shares with us: an adopted or a physical one. Default: false, which makes it a
	// Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// L3CrossConnectFamily is where the packets of a family go.
type L3CrossConnectFamily struct {
	// paths are where packets may go: 1..16, no two of them to the same next hop on
	// the same interface or in the same VRF. Among those of the smallest preference
	// that are usable, flows are shared out by weight; where none is usable packets
	// are dropped. On Ethernet a path needs a next hop: VPP looks for no other router
	// there than that. A change is made by taking the family's cross-connect off:
	// for a moment packets follow the routes.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +listType=atomic
	// +required
	Paths []ForwardingPath `json:"paths"`
}

// L3CrossConnectStatus is how far an L3 cross-connect is programmed.
type L3CrossConnectStatus struct {
	ObjectStatus `json:",inline"`

	// families are those whose packets VPP cross-connects: IPv4, IPv6.
	//
	// +kubebuilder:validation:MaxItems=2
	// +listType=atomic
	// +optional
	Families []IPFamily `json:"families,omitempty"`
}
