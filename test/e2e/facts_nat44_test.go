package e2e

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	natConfig struct {
		InsideVRF, OutsideVRF, Sessions uint32
		ForwardingEnabled               bool
		Timeouts                        struct{ UDP, TCPEstablished, TCPTransitory, ICMP uint32 }
	}
	natMSS struct {
		MSSValue uint16
		Enable   bool
	}
	natFlagged struct {
		Flags     uint8
		SwIfIndex uint32
	}
	natPool struct {
		IPAddress netip.Addr
		Flags     uint8
		VrfID     uint32
	}
	natStatic struct {
		Flags                             uint8
		LocalIPAddress, ExternalIPAddress netip.Addr
		Protocol                          uint8
		LocalPort, ExternalPort           uint16
		ExternalSwIfIndex, VrfID          uint32
		Tag                               string
	}
	natIdentity struct {
		IPAddress        netip.Addr
		Protocol         uint8
		Port             uint16
		SwIfIndex, VrfID uint32
		Tag              string
	}
	natBackend struct {
		Addr        netip.Addr
		Port        uint16
		Probability uint8
		VrfID       uint32
	}
	natBalanced struct {
		ExternalAddr netip.Addr
		ExternalPort uint16
		Protocol     uint8
		Flags        uint8
		Tag          string
		Locals       []natBackend
	}
)

var (
	natShow         = vpp.NewMethod[empty, natConfig]("nat44_show_running_config")
	natGetMSS       = vpp.NewMethod[empty, natMSS]("nat_get_mss_clamping")
	natInterfaces   = vpp.NewMethod[empty, natFlagged]("nat44_interface_dump")
	natOutputs      = vpp.NewMethod[empty, ofIndex]("nat44_ed_output_interface_get")
	natPools        = vpp.NewMethod[empty, natPool]("nat44_address_dump")
	natOfInterfaces = vpp.NewMethod[empty, natFlagged]("nat44_interface_addr_dump")
	natStatics      = vpp.NewMethod[empty, natStatic]("nat44_static_mapping_dump")
	natIdentities   = vpp.NewMethod[empty, natIdentity]("nat44_identity_mapping_dump")
	natLBs          = vpp.NewMethod[empty, natBalanced]("nat44_lb_static_mapping_dump")
)

// nat44 reads what is set once, interfaces and pools.
func (r *reader) nat44() {
	if r.err != nil || natShow.Check(r.s) != nil {
		return
	}
	c, err := natShow.Call(r.ctx, r.s, nil)
	if err != nil || c.Sessions == 0 {
		r.err = err
		return
	}
	mss, err := natGetMSS.Call(r.ctx, r.s, nil)
	if err != nil {
		r.err = err
		return
	}
	t := c.Timeouts
	r.add("nat44", "enabled", "inside %d outside %d sessions %d forwarding %t timeouts %d %d %d %d mss %d", c.InsideVRF, c.OutsideVRF, c.Sessions,
		c.ForwardingEnabled, t.UDP, t.TCPEstablished, t.TCPTransitory, t.ICMP, mss.MSSValue)
	each(r, natInterfaces, empty{}, func(d *natFlagged) {
		for role, bit := range map[string]uint8{"inside": 32, "outside": 16} {
			if d.Flags&bit != 0 {
				r.add("nat44 interface", r.names[d.SwIfIndex], "%s", role)
			}
		}
	})
	each(r, natOutputs, empty{}, func(d *ofIndex) { r.add("nat44 interface", r.names[d.SwIfIndex], "output") })
	resolved := map[netip.Addr]bool{}
	each(r, natOfInterfaces, empty{}, func(d *natFlagged) {
		r.add("nat44 pool", "interface "+r.names[d.SwIfIndex], "%s", twiceNAT(d.Flags&1 != 0))
		each(r, addresses, tableRequest{d.SwIfIndex, false}, func(a *addressDetails) { resolved[a.Prefix.Addr()] = true })
	})
	each(r, natPools, empty{}, func(d *natPool) {
		if d.VrfID != none || !resolved[d.IPAddress] {
			r.add("nat44 pool", d.IPAddress.String(), "%s", strings.TrimSpace(fmt.Sprintf("vrf %d %s", int32(d.VrfID), twiceNAT(d.Flags&1 != 0))))
		}
	})
}

func twiceNAT(yes bool) string {
	if yes {
		return "twice-nat"
	}
	return ""
}

func (w *wanted) nat44(o *v1alpha1.NAT44, _ string) []fact {
	s := &o.Spec
	t := s.Timeouts
	list := []fact{{"nat44", "enabled", fmt.Sprintf("inside %s outside %s sessions %d forwarding %t timeouts %d %d %d %d mss %d",
		w.table(s.InsideVRF), w.table(s.OutsideVRF), s.Sessions, s.Forwarding, cmp.Or(t.UDP, 300), cmp.Or(t.TCPEstablished, 7440),
		cmp.Or(t.TCPTransitory, 240), cmp.Or(t.ICMP, 60), s.MSSClamp)}}
	for role, names := range map[string][]v1alpha1.ObjectName{
		"inside": s.InsideInterfaces, "outside": s.OutsideInterfaces, "output": s.OutputInterfaces,
	} {
		for _, name := range names {
			list = append(list, fact{"nat44 interface", string(name), role})
		}
	}
	for _, p := range s.Pools {
		if p.Interface != "" {
			list = append(list, fact{"nat44 pool", "interface " + string(p.Interface), twiceNAT(p.TwiceNAT)})
			continue
		}
		vrf := "-1"
		if p.VRF != "" {
			vrf = w.table(p.VRF)
		}
		for a, last := netip.MustParseAddr(string(p.First)), netip.MustParseAddr(string(cmp.Or(p.Last, p.First))); a.Compare(last) <= 0; a = a.Next() {
			list = append(list, fact{"nat44 pool", a.String(), strings.TrimSpace("vrf " + vrf + " " + twiceNAT(p.TwiceNAT))})
		}
	}
	return list
}

// nat44Mappings reads the mappings: those of interfaces by the rows that name
// them.
func (r *reader) nat44Mappings() {
	where := func(a netip.Addr, index uint32, port uint16, proto uint8) string {
		if index != none {
			return fmt.Sprintf("interface %s:%d/%d", r.names[index], port, proto)
		}
		return fmt.Sprintf("%s:%d/%d", a, port, proto)
	}
	resolved := map[string]bool{}
	each(r, natStatics, empty{}, func(d *natStatic) {
		if d.ExternalSwIfIndex != none {
			resolved[fmt.Sprint(d.LocalIPAddress, d.LocalPort, d.ExternalPort, d.Protocol, d.Tag)] = true
		}
	})
	each(r, natStatics, empty{}, func(d *natStatic) {
		if d.ExternalSwIfIndex != none || !resolved[fmt.Sprint(d.LocalIPAddress, d.LocalPort, d.ExternalPort, d.Protocol, d.Tag)] {
			r.add("nat44 mapping", where(d.ExternalIPAddress, d.ExternalSwIfIndex, d.ExternalPort, d.Protocol), "to %s:%d vrf %d flags %d %s",
				d.LocalIPAddress, d.LocalPort, d.VrfID, d.Flags, d.Tag)
		}
	})
	// An interface's row comes with one of its address, as soon as it has one.
	ofInterface := map[natIdentity]bool{}
	each(r, natIdentities, empty{}, func(d *natIdentity) {
		if d.SwIfIndex == none {
			return
		}
		each(r, addresses, tableRequest{d.SwIfIndex, false}, func(a *addressDetails) {
			ofInterface[natIdentity{a.Prefix.Addr(), d.Protocol, d.Port, none, d.VrfID, d.Tag}] = true
		})
	})
	each(r, natIdentities, empty{}, func(d *natIdentity) {
		if ofInterface[*d] {
			return
		}
		r.add("nat44 mapping", where(d.IPAddress, d.SwIfIndex, d.Port, d.Protocol), "to itself vrf %d %s", d.VrfID, d.Tag)
	})
	each(r, natLBs, empty{}, func(d *natBalanced) {
		var backends []string
		for _, l := range d.Locals {
			backends = append(backends, fmt.Sprintf("%s:%d*%d", l.Addr, l.Port, l.Probability))
		}
		slices.Sort(backends)
		r.add("nat44 mapping", where(d.ExternalAddr, none, d.ExternalPort, d.Protocol), "to %s flags %d %s", strings.Join(backends, ","), d.Flags, d.Tag)
	})
}

var natProtocols = map[v1alpha1.NATProtocol]uint8{"ICMP": 1, "TCP": 6, "UDP": 17}

func (w *wanted) nat44Mapping(o *v1alpha1.NAT44Mapping, name string) (list []fact) {
	where := func(a v1alpha1.NAT44Address, iface v1alpha1.ObjectName, port int32, p v1alpha1.NATProtocol) string {
		at := string(a)
		if iface != "" {
			at = "interface " + string(iface)
		}
		return fmt.Sprintf("%s:%d/%d", at, port, natProtocols[p])
	}
	flags := func(twice, self, only, all bool) (f int) {
		for i, set := range []bool{twice, self, only, all} {
			if set {
				f |= 1 << i
			}
		}
		return f
	}
	for _, m := range o.Spec.StaticMappings {
		f := flags(m.TwiceNAT, m.SelfTwiceNAT, m.Out2InOnly, m.LocalPort == 0)
		if m.ExternalInterface != "" {
			f &^= 2 | 4 // its row does not show them
		}
		list = append(list, fact{"nat44 mapping", where(m.ExternalAddress, m.ExternalInterface, m.ExternalPort, m.Protocol),
			fmt.Sprintf("to %s:%d vrf %s flags %d %s", m.LocalAddress, m.LocalPort, w.table(o.Spec.VRF), f, mark+name)})
	}
	for _, m := range o.Spec.IdentityMappings {
		list = append(list, fact{"nat44 mapping", where(m.Address, m.Interface, m.Port, m.Protocol), fmt.Sprintf("to itself vrf %s %s", w.table(o.Spec.VRF), mark+name)})
	}
	for _, m := range o.Spec.LoadBalancedMappings {
		var backends []string
		for _, b := range m.Backends {
			backends = append(backends, fmt.Sprintf("%s:%d*%d", b.Address, b.Port, b.Probability))
		}
		slices.Sort(backends)
		list = append(list, fact{"nat44 mapping", where(m.ExternalAddress, "", m.ExternalPort, m.Protocol),
			fmt.Sprintf("to %s flags %d %s", strings.Join(backends, ","), flags(m.TwiceNAT, m.SelfTwiceNAT, m.Out2InOnly, false), mark+name)})
	}
	return list
}
