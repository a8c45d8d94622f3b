package v1alpha1

var reversePathFilterCase = kindCase{
	kind: "ReversePathFilter",
	base: `{nodeName: node1, interface: wan, ipv4: {rx: {mode: Strict}}}`,
	refusals: []refusal{
		{name: "no interface", spec: `{interface: null}`, path: "spec.interface", message: "Required value"},
		{name: "no family", spec: `{ipv4: null}`, path: "spec", message: "at least one of ipv4 and ipv6 must be given"},
		{name: "no direction", spec: `{ipv6: {}}`, path: "spec.ipv6", message: "at least one of rx and tx must be given"},
		{name: "no mode", spec: `{ipv6: {tx: {vrf: blue}}}`, path: "spec.ipv6.tx.mode", message: "Required value"},
		{name: "mode Feasible", spec: `{ipv4: {rx: {mode: Feasible}}}`, path: "spec.ipv4.rx.mode", message: `supported values: "Strict", "Loose"`},
		{name: "empty VRF", spec: `{ipv4: {rx: {mode: Loose, vrf: ""}}}`, path: "spec.ipv4.rx.vrf", message: "at least 1 chars long"},
	},
}
