package vpp

import (
	"errors"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// The outcomes of a call that is not done; see the package documentation.
var (
	// ErrRefused: nothing has changed. VPP said no (errors.As finds a
	// [RetvalError]), or the request was never sent.
	ErrRefused = errors.New("refused")
	// ErrUnknown: the request was sent and no answer came; it may have acted.
	ErrUnknown = errors.New("outcome unknown")
)

// Reasons, for errors.Is. Each belongs to one of the outcomes above.
var (
	// ErrTimeout: no answer before the deadline.
	ErrTimeout = errors.New("timed out")
	// ErrDisconnected: there is no connection, or it was lost.
	ErrDisconnected = errors.New("not connected to VPP")
	// ErrClosed: the session or client was closed by its owner.
	ErrClosed = errors.New("closed")
	// ErrNoMessage: this VPP (or its schema) has no message of that name; the
	// plugin that brings it may not be loaded.
	ErrNoMessage = errors.New("no such message")
	// ErrCRCMismatch: this VPP has the message in another version than the
	// schema describes.
	ErrCRCMismatch = errors.New("message has another CRC")
	// ErrGuarded: the request would harm VPP and was not sent.
	ErrGuarded = errors.New("refused by the guard")
	// ErrTooOld: the guard refused it to this release of VPP; a later one takes it.
	// It comes with ErrGuarded.
	ErrTooOld = errors.New("this release of VPP cannot do it")
	// ErrTooLarge: the request is above the cap on outbound frames.
	ErrTooLarge = errors.New("message too large")
	// ErrSlowConsumer: a stream was not read fast enough and its buffer is full.
	ErrSlowConsumer = errors.New("stream consumer too slow")
	// ErrMissedEvents: a watcher fell behind, or the connection was lost in
	// between; what it watches must be read again.
	ErrMissedEvents = errors.New("events were missed")
	// ErrProtocol: VPP sent something that is not its protocol.
	ErrProtocol = errors.New("protocol violation")
)

// Error is what a call returns. It carries the outcome and the reason.
type Error struct {
	// Message is the request.
	Message string
	// Outcome is ErrRefused or ErrUnknown.
	Outcome error
	// Err is the reason.
	Err error
}

func (e *Error) Error() string {
	text := e.Err.Error()
	codec, ok := errors.AsType[*binproto.Error](e.Err)
	if !ok || codec.Message != e.Message { // that one names the message itself
		text = e.Message + ": " + text
	}
	if errors.Is(e.Outcome, ErrUnknown) {
		text += " (outcome unknown)"
	}
	return text
}

// Unwrap exposes both the outcome and the reason.
func (e *Error) Unwrap() []error { return []error{e.Outcome, e.Err} }

func refused(message string, err error) error {
	return &Error{Message: message, Outcome: ErrRefused, Err: err}
}

func unknown(message string, err error) error {
	return &Error{Message: message, Outcome: ErrUnknown, Err: err}
}

// RetvalError is an answer of VPP with a return value other than 0.
type RetvalError struct {
	// Message is the reply that carried it.
	Message string
	// Retval is the number; positive ones occur.
	Retval int32
}

func (e *RetvalError) Error() string { return RetvalName(e.Retval) }

// Is lets two of the same number match: errors.Is(err, &RetvalError{Retval: -3}).
func (e *RetvalError) Is(target error) bool {
	t, ok := errors.AsType[*RetvalError](target)
	return ok && t.Retval == e.Retval && (t.Message == "" || t.Message == e.Message)
}

// Retval returns the return value that an error carries; ok is false where
// VPP did not answer with one.
func Retval(err error) (retval int32, ok bool) {
	if r, ok := errors.AsType[*RetvalError](err); ok {
		return r.Retval, true
	}
	return 0, false
}
