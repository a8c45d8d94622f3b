package vpptest

// bridgeTableKind is what is written down in bridge domains: MAC addresses and
// ARP tables. The simulated VPP learns nothing by itself.
func bridgeTableKind() kind {
	return kind{
		types: `
struct bd_ip_mac u32 bd_id; address ip; mac_address mac
`,
		modules: []moduleRows{{name: "l2", rows: join(
			dumpRows("l2_fib_table_dump", 0xc25fdce6, "u32 bd_id", "l2_fib_table_details", 0xa44ef6b8,
				"u32 bd_id; mac_address mac; interface_index sw_if_index; bool static_mac; bool filter_mac; bool bvi_mac"),
			callRows("l2fib_add_del", 0xeddda487,
				"mac_address mac; u32 bd_id; interface_index sw_if_index; bool is_add default=true; bool static_mac; bool filter_mac; bool bvi_mac"),
			callRows("bd_ip_mac_add_del", 0x0257c869, "bool is_add default=true; bd_ip_mac entry"),
			dumpRows("bd_ip_mac_dump", 0xc25fdce6, "u32 bd_id", "bd_ip_mac_details", 0x545af86a, "bd_ip_mac entry"),
		)}},
		serve: serveBridgeTable,
	}
}

// fibMAC is a MAC address in a bridge domain, by its index.
type fibMAC struct {
	bridge int
	mac    mac
}

type fibMACEntry struct {
	sw                  uint32
	static, filter, bvi bool
}

// arpKey is an address in an ARP table.
type arpKey struct {
	family uint8
	addr   address
}

// forgetMAC deletes an entry that points at an interface; 0 is any.
func (l *l2) forgetMAC(key fibMAC, sw uint32) int32 {
	e, there := l.macs[key]
	if !there || sw != 0 && sw != e.sw {
		return retNoSuchEntry
	}
	delete(l.macs, key)
	return retOK
}

func (l *l2) setMAC(m *l2fibAddDel) int32 {
	_, at := l.find(m.BdID)
	key := fibMAC{at, m.MAC}
	switch {
	case at < 0:
		return retNoSuchEntry
	case !m.IsAdd:
		return l.forgetMAC(key, m.SwIfIndex)
	case m.FilterMAC:
		l.macs[key] = fibMACEntry{sw: none, static: true, filter: true}
		return retOK
	case l.state.interfaces.pool.get(m.SwIfIndex) == nil || l.ports[m.SwIfIndex].mode != modeBridge:
		return retInvalidSwIfIndex
	}
	l.macs[key] = fibMACEntry{sw: m.SwIfIndex, static: m.StaticMAC, bvi: m.BviMAC}
	return retOK
}

func (l *l2) setARP(m *bdIPMACAddDel) int32 {
	b, retval := l.modifiable(m.Entry.BdID)
	if b == nil {
		return retval
	}
	key := arpKey{m.Entry.IP.Af, m.Entry.IP.Un}
	switch {
	case m.IsAdd:
		b.arp[key] = m.Entry.MAC
	case b.arp[key] != m.Entry.MAC:
		return retUnspecified
	default:
		delete(b.arp, key)
	}
	return retOK
}

type (
	l2fibDump    struct{ BdID uint32 }
	l2fibDetails struct {
		BdID                         uint32
		MAC                          mac
		SwIfIndex                    uint32
		StaticMAC, FilterMAC, BviMAC bool
	}
	l2fibAddDel struct {
		MAC                                 mac
		BdID, SwIfIndex                     uint32
		IsAdd, StaticMAC, FilterMAC, BviMAC bool
	}
	wireIPMAC struct {
		BdID uint32
		IP   wireAddress
		MAC  mac
	}
	bdIPMACAddDel struct {
		IsAdd bool
		Entry wireIPMAC
	}
	bdIPMACDetails struct{ Entry wireIPMAC }
)

func serveBridgeTable(r *registry) {
	l := part(r.state, newL2)
	onRetval(r, "l2fib_add_del", func(_ *call, m *l2fibAddDel) int32 { return l.setMAC(m) })
	macs := sends[l2fibDetails](r, "l2_fib_table_details")
	on(r, "l2_fib_table_dump", func(c *call, m *l2fibDump) {
		for key, e := range l.macs {
			id := none // of one that is gone
			if b := l.bridges[key.bridge]; b.used {
				id = b.id
			}
			if m.BdID == none || m.BdID == id {
				macs.send(c, &l2fibDetails{id, key.mac, e.sw, e.static, e.filter, e.bvi})
			}
		}
	})
	onRetval(r, "bd_ip_mac_add_del", func(_ *call, m *bdIPMACAddDel) int32 { return l.setARP(m) })
	addresses := sends[bdIPMACDetails](r, "bd_ip_mac_details")
	on(r, "bd_ip_mac_dump", func(c *call, m *l2fibDump) {
		for _, b := range l.bridges {
			if !b.used || m.BdID != none && m.BdID != b.id {
				continue
			}
			for key, address := range b.arp {
				addresses.send(c, &bdIPMACDetails{wireIPMAC{b.id, wireAddress{key.family, key.addr}, address}})
			}
		}
	})
}
