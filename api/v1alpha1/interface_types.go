package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Interface is a network interface of the VPP of one node.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppif
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=VPP Name,type=string,JSONPath=.status.vppName
// +kubebuilder:printcolumn:name=Admin,type=string,JSONPath=.status.adminState
// +kubebuilder:printcolumn:name=Link,type=string,JSONPath=.status.linkState
// +kubebuilder:printcolumn:name=Address,type=string,JSONPath=.status.addresses[0]
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:printcolumn:name=Type,type=string,JSONPath=.status.type,priority=1
// +kubebuilder:printcolumn:name=VRF,type=string,JSONPath=.status.vrf,priority=1
// +kubebuilder:printcolumn:name=MAC,type=string,JSONPath=.status.macAddress,priority=1
// +kubebuilder:printcolumn:name=MTU,type=integer,JSONPath=.status.mtu,priority=1
// +kubebuilder:printcolumn:name=Index,type=integer,JSONPath=.status.swIfIndex,priority=1
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.unnumbered) || self.spec.unnumbered != (has(self.spec.name) ? self.spec.name : self.metadata.name)",message="must name another interface",fieldPath=".spec.unnumbered"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.subInterface) || self.spec.subInterface.parent != (has(self.spec.name) ? self.spec.name : self.metadata.name)",message="must name another interface",fieldPath=".spec.subInterface.parent"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.bond) || !has(self.spec.bond.members) || !self.spec.bond.members.exists(m, m.interface == (has(self.spec.name) ? self.spec.name : self.metadata.name))",message="must name other interfaces",fieldPath=".spec.bond.members"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.vxlan) || !has(self.spec.vxlan.multicastInterface) || self.spec.vxlan.multicastInterface != (has(self.spec.name) ? self.spec.name : self.metadata.name)",message="must name another interface",fieldPath=".spec.vxlan.multicastInterface"
type Interface struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec InterfaceSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status InterfaceStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (i *Interface) GetSpec() *ObjectSpec { return &i.Spec.ObjectSpec }

// GetStatus implements [Object].
func (i *Interface) GetStatus() *ObjectStatus { return &i.Status.ObjectStatus }

// InterfaceList is a list of Interfaces.
//
// +kubebuilder:object:root=true
type InterfaceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Interface `json:"items"`
}

// InterfaceSpec is what an interface should be. A field of mtu, linkMTU, macAddress,
// rxMode, rxPlacement and txPlacement that is left out is VPP's own affair: it is
// neither written nor compared. One that is taken out again is put back once, to what
// VPP had there before the agent first wrote it. What stands in exactly one of loopback, tap, memif, hostInterface, physical, subInterface, bond, vxlan,
// gre, ipip and vhostUser makes it one of that type.
//
// +kubebuilder:validation:ExactlyOneOf=loopback;tap;memif;hostInterface;physical;subInterface;bond;vxlan;gre;ipip;vhostUser
// +kubebuilder:validation:AtMostOneOf=addresses;unnumbered
// +kubebuilder:validation:XValidation:rule="!has(self.mtu) || !has(self.linkMTU) || self.mtu <= self.linkMTU",message="must not be above linkMTU",fieldPath=".mtu"
// +kubebuilder:validation:XValidation:rule="!has(self.linkMTU) || has(self.physical) || has(self.vxlan) || has(self.tap) && !(has(self.tap.tun) && self.tap.tun) || has(self.memif) && self.memif.mode == 'Ethernet' || has(self.hostInterface) && self.hostInterface.mode == 'Ethernet'",message="can be set on tap, memif, hostInterface (not in IP mode), physical and vxlan only",fieldPath=".linkMTU"
// +kubebuilder:validation:XValidation:rule="!has(self.macAddress) || !(has(self.subInterface) || has(self.ipip) || has(self.gre) && self.gre.type == 'L3' || has(self.tap) && has(self.tap.tun) && self.tap.tun || has(self.memif) && self.memif.mode == 'IP' || has(self.hostInterface) && self.hostInterface.mode == 'IP')",message="this type of interface has no MAC address of its own",fieldPath=".macAddress"
// +kubebuilder:validation:XValidation:rule="!(has(self.rxMode) || has(self.rxPlacement) || has(self.txPlacement)) || has(self.tap) || has(self.memif) || has(self.hostInterface) || has(self.physical) || has(self.vhostUser)",message="rxMode, rxPlacement and txPlacement need queues: tap, memif, hostInterface, physical and vhostUser have them"
// +kubebuilder:validation:XValidation:rule="!(has(self.promiscuous) && self.promiscuous) || has(self.physical)",message="only a physical interface can be promiscuous",fieldPath=".promiscuous"
// +kubebuilder:validation:XValidation:rule="!(has(self.subInterface) && !self.subInterface.exactMatch) || !(has(self.addresses) || has(self.unnumbered))",message="IP needs exactMatch on a sub-interface",fieldPath=".subInterface.exactMatch"
type InterfaceSpec struct {
	ObjectSpec `json:",inline"`

	// loopback is an interface without a link, the usual home of a router's own
	// addresses.
	//
	// +optional
	Loopback *LoopbackInterface `json:"loopback,omitempty"`

	// tap is one end of a pair whose other end is an interface of the Linux host.
	// Needs /dev/net/tun and /dev/vhost-net.
	//
	// +optional
	Tap *TapInterface `json:"tap,omitempty"`

	// memif is a shared-memory link to another process on the node, such as another
	// VPP or a container.
	//
	// +optional
	Memif *MemifInterface `json:"memif,omitempty"`

	// hostInterface is an interface of the Linux host, such as one end of a veth
	// pair, used through AF_PACKET.
	//
	// +optional
	HostInterface *HostInterface `json:"hostInterface,omitempty"`

	// physical is a device that VPP owns from its startup configuration. It is
	// configured, never created or deleted; when this object goes, the device is
	// put back as it was found.
	//
	// +optional
	Physical *PhysicalInterface `json:"physical,omitempty"`

	// subInterface is a VLAN of another interface.
	//
	// +optional
	SubInterface *SubInterface `json:"subInterface,omitempty"`

	// bond is several interfaces used as one.
	//
	// +optional
	Bond *BondInterface `json:"bond,omitempty"`

	// vxlan is an Ethernet link through UDP (RFC 7348).
	//
	// +optional
	VXLAN *VXLANInterface `json:"vxlan,omitempty"`

	// gre is a tunnel through GRE (RFC 2784, RFC 2890).
	//
	// +optional
	GRE *GREInterface `json:"gre,omitempty"`

	// ipip is a tunnel of IP in IP (RFC 2003, RFC 2473, RFC 4213).
	//
	// +optional
	IPIP *IPIPInterface `json:"ipip,omitempty"`

	// vhostUser is the host's side of a virtual machine's virtio network device.
	//
	// +optional
	VhostUser *VhostUserInterface `json:"vhostUser,omitempty"`

	// adminState is whether the interface is in service: Up or Down. Default: Up.
	//
	// +kubebuilder:default=Up
	// +optional
	AdminState AdminState `json:"adminState,omitempty"`

	// mtu is the largest IP packet that is sent, in bytes: 68..65535, and not above
	// linkMTU. A sub-interface without it has that of its parent. Default: what VPP
	// gives the type, mostly 9000; taken out again, what it was before, at most
	// linkMTU.
	//
	// +kubebuilder:validation:Minimum=68
	// +kubebuilder:validation:Maximum=65535
	// +optional
	MTU int32 `json:"mtu,omitempty"`

	// linkMTU is the largest payload of the link's frames, in bytes: 68..65535. For
	// tap, memif and hostInterface (in Ethernet mode), physical and vxlan only.
	// Default: as VPP has it; taken out again, as it was before.
	//
	// +kubebuilder:validation:Minimum=68
	// +kubebuilder:validation:Maximum=65535
	// +optional
	LinkMTU int32 `json:"linkMTU,omitempty"`

	// macAddress is VPP's own Ethernet address on the interface, such as
	// 02:fe:12:34:56:78. Default: a locally administered one derived from node and
	// name, which stays the same over restarts and differs between nodes; for
	// physical the device's own, for bond that of its first member. Taken out again,
	// a bond that was made with it is made anew. Sub-interfaces and links without
	// Ethernet have none.
	//
	// +optional
	MACAddress MACAddress `json:"macAddress,omitempty"`

	// vrf is the VRF the interface is in, by name. Changing it takes the addresses
	// off for a moment. Default: default.
	//
	// +kubebuilder:default=default
	// +optional
	VRF ObjectName `json:"vrf,omitempty"`

	// addresses are VPP's own IP addresses on the interface, each with the length of
	// its subnet's prefix, such as 192.0.2.1/24 or 2001:db8::1/64; at most 64. Not
	// with unnumbered.
	//
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:XValidation:rule="self.all(a, !isCIDR(a) || cidr(a).ip().family() == 4 || !cidr(a).ip().isLinkLocalUnicast() || cidr(a).prefixLength() == 128)",message="a link-local IPv6 address must have length 128"
	// +kubebuilder:validation:XValidation:rule="self.filter(a, isCIDR(a) && cidr(a).ip().family() == 6 && cidr(a).ip().isLinkLocalUnicast()).size() <= 1",message="an interface has one link-local IPv6 address"
	// +listType=set
	// +optional
	Addresses []AddressWithLength `json:"addresses,omitempty"`

	// unnumbered is another Interface in the same VRF, by name, whose addresses this
	// one uses. Not with addresses.
	//
	// +optional
	Unnumbered ObjectName `json:"unnumbered,omitempty"`

	// rxMode is how VPP learns of received packets: Polling (least latency, a core
	// at full load), Interrupt, or Adaptive (between the two, by load). For tap,
	// memif, hostInterface, physical and vhostUser only. Default: the driver's; taken
	// out again, that of each queue before.
	//
	// +optional
	RxMode RxMode `json:"rxMode,omitempty"`

	// rxPlacement says which thread of VPP serves which receive queue, at most 128 of
	// them. Queues that are not listed are placed by VPP; one taken out again is put
	// back on the thread it was on before.
	//
	// +kubebuilder:validation:MaxItems=128
	// +listType=map
	// +listMapKey=queue
	// +optional
	RxPlacement []RxQueuePlacement `json:"rxPlacement,omitempty"`

	// txPlacement says which threads of VPP send through which transmit queue, at most
	// 128 of them. Queues that are not listed are placed by VPP; one taken out again is
	// put back on the threads it was on before.
	//
	// +kubebuilder:validation:MaxItems=128
	// +listType=map
	// +listMapKey=queue
	// +optional
	TxPlacement []TxQueuePlacement `json:"txPlacement,omitempty"`

	// promiscuous makes a physical interface receive frames to any MAC address. VPP
	// cannot show it. Default: false, which leaves it as it was found.
	//
	// +optional
	Promiscuous bool `json:"promiscuous,omitempty"`

	// directedBroadcast forwards packets to the broadcast address of the
	// interface's subnets as broadcasts; otherwise they are dropped. VPP cannot
	// show it. Default: false.
	//
	// +optional
	DirectedBroadcast bool `json:"directedBroadcast,omitempty"`

	// adopt takes over an interface in VPP that is this one by its identity (such as
	// a tunnel between the same addresses) but was made by somebody else. Default:
	// false, which makes it a Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// AdminState is whether an interface is in service.
//
// +kubebuilder:validation:Enum=Up;Down
type AdminState string

// Administrative states.
const (
	AdminStateUp   AdminState = "Up"
	AdminStateDown AdminState = "Down"
)

// LinkState is whether an interface has a working link.
//
// +kubebuilder:validation:Enum=Up;Down
type LinkState string

// States of a link.
const (
	LinkStateUp   LinkState = "Up"
	LinkStateDown LinkState = "Down"
)

// RxMode is how VPP learns of received packets.
//
// +kubebuilder:validation:Enum=Polling;Interrupt;Adaptive
type RxMode string

// Receive modes.
const (
	RxModePolling   RxMode = "Polling"
	RxModeInterrupt RxMode = "Interrupt"
	RxModeAdaptive  RxMode = "Adaptive"
)

// Queue is the number of a queue, from 0.
//
// +kubebuilder:validation:Minimum=0
// +kubebuilder:validation:Maximum=1023
type Queue int32

// Thread is the number of a VPP thread as 'show threads' has it: 0 is the main
// thread, 1 the first worker.
//
// +kubebuilder:validation:Minimum=0
// +kubebuilder:validation:Maximum=255
type Thread int32

// RxQueuePlacement puts a receive queue on a thread.
type RxQueuePlacement struct {
	// queue is the receive queue: 0..1023.
	//
	// +required
	Queue Queue `json:"queue"`

	// thread is the VPP thread that serves it: 0..255, as 'show threads' has it (0
	// is the main thread, 1 the first worker).
	//
	// +required
	Thread Thread `json:"thread"`
}

// TxQueuePlacement puts a transmit queue on threads.
type TxQueuePlacement struct {
	// queue is the transmit queue: 0..1023.
	//
	// +required
	Queue Queue `json:"queue"`

	// threads are the VPP threads that send through it: 0..255, as 'show threads'
	// has them (0 is the main thread, 1 the first worker).
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +listType=atomic
	// +required
	Threads []Thread `json:"threads"`
}

// InterfaceStatus is what an interface is, as VPP shows it.
type InterfaceStatus struct {
	ObjectStatus `json:",inline"`

	// swIfIndex is the interface's index in VPP (sw_if_index). It changes with every
	// boot of VPP.
	//
	// +optional
	SwIfIndex int64 `json:"swIfIndex,omitempty"`

	// vppName is the interface's name in VPP, such as loop0 or memif1/0.
	//
	// +optional
	VPPName string `json:"vppName,omitempty"`

	// type is the interface's type in VPP (interface_dev_type), such as Loopback or memif.
	//
	// +optional
	Type string `json:"type,omitempty"`

	// adminState is whether it is in service: Up or Down.
	//
	// +optional
	AdminState AdminState `json:"adminState,omitempty"`

	// linkState is whether its link works: Up or Down.
	//
	// +optional
	LinkState LinkState `json:"linkState,omitempty"`

	// macAddress is its Ethernet address; absent where it has none.
	//
	// +optional
	MACAddress string `json:"macAddress,omitempty"`

	// mtu is the largest IP packet that is sent, in bytes.
	//
	// +optional
	MTU int32 `json:"mtu,omitempty"`

	// linkMTU is the largest payload of the link's frames, in bytes.
	//
	// +optional
	LinkMTU int32 `json:"linkMTU,omitempty"`

	// linkSpeedKbps is the speed of its link in 1000 bits per second; absent where
	// it is not known.
	//
	// +optional
	LinkSpeedKbps int64 `json:"linkSpeedKbps,omitempty"`

	// vrf is the name of the VRF it is in; where no VRF object has the table, the
	// table's number.
	//
	// +optional
	VRF string `json:"vrf,omitempty"`

	// addresses are its IP addresses. VPP does not show link-local IPv6 addresses.
	//
	// +listType=atomic
	// +optional
	Addresses []string `json:"addresses,omitempty"`
}
