package kinds_test

import (
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// BenchmarkRoutes programs 100,000 routes of 25 owners, reads them all back,
// changes one, and programs them again after VPP has forgotten them. One round
// is all that; the parts are reported apart.
func BenchmarkRoutes(b *testing.B) {
	run := func(b *testing.B, socket string) {
		const owners, each = 25, 4000
		for b.Loop() {
			w := work(b, socket)
			w.Begin()
			w.set("vrf", vrfItem("bench", 7100, false))
			w.await("the VRF", func() bool { return w.Status().Synced })
			begun := time.Now()
			for o := range owners {
				w.set(fmt.Sprint("routes", o), manyRoutes("bench", o, each)...)
			}
			w.await("programmed", func() bool { return w.Status().Counts[kinds.KindRoute].Done == owners*each })
			b.ReportMetric(owners*each/time.Since(begun).Seconds(), "routes/s")

			last := w.Status().LastResync.Ended
			w.ResyncNow()
			w.await("read", func() bool { return w.Status().LastResync.Ended.After(last) })
			b.ReportMetric(w.Status().LastResync.Duration.Seconds(), "resync-s")

			for o := range owners {
				id, _ := owner(fmt.Sprint("routes", o), 0)
				w.Remove(id)
			}
			id, _ := owner("vrf", 0)
			w.Remove(id)
			w.await("removed", func() bool { _, _, ok := w.Get(kinds.VRFID("bench", false)); return !ok })
			w.stop()
		}
	}
	b.Run("simulated", func(b *testing.B) { run(b, vpptest.Start(b).Socket()) })
	if socket := os.Getenv(vpptest.SocketEnv); socket != "" {
		b.Run("real", func(b *testing.B) { run(b, socket) })
	}
}

// manyRoutes are the items of an object of many prefixes.
func manyRoutes(vrf string, object, n int) []state.Item {
	paths := kinds.NewPaths(kinds.Path{Type: kinds.PathDrop})
	needs := kinds.RouteNeeds(vrf, false, paths)
	items := make([]state.Item, n)
	for i := range items {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10 + byte(object), byte(i >> 8), byte(i), 0}), 24)
		items[i] = state.Item{ID: kinds.RouteID(vrf, p), Value: paths, Needs: needs}
	}
	return items
}
