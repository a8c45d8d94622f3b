package v1alpha1

const dscpGoesWith = "dscp goes with type MarkAndTransmit, which needs it"

var policerCase = kindCase{
	kind: "Policer",
	base: `{nodeName: node1, cir: 1000, cbs: 10000}`,
	refusals: []refusal{
		{name: "no rate", spec: `{cir: null}`, path: "spec.cir", message: "Required value"},
		{name: "no burst", spec: `{cbs: null}`, path: "spec.cbs", message: "Required value"},
		{name: "rate 0", spec: `{cir: 0}`, path: "spec.cir", message: "greater than or equal to 1"},
		{name: "rate of 33 bits", spec: `{cir: 4294967296}`, path: "spec.cir", message: "less than or equal to 4294967295"},
		{name: "burst of 33 bits", spec: `{cbs: 4294967296}`, path: "spec.cbs", message: "less than or equal to 4294967295"},
		{name: "MEF5CF1, which VPP lists and cannot do", spec: `{type: MEF5CF1, eir: 2000, ebs: 1}`, path: "spec.type", message: "supported values"},
		{name: "one rate and another", spec: `{eir: 2000}`, path: "spec.eir", message: "RFC2698 and RFC4115 need eir; the other types have one rate only"},
		{name: "two rates without the second", spec: `{type: RFC2698, ebs: 1}`, path: "spec.eir", message: "RFC2698 and RFC4115 need eir; the other types have one rate only"},
		{name: "two colors and two bursts", spec: `{ebs: 1}`, path: "spec.ebs", message: "all types but OneRateTwoColor, which has one burst only, need ebs"},
		{name: "three colors and one burst", spec: `{type: RFC2697}`, path: "spec.ebs", message: "all types but OneRateTwoColor, which has one burst only, need ebs"},
		{name: "RFC2697 of packets", spec: `{type: RFC2697, ebs: 1, rateUnit: PacketsPerSecond}`, path: "spec.rateUnit", message: "RFC2697 needs Kbps"},
		{name: "peak below the committed rate", spec: `{type: RFC2698, eir: 999, ebs: 1}`, path: "spec.eir", message: "must be at least cir"},
		{name: "excess below the committed rate", spec: `{type: RFC4115, eir: 999, ebs: 1}`, path: "spec.eir", message: "must be at least cir"},
		{name: "more packets than VPP can reckon in kilobits", spec: `{rateUnit: PacketsPerSecond, cir: 2097152000}`, path: "spec", message: "rates of PacketsPerSecond are at most 2097151999"},
		{name: "more packets in excess", spec: `{type: RFC4115, rateUnit: PacketsPerSecond, eir: 2097152000, ebs: 1}`, path: "spec", message: "rates of PacketsPerSecond are at most 2097151999"},
		{name: "mark without a DSCP", spec: `{exceedAction: {type: MarkAndTransmit}}`, path: "spec.exceedAction.dscp", message: dscpGoesWith},
		{name: "DSCP without a mark", spec: `{conformAction: {type: Transmit, dscp: 0}}`, path: "spec.conformAction.dscp", message: dscpGoesWith},
		{name: "DSCP of 7 bits", spec: `{violateAction: {type: MarkAndTransmit, dscp: 64}}`, path: "spec.violateAction.dscp", message: "less than or equal to 63"},
		{name: "action", spec: `{violateAction: {type: Shape}}`, path: "spec.violateAction.type", message: "supported values"},
		{name: "an interface twice", spec: `{inputInterfaces: [a, a]}`, path: "spec.inputInterfaces", message: "Duplicate value"},
		{name: "interface no name", spec: `{outputInterfaces: [A]}`, path: "spec.outputInterfaces", message: "should match"},
	},
}
