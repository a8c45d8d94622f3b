package v1alpha1

const badPeriod = "must be a duration of 1s to 24h, such as 90s or 5m"

var vppNodeCase = kindCase{
	kind: "VPPNode",
	base: `{}`,
	refusals: []refusal{
		{name: "drift policy", spec: `{driftPolicy: Ignore}`, path: "spec.driftPolicy", message: `supported values: "Enforce", "Report"`},
		{name: "resync without unit", spec: `{resyncPeriod: "60"}`, path: "spec.resyncPeriod", message: badPeriod},
		{name: "resync of never", spec: `{resyncPeriod: never}`, path: "spec.resyncPeriod", message: badPeriod},
		{name: "resync too often", spec: `{resyncPeriod: 999ms}`, path: "spec.resyncPeriod", message: badPeriod},
		{name: "resync too seldom", spec: `{resyncPeriod: 24h1s}`, path: "spec.resyncPeriod", message: badPeriod},
		{name: "confirmation of nothing", spec: `{confirmPrune: 0}`, path: "spec.confirmPrune", message: "greater than or equal to 1"},
		{name: "unknown field", spec: `{pause: true}`, path: "spec.pause", message: "unknown field"},
	},
}
