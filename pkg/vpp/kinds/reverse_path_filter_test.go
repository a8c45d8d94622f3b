package kinds_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
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

// Whether a filter's table is named, or that of the interface whichever it is,
// VPP does not show while they are the same: the ledger says it, also to the next
// agent.
func TestReversePathFilterOfTheInterfacesTable(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		lo, blue := ifItem(loop("lo", 50)), vrfItem("blue", 4711, false)
		h.must(state.Create, lo, blue)
		index := h.found[lo.ID].Handle
		bind := func(table uint32) {
			h.call("sw_interface_set_table", map[string]any{"sw_if_index": index, "vrf_id": table})
		}
		item := func(vrf string) state.Item {
			return kinds.ReversePathFilterItem("lo", false, false, kinds.ReversePathFilter{Mode: kinds.ReversePathStrict, VRF: vrf})
		}
		shown := func() any {
			for d, err := range vpp.InvokeStream(h.ctx, h.session, "urpf_interface_dump", map[string]any{"sw_if_index": index}) {
				if err != nil {
					t.Fatal(err)
				}
				return d["table_id"]
			}
			return nil
		}
		differ := func(want state.Item) {
			t.Helper()
			h.read()
			d := h.kind(want.ID.Kind).Compare(want.Value, h.found[want.ID].Value, nil)
			if d.Change != state.InPlace || !slices.Equal(d.Fields, []string{"vrf"}) {
				t.Errorf("to %+v: %+v", want.Value, d)
			}
		}
		bind(4711)
		for _, c := range []struct {
			put, next state.Item
			table     uint64 // once the interface is in table 0
		}{{item("blue"), item(""), 0}, {item(""), item("blue"), 4711}} {
			h.must(state.Create, c.put)
			h.same(c.put)
			differ(c.next)
			h.must(state.Create, c.next) // as where the reply was lost
			h.same(c.next)
			differ(c.put)
			h.must(state.Update, c.put)
			differ(c.next)
			h.must(state.Update, c.next)
			h.same(c.next)
			bind(0)
			if got := shown(); got != c.table {
				t.Errorf("%+v: table %v once the interface is in 0", c.next.Value, got)
			}
			h.same(c.next)
			bind(4711)
			h.must(state.Delete, c.next)
		}
		// A ledger that does not say: either may be meant.
		h.must(state.Create, item("blue"))
		e, _ := h.ledger.Get(item("").ID)
		e.Data = []byte(regexp.MustCompile(`,"value":{[^}]*}`).ReplaceAllString(string(e.Data), ""))
		if err := h.ledger.Put(item("").ID, e); err != nil {
			t.Fatal(err)
		}
		h.same(item("blue"), item(""))
		h.must(state.Delete, item(""))
		bind(0)
		h.must(state.Delete, lo, blue)
		h.unchanged(before)
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
		h.unchanged(before)
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
