package scale

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// BenchmarkMemory runs the real agent on 100,000 routes and restarts its VPP
// fifty times. Reported is what the process has resident, and the most it has
// had: once all is programmed (goal: under 200 MB), and after the tenth and the
// last restart (goal: the same).
func BenchmarkMemory(b *testing.B) {
	const restarts = 50
	p := startPlane(b)
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 9*time.Minute)
		v, node := startVPP(b), newNode(b)
		all := newRoutes(node, benchObjects, benchPrefixes)
		p.create(ctx, b, all...)
		setResyncPeriod(ctx, b, p, node, 2*time.Second)
		one := client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector(metav1.ObjectNameField, node)}
		nodes := watch[*v1alpha1.VPPNode](ctx, b, p, &v1alpha1.VPPNodeList{}, one)
		routes := watch[*v1alpha1.Route](ctx, b, p, &v1alpha1.RouteList{}, onNode(node))
		a := startProcess(b, p, node, v.Socket())
		routes.allReady(ctx, benchObjects)
		// settled: synced with this boot, and checked for drift since.
		settled := func(boots int64) {
			var first time.Time
			nodes.await(ctx, "synced and checked", func(all map[string]*v1alpha1.VPPNode) bool {
				o := all[node]
				if o == nil || o.Status.Boots < boots || o.Status.Phase != v1alpha1.NodePhaseReady || o.Status.LastResync == nil {
					return false
				}
				if first.IsZero() {
					first = o.Status.LastResync.Time.Time
				}
				return o.Status.LastResync.Time.After(first)
			})
		}
		settled(1)
		now, most := a.memory(b)
		b.ReportMetric(float64(now)/1e6, "programmed-MB")
		b.ReportMetric(float64(most)/1e6, "programmed-peak-MB")
		for i := range int64(restarts) {
			if err := v.Restart(); err != nil {
				b.Fatal(err)
			}
			settled(i + 2)
			now, most = a.memory(b)
			b.Logf("%d restarts: %d MB, at most %d MB", i+1, now/1e6, most/1e6)
			if i == 9 {
				b.ReportMetric(float64(now)/1e6, "restarted-10-MB")
				b.ReportMetric(float64(most)/1e6, "restarted-10-peak-MB")
			}
		}
		b.ReportMetric(float64(now)/1e6, "restarted-50-MB")
		b.ReportMetric(float64(most)/1e6, "restarted-50-peak-MB")
		p.remove(ctx, b, all...)
		cancel()
	}
}
