package vpp

import (
	"context"
	"fmt"
)

// What NAT44 takes for granted.
const (
	// maxNATSessions is what fits into a heap of VPP's usual size, of one thread:
	// about 370 bytes each.
	maxNATSessions = 2_000_000
	// maxNATRange is how many addresses VPP adds in seconds: for each it looks
	// through all.
	maxNATRange = 1 << 16
	// maxNATBackends is where the counter of a loop over backends ends.
	maxNATBackends = 255
	// natBackendSize is that of vl_api_nat44_lb_addr_port_t, natProbabilityAt where
	// in it the probability is.
	natBackendSize, natProbabilityAt = 11, 6
)

// natSessionsRow is the message that enables NAT44.
func natSessionsRow() lethal {
	return lethal{
		message: "nat44_ed_plugin_enable_disable",
		why:     fmt.Sprintf("VPP runs out of memory of more than %d sessions", maxNATSessions),
		where:   fieldsAt(field{"enable", 1}, field{"sessions", 4}),
		bad: func(msg []byte, at []int) verdict {
			return deadlyIf(msg[at[0]] != 0 && u32(msg, at[1]) > maxNATSessions)
		},
	}
}

// natRangeRow is the message that fills NAT44's pools.
func natRangeRow() lethal {
	return lethal{
		message: "nat44_add_del_address_range",
		why:     fmt.Sprintf("a range of more than %d addresses hangs VPP", maxNATRange),
		where:   fieldsAt(field{"is_add", 1}, field{"first_ip_address", 4}, field{"last_ip_address", 4}),
		bad: func(msg []byte, at []int) verdict {
			first, last := u32(msg, at[1]), u32(msg, at[2])
			return deadlyIf(msg[at[0]] != 0 && last >= first && last-first >= maxNATRange)
		},
	}
}

// natBackendsRow is the message that makes a load-balanced mapping. VPP adds up
// probabilities in one byte and divides by the sum.
func natBackendsRow() lethal {
	return lethal{
		message: "nat44_add_del_lb_static_mapping",
		why: fmt.Sprintf("more than %d backends hang VPP, and probabilities that add up to a multiple of 256 kill it at the first packet",
			maxNATBackends),
		where: fieldsAt(field{"is_add", 1}, field{"local_num", 4}),
		bad: func(msg []byte, at []int) verdict {
			n, backends := u32(msg, at[1]), msg[at[1]+4:]
			if n > maxNATBackends || len(backends) < int(n)*natBackendSize {
				return deadly
			}
			var sum byte
			for i := range int(n) {
				sum += backends[i*natBackendSize+natProbabilityAt]
			}
			return deadlyIf(msg[at[0]] != 0 && n > 0 && sum == 0)
		},
	}
}

// natInterfaceRow is a message that maps an interface's address, where it names
// one.
func natInterfaceRow(message, index string) lethal {
	return lethal{
		message: message,
		why:     "mapping the address of an interface that never was kills VPP",
		where:   fieldsAt(field{"is_add", 1}, field{index, 4}),
		bad: func(msg []byte, at []int) verdict {
			return askIf(msg[at[0]] != 0 && u32(msg, at[1]) != unset)
		},
		look: func(ctx context.Context, s *Session, msg []byte, at []int) error {
			return interfaceExists(ctx, s, u32(msg, at[1]))
		},
	}
}
