package vpptest

import "slices"

// bondMemberKind is the interfaces that bonds are made of.
func bondMemberKind() kind {
	return kind{
		modules: []moduleRows{{name: "bond", rows: join(
			callRows("bond_add_member", 0xe7d14948, "interface_index sw_if_index; interface_index bond_sw_if_index; bool is_passive; bool is_long_timeout"),
			callRows("bond_detach_member", 0xf9e6675e, swIfIndexField),
			dumpRows("sw_member_interface_dump", 0xf9e6675e, swIfIndexField, "sw_member_interface_details", 0x3c4a0e23,
				"interface_index sw_if_index; string interface_name[64]; bool is_passive; bool is_long_timeout; bool is_local_numa; u32 weight"),
			callRows("sw_interface_set_bond_weight", 0xdeb510a0, "interface_index sw_if_index; u32 weight"),
		)}},
		serve: serveBondMember,
	}
}

// bondMember is an interface in a bond. It has the bond's MAC address and gets
// its own back when it leaves.
type bondMember struct {
	sw                     *swInterface
	bond                   *bond
	mac                    mac
	isPassive, longTimeout bool
	localNuma              bool
	weight                 uint32
}

type (
	bondAddMember struct {
		SwIfIndex, BondSwIfIndex uint32
		IsPassive, IsLongTimeout bool
	}
	bondMemberDetails struct {
		SwIfIndex                             uint32
		InterfaceName                         string
		IsPassive, IsLongTimeout, IsLocalNuma bool
		Weight                                uint32
	}
	bondWeight struct{ SwIfIndex, Weight uint32 }
)

// add answers as bond_add_member does. The first member's MAC address becomes
// the bond's, unless that has one of its own.
func (b *bonds) add(i *swInterface, m *bondAddMember) int32 {
	_, to := b.find(b.state.interfaces.pool.get(m.BondSwIfIndex))
	_, itself := b.find(i.hw)
	switch {
	case to == nil:
		return retInvalidInterface
	case b.members[i] != nil:
		return retValueExist
	case itself != nil, to.gso: // no device of the simulated VPP can do GSO
		return retInvalidInterface
	case !i.hw.ethernet:
		b.state.fib.lethal = "an interface that is no Ethernet was added to a bond"
		return retOK
	}
	one := &bondMember{sw: i, bond: to, mac: i.hw.mac, isPassive: m.IsPassive, longTimeout: m.IsLongTimeout}
	to.members = append(to.members, one)
	b.members[i] = one
	if len(to.members) == 1 && !to.customMAC {
		to.sw.mac = i.hw.mac
	}
	i.hw.mac = to.sw.mac
	one.activate()
	b.update(to)
	return retOK
}

// activate notes on which NUMA node a member is, which VPP does when it first
// carries packets.
func (m *bondMember) activate() {
	m.localNuma = m.localNuma || m.sw.admin && m.bond.mode != bondLACP
}

// detach takes a member out; the last takes its place.
func (b *bonds) detach(m *bondMember) {
	o := m.bond
	at := slices.Index(o.members, m)
	last := len(o.members) - 1
	o.members[at] = o.members[last]
	o.members = o.members[:last]
	delete(b.members, m.sw)
	m.sw.hw.mac = m.mac
	b.update(o)
}

func serveBondMember(r *registry) {
	b := part(r.state, newBonds)
	onInterface(r, "bond_add_member", func(m *bondAddMember) uint32 { return m.SwIfIndex }, b.add)
	onInterface(r, "bond_detach_member", func(m *swIfIndex) uint32 { return m.SwIfIndex },
		func(i *swInterface, _ *swIfIndex) int32 {
			m := b.members[i]
			if m == nil {
				return retInvalidInterface
			}
			b.detach(m)
			return retOK
		})
	onInterface(r, "sw_interface_set_bond_weight", func(m *bondWeight) uint32 { return m.SwIfIndex },
		func(i *swInterface, w *bondWeight) int32 {
			switch m := b.members[i]; {
			case m == nil:
				return retInvalidInterface
			case m.bond.mode != bondActiveBackup:
				return retInvalidArgument
			default:
				m.weight = w.Weight
			}
			return retOK
		})
	r.state.adminChanged = append(r.state.adminChanged, func(i *swInterface) {
		if m := b.members[i]; m != nil {
			m.activate()
			b.update(m.bond)
		}
	})
	r.state.interfaceGone = append(r.state.interfaceGone, func(i *swInterface) {
		if m := b.members[i]; m != nil {
			b.detach(m)
		}
	})
	details := sends[bondMemberDetails](r, "sw_member_interface_details")
	on(r, "sw_member_interface_dump", func(c *call, m *swIfIndex) {
		_, o := b.find(r.state.interfaces.pool.get(m.SwIfIndex))
		if o == nil {
			return
		}
		for _, m := range o.members {
			details.send(c, &bondMemberDetails{m.sw.index, m.sw.hw.name, m.isPassive, m.longTimeout, m.localNuma, m.weight})
		}
	})
}
