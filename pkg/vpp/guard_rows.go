package vpp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// lethalRows is the table. A row is added with its test in guard_test.go, and
// with a look at a real VPP: each of these was seen to kill a VPP 26.06, or the
// release that it names.
var lethalRows = []lethal{
	{message: "graph_node_get", why: "its reply over a socket kills VPP"},
	pathRow(),
	{
		message: "det44_add_del_map",
		why:     "VPP divides by zero or runs out of memory unless the inside prefix is as long as the outside one at most, and /16 at least",
		where:   fieldsAt(field{"is_add", 1}, field{"in_plen", 1}, field{"out_plen", 1}),
		bad: func(msg []byte, at []int) verdict {
			in, out := msg[at[1]], msg[at[2]]
			return deadlyIf(msg[at[0]] != 0 && (in > out || out > 32 || in < 16))
		},
	},
	{
		message: "det44_plugin_enable_disable",
		why:     "disabling deterministic NAT kills VPP once an interface was taken off it",
		where:   fieldsAt(field{"enable", 1}),
		bad:     func(msg []byte, at []int) verdict { return deadlyIf(msg[at[0]] == 0) },
	},
	policerRow("policer_input", "policer-input"),
	policerRow("policer_input_v2", "policer-input"),
	policerRow("policer_output", "policer-output"),
	policerRow("policer_output_v2", "policer-output"),
	{
		message: "af_packet_create_v3",
		why:     fmt.Sprintf("more than %d queues hang VPP", maxPacketQueues),
		where:   fieldsAt(field{"num_rx_queues", 2}, field{"num_tx_queues", 2}),
		bad: func(msg []byte, at []int) verdict {
			return deadlyIf(u16(msg, at[0]) > maxPacketQueues || u16(msg, at[1]) > maxPacketQueues)
		},
	},
	{
		message: "bier_disp_entry_add_del",
		why:     "an unknown payload protocol makes VPP write where it must not",
		where:   fieldsAt(field{"bde_payload_proto", 1}),
		bad:     func(msg []byte, at []int) verdict { return deadlyIf(msg[at[0]] > 8) },
	},
	{message: "bier_imp_del", why: "one that does not exist kills VPP, and no dump tells which do"},
	{
		message: "teib_entry_add_del",
		why:     "an entry on local0 kills VPP",
		where:   fieldsAt(field{"is_add", 1}, field{"entry.sw_if_index", 4}),
		bad:     func(msg []byte, at []int) verdict { return deadlyIf(msg[at[0]] != 0 && u32(msg, at[1]) == 0) },
	},
	memberRow("bond_add_member"),
	memberRow("bond_enslave"),
	{
		message: "sw_interface_span_enable_disable",
		why:     "mirroring to or from an interface that does not exist kills VPP, at the latest at the first packet",
		where:   fieldsAt(field{"sw_if_index_from", 4}, field{"sw_if_index_to", 4}, field{"state", 4}),
		bad:     func(msg []byte, at []int) verdict { return askIf(u32(msg, at[2]) != 0) },
		look: func(ctx context.Context, s *Session, msg []byte, at []int) error {
			if err := interfaceExists(ctx, s, u32(msg, at[0])); err != nil {
				return err
			}
			return interfaceExists(ctx, s, u32(msg, at[1]))
		},
	},
	{
		message: "abf_itf_attach_add_del",
		why: "attaching a policy that does not exist or whose ACL does not, to an interface that does not exist, " +
			"or detaching one for another address family kills VPP",
		where: fieldsAt(field{"is_add", 1}, field{"attach.policy_id", 4}, field{"attach.sw_if_index", 4}, field{"attach.is_ipv6", 1}),
		bad:   always,
		look:  lookAtAttachment,
	},
	{
		message: "abf_policy_add_del",
		why:     "a policy with an unknown ACL, a path it already has, or no path left while attached kills VPP",
		where:   fieldsAt(field{"is_add", 1}, field{"policy", 0}),
		bad:     always,
		look:    lookAtPolicy,
	},
	{
		message: "nat64_add_del_static_bib",
		why:     "static bindings kill VPP while NAT64 is not enabled",
		bad:     always,
		look:    nat64Enabled,
	},
	{
		message: "nat64_add_del_interface",
		why:     "the first packet on an interface of NAT64 kills VPP while NAT64 is not enabled",
		where:   fieldsAt(field{"is_add", 1}),
		bad:     func(msg []byte, at []int) verdict { return askIf(msg[at[0]] != 0) },
		look:    nat64Enabled,
	},
	l3xcRow(),
	macRulesRow("macip_acl_add"),
	macRulesRow("macip_acl_add_replace"),
	natSessionsRow(),
	natRangeRow(),
	natBackendsRow(),
	natInterfaceRow("nat44_add_del_static_mapping", "external_sw_if_index"),
	natInterfaceRow("nat44_add_del_static_mapping_v2", "external_sw_if_index"),
	natInterfaceRow("nat44_add_del_identity_mapping", "sw_if_index"),
	sourceRow("ip_route_add_del_v2"),
	unresolvedRow("ip_route_add_del"),
	unresolvedRow("ip_route_add_del_v2"),
	tableRow("ip_table_add_del"),
	tableRow("ip_table_add_del_v2"),
	tunnelRow("vxlan_add_del_tunnel", "dst_address"),
	tunnelRow("vxlan_add_del_tunnel_v2", "dst_address"),
	tunnelRow("vxlan_add_del_tunnel_v3", "dst_address"),
	tunnelRow("vxlan_gpe_add_del_tunnel", "remote"),
	tunnelRow("vxlan_gpe_add_del_tunnel_v2", "remote"),
	tunnelRow("geneve_add_del_tunnel", "remote_address"),
	tunnelRow("geneve_add_del_tunnel2", "remote_address"),
	memifRow("memif_create"),
	memifRow("memif_create_v2"),
	interfaceRow("collect_detailed_interface_stats", "sw_if_index"),
	interfaceRow("ip_reassembly_enable_disable", "sw_if_index"),
	interfaceRow("pppoe_add_del_cp", "sw_if_index"),
	interfaceRow("qos_mark_enable_disable", "mark.sw_if_index"),
	interfaceRow("stn_add_del_rule", "sw_if_index"),
	interfaceRow("arping", "sw_if_index"),
	interfaceRow("arping_acd", "sw_if_index"),
}

// maxPacketQueues is known to be safe; 64 for transmission are known to hang.
const maxPacketQueues = 16

// maxMACRules is known to be safe; 3000 are known to kill.
const maxMACRules = 2000

// macRulesRow is a message that makes a MAC access list. Rules that look at the
// same bits go into one table, whose memory has a fixed size.
func macRulesRow(message string) lethal {
	return lethal{
		message: message,
		why:     fmt.Sprintf("more than %d rules in a MAC access list exhaust memory, which kills VPP", maxMACRules),
		where:   fieldsAt(field{"count", 4}),
		bad:     func(msg []byte, at []int) verdict { return deadlyIf(u32(msg, at[0]) > maxMACRules) },
	}
}

// interfaceRow is a message that VPP takes at its word about an interface: it
// makes a table as long as the index.
func interfaceRow(message, index string) lethal {
	return lethal{
		message: message,
		why:     "an interface that does not exist kills VPP",
		where:   fieldsAt(field{index, 4}),
		bad:     always,
		look: func(ctx context.Context, s *Session, msg []byte, at []int) error {
			return interfaceExists(ctx, s, u32(msg, at[0]))
		},
	}
}

// memberRow is a message that puts an interface into a bond. One that does not
// exist VPP refuses itself.
func memberRow(message string) lethal {
	return lethal{
		message: message,
		why:     "a member that is no Ethernet interface kills VPP",
		where:   fieldsAt(field{"sw_if_index", 4}),
		bad:     always,
		look: func(ctx context.Context, s *Session, msg []byte, at []int) error {
			index := u32(msg, at[0])
			i, err := s.lookUp(ctx, "sw_interface_dump", map[string]any{"sw_if_index": index}, "sw_if_index", index)
			switch {
			case errors.Is(err, errNotFound):
				return nil
			case err == nil && isZeroMAC(i["l2_address"]):
				return fmt.Errorf("interface %d has no Ethernet address", index)
			}
			return err
		},
	}
}

// memifRow is a message that creates a memif interface. VPP's API has a third
// mode, for which VPP has no code.
func memifRow(message string) lethal {
	return lethal{
		message: message,
		why:     "a mode other than Ethernet and IP kills VPP",
		where:   fieldsAt(field{"mode", 4}),
		bad:     func(msg []byte, at []int) verdict { return deadlyIf(u32(msg, at[0]) > 1) },
	}
}

func always([]byte, []int) verdict { return ask }

func deadlyIf(b bool) verdict {
	if b {
		return deadly
	}
	return safe
}

func askIf(b bool) verdict {
	if b {
		return ask
	}
	return safe
}

func u16(msg []byte, at int) uint16 { return uint16(msg[at])<<8 | uint16(msg[at+1]) }

// field is a field of a known size in bytes, 0 for any, perhaps inside others:
// "attach.policy_id".
type field struct {
	name string
	size int
}

// fieldsAt finds the offsets of fields.
func fieldsAt(fields ...field) func(m *binproto.Message) []int {
	return func(m *binproto.Message) []int {
		at := make([]int, len(fields))
		for i, f := range fields {
			if at[i] = offsetOf(m.Body(), f); at[i] < 0 {
				return nil
			}
		}
		return at
	}
}

// offsetOf is where in the bytes of t a field begins, -1 where it has none of
// that name and size.
func offsetOf(t *binproto.Type, f field) int {
	name, inner, nested := strings.Cut(f.name, ".")
	for _, tf := range t.Fields {
		if tf.Name != name || tf.Repeat != binproto.Once {
			continue
		}
		size, fixed := tf.Type.Size()
		if !nested && f.size > 0 && (!fixed || size != f.size) {
			return -1
		}
		at := offsetBefore(t, tf)
		if !nested || at < 0 {
			return at
		}
		rest := offsetOf(tf.Type, field{inner, f.size})
		if rest < 0 {
			return -1
		}
		return at + rest
	}
	return -1
}

// offsetBefore is where a field of t begins, -1 where that depends on values.
func offsetBefore(t *binproto.Type, f *binproto.Field) int {
	if size, fixed := f.Type.Size(); fixed {
		return t.Offset(f.Name, size)
	}
	if t.Fields[len(t.Fields)-1] != f { // what varies in size comes last
		return -1
	}
	outer, _ := t.Size()
	inner, _ := f.Type.Size()
	return outer - inner
}

// errNotFound is what lookUp found out, as against that it could not look.
var errNotFound = errors.New("there is none")

// lookUp finds the entry of a dump whose field (a path of names) has the value.
func (s *Session) lookUp(ctx context.Context, dump string, fields map[string]any, field string, value uint32) (map[string]any, error) {
	var found map[string]any
	for entry, err := range InvokeStream(ctx, s, dump, fields) {
		if err != nil {
			return nil, fmt.Errorf("looking it up: %w", err)
		}
		if v, ok := at(entry, field).(uint64); ok && v == uint64(value) {
			found = entry
		}
	}
	if found == nil {
		return nil, fmt.Errorf("%s %d in %s: %w", field, value, dump, errNotFound)
	}
	return found, nil
}

// show is what VPP's command line says of what no message tells.
func (s *Session) show(ctx context.Context, what string) (string, error) {
	reply, err := Invoke(ctx, s, "cli_inband", map[string]any{"cmd": "show " + what})
	if err != nil {
		return "", fmt.Errorf("looking it up: %w", err)
	}
	text, ok := reply["reply"].(string)
	if !ok {
		return "", errors.New("looking it up: no text came back")
	}
	return text, nil
}

// at follows a path of names into nested maps.
func at(fields map[string]any, path string) any {
	for {
		name, rest, nested := strings.Cut(path, ".")
		if !nested {
			return fields[name]
		}
		fields, _ = fields[name].(map[string]any)
		path = rest
	}
}

func isZeroMAC(v any) bool { return v == nil || fmt.Sprint(v) == "00:00:00:00:00:00" }

// unset is the index that stands for none.
const unset = 0xffffffff

// nat64Enabled finds out whether NAT64 is. No message tells, but its hash
// tables exist only while it is.
func nat64Enabled(ctx context.Context, s *Session, _ []byte, _ []int) error {
	text, err := s.show(ctx, "bihash")
	if err == nil && !strings.Contains(text, "'bib-in2out'") {
		err = errors.New("NAT64 is not enabled")
	}
	return err
}
