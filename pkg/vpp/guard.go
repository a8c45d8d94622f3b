package vpp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// guard keeps a request from harming VPP. All requests, typed or dynamic, pass
// it as bytes just before they are sent.
type guard struct {
	// check looks at the message alone. needLook says that the values are
	// lethal in some states of VPP; then look decides.
	check func(s *Session, msg []byte, looked bool) error
	look  func(ctx context.Context, s *Session, msg []byte) error
}

// lookNeededError is what check returns for look to decide.
type lookNeededError struct{ msg []byte }

func (*lookNeededError) Error() string { return "to be compared with the state of VPP" }

// forbidden are the messages that no socket client may send, whatever the options.
var forbidden = map[string]string{
	"rpc_call":                  "it calls an address inside VPP",
	"rx_thread_exit":            "it is for the shared-memory transport",
	"memclnt_rx_thread_suspend": "it is for the shared-memory transport",
	"memclnt_read_timeout":      "it is for the shared-memory transport",
	"sock_init_shm":             "it is for the shared-memory transport",
	"memclnt_create":            "it is for the shared-memory transport",
	"memclnt_create_v2":         "it is for the shared-memory transport",
	"memclnt_delete":            "it is for the shared-memory transport",
	"sockclnt_create":           "the session has registered itself",
}

// lethal is a row of the table of message values that kill or hang VPP.
type lethal struct {
	// message is its name; "" is any message for which where finds its fields.
	message string
	// why goes into the error.
	why string
	// where finds the offsets of the fields it needs; nil where this release's
	// message is of another shape and the row does not apply.
	where func(m *binproto.Message) []int
	// bad tells lethal values; nil means all of them.
	bad func(msg []byte, at []int) verdict
	// known tells that an ask has been answered before; nil where each is new.
	known func(s *Session, msg []byte, at []int) bool
	// look decides where bad says ask; nil where it never does.
	look func(ctx context.Context, s *Session, msg []byte, at []int) error
}

type verdict uint8

const (
	safe verdict = iota
	ask          // deadly in some states of VPP
	deadly
)

// guardFor returns the guard of a message, nil for almost all of them.
func guardFor(m *binproto.Message, o Options) *guard {
	if why, ok := forbidden[m.Name]; ok {
		return &guard{check: func(*Session, []byte, bool) error { return guarded(why) }}
	}
	if m.Name == "sockclnt_delete" {
		at := m.Offset("index", 4)
		return &guard{check: func(s *Session, msg []byte, _ bool) error {
			if at < 0 {
				return guarded("the schema does not say where its index is")
			}
			if index := u32(msg, at); index != s.index {
				return guarded(fmt.Sprintf("index %#x is another client's", index))
			}
			return nil
		}}
	}
	if o.AllowHarmful {
		return nil
	}
	var rows []lethal
	var places [][]int
	for _, row := range lethalRows {
		if row.message != "" && row.message != m.Name {
			continue
		}
		var at []int
		if row.where != nil {
			if at = row.where(m); at == nil {
				continue
			}
		}
		rows, places = append(rows, row), append(places, at)
	}
	if len(rows) == 0 {
		return nil
	}
	return &guard{
		check: func(s *Session, msg []byte, looked bool) error {
			for i := range rows {
				row := &rows[i]
				v := deadly
				if row.bad != nil {
					v = row.bad(msg, places[i])
				}
				switch {
				case v == deadly, v == ask && row.look == nil:
					return guarded(row.why)
				case v == ask && row.known != nil && row.known(s, msg, places[i]):
				case v == ask && !looked:
					return &lookNeededError{msg: append([]byte(nil), msg...)}
				}
			}
			return nil
		},
		look: func(ctx context.Context, s *Session, msg []byte) error {
			for i, row := range rows {
				if row.look == nil || row.bad(msg, places[i]) != ask {
					continue
				}
				if err := row.look(ctx, s, msg, places[i]); err != nil {
					return lookedAt(row.why, err)
				}
			}
			return nil
		},
	}
}

// lookedAt is why a request is not sent after VPP was looked at. Where VPP did not
// answer that, nothing was found: the request may be harmless.
func lookedAt(why string, err error) error {
	call, ok := errors.AsType[*Error](err)
	if ok && (errors.Is(call.Outcome, ErrUnknown) || errors.Is(call.Err, ErrDisconnected) || errors.Is(call.Err, ErrClosed)) {
		return fmt.Errorf("whether it is safe (%s) could not be looked up: %s: %w", why, call.Message, call.Err)
	}
	return fmt.Errorf("%w: %s: %w", ErrGuarded, why, err)
}

func guarded(why string) error { return fmt.Errorf("%w: %s", ErrGuarded, why) }

func u32(msg []byte, at int) uint32 { return binary.BigEndian.Uint32(msg[at:]) }
