package v1alpha1

// Types of conditions. Those of objects follow kstatus: Ready always,
// Reconciling and Stalled only while true.
const (
	// ConditionReady is true when VPP holds what the spec says.
	ConditionReady = "Ready"
	// ConditionReconciling is true while the agent will get there by itself.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is true while somebody has to change something.
	ConditionStalled = "Stalled"

	// ConditionConnected of a VPPNode is true while the agent has a session with VPP.
	ConditionConnected = "Connected"
	// ConditionSynced of a VPPNode is true once everything desired was tried
	// on this boot of VPP.
	ConditionSynced = "Synced"
	// ConditionPruneHeld of a VPPNode is true while a removal waits for a
	// confirmation; there only while true.
	ConditionPruneHeld = "PruneHeld"
)

// Reasons of Ready on objects.
const (
	// ReasonProgrammed: VPP holds it, read back. True.
	ReasonProgrammed = "Programmed"
	// ReasonUnverified: applied, but VPP cannot show the fields named. True.
	ReasonUnverified = "Unverified"

	// ReasonWaitingForDependency: what the message names is missing. False, Reconciling.
	ReasonWaitingForDependency = "WaitingForDependency"
	// ReasonProgramming: nothing stands in the way, VPP is being changed; seen
	// where that takes longer than a second. False, Reconciling.
	ReasonProgramming = "Programming"
	// ReasonVPPDisconnected: the agent has no session with VPP. False, Reconciling.
	ReasonVPPDisconnected = "VPPDisconnected"
	// ReasonPaused: the node is paused, nothing is changed. False, Reconciling.
	ReasonPaused = "Paused"

	// ReasonInvalidSpec: the field named contradicts others. False, Stalled.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonUnsupported: this VPP lacks the plugin or message named. False, Stalled.
	ReasonUnsupported = "Unsupported"
	// ReasonConflict: the winner named has it. False, Stalled.
	ReasonConflict = "Conflict"
	// ReasonRejectedByVPP: VPP refused the call named with the retval named. False, Stalled.
	ReasonRejectedByVPP = "RejectedByVPP"
	// ReasonQuarantinedAfterCrash: VPP died with it; set aside until the spec
	// changes. False, Stalled.
	ReasonQuarantinedAfterCrash = "QuarantinedAfterCrash"
	// ReasonDisruptionNotAllowed: the change of the fields named would interrupt
	// what works, and allowDisruption is not true. False, Stalled.
	ReasonDisruptionNotAllowed = "DisruptionNotAllowed"

	// ReasonDrifted: VPP holds something else, and the node only reports. False.
	ReasonDrifted = "Drifted"
	// ReasonOverridden: the better route source named has the prefix. False.
	ReasonOverridden = "Overridden"

	// ReasonAgentLost: the node's agent no longer renews its Lease. Unknown.
	ReasonAgentLost = "AgentLost"
	// ReasonNoAgent: the node has no agent. Unknown.
	ReasonNoAgent = "NoAgent"
)

// Reasons on a VPPNode, besides [ReasonVPPDisconnected], [ReasonPaused] and
// [ReasonAgentLost].
const (
	// ReasonConnecting: VPP is dialled for the first time. Connected is False.
	ReasonConnecting = "Connecting"
	// ReasonConnected: the agent has a session with VPP. Connected is True.
	ReasonConnected = "Connected"
	// ReasonSyncing: VPP is being read and rebuilt. Synced and Ready are False.
	ReasonSyncing = "Syncing"
	// ReasonSynced: everything desired was tried. Synced and Ready are True.
	ReasonSynced = "Synced"
	// ReasonMassDeletion: most of the node's objects vanished at once. PruneHeld is True.
	ReasonMassDeletion = "MassDeletion"
	// ReasonKindUnavailable: the kinds named cannot be listed, so nothing of
	// theirs is removed. PruneHeld is True.
	ReasonKindUnavailable = "KindUnavailable"
)
