package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func TestMain(m *testing.M) { os.Exit(vpptest.Main(m)) }

// The file is what the generator makes of the agent as it is.
func TestIsCurrent(t *testing.T) {
	t.Parallel()
	all, err := registered()
	if err != nil {
		t.Fatal(err)
	}
	want, err := render(all)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("docs/metrics.md is old: make generate writes it anew")
	}
}

// What is read off the names is the type that is collected, for all that an
// engine at work collects.
func TestTypes(t *testing.T) {
	t.Parallel()
	client := vpp.NewClient(vpp.Options{Socket: vpptest.Start(t).Socket()})
	t.Cleanup(func() { _ = client.Close() })
	engine := state.New(state.Options{Client: client, Kinds: kinds.All(), Boot: kinds.Boot})
	go func() { _ = engine.Run(t.Context()) }()
	engine.Set(state.Owner{Kind: "VRF", Object: "blue"}, state.Spec{Name: "blue", Items: []state.Item{{
		ID: kinds.VRFID("blue", false), Value: kinds.VRF{TableID: 7},
	}}})
	engine.Begin()
	for deadline := time.Now().Add(3 * time.Minute); !engine.Status().Synced; <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not synced: %+v", engine.Status())
		}
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(client.Stats(), engine)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if len(families) < 15 {
		t.Errorf("only %d metrics", len(families))
	}
	for _, f := range families {
		if got, want := strings.ToLower(f.GetType().String()), (metric{name: f.GetName()}).kind(); got != want {
			t.Errorf("%s is a %s, told to be a %s", f.GetName(), got, want)
		}
	}
}
