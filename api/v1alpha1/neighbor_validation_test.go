package v1alpha1

var neighborCase = kindCase{
	kind: "Neighbor",
	base: `{nodeName: node1, interface: eth0, address: 192.0.2.9, macAddress: "02:00:00:00:00:09"}`,
	refusals: []refusal{
		{name: "no interface", spec: `{interface: null}`, path: "spec.interface", message: "Required value"},
		{name: "no address", spec: `{address: null}`, path: "spec.address", message: "Required value"},
		{name: "no MAC", spec: `{macAddress: null}`, path: "spec.macAddress", message: "Required value"},
		{name: "address with length", spec: `{address: 192.0.2.9/24}`, path: "spec.address", message: notAnAddress},
		{name: "multicast address", spec: `{address: 224.0.0.9}`, path: "spec.address", message: notUnicast},
		{name: "unspecified address", spec: `{address: "::"}`, path: "spec.address", message: notUnicast},
		{name: "multicast MAC", spec: `{macAddress: "33:33:00:00:00:01"}`, path: "spec.macAddress", message: notUnicastMAC},
		{name: "zero MAC", spec: `{macAddress: "00:00:00:00:00:00"}`, path: "spec.macAddress", message: notUnicastMAC},
	},
}
