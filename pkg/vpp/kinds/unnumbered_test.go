package kinds_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// An interface borrows addresses in a VRF that has one family only, follows it
// when that gets the other, and lets it go again.
func TestUnnumberedInVRF(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		for _, c := range []struct {
			name, address string
			ip6           bool
		}{{"IPv4", "192.0.2.1/24", false}, {"IPv6", "2001:db8::1/64", true}} {
			t.Run(c.name, func(t *testing.T) {
				b := work(t, socket)
				lo := &kinds.Interface{Name: "lo", Type: kinds.Loopback{}, MAC: macA}
				user := &kinds.Interface{Name: "user", Type: kinds.Loopback{}, MAC: macB}
				used, other := vrfItem("blue", 7102, c.ip6), vrfItem("blue", 7102, !c.ip6)
				b.set("user", ifItem(user), kinds.InterfaceVRFOrDefaultItem("user", "blue", false),
					kinds.InterfaceVRFOrDefaultItem("user", "blue", true), kinds.UnnumberedItem("user", "lo"))
				b.set("lo", ifItem(lo), kinds.InterfaceVRFItem("lo", "blue", c.ip6),
					kinds.InterfaceVRFOrDefaultItem("lo", "blue", !c.ip6), address("lo", "blue", c.address))
				b.Begin()
				const all = "Programmed; Programmed; Programmed; Programmed"
				in := func(name string, ip6 bool, vrf string) {
					t.Helper()
					id := kinds.InterfaceVRFID(name, ip6)
					b.await(id.String()+" in "+vrf, func() bool { have, _, _ := b.Get(id); return have == vrf })
				}

				b.set("vrf", used)
				b.awaitReasons("user", all)
				b.awaitReasons("lo", all)
				in("user", c.ip6, "blue")
				in("user", !c.ip6, "default")

				b.set("vrf", used, other)
				in("user", !c.ip6, "blue")
				in("lo", !c.ip6, "blue")
				b.awaitReasons("user", all)

				b.set("vrf", used)
				in("user", !c.ip6, "default")
				b.awaitReasons("user", all)
				b.await("the table goes", func() bool { return b.gone(other.ID) })

				for _, name := range []string{"vrf", "lo", "user"} {
					o, _ := owner(name, 0)
					b.Remove(o)
				}
				b.await("nothing is left", func() bool {
					return b.Status().LeftoverCount == 0 && b.gone(used.ID) && b.gone(kinds.InterfaceID("lo")) && b.gone(kinds.InterfaceID("user"))
				})
			})
		}
	})
}

// An interface goes from addresses of its own to those of another and back, with
// the lender going at the same time too: VPP has either at a time, and of what
// was before nothing is left, not even a route.
func TestUnnumberedAndBack(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		b := work(t, socket)
		blue := func(name string) []state.Item {
			i := &kinds.Interface{Name: name, Type: kinds.Loopback{}, MAC: macA}
			if name == "user" {
				i.MAC = macB
			}
			return []state.Item{
				ifItem(i), kinds.InterfaceVRFItem(name, "blue", false), kinds.InterfaceVRFItem(name, "blue", true),
				{ID: kinds.InterfaceStateID(name), Value: kinds.AdminState{Up: true}, Needs: []state.ID{kinds.InterfaceID(name)}},
			}
		}
		own := []string{"192.0.2.1/24", "192.0.2.2/24", "198.51.100.1/24", "2001:db8:1::1/64", "2001:db8:2::1/64"}
		addresses := func() (list []state.Item) {
			for _, a := range own {
				list = append(list, address("user", "blue", a))
			}
			return list
		}
		programmed := func(count int) string { return strings.TrimSuffix(strings.Repeat("Programmed; ", count), "; ") }
		b.set("vrf", vrfItem("blue", 7103, false), vrfItem("blue", 7103, true))
		b.set("lo", append(blue("lo"), address("lo", "blue", "203.0.113.1/24"))...)
		b.Begin()
		for round := range 5 {
			b.set("user", append(blue("user"), addresses()...)...)
			b.awaitReasons("user", programmed(4+len(own)))
			b.awaitAddressRoutes(7103, "192.0.2.0/24 192.0.2.1/32 192.0.2.2/32 198.51.100.0/24 198.51.100.1/32 "+
				"2001:db8:1::/64 2001:db8:1::1/128 2001:db8:2::/64 2001:db8:2::1/128 203.0.113.0/24 203.0.113.1/32")

			b.set("user", append(blue("user"), kinds.UnnumberedItem("user", "lo"))...)
			if round%2 == 1 { // before the step before has ended
				continue
			}
			b.awaitReasons("user", programmed(5))
			b.awaitAddressRoutes(7103, "203.0.113.0/24 203.0.113.1/32")
		}
		b.awaitReasons("user", programmed(5))

		// Back, with the lender going.
		lo, _ := owner("lo", 0)
		b.Remove(lo)
		b.set("user", append(blue("user"), addresses()...)...)
		b.awaitReasons("user", programmed(4+len(own)))
		b.await("the lender goes", func() bool { return b.gone(kinds.InterfaceID("lo")) })

		// To another that is made meanwhile.
		b.set("lo", append(blue("lo"), address("lo", "blue", "203.0.113.1/24"))...)
		b.set("user", append(blue("user"), kinds.UnnumberedItem("user", "lo"))...)
		b.awaitReasons("user", programmed(5))
		b.awaitAddressRoutes(7103, "203.0.113.0/24 203.0.113.1/32")

		for _, name := range []string{"user", "lo", "vrf"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.await("nothing is left", func() bool {
			return b.Status().LeftoverCount == 0 && b.gone(kinds.InterfaceID("lo")) && b.gone(kinds.InterfaceID("user")) && b.gone(kinds.VRFID("blue", true))
		})
	})
}

// Somebody else has an interface of ours borrow: VPP loses sight of its addresses,
// which come back all the same.
func TestUnnumberedByForeignHand(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		b := work(t, socket)
		items := func(name string, instance uint32, mac kinds.MAC, a string) []state.Item {
			i := &kinds.Interface{Name: name, Type: kinds.Loopback{Instance: kinds.Number{Value: instance, Given: true}}, MAC: mac}
			return []state.Item{
				ifItem(i), kinds.InterfaceVRFItem(name, "blue", false), kinds.InterfaceVRFItem(name, "blue", true), address(name, "blue", a),
				{ID: kinds.InterfaceStateID(name), Value: kinds.AdminState{Up: true}, Needs: []state.ID{kinds.InterfaceID(name)}},
			}
		}
		b.set("vrf", vrfItem("blue", 7105, false), vrfItem("blue", 7105, true))
		b.set("lo", items("lo", 7105, macA, "192.0.2.1/24")...)
		b.set("user", items("user", 7104, macB, "198.51.100.1/24")...)
		b.AllowPrune(func(string) bool { return true })
		b.Begin()
		const all = "Programmed; Programmed; Programmed; Programmed; Programmed"
		b.awaitReasons("lo", all)
		b.awaitReasons("user", all)
		lender, err := b.indexOf("loop7105")
		if err != nil {
			t.Fatal(err)
		}
		borrower, err := b.indexOf("loop7104")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vpp.Invoke(b.ctx, b.client, "sw_interface_set_unnumbered",
			map[string]any{"sw_if_index": lender, "unnumbered_sw_if_index": borrower, "is_add": true}); err != nil {
			t.Fatal(err)
		}
		b.ResyncNow()
		b.await("its address is shown again", func() bool {
			for d, err := range vpp.InvokeStream(b.ctx, b.client, "ip_address_dump", map[string]any{"sw_if_index": borrower}) {
				if err == nil && fmt.Sprint(d["prefix"]) == "198.51.100.1/24" {
					return b.gone(kinds.UnnumberedID("user"))
				}
			}
			return false
		})
		b.awaitReasons("user", "Programmed; Programmed; Programmed; Programmed; Programmed")
		for _, name := range []string{"user", "lo"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.await("nothing is left", func() bool { return b.gone(kinds.InterfaceID("lo")) && b.gone(kinds.InterfaceID("user")) })
		b.awaitAddressRoutes(7105, "")
		o, _ := owner("vrf", 0)
		b.Remove(o)
		b.await("nor a table", func() bool { return b.gone(kinds.VRFID("blue", false)) && b.gone(kinds.VRFID("blue", true)) })
	})
}

// awaitAddressRoutes waits for the routes that a table has of its interfaces'
// addresses, without those of the ends of subnets.
func (b *bench) awaitAddressRoutes(table uint32, want string) {
	b.t.Helper()
	got := ""
	defer func() {
		if got != want {
			b.t.Logf("table %d has %q, want %q", table, got, want)
		}
	}()
	b.await(fmt.Sprintf("table %d has %s", table, want), func() bool {
		got = strings.Join(b.addressRoutes(table), " ")
		return got == want
	})
}

func (b *bench) addressRoutes(table uint32) []string {
	source := any(nil)
	for d, err := range vpp.InvokeStream(b.ctx, b.client, "fib_source_dump", nil) {
		if err != nil {
			b.t.Fatal(err)
		}
		if src, _ := d["src"].(map[string]any); fmt.Sprint(src["name"]) == "interface" {
			source = src["id"]
		}
	}
	var list []string
	for _, ip6 := range []bool{false, true} {
		ask := map[string]any{"src": source, "table": map[string]any{"table_id": table, "is_ip6": ip6}}
		for d, err := range vpp.InvokeStream(b.ctx, b.client, "ip_route_v2_dump", ask) {
			if err != nil {
				b.t.Fatal(err)
			}
			route, _ := d["route"].(map[string]any)
			paths, _ := route["paths"].([]any)
			path, _ := paths[0].(map[string]any)
			if path["type"] == "FIB_API_PATH_TYPE_DROP" {
				continue
			}
			text := fmt.Sprint(route["prefix"])
			list = append(list, netip.MustParsePrefix(text).Masked().String())
		}
	}
	slices.Sort(list)
	return list
}

// Somebody else has an interface of ours borrow and deletes the lender, of which
// nothing was read yet: an address that is added then would hang VPP, which never
// comes to the end of the lender's.
func TestAddressOfBorrowerWithoutLender(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		for _, reused := range []bool{false, true} {
			t.Run(fmt.Sprintf("index reused %t", reused), func(t *testing.T) {
				h, another := byHand(t, socket), byHand(t, socket)
				user := ifItem(loop("user", 7106))
				h.must(state.Create, user)
				index := h.found[user.ID].Handle
				if index == 0 {
					h.read()
					index = h.found[user.ID].Handle
				}
				lend := func(instance uint32) any {
					made := another.call("create_loopback_instance", map[string]any{"is_specified": true, "user_instance": instance})
					return made["sw_if_index"]
				}
				lender := lend(7107)
				for _, prefix := range []string{"192.0.2.1/24", "2001:db8::1/64"} {
					another.call("sw_interface_add_del_address", map[string]any{"sw_if_index": lender, "is_add": true, "prefix": prefix})
				}
				another.call("sw_interface_set_unnumbered", map[string]any{"sw_if_index": lender, "unnumbered_sw_if_index": index, "is_add": true})
				another.call("delete_loopback", map[string]any{"sw_if_index": lender})
				if reused {
					lender = lend(7108)
				}
				own := []state.Item{address("user", "default", "198.51.100.1/24"), address("user", "default", "2001:db8:1::1/64")}
				h.must(state.Create, own...)
				h.same(own...)
				if f, ok := h.found[kinds.UnnumberedID("user")]; ok {
					t.Errorf("it still borrows: %+v", f)
				}
				h.must(state.Delete, own...)
				h.must(state.Delete, user)
				if reused {
					another.call("delete_loopback", map[string]any{"sw_if_index": lender})
				}
			})
		}
	})
}
