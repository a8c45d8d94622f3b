package kinds_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func det44Item() state.Item {
	return kinds.Det44Item("nat", kinds.DefaultNATTimeouts)
}

func det44Map(inside, outside string) state.Item {
	return kinds.Det44MapItem("nat", netip.MustParsePrefix(inside), netip.MustParsePrefix(outside))
}

func TestDet44(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		nat, in, out := det44Item(), ifItem(loop("in", 57)), ifItem(loop("out", 58))
		h.must(state.Create, in, out, nat, nat)
		h.same(nat)
		longer := nat
		longer.Value = kinds.NATTimeouts{UDP: 10, TCPEstablished: 20, TCPTransitory: 30, ICMP: 40}
		if d := h.kind(nat.ID.Kind).Compare(longer.Value, nat.Value, nil); d.Change != state.InPlace || len(d.Fields) != 4 {
			t.Errorf("timeouts: %+v", d)
		}
		h.must(state.Update, longer)
		h.same(longer)

		all := []state.Item{
			det44Map("100.64.0.0/24", "192.0.2.0/28"), det44Map("100.64.1.0/24", "192.0.2.16/28"), det44Map("10.0.0.1/32", "198.51.100.1/32"),
			kinds.Det44InterfaceItem("nat", "in", false), kinds.Det44InterfaceItem("nat", "out", true),
		}
		h.must(state.Create, all...)
		h.must(state.Create, all...) // again
		h.same(all...)
		h.must(state.Delete, all[0])
		h.must(state.Delete, all[0]) // again
		h.same(all[1:]...)

		// Somebody else's maps: VPP would take one that overlaps.
		h.call("det44_add_del_map", map[string]any{"is_add": true, "in_addr": "100.65.0.0", "in_plen": 24, "out_addr": "203.0.113.0", "out_plen": 28})
		for _, c := range [][2]string{{"100.65.0.0/23", "198.51.100.32/28"}, {"10.1.0.0/28", "203.0.113.1/32"}} {
			err := h.do(state.Create, det44Map(c[0], c[1]))
			if err == nil || !strings.Contains(err.Error(), "map of 100.65.0.0/24 to 203.0.113.0/28, made by somebody else,") {
				t.Errorf("%v: %v", c, err)
			}
		}
		h.call("det44_add_del_map", map[string]any{"in_addr": "100.65.0.0", "in_plen": 24, "out_addr": "203.0.113.0", "out_plen": 28})

		h.must(state.Delete, all...)
		h.must(state.Delete, all...) // again
		h.must(state.Delete, longer, longer, in, out)
		h.unchanged(before)
		if r := h.call("det44_get_timeouts", nil); r["udp"] != uint64(300) {
			t.Errorf("timeouts left behind: %v", r)
		}
		// It stays enabled, and is ours again without a fuss.
		h.must(state.Create, nat)
		h.same(nat)
		h.must(state.Delete, nat)
	})
}

// VPP puts the node on once more where it should take it off.
func TestDet44InterfaceIsOnOnce(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		lo, other := ifItem(loop("lo", 59)), ifItem(loop("other", 65))
		h.must(state.Create, lo, other, det44Item(), det44Map("100.64.0.0/24", "192.0.2.0/28"))
		item, outside := kinds.Det44InterfaceItem("nat", "lo", true), kinds.Det44InterfaceItem("nat", "other", true)
		count := func(name string, want int) {
			t.Helper()
			r := h.call("cli_inband", map[string]any{"cmd": "show interface " + name + " features"})
			if got := strings.Count(r["reply"].(string), "det44-out2in"); got != want {
				t.Errorf("the node is on %d times at %s, not %d", got, name, want)
			}
		}
		for range 3 {
			h.must(state.Create, item, outside)
			count("loop59", 1)
			count("loop65", 1)
			h.routed("192.0.2.0/28", true)
			h.must(state.Delete, item)
			count("loop59", 0)
			count("loop65", 1)
			h.routed("192.0.2.0/28", true) // the other one needs it
		}
		h.must(state.Delete, outside)
		count("loop65", 0)
		h.routed("192.0.2.0/28", false)
		h.must(state.Delete, det44Map("100.64.0.0/24", "192.0.2.0/28"), det44Item(), other, lo)
	})
}

func TestDet44InterfaceOnReusedIndex(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		reusedIndex(t, socket, bound{
			kind: kinds.KindDet44Interface,
			items: func(name string) []state.Item {
				return []state.Item{det44Item(), kinds.Det44InterfaceItem("nat", name, false)}
			},
			shown: func(r *reuse, index uint64) bool {
				for _, d := range r.dump("det44_interface_dump", nil) {
					if d["sw_if_index"] == index {
						return true
					}
				}
				return false
			},
			works: func(r *reuse, index uint64) bool { return r.nodeOn(index, "ip4-unicast", "det44-in2out") },
		})
	})
}
