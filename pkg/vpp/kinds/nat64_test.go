package kinds_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func nat64Item() state.Item {
	return kinds.NAT64Item("nat", kinds.DefaultNATTimeouts)
}

func nat64Binding(inside, outside string, p kinds.NATProtocol) state.Item {
	return kinds.NAT64BindingItem("nat", kinds.NAT64Inside{
		Protocol: p, VRF: "default", AddrPort: netip.MustParseAddrPort(inside),
	}, netip.MustParseAddrPort(outside))
}

func TestNAT64(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		nat := nat64Item()
		h.must(state.Create, nat, nat)
		h.same(nat)
		longer := nat
		longer.Value = kinds.NATTimeouts{UDP: 10, TCPEstablished: 20, TCPTransitory: 30, ICMP: 40}
		d := h.kind(nat.ID.Kind).Compare(longer.Value, nat.Value, nil)
		if d.Change != state.InPlace || len(d.Fields) != 4 {
			t.Errorf("timeouts: %+v", d)
		}
		h.must(state.Update, longer)
		h.same(longer)

		// Somebody else disables it: it is gone, and comes back.
		h.call("nat64_plugin_enable_disable", map[string]any{"enable": false})
		h.read()
		if f, there := h.found[nat.ID]; there {
			t.Errorf("disabled by somebody else: %+v", f)
		}
		h.must(state.Create, longer)
		h.same(longer)
		h.must(state.Delete, longer, longer)
		h.unchanged(before)
		if r := h.call("nat64_get_timeouts", nil); r["udp"] != uint64(300) {
			t.Errorf("timeouts left behind: %v", r)
		}

		// What somebody else has enabled, or put something into, stays.
		h.call("nat64_plugin_enable_disable", map[string]any{"enable": true})
		h.must(state.Create, nat)
		h.must(state.Delete, nat)
		h.call("nat64_plugin_enable_disable", map[string]any{"enable": false}) // it would be refused were it not enabled
		h.must(state.Create, nat)
		pool := map[string]any{"start_addr": "192.0.2.9", "end_addr": "192.0.2.9", "vrf_id": ^uint32(0), "is_add": true}
		h.call("nat64_add_del_pool_addr_range", pool)
		h.must(state.Delete, nat)
		h.read()
		if f, there := h.found[kinds.NAT64AddressID(netip.MustParseAddr("192.0.2.9"))]; !there || f.Ours {
			t.Errorf("somebody else's address: %+v", f)
		}
		h.call("nat64_plugin_enable_disable", map[string]any{"enable": false})
	})
}

func TestNAT64Parts(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		nat, lo := nat64Item(), ifItem(loop("lo", 54))
		h.must(state.Create, lo, nat)
		before := h.snapshot()
		prefix, shorter := kinds.NAT64PrefixItem("nat", "default", netip.MustParsePrefix("64:ff9b::/96")), kinds.NAT64PrefixItem("nat", "default", netip.MustParsePrefix("2001:db8::/32"))
		one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		pool := []state.Item{kinds.NAT64AddressItem("nat", one, ""), kinds.NAT64AddressItem("nat", two, "default")}
		bindings := []state.Item{
			nat64Binding("[2001:db8::1]:80", "192.0.2.1:8080", kinds.NATTCP),
			nat64Binding("[2001:db8::1]:80", "192.0.2.1:8080", kinds.NATUDP),
			nat64Binding("[2001:db8::1]:80", "192.0.2.2:8081", kinds.NATICMP),
		}
		both := []state.Item{kinds.NAT64InterfaceItem("nat", "lo", false), kinds.NAT64InterfaceItem("nat", "lo", true)}
		all := append(append(append([]state.Item{prefix}, pool...), both...), bindings...)
		h.must(state.Create, all...)
		h.must(state.Create, all...) // again
		h.same(all...)

		h.must(state.Update, shorter)
		h.same(shorter)
		for _, c := range []struct {
			want, have state.Item
			change     state.Change
		}{
			{shorter, prefix, state.InPlace},
			{kinds.NAT64AddressItem("nat", one, "default"), pool[0], state.Recreate},
			{nat64Binding("[2001:db8::1]:80", "192.0.2.1:9", kinds.NATTCP), bindings[0], state.Recreate},
		} {
			if d := h.kind(c.want.ID.Kind).Compare(c.want.Value, c.have.Value, nil); d.Change != c.change || len(d.Fields) != 1 {
				t.Errorf("%s from %v to %v: %+v", c.want.ID, c.have.Value, c.want.Value, d)
			}
		}
		// An address of ours moves to another VRF though it is there.
		h.must(state.Delete, bindings...)
		moved := kinds.NAT64AddressItem("nat", one, "default")
		h.must(state.Create, moved)
		h.same(moved)

		// What somebody else has is a conflict that says so.
		h.call("nat64_add_del_static_bib", map[string]any{
			"i_addr": "2001:db8::2", "i_port": 80, "o_addr": "192.0.2.1", "o_port": 99, "proto": 6, "is_add": true,
		})
		h.call("nat64_add_del_pool_addr_range", map[string]any{"start_addr": "192.0.2.7", "end_addr": "192.0.2.7", "is_add": true})
		h.call("nat64_add_del_prefix", map[string]any{"prefix": "2001:db8:7::/96", "vrf_id": 0, "is_add": true})
		for _, c := range []struct {
			item state.Item
			with string
		}{
			{nat64Binding("[2001:db8::2]:80", "192.0.2.2:99", kinds.NATTCP), "static binding of [2001:db8::2]:80 to 192.0.2.1:99, made by somebody else,"},
			{nat64Binding("[2001:db8::3]:80", "192.0.2.1:99", kinds.NATTCP), "static binding of [2001:db8::2]:80 to 192.0.2.1:99, made by somebody else,"},
			{kinds.NAT64AddressItem("nat", netip.MustParseAddr("192.0.2.7"), ""), "pool address 192.0.2.7, made by somebody else,"},
		} {
			err := h.do(state.Create, c.item)
			var conflict *state.ConflictError
			if !errors.As(err, &conflict) || conflict.With != c.with {
				t.Errorf("%s: %v", c.item.ID, err)
			}
			if _, noted := h.ledger.Get(c.item.ID); noted {
				t.Errorf("%s is noted as ours", c.item.ID)
			}
		}
		// The prefix is ours, and somebody else has changed it.
		h.read()
		if d := h.kind(shorter.ID.Kind).Compare(shorter.Value, h.found[shorter.ID].Value, nil); !h.found[shorter.ID].Ours || d.Change != state.InPlace {
			t.Errorf("a prefix changed by somebody else: %+v", h.found[shorter.ID])
		}
		h.must(state.Update, shorter)
		h.same(shorter)
		h.must(state.Delete, shorter)
		h.call("nat64_add_del_prefix", map[string]any{"prefix": "2001:db8:7::/96", "vrf_id": 0, "is_add": true})
		err := h.do(state.Create, prefix)
		if err == nil || !strings.Contains(err.Error(), "prefix 2001:db8:7::/96, made by somebody else,") {
			t.Errorf("somebody else's prefix: %v", err)
		}
		h.call("nat64_add_del_prefix", map[string]any{"prefix": "2001:db8:7::/96", "vrf_id": 0})
		h.call("nat64_add_del_pool_addr_range", map[string]any{"start_addr": "192.0.2.7", "end_addr": "192.0.2.7"})
		h.call("nat64_add_del_static_bib", map[string]any{
			"i_addr": "2001:db8::2", "i_port": 80, "o_addr": "192.0.2.1", "o_port": 99, "proto": 6,
		})

		h.must(state.Delete, both...)
		h.must(state.Delete, moved, pool[1])
		h.must(state.Delete, all...) // again
		h.unchanged(before)
		// Of what goes with NAT64 nothing is left to take away.
		h.must(state.Create, pool[0], bindings[0], both[0])
		h.call("nat64_plugin_enable_disable", map[string]any{"enable": false})
		h.must(state.Delete, bindings[0], both[0], pool[0], nat, lo)
	})
}

// One outside interface less, and the other one still gets its packets: VPP has
// a route to each address of the pool, until that with the address.
func TestNAT64OutsideInterfaces(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		a, b := ifItem(loop("a", 55)), ifItem(loop("b", 56))
		address := kinds.NAT64AddressItem("nat", netip.MustParseAddr("192.0.2.1"), "")
		h.must(state.Create, a, b, nat64Item(), address)
		outA, outB := kinds.NAT64InterfaceItem("nat", "a", true), kinds.NAT64InterfaceItem("nat", "b", true)
		h.must(state.Create, outA, outB)
		h.must(state.Delete, outA)
		h.same(outB)
		h.routed("192.0.2.1/32", true)
		h.must(state.Delete, outB)
		h.routed("192.0.2.1/32", false)
		h.must(state.Delete, address, nat64Item(), b, a)
	})
}

// routed tells whether a prefix has a route of its own in table 0.
func (h *hand) routed(prefix string, want bool) {
	h.t.Helper()
	r := h.call("ip_route_lookup_v2", map[string]any{"prefix": prefix})
	route, _ := r["route"].(map[string]any)
	if got := fmt.Sprint(route["prefix"]) == prefix; got != want {
		h.t.Errorf("a route to %s: %t: %v", prefix, got, route["prefix"])
	}
}

func TestNAT64InterfaceOnReusedIndex(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		reusedIndex(t, socket, bound{
			kind: kinds.KindNAT64Interface,
			items: func(name string) []state.Item {
				return []state.Item{nat64Item(), kinds.NAT64InterfaceItem("nat", name, false), kinds.NAT64InterfaceItem("nat", name, true)}
			},
			shown: func(r *reuse, index uint64) bool {
				for _, d := range r.dump("nat64_interface_dump", nil) {
					if d["sw_if_index"] == index {
						return true
					}
				}
				return false
			},
			works: func(r *reuse, index uint64) bool {
				in := r.nodeOn(index, "ip6-unicast", "nat64-in2out")
				if out := r.nodeOn(index, "ip4-unicast", "nat64-out2in"); out != in {
					return !r.shown(r, index) // wrong either way
				}
				return in
			},
		})
	})
}
