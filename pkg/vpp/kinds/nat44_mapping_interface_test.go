package kinds_test

import (
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// ofInterface makes a mapping one of an interface's address.
func ofInterface(name string) func(m *kinds.NAT44Mapping) {
	return func(m *kinds.NAT44Mapping) { m.External, m.Interface = m.Pool, name }
}

// allMappings are VPP's rows.
func (h *hand) allMappings() (all []map[string]any) {
	h.t.Helper()
	return append(h.dumpOf("nat44_static_mapping_dump"), h.dumpOf("nat44_identity_mapping_dump")...)
}

// onlyThese makes sure that VPP holds mappings, ours, and no others.
func (h *hand) onlyThese(items ...state.Item) {
	h.t.Helper()
	h.same(items...)
	n := 0
	for id := range h.found {
		if id.Kind == kinds.KindNAT44Mapping {
			n++
		}
	}
	if n != len(items) {
		h.t.Errorf("%d mappings, want %d: %v", n, len(items), h.names())
	}
}

// Mappings of several interfaces that differ in nothing else, and of addresses
// that look like theirs, are told apart.
func TestNAT44MappingsOfInterfaces(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		h.must(state.Create, ifItem(loop("wan1", 73)), ifItem(loop("wan2", 74)), ifItem(loop("bare", 75)))
		addresses := []state.Item{address("wan1", "default", "203.0.113.1/24"), address("wan2", "default", "198.51.100.1/24")}
		h.must(state.Create, addresses...)
		h.must(state.Create, nat44())
		only := func(m *kinds.NAT44Mapping) { m.Out2InOnly = true }
		identity, static := identityMapping("10.0.0.11", 22), staticMapping("203.0.113.14", 80, "10.0.0.7", 80).with(only)
		items := []state.Item{
			identity.with(ofInterface("wan1")).item(), identity.with(ofInterface("wan2")).item(), identity.with(ofInterface("bare")).item(),
			identity.item(),
			static.with(ofInterface("wan1")).item(), static.with(ofInterface("wan2")).item(), static.with(ofInterface("bare")).item(),
			static.item(),
		}
		h.must(state.Create, items...)
		h.onlyThese(items...)
		h.must(state.Create, items...) // again
		h.onlyThese(items...)
		// In whatever order they go, the others stay.
		for i := range items {
			h.must(state.Delete, items[i])
			h.onlyThese(items[i+1:]...)
		}
		if left := h.allMappings(); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}

		// An address that an interface had is not what another mapping is for.
		h.must(state.Create, items[2])
		h.must(state.Create, address("bare", "default", "192.0.2.1/24"))
		h.onlyThese(items[2])
		h.must(state.Delete, address("bare", "default", "192.0.2.1/24"))
		h.onlyThese(items[2])
		another := identityMapping("192.0.2.1", 22).item()
		h.must(state.Create, another)
		h.onlyThese(items[2], another)
		h.must(state.Delete, items[2])
		h.onlyThese(another)
		h.must(state.Delete, another)

		// An interface goes by a foreign hand, and the row of its address with it.
		h.must(state.Create, items[1], items[2], items[3])
		h.onlyThese(items[1], items[2], items[3])
		h.call("delete_loopback", map[string]any{"sw_if_index": h.found[kinds.InterfaceID("wan2")].Handle})
		have := h.found[items[1].ID]
		h.read()
		if len(h.allMappings()) != 3 {
			t.Errorf("VPP has %v", h.allMappings())
		}
		h.found[items[1].ID] = have
		h.must(state.Delete, items[1])
		h.onlyThese(items[2], items[3])
		h.must(state.Delete, items[2], items[3])
		if left := h.allMappings(); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		h.leftInLedger(kinds.KindNAT44Mapping)
		h.must(state.Delete, nat44(), addresses[0], ifItem(loop("wan1", 73)), ifItem(loop("wan2", 74)), ifItem(loop("bare", 75)))
	})
}

// A round finds nothing to do about them.
func TestNAT44MappingsOfInterfacesStay(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		b := work(t, socket)
		b.set("wan1", whole(loop("wan1", 73), "default", true)...)
		b.set("wan2", whole(loop("wan2", 74), "default", true)...)
		b.set("bare", whole(loop("bare", 75), "default", true)...)
		b.set("addr", address("wan1", "default", "203.0.113.1/24"), address("wan2", "default", "198.51.100.1/24"))
		b.set("nat", nat44())
		m := identityMapping("10.0.0.11", 22)
		b.set("map", m.with(ofInterface("wan1")).item(), m.with(ofInterface("wan2")).item(), m.with(ofInterface("bare")).item(), m.item())
		b.Begin()
		b.AllowPrune(func(string) bool { return true })
		b.awaitReasons("map", "Programmed; Programmed; Programmed; Programmed")
		writes := func() uint64 { return sent(b.client.Stats().Snapshot(), "nat44_add_del_identity_mapping") }
		before := writes()
		b.SetResyncPeriod(50 * time.Millisecond)
		for range 3 {
			last := b.Status().LastResync.Ended
			b.await("another round", func() bool { return b.Status().LastResync.Ended.After(last) })
			b.awaitReasons("map", "Programmed; Programmed; Programmed; Programmed")
		}
		if n := writes() - before; n != 0 {
			t.Errorf("%d writes", n)
		}
		for _, name := range []string{"map", "nat", "addr", "bare", "wan2", "wan1"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.await("all is gone", func() bool {
			return b.gone(kinds.NAT44ID()) && b.gone(kinds.InterfaceID("wan1")) && b.gone(kinds.InterfaceID("wan2")) &&
				b.gone(kinds.InterfaceID("bare")) && b.Status().LeftoverCount == 0
		})
	})
}
