package controllers

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// checkConditions checks the rules that conditions keep in every state.
func checkConditions(t *testing.T, o client.Object) {
	t.Helper()
	var s *v1alpha1.ObjectStatus
	switch o := o.(type) {
	case v1alpha1.Object:
		s = o.GetStatus()
	case *v1alpha1.VPPNode:
		s = &o.Status.ObjectStatus
	default:
		t.Fatalf("%T has no conditions", o)
	}
	if len(s.Conditions) == 0 {
		return // nobody has told yet
	}
	wrong := func(what string) { t.Errorf("%s: %s: %+v", o.GetName(), what, s.Conditions) }
	ready := condition(s.Conditions, v1alpha1.ConditionReady)
	reconciling := condition(s.Conditions, v1alpha1.ConditionReconciling)
	stalled := condition(s.Conditions, v1alpha1.ConditionStalled)
	if ready == nil {
		wrong("no Ready")
		return
	}
	if reconciling != nil && stalled != nil {
		wrong("Reconciling and Stalled")
	}
	for _, c := range []*metav1.Condition{reconciling, stalled} {
		if c != nil && c.Status != metav1.ConditionTrue {
			wrong(c.Type + " is there and not true")
		}
		if c != nil && ready.Status == metav1.ConditionTrue {
			wrong(c.Type + " beside Ready")
		}
	}
	if s.ObservedGeneration > o.GetGeneration() {
		wrong("observedGeneration is ahead")
	}
	for _, c := range s.Conditions {
		switch {
		case c.Reason == "" || c.Message == "":
			wrong(c.Type + " says nothing")
		case len(c.Message) > messageLimit:
			wrong(c.Type + " says too much")
		case c.LastTransitionTime.IsZero():
			wrong(c.Type + " has no time")
		case c.ObservedGeneration != s.ObservedGeneration:
			wrong(c.Type + " is of another generation")
		case strings.Contains(c.Message, "0xc0"):
			wrong(c.Type + " has a pointer")
		}
	}
}

func condition(list []metav1.Condition, kind string) *metav1.Condition {
	i := slices.IndexFunc(list, func(c metav1.Condition) bool { return c.Type == kind })
	if i < 0 {
		return nil
	}
	return &list[i]
}
