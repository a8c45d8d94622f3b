package vpptest

// interfaceAddressKind is the IP addresses of interfaces.
func interfaceAddressKind() kind {
	return kind{
		modules: []moduleRows{
			{name: "interface", rows: callRows("sw_interface_add_del_address", 0x5463d73b,
				"interface_index sw_if_index; bool is_add; bool del_all; address_with_prefix prefix")},
			{name: "ip", rows: dumpRows("ip_address_dump", 0x2d033de4, "interface_index sw_if_index; bool is_ipv6",
				"ip_address_details", 0xee29b797, "interface_index sw_if_index; address_with_prefix prefix")},
		},
		serve: serveInterfaceAddress,
	}
}

type (
	swInterfaceAddDelAddress struct {
		SwIfIndex     uint32
		IsAdd, DelAll bool
		Prefix        wirePrefix
	}
	ipAddressDump struct {
		SwIfIndex uint32
		IsIPv6    bool
	}
	ipAddressDetails struct {
		SwIfIndex uint32
		Prefix    wirePrefix
	}
)

func serveInterfaceAddress(r *registry) {
	t := r.state.interfaces
	onInterface(r, "sw_interface_add_del_address", func(m *swInterfaceAddDelAddress) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *swInterfaceAddDelAddress) int32 {
			switch p := m.Prefix.prefix(); {
			case m.DelAll:
				t.deleteAddresses(i)
				return retOK
			case i.local():
				return retUnsupported
			case p.isLinkLocal():
				return i.setLinkLocal(p, m.IsAdd)
			case m.IsAdd:
				return t.addAddress(i, p)
			default:
				return t.deleteAddress(i, p)
			}
		})
	details := sends[ipAddressDetails](r, "ip_address_details")
	on(r, "ip_address_dump", func(c *call, m *ipAddressDump) {
		i := t.pool.get(m.SwIfIndex)
		if i == nil {
			return
		}
		for a := range i.addresses(familyOf(m.IsIPv6)) {
			details.send(c, &ipAddressDetails{i.index, a.wire()})
		}
	})
}

// ifPrefix counts the addresses of one subnet on one interface: its connected
// route goes with the last.
type ifPrefix struct {
	prefix prefix
	sw     uint32
}

func (p prefix) isLinkLocal() bool {
	return p.family == 1 && p.addr[0] == 0xfe && p.addr[1]&0xc0 == 0x80
}

// setLinkLocal changes the link-local address, which no dump shows and which
// cannot be taken away.
func (i *swInterface) setLinkLocal(p prefix, add bool) int32 {
	switch {
	case p.length != 128:
		return retAddressLengthMismatch
	case add:
		i.linkLocal = p.addr
		return retOK
	case i.linkLocal == p.addr:
		return retAddressNotDeletable
	}
	return retAddressNotFoundForInterface
}

// addAddress refuses what overlaps with any address of the table, save another
// address of the same subnet on the same interface.
func (t *interfaceTable) addAddress(i *swInterface, p prefix) int32 {
	clash := retAddressInUse
	if p.family == 1 {
		clash = retDuplicateIfAddress
	}
	for _, o := range t.pool.all() {
		if o.table[p.family] != i.table[p.family] {
			continue
		}
		for x := range o.addresses(int(p.family)) {
			if o == i && x.length == p.length && x.addr != p.addr {
				continue
			}
			if x.covers(p.addr) || p.covers(x.addr) {
				return clash
			}
		}
	}
	if t.byAddress[addressKey{i.table[p.family], p.addr}] != nil {
		return retDuplicateIfAddress // it is in no chain
	}
	if p.length == 0 || p.length > p.bits() {
		return retAddressLengthMismatch
	}
	if !t.link(i, p) {
		t.state.fib.lethal = "an address was added to a chain that went with an unnumbered interface's donor"
		return retOK
	}
	if i.admin {
		t.routeAddress(i, p, true)
	}
	for _, f := range t.state.addressAdded {
		f(i, p)
	}
	return retOK
}

func (p prefix) covers(a address) bool {
	if p.family == 0 && p.length > 32 {
		return true // VPP reads a mask behind the end of its table; it is zero
	}
	return p.addr.masked(p.length) == a.masked(p.length)
}

// deleteAddress finds an address by itself, whatever length it is asked for;
// with a wrong one VPP leaves the connected route behind.
func (t *interfaceTable) deleteAddress(i *swInterface, p prefix) int32 {
	a := t.byAddress[addressKey{i.table[p.family], p.addr}]
	if a == nil || a.sw != i.index {
		return retAddressNotFoundForInterface
	}
	t.unlink(i, a)
	if i.admin {
		t.routeAddress(i, p, false)
	}
	for _, f := range t.state.addressGone {
		f(i, p)
	}
	return retOK
}

// routeAddress adds or removes the routes of an address: itself and, for the
// first address of a subnet, the subnet; for IPv4 also its first and last
// address, or the other one of a /31.
func (t *interfaceTable) routeAddress(i *swInterface, p prefix, add bool) {
	fib, table := t.state.fib, i.table[p.family]
	host := p.as(p.bits())
	subnet := ifPrefix{p.masked(), i.index}
	connected := p // as the address gives it
	if p.family == 1 {
		connected = p.masked()
	}
	if add {
		fib.set(table, host, sourceInterface, flagConnected|flagLocal,
			fib.listOf([]path{{kind: pathReceive, proto: p.family, weight: 1, nh: p.addr, sw: i.index}}))
	} else {
		fib.remove(table, host, sourceInterface)
	}
	if p.isHost() {
		return
	}
	if add {
		if t.prefixes[subnet]++; t.prefixes[subnet] > 1 {
			return
		}
		fib.set(table, connected, sourceInterface, flagConnected|flagAttached,
			fib.listOf([]path{{kind: pathAttached, proto: p.family, weight: 1, sw: i.index}}))
	} else {
		if t.prefixes[subnet] == 0 {
			return
		}
		if t.prefixes[subnet]--; t.prefixes[subnet] > 0 {
			return
		}
		delete(t.prefixes, subnet)
		fib.remove(table, p, sourceInterface)
	}
	if p.family == 0 {
		t.routeSubnetEnds(i, p, add)
	}
}

func (t *interfaceTable) routeSubnetEnds(i *swInterface, p prefix, add bool) {
	fib, table := t.state.fib, i.table[0]
	ends := []address{p.masked().addr, p.broadcast()}
	for _, a := range ends {
		if a == p.addr {
			continue
		}
		end := prefix{addr: a, length: 32}
		switch {
		case !add:
			fib.remove(table, end, sourceInterface)
		case p.length == 31:
			fib.set(table, end, sourceInterface, flagAttached,
				fib.listOf([]path{{kind: pathAttachedNextHop, weight: 1, nh: a, sw: i.index}}))
		default:
			fib.set(table, end, sourceInterface, 0, fib.listOf([]path{dropPath(0)}))
		}
	}
}
