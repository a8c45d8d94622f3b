package kinds_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func TestRouteWaitsForItsVRF(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		b := work(t, socket)
		b.Begin()
		b.set("route", routeItem("blue", "192.0.2.0/24", kinds.Path{Type: kinds.PathDrop}))
		b.awaitReasons("route", "WaitingForDependency: waits for IPv4 table of VRF blue")
		b.set("vrf", vrfItem("blue", 7001, false))
		b.awaitReasons("vrf", "Programmed")
		b.awaitReasons("route", "Programmed")

		// The VRF goes: its routes before it, and nothing stays.
		o, _ := owner("vrf", 0)
		b.Remove(o)
		b.awaitReasons("route", "WaitingForDependency: waits for IPv4 table of VRF blue")
		b.await("the table is gone", func() bool { _, _, ok := b.Get(kinds.VRFID("blue", false)); return !ok })
		if _, _, ok := b.Get(kinds.RouteID("blue", netip.MustParsePrefix("192.0.2.0/24"))); ok {
			t.Error("the route is still there")
		}
	})
}

func TestRoutesSurviveTheEngine(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		const n = 3000
		items := []state.Item{vrfItem("red", 7002, false)}
		shared := kinds.NewPaths(kinds.Path{Type: kinds.PathUnreachable})
		needs := kinds.RouteNeeds("red", false, shared)
		for i := range n {
			p := netip.MustParsePrefix(fmt.Sprintf("10.%d.%d.0/24", i/256, i%256))
			items = append(items, state.Item{ID: kinds.RouteID("red", p), Value: shared, Needs: needs})
		}
		ledger := t.TempDir() + "/ledger"
		in := func(o *benchOptions) { o.ledger = ledger }
		b := work(t, socket, in)
		b.Begin()
		b.set("all", items...)
		b.await("programmed", func() bool { return b.Status().Counts[kinds.KindRoute].Done == n })
		b.stop()

		// The same again: nothing is written. Less: the rest is removed.
		b = work(t, socket, in)
		b.set("all", items[:n]...)
		b.Begin()
		b.await("synced", func() bool { return b.Status().Synced })
		if s := b.Status(); s.Counts[kinds.KindRoute].Done != n-1 || s.LeftoverCount != 1 {
			t.Errorf("counts %+v, %d leftovers", s.Counts, s.LeftoverCount)
		}
		if got := b.client.Stats().Snapshot(); sent(got, "ip_route_add_del_v2") != 0 {
			t.Errorf("%d routes were written again", sent(got, "ip_route_add_del_v2"))
		}
		b.AllowPrune(func(string) bool { return true })
		b.await("pruned", func() bool { return b.Status().LeftoverCount == 0 })
		o, _ := owner("all", 0)
		b.Remove(o)
		b.await("removed", func() bool { _, _, ok := b.Get(kinds.VRFID("red", false)); return !ok })
	})
}
