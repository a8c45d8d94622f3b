package v1alpha1

import "strings"

const (
	aStatic   = `{externalAddress: 203.0.113.1, externalPort: 80, localAddress: 10.0.0.1, localPort: 80, protocol: TCP`
	aBalanced = `{externalAddress: 203.0.113.1, externalPort: 80, protocol: TCP, backends: [{address: 10.0.0.1, port: 80, probability: 1}, {address: 10.0.0.2, port: 80, probability: 1}]`
)

var nat44MappingCase = kindCase{
	kind: "NAT44Mapping",
	base: `{nodeName: node1, staticMappings: [` + aStatic + `}]}`,
	refusals: []refusal{
		{name: "no mappings", spec: `{staticMappings: null}`, path: "spec", message: "there must be 1..1000 mappings in all"},
		{name: "1001 mappings", spec: `{identityMappings: [` + strings.Repeat(`{address: 10.0.0.1},`, 1000) + `]}`, path: "spec", message: "there must be 1..1000 mappings in all"},
		{name: "no outside", spec: `{staticMappings: [{localAddress: 10.0.0.1}]}`, path: "spec.staticMappings", message: "exactly one of the fields in [externalAddress externalInterface] must be set"},
		{name: "two outsides", spec: `{staticMappings: [` + aStatic + `, externalInterface: a}]}`, path: "spec.staticMappings", message: "exactly one of the fields"},
		{name: "no inside", spec: `{staticMappings: [{externalAddress: 203.0.113.1}]}`, path: "spec.staticMappings.localAddress", message: "Required value"},
		{name: "IPv6 inside", spec: `{staticMappings: [{externalAddress: 203.0.113.1, localAddress: "2001:db8::1"}]}`, path: "spec.staticMappings.localAddress", message: notIPv4Host},
		{name: "port of one side", spec: `{staticMappings: [{externalAddress: 203.0.113.1, externalPort: 80, localAddress: 10.0.0.1, protocol: TCP}]}`, path: "spec.staticMappings", message: "localPort, externalPort and protocol go together"},
		{name: "ports of no protocol", spec: `{staticMappings: [{externalAddress: 203.0.113.1, externalPort: 80, localAddress: 10.0.0.1, localPort: 80}]}`, path: "spec.staticMappings", message: "localPort, externalPort and protocol go together"},
		{name: "both sorts of twice-NAT", spec: `{staticMappings: [` + aStatic + `, twiceNAT: true, selfTwiceNAT: true}]}`, path: "spec.staticMappings.selfTwiceNAT", message: "twiceNAT includes selfTwiceNAT"},
		{name: "twice-NAT of all ports", spec: `{staticMappings: [{externalAddress: 203.0.113.1, localAddress: 10.0.0.1, selfTwiceNAT: true}]}`, path: "spec.staticMappings", message: "twice-NAT needs ports"},
		{name: "pool address without twice-NAT", spec: `{staticMappings: [` + aStatic + `, poolAddress: 192.0.2.1}]}`, path: "spec.staticMappings.poolAddress", message: "it goes with twiceNAT or selfTwiceNAT"},
		{name: "protocol", spec: `{staticMappings: [{externalAddress: 203.0.113.1, externalPort: 80, localAddress: 10.0.0.1, localPort: 80, protocol: SCTP}]}`, path: "spec.staticMappings.protocol", message: `supported values: "TCP", "UDP", "ICMP"`},
		{name: "one backend", spec: `{loadBalancedMappings: [{externalAddress: 203.0.113.9, externalPort: 80, protocol: TCP, backends: [{address: 10.0.0.1, port: 80, probability: 1}]}]}`, path: "spec.loadBalancedMappings.backends", message: "should have at least 2 items"},
		{name: "probabilities that kill VPP", spec: `{loadBalancedMappings: [{externalAddress: 203.0.113.9, externalPort: 80, protocol: TCP, backends: [{address: 10.0.0.1, port: 80, probability: 128}, {address: 10.0.0.2, port: 80, probability: 128}]}]}`, path: "spec.loadBalancedMappings.backends", message: "the probabilities must not add up to more than 255"},
		{name: "balanced ICMP", spec: `{loadBalancedMappings: [{externalAddress: 203.0.113.1, externalPort: 80, protocol: ICMP, backends: [{address: 10.0.0.1, port: 80, probability: 1}, {address: 10.0.0.2, port: 80, probability: 1}]}]}`, path: "spec.loadBalancedMappings.protocol", message: "must be TCP or UDP"},
		{name: "balanced, both sorts of twice-NAT", spec: `{loadBalancedMappings: [` + aBalanced + `, twiceNAT: true, selfTwiceNAT: true}]}`, path: "spec.loadBalancedMappings.selfTwiceNAT", message: "twiceNAT includes selfTwiceNAT"},
		{name: "balanced in a VRF, from inside too", spec: `{vrf: blue, loadBalancedMappings: [` + aBalanced + `}]}`, path: "spec.loadBalancedMappings", message: "in a VRF other than default must be out2inOnly"},
		{name: "identity of nothing", spec: `{identityMappings: [{port: 80, protocol: TCP}]}`, path: "spec.identityMappings", message: "exactly one of the fields in [address interface] must be set"},
		{name: "identity of a port of no protocol", spec: `{identityMappings: [{address: 10.0.0.1, port: 80}]}`, path: "spec.identityMappings", message: "port and protocol go together"},
	},
}
