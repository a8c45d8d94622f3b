package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Neighbor is an entry of an interface's ARP or ND table.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppneigh
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Interface,type=string,JSONPath=.spec.interface
// +kubebuilder:printcolumn:name=Address,type=string,JSONPath=.spec.address
// +kubebuilder:printcolumn:name=MAC,type=string,JSONPath=.spec.macAddress
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type Neighbor struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec NeighborSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status NeighborStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (n *Neighbor) GetSpec() *ObjectSpec { return &n.Spec.ObjectSpec }

// GetStatus implements [Object].
func (n *Neighbor) GetStatus() *ObjectStatus { return &n.Status.ObjectStatus }

// NeighborList is a list of Neighbors.
//
// +kubebuilder:object:root=true
type NeighborList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Neighbor `json:"items"`
}

// NeighborSpec is what a neighbour entry should be.
type NeighborSpec struct {
	ObjectSpec `json:",inline"`

	// interface is the Interface the neighbour is on, by name. Changing it makes
	// the entry anew.
	//
	// +required
	Interface ObjectName `json:"interface"`

	// address is the neighbour's IPv4 or IPv6 address. Changing it makes the entry
	// anew.
	//
	// +required
	Address UnicastAddress `json:"address"`

	// macAddress is the neighbour's Ethernet address.
	//
	// +required
	MACAddress MACAddress `json:"macAddress"`

	// static keeps ARP and ND from changing the entry and from ageing it out. An
	// entry that is not static VPP may forget; the agent then writes it again.
	// Changing it makes the entry anew. Default: true.
	//
	// +kubebuilder:default=true
	// +optional
	Static *bool `json:"static,omitempty"`

	// noFIBEntry keeps the entry out of the FIB: packets reach the neighbour only
	// through routes that name it as their next hop. Changing it makes the entry
	// anew. Default: false.
	//
	// +optional
	NoFIBEntry bool `json:"noFIBEntry,omitempty"`

	// adopt takes over a static entry of the same interface and address that
	// another client of VPP made. Default: false, which makes it a Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// NeighborStatus is what a neighbour entry is.
type NeighborStatus struct {
	ObjectStatus `json:",inline"`

	// macAddress is the address in VPP's entry; absent while there is no entry.
	//
	// +optional
	MACAddress string `json:"macAddress,omitempty"`
}
