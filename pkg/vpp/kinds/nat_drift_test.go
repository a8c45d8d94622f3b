package kinds_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// What a foreign hand changes is put back, field by field, and told.
func TestNATDrift(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		b, another := work(t, socket), byHand(t, socket)
		static := staticMapping("203.0.113.10", 80, "10.0.0.1", 8080)
		lb := balanced("203.0.113.50", 443, [2]uint8{1, 100}, [2]uint8{2, 50})
		identity := identityMapping("10.0.0.11", 53)
		items := []state.Item{
			nat44(), kinds.NAT44AddressItem(addr("203.0.113.50"), "", false), static.item(), lb.item(), identity.item(),
			nat64Item(), kinds.NAT64PrefixItem("nat", "default", netip.MustParsePrefix("64:ff9b::/96")), det44Item(),
		}
		b.set("it", items...)
		b.Begin()
		b.AllowPrune(func(string) bool { return true })
		programmed := strings.TrimSuffix(strings.Repeat("Programmed; ", len(items)), "; ")
		b.awaitReasons("it", programmed)
		b.await("synced", func() bool { return b.Status().Synced })
		shown := func() string {
			var lines []string
			for _, m := range []string{"nat44_show_running_config", "nat_get_mss_clamping", "nat64_get_timeouts", "det44_get_timeouts"} {
				r := another.call(m, nil)
				delete(r, "context")
				lines = append(lines, m+fmt.Sprint(r))
			}
			for _, m := range []string{
				"nat44_address_dump", "nat44_static_mapping_dump", "nat44_identity_mapping_dump", "nat44_lb_static_mapping_dump", "nat64_prefix_dump",
			} {
				for _, d := range another.dumpOf(m) {
					delete(d, "context")
					if locals, ok := d["locals"].([]any); ok {
						slices.SortFunc(locals, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
					}
					lines = append(lines, m+fmt.Sprint(d))
				}
			}
			slices.Sort(lines[4:])
			return strings.Join(lines, "\n")
		}
		before := shown()
		mapping := func(add bool, inside string, port int, tag string) map[string]any {
			return map[string]any{
				"is_add": add, "external_ip_address": "203.0.113.10", "external_port": 80, "local_ip_address": inside, "local_port": port, "protocol": 6,
				"external_sw_if_index": ^uint32(0), "tag": tag,
			}
		}
		backend := func(add bool, host string, share int) map[string]any {
			return map[string]any{
				"is_add": add, "external_addr": "203.0.113.50", "external_port": 443, "protocol": 6,
				"local": map[string]any{"addr": host, "port": 8080, "probability": share},
			}
		}
		timeouts := map[string]any{"udp": 7, "tcp_established": 7440, "tcp_transitory": 240, "icmp": 60}
		const tag = "vpp-operator/test"
		for _, c := range []struct {
			message string
			fields  []map[string]any
			event   string
		}{
			{"nat_set_timeouts", []map[string]any{timeouts}, "repaired NAT44 nat44-ed timeouts"},
			{"nat44_forwarding_enable_disable", []map[string]any{{"enable": true}}, "repaired NAT44 nat44-ed forwarding"},
			{"nat_set_mss_clamping", []map[string]any{{"mss_value": 1300, "enable": true}}, "repaired NAT44 nat44-ed mssClamp"},
			{"nat44_lb_static_mapping_add_del_local", []map[string]any{backend(true, "10.1.0.9", 9)}, "repaired " + lb.ID().String() + " backends"},
			{"nat44_lb_static_mapping_add_del_local", []map[string]any{backend(true, "10.1.0.8", 8), backend(false, "10.1.0.1", 100)},
				"repaired " + lb.ID().String() + " backends"},
			{"nat44_add_del_static_mapping_v2", []map[string]any{mapping(false, "10.0.0.1", 8080, ""), mapping(true, "10.0.0.2", 8080, tag)},
				"repaired " + static.ID().String() + " localAddress"},
			{"nat44_add_del_static_mapping_v2", []map[string]any{mapping(false, "10.0.0.1", 8080, ""), mapping(true, "10.0.0.1", 81, tag)},
				"repaired " + static.ID().String() + " localPort"},
			{"nat44_add_del_static_mapping_v2", []map[string]any{mapping(false, "10.0.0.1", 8080, "")}, "repaired " + static.ID().String() + " presence"},
			{"nat44_add_del_identity_mapping", []map[string]any{{"ip_address": "10.0.0.11", "port": 53, "protocol": 17, "sw_if_index": ^uint32(0)}},
				"repaired " + identity.ID().String() + " presence"},
			{"nat64_set_timeouts", []map[string]any{timeouts}, "repaired NAT64 nat timeouts.udp"},
			{"nat64_add_del_prefix", []map[string]any{{"prefix": "2001:db8::/32", "vrf_id": 0, "is_add": true}}, "repaired NAT64Prefix default prefixes"},
			{"det44_set_timeouts", []map[string]any{timeouts}, "repaired DeterministicNAT nat timeouts.udp"},
		} {
			b.mu.Lock()
			b.events = nil
			b.mu.Unlock()
			for _, f := range c.fields {
				another.call(c.message, f)
			}
			if shown() == before {
				t.Errorf("%s changed nothing", c.message)
			}
			b.ResyncNow()
			b.await(c.event, func() bool {
				b.mu.Lock()
				told := slices.Contains(b.events, c.event)
				b.mu.Unlock()
				return told && shown() == before && b.reasons("it") == programmed
			})
		}
		o, _ := owner("it", 0)
		b.Remove(o)
		b.await("all is gone", func() bool { return b.gone(kinds.NAT44ID()) && b.gone(nat64Item().ID) && b.Status().LeftoverCount == 0 })
	})
}
