package vpp

import (
	"context"
	"fmt"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// lethalRows is the table. A row is added with its test in guard_test.go.
var lethalRows = []lethal{
	{message: "graph_node_get", why: "its reply over a socket kills VPP"},
	pathRow("ip_route_add_del", "route.paths"),
	pathRow("ip_route_add_del_v2", "route.paths"),
	{
		message: "det44_add_del_map",
		why:     "an inside prefix longer than the outside one kills VPP",
		where:   fieldsAt(field{"in_plen", 1}, field{"out_plen", 1}),
		bad:     func(msg []byte, at []int) verdict { return deadlyIf(msg[at[0]] > msg[at[1]]) },
	},
	{
		message: "af_packet_create_v3",
		why:     fmt.Sprintf("more than %d queues kill VPP", maxPacketQueues),
		where:   fieldsAt(field{"num_rx_queues", 2}, field{"num_tx_queues", 2}),
		bad: func(msg []byte, at []int) verdict {
			return deadlyIf(u16(msg, at[0]) > maxPacketQueues || u16(msg, at[1]) > maxPacketQueues)
		},
	},
	{
		message: "bond_add_member",
		why:     "a member that is no Ethernet interface kills VPP",
		where:   fieldsAt(field{"sw_if_index", 4}),
		bad:     always,
		look: func(ctx context.Context, s *Session, msg []byte, at []int) error {
			index := u32(msg, at[0])
			i, err := s.lookUp(ctx, "sw_interface_dump", map[string]any{"sw_if_index": index}, "sw_if_index", index)
			if err == nil && isZeroMAC(i["l2_address"]) {
				err = fmt.Errorf("interface %d has no Ethernet address", index)
			}
			return err
		},
	},
	{
		message: "sw_interface_span_enable_disable",
		why:     "mirroring to an interface that does not exist kills VPP at the first packet",
		where:   fieldsAt(field{"sw_if_index_to", 4}, field{"state", 4}),
		bad:     func(msg []byte, at []int) verdict { return askIf(u32(msg, at[1]) != 0) },
		look:    interfaceExists,
	},
	{
		message: "abf_itf_attach_add_del",
		why:     "attaching to a policy that does not exist kills VPP",
		where:   fieldsAt(field{"is_add", 1}, field{"attach", 0}),
		bad:     func(msg []byte, at []int) verdict { return askIf(msg[at[0]] != 0) },
		look: func(ctx context.Context, s *Session, msg []byte, at []int) error {
			_, err := s.lookUp(ctx, "abf_policy_dump", nil, "policy.policy_id", u32(msg, at[1]))
			return err
		},
	},
	{
		message: "abf_policy_add_del",
		why:     "a policy with an unknown ACL, a path it already has, or no path left while attached kills VPP",
		where:   fieldsAt(field{"is_add", 1}, field{"policy", 0}),
		bad:     always,
		look:    lookAtPolicy,
	},
}

// maxPacketQueues is known to be safe; 64 is known to kill.
const maxPacketQueues = 16

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

// field is a top-level field of a known size in bytes; 0 stands for any.
type field struct {
	name string
	size int
}

// fieldsAt finds the offsets of top-level fields.
func fieldsAt(fields ...field) func(m *binproto.Message) []int {
	return func(m *binproto.Message) []int {
		at := make([]int, len(fields))
		for i, f := range fields {
			offset := 0
			found := false
			for _, mf := range m.Fields {
				n, fixed := mf.Type.Size()
				if mf.Name == f.name && (f.size == 0 || fixed && n == f.size) {
					at[i], found = offset, true
					break
				}
				offset += n
			}
			if !found {
				return nil
			}
		}
		return at
	}
}

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
		return nil, fmt.Errorf("%s: there is no %s %d", dump, field, value)
	}
	return found, nil
}

func interfaceExists(ctx context.Context, s *Session, msg []byte, at []int) error {
	index := u32(msg, at[0])
	_, err := s.lookUp(ctx, "sw_interface_dump", map[string]any{"sw_if_index": index}, "sw_if_index", index)
	return err
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

// lookAtPolicy compares a change of an ABF policy with what VPP has.
func lookAtPolicy(ctx context.Context, s *Session, msg []byte, _ []int) error {
	m := s.info("abf_policy_add_del").msg
	fields, err := m.DecodeFields(msg)
	if err != nil {
		return err
	}
	id, _ := at(fields, "policy.policy_id").(uint64)
	acl, _ := at(fields, "policy.acl_index").(uint64)
	paths, _ := at(fields, "policy.paths").([]any)
	var have []any
	for entry, err := range InvokeStream(ctx, s, "abf_policy_dump", nil) {
		if err != nil {
			return fmt.Errorf("looking it up: %w", err)
		}
		if at(entry, "policy.policy_id") == id {
			have, _ = at(entry, "policy.paths").([]any)
		}
	}
	if add, _ := fields["is_add"].(bool); add {
		for _, p := range paths {
			for _, h := range have {
				if samePath(p, h) {
					return fmt.Errorf("policy %d already has the path", id)
				}
			}
		}
		if acl == unset {
			return nil
		}
		_, err := s.lookUp(ctx, "acl_dump", map[string]any{"acl_index": acl}, "acl_index", uint32(acl))
		return err
	}
	if len(paths) < len(have) {
		return nil
	}
	for entry, err := range InvokeStream(ctx, s, "abf_itf_attach_dump", nil) {
		if err != nil {
			return fmt.Errorf("looking it up: %w", err)
		}
		if at(entry, "attach.policy_id") == id {
			return fmt.Errorf("policy %d is attached to interface %v", id, at(entry, "attach.sw_if_index"))
		}
	}
	return nil
}

// unset is the index that stands for none.
const unset = 0xffffffff

// samePath compares what tells one path from another.
func samePath(a, b any) bool {
	pa, _ := a.(map[string]any)
	pb, _ := b.(map[string]any)
	for _, name := range []string{"sw_if_index", "table_id", "type", "proto", "nh"} {
		if fmt.Sprint(pa[name]) != fmt.Sprint(pb[name]) {
			return false
		}
	}
	return true
}
