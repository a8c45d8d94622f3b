package vpptest

import "time"

// neighborKind is the neighbours on interfaces: who has which MAC address. The
// simulated VPP learns none by itself.
func neighborKind() kind {
	return kind{
		types: `
enum ip_neighbor_flags u8 IP_API_NEIGHBOR_FLAG_NONE=0 IP_API_NEIGHBOR_FLAG_STATIC=1 IP_API_NEIGHBOR_FLAG_NO_FIB_ENTRY=2
struct ip_neighbor interface_index sw_if_index; ip_neighbor_flags flags; mac_address mac_address; address ip_address
`,
		modules: []moduleRows{{name: "ip_neighbor", version: 0x36db39bd, semver: "1.0.1", rows: join(
			replyingRows("ip_neighbor_add_del", 0x0607c257, "bool is_add; ip_neighbor neighbor", 0x1992deab, "u32 stats_index"),
			dumpRows("ip_neighbor_dump", 0xd817a484, "interface_index sw_if_index default=4294967295; address_family af",
				"ip_neighbor_details", 0xe29d79f0, "f64 age; ip_neighbor neighbor"),
			callRows("ip_neighbor_flush", 0x16aa35d2, "address_family af; interface_index sw_if_index default=4294967295"),
		)}},
		serve: serveNeighbor,
	}
}

const (
	neighborStatic = 1 << 0
	neighborNoFIB  = 1 << 1
	// retStaticNeighbor is no error of the API's: the function inside VPP
	// refuses to overwrite a static neighbour with another one that is not.
	retStaticNeighbor int32 = -2
	// keepsNoStaticNeighbors is a release that takes the static neighbours of an
	// interface away with it. 24.10 leaves them to the next that gets the index.
	keepsNoStaticNeighbors = "26.06"
)

// neighborKey is what a neighbour is found by.
type neighborKey struct {
	sw     uint32
	family uint8
	addr   address
}

type neighbor struct {
	key     neighborKey
	mac     mac
	flags   uint8
	updated time.Duration // after the boot
}

// host is the route that a neighbour makes in its interface's table, unless it
// is link-local, which has a table of its own.
func (n *neighbor) host() (p prefix, ok bool) {
	p = prefix{addr: n.key.addr, family: n.key.family}
	p.length = p.bits()
	return p, n.flags&neighborNoFIB == 0 && !p.isLinkLocal()
}

// neighborTable holds all neighbours.
type neighborTable struct {
	boot  *boot
	pool  pool[neighbor]
	byKey map[neighborKey]uint32
}

func newNeighborTable(b *boot) *neighborTable {
	return &neighborTable{boot: b, byKey: map[neighborKey]uint32{}}
}

// add puts or changes a neighbour; a dynamic one becomes static, never the
// other way round.
func (t *neighborTable) add(i *swInterface, key neighborKey, m mac, flags uint8) int32 {
	now := time.Since(t.boot.started)
	at, known := t.byKey[key]
	if !known {
		n := &neighbor{key: key, mac: m, flags: flags, updated: now}
		t.byKey[key] = t.pool.put(n)
		t.route(i.table[key.family], n, true)
		return retOK
	}
	n := t.pool.get(at)
	if flags&neighborStatic == 0 && n.flags&neighborStatic != 0 {
		if n.mac != m {
			return retStaticNeighbor
		}
		return retOK
	}
	n.flags |= flags & neighborStatic
	n.mac, n.updated = m, now
	return retOK
}

func (t *neighborTable) remove(key neighborKey) int32 {
	at, known := t.byKey[key]
	if !known {
		return retNoSuchEntry
	}
	// What is left behind at an index is in the table of an interface without one.
	table := t.boot.state.fib.find(int(key.family), 0)
	if i := t.boot.state.interfaces.pool.get(key.sw); i != nil {
		table = i.table[key.family]
	}
	t.route(table, t.pool.get(at), false)
	t.pool.remove(at)
	delete(t.byKey, key)
	return retOK
}

// removeIf removes the neighbours of an interface, or of all, that a condition
// holds for.
func (t *neighborTable) removeIf(sw uint32, condition func(*neighbor) bool) {
	for _, n := range t.pool.all() {
		if (sw == none || sw == n.key.sw) && condition(n) {
			t.remove(n.key)
		}
	}
}

// route adds or removes the route of a neighbour.
func (t *neighborTable) route(table *table, n *neighbor, add bool) {
	fib := t.boot.state.fib
	host, ok := n.host()
	switch {
	case !ok:
	case add:
		var had *pathList
		if s := table.exact(host).get(sourceAdjacency); s != nil {
			had = s.list
		}
		fib.lock(table, sourceAdjacency)
		fib.set(table, host, sourceAdjacency, flagAttached, fib.listOf(withPaths(had, []path{n.path()})))
	default:
		fib.removePaths(table, host, sourceAdjacency, []path{n.path()})
		fib.unlock(table, sourceAdjacency)
	}
}

func (n *neighbor) path() path {
	return path{kind: pathAttachedNextHop, proto: n.key.family, weight: 1, nh: n.key.addr, sw: n.key.sw}
}

type (
	wireNeighbor struct {
		SwIfIndex  uint32
		Flags      uint8
		MACAddress mac
		IPAddress  wireAddress
	}
	ipNeighborAddDel struct {
		IsAdd    bool
		Neighbor wireNeighbor
	}
	ipNeighborAddDelReply struct {
		Retval     int32
		StatsIndex uint32
	}
	ipNeighborDump struct {
		SwIfIndex uint32
		Af        uint8
	}
	ipNeighborDetails struct {
		Age      float64 // seconds
		Neighbor wireNeighbor
	}
)

func serveNeighbor(r *registry) {
	t := newNeighborTable(r.boot)
	interfaces := r.state.interfaces
	reply := sends[ipNeighborAddDelReply](r, "ip_neighbor_add_del_reply")
	on(r, "ip_neighbor_add_del", func(c *call, m *ipNeighborAddDel) {
		i := interfaces.pool.get(m.Neighbor.SwIfIndex)
		if i == nil {
			reply.send(c, &ipNeighborAddDelReply{retInvalidSwIfIndex, none})
			return
		}
		host := m.Neighbor.IPAddress.host()
		key := neighborKey{i.index, host.family, host.addr}
		if !m.IsAdd {
			reply.send(c, &ipNeighborAddDelReply{t.remove(key), none})
			return
		}
		stats := none
		code := t.add(i, key, m.Neighbor.MACAddress, m.Neighbor.Flags&(neighborStatic|neighborNoFIB))
		if code == retOK {
			stats = t.byKey[key]
		}
		reply.send(c, &ipNeighborAddDelReply{code, stats})
	})

	details := sends[ipNeighborDetails](r, "ip_neighbor_details")
	on(r, "ip_neighbor_dump", func(c *call, m *ipNeighborDump) {
		for _, n := range t.pool.all() {
			if n.key.family != m.Af || m.SwIfIndex != none && m.SwIfIndex != n.key.sw {
				continue
			}
			details.send(c, &ipNeighborDetails{
				Age: (time.Since(r.boot.started) - n.updated).Seconds(),
				Neighbor: wireNeighbor{
					SwIfIndex: n.key.sw, Flags: n.flags, MACAddress: n.mac, IPAddress: wireAddress{n.key.family, n.key.addr},
				},
			})
		}
	})

	onRetval(r, "ip_neighbor_flush", func(_ *call, m *ipNeighborDump) int32 {
		switch {
		case m.SwIfIndex != none && interfaces.pool.get(m.SwIfIndex) == nil:
			return retInvalidSwIfIndex
		case m.Af > 1:
			return retInvalidAddressFamily
		}
		t.removeIf(m.SwIfIndex, func(n *neighbor) bool { return n.key.family == m.Af })
		return retOK
	})
	serveNeighborInterfaces(r.state, t)
}

// serveNeighborInterfaces follows what happens to the neighbours' interfaces.
func serveNeighborInterfaces(s *state, t *neighborTable) {
	dynamic := func(n *neighbor) bool { return n.flags&neighborStatic == 0 }
	keepsStatic := t.boot.release < keepsNoStaticNeighbors
	s.interfaceGone = append(s.interfaceGone, func(i *swInterface) {
		t.removeIf(i.index, func(n *neighbor) bool { return dynamic(n) || !keepsStatic })
	})
	s.adminChanged = append(s.adminChanged, func(i *swInterface) {
		if !i.admin {
			t.removeIf(i.index, dynamic)
		}
	})
	s.addressGone = append(s.addressGone, func(i *swInterface, p prefix) {
		t.removeIf(i.index, func(n *neighbor) bool { return dynamic(n) && n.key.family == p.family && p.covers(n.key.addr) })
	})
	s.tableChanged = append(s.tableChanged, func(i *swInterface, family int, old *table) {
		for _, n := range t.pool.all() {
			if n.key.sw == i.index && int(n.key.family) == family {
				t.route(i.table[family], n, true)
				t.route(old, n, false)
			}
		}
	})
}
