package vpptest

import (
	"slices"
)

// bridgeKind is bridge domains and their ports.
func bridgeKind() kind {
	const (
		domain = "u32 bd_id; bool flood; bool uu_flood; bool forward; bool learn; bool arp_term; bool arp_ufwd; u8 mac_age; string bd_tag[64]"
		addDel = domain + "; bool is_add default=true"
	)
	return kind{
		types: `
enum bd_flags u32 BRIDGE_API_FLAG_NONE=0 BRIDGE_API_FLAG_LEARN=1 BRIDGE_API_FLAG_FWD=2 BRIDGE_API_FLAG_FLOOD=4 BRIDGE_API_FLAG_UU_FLOOD=8 BRIDGE_API_FLAG_ARP_TERM=16 BRIDGE_API_FLAG_ARP_UFWD=32
enum l2_port_type u32 L2_API_PORT_TYPE_NORMAL=0 L2_API_PORT_TYPE_BVI=1 L2_API_PORT_TYPE_UU_FWD=2
struct bridge_domain_sw_if u32 context; interface_index sw_if_index; u8 shg
`,
		modules: []moduleRows{{name: "l2", version: 0x1a53d6cc, semver: "3.3.0", rows: join(
			replyingRows("bridge_domain_add_del_v2", 0x600b7170, addDel, 0xfcb1e980, "u32 bd_id"),
			dumpRows("bridge_domain_dump", 0x74396a43, "u32 bd_id default=4294967295; interface_index sw_if_index default=4294967295",
				"bridge_domain_details", 0x0fa506fd, domain+"; interface_index bvi_sw_if_index; interface_index uu_fwd_sw_if_index; "+
					"u32 n_sw_ifs; bridge_domain_sw_if sw_if_details[n_sw_ifs]"),
			replyingRows("bridge_flags", 0x1b0c5fbd, "u32 bd_id; bool is_set; bd_flags flags", 0x29b2a2b3, "u32 resulting_feature_bitmap"),
			callRows("bridge_domain_set_mac_age", 0xb537ad7b, "u32 bd_id; u8 mac_age"),
			callRows("bridge_domain_set_learn_limit", 0x89c52b5f, "u32 bd_id; u32 learn_limit"),
			callRows("sw_interface_set_l2_bridge", 0xd0678b13,
				"interface_index rx_sw_if_index; u32 bd_id; l2_port_type port_type; u8 shg; bool enable default=true"),
		)}},
		serve: serveBridge,
	}
}

// Flags of a bridge domain.
const (
	bridgeLearn   = 1
	bridgeForward = 2
	bridgeFlood   = 4
	bridgeUUFlood = 8
	bridgeARPTerm = 16
	bridgeARPUfwd = 32
	// maxBridge is the largest bd_id.
	maxBridge = 1<<24 - 1
)

// Types of ports.
const (
	portNormal = 0
	portBVI    = 1
	portUUFwd  = 2
)

// bridge is a bridge domain. Its index is used again, with what VPP does not
// clear: the MAC age, and the MAC addresses that were written down.
type bridge struct {
	id         uint32
	used       bool
	flags      uint32
	macAge     uint8
	tag        string
	bvi, uuFwd uint32
	members    []bridgeMember
	arp        map[arpKey]mac
}

type bridgeMember struct {
	sw *swInterface
	// noFlood are loopbacks other than the BVI: they are the last.
	noFlood bool
}

// Modes of an interface.
const (
	modeL3 = iota
	modeBridge
	modeCrossConnect
)

// l2Port is how an interface is switched.
type l2Port struct {
	mode   int
	bridge int // index
	bvi    bool
	shg    uint8
	peer   uint32 // of a cross-connect
}

// l2 is all that is switched. Ports and tag rewrites belong to indices of
// interfaces, as in VPP.
type l2 struct {
	state    *state
	arcs     *featureArcs
	bridges  []*bridge // 0 is VPP's own
	ports    map[uint32]l2Port
	rewrites map[uint32]rewrite
	macs     map[fibMAC]fibMACEntry
}

func newL2(s *state) *l2 {
	l := &l2{
		state: s, arcs: features(s), bridges: []*bridge{{used: true}}, ports: map[uint32]l2Port{}, rewrites: map[uint32]rewrite{}, macs: map[fibMAC]fibMACEntry{},
	}
	s.interfaceGone = append(s.interfaceGone, l.gone)
	s.macChanged = append(s.macChanged, l.macChanged)
	s.interfaceShown = append(s.interfaceShown, func(i *swInterface, d *swInterfaceDetails) { l.rewrites[i.index].show(d) })
	return l
}

// find is the bridge domain of a bd_id and its index, -1 where there is none.
func (l *l2) find(id uint32) (*bridge, int) {
	at := slices.IndexFunc(l.bridges, func(b *bridge) bool { return b.used && b.id == id })
	if at < 0 {
		return nil, -1
	}
	return l.bridges[at], at
}

// add makes a bridge domain, at the first free index.
func (l *l2) add(id uint32) (*bridge, int) {
	at := slices.IndexFunc(l.bridges, func(b *bridge) bool { return !b.used })
	if at < 0 {
		at = len(l.bridges)
		l.bridges = append(l.bridges, &bridge{})
	}
	b := &bridge{
		id: id, used: true, flags: bridgeLearn | bridgeForward | bridgeFlood | bridgeUUFlood, macAge: l.bridges[at].macAge,
		bvi: none, uuFwd: none, arp: map[arpKey]mac{},
	}
	l.bridges[at] = b
	return b, at
}

// unused makes up a bd_id.
func (l *l2) unused() uint32 {
	for id := uint32(1); ; id++ {
		if _, at := l.find(id); at < 0 {
			return id
		}
	}
}

func (l *l2) addDel(m *bridgeDomainAddDel) int32 {
	b, at := l.find(m.BdID)
	switch {
	case m.IsAdd && at >= 0:
		return retDomainExists
	case m.IsAdd && m.BdID > maxBridge:
		return retDomainIDTooLarge
	case m.IsAdd:
		b, _ = l.add(m.BdID)
		b.flags = 0
		for bit, on := range map[uint32]bool{
			bridgeLearn: m.Learn, bridgeForward: m.Forward, bridgeFlood: m.Flood, bridgeUUFlood: m.UuFlood,
			bridgeARPTerm: m.ArpTerm, bridgeARPUfwd: m.ArpUfwd,
		} {
			if on {
				b.flags |= bit
			}
		}
		b.macAge, b.tag = m.MacAge, m.BdTag
		return retOK
	case at < 0:
		return retNoSuchEntry
	case at == 0:
		return retDomainNotModifiable
	case len(b.members) > 0:
		return retDomainInUse
	}
	b.used, b.arp = false, nil
	return retOK
}

// modifiable is the bridge domain that a message names, or why there is none.
func (l *l2) modifiable(id uint32) (*bridge, int32) {
	b, at := l.find(id)
	switch {
	case id == 0:
		return nil, retDomainNotModifiable
	case at < 0:
		return nil, retNoSuchEntry
	}
	return b, retOK
}

// join puts an interface into a bridge domain, which it makes if need be.
func (l *l2) join(i *swInterface, m *setL2Bridge) int32 {
	switch {
	case m.PortType > portUUFwd:
		return retInvalidValue
	case !m.Enable:
		l.leave(i)
		return retOK
	case m.BdID > maxBridge:
		return retDomainIDTooLarge
	}
	b, at := l.find(m.BdID)
	if b == nil {
		b, at = l.add(m.BdID)
	}
	l.leaveBridge(i)
	l.arcs.set(i.index, arcFrameOutput, "OUTPUT", true)
	p := l2Port{mode: modeBridge, bridge: at, shg: l.ports[i.index].shg}
	if m.PortType == portBVI && b.bvi != none {
		l.ports[i.index] = p // it is in by half
		return retDomainHasBVI
	}
	p.shg = m.Shg
	switch m.PortType {
	case portBVI:
		p.bvi, b.bvi = true, i.index
		l.macs[fibMAC{at, i.hw.mac}] = fibMACEntry{sw: i.index, static: true, bvi: true}
		b.members = slices.Insert(b.members, 0, bridgeMember{sw: i})
	case portUUFwd:
		b.uuFwd = i.index
	default:
		member := bridgeMember{sw: i, noFlood: i.loopback}
		last := len(b.members)
		for !member.noFlood && last > 0 && b.members[last-1].noFlood {
			last--
		}
		b.members = slices.Insert(b.members, last, member)
	}
	l.ports[i.index] = p
	return retOK
}

// leaveBridge takes an interface out of its bridge domain; what it is else
// stays.
func (l *l2) leaveBridge(i *swInterface) {
	p := l.ports[i.index]
	if p.mode != modeBridge {
		return
	}
	b := l.bridges[p.bridge]
	b.members = slices.DeleteFunc(b.members, func(m bridgeMember) bool { return m.sw == i })
	if b.bvi == i.index {
		b.bvi = none
		l.forgetMAC(fibMAC{p.bridge, i.hw.mac}, i.index)
	}
	if b.uuFwd == i.index {
		b.uuFwd = none
	}
}

// leave has an interface routed, and forgets its tag rewrite and what is done to
// its frames, which those that asked for it do not know.
func (l *l2) leave(i *swInterface) {
	l.leaveBridge(i)
	l.arcs.wipeFrames(i.index)
	delete(l.ports, i.index)
	delete(l.rewrites, i.index)
}

// gone is told of every interface that is being deleted. Of a cross-connect the
// other end is routed again too, whatever it was.
func (l *l2) gone(i *swInterface) {
	p := l.ports[i.index]
	if p.mode == modeCrossConnect {
		if peer := l.state.interfaces.pool.get(p.peer); peer != nil {
			l.leave(peer)
		}
	}
	if p.mode != modeL3 {
		l.leave(i)
	}
}

// macChanged moves the entry of a BVI to its new MAC address.
func (l *l2) macChanged(i *swInterface, old mac) {
	if p := l.ports[i.index]; p.bvi {
		l.forgetMAC(fibMAC{p.bridge, old}, i.index)
		l.macs[fibMAC{p.bridge, i.mac}] = fibMACEntry{sw: i.index, static: true, bvi: true}
	}
}

type (
	bridgeDomainAddDel struct {
		BdID                                             uint32
		Flood, UuFlood, Forward, Learn, ArpTerm, ArpUfwd bool
		MacAge                                           uint8
		BdTag                                            string
		IsAdd                                            bool
	}
	bridgeDomainAddDelReply struct {
		Retval int32
		BdID   uint32
	}
	bridgeDomainDump struct{ BdID, SwIfIndex uint32 }
	wireBridgeMember struct {
		Context, SwIfIndex uint32
		Shg                uint8
	}
	bridgeDomainDetails struct {
		BdID                                             uint32
		Flood, UuFlood, Forward, Learn, ArpTerm, ArpUfwd bool
		MacAge                                           uint8
		BdTag                                            string
		BviSwIfIndex, UuFwdSwIfIndex                     uint32
		SwIfDetails                                      []wireBridgeMember
	}
	setBridgeFlags struct {
		BdID  uint32
		IsSet bool
		Flags uint32
	}
	setBridgeFlagsReply struct {
		Retval                 int32
		ResultingFeatureBitmap uint32
	}
	setBridgeMACAge struct {
		BdID   uint32
		MacAge uint8
	}
	setBridgeLearnLimit struct{ BdID, LearnLimit uint32 }
	setL2Bridge         struct {
		RxSwIfIndex, BdID, PortType uint32
		Shg                         uint8
		Enable                      bool
	}
)

func serveBridge(r *registry) {
	l := part(r.state, newL2)
	added := sends[bridgeDomainAddDelReply](r, "bridge_domain_add_del_v2_reply")
	on(r, "bridge_domain_add_del_v2", func(c *call, m *bridgeDomainAddDel) {
		if m.BdID == none && m.IsAdd {
			m.BdID = l.unused()
		}
		added.send(c, &bridgeDomainAddDelReply{l.addDel(m), m.BdID})
	})
	details := sends[bridgeDomainDetails](r, "bridge_domain_details")
	on(r, "bridge_domain_dump", func(c *call, m *bridgeDomainDump) {
		if m.SwIfIndex != none || m.BdID == 0 {
			return
		}
		for _, b := range l.bridges[1:] {
			if b.used && (m.BdID == none || m.BdID == b.id) {
				details.send(c, l.details(b))
			}
		}
	})
	flagged := sends[setBridgeFlagsReply](r, "bridge_flags_reply")
	on(r, "bridge_flags", func(c *call, m *setBridgeFlags) {
		b, retval := l.modifiable(m.BdID)
		switch {
		case b == nil:
		case m.IsSet:
			b.flags |= m.Flags
		default:
			b.flags &^= m.Flags
		}
		flagged.send(c, &setBridgeFlagsReply{Retval: retval})
	})
	onRetval(r, "bridge_domain_set_mac_age", func(_ *call, m *setBridgeMACAge) int32 {
		b, retval := l.modifiable(m.BdID)
		if b != nil {
			b.macAge = m.MacAge
		}
		return retval
	})
	onRetval(r, "bridge_domain_set_learn_limit", func(_ *call, m *setBridgeLearnLimit) int32 {
		_, retval := l.modifiable(m.BdID)
		return retval
	})
	onInterface(r, "sw_interface_set_l2_bridge", func(m *setL2Bridge) uint32 { return m.RxSwIfIndex }, l.join)
}

func (l *l2) details(b *bridge) *bridgeDomainDetails {
	d := &bridgeDomainDetails{
		BdID: b.id, Flood: b.flags&bridgeFlood != 0, UuFlood: b.flags&bridgeUUFlood != 0, Forward: b.flags&bridgeForward != 0,
		Learn: b.flags&bridgeLearn != 0, ArpTerm: b.flags&bridgeARPTerm != 0, ArpUfwd: b.flags&bridgeARPUfwd != 0,
		MacAge: b.macAge, BdTag: b.tag, BviSwIfIndex: b.bvi, UuFwdSwIfIndex: b.uuFwd,
	}
	for _, m := range b.members {
		d.SwIfDetails = append(d.SwIfDetails, wireBridgeMember{SwIfIndex: m.sw.index, Shg: l.ports[m.sw.index].shg})
	}
	return d
}
