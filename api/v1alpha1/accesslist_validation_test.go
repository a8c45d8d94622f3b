package v1alpha1

import (
	"fmt"
	"strings"
)

var accessListCase = kindCase{
	kind: "AccessList",
	base: `{nodeName: node1, rules: [{action: Permit}]}`,
	refusals: []refusal{
		{name: "no rules", spec: `{rules: null}`, path: "spec.rules", message: "Required value"},
		{name: "empty", spec: `{rules: []}`, path: "spec.rules", message: "at least 1 items"},
		{name: "1001 rules", spec: `{rules: [` + strings.Repeat("{action: Deny}, ", 1000) + `{action: Permit}]}`, path: "spec.rules", message: "must have at most 1000 items"},
		{name: "2001 prefixes", spec: `{rules: [` + strings.Join(accessRules(31, 64), ", ") + `, {action: Deny, sources: [` + strings.Join(prefixes(16), ", ") + `], protocol: TCP, tcpFlags: {set: [SYN]}}]}`, path: "spec.rules", message: "at most 2000 prefixes, ranges and flags in all"},
		{name: "no action", spec: `{rules: [{protocol: TCP}]}`, path: "spec.rules.action", message: "Required value"},
		{name: "action", spec: `{rules: [{action: Reject}]}`, path: "spec.rules.action", message: `supported values: "Permit", "Deny", "PermitReflect"`},
		{name: "family", spec: `{rules: [{action: Deny, family: MPLS}]}`, path: "spec.rules.family", message: `supported values: "IPv4", "IPv6"`},
		{name: "host bits", spec: `{rules: [{action: Deny, sources: [192.0.2.1/24]}]}`, path: "spec.rules.sources", message: notAPrefix},
		{name: "address for a prefix", spec: `{rules: [{action: Deny, destinations: [192.0.2.1]}]}`, path: "spec.rules.destinations", message: notAPrefix},
		{name: "65 sources", spec: `{rules: [{action: Deny, sources: [` + strings.Join(prefixes(65), ", ") + `]}]}`, path: "spec.rules.sources", message: "must have at most 64 items"},
		{name: "sources of both families", spec: `{rules: [{action: Deny, sources: [192.0.2.0/24, "2001:db8::/32"]}]}`, path: "spec.rules.sources", message: "prefixes must be of one family"},
		{name: "destinations of both families", spec: `{rules: [{action: Deny, destinations: [192.0.2.0/24, "2001:db8::/32"]}]}`, path: "spec.rules.destinations", message: "prefixes must be of one family"},
		{name: "from one family to the other", spec: `{rules: [{action: Deny, sources: [192.0.2.0/24], destinations: ["2001:db8::/32"]}]}`, path: "spec.rules", message: "sources and destinations must be of one family"},
		{name: "family of other prefixes", spec: `{rules: [{action: Deny, family: IPv6, destinations: [192.0.2.0/24]}]}`, path: "spec.rules.family", message: "must be the family of the prefixes"},
		{name: "ICMP of IPv6", spec: `{rules: [{action: Deny, family: IPv6, protocol: ICMP}]}`, path: "spec.rules.protocol", message: "ICMP is of IPv4, ICMPv6 of IPv6"},
		{name: "ICMPv6 to IPv4", spec: `{rules: [{action: Deny, destinations: [192.0.2.0/24], protocol: ICMPv6}]}`, path: "spec.rules.protocol", message: "ICMP is of IPv4, ICMPv6 of IPv6"},
		{name: "protocol", spec: `{rules: [{action: Deny, protocol: IGMP}]}`, path: "spec.rules.protocol", message: "supported values"},
		{name: "two protocols", spec: `{rules: [{action: Deny, protocol: TCP, protocolNumber: 6}]}`, path: "spec.rules", message: "at most one of the fields in [protocol protocolNumber] may be set"},
		{name: "protocol 0", spec: `{rules: [{action: Deny, protocolNumber: 0}]}`, path: "spec.rules.protocolNumber", message: "greater than or equal to 1"},
		{name: "ports of anything", spec: `{rules: [{action: Deny, destinationPorts: ["80"]}]}`, path: "spec.rules", message: "ports need protocol TCP or UDP"},
		{name: "ports of ICMP", spec: `{rules: [{action: Deny, protocol: ICMP, sourcePorts: ["80"]}]}`, path: "spec.rules", message: "ports need protocol TCP or UDP"},
		{name: "port too high", spec: `{rules: [{action: Deny, protocol: TCP, sourcePorts: ["65536"]}]}`, path: "spec.rules.sourcePorts", message: "should match"},
		{name: "port range too high", spec: `{rules: [{action: Deny, protocol: TCP, sourcePorts: ["1-70000"]}]}`, path: "spec.rules.sourcePorts", message: "should match"},
		{name: "ports the wrong way round", spec: `{rules: [{action: Deny, protocol: TCP, sourcePorts: ["443-80"]}]}`, path: "spec.rules.sourcePorts", message: "the first port of a range must not be above the last"},
		{name: "no ports", spec: `{rules: [{action: Deny, protocol: TCP, sourcePorts: []}]}`, path: "spec.rules.sourcePorts", message: "at least 1 items"},
		{name: "port a number", spec: `{rules: [{action: Deny, protocol: TCP, sourcePorts: [80]}]}`, path: "spec.rules.sourcePorts", message: "must be of type string"},
		{name: "types of UDP", spec: `{rules: [{action: Deny, protocol: UDP, icmpTypes: ["8"]}]}`, path: "spec.rules", message: "icmpTypes and icmpCodes need protocol ICMP or ICMPv6"},
		{name: "type too high", spec: `{rules: [{action: Deny, protocol: ICMP, icmpTypes: ["256"]}]}`, path: "spec.rules.icmpTypes", message: "should match"},
		{name: "codes the wrong way round", spec: `{rules: [{action: Deny, protocol: ICMP, icmpCodes: ["9-8"]}]}`, path: "spec.rules.icmpCodes", message: "the first number of a range must not be above the last"},
		{name: "flags of UDP", spec: `{rules: [{action: Deny, protocol: UDP, tcpFlags: {set: [SYN]}}]}`, path: "spec.rules.tcpFlags", message: "needs protocol TCP"},
		{name: "no flags", spec: `{rules: [{action: Deny, protocol: TCP, tcpFlags: {}}]}`, path: "spec.rules.tcpFlags", message: "needs set, clear or both"},
		{name: "flag twice", spec: `{rules: [{action: Deny, protocol: TCP, tcpFlags: {set: [SYN, SYN]}}]}`, path: "spec.rules.tcpFlags.set", message: "Duplicate value"},
		{name: "flag set and clear", spec: `{rules: [{action: Deny, protocol: TCP, tcpFlags: {set: [SYN, ACK], clear: [ACK]}}]}`, path: "spec.rules.tcpFlags", message: "a flag cannot be both set and clear"},
		{name: "flag", spec: `{rules: [{action: Deny, protocol: TCP, tcpFlags: {set: [URGENT]}}]}`, path: "spec.rules.tcpFlags.set", message: "supported values"},
		{name: "applied without direction", spec: `{interfaces: [{interface: eth0}]}`, path: "spec.interfaces.direction", message: "Required value"},
		{name: "direction", spec: `{interfaces: [{interface: eth0, direction: Both}]}`, path: "spec.interfaces.direction", message: `supported values: "Input", "Output"`},
		{name: "applied twice", spec: `{interfaces: [{interface: eth0, direction: Input, priority: 1}, {interface: eth0, direction: Input, priority: 2}]}`, path: "spec.interfaces", message: "Duplicate value"},
		{name: "65 places", spec: `{interfaces: [` + strings.Join(accessPlaces(65), ", ") + `]}`, path: "spec.interfaces", message: "must have at most 64 items"},
	},
}

// accessRules are rules with as many sources each.
func accessRules(n, sources int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = `{action: Permit, sources: [` + strings.Join(prefixes(sources), ", ") + `]}`
	}
	return list
}

func accessPlaces(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{interface: %s%03d, direction: Output, priority: 65535}`, long49[:46], i)
	}
	return list
}
