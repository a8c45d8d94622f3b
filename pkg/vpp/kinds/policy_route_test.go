package kinds_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func policy(name, list string, ip6 bool, paths ...kinds.Path) state.Item {
	return kinds.PolicyRouteItem(name, kinds.PolicyRoute{IP6: ip6, AccessList: list, Paths: kinds.NewPaths(paths...)})
}

func attached(iface, policy string, ip6 bool, priority uint32) state.Item {
	return kinds.PolicyRouteInterfaceItem(iface, policy, kinds.PolicyRouteInterface{IP6: ip6, Priority: priority})
}

var dropPath = kinds.Path{Type: kinds.PathDrop}

// Whatever VPP makes of a policy's paths when it shows them, they are what was
// wanted.
func TestPolicyRouteIsReadAsWritten(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		hop := netip.MustParseAddr
		h := byHand(t, socket)
		before := h.snapshot()
		lo, blue4, blue6 := ifItem(loop("lo", 71)), vrfItem("blue", 7171, false), vrfItem("blue", 7171, true)
		list, other := accessList("list", permitAll), accessList("other", permitAll)
		h.must(state.Create, lo, blue4, blue6, list, other)
		for name, item := range map[string]state.Item{
			"drop":              policy("p", "list", false, dropPath),
			"IPv6 drop":         policy("p", "list", true, dropPath),
			"another list":      policy("p", "other", false, dropPath),
			"next hop":          policy("p", "list", false, kinds.Path{NextHop: hop("192.0.2.2"), Interface: "lo"}),
			"IPv6 next hop":     policy("p", "list", true, kinds.Path{NextHop: hop("fe80::2"), Interface: "lo"}),
			"onto an interface": policy("p", "list", false, kinds.Path{Interface: "lo"}),
			"IPv6 interface":    policy("p", "list", true, kinds.Path{Interface: "lo"}),
			"recursive":         policy("p", "list", false, kinds.Path{NextHop: hop("192.0.2.2"), VRF: "blue"}),
			"lookup":            policy("p", "list", false, kinds.Path{Type: kinds.PathLookup, VRF: "blue"}),
			"IPv6 lookup":       policy("p", "list", true, kinds.Path{Type: kinds.PathLookup, VRF: "blue"}),
			"weights and preferred": policy("p", "list", false,
				kinds.Path{NextHop: hop("192.0.2.4"), Interface: "lo", Preference: 7},
				kinds.Path{NextHop: hop("192.0.2.3"), Interface: "lo", Weight: 3},
				kinds.Path{NextHop: hop("192.0.2.2"), VRF: kinds.DefaultVRF, Weight: 9}),
		} {
			t.Run(name, func(t *testing.T) {
				h.must(state.Create, item)
				id := h.result.Handle
				if id < 1<<30 {
					t.Errorf("policy %d", id)
				}
				h.must(state.Create, item) // again
				if h.result.Handle != id {
					t.Errorf("created twice: %d and %d", id, h.result.Handle)
				}
				h.same(item)
				if d := h.kind(item.ID.Kind).Compare(policy("p", "list", false, kinds.Path{NextHop: hop("192.0.2.99"), Interface: "lo"}).Value, h.found[item.ID].Value, nil); d.Change != state.Recreate {
					t.Errorf("to change it: %+v", d)
				}
				place := attached("lo", "p", item.Value.(kinds.PolicyRoute).IP6, 7)
				h.must(state.Create, place, place)
				h.same(item, place)
				if d := h.kind(place.ID.Kind).Compare(attached("lo", "p", item.Value.(kinds.PolicyRoute).IP6, 8).Value, h.found[place.ID].Value, nil); d.Change != state.Recreate {
					t.Errorf("another priority: %+v", d)
				}
				// Neither the list nor the policy go while it is attached.
				used := accessList(item.Value.(kinds.PolicyRoute).AccessList)
				if err := h.do(state.Delete, used); err == nil || !strings.Contains(err.Error(), "-149") {
					t.Errorf("deleting a list in use: %v", err)
				}
				if err := h.do(state.Delete, item); !errors.Is(err, vpp.ErrGuarded) {
					t.Errorf("deleting an attached policy: %v", err)
				}
				h.must(state.Delete, place, place)
				h.must(state.Delete, item, item)
			})
		}

		// Numbers of others are left alone.
		foreign := h.call("acl_add_replace", map[string]any{"acl_index": ^uint32(0), "tag": "theirs"})["acl_index"]
		theirs := map[string]any{"policy_id": 1 << 30, "acl_index": foreign, "paths": []any{map[string]any{"sw_if_index": ^uint32(0), "type": 2}}}
		h.call("abf_policy_add_del", map[string]any{"is_add": true, "policy": theirs})
		h.read()
		h.must(state.Create, policy("p", "list", false, dropPath))
		if h.result.Handle == 1<<30 {
			t.Error("it took the number of somebody else's")
		}
		h.must(state.Delete, policy("p", "list", false, dropPath))
		h.read()
		if f, there := h.found[kinds.PolicyRouteID("#1073741824")]; !there || f.Ours {
			t.Errorf("theirs: %+v", f)
		}
		h.call("abf_policy_add_del", map[string]any{"is_add": false, "policy": theirs})
		h.call("acl_del", map[string]any{"acl_index": foreign})
		h.must(state.Delete, lo, blue4, blue6, list, other)
		h.unchanged(before)
		for _, kind := range []string{kinds.KindPolicyRoute, "PolicyRouteNumber", kinds.KindPolicyRouteInterface, kinds.KindPolicyRouteInterface + "Left"} {
			if left := h.ledger.All(kind); len(left) > 0 {
				t.Errorf("left in the ledger: %v", left)
			}
		}
	})
}

// The interface of a path is deleted by somebody else: VPP lets go of the policy
// only once the index has an owner, and the route is made again meanwhile.
func TestPolicyRouteWithoutItsInterface(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		lo, list := ifItem(loop("lo", 72)), accessList("list", permitAll)
		h.must(state.Create, lo, list)
		item := policy("p", "list", false, kinds.Path{Interface: "lo"}, kinds.Path{NextHop: netip.MustParseAddr("192.0.2.2"), VRF: "default"})
		h.must(state.Create, item)
		id := h.result.Handle
		h.read()
		h.call("delete_loopback", map[string]any{"sw_if_index": h.found[lo.ID].Handle})
		h.read()
		h.must(state.Delete, item)
		h.read()
		left := state.Item{ID: kinds.PolicyRouteID("#left-1073741824")}
		if f, there := h.found[left.ID]; !there || !f.Ours || f.Handle != id {
			t.Fatalf("what VPP did not let go: %v", h.names())
		}
		if err := h.do(state.Delete, left); err == nil {
			t.Error("VPP let go of it all the same")
		}
		h.must(state.Create, policy("p", "list", false, dropPath))
		if h.result.Handle == id {
			t.Error("it has the number of the one that is left")
		}
		h.must(state.Create, lo)
		h.read()
		h.must(state.Delete, left, left)
		h.must(state.Delete, policy("p", "list", false, dropPath), lo, list)
		h.unchanged(before)
	})
}

func TestPolicyRouteOnReusedIndex(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		reusedIndex(t, socket, bound{
			kind: kinds.KindPolicyRouteInterface,
			items: func(name string) []state.Item {
				return []state.Item{
					accessList("list", permitAll, accessRule(kinds.AccessPermit, "::/0", "::/0")),
					policy("a", "list", false, dropPath), policy("b", "list", false, dropPath), policy("c", "list", true, dropPath),
					attached(name, "a", false, 1), attached(name, "b", false, 2), attached(name, "c", true, 1),
				}
			},
			shown: func(r *reuse, index uint64) bool {
				for _, d := range r.dump("abf_itf_attach_dump", nil) {
					if d["attach"].(map[string]any)["sw_if_index"] == index {
						return true
					}
				}
				return false
			},
			works: func(r *reuse, index uint64) bool {
				four := r.nodeOn(index, "ip4-unicast", "abf-input-ip4")
				if six := r.nodeOn(index, "ip6-unicast", "abf-input-ip6"); six != four {
					t.Logf("index %d: IPv4 %t, IPv6 %t", index, four, six)
					return !r.shown(r, index) // wrong either way
				}
				return four
			},
		})
	})
}

// A policy changes with all that hangs on it, lost replies or not, and a VPP
// without the plugin says so.
func TestPolicyRouteFaults(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	lost := v.Fault(vpptest.CutAfter("abf_*_add_del").Times(3))
	b := work(t, v.Socket())
	b.Begin()
	b.set("lo", ifItem(loop("lo", 73)))
	b.set("list", accessList("list", permitAll))
	b.set("policy", policy("p", "list", false, dropPath), attached("lo", "p", false, 1))
	b.awaitReasons("policy", "Programmed; Programmed")
	next := policy("p", "list", false, kinds.Path{Interface: "lo"})
	b.set("policy", next, attached("lo", "p", false, 2))
	b.await("changed", func() bool {
		have, _, ok := b.Get(next.ID)
		return ok && b.reasons("policy") == "Programmed; Programmed" && have.(kinds.PolicyRoute).Paths.Equal(next.Value.(kinds.PolicyRoute).Paths)
	})
	if lost.Hits() != 3 || v.Boot() != 1 {
		t.Errorf("%d replies were lost, boot %d: %s", lost.Hits(), v.Boot(), v.Crashed())
	}
	if err := v.Restart(vpptest.WithoutModule("abf")); err != nil {
		t.Fatal(err)
	}
	b.await("unsupported", func() bool {
		return strings.HasPrefix(b.reasons("policy"), "Unsupported: this VPP lacks plugin abf: ")
	})
}
