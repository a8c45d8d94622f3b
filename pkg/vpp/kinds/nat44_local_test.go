package kinds_test

import (
	"fmt"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// Outside addresses are received as long as any interface of the table is
// outside, whichever goes, in whatever role, by us or by a foreign hand.
func TestNAT44OutsideAddresses(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		for _, roles := range [][2]kinds.NAT44Role{
			{kinds.NAT44Outside, kinds.NAT44Outside}, {kinds.NAT44Output, kinds.NAT44Output},
			{kinds.NAT44Outside, kinds.NAT44Output}, {kinds.NAT44Output, kinds.NAT44Outside},
		} {
			t.Run(string(roles[0]+" stays "+roles[1]+" goes"), func(t *testing.T) {
				h := byHand(t, socket)
				one, two := ifItem(loop("wan1", 73)), ifItem(loop("wan2", 74))
				h.must(state.Create, one, two)
				pool, mapping := kinds.NAT44AddressItem(addr("203.0.113.50"), "", false), staticMapping("203.0.113.60", 80, "10.0.0.7", 80).item()
				first := address("wan1", "default", "203.0.113.1/24")
				h.must(state.Create, first, nat44(), pool, mapping)
				stays, goes := kinds.NAT44InterfaceItem("wan1", roles[0]), kinds.NAT44InterfaceItem("wan2", roles[1])
				received := func(want bool) {
					t.Helper()
					h.routed("203.0.113.50/32", want)
					h.routed("203.0.113.60/32", want)
				}
				received(false)
				h.must(state.Create, stays, goes)
				received(true)
				h.same(stays, goes)
				h.must(state.Delete, goes, goes)
				received(true)
				h.same(stays)
				rows := func() []map[string]any {
					return append(h.dumpOf("nat44_interface_dump"), h.dumpOf("nat44_ed_output_interface_get")...)
				}
				if n := len(rows()); n != 1 {
					t.Errorf("interfaces: %v", rows())
				}

				// A foreign hand deletes the interface. That is read, and mended in place.
				h.must(state.Create, goes)
				h.read()
				h.call("delete_loopback", map[string]any{"sw_if_index": h.found[two.ID].Handle})
				received(false)
				h.read()
				if d := h.kind(stays.ID.Kind).Compare(true, h.found[stays.ID].Value, nil); d.Change != state.InPlace {
					t.Errorf("not seen to be lost: %+v", d)
				}
				h.must(state.Update, stays)
				received(true)
				h.same(stays)
				if n := len(rows()); n != 1 {
					t.Errorf("interfaces: %v", rows())
				}
				h.must(state.Delete, goes, stays)
				received(false)
				h.must(state.Delete, mapping, pool, nat44(), first, two, one)
			})
		}
	})
}

// The engine hears of it.
func TestNAT44OutsideInterfaceGone(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		b := work(t, socket)
		b.set("wan1", whole(loop("wan1", 73), "default", true)...)
		b.set("wan2", whole(loop("wan2", 74), "default", true)...)
		b.set("nat", nat44(), kinds.NAT44AddressItem(addr("203.0.113.50"), "", false), kinds.NAT44InterfaceItem("wan1", kinds.NAT44Outside))
		b.set("two", kinds.NAT44InterfaceItem("wan2", kinds.NAT44Outside))
		b.Begin()
		b.AllowPrune(func(string) bool { return true })
		b.awaitReasons("nat", "Programmed; Programmed; Programmed")
		b.awaitReasons("two", "Programmed")
		another := byHand(t, socket)
		isReceived := func() bool {
			route, _ := another.call("ip_route_lookup_v2", map[string]any{"prefix": "203.0.113.50/32"})["route"].(map[string]any)
			return fmt.Sprint(route["prefix"]) == "203.0.113.50/32"
		}
		if !isReceived() {
			t.Error("not received")
		}
		o, _ := owner("two", 0)
		b.Remove(o)
		b.await("it is out", func() bool { return b.gone(kinds.NAT44InterfaceItem("wan2", kinds.NAT44Outside).ID) })
		if !isReceived() {
			t.Error("not received without the other")
		}
		b.set("two", kinds.NAT44InterfaceItem("wan2", kinds.NAT44Outside))
		b.awaitReasons("two", "Programmed")
		o, _ = owner("wan2", 0)
		b.Remove(o)
		b.await("it is gone", func() bool { return b.gone(kinds.InterfaceID("wan2")) && isReceived() })
		b.set("wan2", whole(loop("wan2", 74), "default", true)...)
		b.awaitReasons("two", "Programmed")
		index, err := b.indexOf("loop74")
		if err != nil {
			t.Fatal(err)
		}
		another.call("delete_loopback", map[string]any{"sw_if_index": index})
		b.await("both are back", func() bool {
			now, err := b.indexOf("loop74")
			return err == nil && now != 0 && b.reasons("two") == "Programmed" && isReceived()
		})
		for _, name := range []string{"two", "nat", "wan2", "wan1"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.await("all is gone", func() bool {
			return b.gone(kinds.NAT44ID()) && b.gone(kinds.InterfaceID("wan1")) && b.gone(kinds.InterfaceID("wan2")) && b.Status().LeftoverCount == 0
		})
	})
}
