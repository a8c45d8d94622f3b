package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AccessList permits and denies IP packets that enter or leave interfaces. The
// first of its rules that a packet matches decides; a packet that matches none
// is looked up in the next list on the interface, and denied behind the last. An
// interface without lists permits all.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppacl
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Rules,type=integer,JSONPath=.status.rules
// +kubebuilder:printcolumn:name=Applied,type=integer,JSONPath=.status.applied
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:printcolumn:name=Index,type=integer,JSONPath=.status.aclIndex,priority=1
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type AccessList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec AccessListSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status AccessListStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (a *AccessList) GetSpec() *ObjectSpec { return &a.Spec.ObjectSpec }

// GetStatus implements [Object].
func (a *AccessList) GetStatus() *ObjectStatus { return &a.Status.ObjectStatus }

// AccessListList is a list of AccessLists.
//
// +kubebuilder:object:root=true
type AccessListList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []AccessList `json:"items"`
}

// AccessListSpec is what an access list should be.
//
// +kubebuilder:validation:XValidation:rule="self.rules.map(r, (has(r.sources) ? r.sources.size() : 0) + (has(r.destinations) ? r.destinations.size() : 0) + (has(r.sourcePorts) ? r.sourcePorts.size() : 0) + (has(r.destinationPorts) ? r.destinationPorts.size() : 0) + (has(r.icmpTypes) ? r.icmpTypes.size() : 0) + (has(r.icmpCodes) ? r.icmpCodes.size() : 0) + (has(r.tcpFlags) ? (has(r.tcpFlags.set) ? r.tcpFlags.set.size() : 0) + (has(r.tcpFlags.clear) ? r.tcpFlags.clear.size() : 0) : 0)).sum() <= 2000",message="the rules may have at most 2000 prefixes, ranges and flags in all: put the rest into another AccessList",fieldPath=".rules"
type AccessListSpec struct {
	ObjectSpec `json:",inline"`

	// rules are 1..1000; the first that matches decides. They are replaced in VPP
	// all at once, so no packet meets a list half written. A rule that names several
	// prefixes or ranges becomes one in VPP for each combination: at most 10000 in
	// all. All rules together may have 2000 prefixes, ranges and flags.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	// +listType=atomic
	// +required
	Rules []AccessListRule `json:"rules"`

	// interfaces are where the list is applied: at most 64. None: the list is only
	// there to be named by PolicyRoutes.
	//
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=interface
	// +listMapKey=direction
	// +optional
	Interfaces []AccessListInterface `json:"interfaces,omitempty"`
}

// AccessListRule is what packets must be, in all that is given, to be treated as
// action says.
//
// +kubebuilder:validation:AtMostOneOf=protocol;protocolNumber
// +kubebuilder:validation:XValidation:rule="!has(self.sources) || !has(self.destinations) || self.sources[0].contains(':') == self.destinations[0].contains(':')",message="sources and destinations must be of one family"
// +kubebuilder:validation:XValidation:rule="!has(self.family) || (!has(self.sources) || self.sources[0].contains(':') == (self.family == 'IPv6')) && (!has(self.destinations) || self.destinations[0].contains(':') == (self.family == 'IPv6'))",message="must be the family of the prefixes",fieldPath=".family"
// +kubebuilder:validation:XValidation:rule="!has(self.protocol) || !(self.protocol in ['ICMP', 'ICMPv6']) || (!has(self.family) || (self.family == 'IPv6') == (self.protocol == 'ICMPv6')) && (!has(self.sources) || self.sources[0].contains(':') == (self.protocol == 'ICMPv6')) && (!has(self.destinations) || self.destinations[0].contains(':') == (self.protocol == 'ICMPv6'))",message="ICMP is of IPv4, ICMPv6 of IPv6",fieldPath=".protocol"
// +kubebuilder:validation:XValidation:rule="!(has(self.sourcePorts) || has(self.destinationPorts)) || has(self.protocol) && self.protocol in ['TCP', 'UDP']",message="ports need protocol TCP or UDP"
// +kubebuilder:validation:XValidation:rule="!(has(self.icmpTypes) || has(self.icmpCodes)) || has(self.protocol) && self.protocol in ['ICMP', 'ICMPv6']",message="icmpTypes and icmpCodes need protocol ICMP or ICMPv6"
// +kubebuilder:validation:XValidation:rule="!has(self.tcpFlags) || has(self.protocol) && self.protocol == 'TCP'",message="needs protocol TCP",fieldPath=".tcpFlags"
type AccessListRule struct {
	// action is what becomes of packets that match: Permit, Deny, or PermitReflect,
	// which also permits the answers to them, whatever the lists of the other
	// direction say.
	//
	// +required
	Action AccessListAction `json:"action"`

	// family is IPv4 or IPv6. Default: that of the prefixes, or of the protocol
	// where it is ICMP or ICMPv6; a rule with neither is of both.
	//
	// +optional
	Family IPFamily `json:"family,omitempty"`

	// sources are the networks the packet may be from: at most 64 prefixes without
	// host bits, of one family. Default: any.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:XValidation:rule="self.all(p, p.contains(':')) || self.all(p, !p.contains(':'))",message="prefixes must be of one family"
	// +listType=atomic
	// +optional
	Sources []Prefix `json:"sources,omitempty"`

	// destinations are the networks the packet may be to: at most 64 prefixes without
	// host bits, of one family. Default: any.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:XValidation:rule="self.all(p, p.contains(':')) || self.all(p, !p.contains(':'))",message="prefixes must be of one family"
	// +listType=atomic
	// +optional
	Destinations []Prefix `json:"destinations,omitempty"`

	// protocol is what the packet carries: TCP, UDP, ICMP, ICMPv6, SCTP, GRE, ESP or
	// AH. Packets that are fragments but not the first one match no rule with a
	// protocol. Default: any.
	//
	// +optional
	Protocol IPProtocol `json:"protocol,omitempty"`

	// protocolNumber is for other protocols: the IANA number, 1..255.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=255
	// +optional
	ProtocolNumber int32 `json:"protocolNumber,omitempty"`

	// sourcePorts are the TCP or UDP ports the packet may be from: at most 64 ports
	// or ranges, such as "443" or "1024-65535". Default: any.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	SourcePorts []PortRange `json:"sourcePorts,omitempty"`

	// destinationPorts are the TCP or UDP ports the packet may be to: at most 64 ports
	// or ranges. Default: any.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	DestinationPorts []PortRange `json:"destinationPorts,omitempty"`

	// icmpTypes are the ICMP or ICMPv6 types the packet may have: at most 64 numbers or
	// ranges, such as "8" or "133-137". Default: any.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	ICMPTypes []ICMPRange `json:"icmpTypes,omitempty"`

	// icmpCodes are the ICMP or ICMPv6 codes the packet may have: at most 64 numbers or
	// ranges. Default: any.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	ICMPCodes []ICMPRange `json:"icmpCodes,omitempty"`

	// tcpFlags are the flags that a TCP segment must and must not have. Default: any.
	//
	// +optional
	TCPFlags *TCPFlags `json:"tcpFlags,omitempty"`
}

// AccessListAction is what becomes of a packet.
//
// +kubebuilder:validation:Enum=Permit;Deny;PermitReflect
type AccessListAction string

// What becomes of packets.
const (
	AccessListPermit        AccessListAction = "Permit"
	AccessListDeny          AccessListAction = "Deny"
	AccessListPermitReflect AccessListAction = "PermitReflect"
)

// IPFamily is an address family.
//
// +kubebuilder:validation:Enum=IPv4;IPv6
type IPFamily string

// Address families.
const (
	IPv4 IPFamily = "IPv4"
	IPv6 IPFamily = "IPv6"
)

// IPProtocol is what an IP packet carries.
//
// +kubebuilder:validation:Enum=TCP;UDP;ICMP;ICMPv6;SCTP;GRE;ESP;AH
type IPProtocol string

// Protocols above IP.
const (
	ProtocolTCP    IPProtocol = "TCP"
	ProtocolUDP    IPProtocol = "UDP"
	ProtocolICMP   IPProtocol = "ICMP"
	ProtocolICMPv6 IPProtocol = "ICMPv6"
	ProtocolSCTP   IPProtocol = "SCTP"
	ProtocolGRE    IPProtocol = "GRE"
	ProtocolESP    IPProtocol = "ESP"
	ProtocolAH     IPProtocol = "AH"
)

// PortRange is a port, 0..65535, or a range of ports, such as 1024-65535.
//
// +kubebuilder:validation:MaxLength=11
// +kubebuilder:validation:Pattern=`^(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}|0)(-(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}|0))?$`
// +kubebuilder:validation:XValidation:rule="!self.contains('-') || int(self.split('-')[0]) <= int(self.split('-')[1])",message="the first port of a range must not be above the last"
type PortRange string

// ICMPRange is an ICMP type or code, 0..255, or a range of them, such as
// 133-137.
//
// +kubebuilder:validation:MaxLength=7
// +kubebuilder:validation:Pattern=`^(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(-(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]))?$`
// +kubebuilder:validation:XValidation:rule="!self.contains('-') || int(self.split('-')[0]) <= int(self.split('-')[1])",message="the first number of a range must not be above the last"
type ICMPRange string

// TCPFlags are the flags of a TCP segment.
//
// +kubebuilder:validation:XValidation:rule="has(self.set) || has(self.clear)",message="needs set, clear or both"
// +kubebuilder:validation:XValidation:rule="!has(self.set) || !has(self.clear) || !self.set.exists(f, f in self.clear)",message="a flag cannot be both set and clear"
type TCPFlags struct {
	// set are the flags that it must have.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +listType=set
	// +optional
	Set []TCPFlag `json:"set,omitempty"`

	// clear are the flags that it must not have.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +listType=set
	// +optional
	Clear []TCPFlag `json:"clear,omitempty"`
}

// TCPFlag is a flag of a TCP segment.
//
// +kubebuilder:validation:Enum=FIN;SYN;RST;PSH;ACK;URG;ECE;CWR
type TCPFlag string

// AccessListInterface is a place where a list is applied.
type AccessListInterface struct {
	// interface is the Interface, by name.
	//
	// +required
	Interface ObjectName `json:"interface"`

	// direction is Input, for packets that VPP receives on the interface, or Output,
	// for those that it sends.
	//
	// +required
	Direction PacketDirection `json:"direction"`

	// priority orders the lists of one interface and direction: 0..65535, smaller
	// first, equal ones by name. Lists that other clients of VPP applied stay, behind
	// these unless they were put before them. Default: 0.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	// +optional
	Priority int32 `json:"priority,omitempty"`
}

// PacketDirection is the way of packets through an interface.
//
// +kubebuilder:validation:Enum=Input;Output
type PacketDirection string

// Ways of packets.
const (
	DirectionInput  PacketDirection = "Input"
	DirectionOutput PacketDirection = "Output"
)

// AccessListStatus is how far an access list is programmed.
type AccessListStatus struct {
	ObjectStatus `json:",inline"`

	// rules is the number of rules that VPP holds for the list, which is more than the
	// spec has where those name several prefixes or ranges.
	//
	// +optional
	Rules int32 `json:"rules,omitempty"`

	// aclIndex is VPP's number of the list, as in "show acl-plugin acl index N".
	//
	// +optional
	ACLIndex *int64 `json:"aclIndex,omitempty"`

	// applied is the number of interfaces and directions where the list is applied.
	//
	// +optional
	Applied int32 `json:"applied,omitempty"`

	// pendingInterfaces are the first ten where it is not, and why.
	//
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	PendingInterfaces []AppliedInterfaceStatus `json:"pendingInterfaces,omitempty"`
}

// AppliedInterfaceStatus tells about an interface where something is not applied.
type AppliedInterfaceStatus struct {
	// interface is the name of the Interface.
	//
	// +required
	Interface string `json:"interface"`

	// direction is Input or Output, where both can be.
	//
	// +optional
	Direction string `json:"direction,omitempty"`

	// reason is the condition reason that would fit this place alone.
	//
	// +required
	Reason string `json:"reason"`

	// message says what is waited for, was refused, or has the place.
	//
	// +optional
	Message string `json:"message,omitempty"`
}
