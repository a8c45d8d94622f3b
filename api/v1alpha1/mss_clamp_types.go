package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// MSSClamp is an upper limit of the maximum segment size that TCP connections
// through an interface agree on: larger ones in SYN packets are lowered.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppmss
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Interface,type=string,JSONPath=.spec.interface
// +kubebuilder:printcolumn:name=IPv4,type=integer,JSONPath=.spec.ipv4.mss
// +kubebuilder:printcolumn:name=IPv6,type=integer,JSONPath=.spec.ipv6.mss
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type MSSClamp struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec MSSClampSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status MSSClampStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (o *MSSClamp) GetSpec() *ObjectSpec { return &o.Spec.ObjectSpec }

// GetStatus implements [Object].
func (o *MSSClamp) GetStatus() *ObjectStatus { return &o.Status.ObjectStatus }

// MSSClampList is a list of MSSClamps.
//
// +kubebuilder:object:root=true
type MSSClampList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []MSSClamp `json:"items"`
}

// MSSClampSpec is what should be clamped.
//
// +kubebuilder:validation:XValidation:rule="has(self.ipv4) || has(self.ipv6)",message="at least one of ipv4 and ipv6 must be given"
type MSSClampSpec struct {
	ObjectSpec `json:",inline"`

	// interface is the Interface that clamps, by name. Changing it takes the clamp
	// off the old one.
	//
	// +required
	Interface ObjectName `json:"interface"`

	// ipv4 is the limit for TCP over IPv4. Default: none.
	//
	// +optional
	IPv4 *FamilyMSSClamp `json:"ipv4,omitempty"`

	// ipv6 is the limit for TCP over IPv6. Default: none.
	//
	// +optional
	IPv6 *FamilyMSSClamp `json:"ipv6,omitempty"`

	// adopt takes over the clamp that another client of VPP has put on an interface
	// that it shares with us: an adopted or a physical one. Default: false, which
	// makes it a Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// FamilyMSSClamp is the limit for one family.
type FamilyMSSClamp struct {
	// mss is the largest maximum segment size in bytes, without the headers of IP
	// and TCP: 88..65495. An MTU of 1500 leaves 1460 with IPv4 and 1440 with IPv6.
	//
	// +kubebuilder:validation:Minimum=88
	// +kubebuilder:validation:Maximum=65495
	// +required
	MSS int32 `json:"mss"`

	// direction says in which SYN packets it is lowered: those that the interface
	// receives (Rx), that it sends (Tx), or Both. Default: Both.
	//
	// +kubebuilder:default=Both
	// +optional
	Direction Direction `json:"direction,omitempty"`
}

// Direction is which packets of an interface are meant: those it receives, those
// it sends, or both.
//
// +kubebuilder:validation:Enum=Rx;Tx;Both
type Direction string

// The directions.
const (
	DirectionRx   Direction = "Rx"
	DirectionTx   Direction = "Tx"
	DirectionBoth Direction = "Both"
)

// MSSClampStatus is what is clamped.
type MSSClampStatus struct {
	ObjectStatus `json:",inline"`

	// ipv4 is the limit for TCP over IPv4 in VPP; absent where there is none.
	//
	// +optional
	IPv4 *FamilyMSSClamp `json:"ipv4,omitempty"`

	// ipv6 is the limit for TCP over IPv6 in VPP; absent where there is none.
	//
	// +optional
	IPv6 *FamilyMSSClamp `json:"ipv6,omitempty"`
}
