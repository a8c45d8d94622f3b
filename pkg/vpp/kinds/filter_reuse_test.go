package kinds_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// filtersOn is all that filters and steers, on an interface.
func filtersOn(iface string) []state.Item {
	clamp := kinds.FamilyMSSClamp{MSS: 1400, Direction: kinds.DirectionBoth}
	return []state.Item{
		kinds.AccessListInterfaceItem(iface, kinds.Input, "a", 1), kinds.AccessListInterfaceItem(iface, kinds.Output, "b", 2),
		kinds.MACAccessListInterfaceItem(iface, "macs"),
		kinds.PolicerBindingItem(iface, "p", false), kinds.PolicerBindingItem(iface, "p", true),
		attached(iface, "four", false, 1), attached(iface, "six", true, 1),
		kinds.ReversePathFilterItem(iface, false, false, kinds.ReversePathFilter{Mode: kinds.ReversePathStrict}),
		kinds.ReversePathFilterItem(iface, true, true, kinds.ReversePathFilter{Mode: kinds.ReversePathLoose}),
		kinds.MSSClampItem(iface, kinds.MSSClamp{IPv4: clamp, IPv6: clamp}),
	}
}

// filterNode is the nodes that filter, police and steer, and what does so to frames.
var filterNode = regexp.MustCompile("(?i)policer|acl|abf|urpf|clamp|feat_arc")

// featuresOn is what VPP's command line says that filters packets of an interface.
func (b *bench) featuresOn(vppName string) string {
	b.t.Helper()
	m, err := vpp.Invoke(b.ctx, b.client, "cli_inband", map[string]any{"cmd": "show interface " + vppName + " features"})
	if err != nil {
		return err.Error() // it is gone, or not there yet
	}
	arc, found := "", []string(nil)
	for line := range strings.Lines(m["reply"].(string)) {
		switch line = strings.TrimSpace(line); {
		case strings.HasSuffix(line, ":"):
			arc = line
		case filterNode.MatchString(line):
			found = append(found, arc+line)
		}
	}
	slices.Sort(found)
	return strings.Join(found, "\n")
}

// All that filters is on one interface at a time, whatever becomes of it and of its
// index: on loopbacks and sub-interfaces, routed and as ports, and where interfaces
// come and go together with what is on them.
func TestAllFiltersOnReusedIndex(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		for _, sub := range []bool{false, true} {
			for _, port := range []bool{false, true} {
				t.Run(fmt.Sprintf("sub %t port %t", sub, port), func(t *testing.T) { allFilters(t, socket, sub, port) })
			}
		}
	})
}

func allFilters(t *testing.T, socket string, sub, port bool) {
	b := work(t, socket)
	// The names of interfaces here and in VPP: one is somebody else's.
	names := map[string]string{"lan": "loop81", "dmz": "loop82", "theirs": "loop83"}
	if sub {
		names = map[string]string{"lan": "loop80.81", "dmz": "loop80.82", "theirs": "loop80.83"}
	}
	set := func(name string) {
		i := loop(name, map[string]uint32{"lan": 81, "dmz": 82}[name])
		if sub {
			i = &kinds.Interface{Name: name, Type: kinds.SubInterface{Parent: "parent", VLANID: uint16(i.Type.(kinds.Loopback).Instance.Value), ExactMatch: true}}
		}
		items := whole(i, "default", true)
		if port {
			items = append(items, kinds.BridgePortItem("blue", name, kinds.BridgePort{}))
		}
		b.set(name, items...)
	}
	call := func(message string, fields map[string]any) {
		t.Helper()
		if _, err := vpp.Invoke(b.ctx, b.client, message, fields); err != nil {
			t.Fatalf("%s: %v", message, err)
		}
	}
	index := func(vppName string) uint64 {
		t.Helper()
		i, err := b.indexOf(vppName)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	del := func(vppName string) {
		t.Helper()
		message := "delete_loopback"
		if sub {
			message = "delete_subif"
		}
		call(message, map[string]any{"sw_if_index": index(vppName)})
	}
	create := func() {
		t.Helper()
		if sub {
			call("create_vlan_subif", map[string]any{"sw_if_index": index("loop80"), "vlan_id": 83})
			return
		}
		call("create_loopback_instance", map[string]any{"is_specified": true, "user_instance": 83})
	}
	done := func(name string) {
		t.Helper()
		b.await(name+" is done", func() bool {
			for reason := range strings.SplitSeq(b.reasons(name), "; ") {
				if reason != "Programmed" && !strings.HasPrefix(reason, "Unverified: ") {
					return false
				}
			}
			return true
		})
	}

	b.set("parent", whole(loop("parent", 80), "default", true)...)
	b.set("lists", accessList("a", permitAll), accessList("b", permitAll), macAccessList("macs", permitAnyMAC), policerItem("p", simplePolicer),
		policy("four", "a", false, dropPath), policy("six", "a", true, dropPath), domainItem("blue", usual(7151)))
	b.Begin()
	b.AllowPrune(func(string) bool { return true })
	done("parent")
	done("lists")
	without := filtersShown(b)
	create()
	if now := b.featuresOn(names["theirs"]); now != "" {
		t.Fatalf("on what has nothing: %s", now)
	}
	del(names["theirs"])
	set("lan")
	b.set("filters", filtersOn("lan")...)
	done("lan")
	done("filters")
	on := b.featuresOn(names["lan"])
	if on == "" {
		t.Fatalf("nothing is on: %s", on)
	}
	only := func(name string) {
		t.Helper()
		done("filters")
		done(name)
		b.await("filters on "+name, func() bool { return b.featuresOn(names[name]) == on })
	}
	only("lan")

	// Somebody else has the index before anybody notices.
	at := index(names["lan"])
	b.SetPaused(true)
	del(names["lan"])
	create()
	if got := index(names["theirs"]); got != at {
		t.Fatalf("theirs has index %d, not %d", got, at)
	}
	b.SetPaused(false)
	only("lan")
	b.await("nothing on theirs", func() bool { return b.featuresOn(names["theirs"]) == "" })
	del(names["theirs"])

	// Another of ours takes its place, with all that was on it, at once and back.
	for _, turn := range []string{"dmz", "lan", "dmz"} {
		old, _ := owner(map[string]string{"dmz": "lan", "lan": "dmz"}[turn], 0)
		b.Remove(old)
		set(turn)
		b.set("filters", filtersOn(turn)...)
		only(turn)
		b.await(old.Object+" is gone", func() bool { return b.gone(kinds.InterfaceID(old.Object)) })
	}
	// The place of one that somebody else deletes at the same time.
	del(names["dmz"])
	set("lan")
	b.set("filters", filtersOn("lan")...)
	only("lan")
	done("dmz")
	b.await("nothing on dmz", func() bool { return b.featuresOn(names["dmz"]) == "" })
	// All goes but what somebody else has in between.
	for _, name := range []string{"filters", "lan", "dmz"} {
		o, _ := owner(name, 0)
		b.Remove(o)
	}
	b.await("both are gone", func() bool {
		return b.gone(kinds.InterfaceID("lan")) && b.gone(kinds.InterfaceID("dmz")) && b.Status().LeftoverCount == 0
	})
	b.await("nothing is shown", func() bool { return filtersShown(b) == without })
	create()
	if now := b.featuresOn(names["theirs"]); now != "" {
		t.Errorf("on what comes next: %s", now)
	}
	del(names["theirs"])
	for _, name := range []string{"parent", "lists"} {
		o, _ := owner(name, 0)
		b.Remove(o)
	}
	b.await("all is gone", func() bool { return b.gone(kinds.InterfaceID("parent")) && filtersShown(b) == "" })
}
