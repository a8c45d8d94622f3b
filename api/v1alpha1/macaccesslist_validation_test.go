package v1alpha1

import (
	"fmt"
	"strings"
)

var macAccessListCase = kindCase{
	kind: "MACAccessList",
	base: `{nodeName: node1, rules: [{action: Permit}]}`,
	refusals: []refusal{
		{name: "no rules", spec: `{rules: null}`, path: "spec.rules", message: "Required value"},
		{name: "empty", spec: `{rules: []}`, path: "spec.rules", message: "at least 1 items"},
		{name: "1001 rules", spec: `{rules: [` + strings.Join(macRules(1001), ", ") + `]}`, path: "spec.rules", message: "must have at most 1000 items"},
		{name: "1001 sources", spec: `{rules: [` + strings.Join(macRules(999), ", ") + `, {action: Deny}]}`, path: "spec.rules", message: "at most 1000 sources in all"},
		{name: "no action", spec: `{rules: [{sources: [192.0.2.1/32]}]}`, path: "spec.rules.action", message: "Required value"},
		{name: "action", spec: `{rules: [{action: PermitReflect}]}`, path: "spec.rules.action", message: `supported values: "Permit", "Deny"`},
		{name: "half a MAC address", spec: `{rules: [{action: Deny, sourceMAC: "02:00:00"}]}`, path: "spec.rules.sourceMAC", message: "should match"},
		{name: "from a multicast address", spec: `{rules: [{action: Deny, sourceMAC: "01:00:00:00:00:01"}]}`, path: "spec.rules.sourceMAC", message: "must be a unicast address"},
		{name: "mask alone", spec: `{rules: [{action: Deny, sourceMACMask: "ff:ff:ff:00:00:00"}]}`, path: "spec.rules.sourceMACMask", message: "needs sourceMAC"},
		{name: "mask", spec: `{rules: [{action: Deny, sourceMAC: "02:00:00:00:00:00", sourceMACMask: "24"}]}`, path: "spec.rules.sourceMACMask", message: "should match"},
		{name: "mask of nothing", spec: `{rules: [{action: Deny, sourceMAC: "02:00:00:00:00:00", sourceMACMask: "00:00:00:00:00:00"}]}`, path: "spec.rules.sourceMACMask", message: "must have a bit that counts"},
		{name: "no sources", spec: `{rules: [{action: Deny, sources: []}]}`, path: "spec.rules.sources", message: "at least 1 items"},
		{name: "65 sources", spec: `{rules: [{action: Deny, sources: [` + strings.Join(prefixes(65), ", ") + `]}]}`, path: "spec.rules.sources", message: "must have at most 64 items"},
		{name: "host bits", spec: `{rules: [{action: Deny, sources: [192.0.2.1/24]}]}`, path: "spec.rules.sources", message: notAPrefix},
		{name: "applied twice", spec: `{interfaces: [eth0, eth0]}`, path: "spec.interfaces", message: "Duplicate value"},
		{name: "65 interfaces", spec: `{interfaces: [` + strings.Join(macPlaces(65), ", ") + `]}`, path: "spec.interfaces", message: "must have at most 64 items"},
	},
}

// macRules are rules with one source each.
func macRules(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{action: Permit, sourceMAC: "02:00:00:00:%02x:%02x", sourceMACMask: "ff:ff:ff:ff:ff:ff", sources: ["2001:0db8:1234:5678:9abc:def0:1234:%04x/128"]}`, i>>8, i&255, i)
	}
	return list
}

func macPlaces(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s%03d", long49[:46], i)
	}
	return list
}
