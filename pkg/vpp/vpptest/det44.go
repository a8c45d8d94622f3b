package vpptest

import "slices"

// det44Kind is deterministic NAT (carrier grade).
func det44Kind() kind {
	const mapFields = "ip4_address in_addr; u8 in_plen; ip4_address out_addr; u8 out_plen"
	return kind{
		modules: []moduleRows{
			{name: "det44", version: 0x6d6e88dd, semver: "1.0.0", rows: join(
				callRows("det44_plugin_enable_disable", 0x617b6bf8, "u32 inside_vrf; u32 outside_vrf; bool enable"),
				callRows("det44_interface_add_del_feature", 0xdc17a836, "bool is_add; bool is_inside; interface_index sw_if_index"),
				dumpRows("det44_interface_dump", 0x51077d14, "", "det44_interface_details", 0xe60cc5be,
					"bool is_inside; bool is_outside; interface_index sw_if_index"),
				callRows("det44_add_del_map", 0x1150a190, "bool is_add; "+mapFields),
				dumpRows("det44_map_dump", 0x51077d14, "", "det44_map_details", 0xad91dc83, mapFields+"; u32 sharing_ratio; u16 ports_per_host; u32 ses_num"),
				inProgress(callRows("det44_set_timeouts", 0xd4746b16, natTimeoutFields)),
				det44TimeoutsRows(),
			)},
			{name: "feature", rows: callRows("feature_enable_disable", 0x7531c862,
				"interface_index sw_if_index; bool enable; string arc_name[64]; string feature_name[64]")},
		},
		serve: serveDet44,
	}
}

// det44TimeoutsRows is a request that is not in progress and whose reply is.
func det44TimeoutsRows() []row {
	rows := replyingRows("det44_get_timeouts", 0x51077d14, "", 0x3c4df4e1, natTimeoutFields)
	inProgress(rows[1:])
	return rows
}

type (
	det44SetInterface struct {
		IsAdd, IsInside bool
		SwIfIndex       uint32
	}
	det44InterfaceDetails struct {
		IsInside, IsOutside bool
		SwIfIndex           uint32
	}
	det44SetMap struct {
		IsAdd bool
		det44Map
	}
	det44Map struct {
		InAddr  [4]byte
		InPlen  uint8
		OutAddr [4]byte
		OutPlen uint8
	}
	det44MapDetails struct {
		det44Map
		SharingRatio uint32
		PortsPerHost uint16
		SesNum       uint32
	}
	featureEnable struct {
		SwIfIndex            uint32
		Enable               bool
		ArcName, FeatureName string
	}
)

// det44 is what VPP keeps. Interfaces it keeps by their index, beyond their end.
type det44 struct {
	state      *state
	enabled    bool
	timeouts   natTimeouts
	interfaces pool[det44InterfaceDetails]
	maps       []det44Map
	low        uint8 // the source of the routes to the outside prefixes
}

// set puts an interface on a side or takes it off. VPP puts the node on in both
// cases.
func (d *det44) set(i *swInterface, inside, add bool) int32 {
	there, at := false, uint32(0)
	for index, one := range d.interfaces.all() {
		if one.SwIfIndex == i.index {
			there, at = true, index
		}
	}
	if there == add {
		return retInvalidValue
	}
	node := "det44-out2in"
	if inside {
		node = "det44-in2out"
	}
	reassemblies(d.state).set(i.index, false, add)
	features(d.state).set(i.index, "ip4-unicast", node, true)
	if add {
		d.interfaces.put(&det44InterfaceDetails{inside, !inside, i.index})
	} else {
		d.interfaces.remove(at)
	}
	if !inside {
		for _, m := range d.maps {
			natRoute(d.state, d.low, ip4Prefix(m.OutAddr, m.OutPlen), i.index, add)
		}
	}
	return retOK
}

func (d *det44) addDelMap(m det44Map, add bool) int32 {
	if add && (m.InPlen > m.OutPlen || m.OutPlen > 32 || m.InPlen < 16) {
		d.state.fib.lethal = "a map of det44 whose inside prefix is longer than the outside one, or very short"
		return retOK
	}
	m.InAddr, m.OutAddr = masked(m.InAddr, m.InPlen), masked(m.OutAddr, m.OutPlen)
	at := slices.Index(d.maps, m)
	switch {
	case add && at >= 0:
		return retValueExist
	case add:
		d.maps = append(d.maps, m)
	case at < 0:
		return retNoSuchEntry
	default:
		d.maps[at] = d.maps[len(d.maps)-1] // the last one takes its place
		d.maps = d.maps[:len(d.maps)-1]
	}
	for _, i := range d.interfaces.all() {
		if i.IsOutside { // the first one alone is told
			natRoute(d.state, d.low, ip4Prefix(m.OutAddr, m.OutPlen), i.SwIfIndex, add)
			break
		}
	}
	return retOK
}

func masked(a [4]byte, length uint8) [4]byte {
	return ip4Bytes(ip4Number(a) &^ uint32(1<<(32-uint64(min(length, 32)))-1))
}

func serveDet44(r *registry) {
	d := &det44{state: r.state, timeouts: defaultNATTimeouts}
	_, d.low = natSources(r.state, "det44")
	onRetval(r, "det44_plugin_enable_disable", func(c *call, m *natEnable) int32 {
		switch {
		case m.Enable == d.enabled:
			return 1
		case !m.Enable:
			c.die("det44 was disabled")
		}
		d.enabled = true
		return retOK
	})
	onInterface(r, "det44_interface_add_del_feature", func(m *det44SetInterface) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *det44SetInterface) int32 { return d.set(i, m.IsInside, m.IsAdd) })
	onRetval(r, "det44_add_del_map", func(_ *call, m *det44SetMap) int32 { return d.addDelMap(m.det44Map, m.IsAdd) })
	onRetval(r, "det44_set_timeouts", func(_ *call, m *natTimeouts) int32 {
		for _, f := range []struct {
			from uint32
			to   *uint32
		}{
			{m.UDP, &d.timeouts.UDP},
			{m.TCPEstablished, &d.timeouts.TCPEstablished},
			{m.TCPTransitory, &d.timeouts.TCPTransitory},
			{m.ICMP, &d.timeouts.ICMP},
		} {
			if f.from != 0 {
				*f.to = f.from
			}
		}
		return retOK
	})
	timeouts := sends[natTimeoutsReply](r, "det44_get_timeouts_reply")
	on(r, "det44_get_timeouts", func(c *call, _ *empty) { timeouts.send(c, &natTimeoutsReply{natTimeouts: d.timeouts}) })
	interfaces := sends[det44InterfaceDetails](r, "det44_interface_details")
	on(r, "det44_interface_dump", func(c *call, _ *empty) {
		for _, i := range d.interfaces.all() {
			interfaces.send(c, i)
		}
	})
	maps := sends[det44MapDetails](r, "det44_map_details")
	on(r, "det44_map_dump", func(c *call, _ *empty) {
		for _, m := range d.maps {
			ratio := uint32(1) << (m.OutPlen - m.InPlen)
			maps.send(c, &det44MapDetails{det44Map: m, SharingRatio: ratio, PortsPerHost: uint16((65535 - 1023) / ratio)})
		}
	})
	serveFeatureEnable(r)
}

// serveFeatureEnable is to put any node of an arc on an interface or take it off.
func serveFeatureEnable(r *registry) {
	arcs := features(r.state)
	onInterface(r, "feature_enable_disable", func(m *featureEnable) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *featureEnable) int32 {
			arcs.set(i.index, m.ArcName, m.FeatureName, m.Enable)
			return retOK
		})
}
