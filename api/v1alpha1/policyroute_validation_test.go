package v1alpha1

import (
	"fmt"
	"strings"
)

var policyRouteCase = kindCase{
	kind: "PolicyRoute",
	base: `{nodeName: node1, accessList: list, family: IPv4, paths: [{nextHop: 198.51.100.1}]}`,
	refusals: []refusal{
		{name: "no list", spec: `{accessList: null}`, path: "spec.accessList", message: "Required value"},
		{name: "no family", spec: `{family: null}`, path: "spec.family", message: "Required value"},
		{name: "family", spec: `{family: Both}`, path: "spec.family", message: `supported values: "IPv4", "IPv6"`},
		{name: "no way", spec: `{paths: null}`, path: "spec", message: "exactly one of the fields in [paths action lookupVRF] must be set"},
		{name: "paths and an action", spec: `{action: Drop}`, path: "spec", message: "exactly one of the fields in [paths action lookupVRF] must be set"},
		{name: "action", spec: `{paths: null, action: Local}`, path: "spec.action", message: `supported values: "Drop"`},
		{name: "empty paths", spec: `{paths: []}`, path: "spec.paths", message: "at least 1 items"},
		{name: "17 paths", spec: `{paths: [` + strings.Join(policyPaths(17), ", ") + `]}`, path: "spec.paths", message: "must have at most 16 items"},
		{name: "next hop of the other family", spec: `{family: IPv6}`, path: "spec.paths", message: "next hops must be of the family"},
		{name: "labels", spec: `{paths: [{nextHop: 198.51.100.1, labels: [100]}]}`, path: "spec.paths.labels", message: "unknown field"},
		{name: "path to nowhere", spec: `{paths: [{weight: 1}]}`, path: "spec.paths", message: "needs a nextHop, an interface or both"},
		{name: "VRF of no next hop", spec: `{paths: [{interface: eth0, nextHopVRF: blue}]}`, path: "spec.paths.nextHopVRF", message: "it goes with nextHop and without interface"},
		{name: "link-local without interface", spec: `{family: IPv6, paths: [{nextHop: "fe80::1"}]}`, path: "spec.paths.nextHop", message: "a link-local nextHop needs an interface"},
		{name: "next hop no address", spec: `{paths: [{nextHop: router1}]}`, path: "spec.paths.nextHop", message: notAnAddress},
		{name: "multicast next hop", spec: `{paths: [{nextHop: 224.0.0.1}]}`, path: "spec.paths.nextHop", message: notUnicast},
		{name: "interface twice", spec: `{interfaces: [{interface: eth0}, {interface: eth0, priority: 2}]}`, path: "spec.interfaces", message: "Duplicate value"},
	},
	accepted: []string{
		`{name: ` + long49 + `, paths: [{nextHop: 198.51.100.1, nextHopVRF: blue, weight: 255, preference: 255}, {interface: eth0, nextHop: 198.51.100.1}]}`,
		`{family: IPv6, paths: [{nextHop: "fe80::1", interface: eth0}, {interface: eth1}]}`,
		`{paths: null, action: Drop, interfaces: [{interface: eth0, priority: 65535}, {interface: eth1}]}`,
		`{paths: null, lookupVRF: default}`,
	},
	maximal: map[string]string{"of 16 paths": `{name: ` + long49 + `, paths: [` + strings.Join(policyPaths(16), ", ") + `]}`},
	updates: [][2]string{{`{}`, `{family: IPv6, accessList: other, paths: null, action: Drop}`}},
}

// policyPaths are paths as long as they can be.
func policyPaths(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{nextHop: 198.51.100.%d, nextHopVRF: %s, weight: 255, preference: 255}`, i+1, long49)
	}
	return list
}
