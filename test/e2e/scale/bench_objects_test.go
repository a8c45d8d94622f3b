package scale

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// BenchmarkApplyToReady applies 200 loopbacks, one after the other, and measures
// from the API server's answer until a watcher sees each Ready. Goal: a median
// under 15 ms on an idle machine with a real VPP.
func BenchmarkApplyToReady(b *testing.B) {
	const samples = 200
	p := startPlane(b)
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
		v, node := startVPP(b), newNode(b)
		a := startAgent(b, p, node, v.Socket(), b.TempDir())
		a.until(ctx, "cached", a.cached)
		a.until(ctx, "synced", a.synced)
		interfaces := watch[*v1alpha1.Interface](ctx, b, p, &v1alpha1.InterfaceList{}, onNode(node))
		var answers, readies []time.Duration
		var all []client.Object
		for i := range samples {
			o := newLoopback(node, i)
			begun := time.Now()
			apply(ctx, b, p, o)
			answered := time.Now()
			interfaces.await(ctx, "Ready", func(seen map[string]*v1alpha1.Interface) bool {
				o := seen[o.GetName()]
				return o != nil && isReady(o)
			})
			answers, readies = append(answers, answered.Sub(begun)), append(readies, time.Since(answered))
			all = append(all, o)
		}
		report(b, "answer", answers)
		report(b, "ready", readies)
		p.remove(ctx, b, all...)
		a.stop()
		interfaces.stop()
		cancel()
	}
}

func report(b *testing.B, what string, samples []time.Duration) {
	slices.Sort(samples)
	for _, percent := range []int{50, 99} {
		ms := float64(samples[len(samples)*percent/100].Microseconds()) / 1000
		b.ReportMetric(ms, fmt.Sprintf("%s-p%d-ms", what, percent))
	}
}

// BenchmarkManyObjects creates 2,000 objects of one route each and waits until a
// watcher has seen all of them Ready. Beside it the API server alone has as many
// created and their statuses written, 16 requests at a time: what ready/alone
// compares with; its goal is 1.5.
func BenchmarkManyObjects(b *testing.B) {
	const n = 2000
	p := startPlane(b)
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
		v, node := startVPP(b), newNode(b)
		var alone time.Duration
		for range 2 { // the first time warms the API server up
			other := newNode(b)
			alone = timed(ctx, b, p, other, n, func(o client.Object) error { return writeStatus(ctx, p, o) })
		}
		a := startAgent(b, p, node, v.Socket(), b.TempDir())
		a.until(ctx, "cached", a.cached)
		a.until(ctx, "synced", a.synced)
		before, _ := a.requests.all()
		took := timed(ctx, b, p, node, n, nil)
		after, _ := a.requests.all()
		b.ReportMetric(float64(statusWrites(less(after, before)))/n, "requests/object")
		a.stop()
		b.ReportMetric(alone.Seconds(), "alone-s")
		b.ReportMetric(took.Seconds(), "ready-s")
		b.ReportMetric(took.Seconds()/alone.Seconds(), "ready/alone")
		cancel()
	}
}

// timed creates n objects, does something with each of them, and waits until all
// are Ready.
func timed(ctx context.Context, b *testing.B, p *plane, node string, n int, then func(o client.Object) error) time.Duration {
	b.Helper()
	all := []client.Object{newVRF(node)}
	p.create(ctx, b, all...)
	for i := range n {
		all = append(all, newRoute(node, i, 1))
	}
	routes := watch[*v1alpha1.Route](ctx, b, p, &v1alpha1.RouteList{}, onNode(node))
	defer p.remove(ctx, b, all...)
	defer routes.stop()
	begun := time.Now()
	p.each(b, all[1:], func(o client.Object) error {
		if err := p.client.Create(ctx, o); err != nil || then == nil {
			return err
		}
		return then(o)
	})
	routes.allReady(ctx, n)
	return time.Since(begun)
}

// writeStatus writes what an agent would.
func writeStatus(ctx context.Context, p *plane, o client.Object) error {
	status := v1alpha1.RouteStatus{Prefixes: 1, Programmed: 1}
	status.ObservedGeneration = o.GetGeneration()
	status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: o.GetGeneration(),
		Reason: v1alpha1.ReasonProgrammed, Message: "VPP holds all of it", LastTransitionTime: metav1.Now(),
	}}
	body, err := json.Marshal(map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": "Route",
		"metadata": map[string]any{"name": o.GetName()}, "status": status,
	})
	if err != nil {
		return err
	}
	answer := &v1alpha1.Route{ObjectMeta: metav1.ObjectMeta{Name: o.GetName()}}
	return p.client.Status().Patch(ctx, answer, client.RawPatch(types.ApplyPatchType, body), client.FieldOwner(fieldOwner), client.ForceOwnership)
}

// setResyncPeriod has everything checked for drift so often.
func setResyncPeriod(ctx context.Context, tb testing.TB, p *plane, node string, period time.Duration) {
	tb.Helper()
	o := &v1alpha1.VPPNode{
		ObjectMeta: metav1.ObjectMeta{Name: node},
		Spec:       v1alpha1.VPPNodeSpec{ResyncPeriod: &metav1.Duration{Duration: period}},
	}
	if err := p.client.Create(ctx, o); err != nil {
		tb.Fatal(err)
	}
}
