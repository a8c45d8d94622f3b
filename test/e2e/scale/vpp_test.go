package scale

import (
	"context"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// target is a VPP, simulated or real.
type target interface {
	Socket() string
	Restart() error
}

// simulated is a VPP that starts again as it was.
type simulated struct{ *vpptest.VPP }

func (v simulated) Restart() error { return v.VPP.Restart() }

// startVPP starts the VPP to measure with.
func startVPP(tb testing.TB) target {
	tb.Helper()
	if bin := os.Getenv(vpptest.BinEnv); bin != "" {
		return vpptest.StartReal(tb, bin)
	}
	return simulated{vpptest.Start(tb)}
}

// The messages of routes, as small as they can be declared.
type (
	fibPath struct {
		SwIfIndex uint32
		Weight    uint8
		Type      uint32
	}
	ipRoute struct {
		TableID uint32
		Prefix  netip.Prefix
		Src     uint8
		Paths   []fibPath
	}
	ipRouteAddDel struct {
		IsAdd bool
		Route ipRoute
	}
	retval struct{ Retval int32 }
)

var routeAddDel = vpp.NewMethod[ipRouteAddDel, retval]("ip_route_add_del_v2")

// clientRate is how many routes a second the client alone can add, pipelined;
// they are removed again.
func clientRate(ctx context.Context, tb testing.TB, socket string, n int) float64 {
	tb.Helper()
	s, err := vpp.Dial(ctx, vpp.Options{Socket: socket, Name: "scale-test"})
	if err != nil {
		tb.Fatal(err)
	}
	defer s.Close()
	const table, drop, source = 7200, 2, 8 // source 8 is the API's own
	inTable := func(add bool) {
		if _, err := vpp.Invoke(ctx, s, "ip_table_add_del", map[string]any{"is_add": add, "table": map[string]any{"table_id": table}}); err != nil {
			tb.Fatal(err)
		}
	}
	write := func(add bool) time.Duration {
		var refused error
		batch, err := routeAddDel.Batch(ctx, s, func(_ int, _ *retval, err error) {
			if err != nil {
				refused = err
			}
		})
		if err != nil {
			tb.Fatal(err)
		}
		q := ipRouteAddDel{IsAdd: add, Route: ipRoute{TableID: table, Src: source, Paths: []fibPath{{SwIfIndex: ^uint32(0), Weight: 1, Type: drop}}}}
		begun := time.Now()
		for i := range n {
			q.Route.Prefix = prefix(i>>12, i&0xfff)
			if err := batch.Add(&q); err != nil {
				tb.Fatal(err)
			}
		}
		if err := batch.Wait(); err != nil || refused != nil {
			tb.Fatal(err, refused)
		}
		return time.Since(begun)
	}
	inTable(true)
	took := write(true)
	write(false)
	inTable(false)
	return float64(n) / took.Seconds()
}
