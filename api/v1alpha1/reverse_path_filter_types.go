package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ReversePathFilter is what an interface asks of the source addresses of packets:
// unicast reverse path forwarding, uRPF (RFC 3704). Packets that do not pass are
// dropped.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vpprpf
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Interface,type=string,JSONPath=.spec.interface
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type ReversePathFilter struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec ReversePathFilterSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status ReversePathFilterStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (o *ReversePathFilter) GetSpec() *ObjectSpec { return &o.Spec.ObjectSpec }

// GetStatus implements [Object].
func (o *ReversePathFilter) GetStatus() *ObjectStatus { return &o.Status.ObjectStatus }

// ReversePathFilterList is a list of ReversePathFilters.
//
// +kubebuilder:object:root=true
type ReversePathFilterList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ReversePathFilter `json:"items"`
}

// ReversePathFilterSpec is what an interface should ask of sources.
//
// +kubebuilder:validation:XValidation:rule="has(self.ipv4) || has(self.ipv6)",message="at least one of ipv4 and ipv6 must be given"
type ReversePathFilterSpec struct {
	ObjectSpec `json:",inline"`

	// interface is the Interface that filters, by name. Changing it takes the
	// filters off the old one.
	//
	// +required
	Interface ObjectName `json:"interface"`

	// ipv4 are the filters for IPv4 packets. Default: none.
	//
	// +structType=atomic
	// +optional
	IPv4 *ReversePathFamily `json:"ipv4,omitempty"`

	// ipv6 are the filters for IPv6 packets. Default: none.
	//
	// +structType=atomic
	// +optional
	IPv6 *ReversePathFamily `json:"ipv6,omitempty"`

	// adopt takes over filters that another client of VPP has put on an interface
	// that it shares with us: an adopted or a physical one. Default: false, which
	// makes it a Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// ReversePathFamily are the filters for packets of one family, by direction.
//
// +kubebuilder:validation:XValidation:rule="has(self.rx) || has(self.tx)",message="at least one of rx and tx must be given"
type ReversePathFamily struct {
	// rx is the filter for packets that the interface receives. Default: none.
	//
	// +optional
	Rx *ReversePathCheck `json:"rx,omitempty"`

	// tx is the filter for packets that the interface is about to send. Default:
	// none.
	//
	// +optional
	Tx *ReversePathCheck `json:"tx,omitempty"`
}

// ReversePathMode is what is asked of a source address.
//
// +kubebuilder:validation:Enum=Strict;Loose
type ReversePathMode string

// The modes.
const (
	ReversePathStrict ReversePathMode = "Strict"
	ReversePathLoose  ReversePathMode = "Loose"
)

// ReversePathCheck is a filter.
type ReversePathCheck struct {
	// mode is Strict, where the source address must be reached through this
	// interface, or Loose, where it must be reached at all.
	//
	// +required
	Mode ReversePathMode `json:"mode"`

	// vrf is the VRF in which the source address is looked up, by name. Default:
	// the one that the interface is in, also when that changes.
	//
	// +optional
	VRF ObjectName `json:"vrf,omitempty"`
}

// ReversePathFilterStatus is what an interface asks of sources.
type ReversePathFilterStatus struct {
	ObjectStatus `json:",inline"`

	// filters are those of this object that VPP has.
	//
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=4
	// +optional
	Filters []ReversePathFilterState `json:"filters,omitempty"`
}

// ReversePathFilterState is a filter as VPP shows it.
type ReversePathFilterState struct {
	// family is IPv4 or IPv6.
	//
	// +required
	Family string `json:"family"`

	// direction is Rx or Tx.
	//
	// +required
	Direction Direction `json:"direction"`

	// mode is the filter's.
	//
	// +required
	Mode ReversePathMode `json:"mode"`
}
