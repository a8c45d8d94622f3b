package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// VRF is a pair of IPv4 and IPv6 forwarding tables in the VPP of one node.
// The VRF named default (table 0) always exists and is not declared.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppvrf
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Table,type=integer,JSONPath=.spec.tableID
// +kubebuilder:printcolumn:name=IPv4 Routes,type=integer,JSONPath=.status.ipv4.routes
// +kubebuilder:printcolumn:name=IPv6 Routes,type=integer,JSONPath=.status.ipv6.routes
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
// +kubebuilder:validation:XValidation:rule="(has(self.spec.name) ? self.spec.name : self.metadata.name) != 'default'",message="the VRF named default is table 0, which always exists: leave it out"
type VRF struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec VRFSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status VRFStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (v *VRF) GetSpec() *ObjectSpec { return &v.Spec.ObjectSpec }

// GetStatus implements [Object].
func (v *VRF) GetStatus() *ObjectStatus { return &v.Status.ObjectStatus }

// VRFList is a list of VRFs.
//
// +kubebuilder:object:root=true
type VRFList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []VRF `json:"items"`
}

// VRFSpec is what a VRF should be.
//
// +kubebuilder:validation:XValidation:rule="self.ipv4 || self.ipv6",message="at least one of ipv4 and ipv6 must be true"
type VRFSpec struct {
	ObjectSpec `json:",inline"`

	// tableID is the number of the tables in VPP: 1..4294967294. A table of that
	// number that exists in VPP under another name is a Conflict, unless adopt is
	// true. Changing it makes the tables anew, with the interfaces and routes in
	// them.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=4294967294
	// +required
	TableID int64 `json:"tableID"`

	// ipv4 says whether the VRF has an IPv4 table. Default: true.
	//
	// +kubebuilder:default=true
	// +optional
	IPv4 *bool `json:"ipv4,omitempty"`

	// ipv6 says whether the VRF has an IPv6 table. Default: true.
	//
	// +kubebuilder:default=true
	// +optional
	IPv6 *bool `json:"ipv6,omitempty"`

	// flowHash is what of a packet decides which path of a route with several it
	// takes, in both tables. VPP cannot show it. Default: that of VPP
	// (SourceAddress, DestinationAddress, SourcePort, DestinationPort, Protocol).
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=9
	// +listType=set
	// +optional
	FlowHash []FlowHashField `json:"flowHash,omitempty"`

	// adopt takes over tables of this number that exist in VPP under another
	// name, and what is in them stays. Their name stays too. Default: false,
	// which makes them a Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// FlowHashField is something of a packet that goes into its flow hash.
// Reverse swaps source and destination; Symmetric makes both directions of a
// flow hash alike; FlowLabel is that of IPv6; GTPv1TEID is the tunnel endpoint
// inside GTP-U.
//
// +kubebuilder:validation:Enum=SourceAddress;DestinationAddress;SourcePort;DestinationPort;Protocol;Reverse;Symmetric;FlowLabel;GTPv1TEID
type FlowHashField string

// Fields of the flow hash.
const (
	FlowHashSourceAddress      FlowHashField = "SourceAddress"
	FlowHashDestinationAddress FlowHashField = "DestinationAddress"
	FlowHashSourcePort         FlowHashField = "SourcePort"
	FlowHashDestinationPort    FlowHashField = "DestinationPort"
	FlowHashProtocol           FlowHashField = "Protocol"
	FlowHashReverse            FlowHashField = "Reverse"
	FlowHashSymmetric          FlowHashField = "Symmetric"
	FlowHashFlowLabel          FlowHashField = "FlowLabel"
	FlowHashGTPv1TEID          FlowHashField = "GTPv1TEID"
)

// VRFStatus is what a VRF is.
type VRFStatus struct {
	ObjectStatus `json:",inline"`

	// ipv4 is the IPv4 table; absent while VPP has none of this number.
	//
	// +optional
	IPv4 *TableStatus `json:"ipv4,omitempty"`

	// ipv6 is the IPv6 table; absent while VPP has none of this number.
	//
	// +optional
	IPv6 *TableStatus `json:"ipv6,omitempty"`
}

// TableStatus is a forwarding table as VPP shows it.
type TableStatus struct {
	// name is the table's name in VPP.
	//
	// +optional
	Name string `json:"name,omitempty"`

	// routes is the number of prefixes in the table that Route objects put there.
	//
	// +required
	Routes int32 `json:"routes"`
}
