package vpptest

import "fmt"

// greKind is GRE tunnels. The messages without v2 know no key.
func greKind() kind {
	const fields = "gre_tunnel_type type; tunnel_mode mode; tunnel_encap_decap_flags flags; u16 session_id; u32 instance; " +
		"u32 outer_table_id; interface_index sw_if_index; address src; address dst"
	return kind{
		types: tunnelTypes + `
enum gre_tunnel_type u8 GRE_API_TUNNEL_TYPE_L3=0 GRE_API_TUNNEL_TYPE_TEB=1 GRE_API_TUNNEL_TYPE_ERSPAN=2
struct gre_tunnel ` + fields + `
struct gre_tunnel_v2 ` + fields + `; u32 key
`,
		modules: []moduleRows{{name: "gre", version: 0x01bfeec2, semver: "2.2.0", rows: join(
			replyingRows("gre_tunnel_add_del", 0xa27d7f17, "bool is_add; gre_tunnel tunnel", crcSwIfIndex, swIfIndexField),
			replyingRows("gre_tunnel_add_del_v2", 0x7d9576de, "bool is_add; gre_tunnel_v2 tunnel", crcSwIfIndex, swIfIndexField),
			dumpRows("gre_tunnel_dump", 0xf9e6675e, swIfIndexField, "gre_tunnel_details", 0x24435433, "gre_tunnel tunnel"),
			dumpRows("gre_tunnel_v2_dump", 0xf9e6675e, swIfIndexField, "gre_tunnel_v2_details", 0x65521177, "gre_tunnel_v2 tunnel"),
			greDumpV2Rows(),
		)}},
		serve: serveGre,
	}
}

// greDumpV2Rows is gre_tunnel_dump_v2, which announces a reply that never
// comes and details that are called an event. Use gre_tunnel_v2_dump.
func greDumpV2Rows() []row {
	rows := callRows("gre_tunnel_dump_v2", 0xf9e6675e, swIfIndexField)
	rows[0].service.events = []string{"gre_tunnel_details_v2"}
	return append(rows, row{name: "gre_tunnel_details_v2", crc: 0x65521177, fields: "u32 context; gre_tunnel_v2 tunnel"})
}

const (
	greL3     = 0
	greTEB    = 1
	greERSPAN = 2
	greHeader = 4
	// greSessions is how many ERSPAN sessions there are.
	greSessions = 1024
)

type (
	wireGre struct {
		Type, Mode, Flags uint8
		SessionID         uint16
		Instance          uint32
		OuterTableID      uint32
		SwIfIndex         uint32
		Src, Dst          wireAddress
		Key               uint32 `vpp:",optional"`
	}
	greAddDel struct {
		IsAdd  bool
		Tunnel wireGre
	}
	greDetails struct{ Tunnel wireGre }
)

// greKey is what no two tunnels share.
type greKey struct {
	src, dst  prefix
	table     *table
	typ, mode uint8
	session   uint16
	key       uint32
}

type gre struct {
	sw   *swInterface
	wire wireGre
}

// greDevice is the hardware of a tunnel: its place in the pool is in the MAC
// address.
func greDevice(w *wireGre, family uint8, place uint32) device {
	d := device{name: fmt.Sprintf("gre%d", w.Instance), devType: "GRE tunnel device", carrier: true}
	overhead := ipHeader[family] + greHeader
	if d.linkMTU = 0xffff - overhead + 1; w.Type != greL3 {
		d.ethernet, d.mac = true, mac{0xd0, 0x0b, 0xee, 0xd0, byte(place >> 8), byte(place)}
		d.linkMTU = usualMTU + ethernetOverhead - overhead
	}
	return d
}

// ethernetOverhead is what VPP adds to the MTU of an Ethernet for its frames.
const ethernetOverhead = 22

// greKeyOf reads a request; a refusal tells what is wrong with it.
func greKeyOf(f *fib, w *wireGre) (key greKey, retval int32) {
	key = greKey{src: w.Src.host(), dst: w.Dst.host(), typ: w.Type, mode: w.Mode, session: w.SessionID, key: w.Key}
	key.table = f.find(int(key.src.family), w.OuterTableID)
	switch {
	case w.Type > greERSPAN && key.src.family == key.dst.family && key.src != key.dst:
		return key, retInvalidValue
	case checkEnds(key.src, key.dst, w.Mode) != retOK:
		return key, checkEnds(key.src, key.dst, w.Mode)
	case key.table == nil:
		return key, retNoSuchFIB
	case w.SessionID >= greSessions:
		return key, retInvalidSessionID
	case w.Mode == tunnelModeMP && key.dst.addr != (address{}):
		return key, retInvalidDstAddress
	}
	return key, retOK
}

func serveGre(r *registry) {
	tunnels := newTunnelPool[greKey, gre]()
	interfaces := r.state.interfaces
	addDel := func(add bool, w wireGre) swIfIndexReply {
		key, retval := greKeyOf(r.state.fib, &w)
		if retval != retOK {
			return swIfIndexReply{retval, none}
		}
		had := tunnels.find(key)
		switch {
		case add && had != nil:
			return swIfIndexReply{retIfAlreadyExists, none}
		case !add && had == nil:
			return swIfIndexReply{retNoSuchEntry, none}
		case !add:
			sw := had.sw.index
			tunnels.remove(key, had.wire.Instance)
			interfaces.delete(had.sw)
			return swIfIndexReply{retOK, sw}
		}
		var ok bool
		if w.Instance, ok = tunnels.instance(w.Instance); !ok {
			return swIfIndexReply{retInstanceInUse, none}
		}
		i := &swInterface{device: greDevice(&w, key.src.family, tunnels.pool.peek()), mtu: [4]uint32{usualMTU}}
		if w.SwIfIndex = interfaces.add(i); w.Type != greERSPAN {
			w.SessionID = 0 // in the key all the same
		}
		w.Src, w.Dst = key.src.wire().Address, key.dst.wire().Address
		tunnels.put(key, w.Instance, &gre{i, w})
		return swIfIndexReply{retOK, w.SwIfIndex}
	}
	for _, name := range []string{"gre_tunnel_add_del", "gre_tunnel_add_del_v2"} {
		done := sends[swIfIndexReply](r, name+"_reply")
		on(r, name, func(c *call, m *greAddDel) {
			w := m.Tunnel
			if name == "gre_tunnel_add_del" {
				w.Key = 0
			}
			reply := addDel(m.IsAdd, w)
			done.send(c, &reply)
		})
	}
	for name, detailsName := range map[string]string{
		"gre_tunnel_dump": "gre_tunnel_details", "gre_tunnel_v2_dump": "gre_tunnel_v2_details", "gre_tunnel_dump_v2": "gre_tunnel_details_v2",
	} {
		details := sends[greDetails](r, detailsName)
		on(r, name, func(c *call, m *swIfIndex) {
			for _, t := range tunnels.pool.all() {
				if m.SwIfIndex == none || m.SwIfIndex == t.sw.index {
					details.send(c, &greDetails{t.wire})
				}
			}
		})
	}
}
