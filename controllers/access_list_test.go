package controllers

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// ruleText is a rule of VPP in words.
func ruleText(r kinds.AccessRule) string {
	return fmt.Sprintf("%d %s %s %d %d-%d %d-%d %x/%x", r.Action, r.Source, r.Destination, r.Protocol,
		r.SourceFirst, r.SourceLast, r.DestinationFirst, r.DestinationLast, r.TCPFlagsValue, r.TCPFlagsMask)
}

func TestCompileAccessList(t *testing.T) {
	t.Parallel()
	prefix := func(list ...v1alpha1.Prefix) []v1alpha1.Prefix { return list }
	for name, tc := range map[string]struct {
		rule  v1alpha1.AccessListRule
		want  []string
		wrong string
	}{
		"anything": {v1alpha1.AccessListRule{Action: "Deny"}, []string{
			"0 0.0.0.0/0 0.0.0.0/0 0 0-65535 0-65535 0/0", "0 ::/0 ::/0 0 0-65535 0-65535 0/0"}, ""},
		"of a family": {v1alpha1.AccessListRule{Action: "Permit", Family: "IPv6"}, []string{"1 ::/0 ::/0 0 0-65535 0-65535 0/0"}, ""},
		"of the protocol's family": {v1alpha1.AccessListRule{Action: "Permit", Protocol: "ICMP", ICMPTypes: []v1alpha1.ICMPRange{"8"}},
			[]string{"1 0.0.0.0/0 0.0.0.0/0 1 8-8 0-65535 0/0"}, ""},
		"of the prefixes' family": {v1alpha1.AccessListRule{Action: "PermitReflect", Destinations: prefix("2001:DB8::/32"), ProtocolNumber: 89},
			[]string{"2 ::/0 2001:db8::/32 89 0-65535 0-65535 0/0"}, ""},
		"all combinations": {v1alpha1.AccessListRule{Action: "Permit", Sources: prefix("192.0.2.0/24", "198.51.100.0/24"), Protocol: "UDP",
			SourcePorts: []v1alpha1.PortRange{"53"}, DestinationPorts: []v1alpha1.PortRange{"53", "1024-65535"}}, []string{
			"1 192.0.2.0/24 0.0.0.0/0 17 53-53 53-53 0/0", "1 192.0.2.0/24 0.0.0.0/0 17 53-53 1024-65535 0/0",
			"1 198.51.100.0/24 0.0.0.0/0 17 53-53 53-53 0/0", "1 198.51.100.0/24 0.0.0.0/0 17 53-53 1024-65535 0/0"}, ""},
		"flags": {v1alpha1.AccessListRule{Action: "Permit", Family: "IPv4", Protocol: "TCP",
			TCPFlags: &v1alpha1.TCPFlags{Set: []v1alpha1.TCPFlag{"SYN", "CWR"}, Clear: []v1alpha1.TCPFlag{"ACK"}}},
			[]string{"1 0.0.0.0/0 0.0.0.0/0 6 0-65535 0-65535 82/92"}, ""},

		"action":               {v1alpha1.AccessListRule{Action: "Reject"}, nil, "spec.rules[0].action"},
		"protocol":             {v1alpha1.AccessListRule{Action: "Deny", Protocol: "IGMP"}, nil, "spec.rules[0].protocol"},
		"two protocols":        {v1alpha1.AccessListRule{Action: "Deny", Protocol: "TCP", ProtocolNumber: 6}, nil, "spec.rules[0].protocol"},
		"host bits":            {v1alpha1.AccessListRule{Action: "Deny", Sources: prefix("192.0.2.0/24", "192.0.2.1/24")}, nil, "spec.rules[0].sources[1]"},
		"families":             {v1alpha1.AccessListRule{Action: "Deny", Sources: prefix("192.0.2.0/24"), Destinations: prefix("::/0")}, nil, "spec.rules[0]"},
		"family of a protocol": {v1alpha1.AccessListRule{Action: "Deny", Family: "IPv6", Protocol: "ICMP"}, nil, "spec.rules[0]"},
		"twice":                {v1alpha1.AccessListRule{Action: "Deny", Destinations: prefix("::/0", "0::/0")}, nil, "spec.rules[0].destinations[1]"},
		"ports":                {v1alpha1.AccessListRule{Action: "Deny", SourcePorts: []v1alpha1.PortRange{"1"}}, nil, "spec.rules[0]"},
		"types":                {v1alpha1.AccessListRule{Action: "Deny", Protocol: "TCP", ICMPTypes: []v1alpha1.ICMPRange{"1"}}, nil, "spec.rules[0]"},
		"large type":           {v1alpha1.AccessListRule{Action: "Deny", Protocol: "ICMP", ICMPCodes: []v1alpha1.ICMPRange{"1-256"}}, nil, "spec.rules[0].icmpCodes[0]"},
		"range":                {v1alpha1.AccessListRule{Action: "Deny", Protocol: "TCP", DestinationPorts: []v1alpha1.PortRange{"80", "9-8"}}, nil, "spec.rules[0].destinationPorts[1]"},
		"flags of UDP":         {v1alpha1.AccessListRule{Action: "Deny", Protocol: "UDP", TCPFlags: &v1alpha1.TCPFlags{}}, nil, "spec.rules[0].tcpFlags"},
	} {
		items, err := compileAccessList(&v1alpha1.AccessList{
			ObjectMeta: metav1.ObjectMeta{Name: "list"}, Spec: v1alpha1.AccessListSpec{Rules: []v1alpha1.AccessListRule{tc.rule}},
		})
		if tc.wrong != "" {
			check(t, name, items, err, nil, tc.wrong)
			continue
		}
		check(t, name, items, err, []state.ID{kinds.AccessListID("list")}, "")
		var got []string
		for _, r := range items[0].Value.(*kinds.AccessList).Rules {
			got = append(got, ruleText(r))
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: rules\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
		}
	}
}

func TestCompileAccessListPlaces(t *testing.T) {
	t.Parallel()
	spec := v1alpha1.AccessListSpec{Rules: []v1alpha1.AccessListRule{{Action: "Permit"}}, Interfaces: []v1alpha1.AccessListInterface{
		{Interface: "wan", Direction: "Input", Priority: 7}, {Interface: "wan", Direction: "Output"},
	}}
	items, err := compileAccessList(&v1alpha1.AccessList{ObjectMeta: metav1.ObjectMeta{Name: "list"}, Spec: spec})
	check(t, "places", items, err, []state.ID{
		kinds.AccessListID("list"), kinds.AccessListInterfaceID("wan", kinds.Input, "list"), kinds.AccessListInterfaceID("wan", kinds.Output, "list"),
	}, "")
	if items[1].Value != (kinds.AccessListInterface{Priority: 7}) || !slices.Equal(items[2].Needs, []state.ID{kinds.InterfaceID("wan"), kinds.AccessListID("list")}) {
		t.Errorf("items %+v", items)
	}
	spec.Interfaces = append(spec.Interfaces, spec.Interfaces[0])
	items, err = compileAccessList(&v1alpha1.AccessList{Spec: spec})
	check(t, "twice", items, err, nil, "spec.interfaces[2]: Duplicate")
	items, err = compileAccessList(&v1alpha1.AccessList{})
	check(t, "no rules", items, err, nil, "spec.rules: Required")
}

// What becomes too many rules is told of the rule that does it.
func TestCompileAccessListTooLong(t *testing.T) {
	t.Parallel()
	list := func(n int) (prefixes []v1alpha1.Prefix) {
		for i := range n {
			prefixes = append(prefixes, v1alpha1.Prefix(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i), 0}), 24).String()))
		}
		return prefixes
	}
	spec := v1alpha1.AccessListSpec{Rules: []v1alpha1.AccessListRule{
		{Action: "Permit", Sources: list(50), Destinations: list(40)}, {Action: "Permit", Sources: list(64), Destinations: list(64)},
		{Action: "Permit", Sources: list(64), Destinations: list(61)},
	}}
	items, err := compileAccessList(&v1alpha1.AccessList{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: spec})
	check(t, "10000", items, err, []state.ID{kinds.AccessListID("a")}, "")
	if n := len(items[0].Value.(*kinds.AccessList).Rules); n != 2000+4096+3904 {
		t.Errorf("%d rules", n)
	}
	spec.Rules = append(spec.Rules, v1alpha1.AccessListRule{Action: "Deny", Family: "IPv4"})
	items, err = compileAccessList(&v1alpha1.AccessList{Spec: spec})
	check(t, "10001", items, err, nil, "spec.rules[3]: Invalid value: 1: its combinations of prefixes and ranges make more than 10000 rules")
}

func TestReportAccessList(t *testing.T) {
	t.Parallel()
	reports := []state.ItemReport{
		{ID: kinds.AccessListID("a"), Reason: state.Programmed, Have: &kinds.AccessList{Rules: make([]kinds.AccessRule, 3)}, Handle: 0, HasHandle: true},
		{ID: kinds.AccessListInterfaceID("wan", kinds.Input, "a"), Reason: state.Programmed},
		{ID: kinds.AccessListInterfaceID("lan", kinds.Output, "a"), Reason: state.Waiting, Message: "waits for Interface lan"},
	}
	var status v1alpha1.AccessListStatus
	reportAccessList(&status, slices.Values(reports))
	if status.Rules != 3 || status.ACLIndex == nil || *status.ACLIndex != 0 || status.Applied != 1 || len(status.PendingInterfaces) != 1 ||
		status.PendingInterfaces[0] != (v1alpha1.AppliedInterfaceStatus{Interface: "lan", Direction: "Output", Reason: "WaitingForDependency", Message: "waits for Interface lan"}) {
		t.Errorf("status %+v", status)
	}
	status = v1alpha1.AccessListStatus{}
	reportAccessList(&status, slices.Values(slices.Repeat(reports[2:], 20)))
	if len(status.PendingInterfaces) != 10 {
		t.Errorf("%d are listed", len(status.PendingInterfaces))
	}
}
