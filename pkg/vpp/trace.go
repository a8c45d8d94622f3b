package vpp

import (
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// Direction is the way a traced message went.
type Direction uint8

// The directions.
const (
	Sent Direction = iota
	Received
)

func (d Direction) String() string {
	if d == Sent {
		return "sent"
	}
	return "received"
}

// TraceEvent is one message, as Options.Trace sees it.
type TraceEvent struct {
	Time      time.Time
	Direction Direction
	Message   *binproto.Message
	Context   uint32
	// Size is the length of the message in bytes, without the frame header.
	Size int

	frame []byte
}

// trace tells the hook.
func (s *Session) trace(direction Direction, info *messageInfo, context uint32, msg []byte) {
	s.opts.Trace(TraceEvent{Time: time.Now(), Direction: direction, Message: info.msg, Context: context, Size: len(msg), frame: msg})
}

// Fields decodes the message. It may only be called before the trace function
// returns.
func (e TraceEvent) Fields() (map[string]any, error) { return e.Message.DecodeFields(e.frame) }

// AppendJSON appends the message's fields as one line of JSON, under the same
// rule as Fields.
func (e TraceEvent) AppendJSON(dst []byte) ([]byte, error) {
	return e.Message.AppendJSON(dst, e.frame)
}
