package vpptest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// aclNames are the script's names of access lists, whose numbers differ
// between VPPs.
type aclNames struct {
	index map[string]uint32
	name  map[uint32]string
}

func newACLNames() aclNames {
	return aclNames{map[string]uint32{"none": none, "unknown": 9999}, map[uint32]string{none: "none", 9999: "unknown"}}
}

func (n aclNames) set(name string, index uint32) { n.index[name], n.name[index] = index, name }

func (s *script) aclCommands() map[string]func(args []string) []string {
	return map[string]func(args []string) []string{
		"acl":        s.acl,       // NAME TAG [RULE, …]: makes it, or replaces its rules
		"acl-delete": s.aclDelete, // NAME
		"acls":       s.listACLs,  // those the script has named
		"acl-set":    s.aclSet,    // INTERFACE input [NAME …] output [NAME …]
		"acl-add":    s.aclAdd,    // INTERFACE add|del input|output NAME
		"acl-on":     s.aclOn,     // INTERFACE: its lists

		"acl-set-etypes": s.aclSetEtypes, // INTERFACE input [TYPE …] output [TYPE …]
		"acl-etypes":     s.aclEtypes,    // INTERFACE
	}
}

// aclRule reads permit|deny|reflect, then key value pairs: src PREFIX, dst
// PREFIX, proto N, sport A-B, dport A-B, flags VALUE/MASK.
func (s *script) aclRule(words []string) wireACLRule {
	all := s.prefix("0.0.0.0/0")
	r := wireACLRule{SrcPrefix: all, DstPrefix: all, SrcportOrIcmptypeLast: 65535, DstportOrIcmpcodeLast: 65535}
	r.IsPermit = map[string]uint8{"deny": 0, "permit": 1, "reflect": 2}[words[0]]
	for rest := words[1:]; len(rest) > 1; rest = rest[2:] {
		a, b, _ := strings.Cut(rest[1], "-")
		switch rest[0] {
		case "src":
			r.SrcPrefix = s.prefix(rest[1])
		case "dst":
			r.DstPrefix = s.prefix(rest[1])
		case "proto":
			r.Proto = uint8(s.number(rest[1]))
		case "sport":
			r.SrcportOrIcmptypeFirst, r.SrcportOrIcmptypeLast = uint16(s.number(a)), uint16(s.number(b))
		case "dport":
			r.DstportOrIcmpcodeFirst, r.DstportOrIcmpcodeLast = uint16(s.number(a)), uint16(s.number(b))
		case "flags":
			value, mask, _ := strings.Cut(rest[1], "/")
			r.TCPFlagsValue, r.TCPFlagsMask = uint8(s.number(value)), uint8(s.number(mask))
		default:
			s.c.t.Fatalf("rule %v", words)
		}
	}
	return r
}

func (s *script) acl(args []string) []string {
	m := aclAddReplace{ACLIndex: none, Tag: args[1]}
	if index, known := s.acls.index[args[0]]; known {
		m.ACLIndex = index
	}
	if rest := strings.Join(args[2:], " "); rest != "" {
		for text := range strings.SplitSeq(rest, ",") {
			m.R = append(m.R, s.aclRule(strings.Fields(text)))
		}
	}
	r := ask[aclIndexReply](s.c, "acl_add_replace", m)
	if r.Retval == 0 {
		s.acls.set(args[0], r.ACLIndex)
	} else if r.ACLIndex != m.ACLIndex {
		return append(result(r.Retval), fmt.Sprintf("  index %d", r.ACLIndex))
	}
	return result(r.Retval)
}

func (s *script) aclDelete(args []string) []string {
	return result(retval(s.c, "acl_del", aclIndex{s.acls.index[args[0]]}))
}

func (s *script) listACLs([]string) (out []string) {
	all := dump[aclAddReplace](s.c, "acl_dump", "acl_details", aclIndex{none})
	slices.SortFunc(all, func(a, b aclAddReplace) int { return strings.Compare(s.acls.name[a.ACLIndex], s.acls.name[b.ACLIndex]) })
	for _, d := range all {
		name, ours := s.acls.name[d.ACLIndex]
		if !ours {
			continue
		}
		out = append(out, fmt.Sprintf("  %s %q", name, d.Tag))
		for i := range d.R {
			r := &d.R[i]
			out = append(out, fmt.Sprintf("    %s %s %s proto %d sport %d-%d dport %d-%d flags %d/%d",
				[...]string{"deny", "permit", "reflect"}[r.IsPermit], r.SrcPrefix.prefix(), r.DstPrefix.prefix(), r.Proto,
				r.SrcportOrIcmptypeFirst, r.SrcportOrIcmptypeLast, r.DstportOrIcmpcodeFirst, r.DstportOrIcmpcodeLast,
				r.TCPFlagsValue, r.TCPFlagsMask))
		}
		if one := dump[aclAddReplace](s.c, "acl_dump", "acl_details", aclIndex{d.ACLIndex}); len(one) != 1 || one[0].Tag != d.Tag {
			out = append(out, "  not so when asked for alone")
		}
	}
	return out
}

func (s *script) aclSet(args []string) []string {
	m := aclInterfaceList{SwIfIndex: s.index(args[0])}
	for _, word := range args[1:] {
		switch word {
		case "input":
		case "output":
			m.NInput = uint8(len(m.ACLs))
		default:
			m.ACLs = append(m.ACLs, s.acls.index[word])
		}
	}
	return result(retval(s.c, "acl_interface_set_acl_list", m))
}

func (s *script) aclAdd(args []string) []string {
	return result(retval(s.c, "acl_interface_add_del", aclInterfaceAddDel{
		IsAdd: args[1] == "add", IsInput: args[2] == "input", SwIfIndex: s.index(args[0]), ACLIndex: s.acls.index[args[3]],
	}))
}

func (s *script) aclOn(args []string) (out []string) {
	for _, d := range dump[aclInterfaceList](s.c, "acl_interface_list_dump", "acl_interface_list_details", swIfIndex{s.index(args[0])}) {
		text := "  input"
		for i, index := range d.ACLs {
			if i == int(d.NInput) {
				text += " output"
			}
			name := s.acls.name[index]
			if name == "" {
				name = strconv.FormatUint(uint64(index), 10)
			}
			text += " " + name
		}
		if int(d.NInput) == len(d.ACLs) {
			text += " output"
		}
		out = append(out, text)
	}
	return out
}

func (s *script) aclSetEtypes(args []string) []string {
	m := aclEtypes{SwIfIndex: s.index(args[0])}
	for _, word := range args[1:] {
		switch word {
		case "input":
		case "output":
			m.NInput = uint8(len(m.Whitelist))
		default:
			m.Whitelist = append(m.Whitelist, uint16(s.number(word)))
		}
	}
	return result(retval(s.c, "acl_interface_set_etype_whitelist", m))
}

func (s *script) aclEtypes(args []string) (out []string) {
	for _, d := range dump[aclEtypes](s.c, "acl_interface_etype_whitelist_dump", "acl_interface_etype_whitelist_details", swIfIndex{s.index(args[0])}) {
		out = append(out, fmt.Sprintf("  input %v output %v", d.Whitelist[:d.NInput], d.Whitelist[d.NInput:]))
	}
	return out
}
