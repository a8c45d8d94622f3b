package vpptest

import (
	"fmt"
	"slices"
	"strings"
)

// route add|set|cut|del TABLE PREFIX [source NAME] [PATH, …]: set replaces all
// paths, add and cut are the multipath forms, del removes the route.
//
// PATH is one of drop, unreach, prohibit, local, source-lookup, rx, dvr, then
// key value pairs: via ADDRESS, dev NAME, table N, weight N, preference N,
// proto N, rpf N, type N, flags N, label N.
func (s *script) route(args []string) []string {
	m := ipRouteAddDel{IsAdd: args[0] == "add" || args[0] == "set", IsMultipath: args[0] == "add" || args[0] == "cut"}
	m.Route = wireRoute{TableID: s.number(args[1]), Prefix: s.prefix(args[2])}
	rest := args[3:]
	if len(rest) > 1 && rest[0] == "source" {
		m.Route.Src, rest = s.sourceID(rest[1]), rest[2:]
	}
	if len(rest) > 0 {
		for text := range strings.SplitSeq(strings.Join(rest, " "), ",") {
			m.Route.Paths = append(m.Route.Paths, s.path(strings.Fields(text), m.Route.Prefix.Address.Af))
		}
	}
	r := ask[ipRouteAddDelReply](s.c, "ip_route_add_del_v2", m)
	if has := r.StatsIndex != none; has != (r.Retval == 0 && m.IsAdd) {
		return append(result(r.Retval), fmt.Sprintf("  stats index %d", r.StatsIndex))
	}
	return result(r.Retval)
}

func (s *script) sourceID(name string) uint8 {
	if name == "unregistered" {
		return 250
	}
	id, ok := s.sources[name]
	if !ok {
		s.c.t.Fatalf("unknown source %q", name)
	}
	return id
}

var pathTypes = []string{"normal", "local", "drop", "udp-encap", "bier", "unreach", "prohibit", "source-lookup", "dvr", "rx", "classify"}

func (s *script) path(words []string, family uint8) wirePath {
	p := wirePath{SwIfIndex: none, Proto: uint32(family)}
	if i := slices.Index(pathTypes, words[0]); i >= 0 {
		p.Type = uint32(i)
		words = words[1:]
	}
	for ; len(words) > 1; words = words[2:] {
		switch key, value := words[0], words[1]; key {
		case "via":
			a := s.ip(value)
			p.Nh.Address, p.Proto = a.Un, uint32(a.Af)
		case "dev":
			p.SwIfIndex = s.index(value)
		case "table":
			p.TableID = s.number(value)
		case "weight":
			p.Weight = uint8(s.number(value))
		case "preference":
			p.Preference = uint8(s.number(value))
		case "proto":
			p.Proto = s.number(value)
		case "rpf":
			p.RpfID = s.number(value)
		case "flags":
			p.Flags = s.number(value)
		case "label":
			p.LabelStack[p.NLabels] = mplsLabel{Label: s.number(value), TTL: 64, Exp: 1, IsUniform: 1}
			p.NLabels++
		default:
			s.c.t.Fatalf("path %v", words)
		}
	}
	return p
}

func (s *script) pathText(p *wirePath) string {
	var b strings.Builder
	b.WriteString(pathTypes[p.Type])
	if p.Nh.Address != (address{}) {
		fmt.Fprintf(&b, " via %s", addressText(p.Nh.Address, int(p.Proto)))
	}
	if name := s.names[p.SwIfIndex]; name != "" {
		fmt.Fprintf(&b, " dev %s", name)
	}
	for _, f := range []struct {
		name  string
		value uint32
	}{{"table", p.TableID}, {"preference", uint32(p.Preference)}, {"rpf", p.RpfID}, {"flags", p.Flags}, {"proto", p.Proto}} {
		if f.value != 0 {
			fmt.Fprintf(&b, " %s %d", f.name, f.value)
		}
	}
	if p.Weight != 1 {
		fmt.Fprintf(&b, " weight %d", p.Weight)
	}
	for _, l := range p.LabelStack[:p.NLabels] {
		fmt.Fprintf(&b, " label %d/%d/%d/%d", l.Label, l.TTL, l.Exp, l.IsUniform)
	}
	return b.String()
}

func (s *script) routeText(r *wireRoute) string {
	source := fmt.Sprint(r.Src)
	for name, id := range s.sources {
		if id == r.Src {
			source = name
		}
	}
	if r.Src == 250 {
		source = "unregistered"
	}
	paths := make([]string, len(r.Paths))
	for i := range r.Paths {
		paths[i] = s.pathText(&r.Paths[i])
	}
	return fmt.Sprintf("  %s %s: %s", r.Prefix.prefix(), source, strings.Join(paths, ", "))
}

// routes TABLE 4|6 [SOURCE]: the order is not VPP's, which has none.
func (s *script) routes(args []string) []string {
	m := ipRouteDump{Table: wireTable{TableID: s.number(args[0]), IsIP6: s.family(args[1])}}
	if len(args) > 2 {
		m.Src = s.sourceID(args[2])
	}
	details := dump[ipRouteDetails](s.c, "ip_route_v2_dump", "ip_route_v2_details", m)
	if len(args) == 2 {
		if n := len(dump[ipRouteDetails](s.c, "ip_route_dump", "ip_route_details", m)); n != len(details) {
			return []string{fmt.Sprintf("  ip_route_dump has %d, ip_route_v2_dump %d", n, len(details))}
		}
	}
	out := make([]string, len(details))
	for i := range details {
		out[i] = s.routeText(&details[i].Route)
	}
	slices.Sort(out)
	return out
}

func (s *script) lookup(args []string) []string {
	m := ipRouteLookup{TableID: s.number(args[0]), Prefix: s.prefix(args[1]), Exact: len(args) > 2}
	r := ask[ipRouteLookupReply](s.c, "ip_route_lookup_v2", m)
	if r.Retval != 0 {
		return result(r.Retval)
	}
	if v1 := ask[ipRouteLookupReply](s.c, "ip_route_lookup", m); v1.Route.Prefix != r.Route.Prefix {
		return []string{"  ip_route_lookup and ip_route_lookup_v2 differ"}
	}
	return []string{s.routeText(&r.Route)}
}
