package e2e

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// wrongForKstatus tells where kstatus, the library that Flux and others read
// conditions with, takes an object for something else than its conditions mean; ""
// where it does not.
func wrongForKstatus(o client.Object) string {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return err.Error()
	}
	u := &unstructured.Unstructured{Object: content}
	u.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kindOf(o)))
	got, err := status.Compute(u)
	if err != nil {
		return "kstatus cannot read it: " + err.Error()
	}
	list, observed := conditionsOf(o)
	want := status.InProgressStatus
	switch {
	case o.GetDeletionTimestamp() != nil:
		want = status.TerminatingStatus
	case observed != 0 && observed != o.GetGeneration():
	case meta.IsStatusConditionTrue(list, v1alpha1.ConditionStalled):
		want = status.FailedStatus
	case meta.IsStatusConditionTrue(list, v1alpha1.ConditionReconciling):
	case meta.IsStatusConditionPresentAndEqual(list, v1alpha1.ConditionReady, metav1.ConditionTrue):
		want = status.CurrentStatus
	}
	if got.Status != want {
		return fmt.Sprintf("for kstatus it is %s (%s), want %s", got.Status, got.Message, want)
	}
	return ""
}
