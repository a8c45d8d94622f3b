package controllers

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func knownKinds() map[string]*kind {
	known := map[string]*kind{}
	for _, k := range objectKinds() {
		known[k.name] = k
	}
	return known
}

func TestOfflineFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deeper", "offline")
	known := knownKinds()
	blue := vrf("n1", "blue", 10)
	blue.UID, blue.Generation, blue.CreationTimestamp = "u", 7, metav1.NewTime(time.Unix(1e9, 0))
	blue.Status.ObservedGeneration = 7
	r := &reconciler{guard: newPruneGuard(time.Now), objects: map[state.Owner]*tracked{
		{Kind: "VRF", Object: "n1-blue"}:   {kind: known["VRF"], good: blue},
		{Kind: "Route", Object: "n1-none"}: {kind: known["Route"]}, // never was good
	}}
	r.guard.Hold(map[state.Owner]string{{Kind: "VRF", Object: "n1-blue"}: v1alpha1.ReasonMassDeletion})
	f := newOfflineFile(path, r, logr.Discard())
	node := offlineNode{Name: "n1", Spec: v1alpha1.VPPNodeSpec{Paused: true}, PruneGeneration: 3}

	if content, err := f.load("n1", known); err != nil || content.objects != nil {
		t.Errorf("without file: %+v, %v", content, err)
	}
	for range 2 { // new and replaced
		if err := f.save(node); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	content, err := f.load("n1", known)
	if err != nil || content.node != node || len(content.objects) != 1 {
		t.Fatalf("read %+v, %v", content, err)
	}
	e := content.objects[0]
	got := e.object.(*v1alpha1.VRF)
	if e.held != v1alpha1.ReasonMassDeletion || got.UID != "u" || got.Generation != 7 || !got.CreationTimestamp.Equal(&blue.CreationTimestamp) ||
		!equality.Semantic.DeepEqual(got.Spec, blue.Spec) || got.Status.ObservedGeneration != 0 {
		t.Errorf("read %+v, held %s", got, e.held)
	}

	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"empty":      {},
		"cut":        good[:len(good)-3],
		"one bit":    bytes.Replace(good, []byte(`"tableID":10`), []byte(`"tableID":11`), 1),
		"other file": []byte("hello\n"),
		"newer":      bytes.Replace(good, []byte(`"format":1`), []byte(`"format":2`), 1),
	} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if content, err := f.load("n1", known); err == nil || content.objects != nil {
			t.Errorf("%s: %+v, %v", name, content, err)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.load("n2", known); err == nil || !strings.Contains(err.Error(), "n1") {
		t.Errorf("of another node: %v", err)
	}
}
