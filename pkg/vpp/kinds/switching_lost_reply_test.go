package kinds_test

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// lostReplies are things that are made, changed and taken away while the reply to
// each message that does so is lost once at each turn.
type lostReplies struct {
	messages []string
	dumps    map[string]map[string]any
	turns    [][]state.Item // the last one is nothing
}

func TestSwitchingLostReplies(t *testing.T) {
	t.Parallel()
	every := map[string]any{"sw_if_index": ^uint32(0)}
	hop := kinds.Path{NextHop: netip.MustParseAddr("192.0.2.9"), Interface: "b"}
	port := func(name string, p kinds.BridgePort) state.Item { return kinds.BridgePortItem("blue", name, p) }
	entry := func(mac kinds.MAC, v kinds.BridgeFIBEntry) state.Item {
		return kinds.BridgeFIBEntryItem("blue", mac, v)
	}
	arp := func(mac kinds.MAC) state.Item {
		return kinds.BridgeARPEntryItem("blue", netip.MustParseAddr("192.0.2.7"), mac)
	}
	quiet := usual(7300)
	quiet.Learn, quiet.MACAge = false, 7
	mirror := func(to string, l2 bool, d kinds.Directions) state.Item {
		return kinds.PortMirrorItem("a", to, l2, kinds.PortMirror{Direction: d})
	}
	for name, c := range map[string]lostReplies{
		"BridgeDomain": {
			[]string{
				"bridge_domain_add_del_v2", "bridge_flags", "bridge_domain_set_mac_age", "sw_interface_set_l2_bridge", "l2_interface_vlan_tag_rewrite", "l2fib_add_del", "bd_ip_mac_add_del",
			},
			map[string]map[string]any{
				"bridge_domain_dump": {"bd_id": ^uint32(0), "sw_if_index": ^uint32(0)}, "l2_fib_table_dump": {"bd_id": 7300}, "bd_ip_mac_dump": {"bd_id": 7300},
			},
			[][]state.Item{
				{
					domainItem("blue", usual(7300)), port("a", kinds.BridgePort{}), port("b", kinds.BridgePort{Type: kinds.BridgePortBVI}),
					entry(macA, kinds.BridgeFIBEntry{Interface: "a"}), arp(macA),
				}, {
					domainItem("blue", quiet), port("a", kinds.BridgePort{SplitHorizonGroup: 3}), port("c", kinds.BridgePort{Type: kinds.BridgePortUnknownUnicast}),
					entry(macA, kinds.BridgeFIBEntry{Filter: true}), entry(macB, kinds.BridgeFIBEntry{Interface: "a"}), arp(macB),
				}, nil,
			},
		},
		"CrossConnect": {
			[]string{"sw_interface_set_l2_xconnect"},
			map[string]map[string]any{"l2_xconnect_dump": nil},
			[][]state.Item{{wire("a", "b", true)}, {wire("a", "b", false)}, {wire("b", "c", true)}, nil},
		},
		"PortMirror": {
			[]string{"sw_interface_span_enable_disable"},
			map[string]map[string]any{"sw_interface_span_dump": nil},
			[][]state.Item{{mirror("b", false, kinds.DirectionRx)}, {mirror("b", false, kinds.DirectionBoth), mirror("c", false, kinds.DirectionTx)}, nil},
		},
		"PortMirror at the level of bridging": {
			[]string{"sw_interface_span_enable_disable"},
			map[string]map[string]any{"sw_interface_span_dump": {"is_l2": true}},
			[][]state.Item{{mirror("b", true, kinds.DirectionRx)}, {mirror("b", true, kinds.DirectionTx)}, nil},
		},
		"L3CrossConnect": {
			[]string{"l3xc_update", "l3xc_del"},
			map[string]map[string]any{"l3xc_dump": every},
			[][]state.Item{{l3wire("a", false, hop), l3wire("a", true, kinds.Path{Interface: "b"})}, {l3wire("a", false, kinds.Path{Interface: "c"})}, nil},
		},
	} {
		for what, lose := range map[string]func(string) *vpptest.Fault{"never comes": vpptest.LoseReply, "connection ends": vpptest.CutAfter} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				c.try(t, lose)
			})
		}
	}
}

// try compares a VPP whose replies are lost with one whose replies are not.
func (c *lostReplies) try(t *testing.T, lose func(string) *vpptest.Fault) {
	var both [2]*bench
	faulty := vpptest.Start(t)
	for i, socket := range []string{faulty.Socket(), vpptest.Start(t).Socket()} {
		b := work(t, socket, func(o *benchOptions) { o.timeout = 300 * time.Millisecond })
		b.Begin()
		b.AllowPrune(func(string) bool { return true })
		for name, n := range map[string]uint32{"a": 80, "b": 81, "c": 82} {
			b.set(name, whole(loop(name, n), "default", true)...)
		}
		for _, name := range []string{"a", "b", "c"} {
			b.awaitReasons(name, "Programmed; Programmed; Programmed; Programmed")
		}
		both[i] = b
	}
	lost, hits := both[0], 0
	for turn, items := range c.turns {
		var faults []*vpptest.Fault
		for _, m := range c.messages {
			faults = append(faults, faulty.Fault(lose(m).Times(1)))
		}
		for _, b := range both {
			if items == nil {
				o, _ := owner("it", 0)
				b.Remove(o)
			} else {
				b.set("it", items...)
			}
		}
		for _, b := range both {
			if items == nil {
				b.await("nothing is left", func() bool {
					return b.Status().LeftoverCount == 0 && c.shows(b) == ""
				})
				continue
			}
			b.awaitReasons("it", strings.TrimSuffix(strings.Repeat("Programmed; ", len(items)), "; "))
		}
		have, want := "", ""
		t.Cleanup(func() {
			if have != want {
				t.Logf("turn %d: VPP holds\n%s\nwithout lost replies\n%s", turn, have, want)
			}
		})
		lost.await("the same as where no reply was lost", func() bool {
			have, want = c.shows(lost), c.shows(both[1])
			return have == want
		})
		lost.awaitReasons("it", both[1].reasons("it"))
		for _, f := range faults {
			hits += f.Hits()
			f.Remove()
		}
		if hits == 0 {
			t.Errorf("turn %d: no reply was lost", turn)
		}
		hits = 0
	}
	if why := faulty.Crashed(); why != "" || faulty.Boot() != 1 {
		t.Errorf("VPP died: %s", why)
	}
}

// shows is what VPP holds, by the names of its interfaces; "" for nothing.
func (c *lostReplies) shows(b *bench) string {
	b.t.Helper()
	names := map[float64]string{}
	var lines []string
	read := func(message string, fields map[string]any, found func(d map[string]any)) bool {
		for d, err := range vpp.InvokeStream(b.ctx, b.client, message, fields) {
			if err != nil {
				lines = []string{message + ": " + err.Error()} // the connection is being made anew
				return false
			}
			text, err := json.Marshal(d)
			if err != nil {
				b.t.Fatal(err)
			}
			var plain map[string]any
			if err := json.Unmarshal(text, &plain); err != nil {
				b.t.Fatal(err)
			}
			found(plain)
		}
		return true
	}
	ok := read("sw_interface_dump", map[string]any{"sw_if_index": ^uint32(0)}, func(d map[string]any) {
		names[d["sw_if_index"].(float64)] = d["interface_name"].(string)
	})
	for message, fields := range c.dumps {
		ok = ok && read(message, fields, func(d map[string]any) {
			delete(d, "_vl_msg_id")
			delete(d, "context")
			text, err := json.Marshal(named(d, names))
			if err != nil {
				b.t.Fatal(err)
			}
			lines = append(lines, message+" "+string(text))
		})
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// named puts the names of interfaces in place of their indices.
func named(v any, names map[float64]string) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = named(inner, names)
			if index, isNumber := inner.(float64); isNumber && (strings.Contains(key, "sw_if_index") || strings.HasSuffix(key, "_interface")) {
				v[key] = names[index]
			}
		}
	case []any:
		for i := range v {
			v[i] = named(v[i], names)
		}
	}
	return v
}
