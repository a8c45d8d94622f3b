package vpptest

import "slices"

type (
	nat44LBAddrPort struct {
		Addr        [4]byte
		Port        uint16
		Probability uint8
		VrfID       uint32
	}
	nat44AddDelLBStaticMapping struct {
		IsAdd        bool
		Flags        uint8
		ExternalAddr [4]byte
		ExternalPort uint16
		Protocol     uint8
		Affinity     uint32
		Tag          string
		Locals       []nat44LBAddrPort
	}
	nat44LBStaticMappingAddDelLocal struct {
		IsAdd        bool
		ExternalAddr [4]byte
		ExternalPort uint16
		Protocol     uint8
		Local        nat44LBAddrPort
	}
	nat44LBStaticMappingDetails struct {
		ExternalAddr [4]byte
		ExternalPort uint16
		Protocol     uint8
		Flags        uint8
		Tag          string
		Locals       []nat44LBAddrPort
	}
)

// addBalanced makes a load-balanced mapping. Its inside hosts VPP notes in VRF
// default, over whatever is there.
func (n *nat44) addBalanced(m *natMapping) int32 {
	switch {
	case !n.enabled:
		return retUnsupported
	case n.lookup[m.outside()] != nil:
		return retValueExist
	case len(m.locals) < 2:
		return retInvalidValue
	case !m.is(natOut2InOnly) && !n.inPool(m.external, false):
		return retNoSuchEntry
	}
	n.place(m)
	n.lookup[m.outside()] = m
	for _, l := range m.locals {
		n.use(l.vrf, n.low)
		if !m.is(natOut2InOnly) {
			n.lookup[l.key(m.proto, 0)] = m
		}
	}
	return retOK
}

func (l natLocal) key(proto uint8, vrf uint32) natKey {
	return natKey{inside: true, addr: l.addr, port: l.port, vrf: vrf, proto: proto}
}

func (n *nat44) deleteBalanced(m *natMapping) int32 {
	old := n.lookup[m.outside()]
	switch {
	case !n.enabled:
		return retUnsupported
	case old == nil:
		return retNoSuchEntry
	case !old.is(natBalanced):
		return retInvalidValue
	}
	delete(n.lookup, m.outside())
	for _, l := range old.all() {
		n.letGo(l.vrf)
		if !m.is(natOut2InOnly) {
			delete(n.lookup, l.key(m.proto, l.vrf))
		}
	}
	n.leave(old)
	return retOK
}

func (n *nat44) setBackend(outside natKey, l natLocal, add bool) int32 {
	m := n.lookup[outside]
	switch {
	case !n.enabled:
		return retUnsupported
	case m == nil:
		return retNoSuchEntry
	case !m.is(natBalanced):
		return retInvalidValue
	}
	same := func(x natLocal) bool { return x.addr == l.addr && x.port == l.port && x.vrf == l.vrf }
	known := slices.ContainsFunc(m.all(), same)
	switch {
	case add && known:
		return retValueExist
	case add:
		n.use(l.vrf, n.low)
		m.put(l)
		if !m.is(natOut2InOnly) {
			n.lookup[l.key(m.proto, l.vrf)] = m
		}
	case !known:
		return retNoSuchEntry
	case len(m.all()) < 3:
		return retUnspecified
	default:
		m.drop(same)
		n.letGo(l.vrf)
		if !m.is(natOut2InOnly) {
			delete(n.lookup, l.key(m.proto, l.vrf))
		}
	}
	return retOK
}

func (w nat44LBAddrPort) local() natLocal { return natLocal{w.Addr, w.Port, w.Probability, w.VrfID} }

func serveNAT44Balanced(r *registry, n *nat44) {
	onRetval(r, "nat44_add_del_lb_static_mapping", func(c *call, w *nat44AddDelLBStaticMapping) int32 {
		if len(w.Locals) > 255 {
			c.die("it counts backends in one byte, for ever")
			return retOK
		}
		m := &natMapping{external: w.ExternalAddr, externalPort: w.ExternalPort, proto: w.Protocol, tag: w.Tag, sw: none}
		switch {
		case w.Flags&natTwiceNAT != 0:
			m.flags = natTwiceNAT
		case w.Flags&natSelfTwiceNAT != 0:
			m.flags = natSelfTwiceNAT
		}
		m.flags |= w.Flags&natOut2InOnly | natBalanced
		for _, l := range w.Locals {
			m.locals = append(m.locals, l.local())
		}
		if w.IsAdd {
			return n.addBalanced(m)
		}
		return n.deleteBalanced(m)
	})
	onRetval(r, "nat44_lb_static_mapping_add_del_local", func(_ *call, w *nat44LBStaticMappingAddDelLocal) int32 {
		return n.setBackend(natKey{addr: w.ExternalAddr, port: w.ExternalPort, proto: w.Protocol}, w.Local.local(), w.IsAdd)
	})
	details := sends[nat44LBStaticMappingDetails](r, "nat44_lb_static_mapping_details")
	on(r, "nat44_lb_static_mapping_dump", func(c *call, _ *empty) {
		for _, m := range n.mappings {
			if m == nil || !m.is(natBalanced) {
				continue
			}
			d := nat44LBStaticMappingDetails{ // without the affinity
				ExternalAddr: m.external, ExternalPort: m.externalPort, Protocol: m.proto, Flags: m.flags &^ natBalanced, Tag: m.tag,
			}
			for _, l := range m.all() {
				d.Locals = append(d.Locals, nat44LBAddrPort{l.addr, l.port, l.probability, l.vrf})
			}
			details.send(c, &d)
		}
	})
}
