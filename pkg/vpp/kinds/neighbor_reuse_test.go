package kinds_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// eachRelease is eachSocket, with a simulated VPP of the oldest release besides.
func eachRelease(t *testing.T, run func(t *testing.T, socket string)) {
	t.Helper()
	eachSocket(t, run)
	t.Run("simulated 24.10", func(t *testing.T) {
		t.Parallel()
		run(t, vpptest.Start(t, vpptest.WithRelease("24.10-release")).Socket())
	})
}

func neighborItem(iface, ip string, n kinds.Neighbor) state.Item {
	a := netip.MustParseAddr(ip)
	return state.Item{ID: kinds.NeighborID(iface, a), Value: n, Needs: kinds.NeighborNeeds(iface)}
}

// neighborsAt are the MAC addresses of the entries at an index, by IP address.
func (r *reuse) neighborsAt(index uint64) map[string]string {
	r.t.Helper()
	all := map[string]string{}
	for af := range 2 {
		for _, d := range r.dump("ip_neighbor_dump", map[string]any{"sw_if_index": index, "af": af}) {
			n := d["neighbor"].(map[string]any)
			all[fmt.Sprint(n["ip_address"])] = fmt.Sprint(n["mac_address"])
		}
	}
	return all
}

// A static neighbour of an interface that is gone stays in VPP 24.10, and is that
// of the next interface of the index.
func TestNeighborOnReusedIndex(t *testing.T) {
	const ip4, ip6, local = "192.0.2.130", "2001:db8::130", "fe80::130"
	eachRelease(t, func(t *testing.T, socket string) {
		there := func(r *reuse, index uint64) bool { return len(r.neighborsAt(index)) > 0 }
		reusedIndex(t, socket, bound{
			kind: kinds.KindNeighbor,
			items: func(name string) []state.Item {
				return []state.Item{
					neighborItem(name, ip4, kinds.Neighbor{MAC: macA, Static: true}),
					neighborItem(name, ip6, kinds.Neighbor{MAC: macA, Static: true, NoFIBEntry: true}),
					neighborItem(name, local, kinds.Neighbor{MAC: macA, Static: true}),
				}
			},
			shown: there, works: there,
		})
	})
}

// What somebody else writes on the next interface of an index is theirs, also
// where an entry of ours was: that is told by what it says.
func TestNeighborOfAnotherOnReusedIndex(t *testing.T) {
	const same, changed, fresh = "192.0.2.130", "192.0.2.131", "192.0.2.132"
	eachRelease(t, func(t *testing.T, socket string) {
		h, another := byHand(t, socket), byHand(t, socket)
		lan := ifItem(loop("lan", lanLoop))
		h.must(state.Create, lan)
		ours := []state.Item{
			neighborItem("lan", same, kinds.Neighbor{MAC: macA, Static: true}),
			neighborItem("lan", changed, kinds.Neighbor{MAC: macA, Static: true}),
		}
		h.must(state.Create, ours...)
		h.read()
		index := h.found[lan.ID].Handle
		another.call("delete_loopback", map[string]any{"sw_if_index": index})
		h.read()
		for _, o := range ours {
			if f, ok := h.found[o.ID]; ok {
				t.Errorf("without its interface %s is %+v", o.ID, f)
			}
		}

		newcomer := another.call("create_loopback_instance", map[string]any{"is_specified": true, "user_instance": foreignLoop})
		if newcomer["sw_if_index"] != uint64(index) {
			t.Fatalf("the newcomer has index %v, not %d", newcomer["sw_if_index"], index)
		}
		for _, ip := range []string{changed, fresh} {
			another.call("ip_neighbor_add_del", map[string]any{"is_add": true, "neighbor": map[string]any{
				"sw_if_index": index, "flags": 1, "mac_address": macB.String(), "ip_address": ip,
			}})
		}
		h.read()
		for id, f := range h.found {
			if id.Kind == kinds.KindNeighbor && f.Ours {
				if strings.Contains(id.Key, changed) || strings.Contains(id.Key, fresh) {
					t.Errorf("%s of somebody else is ours", id)
				}
				h.must(state.Delete, state.Item{ID: id})
			}
		}
		h.must(state.Delete, ours...) // of which the agent may think still
		h.read()
		var left []string
		for id, f := range h.found {
			if id.Kind == kinds.KindNeighbor {
				left = append(left, fmt.Sprint(id, f.Ours, f.Value))
			}
		}
		slices.Sort(left)
		want := []string{
			fmt.Sprint(kinds.NeighborID("#loop63", netip.MustParseAddr(changed)), false, kinds.Neighbor{MAC: macB, Static: true}),
			fmt.Sprint(kinds.NeighborID("#loop63", netip.MustParseAddr(fresh)), false, kinds.Neighbor{MAC: macB, Static: true}),
		}
		if !slices.Equal(left, want) {
			t.Errorf("neighbours %q, want %q", left, want)
		}
		for _, kind := range []string{kinds.KindNeighbor, kinds.KindNeighbor + "Left"} {
			if ids := h.ledger.All(kind); len(ids) > 0 {
				t.Errorf("the ledger still has %v", ids)
			}
		}
		for _, ip := range []string{changed, fresh} {
			another.call("ip_neighbor_add_del", map[string]any{"neighbor": map[string]any{"sw_if_index": index, "ip_address": ip}})
		}
		another.call("delete_loopback", map[string]any{"sw_if_index": index})
	})
}
