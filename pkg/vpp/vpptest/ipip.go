package vpptest

import "fmt"

// ipipKind is IP in IP tunnels.
func ipipKind() kind {
	return kind{
		types: tunnelTypes + `
struct ipip_tunnel u32 instance; address src; address dst; interface_index sw_if_index; u32 table_id; tunnel_encap_decap_flags flags; tunnel_mode mode; ip_dscp dscp
`,
		modules: []moduleRows{{name: "ipip", version: 0x4609caba, semver: "2.0.2", rows: join(
			replyingRows("ipip_add_tunnel", 0x2ac399f5, "ipip_tunnel tunnel", crcSwIfIndex, swIfIndexField),
			callRows("ipip_del_tunnel", 0xf9e6675e, swIfIndexField),
			dumpRows("ipip_tunnel_dump", 0xf9e6675e, swIfIndexField, "ipip_tunnel_details", 0xd31cb34e, "ipip_tunnel tunnel"),
		)}},
		serve: serveIpip,
	}
}

type (
	wireIpip struct {
		Instance          uint32
		Src, Dst          wireAddress
		SwIfIndex         uint32
		TableID           uint32
		Flags, Mode, Dscp uint8
	}
	ipipAddTunnel struct{ Tunnel wireIpip }
)

// ipipKey is what no two tunnels share.
type ipipKey struct {
	src, dst prefix
	table    *table
	mode     uint8
}

type ipip struct {
	sw   *swInterface
	key  ipipKey
	wire wireIpip
}

func serveIpip(r *registry) {
	tunnels := newTunnelPool[ipipKey, ipip]()
	interfaces := r.state.interfaces
	add := func(w wireIpip) swIfIndexReply {
		key := ipipKey{w.Src.host(), w.Dst.host(), nil, w.Mode}
		if retval := checkEnds(key.src, key.dst, w.Mode); retval != retOK {
			return swIfIndexReply{retval, none}
		}
		if key.table = r.state.fib.find(int(key.src.family), w.TableID); key.table == nil {
			return swIfIndexReply{retNoSuchFIB, none}
		}
		if w.Mode == tunnelModeMP && key.dst.addr != (address{}) {
			return swIfIndexReply{retInvalidDstAddress, none}
		}
		if t := tunnels.find(key); t != nil {
			return swIfIndexReply{retIfAlreadyExists, t.sw.index}
		}
		var ok bool
		if w.Instance, ok = tunnels.instance(w.Instance); !ok {
			return swIfIndexReply{retInstanceInUse, none}
		}
		i := &swInterface{device: device{
			name: fmt.Sprintf("ipip%d", w.Instance), devType: "IPIP tunnel device", carrier: true,
			linkMTU: 0xffff - ipHeader[key.src.family] + 1,
		}, mtu: [4]uint32{usualMTU}}
		w.SwIfIndex = interfaces.add(i)
		w.Src, w.Dst = key.src.wire().Address, key.dst.wire().Address
		tunnels.put(key, w.Instance, &ipip{i, key, w})
		return swIfIndexReply{retOK, w.SwIfIndex}
	}
	added := sends[swIfIndexReply](r, "ipip_add_tunnel_reply")
	on(r, "ipip_add_tunnel", func(c *call, m *ipipAddTunnel) {
		reply := add(m.Tunnel)
		added.send(c, &reply)
	})
	onRetval(r, "ipip_del_tunnel", func(_ *call, m *swIfIndex) int32 {
		for _, t := range tunnels.pool.all() {
			if t.sw.index == m.SwIfIndex {
				tunnels.remove(t.key, t.wire.Instance)
				interfaces.delete(t.sw)
				return retOK
			}
		}
		return retNoSuchEntry
	})
	details := sends[ipipAddTunnel](r, "ipip_tunnel_details")
	on(r, "ipip_tunnel_dump", func(c *call, m *swIfIndex) {
		for _, t := range tunnels.pool.all() {
			if m.SwIfIndex == none || m.SwIfIndex == t.sw.index {
				details.send(c, &ipipAddTunnel{t.wire})
			}
		}
	})
}

// ipHeader is the size of an IP header by family.
var ipHeader = [2]uint16{20, 40}

// checkEnds refuses the ends that no tunnel can have.
func checkEnds(src, dst prefix, mode uint8) int32 {
	switch {
	case src.family != dst.family:
		return retInvalidProtocol
	case src == dst:
		return retSameSrcDst
	case mode > tunnelModeMP:
		return retInvalidValue2
	}
	return retOK
}
