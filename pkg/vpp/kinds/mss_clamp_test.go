package kinds_test

import (
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func TestMSSClampOnReusedIndex(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		reusedIndex(t, socket, bound{
			kind: kinds.KindMSSClamp,
			items: func(name string) []state.Item {
				return []state.Item{kinds.MSSClampItem(name, kinds.MSSClamp{
					IPv4: kinds.FamilyMSSClamp{MSS: 1400, Direction: kinds.DirectionTx},
					IPv6: kinds.FamilyMSSClamp{MSS: 1380, Direction: kinds.DirectionBoth},
				})}
			},
			shown: func(r *reuse, index uint64) bool {
				for _, d := range r.dump("mss_clamp_get", map[string]any{"sw_if_index": ^uint32(0)}) {
					if d["sw_if_index"] == index && r.exists(index) {
						return true
					}
				}
				return false
			},
			works: func(r *reuse, index uint64) bool { return r.nodeOn(index, "ip4-output", "tcp-mss-clamping-ip4-out") },
		})
	})
}

func TestMSSClamp(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		lo := ifItem(loop("lo", 50))
		h.must(state.Create, lo)
		before := h.snapshot()
		clamp := func(v kinds.MSSClamp) state.Item { return kinds.MSSClampItem("lo", v) }
		one := kinds.FamilyMSSClamp{MSS: 1400, Direction: kinds.DirectionRx}
		two := kinds.FamilyMSSClamp{MSS: 1300, Direction: kinds.DirectionBoth}
		first := clamp(kinds.MSSClamp{IPv4: one})
		h.must(state.Create, first)
		h.same(first)
		h.must(state.Create, first) // again
		last := first
		for _, c := range []struct {
			value  kinds.MSSClamp
			fields int
		}{
			{kinds.MSSClamp{IPv4: two}, 1}, {kinds.MSSClamp{IPv4: two, IPv6: one}, 1}, {kinds.MSSClamp{IPv6: two}, 2},
			{kinds.MSSClamp{IPv6: kinds.FamilyMSSClamp{MSS: 1300, Direction: kinds.DirectionTx}}, 1},
		} {
			next := clamp(c.value)
			d := h.kind(next.ID.Kind).Compare(next.Value, h.found[next.ID].Value, nil)
			if d.Change != state.InPlace || len(d.Fields) != c.fields {
				t.Errorf("from %+v to %+v: %+v", last.Value, next.Value, d)
			}
			h.must(state.Update, next)
			h.same(next)
			last = next
		}

		// Somebody else turns it off.
		index := h.found[lo.ID].Handle
		h.call("mss_clamp_enable_disable", map[string]any{"sw_if_index": index})
		h.read()
		if f, there := h.found[last.ID]; there {
			t.Errorf("turned off by somebody else: %+v", f)
		}
		h.must(state.Create, last)
		h.same(last)
		h.must(state.Delete, last, last)
		h.unchanged(before)

		theirs := h.call("create_loopback_instance", map[string]any{"is_specified": true, "user_instance": 51})["sw_if_index"]
		h.call("mss_clamp_enable_disable", map[string]any{"sw_if_index": theirs, "ipv4_mss": 1000, "ipv4_direction": 3})
		h.foreign(kinds.KindMSSClamp, 1)
		h.call("mss_clamp_enable_disable", map[string]any{"sw_if_index": theirs})
		h.call("delete_loopback", map[string]any{"sw_if_index": theirs})
		h.must(state.Delete, lo, last)
	})
}
