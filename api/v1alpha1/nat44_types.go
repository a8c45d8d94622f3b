package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// NAT44 translates IPv4 addresses between inside and outside interfaces (VPP's
// nat44-ed plugin: endpoint-dependent, RFC 4787). A node has one: a second is a
// Conflict. Fixed translations are NAT44Mappings.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppnat44
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Pool,type=integer,JSONPath=.status.poolAddresses
// +kubebuilder:printcolumn:name=Users,type=integer,JSONPath=.status.users
// +kubebuilder:printcolumn:name=Sessions,type=integer,JSONPath=.status.sessions
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type NAT44 struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec NAT44Spec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status NAT44Status `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (n *NAT44) GetSpec() *ObjectSpec { return &n.Spec.ObjectSpec }

// GetStatus implements [Object].
func (n *NAT44) GetStatus() *ObjectStatus { return &n.Status.ObjectStatus }

// NAT44List is a list of NAT44s.
//
// +kubebuilder:object:root=true
type NAT44List struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []NAT44 `json:"items"`
}

// NAT44Spec is what a node's NAT44 should be. A change of one interface, pool,
// table or limit touches no other.
//
// +kubebuilder:validation:XValidation:rule="!has(self.outputInterfaces) || self.outputInterfaces.all(i, (!has(self.insideInterfaces) || !(i in self.insideInterfaces)) && (!has(self.outsideInterfaces) || !(i in self.outsideInterfaces)))",message="an interface that translates what leaves it is neither inside nor outside",fieldPath=".outputInterfaces"
type NAT44Spec struct {
	ObjectSpec `json:",inline"`

	// insideVRF is the VRF, by name, in which mappings are looked up for packets
	// from VRFs that have none of their own. Changing it needs allowDisruption.
	// Default: default.
	//
	// +kubebuilder:default=default
	// +optional
	InsideVRF ObjectName `json:"insideVRF,omitempty"`

	// outsideVRF is the VRF, by name, that packets go out in where no outside
	// interface's VRF has a route. Changing it needs allowDisruption. Default:
	// default.
	//
	// +kubebuilder:default=default
	// +optional
	OutsideVRF ObjectName `json:"outsideVRF,omitempty"`

	// sessions is how many sessions each thread of VPP can hold: 1..1000000. Their
	// memory, about 400 bytes each, is taken at once. Changing it needs
	// allowDisruption. Default: 64512.
	//
	// +kubebuilder:default=64512
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	Sessions int32 `json:"sessions,omitempty"`

	// allowDisruption lets the agent disable NAT44 and enable it again where
	// insideVRF, outsideVRF or sessions differ: VPP can change them in no other
	// way. That drops every session of the node; interfaces, pools and mappings
	// are put back. Default: false, which refuses such a change.
	//
	// +optional
	AllowDisruption bool `json:"allowDisruption,omitempty"`

	// sessionLimits are how many sessions a VRF's hosts may have, for one VRF
	// each, at most 64. VPP cannot show them. Default: sessions.
	//
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=vrf
	// +optional
	SessionLimits []NAT44SessionLimit `json:"sessionLimits,omitempty"`

	// forwarding lets packets through untranslated that belong to no session and no
	// mapping, instead of dropping them. Changed in place. Default: false.
	//
	// +optional
	Forwarding bool `json:"forwarding,omitempty"`

	// timeouts are after how long without packets sessions end.
	//
	// +optional
	Timeouts NATTimeouts `json:"timeouts,omitempty"`

	// mssClamp is the largest TCP MSS that is let through in translated SYNs:
	// 64..65535 bytes. Changed in place. Default: none.
	//
	// +kubebuilder:validation:Minimum=64
	// +kubebuilder:validation:Maximum=65535
	// +optional
	MSSClamp int32 `json:"mssClamp,omitempty"`

	// insideInterfaces are the Interfaces, by name, where the hosts are whose
	// addresses are translated, at most 128.
	//
	// +kubebuilder:validation:MaxItems=128
	// +listType=set
	// +optional
	InsideInterfaces []ObjectName `json:"insideInterfaces,omitempty"`

	// outsideInterfaces are the Interfaces, by name, to the rest of the world, at
	// most 128. One may be inside as well.
	//
	// +kubebuilder:validation:MaxItems=128
	// +listType=set
	// +optional
	OutsideInterfaces []ObjectName `json:"outsideInterfaces,omitempty"`

	// outputInterfaces are the Interfaces, by name, that translate whatever leaves
	// by them, from wherever it came, at most 128: VPP's output feature. None may
	// be inside or outside.
	//
	// +kubebuilder:validation:MaxItems=128
	// +listType=set
	// +optional
	OutputInterfaces []ObjectName `json:"outputInterfaces,omitempty"`

	// pools are the addresses that inside hosts get outside: at most 64 ranges or
	// interfaces, with 4096 addresses in all that are given here. Removing an
	// address ends its sessions, other than those of mappings.
	//
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Pools []NAT44Pool `json:"pools,omitempty"`

	// vrfTables say, for VRFs of inside interfaces, in which VRFs a new session's
	// destination is looked for: at most 64. Without one it is the VRFs of the
	// outside interfaces.
	//
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=vrf
	// +optional
	VRFTables []NAT44VRFTable `json:"vrfTables,omitempty"`

	// adopt takes over a NAT44 that another client of VPP has enabled. From then on
	// it is this object's, and disabled with it; the pools, interfaces and mappings
	// of the other client stay that client's, and keep it enabled. Default: false,
	// which makes it a Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// NAT44SessionLimit is how many sessions the hosts of a VRF may have.
type NAT44SessionLimit struct {
	// vrf is the VRF, by name.
	//
	// +required
	VRF ObjectName `json:"vrf"`

	// limit is how many sessions a thread of VPP may hold, of all VRFs, for one of
	// this VRF to be begun: 1..1000000. Changed in place.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +required
	Limit int32 `json:"limit"`
}

// NAT44Address is an IPv4 address of one host.
//
// +kubebuilder:validation:MaxLength=15
// +kubebuilder:validation:XValidation:rule="isIP(self) && ip(self).family() == 4 && ip(self).isGlobalUnicast()",message="must be an IPv4 unicast address"
type NAT44Address string

// NAT44Pool is a range of addresses, or the address of an interface.
//
// +kubebuilder:validation:ExactlyOneOf=first;interface
// +kubebuilder:validation:XValidation:rule="!has(self.interface) || !has(self.last) && !has(self.vrf)",message="last and vrf go with first"
// +kubebuilder:validation:XValidation:rule="!has(self.first) || !has(self.last) || ![self.first, self.last].all(a, isIP(a) && a.contains('.')) || [[self.first, self.last].map(a, a.findAll('[0-9]+').map(n, int(n))).map(o, ((o[0] * 256 + o[1]) * 256 + o[2]) * 256 + o[3])].all(v, v[0] <= v[1] && v[1] - v[0] < 4096)",message="must not be before first, nor 4096 or more behind it",fieldPath=".last"
type NAT44Pool struct {
	// first is the first address.
	//
	// +optional
	First NAT44Address `json:"first,omitempty"`

	// last is the last address, not before first. Default: first, the only one.
	//
	// +optional
	Last NAT44Address `json:"last,omitempty"`

	// vrf is the VRF, by name, whose hosts get these addresses. Default: those of
	// all VRFs that have none of their own.
	//
	// +optional
	VRF ObjectName `json:"vrf,omitempty"`

	// interface is the Interface, by name, whose first IPv4 address is taken,
	// whatever it is at the time.
	//
	// +optional
	Interface ObjectName `json:"interface,omitempty"`

	// twiceNAT puts the addresses into the other pool: that of the addresses that
	// outside hosts get inside, by mappings that say so. Default: false.
	//
	// +optional
	TwiceNAT bool `json:"twiceNAT,omitempty"`
}

// NAT44VRFTable says where destinations of a VRF's hosts are looked for.
type NAT44VRFTable struct {
	// vrf is the VRF, by name, that packets come from.
	//
	// +required
	VRF ObjectName `json:"vrf"`

	// routes are the VRFs, by name, in which their destination is looked for, one
	// after the other: at most 32. A VRF more at the end is added in place; any
	// other change makes the table anew, which no session notices.
	//
	// +kubebuilder:validation:MaxItems=32
	// +listType=set
	// +optional
	Routes []ObjectName `json:"routes,omitempty"`
}

// NAT44Status is what a node's NAT44 is. The numbers are VPP's, as of the last
// reading of all of VPP (see VPPNode's resyncPeriod).
type NAT44Status struct {
	ObjectStatus `json:",inline"`

	// poolAddresses is how many addresses are in the pool, by whatever object or
	// client.
	//
	// +optional
	PoolAddresses int32 `json:"poolAddresses,omitempty"`

	// twiceNATAddresses is how many addresses are in the pool for twice-NAT.
	//
	// +optional
	TwiceNATAddresses int32 `json:"twiceNATAddresses,omitempty"`

	// users is how many inside addresses have sessions; one that has some on
	// several threads of VPP counts on each.
	//
	// +optional
	Users int32 `json:"users,omitempty"`

	// sessions is how many sessions there are.
	//
	// +optional
	Sessions int32 `json:"sessions,omitempty"`

	// staticSessions is how many of sessions are by mappings.
	//
	// +optional
	StaticSessions int32 `json:"staticSessions,omitempty"`
}
