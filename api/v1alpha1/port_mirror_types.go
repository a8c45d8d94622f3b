package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PortMirror is a copy of an interface's packets that is sent out of another:
// SPAN. An interface may be mirrored on several, by an object each.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppmirror
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Source,type=string,JSONPath=.spec.source
// +kubebuilder:printcolumn:name=Destination,type=string,JSONPath=.spec.destination
// +kubebuilder:printcolumn:name=Direction,type=string,JSONPath=.spec.direction
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type PortMirror struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec PortMirrorSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status PortMirrorStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (o *PortMirror) GetSpec() *ObjectSpec { return &o.Spec.ObjectSpec }

// GetStatus implements [Object].
func (o *PortMirror) GetStatus() *ObjectStatus { return &o.Status.ObjectStatus }

// PortMirrorList is a list of PortMirrors.
//
// +kubebuilder:object:root=true
type PortMirrorList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []PortMirror `json:"items"`
}

// PortMirrorSpec is what should be mirrored.
//
// +kubebuilder:validation:XValidation:rule="self.source != self.destination",message="an interface cannot be mirrored on itself"
type PortMirrorSpec struct {
	ObjectSpec `json:",inline"`

	// source is the Interface whose packets are copied, by name. Changing it makes
	// the mirror anew.
	//
	// +required
	Source ObjectName `json:"source"`

	// destination is the Interface that the copies are sent out of, by name.
	// Changing it makes the mirror anew.
	//
	// +required
	Destination ObjectName `json:"destination"`

	// direction says what is copied: packets that the source receives (Rx), that it
	// sends (Tx), or Both. Default: Both.
	//
	// +kubebuilder:default=Both
	// +optional
	Direction Direction `json:"direction,omitempty"`

	// level says where the copies are taken. Device: at the device, all packets of
	// an interface with a link of its own, which a sub-interface has not. L2: where
	// the source is a port of a bridge domain or of a cross-connect, also a
	// sub-interface; what it routes is not copied. Changing it makes the mirror
	// anew. Default: Device.
	//
	// +kubebuilder:validation:Enum=Device;L2
	// +kubebuilder:default=Device
	// +optional
	Level MirrorLevel `json:"level,omitempty"`

	// adopt takes over the same mirror where another client of VPP has put it on an
	// interface that it shares with us: an adopted or a physical one. Default:
	// false, which makes it a Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// MirrorLevel is where copies of packets are taken.
type MirrorLevel string

// The levels.
const (
	MirrorDevice MirrorLevel = "Device"
	MirrorL2     MirrorLevel = "L2"
)

// PortMirrorStatus is what is mirrored.
type PortMirrorStatus struct {
	ObjectStatus `json:",inline"`

	// direction is what VPP copies; absent while it copies nothing.
	//
	// +optional
	Direction Direction `json:"direction,omitempty"`
}
