package vpptest

import (
	"fmt"
	"slices"
	"strings"
)

func (s *script) l3xcCommands() map[string]func(args []string) []string {
	return map[string]func(args []string) []string{
		"l3xc":     s.l3xc,    // INTERFACE 4|6 PATH, …
		"l3xc-del": s.l3xcDel, // INTERFACE 4|6
		"l3xcs":    s.l3xcs,   // INTERFACE|none
	}
}

func (s *script) l3xc(args []string) []string {
	m := l3xcMessage{wireL3xc{SwIfIndex: s.index(args[0]), IsIP6: s.family(args[1])}}
	family := uint8(0)
	if m.L3xc.IsIP6 {
		family = 1
	}
	if rest := strings.Join(args[2:], " "); rest != "" {
		for text := range strings.SplitSeq(rest, ",") {
			m.L3xc.Paths = append(m.L3xc.Paths, s.path(strings.Fields(text), family))
		}
	}
	return result(ask[l3xcUpdateReply](s.c, "l3xc_update", m).Retval)
}

func (s *script) l3xcDel(args []string) []string {
	return result(retval(s.c, "l3xc_del", l3xcDel{s.index(args[0]), s.family(args[1])}))
}

func (s *script) l3xcs(args []string) (out []string) {
	for _, d := range dump[l3xcMessage](s.c, "l3xc_dump", "l3xc_details", swIfIndex{s.index(args[0])}) {
		paths := make([]string, len(d.L3xc.Paths))
		for i := range d.L3xc.Paths {
			paths[i] = s.pathText(&d.L3xc.Paths[i])
		}
		out = append(out, fmt.Sprintf("  %s IPv6 %t: %s", s.names[d.L3xc.SwIfIndex], d.L3xc.IsIP6, strings.Join(paths, ", ")))
	}
	slices.Sort(out)
	return out
}
