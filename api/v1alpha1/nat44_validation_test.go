package v1alpha1

const notIPv4Host = "must be an IPv4 unicast address"

var nat44Case = kindCase{
	kind: "NAT44",
	base: `{nodeName: node1}`,
	refusals: []refusal{
		{name: "no sessions", spec: `{sessions: 0}`, path: "spec.sessions", message: "greater than or equal to 1"},
		{name: "sessions for which VPP has no memory", spec: `{sessions: 1000001}`, path: "spec.sessions", message: "less than or equal to 1000000"},
		{name: "output and inside", spec: `{insideInterfaces: [a, b], outputInterfaces: [c, b]}`, path: "spec.outputInterfaces", message: "an interface that translates what leaves it is neither inside nor outside"},
		{name: "output and outside", spec: `{outsideInterfaces: [b], outputInterfaces: [b]}`, path: "spec.outputInterfaces", message: "is neither inside nor outside"},
		{name: "an interface twice", spec: `{insideInterfaces: [a, a]}`, path: "spec.insideInterfaces", message: "Duplicate value"},
		{name: "pool of nothing", spec: `{pools: [{twiceNAT: true}]}`, path: "spec.pools", message: "exactly one of the fields in [first interface] must be set"},
		{name: "pool of both", spec: `{pools: [{first: 192.0.2.1, interface: a}]}`, path: "spec.pools", message: "exactly one of the fields in [first interface] must be set"},
		{name: "interface in a VRF", spec: `{pools: [{interface: a, vrf: blue}]}`, path: "spec.pools", message: "last and vrf go with first"},
		{name: "pool the wrong way round", spec: `{pools: [{first: 192.0.2.10, last: 192.0.2.9}]}`, path: "spec.pools.last", message: "must not be before first, nor 4096 or more behind it"},
		{name: "pool too large", spec: `{pools: [{first: 10.0.0.0, last: 10.0.16.0}]}`, path: "spec.pools.last", message: "nor 4096 or more behind it"},
		{name: "IPv6 pool", spec: `{pools: [{first: "2001:db8::1"}]}`, path: "spec.pools.first", message: notIPv4Host},
		{name: "pool of a network", spec: `{pools: [{first: 192.0.2.0/24}]}`, path: "spec.pools.first", message: notIPv4Host},
		{name: "multicast pool", spec: `{pools: [{first: 224.0.0.9}]}`, path: "spec.pools.first", message: notIPv4Host},
		{name: "limit without VRF", spec: `{sessionLimits: [{limit: 5}]}`, path: "spec.sessionLimits.vrf", message: "Required value"},
		{name: "two limits for a VRF", spec: `{sessionLimits: [{vrf: a, limit: 5}, {vrf: a, limit: 6}]}`, path: "spec.sessionLimits", message: "Duplicate value"},
		{name: "two tables for a VRF", spec: `{vrfTables: [{vrf: a}, {vrf: a}]}`, path: "spec.vrfTables", message: "Duplicate value"},
		{name: "a session that never lasts", spec: `{timeouts: {udp: 0}}`, path: "spec.timeouts.udp", message: "greater than or equal to 1"},
	},
}
