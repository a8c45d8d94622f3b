package vpp

import (
	"context"
	"fmt"
	"sync/atomic"
)

// sourceSet remembers which FIB sources a session has seen registered. There
// are at most 256, they are never removed, and every route names one: so VPP is
// asked once for each.
type sourceSet [256]atomic.Uint32

// What is known of a source.
const (
	sourceUnseen = iota
	sourceSeen
	sourcePathless // it cannot be given paths one by one
)

// sourceRow is a route message that says who adds it. Source 0 stands for the
// API itself.
func sourceRow(message string) lethal {
	return lethal{
		message: message,
		why:     "a route of a source that is not registered, or a single path for one that takes none, can kill VPP",
		where:   fieldsAt(field{"route.src", 1}, field{"is_add", 1}, field{"is_multipath", 1}),
		bad:     func(msg []byte, at []int) verdict { return askIf(msg[at[0]] != 0) },
		known: func(s *Session, msg []byte, at []int) bool {
			seen := s.sources[msg[at[0]]].Load()
			return seen == sourceSeen || seen == sourcePathless && !addsPath(msg, at)
		},
		look: func(ctx context.Context, s *Session, msg []byte, places []int) error {
			id := msg[places[0]]
			if s.sources[id].Load() == sourceUnseen {
				if err := s.lookAtSources(ctx); err != nil {
					return err
				}
			}
			switch s.sources[id].Load() {
			case sourceUnseen:
				return fmt.Errorf("fib_source_dump: there is no source %d", id)
			case sourcePathless:
				if addsPath(msg, places) {
					return fmt.Errorf("source %d is one of VPP's own that take no paths", id)
				}
			}
			return nil
		},
	}
}

// addsPath tells that a route message (the places are sourceRow's) adds paths
// to those that the route has.
func addsPath(msg []byte, at []int) bool { return msg[at[1]] != 0 && msg[at[2]] != 0 }

func (s *Session) lookAtSources(ctx context.Context) error {
	for entry, err := range InvokeStream(ctx, s, "fib_source_dump", nil) {
		if err != nil {
			return fmt.Errorf("looking it up: %w", err)
		}
		id, ok := at(entry, "src.id").(uint64)
		if !ok || id >= uint64(len(s.sources)) {
			continue
		}
		seen := uint32(sourceSeen)
		switch at(entry, "src.name") {
		case "recursive-resolution", "urpf-exempt", "interpose": // what is added is lost, and missed later
			seen = sourcePathless
		}
		s.sources[id].Store(seen)
	}
	return nil
}
