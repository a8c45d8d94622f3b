package controllers

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// severity is what a reason of an item means for its object.
type severity struct {
	// reason is that of the object's Ready.
	reason string
	// rank puts reasons in order: an object is as its worst item is.
	rank int
	// ready, reconciling and stalled are the conditions that are true.
	ready, reconciling, stalled bool
}

var severities = map[state.Reason]severity{
	state.Programmed:   {reason: v1alpha1.ReasonProgrammed, rank: 0, ready: true},
	state.Unverified:   {reason: v1alpha1.ReasonUnverified, rank: 1, ready: true},
	state.Pending:      {reason: v1alpha1.ReasonProgramming, rank: 2, reconciling: true},
	state.Waiting:      {reason: v1alpha1.ReasonWaitingForDependency, rank: 3, reconciling: true},
	state.Disconnected: {reason: v1alpha1.ReasonVPPDisconnected, rank: 4, reconciling: true},
	state.Overridden:   {reason: v1alpha1.ReasonOverridden, rank: 5},
	state.Drifted:      {reason: v1alpha1.ReasonDrifted, rank: 6},
	state.Quarantined:  {reason: v1alpha1.ReasonQuarantinedAfterCrash, rank: 7, stalled: true},
	state.Unsupported:  {reason: v1alpha1.ReasonUnsupported, rank: 8, stalled: true},
	state.Disruptive:   {reason: v1alpha1.ReasonDisruptionNotAllowed, rank: 9, stalled: true},
	state.Rejected:     {reason: v1alpha1.ReasonRejectedByVPP, rank: 10, stalled: true},
	state.Conflict:     {reason: v1alpha1.ReasonConflict, rank: 11, stalled: true},
}

// What is not about an item.
var (
	pausedSeverity  = severity{reason: v1alpha1.ReasonPaused, reconciling: true}
	invalidSeverity = severity{reason: v1alpha1.ReasonInvalidSpec, stalled: true}
)

// reasonOf is what users read of an item's reason.
func reasonOf(r state.Reason) string { return severities[r].reason }

// verdict is how an object stands.
type verdict struct {
	severity
	message string
}

// messageLimit bounds a message, in bytes. The API takes 32768; nobody reads so
// many.
const messageLimit = 1024

// judge sums up the items of an object. describe puts an identity into words.
func judge(items []state.ItemReport, describe func(state.ID) string) verdict {
	worst, concerned := -1, 0
	for i := range items {
		switch {
		case worst < 0 || severities[items[i].Reason].rank > severities[items[worst].Reason].rank:
			worst, concerned = i, 1
		case items[i].Reason == items[worst].Reason:
			concerned++
		}
	}
	if worst < 0 {
		return verdict{severities[state.Programmed], "there is nothing to program"}
	}
	first := &items[worst]
	v := verdict{severity: severities[first.Reason]}
	switch first.Reason {
	case state.Programmed:
		v.message = "VPP holds what the spec says"
		return v
	case state.Disconnected: // of all items alike
		v.message = first.Message
		return v
	}
	v.message = first.Message
	if v.message == "" && first.Reason == state.Pending {
		v.message = "is being programmed"
	}
	v.message = describe(first.ID) + ": " + v.message
	if concerned > 1 {
		v.message += fmt.Sprintf("; and %d more", concerned-1)
	}
	v.message = truncate(v.message, messageLimit)
	return v
}

// invalid tells what is wrong with a spec.
func invalid(err error) verdict {
	list := []error{err}
	if several, ok := errors.AsType[utilerrors.Aggregate](err); ok {
		list = several.Errors()
	}
	const most = 3
	var text []string
	for _, err := range list[:min(most, len(list))] {
		text = append(text, err.Error())
	}
	if more := len(list) - most; more > 0 {
		text = append(text, fmt.Sprintf("and %d more", more))
	}
	return verdict{invalidSeverity, truncate(strings.Join(text, "; "), messageLimit)}
}

// truncate cuts a text that is longer than limit bytes, between characters.
func truncate(text string, limit int) string {
	const ellipsis = "…"
	if len(text) <= limit {
		return text
	}
	text = text[:limit-len(ellipsis)]
	return strings.ToValidUTF8(text, "") + ellipsis
}

// conditionsOf renders a verdict: Ready always, Reconciling and Stalled only
// while true. What has not changed since old keeps its time.
func conditionsOf(v verdict, generation int64, old []metav1.Condition, now metav1.Time) []metav1.Condition {
	ready := metav1.ConditionFalse
	if v.ready {
		ready = metav1.ConditionTrue
	}
	conditions := []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: ready, Reason: v.reason, Message: v.message}}
	if v.reconciling {
		conditions = append(conditions, metav1.Condition{
			Type: v1alpha1.ConditionReconciling, Status: metav1.ConditionTrue, Reason: v.reason, Message: v.message,
		})
	}
	if v.stalled {
		conditions = append(conditions, metav1.Condition{
			Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: v.reason, Message: v.message,
		})
	}
	return dateConditions(conditions, generation, old, now)
}

// dateConditions fills in the times and the generation: a time moves only with
// the status.
func dateConditions(conditions []metav1.Condition, generation int64, old []metav1.Condition, now metav1.Time) []metav1.Condition {
	now = metav1.Time{Time: now.UTC()}.Rfc3339Copy() // as the API server keeps it
	for i := range conditions {
		c := &conditions[i]
		c.ObservedGeneration = generation
		c.LastTransitionTime = now
		if was := meta.FindStatusCondition(old, c.Type); was != nil && was.Status == c.Status && !was.LastTransitionTime.IsZero() {
			c.LastTransitionTime = was.LastTransitionTime
		}
	}
	slices.SortFunc(conditions, func(a, b metav1.Condition) int { return strings.Compare(a.Type, b.Type) })
	return conditions
}
