package vpptest

import "slices"

// nat44MappingKind is NAT44's static, identity and load-balanced mappings. All
// are in one table, by outside address and port.
func nat44MappingKind() kind {
	const static = "nat_config_flags flags; ip4_address local_ip_address; ip4_address external_ip_address; u8 protocol; u16 local_port; " +
		"u16 external_port; interface_index external_sw_if_index; u32 vrf_id; string tag[64]"
	const identity = "nat_config_flags flags; ip4_address ip_address; u8 protocol; u16 port; interface_index sw_if_index; u32 vrf_id; string tag[64]"
	return kind{
		types: natTypes + "struct nat44_lb_addr_port ip4_address addr; u16 port; u8 probability; u32 vrf_id",
		modules: nat44Rows(
			callRows("nat44_add_del_static_mapping", 0x5ae5f03e, "bool is_add; "+static),
			callRows("nat44_add_del_static_mapping_v2", 0x5e205f1a, "bool is_add; bool match_pool; nat_config_flags flags; "+
				"ip4_address pool_ip_address; ip4_address local_ip_address; ip4_address external_ip_address; u8 protocol; u16 local_port; "+
				"u16 external_port; interface_index external_sw_if_index; u32 vrf_id; string tag[64]"),
			dumpRows("nat44_static_mapping_dump", 0x51077d14, "", "nat44_static_mapping_details", 0x06cb40b2, static),
			callRows("nat44_add_del_identity_mapping", 0x02faaa22, "bool is_add; "+identity),
			dumpRows("nat44_identity_mapping_dump", 0x51077d14, "", "nat44_identity_mapping_details", 0x2a52a030, identity),
			callRows("nat44_add_del_lb_static_mapping", 0x4f68ee9d, "bool is_add; nat_config_flags flags; ip4_address external_addr; "+
				"u16 external_port; u8 protocol; u32 affinity; string tag[64]; u32 local_num; nat44_lb_addr_port locals[local_num]"),
			callRows("nat44_lb_static_mapping_add_del_local", 0x7ca47547,
				"bool is_add; ip4_address external_addr; u16 external_port; u8 protocol; nat44_lb_addr_port local"),
			dumpRows("nat44_lb_static_mapping_dump", 0x51077d14, "", "nat44_lb_static_mapping_details", 0xed5ce876,
				"ip4_address external_addr; u16 external_port; u8 protocol; nat_config_flags flags; u32 affinity; string tag[64]; "+
					"u32 local_num; nat44_lb_addr_port locals[local_num]"),
		),
		serve: serveNAT44Mapping,
	}
}

// Flags of a mapping, those of the API and two of the inside.
const (
	natTwiceNAT     = 1 << 0
	natSelfTwiceNAT = 1 << 1
	natOut2InOnly   = 1 << 2
	natIdentity     = 1 << 6
	natBalanced     = 1 << 7
)

// natKey is what a mapping is found by: from outside by address and port, from
// inside by those of the host and its table.
type natKey struct {
	inside bool
	addr   [4]byte
	port   uint16
	vrf    uint32 // 0 from outside
	proto  uint8
}

// natLocal is an inside host of a load-balanced mapping, or a VRF of an identity
// mapping.
type natLocal struct {
	addr        [4]byte
	port        uint16
	probability uint8
	vrf         uint32
}

type natMapping struct {
	local, external         [4]byte
	localPort, externalPort uint16
	proto                   uint8
	vrf                     uint32
	flags                   uint8
	tag                     string
	locals                  []natLocal // in slots; see free
	free                    []int

	// sw and resolved are of one that waits for an interface's address.
	sw       uint32
	resolved bool
}

func (m *natMapping) is(flag uint8) bool { return m.flags&flag != 0 }
func (m *natMapping) identity() bool     { return m.is(natIdentity) }

// at is a mapping of an interface's address, with the address.
func (m *natMapping) at(a [4]byte) *natMapping {
	x := *m
	x.external = a
	return &x
}

// normal brings a mapping into the form in which VPP keeps it.
func (m *natMapping) normal() {
	if m.is(natAddrOnly) {
		m.localPort, m.externalPort, m.proto = 0, 0, 0
	}
	if m.identity() {
		m.local, m.localPort = m.external, m.externalPort
	}
}

func (m *natMapping) outside() natKey {
	return natKey{addr: m.external, port: m.externalPort, proto: m.proto}
}

func (m *natMapping) insideIn(vrf uint32) natKey {
	return natKey{inside: true, addr: m.local, port: m.localPort, vrf: vrf, proto: m.proto}
}

func (m *natMapping) valid() bool {
	if m.is(natTwiceNAT|natSelfTwiceNAT) && m.is(natAddrOnly|natIdentity) {
		return false
	}
	return !m.identity() || !m.is(natOut2InOnly)
}

// sameResolve tells whether VPP takes two that wait for an interface's address
// for one.
func (m *natMapping) sameResolve(o *natMapping) bool {
	if m.sw != o.sw || m.vrf != o.vrf {
		return false
	}
	bothAll := m.is(natAddrOnly) && o.is(natAddrOnly)
	switch {
	case m.identity() && o.identity():
		return bothAll || m.externalPort == o.externalPort && m.proto == o.proto
	case m.local == o.local:
		return bothAll || m.localPort == o.localPort && m.externalPort == o.externalPort && m.proto == o.proto
	}
	return false
}

func (n *nat44) addMapping(m *natMapping) int32 {
	switch {
	case !n.enabled, !m.valid():
		return retUnsupported
	case m.sw == none:
		return n.insert(m)
	case slices.ContainsFunc(n.unresolved, m.sameResolve):
		return retValueExist
	}
	a, ok := n.firstAddress(m.sw)
	if ok {
		if code := n.insert(m.at(a)); code != retOK {
			return code
		}
	}
	m.resolved = ok
	n.unresolved = append(n.unresolved, m)
	return retOK
}

func (n *nat44) deleteMapping(m *natMapping) int32 {
	switch {
	case !n.enabled, !m.valid():
		return retUnsupported
	case m.sw == none:
		return n.remove(m)
	}
	at := slices.IndexFunc(n.unresolved, m.sameResolve)
	if at < 0 {
		return retNoSuchEntry
	}
	// The last one takes its place.
	last := len(n.unresolved) - 1
	n.unresolved[at] = n.unresolved[last]
	n.unresolved = n.unresolved[:last]
	if a, ok := n.firstAddress(m.sw); ok {
		return n.remove(m.at(a))
	}
	return retOK
}

// insert makes a static or an identity mapping. The latter may be there already,
// for another VRF; its tag is that of the first.
func (n *nat44) insert(m *natMapping) int32 {
	m.normal()
	if old := n.lookup[m.outside()]; old != nil {
		if !old.identity() || slices.ContainsFunc(old.all(), func(l natLocal) bool { return l.vrf == m.vrf }) {
			return retValueExist
		}
		n.use(m.vrf, n.low)
		old.put(natLocal{vrf: m.vrf})
		n.lookup[old.insideIn(m.vrf)] = old
		return retOK
	}
	if m.vrf == none {
		m.vrf = n.inside
	}
	n.use(m.vrf, n.low)
	if !m.is(natOut2InOnly) && !m.identity() && n.lookup[m.insideIn(m.vrf)] != nil {
		return retValueExist // with the lock still held
	}
	if m.identity() {
		m.put(natLocal{vrf: m.vrf})
	}
	n.place(m)
	if !m.is(natOut2InOnly) {
		n.lookup[m.insideIn(m.vrf)] = m
	}
	n.lookup[m.outside()] = m
	n.receive(m.external, true)
	return retOK
}

// place puts a mapping into the pool: where one has gone last.
func (n *nat44) place(m *natMapping) {
	if last := len(n.free) - 1; last >= 0 {
		n.mappings[n.free[last]] = m
		n.free = n.free[:last]
		return
	}
	n.mappings = append(n.mappings, m)
}

// leave frees a mapping's place.
func (n *nat44) leave(m *natMapping) {
	at := slices.Index(n.mappings, m)
	n.mappings[at] = nil
	n.free = append(n.free, at)
}

// all are the locals that there are, by slot.
func (m *natMapping) all() []natLocal {
	var list []natLocal
	for i, l := range m.locals {
		if !slices.Contains(m.free, i) {
			list = append(list, l)
		}
	}
	return list
}

func (m *natMapping) put(l natLocal) {
	if last := len(m.free) - 1; last >= 0 {
		m.locals[m.free[last]] = l
		m.free = m.free[:last]
		return
	}
	m.locals = append(m.locals, l)
}

// drop takes away the first local that is such.
func (m *natMapping) drop(is func(natLocal) bool) bool {
	for i, l := range m.locals {
		if !slices.Contains(m.free, i) && is(l) {
			m.free = append(m.free, i)
			return true
		}
	}
	return false
}

// remove deletes what has the outside address and port, whoever made it; what is
// noted of the inside goes by the request.
func (n *nat44) remove(m *natMapping) int32 {
	m.normal()
	old := n.lookup[m.outside()]
	if old == nil {
		return retNoSuchEntry
	}
	vrf := old.vrf
	if m.identity() {
		if vrf = m.vrf; vrf == none {
			vrf = n.inside
		}
		if !old.drop(func(l natLocal) bool { return l.vrf == vrf }) {
			return retNoSuchEntry
		}
	}
	if !m.is(natOut2InOnly) {
		delete(n.lookup, m.insideIn(vrf))
	}
	n.letGo(vrf)
	if len(old.all()) > 0 {
		return retOK
	}
	delete(n.lookup, m.outside())
	n.leave(old)
	n.receive(m.external, false)
	return retOK
}

// forget gives back what a mapping holds, when NAT44 is disabled.
func (n *nat44) forget(m *natMapping) {
	if !m.identity() && !m.is(natBalanced) {
		n.letGo(m.vrf)
	}
	for _, l := range m.all() {
		n.letGo(l.vrf)
	}
}

type (
	nat44AddDelStaticMapping struct {
		IsAdd                             bool
		Flags                             uint8
		LocalIPAddress, ExternalIPAddress [4]byte
		Protocol                          uint8
		LocalPort, ExternalPort           uint16
		ExternalSwIfIndex, VrfID          uint32
		Tag                               string
	}
	nat44StaticMappingDetails struct {
		Flags                             uint8
		LocalIPAddress, ExternalIPAddress [4]byte
		Protocol                          uint8
		LocalPort, ExternalPort           uint16
		ExternalSwIfIndex, VrfID          uint32
		Tag                               string
	}
	nat44AddDelIdentityMapping struct {
		IsAdd            bool
		Flags            uint8
		IPAddress        [4]byte
		Protocol         uint8
		Port             uint16
		SwIfIndex, VrfID uint32
		Tag              string
	}
	nat44IdentityMappingDetails struct {
		Flags            uint8
		IPAddress        [4]byte
		Protocol         uint8
		Port             uint16
		SwIfIndex, VrfID uint32
		Tag              string
	}
)

func serveNAT44Mapping(r *registry) {
	n := nat44Of(r.state)
	change := func(c *call, add bool, m *natMapping) int32 {
		switch {
		case m.sw != none && add && r.state.interfaces.pool.get(m.sw) == nil && m.sw >= r.state.interfaces.pool.peek():
			c.die("a mapping of the address of an interface that there never was")
			return retOK
		case add:
			return n.addMapping(m)
		}
		return n.deleteMapping(m)
	}
	for _, name := range []string{"nat44_add_del_static_mapping", "nat44_add_del_static_mapping_v2"} {
		onRetval(r, name, func(c *call, m *nat44AddDelStaticMapping) int32 {
			return change(c, m.IsAdd, &natMapping{
				local: m.LocalIPAddress, external: m.ExternalIPAddress, localPort: m.LocalPort, externalPort: m.ExternalPort, proto: m.Protocol,
				vrf: m.VrfID, flags: m.Flags & (natTwiceNAT | natSelfTwiceNAT | natOut2InOnly | natAddrOnly), tag: m.Tag, sw: m.ExternalSwIfIndex,
			})
		})
	}
	onRetval(r, "nat44_add_del_identity_mapping", func(c *call, m *nat44AddDelIdentityMapping) int32 {
		return change(c, m.IsAdd, &natMapping{
			external: m.IPAddress, localPort: m.Port, externalPort: m.Port, proto: m.Protocol, vrf: m.VrfID,
			flags: m.Flags&natAddrOnly | natIdentity, tag: m.Tag, sw: m.SwIfIndex,
		})
	})
	serveNAT44MappingDumps(r, n)
	serveNAT44Balanced(r, n)
}

func serveNAT44MappingDumps(r *registry, n *nat44) {
	static := sends[nat44StaticMappingDetails](r, "nat44_static_mapping_details")
	on(r, "nat44_static_mapping_dump", func(c *call, _ *empty) {
		for _, m := range n.mappings {
			if m != nil && !m.identity() && !m.is(natBalanced) {
				static.send(c, &nat44StaticMappingDetails{
					m.flags, m.local, m.external, m.proto, m.localPort, m.externalPort, none, m.vrf, m.tag,
				})
			}
		}
		for _, m := range n.unresolved {
			if !m.identity() {
				d := nat44StaticMappingDetails{
					Flags: m.flags & (natTwiceNAT | natAddrOnly), LocalIPAddress: m.local, ExternalSwIfIndex: m.sw, VrfID: m.vrf, Tag: m.tag,
				}
				if !m.is(natAddrOnly) {
					d.Protocol, d.LocalPort, d.ExternalPort = m.proto, m.localPort, m.externalPort
				}
				static.send(c, &d)
			}
		}
	})
	identity := sends[nat44IdentityMappingDetails](r, "nat44_identity_mapping_details")
	on(r, "nat44_identity_mapping_dump", func(c *call, _ *empty) {
		for _, m := range n.mappings {
			if m == nil || !m.identity() {
				continue
			}
			for _, l := range m.all() {
				identity.send(c, &nat44IdentityMappingDetails{m.flags & natAddrOnly, m.local, m.proto, m.localPort, none, l.vrf, m.tag})
			}
		}
		for _, m := range n.unresolved {
			if m.identity() {
				identity.send(c, &nat44IdentityMappingDetails{
					Flags: m.flags & natAddrOnly, Protocol: m.proto, Port: m.localPort, SwIfIndex: m.sw, VrfID: m.vrf, Tag: m.tag,
				})
			}
		}
	})
}
