package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// DefaultVRF is the name of the VRF that always exists: table 0.
const DefaultVRF = "default"

// Object is every kind that configures something on one node, that is all but
// VPPNode.
//
// +kubebuilder:object:generate=false
type Object interface {
	metav1.Object
	runtime.Object
	// GetSpec and GetStatus give the part that all objects share. What they
	// point at belongs to the object.
	GetSpec() *ObjectSpec
	GetStatus() *ObjectStatus
}

// ResourceName is what other objects on the node call o: spec.name, or
// metadata.name where that is not given.
func ResourceName(o Object) string {
	if name := o.GetSpec().Name; name != "" {
		return string(name)
	}
	return o.GetName()
}

// ObjectName is the name of an object on a node: its spec.name, or its
// metadata.name where spec.name is not given.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=49
// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
type ObjectName string

// ObjectSpec is what the specs of all objects share.
//
// +kubebuilder:validation:XValidation:rule="has(self.name) == has(oldSelf.name) && (!has(self.name) || self.name == oldSelf.name)",message="name is immutable",fieldPath=".name"
type ObjectSpec struct {
	// nodeName is the node whose VPP this object configures: the name of a
	// Kubernetes Node. Immutable.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="nodeName is immutable"
	// +required
	NodeName string `json:"nodeName"`

	// name is what other objects on the same node call this one, and what VPP's
	// tags show behind vpp-operator/. It is unique among the objects of a kind
	// on a node, so the same name may be used on every node. At most 49 lower
	// case letters, digits, '-' and '.'. Default: metadata.name. Immutable.
	//
	// +optional
	Name ObjectName `json:"name,omitempty"`
}

// ObjectStatus is what the statuses of all kinds share.
type ObjectStatus struct {
	// observedGeneration is the generation of the spec that was last handled. It
	// stays behind metadata.generation while the node is paused.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions say how things stand. Ready is always there, Reconciling or
	// Stalled only while true.
	//
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
