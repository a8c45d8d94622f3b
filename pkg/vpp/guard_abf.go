package vpp

import (
	"context"
	"fmt"
	"strings"
)

// ABF's policies, attachments and ACLs VPP does not check against each other.

// lookAtAttachment compares attaching or detaching an ABF policy with what VPP
// has.
func lookAtAttachment(ctx context.Context, s *Session, msg []byte, at []int) error {
	add, policy, index, ip6 := msg[at[0]] != 0, u32(msg, at[1]), u32(msg, at[2]), msg[at[3]] != 0
	if !add {
		return lookAtDetachment(ctx, s, policy, index, ip6)
	}
	p, err := s.lookUp(ctx, "abf_policy_dump", nil, "policy.policy_id", policy)
	if err != nil {
		return err
	}
	if err := aclExists(ctx, s, policyOf(p)["acl_index"]); err != nil {
		return err
	}
	return interfaceExists(ctx, s, index)
}

// lookAtDetachment refuses to detach for a family that the policy was not
// attached for.
func lookAtDetachment(ctx context.Context, s *Session, policy, index uint32, ip6 bool) error {
	for entry, err := range InvokeStream(ctx, s, "abf_itf_attach_dump", nil) {
		if err != nil {
			return fmt.Errorf("looking it up: %w", err)
		}
		if at(entry, "attach.policy_id") == uint64(policy) && at(entry, "attach.sw_if_index") == uint64(index) &&
			at(entry, "attach.is_ipv6") != ip6 {
			return fmt.Errorf("policy %d is attached to interface %d for the other address family", policy, index)
		}
	}
	return nil
}

// lookAtPolicy compares a change of an ABF policy with what VPP has.
func lookAtPolicy(ctx context.Context, s *Session, msg []byte, _ []int) error {
	fields, err := s.info("abf_policy_add_del").msg.DecodeFields(msg)
	if err != nil {
		return err
	}
	policy := policyOf(fields)
	id, paths := policy["policy_id"], listOf(policy["paths"])
	var have []any
	for entry, err := range InvokeStream(ctx, s, "abf_policy_dump", nil) {
		if err != nil {
			return fmt.Errorf("looking it up: %w", err)
		}
		if p := policyOf(entry); p["policy_id"] == id {
			have = listOf(p["paths"])
		}
	}
	if add, _ := fields["is_add"].(bool); add {
		for _, p := range paths {
			for _, h := range have {
				if samePath(p, h) {
					return fmt.Errorf("policy %v already has the path", id)
				}
			}
		}
		return aclExists(ctx, s, policy["acl_index"])
	}
	if len(have) == 0 || leftOf(have, paths) > 0 {
		return nil
	}
	for entry, err := range InvokeStream(ctx, s, "abf_itf_attach_dump", nil) {
		if err != nil {
			return fmt.Errorf("looking it up: %w", err)
		}
		if at(entry, "attach.policy_id") == id {
			return fmt.Errorf("policy %v is attached to interface %v", id, at(entry, "attach.sw_if_index"))
		}
	}
	return nil
}

func aclExists(ctx context.Context, s *Session, index any) error {
	acl, ok := index.(uint64)
	if !ok {
		return fmt.Errorf("the schema's acl_index is a %T", index)
	}
	_, err := s.lookUp(ctx, "acl_dump", map[string]any{"acl_index": acl}, "acl_index", uint32(acl))
	return err
}

func policyOf(fields map[string]any) map[string]any {
	p, _ := fields["policy"].(map[string]any)
	return p
}

func listOf(v any) []any {
	l, _ := v.([]any)
	return l
}

// leftOf counts the paths that remain when some are removed.
func leftOf(have, remove []any) int {
	left := 0
	for _, h := range have {
		gone := false
		for _, r := range remove {
			gone = gone || samePath(h, r)
		}
		if !gone {
			left++
		}
	}
	return left
}

// samePath tells whether VPP may take two paths for one. What it dumps is
// normalised, so where that could hide a difference they count as the same.
func samePath(a, b any) bool {
	pa, _ := a.(map[string]any)
	pb, _ := b.(map[string]any)
	kind := dumpedType(pa)
	switch {
	case kind != dumpedType(pb), fmt.Sprint(pa["proto"]) != fmt.Sprint(pb["proto"]):
		return false
	case kind != "NORMAL":
		return true // of the others a policy seldom needs two
	}
	return pa["sw_if_index"] == pb["sw_if_index"] && fmt.Sprint(at(pa, "nh.address")) == fmt.Sprint(at(pb, "nh.address"))
}

// dumpedType is the type of a path as VPP may dump it.
func dumpedType(path map[string]any) string {
	switch kind := strings.TrimPrefix(fmt.Sprint(path["type"]), "FIB_API_PATH_TYPE_"); kind {
	case "SOURCE_LOOKUP", "CLASSIFY":
		return "NORMAL"
	case "ICMP_UNREACH", "ICMP_PROHIBIT":
		return "DROP"
	default:
		return kind
	}
}
