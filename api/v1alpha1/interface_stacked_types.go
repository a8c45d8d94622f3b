package v1alpha1

// VLANID is the number of a VLAN.
//
// +kubebuilder:validation:Minimum=1
// +kubebuilder:validation:Maximum=4094
type VLANID int32

// SubInterface is a VLAN of another interface. It comes up only while its
// parent is up. Changing any of it makes the interface anew.
type SubInterface struct {
	// parent is the Interface it is a VLAN of, by name.
	//
	// +required
	Parent ObjectName `json:"parent"`

	// vlanID is the VLAN in the (outer) tag: 1..4094.
	//
	// +required
	VLANID VLANID `json:"vlanID"`

	// innerVLANID is the VLAN in the inner tag of doubly tagged frames (QinQ):
	// 1..4094. Default: frames have one tag.
	//
	// +optional
	InnerVLANID VLANID `json:"innerVLANID,omitempty"`

	// dot1ad makes the (outer) tag an 802.1ad service tag (0x88a8) instead of an
	// 802.1Q tag (0x8100). Default: false.
	//
	// +optional
	Dot1ad bool `json:"dot1ad,omitempty"`

	// exactMatch takes only frames that have these tags and no more; IP needs it.
	// Default: true.
	//
	// +kubebuilder:default=true
	// +optional
	ExactMatch *bool `json:"exactMatch,omitempty"`
}

// BondInterface is several interfaces used as one.
//
// +kubebuilder:validation:XValidation:rule="!has(self.loadBalance) || self.mode == 'XOR' || self.mode == 'LACP'",message="goes with mode XOR or LACP only",fieldPath=".loadBalance"
// +kubebuilder:validation:XValidation:rule="self.mode == 'ActiveBackup' || !has(self.members) || self.members.all(m, !has(m.weight))",message="weight goes with mode ActiveBackup only",fieldPath=".members"
// +kubebuilder:validation:XValidation:rule="self.mode == 'LACP' || !has(self.members) || self.members.all(m, !has(m.lacpMode) && !has(m.lacpTimeout))",message="lacpMode and lacpTimeout go with mode LACP only",fieldPath=".members"
type BondInterface struct {
	// id is the number N in its VPP name BondEthernetN: 0..4294967294. Changing it
	// makes the interface anew. Default: chosen by the agent, and kept.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=4294967294
	// +optional
	ID *int64 `json:"id,omitempty"`

	// mode is how the members are used: RoundRobin, ActiveBackup, XOR, Broadcast or
	// LACP (802.1AX). Changing it makes the interface anew.
	//
	// +required
	Mode BondMode `json:"mode"`

	// loadBalance is what of a packet chooses the member, in modes XOR and LACP: L2
	// (MAC addresses), L23 (MAC and IP addresses) or L34 (IP addresses and ports).
	// Changing it makes the interface anew. Default: L2.
	//
	// +optional
	LoadBalance BondLoadBalance `json:"loadBalance,omitempty"`

	// members are the interfaces used: at most 32, Ethernet only. They take the
	// bond's MAC address.
	//
	// +kubebuilder:validation:MaxItems=32
	// +listType=map
	// +listMapKey=interface
	// +optional
	Members []BondMember `json:"members,omitempty"`
}

// BondMode is how the members of a bond are used.
//
// +kubebuilder:validation:Enum=RoundRobin;ActiveBackup;XOR;Broadcast;LACP
type BondMode string

// Modes of a bond.
const (
	BondModeRoundRobin   BondMode = "RoundRobin"
	BondModeActiveBackup BondMode = "ActiveBackup"
	BondModeXOR          BondMode = "XOR"
	BondModeBroadcast    BondMode = "Broadcast"
	BondModeLACP         BondMode = "LACP"
)

// BondLoadBalance is what of a packet chooses the member of a bond.
//
// +kubebuilder:validation:Enum=L2;L23;L34
type BondLoadBalance string

// What of a packet chooses the member of a bond.
const (
	BondLoadBalanceL2  BondLoadBalance = "L2"
	BondLoadBalanceL23 BondLoadBalance = "L23"
	BondLoadBalanceL34 BondLoadBalance = "L34"
)

// BondMember is an interface used by a bond.
type BondMember struct {
	// interface is the Interface, by name.
	//
	// +required
	Interface ObjectName `json:"interface"`

	// weight ranks the member in mode ActiveBackup: 1..4294967295, the largest that
	// has a link is used. Default: 0, below all others.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=4294967295
	// +optional
	Weight int64 `json:"weight,omitempty"`

	// lacpMode says whether this side begins to speak LACP (Active) or waits for the
	// other (Passive). Changing it takes the member out and back in. Default: Active.
	//
	// +optional
	LACPMode LACPMode `json:"lacpMode,omitempty"`

	// lacpTimeout is how soon a silent partner is given up: Short (3 s) or Long
	// (90 s). Changing it takes the member out and back in. Default: Short.
	//
	// +optional
	LACPTimeout LACPTimeout `json:"lacpTimeout,omitempty"`
}

// LACPMode says who begins to speak LACP.
//
// +kubebuilder:validation:Enum=Active;Passive
type LACPMode string

// Modes of LACP.
const (
	LACPModeActive  LACPMode = "Active"
	LACPModePassive LACPMode = "Passive"
)

// LACPTimeout is how soon a silent partner is given up.
//
// +kubebuilder:validation:Enum=Short;Long
type LACPTimeout string

// Timeouts of LACP.
const (
	LACPTimeoutShort LACPTimeout = "Short"
	LACPTimeoutLong  LACPTimeout = "Long"
)
