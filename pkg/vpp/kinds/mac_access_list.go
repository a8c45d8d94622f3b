package kinds

import (
	"math/bits"
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindMACAccessList is the kind of MAC access lists.
const KindMACAccessList = "MACAccessList"

// MACAccessListID is a MAC access list itself: it is there and has its rules.
// Its handle is VPP's acl_index, of a numbering of its own.
func MACAccessListID(name string) state.ID { return state.ID{Kind: KindMACAccessList, Key: name} }

// MACAccessList is the value of a MAC access list. In VPP the order of its rules
// means nothing: see [MACRulePrecedence].
type MACAccessList = RuleList[MACAccessRule]

// MACAccessRule is one rule of a MAC access list, as vl_api_macip_acl_rule_t has
// it: AccessDeny or AccessPermit for packets whose source address is in Source
// and whose source MAC address, masked, is MAC.
type MACAccessRule struct {
	Action AccessAction `vpp:"is_permit"`
	// MAC has no bits outside MACMask; any is zero in both.
	MAC     MAC `vpp:"src_mac"`
	MACMask MAC `vpp:"src_mac_mask"`
	// Source is without host bits; its family is that of the rule.
	Source netip.Prefix `vpp:"src_prefix"`
}

var macAccessLists = &ruleList[MACAccessRule]{
	kind:    KindMACAccessList,
	replace: vpp.NewMethod[aclAddReplace[MACAccessRule], aclAddReplaceReply]("macip_acl_add_replace"),
	del:     vpp.NewMethod[aclIndex, retval]("macip_acl_del"),
	dump:    vpp.NewMethod[aclIndex, aclDetails[MACAccessRule]]("macip_acl_dump"),
}

// NewMACAccessList is the kind of MAC access lists. They are ours by their tags.
func NewMACAccessList() state.Kind { return macAccessLists }

// MACRuleMask is what VPP has hash tables for: rules that look at the same bits
// are in the same ones.
type MACRuleMask struct {
	MAC    MAC
	Length uint8
	IPv6   bool
}

// Mask is what a rule looks at.
func (r *MACAccessRule) Mask() MACRuleMask {
	return MACRuleMask{r.MACMask, uint8(r.Source.Bits()), r.Source.Addr().Is6()}
}

// Overlaps tells whether some packet matches both rules.
func (r *MACAccessRule) Overlaps(o *MACAccessRule) bool {
	for i := range r.MAC {
		if (r.MAC[i]^o.MAC[i])&r.MACMask[i]&o.MACMask[i] != 0 {
			return false
		}
	}
	return r.Source.Overlaps(o.Source)
}

// MACRulePrecedence tells how early VPP looks a packet up in the tables of each
// mask: the highest first, equal ones in an order that nobody knows. The first
// rule found decides, wherever it stands in the list.
func MACRulePrecedence(rules []MACAccessRule) map[MACRuleMask]int {
	counts := map[MACRuleMask]int{}
	for i := range rules {
		counts[rules[i].Mask()]++
	}
	precedence := make(map[MACRuleMask]int, len(counts))
	for mask, n := range counts {
		p := int(mask.Length) + 10*n
		for _, b := range mask.MAC {
			p += bits.OnesCount8(b)
		}
		if mask.IPv6 {
			p++
		}
		precedence[mask] = p
	}
	return precedence
}
