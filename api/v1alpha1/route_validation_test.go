package v1alpha1

import (
	"strconv"
	"strings"
)

const notAPrefix = "must be a network prefix without host bits"

var routeCase = kindCase{
	kind: "Route",
	base: `{nodeName: node1, prefixes: [192.0.2.0/24], paths: [{nextHop: 198.51.100.1}]}`,
	refusals: []refusal{
		{name: "no prefixes", spec: `{prefixes: null}`, path: "spec.prefixes", message: "Required value"},
		{name: "empty prefixes", spec: `{prefixes: [], paths: [{interface: eth0}]}`, path: "spec.prefixes", message: "at least 1 items"},
		{name: "4097 prefixes", spec: `{prefixes: [` + strings.Join(prefixes(4097), ",") + `]}`, path: "spec.prefixes", message: "must have at most 4096 items"},
		{name: "host bits", spec: `{prefixes: [192.0.2.1/24]}`, path: "spec.prefixes", message: notAPrefix},
		{name: "address for a prefix", spec: `{prefixes: [192.0.2.1]}`, path: "spec.prefixes", message: notAPrefix},
		{name: "leading zeros", spec: `{prefixes: [192.0.02.0/24]}`, path: "spec.prefixes", message: notAPrefix},
		{name: "IPv4-mapped prefix", spec: `{prefixes: ["::ffff:192.0.2.0/120"], paths: [{interface: eth0}]}`, path: "spec.prefixes", message: notAPrefix},
		{name: "prefix too long a text", spec: `{prefixes: ["2001:0db8:0000:0000:0000:0000:0000:0000:0000/128"]}`, path: "spec.prefixes", message: "may not be more than 43"},
		{name: "prefixes of both families", spec: `{prefixes: [192.0.2.0/24, "2001:db8::/32"]}`, path: "spec.prefixes", message: "prefixes must be of one family"},
		{name: "no way", spec: `{paths: null}`, path: "spec", message: "exactly one of the fields in [paths action lookupVRF] must be set"},
		{name: "paths and an action", spec: `{action: Drop}`, path: "spec", message: "exactly one of the fields in [paths action lookupVRF] must be set"},
		{name: "action and lookup", spec: `{paths: null, action: Drop, lookupVRF: blue}`, path: "spec", message: "exactly one of the fields"},
		{name: "empty paths", spec: `{paths: []}`, path: "spec.paths", message: "at least 1 items"},
		{name: "action", spec: `{paths: null, action: Blackhole}`, path: "spec.action", message: `supported values: "Drop", "Unreachable", "Prohibited", "Local"`},
		{name: "lookup in itself", spec: `{paths: null, vrf: blue, lookupVRF: blue}`, path: "spec.lookupVRF", message: "a lookup in the VRF of the route itself would never end"},
		{name: "lookup in default by default", spec: `{paths: null, lookupVRF: default}`, path: "spec.lookupVRF", message: "a lookup in the VRF of the route itself would never end"},
		{name: "next hop of the other family", spec: `{paths: [{nextHop: "2001:db8::1"}]}`, path: "spec.paths", message: "next hops must be of the same family as the prefixes"},
		{name: "next hop of the other family, with interface", spec: `{prefixes: ["2001:db8::/32"], paths: [{nextHop: 192.0.2.1, interface: eth0}]}`, path: "spec.paths", message: "next hops must be of the same family as the prefixes"},
		{name: "path to nowhere", spec: `{paths: [{weight: 1}]}`, path: "spec.paths", message: "needs a nextHop, an interface or both"},
		{name: "next hop no address", spec: `{paths: [{nextHop: router1}]}`, path: "spec.paths.nextHop", message: notAnAddress},
		{name: "multicast next hop", spec: `{paths: [{nextHop: 224.0.0.1}]}`, path: "spec.paths.nextHop", message: notUnicast},
		{name: "next hop 0.0.0.0", spec: `{paths: [{nextHop: 0.0.0.0, interface: eth0}]}`, path: "spec.paths.nextHop", message: notUnicast},
		{name: "link-local next hop without interface", spec: `{prefixes: ["2001:db8::/32"], paths: [{nextHop: "fe80::1"}]}`, path: "spec.paths.nextHop", message: "a link-local nextHop needs an interface"},
		{name: "VRF of a next hop and interface", spec: `{paths: [{nextHop: 192.0.2.1, interface: eth0, nextHopVRF: blue}]}`, path: "spec.paths.nextHopVRF", message: "nextHopVRF is where nextHop is looked up: it goes with nextHop and without interface"},
		{name: "VRF of no next hop", spec: `{paths: [{interface: eth0, nextHopVRF: blue}]}`, path: "spec.paths.nextHopVRF", message: "it goes with nextHop and without interface"},
		{name: "weight 0", spec: `{paths: [{interface: eth0, weight: 0}]}`, path: "spec.paths.weight", message: "greater than or equal to 1"},
		{name: "weight 256", spec: `{paths: [{interface: eth0, weight: 256}]}`, path: "spec.paths.weight", message: "less than or equal to 255"},
		{name: "preference 256", spec: `{paths: [{interface: eth0, preference: 256}]}`, path: "spec.paths.preference", message: "less than or equal to 255"},
		{name: "label of 21 bits", spec: `{paths: [{interface: eth0, labels: [1048576]}]}`, path: "spec.paths.labels", message: "less than or equal to 1048575"},
		{name: "17 labels, which VPP reads past", spec: `{paths: [{interface: eth0, labels: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}]}`, path: "spec.paths.labels", message: "must have at most 16 items"},
	},
}

// prefixes are n different /24.
func prefixes(n int) []string {
	p := make([]string, n)
	for i := range p {
		p[i] = "10." + strconv.Itoa(i>>8) + "." + strconv.Itoa(i&255) + ".0/24"
	}
	return p
}
