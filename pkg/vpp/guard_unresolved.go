package vpp

import (
	"context"
	"errors"
	"fmt"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// mendedRelease is the first VPP that unresolvedRow does not concern: 26.02.
const mendedRelease = 2602

// Ids of FIB sources, the same in every VPP.
const (
	sourceAPI = 8
	sourceCLI = 9
)

// unresolvedRow is a route message with paths that lead to no interface: DROP,
// ICMP_UNREACH, ICMP_PROHIBIT. Before 26.02 VPP takes them for attached to the
// interface that the request names, and the ICMP ones, whatever that says, to
// interface 0. Where that one is in another table than the route, VPP imports
// the route from a table that it derives from no interface at all, and dies.
func unresolvedRow(message string) lethal {
	return lethal{
		message: message,
		why: "before VPP 26.02 a path of type ICMP_UNREACH or ICMP_PROHIBIT outside table 0, " +
			"or one of type DROP with an interface, kills VPP",
		where: func(m *binproto.Message) []int {
			at := pathOffsets(m)
			table := offsetOf(m.Body(), field{"route.table_id", 4})
			if at == nil || table < 0 {
				return nil
			}
			return append(at, table, offsetOf(m.Body(), field{"route.src", 1}))
		},
		bad: func(msg []byte, at []int) verdict {
			for i := 0; ; i++ {
				p, ok := pathAt(msg, at, i)
				if !ok {
					return safe
				}
				if !p.removing && p.isUnresolved(u32(msg, at[atTable]), sourceOf(msg, at)) {
					return ask
				}
			}
		},
		known: func(s *Session, _ []byte, _ []int) bool { return s.release.Load() >= mendedRelease },
		look: func(ctx context.Context, s *Session, _ []byte, _ []int) error {
			switch release, err := s.learnRelease(ctx); {
			case err != nil:
				return err
			case release < mendedRelease:
				return fmt.Errorf("%w: it is VPP %d.%02d; for DROP name no interface: %d", ErrTooOld, release/100, release%100, uint32(unset))
			}
			return nil
		},
	}
}

// sourceOf is who adds a route: the API where the message does not say.
func sourceOf(msg []byte, at []int) byte {
	if at[atSource] < 0 || msg[at[atSource]] == 0 {
		return sourceAPI
	}
	return msg[at[atSource]]
}

// isUnresolved tells that an old VPP may take the path for attached to an
// interface of another table. Interface 0 is always in table 0; which table
// another is in is not looked up, because nobody needs one in such a path.
func (p routePath) isUnresolved(table uint32, source byte) bool {
	switch p.u32(inType) {
	case pathICMPUnreach, pathICMPProhibit:
		return table != 0
	case pathDrop:
		index := p.u32(inIndex)
		return source != sourceAPI && source != sourceCLI && // of which VPP looks out for itself
			index != unset && (index != 0 || table != 0)
	}
	return false
}

// learnRelease asks VPP for its release, once.
func (s *Session) learnRelease(ctx context.Context) (uint32, error) {
	if r := s.release.Load(); r != 0 {
		return r, nil
	}
	reply, err := Invoke(ctx, s, "show_version", nil)
	if err != nil {
		return 0, fmt.Errorf("looking it up: %w", err)
	}
	text, _ := reply["version"].(string)
	var year, month uint32
	if _, err := fmt.Sscanf(text, "%d.%d", &year, &month); err != nil || year == 0 {
		return 0, errors.New("this VPP does not tell its release: " + text)
	}
	s.release.Store(year*100 + month)
	return year*100 + month, nil
}
