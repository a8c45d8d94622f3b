package vpp_test

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// guardAPI describes, as VPP 26.06 does, the messages of the guard's table and
// those by which it looks at VPP.
//
//go:embed testdata/guard.api.json
var guardAPI string

// guardedVPP is a VPP with a few things in it that does whatever it is told.
func guardedVPP(t testing.TB) (*scripted, string) {
	t.Helper()
	entry := func(name string, values ...map[string]any) (out []answer) {
		for _, v := range values {
			out = append(out, answer{name, v})
		}
		return out
	}
	path := func(index uint32, nh string) map[string]any {
		return map[string]any{"sw_if_index": index, "weight": 1, "nh": map[string]any{"address": map[string]any{"ip4": nh}}}
	}
	nat64 := true
	return newScripted(t, guardAPI, func(request string, fields map[string]any) []answer {
		switch request {
		case "sw_interface_dump":
			for index, mac := range map[uint64]string{0: "00:00:00:00:00:00", 1: "02:00:00:00:00:01", 2: "00:00:00:00:00:00"} {
				if fields["sw_if_index"] == index {
					return entry("sw_interface_details", map[string]any{
						"sw_if_index": index, "l2_address": mac, "interface_name": []string{"local0", "one", "two"}[index],
					})
				}
			}
			return nil
		case "udp_encap_dump":
			return entry("udp_encap_details", map[string]any{"udp_encap": map[string]any{"id": 5}}, map[string]any{"udp_encap": map[string]any{"id": 0}})
		case "acl_dump":
			if fields["acl_index"] == uint64(3) {
				return entry("acl_details", map[string]any{"acl_index": 3})
			}
			return nil
		case "abf_policy_dump":
			return entry("abf_policy_details",
				map[string]any{"policy": map[string]any{"policy_id": 10, "acl_index": 3, "paths": []any{path(1, "10.0.0.1"), path(1, "10.0.0.2")}}},
				map[string]any{"policy": map[string]any{"policy_id": 11, "acl_index": 3, "paths": []any{path(1, "10.0.0.1")}}},
				map[string]any{"policy": map[string]any{"policy_id": 12, "acl_index": 99, "paths": []any{path(1, "10.0.0.1")}}})
		case "abf_itf_attach_dump":
			return entry("abf_itf_attach_details", map[string]any{"attach": map[string]any{"policy_id": 10, "sw_if_index": 1}})
		case "l3xc_dump":
			if fields["sw_if_index"] == uint64(2) {
				return entry("l3xc_details", map[string]any{"l3xc": map[string]any{"sw_if_index": 2, "paths": []any{path(1, "10.0.0.1")}}})
			}
			return nil
		case "show_version":
			return entry("show_version_reply", map[string]any{"version": "24.10-release"})
		case "fib_source_dump":
			var out []answer
			for id, name := range map[int]string{8: "API", 18: "recursive-resolution", 19: "urpf-exempt", 21: "interpose", 22: "path-mtu", 23: "ours"} {
				out = append(out, answer{"fib_source_details", map[string]any{"src": map[string]any{"id": id, "name": name}}})
			}
			return out
		case "ip_route_v2_dump":
			table, _ := fields["table"].(map[string]any)
			if fields["src"] == uint64(22) && table["table_id"] == uint64(7) && table["is_ip6"] == false {
				return entry("ip_route_v2_details", map[string]any{"route": map[string]any{"src": 22, "table_id": 7, "prefix": "9.9.9.9/32"}})
			}
			return nil
		case "cli_inband":
			switch fields["cmd"] { // interface 1 has a policer in each direction
			case "show interface one features":
				return entry("cli_inband_reply", map[string]any{"reply": "ip4-unicast:\n  policer-input\n\nip4-output:\n  policer-output\n"})
			case "show interface two features":
				return entry("cli_inband_reply", map[string]any{"reply": "ip4-unicast:\n  none configured\n\nl2-input:\n          POLICER (l2-policer-input)\n"})
			}
			if indices, ok := tableIndices[fields["cmd"].(string)]; ok {
				return entry("cli_inband_reply", map[string]any{"reply": indices})
			}
			text := "Hash table 'ip4-dr'\n"
			if nat64 {
				text += "Hash table 'bib-in2out'\n    empty, uninitialized\n"
			}
			nat64 = !nat64 // each look finds it otherwise
			return entry("cli_inband_reply", map[string]any{"reply": text})
		}
		return entry(request+"_reply", nil)
	})
}

// tableIndices are what the command line says of the VRFs: in 7 the unicast and
// the multicast tables differ, 8 has no multicast ones, 9 none at all, in 10
// they agree.
var tableIndices = map[string]string{
	"show ip fib table 7 summary":    "ipv4-VRF:7, fib_index:2, flow hash:[src dst ] epoch:0",
	"show ip mfib table 7 summary":   "ipv4-VRF:7, fib_index:1 flags:none",
	"show ip6 fib table 7 summary":   "ipv6-VRF:7, fib_index:2, flow hash:[src dst ] epoch:0",
	"show ip6 mfib table 7 summary":  "ipv6-VRF:7, fib_index 22",
	"show ip fib table 8 summary":    "ipv4-VRF:8, fib_index:3, flow hash:[src dst ] epoch:0",
	"show ip mfib table 8 summary":   "",
	"show ip fib table 9 summary":    "",
	"show ip fib table 10 summary":   "ipv4-VRF:10, fib_index:4, flow hash:[src dst ] epoch:0",
	"show ip mfib table 10 summary":  "ipv4-VRF:10, fib_index:4 flags:none",
	"show ip6 fib table 10 summary":  "ipv6-VRF:10, fib_index:5, flow hash:[src dst ] epoch:0",
	"show ip6 mfib table 10 summary": "ipv6-VRF:10, fib_index 5",
}

// The table, row by row: what kills and what does not.
func TestGuard(t *testing.T) {
	t.Parallel()
	v, socket := guardedVPP(t)
	s := dial(t, socket, noState)
	harmful := dial(t, socket, noState, func(o *vpp.Options) { o.AllowHarmful = true })
	const none = "4294967295"
	path := func(more string) string {
		return `{"sw_if_index": 1, "weight": 1, "nh": {"address": {"ip4": "` + more + `"}}}`
	}
	policy := func(add bool, id, acl int, paths ...string) string {
		return fmt.Sprintf(`{"is_add": %v, "policy": {"policy_id": %d, "acl_index": %d, "paths": [%s]}}`, add, id, acl, strings.Join(paths, ","))
	}
	attach := func(add bool, policy, index int, ip6 bool) string {
		return fmt.Sprintf(`{"is_add": %v, "attach": {"policy_id": %d, "sw_if_index": %d, "is_ipv6": %v}}`, add, policy, index, ip6)
	}
	source := func(add, multipath bool, id int) string {
		return fmt.Sprintf(`{"is_add": %v, "is_multipath": %v, "route": {"src": %d, "paths": [{"sw_if_index": 1}]}}`, add, multipath, id)
	}
	unresolved := func(add bool, table, source int, kind, index string) string {
		return fmt.Sprintf(`{"is_add": %v, "route": {"table_id": %d, "src": %d, "paths": [{}, {"type": "FIB_API_PATH_TYPE_%s", "sw_if_index": %s}]}}`,
			add, table, source, kind, index)
	}
	table := func(add bool, id int, ip6 bool) string {
		return fmt.Sprintf(`{"is_add": %v, "table": {"table_id": %d, "is_ip6": %v}}`, add, id, ip6)
	}
	policed := func(index int, apply bool) string {
		return fmt.Sprintf(`{"sw_if_index": %d, "apply": %v}`, index, apply)
	}
	tunnel := func(field, group string, table int) string {
		return fmt.Sprintf(`{"is_add": true, %q: %q, "encap_vrf_id": %d}`, field, group, table)
	}
	macRules := func(n int) string {
		return `{"r": [` + strings.Repeat(`{}, `, n-1) + `{}]}`
	}
	det44 := func(add bool, in, out int) string {
		return fmt.Sprintf(`{"is_add": %v, "in_plen": %d, "out_plen": %d}`, add, in, out)
	}
	for _, c := range []struct {
		request string
		kills   []string
		safe    []string
	}{
		{"det44_add_del_map",
			[]string{det44(true, 25, 24), det44(true, 15, 24), det44(true, 0, 0), det44(true, 33, 33), det44(true, 255, 255)},
			[]string{det44(true, 24, 24), det44(true, 16, 32), det44(false, 28, 24)}},
		{"det44_plugin_enable_disable", []string{`{"enable": false}`}, []string{`{"enable": true}`}},
		{"policer_input", []string{policed(1, true), policed(2, false)}, []string{policed(1, false), policed(2, true), policed(77, false)}},
		{"policer_input_v2", []string{policed(1, true), policed(2, false)}, []string{policed(1, false), policed(2, true), policed(77, true)}},
		{"policer_output", []string{policed(1, true), policed(2, false)}, []string{policed(1, false), policed(2, true)}},
		{"policer_output_v2", []string{policed(1, true), policed(2, false)}, []string{policed(1, false), policed(2, true)}},
		{"af_packet_create_v3",
			[]string{`{"num_rx_queues": 1, "num_tx_queues": 17}`, `{"num_rx_queues": 64, "num_tx_queues": 1}`, `{"num_tx_queues": 65535}`},
			[]string{`{"num_rx_queues": 16, "num_tx_queues": 16}`, `{}`}},
		{"bier_disp_entry_add_del", []string{`{"bde_payload_proto": 9}`}, []string{`{"bde_payload_proto": 8}`}},
		{"bier_imp_del", []string{`{"bi_index": 1}`}, nil},
		{"teib_entry_add_del", []string{`{"is_add": 1}`}, []string{`{"is_add": 0}`, `{"is_add": 1, "entry": {"sw_if_index": 1}}`}},
		{"bond_add_member",
			[]string{`{"sw_if_index": 2}`, `{"sw_if_index": 0}`},
			[]string{`{"sw_if_index": 1}`, `{"sw_if_index": 77}`}},
		{"bond_enslave", []string{`{"sw_if_index": 2}`}, []string{`{"sw_if_index": 1}`}},
		{"sw_interface_span_enable_disable",
			[]string{
				`{"state": 3, "sw_if_index_from": 1, "sw_if_index_to": 77}`, `{"state": 1, "sw_if_index_from": 77, "sw_if_index_to": 1}`,
				`{"state": 2, "sw_if_index_from": 1, "sw_if_index_to": ` + none + `}`,
			},
			[]string{`{"state": 3, "sw_if_index_from": 1, "sw_if_index_to": 2}`, `{"state": 0, "sw_if_index_from": 1, "sw_if_index_to": 77}`}},
		{"abf_itf_attach_add_del",
			[]string{
				attach(true, 9, 1, false), attach(true, 10, 77, false), attach(true, 10, 2147483647, false),
				attach(true, 12, 1, false), attach(false, 10, 1, true),
			},
			[]string{attach(true, 11, 1, false), attach(false, 10, 1, false), attach(false, 11, 1, true), attach(false, 9, 1, false)}},
		{"abf_policy_add_del",
			[]string{
				policy(true, 20, 99, path("10.0.0.1")), policy(true, 20, 4294967295, path("10.0.0.1")),
				policy(true, 11, 3, path("10.0.0.1")), policy(true, 10, 3, path("10.0.0.9"), path("10.0.0.2")),
				policy(false, 10, 3, path("10.0.0.1"), path("10.0.0.2")), policy(false, 10, 3, path("10.0.0.2"), path("10.0.0.3"), path("10.0.0.1")),
				policy(true, 11, 3, `{"sw_if_index": 1, "table_id": 7, "weight": 9, "type": "FIB_API_PATH_TYPE_SOURCE_LOOKUP", "nh": {"address": {"ip4": "10.0.0.1"}}}`),
			},
			[]string{
				policy(true, 20, 3, path("10.0.0.1")), policy(true, 11, 3, path("10.0.0.2")), policy(false, 10, 3, path("10.0.0.1")),
				policy(false, 11, 3, path("10.0.0.1")), policy(false, 10, 3, path("10.0.0.1"), path("10.0.0.9")), policy(false, 20, 3, path("10.0.0.1")),
			}},
		{"macip_acl_add", []string{macRules(2001)}, []string{macRules(2000), `{}`}},
		{"macip_acl_add_replace", []string{macRules(2001)}, []string{macRules(2000), `{}`}},
		{"collect_detailed_interface_stats", []string{`{"sw_if_index": 77}`, `{"sw_if_index": ` + none + `}`}, []string{`{"sw_if_index": 2}`}},
		{"ip_reassembly_enable_disable", []string{`{"sw_if_index": 77}`}, []string{`{"sw_if_index": 2}`}},
		{"pppoe_add_del_cp", []string{`{"sw_if_index": 77}`}, []string{`{"sw_if_index": 2}`}},
		{"qos_mark_enable_disable", []string{`{"mark": {"sw_if_index": 77}}`}, []string{`{"mark": {"sw_if_index": 2}}`}},
		{"stn_add_del_rule", []string{`{"sw_if_index": 77}`}, []string{`{"sw_if_index": 2}`}},
		{"arping", []string{`{"sw_if_index": ` + none + `}`}, []string{`{"sw_if_index": 2}`}},
		{"arping_acd", []string{`{"sw_if_index": ` + none + `}`}, []string{`{"sw_if_index": 2}`}},
		{"ip_route_add_del", []string{`{"is_add": 1, "route": {"paths": [{"n_labels": 17}]}}`}, []string{`{"is_add": 1, "route": {"paths": [{"n_labels": 16}]}}`}},
		{"ip_route_add_del_v2",
			[]string{
				`{"is_add": 1, "route": {"paths": [{}, {"type": "FIB_API_PATH_TYPE_BIER_IMP"}]}}`,
				`{"is_add": 1, "route": {"paths": [{"type": "FIB_API_PATH_TYPE_UDP_ENCAP", "nh": {"obj_id": 4}}]}}`,
				`{"is_add": 0, "route": {"paths": [{"n_labels": 255}]}}`,
			},
			[]string{
				`{"is_add": 1, "route": {"paths": [{"type": "FIB_API_PATH_TYPE_UDP_ENCAP", "nh": {"obj_id": 5}}, {}]}}`,
				`{"is_add": 0, "route": {"paths": [{"type": "FIB_API_PATH_TYPE_UDP_ENCAP", "nh": {"obj_id": 4}}]}}`,
				`{"is_add": 1, "route": {"paths": []}}`,
			}},
		{"ip_route_add_del_v2", // of sources
			[]string{source(true, true, 18), source(true, true, 19), source(true, true, 21), source(true, false, 77), source(false, false, 77)},
			[]string{source(true, true, 23), source(true, true, 0), source(true, true, 22), source(true, false, 18), source(false, true, 18)}},
		{"ip_route_add_del_v2", // to no interface, before 26.02
			[]string{
				unresolved(true, 7, 0, "ICMP_UNREACH", none), unresolved(true, 7, 23, "ICMP_PROHIBIT", "1"),
				unresolved(true, 7, 23, "DROP", "0"), unresolved(true, 0, 23, "DROP", "77"),
			},
			[]string{
				unresolved(true, 0, 0, "ICMP_UNREACH", none), unresolved(true, 0, 23, "ICMP_PROHIBIT", "1"), unresolved(false, 7, 23, "ICMP_PROHIBIT", "1"),
				unresolved(true, 7, 23, "DROP", none), unresolved(true, 0, 23, "DROP", "0"), unresolved(true, 7, 0, "DROP", "1"), unresolved(false, 7, 23, "DROP", "1"),
			}},
		{"ip_route_add_del",
			[]string{`{"is_add": 1, "route": {"table_id": 7, "paths": [{"type": "FIB_API_PATH_TYPE_ICMP_UNREACH"}]}}`},
			[]string{
				`{"is_add": 1, "route": {"paths": [{"type": "FIB_API_PATH_TYPE_ICMP_UNREACH"}]}}`,
				`{"is_add": 1, "route": {"table_id": 7, "paths": [{"type": "FIB_API_PATH_TYPE_DROP"}]}}`,
			}},
		{"nat44_ed_plugin_enable_disable",
			[]string{`{"enable": true, "sessions": 2000001}`, `{"enable": true, "sessions": ` + none + `}`},
			[]string{`{"enable": true, "sessions": 2000000}`, `{"enable": true}`, `{"sessions": ` + none + `}`}},
		{"nat44_add_del_address_range",
			[]string{`{"is_add": true, "first_ip_address": "10.0.0.0", "last_ip_address": "10.1.0.0"}`, `{"is_add": true, "last_ip_address": "255.255.255.255"}`},
			[]string{
				`{"is_add": true, "first_ip_address": "10.0.0.0", "last_ip_address": "10.0.255.255"}`,
				`{"is_add": true, "first_ip_address": "10.1.0.0", "last_ip_address": "10.0.0.0"}`, `{"last_ip_address": "255.255.255.255"}`,
			}},
		{"nat44_add_del_lb_static_mapping",
			[]string{
				`{"is_add": true, "locals": [{"probability": 128}, {"probability": 128}]}`, `{"is_add": true, "locals": [{}, {}]}`,
				`{"is_add": true, "locals": [{"probability": 1}` + strings.Repeat(`, {}`, 255) + `]}`, `{"locals": [{}` + strings.Repeat(`, {}`, 255) + `]}`,
			},
			[]string{
				`{"is_add": true, "locals": [{"probability": 128}, {"probability": 127}]}`, `{"is_add": true}`, `{}`,
				`{"locals": [{"probability": 128}, {"probability": 128}]}`, `{"is_add": true, "locals": [{"probability": 1}` + strings.Repeat(`, {}`, 254) + `]}`,
			}},
		{"nat44_add_del_static_mapping",
			[]string{`{"is_add": true, "external_sw_if_index": 77}`},
			[]string{`{"is_add": true, "external_sw_if_index": 1}`, `{"is_add": true, "external_sw_if_index": ` + none + `}`, `{"external_sw_if_index": 77}`}},
		{"nat44_add_del_static_mapping_v2",
			[]string{`{"is_add": true, "external_sw_if_index": 77}`},
			[]string{`{"is_add": true, "external_sw_if_index": 2}`, `{"is_add": true, "external_sw_if_index": ` + none + `}`, `{"external_sw_if_index": 77}`}},
		{"nat44_add_del_identity_mapping",
			[]string{`{"is_add": true, "sw_if_index": 77}`},
			[]string{`{"is_add": true, "sw_if_index": 1}`, `{"is_add": true, "sw_if_index": ` + none + `}`, `{"sw_if_index": 77}`}},
		{"ip_table_add_del", []string{table(false, 7, false)}, []string{table(true, 7, false), table(false, 7, true), table(false, 8, false)}},
		{"ip_table_add_del_v2", []string{table(false, 7, false)}, []string{table(true, 7, false), table(false, 7, true), table(false, 8, false)}},
		{"vxlan_add_del_tunnel", []string{tunnel("dst_address", "239.1.1.1", 7)}, []string{tunnel("dst_address", "239.1.1.1", 10)}},
		{"vxlan_add_del_tunnel_v2", []string{tunnel("dst_address", "239.1.1.1", 7)}, []string{tunnel("dst_address", "239.1.1.1", 10)}},
		{"vxlan_add_del_tunnel_v3",
			[]string{
				tunnel("dst_address", "239.1.1.1", 7), tunnel("dst_address", "224.0.0.1", 8), tunnel("dst_address", "ff0e::1", 7),
			},
			[]string{
				tunnel("dst_address", "239.1.1.1", 10), tunnel("dst_address", "ff0e::1", 10), tunnel("dst_address", "239.1.1.1", 9),
				tunnel("dst_address", "239.1.1.1", 0), tunnel("dst_address", "ff0e::1", 0), tunnel("dst_address", "192.0.2.1", 7),
				tunnel("dst_address", "2001:db8::1", 7), strings.Replace(tunnel("dst_address", "239.1.1.1", 7), "true", "false", 1),
			}},
		{"vxlan_gpe_add_del_tunnel", []string{tunnel("remote", "239.1.1.1", 7)}, []string{tunnel("remote", "239.1.1.1", 10)}},
		{"vxlan_gpe_add_del_tunnel_v2", []string{tunnel("remote", "ff0e::1", 7)}, []string{tunnel("remote", "ff0e::1", 10)}},
		{"geneve_add_del_tunnel", []string{tunnel("remote_address", "239.1.1.1", 7)}, []string{tunnel("remote_address", "239.1.1.1", 10)}},
		{"geneve_add_del_tunnel2", []string{tunnel("remote_address", "239.1.1.1", 7)}, []string{tunnel("remote_address", "239.1.1.1", 10)}},
		{"memif_create", []string{`{"mode": 2}`}, []string{`{"mode": 1}`}},
		{"memif_create_v2", []string{`{"mode": 2}`, `{"mode": 4294967295}`}, []string{`{"mode": 0}`, `{"mode": 1}`}},
		{"l3xc_update", []string{
			`{"l3xc": {"sw_if_index": 1, "paths": [{"type": "FIB_API_PATH_TYPE_DVR", "sw_if_index": 77}]}}`,
			`{"l3xc": {"sw_if_index": 1, "paths": [{"type": "FIB_API_PATH_TYPE_INTERFACE_RX", "sw_if_index": 1}]}}`,
			`{"l3xc": {"sw_if_index": 0, "paths": [{"sw_if_index": 1}, {"type": "FIB_API_PATH_TYPE_INTERFACE_RX", "sw_if_index": 2}]}}`,
		}, []string{
			`{"l3xc": {"sw_if_index": 1, "paths": [{"type": "FIB_API_PATH_TYPE_DVR", "sw_if_index": 1}]}}`,
			`{"l3xc": {"sw_if_index": 0, "paths": [{"sw_if_index": 2}, {"type": "FIB_API_PATH_TYPE_INTERFACE_RX", "sw_if_index": 1}]}}`,
		}},
		{"add_del_ip_punt_redirect_v2", []string{`{"is_add": 1, "punt": {"paths": [{"type": "FIB_API_PATH_TYPE_INTERFACE_RX", "sw_if_index": 77}]}}`},
			[]string{`{"is_add": 1, "punt": {"paths": [{"sw_if_index": 77}]}}`}},
		{"ip_session_redirect_add_v2", []string{`{"paths": [{"proto": "FIB_API_PATH_NH_PROTO_MPLS"}]}`}, []string{`{"paths": [{}, {}]}`}},
		{"bier_route_add_del", []string{`{"br_is_add": 1, "br_route": {"br_paths": [{"type": "FIB_API_PATH_TYPE_BIER_IMP"}]}}`},
			[]string{`{"br_is_add": 0, "br_route": {"br_paths": [{"type": "FIB_API_PATH_TYPE_BIER_IMP"}]}}`}},
	} {
		t.Run(c.request, func(t *testing.T) {
			for _, fields := range c.kills {
				before := len(v.asked())
				err := guardedCall(t, s, c.request, fields)
				outcome(t, fields, err, vpp.ErrRefused)
				if !errors.Is(err, vpp.ErrGuarded) || slices.Contains(v.asked()[before:], c.request) {
					t.Errorf("%s was sent (%v)", fields, err)
				}
				if err := guardedCall(t, harmful, c.request, fields); err != nil {
					t.Errorf("%s: %v, though all is allowed", fields, err)
				}
			}
			for _, fields := range c.safe {
				if err := guardedCall(t, s, c.request, fields); err != nil {
					t.Errorf("%s: %v", fields, err)
				}
			}
		})
	}
	t.Run("nat64", func(t *testing.T) { // enabled, disabled, enabled ...
		for _, c := range []struct{ request, fields string }{
			{"nat64_add_del_static_bib", `{"is_add": 1}`}, {"nat64_add_del_static_bib", `{"is_add": 0}`}, {"nat64_add_del_interface", `{"is_add": 1}`},
		} {
			if err := guardedCall(t, s, c.request, c.fields); err != nil {
				t.Errorf("%s %s while NAT64 is enabled: %v", c.request, c.fields, err)
			}
			if err := guardedCall(t, s, c.request, c.fields); !errors.Is(err, vpp.ErrGuarded) {
				t.Errorf("%s %s while NAT64 is not enabled: %v", c.request, c.fields, err)
			}
		}
		if err := guardedCall(t, s, "nat64_add_del_interface", `{"is_add": 0}`); err != nil {
			t.Errorf("removing an interface: %v", err)
		}
	})
	t.Run("graph_node_get", func(t *testing.T) {
		last := error(nil)
		for _, last = range vpp.InvokeStream(soon(t), s, "graph_node_get", nil) { //nolint:revive // the only one
		}
		outcome(t, "a stream", last, vpp.ErrRefused)
		if !errors.Is(last, vpp.ErrGuarded) || slices.Contains(v.asked(), "graph_node_get") {
			t.Errorf("graph_node_get: %v", last)
		}
	})
	t.Run("typed and in a batch", func(t *testing.T) {
		m := vpp.NewMethod[struct{ SwIfIndex uint32 }, retval]("bond_add_member")
		q := &struct{ SwIfIndex uint32 }{2}
		_, err := m.Call(soon(t), s, q)
		if !errors.Is(err, vpp.ErrGuarded) {
			t.Errorf("a call: %v", err)
		}
		results := 0
		b, err := m.Batch(soon(t), s, func(_ int, _ *retval, err error) {
			must(t, err)
			results++
		})
		must(t, err)
		for _, index := range []uint32{1, 2, 1} {
			q.SwIfIndex = index
			if err := b.Add(q); errors.Is(err, vpp.ErrGuarded) != (index == 2) {
				t.Errorf("interface %d in a batch: %v", index, err)
			}
		}
		must(t, b.Wait())
		if results != 2 {
			t.Errorf("%d results in a batch", results)
		}
	})
}

func guardedCall(t testing.TB, s *vpp.Session, request, fields string) error {
	t.Helper()
	_, err := vpp.InvokeJSON(soon(t), s, request, []byte(fields))
	return err
}

// What the guard does with each sort of path, beside what a real VPP did with
// it: whatever killed it is refused.
func TestGuardPaths(t *testing.T) {
	t.Parallel()
	_, socket := guardedVPP(t)
	s := dial(t, socket, noState)
	template := map[string]string{
		"ip_route_add_del_v2": `{"is_add": 1, "route": {"paths": [%s]}}`,
		"ip_mroute_add_del":   `{"is_add": 1, "route": {"paths": [{"path": %s}]}}`,
		"mpls_route_add_del":  `{"mr_is_add": 1, "mr_route": {"mr_paths": [%s]}}`,
		"mpls_tunnel_add_del": `{"mt_is_add": 1, "mt_tunnel": {"mt_paths": [%s]}}`,
	}
	index := map[string]uint32{"none": ^uint32(0), "stale": 77, "good": 1}
	// What must remain possible, though VPP does not look for itself.
	wanted := []string{
		"LOCAL IP4 none", "LOCAL IP6 good", "UDP_ENCAP IP4 none", "UDP_ENCAP IP6 none", "DVR IP4 good", "INTERFACE_RX IP4 good", "ICMP_UNREACH IP6 none",
		"ICMP_PROHIBIT IP4 none", "DROP IP4 none", "DROP MPLS none", "NORMAL IP4 none", "NORMAL IP4 good", "NORMAL IP6 stale", "SOURCE_LOOKUP IP4 none",
		"CLASSIFY IP4 none", "NORMAL BIER none", "NORMAL ETHERNET good", "mpls_route_add_del NORMAL MPLS none", "mpls_tunnel_add_del NORMAL MPLS none",
	}
	var messages []string
	cells := 0
	lines := bufio.NewScanner(strings.NewReader(fibPaths))
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if words[0] == "#" {
			messages = words[len(words)-4:]
			continue
		}
		for i, result := range words[3:] {
			path := fmt.Sprintf(`{"type": "FIB_API_PATH_TYPE_%s", "proto": "FIB_API_PATH_NH_PROTO_%s", "sw_if_index": %d}`, words[0], words[1], index[words[2]])
			err := guardedCall(t, s, messages[i], fmt.Sprintf(template[messages[i]], path))
			cells++
			name := strings.Join(words[:3], " ")
			switch guarded := errors.Is(err, vpp.ErrGuarded); {
			case result == "dead" && !guarded:
				t.Errorf("%s with a path %s kills VPP and was sent (%v)", messages[i], name, err)
			case result != "dead" && guarded && (slices.Contains(wanted, name) || slices.Contains(wanted, messages[i]+" "+name)):
				t.Errorf("%s with a path %s: %v", messages[i], name, err)
			}
		}
	}
	if cells != 480 {
		t.Errorf("%d paths were tried", cells)
	}
}

//go:embed testdata/fib_paths.txt
var fibPaths string

// Some messages are never sent, whatever the options, and a sockclnt_delete only
// with our own index.
func TestForbidden(t *testing.T) {
	t.Parallel()
	names := []string{
		"rpc_call", "sock_init_shm", "memclnt_create", "memclnt_create_v2", "memclnt_delete", "sockclnt_create",
		"rx_thread_exit", "memclnt_rx_thread_suspend", "memclnt_read_timeout",
	}
	var messages, services []string
	for i, n := range names {
		messages = append(messages, fmt.Sprintf(`["%s", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","context"], {"crc":"0x%08x"}]`, n, i+1))
		services = append(services, fmt.Sprintf(`"%s": {"reply": "null"}`, n))
	}
	api := `{"messages": [` + strings.Join(messages, ",\n") + `], "services": {` + strings.Join(services, ",\n") + `}}`
	v, socket := newScripted(t, api, func(string, map[string]any) []answer { return nil })
	s := dial(t, socket, noState, func(o *vpp.Options) { o.AllowHarmful = true })
	for _, n := range names {
		_, err := vpp.Invoke(soon(t), s, n, nil)
		outcome(t, n, err, vpp.ErrRefused)
		if !errors.Is(err, vpp.ErrGuarded) {
			t.Errorf("%s: %v", n, err)
		}
	}
	if sent := v.asked(); len(sent) != 0 {
		t.Errorf("sent: %v", sent)
	}
}

func TestForeignDelete(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s, other := dial(t, v.Socket(), func(o *vpp.Options) { o.AllowHarmful = true }), dial(t, v.Socket())
	for _, index := range []uint32{other.ClientIndex(), 0, s.ClientIndex() ^ 1<<31, s.ClientIndex() + 7} {
		_, err := vpp.Invoke(soon(t), s, "sockclnt_delete", map[string]any{"index": index})
		outcome(t, "another's index", err, vpp.ErrRefused)
		if !errors.Is(err, vpp.ErrGuarded) {
			t.Errorf("index %#x: %v", index, err)
		}
	}
	if why := v.Crashed(); why != "" || v.Calls("sockclnt_delete") != 0 {
		t.Errorf("VPP died: %s", why)
	}
	_, err := vpp.Invoke(soon(t), s, "sockclnt_delete", map[string]any{"index": s.ClientIndex()})
	outcome(t, "our own index", err, nil)
	ping(t, other)
}
