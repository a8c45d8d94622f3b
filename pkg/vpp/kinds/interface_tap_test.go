package kinds_test

import (
	"cmp"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// Each field of a tap is read back equal, and another value of it makes the tap
// anew; fields that VPP cannot show are named.
func TestTapFields(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		isReal := os.Getenv(vpptest.SocketEnv) == socket
		if _, err := os.Stat("/dev/vhost-net"); isReal && err != nil {
			t.Skip("a tap needs /dev/vhost-net")
		}
		h := byHand(t, socket)
		plain := kinds.Tap{
			Host:     kinds.TapHost{Name: "voptap", MAC: macB},
			RxQueues: 1, TxQueues: 1, RxRingSize: 256, TxRingSize: 256,
		}
		for _, c := range []struct {
			change  func(*kinds.Tap)
			differs string // in what, from the plain one
			back    string // and the plain one from it, where that is more
			hidden  string
			vppName string
			outside bool // needs more of the machine than this test makes
		}{
			{change: func(*kinds.Tap) {}},
			{change: func(p *kinds.Tap) { p.ID = kinds.Number{Value: 77, Given: true} }, differs: "tap.id", vppName: "tap77"},
			{change: func(p *kinds.Tap) { p.Tun, p.Host.MAC = true, kinds.MAC{} }, differs: "tap.tun", back: "tap.tun,tap.host.macAddress", vppName: "tun0"},
			{change: func(p *kinds.Tap) { p.RxRingSize = 512 }, differs: "tap.rxRingSize"},
			{change: func(p *kinds.Tap) { p.TxRingSize = 1024 }, differs: "tap.txRingSize"},
			{change: func(p *kinds.Tap) { p.GSO = true }, differs: "tap.gso"},
			{change: func(p *kinds.Tap) { p.ChecksumOffload = true }, differs: "tap.checksumOffload"},
			{change: func(p *kinds.Tap) { p.Host.Name = "voptap2" }, differs: "tap.host.name"},
			{change: func(p *kinds.Tap) { p.Host.Namespace = "vop" }, differs: "tap.host.namespace", outside: true},
			{change: func(p *kinds.Tap) { p.Host.Bridge = "vopbridge" }, differs: "tap.host.bridge", outside: true},
			{change: func(p *kinds.Tap) { p.Host.MAC = macA }, differs: "tap.host.macAddress"},
			{change: func(p *kinds.Tap) { p.Host.MTU = 1400 }, differs: "tap.host.mtu"},
			{change: func(p *kinds.Tap) { p.Host.Address4 = netip.MustParsePrefix("192.0.2.9/24") }, differs: "tap.host.addresses"},
			{change: func(p *kinds.Tap) { p.Host.Address6 = netip.MustParsePrefix("2001:db8::9/64") }, differs: "tap.host.addresses"},
			{change: func(p *kinds.Tap) {
				p.Host.Address4, p.Host.Gateway4 = netip.MustParsePrefix("192.0.2.9/24"), netip.MustParseAddr("192.0.2.1")
				p.Host.Address6, p.Host.Gateway6 = netip.MustParsePrefix("2001:db8::9/64"), netip.MustParseAddr("2001:db8::1")
			}, differs: "tap.host.addresses,tap.host.gateways", hidden: "tap.host.gateways"},
			{change: func(p *kinds.Tap) { p.RxQueues, p.TxQueues = 2, 3 }, differs: "tap.rxQueues,tap.txQueues", hidden: "tap.rxQueues,tap.txQueues"},
		} {
			if c.outside && isReal {
				continue
			}
			other := plain
			c.change(&other)
			i := &kinds.Interface{Name: "t", Type: other, MAC: macA}
			if other.Tun {
				i.MAC = kinds.MAC{}
			}
			was := &kinds.Interface{Name: "t", Type: plain, MAC: i.MAC}
			h.must(state.Create, ifItem(i))
			if u := strings.Join(h.result.Unverified, ","); u != c.hidden {
				t.Errorf("%s: unverified %q, want %q", c.differs, u, c.hidden)
			}
			h.must(state.Create, ifItem(i)) // again
			h.same(ifItem(i))
			have := h.found[kinds.InterfaceID("t")].Value
			if name := have.(*kinds.Interface).Shown.VPPName; c.vppName != "" && name != c.vppName {
				t.Errorf("%s: VPP calls it %s, want %s", c.differs, name, c.vppName)
			}
			back := cmp.Or(c.back, c.differs)
			if c.differs == "tap.id" {
				back = "" // it keeps its number
			}
			k := h.kind(kinds.KindInterface)
			if d := k.Compare(i, was, was); c.differs != "" && (d.Change != state.Recreate || strings.Join(d.Fields, ",") != c.differs) {
				t.Errorf("%s wished for: %+v", c.differs, d)
			}
			if d := k.Compare(was, i, i); strings.Join(d.Fields, ",") != back || back != "" && d.Change != state.Recreate {
				t.Errorf("%s no longer wished for: %+v", c.differs, d)
			}
			if d := k.Compare(was, have, nil); strings.Join(d.Fields, ",") != back || back != "" && d.Change != state.Recreate {
				t.Errorf("%s left out, as a restarted agent finds it: %+v", c.differs, d)
			}
			h.must(state.Delete, ifItem(i))
			h.must(state.Delete, ifItem(i))
			h.read()
			if _, there := h.found[kinds.InterfaceID("t")]; there {
				t.Errorf("%s: it is still there", c.differs)
			}
		}

		// What all types have changes in place.
		i := &kinds.Interface{Name: "t", Type: plain, MAC: macA}
		h.must(state.Create, ifItem(i))
		h.same(ifItem(i))
		now := *i
		now.MAC, now.MTU, now.LinkMTU, now.RxMode = macB, 1400, 2000, kinds.RxModeInterrupt
		d := h.kind(kinds.KindInterface).Compare(&now, h.found[kinds.InterfaceID("t")].Value, nil)
		if d.Change != state.InPlace || strings.Join(d.Fields, ",") != "macAddress,mtu,linkMTU,rxMode" {
			t.Errorf("to change it: %+v", d)
		}
		h.must(state.Update, ifItem(&now))
		h.same(ifItem(&now))
		h.must(state.Delete, ifItem(&now))
	})
}

// A tap and a tun share their numbers, though not their names.
func TestTapAndTunNumbers(t *testing.T) {
	t.Parallel()
	h := byHand(t, vpptest.Start(t).Socket())
	h.call("tap_create_v3", map[string]any{"id": 0, "use_random_mac": true, "host_if_name_set": true, "host_if_name": "theirs", "num_rx_queues": 1, "num_tx_queues": 1})
	tun := ifItem(&kinds.Interface{Name: "tun", Type: kinds.Tap{
		Tun: true, Host: kinds.TapHost{Name: "voptun"}, RxQueues: 1, TxQueues: 1, RxRingSize: 256, TxRingSize: 256,
	}})
	tap := ifItem(&kinds.Interface{Name: "tap", MAC: macA, Type: kinds.Tap{
		Host: kinds.TapHost{Name: "voptap", MAC: macB}, RxQueues: 1, TxQueues: 1, RxRingSize: 256, TxRingSize: 256,
	}})
	h.must(state.Create, tun, tap)
	h.same(tun, tap)
	for id, want := range map[string]string{"tun": "tun1", "tap": "tap2"} {
		if name := h.found[kinds.InterfaceID(id)].Value.(*kinds.Interface).Shown.VPPName; name != want {
			t.Errorf("%s is %s, want %s", id, name, want)
		}
	}
	h.must(state.Delete, tun, tap)
}
