package controllers

import (
	"fmt"
	"os"
	"path/filepath"
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
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: a.node, Namespace: testNamespace},
		StringData: map[string]string{"secret": "quite-hidden"},
	}
	a.create(secret)
	got := await(a, o, "Ready", func(o *v1alpha1.Interface) bool {
		c := condition(o.Status.Conditions, v1alpha1.ConditionReady)
		return c != nil && c.Status == metav1.ConditionTrue
	})
	if text := fmt.Sprint(got, a.log); strings.Contains(text, "quite-hidden") {
		t.Errorf("the secret is told: %s", text)
	}

	// What was made with a value that has changed while no agent ran is made anew.
	made := func() int { return a.vpp.Calls("memif_create_v2") }
	restarted := func(change func(*corev1.Secret)) {
		a.stop()
		edit(a, secret, change)
		a.start()
		await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, "Ready", func(n *v1alpha1.VPPNode) bool {
			return n.Status.Phase == v1alpha1.NodePhaseReady
		})
	}
	before := made()
	restarted(func(s *corev1.Secret) { s.Labels = map[string]string{"a": "b"} })
	if n := made() - before; n != 0 {
		t.Errorf("made %d times, though the value is the same", n)
	}
	restarted(func(s *corev1.Secret) { s.Data["secret"] = []byte("quite-different") })
	a.eventually("made anew", func() bool { return made() == before+1 })
	file, err := os.ReadFile(filepath.Join(a.folder, "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(a.log, string(file)); strings.Contains(text, "quite-") || strings.Contains(text, "cXVpdGUt") {
		t.Errorf("the secret is told: %s", text)
	}
}
