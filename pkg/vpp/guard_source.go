package vpp

import (
	"context"
	"fmt"
	"sync/atomic"
)

// sourceSet remembers which FIB sources a session has seen registered. There
// are at most 256, they are never removed, and every route names one: so VPP is
// asked once for each.
type sourceSet [256]atomic.Bool

// sourceRow is a route message that says who adds it. Source 0 stands for the
// API itself.
func sourceRow(message string) lethal {
	return lethal{
		message: message,
		why:     "a route of a source that is not registered can kill VPP",
		where:   fieldsAt(field{"route.src", 1}),
		bad:     func(msg []byte, at []int) verdict { return askIf(msg[at[0]] != 0) },
		known:   func(s *Session, msg []byte, at []int) bool { return s.sources[msg[at[0]]].Load() },
		look: func(ctx context.Context, s *Session, msg []byte, places []int) error {
			id := msg[places[0]]
			if s.sources[id].Load() {
				return nil
			}
			for entry, err := range InvokeStream(ctx, s, "fib_source_dump", nil) {
				if err != nil {
					return fmt.Errorf("looking it up: %w", err)
				}
				if v, ok := at(entry, "src.id").(uint64); ok && v < uint64(len(s.sources)) {
					s.sources[v].Store(true)
				}
			}
			if !s.sources[id].Load() {
				return fmt.Errorf("fib_source_dump: there is no source %d", id)
			}
			return nil
		},
	}
}
