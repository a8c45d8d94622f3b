package kinds_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

const device = "GigabitEthernet0/8/0"

// eachWithWorkers runs a test on VPPs that have workers, and interfaces with two
// queues there: simulated, and of a real one where VPP_BIN names it.
func eachWithWorkers(t *testing.T, run func(t *testing.T, socket string, typ kinds.InterfaceType)) {
	host := kinds.HostInterface{HostName: "vopworker", RxQueues: 2, TxQueues: 2}
	t.Run("simulated device", func(t *testing.T) {
		t.Parallel()
		run(t, vpptest.Start(t, vpptest.WithDevice(device), vpptest.WithWorkers(2)).Socket(), kinds.Physical{VPPName: device})
	})
	t.Run("simulated host interface", func(t *testing.T) {
		t.Parallel()
		run(t, vpptest.Start(t, vpptest.WithWorkers(2)).Socket(), host)
	})
	if bin := os.Getenv(vpptest.BinEnv); bin != "" {
		t.Run("real host interface", func(t *testing.T) {
			linuxPair(t, "vopworker", "vopworkerb")
			run(t, vpptest.StartReal(t, bin, "cpu { workers 1 }", "unix { poll-sleep-usec 200 }").Socket(), host)
		})
	}
}

// shown is what VPP shows of what can be changed on an interface, and its tag.
func (h *hand) shown(index uint32) string {
	h.t.Helper()
	text := ""
	for _, dump := range []struct{ name, fields string }{
		{"sw_interface_dump", "l2_address link_mtu mtu flags tag"},
		{"sw_interface_rx_placement_dump", "queue_id worker_id mode"},
		{"sw_interface_tx_placement_get", "queue_id threads"},
	} {
		for d, err := range vpp.InvokeStream(h.ctx, h.session, dump.name, map[string]any{"sw_if_index": index}) {
			if _, refused := vpp.Retval(err); refused {
				break // it has no queues
			}
			if err != nil {
				h.t.Fatalf("%s: %v", dump.name, err)
			}
			for name := range strings.FieldsSeq(dump.fields) {
				text += fmt.Sprintf("%s %v ", name, d[name])
			}
		}
	}
	return text
}

// giving are changes of fields that can be left out, each with its names.
func giving(physical bool) map[string]func(i *kinds.Interface) {
	m := map[string]func(i *kinds.Interface){
		"mtu":         func(i *kinds.Interface) { i.MTU = 1400 },
		"linkMTU":     func(i *kinds.Interface) { i.LinkMTU = 2000 },
		"mtu,linkMTU": func(i *kinds.Interface) { i.MTU, i.LinkMTU = 1400, 2000 },
		"rxMode":      func(i *kinds.Interface) { i.RxMode = kinds.RxModePolling },
		"rxPlacement": func(i *kinds.Interface) {
			i.RxPlacement = []kinds.RxPlacement{{Queue: 0, Thread: 0}, {Queue: 1, Thread: 0}}
		},
		"txPlacement": func(i *kinds.Interface) {
			i.TxPlacement = []kinds.TxPlacement{{Queue: 0, Threads: []uint32{1}}, {Queue: 1, Threads: []uint32{0, 1}}}
		},
	}
	if physical { // others have one of their own
		m["macAddress"] = func(i *kinds.Interface) { i.MAC = macB }
	}
	return m
}

// What is left out of a spec is again as VPP had it, by an agent that has started
// anew too, and from then on is nobody's wish.
func TestInterfaceFieldsGoBack(t *testing.T) {
	eachWithWorkers(t, func(t *testing.T, socket string, typ kinds.InterfaceType) {
		h := byHand(t, socket)
		bare := kinds.Interface{Name: "i", Type: typ}
		if typ.Field() != "physical" {
			bare.MAC = macA
		}
		item := ifItem(&bare)
		h.must(state.Create, item)
		h.same(item)
		index := h.found[item.ID].Handle
		if typ.Field() == "physical" { // another mode than all begin with, of one queue
			h.call("sw_interface_set_rx_mode", map[string]any{"sw_if_index": index, "queue_id_valid": true, "queue_id": 1, "mode": 2})
		}
		before := h.shown(index)
		for names, change := range giving(typ.Field() == "physical") {
			changed := bare
			change(&changed)
			k := h.kind(kinds.KindInterface)
			if d := k.Compare(&changed, &bare, &bare); d.Change != state.InPlace || strings.Join(d.Fields, ",") != names {
				t.Errorf("%s given: %+v", names, d)
			}
			if d := k.Compare(&bare, &changed, &changed); d.Change != state.InPlace || strings.Join(d.Fields, ",") != names {
				t.Errorf("%s left out of the spec: %+v", names, d)
			}
			h.must(state.Update, ifItem(&changed))
			h.same(ifItem(&changed))
			if now := h.shown(index); now == before {
				t.Errorf("%s is written to no effect: %s", names, now)
			}
			// A restarted agent has read this, and has nothing to do for who wants it.
			d := k.Compare(&bare, h.found[item.ID].Value, nil)
			if d.Change != state.InPlace || strings.Join(d.Fields, ",") != names {
				t.Errorf("%s left out: %+v", names, d)
			}
			h.must(state.Update, item)
			if now := h.shown(index); now != before {
				t.Errorf("%s was\n%s\nand is\n%s", names, before, now)
			}
			if d := k.Compare(&bare, h.result.Have, &bare); d.Change != state.Same {
				t.Errorf("%s was put back and differs: %+v", names, d)
			}
			h.same(item)

			// Somebody else's from now on.
			h.call("sw_interface_set_mtu", map[string]any{"sw_if_index": index, "mtu": []uint32{1234, 0, 0, 0}})
			h.same(item)
			h.call("sw_interface_set_mtu", map[string]any{"sw_if_index": index, "mtu": h.original(t, before)})
		}
		h.must(state.Delete, item)
	})
}

// original is the MTU in a text of [hand.shown].
func (h *hand) original(t *testing.T, text string) (mtu []uint32) {
	t.Helper()
	_, rest, _ := strings.Cut(text, " mtu [")
	list, _, _ := strings.Cut(rest, "]")
	for word := range strings.FieldsSeq(list) {
		var n uint32
		if _, err := fmt.Sscan(word, &n); err != nil {
			t.Fatal(err)
		}
		mtu = append(mtu, n)
	}
	return mtu
}

// Each field goes by itself; what has been put on meanwhile stays as far as it can.
func TestInterfaceMTUsGoBackOneByOne(t *testing.T) {
	eachWithWorkers(t, func(t *testing.T, socket string, typ kinds.InterfaceType) {
		h := byHand(t, socket)
		i := kinds.Interface{Name: "i", Type: typ}
		h.must(state.Create, ifItem(&i))
		h.same(ifItem(&i))
		index := h.found[kinds.InterfaceID("i")].Handle
		before := h.shown(index)
		for _, step := range []struct {
			mtu       uint32
			link      uint16
			wantMTU   uint32
			wantsLink uint16
		}{
			{mtu: 1400, link: 2000, wantMTU: 1400, wantsLink: 2000},
			{mtu: 0, link: 2000, wantMTU: 2000, wantsLink: 2000}, // no larger than the link's
			{mtu: 1500, link: 2000, wantMTU: 1500, wantsLink: 2000},
			{mtu: 1500, link: 0, wantMTU: 1500},
			{mtu: 0, link: 0},
		} {
			i.MTU, i.LinkMTU = step.mtu, step.link
			h.must(state.Update, ifItem(&i))
			h.same(ifItem(&i))
			have := h.found[kinds.InterfaceID("i")].Value.(*kinds.Interface)
			if step.wantMTU != 0 && have.MTU != step.wantMTU || step.wantsLink != 0 && have.LinkMTU != step.wantsLink {
				t.Errorf("%+v: MTU %d, link's %d", step, have.MTU, have.LinkMTU)
			}
		}
		if now := h.shown(index); now != before {
			t.Errorf("was\n%s\nand is\n%s", before, now)
		}
		h.must(state.Delete, ifItem(&i))
	})
}

// Where the ledger was lost nobody knows how it was: what stands there stays.
func TestInterfaceFieldsStayWithoutLedger(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		i := loop("lo", 30)
		i.MTU = 1400
		h.must(state.Create, ifItem(i))
		var err error
		if h.ledger, _, err = state.OpenLedger(""); err != nil {
			t.Fatal(err)
		}
		h.same(ifItem(i))
		i.MTU = 1300 // what it has is not VPP's
		h.must(state.Update, ifItem(i))
		h.same(ifItem(i))
		i.MTU = 0
		h.same(ifItem(i))
		h.must(state.Update, ifItem(i))
		if have := h.result.Have.(*kinds.Interface); have.MTU != 1300 {
			t.Errorf("MTU %d, want the last one that was written", have.MTU)
		}
		h.must(state.Delete, ifItem(i))

		// Made anew it is as VPP makes it.
		h.read()
		h.must(state.Create, ifItem(i))
		h.same(ifItem(i))
		if have := h.result.Have.(*kinds.Interface); have.MTU != 9000 {
			t.Errorf("MTU %d, want 9000", have.MTU)
		}
		h.must(state.Delete, ifItem(i))
	})
}

// Creating what is there already forgets nothing; made anew, all begins anew.
func TestInterfaceOriginalOutlastsCreate(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		with := loop("lo", 31)
		with.MTU = 1400
		h.must(state.Create, ifItem(with))
		h.must(state.Create, ifItem(with)) // it is there
		h.same(ifItem(with))
		without := loop("lo", 31)
		h.must(state.Update, ifItem(without))
		if have := h.result.Have.(*kinds.Interface); have.MTU != 9000 {
			t.Errorf("MTU %d, want 9000", have.MTU)
		}
		h.must(state.Update, ifItem(with))
		h.call("delete_loopback", map[string]any{"sw_if_index": h.result.Handle})
		h.read()
		h.must(state.Create, ifItem(without))
		h.same(ifItem(without))
		if have := h.result.Have.(*kinds.Interface); have.MTU != 9000 {
			t.Errorf("made anew: MTU %d, want 9000", have.MTU)
		}
		h.must(state.Delete, ifItem(without))
	})
}

// A bond that was made with a MAC address is made anew without; one that got it
// later has again what it had. A sub-interface has its parent's MTU again.
func TestInterfaceOriginalByType(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		bond := kinds.Interface{Name: "bond", Type: kinds.Bond{Mode: kinds.BondXOR, ID: kinds.Number{Value: 31, Given: true}}, MAC: macA}
		without := bond
		without.MAC = kinds.MAC{}
		h.must(state.Create, ifItem(&bond))
		h.same(ifItem(&bond))
		k := h.kind(kinds.KindInterface)
		id := kinds.InterfaceID("bond")
		if d := k.Compare(&without, h.found[id].Value, nil); d.Change != state.Recreate || strings.Join(d.Fields, ",") != "macAddress" {
			t.Errorf("the MAC address of a bond that was made with it: %+v", d)
		}
		h.must(state.Delete, ifItem(&bond))
		h.read()
		h.must(state.Create, ifItem(&without))
		h.same(ifItem(&without))
		own := h.result.Have.(*kinds.Interface).MAC
		h.must(state.Update, ifItem(&bond))
		h.same(ifItem(&bond))
		if d := k.Compare(&without, h.found[id].Value, nil); d.Change != state.InPlace || strings.Join(d.Fields, ",") != "macAddress" {
			t.Errorf("the MAC address of a bond that got it later: %+v", d)
		}
		h.must(state.Update, ifItem(&without))
		if have := h.result.Have.(*kinds.Interface); have.MAC != own {
			t.Errorf("MAC address %s, want its own %s", have.MAC, own)
		}
		h.same(ifItem(&without))
		h.must(state.Delete, ifItem(&without))

		parent := loop("parent", 32)
		sub := kinds.Interface{Name: "sub", Type: kinds.SubInterface{Parent: "parent", VLANID: 5}, MTU: 1300}
		h.must(state.Create, ifItem(parent), ifItem(&sub))
		h.same(ifItem(&sub))
		sub.MTU = 0
		h.must(state.Update, ifItem(&sub))
		if text := h.shown(h.result.Handle); !strings.Contains(text, " mtu [0 0 0 0] ") {
			t.Errorf("its own MTU again: %s", text)
		}
		h.must(state.Delete, ifItem(&sub), ifItem(parent))
	})
}

// A device's queues are on the threads and in the modes again that it was found
// with, and it is no longer promiscuous.
func TestPhysicalQueuesArePutBack(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t, vpptest.WithDevice(device, "other=02:00:00:00:00:0a"), vpptest.WithWorkers(2))
	h := byHand(t, v.Socket())
	h.read()
	index := h.found[kinds.InterfaceID("#other")].Handle
	h.call("sw_interface_set_rx_mode", map[string]any{"sw_if_index": index, "queue_id_valid": true, "queue_id": 1, "mode": 2})
	h.call("sw_interface_set_rx_placement", map[string]any{"sw_if_index": index, "queue_id": 1, "worker_id": 0})
	h.call("sw_interface_set_mtu", map[string]any{"sw_if_index": index, "mtu": []uint32{1500, 1400, 0, 0}})
	h.call("sw_interface_tag_add_del", map[string]any{"is_add": true, "sw_if_index": index, "tag": "theirs"})
	before := h.shown(index)
	// By the address that it has, which is then another.
	i := &kinds.Interface{
		Name: "i", Type: kinds.Physical{MAC: macA}, MAC: macB, MTU: 1300, LinkMTU: 3000, RxMode: kinds.RxModeAdaptive,
		RxPlacement: []kinds.RxPlacement{{Queue: 0, Thread: 2}, {Queue: 1, Thread: 0}},
		TxPlacement: []kinds.TxPlacement{{Queue: 0, Threads: []uint32{0, 1, 2}}}, Promiscuous: true,
	}
	promiscuous := v.Calls("sw_interface_set_promisc")
	h.must(state.Create, ifItem(i))
	h.same(ifItem(i))
	if f := h.found[kinds.InterfaceID("i")]; f.Handle != index {
		t.Errorf("found another device: %+v", f)
	}
	if u := strings.Join(h.found[kinds.InterfaceID("i")].Unverified, ","); u != "promiscuous" {
		t.Errorf("unverified %q", u)
	}
	if n := v.Calls("sw_interface_set_promisc") - promiscuous; n != 1 {
		t.Errorf("%d times promiscuous", n)
	}
	h.must(state.Update, ifItem(i))
	if n := v.Calls("sw_interface_set_promisc") - promiscuous; n != 1 {
		t.Errorf("promiscuous is known from the ledger, and written %d times", n)
	}
	h.must(state.Delete, ifItem(i))
	if now := h.shown(index); now != before {
		t.Errorf("was\n%s\nand is\n%s", before, now)
	}
	if n := v.Calls("sw_interface_set_promisc") - promiscuous; n != 2 {
		t.Errorf("promiscuous was written %d times, want it off again", n)
	}
}
