package controllers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func TestCompileMACAccessList(t *testing.T) {
	t.Parallel()
	type rules = []v1alpha1.MACAccessListRule
	prefix := func(list ...v1alpha1.Prefix) []v1alpha1.Prefix { return list }
	many := func(n int, r v1alpha1.MACAccessListRule) (list rules) {
		for i := range n {
			r.Sources = prefix(v1alpha1.Prefix(fmt.Sprintf("10.0.%d.%d/32", i>>8, i&255)))
			list = append(list, r)
		}
		return list
	}
	lengths := func(n int) (list rules) {
		for i := range n {
			list = append(list, v1alpha1.MACAccessListRule{Action: "Permit", Sources: prefix(v1alpha1.Prefix(fmt.Sprintf("0.0.0.0/%d", i)))})
		}
		return list
	}
	const mac = "02:fe:00:00:00:01"
	for name, tc := range map[string]struct {
		rules rules
		want  []string // nil where only that it is accepted matters
		wrong string
	}{
		"anything": {rules{{Action: "Permit"}}, []string{
			"1 00:00:00:00:00:00 00:00:00:00:00:00 0.0.0.0/0", "1 00:00:00:00:00:00 00:00:00:00:00:00 ::/0"}, ""},
		"a MAC address": {rules{{Action: "Deny", SourceMAC: mac, Sources: prefix("::/0")}}, []string{"0 02:fe:00:00:00:01 ff:ff:ff:ff:ff:ff ::/0"}, ""},
		"a vendor": {rules{{Action: "Permit", SourceMAC: "02:FE:00:00:00:00", SourceMACMask: "ff:ff:ff:00:00:00", Sources: prefix("192.0.2.0/24")}},
			[]string{"1 02:fe:00:00:00:00 ff:ff:ff:00:00:00 192.0.2.0/24"}, ""},
		"several sources": {rules{{Action: "Permit", SourceMAC: mac, Sources: prefix("192.0.2.1/32", "2001:DB8::1/128")}},
			[]string{"1 02:fe:00:00:00:01 ff:ff:ff:ff:ff:ff 192.0.2.1/32", "1 02:fe:00:00:00:01 ff:ff:ff:ff:ff:ff 2001:db8::1/128"}, ""},
		"all but one": {rules{{Action: "Deny", SourceMAC: mac}, {Action: "Permit"}}, []string{
			"0 02:fe:00:00:00:01 ff:ff:ff:ff:ff:ff 0.0.0.0/0", "0 02:fe:00:00:00:01 ff:ff:ff:ff:ff:ff ::/0",
			"1 00:00:00:00:00:00 00:00:00:00:00:00 0.0.0.0/0", "1 00:00:00:00:00:00 00:00:00:00:00:00 ::/0"}, ""},
		"1000 rules": {many(1000, v1alpha1.MACAccessListRule{Action: "Permit", SourceMAC: mac}), nil, ""},
		"16 masks":   {lengths(16), nil, ""},

		"no rules":          {rules{}, nil, "spec.rules: Required"},
		"action":            {rules{{Action: "Reject"}}, nil, "spec.rules[0].action"},
		"MAC address":       {rules{{Action: "Deny", SourceMAC: "02:fe"}}, nil, "spec.rules[0].sourceMAC"},
		"mask":              {rules{{Action: "Deny", SourceMAC: mac, SourceMACMask: "ff"}}, nil, "spec.rules[0].sourceMACMask"},
		"mask of nothing":   {rules{{Action: "Deny", SourceMAC: mac, SourceMACMask: "00:00:00:00:00:00"}}, nil, "spec.rules[0].sourceMACMask"},
		"mask alone":        {rules{{Action: "Deny", SourceMACMask: "ff:00:00:00:00:00"}}, nil, "spec.rules[0].sourceMACMask"},
		"bits beside":       {rules{{Action: "Deny", SourceMAC: mac, SourceMACMask: "ff:ff:ff:00:00:00"}}, nil, "spec.rules[0].sourceMAC: Invalid value: \"02:fe:00:00:00:01\": has bits that sourceMACMask leaves out"},
		"host bits":         {rules{{Action: "Deny", Sources: prefix("192.0.2.0/24", "192.0.2.1/24")}}, nil, "spec.rules[0].sources[1]"},
		"IPv4 in IPv6":      {rules{{Action: "Deny", Sources: prefix("::ffff:192.0.2.0/120")}}, nil, "spec.rules[0].sources[0]"},
		"twice":             {rules{{Action: "Permit", Sources: prefix("::/0", "0::/0")}}, nil, "spec.rules[0]: Invalid value: \"::/0\": is of the same sources as rules[0]"},
		"twice, otherwise":  {rules{{Action: "Permit", SourceMAC: mac}, {Action: "Deny", SourceMAC: mac}}, nil, "spec.rules[1]"},
		"1001 rules":        {append(many(999, v1alpha1.MACAccessListRule{Action: "Permit"}), v1alpha1.MACAccessListRule{Action: "Deny"}), nil, "spec.rules[999]: Invalid value: \"\": its sources make more than 1000 rules of VPP"},
		"17 masks":          {lengths(17), nil, "there may be at most 16"},
		"the wrong way":     {rules{{Action: "Permit"}, {Action: "Deny", SourceMAC: mac}}, nil, "spec.rules[1]: Invalid value: \"0.0.0.0/0\": VPP would look it up before rules[0]"},
		"prefers the usual": {append(rules{{Action: "Deny", Sources: prefix("10.0.0.0/24")}}, many(2, v1alpha1.MACAccessListRule{Action: "Permit"})...), nil, "spec.rules[1]: Invalid value: \"10.0.0.0/32\": VPP would look it up before rules[0]"},
		"of equal rank":     {rules{{Action: "Deny", SourceMAC: "02:00:00:00:00:00", SourceMACMask: "ff:00:00:00:00:00", Sources: prefix("10.0.0.0/16")}, {Action: "Permit", SourceMAC: "02:fe:00:00:00:00", SourceMACMask: "ff:ff:00:00:00:00", Sources: prefix("10.0.0.0/8")}}, nil, "or in an order that nobody knows"},
	} {
		items, err := compileMACAccessList(&v1alpha1.MACAccessList{
			ObjectMeta: metav1.ObjectMeta{Name: "list"}, Spec: v1alpha1.MACAccessListSpec{Rules: tc.rules},
		})
		if tc.wrong != "" {
			check(t, name, items, err, nil, tc.wrong)
			continue
		}
		check(t, name, items, err, []state.ID{kinds.MACAccessListID("list")}, "")
		var got []string
		for _, r := range items[0].Value.(*kinds.MACAccessList).Rules {
			got = append(got, fmt.Sprintf("%d %s %s %s", r.Action, r.MAC, r.MACMask, r.Source))
		}
		if tc.want != nil && !slices.Equal(got, tc.want) {
			t.Errorf("%s: rules\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
		}
	}
}

func TestCompileMACAccessListInterfaces(t *testing.T) {
	t.Parallel()
	spec := v1alpha1.MACAccessListSpec{Rules: []v1alpha1.MACAccessListRule{{Action: "Permit"}}, Interfaces: []v1alpha1.ObjectName{"wan", "lan"}}
	items, err := compileMACAccessList(&v1alpha1.MACAccessList{ObjectMeta: metav1.ObjectMeta{Name: "list"}, Spec: spec})
	check(t, "interfaces", items, err, []state.ID{
		kinds.MACAccessListID("list"), kinds.MACAccessListInterfaceID("wan"), kinds.MACAccessListInterfaceID("lan"),
	}, "")
	if items[1].Adopt || items[1].Value != "list" || !slices.Equal(items[2].Needs, []state.ID{kinds.InterfaceID("lan"), kinds.MACAccessListID("list")}) {
		t.Errorf("items %+v", items)
	}
	spec.Adopt = true
	items, err = compileMACAccessList(&v1alpha1.MACAccessList{Spec: spec})
	if err != nil || items[0].Adopt || !items[1].Adopt || !items[2].Adopt { // the list itself is always ours
		t.Errorf("adopting: %+v, %v", items, err)
	}
	spec.Interfaces = append(spec.Interfaces, "wan")
	items, err = compileMACAccessList(&v1alpha1.MACAccessList{Spec: spec})
	check(t, "twice", items, err, nil, "spec.interfaces[2]: Duplicate")
}

func TestReportMACAccessList(t *testing.T) {
	t.Parallel()
	reports := []state.ItemReport{
		{ID: kinds.MACAccessListID("a"), Reason: state.Programmed, Have: &kinds.MACAccessList{Rules: make([]kinds.MACAccessRule, 3)}, Handle: 0, HasHandle: true},
		{ID: kinds.MACAccessListInterfaceID("wan"), Reason: state.Programmed},
		{ID: kinds.MACAccessListInterfaceID("lan"), Reason: state.Waiting, Message: "waits for Interface lan"},
	}
	var status v1alpha1.MACAccessListStatus
	reportMACAccessList(&status, slices.Values(reports))
	if status.Rules != 3 || status.ACLIndex == nil || *status.ACLIndex != 0 || status.Applied != 1 || len(status.PendingInterfaces) != 1 ||
		status.PendingInterfaces[0] != (v1alpha1.AppliedInterfaceStatus{Interface: "lan", Reason: "WaitingForDependency", Message: "waits for Interface lan"}) {
		t.Errorf("status %+v", status)
	}
	status = v1alpha1.MACAccessListStatus{}
	reportMACAccessList(&status, slices.Values(slices.Repeat(reports[2:], 20)))
	if len(status.PendingInterfaces) != 10 {
		t.Errorf("%d are listed", len(status.PendingInterfaces))
	}
}
