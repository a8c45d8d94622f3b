package main

import (
	"slices"
	"strings"
	"testing"
)

// Everything is Ready once it is, on both nodes, and both have been heard of.
func TestReadiness(t *testing.T) {
	t.Parallel()
	item := func(kind, name, ready string) string {
		return `{"kind": "` + kind + `", "metadata": {"name": "` + name + `"}, "status": {"conditions": [` + ready + `]}}`
	}
	const yes, no = `{"type": "Synced", "status": "False"}, {"type": "Ready", "status": "True"}`, `{"type": "Ready", "status": "False", "reason": "Syncing"}`
	for name, test := range map[string]struct {
		items   []string
		ready   int
		waiting []string
	}{
		"nothing":    {waiting: []string{"VPPNode node1 (not there yet)", "VPPNode node2 (not there yet)"}},
		"one node":   {items: []string{item("VRF", "blue", yes), item("VPPNode", "node1", yes)}, ready: 2, waiting: []string{"VPPNode node2 (not there yet)"}},
		"not all":    {items: []string{item("VPPNode", "node1", yes), item("VPPNode", "node2", no), item("VRF", "blue", "")}, ready: 1, waiting: []string{"VPPNode node2 (Syncing)", "VRF blue (no status yet)"}},
		"everything": {items: []string{item("VPPNode", "node1", yes), item("VPPNode", "node2", yes), item("VRF", "blue", yes)}, ready: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ready, waiting, err := readinessOf([]byte(`{"items": [` + strings.Join(test.items, ",") + `]}`))
			if err != nil || ready != test.ready || !slices.Equal(waiting, test.waiting) {
				t.Errorf("ready %d, waiting %q, %v; want %d, %q", ready, waiting, err, test.ready, test.waiting)
			}
		})
	}
}
