package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// NAT64 lets hosts that have IPv6 only reach hosts that have IPv4 only (RFC
// 6146): stateful translation between inside interfaces, which are IPv6, and
// outside ones, which are IPv4. A node has one.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppnat64
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Prefix,type=string,JSONPath=.spec.prefixes[0].prefix
// +kubebuilder:printcolumn:name=Pool,type=integer,JSONPath=.status.poolAddresses
// +kubebuilder:printcolumn:name=Inside,type=integer,JSONPath=.status.insideInterfaces
// +kubebuilder:printcolumn:name=Outside,type=integer,JSONPath=.status.outsideInterfaces
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type NAT64 struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec NAT64Spec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status NAT64Status `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (n *NAT64) GetSpec() *ObjectSpec { return &n.Spec.ObjectSpec }

// GetStatus implements [Object].
func (n *NAT64) GetStatus() *ObjectStatus { return &n.Status.ObjectStatus }

// NAT64List is a list of NAT64s.
//
// +kubebuilder:object:root=true
type NAT64List struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []NAT64 `json:"items"`
}

// NAT64Spec is what a node's NAT64 should be. VPP keeps 10240 bindings and 20480
// sessions at most. A change of one interface, prefix, pool or binding touches
// no other.
type NAT64Spec struct {
	ObjectSpec `json:",inline"`

	// insideInterfaces are the Interfaces, by name, where the hosts with IPv6 are,
	// at most 256.
	//
	// +kubebuilder:validation:MaxItems=256
	// +listType=set
	// +optional
	InsideInterfaces []ObjectName `json:"insideInterfaces,omitempty"`

	// outsideInterfaces are the Interfaces, by name, where the hosts with IPv4 are,
	// at most 256; all in one VRF. One may be inside as well.
	//
	// +kubebuilder:validation:MaxItems=256
	// +listType=set
	// +optional
	OutsideInterfaces []ObjectName `json:"outsideInterfaces,omitempty"`

	// prefixes are the IPv6 prefixes that stand for all IPv4 addresses (RFC 6052):
	// one for a VRF of inside interfaces, at most 64. That of VRF default is also
	// for the VRFs that have none. Without one it is 64:ff9b::/96.
	//
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=vrf
	// +optional
	Prefixes []NAT64Prefix `json:"prefixes,omitempty"`

	// pools are the IPv4 addresses that inside hosts get outside: at most 64 ranges
	// that do not overlap, with 1024 addresses in all. An address takes about 800
	// kB of VPP's memory. Removing one ends its sessions.
	//
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Pools []NAT64Pool `json:"pools,omitempty"`

	// staticBindings give inside hosts a fixed address and port outside, at which
	// they can be reached: at most 1000.
	//
	// +kubebuilder:validation:MaxItems=1000
	// +listType=atomic
	// +optional
	StaticBindings []NAT64Binding `json:"staticBindings,omitempty"`

	// timeouts are after how long without packets sessions end.
	//
	// +optional
	Timeouts NATTimeouts `json:"timeouts,omitempty"`
}

// NAT64Prefix is the prefix that stands for all IPv4 addresses in a VRF.
type NAT64Prefix struct {
	// vrf is the VRF, by name, of the inside interfaces that the prefix is for.
	//
	// +required
	VRF ObjectName `json:"vrf"`

	// prefix is an IPv6 prefix of length 32, 40, 48, 56, 64 or 96. It is changed in
	// place.
	//
	// +kubebuilder:validation:XValidation:rule="!isCIDR(self) || cidr(self).ip().family() == 6 && cidr(self).prefixLength() in [32, 40, 48, 56, 64, 96]",message="must be an IPv6 prefix of length 32, 40, 48, 56, 64 or 96"
	// +required
	Prefix Prefix `json:"prefix"`
}

// NAT64Pool is a range of addresses.
//
// +kubebuilder:validation:XValidation:rule="!isIP(self.first) || ip(self.first).family() == 4",message="must be an IPv4 address",fieldPath=".first"
// +kubebuilder:validation:XValidation:rule="!has(self.last) || !isIP(self.last) || ip(self.last).family() == 4",message="must be an IPv4 address",fieldPath=".last"
type NAT64Pool struct {
	// first is the first IPv4 address.
	//
	// +required
	First UnicastAddress `json:"first"`

	// last is the last IPv4 address, not before first. Default: first, the only
	// one.
	//
	// +optional
	Last UnicastAddress `json:"last,omitempty"`

	// vrf is the VRF, by name, of the inside interfaces whose hosts get these
	// addresses. Default: those of all VRFs.
	//
	// +optional
	VRF ObjectName `json:"vrf,omitempty"`
}

// NAT64Binding is an entry of the binding information base (BIB): an inside
// host's address and port, and those it has outside. Changing it makes it anew,
// which ends its sessions.
//
// +kubebuilder:validation:XValidation:rule="!isIP(self.insideAddress) || ip(self.insideAddress).family() == 6",message="must be an IPv6 address",fieldPath=".insideAddress"
// +kubebuilder:validation:XValidation:rule="!isIP(self.outsideAddress) || ip(self.outsideAddress).family() == 4",message="must be an IPv4 address",fieldPath=".outsideAddress"
type NAT64Binding struct {
	// protocol is TCP, UDP or ICMP.
	//
	// +required
	Protocol NATProtocol `json:"protocol"`

	// insideAddress is the host's IPv6 address.
	//
	// +required
	InsideAddress UnicastAddress `json:"insideAddress"`

	// insidePort is the host's port, for ICMP the identifier: 1..65535.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +required
	InsidePort int32 `json:"insidePort"`

	// outsideAddress is the IPv4 address outside, one of pools.
	//
	// +required
	OutsideAddress UnicastAddress `json:"outsideAddress"`

	// outsidePort is the port outside, for ICMP the identifier: 1..65534; at
	// 65535 VPP has no place to note that it is taken. No two bindings of one
	// protocol have the same outside address and port.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65534
	// +required
	OutsidePort int32 `json:"outsidePort"`

	// vrf is the VRF, by name, in which the host is. Default: default.
	//
	// +optional
	VRF ObjectName `json:"vrf,omitempty"`
}

// NAT64Status is what a node's NAT64 is.
type NAT64Status struct {
	ObjectStatus `json:",inline"`

	// poolAddresses is how many addresses VPP has in its pool by this object.
	//
	// +optional
	PoolAddresses int32 `json:"poolAddresses,omitempty"`

	// insideInterfaces is how many interfaces are inside.
	//
	// +optional
	InsideInterfaces int32 `json:"insideInterfaces,omitempty"`

	// outsideInterfaces is how many interfaces are outside.
	//
	// +optional
	OutsideInterfaces int32 `json:"outsideInterfaces,omitempty"`

	// staticBindings is how many static bindings there are.
	//
	// +optional
	StaticBindings int32 `json:"staticBindings,omitempty"`
}
