package kinds_test

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// foreignLoop makes a loopback as somebody else would.
func (h *hand) foreignLoop(n uint32) (index uint32) {
	h.t.Helper()
	r := h.call("create_loopback_instance", map[string]any{"is_specified": true, "user_instance": n})
	index = uint32(r["sw_if_index"].(uint64))
	h.t.Cleanup(func() {
		_, _ = vpp.Invoke(h.ctx, h.session, "delete_loopback", map[string]any{"sw_if_index": index})
	})
	return index
}

func TestForeignInterface(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		index := h.foreignLoop(20)
		h.read()
		f, ok := h.found[kinds.InterfaceID("#loop20")]
		if !ok || f.Ours || f.Handle != index || strings.Join(f.Claims, ",") != "VPP interface loop20" {
			t.Fatalf("found %+v in %v", f, h.names())
		}
		item := ifItem(loop("lo", 20))
		err := h.do(state.Create, item)
		var conflict *state.ConflictError
		if !errors.As(err, &conflict) || conflict.With != "interface loop20, made by somebody else," {
			t.Fatalf("conflict: %v", err)
		}
		h.read()
		if h.found[kinds.InterfaceID("#loop20")].Ours || len(h.ledger.All(kinds.KindInterface)) != 0 {
			t.Error("a conflict leaves a claim on what is somebody else's")
		}

		// With leave, it is taken over: marked, and what is on it stays theirs.
		h.call("sw_interface_add_del_address", map[string]any{"sw_if_index": index, "is_add": true, "prefix": "192.0.2.33/24"})
		adopting := loop("lo", 20)
		adopting.Adopt, adopting.MTU = true, 1400
		item = ifItem(adopting)
		h.must(state.Create, item)
		if h.result.Handle != index {
			t.Errorf("adopted %d, not %d", h.result.Handle, index)
		}
		h.same(item)
		foreign := kinds.InterfaceAddressID("lo", netip.MustParsePrefix("192.0.2.33/24"))
		if f, ok := h.found[foreign]; !ok || f.Ours {
			t.Errorf("an address that somebody else put there: %+v", f)
		}
		own := kinds.InterfaceAddressItem("lo", "default", netip.MustParsePrefix("198.51.100.1/24"))
		h.must(state.Create, own)
		h.same(own)
		h.must(state.Delete, own, item)
		if _, ok := h.found[kinds.InterfaceID("#loop20")]; ok {
			t.Error("it is still there")
		}
	})
}

// A number that is the agent's choice avoids what is taken, and stays.
func TestInterfaceNumbers(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		h.foreignLoop(0)
		h.foreignLoop(1)
		h.foreignLoop(2)
		one := ifItem(&kinds.Interface{Name: "one", Type: kinds.Loopback{}})
		two := ifItem(&kinds.Interface{Name: "two", Type: kinds.Loopback{}})
		h.must(state.Create, one, two)
		h.same(one, two)
		name := func(item state.Item) string { return h.found[item.ID].Value.(*kinds.Interface).Shown.VPPName }
		if name(one) != "loop3" || name(two) != "loop4" {
			t.Errorf("numbers: %s %s", name(one), name(two))
		}
		// VPP has started anew: the numbers are kept, in any order.
		for _, i := range []state.Item{one, two} {
			h.call("delete_loopback", map[string]any{"sw_if_index": h.found[i.ID].Handle})
		}
		if err := h.ledger.NewBoot("next"); err != nil {
			t.Fatal(err)
		}
		h.read()
		h.must(state.Create, two, one)
		h.same(one, two)
		if name(one) != "loop3" || name(two) != "loop4" {
			t.Errorf("numbers in the next boot: %s %s", name(one), name(two))
		}
		h.must(state.Delete, one, two)
		if ids := h.ledger.All("InterfaceNumber"); len(ids) != 0 {
			t.Errorf("kept for nobody: %v", ids)
		}
	})
}

// A crash between create and mark: the intent says that it is ours.
func TestInterfaceUnmarked(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		if err := h.ledger.Put(kinds.InterfaceID("lo"), state.Entry{Alias: "loop21"}); err != nil {
			t.Fatal(err)
		}
		index := h.foreignLoop(21)
		h.read()
		item := ifItem(loop("lo", 21))
		f := h.found[item.ID]
		if !f.Ours || f.Handle != index {
			t.Fatalf("found %+v", f)
		}
		if d := h.kind(item.ID.Kind).Compare(item.Value, f.Value, nil); d.Change != state.InPlace {
			t.Errorf("unmarked: %+v", d)
		}
		h.must(state.Update, item)
		h.same(item)
		h.must(state.Delete, item)
	})
}

// Fields that VPP cannot show are compared with what the ledger says was
// written, by an agent that has been restarted too.
func TestInterfaceHiddenFields(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		with := loop("lo", 22)
		with.DirectedBroadcast = true
		h.must(state.Create, ifItem(with))
		h.same(ifItem(with))
		k, have := h.kind(kinds.KindInterface), h.found[kinds.InterfaceID("lo")].Value
		without := loop("lo", 22)
		d := k.Compare(without, have, nil)
		if d.Change != state.InPlace || strings.Join(d.Fields, ",") != "directedBroadcast" {
			t.Errorf("turned off: %+v", d)
		}
		h.must(state.Update, ifItem(without))
		h.same(ifItem(without))
		if u := h.found[kinds.InterfaceID("lo")].Unverified; len(u) != 0 {
			t.Errorf("unverified %v", u)
		}
		h.must(state.Delete, ifItem(without))

		// Of a type, they make it anew; nothing known is nothing wrong.
		a := &kinds.Interface{Name: "m", Type: kinds.Memif{Socket: "/s", Secret: kinds.SecretRef{Name: "a", Key: "k"}}}
		b := &kinds.Interface{Name: "m", Type: kinds.Memif{Socket: "/s", Secret: kinds.SecretRef{Name: "b", Key: "k"}}}
		if d := k.Compare(b, a, a); d.Change != state.Recreate || strings.Join(d.Fields, ",") != "memif.secretRef" {
			t.Errorf("another secret: %+v", d)
		}
		read := &kinds.Interface{Name: "m", Type: kinds.Memif{Socket: "/s"}, Shown: &kinds.Shown{}}
		if d := k.Compare(b, read, nil); d.Change != state.Same {
			t.Errorf("nothing known: %+v", d)
		}
	})
}

// An index that has become another interface's is left alone.
func TestInterfaceIndexOfAnother(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		item := ifItem(loop("lo", 23))
		h.must(state.Create, item)
		h.same(item)
		index := h.found[item.ID].Handle
		h.call("delete_loopback", map[string]any{"sw_if_index": index})
		if other := h.foreignLoop(24); other != index {
			t.Skipf("VPP gave index %d, not %d", other, index)
		}
		h.must(state.Delete, item) // with what was read before
		h.read()
		if _, ok := h.found[kinds.InterfaceID("#loop24")]; !ok {
			t.Errorf("another's interface was deleted: %v", h.names())
		}
	})
}

func TestInterfaceOutsideMissing(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		if os.Getenv(vpptest.SocketEnv) != socket {
			socket = vpptest.Start(t, vpptest.WithoutLinuxInterface("vopmissing")).Socket()
		}
		h := byHand(t, socket)
		for _, c := range []struct {
			typ  kinds.InterfaceType
			want string
		}{
			{kinds.HostInterface{HostName: "vopmissing"}, "Linux interface vopmissing is missing"},
			{kinds.Physical{VPPName: "GigabitEthernet0/8/0"}, "device GigabitEthernet0/8/0 in VPP is missing"},
			{kinds.Physical{MAC: macA}, "device with MAC address 02:00:00:00:00:0a in VPP is missing"},
			{kinds.SubInterface{Parent: "nobody", VLANID: 5}, "interface nobody in VPP is missing"},
			{kinds.VXLAN{Endpoints: endpoints("blue"), VNI: 5}, "a table of VRF blue in VPP is missing"},
		} {
			err := h.do(state.Create, ifItem(&kinds.Interface{Name: "i", Type: c.typ}))
			var wait *state.WaitError
			if !errors.As(err, &wait) || wait.Error() != c.want {
				t.Errorf("%s: %v", c.typ.Field(), err)
			}
		}
		err := h.do(state.Create, ifItem(&kinds.Interface{Name: "i", Type: kinds.Memif{Socket: "/run/x", Secret: kinds.SecretRef{Name: "missing"}}}))
		if err == nil || !strings.Contains(err.Error(), "memif.secretRef: no such Secret") {
			t.Errorf("a secret that is missing: %v", err)
		}
		err = h.do(state.Create, ifItem(&kinds.Interface{Name: "i", Type: kinds.Memif{Socket: "/run/x", Secret: kinds.SecretRef{Name: strings.Repeat("x", 30)}}}))
		if err == nil || strings.Contains(err.Error(), "xxx") || !strings.Contains(err.Error(), "it must have 1..23") {
			t.Errorf("a secret that is too long: %v", err)
		}
		if left := h.ledger.All(kinds.KindInterface); len(left) > 0 {
			t.Errorf("left in the ledger: %v", left)
		}
	})
}

// A device is configured and put back as it was found.
func TestPhysicalInterface(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		// A BVI is an Ethernet interface that no type of ours knows: a device, to them.
		r, err := vpp.Invoke(h.ctx, h.session, "bvi_create", map[string]any{"user_instance": 5, "mac": macA.String()})
		if errors.Is(err, vpp.ErrNoMessage) {
			t.Skip("this VPP has nothing that could pass for a device")
		}
		if err != nil {
			t.Fatal(err)
		}
		index := uint32(r["sw_if_index"].(uint64))
		t.Cleanup(func() { _, _ = vpp.Invoke(h.ctx, h.session, "bvi_delete", map[string]any{"sw_if_index": index}) })
		h.call("sw_interface_set_flags", map[string]any{"sw_if_index": index, "flags": 1})
		h.read()
		before := h.found[kinds.InterfaceID("#bvi5")].Value.(*kinds.Interface)
		for _, typ := range []kinds.Physical{{VPPName: "bvi5"}, {MAC: macA}} {
			i := &kinds.Interface{Name: "dev", Type: typ, MAC: macB, MTU: 1300, DirectedBroadcast: true}
			item := ifItem(i)
			h.must(state.Create, item)
			h.same(item)
			if f := h.found[item.ID]; f.Handle != index {
				t.Errorf("found %+v", f)
			}
			other := *i
			other.Name = "second"
			var conflict *state.ConflictError
			if err := h.do(state.Create, ifItem(&other)); typ.VPPName != "" && (!errors.As(err, &conflict) || conflict.With != "Interface dev") {
				t.Errorf("two for one device: %v", err)
			}
			h.must(state.Update, state.Item{ID: kinds.InterfaceStateID("dev"), Value: kinds.AdminState{}})
			h.must(state.Delete, item)
			h.read()
			after := h.found[kinds.InterfaceID("#bvi5")].Value.(*kinds.Interface)
			if after.MTU != before.MTU || after.MAC != before.MAC || after.Shown.AdminUp != before.Shown.AdminUp || after.MAC == (binproto.MAC{}) {
				t.Errorf("before %+v, after %+v", before, after)
			}
		}
	})
}

// A memif's socket is VPP's as long as a memif of ours uses it; one that
// somebody else gave to VPP stays.
func TestMemifSockets(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		dir := socketDir(t)
		h := byHand(t, socket)
		h.call("memif_socket_filename_add_del_v2", map[string]any{"is_add": true, "socket_id": 4, "socket_filename": dir + "/theirs"})
		memif := func(name, path string, id uint32) state.Item {
			return ifItem(&kinds.Interface{Name: name, Type: kinds.Memif{Socket: dir + path, ID: id}})
		}
		a, b, c := memif("a", "/ours", 0), memif("b", "/ours", 1), memif("c", "/theirs", 0)
		h.must(state.Create, a, b, c)
		h.same(a, b, c)
		sockets := func() (n int) {
			for d, err := range vpp.InvokeStream(h.ctx, h.session, "memif_socket_filename_dump", nil) {
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(d["socket_filename"].(string), dir) {
					n++
				}
			}
			return n
		}
		h.must(state.Delete, a, c)
		if n := sockets(); n != 2 {
			t.Errorf("%d sockets while one memif of ours is there", n)
		}
		var conflict *state.ConflictError
		if err := h.do(state.Create, memif("d", "/ours", 1)); !errors.As(err, &conflict) || conflict.With != "Interface b (memif1/1 in VPP)" {
			t.Errorf("the same link twice: %v", err)
		}
		h.must(state.Delete, b)
		if n := sockets(); n != 1 {
			t.Errorf("%d sockets where only theirs should be left", n)
		}
		h.call("memif_socket_filename_add_del_v2", map[string]any{"socket_id": 4, "socket_filename": dir + "/theirs"})
	})
}
