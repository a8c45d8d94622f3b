package kinds_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// whole is an interface as a controller would compile it.
func whole(i *kinds.Interface, vrf string, up bool, prefixes ...string) []state.Item {
	items := []state.Item{
		ifItem(i), kinds.InterfaceVRFItem(i.Name, vrf, false), kinds.InterfaceVRFItem(i.Name, "default", true),
	}
	for _, p := range prefixes {
		items = append(items, address(i.Name, vrf, p))
	}
	s := stateItem(i.Name, up)
	if t, ok := i.Type.(kinds.SubInterface); ok && up {
		s.Needs = append(s.Needs, kinds.InterfaceStateID(t.Parent))
	}
	return append(items, s)
}

// An interface lives through what users and others do to it.
func TestInterfaceEngine(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		ledger := t.TempDir() + "/ledger"
		in := func(o *benchOptions) { o.ledger = ledger }
		b := work(t, socket, in)
		lo := &kinds.Interface{Name: "lo", Type: kinds.Loopback{}, MAC: macA, MTU: 1400, DirectedBroadcast: true}
		sub := &kinds.Interface{Name: "sub", Type: kinds.SubInterface{Parent: "lo", VLANID: 7, ExactMatch: true}}
		b.set("vrf", vrfItem("blue", 7101, false))
		b.set("sub", whole(sub, "blue", true, "198.51.100.1/24")...)
		b.Begin()
		b.set("lo", whole(lo, "default", true, "192.0.2.1/24")...)
		allLo := "Unverified: VPP cannot show directedBroadcast; Programmed; Programmed; Programmed; Programmed"
		b.awaitReasons("lo", allLo)
		b.awaitReasons("sub", "Programmed; Programmed; Programmed; Programmed; Programmed")

		// Another length, then another VRF.
		b.set("lo", whole(lo, "default", true, "192.0.2.1/25")...)
		b.awaitThere(address("lo", "", "192.0.2.1/25").ID)
		b.awaitReasons("lo", allLo)
		b.set("lo", whole(lo, "blue", true, "192.0.2.1/25", "192.0.2.2/25")...)
		b.awaitThere(address("lo", "", "192.0.2.2/25").ID)
		b.awaitReasons("lo", "Unverified: VPP cannot show directedBroadcast; Programmed; Programmed; Programmed; Programmed; Programmed")
		b.set("lo", whole(lo, "default", true, "192.0.2.1/24")...)
		b.awaitThere(address("lo", "", "192.0.2.1/24").ID)
		b.awaitReasons("lo", allLo)

		// Another makes it anew: sub-interface and addresses with it.
		anew := *lo
		anew.Type = kinds.Loopback{Instance: kinds.Number{Value: 41, Given: true}}
		b.set("lo", whole(&anew, "default", true, "192.0.2.1/24")...)
		b.await("loop41", func() bool { index, err := b.indexOf("loop41"); return err == nil && index != 0 })
		b.awaitReasons("lo", allLo)
		b.awaitReasons("sub", "Programmed; Programmed; Programmed; Programmed; Programmed")

		// Somebody else deletes it: it comes back, and all that was on it.
		index, err := b.indexOf("loop41")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vpp.Invoke(b.ctx, b.client, "delete_loopback", map[string]any{"sw_if_index": index}); err != nil {
			t.Fatal(err)
		}
		b.await("a repair", func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return slices.Contains(b.events, "repaired Interface lo presence")
		})
		b.awaitReasons("lo", allLo)
		b.awaitReasons("sub", "Programmed; Programmed; Programmed; Programmed; Programmed")
		b.stop()

		// A restarted agent changes nothing.
		b = work(t, socket, in)
		b.set("vrf", vrfItem("blue", 7101, false))
		b.set("sub", whole(sub, "blue", true, "198.51.100.1/24")...)
		b.set("lo", whole(&anew, "default", true, "192.0.2.1/24")...)
		b.Begin()
		b.awaitReasons("lo", allLo)
		b.awaitReasons("sub", "Programmed; Programmed; Programmed; Programmed; Programmed")
		b.await("synced", func() bool { return b.Status().Synced })
		for _, m := range b.client.Stats().Snapshot().Messages {
			switch m.Name {
			case "create_loopback_instance", "create_subif", "sw_interface_set_flags", "sw_interface_set_table",
				"sw_interface_add_del_address", "sw_interface_tag_add_del", "sw_interface_set_mtu", "sw_interface_set_mac_address":
				if m.Sent > 0 {
					t.Errorf("%d %s for what is as it should be", m.Sent, m.Name)
				}
			}
		}

		// All goes, in order.
		for _, name := range []string{"vrf", "lo", "sub"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.await("nothing is left", func() bool {
			s := b.Status()
			return s.LeftoverCount == 0 && b.gone(kinds.InterfaceID("lo")) && b.gone(kinds.InterfaceID("sub")) && b.gone(kinds.VRFID("blue", false))
		})
	})
}

func (b *bench) awaitThere(id state.ID) {
	b.t.Helper()
	b.await(id.String(), func() bool { return !b.gone(id) })
}

func (b *bench) gone(id state.ID) bool {
	_, _, ok := b.Get(id)
	return !ok
}

// indexOf is the sw_if_index of an interface of a VPP name.
func (b *bench) indexOf(vppName string) (uint64, error) {
	for d, err := range vpp.InvokeStream(b.ctx, b.client, "sw_interface_dump", map[string]any{"sw_if_index": ^uint32(0)}) {
		if err != nil {
			return 0, err
		}
		if d["interface_name"] == vppName {
			return d["sw_if_index"].(uint64), nil
		}
	}
	return 0, nil
}

// VPP gives a bond the MAC address of its first member, and tells nobody: by the
// time when all is done that is known.
func TestBondTakesMACAddress(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		b := work(t, socket)
		bond := &kinds.Interface{Name: "bond", Type: kinds.Bond{Mode: kinds.BondXOR, LoadBalance: kinds.BondL2}}
		member := &kinds.Interface{Name: "member", Type: kinds.Memif{Socket: t.TempDir() + "/s", ID: 3}, MAC: macA}
		b.set("bond", ifItem(bond), ifItem(member), kinds.BondMemberItem("member", kinds.BondMember{Bond: "bond"}))
		b.Begin()
		b.await("synced", func() bool { return b.Status().Synced })
		b.awaitReasons("bond", "Programmed; Programmed; Programmed")
		have, _, _ := b.Get(kinds.InterfaceID("bond"))
		if i, ok := have.(*kinds.Interface); !ok || i.MAC != macA {
			t.Errorf("the bond is %+v, want %v as its MAC address", have, macA)
		}
		o, _ := owner("bond", 0)
		b.Remove(o)
		b.await("nothing is left", func() bool { return b.gone(kinds.InterfaceID("member")) && b.gone(kinds.InterfaceID("bond")) })
	})
}

// The MTU of a link is given by VPP to all that is on it: a sub-interface gets its
// own back at once, and nobody else is said to have changed it.
func TestLinkMTUDisturbsSubInterfaces(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		b := work(t, socket)
		parent := kinds.Interface{Name: "parent", Type: kinds.Memif{Socket: filepath.Join(t.TempDir(), "s"), ID: 8}, MAC: macA, MTU: 1500}
		sub := &kinds.Interface{Name: "sub", Type: kinds.SubInterface{Parent: "parent", VLANID: 9, ExactMatch: true}, MTU: 1300}
		b.set("parent", ifItem(&parent))
		b.set("sub", ifItem(sub))
		b.Begin()
		b.awaitReasons("parent", "Programmed")
		b.awaitReasons("sub", "Programmed")
		for _, mtu := range []uint16{1600, 1700} {
			changed := parent
			changed.LinkMTU = mtu
			b.set("parent", ifItem(&changed))
			b.await("both have theirs", func() bool {
				want := fmt.Sprintf("parent %d [1500 0 0 0], sub [1300 0 0 0]", mtu)
				return b.mtus() == want && b.reasons("parent") == "Programmed" && b.reasons("sub") == "Programmed"
			})
		}
		b.mu.Lock()
		if slices.ContainsFunc(b.events, func(e string) bool { return strings.HasPrefix(e, "repaired") }) {
			t.Errorf("events %v: it was us", b.events)
		}
		b.mu.Unlock()
		for _, name := range []string{"sub", "parent"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.await("nothing is left", func() bool { return b.gone(kinds.InterfaceID("parent")) && b.gone(kinds.InterfaceID("sub")) })
	})
}

// mtus are the MTU of parent's link and those of the packets of parent and sub, as
// VPP shows them.
func (b *bench) mtus() string {
	shown := map[string]map[string]any{}
	for d, err := range vpp.InvokeStream(b.ctx, b.client, "sw_interface_dump", map[string]any{"sw_if_index": ^uint32(0)}) {
		if err != nil {
			b.t.Fatal(err)
		}
		shown[strings.TrimPrefix(fmt.Sprint(d["tag"]), kinds.Mark)] = d
	}
	return fmt.Sprintf("parent %v %v, sub %v", shown["parent"]["link_mtu"], shown["parent"]["mtu"], shown["sub"]["mtu"])
}
