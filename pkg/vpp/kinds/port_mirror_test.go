package kinds_test

import (
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func TestPortMirrorOnReusedIndex(t *testing.T) {
	mirrors := func(r *reuse, end string, index uint64) bool {
		for _, d := range r.dump("sw_interface_span_dump", nil) {
			if d[end] == index {
				return true
			}
		}
		return false
	}
	works := func(r *reuse, index uint64) bool {
		return r.nodeOn(index, "device-input", "span-input") && r.nodeOn(index, "interface-output", "span-output")
	}
	both := kinds.PortMirror{Direction: kinds.DirectionBoth}
	eachSocket(t, func(t *testing.T, socket string) {
		t.Run("source", func(t *testing.T) {
			reusedIndex(t, socket, bound{
				kind:  kinds.KindPortMirror,
				items: func(name string) []state.Item { return []state.Item{kinds.PortMirrorItem(name, "other", false, both)} },
				shown: func(r *reuse, index uint64) bool { return mirrors(r, "sw_if_index_from", index) },
				works: works,
			})
		})
		t.Run("source at the level of bridging", func(t *testing.T) {
			l2 := func(r *reuse, index uint64) bool {
				for _, d := range r.dump("sw_interface_span_dump", map[string]any{"is_l2": true}) {
					if d["sw_if_index_from"] == index {
						return true
					}
				}
				return false
			}
			reusedIndex(t, socket, bound{
				kind:  kinds.KindPortMirror,
				items: func(name string) []state.Item { return []state.Item{kinds.PortMirrorItem(name, "other", true, both)} },
				shown: l2,
				works: func(r *reuse, index uint64) bool {
					return r.nodeOn(index, "l2-input", "SPAN") && r.nodeOn(index, "l2-output", "SPAN")
				},
			})
		})
		t.Run("destination", func(t *testing.T) {
			reusedIndex(t, socket, bound{
				kind:  kinds.KindPortMirror,
				items: func(name string) []state.Item { return []state.Item{kinds.PortMirrorItem("other", name, false, both)} },
				shown: func(r *reuse, index uint64) bool { return mirrors(r, "sw_if_index_to", index) },
				works: func(r *reuse, index uint64) bool {
					return mirrors(r, "sw_if_index_to", index) && works(r, r.index("loop62"))
				},
			})
		})
	})
}

func TestPortMirror(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		ends := []state.Item{ifItem(loop("from", 50)), ifItem(loop("to", 51)), ifItem(loop("second", 52))}
		h.must(state.Create, ends...)
		before := h.snapshot()
		mirror := func(to string, l2 bool, d kinds.Directions) state.Item {
			return kinds.PortMirrorItem("from", to, l2, kinds.PortMirror{Direction: d})
		}
		all := []state.Item{
			mirror("to", false, kinds.DirectionRx), mirror("second", false, kinds.DirectionBoth), mirror("to", true, kinds.DirectionTx),
		}
		h.must(state.Create, all...)
		h.must(state.Create, all...) // again
		h.same(all...)
		turned := []state.Item{
			mirror("to", false, kinds.DirectionTx), mirror("second", false, kinds.DirectionRx), mirror("to", true, kinds.DirectionBoth),
		}
		for i, c := range turned {
			d := h.kind(c.ID.Kind).Compare(c.Value, h.found[c.ID].Value, nil)
			if d.Change != state.InPlace || len(d.Fields) != 1 {
				t.Errorf("from %+v to %+v: %+v", all[i].Value, c.Value, d)
			}
		}
		h.must(state.Update, turned...)
		h.same(turned...)
		h.must(state.Delete, turned[0])
		h.same(turned[1:]...)

		// Somebody else turns one off, and deletes the destination of another.
		from, to := h.found[ends[0].ID].Handle, h.found[ends[1].ID].Handle
		h.call("sw_interface_span_enable_disable", map[string]any{"sw_if_index_from": from, "sw_if_index_to": h.found[ends[2].ID].Handle})
		h.call("delete_loopback", map[string]any{"sw_if_index": to})
		h.read()
		if f, there := h.found[turned[1].ID]; there {
			t.Errorf("turned off by somebody else: %+v", f)
		}
		if f := h.found[turned[2].ID]; h.kind(turned[2].ID.Kind).Compare(turned[2].Value, f.Value, nil).Change != state.Recreate {
			t.Errorf("its destination was deleted by somebody else: %+v", f)
		}
		h.must(state.Delete, turned...)
		h.must(state.Delete, ends[1])
		h.must(state.Create, ends[1])
		h.unchanged(before)

		list := []any{}
		for range 2 {
			list = append(list, h.call("create_loopback", nil)["sw_if_index"])
		}
		theirs := map[string]any{"sw_if_index_from": list[0], "sw_if_index_to": list[1], "state": 3}
		h.call("sw_interface_span_enable_disable", theirs)
		h.foreign(kinds.KindPortMirror, 1)
		theirs["state"] = 0
		h.call("sw_interface_span_enable_disable", theirs)
		for _, index := range list {
			h.call("delete_loopback", map[string]any{"sw_if_index": index})
		}
		h.must(state.Delete, ends...)
		h.must(state.Delete, turned...)
	})
}

// VPP forgets a mirror at the level of bridging when its source becomes a port
// or is one no more, and shows it still: it is put on again at once.
func TestL2PortMirrorOfAPort(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		r := &reuse{t: t, socket: socket, bench: work(t, socket)}
		var err error
		if r.another, err = vpp.Dial(t.Context(), vpp.Options{Socket: socket, Name: "another"}); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.another.Close() }()
		for _, name := range []string{"from", "to"} {
			r.set(name, ifItem(loop(name, map[string]uint32{"from": 50, "to": 51}[name])))
		}
		r.set("mirror", kinds.PortMirrorItem("from", "to", true, kinds.PortMirror{Direction: kinds.DirectionBoth}))
		r.set("domain", domainItem("mirrored", usual(0)))
		r.Begin()
		inForce := func(when string) {
			t.Helper()
			r.awaitReasons("mirror", "Programmed")
			r.await("mirrored "+when, func() bool {
				index := r.index("loop50")
				return r.nodeOn(index, "l2-input", "SPAN") && r.nodeOn(index, "l2-output", "SPAN")
			})
		}
		inForce("when routed")
		for _, step := range []struct {
			name string
			item state.Item
		}{
			{"a port", kinds.BridgePortItem("mirrored", "from", kinds.BridgePort{})},
			{"connected", kinds.CrossConnectItem(kinds.CrossConnect{From: "from", To: "to", Both: true})},
		} {
			r.set("place", step.item)
			r.awaitReasons("place", "Programmed")
			inForce("as " + step.name)
			place, _ := owner("place", 0)
			r.Remove(place)
			r.await("no more "+step.name, func() bool { return r.gone(step.item.ID) })
			inForce("no more " + step.name)
		}
		for _, name := range []string{"mirror", "domain", "from", "to"} {
			o, _ := owner(name, 0)
			r.Remove(o)
		}
		r.await("all is gone", func() bool {
			return r.gone(kinds.InterfaceID("from")) && r.gone(kinds.InterfaceID("to")) && r.gone(kinds.BridgeDomainID("mirrored"))
		})
	})
}
