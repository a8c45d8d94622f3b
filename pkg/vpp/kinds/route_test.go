package kinds_test

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
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
		shared := kinds.NewPaths(kinds.Path{Type: kinds.PathDrop})
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

// Whatever VPP makes of a route when it shows it, it is what was wanted.
func TestRoutesAreReadAsWritten(t *testing.T) {
	t.Parallel()
	hop := netip.MustParseAddr
	tests := []struct {
		name, prefix string
		paths        []kinds.Path
	}{
		{"drop", "10.1.0.0/16", []kinds.Path{{Type: kinds.PathDrop}}},
		{"unreachable", "10.2.0.0/16", []kinds.Path{{Type: kinds.PathUnreachable}}},
		{"prohibited", "10.3.0.0/16", []kinds.Path{{Type: kinds.PathProhibited}}},
		{"local", "10.4.0.1/32", []kinds.Path{{Type: kinds.PathLocal}}},
		{"lookup in the default VRF", "10.5.0.0/16", []kinds.Path{{Type: kinds.PathLookup, VRF: kinds.DefaultVRF}}},
		{"lookup in another VRF", "10.6.0.0/16", []kinds.Path{{Type: kinds.PathLookup, VRF: "other"}}},
		{"recursive", "10.7.0.0/16", []kinds.Path{{NextHop: hop("192.0.2.1"), VRF: "shapes"}}},
		{"recursive in another VRF", "10.8.0.0/16", []kinds.Path{{NextHop: hop("192.0.2.1"), VRF: "other"}}},
		{"labels", "10.9.0.0/16", []kinds.Path{{NextHop: hop("192.0.2.1"), VRF: "shapes", Labels: []uint32{16001, 24005}}}},
		{"next hop on an interface", "10.10.0.0/16", []kinds.Path{{NextHop: hop("198.51.100.2"), Interface: "shape0"}}},
		{"onto an interface", "10.11.0.0/16", []kinds.Path{{Interface: "shape0"}}},
		{"weights and preferences", "10.12.0.0/16", []kinds.Path{
			{NextHop: hop("198.51.100.4"), Interface: "shape0", Preference: 7},
			{NextHop: hop("198.51.100.3"), Interface: "shape0", Weight: 3},
			{NextHop: hop("198.51.100.2"), Interface: "shape0", Weight: 9},
		}},
		{"default", "0.0.0.0/0", []kinds.Path{{NextHop: hop("198.51.100.2"), Interface: "shape0"}}},
		{"IPv6 drop", "2001:db8:1::/48", []kinds.Path{{Type: kinds.PathDrop}}},
		{"IPv6 lookup", "2001:db8:2::/48", []kinds.Path{{Type: kinds.PathLookup, VRF: "other"}}},
		{"IPv6 link-local next hop", "2001:db8:3::/48", []kinds.Path{{NextHop: hop("fe80::1"), Interface: "shape0"}}},
		{"IPv6 recursive", "2001:db8:4::/48", []kinds.Path{{NextHop: hop("2001:db8::1"), VRF: "shapes"}}},
		{"IPv6 default", "::/0", []kinds.Path{{NextHop: hop("fe80::1"), Interface: "shape0"}}},
	}
	eachSocket(t, func(t *testing.T, socket string) {
		b := work(t, socket)
		b.Begin()
		b.set("base", vrfItem("shapes", 7201, false), vrfItem("shapes", 7201, true), vrfItem("other", 7202, false), vrfItem("other", 7202, true),
			state.Item{ID: kinds.InterfaceID("shape0"), Value: &kinds.Interface{Name: "shape0", Type: kinds.Loopback{}}})
		for _, tt := range tests {
			b.set(tt.name, routeItem("shapes", tt.prefix, tt.paths...))
		}
		for _, tt := range tests {
			b.await(tt.name, func() bool {
				got := b.reasons(tt.name)
				if strings.Contains(got, "guard") { // of a release that this path kills
					return true
				}
				return got == "Programmed"
			})
		}
		written := sent(b.client.Stats().Snapshot(), "ip_route_add_del_v2")
		last := b.Status().LastResync.Ended
		b.ResyncNow()
		b.await("read", func() bool { return b.Status().LastResync.Ended.After(last) && b.Status().Synced })
		for _, tt := range tests {
			if got := b.reasons(tt.name); got != "Programmed" && !strings.Contains(got, "guard") {
				t.Errorf("%s: %s once read", tt.name, got)
			}
		}
		if now := sent(b.client.Stats().Snapshot(), "ip_route_add_del_v2"); now != written {
			t.Errorf("%d routes were written again", now-written)
		}
		if c := b.Status().LastResync.Corrected; len(c) > 0 {
			t.Errorf("corrected %v", c)
		}
		for _, tt := range tests {
			o, _ := owner(tt.name, 0)
			b.Remove(o)
		}
		o, _ := owner("base", 0)
		b.Remove(o)
		b.await("removed", func() bool {
			return !slices.ContainsFunc([]state.ID{
				kinds.VRFID("shapes", false), kinds.VRFID("shapes", true), kinds.VRFID("other", false), kinds.VRFID("other", true),
				kinds.InterfaceID("shape0"),
			}, func(id state.ID) bool {
				_, _, there := b.Get(id)
				return there
			})
		})
	})
}

// Of many routes written at once those are found that another source has, and
// for few among many no table is read.
func TestOverriddenAmongMany(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		const n, more = 400, 50
		ledger := filepath.Join(t.TempDir(), "ledger")
		noted := func(o *benchOptions) { o.ledger = ledger }
		b := work(t, socket, noted)
		b.Begin()
		b.set("vrf", vrfItem("many", 7301, false))
		b.set("first", routesOf("many", 0, n)...)
		b.await("programmed", func() bool { return b.Status().Counts[kinds.KindRoute].Done == n })
		b.stop()

		// An engine that finds all as it should be reads nothing more.
		b = work(t, socket, noted)
		b.set("vrf", vrfItem("many", 7301, false))
		b.set("first", routesOf("many", 0, n)...)
		b.Begin()
		b.await("found", func() bool { s := b.Status(); return s.Synced && s.Counts[kinds.KindRoute].Done == n })
		s, err := b.client.WaitConnected(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		better, err := vpp.Invoke(b.ctx, s, "fib_source_add", map[string]any{"src": map[string]any{"name": "better", "priority": 10}})
		if err != nil {
			t.Fatal(err)
		}
		foreign := map[string]any{"is_add": true, "route": map[string]any{
			"table_id": 7301, "prefix": "10.77.0.7/32", "src": better["id"],
			"paths": []any{map[string]any{"type": "FIB_API_PATH_TYPE_DROP", "sw_if_index": ^uint32(0)}},
		}}
		if _, err := vpp.Invoke(b.ctx, s, "ip_route_add_del_v2", foreign); err != nil {
			t.Fatal(err)
		}
		dumps := sent(b.client.Stats().Snapshot(), "ip_route_v2_dump")
		b.set("second", routesOf("many", 77, more)...)
		b.await("overridden", func() bool { return strings.Count(b.reasons("second"), "Overridden: ") == 1 })
		if got := b.reasons("second"); strings.Count(got, "Programmed") != more-1 {
			t.Errorf("the others are %s", got)
		}
		if now := sent(b.client.Stats().Snapshot(), "ip_route_v2_dump"); now != dumps {
			t.Errorf("%d tables were read", now-dumps)
		}
		for _, name := range []string{"first", "second", "vrf"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		foreign["is_add"] = false
		if _, err := vpp.Invoke(b.ctx, s, "ip_route_add_del_v2", foreign); err != nil {
			t.Fatal(err)
		}
		b.await("removed", func() bool { _, _, ok := b.Get(kinds.VRFID("many", false)); return !ok })
	})
}

// routesOf are n routes in 10.net.0.0/16.
func routesOf(vrf string, net, n int) []state.Item {
	paths := kinds.NewPaths(kinds.Path{Type: kinds.PathDrop})
	needs := kinds.RouteNeeds(vrf, false, paths)
	items := make([]state.Item, n)
	for i := range items {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(net), byte(i >> 8), byte(i)}), 32)
		items[i] = state.Item{ID: kinds.RouteID(vrf, p), Value: paths, Needs: needs}
	}
	return items
}

// What only an older release of VPP dies of is unsupported there, and not sent.
func TestRouteOfTooOldVPP(t *testing.T) {
	t.Parallel()
	for release, want := range map[string]string{"24.10-release": "Unsupported", "26.02-release": "Programmed"} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			b := work(t, vpptest.Start(t, vpptest.WithRelease(release)).Socket())
			b.Begin()
			b.set("route", vrfItem("blue", 7009, false), routeItem("blue", "192.0.2.0/24", kinds.Path{Type: kinds.PathUnreachable}))
			b.await(want, func() bool { return strings.HasPrefix(b.reasons("route"), "Programmed; "+want) })
			if got := b.reasons("route"); want == "Unsupported" && !strings.Contains(got, "it is VPP 24.10") {
				t.Errorf("%s: %s", release, got)
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, e := range b.events {
				if strings.HasPrefix(e, "refused") {
					t.Errorf("%s: %s", release, e)
				}
			}
		})
	}
}
