package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PolicyRoute sends packets that an AccessList permits another way than the
// routes of their VRF: ACL based forwarding, for those of one family that enter
// some interfaces.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vpppbr
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Access List,type=string,JSONPath=.spec.accessList
// +kubebuilder:printcolumn:name=Family,type=string,JSONPath=.spec.family
// +kubebuilder:printcolumn:name=Attached,type=integer,JSONPath=.status.attached
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:printcolumn:name=Policy,type=integer,JSONPath=.status.policyID,priority=1
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type PolicyRoute struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec PolicyRouteSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status PolicyRouteStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (p *PolicyRoute) GetSpec() *ObjectSpec { return &p.Spec.ObjectSpec }

// GetStatus implements [Object].
func (p *PolicyRoute) GetStatus() *ObjectStatus { return &p.Status.ObjectStatus }

// PolicyRouteList is a list of PolicyRoutes.
//
// +kubebuilder:object:root=true
type PolicyRouteList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []PolicyRoute `json:"items"`
}

// PolicyRouteSpec is which packets should go where: to one of paths, into the
// end that action names, or through a lookup in lookupVRF. A change of it, other
// than of interfaces, makes the policy anew: meanwhile packets follow the routes.
//
// +kubebuilder:validation:ExactlyOneOf=paths;action;lookupVRF
// +kubebuilder:validation:XValidation:rule="!has(self.paths) || self.paths.all(p, !has(p.nextHop) || !isIP(p.nextHop) || (ip(p.nextHop).family() == 6) == (self.family == 'IPv6'))",message="next hops must be of the family",fieldPath=".paths"
type PolicyRouteSpec struct {
	ObjectSpec `json:",inline"`

	// accessList is the AccessList, by name, that tells which packets: those that a
	// rule of it permits. It need not be applied to an interface. Changing it makes
	// the policy anew; its rules may change in place.
	//
	// +required
	AccessList ObjectName `json:"accessList"`

	// family is that of the packets: IPv4 or IPv6. For both there are two
	// PolicyRoutes. Changing it makes the policy anew.
	//
	// +required
	Family IPFamily `json:"family"`

	// paths are where packets may go: 1..16, no two of them to the same next hop on
	// the same interface or in the same VRF. Among those of the smallest preference
	// that are usable, flows are shared out by weight. Changing them makes the policy
	// anew.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +listType=atomic
	// +optional
	Paths []ForwardingPath `json:"paths,omitempty"`

	// action ends packets here: Drop. Changing it makes the policy anew.
	//
	// +optional
	Action PolicyRouteAction `json:"action,omitempty"`

	// lookupVRF is the VRF, by name, in whose table the destination is looked up.
	// Changing it makes the policy anew.
	//
	// +optional
	LookupVRF ObjectName `json:"lookupVRF,omitempty"`

	// interfaces are those whose received packets are looked at: at most 64.
	//
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=interface
	// +optional
	Interfaces []PolicyRouteInterface `json:"interfaces,omitempty"`
}

// PolicyRouteAction is an end for packets.
//
// +kubebuilder:validation:Enum=Drop
type PolicyRouteAction string

// PolicyRouteActionDrop drops packets silently.
const PolicyRouteActionDrop PolicyRouteAction = "Drop"

// PolicyRouteInterface is an interface that a policy is attached to.
type PolicyRouteInterface struct {
	// interface is the Interface, by name.
	//
	// +required
	Interface ObjectName `json:"interface"`

	// priority orders the policies of an interface: 0..65535, smaller first. Changing
	// it detaches the policy for a moment. Default: 0.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	// +optional
	Priority int32 `json:"priority,omitempty"`
}

// PolicyRouteStatus is how far a policy is programmed.
type PolicyRouteStatus struct {
	ObjectStatus `json:",inline"`

	// policyID is VPP's number of the policy, as in "show abf policy N".
	//
	// +optional
	PolicyID *int64 `json:"policyID,omitempty"`

	// attached is the number of interfaces that it is attached to.
	//
	// +optional
	Attached int32 `json:"attached,omitempty"`

	// pendingInterfaces are the first ten that it is not attached to, and why.
	//
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	PendingInterfaces []AppliedInterfaceStatus `json:"pendingInterfaces,omitempty"`
}
