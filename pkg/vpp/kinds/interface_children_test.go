package kinds_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func stateItem(name string, up bool) state.Item {
	return state.Item{ID: kinds.InterfaceStateID(name), Value: kinds.AdminState{Up: up}, Needs: []state.ID{kinds.InterfaceID(name)}}
}

func address(name, vrf, prefix string) state.Item {
	return kinds.InterfaceAddressItem(name, vrf, netip.MustParsePrefix(prefix))
}

func TestInterfaceState(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		parent, sub := ifItem(loop("parent", 30)), ifItem(&kinds.Interface{
			Name: "sub", Type: kinds.SubInterface{Parent: "parent", VLANID: 9, ExactMatch: true},
		})
		h.must(state.Create, parent, sub)
		h.same(stateItem("parent", false), stateItem("sub", false))
		err := h.do(state.Update, stateItem("sub", true))
		var wait *state.WaitError
		if !errors.As(err, &wait) || wait.For != "parent parent in state Up" {
			t.Errorf("up before its parent: %v", err)
		}
		h.must(state.Update, stateItem("parent", true), stateItem("sub", true), stateItem("sub", true))
		h.same(stateItem("parent", true), stateItem("sub", true))
		h.must(state.Delete, stateItem("sub", true))
		h.same(stateItem("sub", false))
		h.must(state.Delete, sub, stateItem("sub", true), parent)
	})
}

// VPP makes a sub-interface on an interface without Ethernet frames, where it can
// do nothing.
func TestSubInterfaceWithoutEthernet(t *testing.T) {
	ends := kinds.Endpoints{Source: netip.MustParseAddr("192.0.2.1"), Destination: netip.MustParseAddr("192.0.2.2"), UnderlayVRF: "default"}
	eachSocket(t, func(t *testing.T, socket string) {
		for _, c := range []struct {
			name  string
			on    kinds.InterfaceType
			wrong bool
		}{
			{"ipip", kinds.IPIP{Endpoints: ends}, true},
			{"gre", kinds.GRE{Endpoints: ends}, true},
			{"TEB", kinds.GRE{Endpoints: ends, Carries: kinds.GRETEB}, false},
		} {
			t.Run(c.name, func(t *testing.T) {
				h := byHand(t, socket)
				parent := ifItem(&kinds.Interface{Name: "parent", Type: c.on})
				sub := ifItem(&kinds.Interface{Name: "sub", Type: kinds.SubInterface{Parent: "parent", VLANID: 9, ExactMatch: true}})
				h.must(state.Create, parent)
				err := h.do(state.Create, sub)
				if c.wrong != (err != nil) || c.wrong && err.Error() != "parent is no Ethernet interface: it cannot have sub-interfaces" {
					t.Errorf("on %s: %v", c.name, err)
				}
				h.read()
				if _, made := h.found[sub.ID]; made == c.wrong {
					t.Errorf("on %s: made: %t", c.name, made)
				}
				if !c.wrong {
					h.must(state.Delete, sub)
				}
				h.must(state.Delete, parent)
			})
		}
	})
}

func TestInterfaceVRFAndAddresses(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		blue4, blue6 := vrfItem("blue", 4711, false), vrfItem("blue", 4711, true)
		lo := ifItem(loop("lo", 31))
		h.must(state.Create, blue4, blue6, lo)
		bind4, bind6 := kinds.InterfaceVRFItem("lo", "blue", false), kinds.InterfaceVRFItem("lo", "blue", true)
		h.same(kinds.InterfaceVRFItem("lo", "default", false), kinds.InterfaceVRFItem("lo", "default", true))
		h.must(state.Create, bind4, bind6, bind4)
		h.same(bind4, bind6)

		list := []state.Item{
			address("lo", "blue", "192.0.2.1/24"), address("lo", "blue", "192.0.2.2/24"),
			address("lo", "blue", "2001:db8::1/64"), address("lo", "blue", "fe80::77/128"),
		}
		h.must(state.Create, list...)
		h.must(state.Create, list...) // again
		h.same(list...)
		for _, i := range list {
			if got, want := strings.Join(h.found[i.ID].Claims, ","), strings.Join(i.Claims, ","); got != want {
				t.Errorf("%s claims %q, wanted with %q", i.ID, got, want)
			}
		}

		// Another length than is there takes nothing away.
		h.must(state.Delete, address("lo", "blue", "192.0.2.1/25"))
		h.same(list...)
		// What is of another interface is a conflict that names it.
		other := ifItem(loop("other", 32))
		h.must(state.Create, other)
		h.must(state.Create, kinds.InterfaceVRFItem("other", "blue", false))
		err := h.do(state.Create, address("other", "blue", "192.0.2.1/24"))
		var conflict *state.ConflictError
		if !errors.As(err, &conflict) || conflict.With != "interface loop31 with address 192.0.2.1/24" {
			t.Errorf("twice in a VRF: %v", err)
		}
		h.must(state.Create, address("other", "default", "198.51.100.1/24"))
		h.must(state.Delete, address("other", "default", "198.51.100.1/24"), kinds.InterfaceVRFItem("other", "blue", false), other)

		h.must(state.Delete, list...)
		h.must(state.Delete, list...) // again
		h.read()
		for _, i := range list {
			if _, there := h.found[i.ID]; there {
				t.Errorf("%s is still there", i.ID)
			}
		}
		if ids := h.ledger.All(kinds.KindInterfaceAddress); len(ids) > 0 {
			t.Errorf("left in the ledger: %v", ids)
		}
		h.must(state.Delete, bind4, bind6)
		h.same(kinds.InterfaceVRFItem("lo", "default", false), kinds.InterfaceVRFItem("lo", "default", true))
		h.must(state.Delete, lo, bind4, list[0])
		h.must(state.Delete, blue4, blue6)
	})
}

func TestUnnumbered(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		h.must(state.Create, ifItem(loop("a", 33)), ifItem(loop("b", 34)), ifItem(loop("user", 35)))
		h.must(state.Create, address("a", "default", "192.0.2.65/28"))
		item, next := kinds.UnnumberedItem("user", "a"), kinds.UnnumberedItem("user", "b")
		h.must(state.Create, item, item)
		h.same(item)
		if _, own := h.found[address("user", "default", "192.0.2.65/28").ID]; own {
			t.Error("the address of the lender shows as the borrower's")
		}
		h.must(state.Update, next)
		h.same(next)
		// The lender is deleted by somebody else: it stays, and is wrong.
		h.call("delete_loopback", map[string]any{"sw_if_index": h.found[kinds.InterfaceID("b")].Handle})
		h.read()
		f := h.found[next.ID]
		if !f.Ours || h.kind(next.ID.Kind).Compare(next.Value, f.Value, nil).Change == state.Same {
			t.Errorf("after the lender has gone: %+v", f)
		}
		h.must(state.Delete, next, next)
		h.read()
		if _, there := h.found[next.ID]; there {
			t.Error("it is still there")
		}
		h.must(state.Delete, address("a", "default", "192.0.2.65/28"), ifItem(loop("user", 35)), ifItem(loop("b", 34)), ifItem(loop("a", 33)), next)
	})
}

func TestBondMembers(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		bond := ifItem(&kinds.Interface{Name: "bond", Type: kinds.Bond{Mode: kinds.BondActiveBackup}})
		member := loop("member", 36)
		member.MAC = macA
		h.must(state.Create, bond, ifItem(member))
		item := kinds.BondMemberItem("member", kinds.BondMember{Bond: "bond", Weight: 7})
		// A bond takes devices, not loopbacks; either way the tree has to hold.
		if err := h.do(state.Create, item); err != nil {
			t.Logf("a loopback as member: %v", err)
			h.must(state.Delete, item)
		} else {
			h.same(item, ifItem(member))
			lighter := kinds.BondMemberItem("member", kinds.BondMember{Bond: "bond", Weight: 3})
			h.must(state.Update, lighter)
			h.same(lighter, ifItem(member))
			h.must(state.Create, lighter)
			h.must(state.Delete, lighter, lighter)
			h.same(ifItem(member))
		}
		tunnel := ifItem(&kinds.Interface{Name: "tunnel", Type: kinds.IPIP{Endpoints: endpoints("default")}})
		h.must(state.Create, tunnel)
		err := h.do(state.Create, kinds.BondMemberItem("tunnel", kinds.BondMember{Bond: "bond"}))
		if err == nil || !strings.Contains(err.Error(), "only an Ethernet interface") {
			t.Errorf("without Ethernet: %v", err)
		}
		h.must(state.Delete, tunnel, ifItem(member), bond)
	})
}

func TestNeighbor(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		lo := ifItem(loop("lo", 37))
		h.must(state.Create, lo)
		h.must(state.Create, stateItem("lo", true), address("lo", "default", "192.0.2.129/28"))
		neighbor := func(ip string, n kinds.Neighbor) state.Item {
			a := netip.MustParseAddr(ip)
			return state.Item{ID: kinds.NeighborID("lo", a), Value: n, Needs: kinds.NeighborNeeds("lo")}
		}
		items := []state.Item{
			neighbor("192.0.2.130", kinds.Neighbor{MAC: macA, Static: true}),
			neighbor("192.0.2.131", kinds.Neighbor{MAC: macA}),
			neighbor("192.0.2.132", kinds.Neighbor{MAC: macA, Static: true, NoFIBEntry: true}),
			neighbor("2001:db8::2", kinds.Neighbor{MAC: macA, Static: true}),
		}
		h.must(state.Create, items...)
		h.must(state.Create, items...)
		h.same(items...)
		moved := neighbor("192.0.2.130", kinds.Neighbor{MAC: macB, Static: true})
		k := h.kind(kinds.KindNeighbor)
		if d := k.Compare(moved.Value, h.found[moved.ID].Value, nil); d.Change != state.InPlace {
			t.Errorf("another MAC: %+v", d)
		}
		h.must(state.Update, moved)
		h.same(moved)
		if d := k.Compare(items[1].Value, moved.Value, nil); d.Change != state.Recreate {
			t.Errorf("no longer static: %+v", d)
		}

		// Others' are told when they are static.
		for ip, flags := range map[string]int{"192.0.2.140": 1, "192.0.2.141": 0} {
			h.call("ip_neighbor_add_del", map[string]any{"is_add": true, "neighbor": map[string]any{
				"sw_if_index": h.found[lo.ID].Handle, "flags": flags, "mac_address": macA.String(), "ip_address": ip,
			}})
		}
		h.read()
		foreign, learned := neighbor("192.0.2.140", kinds.Neighbor{MAC: macB}), neighbor("192.0.2.141", kinds.Neighbor{MAC: macB, Static: true})
		if f, ok := h.found[foreign.ID]; !ok || f.Ours {
			t.Errorf("somebody else's: %+v", f)
		}
		if f, ok := h.found[learned.ID]; ok {
			t.Errorf("a learned one: %+v", f)
		}
		h.must(state.Create, learned) // what was learned is no conflict
		h.same(learned)
		// Also one that has come since VPP was read: VPP itself would replace it.
		var conflict *state.ConflictError
		if err := h.do(state.Create, foreign); !errors.As(err, &conflict) || !strings.Contains(err.Error(), "made by somebody else") {
			t.Errorf("one that somebody else has made: %v", err)
		}
		h.read()
		if have := h.found[foreign.ID].Value; have != (kinds.Neighbor{MAC: macA, Static: true}) {
			t.Errorf("somebody else's has become %+v", have)
		}
		foreign.Adopt = true
		h.must(state.Update, foreign)
		h.same(foreign)
		h.must(state.Delete, append(items, learned, foreign)...)
		h.must(state.Delete, items...)
		h.read()
		for id := range h.found {
			if id.Kind == kinds.KindNeighbor {
				t.Errorf("%s is still there", id)
			}
		}
		h.must(state.Delete, address("lo", "default", "192.0.2.129/28"), lo, items[0])
	})
}
