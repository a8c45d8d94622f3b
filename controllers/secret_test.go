package controllers

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// externals is an engine that notes what is there outside VPP.
type externals struct {
	engine
	there map[state.ID]string
	told  []string
}

func (e *externals) SetExternal(id state.ID, version string) {
	if e.there[id] != version {
		e.told = append(e.told, "set "+id.Key)
	}
	e.there[id] = version
}

func (e *externals) RemoveExternal(id state.ID) {
	if _, ok := e.there[id]; ok {
		e.told = append(e.told, "remove "+id.Key)
	}
	delete(e.there, id)
}

// memorySecrets keep nothing.
func memorySecrets(t *testing.T) *secrets {
	t.Helper()
	ledger, _, err := state.OpenLedger("")
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSecrets(ledger)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	e := &externals{there: map[state.ID]string{}}
	s := memorySecrets(t)
	s.engine = e
	secret := func(value string) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "memif"}, Data: map[string][]byte{"key": []byte(value), "other": []byte("x")}}
	}
	a, b := state.Owner{Kind: "Interface", Object: "a"}, state.Owner{Kind: "Interface", Object: "b"}
	id := kinds.SecretID("memif", "key")
	for i, step := range []struct {
		do   func()
		told []string
	}{
		{func() { s.need(a, []state.ID{id}) }, nil},
		{func() { s.observe(secret("one")) }, []string{"set memif/key"}},
		{func() { s.observe(secret("one")) }, nil}, // something else of it
		{func() { s.observe(secret("two")) }, []string{"set memif/key"}},
		{func() { s.need(b, []state.ID{id}) }, nil},
		{func() { s.need(a, nil) }, nil},
		{func() { s.need(b, []state.ID{kinds.SecretID("memif", "other")}) }, []string{"set memif/other", "remove memif/key"}},
		{func() { s.gone(secret("")) }, []string{"remove memif/other"}},
	} {
		e.told = nil
		step.do()
		if !slices.Equal(e.told, step.told) {
			t.Errorf("step %d: told %v, want %v", i, e.told, step.told)
		}
	}
	if _, err := s.read("memif", "key"); err == nil {
		t.Error("read what is gone")
	}
	s.observe(secret("three"))
	if v, err := s.read("memif", "key"); err != nil || string(v) != "three" {
		t.Errorf("read %v", err)
	}
	s.need(a, []state.ID{id})
	if text := fmt.Sprint(e.there); slices.Contains([]string{"three"}, e.there[id]) || len(e.there[id]) != 64 {
		t.Errorf("version tells %s", text)
	}
}
