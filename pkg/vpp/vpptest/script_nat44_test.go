package vpptest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// nat44Commands are those about NAT44.
func (s *script) nat44Commands() map[string]func(args []string) []string {
	return map[string]func(args []string) []string{
		"nat44":           s.nat44,          // on|off|show key value…: inside, outside, sessions, flags
		"nat44-set":       s.nat44Set,       // forwarding 0|1, mss N, timeouts UDP EST TRANS ICMP, limit VRF N
		"nat44-interface": s.nat44Interface, // add|del NAME inside|outside|output
		"nat44-address":   s.nat44Address,   // add|del FIRST LAST VRF|any [twice]
		"nat44-of":        s.nat44Of,        // add|del NAME [twice]: an interface's address
		"nat44-table":     s.nat44Table,     // add|del VRF [ROUTE]
		"nat44-static":    s.nat44Static,    // add|del OUTSIDE PORT INSIDE PORT key value…: proto, vrf, flags, if
		"nat44-identity":  s.nat44Identity,  // add|del ADDRESS PORT key value…: proto, vrf, flags, if
		"nat44-balanced":  s.nat44Balanced,  // add|del OUTSIDE PORT FLAGS ADDRESS*SHARE…
		"nat44-backend":   s.nat44Backend,   // add|del OUTSIDE PORT ADDRESS*SHARE
		"nat44-dump":      s.nat44Dump,      // all there is
	}
}

func ip4Text(a [4]byte) string { return netip.AddrFrom4(a).String() }

func (s *script) nat44(args []string) []string {
	if args[0] == "show" {
		r := ask[nat44RunningConfig](s.c, "nat44_show_running_config", empty{})
		m := ask[natMSSReply](s.c, "nat_get_mss_clamping", empty{})
		return []string{fmt.Sprintf("  inside %d outside %d sessions %d buckets %d forwarding %t mss %d %t timeouts %v flags %d", r.InsideVRF, r.OutsideVRF,
			r.Sessions, r.TranslationBuckets, r.ForwardingEnabled, m.MSSValue, m.Enable, r.Timeouts, r.Flags)}
	}
	o := s.options(args[1:], map[string]uint32{"inside": 0, "outside": 0, "sessions": 0, "flags": 0})
	return result(retval(s.c, "nat44_ed_plugin_enable_disable",
		nat44EnableDisable{o["inside"], o["outside"], o["sessions"], args[0] == "on", uint8(o["flags"])}))
}

func (s *script) nat44Set(args []string) []string {
	var n []uint32
	for _, a := range args[1:] {
		n = append(n, s.number(a))
	}
	switch args[0] {
	case "forwarding":
		return result(retval(s.c, "nat44_forwarding_enable_disable", natEnable{n[0] != 0}))
	case "mss":
		return result(retval(s.c, "nat_set_mss_clamping", natMSS{uint16(n[0]), n[0] != 0}))
	case "timeouts":
		return result(retval(s.c, "nat_set_timeouts", natTimeouts{n[0], n[1], n[2], n[3]}))
	}
	return result(retval(s.c, "nat44_set_session_limit", nat44Limit{n[1], n[0]}))
}

func (s *script) nat44Interface(args []string) []string {
	add, sw := args[0] == "add", s.index(args[1])
	if args[2] == "output" {
		return result(retval(s.c, "nat44_ed_add_del_output_interface", nat44AddDelOutputInterface{add, sw}))
	}
	flags := map[string]uint8{"inside": natInside, "outside": natOutside}[args[2]]
	return result(retval(s.c, "nat44_interface_add_del_feature", nat44InterfaceAddDelFeature{add, flags, sw}))
}

// vrf reads a number of a VRF; any is none in particular.
func (s *script) vrf(text string) uint32 {
	if text == "any" {
		return none
	}
	s.tables[s.number(text)] = true
	return s.number(text)
}

func (s *script) nat44Address(args []string) []string {
	return result(retval(s.c, "nat44_add_del_address_range",
		nat44AddDelAddressRange{s.ip4(args[1]), s.ip4(args[2]), s.vrf(args[3]), args[0] == "add", uint8(len(args) - 4)}))
}

func (s *script) nat44Of(args []string) []string {
	return result(retval(s.c, "nat44_add_del_interface_addr", nat44AddDelInterfaceAddr{args[0] == "add", s.index(args[1]), uint8(len(args) - 2)}))
}

func (s *script) nat44Table(args []string) []string {
	if len(args) == 2 {
		return result(retval(s.c, "nat44_ed_add_del_vrf_table", nat44AddDelVRFTable{s.vrf(args[1]), args[0] == "add"}))
	}
	return result(retval(s.c, "nat44_ed_add_del_vrf_route", nat44AddDelVRFRoute{s.vrf(args[1]), s.vrf(args[2]), args[0] == "add"}))
}

var natOptions = map[string]uint32{"proto": 6, "vrf": 0, "flags": 0, "if": none}

func (s *script) nat44Static(args []string) []string {
	o := s.options(args[5:], natOptions)
	s.tables[o["vrf"]] = true
	return result(retval(s.c, "nat44_add_del_static_mapping", nat44AddDelStaticMapping{
		args[0] == "add", uint8(o["flags"]), s.ip4(args[3]), s.ip4(args[1]), uint8(o["proto"]), uint16(s.number(args[4])), uint16(s.number(args[2])),
		o["if"], o["vrf"], "tag",
	}))
}

func (s *script) nat44Identity(args []string) []string {
	o := s.options(args[3:], natOptions)
	s.tables[o["vrf"]] = true
	return result(retval(s.c, "nat44_add_del_identity_mapping", nat44AddDelIdentityMapping{
		args[0] == "add", uint8(o["flags"]), s.ip4(args[1]), uint8(o["proto"]), uint16(s.number(args[2])), o["if"], o["vrf"], "of-" + fmt.Sprint(o["vrf"]),
	}))
}

// backend reads ADDRESS*SHARE[@VRF]; the port is 80.
func (s *script) backend(text string) nat44LBAddrPort {
	text, vrf, _ := strings.Cut(text, "@")
	address, share, _ := strings.Cut(text, "*")
	b := nat44LBAddrPort{Addr: s.ip4(address), Port: 80, Probability: uint8(s.number(share))}
	if vrf != "" {
		b.VrfID = s.vrf(vrf)
	}
	return b
}

func (s *script) nat44Balanced(args []string) []string {
	m := nat44AddDelLBStaticMapping{
		IsAdd: args[0] == "add", ExternalAddr: s.ip4(args[1]), ExternalPort: uint16(s.number(args[2])), Flags: uint8(s.number(args[3])),
		Protocol: 6, Affinity: 9, Tag: "tag",
	}
	for _, b := range args[4:] {
		m.Locals = append(m.Locals, s.backend(b))
	}
	return result(retval(s.c, "nat44_add_del_lb_static_mapping", m))
}

func (s *script) nat44Backend(args []string) []string {
	return result(retval(s.c, "nat44_lb_static_mapping_add_del_local", nat44LBStaticMappingAddDelLocal{
		IsAdd: args[0] == "add", ExternalAddr: s.ip4(args[1]), ExternalPort: uint16(s.number(args[2])), Protocol: 6, Local: s.backend(args[3]),
	}))
}

// nat44Dump is everything, in the order of VPP's dumps.
func (s *script) nat44Dump([]string) (out []string) {
	add := func(format string, args ...any) {
		out = append(out, strings.TrimRight("  "+fmt.Sprintf(format, args...), " "))
	}
	for _, d := range dump[nat44InterfaceDetails](s.c, "nat44_interface_dump", "nat44_interface_details", empty{}) {
		add("interface %s flags %d", s.names[d.SwIfIndex], d.Flags)
	}
	send(s.c, "nat44_ed_output_interface_get", cursorRequest{})
	for {
		name, _, b := s.c.next()
		if name != "nat44_ed_output_interface_details" {
			if r := decode[cursorReply](s.c, name, b); r.Retval != 0 {
				add("output interfaces: retval %d", r.Retval)
			}
			break
		}
		add("output interface %s", s.names[decode[swIfIndex](s.c, name, b).SwIfIndex])
	}
	for _, d := range dump[nat44InterfaceAddrDetails](s.c, "nat44_interface_addr_dump", "nat44_interface_addr_details", empty{}) {
		add("address of %s flags %d", s.names[d.SwIfIndex], d.Flags)
	}
	for _, d := range dump[nat44AddressDetails](s.c, "nat44_address_dump", "nat44_address_details", empty{}) {
		add("address %s vrf %d flags %d", ip4Text(d.IPAddress), int32(d.VrfID), d.Flags)
	}
	for _, message := range []string{"nat44_ed_vrf_tables_dump", "nat44_ed_vrf_tables_v2_dump"} {
		for _, d := range dump[nat44VRFTablesDetails](s.c, message, "nat44_ed_vrf_tables_details", empty{}) {
			add("%s: table %d %v", message, d.TableVrfID, d.VrfIDs)
		}
	}
	for _, d := range dump[nat44StaticMappingDetails](s.c, "nat44_static_mapping_dump", "nat44_static_mapping_details", empty{}) {
		add("static %s:%d to %s:%d proto %d flags %d vrf %d if %s %s", ip4Text(d.ExternalIPAddress), d.ExternalPort, ip4Text(d.LocalIPAddress), d.LocalPort,
			d.Protocol, d.Flags, d.VrfID, s.names[d.ExternalSwIfIndex], d.Tag)
	}
	for _, d := range dump[nat44IdentityMappingDetails](s.c, "nat44_identity_mapping_dump", "nat44_identity_mapping_details", empty{}) {
		add("identity %s:%d proto %d flags %d vrf %d if %s %s", ip4Text(d.IPAddress), d.Port, d.Protocol, d.Flags, d.VrfID, s.names[d.SwIfIndex], d.Tag)
	}
	for _, d := range dump[nat44LBStaticMappingDetails](s.c, "nat44_lb_static_mapping_dump", "nat44_lb_static_mapping_details", empty{}) {
		var backends []string
		for _, l := range d.Locals {
			backends = append(backends, fmt.Sprintf("%s:%d*%d@%d", ip4Text(l.Addr), l.Port, l.Probability, l.VrfID))
		}
		slices.Sort(backends)
		add("balanced %s:%d proto %d flags %d %s %s", ip4Text(d.ExternalAddr), d.ExternalPort, d.Protocol, d.Flags, strings.Join(backends, ","), d.Tag)
	}
	return out
}
