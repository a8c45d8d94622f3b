package e2e

import (
	"fmt"
	"net/netip"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	nat64Address struct {
		Address netip.Addr
		VrfID   uint32
	}
	nat64Prefix struct {
		Prefix netip.Prefix
		VrfID  uint32
	}
	nat64Interface struct {
		Flags     uint8
		SwIfIndex uint32
	}
	nat64BIBRequest struct{ Proto uint8 }
	nat64BIB        struct {
		IAddr, OAddr netip.Addr
		IPort, OPort uint16
		VrfID        uint32
		Proto, Flags uint8
	}
	natTimeouts struct {
		Retval                                   int32
		UDP, TCPEstablished, TCPTransitory, ICMP uint32
	}
)

var (
	nat64Pool       = vpp.NewMethod[empty, nat64Address]("nat64_pool_addr_dump")
	nat64Prefixes   = vpp.NewMethod[empty, nat64Prefix]("nat64_prefix_dump")
	nat64Interfaces = vpp.NewMethod[empty, nat64Interface]("nat64_interface_dump")
	nat64Bindings   = vpp.NewMethod[nat64BIBRequest, nat64BIB]("nat64_bib_dump")
	nat64Timeouts   = vpp.NewMethod[empty, natTimeouts]("nat64_get_timeouts")
)

const (
	natIsOutside = 16
	natIsInside  = 32
	natIsStatic  = 64
)

func (r *reader) nat64() {
	if r.err != nil || nat64Pool.Check(r.s) != nil {
		return
	}
	each(r, nat64Pool, empty{}, func(d *nat64Address) {
		vrf := "any"
		if d.VrfID != none {
			vrf = fmt.Sprint(d.VrfID)
		}
		r.add("nat64 pool", d.Address.String(), "table %s", vrf)
	})
	each(r, nat64Prefixes, empty{}, func(d *nat64Prefix) { r.add("nat64 prefix", fmt.Sprint("table ", d.VrfID), "%s", d.Prefix) })
	each(r, nat64Interfaces, empty{}, func(d *nat64Interface) {
		if d.Flags&natIsInside != 0 {
			r.add("nat64 interface", r.names[d.SwIfIndex], "inside")
		}
		if d.Flags&natIsOutside != 0 {
			r.add("nat64 interface", r.names[d.SwIfIndex], "outside")
		}
	})
	each(r, nat64Bindings, nat64BIBRequest{255}, func(d *nat64BIB) {
		if d.Flags&natIsStatic != 0 {
			r.add("nat64 binding", fmt.Sprintf("%d table %d %s", d.Proto, d.VrfID, netip.AddrPortFrom(d.IAddr, d.IPort)), "%s",
				netip.AddrPortFrom(d.OAddr, d.OPort))
		}
	})
	r.natTimeouts("nat64", nat64Timeouts)
}

// natTimeouts reads those that are other than VPP begins with.
func (r *reader) natTimeouts(nat string, m *vpp.Method[empty, natTimeouts]) {
	if r.err != nil {
		return
	}
	t, err := m.Call(r.ctx, r.s, &empty{})
	if err != nil {
		r.err = err
		return
	}
	r.facts = append(r.facts, timeoutFacts(nat, t.UDP, t.TCPEstablished, t.TCPTransitory, t.ICMP)...)
}

func timeoutFacts(nat string, udp, established, transitory, icmp uint32) (list []fact) {
	for _, t := range []struct {
		name            string
		value, standard uint32
	}{{"udp", udp, 300}, {"tcp established", established, 7440}, {"tcp transitory", transitory, 240}, {"icmp", icmp, 60}} {
		if t.value != t.standard && t.value != 0 {
			list = append(list, fact{nat + " timeout", t.name, fmt.Sprint(t.value)})
		}
	}
	return list
}

func natTimeoutsWanted(nat string, t v1alpha1.NATTimeouts) []fact {
	return timeoutFacts(nat, uint32(t.UDP), uint32(t.TCPEstablished), uint32(t.TCPTransitory), uint32(t.ICMP))
}

func (w *wanted) nat64(o *v1alpha1.NAT64, _ string) []fact {
	list := natTimeoutsWanted("nat64", o.Spec.Timeouts)
	for _, p := range o.Spec.Pools {
		table, last := "table any", p.Last
		if p.VRF != "" {
			table = "table " + w.table(p.VRF)
		}
		if last == "" {
			last = p.First
		}
		for a := netip.MustParseAddr(string(p.First)); a.Compare(netip.MustParseAddr(string(last))) <= 0; a = a.Next() {
			list = append(list, fact{"nat64 pool", a.String(), table})
		}
	}
	for _, p := range o.Spec.Prefixes {
		list = append(list, fact{"nat64 prefix", "table " + w.table(p.VRF), netip.MustParsePrefix(string(p.Prefix)).String()})
	}
	for _, i := range o.Spec.InsideInterfaces {
		list = append(list, fact{"nat64 interface", string(i), "inside"})
	}
	for _, i := range o.Spec.OutsideInterfaces {
		list = append(list, fact{"nat64 interface", string(i), "outside"})
	}
	for _, b := range o.Spec.StaticBindings {
		number := map[v1alpha1.NATProtocol]int{"ICMP": 1, "TCP": 6, "UDP": 17}[b.Protocol]
		list = append(list, fact{
			"nat64 binding", fmt.Sprintf("%d table %s [%s]:%d", number, w.table(b.VRF), netip.MustParseAddr(string(b.InsideAddress)), b.InsidePort),
			fmt.Sprintf("%s:%d", b.OutsideAddress, b.OutsidePort),
		})
	}
	return list
}
