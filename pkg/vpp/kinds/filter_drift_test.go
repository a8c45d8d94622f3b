package kinds_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
)

// drifted counts what the engine's metric says that somebody else has changed.
func (b *bench) drifted(kind, field string) float64 {
	b.t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(b.Engine)
	families, err := r.Gather()
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if f.GetName() == "vpp_operator_drift_total" && labels["kind"] == kind && labels["field"] == field {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// told counts an event of the engine.
func (b *bench) told(event string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if e == event {
			n++
		}
	}
	return n
}

// filtersShown is what VPP shows of all that filters and steers.
func filtersShown(b *bench) string {
	b.t.Helper()
	var lines []string
	for message, request := range map[string]string{
		"acl_dump": "acl_index", "macip_acl_dump": "acl_index", "policer_dump": "", "abf_policy_dump": "", "abf_itf_attach_dump": "",
		"acl_interface_list_dump": "sw_if_index", "macip_acl_interface_list_dump": "sw_if_index",
		"urpf_interface_dump": "sw_if_index", "mss_clamp_get": "sw_if_index",
	} {
		fields := map[string]any{}
		if request != "" {
			fields[request] = ^uint32(0)
		}
		for d, err := range vpp.InvokeStream(b.ctx, b.client, message, fields) {
			if err != nil {
				b.t.Fatalf("%s: %v", message, err)
			}
			if lists, has := d["acls"].([]any); has && len(lists) == 0 {
				continue // an interface that had some
			}
			for _, live := range []string{
				"context", "_vl_msg_id", "current_bucket", "extended_bucket", "last_update_time", "cir_tokens_per_period", "pir_tokens_per_period",
			} {
				delete(d, live)
			}
			lines = append(lines, fmt.Sprint(message, d))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// What somebody else changes in what filters and steers is found by the next
// reading, told with the name of the field, counted, and put back as it was.
func TestFiltersChangedByOthers(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		b := work(t, socket)
		hop := netip.MustParseAddr("192.0.2.2")
		b.set("lo", whole(loop("lo", 57), "default", true)...)
		b.set("blue", vrfItem("blue", 4711, false))
		b.set("lists", accessList("a", permitAll), accessList("b", permitAll),
			kinds.AccessListInterfaceItem("lo", kinds.Input, "a", 1), kinds.AccessListInterfaceItem("lo", kinds.Input, "b", 2),
			macAccessList("macs", permitAnyMAC), kinds.MACAccessListInterfaceItem("lo", "macs"))
		b.set("policer", policerItem("p", simplePolicer))
		b.set("policy", policy("p", "a", false, kinds.Path{NextHop: hop, Interface: "lo"}), attached("lo", "p", false, 5))
		b.set("side", kinds.ReversePathFilterItem("lo", false, false, kinds.ReversePathFilter{Mode: kinds.ReversePathStrict}),
			kinds.MSSClampItem("lo", kinds.MSSClamp{IPv4: kinds.FamilyMSSClamp{MSS: 1400, Direction: kinds.DirectionTx}}))
		objects := []string{"lo", "blue", "lists", "policer", "policy", "side"}
		b.Begin()
		settled := func() {
			t.Helper()
			for _, name := range objects {
				b.await(name+" is programmed", func() bool {
					reasons := b.reasons(name)
					return reasons != "" && strings.Trim(strings.ReplaceAll(reasons, "Programmed", ""), "; ") == ""
				})
			}
		}
		settled()
		want := filtersShown(b)
		index, err := b.indexOf("loop57")
		if err != nil {
			t.Fatal(err)
		}
		acl := func(name string) any { return b.aclOf("acl_dump", name) }
		const number = 1 << 30 // the first of ours
		deny := []any{map[string]any{"is_permit": 0, "src_prefix": "0.0.0.0/0", "dst_prefix": "0.0.0.0/0"}}
		path := func(address string) map[string]any {
			return map[string]any{"sw_if_index": index, "weight": 1, "nh": map[string]any{"address": map[string]any{"ip4": address}}}
		}
		policyWith := func(paths ...any) map[string]any {
			return map[string]any{
				"policy_id": number, "acl_index": acl("a"), "paths": paths,
			}
		}
		attach := func(add bool, priority int) step {
			return step{"abf_itf_attach_add_del", map[string]any{"is_add": add, "attach": map[string]any{
				"policy_id": number, "sw_if_index": index, "priority": priority,
			}}}
		}
		for _, c := range []struct {
			name, kind, key, field string
			times                  float64 // as often as items are not as they were
			steps                  func() []step
		}{
			{"rules of a list", kinds.KindAccessList, "a", "rules", 1, func() []step {
				return []step{{"acl_add_replace", map[string]any{"acl_index": acl("a"), "tag": "vpp-operator/a", "r": deny}}}
			}},
			{"more rules", kinds.KindAccessList, "b", "rules", 1, func() []step {
				return []step{{"acl_add_replace", map[string]any{"acl_index": acl("b"), "tag": "vpp-operator/b", "r": append(deny, deny...)}}}
			}},
			{"order of lists", kinds.KindAccessListInterface, "lo Input a", "interfaces.priority", 2, func() []step {
				return []step{{"acl_interface_set_acl_list", map[string]any{
					"sw_if_index": index, "n_input": 2, "acls": []any{acl("b"), acl("a")},
				}}}
			}},
			{"a list taken off", kinds.KindAccessListInterface, "lo Input b", "presence", 1, func() []step {
				return []step{{"acl_interface_set_acl_list", map[string]any{"sw_if_index": index, "n_input": 1, "acls": []any{acl("a")}}}}
			}},
			{"rules of a MAC list", kinds.KindMACAccessList, "macs", "rules", 1, func() []step {
				return []step{{"macip_acl_add_replace", map[string]any{
					"acl_index": b.aclOf("macip_acl_dump", "macs"), "tag": "vpp-operator/macs", "r": []any{map[string]any{"is_permit": 0}},
				}}}
			}},
			{"a rate", kinds.KindPolicer, "p", "cir", 1, func() []step {
				return []step{{"policer_update", map[string]any{"policer_index": policerNumber(b, "vpp-operator/p"), "infos": map[string]any{
					"cir": 9, "cb": 10000, "conform_action": map[string]any{"type": 1},
				}}}}
			}},
			{"a path more", kinds.KindPolicyRoute, "p", "paths", 1, func() []step {
				return []step{{"abf_policy_add_del", map[string]any{"is_add": true, "policy": policyWith(path("192.0.2.77"))}}}
			}},
			{"a priority", kinds.KindPolicyRouteInterface, "lo p", "interfaces.priority", 1, func() []step {
				return []step{attach(false, 5), attach(true, 6)}
			}},
			{"a mode", kinds.KindReversePathFilter, "lo ip4 rx", "mode", 1, func() []step {
				return []step{{"urpf_update_v2", map[string]any{"is_input": true, "mode": 1, "sw_if_index": index, "table_id": ^uint32(0)}}}
			}},
			{"a table", kinds.KindReversePathFilter, "lo ip4 rx", "vrf", 1, func() []step {
				return []step{{"urpf_update_v2", map[string]any{"is_input": true, "mode": 2, "sw_if_index": index, "table_id": 4711}}}
			}},
			{"a segment size", kinds.KindMSSClamp, "lo", "ipv4", 1, func() []step {
				return []step{{"mss_clamp_enable_disable", map[string]any{"sw_if_index": index, "ipv4_mss": 600, "ipv4_direction": 2}}}
			}},
			{"a family more", kinds.KindMSSClamp, "lo", "ipv6", 1, func() []step {
				return []step{{"mss_clamp_enable_disable", map[string]any{
					"sw_if_index": index, "ipv4_mss": 1400, "ipv4_direction": 2, "ipv6_mss": 600, "ipv6_direction": 2,
				}}}
			}},
		} {
			t.Run(c.name, func(t *testing.T) {
				event := fmt.Sprintf("repaired %s %s %s", c.kind, c.key, c.field)
				told, counted := b.told(event), b.drifted(c.kind, c.field)
				for _, s := range c.steps() {
					if _, err := vpp.Invoke(b.ctx, b.client, s.message, s.fields); err != nil {
						t.Fatalf("%s: %v", s.message, err)
					}
				}
				if now := filtersShown(b); now == want {
					t.Fatal("nothing changed")
				}
				b.ResyncNow()
				b.await(event, func() bool { return b.told(event) > told })
				settled()
				b.await("what was there", func() bool { return filtersShown(b) == want })
				if n := b.drifted(c.kind, c.field) - counted; n != c.times || b.told(event) != told+1 {
					t.Errorf("told %d times, counted %v", b.told(event)-told, n)
				}
			})
		}
		for _, name := range objects {
			o, _ := owner(name, 0)
			b.Remove(o)
		}
		b.await("all is gone", func() bool { return b.gone(kinds.InterfaceID("lo")) && filtersShown(b) == "" })
	})
}

// step is a call that somebody else makes.
type step struct {
	message string
	fields  map[string]any
}

// policerNumber is the index of a policer, by which no dump of all shows it.
func policerNumber(b *bench, name string) uint32 {
	b.t.Helper()
	for i := range uint32(64) {
		for d, err := range vpp.InvokeStream(b.ctx, b.client, "policer_dump_v2", map[string]any{"policer_index": i}) {
			if err != nil {
				b.t.Fatal(err)
			}
			if d["name"] == name {
				return i
			}
		}
	}
	b.t.Fatalf("no policer %s", name)
	return 0
}
