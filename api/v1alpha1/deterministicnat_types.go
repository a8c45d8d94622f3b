package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// DeterministicNAT gives each inside address a fixed share of the ports of an
// outside address (carrier grade NAT, VPP's det44), so that nothing need be
// logged to tell later who had which. A node has one.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppdetnat
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Maps,type=integer,JSONPath=.status.maps
// +kubebuilder:printcolumn:name=Inside,type=integer,JSONPath=.status.insideInterfaces
// +kubebuilder:printcolumn:name=Outside,type=integer,JSONPath=.status.outsideInterfaces
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type DeterministicNAT struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec DeterministicNATSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status DeterministicNATStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (d *DeterministicNAT) GetSpec() *ObjectSpec { return &d.Spec.ObjectSpec }

// GetStatus implements [Object].
func (d *DeterministicNAT) GetStatus() *ObjectStatus { return &d.Status.ObjectStatus }

// DeterministicNATList is a list of DeterministicNATs.
//
// +kubebuilder:object:root=true
type DeterministicNATList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []DeterministicNAT `json:"items"`
}

// DeterministicNATSpec is what a node's deterministic NAT should be, between
// interfaces of VRF default. A change of one interface or map touches no other.
// VPP dies of disabling it, so once it is enabled it stays so, empty, until VPP
// is restarted.
type DeterministicNATSpec struct {
	ObjectSpec `json:",inline"`

	// insideInterfaces are the Interfaces, by name, where the hosts are that are
	// translated, at most 256.
	//
	// +kubebuilder:validation:MaxItems=256
	// +listType=set
	// +optional
	InsideInterfaces []ObjectName `json:"insideInterfaces,omitempty"`

	// outsideInterfaces are the Interfaces, by name, where the rest of the world is,
	// at most 256. None is inside as well.
	//
	// +kubebuilder:validation:MaxItems=256
	// +listType=set
	// +optional
	OutsideInterfaces []ObjectName `json:"outsideInterfaces,omitempty"`

	// maps are which inside addresses get which outside ones: at most 64. No two
	// have inside addresses in common, nor outside ones.
	//
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Maps []DeterministicNATMap `json:"maps,omitempty"`

	// timeouts are after how long without packets sessions end.
	//
	// +optional
	Timeouts NATTimeouts `json:"timeouts,omitempty"`
}

// DeterministicNATMap is a map of an inside prefix to an outside one. Changing
// it makes it anew, which ends its sessions.
//
// +kubebuilder:validation:XValidation:rule="!isCIDR(self.insidePrefix) || cidr(self.insidePrefix).ip().family() == 4 && cidr(self.insidePrefix).prefixLength() >= 18",message="must be an IPv4 prefix of length 18..32: VPP takes memory for 1000 sessions of each address at once",fieldPath=".insidePrefix"
// +kubebuilder:validation:XValidation:rule="!isCIDR(self.outsidePrefix) || cidr(self.outsidePrefix).ip().family() == 4",message="must be an IPv4 prefix",fieldPath=".outsidePrefix"
// +kubebuilder:validation:XValidation:rule="!isCIDR(self.insidePrefix) || !isCIDR(self.outsidePrefix) || cidr(self.insidePrefix).prefixLength() <= cidr(self.outsidePrefix).prefixLength()",message="must be as long as insidePrefix at least",fieldPath=".outsidePrefix"
type DeterministicNATMap struct {
	// insidePrefix is the IPv4 network of the hosts, of length 18..32. An address
	// takes 24 kB of VPP's memory.
	//
	// +required
	InsidePrefix Prefix `json:"insidePrefix"`

	// outsidePrefix is the IPv4 network that they get, as long as insidePrefix at
	// least. An outside address is shared by 2 to the power of the difference: at a
	// difference of 6 by 64 hosts with 1008 ports each.
	//
	// +required
	OutsidePrefix Prefix `json:"outsidePrefix"`
}

// DeterministicNATStatus is what a node's deterministic NAT is.
type DeterministicNATStatus struct {
	ObjectStatus `json:",inline"`

	// maps is how many maps VPP has by this object.
	//
	// +optional
	Maps int32 `json:"maps,omitempty"`

	// insideInterfaces is how many interfaces are inside.
	//
	// +optional
	InsideInterfaces int32 `json:"insideInterfaces,omitempty"`

	// outsideInterfaces is how many interfaces are outside.
	//
	// +optional
	OutsideInterfaces int32 `json:"outsideInterfaces,omitempty"`
}
