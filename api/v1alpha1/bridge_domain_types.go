package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// BridgeDomain is an Ethernet switch inside VPP: its ports are interfaces, and
// it learns which MAC addresses are behind which of them.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppbd
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=ID,type=integer,JSONPath=.status.id
// +kubebuilder:printcolumn:name=Ports,type=integer,JSONPath=.status.ports
// +kubebuilder:printcolumn:name=BVI,type=string,JSONPath=.spec.bvi
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type BridgeDomain struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec BridgeDomainSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status BridgeDomainStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (b *BridgeDomain) GetSpec() *ObjectSpec { return &b.Spec.ObjectSpec }

// GetStatus implements [Object].
func (b *BridgeDomain) GetStatus() *ObjectStatus { return &b.Status.ObjectStatus }

// BridgeDomainList is a list of BridgeDomains.
//
// +kubebuilder:object:root=true
type BridgeDomainList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []BridgeDomain `json:"items"`
}

// BridgeDomainSpec is what a bridge domain should be.
//
// +kubebuilder:validation:XValidation:rule="!has(self.ports) || self.ports.all(p, self.ports.exists_one(q, q.interface == p.interface))",message="an interface can be one port only",fieldPath=".ports"
// +kubebuilder:validation:XValidation:rule="!has(self.bvi) || !has(self.ports) || self.ports.all(p, !(p.interface == self.bvi))",message="the BVI must not be among the ports",fieldPath=".bvi"
// +kubebuilder:validation:XValidation:rule="!has(self.unknownUnicastInterface) || (!has(self.bvi) || !(self.bvi == self.unknownUnicastInterface)) && (!has(self.ports) || self.ports.all(p, !(p.interface == self.unknownUnicastInterface)))",message="the interface for unknown unicast must be neither a port nor the BVI",fieldPath=".unknownUnicastInterface"
// +kubebuilder:validation:XValidation:rule="!has(self.fibEntries) || [has(self.ports) ? self.ports.map(p, p.interface) : []].all(ports, self.fibEntries.all(e, !has(e.interface) || e.interface in ports))",message="the interface of an entry must be one of the ports",fieldPath=".fibEntries"
type BridgeDomainSpec struct {
	ObjectSpec `json:",inline"`

	// id is the number of the bridge domain in VPP: 1..16777215. A bridge domain
	// of that number that somebody else made is a Conflict, unless adopt is true.
	// Changing it makes the bridge domain anew, with all that is in it. Default:
	// one from 8388608 on that is free, chosen by the agent and kept.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=16777215
	// +optional
	ID int32 `json:"id,omitempty"`

	// flood sends broadcast and multicast frames to all ports. Default: true.
	//
	// +kubebuilder:default=true
	// +optional
	Flood *bool `json:"flood,omitempty"`

	// unknownUnicastFlood sends frames to MAC addresses that were not learned to
	// all ports; otherwise they are dropped. Default: true.
	//
	// +kubebuilder:default=true
	// +optional
	UnknownUnicastFlood *bool `json:"unknownUnicastFlood,omitempty"`

	// unknownUnicastInterface is the one Interface, by name, that frames to MAC
	// addresses that were not learned go to instead of to all ports. It takes
	// part in nothing else. Default: none.
	//
	// +optional
	UnknownUnicastInterface ObjectName `json:"unknownUnicastInterface,omitempty"`

	// forward sends frames to MAC addresses that were learned to their port.
	// Default: true.
	//
	// +kubebuilder:default=true
	// +optional
	Forward *bool `json:"forward,omitempty"`

	// learn notes the source MAC addresses of frames. Default: true.
	//
	// +kubebuilder:default=true
	// +optional
	Learn *bool `json:"learn,omitempty"`

	// learnLimit is how many MAC addresses are learned at most: 1..4294967295. VPP
	// cannot show it. Default: that of VPP, 16777216.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=4294967295
	// +optional
	LearnLimit int64 `json:"learnLimit,omitempty"`

	// macAge is after how many minutes without a frame a learned MAC address is
	// forgotten: 0..255, 0 for never. Default: 0.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=255
	// +optional
	MACAge int32 `json:"macAge,omitempty"`

	// arpTermination answers ARP requests and IPv6 neighbour solicitations for
	// the addresses in arpEntries, so that they are not flooded. Default: false.
	//
	// +optional
	ARPTermination bool `json:"arpTermination,omitempty"`

	// arpEntries are what arpTermination answers from: at most 1000.
	//
	// +kubebuilder:validation:MaxItems=1000
	// +listType=atomic
	// +optional
	ARPEntries []BridgeARPEntry `json:"arpEntries,omitempty"`

	// bvi is the Interface, by name, that routes for the bridge domain (bridge
	// virtual interface), in most cases a loopback. Its addresses are those of
	// VPP itself in the bridge domain. Default: none.
	//
	// +optional
	BVI ObjectName `json:"bvi,omitempty"`

	// ports are the interfaces that are switched between: at most 256. They come
	// and go without touching each other. An interface that is a port elsewhere,
	// or is in a CrossConnect, is a Conflict.
	//
	// +kubebuilder:validation:MaxItems=256
	// +listType=atomic
	// +optional
	Ports []BridgePort `json:"ports,omitempty"`

	// fibEntries are MAC addresses that are not learned but written down: at most
	// 1000.
	//
	// +kubebuilder:validation:MaxItems=1000
	// +listType=atomic
	// +optional
	FIBEntries []BridgeFIBEntry `json:"fibEntries,omitempty"`

	// adopt takes over a bridge domain of this number that somebody else made.
	// What they put into it stays, and so does the bridge domain when this object
	// is deleted. Default: false, which makes it a Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// BridgePort is an interface that a bridge domain switches to and from.
type BridgePort struct {
	// interface is the Interface, by name.
	//
	// +required
	Interface ObjectName `json:"interface"`

	// splitHorizonGroup keeps frames from passing between ports of one group:
	// 1..255. Default: 0, which is none.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=255
	// +optional
	SplitHorizonGroup int32 `json:"splitHorizonGroup,omitempty"`

	// tagRewrite changes the VLAN tags of frames that come in, and changes them
	// back on those that go out. Default: tags stay as they are.
	//
	// +optional
	TagRewrite *TagRewrite `json:"tagRewrite,omitempty"`
}

// TagRewrite is a change of VLAN tags: first tags are taken off, then others
// are put on.
//
// +kubebuilder:validation:XValidation:rule="has(self.pop) && self.pop > 0 || has(self.push)",message="needs pop, push or both"
// +kubebuilder:validation:XValidation:rule="!has(self.dot1ad) || !self.dot1ad || has(self.push)",message="dot1ad is of the outermost tag of push: it goes with push",fieldPath=".dot1ad"
type TagRewrite struct {
	// pop is how many tags are taken off: 0..2, and not more than the
	// sub-interface is defined by. Default: 0.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2
	// +optional
	Pop int32 `json:"pop,omitempty"`

	// push are the VLAN IDs of the tags put on, the outermost first: 1 or 2, each
	// 1..4094.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	// +listType=atomic
	// +optional
	Push []VLANID `json:"push,omitempty"`

	// dot1ad makes the outermost tag put on an 802.1ad service tag (0x88a8) and
	// not an 802.1Q one. Default: false.
	//
	// +optional
	Dot1ad bool `json:"dot1ad,omitempty"`
}

// BridgeARPEntry says which MAC address has an IP address.
type BridgeARPEntry struct {
	// address is the IPv4 or IPv6 address. An address can have one entry.
	//
	// +required
	Address UnicastAddress `json:"address"`

	// macAddress is the Ethernet address that is answered with.
	//
	// +required
	MACAddress MACAddress `json:"macAddress"`
}

// BridgeFIBEntry says what becomes of frames to a MAC address.
//
// +kubebuilder:validation:XValidation:rule="has(self.interface) != (has(self.filter) && self.filter)",message="needs either interface or filter: true"
type BridgeFIBEntry struct {
	// macAddress is the Ethernet address. An address can have one entry.
	//
	// +required
	MACAddress MACAddress `json:"macAddress"`

	// interface is the port they go to.
	//
	// +optional
	Interface ObjectName `json:"interface,omitempty"`

	// filter drops them.
	//
	// +optional
	Filter bool `json:"filter,omitempty"`
}

// BridgeDomainStatus is what a bridge domain is.
type BridgeDomainStatus struct {
	ObjectStatus `json:",inline"`

	// id is its number in VPP; absent while there is none.
	//
	// +optional
	ID int32 `json:"id,omitempty"`

	// ports is how many ports are in it, the BVI and the one for unknown unicast
	// among them.
	//
	// +optional
	Ports int32 `json:"ports,omitempty"`

	// arpEntries is how many entries of arpEntries VPP holds.
	//
	// +optional
	ARPEntries int32 `json:"arpEntries,omitempty"`

	// fibEntries is how many entries of fibEntries VPP holds.
	//
	// +optional
	FIBEntries int32 `json:"fibEntries,omitempty"`

	// missingPorts are the first ten ports that are not in it, and why.
	//
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	MissingPorts []BridgePortStatus `json:"missingPorts,omitempty"`
}

// BridgePortStatus tells about a port that is not as it should be.
type BridgePortStatus struct {
	// interface is the interface's name.
	//
	// +required
	Interface string `json:"interface"`

	// reason is the condition reason that would fit the port alone.
	//
	// +required
	Reason string `json:"reason"`

	// message says what is waited for, was refused, or has the interface.
	//
	// +optional
	Message string `json:"message,omitempty"`
}
