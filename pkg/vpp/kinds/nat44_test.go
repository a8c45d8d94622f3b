package kinds_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// nat44 is NAT44 as by default, with some of it changed.
func nat44(change ...func(*kinds.NAT44)) state.Item {
	value := kinds.NAT44{InsideVRF: "default", OutsideVRF: "default", Sessions: 1024, Timeouts: kinds.DefaultNATTimeouts}
	for _, f := range change {
		f(&value)
	}
	return kinds.NAT44Item(value, false)
}

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// leftInLedger tells what the ledger still says of kinds.
func (h *hand) leftInLedger(names ...string) {
	h.t.Helper()
	for _, name := range names {
		if ids := h.ledger.All(name); len(ids) > 0 {
			h.t.Errorf("left in the ledger: %v", ids)
		}
	}
}

func TestNAT44(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		item := nat44()
		h.must(state.Create, item, item)
		h.same(item)

		// In place.
		changes := map[string]state.Item{
			"forwarding": nat44(func(n *kinds.NAT44) { n.Forwarding = true }),
			"timeouts": nat44(func(n *kinds.NAT44) {
				n.Timeouts = kinds.NATTimeouts{UDP: 1, TCPEstablished: 2, TCPTransitory: 3, ICMP: 4}
			}),
			"mssClamp": nat44(func(n *kinds.NAT44) { n.MSSClamp = 1300 }),
		}
		for name, c := range changes {
			if d := h.kind(kinds.KindNAT44).Compare(c.Value, item.Value, nil); d.Change != state.InPlace || strings.Join(d.Fields, ",") != name {
				t.Errorf("%s: %+v", name, d)
			}
			h.must(state.Update, c)
			h.same(c)
			h.must(state.Update, item)
			h.same(item)
		}

		// What VPP takes only when it is enabled is refused, with the word that allows it.
		more := nat44(func(n *kinds.NAT44) { n.Sessions, n.Forwarding = 2048, true })
		err := h.do(state.Update, more)
		var disruption *state.DisruptionError
		if !errors.As(err, &disruption) || err.Error() != "a change of sessions needs allowDisruption: true: NAT44 has to be disabled for that, which drops every session" {
			t.Errorf("more sessions: %v", err)
		}
		h.same(nat44(func(n *kinds.NAT44) { n.Forwarding = true }))
		allowed := nat44(func(n *kinds.NAT44) { n.Sessions, n.AllowDisruption = 2048, true })
		if d := h.kind(kinds.KindNAT44).Compare(allowed.Value, item.Value, nil); d.Change != state.Recreate || d.Fields[0] != "sessions" {
			t.Errorf("more sessions, allowed: %+v", d)
		}
		// The word alone makes a difference between wishes, not to VPP.
		if d := h.kind(kinds.KindNAT44).Compare(allowed.Value, nat44(func(n *kinds.NAT44) { n.Sessions = 2048 }).Value, nil); d.Change != state.InPlace {
			t.Errorf("allowed later: %+v", d)
		}

		// It stays while somebody else has something on it.
		h.call("nat44_add_del_address_range", map[string]any{
			"is_add": true, "first_ip_address": "203.0.113.9", "last_ip_address": "203.0.113.9", "vrf_id": ^uint32(0),
		})
		h.must(state.Update, nat44(func(n *kinds.NAT44) { n.MSSClamp = 1300 }))
		if err := h.do(state.Delete, item); err == nil || !strings.Contains(err.Error(), "pool addresses that somebody else made") {
			t.Errorf("disabled under somebody else: %v", err)
		}
		h.call("nat44_add_del_address_range", map[string]any{"first_ip_address": "203.0.113.9", "last_ip_address": "203.0.113.9"})
		h.must(state.Delete, item, item)
		h.unchanged(before)
		h.leftInLedger(kinds.KindNAT44)
		if r := h.call("nat_get_mss_clamping", nil); r["enable"] != false {
			t.Errorf("the clamp is still there: %v", r)
		}

		// Enabled by somebody else it is not ours, unless adopted.
		h.call("nat44_ed_plugin_enable_disable", map[string]any{"enable": true, "sessions": 512})
		h.read()
		if f := h.found[item.ID]; f.Ours || f.Value == nil {
			t.Errorf("enabled by somebody else: %+v", f)
		}
		var conflict *state.ConflictError
		if err := h.do(state.Create, item); !errors.As(err, &conflict) {
			t.Errorf("enabled by somebody else: %v", err)
		}
		h.read()
		adopted := kinds.NAT44Item(kinds.NAT44{
			InsideVRF: "default", OutsideVRF: "default", Sessions: 512, Timeouts: kinds.DefaultNATTimeouts, Forwarding: true,
		}, true)
		h.must(state.Update, adopted)
		h.same(adopted)
		h.must(state.Delete, adopted)
	})
}

// It is not disabled while anything of somebody else's is in it, which would be
// lost.
func TestNAT44StaysForOthers(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		lo, item := ifItem(loop("lo", 76)), nat44()
		h.must(state.Create, lo, item)
		index := h.found[lo.ID].Handle
		for _, c := range []struct {
			what, message string
			fields        map[string]any
		}{
			{"static mappings", "nat44_add_del_static_mapping_v2", map[string]any{
				"external_ip_address": "203.0.113.20", "external_port": 80, "local_ip_address": "10.0.0.9", "local_port": 80, "protocol": 6,
				"external_sw_if_index": ^uint32(0),
			}},
			{"load-balanced mappings", "nat44_add_del_lb_static_mapping", map[string]any{
				"flags": 4, "external_addr": "203.0.113.20", "external_port": 80, "protocol": 6,
				"locals": []any{map[string]any{"addr": "10.0.0.1", "port": 80, "probability": 1}, map[string]any{"addr": "10.0.0.2", "port": 80, "probability": 1}},
			}},
			{"identity mappings", "nat44_add_del_identity_mapping", map[string]any{"ip_address": "10.0.0.9", "flags": 8, "sw_if_index": ^uint32(0)}},
			{"interfaces", "nat44_interface_add_del_feature", map[string]any{"flags": 32, "sw_if_index": index}},
			{"output interfaces", "nat44_ed_add_del_output_interface", map[string]any{"sw_if_index": index}},
			{"pool addresses", "nat44_add_del_address_range", map[string]any{
				"first_ip_address": "203.0.113.9", "last_ip_address": "203.0.113.9", "vrf_id": ^uint32(0),
			}},
			{"addresses of interfaces", "nat44_add_del_interface_addr", map[string]any{"sw_if_index": index}},
			{"tables of VRFs", "nat44_ed_add_del_vrf_table", map[string]any{"table_vrf_id": 0}},
		} {
			c.fields["is_add"] = true
			h.call(c.message, c.fields)
			if err := h.do(state.Delete, item); err == nil || err.Error() != "NAT44 still has "+c.what+" that somebody else made" {
				t.Errorf("disabled with %s of somebody else's: %v", c.what, err)
			}
			c.fields["is_add"] = false
			h.call(c.message, c.fields)
		}
		// What is left at the index of an interface that is gone is no reason.
		h.call("nat44_add_del_interface_addr", map[string]any{"sw_if_index": index, "is_add": true})
		h.must(state.Delete, lo, item)
		h.leftInLedger(kinds.KindNAT44)
		// Which may be there still when it is enabled once more.
		h.must(state.Create, item)
		if rows := h.dumpOf("nat44_interface_addr_dump"); len(rows) > 0 {
			t.Errorf("left behind: %v", rows)
		}
		h.must(state.Delete, item)
	})
}

func TestNAT44Parts(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		blue, red := vrfItem("blue", 4713, false), vrfItem("red", 4714, false)
		h.must(state.Create, ifItem(loop("lan", 70)), ifItem(loop("wan", 71)), blue, red)
		h.must(state.Create, address("wan", "default", "203.0.113.1/24"))
		before := h.snapshot()
		early := kinds.NAT44AddressItem(addr("203.0.113.7"), "", false)
		if err := h.do(state.Create, early); err == nil {
			t.Error("an address before NAT44 is enabled")
		}
		h.leftInLedger(kinds.KindNAT44Address)
		parts := []state.Item{
			kinds.NAT44InterfaceItem("lan", kinds.NAT44Inside), kinds.NAT44InterfaceItem("lan", kinds.NAT44Outside),
			kinds.NAT44InterfaceItem("wan", kinds.NAT44Output),
			kinds.NAT44AddressItem(addr("203.0.113.7"), "", false), kinds.NAT44AddressItem(addr("203.0.113.7"), "blue", true),
			kinds.NAT44AddressItem(addr("203.0.113.8"), "default", false),
			kinds.NAT44InterfaceAddressItem("wan", false),
			kinds.NAT44VRFTableItem("blue", kinds.NewNAT44VRFTable([]string{"default", "red"})),
			kinds.NAT44SessionLimitItem("blue", 100),
		}
		h.must(state.Create, nat44())
		h.read()
		empty := strings.Join(h.names(), " ")
		h.must(state.Create, parts...)
		h.must(state.Create, parts...) // again
		h.same(parts...)
		for id, f := range h.found {
			if strings.HasPrefix(id.Kind, "NAT44") && !f.Ours && !f.Builtin {
				t.Errorf("%s is not ours", id)
			}
		}
		if n := h.found[kinds.NAT44ID()].Value.(kinds.NAT44).Counts; n.PoolAddresses != 3 || n.TwiceNATAddresses != 1 {
			t.Errorf("counted: %+v", n)
		}

		// A table: more at its end, another order, fewer, none.
		for _, routes := range [][]string{{"default", "red", "blue"}, {"red", "blue", "default"}, {"blue"}, {}, {"red"}} {
			table := kinds.NAT44VRFTableItem("blue", kinds.NewNAT44VRFTable(routes))
			h.must(state.Update, table)
			h.same(table)
		}
		limit := kinds.NAT44SessionLimitItem("blue", 200)
		h.must(state.Update, limit)
		h.same(limit)

		// One role goes, the other stays; the wrong one takes nothing away.
		h.must(state.Delete, parts[1], parts[1])
		h.same(parts[0])
		var conflict *state.ConflictError
		if err := h.do(state.Create, kinds.NAT44InterfaceItem("lan", kinds.NAT44Output)); !errors.As(err, &conflict) {
			t.Errorf("output of what is inside: %v", err)
		}
		h.must(state.Delete, kinds.NAT44InterfaceItem("lan", kinds.NAT44Output))
		h.same(parts[0])

		// The address of the interface changes, and its order: it is followed.
		h.must(state.Delete, address("wan", "default", "203.0.113.1/24"))
		h.must(state.Create, address("wan", "default", "203.0.113.2/24"), address("wan", "default", "203.0.113.3/24"))
		h.same(parts[6])
		h.must(state.Delete, address("wan", "default", "203.0.113.2/24"))
		h.read()
		if d := h.kind(parts[6].ID.Kind).Compare(true, h.found[parts[6].ID].Value, nil); d.Change != state.Recreate {
			t.Errorf("the address is not in the pool: %+v", d)
		}
		h.must(state.Delete, parts[6])
		h.must(state.Create, parts[6])
		h.same(parts[6])

		// What an interface has put there is a conflict.
		if err := h.do(state.Create, kinds.NAT44AddressItem(addr("203.0.113.3"), "", false)); !errors.As(err, &conflict) {
			t.Errorf("an address that is in the pool: %v", err)
		}
		h.must(state.Delete, parts...)
		h.must(state.Delete, parts...) // again
		h.read()
		if after := strings.Join(h.names(), " "); after != strings.ReplaceAll(empty, "203.0.113.1/24", "203.0.113.3/24") {
			t.Errorf("left behind: %s, before %s", after, empty)
		}
		h.must(state.Delete, nat44(), address("wan", "default", "203.0.113.3/24"))
		h.must(state.Create, address("wan", "default", "203.0.113.1/24"))
		h.unchanged(before)
		h.leftInLedger(kinds.KindNAT44Interface, kinds.KindNAT44Address, kinds.KindNAT44InterfaceAddress, kinds.KindNAT44InterfaceAddress+"Resolved",
			kinds.KindNAT44VRFTable, kinds.KindNAT44SessionLimit)
		h.must(state.Delete, blue, red, address("wan", "default", "203.0.113.1/24"), ifItem(loop("wan", 71)), ifItem(loop("lan", 70)))
	})
}

// The order of what is enabled, disabled by a foreign hand and put back is the
// engine's.
func TestNAT44Engine(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		b := work(t, socket)
		b.set("lan", whole(loop("lan", 72), "default", true)...)
		parts := []state.Item{
			nat44(), kinds.NAT44InterfaceItem("lan", kinds.NAT44Inside), kinds.NAT44AddressItem(addr("203.0.113.7"), "", false),
			kinds.NAT44InterfaceAddressItem("lan", false), staticMapping("203.0.113.7", 80, "10.0.0.1", 8080).item(),
		}
		programmed := strings.TrimSuffix(strings.Repeat("Programmed; ", len(parts)), "; ")
		b.set("nat", parts...)
		b.Begin()
		b.AllowPrune(func(string) bool { return true })
		b.awaitReasons("nat", programmed)

		another := byHand(t, socket)
		another.call("nat44_ed_plugin_enable_disable", map[string]any{"enable": false})
		b.SetResyncPeriod(50 * time.Millisecond)
		b.await("it is back", func() bool {
			pool := another.dumpOf("nat44_address_dump")
			return len(pool) == 1 && len(another.dumpOf("nat44_static_mapping_dump")) == 1 && len(another.dumpOf("nat44_interface_dump")) == 1 &&
				b.reasons("nat") == programmed
		})

		// More sessions are refused, allowed, and all is put back.
		parts[0] = nat44(func(n *kinds.NAT44) { n.Sessions = 2048 })
		b.set("nat", parts...)
		b.await("it is refused", func() bool {
			return strings.HasPrefix(b.reasons("nat"), "DisruptionNotAllowed: a change of sessions needs allowDisruption: true")
		})
		parts[0] = nat44(func(n *kinds.NAT44) { n.Sessions, n.AllowDisruption = 2048, true })
		b.set("nat", parts...)
		b.await("it is done", func() bool {
			r := another.call("nat44_show_running_config", nil)
			return r["sessions"] == uint64(2048) && b.reasons("nat") == programmed
		})
		if n := len(another.dumpOf("nat44_static_mapping_dump")); n != 1 {
			t.Errorf("%d mappings", n)
		}
		for _, name := range []string{"nat", "lan"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.await("all is gone", func() bool {
			return b.gone(kinds.NAT44ID()) && b.gone(kinds.InterfaceID("lan")) && b.Status().LeftoverCount == 0
		})
	})
}

func TestNAT44OnReusedIndex(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		reusedIndex(t, socket, bound{
			kind: kinds.KindNAT44Interface,
			items: func(name string) []state.Item {
				return []state.Item{nat44(), kinds.NAT44InterfaceItem(name, kinds.NAT44Inside)}
			},
			shown: func(r *reuse, index uint64) bool { return r.showsIndex("nat44_interface_dump", index) },
			works: func(r *reuse, index uint64) bool { return r.nodeOn(index, "ip4-unicast", "nat-pre-in2out") },
		})
	})
}

func TestNAT44InterfaceAddressOnReusedIndex(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		shown := func(r *reuse, index uint64) bool { return r.showsIndex("nat44_interface_addr_dump", index) }
		reusedIndex(t, socket, bound{
			kind: kinds.KindNAT44InterfaceAddress,
			items: func(name string) []state.Item {
				return []state.Item{nat44(), kinds.NAT44InterfaceAddressItem(name, false)}
			},
			shown: shown, works: shown,
		})
	})
}

// showsIndex tells whether a dump has a sw_if_index.
func (r *reuse) showsIndex(message string, index uint64) bool {
	r.t.Helper()
	for _, d := range r.dump(message, nil) {
		if d["sw_if_index"] == index {
			return true
		}
	}
	return false
}

func TestNAT44WithoutPlugin(t *testing.T) {
	t.Parallel()
	b := work(t, vpptest.Start(t, vpptest.WithoutModule("nat44_ed")).Socket())
	b.set("nat", nat44(), staticMapping("203.0.113.7", 80, "10.0.0.1", 8080).item())
	b.set("blue", vrfItem("blue", 4715, false))
	b.Begin()
	b.awaitReasons("blue", "Programmed")
	b.await("it is unsupported", func() bool { return strings.Count(b.reasons("nat"), "Unsupported: this VPP lacks plugin nat:") == 2 })
}
