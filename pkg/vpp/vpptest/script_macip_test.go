package vpptest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

func (s *script) macACLCommands() map[string]func(args []string) []string {
	return map[string]func(args []string) []string{
		"macip":        s.macACL,       // NAME TAG [RULE, …]: makes it, or replaces its rules
		"macip-delete": s.macACLDelete, // NAME
		"macips":       s.listMACACLs,  // those the script has named
		"macip-add":    s.macACLAdd,    // INTERFACE NAME
		"macip-del":    s.macACLDel,    // INTERFACE NAME
		"macip-on":     s.macACLOn,     // INTERFACE: its list
		"macips-on":    s.macACLsOn,    // of all interfaces that the script has named
	}
}

// macACLRule reads permit|deny MAC MASK PREFIX.
func (s *script) macACLRule(words []string) wireMACACLRule {
	r := wireMACACLRule{SrcMAC: s.mac(words[1]), SrcMACMask: s.mac(words[2]), SrcPrefix: s.prefix(words[3])}
	if words[0] == "permit" {
		r.IsPermit = 1
	}
	return r
}

func (s *script) macACL(args []string) []string {
	m := macACLAddReplace{ACLIndex: none, Tag: args[1]}
	if index, known := s.macACLs.index[args[0]]; known {
		m.ACLIndex = index
	}
	if rest := strings.Join(args[2:], " "); rest != "" {
		for text := range strings.SplitSeq(rest, ",") {
			m.R = append(m.R, s.macACLRule(strings.Fields(text)))
		}
	}
	r := ask[aclIndexReply](s.c, "macip_acl_add_replace", m)
	if r.Retval == 0 {
		s.macACLs.set(args[0], r.ACLIndex)
	} else if r.ACLIndex != m.ACLIndex {
		return append(result(r.Retval), fmt.Sprintf("  index %d", r.ACLIndex))
	}
	return result(r.Retval)
}

func (s *script) macACLDelete(args []string) []string {
	return result(retval(s.c, "macip_acl_del", aclIndex{s.macACLs.index[args[0]]}))
}

func (s *script) listMACACLs([]string) (out []string) {
	all := dump[macACLAddReplace](s.c, "macip_acl_dump", "macip_acl_details", aclIndex{none})
	slices.SortFunc(all, func(a, b macACLAddReplace) int {
		return strings.Compare(s.macACLs.name[a.ACLIndex], s.macACLs.name[b.ACLIndex])
	})
	for _, d := range all {
		name, ours := s.macACLs.name[d.ACLIndex]
		if !ours {
			continue
		}
		out = append(out, fmt.Sprintf("  %s %q", name, d.Tag))
		for _, r := range d.R {
			p := prefix{addr: r.SrcPrefix.Address.Un, family: r.SrcPrefix.Address.Af & 1, length: r.SrcPrefix.Len}
			out = append(out, fmt.Sprintf("    %s %s %s %s/%d", [...]string{"deny", "permit"}[r.IsPermit],
				binproto.MAC(r.SrcMAC), binproto.MAC(r.SrcMACMask), addressText(p.addr, int(p.family)), p.length))
		}
		one := dump[macACLAddReplace](s.c, "macip_acl_dump", "macip_acl_details", aclIndex{d.ACLIndex})
		if len(one) != 1 || one[0].Tag != d.Tag {
			out = append(out, "  not so when asked for alone")
		}
	}
	return out
}

func (s *script) setMACACL(args []string, isAdd bool) []string {
	return result(retval(s.c, "macip_acl_interface_add_del", macACLInterfaceAddDel{isAdd, s.index(args[0]), s.macACLs.index[args[1]]}))
}

func (s *script) macACLAdd(args []string) []string { return s.setMACACL(args, true) }
func (s *script) macACLDel(args []string) []string { return s.setMACACL(args, false) }

func (s *script) macACLOn(args []string) []string { return s.macACLsAt(s.index(args[0])) }
func (s *script) macACLsOn([]string) []string     { return s.macACLsAt(none) }

func (s *script) macACLsAt(index uint32) (out []string) {
	for _, d := range dump[macACLInterfaceList](s.c, "macip_acl_interface_list_dump", "macip_acl_interface_list_details", swIfIndex{index}) {
		name, ours := s.names[d.SwIfIndex]
		if !ours {
			continue
		}
		for _, acl := range d.ACLs {
			name += " " + s.macACLs.name[acl]
		}
		out = append(out, "  "+name)
	}
	slices.Sort(out)
	return out
}
