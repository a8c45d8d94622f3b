package vpp

import (
	"context"
	"fmt"
	"regexp"
)

// tunnelRow is a message that makes a tunnel, whose far end may be a multicast
// group. VPP takes the index of the underlay's unicast table for that of its
// multicast table. Those are the same until something keeps one of the two
// longer than the other, as NAT does; then the group's route lands in another
// VRF or in no table at all. Of the default table both are 0, always.
func tunnelRow(message, destination string) lethal {
	return lethal{
		message: message,
		why:     "a tunnel to a multicast group kills VPP where the VRF's unicast and multicast tables have different indices",
		where:   fieldsAt(field{"is_add", 1}, field{destination, 17}, field{"encap_vrf_id", 4}),
		bad: func(msg []byte, at []int) verdict {
			return askIf(msg[at[0]] != 0 && isMulticast(msg[at[1]:]) && u32(msg, at[2]) != 0)
		},
		look: func(ctx context.Context, s *Session, msg []byte, at []int) error {
			return sameIndices(ctx, s, u32(msg, at[2]), isIP6(msg[at[1]:]))
		},
	}
}

// isIP6 and isMulticast look at a vl_api_address_t: a byte for the family, and
// 16 for the address.
func isIP6(address []byte) bool { return address[0] != 0 }

func isMulticast(address []byte) bool {
	if isIP6(address) {
		return address[1] == 0xff
	}
	return address[1]>>4 == 0xe
}

// sameIndices compares the indices of a VRF's two tables, which only the
// command line tells. Where there is no table at all VPP refuses by itself.
func sameIndices(ctx context.Context, s *Session, table uint32, ip6 bool) error {
	family := "ip"
	if ip6 {
		family = "ip6"
	}
	unicast, err := tableIndex(ctx, s, family+" fib", table)
	if err != nil || unicast == "" {
		return err
	}
	multicast, err := tableIndex(ctx, s, family+" mfib", table)
	switch {
	case err != nil:
		return err
	case multicast == "":
		return fmt.Errorf("table %d has no multicast table", table)
	case unicast != multicast:
		return fmt.Errorf("table %d has index %s for unicast and %s for multicast", table, unicast, multicast)
	}
	return nil
}

// Of IPv6 multicast it is written with a blank.
var fibIndex = regexp.MustCompile(`\bfib_index[: ]([0-9]+)`)

// tableIndex is the index of a table, "" where there is none.
func tableIndex(ctx context.Context, s *Session, sort string, table uint32) (string, error) {
	text, err := s.show(ctx, fmt.Sprintf("%s table %d summary", sort, table))
	if err != nil {
		return "", err
	}
	if found := fibIndex.FindStringSubmatch(text); found != nil {
		return found[1], nil
	}
	return "", nil
}
