package binproto

import "strings"

// mend corrects services that VPP's own descriptions get wrong.
//
// gre_tunnel_dump_v2 is declared like a subscription: a reply that never comes
// and, as its event, what is really the details message of an old-style
// stream. The sign is a context, which no event has.
func (s *Service) mend(messages map[string]*Message) {
	if s.Stream || len(s.Events) != 1 || strings.HasPrefix(s.Request, "want_") {
		return
	}
	if m := messages[s.Events[0]]; m != nil && m.context >= 0 {
		s.Reply, s.Stream, s.Events = s.Events[0], true, nil
	}
}
