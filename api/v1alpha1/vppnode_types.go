package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// VPPNode is the VPP of one node: its name is the node's. The agent creates it
// and reports in its status; its spec holds the node's switches.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp-nodes,shortName=vppno
// +kubebuilder:printcolumn:name=Phase,type=string,JSONPath=.status.phase
// +kubebuilder:printcolumn:name=Version,type=string,JSONPath=.status.vpp.version
// +kubebuilder:printcolumn:name=Paused,type=boolean,JSONPath=.status.paused
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Synced Since,type=date,JSONPath=.status.syncedSince
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:printcolumn:name=Drift,type=string,JSONPath=.status.driftPolicy,priority=1
// +kubebuilder:printcolumn:name=Boots,type=integer,JSONPath=.status.boots,priority=1
// +kubebuilder:printcolumn:name=PID,type=integer,JSONPath=.status.vpp.pid,priority=1
// +kubebuilder:printcolumn:name=Leftovers,type=integer,JSONPath=.status.leftoverCount,priority=1
type VPPNode struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec holds the node's switches. It has no defaults in the schema: those would
	// be the agent's, who creates the object, and the user's own values in conflict.
	//
	// +optional
	Spec VPPNodeSpec `json:"spec,omitzero"`
	// status is what the node's agent found.
	//
	// +optional
	Status VPPNodeStatus `json:"status,omitempty"`
}

// VPPNodeList is a list of VPPNodes.
//
// +kubebuilder:object:root=true
type VPPNodeList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []VPPNode `json:"items"`
}

// VPPNodeSpec holds a node's switches.
type VPPNodeSpec struct {
	// paused keeps the agent from changing anything in this VPP. Objects say
	// Paused until it goes on. Default: false.
	//
	// +optional
	Paused bool `json:"paused,omitempty"`

	// driftPolicy says what is done where VPP no longer holds what was programmed:
	// Enforce repairs it, Report only tells, in conditions, Events and metrics.
	// Default: Enforce.
	//
	// +optional
	DriftPolicy DriftPolicy `json:"driftPolicy,omitempty"`

	// resyncPeriod is how often all of VPP is read and compared with what is
	// desired, give or take a tenth: 1s..24h. Default: 5m.
	//
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="must be a duration of 1s to 24h, such as 90s or 5m"
	// +optional
	ResyncPeriod *metav1.Duration `json:"resyncPeriod,omitempty"`

	// confirmPrune lets a removal go on that is held (condition PruneHeld): set it
	// to status.pruneHeld.generation. A removal held later has another generation
	// and needs another confirmation.
	//
	// +kubebuilder:validation:Minimum=1
	// +optional
	ConfirmPrune int64 `json:"confirmPrune,omitempty"`
}

// DriftPolicy says what is done about drift.
//
// +kubebuilder:validation:Enum=Enforce;Report
type DriftPolicy string

// Drift policies.
const (
	DriftPolicyEnforce DriftPolicy = "Enforce"
	DriftPolicyReport  DriftPolicy = "Report"
)

// VPPNodeStatus is how a node's VPP and agent are.
type VPPNodeStatus struct {
	ObjectStatus `json:",inline"`

	// phase is where the agent stands with VPP: Connecting, Syncing (reading and
	// rebuilding), Ready or Disconnected.
	//
	// +optional
	Phase NodePhase `json:"phase,omitempty"`

	// paused tells that the agent changes nothing in this VPP, as spec.paused says.
	//
	// +optional
	Paused bool `json:"paused"`

	// driftPolicy is what is done about drift: what spec.driftPolicy says, or its
	// default.
	//
	// +optional
	DriftPolicy DriftPolicy `json:"driftPolicy,omitempty"`

	// vpp is the VPP last connected to.
	//
	// +optional
	VPP *VPPInstance `json:"vpp,omitempty"`

	// boots is the number of boots of VPP that agents on this node have seen.
	//
	// +optional
	Boots int64 `json:"boots,omitempty"`

	// connectedSince is when the session with VPP began; absent while there is none.
	//
	// +optional
	ConnectedSince *metav1.Time `json:"connectedSince,omitempty"`

	// syncedSince is when everything desired had first been tried in this
	// session; absent before.
	//
	// +optional
	SyncedSince *metav1.Time `json:"syncedSince,omitempty"`

	// objects counts the node's objects by kind.
	//
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=kind
	// +optional
	Objects []KindCounts `json:"objects,omitempty"`

	// leftoverCount is the number of things of ours in VPP that nobody wants and
	// that could not be taken away yet.
	//
	// +optional
	LeftoverCount int32 `json:"leftoverCount,omitempty"`

	// leftovers are the first ten of them.
	//
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	Leftovers []Leftover `json:"leftovers,omitempty"`

	// pruneHeld is the removal that waits for spec.confirmPrune or for the objects'
	// return; absent where none does.
	//
	// +optional
	PruneHeld *PruneHeld `json:"pruneHeld,omitempty"`

	// lastResync is the last comparison of all of VPP with what is desired.
	//
	// +optional
	LastResync *Resync `json:"lastResync,omitempty"`
}

// NodePhase is where an agent stands with its VPP.
//
// +kubebuilder:validation:Enum=Connecting;Syncing;Ready;Disconnected
type NodePhase string

// Phases of a node.
const (
	NodePhaseConnecting   NodePhase = "Connecting"
	NodePhaseSyncing      NodePhase = "Syncing"
	NodePhaseReady        NodePhase = "Ready"
	NodePhaseDisconnected NodePhase = "Disconnected"
)

// VPPInstance is a running VPP.
type VPPInstance struct {
	// version is VPP's version, such as 26.06-release.
	//
	// +optional
	Version string `json:"version,omitempty"`

	// buildDate is when it was built, as VPP tells it.
	//
	// +optional
	BuildDate string `json:"buildDate,omitempty"`

	// buildDirectory is where it was built.
	//
	// +optional
	BuildDirectory string `json:"buildDirectory,omitempty"`

	// pid is its process id, in its own PID namespace.
	//
	// +optional
	PID int64 `json:"pid,omitempty"`

	// plugins are the names of the plugins loaded, in order.
	//
	// +kubebuilder:validation:MaxItems=256
	// +listType=atomic
	// +optional
	Plugins []string `json:"plugins,omitempty"`

	// apiMessages is the number of messages of its API.
	//
	// +optional
	APIMessages int32 `json:"apiMessages,omitempty"`
}

// KindCounts counts the objects of a kind on a node.
type KindCounts struct {
	// kind is the kind counted, such as Interface.
	//
	// +required
	Kind string `json:"kind"`

	// desired is the number of objects that name this node.
	//
	// +required
	Desired int32 `json:"desired"`

	// ready is how many of them are Ready.
	//
	// +required
	Ready int32 `json:"ready"`

	// waiting is how many of them are Reconciling.
	//
	// +required
	Waiting int32 `json:"waiting"`

	// failed is how many of them are neither.
	//
	// +required
	Failed int32 `json:"failed"`

	// foreign is the number of things of this kind in VPP that are not ours.
	//
	// +required
	Foreign int32 `json:"foreign"`
}

// Leftover is something of ours in VPP that nobody wants and that could not be
// taken away yet.
type Leftover struct {
	// kind is what it is, such as Interface.
	//
	// +required
	Kind string `json:"kind"`

	// name is the name of the object it came from, or its key in VPP.
	//
	// +required
	Name string `json:"name"`

	// message says why it is still there.
	//
	// +optional
	Message string `json:"message,omitempty"`
}

// PruneHeld is a removal that is not done before it is confirmed.
type PruneHeld struct {
	// generation numbers the removals held on this node. Confirm this one by
	// setting spec.confirmPrune to it.
	//
	// +required
	Generation int64 `json:"generation"`

	// objects counts what would be removed, by kind.
	//
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=kind
	// +optional
	Objects []KindCount `json:"objects,omitempty"`
}

// KindCount is a number of things of a kind.
type KindCount struct {
	// kind is the kind counted, such as Interface.
	//
	// +required
	Kind string `json:"kind"`

	// count is how many there are.
	//
	// +required
	Count int32 `json:"count"`
}

// Resync is a comparison of all of VPP with what is desired.
type Resync struct {
	// time is when it ended.
	//
	// +required
	Time metav1.Time `json:"time"`

	// duration is how long it took.
	//
	// +required
	Duration metav1.Duration `json:"duration"`

	// corrected counts what was repaired (or, with driftPolicy Report, would have
	// been), by kind.
	//
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=kind
	// +optional
	Corrected []KindCount `json:"corrected,omitempty"`
}
