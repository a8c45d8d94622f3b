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

// accessRule is a rule of any protocol and port.
func accessRule(action kinds.AccessAction, source, destination string) kinds.AccessRule {
	return kinds.AccessRule{
		Action: action, Source: netip.MustParsePrefix(source), Destination: netip.MustParsePrefix(destination),
		SourceLast: 65535, DestinationLast: 65535,
	}
}

var permitAll = accessRule(kinds.AccessPermit, "0.0.0.0/0", "0.0.0.0/0")

func accessList(name string, rules ...kinds.AccessRule) state.Item {
	return state.Item{ID: kinds.AccessListID(name), Value: &kinds.AccessList{Rules: rules}}
}

// onBoth is a list applied to an interface, both ways.
func onBoth(iface, list string, priority uint16) []state.Item {
	return []state.Item{
		kinds.AccessListInterfaceItem(iface, kinds.Input, list, priority),
		kinds.AccessListInterfaceItem(iface, kinds.Output, list, priority),
	}
}

func TestAccessListIsReadAsWritten(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		tcp := accessRule(kinds.AccessPermitReflect, "192.0.2.0/24", "198.51.100.7/32")
		tcp.Protocol, tcp.SourceFirst, tcp.DestinationFirst, tcp.DestinationLast = 6, 1024, 443, 443
		tcp.TCPFlagsMask, tcp.TCPFlagsValue = 0x12, 0x02
		ping := accessRule(kinds.AccessDeny, "2001:db8::/32", "::/0")
		ping.Protocol, ping.SourceFirst, ping.SourceLast, ping.DestinationLast = 58, 128, 128, 255
		item := accessList("web", tcp, ping, permitAll, accessRule(kinds.AccessPermit, "::/0", "::/0"))
		h.must(state.Create, item)
		index := h.result.Handle
		h.must(state.Create, item) // again
		if h.result.Handle != index {
			t.Errorf("created twice: %d and %d", index, h.result.Handle)
		}
		h.same(item)

		// Each field is one that tells lists apart, and is replaced in place.
		for name, change := range map[string]func(*kinds.AccessRule){
			"action":      func(r *kinds.AccessRule) { r.Action = kinds.AccessDeny },
			"source":      func(r *kinds.AccessRule) { r.Source = netip.MustParsePrefix("192.0.2.0/25") },
			"destination": func(r *kinds.AccessRule) { r.Destination = netip.MustParsePrefix("0.0.0.0/0") },
			"protocol":    func(r *kinds.AccessRule) { r.Protocol = 17 },
			"sources":     func(r *kinds.AccessRule) { r.SourceFirst, r.SourceLast = 7, 8 },
			"ports":       func(r *kinds.AccessRule) { r.DestinationFirst, r.DestinationLast = 80, 8080 },
			"flags":       func(r *kinds.AccessRule) { r.TCPFlagsMask, r.TCPFlagsValue = 1, 1 },
		} {
			other := tcp
			change(&other)
			changed := accessList("web", other)
			if d := h.kind(item.ID.Kind).Compare(changed.Value, h.found[item.ID].Value, nil); d.Change != state.InPlace {
				t.Errorf("%s: %+v", name, d)
			}
			h.must(state.Update, changed)
			h.same(changed)
			if h.found[item.ID].Handle != index {
				t.Errorf("%s: it is another list", name)
			}
		}
		if err := h.do(state.Update, accessList("web")); err == nil {
			t.Error("a list without rules was written")
		}

		// One that was made with our tag by mistake is found, and superfluous.
		h.call("acl_add_replace", map[string]any{"acl_index": ^uint32(0), "tag": "vpp-operator/web"})
		h.read()
		double := slices.IndexFunc(h.names(), func(n string) bool { return strings.HasPrefix(n, "AccessList #") })
		if double < 0 || len(h.found[item.ID].Value.(*kinds.AccessList).Rules) == 0 {
			t.Errorf("with a double: %v", h.names())
		} else {
			_, key, _ := strings.Cut(h.names()[double], " ")
			if !h.found[kinds.AccessListID(key)].Ours {
				t.Error("the double is not ours")
			}
			h.must(state.Delete, accessList(key))
		}

		h.must(state.Delete, item)
		h.must(state.Delete, item) // again
		h.unchanged(before)
		if left := h.ledger.All(kinds.KindAccessList); len(left) > 0 {
			t.Errorf("left in the ledger: %v", left)
		}
	})
}

// onInterface are the lists of an interface in VPP's order, by name.
func (h *hand) lists(iface string) string {
	h.t.Helper()
	h.read()
	var words []string
	for d, err := range vpp.InvokeStream(h.ctx, h.session, "acl_interface_list_dump", map[string]any{"sw_if_index": h.found[kinds.InterfaceID(iface)].Handle}) {
		if err != nil {
			h.t.Fatal(err)
		}
		for i, index := range d["acls"].([]any) {
			if uint64(i) == d["n_input"].(uint64) {
				words = append(words, "|")
			}
			id, _ := h.view.Lookup(kinds.KindAccessList, uint32(index.(uint64)))
			if strings.HasPrefix(id.Key, "#") {
				id.Key = "#"
			}
			words = append(words, id.Key)
		}
	}
	return strings.Join(words, " ")
}

// Several lists on one interface are in the order of their priorities, and
// those of others keep their places.
func TestAccessListsOnAnInterface(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		lo := ifItem(loop("lo", 61))
		a, b, c := accessList("a", permitAll), accessList("b", permitAll), accessList("c", permitAll)
		h.must(state.Create, lo, a, b, c)
		foreign := h.call("acl_add_replace", map[string]any{"acl_index": ^uint32(0), "tag": "theirs", "count": 1,
			"r": []any{map[string]any{"is_permit": 1, "src_prefix": "0.0.0.0/0", "dst_prefix": "0.0.0.0/0"}}})["acl_index"]
		index := h.found[lo.ID].Handle
		append1 := map[string]any{"is_add": true, "is_input": true, "sw_if_index": index, "acl_index": foreign}
		h.call("acl_interface_add_del", append1)

		on := func(list string, priority uint16) []state.Item { return onBoth("lo", list, priority) }
		h.must(state.Create, on("b", 20)...)
		h.must(state.Create, on("b", 20)...) // again
		h.must(state.Create, on("a", 20)...)
		h.must(state.Create, on("c", 10)...)
		if got := h.lists("lo"); got != "c a b # | c a b" {
			t.Errorf("lists %q", got)
		}
		h.same(slices.Concat(on("a", 20), on("b", 20), on("c", 10))...)
		moved := kinds.AccessListInterfaceItem("lo", kinds.Input, "c", 30)
		if d := h.kind(moved.ID.Kind).Compare(moved.Value, h.found[moved.ID].Value, nil); d.Change != state.InPlace {
			t.Errorf("another priority: %+v", d)
		}
		h.must(state.Update, moved)
		if got := h.lists("lo"); got != "a b c # | c a b" {
			t.Errorf("lists after a move %q", got)
		}
		h.same(moved)

		// Somebody else changes the order, and puts theirs first.
		acl := func(name string) any { return h.found[kinds.AccessListID(name)].Handle }
		h.call("acl_interface_set_acl_list", map[string]any{
			"sw_if_index": index, "n_input": 4, "count": 7, "acls": []any{foreign, acl("c"), acl("a"), acl("b"), acl("c"), acl("a"), acl("b")},
		})
		h.read()
		for _, i := range []state.Item{moved, on("a", 20)[0], on("b", 20)[0]} {
			if d := h.kind(i.ID.Kind).Compare(i.Value, h.found[i.ID].Value, nil); d.Change != state.InPlace {
				t.Errorf("%s misplaced: %+v", i.ID, d)
			}
		}
		h.must(state.Update, on("a", 20)[0])
		if got := h.lists("lo"); got != "# a b c | c a b" {
			t.Errorf("lists put right %q", got)
		}
		h.same(moved, on("a", 20)[0], on("b", 20)[0])

		// Without the ledger nobody knows the order that was meant.
		for _, id := range h.ledger.All(kinds.KindAccessListInterface) {
			_ = h.ledger.Delete(id)
		}
		h.read()
		if d := h.kind(moved.ID.Kind).Compare(moved.Value, h.found[moved.ID].Value, nil); d.Change != state.InPlace {
			t.Errorf("unknown: %+v", d)
		}
		h.must(state.Update, moved)
		h.must(state.Update, on("a", 20)...)
		h.must(state.Update, on("b", 20)...)
		h.same(moved, on("a", 20)[1], on("b", 20)[1])

		if err := h.do(state.Delete, a); err == nil || !strings.Contains(err.Error(), "-142") {
			t.Errorf("deleting an applied list: %v", err)
		}
		var wait *state.WaitError
		if err := h.do(state.Create, kinds.AccessListInterfaceItem("lo", kinds.Input, "missing", 0)); !errors.As(err, &wait) {
			t.Errorf("a list that is not there: %v", err)
		}
		if err := h.do(state.Create, kinds.AccessListInterfaceItem("missing", kinds.Input, "a", 0)); !errors.As(err, &wait) {
			t.Errorf("an interface that is not there: %v", err)
		}

		// Another interface gets the index of one that is deleted: it has no lists.
		h.call("delete_loopback", map[string]any{"sw_if_index": index})
		other := ifItem(loop("other", 62))
		h.must(state.Create, other)
		if got := h.lists("other"); got != "" || h.found[other.ID].Handle != index {
			t.Errorf("lists %q at index %d", got, h.found[other.ID].Handle)
		}
		all := slices.Concat(on("a", 20), on("b", 20), on("c", 30))
		h.must(state.Delete, all...)
		h.must(state.Create, onBoth("other", "b", 1)...)
		h.must(state.Delete, onBoth("other", "b", 1)...)
		h.must(state.Delete, onBoth("other", "b", 1)...) // again
		h.must(state.Delete, other, lo, a, b, c)
		h.call("acl_del", map[string]any{"acl_index": foreign})
		h.unchanged(before)
		if left := h.ledger.All(kinds.KindAccessListInterface); len(left) > 0 {
			t.Errorf("left in the ledger: %v", left)
		}
	})
}

// A list lives through what users and others do to it.
func TestAccessListEngine(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		ledger := t.TempDir() + "/ledger"
		in := func(o *benchOptions) { o.ledger = ledger }
		b := work(t, socket, in)
		lo := ifItem(loop("lo", 63))
		first := append(onBoth("lo", "first", 1), accessList("first", permitAll))
		second := append(onBoth("lo", "second", 2), accessList("second", permitAll, accessRule(kinds.AccessDeny, "::/0", "::/0")))
		b.Begin()
		b.set("first", first...)
		b.set("second", second...)
		b.awaitReasons("first", "WaitingForDependency: waits for Interface lo; WaitingForDependency: waits for Interface lo; Programmed")
		b.set("lo", lo)
		done := "Programmed; Programmed; Programmed"
		b.awaitReasons("first", done)
		b.awaitReasons("second", done)

		// Somebody else takes a list off, and deletes it: both come back.
		index, err := b.indexOf("loop63")
		if err != nil {
			t.Fatal(err)
		}
		repaired := func(what string) func() bool {
			return func() bool {
				b.mu.Lock()
				defer b.mu.Unlock()
				return slices.Contains(b.events, "repaired "+what)
			}
		}
		for _, message := range []struct {
			name   string
			fields map[string]any
		}{
			{"acl_interface_set_acl_list", map[string]any{"sw_if_index": index}},
			{"acl_del", map[string]any{"acl_index": b.aclOf("acl_dump", "first")}},
		} {
			if _, err := vpp.Invoke(b.ctx, b.client, message.name, message.fields); err != nil {
				t.Fatal(err)
			}
		}
		b.ResyncNow()
		b.await("a repair", repaired("AccessList first presence"))
		b.await("a repair", repaired("AccessListInterface lo Output second presence"))
		b.awaitReasons("first", done)
		b.awaitReasons("second", done)

		// The interface is deleted by somebody else: the lists are put on the next.
		if _, err := vpp.Invoke(b.ctx, b.client, "delete_loopback", map[string]any{"sw_if_index": index}); err != nil {
			t.Fatal(err)
		}
		b.await("a repair", repaired("Interface lo presence"))
		b.awaitReasons("lo", "Programmed")
		b.awaitReasons("first", done)
		b.awaitReasons("second", done)
		b.stop()

		// A restarted agent changes nothing.
		b = work(t, socket, in)
		b.set("lo", lo)
		b.set("first", first...)
		b.set("second", second...)
		b.Begin()
		b.await("synced", func() bool { return b.Status().Synced })
		b.awaitReasons("first", done)
		b.awaitReasons("second", done)
		for _, m := range b.client.Stats().Snapshot().Messages {
			if (m.Name == "acl_add_replace" || m.Name == "acl_interface_set_acl_list") && m.Sent > 0 {
				t.Errorf("%d %s for what is as it should be", m.Sent, m.Name)
			}
		}
		for _, name := range []string{"lo", "first", "second"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.await("nothing is left", func() bool {
			return b.gone(kinds.InterfaceID("lo")) && b.gone(kinds.AccessListID("first")) && b.gone(kinds.AccessListID("second"))
		})
	})
}

// aclOf is the acl_index of a list of ours in a dump.
func (b *bench) aclOf(dump, name string) any {
	b.t.Helper()
	for d, err := range vpp.InvokeStream(b.ctx, b.client, dump, map[string]any{"acl_index": ^uint32(0)}) {
		if err != nil {
			b.t.Fatal(err)
		}
		if d["tag"] == "vpp-operator/"+name {
			return d["acl_index"]
		}
	}
	b.t.Fatalf("there is no list %s", name)
	return nil
}

// A reply that is lost makes no second list, a list on an interface is set
// once more, and a VPP without the plugin says so.
func TestAccessListFaults(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	lost := v.Fault(vpptest.CutAfter("acl_*").Times(3))
	b := work(t, v.Socket())
	b.Begin()
	b.set("lo", ifItem(loop("lo", 64)))
	b.set("list", append(onBoth("lo", "list", 1), accessList("list", permitAll))...)
	b.awaitReasons("list", "Programmed; Programmed; Programmed")
	if lost.Hits() != 3 {
		t.Errorf("%d replies were lost", lost.Hits())
	}
	if n := v.Calls("acl_add_replace"); n > 2 {
		t.Errorf("%d lists were made", n)
	}
	b.await("one list", func() bool {
		n := 0
		for d, err := range vpp.InvokeStream(b.ctx, b.client, "acl_dump", map[string]any{"acl_index": ^uint32(0)}) {
			if err != nil || d["tag"] != "vpp-operator/list" {
				t.Errorf("%v, %v", d, err)
			}
			n++
		}
		return n == 1
	})

	if err := v.Restart(vpptest.WithoutModule("acl")); err != nil {
		t.Fatal(err)
	}
	b.await("unsupported", func() bool {
		return strings.HasPrefix(b.reasons("list"), "Unsupported: this VPP lacks plugin acl: ")
	})
}
