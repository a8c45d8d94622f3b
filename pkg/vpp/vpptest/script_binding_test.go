package vpptest

import (
	"fmt"
	"slices"
	"strings"
)

// bindingCommands are those about features that are put on interfaces.
func (s *script) bindingCommands() map[string]func(args []string) []string {
	return map[string]func(args []string) []string{
		"features": s.features, // NAME [WORD|=NAME …]: what is on, of those with the word in their name or that name
		"urpf":     s.urpf,     // NAME 4|6 rx|tx MODE [TABLE]
		"urpfs":    s.urpfs,    // NAME|none
		"mss":      s.mss,      // NAME MSS4 DIRECTION4 MSS6 DIRECTION6
		"msses":    s.msses,    // NAME|none
		"span":     s.span,     // FROM TO STATE [l2]
		"spans":    s.spans,    // [l2]
	}
}

func (s *script) features(args []string) (out []string) {
	name, of := args[0], args[1:]
	if len(of) == 0 {
		of = []string{"urpf", "mss-clamping", "span"}
	}
	for _, d := range s.details(swInterfaceDump{SwIfIndex: s.index(name)}) {
		name = d.InterfaceName
	}
	r := ask[cliInbandReply](s.c, "cli_inband", cliInband{Cmd: "show interface " + name + " features"})
	for line := range strings.Lines(r.Reply) {
		words := strings.Fields(line)
		if len(words) > 0 && slices.ContainsFunc(of, func(w string) bool {
			return "="+words[0] == w || strings.Contains(strings.ToLower(words[0]), w)
		}) {
			out = append(out, "  "+words[0])
		}
	}
	slices.Sort(out)
	return append(out, result(r.Retval)...)
}

func (s *script) urpf(args []string) []string {
	table := none
	if len(args) > 4 {
		table = s.number(args[4])
	}
	m := urpfUpdateV2{IsInput: args[2] == "rx", Mode: uint8(s.number(args[3])), SwIfIndex: s.index(args[0]), TableID: table}
	switch args[1] {
	case "4":
	case "6":
		m.Af = 1
	default:
		m.Af = 7
	}
	return result(retval(s.c, "urpf_update_v2", m))
}

func (s *script) urpfs(args []string) (out []string) {
	for _, d := range dump[urpfDetails](s.c, "urpf_interface_dump", "urpf_interface_details", swIfIndex{s.index(args[0])}) {
		out = append(out, fmt.Sprintf("  %s ip%d %s mode %d table %d", s.names[d.SwIfIndex], 4+2*d.Af,
			map[bool]string{true: "rx", false: "tx"}[d.IsInput], d.Mode, d.TableID))
	}
	return out
}

func (s *script) mss(args []string) []string {
	return result(retval(s.c, "mss_clamp_enable_disable", wireMSSClamp{
		SwIfIndex: s.index(args[0]), IPv4MSS: uint16(s.number(args[1])), IPv4Direction: uint8(s.number(args[2])),
		IPv6MSS: uint16(s.number(args[3])), IPv6Direction: uint8(s.number(args[4])),
	}))
}

func (s *script) msses(args []string) (out []string) {
	send(s.c, "mss_clamp_get", mssClampGet{0, s.index(args[0])})
	for {
		name, _, b := s.c.next()
		if name != "mss_clamp_details" {
			return append(out, result(decode[cursorReply](s.c, name, b).Retval)...)
		}
		d := decode[wireMSSClamp](s.c, name, b)
		out = append(out, fmt.Sprintf("  %s ip4 %d direction %d ip6 %d direction %d",
			s.names[d.SwIfIndex], d.IPv4MSS, d.IPv4Direction, d.IPv6MSS, d.IPv6Direction))
	}
}

func (s *script) span(args []string) []string {
	return result(retval(s.c, "sw_interface_span_enable_disable", wireSpan{
		s.index(args[0]), s.index(args[1]), s.number(args[2]), len(args) > 3,
	}))
}

func (s *script) spans(args []string) (out []string) {
	for _, d := range dump[wireSpan](s.c, "sw_interface_span_dump", "sw_interface_span_details", wireSpanDump{len(args) > 0}) {
		out = append(out, fmt.Sprintf("  %s to %s state %d", s.names[d.SwIfIndexFrom], s.names[d.SwIfIndexTo], d.State))
	}
	return out
}
