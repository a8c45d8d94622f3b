package v1alpha1

var portMirrorCase = kindCase{
	kind: "PortMirror",
	base: `{nodeName: node1, source: lan, destination: probe}`,
	refusals: []refusal{
		{name: "no source", spec: `{source: null}`, path: "spec.source", message: "Required value"},
		{name: "no destination", spec: `{destination: null}`, path: "spec.destination", message: "Required value"},
		{name: "on itself", spec: `{destination: lan}`, path: "spec", message: "an interface cannot be mirrored on itself"},
		{name: "direction None", spec: `{direction: None}`, path: "spec.direction", message: `supported values: "Rx", "Tx", "Both"`},
		{name: "level L3", spec: `{level: L3}`, path: "spec.level", message: `supported values: "Device", "L2"`},
	},
}
