package v1alpha1

// LoopbackInterface is an interface without a link.
//
// +structType=atomic
type LoopbackInterface struct {
	// instance is the number N in its VPP name loopN: 0..16383. Changing it
	// makes the interface anew. Default: chosen by the agent, and kept.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=16383
	// +optional
	Instance *int32 `json:"instance,omitempty"`
}

// HostInterfaceName is the name of a Linux interface.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=15
// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`
type HostInterfaceName string

// TapInterface is one end of a pair whose other end is an interface of the
// Linux host. Changing any of it makes both anew.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.tun) && self.tun) || !(has(self.host.macAddress) || has(self.host.bridge))",message="a tun has no Ethernet: host.macAddress and host.bridge do not go with it",fieldPath=".tun"
type TapInterface struct {
	// id is the number N in its VPP name tapN: 0..8191. Default: chosen by the
	// agent, and kept.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=8191
	// +optional
	ID *int32 `json:"id,omitempty"`

	// tun makes it carry IP packets without Ethernet around them. Default: false.
	//
	// +optional
	Tun bool `json:"tun,omitempty"`

	// host is the other end, on the Linux host.
	//
	// +required
	Host TapHost `json:"host"`

	// rxQueues is the number of receive queues: 1..64. Default: 1.
	//
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	// +optional
	RxQueues int32 `json:"rxQueues,omitempty"`

	// txQueues is the number of transmit queues: 1..64. VPP makes one for each of
	// its threads at least. Default: 1.
	//
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	// +optional
	TxQueues int32 `json:"txQueues,omitempty"`

	// rxRingSize is the number of packets a receive queue holds: a power of two,
	// 64..32768. Default: 256.
	//
	// +kubebuilder:default=256
	// +optional
	RxRingSize VirtioRingSize `json:"rxRingSize,omitempty"`

	// txRingSize is the number of packets a transmit queue holds: a power of two,
	// 64..32768. Default: 256.
	//
	// +kubebuilder:default=256
	// +optional
	TxRingSize VirtioRingSize `json:"txRingSize,omitempty"`

	// gso lets packets larger than the MTU through, to be cut into segments where
	// they leave; it includes checksumOffload. Default: false.
	//
	// +optional
	GSO bool `json:"gso,omitempty"`

	// checksumOffload leaves the checksums of TCP and UDP to whoever sends the
	// packet on. Default: false.
	//
	// +optional
	ChecksumOffload bool `json:"checksumOffload,omitempty"`
}

// VirtioRingSize is the number of packets in a virtio ring.
//
// +kubebuilder:validation:Enum=64;128;256;512;1024;2048;4096;8192;16384;32768
type VirtioRingSize int32

// TapHost is the Linux end of a tap.
//
// +kubebuilder:validation:XValidation:rule="!has(self.gateways) || self.gateways.all(g, !isIP(g) || has(self.addresses) && self.addresses.exists(a, isCIDR(a) && cidr(a).ip().family() == ip(g).family() && (cidr(a).containsIP(ip(g)) || ip(g).family() == 6 && ip(g).isLinkLocalUnicast())))",message="a gateway must be in the network of one of addresses",fieldPath=".gateways"
type TapHost struct {
	// name is its name in Linux, at most 15 characters.
	//
	// +required
	Name HostInterfaceName `json:"name"`

	// namespace is the network namespace it is put into, by its name under
	// /var/run/netns. Default: that of VPP.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`
	// +optional
	Namespace string `json:"namespace,omitempty"`

	// macAddress is its Ethernet address. Default: a locally administered one
	// derived from node and name.
	//
	// +optional
	MACAddress MACAddress `json:"macAddress,omitempty"`

	// addresses are its IP addresses, each with the length of its subnet's prefix:
	// at most one IPv4 and one IPv6.
	//
	// +kubebuilder:validation:MaxItems=2
	// +kubebuilder:validation:XValidation:rule="self.size() < 2 || !isCIDR(self[0]) || !isCIDR(self[1]) || cidr(self[0]).ip().family() != cidr(self[1]).ip().family()",message="at most one address of each family"
	// +listType=set
	// +optional
	Addresses []AddressWithLength `json:"addresses,omitempty"`

	// gateways are its default routers: at most one IPv4 and one IPv6, each in the
	// network of one of addresses.
	//
	// +kubebuilder:validation:MaxItems=2
	// +kubebuilder:validation:XValidation:rule="self.size() < 2 || !isIP(self[0]) || !isIP(self[1]) || ip(self[0]).family() != ip(self[1]).family()",message="at most one gateway of each family"
	// +listType=set
	// +optional
	Gateways []UnicastAddress `json:"gateways,omitempty"`

	// mtu is its MTU in bytes: 68..65535. Default: that of Linux, 1500.
	//
	// +kubebuilder:validation:Minimum=68
	// +kubebuilder:validation:Maximum=65535
	// +optional
	MTU int32 `json:"mtu,omitempty"`

	// bridge is the Linux bridge it becomes a port of, by name.
	//
	// +optional
	Bridge HostInterfaceName `json:"bridge,omitempty"`
}

// MemifInterface is a shared-memory link. Socket and id say which link it is;
// both ends name the same, one as Master, one as Slave. Changing any of it
// makes the interface anew.
//
// +kubebuilder:validation:XValidation:rule="self.role == 'Slave' || !(has(self.rxQueues) || has(self.txQueues) || has(self.ringSize) || has(self.bufferSize))",message="the slave decides on queues, ring and buffer size: leave them out on the master",fieldPath=".role"
type MemifInterface struct {
	// role is this end's: the Master listens on the socket, the Slave connects and
	// brings the memory. All interfaces on a socket have the same.
	//
	// +required
	Role MemifRole `json:"role"`

	// socket is where the two ends meet: the absolute path of a Unix socket, or
	// "abstract:" and the name of an abstract one; at most 107 bytes. Any number of
	// interfaces share a socket.
	//
	// +kubebuilder:validation:MaxLength=107
	// +kubebuilder:validation:Pattern=`^(/|abstract:)[!-~]+$`
	// +required
	Socket string `json:"socket"`

	// id tells the links of a socket apart: 0..4294967295. Default: 0.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=4294967295
	// +optional
	ID int64 `json:"id,omitempty"`

	// mode is what the link carries: Ethernet frames or IP packets. Default: Ethernet.
	//
	// +kubebuilder:default=Ethernet
	// +optional
	Mode LinkMode `json:"mode,omitempty"`

	// secretRef is the key of a Secret, in the namespace that the agent is told,
	// whose value (at most 23 bytes) both ends must know. VPP cannot show it.
	//
	// +optional
	SecretRef *SecretKeyReference `json:"secretRef,omitempty"`

	// rxQueues is the number of receive queues: 1..255, on the Slave only. VPP
	// cannot show it. Default: 1.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=255
	// +optional
	RxQueues int32 `json:"rxQueues,omitempty"`

	// txQueues is the number of transmit queues: 1..255, on the Slave only. VPP
	// cannot show it. Default: 1.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=255
	// +optional
	TxQueues int32 `json:"txQueues,omitempty"`

	// ringSize is the number of packets a queue holds: a power of two, 64..16384, on
	// the Slave only. Default: 1024.
	//
	// +kubebuilder:validation:Enum=64;128;256;512;1024;2048;4096;8192;16384
	// +optional
	RingSize int32 `json:"ringSize,omitempty"`

	// bufferSize is the size of a buffer in bytes: 64..65535, on the Slave only. A
	// larger packet takes several. Default: 2048.
	//
	// +kubebuilder:validation:Minimum=64
	// +kubebuilder:validation:Maximum=65535
	// +optional
	BufferSize int32 `json:"bufferSize,omitempty"`
}

// MemifRole is an end of a memif.
//
// +kubebuilder:validation:Enum=Master;Slave
type MemifRole string

// Ends of a memif.
const (
	MemifRoleMaster MemifRole = "Master"
	MemifRoleSlave  MemifRole = "Slave"
)

// LinkMode is what a link carries.
//
// +kubebuilder:validation:Enum=Ethernet;IP
type LinkMode string

// What a link carries.
const (
	LinkModeEthernet LinkMode = "Ethernet"
	LinkModeIP       LinkMode = "IP"
)

// SecretKeyReference names a value in a Secret. The namespace is the one the
// agent is told by its flag; no object can name another.
type SecretKeyReference struct {
	// name is the name of the Secret.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	// +required
	Name string `json:"name"`

	// key is the key in the Secret's data.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	// +required
	Key string `json:"key"`
}

// HostInterface is an interface of the Linux host, used through AF_PACKET. Its
// Linux side stays as it is, but is set up. Changing any of it makes the VPP
// side anew; of all this VPP can show the name only.
//
// +kubebuilder:validation:XValidation:rule="(has(self.rxFrameSize) ? self.rxFrameSize : 2048) * (has(self.rxFramesPerBlock) ? self.rxFramesPerBlock : 32) % 4096 == 0",message="rxFrameSize (default 2048) times rxFramesPerBlock (default 32) must be a multiple of 4096",fieldPath=".rxFrameSize"
// +kubebuilder:validation:XValidation:rule="(has(self.txFrameSize) ? self.txFrameSize : 67584) * (has(self.txFramesPerBlock) ? self.txFramesPerBlock : 1024) % 4096 == 0",message="txFrameSize (default 67584) times txFramesPerBlock (default 1024) must be a multiple of 4096",fieldPath=".txFrameSize"
type HostInterface struct {
	// name is the Linux interface, at most 15 characters, in VPP's network namespace.
	//
	// +required
	Name HostInterfaceName `json:"name"`

	// mode is what is exchanged with Linux: Ethernet frames or IP packets. Default:
	// Ethernet.
	//
	// +kubebuilder:default=Ethernet
	// +optional
	Mode LinkMode `json:"mode,omitempty"`

	// rxQueues is the number of receive queues: 1..16. Default: 1.
	//
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=16
	// +optional
	RxQueues int32 `json:"rxQueues,omitempty"`

	// txQueues is the number of transmit queues: 1..16. Default: 1.
	//
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=16
	// +optional
	TxQueues int32 `json:"txQueues,omitempty"`

	// rxFrameSize is the size of a receive buffer in bytes: a multiple of 128,
	// 256..131072. Default: 2048.
	//
	// +kubebuilder:validation:Minimum=256
	// +kubebuilder:validation:Maximum=131072
	// +kubebuilder:validation:MultipleOf=128
	// +optional
	RxFrameSize int32 `json:"rxFrameSize,omitempty"`

	// txFrameSize is the size of a transmit buffer in bytes: a multiple of 128,
	// 256..131072. Default: 67584, which holds any GSO packet.
	//
	// +kubebuilder:validation:Minimum=256
	// +kubebuilder:validation:Maximum=131072
	// +kubebuilder:validation:MultipleOf=128
	// +optional
	TxFrameSize int32 `json:"txFrameSize,omitempty"`

	// rxFramesPerBlock is the number of receive buffers Linux hands over at once:
	// 1..1024. Default: 32.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1024
	// +optional
	RxFramesPerBlock int32 `json:"rxFramesPerBlock,omitempty"`

	// txFramesPerBlock is the number of transmit buffers: 1..1024. Default: 1024.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1024
	// +optional
	TxFramesPerBlock int32 `json:"txFramesPerBlock,omitempty"`
}

// PhysicalInterface names a device that VPP owns from its startup
// configuration. Changing it puts the old device back as it was found.
//
// +structType=atomic
// +kubebuilder:validation:ExactlyOneOf=name;macAddress
type PhysicalInterface struct {
	// name is the device's name in VPP, such as GigabitEthernet0/8/0; at most 63
	// bytes.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[!-~]+$`
	// +optional
	Name string `json:"name,omitempty"`

	// macAddress is the Ethernet address the device had when VPP started.
	//
	// +optional
	MACAddress MACAddress `json:"macAddress,omitempty"`
}

// VhostUserInterface is the host's side of a virtual machine's virtio network
// device.
type VhostUserInterface struct {
	// socket is the absolute path of the Unix socket shared with the hypervisor, at
	// most 107 bytes.
	//
	// +kubebuilder:validation:MaxLength=107
	// +kubebuilder:validation:Pattern=`^/[!-~]+$`
	// +required
	Socket string `json:"socket"`

	// mode says whether VPP is the Server on the socket or a Client of the
	// hypervisor. Default: Client.
	//
	// +kubebuilder:default=Client
	// +optional
	Mode VhostUserMode `json:"mode,omitempty"`

	// gso offers the guest segmentation offload. VPP cannot show it before the guest
	// is there. Changing it makes the interface anew. Default: false.
	//
	// +optional
	GSO bool `json:"gso,omitempty"`

	// packedRing offers the guest packed rings. VPP cannot show it before the guest
	// is there. Changing it makes the interface anew. Default: false.
	//
	// +optional
	PackedRing bool `json:"packedRing,omitempty"`

	// eventIndex offers the guest event indices, which save interrupts. VPP cannot
	// show it before the guest is there. Changing it makes the interface anew.
	// Default: false.
	//
	// +optional
	EventIndex bool `json:"eventIndex,omitempty"`
}

// VhostUserMode is an end of a vhost-user socket.
//
// +kubebuilder:validation:Enum=Client;Server
type VhostUserMode string

// Ends of a vhost-user socket.
const (
	VhostUserModeClient VhostUserMode = "Client"
	VhostUserModeServer VhostUserMode = "Server"
)
