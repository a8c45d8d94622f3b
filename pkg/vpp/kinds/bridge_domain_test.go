package kinds_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func domainItem(name string, b kinds.BridgeDomain) state.Item {
	item := state.Item{ID: kinds.BridgeDomainID(name), Value: b}
	if b.Number.Given {
		item.Claims = []string{kinds.BridgeDomainClaim(b.Number.Value)}
	}
	return item
}

// usual is a bridge domain as users mostly want it; number 0 is our choice.
func usual(number uint32) kinds.BridgeDomain {
	return kinds.BridgeDomain{
		Number: kinds.Number{Value: number, Given: number != 0}, Flood: true, UnknownUnicastFlood: true, Forward: true, Learn: true,
	}
}

// conflictOf is whom an error names as the one who has it.
func conflictOf(err error) string {
	if c, ok := errors.AsType[*state.ConflictError](err); ok {
		return c.With
	}
	return ""
}

func TestBridgeDomain(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		item := domainItem("blue", usual(7100))
		h.must(state.Create, item, item)
		if h.result.Handle != 7100 || len(h.result.Unverified) > 0 {
			t.Errorf("made: %+v", h.result)
		}
		h.same(item)
		k := h.kind(kinds.KindBridgeDomain)
		for field, change := range map[string]func(*kinds.BridgeDomain){
			"flood":               func(b *kinds.BridgeDomain) { b.Flood = false },
			"unknownUnicastFlood": func(b *kinds.BridgeDomain) { b.UnknownUnicastFlood = false },
			"forward":             func(b *kinds.BridgeDomain) { b.Forward = false },
			"learn":               func(b *kinds.BridgeDomain) { b.Learn = false },
			"arpTermination":      func(b *kinds.BridgeDomain) { b.ARPTermination = true },
			"macAge":              func(b *kinds.BridgeDomain) { b.MACAge = 255 },
			"learnLimit":          func(b *kinds.BridgeDomain) { b.LearnLimit = 10 },
		} {
			want := usual(7100)
			change(&want)
			changed := domainItem("blue", want)
			if d := k.Compare(want, h.found[item.ID].Value, nil); d.Change != state.InPlace || strings.Join(d.Fields, ",") != field {
				t.Errorf("to change %s: %+v", field, d)
			}
			h.must(state.Update, changed)
			h.same(changed)
			if got := h.found[item.ID].Unverified; (field == "learnLimit") != slices.Equal(got, []string{"learnLimit"}) {
				t.Errorf("%s: unverified %v", field, got)
			}
			h.must(state.Update, item)
			h.same(item)
		}
		// Another way to treat ARP is taken back.
		h.call("bridge_flags", map[string]any{"bd_id": 7100, "is_set": true, "flags": 32})
		h.read()
		if d := k.Compare(item.Value, h.found[item.ID].Value, nil); d.Change != state.InPlace {
			t.Errorf("ARP is forwarded: %+v", d)
		}
		h.must(state.Update, item)
		h.same(item)
		if d := k.Compare(usual(7101), h.found[item.ID].Value, nil); d.Change != state.Recreate {
			t.Errorf("another number: %+v", d)
		}
		// The number is ours already, or somebody else's.
		if err := h.do(state.Create, domainItem("red", usual(7100))); conflictOf(err) != "BridgeDomain blue (7100 in VPP)" {
			t.Errorf("our own number: %v", err)
		}
		h.call("bridge_domain_add_del_v2", map[string]any{"bd_id": 7102, "bd_tag": "theirs", "is_add": true, "mac_age": 9})
		theirs := domainItem("red", usual(7102))
		if err := h.do(state.Create, theirs); conflictOf(err) != "bridge domain 7102, made by somebody else," {
			t.Errorf("somebody else's number: %v", err)
		}
		h.read()
		if f := h.found[kinds.BridgeDomainID("#7102")]; f.Ours || f.Handle != 7102 {
			t.Errorf("somebody else's: %+v", f)
		}
		// With leave it is taken over, and left behind.
		theirs.Adopt = true
		h.must(state.Create, theirs)
		h.same(theirs)
		h.must(state.Delete, theirs)
		h.read()
		if f, there := h.found[kinds.BridgeDomainID("#7102")]; !there || f.Ours {
			t.Errorf("what was adopted, when it is deleted: %+v", f)
		}
		h.call("bridge_domain_add_del_v2", map[string]any{"bd_id": 7102, "is_add": false})
		h.must(state.Delete, item, item)
		h.unchanged(before)
	})
}

// A number that is the agent's choice avoids what is taken, and stays.
func TestBridgeDomainNumbers(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		const first = 1 << 23
		add := func(number uint32, is bool) {
			h.call("bridge_domain_add_del_v2", map[string]any{"bd_id": number, "is_add": is})
		}
		add(first, true)
		one, two := domainItem("one", usual(0)), domainItem("two", usual(0))
		h.must(state.Create, one, two)
		h.same(one, two)
		if a, b := h.found[one.ID].Handle, h.found[two.ID].Handle; a != first+1 || b != first+2 {
			t.Errorf("chosen: %d and %d", a, b)
		}
		if err := h.ledger.NewBoot("next"); err != nil {
			t.Fatal(err)
		}
		add(first, false)
		h.call("bridge_domain_add_del_v2", map[string]any{"bd_id": first + 1, "is_add": false})
		h.read()
		h.must(state.Create, one)
		h.same(one)
		if got := h.found[one.ID].Handle; got != first+1 {
			t.Errorf("in the next boot it is %d", got)
		}
		h.must(state.Delete, one, two)
		if left := h.ledger.All("BridgeDomainNumber"); len(left) > 0 {
			t.Errorf("left in the ledger: %v", left)
		}
	})
}

func TestBridgePorts(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		domain := domainItem("blue", usual(7110))
		vlan := ifItem(&kinds.Interface{Name: "vlan", Type: kinds.SubInterface{Parent: "a", VLANID: 9, InnerVLANID: 10, ExactMatch: true}})
		h.must(state.Create, domain, ifItem(loop("a", 70)), ifItem(loop("b", 71)), ifItem(loop("c", 72)), vlan)
		plain := kinds.BridgePortItem("blue", "a", kinds.BridgePort{})
		group := kinds.BridgePortItem("blue", "vlan", kinds.BridgePort{SplitHorizonGroup: 255})
		bvi := kinds.BridgePortItem("blue", "b", kinds.BridgePort{Type: kinds.BridgePortBVI})
		uu := kinds.BridgePortItem("blue", "c", kinds.BridgePort{Type: kinds.BridgePortUnknownUnicast})
		all := []state.Item{plain, group, bvi, uu}
		h.must(state.Create, all...)
		h.must(state.Create, all...)
		h.same(all...)
		for _, i := range all {
			if got := h.found[i.ID].Claims; !slices.Equal(got, i.Claims) {
				t.Errorf("%s claims %q, wanted with %q", i.ID, got, i.Claims)
			}
		}

		k := h.kind(kinds.KindBridgePort)
		for _, rewrite := range []kinds.TagRewrite{
			kinds.NewTagRewrite(0, []uint16{5}, false), kinds.NewTagRewrite(0, []uint16{5, 6}, true), kinds.NewTagRewrite(1, nil, false),
			kinds.NewTagRewrite(2, nil, false), kinds.NewTagRewrite(1, []uint16{5}, true), kinds.NewTagRewrite(1, []uint16{5, 6}, false),
			kinds.NewTagRewrite(2, []uint16{4094}, false), kinds.NewTagRewrite(2, []uint16{5, 6}, true), {},
		} {
			item := kinds.BridgePortItem("blue", "vlan", kinds.BridgePort{SplitHorizonGroup: 255, TagRewrite: rewrite})
			if d := k.Compare(item.Value, h.found[item.ID].Value, nil); d.Change != state.InPlace {
				t.Errorf("to rewrite %+v: %+v", rewrite, d)
			}
			h.must(state.Update, item)
			h.same(item)
		}
		// Another group, in place, keeps the tags; leaving and coming back sets
		// them again.
		tagged := kinds.BridgePortItem("blue", "vlan", kinds.BridgePort{SplitHorizonGroup: 3, TagRewrite: kinds.NewTagRewrite(1, []uint16{7}, false)})
		h.must(state.Update, tagged)
		h.same(tagged, plain)
		h.must(state.Delete, tagged)
		h.must(state.Create, tagged)
		h.same(tagged)
		// A rewrite that VPP refuses leaves none.
		err := h.do(state.Update, kinds.BridgePortItem("blue", "a", kinds.BridgePort{TagRewrite: kinds.NewTagRewrite(1, nil, false)}))
		if err == nil || !strings.Contains(err.Error(), "tagRewrite") {
			t.Errorf("a tag off what has none: %v", err)
		}
		h.same(plain)

		// A second BVI, and what is no Ethernet, are refused before VPP makes a mess.
		if err := h.do(state.Create, kinds.BridgePortItem("blue", "a", kinds.BridgePort{Type: kinds.BridgePortBVI})); conflictOf(err) != "b" {
			t.Errorf("a second BVI: %v", err)
		}
		tunnel := ifItem(&kinds.Interface{Name: "tunnel", Type: kinds.IPIP{Endpoints: endpoints("default")}})
		h.must(state.Create, tunnel)
		err = h.do(state.Create, kinds.BridgePortItem("blue", "tunnel", kinds.BridgePort{}))
		if err == nil || !strings.Contains(err.Error(), "only an Ethernet interface") {
			t.Errorf("without Ethernet: %v", err)
		}
		h.must(state.Delete, tunnel)

		// Somebody else moves a port: it stays there, and is theirs.
		index := h.found[kinds.InterfaceID("a")].Handle
		h.call("sw_interface_set_l2_bridge", map[string]any{"rx_sw_if_index": index, "bd_id": 7111, "enable": true})
		h.read()
		if f, there := h.found[kinds.BridgePortID("#7111", "a")]; !there || f.Ours {
			t.Errorf("moved by somebody else: %+v", f)
		}
		if err := h.do(state.Create, plain); conflictOf(err) != "bridge domain 7111, made by somebody else," {
			t.Errorf("in somebody else's: %v", err)
		}
		h.must(state.Delete, plain)
		h.read()
		if _, there := h.found[kinds.BridgePortID("#7111", "a")]; !there {
			t.Error("deleting ours has taken it out of somebody else's")
		}
		h.call("sw_interface_set_l2_bridge", map[string]any{"rx_sw_if_index": index, "bd_id": 7111, "enable": false})
		h.call("bridge_domain_add_del_v2", map[string]any{"bd_id": 7111, "is_add": false})
		h.must(state.Create, plain)

		// A domain that is in use does not go.
		if err := h.do(state.Delete, domain); err == nil || !strings.Contains(err.Error(), "still has ports") {
			t.Errorf("deleted with ports: %v", err)
		}
		h.must(state.Delete, all...)
		h.must(state.Delete, all...)
		h.must(state.Delete, domain, vlan, ifItem(loop("a", 70)), ifItem(loop("b", 71)), ifItem(loop("c", 72)), plain)
		// Without its domain a port waits: VPP would make one.
		h.must(state.Create, ifItem(loop("a", 70)))
		h.view.Record(state.Found{ID: domain.ID, Handle: 7110, HasHandle: true, Ours: true})
		err = h.do(state.Create, plain)
		if wait, ok := errors.AsType[*state.WaitError](err); !ok || wait.For != "bridge domain 7110 in VPP" || len(h.result.Disturbs) == 0 {
			t.Errorf("without its domain: %v, %+v", err, h.result)
		}
		h.read()
		h.must(state.Delete, ifItem(loop("a", 70)))
		h.unchanged(before)
	})
}

func TestBridgeTables(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		domain := domainItem("blue", usual(7120))
		lo := loop("bvi", 73)
		lo.MAC = macB
		h.must(state.Create, domain, ifItem(loop("a", 70)), ifItem(loop("b", 71)), ifItem(lo))
		a, b := kinds.BridgePortItem("blue", "a", kinds.BridgePort{}), kinds.BridgePortItem("blue", "b", kinds.BridgePort{})
		h.must(state.Create, a, b, kinds.BridgePortItem("blue", "bvi", kinds.BridgePort{Type: kinds.BridgePortBVI}))

		mac := kinds.BridgeFIBEntryItem("blue", macA, kinds.BridgeFIBEntry{Interface: "a"})
		filter := kinds.BridgeFIBEntryItem("blue", binproto.MAC{2, 0, 0, 0, 0, 1}, kinds.BridgeFIBEntry{Filter: true})
		arp4 := kinds.BridgeARPEntryItem("blue", netip.MustParseAddr("192.0.2.1"), macA)
		arp6 := kinds.BridgeARPEntryItem("blue", netip.MustParseAddr("2001:db8::1"), macA)
		all := []state.Item{mac, filter, arp4, arp6}
		h.must(state.Create, all...)
		h.must(state.Create, all...)
		h.same(all...)
		for id := range h.found {
			if id.Kind == kinds.KindBridgeFIBEntry && id != mac.ID && id != filter.ID {
				t.Errorf("%s, which nobody wrote down", id)
			}
		}
		for _, changed := range []state.Item{
			kinds.BridgeFIBEntryItem("blue", macA, kinds.BridgeFIBEntry{Interface: "b"}),
			kinds.BridgeFIBEntryItem("blue", macA, kinds.BridgeFIBEntry{Filter: true}),
			kinds.BridgeARPEntryItem("blue", netip.MustParseAddr("192.0.2.1"), macB),
			kinds.BridgeARPEntryItem("blue", netip.MustParseAddr("2001:db8::1"), macB),
		} {
			if d := h.kind(changed.ID.Kind).Compare(changed.Value, h.found[changed.ID].Value, nil); d.Change != state.InPlace {
				t.Errorf("to change %s: %+v", changed.ID, d)
			}
			h.must(state.Update, changed)
			h.same(changed)
		}
		err := h.do(state.Create, kinds.BridgeFIBEntryItem("blue", macB, kinds.BridgeFIBEntry{Interface: "a"}))
		if conflictOf(err) != "the BVI bvi" {
			t.Errorf("the address of the BVI: %v", err)
		}
		// Somebody else changes an ARP entry: it is deleted nevertheless.
		h.call("bd_ip_mac_add_del", map[string]any{"is_add": true, "entry": map[string]any{"bd_id": 7120, "ip": "192.0.2.1", "mac": macA.String()}})
		h.must(state.Delete, arp4)

		// A port is deleted by somebody else, and another takes its index: the entry
		// shows where it points, and is not as wanted.
		h.must(state.Update, mac)
		h.call("delete_loopback", map[string]any{"sw_if_index": h.found[kinds.InterfaceID("a")].Handle})
		h.foreignLoop(79)
		h.read()
		f := h.found[mac.ID]
		if !f.Ours || f.Value.(kinds.BridgeFIBEntry).Interface != "#loop79" || !slices.Equal(f.Needs, []state.ID{domain.ID}) {
			t.Errorf("left behind: %+v", f)
		}
		if h.kind(mac.ID.Kind).Loss() != state.Stale {
			t.Error("an entry is not stale when its port has gone")
		}

		// Its domain goes too: it is not in the next one.
		h.must(state.Delete, kinds.BridgePortItem("blue", "bvi", kinds.BridgePort{}), b, arp6)
		h.call("bridge_domain_add_del_v2", map[string]any{"bd_id": 7120, "is_add": false})
		h.read()
		h.must(state.Create, domain)
		h.same(domain)
		for id := range h.found {
			if id.Kind == kinds.KindBridgeFIBEntry || id.Kind == kinds.KindBridgeARPEntry {
				t.Errorf("%s is in the next bridge domain", id)
			}
		}
		h.must(state.Delete, all...)
		h.must(state.Delete, domain, ifItem(loop("b", 71)), ifItem(lo))
		h.must(state.Delete, all...)
		h.call("delete_loopback", map[string]any{"sw_if_index": h.found[kinds.InterfaceID("#loop79")].Handle})
		h.unchanged(before)
	})
}

// In a bridge domain that was adopted, what is somebody else's stays.
func TestAdoptedBridgeDomain(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		theirs := h.foreignLoop(78)
		h.call("sw_interface_set_l2_bridge", map[string]any{"rx_sw_if_index": theirs, "bd_id": 7130, "enable": true})
		h.call("l2fib_add_del", map[string]any{"mac": macB.String(), "bd_id": 7130, "sw_if_index": theirs, "is_add": true, "static_mac": true})
		domain, lo := domainItem("blue", usual(7130)), ifItem(loop("a", 70))
		domain.Adopt = true
		port := kinds.BridgePortItem("blue", "a", kinds.BridgePort{})
		mac := kinds.BridgeFIBEntryItem("blue", macA, kinds.BridgeFIBEntry{Interface: "a"})
		arp := kinds.BridgeARPEntryItem("blue", netip.MustParseAddr("192.0.2.1"), macA)
		h.must(state.Create, domain, lo, port, mac, arp)
		h.same(domain, port, mac, arp)
		for _, id := range []state.ID{kinds.BridgePortID("blue", "#loop78"), kinds.BridgeFIBEntryID("blue", macB)} {
			if f, there := h.found[id]; !there || f.Ours {
				t.Errorf("%s: %+v", id, f)
			}
		}
		h.must(state.Delete, arp, mac, port, domain, lo)
		h.read()
		if _, there := h.found[kinds.BridgePortID("#7130", "#loop78")]; !there {
			t.Error("what is somebody else's has gone")
		}
		for _, kind := range []string{kinds.KindBridgeDomain, kinds.KindBridgePort, kinds.KindBridgeFIBEntry, kinds.KindBridgeARPEntry} {
			if left := h.ledger.All(kind); len(left) > 0 {
				t.Errorf("left in the ledger: %v", left)
			}
		}
		h.call("l2fib_add_del", map[string]any{"mac": macB.String(), "bd_id": 7130, "is_add": false})
		h.call("delete_loopback", map[string]any{"sw_if_index": theirs})
		h.call("bridge_domain_add_del_v2", map[string]any{"bd_id": 7130, "is_add": false})
	})
}

// A bridge domain lives through what users and others do to it.
func TestBridgeDomainEngine(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		ledger := t.TempDir() + "/ledger"
		in := func(o *benchOptions) { o.ledger = ledger }
		b := work(t, socket, in)
		mac := kinds.BridgeFIBEntryItem("blue", macA, kinds.BridgeFIBEntry{Interface: "a"})
		of := func(number uint32, more ...state.Item) []state.Item {
			return append([]state.Item{
				domainItem("blue", usual(number)), kinds.BridgePortItem("blue", "a", kinds.BridgePort{SplitHorizonGroup: 1}),
				kinds.BridgePortItem("blue", "b", kinds.BridgePort{}), mac,
			}, more...)
		}
		b.set("blue", of(7140)...)
		b.Begin()
		b.awaitReasons("blue", "Programmed; WaitingForDependency: waits for Interface a; WaitingForDependency: waits for Interface b; WaitingForDependency: waits for port a of BridgeDomain blue")
		a, bb := loop("a", 70), loop("b", 71)
		b.set("a", whole(a, "default", true)...)
		b.set("b", whole(bb, "default", true)...)
		done := "Programmed; Programmed; Programmed; Programmed"
		b.awaitReasons("blue", done)

		// Another number makes all of it anew; another port touches no other.
		b.set("blue", of(7141)...)
		b.await("bridge domain 7141", func() bool {
			have, _, _ := b.Get(kinds.BridgeDomainID("blue"))
			d, ok := have.(kinds.BridgeDomain)
			return ok && d.Number.Value == 7141
		})
		b.awaitReasons("blue", done)
		joined := sent(b.client.Stats().Snapshot(), "sw_interface_set_l2_bridge")
		b.set("c", whole(loop("c", 72), "default", true)...)
		b.set("blue", of(7141, kinds.BridgePortItem("blue", "c", kinds.BridgePort{}))...)
		b.awaitReasons("blue", done+"; Programmed")
		b.set("blue", of(7141)...)
		b.await("port c has left", func() bool { return b.gone(kinds.BridgePortID("blue", "c")) })
		if n := sent(b.client.Stats().Snapshot(), "sw_interface_set_l2_bridge") - joined; n != 2 {
			t.Errorf("%d steps for a port that came and went", n)
		}

		// Somebody else deletes a port, and something takes its index at once.
		index, err := b.indexOf("loop70")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vpp.Invoke(b.ctx, b.client, "delete_loopback", map[string]any{"sw_if_index": index}); err != nil {
			t.Fatal(err)
		}
		b.await("a repair", func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return slices.Contains(b.events, "repaired Interface a presence")
		})
		b.awaitReasons("blue", done)

		// Another domain wants the port: the older has it, then the other.
		o, s := owner("red", -1)
		s.Items = []state.Item{domainItem("red", usual(0)), kinds.BridgePortItem("red", "a", kinds.BridgePort{})}
		b.Set(o, s)
		b.awaitReasons("red", "Programmed; Conflict: Test blue has it")
		b.set("blue", domainItem("blue", usual(7141)), kinds.BridgePortItem("blue", "b", kinds.BridgePort{}))
		b.awaitReasons("red", "Programmed; Programmed")
		b.awaitReasons("blue", "Programmed; Programmed")
		b.stop()

		// A restarted agent changes nothing.
		b = work(t, socket, in)
		b.set("a", whole(a, "default", true)...)
		b.set("b", whole(bb, "default", true)...)
		b.set("c", whole(loop("c", 72), "default", true)...)
		b.set("blue", domainItem("blue", usual(7141)), kinds.BridgePortItem("blue", "b", kinds.BridgePort{}))
		b.Set(o, s)
		b.Begin()
		b.awaitReasons("red", "Programmed; Programmed")
		b.awaitReasons("blue", "Programmed; Programmed")
		b.await("synced", func() bool { return b.Status().Synced })
		for _, m := range b.client.Stats().Snapshot().Messages {
			if m.Sent > 0 && (strings.HasPrefix(m.Name, "bridge_domain_add") || strings.HasPrefix(m.Name, "bridge_flags") ||
				strings.HasPrefix(m.Name, "bridge_domain_set") || m.Name == "sw_interface_set_l2_bridge" || m.Name == "l2fib_add_del") {
				t.Errorf("%d %s for what is as it should be", m.Sent, m.Name)
			}
		}
		for _, name := range []string{"blue", "a", "b", "c"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.Remove(o)
		b.await("nothing is left", func() bool {
			return b.Status().LeftoverCount == 0 && b.gone(kinds.BridgeDomainID("blue")) && b.gone(kinds.BridgeDomainID("red")) && b.gone(kinds.InterfaceID("a"))
		})
	})
}
