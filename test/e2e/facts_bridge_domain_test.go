package e2e

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	bridgeRequest struct{ BdID, SwIfIndex uint32 }
	bridgeDetails struct {
		BdID                                    uint32
		Flood, UuFlood, Forward, Learn, ArpTerm bool
		MacAge                                  uint8
		BdTag                                   string
		BviSwIfIndex, UuFwdSwIfIndex            uint32
		SwIfDetails                             []struct {
			SwIfIndex uint32
			Shg       uint8
		}
	}
	rewriteDetails   struct{ SwIfIndex, VtrOp, VtrPushDot1q, VtrTag1, VtrTag2 uint32 }
	ofBridge         struct{ BdID uint32 }
	bridgeMACDetails struct {
		BdID                         uint32
		MAC                          binproto.MAC
		SwIfIndex                    uint32
		StaticMAC, FilterMAC, BviMAC bool
	}
	bridgeARPDetails struct {
		Entry struct {
			BdID uint32
			IP   netip.Addr
			MAC  binproto.MAC
		}
	}
)

var (
	bridges    = vpp.NewMethod[bridgeRequest, bridgeDetails]("bridge_domain_dump")
	rewrites   = vpp.NewMethod[interfaceRequest, rewriteDetails]("sw_interface_dump")
	bridgeMACs = vpp.NewMethod[ofBridge, bridgeMACDetails]("l2_fib_table_dump")
	bridgeARPs = vpp.NewMethod[ofBridge, bridgeARPDetails]("bd_ip_mac_dump")
)

// bridgeDomains reads all but what VPP has learned. The subject is the bridge
// domain's tag, or its number where it has none.
func (r *reader) bridgeDomains() {
	tags := map[uint32]string{}
	changed := map[uint32]string{}
	each(r, rewrites, interfaceRequest{none}, func(d *rewriteDetails) {
		if d.VtrOp != 0 {
			changed[d.SwIfIndex] = fmt.Sprintf(" rewrite %d %d %d", d.VtrOp, d.VtrTag1, d.VtrTag2)
			if d.VtrPushDot1q != 0 {
				changed[d.SwIfIndex] += " dot1q"
			}
		}
	})
	each(r, bridges, bridgeRequest{none, none}, func(d *bridgeDetails) {
		tag, ok := strings.CutPrefix(d.BdTag, mark)
		if !ok {
			tag = fmt.Sprintf("#%d", d.BdID)
		}
		tags[d.BdID] = tag
		subject := "bridge " + tag
		r.add(subject, "id", "%d", d.BdID)
		r.add(subject, "flags", "%s", bridgeFlags(d.Flood, d.UuFlood, d.Forward, d.Learn, d.ArpTerm))
		r.add(subject, "age", "%d", d.MacAge)
		for _, p := range d.SwIfDetails {
			if p.SwIfIndex == d.BviSwIfIndex {
				r.add(subject, "bvi", "%s", r.names[p.SwIfIndex])
			} else {
				r.add(subject, "port "+r.names[p.SwIfIndex], "group %d%s", p.Shg, changed[p.SwIfIndex])
			}
		}
		if d.UuFwdSwIfIndex != none {
			r.add(subject, "unknown", "%s", r.names[d.UuFwdSwIfIndex])
		}
	})
	each(r, bridgeMACs, ofBridge{none}, func(d *bridgeMACDetails) {
		switch {
		case !d.StaticMAC || d.BviMAC:
		case d.FilterMAC:
			r.add("bridge "+tags[d.BdID], "mac "+d.MAC.String(), "filter")
		default:
			r.add("bridge "+tags[d.BdID], "mac "+d.MAC.String(), "%s", r.names[d.SwIfIndex])
		}
	})
	each(r, bridgeARPs, ofBridge{none}, func(d *bridgeARPDetails) {
		r.add("bridge "+tags[d.Entry.BdID], "arp "+d.Entry.IP.String(), "%s", d.Entry.MAC)
	})
}

func bridgeFlags(flood, unknown, forward, learn, arp bool) string {
	text := ""
	for _, f := range []struct {
		name string
		on   bool
	}{{"flood", flood}, {"unknown", unknown}, {"forward", forward}, {"learn", learn}, {"arp", arp}} {
		if f.on {
			text += " " + f.name
		}
	}
	return strings.TrimSpace(text)
}

func (w *wanted) bridgeDomain(o *v1alpha1.BridgeDomain, name string) []fact {
	s := &o.Spec
	subject := "bridge " + name
	if s.Adopt { // its tag stays, and what others put there
		w.free[fact{fmt.Sprintf("bridge #%d", s.ID), "", ""}] = true
		return nil
	}
	on := func(b *bool) bool { return b == nil || *b }
	list := []fact{
		{subject, "flags", bridgeFlags(on(s.Flood), on(s.UnknownUnicastFlood), on(s.Forward), on(s.Learn), s.ARPTermination)},
		{subject, "age", fmt.Sprint(s.MACAge)},
	}
	if s.ID != 0 {
		list = append(list, fact{subject, "id", fmt.Sprint(s.ID)})
	} else {
		w.free[fact{subject, "id", ""}] = true
	}
	for _, p := range s.Ports {
		value := fmt.Sprintf("group %d", p.SplitHorizonGroup)
		if t := p.TagRewrite; t != nil {
			// VPP's numbers of translations, by tags off and on.
			op := map[[2]int]int{{0, 1}: 1, {0, 2}: 2, {1, 0}: 3, {2, 0}: 4, {1, 1}: 5, {1, 2}: 6, {2, 1}: 7, {2, 2}: 8}[[2]int{int(t.Pop), len(t.Push)}]
			tags := append(append([]v1alpha1.VLANID{}, t.Push...), 0, 0)
			value += fmt.Sprintf(" rewrite %d %d %d", op, tags[0], tags[1])
			if len(t.Push) > 0 && !t.Dot1ad {
				value += " dot1q"
			}
		}
		list = append(list, fact{subject, "port " + string(p.Interface), value})
	}
	if s.BVI != "" {
		list = append(list, fact{subject, "bvi", string(s.BVI)})
	}
	if s.UnknownUnicastInterface != "" {
		list = append(list, fact{subject, "unknown", string(s.UnknownUnicastInterface)})
	}
	for _, e := range s.FIBEntries {
		value := string(e.Interface)
		if e.Filter {
			value = "filter"
		}
		list = append(list, fact{subject, "mac " + strings.ToLower(string(e.MACAddress)), value})
	}
	for _, e := range s.ARPEntries {
		address := netip.MustParseAddr(string(e.Address)).String()
		list = append(list, fact{subject, "arp " + address, strings.ToLower(string(e.MACAddress))})
	}
	return list
}
