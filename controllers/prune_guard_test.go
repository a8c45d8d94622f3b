package controllers

import (
	"fmt"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func some(kind string, from, n int) []state.Owner {
	owners := make([]state.Owner, n)
	for i := range owners {
		owners[i] = state.Owner{Kind: kind, Object: fmt.Sprintf("o%03d", from+i)}
	}
	return owners
}

func TestPruneGuard(t *testing.T) {
	t.Parallel()
	type step struct {
		after    time.Duration // since the step before
		vanish   []state.Owner
		live     int // that are left
		gone     bool
		returns  []state.Owner
		removed  int
		held     int
		reason   string
		confirms int64
	}
	for name, steps := range map[string][]step{
		"one":              {{vanish: some("Route", 0, 1), live: 99, removed: 1}},
		"the last one":     {{vanish: some("Route", 0, 1), live: 0, removed: 1}},
		"ten of ten":       {{vanish: some("Route", 0, 10), live: 0, removed: 10}},
		"eleven of eleven": {{vanish: some("Route", 0, 11), live: 0, held: 11, reason: v1alpha1.ReasonMassDeletion}},
		"half":             {{vanish: some("Route", 0, 20), live: 20, removed: 20}},
		"more than half":   {{vanish: some("Route", 0, 21), live: 20, held: 21, reason: v1alpha1.ReasonMassDeletion}},
		"of several kinds": {{vanish: append(some("Route", 0, 6), some("VRF", 0, 6)...), live: 0, held: 12, reason: v1alpha1.ReasonMassDeletion}},
		"in two parts": {
			{vanish: some("Route", 0, 8), live: 12, removed: 8},
			{after: 59 * time.Second, vanish: some("Route", 8, 4), live: 8, held: 4, reason: v1alpha1.ReasonMassDeletion},
		},
		"slowly": {
			{vanish: some("Route", 0, 8), live: 12, removed: 8},
			{after: time.Minute, vanish: some("Route", 8, 8), live: 4, removed: 8},
		},
		"some that return": {
			{vanish: some("Route", 0, 20), live: 10, held: 20, reason: v1alpha1.ReasonMassDeletion},
			{returns: some("Route", 0, 15), held: 5, reason: v1alpha1.ReasonMassDeletion},
			{vanish: some("Route", 20, 1), live: 24, removed: 1, held: 5, reason: v1alpha1.ReasonMassDeletion},
			{returns: some("Route", 15, 5)},
		},
		"a kind": {
			{vanish: some("VRF", 0, 1), live: 100, gone: true, held: 1, reason: v1alpha1.ReasonKindUnavailable},
			{vanish: some("Route", 0, 1), live: 99, removed: 1, held: 1, reason: v1alpha1.ReasonKindUnavailable},
		},
		"confirmed": {
			{vanish: some("Route", 0, 20), live: 0, held: 20, reason: v1alpha1.ReasonMassDeletion},
			{confirms: 1, removed: 20},
		},
		"confirmed before more was held": {
			{vanish: some("Route", 0, 20), live: 10, held: 20, reason: v1alpha1.ReasonMassDeletion},
			{vanish: some("Route", 20, 10), live: 0, held: 30, reason: v1alpha1.ReasonMassDeletion},
			{confirms: 1, held: 30, reason: v1alpha1.ReasonMassDeletion},
			{confirms: 2, removed: 30},
		},
		"confirmed ahead": {
			{confirms: 5},
			{vanish: some("Route", 0, 20), live: 0, held: 20, reason: v1alpha1.ReasonMassDeletion},
			{confirms: 5, held: 20, reason: v1alpha1.ReasonMassDeletion},
			{confirms: 6, removed: 20},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Unix(1e9, 0)
			g := newPruneGuard(func() time.Time { return now })
			for i, s := range steps {
				now = now.Add(s.after)
				for _, o := range s.returns {
					g.Return(o)
				}
				var removed []state.Owner
				switch {
				case s.confirms != 0:
					removed = g.Confirm(s.confirms)
				case len(s.vanish) > 0:
					removed = g.Vanished(s.vanish, s.live, func(state.Owner) bool { return s.gone })
				}
				_, reason, counts := g.Held()
				held := 0
				for _, n := range counts {
					held += n
				}
				if len(removed) != s.removed || held != s.held || reason != s.reason {
					t.Errorf("step %d: removed %d, held %d (%s), want %d, %d (%s)", i, len(removed), held, reason, s.removed, s.held, s.reason)
				}
			}
		})
	}
}
