package vpp

import (
	"context"
	"fmt"
)

// tableRow is a message that may delete a routing table. A path MTU of a next
// hop that is no neighbour makes a route in the table, which stays when it is
// taken back and of which VPP dies once the table goes: at once, or where the
// path MTU still holds the table, when that is taken back.
func tableRow(message string) lethal {
	return lethal{
		message: message,
		why:     "deleting a table in which a path MTU was set kills VPP, at the latest when that is taken back",
		where:   fieldsAt(field{"is_add", 1}, field{"table.table_id", 4}, field{"table.is_ip6", 1}),
		bad:     func(msg []byte, at []int) verdict { return askIf(msg[at[0]] == 0) },
		look: func(ctx context.Context, s *Session, msg []byte, at []int) error {
			return lookAtTable(ctx, s, u32(msg, at[1]), msg[at[2]] != 0)
		},
	}
}

func lookAtTable(ctx context.Context, s *Session, table uint32, ip6 bool) error {
	var source any
	for entry, err := range InvokeStream(ctx, s, "fib_source_dump", nil) {
		if err != nil {
			return fmt.Errorf("looking it up: %w", err)
		}
		if at(entry, "src.name") == "path-mtu" {
			source = at(entry, "src.id")
		}
	}
	if source == nil {
		return nil
	}
	var found any
	request := map[string]any{"src": source, "table": map[string]any{"table_id": table, "is_ip6": ip6}}
	for entry, err := range InvokeStream(ctx, s, "ip_route_v2_dump", request) {
		if err != nil {
			return fmt.Errorf("looking it up: %w", err)
		}
		if at(entry, "route.src") == source {
			found = at(entry, "route.prefix")
		}
	}
	if found != nil {
		return fmt.Errorf("table %d has the path MTU of %v", table, found)
	}
	return nil
}
