package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Policer limits the rate of packets that come in or go out by some interfaces,
// all together.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vpppol
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Type,type=string,JSONPath=.spec.type
// +kubebuilder:printcolumn:name=CIR,type=integer,JSONPath=.spec.cir
// +kubebuilder:printcolumn:name=Unit,type=string,JSONPath=.spec.rateUnit
// +kubebuilder:printcolumn:name=Applied,type=integer,JSONPath=.status.applied
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type Policer struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec PolicerSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status PolicerStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (p *Policer) GetSpec() *ObjectSpec { return &p.Spec.ObjectSpec }

// GetStatus implements [Object].
func (p *Policer) GetStatus() *ObjectStatus { return &p.Status.ObjectStatus }

// PolicerList is a list of Policers.
//
// +kubebuilder:object:root=true
type PolicerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Policer `json:"items"`
}

// PolicerSpec is what a policer should be. All of it is changed in place; the
// token buckets are then full again and the counters zero.
//
// +kubebuilder:validation:XValidation:rule="self.type in ['RFC2698', 'RFC4115'] == has(self.eir)",message="RFC2698 and RFC4115 need eir; the other types have one rate only",fieldPath=".eir"
// +kubebuilder:validation:XValidation:rule="(self.type != 'OneRateTwoColor') == has(self.ebs)",message="all types but OneRateTwoColor, which has one burst only, need ebs",fieldPath=".ebs"
// +kubebuilder:validation:XValidation:rule="self.type != 'RFC2697' || self.rateUnit == 'Kbps'",message="RFC2697 needs Kbps: VPP makes milliseconds into bytes by eir, which it has not",fieldPath=".rateUnit"
// +kubebuilder:validation:XValidation:rule="!has(self.eir) || self.eir >= self.cir",message="must be at least cir",fieldPath=".eir"
// +kubebuilder:validation:XValidation:rule="self.rateUnit != 'PacketsPerSecond' || self.cir <= 2097151999 && (!has(self.eir) || self.eir <= 2097151999)",message="rates of PacketsPerSecond are at most 2097151999"
type PolicerSpec struct {
	ObjectSpec `json:",inline"`

	// type is how packets are told apart:
	// OneRateTwoColor: those within cir and cbs conform, the others violate.
	// RFC2697: one rate, three colors: beyond cbs up to ebs they exceed.
	// RFC2698: two rates, three colors: eir and ebs are the peak rate and peak
	// burst, which packets that conform count against too.
	// RFC4115: two rates, three colors: eir and ebs are what may exceed.
	// Default: OneRateTwoColor.
	//
	// +kubebuilder:default=OneRateTwoColor
	// +optional
	Type PolicerType `json:"type,omitempty"`

	// rateUnit is what cir and eir are given in: Kbps, 1000 bits in a second, with
	// bursts in bytes; or PacketsPerSecond, with bursts in milliseconds. VPP takes
	// a packet for 256 bytes and polices bytes in either case. RFC2697 takes Kbps
	// only. Default: Kbps.
	//
	// +kubebuilder:default=Kbps
	// +optional
	RateUnit PolicerRateUnit `json:"rateUnit,omitempty"`

	// cir is the committed information rate: 1..4294967295 in rateUnit.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=4294967295
	// +required
	CIR int64 `json:"cir"`

	// cbs is the committed burst size: 1..4294967295 bytes, or milliseconds of
	// cir, by rateUnit. A packet longer than it never conforms.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=4294967295
	// +required
	CBS int64 `json:"cbs"`

	// eir is the excess information rate, of RFC2698 the peak rate:
	// cir..4294967295 in rateUnit. Types with two rates need it, the others do not
	// have it.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=4294967295
	// +optional
	EIR int64 `json:"eir,omitempty"`

	// ebs is the excess burst size, of RFC2698 the peak burst size: 1..4294967295
	// bytes, or milliseconds of eir, by rateUnit. OneRateTwoColor does not have it,
	// the other types need it.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=4294967295
	// +optional
	EBS int64 `json:"ebs,omitempty"`

	// rounding is how the rates are rounded to what VPP can keep. Default: Closest.
	//
	// +kubebuilder:default=Closest
	// +optional
	Rounding PolicerRounding `json:"rounding,omitempty"`

	// colorAware takes the color that a packet was given before into account; only
	// classifiers give one. Default: false.
	//
	// +optional
	ColorAware bool `json:"colorAware,omitempty"`

	// conformAction is what happens to packets that conform. Default: Transmit.
	//
	// +optional
	ConformAction *PolicerAction `json:"conformAction,omitempty"`

	// exceedAction is what happens to packets that exceed. Default: Drop.
	//
	// +optional
	ExceedAction *PolicerAction `json:"exceedAction,omitempty"`

	// violateAction is what happens to packets that violate. Default: Drop.
	//
	// +optional
	ViolateAction *PolicerAction `json:"violateAction,omitempty"`

	// inputInterfaces are the Interfaces, by name, whose incoming packets are
	// policed, at most 256. An Interface has one Policer in each direction. VPP
	// cannot show this.
	//
	// +kubebuilder:validation:MaxItems=256
	// +listType=set
	// +optional
	InputInterfaces []ObjectName `json:"inputInterfaces,omitempty"`

	// outputInterfaces are the Interfaces, by name, whose outgoing IP packets are
	// policed, at most 256. VPP cannot show this.
	//
	// +kubebuilder:validation:MaxItems=256
	// +listType=set
	// +optional
	OutputInterfaces []ObjectName `json:"outputInterfaces,omitempty"`

	// adopt has this policer take the place of one that another client of VPP has
	// applied to an interface that it shares with us: an adopted or a physical one.
	// Default: false, which makes it a Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// PolicerType is how a policer tells packets apart.
//
// +kubebuilder:validation:Enum=OneRateTwoColor;RFC2697;RFC2698;RFC4115
type PolicerType string

// Types of policers.
const (
	PolicerOneRateTwoColor PolicerType = "OneRateTwoColor"
	PolicerRFC2697         PolicerType = "RFC2697"
	PolicerRFC2698         PolicerType = "RFC2698"
	PolicerRFC4115         PolicerType = "RFC4115"
)

// PolicerRateUnit is what a policer's rates are given in.
//
// +kubebuilder:validation:Enum=Kbps;PacketsPerSecond
type PolicerRateUnit string

// Units of rates.
const (
	PolicerKbps             PolicerRateUnit = "Kbps"
	PolicerPacketsPerSecond PolicerRateUnit = "PacketsPerSecond"
)

// PolicerRounding is how a policer's rates are rounded.
//
// +kubebuilder:validation:Enum=Closest;Up;Down
type PolicerRounding string

// Roundings.
const (
	PolicerRoundClosest PolicerRounding = "Closest"
	PolicerRoundUp      PolicerRounding = "Up"
	PolicerRoundDown    PolicerRounding = "Down"
)

// PolicerAction is what happens to packets of one color.
//
// +kubebuilder:validation:XValidation:rule="(self.type == 'MarkAndTransmit') == has(self.dscp)",message="dscp goes with type MarkAndTransmit, which needs it",fieldPath=".dscp"
type PolicerAction struct {
	// type is Drop, Transmit or MarkAndTransmit.
	//
	// +required
	Type PolicerActionType `json:"type"`

	// dscp is what IP packets are marked with: 0..63.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=63
	// +optional
	DSCP *int32 `json:"dscp,omitempty"`
}

// PolicerActionType is what happens to packets.
//
// +kubebuilder:validation:Enum=Drop;Transmit;MarkAndTransmit
type PolicerActionType string

// What happens to packets.
const (
	PolicerDrop            PolicerActionType = "Drop"
	PolicerTransmit        PolicerActionType = "Transmit"
	PolicerMarkAndTransmit PolicerActionType = "MarkAndTransmit"
)

// PolicerStatus is what a policer is.
type PolicerStatus struct {
	ObjectStatus `json:",inline"`

	// applied is how many interfaces the policer is applied to, each direction
	// counted.
	//
	// +optional
	Applied int32 `json:"applied,omitempty"`
}
