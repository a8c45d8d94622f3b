package kinds_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// What another client has put on an interface that it shares with us is in the
// way and stays as it is, unless it is to be adopted: then it is ours, whether
// it was as wanted or not, and goes with the object.
func TestFiltersOfOthers(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		index := h.foreignLoop(55)
		lo := loop("lo", 55)
		lo.Adopt = true
		lists := []state.Item{macAccessList("macs", permitAnyMAC), policerItem("p", simplePolicer)}
		h.must(state.Create, append(lists, ifItem(lo))...)
		h.call("policer_add", map[string]any{"name": "theirs", "infos": map[string]any{"cir": 5, "cb": 5}})
		theirList := h.call("macip_acl_add_replace", map[string]any{
			"acl_index": ^uint32(0), "tag": "theirs", "r": []any{map[string]any{"is_permit": 1}},
		})["acl_index"]
		on := func(message string, fields map[string]any) func() {
			return func() {
				t.Helper()
				fields["sw_if_index"] = index
				h.call(message, fields)
			}
		}
		strict := kinds.ReversePathFilter{Mode: kinds.ReversePathStrict}
		clamp := kinds.MSSClamp{IPv4: kinds.FamilyMSSClamp{MSS: 1400, Direction: kinds.DirectionBoth}}
		for name, c := range map[string]struct {
			put  func()
			item state.Item
			same bool // as wanted
		}{
			"urpf as wanted": {
				put:  on("urpf_update_v2", map[string]any{"is_input": true, "mode": 2, "table_id": ^uint32(0)}),
				item: kinds.ReversePathFilterItem("lo", false, false, strict), same: true,
			},
			"urpf of another mode": {
				put:  on("urpf_update_v2", map[string]any{"is_input": true, "mode": 1, "table_id": ^uint32(0)}),
				item: kinds.ReversePathFilterItem("lo", false, false, strict),
			},
			"MSS clamp as wanted": {
				put:  on("mss_clamp_enable_disable", map[string]any{"ipv4_mss": 1400, "ipv4_direction": 3}),
				item: kinds.MSSClampItem("lo", clamp), same: true,
			},
			"MSS clamp of another value": {
				put:  on("mss_clamp_enable_disable", map[string]any{"ipv4_mss": 1000, "ipv6_mss": 900, "ipv4_direction": 1, "ipv6_direction": 2}),
				item: kinds.MSSClampItem("lo", clamp),
			},
			"input policer": {
				put:  on("policer_input", map[string]any{"name": "theirs", "apply": true}),
				item: kinds.PolicerBindingItem("lo", "p", false),
			},
			"output policer": {
				put:  on("policer_output", map[string]any{"name": "theirs", "apply": true}),
				item: kinds.PolicerBindingItem("lo", "p", true),
			},
			"MAC access list": {
				put:  on("macip_acl_interface_add_del", map[string]any{"is_add": true, "acl_index": theirList}),
				item: kinds.MACAccessListInterfaceItem("lo", "macs"),
			},
		} {
			t.Run(name, func(t *testing.T) {
				c.put()
				h.read()
				have, shown := h.found[c.item.ID]
				if shown && have.Ours {
					t.Fatalf("theirs is taken for ours: %+v", have)
				}
				if shown && (h.kind(c.item.ID.Kind).Compare(c.item.Value, have.Value, nil).Change == state.Same) != c.same {
					t.Errorf("theirs is %+v", have.Value)
				}
				sides := featuresAt(t, h, index)
				var conflict *state.ConflictError
				if err := h.do(state.Create, c.item); !errors.As(err, &conflict) {
					t.Errorf("in the place of theirs: %v", err)
				}
				h.read()
				if now := h.found[c.item.ID]; !reflect.DeepEqual(now, have) || featuresAt(t, h, index) != sides {
					t.Errorf("theirs is %+v, was %+v", now, have)
				}
				if ids := h.ledger.All(c.item.ID.Kind); len(ids) != 0 {
					t.Errorf("a conflict leaves a claim on what is somebody else's: %v", ids)
				}
				// As the engine has it: what is seen is to be updated.
				adopting, verb := c.item, state.Create
				if adopting.Adopt = true; shown {
					verb = state.Update
				}
				h.must(verb, adopting)
				h.same(c.item)
				h.must(state.Create, c.item) // again, ours by now
				h.must(state.Delete, c.item, c.item)
				h.read()
				if f, there := h.found[c.item.ID]; there {
					t.Errorf("still there: %+v", f)
				}
			})
		}
		h.call("policer_add_del", map[string]any{"name": "theirs"})
		h.call("macip_acl_del", map[string]any{"acl_index": theirList})
		h.must(state.Delete, append(lists, ifItem(lo))...)
		h.unchanged(before)
	})
}

// A filter that is adopted follows its interface into another table, also where
// the one who put it on had named the table.
func TestAdoptedReversePathFilterFollows(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		index := h.foreignLoop(56)
		lo, blue := loop("lo", 56), vrfItem("blue", 4711, false)
		lo.Adopt = true
		h.must(state.Create, ifItem(lo), blue)
		h.call("urpf_update_v2", map[string]any{"is_input": true, "mode": 2, "sw_if_index": index, "table_id": 0})
		item := kinds.ReversePathFilterItem("lo", false, false, kinds.ReversePathFilter{Mode: kinds.ReversePathStrict})
		item.Adopt = true
		h.read()
		h.must(state.Update, item)
		h.call("sw_interface_set_table", map[string]any{"sw_if_index": index, "vrf_id": 4711})
		h.same(item)
		h.call("sw_interface_set_table", map[string]any{"sw_if_index": index, "vrf_id": 0})
		h.must(state.Delete, item, ifItem(lo), blue)
	})
}

// featuresAt is what VPP's command line says is done to packets at an index.
func featuresAt(t *testing.T, h *hand, index uint32) string {
	t.Helper()
	for id, f := range h.found {
		if i, ok := f.Value.(*kinds.Interface); ok && id.Kind == kinds.KindInterface && f.Handle == index {
			text, _ := h.call("cli_inband", map[string]any{"cmd": "show interface " + i.Shown.VPPName + " features"})["reply"].(string)
			return text
		}
	}
	t.Fatalf("no interface %d", index)
	return ""
}
