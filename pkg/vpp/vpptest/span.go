package vpptest

import (
	"cmp"
	"maps"
	"slices"
)

// spanKind is port mirrors, which VPP remembers by the indices of both
// interfaces and beyond their ends.
func spanKind() kind {
	const fields = "interface_index sw_if_index_from; interface_index sw_if_index_to; span_state state; bool is_l2"
	return kind{
		types: "enum span_state u32 SPAN_STATE_API_DISABLED=0 SPAN_STATE_API_RX=1 SPAN_STATE_API_TX=2 SPAN_STATE_API_RX_TX=3",
		modules: []moduleRows{{name: "span", version: 0x34ee02b, semver: "2.0.0", rows: join(
			callRows("sw_interface_span_enable_disable", 0x23ddd96b, fields),
			dumpRows("sw_interface_span_dump", 0xd6cf0c3d, "bool is_l2", "sw_interface_span_details", 0x8a20e79f, fields),
		)}},
		serve: serveSpan,
	}
}

type wireSpan struct {
	SwIfIndexFrom, SwIfIndexTo uint32
	State                      uint32
	IsL2                       bool
}

// spanPort is one direction of an interface at one level: 1 for received, 2 for
// sent.
type spanPort struct {
	sw  uint32
	dir uint32
	l2  bool
}

// spanArcs are the arcs and the nodes of a direction and level.
var spanArcs = map[spanPort][][2]string{
	{dir: 1}:           {{"device-input", "span-input"}, {"port-rx-eth", "span-input"}},
	{dir: 2}:           {{"interface-output", "span-output"}},
	{dir: 1, l2: true}: {{"l2-input", "SPAN"}},
	{dir: 2, l2: true}: {{"l2-output", "SPAN"}},
}

func serveSpan(r *registry) {
	mirrors := map[spanPort]map[uint32]bool{} // destinations
	arcs := features(r.state)
	onRetval(r, "sw_interface_span_enable_disable", func(_ *call, m *wireSpan) int32 {
		switch {
		case m.State > 3:
			return retUnimplemented
		case m.SwIfIndexFrom == none, m.SwIfIndexTo == none && m.State > 0, m.SwIfIndexFrom == m.SwIfIndexTo:
			return retInvalidInterface
		}
		for dir := uint32(1); dir <= 2; dir++ {
			port := spanPort{m.SwIfIndexFrom, dir, m.IsL2}
			to := mirrors[port]
			if to == nil {
				to = map[uint32]bool{}
				mirrors[port] = to
			}
			last, on := len(to), m.State&dir != 0
			switch {
			case m.SwIfIndexTo == none:
				clear(to)
			case on:
				to[m.SwIfIndexTo] = true
			default:
				delete(to, m.SwIfIndexTo)
			}
			if last == 0 && len(to) == 1 || last > 0 && len(to) == 0 {
				for _, at := range spanArcs[spanPort{0, dir, m.IsL2}] {
					arcs.set(port.sw, at[0], at[1], on)
				}
			}
		}
		return retOK
	})

	details := sends[wireSpan](r, "sw_interface_span_details")
	on(r, "sw_interface_span_dump", func(c *call, m *wireSpanDump) {
		rows := map[[2]uint32]uint32{} // from, to → state
		for port, to := range mirrors {
			if port.l2 == m.IsL2 {
				for sw := range to {
					rows[[2]uint32{port.sw, sw}] |= port.dir
				}
			}
		}
		keys := slices.SortedFunc(maps.Keys(rows), func(a, b [2]uint32) int {
			return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
		})
		for _, k := range keys {
			details.send(c, &wireSpan{k[0], k[1], rows[k], m.IsL2})
		}
	})
}

type wireSpanDump struct{ IsL2 bool }
