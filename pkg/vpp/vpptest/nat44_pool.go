package vpptest

import "slices"

// nat44PoolKind is the addresses that NAT44 translates to, and the VRFs in which
// it looks for destinations.
func nat44PoolKind() kind {
	const table = "u32 table_vrf_id; u32 n_vrf_ids; u32 vrf_ids[n_vrf_ids]"
	return kind{
		types: natTypes,
		modules: nat44Rows(
			callRows("nat44_add_del_address_range", 0x6f2b8055,
				"ip4_address first_ip_address; ip4_address last_ip_address; u32 vrf_id; bool is_add; nat_config_flags flags"),
			dumpRows("nat44_address_dump", 0x51077d14, "", "nat44_address_details", 0x0d1beac1,
				"ip4_address ip_address; nat_config_flags flags; u32 vrf_id"),
			callRows("nat44_add_del_interface_addr", 0x4aed50c0, "bool is_add; interface_index sw_if_index; nat_config_flags flags"),
			dumpRows("nat44_interface_addr_dump", 0x51077d14, "", "nat44_interface_addr_details", 0xe4aca9ca,
				"interface_index sw_if_index; nat_config_flags flags"),
			callRows("nat44_ed_add_del_vrf_table", 0x08330904, "u32 table_vrf_id; bool is_add"),
			callRows("nat44_ed_add_del_vrf_route", 0x59187407, "u32 table_vrf_id; u32 vrf_id; bool is_add"),
			dumpRows("nat44_ed_vrf_tables_dump", 0x51077d14, "", "nat44_ed_vrf_tables_details", 0x7b264e4f, table),
			inProgress(dumpRows("nat44_ed_vrf_tables_v2_dump", 0x51077d14, "", "nat44_ed_vrf_tables_v2_details", 0x7b264e4f, table)),
		),
		serve: serveNAT44Pool,
	}
}

// natAddress is an address of a pool; vrf is none for hosts of all VRFs.
type natAddress struct {
	addr [4]byte
	vrf  uint32
}

// natResolve is an interface whose first address is to be in a pool.
type natResolve struct {
	sw       uint32
	twice    bool
	resolved bool
}

type natTable struct {
	vrf uint32
	// routes are in slots, -1 where one was: VPP dumps as many as there are slots.
	routes []int64
}

func poolOf(twice bool) int {
	if twice {
		return 1
	}
	return 0
}

func (n *nat44) addAddress(a [4]byte, vrf uint32, twice bool) int32 {
	pool := &n.pools[poolOf(twice)]
	switch {
	case !n.enabled:
		return retUnsupported
	case n.inPool(a, twice):
		return retValueExist
	}
	if vrf != none {
		n.use(vrf, n.low)
	}
	*pool = append(*pool, &natAddress{a, vrf})
	if !twice {
		n.receive(a, true)
	}
	return retOK
}

func (n *nat44) inPool(a [4]byte, twice bool) bool {
	return slices.ContainsFunc(n.pools[poolOf(twice)], func(x *natAddress) bool { return x.addr == a })
}

func (n *nat44) deleteAddress(a [4]byte, twice bool) int32 {
	pool := &n.pools[poolOf(twice)]
	at := slices.IndexFunc(*pool, func(x *natAddress) bool { return x.addr == a })
	if at < 0 {
		return retNoSuchEntry
	}
	if !twice {
		n.receive(a, false)
	}
	if vrf := (*pool)[at].vrf; vrf != none {
		n.letGo(vrf)
	}
	// The last one takes its place.
	last := len(*pool) - 1
	(*pool)[at] = (*pool)[last]
	*pool = (*pool)[:last]
	return retOK
}

type nat44AddDelAddressRange struct {
	FirstIPAddress, LastIPAddress [4]byte
	VrfID                         uint32
	IsAdd                         bool
	Flags                         uint8
}

func number4(a [4]byte) uint32 {
	return uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
}

// setRange goes through a range; one the wrong way round has no addresses.
func (n *nat44) setRange(m *nat44AddDelAddressRange) int32 {
	first := number4(m.FirstIPAddress)
	count := int32(number4(m.LastIPAddress) - first + 1)
	for i := range max(count, 0) {
		x := first + uint32(i)
		a := [4]byte{byte(x >> 24), byte(x >> 16), byte(x >> 8), byte(x)}
		set := n.deleteAddress
		if m.IsAdd {
			set = func(a [4]byte, twice bool) int32 { return n.addAddress(a, m.VrfID, twice) }
		}
		if code := set(a, m.Flags&natTwice != 0); code != retOK {
			return code
		}
	}
	return retOK
}

// firstAddress is an interface's first IPv4 address.
func (n *nat44) firstAddress(sw uint32) (a [4]byte, ok bool) {
	i := n.state.interfaces.pool.get(sw)
	if i == nil || i.first[0] == nil {
		return a, false
	}
	return [4]byte(i.first[0].addr[:4]), true
}

func (n *nat44) resolve(sw uint32, twice bool) *natResolve {
	for _, r := range n.resolving {
		if r.sw == sw && r.twice == twice {
			return r
		}
	}
	return nil
}

func (n *nat44) addInterfaceAddress(sw uint32, twice bool) int32 {
	switch {
	case !n.enabled:
		return retUnsupported
	case n.resolve(sw, twice) != nil:
		return retValueExist
	}
	r := &natResolve{sw: sw, twice: twice}
	if a, ok := n.firstAddress(sw); ok {
		if code := n.addAddress(a, none, twice); code != retOK {
			return code
		}
		r.resolved = true
	}
	n.resolving = append(n.resolving, r)
	return retOK
}

func (n *nat44) deleteInterfaceAddress(sw uint32, twice bool) int32 {
	if !n.enabled {
		return retUnsupported
	}
	r := n.resolve(sw, twice)
	if r == nil {
		return retNoSuchEntry
	}
	n.resolving = slices.DeleteFunc(n.resolving, func(x *natResolve) bool { return x == r })
	if a, ok := n.firstAddress(sw); ok {
		return n.deleteAddress(a, twice)
	}
	return retOK
}

// addressAdded resolves what waits for an address of the interface. Where it is
// wanted in both pools VPP forgets the one for twice-NAT.
func (n *nat44) addressAdded(i *swInterface, p prefix) {
	if !n.enabled || p.family != 0 {
		return
	}
	a := [4]byte(p.addr[:4])
	if r := n.waiting(i.index); r != nil && !r.resolved {
		r.resolved = n.addAddress(a, none, r.twice) == retOK
	}
	for _, m := range n.unresolved {
		if m.sw == i.index && !m.resolved {
			m.resolved = n.insert(m.at(a)) == retOK
		}
	}
}

func (n *nat44) waiting(sw uint32) *natResolve {
	if r := n.resolve(sw, false); r != nil {
		return r
	}
	return n.resolve(sw, true)
}

func (n *nat44) addressGone(i *swInterface, p prefix) {
	if !n.enabled || p.family != 0 {
		return
	}
	a := [4]byte(p.addr[:4])
	if r := n.waiting(i.index); r != nil && r.resolved && n.deleteAddress(a, r.twice) == retOK {
		r.resolved = false
	}
	for _, m := range n.unresolved {
		if m.sw == i.index && m.resolved && n.remove(m.at(a)) == retOK {
			m.resolved = false
		}
	}
}

func (n *nat44) table(vrf uint32) *natTable {
	for _, t := range n.tables {
		if t.vrf == vrf {
			return t
		}
	}
	return nil
}

func (n *nat44) dropTable(t *natTable) {
	for _, vrf := range t.routes {
		if vrf >= 0 {
			n.letGo(uint32(vrf))
		}
	}
	n.letGo(t.vrf)
}

func (n *nat44) setTable(vrf uint32, add bool) int32 {
	t := n.table(vrf)
	switch {
	case t != nil && add:
		return retValueExist
	case t != nil:
		n.dropTable(t)
		n.tables = slices.DeleteFunc(n.tables, func(x *natTable) bool { return x == t })
	case !add:
		return retNoSuchEntry
	default:
		n.use(vrf, n.low)
		n.tables = append(n.tables, &natTable{vrf: vrf})
	}
	return retOK
}

func (n *nat44) setRoute(tableVRF, vrf uint32, add bool) int32 {
	t := n.table(tableVRF)
	if t == nil {
		return retNoSuchEntry
	}
	at := slices.Index(t.routes, int64(vrf))
	switch {
	case at >= 0 && add:
		return retValueExist
	case at >= 0:
		n.letGo(vrf)
		t.routes[at] = -1
	case !add:
		return retNoSuchEntry
	default:
		n.use(vrf, n.low)
		if free := slices.Index(t.routes, -1); free >= 0 {
			t.routes[free] = int64(vrf)
		} else {
			t.routes = append(t.routes, int64(vrf))
		}
	}
	return retOK
}

type (
	nat44AddressDetails struct {
		IPAddress [4]byte
		Flags     uint8
		VrfID     uint32
	}
	nat44AddDelInterfaceAddr struct {
		IsAdd     bool
		SwIfIndex uint32
		Flags     uint8
	}
	nat44InterfaceAddrDetails struct {
		SwIfIndex uint32
		Flags     uint8
	}
	nat44AddDelVRFTable struct {
		TableVrfID uint32
		IsAdd      bool
	}
	nat44AddDelVRFRoute struct {
		TableVrfID, VrfID uint32
		IsAdd             bool
	}
	nat44VRFTablesDetails struct {
		TableVrfID uint32
		VrfIDs     []uint32
	}
)

func serveNAT44Pool(r *registry) {
	n := nat44Of(r.state)
	onRetval(r, "nat44_add_del_address_range", func(_ *call, m *nat44AddDelAddressRange) int32 { return n.setRange(m) })
	address := sends[nat44AddressDetails](r, "nat44_address_details")
	on(r, "nat44_address_dump", func(c *call, _ *empty) {
		for flags, pool := range n.pools {
			for _, a := range pool {
				address.send(c, &nat44AddressDetails{a.addr, uint8(flags), a.vrf})
			}
		}
	})
	onInterface(r, "nat44_add_del_interface_addr", func(m *nat44AddDelInterfaceAddr) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *nat44AddDelInterfaceAddr) int32 {
			if m.IsAdd {
				return n.addInterfaceAddress(i.index, m.Flags&natTwice != 0)
			}
			return n.deleteInterfaceAddress(i.index, m.Flags&natTwice != 0)
		})
	of := sends[nat44InterfaceAddrDetails](r, "nat44_interface_addr_details")
	on(r, "nat44_interface_addr_dump", func(c *call, _ *empty) {
		for _, a := range n.resolving {
			of.send(c, &nat44InterfaceAddrDetails{a.sw, uint8(poolOf(a.twice))})
		}
	})
	onRetval(r, "nat44_ed_add_del_vrf_table", func(_ *call, m *nat44AddDelVRFTable) int32 { return n.setTable(m.TableVrfID, m.IsAdd) })
	onRetval(r, "nat44_ed_add_del_vrf_route", func(_ *call, m *nat44AddDelVRFRoute) int32 {
		return n.setRoute(m.TableVrfID, m.VrfID, m.IsAdd)
	})
	// The first version names no table and has its numbers in the host's order; the
	// second answers with the details of the first.
	table := sends[nat44VRFTablesDetails](r, "nat44_ed_vrf_tables_details")
	for _, name := range []string{"nat44_ed_vrf_tables_dump", "nat44_ed_vrf_tables_v2_dump"} {
		on(r, name, func(c *call, _ *empty) {
			for _, t := range n.tables {
				d := nat44VRFTablesDetails{VrfIDs: make([]uint32, len(t.routes))}
				at := 0
				for _, vrf := range t.routes {
					if vrf >= 0 {
						d.VrfIDs[at] = uint32(vrf)
						at++
					}
				}
				if name == "nat44_ed_vrf_tables_v2_dump" {
					d.TableVrfID = t.vrf
				} else {
					for i, vrf := range d.VrfIDs {
						d.VrfIDs[i] = vrf>>24 | vrf>>8&0xff00 | vrf<<8&0xff0000 | vrf<<24
					}
				}
				table.send(c, &d)
			}
		})
	}
}
