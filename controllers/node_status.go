package controllers

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// Bounds of lists, as the API has them.
const (
	maxPlugins = 256
	maxKinds   = 64
)

// nodeFacts are what a VPPNode's status is made of.
type nodeFacts struct {
	engine   state.Status
	instance *kinds.Instance // of the VPP last connected to
	tally    map[string]map[string]int
	kinds    []*kind
	spec     v1alpha1.VPPNodeSpec // the switches in force
	held     heldFacts
}

// heldFacts are what is held, and the kinds that are not available.
type heldFacts struct {
	generation  int64
	reason      string
	counts      map[string]int
	unavailable []string
}

// nodeStatus renders the status of a VPPNode; old is the one it replaces.
func nodeStatus(f nodeFacts, generation int64, old *v1alpha1.VPPNodeStatus, describe func(state.ID) string, now metav1.Time) v1alpha1.VPPNodeStatus {
	e := f.engine
	s := v1alpha1.VPPNodeStatus{
		Phase:         nodePhase(e),
		Paused:        f.spec.Paused,
		DriftPolicy:   cmp.Or(f.spec.DriftPolicy, v1alpha1.DriftPolicyEnforce),
		VPP:           instanceStatus(f.instance),
		Boots:         e.Boots,
		Objects:       kindCounts(f),
		LeftoverCount: int32(e.LeftoverCount),
	}
	if s.VPP == nil {
		s.VPP = old.VPP
	}
	if e.Connected {
		s.ConnectedSince = timestamp(e.ConnectedSince)
		if e.Synced {
			s.SyncedSince = timestamp(e.SyncedSince)
		}
	}
	for _, l := range e.Leftovers[:min(maxListed, len(e.Leftovers))] {
		s.Leftovers = append(s.Leftovers, v1alpha1.Leftover{
			Kind: l.ID.Kind, Name: l.ID.Key, Message: truncate(cmp.Or(l.Message, describe(l.ID)+" is still there"), messageLimit),
		})
	}
	if r := e.LastResync; !r.Ended.IsZero() {
		s.LastResync = &v1alpha1.Resync{
			Time:      *timestamp(r.Ended),
			Duration:  metav1.Duration{Duration: r.Duration.Round(time.Microsecond)},
			Corrected: kindCount(r.Corrected),
		}
	}
	if len(f.held.counts) > 0 {
		s.PruneHeld = &v1alpha1.PruneHeld{Generation: f.held.generation, Objects: kindCount(f.held.counts)}
	}
	s.ObservedGeneration = generation
	s.Conditions = dateConditions(nodeConditions(f), generation, old.Conditions, now)
	return s
}

func nodePhase(e state.Status) v1alpha1.NodePhase {
	switch {
	case e.Connected && e.Synced:
		return v1alpha1.NodePhaseReady
	case e.Connected:
		return v1alpha1.NodePhaseSyncing
	case e.Epoch == 0:
		return v1alpha1.NodePhaseConnecting
	default:
		return v1alpha1.NodePhaseDisconnected
	}
}

// nodeConditions are Connected, Synced and Ready, Reconciling while Ready is
// not true, and PruneHeld while it is true.
func nodeConditions(f nodeFacts) []metav1.Condition {
	e := f.engine
	yes := func(kind, reason, message string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: metav1.ConditionTrue, Reason: reason, Message: message}
	}
	no := func(kind, reason, message string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: metav1.ConditionFalse, Reason: reason, Message: message}
	}
	connected := yes(v1alpha1.ConditionConnected, v1alpha1.ReasonConnected, "the agent has a session with VPP")
	synced := yes(v1alpha1.ConditionSynced, v1alpha1.ReasonSynced, "all that is desired was tried")
	switch {
	case !e.Connected:
		reason, message := v1alpha1.ReasonVPPDisconnected, "no session with VPP"
		if e.Epoch == 0 {
			reason, message = v1alpha1.ReasonConnecting, "no session with VPP yet"
		}
		if e.Err != nil {
			message += ": " + e.Err.Error()
		}
		message = truncate(message, messageLimit)
		connected = no(v1alpha1.ConditionConnected, reason, message)
		synced = no(v1alpha1.ConditionSynced, reason, message)
	case !e.Synced:
		message := "VPP is being read and rebuilt"
		if e.Err != nil {
			message += ": " + e.Err.Error()
		}
		synced = no(v1alpha1.ConditionSynced, v1alpha1.ReasonSyncing, truncate(message, messageLimit))
	}
	ready := synced
	ready.Type = v1alpha1.ConditionReady
	if f.spec.Paused {
		ready = no(v1alpha1.ConditionReady, v1alpha1.ReasonPaused, "spec.paused is true: nothing is changed")
	}
	conditions := []metav1.Condition{connected, ready, synced}
	if ready.Status != metav1.ConditionTrue {
		conditions = append(conditions, yes(v1alpha1.ConditionReconciling, ready.Reason, ready.Message))
	}
	if reason, message := heldMessage(f.held); reason != "" {
		conditions = append(conditions, yes(v1alpha1.ConditionPruneHeld, reason, message))
	}
	return conditions
}

// heldMessage tells what is held and what to do; "" where nothing is.
func heldMessage(h heldFacts) (reason, message string) {
	var text []string
	if reason = h.reason; reason != "" {
		var counts []string
		for _, kind := range slices.Sorted(maps.Keys(h.counts)) {
			counts = append(counts, fmt.Sprintf("%s: %d", kind, h.counts[kind]))
		}
		text = append(text, fmt.Sprintf(
			"objects that are gone from the API server are kept in VPP (%s); restore them, or set spec.confirmPrune to %d to have them removed",
			strings.Join(counts, ", "), h.generation))
	}
	if len(h.unavailable) > 0 {
		reason = cmp.Or(reason, v1alpha1.ReasonKindUnavailable)
		text = append(text, "these kinds cannot be listed, so nothing of theirs is removed: "+strings.Join(h.unavailable, ", "))
	}
	return reason, truncate(strings.Join(text, "; "), messageLimit)
}

func instanceStatus(i *kinds.Instance) *v1alpha1.VPPInstance {
	if i == nil {
		return nil
	}
	return &v1alpha1.VPPInstance{
		Version: i.Version, BuildDate: i.BuildDate, BuildDirectory: i.BuildDirectory,
		PID: int64(i.PID), Plugins: i.Plugins[:min(maxPlugins, len(i.Plugins))], APIMessages: int32(i.Messages),
	}
}

// kindCounts counts objects, a line for every kind that there are any of, in
// the API or foreign in VPP.
func kindCounts(f nodeFacts) []v1alpha1.KindCounts {
	var list []v1alpha1.KindCounts
	for _, k := range f.kinds {
		c := v1alpha1.KindCounts{Kind: k.name}
		for reason, n := range f.tally[k.name] {
			c.Desired += int32(n)
			switch s := severityOf(reason); {
			case s.ready:
				c.Ready += int32(n)
			case s.reconciling:
				c.Waiting += int32(n)
			default:
				c.Failed += int32(n)
			}
		}
		for _, kind := range k.shown {
			c.Foreign += int32(f.engine.Counts[kind].Foreign)
		}
		if c.Desired+c.Foreign > 0 {
			list = append(list, c)
		}
	}
	return list[:min(maxKinds, len(list))]
}

// severityOf finds a reason of Ready again.
func severityOf(reason string) severity {
	switch reason {
	case pausedSeverity.reason:
		return pausedSeverity
	case invalidSeverity.reason:
		return invalidSeverity
	}
	for _, s := range severities {
		if s.reason == reason {
			return s
		}
	}
	return severity{reason: reason}
}

func kindCount(counts map[string]int) []v1alpha1.KindCount {
	var list []v1alpha1.KindCount
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		if counts[kind] > 0 && len(list) < maxKinds {
			list = append(list, v1alpha1.KindCount{Kind: kind, Count: int32(counts[kind])})
		}
	}
	return list
}

// timestamp is a time as the API server keeps it.
func timestamp(t time.Time) *metav1.Time {
	u := metav1.NewTime(t.UTC())
	u = u.Rfc3339Copy()
	return &u
}
