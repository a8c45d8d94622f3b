package vpp

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// policerRow is a message that applies a policer to an interface or takes it
// off. VPP counts how often it was applied: taken off once too little, its node
// stays and polices the next packet by no policer; taken off where none ever
// was, VPP writes past the end of a list.
func policerRow(message, node string) lethal {
	return lethal{
		message: message,
		why:     "applying a policer where there is one, or taking one off where there is none, kills VPP, at the latest at a packet after one was taken off",
		where:   fieldsAt(field{"sw_if_index", 4}, field{"apply", 1}),
		bad:     always,
		look: func(ctx context.Context, s *Session, msg []byte, at []int) error {
			return lookAtPolicer(ctx, s, u32(msg, at[0]), node, msg[at[1]] != 0)
		},
	}
}

// lookAtPolicer finds out by VPP's command line whether the node is on at an
// interface; no message of all releases tells. One that does not exist VPP
// refuses itself.
func lookAtPolicer(ctx context.Context, s *Session, index uint32, node string, apply bool) error {
	i, err := s.lookUp(ctx, "sw_interface_dump", map[string]any{"sw_if_index": index}, "sw_if_index", index)
	switch {
	case errors.Is(err, errNotFound):
		return nil
	case err != nil:
		return err
	}
	text, err := s.show(ctx, fmt.Sprintf("interface %v features", i["interface_name"]))
	if err != nil {
		return err
	}
	on := false
	for line := range strings.Lines(text) {
		on = on || strings.TrimSpace(line) == node
	}
	switch {
	case on && apply:
		return fmt.Errorf("interface %d has a policer", index)
	case !on && !apply:
		return fmt.Errorf("interface %d has no policer", index)
	}
	return nil
}
