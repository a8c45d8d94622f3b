package v1alpha1

var mssClampCase = kindCase{
	kind: "MSSClamp",
	base: `{nodeName: node1, interface: wan, ipv4: {mss: 1400}}`,
	refusals: []refusal{
		{name: "no interface", spec: `{interface: null}`, path: "spec.interface", message: "Required value"},
		{name: "no family", spec: `{ipv4: null}`, path: "spec", message: "at least one of ipv4 and ipv6 must be given"},
		{name: "no size", spec: `{ipv6: {direction: Rx}}`, path: "spec.ipv6.mss", message: "Required value"},
		{name: "size 87", spec: `{ipv4: {mss: 87}}`, path: "spec.ipv4.mss", message: "greater than or equal to 88"},
		{name: "size 65496", spec: `{ipv6: {mss: 65496}}`, path: "spec.ipv6.mss", message: "less than or equal to 65495"},
		{name: "direction In", spec: `{ipv4: {mss: 1400, direction: In}}`, path: "spec.ipv4.direction", message: `supported values: "Rx", "Tx", "Both"`},
	},
}
