package kinds_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// aMapping is a mapping on its way to being an item.
type aMapping struct{ *kinds.NAT44Mapping }

func staticMapping(external string, externalPort uint16, local string, localPort uint16) aMapping {
	m := aMapping{&kinds.NAT44Mapping{
		Type: kinds.NAT44Static, External: addr(external), ExternalPort: externalPort, Local: addr(local), LocalPort: localPort,
		VRF: "default", Object: "test",
	}}
	if externalPort != 0 {
		m.Protocol = kinds.ProtocolTCP
	}
	return m
}

func identityMapping(address string, port uint16) aMapping {
	m := aMapping{&kinds.NAT44Mapping{Type: kinds.NAT44Identity, External: addr(address), ExternalPort: port, VRF: "default", Object: "test"}}
	if port != 0 {
		m.Protocol = kinds.ProtocolUDP
	}
	return m
}

// balanced is a load-balanced mapping; backends are host numbers and shares.
func balanced(external string, port uint16, backends ...[2]uint8) aMapping {
	m := &kinds.NAT44Mapping{
		Type: kinds.NAT44LoadBalanced, External: addr(external), ExternalPort: port, Protocol: kinds.ProtocolTCP, VRF: "default", Object: "test",
	}
	for _, b := range backends {
		m.Backends = append(m.Backends, kinds.NAT44Backend{Address: addr(fmt.Sprintf("10.1.0.%d", b[0])), Port: 8080, Probability: b[1]})
	}
	kinds.SortNAT44Backends(m.Backends)
	return aMapping{m}
}

// with is the same mapping, changed.
func (m aMapping) with(change func(*kinds.NAT44Mapping)) aMapping {
	c := *m.NAT44Mapping
	change(&c)
	return aMapping{&c}
}

func (m aMapping) item() state.Item {
	return m.Item(kinds.NAT44MappingNeeds(m.VRF, m.Interface), false)
}

// dumpOf is all that a dump has.
func (h *hand) dumpOf(message string) (all []map[string]any) {
	h.t.Helper()
	for d, err := range vpp.InvokeStream(h.ctx, h.session, message, nil) {
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

func TestNAT44Mappings(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		blue := vrfItem("blue", 4716, false)
		h.must(state.Create, blue, ifItem(loop("wan", 73)), ifItem(loop("bare", 74)))
		h.must(state.Create, address("wan", "default", "203.0.113.1/24"), nat44(), kinds.NAT44AddressItem(addr("203.0.113.50"), "", false),
			kinds.NAT44AddressItem(addr("203.0.113.60"), "", true))
		before := h.snapshot()
		things := len(h.names())
		ofInterface := func(name string) func(m *kinds.NAT44Mapping) {
			return func(m *kinds.NAT44Mapping) { m.External, m.Interface = m.Pool, name }
		}
		only := func(m *kinds.NAT44Mapping) { m.Out2InOnly = true }
		for _, c := range []struct {
			name    string
			make    aMapping
			changes map[string]func(m *kinds.NAT44Mapping) // by the fields that differ
			hidden  string
		}{
			{name: "a port", make: staticMapping("203.0.113.10", 80, "10.0.0.1", 8080), changes: map[string]func(m *kinds.NAT44Mapping){
				"localAddress": func(m *kinds.NAT44Mapping) { m.Local = addr("10.0.0.2") },
				"localPort":    func(m *kinds.NAT44Mapping) { m.LocalPort = 81 },
				"vrf":          func(m *kinds.NAT44Mapping) { m.VRF = "blue" },
				"twiceNAT":     func(m *kinds.NAT44Mapping) { m.TwiceNAT = true },
				"selfTwiceNAT": func(m *kinds.NAT44Mapping) { m.SelfTwiceNAT = true },
				"out2inOnly":   only,
			}},
			{name: "an address", make: staticMapping("203.0.113.11", 0, "10.0.0.3", 0), changes: map[string]func(m *kinds.NAT44Mapping){
				"localAddress": func(m *kinds.NAT44Mapping) { m.Local = addr("10.0.0.4") },
			}},
			{name: "from outside only", make: staticMapping("203.0.113.12", 53, "10.0.0.5", 53).with(only)},
			{name: "an address of the pool", make: staticMapping("203.0.113.13", 80, "10.0.0.6", 80).with(func(m *kinds.NAT44Mapping) {
				m.TwiceNAT, m.Pool = true, addr("203.0.113.60")
			}), hidden: "poolAddress", changes: map[string]func(m *kinds.NAT44Mapping){"poolAddress": func(m *kinds.NAT44Mapping) { m.Pool = kinds.NAT44Mapping{}.Pool }}},
			{name: "an interface", make: staticMapping("203.0.113.14", 80, "10.0.0.7", 80).with(ofInterface("wan")).with(only),
				changes: map[string]func(m *kinds.NAT44Mapping){"out2inOnly": func(m *kinds.NAT44Mapping) { m.Out2InOnly = false }}},
			{name: "an interface without an address", make: staticMapping("203.0.113.14", 80, "10.0.0.8", 80).with(ofInterface("bare"))},
			{name: "all of an interface", make: staticMapping("203.0.113.14", 0, "10.0.0.9", 0).with(ofInterface("wan"))},
			{name: "identity", make: identityMapping("10.0.0.10", 0), changes: map[string]func(m *kinds.NAT44Mapping){
				"vrf": func(m *kinds.NAT44Mapping) { m.VRF = "blue" },
			}},
			{name: "identity of a port", make: identityMapping("10.0.0.11", 53)},
			{name: "identity of an interface", make: identityMapping("10.0.0.11", 53).with(ofInterface("wan"))},
			{name: "balanced", make: balanced("203.0.113.50", 443, [2]uint8{1, 100}, [2]uint8{2, 50}), changes: map[string]func(m *kinds.NAT44Mapping){
				"selfTwiceNAT": func(m *kinds.NAT44Mapping) { m.SelfTwiceNAT = true },
				"affinity":     func(m *kinds.NAT44Mapping) { m.Affinity = 60 },
			}},
			{name: "balanced, with affinity, from outside", make: balanced("203.0.113.51", 443, [2]uint8{3, 1}, [2]uint8{4, 1}).with(only).with(
				func(m *kinds.NAT44Mapping) { m.Affinity, m.VRF = 30, "blue" }), hidden: "affinity"},
		} {
			t.Run(c.name, func(t *testing.T) {
				h.t = t
				item := c.make.item()
				h.must(state.Create, item, item)
				h.same(item)
				f := h.found[item.ID]
				if got := strings.Join(f.Unverified, ","); got != c.hidden {
					t.Errorf("unverified: %q, want %q", got, c.hidden)
				}
				if !slices.Equal(f.Claims, item.Claims) {
					t.Errorf("claims %v, wanted with %v", f.Claims, item.Claims)
				}
				if n := len(h.names()) - things; n != 1 {
					t.Errorf("%d things more: %v", n, h.names())
				}
				for field, change := range c.changes {
					next := c.make.with(change).item()
					if d := h.kind(item.ID.Kind).Compare(next.Value, h.found[item.ID].Value, nil); d.Change != state.Recreate || strings.Join(d.Fields, ",") != field {
						t.Errorf("%s: %+v", field, d)
					}
					h.must(state.Delete, item)
					h.must(state.Create, next)
					h.same(next)
					h.must(state.Delete, next)
					h.must(state.Create, item)
					h.same(item)
				}
				h.must(state.Delete, item, item)
				h.unchanged(before)
				h.leftInLedger(kinds.KindNAT44Mapping)
			})
		}
		h.t = t
		h.must(state.Delete, kinds.NAT44AddressItem(addr("203.0.113.50"), "", false), kinds.NAT44AddressItem(addr("203.0.113.60"), "", true), nat44())
		h.must(state.Delete, address("wan", "default", "203.0.113.1/24"), ifItem(loop("bare", 74)), ifItem(loop("wan", 73)))
		h.must(state.Delete, blue)
	})
}

// Backends come and go without the mapping being made anew, as far as VPP goes
// along.
func TestNAT44Backends(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		pool := kinds.NAT44AddressItem(addr("203.0.113.50"), "", false)
		h.must(state.Create, nat44())
		first := balanced("203.0.113.50", 80, [2]uint8{1, 100}, [2]uint8{2, 50}).item()
		err := h.do(state.Create, first)
		var wait *state.WaitError
		if !errors.As(err, &wait) || wait.For != "address 203.0.113.50 in NAT44's pool" {
			t.Errorf("outside the pool: %v", err)
		}
		h.must(state.Create, pool, first)
		h.same(first)
		for _, c := range []struct {
			backends [][2]uint8
			change   state.Change
		}{
			{[][2]uint8{{1, 100}, {2, 50}, {3, 10}}, state.InPlace},
			{[][2]uint8{{1, 90}, {2, 50}, {3, 10}}, state.InPlace},
			{[][2]uint8{{3, 10}, {4, 1}}, state.InPlace},
			{[][2]uint8{{5, 10}, {6, 1}}, state.InPlace},
			{[][2]uint8{{5, 11}, {6, 1}}, state.Recreate},   // VPP keeps two
			{[][2]uint8{{7, 200}, {8, 55}}, state.Recreate}, // and their sum below 256
		} {
			now := balanced("203.0.113.50", 80, c.backends...).item()
			h.read()
			have := h.found[now.ID].Value
			d := h.kind(now.ID.Kind).Compare(now.Value, have, nil)
			if d.Change != c.change || strings.Join(d.Fields, ",") != "backends" {
				t.Errorf("to %v: %+v", c.backends, d)
			}
			if c.change == state.Recreate {
				h.must(state.Delete, now)
				h.must(state.Create, now)
			} else {
				h.must(state.Update, now)
			}
			h.same(now)
		}
		h.must(state.Delete, first, pool, nat44())
	})
}

// A mapping that moves from object to object is not touched, since its sessions
// would end: VPP keeps the tag with the first object's name. It stays ours, also
// to an agent without memory, and goes with its last object.
func TestNAT44MappingMoves(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		start := func() *bench {
			b := work(t, socket)
			b.Begin()
			b.AllowPrune(func(string) bool { return true })
			return b
		}
		b := start()
		b.set("nat", nat44(), kinds.NAT44AddressItem(addr("203.0.113.50"), "", false))
		b.set("wan", append(whole(loop("wan", 73), "default", true), address("wan", "default", "203.0.113.1/24"))...)
		b.awaitReasons("wan", "Programmed; Programmed; Programmed; Programmed; Programmed")
		of := func(object string) []state.Item {
			var items []state.Item
			for _, m := range []aMapping{
				staticMapping("203.0.113.1", 80, "10.0.0.1", 8080), identityMapping("10.0.0.11", 53), balanced("203.0.113.50", 80, [2]uint8{1, 100}, [2]uint8{2, 50}),
			} {
				items = append(items, m.with(func(m *kinds.NAT44Mapping) { m.Object = object }).item())
			}
			return items
		}
		const all = "Programmed; Programmed; Programmed"
		writes := func(b *bench) (n uint64) {
			for _, m := range []string{
				"nat44_add_del_static_mapping_v2", "nat44_add_del_identity_mapping", "nat44_add_del_lb_static_mapping", "nat44_lb_static_mapping_add_del_local",
			} {
				n += sent(b.client.Stats().Snapshot(), m)
			}
			return n
		}
		b.set("one", of("one")...)
		b.awaitReasons("one", all)
		b.set("two", of("two")...)
		b.await("the first has it", func() bool { return strings.Count(b.reasons("two"), "Conflict: Test one has it") == 3 })
		o, _ := owner("one", 0)
		b.Remove(o)
		b.awaitReasons("two", all)
		another := byHand(t, socket)
		tagged := func() bool {
			rows := append(another.allMappings(), another.dumpOf("nat44_lb_static_mapping_dump")...)
			return len(rows) == 3 && !slices.ContainsFunc(rows, func(d map[string]any) bool { return d["tag"] != "vpp-operator/one" })
		}
		if n := writes(b); n != 3 || !tagged() {
			t.Errorf("%d writes", n)
		}
		// What is in the way is named as it is now.
		b.set("three", staticMapping("203.0.113.1", 80, "10.0.0.9", 80).with(ofInterface("wan")).item())
		b.awaitReasons("three", "Conflict: the mapping of 203.0.113.1:80/TCP of Test two has it")
		b.stop()

		// To an agent without a ledger NAT44 is somebody else's.
		b = start()
		b.set("two", of("two")...)
		b.awaitReasons("two", all)
		b.await("synced", func() bool { return b.Status().Synced })
		if n := writes(b); n != 0 || !tagged() {
			t.Errorf("%d writes", n)
		}
		o, _ = owner("two", 0)
		b.Remove(o)
		b.await("they are gone", func() bool { return b.Status().LeftoverCount == 0 && !tagged() && len(another.allMappings()) == 0 })
		b.stop()
		another.call("nat44_ed_plugin_enable_disable", map[string]any{"enable": false})
	})
}

// A load-balanced mapping is there as long as its address is in the pool, by
// whatever that is: a range, an interface, somebody else.
func TestNAT44BalancedNeedsPool(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		b := work(t, socket)
		another := byHand(t, socket)
		b.set("wan", append(whole(loop("wan", 73), "default", true), address("wan", "default", "203.0.113.50/24"))...)
		b.set("nat", nat44())
		b.set("it", balanced("203.0.113.50", 80, [2]uint8{1, 100}, [2]uint8{2, 50}).item())
		b.set("free", balanced("203.0.113.51", 80, [2]uint8{1, 100}, [2]uint8{2, 50}).with(func(m *kinds.NAT44Mapping) { m.Out2InOnly = true }).item())
		b.Begin()
		b.AllowPrune(func(string) bool { return true })
		b.awaitReasons("free", "Programmed")
		rows := func() int { return len(another.dumpOf("nat44_lb_static_mapping_dump")) }
		waits := func() {
			t.Helper()
			b.awaitReasons("it", "WaitingForDependency: waits for NAT44 pool address 203.0.113.50")
			b.await("it is not in VPP", func() bool { return rows() == 1 })
		}
		waits()
		for _, item := range []state.Item{kinds.NAT44AddressItem(addr("203.0.113.50"), "", false), kinds.NAT44InterfaceAddressItem("wan", false)} {
			b.set("pool", item)
			b.awaitReasons("it", "Programmed")
			if rows() != 2 {
				t.Errorf("%s: not in VPP", item.ID)
			}
			o, _ := owner("pool", 0)
			b.Remove(o)
			b.await("the pool is empty", func() bool { return len(another.dumpOf("nat44_address_dump")) == 0 })
			waits()
		}
		theirs := map[string]any{"first_ip_address": "203.0.113.50", "last_ip_address": "203.0.113.50", "vrf_id": ^uint32(0), "is_add": true}
		another.call("nat44_add_del_address_range", theirs)
		b.ResyncNow()
		b.awaitReasons("it", "Programmed")
		theirs["is_add"] = false
		another.call("nat44_add_del_address_range", theirs)
		b.ResyncNow()
		waits()
		for _, name := range []string{"it", "free", "nat", "wan"} {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.await("all is gone", func() bool {
			return b.gone(kinds.NAT44ID()) && b.gone(kinds.InterfaceID("wan")) && b.Status().LeftoverCount == 0
		})
	})
}

// Clashes name what is in the way; what is somebody else's is neither taken nor
// deleted.
func TestNAT44MappingOwner(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		h.must(state.Create, nat44())
		var conflict *state.ConflictError
		clash := func(m aMapping, want string) {
			t.Helper()
			if err := h.do(state.Create, m.item()); !errors.As(err, &conflict) || conflict.With != want {
				t.Errorf("%s: %v, want %q", m.ID(), err, want)
			}
		}
		mine := staticMapping("203.0.113.10", 80, "10.0.0.1", 8080)
		h.must(state.Create, mine.item())
		clash(staticMapping("203.0.113.11", 80, "10.0.0.1", 8080), "the mapping of 203.0.113.10:80/TCP of NAT44Mapping test")
		clash(identityMapping("10.0.0.1", 8080).with(func(m *kinds.NAT44Mapping) { m.Protocol = kinds.ProtocolTCP }),
			"the mapping of 203.0.113.10:80/TCP of NAT44Mapping test")
		h.same(mine.item())

		static := func(add bool, external string) map[string]any {
			return map[string]any{
				"is_add": add, "external_ip_address": external, "external_port": 80, "local_ip_address": "10.0.0.9", "local_port": 80, "protocol": 6,
				"external_sw_if_index": ^uint32(0), "tag": "theirs",
			}
		}
		h.call("nat44_add_del_static_mapping_v2", static(true, "203.0.113.20"))
		theirs := staticMapping("203.0.113.20", 80, "10.0.0.9", 80)
		h.read()
		if f := h.found[theirs.ID()]; f.Ours || f.Value == nil {
			t.Errorf("somebody else's: %+v", f)
		}
		clash(theirs, "the mapping of 203.0.113.20:80/TCP, made by somebody else,")
		clash(staticMapping("203.0.113.21", 80, "10.0.0.9", 80), "the mapping of 203.0.113.20:80/TCP, made by somebody else,")
		clash(identityMapping("203.0.113.20", 80).with(func(m *kinds.NAT44Mapping) { m.Protocol = kinds.ProtocolTCP }),
			"the mapping of 203.0.113.20:80/TCP, made by somebody else,")
		h.must(state.Delete, theirs.item()) // it is not ours: it stays
		h.read()
		if _, there := h.found[theirs.ID()]; !there {
			t.Fatal("somebody else's was deleted")
		}
		// Ours is deleted by a foreign hand, who puts another in its place.
		h.call("nat44_add_del_static_mapping_v2", map[string]any{
			"external_ip_address": "203.0.113.10", "external_port": 80, "local_ip_address": "10.0.0.1", "local_port": 8080, "protocol": 6,
			"external_sw_if_index": ^uint32(0),
		})
		again := static(true, "203.0.113.10")
		again["local_port"] = 81
		h.call("nat44_add_del_static_mapping_v2", again)
		h.read()
		if f := h.found[mine.ID()]; f.Ours || f.Value == nil {
			t.Errorf("somebody else's in the place of ours: %+v", f)
		}
		h.must(state.Delete, mine.item())
		if n := len(h.dumpOf("nat44_static_mapping_dump")); n != 2 {
			t.Errorf("%d mappings", n)
		}
		again["is_add"] = false
		h.call("nat44_add_del_static_mapping_v2", again)

		adopted := theirs.item()
		adopted.Adopt = true
		h.read()
		h.must(state.Update, adopted)
		h.same(adopted)
		h.must(state.Delete, adopted)

		// An identity of somebody else's in one VRF is not added to.
		h.call("nat44_add_del_identity_mapping", map[string]any{"is_add": true, "ip_address": "10.0.0.9", "flags": 8, "sw_if_index": ^uint32(0)})
		clash(identityMapping("10.0.0.9", 0), "the mapping of 10.0.0.9, made by somebody else,")
		h.call("nat44_add_del_identity_mapping", map[string]any{"ip_address": "10.0.0.9", "flags": 8, "sw_if_index": ^uint32(0)})
		h.must(state.Delete, nat44())
	})
}

// A mapping of an interface's address is not left to whatever gets its index.
func TestNAT44MappingOnReusedIndex(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		shown := func(r *reuse, index uint64) bool {
			for _, message := range []string{"nat44_static_mapping_dump", "nat44_identity_mapping_dump"} {
				for _, d := range r.dump(message, nil) {
					if d["external_sw_if_index"] == index || d["sw_if_index"] == index {
						return true
					}
				}
			}
			return false
		}
		reusedIndex(t, socket, bound{
			kind: kinds.KindNAT44Mapping,
			items: func(name string) []state.Item {
				of := func(m *kinds.NAT44Mapping) { m.External, m.Interface = m.Pool, name }
				return []state.Item{nat44(), staticMapping("10.0.0.1", 80, "10.0.0.1", 80).with(of).item(), identityMapping("10.0.0.1", 81).with(of).item()}
			},
			shown: shown, works: shown,
		})
	})
}

// The connection is lost with the answer to a create: it is read back and not sent again. Many at
// once are told apart.
func TestNAT44MappingLostReply(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	b := work(t, v.Socket())
	b.set("nat", nat44())
	b.Begin()
	b.awaitReasons("nat", "Programmed")
	v.Fault(vpptest.CutAfter("nat44_add_del_static_mapping_v2").Times(1))
	var items []state.Item
	for i := range 200 {
		items = append(items, staticMapping("203.0.113.7", uint16(1000+i), "10.0.0.1", uint16(2000+i)).item())
	}
	b.set("many", items...)
	b.await("all are programmed", func() bool { return strings.Count(b.reasons("many"), "Programmed") == len(items) })
	if n := len(byHand(t, v.Socket()).dumpOf("nat44_static_mapping_dump")); n != len(items) {
		t.Errorf("%d mappings of %d", n, len(items))
	}
}

// Of 5,000 mappings one is made by one call, one changed by two, and one taken
// away by one; no step reads all of them, which is all that VPP could show. Nor
// does an interface's.
func TestNAT44MappingCost(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	b := work(t, v.Socket())
	b.set("nat", nat44())
	b.Begin()
	const objects, each = 5, 1000
	items := make([][]state.Item, objects)
	for o := range objects {
		for i := range each {
			items[o] = append(items[o], staticMapping(fmt.Sprintf("203.0.113.%d", o), uint16(1000+i), fmt.Sprintf("10.0.0.%d", o), uint16(2000+i)).item())
		}
		b.set(fmt.Sprint("many", o), items[o]...)
	}
	programmed := func(n int) {
		t.Helper()
		b.await("all are programmed", func() bool {
			s := b.Status()
			return s.Synced && s.Counts[kinds.KindNAT44Mapping].Done == n && s.Counts[kinds.KindNAT44Mapping].Wanted == n
		})
	}
	programmed(objects * each)
	messages := []string{"nat44_add_del_static_mapping_v2", "nat44_static_mapping_dump", "nat44_identity_mapping_dump", "nat44_lb_static_mapping_dump"}
	cost := func(do func()) (counts []int) {
		t.Helper()
		for _, m := range messages {
			counts = append(counts, -v.Calls(m))
		}
		do()
		for i, m := range messages {
			counts[i] += v.Calls(m)
		}
		return counts
	}
	if got := cost(func() {
		b.set("one", staticMapping("203.0.113.9", 80, "10.0.0.9", 80).item())
		b.awaitReasons("one", "Programmed")
	}); !slices.Equal(got, []int{1, 0, 0, 0}) {
		t.Errorf("another mapping: %v of %v", got, messages)
	}
	if got := cost(func() {
		changed := staticMapping("203.0.113.2", 1007, "10.0.0.2", 9).item()
		items[2][7] = changed
		b.set("many2", items[2]...)
		b.await("it is changed", func() bool {
			have, _, ok := b.Get(changed.ID)
			m, _ := have.(*kinds.NAT44Mapping)
			return ok && m != nil && m.LocalPort == 9
		})
	}); !slices.Equal(got, []int{2, 0, 0, 0}) {
		t.Errorf("a changed mapping: %v of %v", got, messages)
	}
	programmed(objects*each + 1)
	b.AllowPrune(func(string) bool { return true })
	if got := cost(func() {
		o, _ := owner("one", 0)
		b.Remove(o)
		b.await("it is gone", func() bool { return b.gone(staticMapping("203.0.113.9", 80, "10.0.0.9", 80).ID()) })
	}); !slices.Equal(got, []int{1, 0, 0, 0}) {
		t.Errorf("a mapping less: %v of %v", got, messages)
	}
	for _, name := range []string{"wan1", "wan2"} {
		b.set(name, whole(loop(name, map[string]uint32{"wan1": 73, "wan2": 74}[name]), "default", true)...)
		b.awaitReasons(name, "Programmed; Programmed; Programmed; Programmed")
	}
	if got := cost(func() {
		b.set("sides", kinds.NAT44InterfaceItem("wan1", kinds.NAT44Outside), kinds.NAT44InterfaceItem("wan2", kinds.NAT44Outside),
			kinds.NAT44InterfaceItem("wan1", kinds.NAT44Inside))
		b.awaitReasons("sides", "Programmed; Programmed; Programmed")
		b.set("sides", kinds.NAT44InterfaceItem("wan2", kinds.NAT44Outside))
		b.await("it is off", func() bool { return b.gone(kinds.NAT44InterfaceItem("wan1", kinds.NAT44Outside).ID) })
	}); !slices.Equal(got, []int{0, 0, 0, 0}) {
		t.Errorf("interfaces: %v of %v", got, messages)
	}
	programmed(objects * each)
}
