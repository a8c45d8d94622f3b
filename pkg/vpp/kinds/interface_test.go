package kinds_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// hand applies kinds to a VPP by hand, without an engine. Tests with it are not
// parallel: on a real VPP each would see the others' things.
type hand struct {
	t       testing.TB
	ctx     context.Context
	session *vpp.Session
	ledger  *state.Ledger
	view    *state.View
	found   map[state.ID]state.Found
	// result is that of the last operation.
	result state.Result
}

func byHand(t testing.TB, socket string) *hand {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Minute)
	t.Cleanup(cancel)
	s, err := vpp.Dial(ctx, vpp.Options{Socket: socket, Name: "kinds-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	l, _, err := state.OpenLedger("")
	if err != nil {
		t.Fatal(err)
	}
	h := &hand{t: t, ctx: ctx, session: s, ledger: l}
	h.read()
	return h
}

// mine are the kinds under test, in the order of reading: all but routes, which
// take what a boot of an engine prepares.
func mine() []state.Kind {
	return slices.DeleteFunc(kinds.All(), func(k state.Kind) bool { return k.Name() == kinds.KindRoute })
}

func (h *hand) kind(name string) state.Kind {
	for _, k := range mine() {
		if k.Name() == name {
			return k
		}
	}
	h.t.Fatalf("no kind %s", name)
	return nil
}

// read reads everything anew, as after a restart of the agent.
func (h *hand) read() {
	h.t.Helper()
	h.view = state.NewView(h.session, h.ledger, func(name, key string) ([]byte, error) {
		if name == "missing" {
			return nil, errors.New("no such Secret")
		}
		return []byte(name + "-" + key), nil
	})
	h.found = map[state.ID]state.Found{}
	for _, k := range mine() {
		if k.Probe(h.session) != nil {
			continue
		}
		err := k.Read(h.ctx, h.view, func(f state.Found) {
			h.found[f.ID] = f
			h.view.Record(f)
		})
		if err != nil {
			h.t.Fatalf("read %s: %v", k.Name(), err)
		}
	}
}

// do carries out one operation as the engine would.
func (h *hand) do(verb state.Verb, item state.Item) error {
	h.t.Helper()
	op := &state.Op{Verb: verb, ID: item.ID, Want: item.Value, Adopt: item.Adopt}
	if f, ok := h.found[item.ID]; ok && verb != state.Create {
		op.Have, op.Handle = f.Value, f.Handle
	}
	if verb == state.Delete {
		op.Want = nil
	}
	h.result = state.Do(h.ctx, h.kind(item.ID.Kind), h.view, *op)
	if h.result.HasHandle {
		h.view.Record(state.Found{ID: item.ID, Handle: h.result.Handle, HasHandle: true, Ours: true})
	}
	if h.result.Err == nil && verb != state.Delete {
		f := state.Found{ID: item.ID, Value: item.Value, Handle: h.result.Handle, Ours: true}
		if h.result.Have != nil {
			f.Value = h.result.Have
		}
		h.found[item.ID] = f
	}
	return h.result.Err
}

func (h *hand) must(verb state.Verb, items ...state.Item) {
	h.t.Helper()
	for _, i := range items {
		if err := h.do(verb, i); err != nil {
			h.t.Fatalf("%s %s: %v", verb, i.ID, err)
		}
	}
}

// same makes sure that VPP shows items as wanted, and ours.
func (h *hand) same(items ...state.Item) {
	h.t.Helper()
	h.read()
	for _, i := range items {
		f, ok := h.found[i.ID]
		if !ok {
			h.t.Fatalf("%s is not there: %v", i.ID, h.names())
		}
		if !f.Ours {
			h.t.Errorf("%s is not ours", i.ID)
		}
		if d := h.kind(i.ID.Kind).Compare(i.Value, f.Value, nil); d.Change != state.Same {
			h.t.Errorf("%s differs in %v: want %+v, have %+v", i.ID, d.Fields, i.Value, f.Value)
		}
	}
}

func (h *hand) names() []string {
	var names []string
	for id := range h.found {
		names = append(names, id.String())
	}
	slices.Sort(names)
	return names
}

func (h *hand) call(message string, fields map[string]any) map[string]any {
	h.t.Helper()
	r, err := vpp.Invoke(h.ctx, h.session, message, fields)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func ifItem(i *kinds.Interface) state.Item {
	return state.Item{ID: kinds.InterfaceID(i.Name), Value: i, Needs: i.Needs(), Claims: i.Claims(), Adopt: i.Adopt}
}

func loop(name string, n uint32) *kinds.Interface {
	return &kinds.Interface{Name: name, Type: kinds.Loopback{Instance: kinds.Number{Value: n, Given: true}}}
}

var (
	macA = binproto.MAC{2, 0, 0, 0, 0, 0xa}
	macB = binproto.MAC{2, 0, 0, 0, 0, 0xb}
)

func endpoints(vrf string) kinds.Endpoints {
	return kinds.Endpoints{
		Source: netip.MustParseAddr("192.0.2.1"), Destination: netip.MustParseAddr("192.0.2.2"), UnderlayVRF: vrf,
	}
}

// Every type: what is created is read back equal, creating it again is
// harmless, a restarted agent finds it, it is changed in place, and deleting it
// leaves VPP as it was.
func TestInterfaceTypes(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		dir := socketDir(t)
		for _, c := range []struct {
			name    string
			first   []*kinds.Interface // that it needs
			make    *kinds.Interface
			change  func(*kinds.Interface)
			hidden  string
			vppName string
			device  bool // needs devices of the machine
			later   bool // may be missing in the simulated VPP
		}{
			{name: "loopback", make: loop("lo", 9), vppName: "loop9"},
			{name: "loopback with all", make: &kinds.Interface{
				Name: "lo", Type: kinds.Loopback{Instance: kinds.Number{Value: 9, Given: true}}, MAC: macA, MTU: 1400,
				DirectedBroadcast: true,
			}, vppName: "loop9", hidden: "directedBroadcast", change: func(i *kinds.Interface) { i.MTU, i.MAC = 1300, macB }},
			{name: "loopback of our choice", make: &kinds.Interface{Name: "lo", Type: kinds.Loopback{}, MAC: macA}},
			{name: "sub-interface", first: []*kinds.Interface{loop("parent", 9)}, make: &kinds.Interface{
				Name: "vlan", Type: kinds.SubInterface{Parent: "parent", VLANID: 100, ExactMatch: true},
			}, vppName: "loop9.100", change: func(i *kinds.Interface) { i.MTU = 1300 }},
			{name: "QinQ", first: []*kinds.Interface{loop("parent", 9)}, make: &kinds.Interface{
				Name: "vlan", Type: kinds.SubInterface{Parent: "parent", VLANID: 100, InnerVLANID: 7, Dot1ad: true},
			}, vppName: "loop9.409607"},
			{name: "host interface", device: true, make: &kinds.Interface{
				Name: "wan", Type: kinds.HostInterface{HostName: "vopkindsa"}, MAC: macA,
			}, vppName: "host-vopkindsa", change: func(i *kinds.Interface) { i.LinkMTU, i.MTU, i.RxMode = 2000, 1500, kinds.RxModeInterrupt }},
			{name: "host interface with queues", device: true, make: &kinds.Interface{
				Name: "wan", Type: kinds.HostInterface{HostName: "vopkindsa", RxQueues: 2, IP: true},
			}, hidden: "hostInterface.rxQueues"},
			{name: "memif", later: true, make: &kinds.Interface{
				Name: "m", Type: kinds.Memif{Socket: dir + "/m.sock", ID: 3}, MAC: macA,
			}, vppName: "memif1/3", change: func(i *kinds.Interface) { i.LinkMTU, i.MTU = 2000, 1800 }},
			{name: "memif on an abstract socket", later: true, make: &kinds.Interface{
				Name: "m", Type: kinds.Memif{Socket: "abstract:" + dir + "/m", ID: 3}, MAC: macA,
			}, vppName: "memif1/3"},
			{name: "memif with secret", later: true, make: &kinds.Interface{
				Name: "m", Type: kinds.Memif{Socket: dir + "/m.sock", ID: 3, Slave: true, IP: true, Secret: kinds.SecretRef{Name: "s", Key: "k"}, RxQueues: 2},
			}, hidden: "memif.rxQueues,memif.secretRef"},
			{name: "vxlan", later: true, make: &kinds.Interface{
				Name: "x", MAC: macA, Type: kinds.VXLAN{Endpoints: endpoints("default"), VNI: 7, SourcePort: 4789, DestinationPort: 4790},
			}, change: func(i *kinds.Interface) { i.MTU, i.LinkMTU = 1400, 1500 }},
			{name: "vxlan multicast", later: true, first: []*kinds.Interface{loop("parent", 9)}, make: &kinds.Interface{
				Name: "x", MAC: macA, Type: kinds.VXLAN{Endpoints: kinds.Endpoints{
					Source: netip.MustParseAddr("192.0.2.1"), Destination: netip.MustParseAddr("239.1.1.1"), UnderlayVRF: "default",
				}, VNI: 7, SourcePort: 4789, DestinationPort: 4789, MulticastInterface: "parent"},
			}},
			{name: "gre", later: true, make: &kinds.Interface{Name: "g", Type: kinds.GRE{Endpoints: endpoints("default")}}, change: func(i *kinds.Interface) { i.MTU = 1400 }},
			{name: "gre with key", later: true, make: &kinds.Interface{
				Name: "g", MAC: macA, Type: kinds.GRE{Endpoints: endpoints("default"), Carries: kinds.GRETEB, Key: 5, Flags: kinds.TunnelEncapCopyDF},
			}},
			{name: "gre erspan", later: true, make: &kinds.Interface{
				Name: "g", MAC: macA, Type: kinds.GRE{Endpoints: endpoints("default"), Carries: kinds.GREERSPAN, SessionID: 5},
			}},
			{name: "ipip", later: true, make: &kinds.Interface{
				Name: "p", Type: kinds.IPIP{Endpoints: endpoints("default"), DSCP: 10, Flags: kinds.TunnelEncapCopyECN},
			}, change: func(i *kinds.Interface) { i.MTU = 1400 }},
			{name: "ipip6", later: true, make: &kinds.Interface{Name: "p", Type: kinds.IPIP{Endpoints: kinds.Endpoints{
				Source: netip.MustParseAddr("2001:db8::1"), Destination: netip.MustParseAddr("2001:db8::2"), UnderlayVRF: "default",
			}}}},
			{name: "bond", later: true, make: &kinds.Interface{Name: "b", MAC: macA, Type: kinds.Bond{Mode: kinds.BondXOR, LoadBalance: kinds.BondL34}},
				change: func(i *kinds.Interface) { i.MTU = 1400 }},
			{name: "bond round robin", later: true, make: &kinds.Interface{Name: "b", Type: kinds.Bond{
				Mode: kinds.BondRoundRobin, ID: kinds.Number{Value: 77, Given: true},
			}}, vppName: "BondEthernet77"},
			{name: "vhost-user", later: true, make: &kinds.Interface{Name: "vm", MAC: macA, Type: kinds.VhostUser{Socket: dir + "/v.sock", Server: true}},
				change: func(i *kinds.Interface) { i.Type = kinds.VhostUser{Socket: dir + "/w.sock"} }},
			{name: "vhost-user with offloads", later: true, make: &kinds.Interface{Name: "vm", MAC: macA, Type: kinds.VhostUser{
				Socket: dir + "/v.sock", Server: true, GSO: true, PackedRing: true,
			}}, hidden: "vhostUser.gso,vhostUser.packedRing"},
			{name: "tap", later: true, make: &kinds.Interface{Name: "t", MAC: macA, Type: kinds.Tap{
				Host:       kinds.TapHost{Name: "voptap", MAC: macB, Address4: netip.MustParsePrefix("192.0.2.9/24"), MTU: 1400},
				RxRingSize: 256, TxRingSize: 256, RxQueues: 1, TxQueues: 1,
			}}, device: os.Getenv(vpptest.SocketEnv) == socket},
		} {
			t.Run(c.name, func(t *testing.T) {
				h := byHand(t, socket)
				if c.device && os.Getenv(vpptest.SocketEnv) == socket {
					linuxPair(t, "vopkindsa", "vopkindsb")
				}
				if _, ok := c.make.Type.(kinds.Tap); ok && c.device {
					if _, err := os.Stat("/dev/vhost-net"); err != nil {
						t.Skip("a tap needs /dev/vhost-net")
					}
				}
				before := h.snapshot()
				for _, i := range c.first {
					h.must(state.Create, ifItem(i))
				}
				item := ifItem(c.make)
				err := h.do(state.Create, item)
				if u := (*state.UnsupportedError)(nil); c.later && errors.As(err, &u) {
					for _, i := range c.first {
						h.must(state.Delete, ifItem(i))
					}
					t.Skip(err)
				}
				if err != nil {
					t.Fatal(err)
				}
				made := h.result
				h.must(state.Create, item) // again
				if h.result.Handle != made.Handle {
					t.Errorf("created twice: %d and %d", made.Handle, h.result.Handle)
				}
				if d := h.kind(item.ID.Kind).Compare(item.Value, made.Have, item.Value); d.Change != state.Same {
					t.Errorf("what was made differs in %v", d.Fields)
				}
				h.same(item)
				f := h.found[item.ID]
				if got := strings.Join(f.Unverified, ","); got != c.hidden || strings.Join(made.Unverified, ",") != c.hidden {
					t.Errorf("unverified %q and %q, want %q", got, made.Unverified, c.hidden)
				}
				shown := f.Value.(*kinds.Interface).Shown
				if c.vppName != "" && shown.VPPName != c.vppName {
					t.Errorf("VPP calls it %s, want %s", shown.VPPName, c.vppName)
				}
				if c.change != nil {
					changed := *c.make
					c.change(&changed)
					item = ifItem(&changed)
					if d := h.kind(item.ID.Kind).Compare(item.Value, f.Value, nil); d.Change != state.InPlace {
						t.Fatalf("to change it: %+v", d)
					}
					h.must(state.Update, item)
					h.same(item)
				}
				h.must(state.Delete, item)
				h.must(state.Delete, item) // again
				for _, i := range slices.Backward(c.first) {
					h.must(state.Delete, ifItem(i))
				}
				h.unchanged(before)
				if left := h.ledger.All(kinds.KindInterface); len(left) > 0 {
					t.Errorf("left in the ledger: %v", left)
				}
			})
		}
	})
}

func socketDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vop") //nolint:usetesting // a Unix socket's path is short
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// linuxPair makes a pair of Linux interfaces for the time of a test.
func linuxPair(t testing.TB, a, b string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "ip", "link", "add", a, "type", "veth", "peer", "name", b).CombinedOutput(); err != nil {
		t.Skipf("no Linux interfaces can be made: %v: %s", err, out)
	}
	t.Cleanup(func() {
		_ = exec.CommandContext(context.Background(), "ip", "link", "del", a).Run()
	})
}
