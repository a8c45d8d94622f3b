package kinds

import (
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindAccessList is the kind of access lists.
const KindAccessList = "AccessList"

// AccessListID is an access list itself: it is there and has its rules. Its
// handle is VPP's acl_index.
func AccessListID(name string) state.ID { return state.ID{Kind: KindAccessList, Key: name} }

// AccessList is the value of an access list.
type AccessList = RuleList[AccessRule]

// AccessAction is what becomes of a packet, with the numbers of
// vl_api_acl_action_t.
type AccessAction uint8

// What becomes of packets.
const (
	AccessDeny AccessAction = iota
	AccessPermit
	AccessPermitReflect
)

// AccessRule is one rule of an access list, as vl_api_acl_rule_t has it.
type AccessRule struct {
	Action AccessAction `vpp:"is_permit"`
	// Source and Destination are of one family and without host bits; any is a
	// length of 0.
	Source      netip.Prefix `vpp:"src_prefix"`
	Destination netip.Prefix `vpp:"dst_prefix"`
	// Protocol is the number of what IP carries, 0 for any.
	Protocol uint8 `vpp:"proto"`
	// These are ports, or for ICMP the type and the code; any is 0..65535.
	SourceFirst      uint16 `vpp:"srcport_or_icmptype_first"`
	SourceLast       uint16 `vpp:"srcport_or_icmptype_last"`
	DestinationFirst uint16 `vpp:"dstport_or_icmpcode_first"`
	DestinationLast  uint16 `vpp:"dstport_or_icmpcode_last"`
	// A TCP segment's flags, masked, must equal the value.
	TCPFlagsMask, TCPFlagsValue uint8
}

// pluginACL brings access lists.
const pluginACL = "acl"

var accessLists = &ruleList[AccessRule]{
	kind:    KindAccessList,
	replace: vpp.NewMethod[aclAddReplace[AccessRule], aclAddReplaceReply]("acl_add_replace"),
	del:     vpp.NewMethod[aclIndex, retval]("acl_del"),
	dump:    vpp.NewMethod[aclIndex, aclDetails[AccessRule]]("acl_dump"),
}

// NewAccessList is the kind of access lists. They are ours by their tags.
func NewAccessList() state.Kind { return accessLists }
