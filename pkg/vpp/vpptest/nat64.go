package vpptest

import "slices"

const natTimeoutFields = "u32 udp; u32 tcp_established; u32 tcp_transitory; u32 icmp"

const natFlagTypes = "enum nat_config_flags u8 NAT_IS_NONE=0 NAT_IS_TWICE_NAT=1 NAT_IS_SELF_TWICE_NAT=2 NAT_IS_OUT2IN_ONLY=4 " +
	"NAT_IS_ADDR_ONLY=8 NAT_IS_OUTSIDE=16 NAT_IS_INSIDE=32 NAT_IS_STATIC=64 NAT_IS_EXT_HOST_VALID=128\n"

// nat64Kind is NAT64: a prefix per VRF, a pool of addresses, interfaces and
// static bindings. The simulated one translates nothing, so there are no others.
func nat64Kind() kind {
	return kind{
		types: natFlagTypes + "struct ip6_prefix ip6_address address; u8 len\n",
		modules: []moduleRows{{name: "nat64", version: 0xfbd06e33, semver: "1.0.0", rows: join(
			inProgress(callRows("nat64_plugin_enable_disable", 0x45948b90,
				"u32 bib_buckets; u32 bib_memory_size; u32 st_buckets; u32 st_memory_size; bool enable")),
			callRows("nat64_set_timeouts", 0xd4746b16, natTimeoutFields),
			replyingRows("nat64_get_timeouts", 0x51077d14, "", 0x3c4df4e1, natTimeoutFields),
			callRows("nat64_add_del_pool_addr_range", 0xa3b944e3, "ip4_address start_addr; ip4_address end_addr; u32 vrf_id; bool is_add"),
			dumpRows("nat64_pool_addr_dump", 0x51077d14, "", "nat64_pool_addr_details", 0x9bb99cdb, "ip4_address address; u32 vrf_id"),
			callRows("nat64_add_del_interface", 0xf3699b83, "bool is_add; nat_config_flags flags; interface_index sw_if_index"),
			dumpRows("nat64_interface_dump", 0x51077d14, "", "nat64_interface_details", 0x5d286289, "nat_config_flags flags; interface_index sw_if_index"),
			callRows("nat64_add_del_static_bib", 0x1c404de5,
				"ip6_address i_addr; ip4_address o_addr; u16 i_port; u16 o_port; u32 vrf_id; u8 proto; bool is_add"),
			dumpRows("nat64_bib_dump", 0xcfcb6b75, "u8 proto", "nat64_bib_details", 0x43bc3ddf,
				"ip6_address i_addr; ip4_address o_addr; u16 i_port; u16 o_port; u32 vrf_id; u8 proto; nat_config_flags flags; u32 ses_num"),
			callRows("nat64_add_del_prefix", 0x727b2f4c, "ip6_prefix prefix; u32 vrf_id; bool is_add"),
			dumpRows("nat64_prefix_dump", 0x51077d14, "", "nat64_prefix_details", 0x20568de3, "ip6_prefix prefix; u32 vrf_id"),
		)}},
		serve: serveNAT64,
	}
}

type (
	natTimeouts      struct{ UDP, TCPEstablished, TCPTransitory, ICMP uint32 }
	natTimeoutsReply struct {
		Retval int32
		natTimeouts
	}
	natEnable struct{ Enable bool }

	nat64PoolRange struct {
		StartAddr, EndAddr [4]byte
		VrfID              uint32
		IsAdd              bool
	}
	nat64PoolDetails struct {
		Address [4]byte
		VrfID   uint32
	}
	nat64SetInterface struct {
		IsAdd     bool
		Flags     uint8
		SwIfIndex uint32
	}
	nat64InterfaceDetails struct {
		Flags     uint8
		SwIfIndex uint32
	}
	nat64SetBIB struct {
		IAddr        [16]byte
		OAddr        [4]byte
		IPort, OPort uint16
		VrfID        uint32
		Proto        uint8
		IsAdd        bool
	}
	nat64BIBDump    struct{ Proto uint8 }
	nat64BIBDetails struct {
		IAddr        [16]byte
		OAddr        [4]byte
		IPort, OPort uint16
		VrfID        uint32
		Proto, Flags uint8
		SesNum       uint32
	}
	nat64SetPrefix struct {
		Prefix wireIP6Prefix
		VrfID  uint32
		IsAdd  bool
	}
	nat64PrefixDetails struct {
		Prefix wireIP6Prefix
		VrfID  uint32
	}
)

var defaultNATTimeouts = natTimeouts{300, 7440, 240, 60}

// Bits of nat_config_flags.
const (
	natIsOutside uint8 = 16
	natIsInside  uint8 = 32
	natIsStatic  uint8 = 64
)

// nat64 is what VPP keeps. Interfaces it keeps by their index, beyond their end.
type nat64 struct {
	state      *state
	enabled    bool
	timeouts   natTimeouts
	pool       []nat64PoolDetails
	interfaces pool[nat64InterfaceDetails]
	prefixes   []nat64PrefixDetails
	bindings   pool[nat64BIBDetails]
	// lock is the source by which it holds the tables that it uses, some of them
	// for ever; low is that of the routes to the pool.
	lock, low uint8
}

// nat64s is NAT64 of a boot.
func nat64s(s *state) *nat64 {
	return part(s, func(s *state) *nat64 {
		n := &nat64{state: s, timeouts: defaultNATTimeouts}
		n.lock, n.low = natSources(s, "nat64")
		return n
	})
}

// natSources are the FIB sources of a NAT: those of its locks and of its routes.
func natSources(s *state, name string) (high, low uint8) {
	return s.fib.addSource(fibSource{name: name + "-hi", class: 16}), s.fib.addSource(fibSource{name: name + "-low", class: 208})
}

// natRoute has an outside address received, in the table of an interface, or no
// longer.
func natRoute(s *state, source uint8, p prefix, sw uint32, add bool) {
	t := s.fib.find(0, 0)
	if i := s.interfaces.pool.get(sw); i != nil {
		t = i.table[0]
	}
	if add {
		received := path{kind: pathReceive, weight: 1, sw: sw}
		if p.isHost() {
			received.nh = p.addr
		}
		s.fib.set(t, p, source, flagConnected|flagLocal, s.fib.listOf([]path{received}))
	} else {
		s.fib.remove(t, p, source)
	}
}

func ip4Prefix(a [4]byte, length uint8) prefix {
	p := prefix{length: length}
	copy(p.addr[:], a[:])
	return p
}

// outside is the first outside interface, which alone is told of changes of the
// pool.
func (n *nat64) outside() (sw uint32, ok bool) {
	for _, i := range n.interfaces.all() {
		if i.Flags&natIsInside == 0 {
			return i.SwIfIndex, true
		}
	}
	return 0, false
}

// hold makes a table, where there is none, and holds it.
func (n *nat64) hold(vrf uint32) { n.state.fib.lock(n.state.fib.findOrCreate(1, vrf, ""), n.lock) }

func (n *nat64) enable(on bool) int32 {
	if on == n.enabled {
		return 1
	}
	n.enabled = on
	if on {
		return retOK
	}
	for _, i := range n.interfaces.all() {
		n.set(i.SwIfIndex, i.Flags&natIsInside != 0, false)
	}
	for _, a := range n.pool {
		n.unlock(a.VrfID)
	}
	n.timeouts, n.pool, n.prefixes = defaultNATTimeouts, nil, nil
	n.interfaces, n.bindings = pool[nat64InterfaceDetails]{}, pool[nat64BIBDetails]{}
	return retOK
}

// showHashes is what the command line says of hash tables: those of NAT64 are
// there while it is enabled.
func (n *nat64) showHashes() string {
	text := "Hash table 'vnet-crypto'\n"
	if n.enabled {
		text += "Hash table 'bib-in2out'\nHash table 'bib-out2in'\n"
	}
	return text
}

func (n *nat64) unlock(vrf uint32) {
	if t := n.state.fib.find(1, vrf); vrf != none && t != nil {
		n.state.fib.unlock(t, n.lock)
	}
}

func (n *nat64) addDelAddress(address [4]byte, vrf uint32, add bool) int32 {
	at := slices.IndexFunc(n.pool, func(a nat64PoolDetails) bool { return a.Address == address })
	switch {
	case add && at >= 0:
		return retValueExist
	case add:
		if vrf != none {
			n.hold(vrf)
		}
		n.pool = append(n.pool, nat64PoolDetails{address, vrf})
	case at < 0:
		return retNoSuchEntry
	default:
		n.unlock(n.pool[at].VrfID)
		n.pool[at] = n.pool[len(n.pool)-1] // the last one takes its place
		n.pool = n.pool[:len(n.pool)-1]
	}
	if sw, ok := n.outside(); ok {
		natRoute(n.state, n.low, ip4Prefix(address, 32), sw, add)
	}
	return retOK
}

// set puts an interface on a side or takes it off.
func (n *nat64) set(sw uint32, inside, add bool) int32 {
	var there *nat64InterfaceDetails
	var at uint32
	for index, i := range n.interfaces.all() {
		if i.SwIfIndex == sw {
			there, at = i, index
		}
	}
	flag, other, arc, node := natIsOutside, natIsInside, "ip4-unicast", "nat64-out2in"
	if inside {
		flag, other, arc, node = natIsInside, natIsOutside, "ip6-unicast", "nat64-in2out"
	}
	switch {
	case add && there == nil:
		n.interfaces.put(&nat64InterfaceDetails{flag, sw})
	case add:
		there.Flags |= flag
	case there == nil:
		return retNoSuchEntry
	case there.Flags == flag|other:
		there.Flags = other
	default:
		n.interfaces.remove(at)
	}
	reassemblies(n.state).set(sw, inside, add)
	features(n.state).set(sw, arc, node, add)
	if !inside {
		for _, a := range n.pool {
			natRoute(n.state, n.low, ip4Prefix(a.Address, 32), sw, add)
		}
	}
	return retOK
}

func (n *nat64) addDelBinding(m *nat64SetBIB) int32 {
	if !n.enabled {
		n.state.fib.lethal = "a static binding while NAT64 is not enabled"
		return retOK
	}
	n.hold(m.VrfID)
	for index, b := range n.bindings.all() {
		if b.IAddr != m.IAddr || b.IPort != m.IPort || b.Proto != m.Proto || b.VrfID != m.VrfID {
			continue
		}
		if m.IsAdd {
			return retValueExist
		}
		n.bindings.remove(index)
		return retOK
	}
	if !m.IsAdd {
		return retNoSuchEntry
	}
	if slices.ContainsFunc(n.pool, func(a nat64PoolDetails) bool { return a.Address == m.OAddr }) {
		for _, b := range n.bindings.all() {
			if b.OAddr == m.OAddr && b.OPort == m.OPort && b.Proto == m.Proto {
				return retInvalidValue
			}
		}
	}
	n.bindings.put(&nat64BIBDetails{
		IAddr: m.IAddr, OAddr: m.OAddr, IPort: m.IPort, OPort: m.OPort, VrfID: m.VrfID, Proto: m.Proto, Flags: natIsStatic,
	})
	return retOK
}

func (n *nat64) addDelPrefix(m *nat64SetPrefix) int32 {
	if !slices.Contains([]uint8{32, 40, 48, 56, 64, 96}, m.Prefix.Len) {
		return retInvalidValue
	}
	at := slices.IndexFunc(n.prefixes, func(p nat64PrefixDetails) bool { return p.VrfID == m.VrfID })
	switch {
	case m.IsAdd && at >= 0:
		n.prefixes[at].Prefix = m.Prefix
	case m.IsAdd:
		n.hold(m.VrfID)
		n.prefixes = append(n.prefixes, nat64PrefixDetails{m.Prefix, m.VrfID})
	case at < 0:
		return retNoSuchEntry
	default:
		n.prefixes[at] = n.prefixes[len(n.prefixes)-1]
		n.prefixes = n.prefixes[:len(n.prefixes)-1]
	}
	return retOK
}

func serveNAT64(r *registry) {
	n := nat64s(r.state)
	onRetval(r, "nat64_plugin_enable_disable", func(_ *call, m *natEnable) int32 { return n.enable(m.Enable) })
	onRetval(r, "nat64_set_timeouts", func(_ *call, m *natTimeouts) int32 {
		n.timeouts = *m
		return retOK
	})
	timeouts := sends[natTimeoutsReply](r, "nat64_get_timeouts_reply")
	on(r, "nat64_get_timeouts", func(c *call, _ *empty) { timeouts.send(c, &natTimeoutsReply{natTimeouts: n.timeouts}) })
	onRetval(r, "nat64_add_del_pool_addr_range", func(_ *call, m *nat64PoolRange) int32 {
		first, last := ip4Number(m.StartAddr), ip4Number(m.EndAddr)
		for a := int64(first); a <= int64(last); a++ {
			if retval := n.addDelAddress(ip4Bytes(uint32(a)), m.VrfID, m.IsAdd); retval != retOK {
				return retval
			}
		}
		return retOK
	})
	onInterface(r, "nat64_add_del_interface", func(m *nat64SetInterface) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *nat64SetInterface) int32 {
			return n.set(i.index, m.Flags&natIsInside != 0, m.IsAdd)
		})
	onRetval(r, "nat64_add_del_static_bib", func(_ *call, m *nat64SetBIB) int32 { return n.addDelBinding(m) })
	onRetval(r, "nat64_add_del_prefix", func(_ *call, m *nat64SetPrefix) int32 { return n.addDelPrefix(m) })
	serveNAT64Dumps(r, n)
}

func serveNAT64Dumps(r *registry, n *nat64) {
	addresses := sends[nat64PoolDetails](r, "nat64_pool_addr_details")
	on(r, "nat64_pool_addr_dump", func(c *call, _ *empty) {
		for i := range n.pool {
			addresses.send(c, &n.pool[i])
		}
	})
	interfaces := sends[nat64InterfaceDetails](r, "nat64_interface_details")
	on(r, "nat64_interface_dump", func(c *call, _ *empty) {
		for _, i := range n.interfaces.all() {
			interfaces.send(c, i)
		}
	})
	prefixes := sends[nat64PrefixDetails](r, "nat64_prefix_details")
	on(r, "nat64_prefix_dump", func(c *call, _ *empty) {
		for i := range n.prefixes {
			prefixes.send(c, &n.prefixes[i])
		}
	})
	const allProtocols = 255
	bindings := sends[nat64BIBDetails](r, "nat64_bib_details")
	on(r, "nat64_bib_dump", func(c *call, m *nat64BIBDump) {
		for _, proto := range []uint8{17, 6, 1} { // VPP has a pool of each
			for _, b := range n.bindings.all() {
				if b.Proto == proto && (m.Proto == allProtocols || m.Proto == proto) {
					bindings.send(c, b)
				}
			}
		}
	})
}

func ip4Number(a [4]byte) uint32 {
	return uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
}

func ip4Bytes(n uint32) [4]byte { return [4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)} }
