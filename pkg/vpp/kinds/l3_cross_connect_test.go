package kinds_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func l3wire(iface string, ip6 bool, paths ...kinds.Path) state.Item {
	return kinds.L3CrossConnectItem(iface, ip6, kinds.L3CrossConnect{Paths: kinds.NewPaths(paths...)})
}

func TestL3CrossConnect(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		hop := netip.MustParseAddr
		h := byHand(t, socket)
		before := h.snapshot()
		base := []state.Item{ifItem(loop("lan", 90)), ifItem(loop("wan", 91)), ifItem(loop("spare", 92)), vrfItem("blue", 7190, false), vrfItem("blue", 7190, true)}
		h.must(state.Create, base...)
		k := h.kind(kinds.KindL3CrossConnect)
		four := l3wire("lan", false, kinds.Path{NextHop: hop("192.0.2.2"), Interface: "wan"})
		six := l3wire("lan", true, kinds.Path{NextHop: hop("fe80::2"), Interface: "wan"})
		h.must(state.Create, four, six, six, four)
		h.same(four, six)
		// Whatever VPP makes of paths when it shows them, they are what was wanted,
		// and each change of them is made by taking the cross-connect off.
		last := four
		for _, next := range []state.Item{
			l3wire("lan", false, kinds.Path{NextHop: hop("192.0.2.3"), Interface: "wan"}),
			l3wire("lan", false, kinds.Path{Interface: "wan"}),
			l3wire("lan", false, kinds.Path{Interface: "lan"}),
			l3wire("lan", false, kinds.Path{NextHop: hop("192.0.2.2"), VRF: "blue"}),
			l3wire("lan", false,
				kinds.Path{NextHop: hop("192.0.2.4"), Interface: "spare", Preference: 7},
				kinds.Path{NextHop: hop("192.0.2.3"), Interface: "wan", Weight: 3},
				kinds.Path{NextHop: hop("192.0.2.2"), VRF: kinds.DefaultVRF, Weight: 9}),
			four,
		} {
			if d := k.Compare(next.Value, h.found[last.ID].Value, last.Value); d.Change != state.Recreate || len(d.Fields) != 1 {
				t.Errorf("from %+v to %+v: %+v", last.Value, next.Value, d)
			}
			h.must(state.Delete, last, last)
			h.must(state.Create, next, next)
			h.same(next, six)
			last = next
		}
		h.must(state.Delete, six)
		h.same(four)

		// Somebody takes one off, changes it, or deletes an interface of a path.
		index := func(name string) uint32 { return h.found[kinds.InterfaceID(name)].Handle }
		change := map[string]any{"l3xc": map[string]any{"sw_if_index": index("lan"), "paths": []any{map[string]any{"sw_if_index": index("spare")}}}}
		h.call("l3xc_update", change)
		h.read()
		if f := h.found[four.ID]; !f.Ours || k.Compare(four.Value, f.Value, nil).Change != state.Recreate {
			t.Errorf("changed by somebody else: %+v", f)
		}
		h.must(state.Delete, four)
		h.must(state.Create, four)
		h.call("l3xc_del", map[string]any{"sw_if_index": index("lan")})
		h.read()
		if f, there := h.found[four.ID]; there {
			t.Errorf("taken off by somebody else: %+v", f)
		}
		h.must(state.Create, four)
		h.same(four)
		h.call("delete_loopback", map[string]any{"sw_if_index": index("wan")})
		h.foreignLoop(99)
		h.read()
		if f, there := h.found[four.ID]; !there || k.Compare(four.Value, f.Value, nil).Change != state.Recreate {
			t.Errorf("its path leads to somebody else's interface: %+v", f)
		}
		h.must(state.Delete, four)
		h.call("delete_loopback", map[string]any{"sw_if_index": index("#loop99")})
		h.must(state.Delete, base[1])

		// What is somebody else's is seen and left alone.
		theirs := h.call("create_loopback", nil)["sw_if_index"]
		h.call("l3xc_update", map[string]any{"l3xc": map[string]any{"sw_if_index": theirs, "paths": []any{map[string]any{"sw_if_index": theirs}}}})
		h.foreign(kinds.KindL3CrossConnect, 1)
		h.call("l3xc_del", map[string]any{"sw_if_index": theirs})
		h.call("delete_loopback", map[string]any{"sw_if_index": theirs})
		h.must(state.Delete, base...)
		h.must(state.Delete, four, six)
		h.unchanged(before)
		for _, kind := range []string{kinds.KindL3CrossConnect, kinds.KindL3CrossConnect + "Left"} {
			if left := h.ledger.All(kind); len(left) > 0 {
				t.Errorf("left in the ledger: %v", left)
			}
		}
	})
}

func TestL3CrossConnectOnReusedIndex(t *testing.T) {
	connected := func(r *reuse, ok func(x map[string]any) bool) bool {
		for _, d := range r.dump("l3xc_dump", map[string]any{"sw_if_index": ^uint32(0)}) {
			if ok(d["l3xc"].(map[string]any)) {
				return true
			}
		}
		return false
	}
	eachSocket(t, func(t *testing.T, socket string) {
		t.Run("where packets come in", func(t *testing.T) {
			reusedIndex(t, socket, bound{
				kind: kinds.KindL3CrossConnect,
				items: func(name string) []state.Item {
					return []state.Item{
						l3wire(name, false, kinds.Path{NextHop: netip.MustParseAddr("192.0.2.9"), Interface: "other"}),
						l3wire(name, true, kinds.Path{Interface: "other"}),
					}
				},
				shown: func(r *reuse, index uint64) bool {
					return connected(r, func(x map[string]any) bool { return x["sw_if_index"] == index })
				},
				works: func(r *reuse, index uint64) bool {
					four, six := r.nodeOn(index, "ip4-unicast", "l3xc-input-ip4"), r.nodeOn(index, "ip6-unicast", "l3xc-input-ip6")
					if four != six {
						t.Logf("index %d: IPv4 %t, IPv6 %t", index, four, six)
						return !r.shown(r, index) // wrong either way
					}
					return four
				},
			})
		})
		t.Run("where packets go", func(t *testing.T) {
			to := func(r *reuse, index uint64) bool {
				return connected(r, func(x map[string]any) bool { return x["paths"].([]any)[0].(map[string]any)["sw_if_index"] == index })
			}
			reusedIndex(t, socket, bound{
				kind: kinds.KindL3CrossConnect,
				items: func(name string) []state.Item {
					return []state.Item{l3wire("other", false, kinds.Path{Interface: name})}
				},
				shown: to,
				works: func(r *reuse, index uint64) bool {
					return to(r, index) && r.nodeOn(r.index("loop62"), "ip4-unicast", "l3xc-input-ip4")
				},
			})
		})
	})
}

// A cross-connect lives through lost replies, and gives way to what is switched; a
// VPP without the plugin says so.
func TestL3CrossConnectFaults(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	made, taken := v.Fault(vpptest.CutAfter("l3xc_update").Times(2)), v.Fault(vpptest.CutAfter("l3xc_del").Times(2))
	b := work(t, v.Socket())
	b.Begin()
	b.set("lan", ifItem(loop("lan", 93)))
	b.set("wan", ifItem(loop("wan", 94)))
	b.set("wire", l3wire("lan", false, kinds.Path{Interface: "wan"}))
	b.awaitReasons("wire", "Programmed")
	next := l3wire("lan", false, kinds.Path{NextHop: netip.MustParseAddr("192.0.2.9"), Interface: "wan"})
	b.set("wire", next)
	b.await("changed", func() bool {
		have, _, ok := b.Get(next.ID)
		return ok && b.reasons("wire") == "Programmed" && have.(kinds.L3CrossConnect).Paths.Equal(next.Value.(kinds.L3CrossConnect).Paths)
	})
	if made.Hits() != 2 || taken.Hits() != 2 {
		t.Errorf("lost replies: %d of what makes, %d of what takes off", made.Hits(), taken.Hits())
	}
	n := 0
	for _, err := range vpp.InvokeStream(b.ctx, b.client, "l3xc_dump", map[string]any{"sw_if_index": ^uint32(0)}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("VPP has %d cross-connects", n)
	}
	o, s := owner("port", -1)
	for _, both := range []bool{true, false} {
		s.Items = []state.Item{wire("wan", "lan", both)}
		b.Set(o, s)
		b.awaitReasons("port", "Conflict: Test wire has it")
	}
	b.set("third", ifItem(loop("third", 95)))
	b.set("wire", l3wire("third", false, kinds.Path{Interface: "lan"}))
	b.awaitReasons("port", "Programmed")
	b.awaitReasons("wire", "Programmed")
	if err := v.Restart(vpptest.WithoutModule("l3xc")); err != nil {
		t.Fatal(err)
	}
	b.await("unsupported", func() bool {
		return strings.HasPrefix(b.reasons("wire"), "Unsupported: this VPP lacks plugin l3xc: ")
	})
}
