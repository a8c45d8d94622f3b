package kinds_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// frameParts are what VPP does to the frames of an interface, by arc.
func frameParts(t *testing.T, b *bench, vppName string) string {
	t.Helper()
	m, err := vpp.Invoke(b.ctx, b.client, "cli_inband", map[string]any{"cmd": "show interface " + vppName + " features"})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := m["reply"].(string)
	arc, parts := "", []string(nil)
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case strings.HasSuffix(words[0], ":"):
			arc = words[0]
		case slices.Contains([]string{"INPUT_FEAT_ARC", "OUTPUT_FEAT_ARC", "ACL", "SPAN", "POLICER"}, words[0]):
			parts = append(parts, arc+words[0])
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// What filters, polices and mirrors the frames of a port is in force as soon as
// the port is, wherever it came from: VPP turns it off whenever an interface leaves
// a bridge domain or a cross-connect.
func TestFeaturesOfAPortThatMoves(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		b := work(t, socket)
		for name, n := range map[string]uint32{"a": 70, "peer": 71, "to": 72, "also": 73} {
			b.set(name, whole(loop(name, n), "default", true)...)
		}
		denyAll := accessRule(kinds.AccessDeny, "0.0.0.0/0", "0.0.0.0/0")
		b.set("acl", append(append([]state.Item{accessList("acl", denyAll)}, onBoth("a", "acl", 1)...), onBoth("peer", "acl", 1)...)...)
		b.set("macs", macAccessList("macs", permitAnyMAC), kinds.MACAccessListInterfaceItem("a", "macs"))
		b.set("policer", policerItem("p", simplePolicer), kinds.PolicerBindingItem("a", "p", false), kinds.PolicerBindingItem("a", "p", true))
		b.set("mirrors",
			kinds.PortMirrorItem("a", "to", true, kinds.PortMirror{Direction: kinds.DirectionBoth}),
			kinds.PortMirrorItem("a", "also", true, kinds.PortMirror{Direction: kinds.DirectionRx}))
		domain := func(name string, number uint32, ports ...state.Item) {
			b.set(name, append([]state.Item{domainItem(name, usual(number))}, ports...)...)
		}
		port := func(domain string, kind kinds.BridgePortType) state.Item {
			return kinds.BridgePortItem(domain, "a", kinds.BridgePort{Type: kind})
		}
		domain("blue", 7141, port("blue", kinds.BridgePortNormal))
		domain("red", 7142)
		b.Begin()
		b.awaitReasons("acl", "Programmed; Programmed; Programmed; Programmed; Programmed")
		b.awaitReasons("macs", "Programmed; Programmed")
		b.awaitReasons("mirrors", "Programmed; Programmed")
		b.awaitReasons("policer", "Programmed; Unverified: VPP cannot show inputInterfaces; Unverified: VPP cannot show outputInterfaces")
		b.awaitReasons("blue", "Programmed; Programmed")
		ofPort, ofPeer := frameParts(t, b, "loop70"), frameParts(t, b, "loop71")
		for _, part := range []string{"l2-input:INPUT_FEAT_ARC", "l2-input:ACL", "l2-output:OUTPUT_FEAT_ARC", "l2-input:SPAN", "l2-output:SPAN"} {
			if !strings.Contains(ofPort, part) {
				t.Fatalf("at first %s", ofPort)
			}
		}
		// What stops frames is in force from the first one on; the mirrors, which
		// the engine finds to be off when the port leaves, may be on their way.
		inForce := func(when string) {
			t.Helper()
			for iface, want := range map[string]string{"loop70": ofPort, "loop71": ofPeer} {
				if now := frameParts(t, b, iface); withoutMirrors(now) != withoutMirrors(want) {
					t.Errorf("%s, %s: %q, want %q", when, iface, now, want)
				}
				b.await(when+", mirrors of "+iface, func() bool { return frameParts(t, b, iface) == want })
			}
		}
		domain("blue", 7141)
		domain("red", 7142, port("red", kinds.BridgePortNormal))
		b.awaitReasons("red", "Programmed; Programmed")
		inForce("in another bridge domain")
		domain("red", 7143, port("red", kinds.BridgePortNormal))
		b.await("the other number", func() bool {
			v, _, _ := b.Get(kinds.BridgeDomainID("red"))
			d, _ := v.(kinds.BridgeDomain)
			return d.Number.Value == 7143
		})
		b.awaitReasons("red", "Programmed; Programmed")
		inForce("in a bridge domain of another number")
		for name, kind := range map[string]kinds.BridgePortType{"BVI": kinds.BridgePortBVI, "for unknown unicast": kinds.BridgePortUnknownUnicast} {
			domain("red", 7143, port("red", kind))
			b.awaitReasons("red", "Programmed; Programmed")
			inForce(name)
		}
		domain("red", 7143)
		for _, both := range []bool{true, false, true} {
			b.set("wire", wire("a", "peer", both))
			b.awaitReasons("wire", "Programmed")
			if both {
				inForce("connected")
			}
		}
		o, _ := owner("wire", 0)
		b.Remove(o)
		domain("red", 7143, port("red", kinds.BridgePortNormal))
		b.awaitReasons("red", "Programmed; Programmed")
		if now := frameParts(t, b, "loop70"); withoutMirrors(now) != withoutMirrors(ofPort) {
			t.Errorf("in a bridge domain again: %q", now)
		}
		b.await("the mirrors again", func() bool { return frameParts(t, b, "loop70") == ofPort })

		// Somebody else takes it out, puts it back, takes it into another bridge
		// domain, or takes a mirror off. VPP tells nobody; the next reading finds it.
		index, err := b.indexOf("loop70")
		if err != nil {
			t.Fatal(err)
		}
		call := func(message string, fields map[string]any) {
			t.Helper()
			if _, err := vpp.Invoke(b.ctx, b.client, message, fields); err != nil {
				t.Fatal(err)
			}
		}
		join := func(domain int, enable bool) {
			t.Helper()
			call("sw_interface_set_l2_bridge", map[string]any{"rx_sw_if_index": index, "bd_id": domain, "enable": enable})
		}
		const theirs = 7149
		call("bridge_domain_add_del_v2", map[string]any{"bd_id": theirs, "is_add": true, "bd_tag": "theirs"})
		conflict := fmt.Sprintf("Programmed; Conflict: bridge domain %d, made by somebody else, has it", theirs)
		for _, hand := range []struct {
			name, reasons string
			steps         func()
		}{
			{"out", "Programmed; Programmed", func() { join(7143, false) }},
			{"out and in", "Programmed; Programmed", func() { join(7143, false); join(7143, true) }},
			{"away", conflict, func() { join(theirs, true) }},
			{"back", "Programmed; Programmed", func() { join(theirs, false) }},
			{"a mirror off", "Programmed; Programmed", func() {
				to, err := b.indexOf("loop72")
				if err != nil {
					t.Fatal(err)
				}
				call("sw_interface_span_enable_disable", map[string]any{"sw_if_index_from": index, "sw_if_index_to": to, "is_l2": true})
			}},
		} {
			hand.steps()
			b.SetResyncPeriod(100 * time.Millisecond)
			b.await(hand.name+": all of it again", func() bool {
				return frameParts(t, b, "loop70") == ofPort && b.reasons("red") == hand.reasons
			})
			b.awaitReasons("acl", "Programmed; Programmed; Programmed; Programmed; Programmed")
			b.awaitReasons("mirrors", "Programmed; Programmed")
			b.SetResyncPeriod(time.Hour)
			b.await("no reading", func() bool { return b.Status().Synced })
		}
		call("bridge_domain_add_del_v2", map[string]any{"bd_id": theirs, "is_add": false})
		for _, name := range []string{"acl", "macs", "policer", "mirrors", "red", "blue", "a", "peer", "to", "also"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.await("all is gone", func() bool {
			return b.gone(kinds.InterfaceID("a")) && b.gone(kinds.InterfaceID("peer")) && b.gone(kinds.InterfaceID("to")) &&
				b.gone(kinds.InterfaceID("also")) && b.gone(kinds.BridgeDomainID("red")) && b.gone(kinds.BridgeDomainID("blue"))
		})
	})
}

// Which frames without IP pass stays as somebody else has set it.
func TestListsOfAPortKeepEtherTypes(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		items := []state.Item{ifItem(loop("a", 70)), domainItem("blue", usual(7141)), accessList("acl", permitAll)}
		items = append(items, onBoth("a", "acl", 1)...)
		at := kinds.BridgePortItem("blue", "a", kinds.BridgePort{})
		h.must(state.Create, items...)
		h.call("acl_interface_set_etype_whitelist", map[string]any{
			"sw_if_index": h.found[kinds.InterfaceID("a")].Handle, "n_input": 1, "whitelist": []any{0x806, 0x88cc},
		})
		etypes := func() (all []any) {
			for d, err := range vpp.InvokeStream(h.ctx, h.session, "acl_interface_etype_whitelist_dump", map[string]any{"sw_if_index": ^uint32(0)}) {
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, d["n_input"], d["whitelist"])
			}
			return all
		}
		had := fmt.Sprint(etypes())
		h.must(state.Create, at)
		h.must(state.Delete, at)
		h.must(state.Create, at)
		if now := fmt.Sprint(etypes()); now != had || now == "[]" {
			t.Errorf("EtherTypes %v, before %v", now, had)
		}
		h.call("acl_interface_set_etype_whitelist", map[string]any{"sw_if_index": h.found[kinds.InterfaceID("a")].Handle})
		slices.Reverse(items)
		h.must(state.Delete, append([]state.Item{at}, items...)...)
		h.unchanged(before)
	})
}

// withoutMirrors leaves out of an interface's parts those that copy frames.
func withoutMirrors(parts string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(parts), func(p string) bool { return strings.HasSuffix(p, ":SPAN") }), " ")
}
