package controllers

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// An interface waits for the Secret that it refers to, and nothing tells what is
// in it.
func TestSecretOfInterface(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	a.start()
	o := &v1alpha1.Interface{
		ObjectMeta: metav1.ObjectMeta{Name: a.node + "-memif"},
		Spec: v1alpha1.InterfaceSpec{
			ObjectSpec: v1alpha1.ObjectSpec{NodeName: a.node, Name: "memif"},
			Memif: &v1alpha1.MemifInterface{
				Role: "Master", Socket: "/run/vpp/memif.sock",
				SecretRef: &v1alpha1.SecretKeyReference{Name: a.node, Key: "secret"},
			},
		},
	}
	a.create(o)
	ready(a, o, v1alpha1.ReasonWaitingForDependency)
	a.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: a.node, Namespace: testNamespace},
		StringData: map[string]string{"secret": "quite-hidden"},
	})
	got := await(a, o, "Ready", func(o *v1alpha1.Interface) bool {
		c := condition(o.Status.Conditions, v1alpha1.ConditionReady)
		return c != nil && c.Status == metav1.ConditionTrue
	})
	if text := fmt.Sprint(got, a.log); strings.Contains(text, "quite-hidden") {
		t.Errorf("the secret is told: %s", text)
	}
}
