package v1alpha1

var vrfCase = kindCase{
	kind: "VRF",
	base: `{nodeName: node1, tableID: 10}`,
	refusals: []refusal{
		{name: "no table", spec: `{tableID: null}`, path: "spec.tableID", message: "Required value"},
		{name: "table 0", spec: `{tableID: 0}`, path: "spec.tableID", message: "greater than or equal to 1"},
		{name: "table ~0", spec: `{tableID: 4294967295}`, path: "spec.tableID", message: "less than or equal to 4294967294"},
		{name: "no family", spec: `{ipv4: false, ipv6: false}`, path: "spec", message: "at least one of ipv4 and ipv6 must be true"},
		{name: "named default", spec: `{name: default}`, path: "", message: "the VRF named default is table 0, which always exists: leave it out"},
		{name: "called default", objectName: "default", spec: `{}`, path: "", message: "the VRF named default is table 0, which always exists"},
		{name: "empty flow hash", spec: `{flowHash: []}`, path: "spec.flowHash", message: "at least 1 items"},
		{name: "flow hash of a colour", spec: `{flowHash: [Color]}`, path: "spec.flowHash", message: "supported values"},
		{name: "flow hash twice", spec: `{flowHash: [Protocol, Protocol]}`, path: "spec.flowHash", message: "Duplicate value"},
	},
}
