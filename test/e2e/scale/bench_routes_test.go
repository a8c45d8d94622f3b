package scale

import (
	"context"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// The routes of the benchmarks: a hundred thousand.
const (
	benchObjects  = 25
	benchPrefixes = 4000
	benchRoutes   = benchObjects * benchPrefixes
)

// BenchmarkRoutes has an agent find 100,000 routes in the API server and program
// them, check them for drift, and program them again in a VPP that has
// restarted. Beside it the client alone adds as many to the same VPP.
//
//	programmed/client   rate from synced caches to programmed, of the client's; goal 0.6
//	rebuilt/client      rate from reconnect to synced after a restart; goal 0.6
//	resync-ms           to read everything and compare; goal under 1000
//	ready-ms            from synced caches until the API server shows all Ready
func BenchmarkRoutes(b *testing.B) {
	p := startPlane(b)
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
		benchmarkRoutes(ctx, b, p)
		cancel()
	}
}

func benchmarkRoutes(ctx context.Context, b *testing.B, p *plane) {
	v, node, folder := startVPP(b), newNode(b), b.TempDir()
	all := newRoutes(node, benchObjects, benchPrefixes)
	p.create(ctx, b, all...)
	defer p.remove(ctx, b, all...)
	setResyncPeriod(ctx, b, p, node, 2*time.Second)
	routes := watch[*v1alpha1.Route](ctx, b, p, &v1alpha1.RouteList{}, onNode(node))
	// A VPP is slower with its first routes, when it gets its memory: what is
	// rebuilt after a restart compares with that.
	first, later := clientRate(ctx, b, v.Socket(), benchRoutes), clientRate(ctx, b, v.Socket(), benchRoutes)

	a := startAgent(b, p, node, v.Socket(), folder)
	a.until(ctx, "cached", a.cached)
	cached := time.Now()
	a.until(ctx, "programmed", func() bool { return a.programmed() == benchRoutes })
	programmed := time.Since(cached)
	routes.allReady(ctx, benchObjects)
	b.ReportMetric(float64(time.Since(cached).Milliseconds()), "ready-ms")

	before, spent := a.resyncs()
	a.until(ctx, "checked for drift", func() bool { n, _ := a.resyncs(); return n >= before+5 })
	n, took := a.resyncs()
	b.ReportMetric(float64(((took - spent) / time.Duration(n-before)).Milliseconds()), "resync-ms")

	connects := len(a.log.when(connected))
	if err := v.Restart(); err != nil {
		b.Fatal(err)
	}
	a.until(ctx, "connected again", func() bool { return len(a.log.when(connected)) > connects })
	again := a.log.when(connected)[connects]
	a.until(ctx, "rebuilt", func() bool { return a.synced() && a.programmed() == benchRoutes })
	rebuilt := time.Since(again)
	a.stop()

	later = max(later, clientRate(ctx, b, v.Socket(), benchRoutes))
	b.ReportMetric(first, "client-first-routes/s")
	b.ReportMetric(later, "client-routes/s")
	b.ReportMetric(benchRoutes/programmed.Seconds(), "programmed-routes/s")
	b.ReportMetric(benchRoutes/programmed.Seconds()/later, "programmed/client")
	b.ReportMetric(benchRoutes/rebuilt.Seconds(), "rebuilt-routes/s")
	b.ReportMetric(benchRoutes/rebuilt.Seconds()/first, "rebuilt/client")
}

// connected is what an agent logs when it has a session with VPP.
const connected = "Connected to VPP"
