package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CrossConnect is a wire between two interfaces: every Ethernet frame that
// comes in on one leaves by the other, as it is.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppxc
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Interface,type=string,JSONPath=.spec.interface
// +kubebuilder:printcolumn:name=Peer,type=string,JSONPath=.spec.peer
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:printcolumn:name=One Way,type=boolean,JSONPath=.spec.oneWay,priority=1
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type CrossConnect struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec CrossConnectSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status CrossConnectStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (c *CrossConnect) GetSpec() *ObjectSpec { return &c.Spec.ObjectSpec }

// GetStatus implements [Object].
func (c *CrossConnect) GetStatus() *ObjectStatus { return &c.Status.ObjectStatus }

// CrossConnectList is a list of CrossConnects.
//
// +kubebuilder:object:root=true
type CrossConnectList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []CrossConnect `json:"items"`
}

// CrossConnectSpec is what a cross-connect should be. An interface can be in
// one CrossConnect, one way or both, and then in no BridgeDomain: what is in two
// is a Conflict.
//
// +kubebuilder:validation:XValidation:rule="self.interface != self.peer",message="an interface cannot be connected with itself",fieldPath=".peer"
type CrossConnectSpec struct {
	ObjectSpec `json:",inline"`

	// interface is one Interface, by name. Changing it makes the cross-connect
	// anew.
	//
	// +required
	Interface ObjectName `json:"interface"`

	// peer is the other Interface, by name. Changing it makes the cross-connect
	// anew.
	//
	// +required
	Peer ObjectName `json:"peer"`

	// oneWay carries only what comes in on interface; what comes in on peer is
	// dropped. Default: false, which carries both ways.
	//
	// +optional
	OneWay bool `json:"oneWay,omitempty"`

	// adopt takes over a cross-connect that somebody else put on one of the
	// interfaces. Default: false, which makes it a Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// CrossConnectStatus is what a cross-connect is.
type CrossConnectStatus struct {
	ObjectStatus `json:",inline"`
}
