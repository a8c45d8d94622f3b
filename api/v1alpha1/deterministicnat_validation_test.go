package v1alpha1

const notInside = "must be an IPv4 prefix of length 18..32"

var deterministicNATCase = kindCase{
	kind: "DeterministicNAT",
	base: `{nodeName: node1}`,
	refusals: []refusal{
		{name: "inside of IPv6", spec: `{maps: [{insidePrefix: "2001:db8::/32", outsidePrefix: 192.0.2.0/32}]}`, path: "spec.maps.insidePrefix", message: notInside},
		{name: "inside of more than VPP has memory for", spec: `{maps: [{insidePrefix: 100.64.0.0/17, outsidePrefix: 192.0.2.0/24}]}`, path: "spec.maps.insidePrefix", message: notInside},
		{name: "outside of IPv6", spec: `{maps: [{insidePrefix: 100.64.0.0/24, outsidePrefix: "2001:db8::/32"}]}`, path: "spec.maps.outsidePrefix", message: "must be an IPv4 prefix"},
		{name: "more addresses outside than inside, of which VPP dies", spec: `{maps: [{insidePrefix: 100.64.0.0/24, outsidePrefix: 192.0.2.0/23}]}`, path: "spec.maps.outsidePrefix", message: "must be as long as insidePrefix at least"},
		{name: "host bits", spec: `{maps: [{insidePrefix: 100.64.0.1/24, outsidePrefix: 192.0.2.0/28}]}`, path: "spec.maps.insidePrefix", message: notAPrefix},
		{name: "map to nowhere", spec: `{maps: [{insidePrefix: 100.64.0.0/24}]}`, path: "spec.maps.outsidePrefix", message: "Required value"},
		{name: "timeout 0", spec: `{timeouts: {tcpEstablished: 0}}`, path: "spec.timeouts.tcpEstablished", message: "greater than or equal to 1"},
		{name: "an interface twice", spec: `{outsideInterfaces: [a, a]}`, path: "spec.outsideInterfaces", message: "Duplicate value"},
	},
}
