package v1alpha1

import (
	"fmt"
	"strings"
)

var l3CrossConnectCase = kindCase{
	kind: "L3CrossConnect",
	base: `{nodeName: node1, interface: lan, ipv4: {paths: [{nextHop: 198.51.100.1}]}}`,
	refusals: []refusal{
		{name: "no interface", spec: `{interface: null}`, path: "spec.interface", message: "Required value"},
		{name: "no family", spec: `{ipv4: null}`, path: "spec", message: "at least one of ipv4 and ipv6 must be given"},
		{name: "no paths", spec: `{ipv6: {}}`, path: "spec.ipv6.paths", message: "Required value"},
		{name: "empty paths", spec: `{ipv4: {paths: []}}`, path: "spec.ipv4.paths", message: "at least 1 items"},
		{name: "17 paths", spec: `{ipv4: {paths: [` + strings.Join(policyPaths(17), ", ") + `]}}`, path: "spec.ipv4.paths", message: "must have at most 16 items"},
		{name: "next hop of IPv6 for IPv4", spec: `{ipv4: {paths: [{nextHop: "2001:db8::1"}]}}`, path: "spec.ipv4.paths", message: "next hops must be of the family"},
		{name: "next hop of IPv4 for IPv6", spec: `{ipv6: {paths: [{interface: eth0}, {nextHop: 192.0.2.1}]}}`, path: "spec.ipv6.paths", message: "next hops must be of the family"},
		{name: "labels", spec: `{ipv4: {paths: [{nextHop: 198.51.100.1, labels: [100]}]}}`, path: "spec.ipv4.paths.labels", message: "unknown field"},
		{name: "path to nowhere", spec: `{ipv4: {paths: [{weight: 1}]}}`, path: "spec.ipv4.paths", message: "needs a nextHop, an interface or both"},
		{name: "VRF of no next hop", spec: `{ipv4: {paths: [{interface: eth0, nextHopVRF: blue}]}}`, path: "spec.ipv4.paths.nextHopVRF", message: "it goes with nextHop and without interface"},
		{name: "link-local without interface", spec: `{ipv6: {paths: [{nextHop: "fe80::1"}]}}`, path: "spec.ipv6.paths.nextHop", message: "a link-local nextHop needs an interface"},
		{name: "next hop no address", spec: `{ipv6: {paths: [{nextHop: router1}]}}`, path: "spec.ipv6.paths.nextHop", message: notAnAddress},
		{name: "multicast next hop", spec: `{ipv4: {paths: [{nextHop: 224.0.0.1}]}}`, path: "spec.ipv4.paths.nextHop", message: notUnicast},
	},
	accepted: []string{
		`{name: ` + long49 + `, adopt: true, ipv4: {paths: [{interface: lan}, {nextHop: 192.0.2.1, nextHopVRF: blue}, {nextHop: 198.51.100.1, interface: lan, weight: 255, preference: 255}]}}`,
		`{ipv4: null, ipv6: {paths: [{nextHop: "fe80::1", interface: eth0}, {nextHop: "2001:db8::1", nextHopVRF: blue, weight: 1, preference: 0}]}}`,
	},
	maximal: map[string]string{"of 32 paths": `{name: ` + long49 + `, interface: ` + long49 + `, ipv4: {paths: [` + strings.Join(policyPaths(16), ", ") +
		`]}, ipv6: {paths: [` + strings.Join(longPaths(16), ", ") + `]}}`},
	updates: [][2]string{{`{}`, `{interface: wan, ipv4: null, ipv6: {paths: [{interface: eth0}]}, adopt: true}`}},
}

// longPaths are paths of IPv6 as long as they can be.
func longPaths(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{nextHop: "2001:0db8:1234:5678:9abc:def0:1234:%04x", nextHopVRF: %s, weight: 255, preference: 255}`, i, long49)
	}
	return list
}
