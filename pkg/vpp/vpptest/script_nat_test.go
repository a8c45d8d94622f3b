package vpptest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// natCommands are those about policers, NAT64 and deterministic NAT.
func (s *script) natCommands() map[string]func(args []string) []string {
	return map[string]func(args []string) []string{
		"policer":         s.policer,        // add|update NAME key value…: type, rate, round, cir, cb, eir, eb, aware, exceed, dscp
		"delete-policer":  s.deletePolicer,  // NAME
		"policers":        s.policers,       // those of the script
		"police":          s.police,         // NAME INTERFACE input|output on|off
		"nodes":           s.nodes,          // INTERFACE NODE…: how often each is on there
		"feature":         s.feature,        // INTERFACE ARC NODE on|off
		"nat64":           s.nat64,          // on|off
		"nat64-timeouts":  s.nat64Timeouts,  // [UDP ESTABLISHED TRANSITORY ICMP]
		"nat64-pool":      s.nat64Pool,      // add|del FIRST LAST TABLE|none
		"nat64-prefix":    s.nat64Prefix,    // add|del PREFIX TABLE
		"nat64-interface": s.nat64Interface, // add|del INTERFACE inside|outside
		"nat64-bib":       s.nat64BIB,       // add|del INSIDE PORT OUTSIDE PORT PROTO
		"nat64-all":       s.nat64All,       // what it has
		"det44":           s.det44,          // on
		"det44-timeouts":  s.det44Timeouts,  // [UDP ESTABLISHED TRANSITORY ICMP]
		"det44-map":       s.det44Map,       // add|del INSIDE OUTSIDE
		"det44-interface": s.det44Interface, // add|del INTERFACE inside|outside
		"det44-all":       s.det44All,       // what it has
	}
}

func (s *script) policer(args []string) []string {
	o := s.options(args[2:], map[string]uint32{
		"type": 0, "rate": 0, "round": 0, "cir": 0, "cb": 0, "eir": 0, "eb": 0, "aware": 0, "exceed": 0, "dscp": 0,
	})
	c := policerConfig{
		CIR: o["cir"], EIR: o["eir"], CB: uint64(o["cb"]), EB: uint64(o["eb"]), RateType: uint8(o["rate"]), RoundType: uint8(o["round"]),
		Type: uint8(o["type"]), ColorAware: o["aware"] != 0, ExceedAction: policerAction{uint8(o["exceed"]), uint8(o["dscp"])},
	}
	if args[0] == "add" {
		r := ask[policerIndexReply](s.c, "policer_add", policerAdd{args[1], c})
		if r.Retval == 0 {
			s.policerIndex(args[1], r.PolicerIndex)
		}
		return result(r.Retval)
	}
	return result(retval(s.c, "policer_update", policerUpdate{s.policerIndex(args[1], none), c}))
}

// policerIndex remembers an index, or tells it where none is given.
func (s *script) policerIndex(name string, index uint32) uint32 {
	if index != none {
		s.sw["policer "+name] = index
	}
	if known, ok := s.sw["policer "+name]; ok {
		return known
	}
	return 9999
}

func (s *script) deletePolicer(args []string) []string {
	return result(ask[policerIndexReply](s.c, "policer_add_del", policerAddDel{Name: args[0]}).Retval)
}

func (s *script) policers([]string) (out []string) {
	for _, d := range dump[policerDetails](s.c, "policer_dump", "policer_details", policerDump{}) {
		out = append(out, fmt.Sprintf("  %s type %d rate %d round %d cir %d cb %d eir %d eb %d aware %t exceed %v single %t", d.Name, d.Type, d.RateType,
			d.RoundType, d.CIR, d.CB, d.EIR, d.EB, d.ColorAware, d.ExceedAction, d.SingleRate))
	}
	slices.Sort(out)
	return out
}

func (s *script) police(args []string) []string {
	return result(retval(s.c, "policer_"+args[2], policerApply{args[0], s.index(args[1]), args[3] == "on"}))
}

func (s *script) nodes(args []string) (out []string) {
	d := dump[swInterfaceDetails](s.c, "sw_interface_dump", "sw_interface_details", swInterfaceDump{SwIfIndex: s.index(args[0])})
	if len(d) != 1 {
		return []string{"  no interface"}
	}
	r := ask[cliInbandReply](s.c, "cli_inband", cliInband{"show interface " + d[0].InterfaceName + " features"})
	for _, node := range args[1:] {
		n := 0
		for line := range strings.Lines(r.Reply) {
			if strings.TrimSpace(line) == node {
				n++
			}
		}
		out = append(out, fmt.Sprintf("  %s %d", node, n))
	}
	return out
}

func (s *script) feature(args []string) []string {
	return result(retval(s.c, "feature_enable_disable", featureEnable{s.index(args[0]), args[3] == "on", args[1], args[2]}))
}

func (s *script) nat64(args []string) []string {
	return result(retval(s.c, "nat64_plugin_enable_disable", natEnable{args[0] == "on"}))
}

func (s *script) timeouts(nat string, args []string) []string {
	if len(args) == 4 {
		return result(retval(s.c, nat+"_set_timeouts", natTimeouts{s.number(args[0]), s.number(args[1]), s.number(args[2]), s.number(args[3])}))
	}
	t := ask[natTimeoutsReply](s.c, nat+"_get_timeouts", empty{})
	return []string{fmt.Sprintf("  udp %d established %d transitory %d icmp %d", t.UDP, t.TCPEstablished, t.TCPTransitory, t.ICMP)}
}

func (s *script) nat64Timeouts(args []string) []string { return s.timeouts("nat64", args) }
func (s *script) det44Timeouts(args []string) []string { return s.timeouts("det44", args) }

func (s *script) ip4(text string) [4]byte {
	a, err := netip.ParseAddr(text)
	if err != nil {
		s.c.t.Fatal(err)
	}
	return a.As4()
}

func (s *script) ip6(text string) [16]byte {
	a, err := netip.ParseAddr(text)
	if err != nil {
		s.c.t.Fatal(err)
	}
	return a.As16()
}

func (s *script) tableOrNone(text string) uint32 {
	if text == "none" {
		return none
	}
	return s.number(text)
}

func (s *script) nat64Pool(args []string) []string {
	return result(retval(s.c, "nat64_add_del_pool_addr_range", nat64PoolRange{s.ip4(args[1]), s.ip4(args[2]), s.tableOrNone(args[3]), args[0] == "add"}))
}

func (s *script) nat64Prefix(args []string) []string {
	address, length, _ := strings.Cut(args[1], "/")
	return result(retval(s.c, "nat64_add_del_prefix", nat64SetPrefix{
		wireIP6Prefix{s.ip6(address), uint8(s.number(length))}, s.number(args[2]), args[0] == "add",
	}))
}

func (s *script) nat64Interface(args []string) []string {
	flags := natIsInside
	if args[2] == "outside" {
		flags = natIsOutside
	}
	return result(retval(s.c, "nat64_add_del_interface", nat64SetInterface{args[0] == "add", flags, s.index(args[1])}))
}

func (s *script) nat64BIB(args []string) []string {
	return result(retval(s.c, "nat64_add_del_static_bib", nat64SetBIB{
		IAddr: s.ip6(args[1]), IPort: uint16(s.number(args[2])), OAddr: s.ip4(args[3]), OPort: uint16(s.number(args[4])),
		Proto: uint8(s.number(args[5])), IsAdd: args[0] == "add",
	}))
}

func (s *script) nat64All([]string) (out []string) {
	for _, d := range dump[nat64PrefixDetails](s.c, "nat64_prefix_dump", "nat64_prefix_details", empty{}) {
		out = append(out, fmt.Sprintf("  prefix %s/%d table %d", netip.AddrFrom16(d.Prefix.Address), d.Prefix.Len, d.VrfID))
	}
	for _, d := range dump[nat64PoolDetails](s.c, "nat64_pool_addr_dump", "nat64_pool_addr_details", empty{}) {
		out = append(out, fmt.Sprintf("  pool %s table %d", netip.AddrFrom4(d.Address), int32(d.VrfID)))
	}
	for _, d := range dump[nat64InterfaceDetails](s.c, "nat64_interface_dump", "nat64_interface_details", empty{}) {
		out = append(out, fmt.Sprintf("  interface %s flags %d", s.name(d.SwIfIndex), d.Flags))
	}
	for _, d := range dump[nat64BIBDetails](s.c, "nat64_bib_dump", "nat64_bib_details", nat64BIBDump{255}) {
		out = append(out, fmt.Sprintf("  bib %s %d %s %d table %d proto %d flags %d", netip.AddrFrom16(d.IAddr), d.IPort, netip.AddrFrom4(d.OAddr), d.OPort,
			d.VrfID, d.Proto, d.Flags))
	}
	return out
}

// name is what the script calls an interface.
func (s *script) name(index uint32) string {
	if n, ok := s.names[index]; ok {
		return n
	}
	return "gone"
}

func (s *script) det44([]string) []string {
	if r := retval(s.c, "det44_plugin_enable_disable", natEnable{true}); r != 0 && r != 1 { // 1: it was already
		return result(r)
	}
	return nil
}

func (s *script) det44Map(args []string) []string {
	in, inLength, _ := strings.Cut(args[1], "/")
	out, outLength, _ := strings.Cut(args[2], "/")
	return result(retval(s.c, "det44_add_del_map", det44SetMap{args[0] == "add", det44Map{
		s.ip4(in), uint8(s.number(inLength)), s.ip4(out), uint8(s.number(outLength)),
	}}))
}

func (s *script) det44Interface(args []string) []string {
	return result(retval(s.c, "det44_interface_add_del_feature", det44SetInterface{args[0] == "add", args[2] == "inside", s.index(args[1])}))
}

func (s *script) det44All([]string) (out []string) {
	for _, d := range dump[det44MapDetails](s.c, "det44_map_dump", "det44_map_details", empty{}) {
		out = append(out, fmt.Sprintf("  map %s/%d %s/%d ratio %d ports %d", netip.AddrFrom4(d.InAddr), d.InPlen, netip.AddrFrom4(d.OutAddr), d.OutPlen,
			d.SharingRatio, d.PortsPerHost))
	}
	for _, d := range dump[det44InterfaceDetails](s.c, "det44_interface_dump", "det44_interface_details", empty{}) {
		out = append(out, fmt.Sprintf("  interface %s inside %t outside %t", s.name(d.SwIfIndex), d.IsInside, d.IsOutside))
	}
	return out
}
