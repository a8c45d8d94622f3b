package kinds_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// asked is a question that VPP answers with all that it has of something.
type asked struct {
	message string
	fields  map[string]any
	// moving are fields that change by themselves.
	moving []string
}

// every is the index that asks for all.
const every = ^uint32(0)

// questions are what is asked of a VPP. One without the plugin has nothing of it.
var questions = []asked{
	{message: "sw_interface_dump", moving: []string{"link_speed"}},
	{message: "sw_interface_rx_placement_dump", fields: map[string]any{"sw_if_index": every}},
	{message: "sw_interface_tx_placement_get", fields: map[string]any{"sw_if_index": every}},
	{message: "ip_unnumbered_dump", fields: map[string]any{"sw_if_index": every}},
	{message: "memif_dump"}, {message: "memif_socket_filename_dump"},
	{message: "af_packet_dump"}, {message: "sw_interface_vhost_user_dump", fields: map[string]any{"sw_if_index": every}},
	{message: "sw_bond_interface_dump", fields: map[string]any{"sw_if_index": every}},
	{message: "vxlan_tunnel_v2_dump", fields: map[string]any{"sw_if_index": every}},
	{message: "gre_tunnel_dump", fields: map[string]any{"sw_if_index": every}},
	{message: "ipip_tunnel_dump", fields: map[string]any{"sw_if_index": every}},
	{message: "ip_table_dump"},
	{message: "ip_neighbor_dump", fields: map[string]any{"sw_if_index": every, "af": "ADDRESS_IP4"}, moving: []string{"age"}},
	{message: "ip_neighbor_dump", fields: map[string]any{"sw_if_index": every, "af": "ADDRESS_IP6"}, moving: []string{"age"}},

	{message: "bridge_domain_dump", fields: map[string]any{"bd_id": every}},
	{message: "bd_ip_mac_dump", fields: map[string]any{"bd_id": every}},
	{message: "l2_xconnect_dump"},
	{message: "l3xc_dump", fields: map[string]any{"sw_if_index": every}},
	{message: "sw_interface_span_dump", fields: map[string]any{"is_l2": false}},
	{message: "sw_interface_span_dump", fields: map[string]any{"is_l2": true}},

	{message: "acl_dump", fields: map[string]any{"acl_index": every}},
	{message: "acl_interface_list_dump", fields: map[string]any{"sw_if_index": every}},
	{message: "acl_interface_etype_whitelist_dump", fields: map[string]any{"sw_if_index": every}},
	{message: "macip_acl_dump", fields: map[string]any{"acl_index": every}},
	{message: "macip_acl_interface_list_dump", fields: map[string]any{"sw_if_index": every}},
	{message: "abf_policy_dump"}, {message: "abf_itf_attach_dump"},
	{message: "policer_dump", fields: map[string]any{"match_name_valid": false}, moving: []string{"last_update_time", "current_bucket", "extended_bucket"}},
	{message: "urpf_interface_dump", fields: map[string]any{"sw_if_index": every}},
	{message: "mss_clamp_get", fields: map[string]any{"sw_if_index": every}},

	{message: "nat44_address_dump"}, {message: "nat44_interface_dump"}, {message: "nat44_interface_addr_dump"},
	{message: "nat44_ed_output_interface_get"}, {message: "nat44_static_mapping_dump"}, {message: "nat44_identity_mapping_dump"},
	{message: "nat44_lb_static_mapping_dump"}, {message: "nat44_ed_vrf_tables_v2_dump"},
	{message: "nat64_pool_addr_dump"}, {message: "nat64_interface_dump"}, {message: "nat64_prefix_dump"},
	{message: "nat64_bib_dump", fields: map[string]any{"proto": 255}},
	{message: "det44_interface_dump"}, {message: "det44_map_dump"},
}

// snapshot is all that VPP holds: what the kinds see of it, and what it answers to
// dumps.
func (h *hand) snapshot() string {
	h.t.Helper()
	h.read()
	lines := h.names()
	for _, q := range questions {
		lines = append(lines, h.ask(q)...)
	}
	for _, table := range h.rows(asked{message: "ip_table_dump"}) {
		lines = append(lines, h.ask(asked{message: "ip_route_v2_dump", fields: map[string]any{"table": table["table"]}, moving: []string{"stats_index"}})...)
	}
	for _, domain := range h.rows(asked{message: "bridge_domain_dump", fields: map[string]any{"bd_id": every}}) {
		lines = append(lines, h.ask(asked{message: "l2_fib_table_dump", fields: map[string]any{"bd_id": domain["bd_id"]}})...)
	}
	for _, i := range h.rows(asked{message: "sw_interface_dump"}) {
		for _, ip6 := range []bool{false, true} {
			lines = append(lines, h.ask(asked{message: "ip_address_dump", fields: map[string]any{"sw_if_index": i["sw_if_index"], "is_ipv6": ip6}})...)
		}
	}
	return strings.Join(lines, "\n")
}

// unchanged makes sure that VPP holds what it held.
func (h *hand) unchanged(before string) {
	h.t.Helper()
	was, is := strings.Split(before, "\n"), strings.Split(h.snapshot(), "\n")
	for _, line := range was {
		if !slices.Contains(is, line) {
			h.t.Errorf("gone from VPP: %s", line)
		}
	}
	for _, line := range is {
		if !slices.Contains(was, line) {
			h.t.Errorf("new in VPP: %s", line)
		}
	}
}

// ask returns a line for each row of an answer, in an order that says nothing.
func (h *hand) ask(q asked) []string {
	h.t.Helper()
	var lines []string
	for _, row := range h.rows(q) {
		for _, field := range append(q.moving, "context", "client_index", "_vl_msg_id") {
			delete(row, field)
		}
		lines = append(lines, fmt.Sprint(q.message, " ", row))
	}
	slices.Sort(lines)
	return lines
}

func (h *hand) rows(q asked) []map[string]any {
	h.t.Helper()
	if h.session.Schema().Message(q.message) == nil {
		h.t.Fatalf("no VPP has a message %s", q.message)
	}
	var rows []map[string]any
	for row, err := range vpp.InvokeStream(h.ctx, h.session, q.message, q.fields) {
		switch {
		case errors.Is(err, vpp.ErrNoMessage):
			return nil
		case errors.Is(err, vpp.ErrDisconnected):
			h.t.Fatalf("%s: %v", q.message, err)
		case err != nil:
			row = map[string]any{"refused": err} // as where a feature is not enabled
		}
		rows = append(rows, row)
	}
	return rows
}
