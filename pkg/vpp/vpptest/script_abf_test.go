package vpptest

import (
	"fmt"
	"slices"
	"strings"
)

func (s *script) abfCommands() map[string]func(args []string) []string {
	return map[string]func(args []string) []string{
		"abf":          s.abf,         // add|del POLICY ACL [PATH, …]
		"abfs":         s.abfs,        // the policies from 7000 on
		"abf-attach":   s.abfAttach,   // add|del POLICY INTERFACE 4|6 PRIORITY
		"abf-attached": s.abfAttached, // of the policies from 7000 on
	}
}

func (s *script) abf(args []string) []string {
	m := abfPolicyAddDel{IsAdd: args[0] == "add", Policy: wirePolicy{PolicyID: s.number(args[1]), ACLIndex: s.acls.index[args[2]]}}
	if rest := strings.Join(args[3:], " "); rest != "" {
		for text := range strings.SplitSeq(rest, ",") {
			m.Policy.Paths = append(m.Policy.Paths, s.path(strings.Fields(text), 0))
		}
	}
	return result(retval(s.c, "abf_policy_add_del", m))
}

func (s *script) abfs([]string) (out []string) {
	for _, d := range dump[abfPolicyDetails](s.c, "abf_policy_dump", "abf_policy_details", empty{}) {
		if d.Policy.PolicyID < 7000 || d.Policy.PolicyID > 7999 {
			continue
		}
		paths := make([]string, len(d.Policy.Paths))
		for i := range d.Policy.Paths {
			paths[i] = s.pathText(&d.Policy.Paths[i])
		}
		out = append(out, fmt.Sprintf("  %d %s: %s", d.Policy.PolicyID, s.acls.name[d.Policy.ACLIndex], strings.Join(paths, ", ")))
	}
	slices.Sort(out)
	return out
}

func (s *script) abfAttach(args []string) []string {
	return result(retval(s.c, "abf_itf_attach_add_del", abfAttachAddDel{IsAdd: args[0] == "add", Attach: wireAttach{
		PolicyID: s.number(args[1]), SwIfIndex: s.index(args[2]), IsIPv6: s.family(args[3]), Priority: s.number(args[4]),
	}}))
}

func (s *script) abfAttached([]string) (out []string) {
	for _, d := range dump[abfAttachDetails](s.c, "abf_itf_attach_dump", "abf_itf_attach_details", empty{}) {
		if d.Attach.PolicyID >= 7000 && d.Attach.PolicyID <= 7999 {
			out = append(out, fmt.Sprintf("  %d on %s IPv6 %t priority %d", d.Attach.PolicyID, s.names[d.Attach.SwIfIndex], d.Attach.IsIPv6, d.Attach.Priority))
		}
	}
	slices.Sort(out)
	return out
}
