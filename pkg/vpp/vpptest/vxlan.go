package vpptest

import (
	"cmp"
	"fmt"
)

// vxlanKind is VXLAN tunnels.
func vxlanKind() kind {
	const fields = "bool is_add default=true; u32 instance default=4294967295; address src_address; address dst_address; u16 src_port; " +
		"u16 dst_port; interface_index mcast_sw_if_index; u32 encap_vrf_id; u32 decap_next_index; u32 vni"
	return kind{
		modules: []moduleRows{{name: "vxlan", version: 0x95381587, semver: "2.1.0", rows: join(
			replyingRows("vxlan_add_del_tunnel_v2", 0x4f223f40, fields, crcSwIfIndex, swIfIndexField),
			replyingRows("vxlan_add_del_tunnel_v3", 0x0072b037, fields+"; bool is_l3 default=false", crcSwIfIndex, swIfIndexField),
			dumpRows("vxlan_tunnel_v2_dump", 0xf9e6675e, swIfIndexField, "vxlan_tunnel_v2_details", 0xd3bdd4d9,
				"interface_index sw_if_index; u32 instance; address src_address; address dst_address; u16 src_port; u16 dst_port; "+
					"interface_index mcast_sw_if_index; u32 encap_vrf_id; u32 decap_next_index; u32 vni"),
		)}},
		serve: serveVxlan,
	}
}

const (
	vxlanPort = 4789
	// vxlanDecapL2 hands packets to bridging, the default; vxlanDecaps is how
	// many there are.
	vxlanDecapL2 = 1
	vxlanDecaps  = 2
)

type (
	vxlanAddDel struct {
		IsAdd                  bool
		Instance               uint32
		SrcAddress, DstAddress wireAddress
		SrcPort, DstPort       uint16
		McastSwIfIndex         uint32
		EncapVrfID             uint32
		DecapNextIndex         uint32
		Vni                    uint32
		IsL3                   bool `vpp:",optional"`
	}
	vxlanDetails struct {
		SwIfIndex, Instance    uint32
		SrcAddress, DstAddress wireAddress
		SrcPort, DstPort       uint16
		McastSwIfIndex         uint32
		EncapVrfID             uint32
		DecapNextIndex         uint32
		Vni                    uint32
	}
)

// vxlanKey is what no two tunnels share. The VNI has 24 bits. The source's
// address counts for IPv4 unicast alone, the destination's port not at all.
type vxlanKey struct {
	src, dst prefix
	srcPort  uint16
	table    *table
	vni      uint32
}

type vxlan struct {
	sw      *swInterface
	details vxlanDetails
}

// vxlanKeyOf completes a request; a refusal tells what is wrong with it.
func vxlanKeyOf(r *registry, m *vxlanAddDel) (key vxlanKey, retval int32) {
	src, dst := m.SrcAddress.host(), m.DstAddress.host()
	m.SrcPort, m.DstPort = cmp.Or(m.SrcPort, vxlanPort), cmp.Or(m.DstPort, vxlanPort)
	multicast := dst.addr.isMulticast(dst.family)
	t := r.state.fib.find(int(src.family), m.EncapVrfID)
	switch {
	case t == nil:
		return key, retNoSuchFIB
	case src.family != dst.family:
		return key, retInvalidValue
	case src == dst:
		return key, retSameSrcDst
	case multicast && r.state.interfaces.pool.get(m.McastSwIfIndex) == nil:
		return key, retInvalidSwIfIndex
	}
	key = vxlanKey{dst: dst, srcPort: m.SrcPort, table: t, vni: m.Vni & 0xffffff}
	if src.family == 0 && !multicast {
		key.src = src
	}
	return key, retOK
}

func serveVxlan(r *registry) {
	tunnels := newTunnelPool[vxlanKey, vxlan]()
	interfaces := r.state.interfaces
	add := func(key vxlanKey, m *vxlanAddDel) swIfIndexReply {
		if m.DecapNextIndex == none {
			m.DecapNextIndex = vxlanDecapL2
		}
		instance, ok := tunnels.instance(m.Instance)
		switch {
		case tunnels.find(key) != nil:
			return swIfIndexReply{retTunnelExist, none}
		case m.DecapNextIndex >= vxlanDecaps:
			return swIfIndexReply{retInvalidDecapNext, none}
		case !ok:
			return swIfIndexReply{retInstanceInUse, none}
		}
		i := &swInterface{device: device{name: fmt.Sprintf("vxlan_tunnel%d", instance), devType: "VXLAN", carrier: true}}
		if !m.IsL3 {
			i.ethernet, i.resizable, i.promiscuous = true, true, true
			i.mac, i.linkMTU, i.mtu[0] = interfaces.randomMAC(), usualMTU, usualMTU
		}
		sw := interfaces.add(i)
		interfaces.setAdmin(i, true)
		tunnels.put(key, instance, &vxlan{i, vxlanDetails{
			sw, instance, m.SrcAddress.host().wire().Address, m.DstAddress.host().wire().Address, m.SrcPort, m.DstPort,
			m.McastSwIfIndex, m.EncapVrfID, m.DecapNextIndex, m.Vni,
		}})
		if fib := r.state.fib; !key.dst.addr.isMulticast(key.dst.family) {
			fib.track(key.table, key.dst, sourceRR)
		} else if fib.multicast[key.dst.family].get(key.table.index) == nil {
			fib.lethal = "the route of a VXLAN's group went into a multicast table that does not exist"
		}
		return swIfIndexReply{retOK, sw}
	}
	remove := func(key vxlanKey) swIfIndexReply {
		t := tunnels.find(key)
		if t == nil {
			return swIfIndexReply{retNoSuchEntry, none}
		}
		sw := t.sw.index
		if !key.dst.addr.isMulticast(key.dst.family) {
			r.state.fib.remove(key.table, key.dst, sourceRR)
		}
		tunnels.remove(key, t.details.Instance)
		interfaces.delete(t.sw)
		return swIfIndexReply{retOK, sw}
	}
	for _, name := range []string{"vxlan_add_del_tunnel_v2", "vxlan_add_del_tunnel_v3"} {
		done := sends[swIfIndexReply](r, name+"_reply")
		on(r, name, func(c *call, m *vxlanAddDel) {
			key, retval := vxlanKeyOf(r, m)
			reply := swIfIndexReply{retval, none}
			switch {
			case retval != retOK:
			case m.IsAdd:
				reply = add(key, m)
			default:
				reply = remove(key)
			}
			done.send(c, &reply)
		})
	}
	details := sends[vxlanDetails](r, "vxlan_tunnel_v2_details")
	on(r, "vxlan_tunnel_v2_dump", func(c *call, m *swIfIndex) {
		for _, t := range tunnels.pool.all() {
			if m.SwIfIndex == none || m.SwIfIndex == t.sw.index {
				details.send(c, &t.details)
			}
		}
	})
}
