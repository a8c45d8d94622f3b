package kinds_test

import (
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func TestReversePathFilterOnReusedIndex(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		reusedIndex(t, socket, bound{
			kind: kinds.KindReversePathFilter,
			items: func(name string) []state.Item {
				return []state.Item{
					kinds.ReversePathFilterItem(name, false, false, kinds.ReversePathFilter{Mode: kinds.ReversePathStrict}),
					kinds.ReversePathFilterItem(name, true, true, kinds.ReversePathFilter{Mode: kinds.ReversePathLoose}),
				}
			},
			shown: func(r *reuse, index uint64) bool {
				return len(r.dump("urpf_interface_dump", map[string]any{"sw_if_index": index})) > 0
			},
			works: func(r *reuse, index uint64) bool {
				strict := r.nodeOn(index, "ip4-unicast", "ip4-rx-urpf-strict")
				if loose := r.nodeOn(index, "ip6-output", "ip6-tx-urpf-loose"); loose != strict {
					t.Logf("index %d: strict %t, loose %t", index, strict, loose)
					return !r.shown(r, index) // wrong either way
				}
				return strict
			},
		})
	})
}

func TestReversePathFilter(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		lo, blue4, blue6 := ifItem(loop("lo", 50)), vrfItem("blue", 4711, false), vrfItem("blue", 4711, true)
		h.must(state.Create, lo, blue4, blue6)
		before := h.snapshot()
		item := func(ip6, output bool, mode kinds.ReversePathMode, vrf string) state.Item {
			return kinds.ReversePathFilterItem("lo", ip6, output, kinds.ReversePathFilter{Mode: mode, VRF: vrf})
		}
		all := []state.Item{
			item(false, false, kinds.ReversePathStrict, ""), item(false, true, kinds.ReversePathLoose, "blue"),
			item(true, false, kinds.ReversePathLoose, "default"), item(true, true, kinds.ReversePathStrict, ""),
		}
		h.must(state.Create, all...)
		h.same(all...)
		h.must(state.Create, all...) // again
		h.same(all...)
		changed := []state.Item{
			item(false, false, kinds.ReversePathLoose, ""), item(false, true, kinds.ReversePathLoose, ""),
			item(true, false, kinds.ReversePathLoose, "blue"), item(true, true, kinds.ReversePathStrict, "blue"),
		}
		for i, c := range changed {
			k := h.kind(c.ID.Kind)
			if d := k.Compare(c.Value, h.found[c.ID].Value, nil); d.Change != state.InPlace || len(d.Fields) != 1 {
				t.Errorf("from %+v to %+v: %+v", all[i].Value, c.Value, d)
			}
		}
		h.must(state.Update, changed...)
		h.same(changed...)

		// Somebody else turns one off: it is gone, and comes back.
		index := h.found[lo.ID].Handle
		h.call("urpf_update_v2", map[string]any{"is_input": true, "sw_if_index": index})
		h.read()
		if f, there := h.found[changed[0].ID]; there {
			t.Errorf("turned off by somebody else: %+v", f)
		}
		h.must(state.Create, changed[0])
		h.same(changed[0])

		h.must(state.Delete, changed...)
		h.must(state.Delete, changed...) // again
		if after := h.snapshot(); after != before {
			t.Errorf("left behind: %s, before %s", after, before)
		}
		for _, kind := range []string{kinds.KindReversePathFilter, kinds.KindReversePathFilter + "Left"} {
			if ids := h.ledger.All(kind); len(ids) > 0 {
				t.Errorf("left in the ledger: %v", ids)
			}
		}

		// What somebody else has put on theirs is not touched.
		theirs := h.call("create_loopback_instance", map[string]any{"is_specified": true, "user_instance": 51})["sw_if_index"]
		h.call("urpf_update_v2", map[string]any{"is_input": true, "mode": 2, "sw_if_index": theirs, "table_id": ^uint32(0)})
		h.foreign(kinds.KindReversePathFilter, 1)
		h.call("urpf_update_v2", map[string]any{"is_input": true, "sw_if_index": theirs, "table_id": ^uint32(0)})
		h.call("delete_loopback", map[string]any{"sw_if_index": theirs})
		h.must(state.Delete, lo, blue4, blue6)
		h.must(state.Delete, changed[0])
		if err := h.do(state.Create, changed[0]); err == nil {
			t.Error("made on an interface that is not there")
		}
	})
}
