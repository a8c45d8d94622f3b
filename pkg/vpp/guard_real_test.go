package vpp_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// TestRealGuard holds the guard's table against a real VPP: each row refuses
// what it should, VPP lives, and then dies of the same request when all is
// allowed. Those that die only of a packet, or hang, are not carried out.
func TestRealGuard(t *testing.T) {
	t.Parallel()
	v := realVPP(t)
	type step struct{ request, fields string }
	loop := step{"create_loopback", ""}
	bond := step{"bond_create2", `{"mode": "BOND_API_MODE_ACTIVE_BACKUP"}`} // interface 1
	ipip := step{"ipip_add_tunnel", `{"tunnel": {"instance": 0, "src": "1.1.1.1", "dst": "2.2.2.2"}}`}
	acl := step{"acl_add_replace", `{"acl_index": 4294967295, "r": [{"is_permit": 1, "src_prefix": "1.0.0.0/8", "dst_prefix": "2.0.0.0/8"}]}`}
	det44 := step{"det44_plugin_enable_disable", `{"enable": true}`}
	policer := step{"policer_add", `{"name": "p", "infos": {"cir": 1000, "cb": 10000}}`}
	policy := func(add, paths string) step {
		return step{"abf_policy_add_del", `{"is_add": ` + add + `, "policy": {"policy_id": 5, "acl_index": 0, "paths": [` + paths + `]}}`}
	}
	attach := func(add, index, ip6 string) step {
		return step{"abf_itf_attach_add_del", `{"is_add": ` + add + `, "attach": {"policy_id": 5, "sw_if_index": ` + index + `, "is_ipv6": ` + ip6 + `}}`}
	}
	const (
		hop  = `{"sw_if_index": 1, "nh": {"address": {"ip4": "10.0.0.1"}}}`
		none = "4294967295"
	)
	route := func(path string) step {
		return step{"ip_route_add_del_v2", `{"route": {"prefix": "10.0.0.0/24", "paths": [` + path + `]}}`}
	}
	table := func(add string) step {
		return step{"ip_table_add_del_v2", `{"is_add": ` + add + `, "table": {"table_id": 7}}`}
	}
	pathMTU := func(mtu string) step {
		return step{"ip_path_mtu_update", `{"pmtu": {"table_id": 7, "nh": "9.9.9.9", "path_mtu": ` + mtu + `}}`}
	}
	sourced := func(add string) step { // 18 is recursive-resolution
		return step{"ip_route_add_del_v2", `{"is_add": ` + add + `, "is_multipath": true, "route": {"table_id": 7, "src": 18, "prefix": "10.9.9.8/32", "paths": [` + hop + `]}}`}
	}
	macRules := make([]string, 20_000) // spread over the table, as chance does
	for i := range macRules {
		n := uint64(i+1) * 0x9e3779b97f4a7c15
		macRules[i] = fmt.Sprintf(`{"src_mac": "02:%02x:%02x:%02x:%02x:%02x", "src_mac_mask": "ff:ff:ff:ff:ff:ff", "src_prefix": "2001:db8::%x:%x/128"}`,
			byte(n>>8), byte(n>>16), byte(n>>24), byte(n>>32), byte(n>>40), uint16(n>>48), uint16(n))
	}
	for _, c := range []struct {
		name   string
		before []step
		row    step
		lives  bool // it takes a packet, or hangs
	}{
		{"graph_node_get", nil, step{"graph_node_get", `{"index": 4294967295}`}, false},
		{"path to no UDP encap", nil, route(`{"type": "FIB_API_PATH_TYPE_UDP_ENCAP", "nh": {"obj_id": 77}}`), false},
		{"path to no BIER imposition", nil, route(`{"type": "FIB_API_PATH_TYPE_BIER_IMP", "nh": {"obj_id": 77}}`), false},
		{"path to no local interface", nil, route(`{"type": "FIB_API_PATH_TYPE_LOCAL", "sw_if_index": 77}`), false},
		{"path over no DVR interface", nil, route(`{"type": "FIB_API_PATH_TYPE_DVR", "sw_if_index": ` + none + `}`), false},
		{"path from no interface", nil, route(`{"type": "FIB_API_PATH_TYPE_INTERFACE_RX", "sw_if_index": ` + none + `}`), false},
		{"MPLS path in an IP route", nil, route(`{"proto": "FIB_API_PATH_NH_PROTO_MPLS", "sw_if_index": ` + none + `}`), false},
		{"Ethernet path over no interface", nil, route(`{"proto": "FIB_API_PATH_NH_PROTO_ETHERNET", "sw_if_index": 77}`), false},
		{"17 labels", nil, route(`{"sw_if_index": ` + none + `, "n_labels": 17}`), true},
		{"cross-connect over no UDP encap", []step{loop}, step{"l3xc_update", `{"l3xc": {"sw_if_index": 1, "paths": [{"type": "FIB_API_PATH_TYPE_UDP_ENCAP", "nh": {"obj_id": 77}}]}}`}, false},
		{"cross-connect to itself", []step{loop}, step{"l3xc_update", `{"l3xc": {"sw_if_index": 1, "paths": [{"type": "FIB_API_PATH_TYPE_INTERFACE_RX", "sw_if_index": 1}]}}`}, true},
		{"cross-connect to one that leads back", []step{
			loop, loop, {"l3xc_update", `{"l3xc": {"sw_if_index": 2, "paths": [{"type": "FIB_API_PATH_TYPE_INTERFACE_RX", "sw_if_index": 1}]}}`},
		}, step{"l3xc_update", `{"l3xc": {"sw_if_index": 1, "paths": [{"type": "FIB_API_PATH_TYPE_INTERFACE_RX", "sw_if_index": 2}]}}`}, true},
		{"det44, inside longer", []step{det44}, step{"det44_add_del_map", `{"is_add": true, "in_plen": 28, "out_plen": 24}`}, false},
		{"det44, inside of everything", []step{det44}, step{"det44_add_del_map", `{"is_add": true, "in_plen": 0, "out_plen": 24}`}, false},
		{"det44, out of memory", []step{det44}, step{"det44_add_del_map", `{"is_add": true, "in_plen": 12, "out_plen": 24}`}, false},
		{"det44, disabled", []step{
			loop, det44, {"det44_interface_add_del_feature", `{"is_add": true, "is_inside": true, "sw_if_index": 1}`},
			{"det44_interface_add_del_feature", `{"is_add": false, "is_inside": true, "sw_if_index": 1}`},
		}, step{"det44_plugin_enable_disable", `{"enable": false}`}, false},
		{"policer off where none ever was", []step{loop, policer}, step{"policer_output", `{"name": "p", "sw_if_index": 1}`}, false},
		{"policer applied twice", []step{loop, policer, {"policer_input", `{"name": "p", "sw_if_index": 1, "apply": true}`}}, step{"policer_input", `{"name": "p", "sw_if_index": 1, "apply": true}`}, true},
		{"64 queues", nil, step{"af_packet_create_v3", `{"host_if_name": "lo", "num_rx_queues": 1, "num_tx_queues": 64}`}, true},
		{"BIER disposition", []step{{"bier_disp_table_add_del", `{"bdt_tbl_id": 8, "bdt_is_add": true}`}}, step{"bier_disp_entry_add_del", `{"bde_bp": 1, "bde_tbl_id": 8, "bde_is_add": true, "bde_payload_proto": 200, "bde_paths": [{"sw_if_index": 4294967295}]}`}, true},
		{"BIER imposition", nil, step{"bier_imp_del", `{"bi_index": 77}`}, false},
		{"TEIB on local0", nil, step{"teib_entry_add_del", `{"is_add": 1, "entry": {"peer": "1.1.1.1", "nh": "2.2.2.2"}}`}, false},
		{"bond of a tunnel", []step{bond, ipip}, step{"bond_add_member", `{"sw_if_index": 2, "bond_sw_if_index": 1}`}, false},
		{"bond of a tunnel, the old way", []step{bond, ipip}, step{"bond_enslave", `{"sw_if_index": 2, "bond_sw_if_index": 1}`}, false},
		{"SPAN to nobody", []step{loop}, step{"sw_interface_span_enable_disable", `{"sw_if_index_from": 1, "sw_if_index_to": 77, "state": 3}`}, true},
		{"SPAN from nobody", []step{loop}, step{"sw_interface_span_enable_disable", `{"sw_if_index_from": 2000000000, "sw_if_index_to": 1, "state": 3, "is_l2": true}`}, false},
		{"ABF, no policy", []step{loop}, attach("true", "1", "false"), false},
		{"ABF, no interface", []step{loop, acl, policy("true", hop)}, attach("true", none, "false"), false},
		{"ABF, no ACL", []step{loop}, policy("true", hop), true},
		{"ABF, ACL gone", []step{loop, acl, policy("true", hop), {"acl_del", `{"acl_index": 0}`}}, attach("true", "1", "false"), true},
		{"ABF, path twice", []step{loop, acl, policy("true", hop)}, policy("true", hop), true},
		{"ABF, detached for the other family", []step{loop, acl, policy("true", hop), attach("true", "1", "false")}, attach("false", "1", "true"), false},
		{"ABF, last path while attached", []step{loop, acl, policy("true", hop), attach("true", "1", "false")}, policy("false", hop), false},
		{"MAC access list of 20000 rules", nil, step{"macip_acl_add_replace", `{"acl_index": ` + none + `, "r": [` + strings.Join(macRules, ",") + `]}`}, false},
		{"NAT44 of a hundred million sessions", nil, step{"nat44_ed_plugin_enable_disable", `{"enable": true, "sessions": 100000000}`}, false},
		{"NAT44 mapping of an interface that never was", []step{{"nat44_ed_plugin_enable_disable", `{"enable": true}`}},
			step{"nat44_add_del_static_mapping_v2", `{"is_add": true, "external_sw_if_index": 123456789}`}, false},
		{"NAT44 identity of an interface that never was", []step{{"nat44_ed_plugin_enable_disable", `{"enable": true}`}},
			step{"nat44_add_del_identity_mapping", `{"is_add": true, "sw_if_index": 123456789}`}, false},
		{"NAT44 backends with probabilities of 256", []step{{"nat44_ed_plugin_enable_disable", `{"enable": true}`}},
			step{"nat44_add_del_lb_static_mapping", `{"is_add": true, "locals": [{"probability": 128}, {"probability": 128}]}`}, true},
		{"NAT64 binding before it is enabled", nil, step{"nat64_add_del_static_bib", `{"is_add": true, "i_addr": "2001::1", "o_addr": "1.2.3.4", "proto": 17}`}, false},
		{"NAT64 binding after it was disabled", []step{{"nat64_plugin_enable_disable", `{"enable": true}`}, {"nat64_plugin_enable_disable", `{"enable": false}`}}, step{"nat64_add_del_static_bib", `{"is_add": false, "i_addr": "2001::1", "o_addr": "1.2.3.4", "proto": 17}`}, false},
		{"NAT64 interface before it is enabled", []step{loop}, step{"nat64_add_del_interface", `{"is_add": true, "sw_if_index": 1, "flags": 32}`}, true},
		{"statistics of no interface", nil, step{"collect_detailed_interface_stats", `{"enable_disable": true, "sw_if_index": ` + none + `}`}, false},
		{"reassembly on no interface", nil, step{"ip_reassembly_enable_disable", `{"enable_ip4": true, "sw_if_index": ` + none + `}`}, false},
		{"PPPoE on no interface", nil, step{"pppoe_add_del_cp", `{"is_add": 1, "sw_if_index": ` + none + `}`}, false},
		{"QoS marks on no interface", []step{{"qos_egress_map_update", `{"map": {"id": 1}}`}}, step{"qos_mark_enable_disable", `{"enable": true, "mark": {"map_id": 1, "sw_if_index": ` + none + `}}`}, false},
		{"single path for a source that takes none", []step{loop, table("true")}, sourced("true"), true}, // it dies of what follows
		{"table with a path MTU", []step{table("true"), pathMTU("1400")}, table("false"), true},          // a new VPP dies when that is taken back
		{"table that had a path MTU", []step{table("true"), pathMTU("1400"), pathMTU("0")}, table("false"), false},
		{"VXLAN to a group where NAT44 holds a table", []step{
			{"nat44_ed_plugin_enable_disable", `{"enable": true}`},
			{"nat44_add_del_address_range", `{"is_add": true, "first_ip_address": "192.0.2.1", "last_ip_address": "192.0.2.1", "vrf_id": 9}`},
			loop, table("true"),
		}, step{"vxlan_add_del_tunnel_v3", `{"is_add": true, "instance": ` + none + `, "src_address": "10.0.0.1", "dst_address": "239.1.1.1", "mcast_sw_if_index": 1, "encap_vrf_id": 7, "decap_next_index": ` + none + `, "vni": 5}`}, false},
		{"memif of the third mode", nil, step{"memif_create_v2", `{"mode": "MEMIF_MODE_API_PUNT_INJECT", "role": 1}`}, false},
		{"stolen NIC of no interface", nil, step{"stn_add_del_rule", `{"is_add": true, "sw_if_index": ` + none + `}`}, false},
		{"ARP ping on no interface", nil, step{"arping", `{"sw_if_index": ` + none + `}`}, false},
		{"ARP conflict on no interface", nil, step{"arping_acd", `{"sw_if_index": ` + none + `}`}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			must(t, v.Restart())
			s := dial(t, v.Socket())
			for _, p := range c.before {
				must(t, guardedCall(t, s, p.request, p.fields))
			}
			if err := callOrDump(soon(t), s, c.row.request, c.row.fields); errors.Is(err, vpp.ErrNoMessage) {
				t.Skipf("this VPP was built without the plugin of %s", c.row.request)
			} else if !errors.Is(err, vpp.ErrGuarded) {
				t.Fatalf("%s %s: %v", c.row.request, c.row.fields, err)
			}
			ping(t, s)
			if c.lives {
				return
			}
			harmful := dial(t, v.Socket(), func(o *vpp.Options) { o.AllowHarmful, o.Timeout = true, 10*time.Second })
			_ = callOrDump(context.Background(), harmful, c.row.request, c.row.fields)
			_ = callOrDump(context.Background(), harmful, "abf_policy_dump", "") // some die of that
			select {
			case <-harmful.Done():
			case <-soon(t).Done():
				t.Errorf("VPP survives %s %s", c.row.request, c.row.fields)
			}
		})
	}
}

// TestRealGuardRelease: paths to no interface, of which a VPP before 26.02 dies,
// are refused there and accepted by a later one.
func TestRealGuardRelease(t *testing.T) {
	t.Parallel()
	v := realVPP(t)
	for _, c := range []struct{ name, table, source, path string }{
		{"unreachable", "7", "0", `{"type": "FIB_API_PATH_TYPE_ICMP_UNREACH", "sw_if_index": 4294967295}`},
		{"prohibited", "7", "23", `{"type": "FIB_API_PATH_TYPE_ICMP_PROHIBIT", "sw_if_index": 1}`},
		{"drop", "7", "23", `{"type": "FIB_API_PATH_TYPE_DROP", "sw_if_index": 0}`},
		{"drop over no interface", "0", "23", `{"type": "FIB_API_PATH_TYPE_DROP", "sw_if_index": 77}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			must(t, v.Restart())
			s := dial(t, v.Socket())
			must(t, guardedCall(t, s, "create_loopback", ""))
			must(t, guardedCall(t, s, "ip_table_add_del_v2", `{"table": {"table_id": 7}}`))
			route := `{"route": {"prefix": "10.0.0.0/24", "table_id": ` + c.table + `, "src": ` + c.source + `, "paths": [` + c.path + `]}}`
			version, err := showVersion.Call(soon(t), s, nil)
			must(t, err)
			err = guardedCall(t, s, "ip_route_add_del_v2", route)
			if version.Version >= "26.02" {
				must(t, err)
				ping(t, s)
				return
			}
			if !errors.Is(err, vpp.ErrGuarded) {
				t.Fatalf("%s: %v", version.Version, err)
			}
			harmful := dial(t, v.Socket(), func(o *vpp.Options) { o.AllowHarmful, o.Timeout = true, 10*time.Second })
			_ = callOrDump(context.Background(), harmful, "ip_route_add_del_v2", route)
			select {
			case <-harmful.Done():
			case <-soon(t).Done():
				t.Errorf("%s survives", version.Version)
			}
		})
	}
}

// callOrDump makes either sort of call and returns how it ended.
func callOrDump(ctx context.Context, s *vpp.Session, request, fields string) (err error) {
	if service := s.Schema().Service(request); service != nil && service.Stream {
		for _, err = range vpp.InvokeStreamJSON(ctx, s, request, []byte(fields)) { //nolint:revive // the last counts
		}
		return err
	}
	_, err = vpp.InvokeJSON(ctx, s, request, []byte(fields))
	return err
}

// TestRealGuardPermits makes what is near the rows and right, on a real VPP.
func TestRealGuardPermits(t *testing.T) {
	t.Parallel()
	s := dial(t, realVPP(t).Socket())
	for _, c := range []struct{ request, fields string }{
		{"create_loopback", ""}, // 1
		{"create_loopback", ""}, // 2
		{"bond_create2", `{"mode": "BOND_API_MODE_ACTIVE_BACKUP"}`}, // 3
		{"bond_add_member", `{"sw_if_index": 2, "bond_sw_if_index": 3}`},
		{"create_loopback", ""}, // 4
		{"udp_encap_add", `{"udp_encap": {"src_port": 1, "dst_port": 2, "src_ip": "1.1.1.1", "dst_ip": "2.2.2.2"}}`},
		{"ip_route_add_del_v2", `{"route": {"prefix": "10.0.1.0/24", "paths": [{"type": "FIB_API_PATH_TYPE_UDP_ENCAP", "nh": {"obj_id": 0}}]}}`},
		{"ip_route_add_del_v2", `{"route": {"prefix": "10.0.2.0/24", "paths": [{"type": "FIB_API_PATH_TYPE_DVR", "sw_if_index": 1}]}}`},
		{"ip_route_add_del_v2", `{"route": {"prefix": "10.0.3.0/24", "paths": [{"type": "FIB_API_PATH_TYPE_LOCAL", "sw_if_index": 4294967295}]}}`},
		{"ip_route_add_del_v2", `{"is_add": false, "route": {"prefix": "10.0.1.0/24", "paths": [{"type": "FIB_API_PATH_TYPE_UDP_ENCAP", "nh": {"obj_id": 77}}]}}`},
		{"mpls_table_add_del", `{"mt_is_add": true}`},
		{"mpls_route_add_del", `{"mr_is_add": true, "mr_route": {"mr_label": 55, "mr_paths": [{"proto": "FIB_API_PATH_NH_PROTO_MPLS", "nh": {"via_label": 66}, "sw_if_index": 4294967295}]}}`},
		{"ip_table_add_del_v2", `{"table": {"table_id": 7}}`},
		{"ip_route_add_del_v2", `{"is_multipath": true, "route": {"table_id": 7, "src": 23, "prefix": "10.0.4.0/24", "paths": [{"type": "FIB_API_PATH_TYPE_DROP", "sw_if_index": 4294967295}]}}`},
		{"ip_route_add_del_v2", `{"is_add": false, "route": {"table_id": 7, "src": 23, "prefix": "10.0.4.0/24"}}`},
		{"ip_table_add_del_v2", `{"is_add": false, "table": {"table_id": 7}}`},
		{"memif_create_v2", `{"mode": "MEMIF_MODE_API_IP", "role": 1}`},
		{"sw_interface_span_enable_disable", `{"sw_if_index_from": 1, "sw_if_index_to": 4, "state": 3}`},
		{"sw_interface_span_enable_disable", `{"sw_if_index_from": 1, "sw_if_index_to": 4, "state": 0}`},
		{"acl_add_replace", `{"acl_index": 4294967295, "r": [{"is_permit": 1, "src_prefix": "1.0.0.0/8", "dst_prefix": "2.0.0.0/8"}]}`},
		{"abf_policy_add_del", `{"is_add": true, "policy": {"policy_id": 5, "acl_index": 0, "paths": [{"sw_if_index": 1, "nh": {"address": {"ip4": "10.0.0.1"}}}]}}`},
		{"abf_policy_add_del", `{"is_add": true, "policy": {"policy_id": 5, "acl_index": 0, "paths": [{"sw_if_index": 1, "nh": {"address": {"ip4": "10.0.0.2"}}}]}}`},
		{"abf_itf_attach_add_del", `{"is_add": true, "attach": {"policy_id": 5, "sw_if_index": 1}}`},
		{"abf_policy_add_del", `{"is_add": false, "policy": {"policy_id": 5, "acl_index": 0, "paths": [{"sw_if_index": 1, "nh": {"address": {"ip4": "10.0.0.1"}}}]}}`},
		{"abf_itf_attach_add_del", `{"is_add": false, "attach": {"policy_id": 5, "sw_if_index": 1}}`},
		{"abf_policy_add_del", `{"is_add": false, "policy": {"policy_id": 5, "acl_index": 0, "paths": [{"sw_if_index": 1, "nh": {"address": {"ip4": "10.0.0.2"}}}]}}`},
		{"nat64_plugin_enable_disable", `{"enable": true}`},
		{"nat64_add_del_static_bib", `{"is_add": true, "i_addr": "2001::1", "o_addr": "1.2.3.4", "i_port": 1, "o_port": 2, "proto": 17}`},
		{"nat64_add_del_interface", `{"is_add": true, "sw_if_index": 1, "flags": 32}`},
		{"det44_plugin_enable_disable", `{"enable": true}`},
		{"det44_add_del_map", `{"is_add": true, "in_addr": "10.0.0.0", "in_plen": 24, "out_addr": "1.0.0.0", "out_plen": 24}`},
		{"ip_reassembly_enable_disable", `{"enable_ip4": true, "sw_if_index": 1}`},
	} {
		if err := guardedCall(t, s, c.request, c.fields); err != nil {
			t.Errorf("%s %s: %v", c.request, c.fields, err)
		}
	}
	for _, dump := range []string{"abf_policy_dump", "ip_route_v2_dump", "sw_interface_dump"} {
		must(t, callOrDump(soon(t), s, dump, ""))
	}
}
