package vpptest

import (
	"slices"
	"strings"
)

// aclKind is the access lists of the acl plugin, and which of them interfaces
// have.
func aclKind() kind {
	return kind{
		types: `
enum ip_proto u8 IP_API_PROTO_HOPOPT=0 IP_API_PROTO_ICMP=1 IP_API_PROTO_IGMP=2 IP_API_PROTO_TCP=6 IP_API_PROTO_UDP=17 IP_API_PROTO_GRE=47 IP_API_PROTO_ESP=50 IP_API_PROTO_AH=51 IP_API_PROTO_ICMP6=58 IP_API_PROTO_EIGRP=88 IP_API_PROTO_OSPF=89 IP_API_PROTO_SCTP=132 IP_API_PROTO_RESERVED=255
enum acl_action u8 ACL_ACTION_API_DENY=0 ACL_ACTION_API_PERMIT=1 ACL_ACTION_API_PERMIT_REFLECT=2
struct acl_rule acl_action is_permit; prefix src_prefix; prefix dst_prefix; ip_proto proto; u16 srcport_or_icmptype_first; u16 srcport_or_icmptype_last; u16 dstport_or_icmpcode_first; u16 dstport_or_icmpcode_last; u8 tcp_flags_mask; u8 tcp_flags_value
`,
		modules: []moduleRows{{name: "acl", version: 0x5133bba0, semver: "2.0.1", rows: join(
			replyWithIndexRows("acl_add_replace", 0xee5c2f18, "u32 acl_index; string tag[64]; u32 count; acl_rule r[count]"),
			callRows("acl_del", 0xef34fea4, "u32 acl_index"),
			callRows("acl_interface_add_del", 0x4b54bebd, "bool is_add default=true; bool is_input; interface_index sw_if_index; u32 acl_index"),
			callRows("acl_interface_set_acl_list", 0x473982bd, "interface_index sw_if_index; u8 count; u8 n_input; u32 acls[count]"),
			dumpRows("acl_dump", 0xef34fea4, "u32 acl_index", "acl_details", 0x95babae0,
				"u32 acl_index; string tag[64]; u32 count; acl_rule r[count]"),
			dumpRows("acl_interface_list_dump", 0xf9e6675e, "interface_index sw_if_index default=4294967295",
				"acl_interface_list_details", 0xe695d256, "interface_index sw_if_index; u8 count; u8 n_input; u32 acls[count]"),
			callRows("acl_interface_set_etype_whitelist", 0x3f5c2d2d,
				"interface_index sw_if_index; u8 count; u8 n_input; u16 whitelist[count]"),
			dumpRows("acl_interface_etype_whitelist_dump", 0xf9e6675e, "interface_index sw_if_index",
				"acl_interface_etype_whitelist_details", 0xcc2bfded, "interface_index sw_if_index; u8 count; u8 n_input; u16 whitelist[count]"),
		)}},
		serve: serveACL,
	}
}

// replyWithIndexRows is a request of the acl plugin whose reply has the
// acl_index before the retval.
func replyWithIndexRows(name string, crc uint32, fields string) []row {
	return []row{
		{name: name, crc: crc, fields: requestFields + fields, service: &service{reply: name + "_reply"}},
		{name: name + "_reply", crc: 0xac407b0c, fields: "u32 context; u32 acl_index; i32 retval"},
	}
}

const (
	retACLInUseInbound  int32 = -142
	retACLInUseOutbound int32 = -143
	retACLInUseByLookup int32 = -149
	retInvalidSrc       int32 = -57
)

// acl is a list, and who looks packets up in it.
type acl struct {
	tag   string
	rules []wireACLRule
	// on are the interfaces that have it, by way: output, input.
	on [2][]*swInterface
	// lookups counts those that use it elsewhere.
	lookups int
}

// acls are all lists, and which of them interfaces have.
type acls struct {
	pool pool[acl]
	// of are an interface's lists by way: output, input.
	of   map[*swInterface]*[2][]uint32
	arcs *featureArcs
	// etypes are by the index of the interface, beyond its end.
	etypes map[uint32]aclEtypes
}

func newACLs(s *state) *acls {
	t := &acls{of: map[*swInterface]*[2][]uint32{}, arcs: features(s), etypes: map[uint32]aclEtypes{}}
	s.interfaceGone = append(s.interfaceGone, func(i *swInterface) {
		for way := range 2 {
			t.set(i, way, nil)
		}
		delete(t.of, i)
	})
	return t
}

const (
	wayOutput = 0
	wayInput  = 1
)

type (
	wireACLRule struct {
		IsPermit                                      uint8
		SrcPrefix, DstPrefix                          wirePrefix
		Proto                                         uint8
		SrcportOrIcmptypeFirst, SrcportOrIcmptypeLast uint16
		DstportOrIcmpcodeFirst, DstportOrIcmpcodeLast uint16
		TCPFlagsMask                                  uint8 `vpp:"tcp_flags_mask"`
		TCPFlagsValue                                 uint8 `vpp:"tcp_flags_value"`
	}
	aclAddReplace struct {
		ACLIndex uint32 `vpp:"acl_index"`
		Tag      string
		R        []wireACLRule
	}
	aclIndexReply struct {
		ACLIndex uint32 `vpp:"acl_index"`
		Retval   int32
	}
	aclIndex struct {
		ACLIndex uint32 `vpp:"acl_index"`
	}
	aclInterfaceAddDel struct {
		IsAdd, IsInput bool
		SwIfIndex      uint32
		ACLIndex       uint32 `vpp:"acl_index"`
	}
	aclEtypes struct {
		SwIfIndex uint32
		NInput    uint8
		Whitelist []uint16
	}
	aclInterfaceList struct {
		SwIfIndex uint32
		NInput    uint8
		ACLs      []uint32 `vpp:"acls"`
	}
)

// isNetwork tells a prefix that VPP takes in a rule: without host bits.
func (w wirePrefix) isNetwork() bool {
	p := w.prefix()
	return w.Address.Af <= 1 && p.length <= p.bits() && p == p.masked()
}

// check answers as acl_add_replace does before it does anything.
func (r *wireACLRule) check() int32 {
	switch {
	case !r.SrcPrefix.isNetwork():
		return retInvalidSrc
	case !r.DstPrefix.isNetwork():
		return retInvalidDstAddress
	case r.SrcPrefix.Address.Af != r.DstPrefix.Address.Af:
		return retInvalidSrc
	case r.SrcportOrIcmptypeFirst > r.SrcportOrIcmptypeLast, r.DstportOrIcmpcodeFirst > r.DstportOrIcmpcodeLast:
		return retInvalidValue2
	}
	return retOK
}

func (t *acls) addReplace(m *aclAddReplace) (index uint32, retval int32) {
	for i := range m.R {
		if retval := m.R[i].check(); retval != retOK {
			return m.ACLIndex, retval
		}
	}
	rules := slices.Clone(m.R)
	for i := range rules {
		rules[i].SrcPrefix, rules[i].DstPrefix = rules[i].SrcPrefix.prefix().wire(), rules[i].DstPrefix.prefix().wire()
	}
	tag := strings.Clone(m.Tag)
	if m.ACLIndex == none {
		return t.pool.put(&acl{tag: tag, rules: rules}), retOK
	}
	a := t.pool.get(m.ACLIndex)
	if a == nil {
		return m.ACLIndex, retNoSuchEntry
	}
	a.tag, a.rules = tag, rules
	return m.ACLIndex, retOK
}

func (t *acls) remove(m *aclIndex) int32 {
	a := t.pool.get(m.ACLIndex)
	switch {
	case a == nil:
		return retNoSuchEntry
	case len(a.on[wayInput]) > 0:
		return retACLInUseInbound
	case len(a.on[wayOutput]) > 0:
		return retACLInUseOutbound
	case a.lookups > 0:
		return retACLInUseByLookup
	}
	t.pool.remove(m.ACLIndex)
	return retOK
}

// lists are those of an interface by way.
func (t *acls) lists(i *swInterface) *[2][]uint32 {
	l := t.of[i]
	if l == nil {
		l = &[2][]uint32{}
		t.of[i] = l
	}
	return l
}

// set gives an interface other lists.
func (t *acls) set(i *swInterface, way int, indices []uint32) int32 {
	for n, index := range indices {
		if t.pool.get(index) == nil {
			return retNoSuchEntry
		}
		if slices.Contains(indices[:n], index) {
			return retEntryAlreadyExists
		}
	}
	l := t.lists(i)
	if (len(l[way]) == 0) != (len(indices) == 0) {
		t.look(i, way, len(indices) > 0)
	}
	for _, index := range l[way] {
		a := t.pool.get(index)
		a.on[way] = slices.DeleteFunc(a.on[way], func(o *swInterface) bool { return o == i })
	}
	l[way] = slices.Clone(indices)
	for _, index := range indices {
		a := t.pool.get(index)
		a.on[way] = append(a.on[way], i)
	}
	return retOK
}

// look has frames looked up in the lists of an interface, or no more. VPP does it
// with the first list and with the last.
func (t *acls) look(i *swInterface, way int, on bool) {
	at := [2]feature{{arc: arcFrameOutput, node: "OUTPUT_FEAT_ARC"}, {arc: arcFrameInput, node: "INPUT_FEAT_ARC"}}[way]
	t.arcs.set(i.index, at.arc, at.node, on)
}

// setEtypes turns off and on whatever lists there are.
func (t *acls) setEtypes(i *swInterface, m *aclEtypes) int32 {
	t.etypes[i.index] = aclEtypes{i.index, min(m.NInput, uint8(len(m.Whitelist))), slices.Clone(m.Whitelist)}
	for way, l := range t.lists(i) {
		if len(l) > 0 {
			t.look(i, way, true)
		}
	}
	return retOK
}

// setBoth answers as acl_interface_set_acl_list does: a list that stands there
// twice is refused with 1, and where that is among those of input, those of
// output are set already.
func (t *acls) setBoth(i *swInterface, m *aclInterfaceList) int32 {
	for _, index := range m.ACLs {
		if t.pool.get(index) == nil {
			return retNoSuchEntry
		}
	}
	n := min(int(m.NInput), len(m.ACLs))
	if t.set(i, wayOutput, m.ACLs[n:]) != retOK || t.set(i, wayInput, m.ACLs[:n]) != retOK {
		return 1
	}
	return retOK
}

func (t *acls) addDel(i *swInterface, m *aclInterfaceAddDel) int32 {
	way, inUse := wayOutput, retACLInUseOutbound
	if m.IsInput {
		way, inUse = wayInput, retACLInUseInbound
	}
	have := t.lists(i)[way]
	at := slices.Index(have, m.ACLIndex)
	switch {
	case m.IsAdd && at >= 0:
		return inUse
	case m.IsAdd:
		return t.set(i, way, append(slices.Clone(have), m.ACLIndex))
	case at < 0:
		return retNoSuchEntry
	}
	rest := slices.Clone(have) // the last takes its place
	rest[at] = rest[len(rest)-1]
	return t.set(i, way, rest[:len(rest)-1])
}

func serveACL(r *registry) {
	t := part(r.state, newACLs)
	interfaces := r.state.interfaces
	reply := sends[aclIndexReply](r, "acl_add_replace_reply")
	on(r, "acl_add_replace", func(c *call, m *aclAddReplace) {
		index, retval := t.addReplace(m)
		reply.send(c, &aclIndexReply{index, retval})
	})
	onRetval(r, "acl_del", func(_ *call, m *aclIndex) int32 { return t.remove(m) })
	onInterface(r, "acl_interface_add_del", func(m *aclInterfaceAddDel) uint32 { return m.SwIfIndex }, t.addDel)
	onInterface(r, "acl_interface_set_acl_list", func(m *aclInterfaceList) uint32 { return m.SwIfIndex }, t.setBoth)
	onInterface(r, "acl_interface_set_etype_whitelist", func(m *aclEtypes) uint32 { return m.SwIfIndex }, t.setEtypes)
	etypes := sends[aclEtypes](r, "acl_interface_etype_whitelist_details")
	on(r, "acl_interface_etype_whitelist_dump", func(c *call, m *swIfIndex) {
		for _, i := range interfaces.pool.all() {
			if e := t.etypes[i.index]; len(e.Whitelist) > 0 && (m.SwIfIndex == none || m.SwIfIndex == i.index) {
				etypes.send(c, &e)
			}
		}
	})
	details := sends[aclAddReplace](r, "acl_details")
	on(r, "acl_dump", func(c *call, m *aclIndex) {
		for i, a := range t.pool.all() {
			if m.ACLIndex == none || m.ACLIndex == i {
				details.send(c, &aclAddReplace{i, a.tag, a.rules})
			}
		}
	})
	list := sends[aclInterfaceList](r, "acl_interface_list_details")
	on(r, "acl_interface_list_dump", func(c *call, m *swIfIndex) {
		for _, i := range interfaces.pool.all() {
			if m.SwIfIndex == none || m.SwIfIndex == i.index {
				l := t.lists(i)
				list.send(c, &aclInterfaceList{i.index, uint8(len(l[wayInput])), slices.Concat(l[wayInput], l[wayOutput])})
			}
		}
	})
}
