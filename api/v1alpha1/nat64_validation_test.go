package v1alpha1

import "fmt"

const (
	notIPv4        = "must be an IPv4 address"
	notIPv6        = "must be an IPv6 address"
	notNAT64Prefix = "must be an IPv6 prefix of length 32, 40, 48, 56, 64 or 96"
)

// nat64BindingText is a static binding.
func nat64BindingText(protocol, inside string, insidePort int, outside string, outsidePort int) string {
	return fmt.Sprintf(`{protocol: %s, insideAddress: "%s", insidePort: %d, outsideAddress: "%s", outsidePort: %d}`,
		protocol, inside, insidePort, outside, outsidePort)
}

var nat64Case = kindCase{
	kind: "NAT64",
	base: `{nodeName: node1}`,
	refusals: []refusal{
		{name: "prefix of length 33", spec: `{prefixes: [{vrf: default, prefix: "2001:db8::/33"}]}`, path: "spec.prefixes.prefix", message: notNAT64Prefix},
		{name: "IPv4 prefix", spec: `{prefixes: [{vrf: default, prefix: 10.0.0.0/32}]}`, path: "spec.prefixes.prefix", message: notNAT64Prefix},
		{name: "prefix with host bits", spec: `{prefixes: [{vrf: default, prefix: "64:ff9b::1/96"}]}`, path: "spec.prefixes.prefix", message: notAPrefix},
		{name: "prefix of no VRF", spec: `{prefixes: [{prefix: "64:ff9b::/96"}]}`, path: "spec.prefixes.vrf", message: "Required value"},
		{name: "two prefixes of a VRF", spec: `{prefixes: [{vrf: a, prefix: "64:ff9b::/96"}, {vrf: a, prefix: "2001:db8::/32"}]}`, path: "spec.prefixes", message: "Duplicate value"},
		{name: "pool without addresses", spec: `{pools: [{last: 192.0.2.1}]}`, path: "spec.pools.first", message: "Required value"},
		{name: "pool of IPv6", spec: `{pools: [{first: "2001:db8::1"}]}`, path: "spec.pools.first", message: notIPv4},
		{name: "pool up to IPv6", spec: `{pools: [{first: 192.0.2.1, last: "2001:db8::1"}]}`, path: "spec.pools.last", message: notIPv4},
		{name: "pool of multicast", spec: `{pools: [{first: 224.0.0.1}]}`, path: "spec.pools.first", message: notUnicast},
		{name: "inside of IPv4", spec: `{staticBindings: [` + nat64BindingText("TCP", "192.0.2.9", 80, "192.0.2.1", 8080) + `]}`, path: "spec.staticBindings.insideAddress", message: notIPv6},
		{name: "outside of IPv6", spec: `{staticBindings: [` + nat64BindingText("TCP", "2001:db8::1", 80, "2001:db8::2", 8080) + `]}`, path: "spec.staticBindings.outsideAddress", message: notIPv4},
		{name: "port 65535 outside", spec: `{staticBindings: [` + nat64BindingText("TCP", "2001:db8::1", 80, "192.0.2.1", 65535) + `]}`, path: "spec.staticBindings.outsidePort", message: "less than or equal to 65534"},
		{name: "port 0 inside", spec: `{staticBindings: [` + nat64BindingText("TCP", "2001:db8::1", 0, "192.0.2.1", 8080) + `]}`, path: "spec.staticBindings.insidePort", message: "greater than or equal to 1"},
		{name: "protocol", spec: `{staticBindings: [` + nat64BindingText("SCTP", "2001:db8::1", 80, "192.0.2.1", 8080) + `]}`, path: "spec.staticBindings.protocol", message: "supported values"},
		{name: "inside no address", spec: `{staticBindings: [` + nat64BindingText("TCP", "host1", 80, "192.0.2.1", 8080) + `]}`, path: "spec.staticBindings.insideAddress", message: notAnAddress},
		{name: "outside no address", spec: `{staticBindings: [` + nat64BindingText("TCP", "2001:db8::1", 80, "pool1", 8080) + `]}`, path: "spec.staticBindings.outsideAddress", message: notAnAddress},
		{name: "timeout 0", spec: `{timeouts: {udp: 0}}`, path: "spec.timeouts.udp", message: "greater than or equal to 1"},
		{name: "timeout of more than a week", spec: `{timeouts: {icmp: 604801}}`, path: "spec.timeouts.icmp", message: "less than or equal to 604800"},
		{name: "an interface twice", spec: `{insideInterfaces: [a, a]}`, path: "spec.insideInterfaces", message: "Duplicate value"},
	},
}
