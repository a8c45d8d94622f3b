package kinds_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func wire(from, to string, both bool) state.Item {
	return kinds.CrossConnectItem(kinds.CrossConnect{From: from, To: to, Both: both})
}

func TestCrossConnect(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		loops := []state.Item{ifItem(loop("a", 80)), ifItem(loop("b", 81)), ifItem(loop("c", 82))}
		h.must(state.Create, loops...)
		k := h.kind(kinds.KindCrossConnect)
		both, there, back := wire("a", "b", true), wire("a", "b", false), wire("b", "a", false)
		if both.ID != there.ID || both.ID != back.ID {
			t.Errorf("one wire is %s, %s and %s", both.ID, there.ID, back.ID)
		}
		h.must(state.Create, both, wire("b", "a", true))
		h.same(both)
		for _, next := range []state.Item{there, back, both, back, there, both} {
			if d := k.Compare(next.Value, h.found[next.ID].Value, nil); d.Change != state.InPlace {
				t.Errorf("to %+v: %+v", next.Value, d)
			}
			h.must(state.Update, next)
			h.same(next)
			if got := h.found[next.ID].Claims; !slices.Equal(got, next.Claims) {
				t.Errorf("%+v claims %q, wanted with %q", next.Value, got, next.Claims)
			}
		}

		// What is somebody else's is a conflict, or is taken over.
		index := func(name string) uint32 { return h.found[kinds.InterfaceID(name)].Handle }
		h.must(state.Delete, both, both)
		connect := func(from, to string) {
			h.call("sw_interface_set_l2_xconnect", map[string]any{"rx_sw_if_index": index(from), "tx_sw_if_index": index(to), "enable": true})
		}
		connect("a", "c")
		h.read()
		if f, found := h.found[kinds.CrossConnectID("a", "c")]; !found || f.Ours {
			t.Errorf("somebody else's: %+v", f)
		}
		if err := h.do(state.Create, both); conflictOf(err) != "a cross-connect with c, made by somebody else," {
			t.Errorf("somebody else's wire: %v", err)
		}
		both.Adopt = true
		h.must(state.Create, both)
		h.same(both)
		// Taking it away leaves what somebody has made of it meanwhile.
		connect("b", "c")
		h.must(state.Delete, both)
		h.read()
		if f, found := h.found[kinds.CrossConnectID("b", "c")]; !found || f.Ours {
			t.Errorf("made by somebody else meanwhile: %+v in %v", f, h.names())
		}
		if _, found := h.found[both.ID]; found {
			t.Error("it is still there")
		}
		h.call("sw_interface_set_l2_xconnect", map[string]any{"rx_sw_if_index": index("b"), "enable": false})

		// A port of a bridge domain would leave that without a word, and the other
		// way round.
		domain, port := domainItem("blue", usual(7200)), kinds.BridgePortItem("blue", "a", kinds.BridgePort{})
		h.must(state.Create, domain, port)
		if err := h.do(state.Create, there); conflictOf(err) != "BridgeDomain blue (7200 in VPP)" {
			t.Errorf("with a port: %v", err)
		}
		if err := h.do(state.Create, back); conflictOf(err) != "BridgeDomain blue (7200 in VPP)" {
			t.Errorf("to a port: %v", err)
		}
		h.must(state.Delete, port)
		h.must(state.Create, there)
		if err := h.do(state.Create, port); conflictOf(err) != "a cross-connect with b" {
			t.Errorf("a port of what is wired: %v", err)
		}
		h.same(there)
		tunnel := ifItem(&kinds.Interface{Name: "tunnel", Type: kinds.IPIP{Endpoints: endpoints("default")}})
		h.must(state.Create, tunnel)
		if err := h.do(state.Create, wire("c", "tunnel", false)); err == nil || !strings.Contains(err.Error(), "only Ethernet interfaces") {
			t.Errorf("without Ethernet: %v", err)
		}
		h.must(state.Delete, tunnel, there, domain)

		// Half of it carries nothing, whichever somebody has taken away.
		disconnect := func(name string) {
			h.call("sw_interface_set_l2_xconnect", map[string]any{"rx_sw_if_index": index(name), "enable": false})
			h.read()
		}
		for _, want := range []state.Item{there, both} {
			h.must(state.Create, want)
			for _, end := range []string{"a", "b"} {
				disconnect(end)
				f := h.found[want.ID]
				if d := k.Compare(want.Value, f.Value, nil); d.Change != state.InPlace || !f.Ours {
					t.Errorf("%+v without %s: %+v of %+v", want.Value, end, d, f)
				}
				h.must(state.Update, want)
				h.same(want)
			}
			disconnect("a")
			h.must(state.Delete, want)
			h.read()
			if f, found := h.found[want.ID]; found {
				t.Errorf("half of it is left: %+v", f)
			}
		}
		h.call("sw_interface_set_l2_xconnect", map[string]any{"rx_sw_if_index": index("b"), "tx_sw_if_index": 0, "enable": true})
		h.read()
		if err := h.do(state.Create, there); !strings.Contains(conflictOf(err), "made by somebody else") {
			t.Errorf("somebody has what comes in on the peer dropped: %v", err)
		}
		disconnect("b")
		h.must(state.Create, there)

		// The end that frames leave by is deleted, and something takes its index.
		h.call("delete_loopback", map[string]any{"sw_if_index": index("b")})
		h.foreignLoop(89)
		h.read()
		if f, found := h.found[kinds.CrossConnectID("a", "#loop89")]; !found || f.Ours {
			t.Errorf("left behind: %+v", f)
		}
		h.must(state.Delete, there)
		h.read()
		if _, found := h.found[kinds.CrossConnectID("a", "#loop89")]; found {
			t.Error("it leads to somebody else's interface")
		}
		h.call("delete_loopback", map[string]any{"sw_if_index": index("#loop89")})
		h.must(state.Delete, loops[0], loops[2], there)
		if left := h.ledger.All(kinds.KindCrossConnect); len(left) > 0 {
			t.Errorf("left in the ledger: %v", left)
		}
		h.unchanged(before)
	})
}

// A wire lives through what users and others do to it.
func TestCrossConnectEngine(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		ledger := t.TempDir() + "/ledger"
		in := func(o *benchOptions) { o.ledger = ledger }
		b := work(t, socket, in)
		for name, n := range map[string]uint32{"a": 80, "b": 81, "c": 82} {
			b.set(name, whole(loop(name, n), "default", true)...)
		}
		b.set("wire", wire("a", "b", true))
		b.Begin()
		b.awaitReasons("wire", "Programmed")
		connected := func(from, to string) bool {
			rx, err := b.indexOf(from)
			if err != nil {
				t.Fatal(err)
			}
			tx, err := b.indexOf(to)
			if err != nil {
				t.Fatal(err)
			}
			for d, err := range vpp.InvokeStream(b.ctx, b.client, "l2_xconnect_dump", nil) {
				if err != nil {
					t.Fatal(err)
				}
				if d["rx_sw_if_index"] == rx && d["tx_sw_if_index"] == tx && rx != 0 && tx != 0 {
					return true
				}
			}
			return false
		}

		// Somebody deletes an end: that is noticed at once, both ways, and both come
		// back with it.
		for _, both := range []bool{true, false} {
			for _, end := range []string{"loop80", "loop81"} {
				b.set("wire", wire("a", "b", both))
				b.await("the wire", func() bool { return connected("loop80", "loop81") && connected("loop81", "loop80") == both })
				b.awaitReasons("wire", "Programmed")
				index, err := b.indexOf(end)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := vpp.Invoke(b.ctx, b.client, "delete_loopback", map[string]any{"sw_if_index": index}); err != nil {
					t.Fatal(err)
				}
				b.await("a wire to what is new", func() bool { return connected("loop80", "loop81") && connected("loop81", "loop80") == both })
				b.awaitReasons("wire", "Programmed")
			}
		}

		// A bridge domain wants an end, and gets none of it; then the wire goes, and
		// somebody wants half of another.
		o, s := owner("blue", -1)
		s.Items = []state.Item{domainItem("blue", usual(0)), kinds.BridgePortItem("blue", "b", kinds.BridgePort{})}
		b.Set(o, s)
		b.awaitReasons("blue", "Programmed; Conflict: Test wire has it")
		o2, s2 := owner("other", -2)
		s2.Items = []state.Item{wire("c", "b", true)}
		b.Set(o2, s2)
		b.awaitReasons("other", "Conflict: Test wire has it")
		b.set("wire", wire("a", "c", true))
		b.awaitReasons("blue", "Programmed; Programmed")
		b.awaitReasons("wire", "Programmed")
		b.awaitReasons("other", "Conflict: Test blue has it")
		b.await("the other wire", func() bool { return connected("loop80", "loop82") && connected("loop82", "loop80") })
		b.stop()

		b = work(t, socket, in)
		for name, n := range map[string]uint32{"a": 80, "b": 81, "c": 82} {
			b.set(name, whole(loop(name, n), "default", true)...)
		}
		b.set("wire", wire("a", "c", true))
		b.Set(o, s)
		b.Begin()
		b.awaitReasons("wire", "Programmed")
		b.awaitReasons("blue", "Programmed; Programmed")
		b.await("synced", func() bool { return b.Status().Synced })
		if n := sent(b.client.Stats().Snapshot(), "sw_interface_set_l2_xconnect"); n > 0 {
			t.Errorf("%d writes for what is as it should be", n)
		}
		for _, name := range []string{"wire", "a", "b", "c"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.Remove(o)
		b.await("nothing is left", func() bool {
			return b.Status().LeftoverCount == 0 && b.gone(kinds.InterfaceID("a")) && b.gone(kinds.InterfaceID("b")) && b.gone(kinds.InterfaceID("c"))
		})
	})
}
