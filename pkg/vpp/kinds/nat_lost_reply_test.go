package kinds_test

import (
	"net/netip"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func TestNATLostReplies(t *testing.T) {
	t.Parallel()
	every := map[string]any{"sw_if_index": ^uint32(0)}
	timeouts := kinds.NATTimeouts{UDP: 1, TCPEstablished: 2, TCPTransitory: 3, ICMP: 4}
	pool, twice := kinds.NAT44AddressItem(addr("203.0.113.50"), "", false), kinds.NAT44AddressItem(addr("203.0.113.7"), "default", true)
	tables := func(routes ...string) state.Item {
		return kinds.NAT44VRFTableItem("default", kinds.NewNAT44VRFTable(routes))
	}
	prefix := func(text string) state.Item {
		return kinds.NAT64PrefixItem("nat", "default", netip.MustParsePrefix(text))
	}
	strict, loose := kinds.ReversePathFilter{Mode: kinds.ReversePathStrict}, kinds.ReversePathFilter{Mode: kinds.ReversePathLoose}
	clamp := func(mss uint16, d kinds.Directions) state.Item {
		return kinds.MSSClampItem("a", kinds.MSSClamp{IPv4: kinds.FamilyMSSClamp{MSS: mss, Direction: d}})
	}
	nat64Address := func(text string) state.Item { return kinds.NAT64AddressItem("nat", addr(text), "") }
	for name, c := range map[string]lostReplies{
		"NAT44": {
			[]string{
				"nat44_ed_plugin_enable_disable", "nat44_forwarding_enable_disable", "nat_set_timeouts", "nat_set_mss_clamping", "nat44_set_session_limit",
				"nat44_interface_add_del_feature", "nat44_ed_add_del_output_interface", "nat44_add_del_address_range", "nat44_add_del_interface_addr",
				"nat44_ed_add_del_vrf_table", "nat44_ed_add_del_vrf_route",
			},
			map[string]map[string]any{
				"nat44_interface_dump": nil, "nat44_ed_output_interface_get": nil, "nat44_address_dump": nil, "nat44_interface_addr_dump": nil,
				"nat44_ed_vrf_tables_v2_dump": nil,
			},
			[][]state.Item{
				{
					nat44(), kinds.NAT44InterfaceItem("a", kinds.NAT44Inside), kinds.NAT44InterfaceItem("b", kinds.NAT44Outside),
					kinds.NAT44InterfaceItem("c", kinds.NAT44Output), pool, kinds.NAT44InterfaceAddressItem("b", false), tables(),
				}, {
					nat44(func(n *kinds.NAT44) { n.Forwarding, n.Timeouts, n.MSSClamp = true, timeouts, 1300 }),
					kinds.NAT44InterfaceItem("a", kinds.NAT44Output), kinds.NAT44InterfaceItem("b", kinds.NAT44Inside),
					kinds.NAT44InterfaceItem("b", kinds.NAT44Outside), twice, kinds.NAT44InterfaceAddressItem("b", true),
					tables("default"),
				}, nil,
			},
		},
		"NAT44Mapping": {
			[]string{
				"nat44_add_del_static_mapping_v2", "nat44_add_del_identity_mapping", "nat44_add_del_lb_static_mapping", "nat44_lb_static_mapping_add_del_local",
			},
			map[string]map[string]any{"nat44_static_mapping_dump": nil, "nat44_identity_mapping_dump": nil, "nat44_lb_static_mapping_dump": nil},
			[][]state.Item{
				{
					nat44(), pool, staticMapping("203.0.113.10", 80, "10.0.0.1", 8080).item(), identityMapping("10.0.0.11", 53).item(),
					balanced("203.0.113.50", 443, [2]uint8{1, 100}, [2]uint8{2, 50}).item(),
				}, {
					nat44(), pool, staticMapping("203.0.113.10", 80, "10.0.0.1", 8081).item(), identityMapping("10.0.0.11", 54).item(),
					balanced("203.0.113.50", 443, [2]uint8{1, 100}, [2]uint8{3, 50}).item(),
				}, {
					nat44(), pool, balanced("203.0.113.50", 443, [2]uint8{1, 100}, [2]uint8{3, 50}).with(func(m *kinds.NAT44Mapping) { m.SelfTwiceNAT = true }).item(),
				}, nil,
			},
		},
		"NAT64": {
			[]string{
				"nat64_plugin_enable_disable", "nat64_set_timeouts", "nat64_add_del_interface", "nat64_add_del_pool_addr_range", "nat64_add_del_prefix",
				"nat64_add_del_static_bib",
			},
			map[string]map[string]any{
				"nat64_interface_dump": nil, "nat64_pool_addr_dump": nil, "nat64_prefix_dump": nil, "nat64_bib_dump": {"proto": 255},
			},
			[][]state.Item{
				{
					nat64Item(), kinds.NAT64InterfaceItem("nat", "a", false), kinds.NAT64InterfaceItem("nat", "b", true), nat64Address("192.0.2.1"),
					prefix("64:ff9b::/96"), nat64Binding("[2001:db8::1]:80", "192.0.2.1:8080", kinds.NATTCP),
				}, {
					kinds.NAT64Item("nat", timeouts), kinds.NAT64InterfaceItem("nat", "a", false), kinds.NAT64InterfaceItem("nat", "a", true),
					nat64Address("192.0.2.1"), nat64Address("192.0.2.2"), prefix("2001:db8::/32"),
					nat64Binding("[2001:db8::1]:80", "192.0.2.2:8080", kinds.NATTCP),
				}, nil,
			},
		},
		"DeterministicNAT": {
			[]string{"det44_plugin_enable_disable", "det44_set_timeouts", "det44_interface_add_del_feature", "det44_add_del_map"},
			map[string]map[string]any{"det44_interface_dump": nil, "det44_map_dump": nil},
			[][]state.Item{
				{
					det44Item(), det44Map("100.64.0.0/24", "192.0.2.0/28"), kinds.Det44InterfaceItem("nat", "a", false),
					kinds.Det44InterfaceItem("nat", "b", true),
				}, {
					kinds.Det44Item("nat", timeouts), det44Map("100.64.1.0/24", "192.0.2.0/28"), kinds.Det44InterfaceItem("nat", "a", true),
					kinds.Det44InterfaceItem("nat", "c", false),
				}, nil,
			},
		},
		"ReversePathFilter": {
			[]string{"urpf_update_v2"}, map[string]map[string]any{"urpf_interface_dump": every},
			[][]state.Item{
				{kinds.ReversePathFilterItem("a", false, false, strict), kinds.ReversePathFilterItem("b", true, false, loose)},
				{kinds.ReversePathFilterItem("a", false, false, loose), kinds.ReversePathFilterItem("b", true, true, loose)}, nil,
			},
		},
		"MSSClamp": {
			[]string{"mss_clamp_enable_disable"}, map[string]map[string]any{"mss_clamp_get": every},
			[][]state.Item{{clamp(1400, kinds.DirectionRx)}, {clamp(1300, kinds.DirectionBoth)}, nil},
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
