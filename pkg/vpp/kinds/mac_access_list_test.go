package kinds_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

var allBits = kinds.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// macRule is a rule for one MAC address, or for any where that is zero.
func macRule(action kinds.AccessAction, mac kinds.MAC, source string) kinds.MACAccessRule {
	r := kinds.MACAccessRule{Action: action, MAC: mac, Source: netip.MustParsePrefix(source)}
	if mac != (kinds.MAC{}) {
		r.MACMask = allBits
	}
	return r
}

var permitAnyMAC = macRule(kinds.AccessPermit, kinds.MAC{}, "0.0.0.0/0")

func macAccessList(name string, rules ...kinds.MACAccessRule) state.Item {
	return state.Item{ID: kinds.MACAccessListID(name), Value: &kinds.MACAccessList{Rules: rules}}
}

func TestMACAccessListIsReadAsWritten(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		host := macRule(kinds.AccessPermit, kinds.MAC{2, 0, 0, 0, 0, 1}, "192.0.2.1/32")
		item := macAccessList("guests", host, macRule(kinds.AccessDeny, kinds.MAC{}, "2001:db8::/32"), permitAnyMAC)
		h.must(state.Create, item)
		index := h.result.Handle
		h.must(state.Create, item) // again
		if h.result.Handle != index {
			t.Errorf("created twice: %d and %d", index, h.result.Handle)
		}
		h.same(item)

		// Each field is one that tells lists apart, and is replaced in place.
		for name, change := range map[string]func(*kinds.MACAccessRule){
			"action": func(r *kinds.MACAccessRule) { r.Action = kinds.AccessDeny },
			"MAC":    func(r *kinds.MACAccessRule) { r.MAC[5] = 2 },
			"mask":   func(r *kinds.MACAccessRule) { r.MAC[5], r.MACMask[5] = 0, 0xf0 },
			"source": func(r *kinds.MACAccessRule) { r.Source = netip.MustParsePrefix("192.0.2.0/25") },
			"family": func(r *kinds.MACAccessRule) { r.Source = netip.MustParsePrefix("2001:db8::1/128") },
		} {
			other := host
			change(&other)
			changed := macAccessList("guests", other)
			if d := h.kind(item.ID.Kind).Compare(changed.Value, h.found[item.ID].Value, nil); d.Change != state.InPlace {
				t.Errorf("%s: %+v", name, d)
			}
			h.must(state.Update, changed)
			h.same(changed)
			if h.found[item.ID].Handle != index {
				t.Errorf("%s: it is another list", name)
			}
		}
		if err := h.do(state.Update, macAccessList("guests")); err == nil {
			t.Error("a list without rules was written")
		}

		// Lists of both sorts have numbers and names of their own.
		like := accessList("guests", permitAll)
		h.must(state.Create, like)
		h.same(like)
		h.must(state.Delete, like)

		h.call("macip_acl_add_replace", map[string]any{"acl_index": ^uint32(0), "tag": "vpp-operator/guests"})
		h.read()
		double := slices.IndexFunc(h.names(), func(n string) bool { return strings.HasPrefix(n, "MACAccessList #") })
		if double < 0 {
			t.Fatalf("with a double: %v", h.names())
		}
		_, key, _ := strings.Cut(h.names()[double], " ")
		h.must(state.Delete, macAccessList(key))
		h.must(state.Delete, item)
		h.must(state.Delete, item) // again
		h.unchanged(before)
		if left := h.ledger.All(kinds.KindMACAccessList); len(left) > 0 {
			t.Errorf("left in the ledger: %v", left)
		}
	})
}

// macListOn is what VPP tells of an interface's list: its acl_index.
func (h *hand) macListOn(index uint32) (acl uint32) {
	h.t.Helper()
	acl = ^uint32(0)
	for d, err := range vpp.InvokeStream(h.ctx, h.session, "macip_acl_interface_list_dump", map[string]any{"sw_if_index": index}) {
		if err != nil {
			h.t.Fatal(err)
		}
		acl = uint32(d["acls"].([]any)[0].(uint64))
	}
	return acl
}

// An interface has one list: ours gives way to another of ours, somebody else's
// stays, and so does the list of another interface.
func TestMACAccessListsOnInterfaces(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		lo, other := ifItem(loop("lo", 71)), ifItem(loop("other", 72))
		a, b := macAccessList("a", permitAnyMAC), macAccessList("b", permitAnyMAC)
		h.must(state.Create, lo, other, a, b)
		index := h.found[lo.ID].Handle
		acl := func(name string) uint32 { return h.found[kinds.MACAccessListID(name)].Handle }
		onA, onB := kinds.MACAccessListInterfaceItem("lo", "a"), kinds.MACAccessListInterfaceItem("lo", "b")
		there := kinds.MACAccessListInterfaceItem("other", "b")
		h.must(state.Create, onA, there)
		h.must(state.Create, onA, there) // again
		h.same(onA, there)
		if d := h.kind(onA.ID.Kind).Compare(onB.Value, h.found[onA.ID].Value, nil); d.Change != state.InPlace {
			t.Errorf("another list: %+v", d)
		}
		h.must(state.Update, onB)
		h.same(onB, there)
		if got := h.macListOn(index); got != acl("b") {
			t.Errorf("list %d", got)
		}

		var wait *state.WaitError
		if err := h.do(state.Create, kinds.MACAccessListInterfaceItem("lo", "missing")); !errors.As(err, &wait) {
			t.Errorf("a list that is not there: %v", err)
		}
		if err := h.do(state.Create, kinds.MACAccessListInterfaceItem("missing", "a")); !errors.As(err, &wait) {
			t.Errorf("an interface that is not there: %v", err)
		}

		// Somebody else puts theirs in its place: neither replaced nor taken off.
		foreign := uint32(h.call("macip_acl_add_replace", map[string]any{"acl_index": ^uint32(0), "tag": "theirs", "r": []any{map[string]any{"is_permit": 1}}})["acl_index"].(uint64))
		h.call("macip_acl_interface_add_del", map[string]any{"is_add": true, "sw_if_index": index, "acl_index": foreign})
		h.read()
		if f := h.found[onB.ID]; f.Ours {
			t.Errorf("theirs is taken for ours: %+v", f)
		}
		var conflict *state.ConflictError
		if err := h.do(state.Create, onA); !errors.As(err, &conflict) {
			t.Errorf("in the place of theirs: %v", err)
		}
		h.must(state.Delete, onB)
		if got := h.macListOn(index); got != foreign {
			t.Errorf("list %d in the place of theirs, %d", got, foreign)
		}
		h.same(there)
		h.call("macip_acl_interface_add_del", map[string]any{"is_add": false, "sw_if_index": index})

		// Another interface gets the index of one that is deleted: it has no list.
		h.must(state.Create, onA)
		h.call("delete_loopback", map[string]any{"sw_if_index": index})
		next := ifItem(loop("next", 73))
		h.must(state.Create, next)
		if got := h.macListOn(index); got != ^uint32(0) || h.found[next.ID].Handle != index {
			t.Errorf("list %d at index %d", got, h.found[next.ID].Handle)
		}
		h.must(state.Delete, onA)

		// A list that somebody else deletes is off; what gets its number is not ours.
		h.call("macip_acl_del", map[string]any{"acl_index": acl("b")})
		if got := h.macListOn(h.found[other.ID].Handle); got != ^uint32(0) {
			t.Errorf("a deleted list is on: %d", got)
		}
		h.read()
		h.must(state.Create, b, there)
		h.same(there)
		h.must(state.Delete, there)
		h.must(state.Delete, there) // again
		h.must(state.Delete, next, other, lo, a, b)
		h.call("macip_acl_del", map[string]any{"acl_index": foreign})
		h.unchanged(before)
	})
}

// Two objects want one interface: the older has it, and when that goes the
// other, without the interface being open in between.
func TestMACAccessListEngine(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		ledger := t.TempDir() + "/ledger"
		in := func(o *benchOptions) { o.ledger = ledger }
		b := work(t, socket, in)
		lo := ifItem(loop("lo", 74))
		set := func(name string, age int) {
			o, s := owner(name, age)
			s.Items = []state.Item{macAccessList(name, permitAnyMAC), kinds.MACAccessListInterfaceItem("lo", name)}
			b.Set(o, s)
		}
		b.Begin()
		set("second", 1)
		b.awaitReasons("second", "Programmed; WaitingForDependency: waits for Interface lo")
		b.set("lo", lo)
		b.awaitReasons("second", "Programmed; Programmed")
		set("first", 2)
		b.awaitReasons("first", "Programmed; Programmed")
		b.awaitReasons("second", "Programmed; Conflict: Test first has it")

		// Somebody else deletes the list, and takes the next one off: both come back.
		repaired := func(what string) func() bool {
			return func() bool {
				b.mu.Lock()
				defer b.mu.Unlock()
				return slices.Contains(b.events, "repaired "+what)
			}
		}
		index, err := b.indexOf("loop74")
		if err != nil {
			t.Fatal(err)
		}
		must := func(name string, fields map[string]any) {
			if _, err := vpp.Invoke(b.ctx, b.client, name, fields); err != nil {
				t.Fatal(err)
			}
		}
		must("macip_acl_del", map[string]any{"acl_index": b.aclOf("macip_acl_dump", "first")})
		b.ResyncNow()
		b.await("a repair", repaired("MACAccessList first presence"))
		b.awaitReasons("first", "Programmed; Programmed")
		must("macip_acl_interface_add_del", map[string]any{"is_add": false, "sw_if_index": index})
		b.ResyncNow()
		b.await("a repair", repaired("MACAccessListInterface lo presence"))
		b.awaitReasons("first", "Programmed; Programmed")

		// The interface is deleted by somebody else: the list is put on the next.
		must("delete_loopback", map[string]any{"sw_if_index": index})
		b.await("a repair", repaired("Interface lo presence"))
		b.awaitReasons("lo", "Programmed")
		b.awaitReasons("first", "Programmed; Programmed")

		o, _ := owner("first", 0)
		sentBefore := sent(b.client.Stats().Snapshot(), "macip_acl_interface_add_del")
		b.Remove(o)
		b.awaitReasons("second", "Programmed; Programmed")
		b.await("the first list is gone", func() bool { return b.gone(kinds.MACAccessListID("first")) })
		if n := sent(b.client.Stats().Snapshot(), "macip_acl_interface_add_del") - sentBefore; n != 1 {
			t.Errorf("%d calls to put one list in the place of another", n)
		}
		b.stop()

		// A restarted agent changes nothing.
		b = work(t, socket, in)
		b.set("lo", lo)
		set("second", 1)
		b.Begin()
		b.await("synced", func() bool { return b.Status().Synced })
		b.awaitReasons("second", "Programmed; Programmed")
		for _, m := range b.client.Stats().Snapshot().Messages {
			if (m.Name == "macip_acl_add_replace" || m.Name == "macip_acl_interface_add_del") && m.Sent > 0 {
				t.Errorf("%d %s for what is as it should be", m.Sent, m.Name)
			}
		}
		for _, name := range []string{"lo", "second"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.await("nothing is left", func() bool {
			return b.gone(kinds.InterfaceID("lo")) && b.gone(kinds.MACAccessListID("second"))
		})
	})
}

// A reply that is lost makes no second list, and a VPP without the plugin says
// so.
func TestMACAccessListFaults(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	lost := v.Fault(vpptest.CutAfter("macip_acl_*").Times(3))
	b := work(t, v.Socket())
	b.Begin()
	b.set("lo", ifItem(loop("lo", 75)))
	b.set("list", macAccessList("list", permitAnyMAC), kinds.MACAccessListInterfaceItem("lo", "list"))
	b.awaitReasons("list", "Programmed; Programmed")
	if lost.Hits() != 3 {
		t.Errorf("%d replies were lost", lost.Hits())
	}
	if n := v.Calls("macip_acl_add_replace"); n > 2 {
		t.Errorf("%d lists were made", n)
	}
	if err := v.Restart(vpptest.WithoutModule("acl")); err != nil {
		t.Fatal(err)
	}
	b.await("unsupported", func() bool {
		return strings.HasPrefix(b.reasons("list"), "Unsupported: this VPP lacks plugin acl: ")
	})
}

// What VPP looks up first: the combination that more rules have, then the
// longer one, of IPv6 before that of IPv4.
func TestMACRulePrecedence(t *testing.T) {
	t.Parallel()
	host, any4, any6 := macRule(0, kinds.MAC{2, 0, 0, 0, 0, 1}, "192.0.2.1/32"), permitAnyMAC, macRule(0, kinds.MAC{}, "::/0")
	got := kinds.MACRulePrecedence([]kinds.MACAccessRule{host, any4, any4, any4, any6})
	for r, want := range map[*kinds.MACAccessRule]int{&host: 48 + 32 + 10, &any4: 30, &any6: 11} {
		if got[r.Mask()] != want {
			t.Errorf("%+v: %d, want %d", r, got[r.Mask()], want)
		}
	}
	for _, tc := range []struct {
		a, b kinds.MACAccessRule
		want bool
	}{
		{host, any4, true}, {host, any6, false}, {any4, any6, false}, {host, host, true},
		{host, macRule(0, kinds.MAC{2, 0, 0, 0, 0, 2}, "0.0.0.0/0"), false},
		{host, macRule(0, kinds.MAC{2, 0, 0, 0, 0, 1}, "192.0.2.2/32"), false},
		{host, kinds.MACAccessRule{MAC: kinds.MAC{2}, MACMask: kinds.MAC{0xff, 0xff}, Source: netip.MustParsePrefix("192.0.2.0/24")}, true},
		{host, kinds.MACAccessRule{MAC: kinds.MAC{4}, MACMask: kinds.MAC{4}, Source: netip.MustParsePrefix("192.0.2.0/24")}, false},
	} {
		if tc.a.Overlaps(&tc.b) != tc.want || tc.b.Overlaps(&tc.a) != tc.want {
			t.Errorf("%+v and %+v overlap: %t", tc.a, tc.b, !tc.want)
		}
	}
}
