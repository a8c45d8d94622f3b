package vpp_test

import (
	"context"
	"net/netip"
	"os"
	"sync"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// The messages that the benchmarks use, as a program would declare them.

type fibPath struct {
	SwIfIndex          uint32
	TableID            uint32
	RpfID              uint32
	Weight, Preference uint8
	Type, Flags, Proto uint32
	Nh                 struct {
		Address                             [16]byte
		ViaLabel, ObjID, ClassifyTableIndex uint32
	}
	NLabels uint8
}

type ipRouteV2 struct {
	TableID, StatsIndex uint32
	Prefix              netip.Prefix
	Src                 uint8
	Paths               []fibPath
}

type ipRouteAddDelV2 struct {
	IsAdd, IsMultipath bool
	Route              ipRouteV2
}

type ipRouteV2Details struct{ Route ipRouteV2 }

type ipRouteV2Dump struct {
	Src   uint8
	Table struct {
		TableID uint32
		IsIP6   bool
	}
}

type nothing struct{}

type retval struct{ Retval int32 }

var (
	controlPing = vpp.NewMethod[nothing, retval]("control_ping")
	routeAddDel = vpp.NewMethod[ipRouteAddDelV2, retval]("ip_route_add_del_v2")
	routeDump   = vpp.NewMethod[ipRouteV2Dump, ipRouteV2Details]("ip_route_v2_dump")
)

// pathDrop is a path of type drop: it needs nothing else.
const pathDrop = 2

// eachVPP runs a benchmark against the simulated VPP and, where VPP_API_SOCKET
// names one, a real one.
func eachVPP(b *testing.B, run func(b *testing.B, s *vpp.Session)) {
	with := func(socket func(b *testing.B) string) func(b *testing.B) {
		return func(b *testing.B) {
			s, err := vpp.Dial(context.Background(), vpp.Options{Socket: socket(b)})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			b.ReportAllocs()
			run(b, s)
		}
	}
	b.Run("simulated", with(func(b *testing.B) string { return vpptest.Start(b).Socket() }))
	if socket := os.Getenv("VPP_API_SOCKET"); socket != "" {
		b.Run("real", with(func(*testing.B) string { return socket }))
	}
}

// BenchmarkPing is one control_ping after the other.
func BenchmarkPing(b *testing.B) {
	eachVPP(b, func(b *testing.B, s *vpp.Session) {
		var r retval
		for b.Loop() {
			if err := controlPing.CallInto(context.Background(), s, nil, &r); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPingPipelined keeps thousands of control_pings in flight.
func BenchmarkPingPipelined(b *testing.B) {
	eachVPP(b, func(b *testing.B, s *vpp.Session) {
		batch := begin(b, s, controlPing)
		for b.Loop() {
			if err := batch.Add(&nothing{}); err != nil {
				b.Fatal(err)
			}
		}
		if err := batch.Wait(); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkPing64Callers is 64 goroutines, each with one control_ping after
// the other.
func BenchmarkPing64Callers(b *testing.B) {
	eachVPP(b, func(b *testing.B, s *vpp.Session) {
		const callers = 64
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				var r retval
				for range (b.N + i) / callers {
					if err := controlPing.CallInto(context.Background(), s, nil, &r); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

// BenchmarkRoutesPipelined adds routes of one path; at the end they are
// removed again, untimed.
func BenchmarkRoutesPipelined(b *testing.B) {
	eachVPP(b, func(b *testing.B, s *vpp.Session) {
		source := fibSource(b, s)
		batch := begin(b, s, routeAddDel)
		n, q := 0, route(0, source)
		for b.Loop() {
			q.Route.Prefix = routePrefix(n)
			if err := batch.Add(&q); err != nil {
				b.Fatal(err)
			}
			n++
		}
		if err := batch.Wait(); err != nil {
			b.Fatal(err)
		}
		changeRoutes(b, s, source, n, false)
	})
}

// BenchmarkDump100kRoutes reads 100,000 routes, decoded.
func BenchmarkDump100kRoutes(b *testing.B) {
	const routes = 100_000
	eachVPP(b, func(b *testing.B, s *vpp.Session) {
		source := fibSource(b, s)
		changeRoutes(b, s, source, routes, true)
		var d ipRouteV2Details
		for b.Loop() {
			n := 0
			for err := range routeDump.Scan(context.Background(), s, &ipRouteV2Dump{Src: source}, &d) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != routes {
				b.Fatalf("%d routes of %d", n, routes)
			}
		}
		b.ReportMetric(float64(routes)*float64(b.N)/b.Elapsed().Seconds(), "routes/s")
		changeRoutes(b, s, source, routes, false)
	})
}

func begin[Q, R any](b *testing.B, s *vpp.Session, m *vpp.Method[Q, R]) *vpp.Batch[Q, R] {
	b.Helper()
	batch, err := m.Batch(context.Background(), s, func(_ int, _ *R, err error) {
		if err != nil {
			b.Error(err)
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	return batch
}

// fibSource returns the source that the benchmarks' routes have, so that they
// can be told from others'.
func fibSource(tb testing.TB, s *vpp.Session) uint8 {
	tb.Helper()
	const name = "vpp-operator-bench"
	for d, err := range vpp.InvokeStream(context.Background(), s, "fib_source_dump", nil) {
		if err != nil {
			tb.Fatal(err)
		}
		if src, ok := d["src"].(map[string]any); ok && src["name"] == name {
			return uint8(src["id"].(uint64))
		}
	}
	r, err := vpp.Invoke(context.Background(), s, "fib_source_add", map[string]any{"src": map[string]any{"name": name, "priority": 127}})
	if err != nil {
		tb.Fatal(err)
	}
	return uint8(r["id"].(uint64))
}

// route is the n-th route: a /32 in 16.0.0.0/4, dropped.
func route(n int, source uint8) ipRouteAddDelV2 {
	q := ipRouteAddDelV2{IsAdd: true}
	q.Route.Src = source
	q.Route.Prefix = routePrefix(n)
	q.Route.Paths = []fibPath{{SwIfIndex: ^uint32(0), Type: pathDrop, Weight: 1}}
	return q
}

func routePrefix(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(16 + n>>24), byte(n >> 16), byte(n >> 8), byte(n)}), 32)
}

func changeRoutes(b *testing.B, s *vpp.Session, source uint8, n int, add bool) {
	b.Helper()
	batch := begin(b, s, routeAddDel)
	q := route(0, source)
	q.IsAdd = add
	for i := range n {
		q.Route.Prefix = routePrefix(i)
		if err := batch.Add(&q); err != nil {
			b.Fatal(err)
		}
	}
	if err := batch.Wait(); err != nil {
		b.Fatal(err)
	}
}
