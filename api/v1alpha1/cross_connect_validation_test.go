package v1alpha1

var crossConnectCase = kindCase{
	kind: "CrossConnect",
	base: `{nodeName: node1, interface: a, peer: b}`,
	refusals: []refusal{
		{name: "no interface", spec: `{interface: null}`, path: "spec.interface", message: "Required value"},
		{name: "no peer", spec: `{peer: null}`, path: "spec.peer", message: "Required value"},
		{name: "with itself", spec: `{peer: a}`, path: "spec.peer", message: "an interface cannot be connected with itself"},
	},
}
