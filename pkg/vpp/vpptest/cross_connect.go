package vpptest

// crossConnectKind is interfaces wired with each other, and what is done to the
// VLAN tags of frames on interfaces that are switched.
func crossConnectKind() kind {
	return kind{
		modules: []moduleRows{{name: "l2", rows: join(
			callRows("sw_interface_set_l2_xconnect", 0x4fa28a85,
				"interface_index rx_sw_if_index; interface_index tx_sw_if_index; bool enable default=true"),
			dumpRows("l2_xconnect_dump", 0x51077d14, "", "l2_xconnect_details", 0x472b6b67,
				"interface_index rx_sw_if_index; interface_index tx_sw_if_index"),
			callRows("l2_interface_vlan_tag_rewrite", 0x62cc0bbc,
				"interface_index sw_if_index; u32 vtr_op; u32 push_dot1q; u32 tag1; u32 tag2"),
		)}},
		serve: serveCrossConnect,
	}
}

// connect sends what comes in on an interface out of another.
func (l *l2) connect(i *swInterface, m *setL2CrossConnect) int32 {
	switch {
	case !m.Enable:
		l.leave(i)
	case l.state.interfaces.pool.get(m.TxSwIfIndex) == nil:
		return retInvalidSwIfIndex
	default:
		l.leaveBridge(i)
		l.arcs.set(i.index, arcFrameOutput, "OUTPUT", true)
		l.ports[i.index] = l2Port{mode: modeCrossConnect, peer: m.TxSwIfIndex}
	}
	return retOK
}

// rewrite is a change of VLAN tags: how many go and how many come, and those
// that come, the outer one first.
type rewrite struct {
	pop, push uint32
	tags      [2]struct {
		id    uint32
		dot1q bool
	}
}

// rewriteOps are pops and pushes by VPP's number.
var rewriteOps = [...][2]uint32{{}, {0, 1}, {0, 2}, {1, 0}, {2, 0}, {1, 1}, {1, 2}, {2, 1}, {2, 2}}

func (w rewrite) show(d *swInterfaceDetails) {
	for op, o := range rewriteOps {
		if o != [2]uint32{w.pop, w.push} {
			continue
		}
		d.VtrOp = uint32(op)
		if w.push > 0 {
			d.VtrTag1 = w.tags[0].id
			if w.tags[0].dot1q {
				d.VtrPushDot1q = 1
			}
		}
		if w.push > 1 {
			d.VtrTag2 = w.tags[1].id
		}
	}
}

// setRewrite refuses to take off more tags than a sub-interface is known by, but
// has forgotten the tags of the one before by then.
func (l *l2) setRewrite(i *swInterface, m *l2VLANTagRewrite) int32 {
	if m.VtrOp >= uint32(len(rewriteOps)) {
		return retInvalidValue
	}
	if !i.hw.ethernet {
		return retInvalidInterface
	}
	var tags uint32
	switch {
	case i.parent == nil || i.sub.flags&(subNoTags|subOuterAny) != 0:
	case i.sub.flags&subOneTag != 0, i.sub.flags&subInnerAny != 0:
		tags = 1
	case i.sub.flags&subTwoTags != 0:
		tags = 2
	}
	w := l.rewrites[i.index]
	w.tags = rewrite{}.tags
	o := rewriteOps[m.VtrOp]
	if o[0] > tags {
		l.rewrites[i.index] = w
		return retInvalidVLANTagCount
	}
	w.pop, w.push = o[0], o[1]
	if w.push > 0 {
		w.tags[0].id, w.tags[0].dot1q = m.Tag1, m.PushDot1q != 0
	}
	if w.push > 1 {
		w.tags[1].id, w.tags[1].dot1q = m.Tag2, true
	}
	l.rewrites[i.index] = w
	return retOK
}

type (
	setL2CrossConnect struct {
		RxSwIfIndex, TxSwIfIndex uint32
		Enable                   bool
	}
	l2CrossConnectDetails struct{ RxSwIfIndex, TxSwIfIndex uint32 }
	l2VLANTagRewrite      struct{ SwIfIndex, VtrOp, PushDot1q, Tag1, Tag2 uint32 }
)

func serveCrossConnect(r *registry) {
	l := part(r.state, newL2)
	onInterface(r, "sw_interface_set_l2_xconnect", func(m *setL2CrossConnect) uint32 { return m.RxSwIfIndex }, l.connect)
	details := sends[l2CrossConnectDetails](r, "l2_xconnect_details")
	on(r, "l2_xconnect_dump", func(c *call, _ *empty) {
		for sw := range uint32(len(r.state.interfaces.pool.slots)) {
			if p := l.ports[sw]; p.mode == modeCrossConnect {
				details.send(c, &l2CrossConnectDetails{sw, p.peer})
			}
		}
	})
	onInterface(r, "l2_interface_vlan_tag_rewrite", func(m *l2VLANTagRewrite) uint32 { return m.SwIfIndex }, l.setRewrite)
}
