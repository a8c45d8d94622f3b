package vpptest

import "fmt"

// interfaceSubKind is sub-interfaces: VLANs on an interface.
func interfaceSubKind() kind {
	return kind{
		modules: []moduleRows{{name: "interface", rows: join(
			replyingRows("create_subif", 0x790ca755, "interface_index sw_if_index; u32 sub_id; sub_if_flags sub_if_flags; u16 outer_vlan_id; u16 inner_vlan_id",
				crcSwIfIndex, swIfIndexField),
			replyingRows("create_vlan_subif", 0xaf34ac8b, "interface_index sw_if_index; u32 vlan_id", crcSwIfIndex, swIfIndexField),
			callRows("delete_subif", 0xf9e6675e, swIfIndexField),
		)}},
		serve: serveInterfaceSub,
	}
}

const (
	swIfIndexField = "interface_index sw_if_index"
	// crcSwIfIndex is the CRC of every reply that is a retval and an interface.
	crcSwIfIndex = 0x5383d31f
)

// Flags of sub-interfaces.
const (
	subNoTags     = 1 << 0
	subOneTag     = 1 << 1
	subTwoTags    = 1 << 2
	subDot1ad     = 1 << 3
	subExactMatch = 1 << 4
	subDefault    = 1 << 5
	subOuterAny   = 1 << 6
	subInnerAny   = 1 << 7
	// subShown are the flags that come back.
	subShown = 0xfe
	// maxVLAN is the highest that create_vlan_subif takes; create_subif takes
	// any.
	maxVLAN = 4095
	// ifTypeSub is the type that sw_interface_details shows.
	ifTypeSub = 1
)

// subInterface is what a sub-interface has beyond an interface.
type subInterface struct {
	id           uint32
	flags        uint32
	outer, inner uint16
}

// subMatch is the packets that a sub-interface takes; each has one owner on a
// link.
type subMatch struct {
	hw           *swInterface
	kind         uint32 // the tag flags that count
	outer, inner uint16
}

// match tells which packets are meant; ok is false for those that VPP cannot
// tell apart.
func (s *subInterface) match(hw *swInterface) (m subMatch, ok bool) {
	m = subMatch{hw: hw}
	switch {
	case s.flags&subDefault != 0:
		m.kind = subDefault
		return m, true
	case s.flags == 0 || s.flags&subNoTags != 0:
		m.kind = subNoTags // of the link itself
		return m, true
	}
	m.kind, m.outer = s.flags&subDot1ad, s.outer
	if s.flags&subOneTag != 0 {
		m.kind |= subOneTag
		return m, s.flags&subOuterAny == 0
	}
	m.kind |= subTwoTags | s.flags&subInnerAny
	if s.flags&subInnerAny == 0 {
		m.inner = s.inner
	}
	return m, s.flags&subInnerAny == 0 || s.flags&subOuterAny == 0
}

// fullName is an interface's name as VPP shows it: that of a sub-interface is
// made of its link's.
func (i *swInterface) fullName() string {
	if i.parent == nil {
		return i.name
	}
	return fmt.Sprintf("%s.%d", i.hw.name, i.sub.id)
}

// describeSub adds to an interface's details what a sub-interface has.
func (i *swInterface) describeSub(d *swInterfaceDetails) {
	if i.parent == nil {
		return
	}
	d.Type, d.SupSwIfIndex, d.L2Address = ifTypeSub, i.parent.index, mac{}
	d.SubID, d.SubOuterVlanID, d.SubInnerVlanID = i.sub.id, i.sub.outer, i.sub.inner
	d.SubIfFlags = i.sub.flags & subShown
	if i.sub.flags&subOneTag != 0 {
		d.SubNumberOfTags++
	}
	if i.sub.flags&subTwoTags != 0 {
		d.SubNumberOfTags += 2
	}
}

// createSub makes a sub-interface. The link of one on a sub-interface is
// local0, by an oversight of VPP's, which dies when the true link goes.
func (t *interfaceTable) createSub(parent *swInterface, s subInterface) (sw uint32, retval int32) {
	hw := parent.hw
	if parent.parent != nil {
		parent.hw.doomed = true
		hw = t.pool.get(0)
	}
	for _, o := range t.pool.all() {
		if o.parent == parent && o.sub.id == s.id {
			return none, retVLANAlreadyExists
		}
	}
	match, known := s.match(hw)
	if hw.ethernet && (!known || t.matches[match]) {
		// It existed for a moment: the index that would have been its own is
		// in the reply, and taking it back takes the packets from whoever had
		// them.
		delete(t.matches, match)
		return t.pool.peek(), retUnspecified
	}
	t.matches[match] = hw.ethernet
	return t.add(&swInterface{parent: parent, hw: hw, sub: s}), retOK
}

type (
	createSubif struct {
		SwIfIndex, SubID, SubIfFlags uint32
		OuterVlanID, InnerVlanID     uint16
	}
	createVlanSubif struct{ SwIfIndex, VlanID uint32 }
)

func serveInterfaceSub(r *registry) {
	t := r.state.interfaces
	created := sends[swIfIndexReply](r, "create_subif_reply")
	on(r, "create_subif", func(c *call, m *createSubif) {
		reply := swIfIndexReply{retInvalidSwIfIndex, none}
		if parent := t.pool.get(m.SwIfIndex); parent != nil {
			reply.SwIfIndex, reply.Retval = t.createSub(parent, subInterface{m.SubID, m.SubIfFlags, m.OuterVlanID, m.InnerVlanID})
		}
		created.send(c, &reply)
	})
	createdVLAN := sends[swIfIndexReply](r, "create_vlan_subif_reply")
	on(r, "create_vlan_subif", func(c *call, m *createVlanSubif) {
		reply := swIfIndexReply{retInvalidSwIfIndex, none}
		switch parent := t.pool.get(m.SwIfIndex); {
		case parent == nil:
		case m.VlanID == 0 || m.VlanID > maxVLAN:
			reply.Retval = retInvalidVLAN
		default:
			s := subInterface{m.VlanID, subOneTag | subExactMatch, uint16(m.VlanID), 0}
			if reply.SwIfIndex, reply.Retval = t.createSub(parent.hw, s); reply.Retval == retUnspecified {
				reply.Retval = retInvalidRegistration
			}
		}
		createdVLAN.send(c, &reply)
	})
	onInterface(r, "delete_subif", func(m *swIfIndex) uint32 { return m.SwIfIndex },
		func(i *swInterface, _ *swIfIndex) int32 {
			if i.parent == nil {
				return retInvalidSubSwIfIndex
			}
			t.delete(i)
			return retOK
		})
}
