package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// NAT44Mapping is a set of fixed translations of a node's NAT44, all for inside
// hosts of one VRF. Many may stand side by side. Two that want the same address
// and port, outside or inside, are a Conflict, and the older has it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppnat44map
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=VRF,type=string,JSONPath=.spec.vrf
// +kubebuilder:printcolumn:name=Mappings,type=integer,JSONPath=.status.mappings
// +kubebuilder:printcolumn:name=Programmed,type=integer,JSONPath=.status.programmed
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type NAT44Mapping struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec NAT44MappingSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status NAT44MappingStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (n *NAT44Mapping) GetSpec() *ObjectSpec { return &n.Spec.ObjectSpec }

// GetStatus implements [Object].
func (n *NAT44Mapping) GetStatus() *ObjectStatus { return &n.Status.ObjectStatus }

// NAT44MappingList is a list of NAT44Mappings.
//
// +kubebuilder:object:root=true
type NAT44MappingList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []NAT44Mapping `json:"items"`
}

// NAT44MappingSpec is 1..1000 mappings. A change of one touches no other and ends
// no session of another.
//
// +kubebuilder:validation:XValidation:rule="[(has(self.staticMappings) ? self.staticMappings.size() : 0) + (has(self.loadBalancedMappings) ? self.loadBalancedMappings.size() : 0) + (has(self.identityMappings) ? self.identityMappings.size() : 0)].all(n, n > 0 && n <= 1000)",message="there must be 1..1000 mappings in all"
// +kubebuilder:validation:XValidation:rule="!has(self.loadBalancedMappings) || self.vrf == 'default' || self.loadBalancedMappings.all(m, has(m.out2inOnly) && m.out2inOnly)",message="load-balanced mappings in a VRF other than default must be out2inOnly: VPP would note them in VRF default",fieldPath=".loadBalancedMappings"
type NAT44MappingSpec struct {
	ObjectSpec `json:",inline"`

	// vrf is the VRF, by name, in which the inside hosts are. Changing it makes the
	// mappings anew. Default: default.
	//
	// +kubebuilder:default=default
	// +optional
	VRF ObjectName `json:"vrf,omitempty"`

	// staticMappings each give one inside host, or one port of it, a fixed outside
	// address: at most 1000.
	//
	// +kubebuilder:validation:MaxItems=1000
	// +listType=atomic
	// +optional
	StaticMappings []NAT44StaticMapping `json:"staticMappings,omitempty"`

	// loadBalancedMappings each spread an outside port over several inside hosts:
	// at most 20.
	//
	// +kubebuilder:validation:MaxItems=20
	// +listType=atomic
	// +optional
	LoadBalancedMappings []NAT44LoadBalancedMapping `json:"loadBalancedMappings,omitempty"`

	// identityMappings are addresses, or ports of them, that are not translated: at
	// most 1000.
	//
	// +kubebuilder:validation:MaxItems=1000
	// +listType=atomic
	// +optional
	IdentityMappings []NAT44IdentityMapping `json:"identityMappings,omitempty"`

	// adopt takes over mappings of the same outside address and port that another
	// client of VPP made; one that differs is made anew. Default: false, which makes
	// them a Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// NAT44StaticMapping gives an inside host a fixed outside address, for all of its
// traffic or, with ports, for one port. A change makes the mapping anew, which
// ends its sessions.
//
// +kubebuilder:validation:ExactlyOneOf=externalAddress;externalInterface
// +kubebuilder:validation:XValidation:rule="has(self.localPort) == has(self.externalPort) && has(self.localPort) == has(self.protocol)",message="localPort, externalPort and protocol go together"
// +kubebuilder:validation:XValidation:rule="!(has(self.twiceNAT) && self.twiceNAT) || !(has(self.selfTwiceNAT) && self.selfTwiceNAT)",message="twiceNAT includes selfTwiceNAT",fieldPath=".selfTwiceNAT"
// +kubebuilder:validation:XValidation:rule="!(has(self.twiceNAT) && self.twiceNAT || has(self.selfTwiceNAT) && self.selfTwiceNAT) || has(self.localPort)",message="twice-NAT needs ports"
// +kubebuilder:validation:XValidation:rule="!has(self.poolAddress) || has(self.twiceNAT) && self.twiceNAT || has(self.selfTwiceNAT) && self.selfTwiceNAT",message="is chosen from the pool for twice-NAT: it goes with twiceNAT or selfTwiceNAT",fieldPath=".poolAddress"
type NAT44StaticMapping struct {
	// localAddress is the inside host.
	//
	// +required
	LocalAddress NAT44Address `json:"localAddress"`

	// localPort is the host's port, for ICMP the identifier: 1..65535. Without
	// ports all of the host's traffic is mapped.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +optional
	LocalPort int32 `json:"localPort,omitempty"`

	// externalAddress is the outside address. It need not be in a pool.
	//
	// +optional
	ExternalAddress NAT44Address `json:"externalAddress,omitempty"`

	// externalInterface is the Interface, by name, whose first IPv4 address is the
	// outside address, whatever it is at the time.
	//
	// +optional
	ExternalInterface ObjectName `json:"externalInterface,omitempty"`

	// externalPort is the outside port, for ICMP the identifier: 1..65535.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +optional
	ExternalPort int32 `json:"externalPort,omitempty"`

	// protocol is that of the ports: TCP, UDP or ICMP.
	//
	// +optional
	Protocol NATProtocol `json:"protocol,omitempty"`

	// twiceNAT translates the outside host's address too, to one of the pool for
	// twice-NAT. Default: false.
	//
	// +optional
	TwiceNAT bool `json:"twiceNAT,omitempty"`

	// selfTwiceNAT is twiceNAT only where the inside host reaches itself by the
	// outside address. Default: false.
	//
	// +optional
	SelfTwiceNAT bool `json:"selfTwiceNAT,omitempty"`

	// out2inOnly applies the mapping only to sessions that begin outside. Several
	// such may have one inside host and port. Default: false.
	//
	// +optional
	Out2InOnly bool `json:"out2inOnly,omitempty"`

	// poolAddress is the address of the pool for twice-NAT that outside hosts get.
	// VPP cannot show it. Default: any.
	//
	// +optional
	PoolAddress NAT44Address `json:"poolAddress,omitempty"`
}

// NAT44LoadBalancedMapping spreads an outside port over several inside hosts.
// Backends come and go in place, and only their own sessions end; all other
// changes make the mapping anew, which ends its sessions.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.twiceNAT) && self.twiceNAT) || !(has(self.selfTwiceNAT) && self.selfTwiceNAT)",message="twiceNAT includes selfTwiceNAT",fieldPath=".selfTwiceNAT"
// +kubebuilder:validation:XValidation:rule="self.protocol != 'ICMP'",message="must be TCP or UDP",fieldPath=".protocol"
type NAT44LoadBalancedMapping struct {
	// externalAddress is the outside address. Unless the mapping is out2inOnly, it
	// must be in the pool.
	//
	// +required
	ExternalAddress NAT44Address `json:"externalAddress"`

	// externalPort is the outside port: 1..65535.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +required
	ExternalPort int32 `json:"externalPort"`

	// protocol is TCP or UDP.
	//
	// +required
	Protocol NATProtocol `json:"protocol"`

	// backends are the inside hosts: 2..16.
	//
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:XValidation:rule="self.map(b, b.probability).sum() <= 255",message="the probabilities must not add up to more than 255"
	// +listType=atomic
	// +required
	Backends []NAT44Backend `json:"backends"`

	// affinity is for how many seconds after its last session an outside host keeps
	// its backend: 0..604800. VPP cannot show it. Default: 0, not at all.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=604800
	// +optional
	Affinity int32 `json:"affinity,omitempty"`

	// twiceNAT translates the outside host's address too, to one of the pool for
	// twice-NAT. Default: false.
	//
	// +optional
	TwiceNAT bool `json:"twiceNAT,omitempty"`

	// selfTwiceNAT is twiceNAT only where an inside host reaches itself by the
	// outside address. Default: false.
	//
	// +optional
	SelfTwiceNAT bool `json:"selfTwiceNAT,omitempty"`

	// out2inOnly applies the mapping only to sessions that begin outside. Default:
	// false.
	//
	// +optional
	Out2InOnly bool `json:"out2inOnly,omitempty"`
}

// NAT44Backend is an inside host behind a load-balanced mapping.
type NAT44Backend struct {
	// address is the host.
	//
	// +required
	Address NAT44Address `json:"address"`

	// port is the host's port: 1..65535.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +required
	Port int32 `json:"port"`

	// probability is the host's share of new sessions, relative to the others:
	// 1..255. VPP adds them up in one byte.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=255
	// +required
	Probability int32 `json:"probability"`
}

// NAT44IdentityMapping is an address, or a port of it, that is not translated. A
// change makes it anew.
//
// +kubebuilder:validation:ExactlyOneOf=address;interface
// +kubebuilder:validation:XValidation:rule="has(self.port) == has(self.protocol)",message="port and protocol go together"
type NAT44IdentityMapping struct {
	// address is the address, which is that of an inside host or of VPP.
	//
	// +optional
	Address NAT44Address `json:"address,omitempty"`

	// interface is the Interface, by name, whose first IPv4 address it is, whatever
	// that is at the time.
	//
	// +optional
	Interface ObjectName `json:"interface,omitempty"`

	// port is the port, for ICMP the identifier: 1..65535. Without one all of the
	// address's traffic is meant.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +optional
	Port int32 `json:"port,omitempty"`

	// protocol is that of the port: TCP, UDP or ICMP.
	//
	// +optional
	Protocol NATProtocol `json:"protocol,omitempty"`
}

// NAT44MappingStatus is how far the mappings are programmed.
type NAT44MappingStatus struct {
	ObjectStatus `json:",inline"`

	// mappings is the number of mappings in the spec last handled.
	//
	// +optional
	Mappings int32 `json:"mappings,omitempty"`

	// programmed is the number of mappings that VPP holds as the spec says.
	//
	// +optional
	Programmed int32 `json:"programmed,omitempty"`

	// pending is the number of mappings that wait for something or are under way.
	//
	// +optional
	Pending int32 `json:"pending,omitempty"`

	// failed is the number of mappings that VPP refused or something else has.
	//
	// +optional
	Failed int32 `json:"failed,omitempty"`

	// unready are the first ten that are pending or failed, and why.
	//
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	Unready []NAT44MappingItemStatus `json:"unready,omitempty"`
}

// NAT44MappingItemStatus tells about a mapping that is not programmed.
type NAT44MappingItemStatus struct {
	// mapping is the outside address and port, or the interface that it is of.
	//
	// +required
	Mapping string `json:"mapping"`

	// reason is the condition reason that would fit the mapping alone.
	//
	// +required
	Reason string `json:"reason"`

	// message says what is waited for, was refused, or has the address.
	//
	// +optional
	Message string `json:"message,omitempty"`
}
