package vpptest

// mssClampKind is clamps of the TCP maximum segment size, which VPP remembers
// by the index of their interface and beyond its end.
func mssClampKind() kind {
	const fields = "interface_index sw_if_index; u16 ipv4_mss; u16 ipv6_mss; mss_clamp_dir ipv4_direction; mss_clamp_dir ipv6_direction"
	return kind{
		types: "enum mss_clamp_dir u8 MSS_CLAMP_DIR_NONE=0 MSS_CLAMP_DIR_RX=1 MSS_CLAMP_DIR_TX=2",
		modules: []moduleRows{{name: "mss_clamp", version: 0xea8186c0, semver: "1.0.0", rows: join(
			callRows("mss_clamp_enable_disable", 0xd31b44e3, fields),
			streamRows("mss_clamp_get", 0x47250981, "u32 cursor; interface_index sw_if_index", 0x53b48f5d, "mss_clamp_details", 0xd3a4de61, fields),
		)}},
		serve: serveMSSClamp,
	}
}

// Bits of mss_clamp_dir.
const (
	mssRx uint8 = 1 << iota
	mssTx
)

type (
	wireMSSClamp struct {
		SwIfIndex                    uint32
		IPv4MSS, IPv6MSS             uint16
		IPv4Direction, IPv6Direction uint8
	}
	mssClampGet struct{ Cursor, SwIfIndex uint32 }
)

// noMSS is what VPP remembers for a family that is not clamped.
const noMSS = 0xffff

func serveMSSClamp(r *registry) {
	var clamps []wireMSSClamp // by index
	arcs := features(r.state)
	onInterface(r, "mss_clamp_enable_disable", func(m *wireMSSClamp) uint32 { return m.SwIfIndex }, func(i *swInterface, m *wireMSSClamp) int32 {
		for uint32(len(clamps)) <= i.index {
			clamps = append(clamps, wireMSSClamp{SwIfIndex: uint32(len(clamps)), IPv4MSS: noMSS, IPv6MSS: noMSS})
		}
		last, next := clamps[i.index], *m
		for family, d := range map[string][2]uint8{
			"ip4": {last.IPv4Direction, next.IPv4Direction}, "ip6": {last.IPv6Direction, next.IPv6Direction},
		} {
			for bit, at := range map[uint8][2]string{mssRx: {"-unicast", "-in"}, mssTx: {"-output", "-out"}} {
				if (d[0]^d[1])&bit != 0 {
					arcs.set(i.index, family+at[0], "tcp-mss-clamping-"+family+at[1], d[1]&bit != 0)
				}
			}
		}
		clamps[i.index] = next
		return retOK
	})

	details, reply := sends[wireMSSClamp](r, "mss_clamp_details"), sends[cursorReply](r, "mss_clamp_get_reply")
	page := uint32(r.state.streamPage)
	show := func(c *call, index uint32) {
		d := clamps[index]
		if d.IPv4Direction == 0 {
			d.IPv4MSS = 0
		}
		if d.IPv6Direction == 0 {
			d.IPv6MSS = 0
		}
		if d.IPv4Direction != 0 || d.IPv6Direction != 0 {
			details.send(c, &d)
		}
	}
	on(r, "mss_clamp_get", func(c *call, m *mssClampGet) {
		size := uint32(len(clamps))
		switch {
		case m.SwIfIndex != none && r.state.interfaces.pool.get(m.SwIfIndex) == nil:
			reply.send(c, &cursorReply{retInvalidSwIfIndex, none})
			return
		case m.SwIfIndex != none:
			if m.SwIfIndex < size {
				show(c, m.SwIfIndex)
			}
			reply.send(c, &cursorReply{retOK, none})
			return
		case size == 0:
			reply.send(c, &cursorReply{retOK, none})
			return
		}
		at := m.Cursor
		if at == none {
			at = 0
		}
		for n := uint32(0); at < size; at, n = at+1, n+1 {
			if n == page {
				reply.send(c, &cursorReply{retEagain, at})
				return
			}
			show(c, at)
		}
		reply.send(c, &cursorReply{retOK, at})
	})
}
