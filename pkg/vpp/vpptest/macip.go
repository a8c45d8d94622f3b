package vpptest

import (
	"slices"
	"strings"
)

// macACLKind is the MAC access lists of the acl plugin, and which of them
// interfaces have.
func macACLKind() kind {
	return kind{
		types: "struct macip_acl_rule acl_action is_permit; mac_address src_mac; mac_address src_mac_mask; prefix src_prefix\n",
		modules: []moduleRows{{name: "acl", version: 0x5133bba0, semver: "2.0.1", rows: join(
			replyWithIndexRows("macip_acl_add_replace", 0x2a461dd4,
				"u32 acl_index default=4294967295; string tag[64]; u32 count; macip_acl_rule r[count]"),
			callRows("macip_acl_del", 0xef34fea4, "u32 acl_index"),
			callRows("macip_acl_interface_add_del", 0x4b8690b1, "bool is_add default=true; interface_index sw_if_index; u32 acl_index"),
			dumpRows("macip_acl_dump", 0xef34fea4, "u32 acl_index default=4294967295", "macip_acl_details", 0x27135b59,
				"u32 acl_index; string tag[64]; u32 count; macip_acl_rule r[count]"),
			dumpRows("macip_acl_interface_list_dump", 0xf9e6675e, "interface_index sw_if_index",
				"macip_acl_interface_list_details", 0xa0c5d56d, "interface_index sw_if_index; u8 count; u32 acls[count]"),
		)}},
		serve: serveMACACL,
	}
}

type (
	wireMACACLRule struct {
		IsPermit           uint8
		SrcMAC, SrcMACMask mac
		SrcPrefix          wirePrefix
	}
	macACLAddReplace struct {
		ACLIndex uint32 `vpp:"acl_index"`
		Tag      string
		R        []wireMACACLRule
	}
	macACLInterfaceAddDel struct {
		IsAdd     bool
		SwIfIndex uint32
		ACLIndex  uint32 `vpp:"acl_index"`
	}
	macACLInterfaceList struct {
		SwIfIndex uint32
		ACLs      []uint32 `vpp:"acls"`
	}
)

// macACLs are all lists, and which of them each interface has.
type macACLs struct {
	pool pool[macACLAddReplace]
	on   map[*swInterface]uint32
	arcs *featureArcs
	// known is one more than the largest sw_if_index that ever had a list: asked
	// for one below that VPP tells, even where there is no interface, that it has
	// none.
	known uint32
}

// addReplace takes whatever it is given, and keeps it as it is.
func (t *macACLs) addReplace(m *macACLAddReplace) (index uint32, retval int32) {
	list := &macACLAddReplace{m.ACLIndex, strings.Clone(m.Tag), slices.Clone(m.R)}
	if m.ACLIndex == none {
		list.ACLIndex = t.pool.peek()
		return t.pool.put(list), retOK
	}
	old := t.pool.get(m.ACLIndex)
	if old == nil {
		return m.ACLIndex, retNoSuchEntry
	}
	*old = *list
	for i, acl := range t.on {
		if acl == m.ACLIndex {
			t.arcs.set(i.index, arcFrameInput, "ACL", true) // it is taken off and put on
		}
	}
	return m.ACLIndex, retOK
}

// remove takes a list off the interfaces that have it.
func (t *macACLs) remove(index uint32) int32 {
	if t.pool.get(index) == nil {
		return retNoSuchEntry
	}
	for i, acl := range t.on {
		if acl == index {
			t.takeOff(i)
		}
	}
	t.pool.remove(index)
	return retOK
}

func (t *macACLs) takeOff(i *swInterface) {
	delete(t.on, i)
	t.arcs.set(i.index, arcFrameInput, "ACL", false)
}

// addDel puts a list in the place of the one that an interface has, and takes
// off whichever that is.
func (t *macACLs) addDel(i *swInterface, m *macACLInterfaceAddDel) int32 {
	_, has := t.on[i]
	switch {
	case !m.IsAdd && !has, m.IsAdd && t.pool.get(m.ACLIndex) == nil:
		return retNoSuchEntry
	case !m.IsAdd:
		t.takeOff(i)
		return retOK
	}
	t.on[i] = m.ACLIndex
	t.arcs.set(i.index, arcFrameInput, "ACL", true)
	t.known = max(t.known, i.index+1)
	return retOK
}

func serveMACACL(r *registry) {
	t := &macACLs{on: map[*swInterface]uint32{}, arcs: features(r.state)}
	interfaces := r.state.interfaces
	r.state.interfaceGone = append(r.state.interfaceGone, func(i *swInterface) {
		if _, has := t.on[i]; has {
			t.takeOff(i)
		}
	})
	reply := sends[aclIndexReply](r, "macip_acl_add_replace_reply")
	on(r, "macip_acl_add_replace", func(c *call, m *macACLAddReplace) {
		index, retval := t.addReplace(m)
		reply.send(c, &aclIndexReply{index, retval})
	})
	onRetval(r, "macip_acl_del", func(_ *call, m *aclIndex) int32 { return t.remove(m.ACLIndex) })
	onInterface(r, "macip_acl_interface_add_del", func(m *macACLInterfaceAddDel) uint32 { return m.SwIfIndex }, t.addDel)
	details := sends[macACLAddReplace](r, "macip_acl_details")
	on(r, "macip_acl_dump", func(c *call, m *aclIndex) {
		for i, list := range t.pool.all() {
			if m.ACLIndex == none || m.ACLIndex == i {
				details.send(c, list)
			}
		}
	})
	list := sends[macACLInterfaceList](r, "macip_acl_interface_list_details")
	on(r, "macip_acl_interface_list_dump", func(c *call, m *swIfIndex) {
		for _, i := range interfaces.pool.all() {
			if acl, has := t.on[i]; has && (m.SwIfIndex == none || m.SwIfIndex == i.index) {
				list.send(c, &macACLInterfaceList{i.index, []uint32{acl}})
			}
		}
		i := interfaces.pool.get(m.SwIfIndex)
		if _, has := t.on[i]; !has && m.SwIfIndex < t.known {
			list.send(c, &macACLInterfaceList{m.SwIfIndex, []uint32{none}})
		}
	})
}
