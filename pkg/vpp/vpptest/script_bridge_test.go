package vpptest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// bridgeCommands are about what is switched.
func (s *script) bridgeCommands() map[string]func([]string) []string {
	return map[string]func([]string) []string{
		"bridge":      s.bridge,      // add|del ID [FLAGS [AGE [TAG]]]: see bridgeLetters
		"bridges":     s.bridges,     // those of 7000..7999, or ID
		"bridge-set":  s.bridgeSet,   // ID on|off FLAGS, ID age N, ID limit N
		"join":        s.join,        // NAME ID [normal|bvi|uu|TYPE [SHG]]
		"leave":       s.leaveBridge, // NAME ID
		"mac":         s.bridgeMAC,   // add|static|filter ID MAC [NAME]: del any
		"macs":        s.bridgeMACs,  // [ID]: not those that were learned
		"arp":         s.bridgeARP,   // add|del ID ADDRESS MAC
		"arps":        s.bridgeARPs,  // ID
		"connect":     s.connect,     // NAME NAME
		"disconnect":  s.disconnect,  // NAME
		"connections": s.connections, //
		"rewrite":     s.rewrite,     // NAME OP DOT1Q TAG TAG
		"rewritten":   s.rewritten,   // NAME
	}
}

// bridgeLetters are the flags of bridge domains, by bit.
const bridgeLetters = "lfbuat"

func bridgeBits(text string) (bits uint32) {
	for i, letter := range bridgeLetters {
		if strings.ContainsRune(text, letter) {
			bits |= 1 << i
		}
	}
	return bits
}

func (s *script) bridge(args []string) []string {
	m := bridgeDomainAddDel{BdID: s.number(args[1]), IsAdd: args[0] == "add"}
	if len(args) > 2 {
		f := bridgeBits(args[2])
		m.Learn, m.Forward, m.Flood = f&bridgeLearn != 0, f&bridgeForward != 0, f&bridgeFlood != 0
		m.UuFlood, m.ArpTerm, m.ArpUfwd = f&bridgeUUFlood != 0, f&bridgeARPTerm != 0, f&bridgeARPUfwd != 0
	}
	if len(args) > 3 {
		m.MacAge = uint8(s.number(args[3]))
	}
	if len(args) > 4 {
		m.BdTag = args[4]
	}
	return result(ask[bridgeDomainAddDelReply](s.c, "bridge_domain_add_del_v2", m).Retval)
}

func (s *script) bridges(args []string) (out []string) {
	m := bridgeDomainDump{none, none}
	if len(args) > 0 {
		m.BdID = s.number(args[0])
	}
	for _, d := range dump[bridgeDomainDetails](s.c, "bridge_domain_dump", "bridge_domain_details", m) {
		if d.BdID < 7000 || d.BdID > 7999 {
			continue
		}
		flags := ""
		for i, on := range []bool{d.Learn, d.Forward, d.Flood, d.UuFlood, d.ArpTerm, d.ArpUfwd} {
			if on {
				flags += bridgeLetters[i : i+1]
			}
		}
		line := fmt.Sprintf("  %d %s age %d tag %q", d.BdID, flags, d.MacAge, d.BdTag)
		if d.BviSwIfIndex != none {
			line += " bvi " + s.names[d.BviSwIfIndex]
		}
		if d.UuFwdSwIfIndex != none {
			line += " uu " + s.names[d.UuFwdSwIfIndex]
		}
		var ports []string
		for _, p := range d.SwIfDetails {
			ports = append(ports, fmt.Sprintf("%s/%d", s.names[p.SwIfIndex], p.Shg))
		}
		slices.Sort(ports)
		out = append(out, strings.TrimRight(line+" ports "+strings.Join(ports, " "), " "))
	}
	slices.Sort(out)
	return out
}

func (s *script) bridgeSet(args []string) []string {
	id := s.number(args[0])
	switch args[1] {
	case "age":
		return result(retval(s.c, "bridge_domain_set_mac_age", setBridgeMACAge{id, uint8(s.number(args[2]))}))
	case "limit":
		return result(retval(s.c, "bridge_domain_set_learn_limit", setBridgeLearnLimit{id, s.number(args[2])}))
	}
	return result(ask[setBridgeFlagsReply](s.c, "bridge_flags", setBridgeFlags{id, args[1] == "on", bridgeBits(args[2])}).Retval)
}

func (s *script) join(args []string) []string {
	m := setL2Bridge{RxSwIfIndex: s.index(args[0]), BdID: s.number(args[1]), Enable: true}
	if len(args) > 2 {
		types := map[string]uint32{"normal": portNormal, "bvi": portBVI, "uu": portUUFwd}
		if t, ok := types[args[2]]; ok {
			m.PortType = t
		} else {
			m.PortType = s.number(args[2])
		}
	}
	if len(args) > 3 {
		m.Shg = uint8(s.number(args[3]))
	}
	return result(retval(s.c, "sw_interface_set_l2_bridge", m))
}

func (s *script) leaveBridge(args []string) []string {
	return result(retval(s.c, "sw_interface_set_l2_bridge", setL2Bridge{RxSwIfIndex: s.index(args[0]), BdID: s.number(args[1])}))
}

func (s *script) bridgeMAC(args []string) []string {
	m := l2fibAddDel{BdID: s.number(args[1]), MAC: s.mac(args[2]), IsAdd: args[0] != "del", StaticMAC: args[0] == "static", FilterMAC: args[0] == "filter"}
	if len(args) > 3 {
		m.SwIfIndex = s.index(args[3])
	}
	return result(retval(s.c, "l2fib_add_del", m))
}

func (s *script) bridgeMACs(args []string) (out []string) {
	m := l2fibDump{none}
	if len(args) > 0 {
		m.BdID = s.number(args[0])
	}
	for _, d := range dump[l2fibDetails](s.c, "l2_fib_table_dump", "l2_fib_table_details", m) {
		if d.BdID != none && (d.BdID < 7000 || d.BdID > 7999) {
			continue
		}
		out = append(out, fmt.Sprintf("  %d %v %s static %t filter %t bvi %t", int32(d.BdID), binproto.MAC(d.MAC), s.names[d.SwIfIndex], d.StaticMAC, d.FilterMAC, d.BviMAC))
	}
	slices.Sort(out)
	return out
}

func (s *script) bridgeARP(args []string) []string {
	return result(retval(s.c, "bd_ip_mac_add_del", bdIPMACAddDel{args[0] == "add", wireIPMAC{s.number(args[1]), s.ip(args[2]), s.mac(args[3])}}))
}

func (s *script) bridgeARPs(args []string) (out []string) {
	for _, d := range dump[bdIPMACDetails](s.c, "bd_ip_mac_dump", "bd_ip_mac_details", l2fibDump{s.number(args[0])}) {
		if e := d.Entry; e.BdID >= 7000 && e.BdID <= 7999 {
			out = append(out, fmt.Sprintf("  %d %s %v", e.BdID, addressText(e.IP.Un, int(e.IP.Af)), binproto.MAC(e.MAC)))
		}
	}
	slices.Sort(out)
	return out
}

func (s *script) connect(args []string) []string {
	return result(retval(s.c, "sw_interface_set_l2_xconnect", setL2CrossConnect{s.index(args[0]), s.index(args[1]), true}))
}

func (s *script) disconnect(args []string) []string {
	return result(retval(s.c, "sw_interface_set_l2_xconnect", setL2CrossConnect{RxSwIfIndex: s.index(args[0])}))
}

func (s *script) connections([]string) (out []string) {
	for _, d := range dump[l2CrossConnectDetails](s.c, "l2_xconnect_dump", "l2_xconnect_details", empty{}) {
		out = append(out, "  "+s.names[d.RxSwIfIndex]+" to "+s.names[d.TxSwIfIndex])
	}
	slices.Sort(out)
	return out
}

func (s *script) rewrite(args []string) []string {
	return result(retval(s.c, "l2_interface_vlan_tag_rewrite", l2VLANTagRewrite{
		s.index(args[0]), s.number(args[1]), s.number(args[2]), s.number(args[3]), s.number(args[4]),
	}))
}

func (s *script) rewritten(args []string) (out []string) {
	for _, d := range s.details(swInterfaceDump{SwIfIndex: s.index(args[0])}) {
		out = append(out, fmt.Sprintf("  op %d dot1q %d tags %d %d", d.VtrOp, d.VtrPushDot1q, d.VtrTag1, d.VtrTag2))
	}
	return out
}
