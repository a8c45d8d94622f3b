package state

import (
	"errors"
	"fmt"
	"strings"
)

// ConflictError says that something else has the identity.
type ConflictError struct {
	// With is what has it, as a user would know it.
	With string
}

func (e *ConflictError) Error() string { return e.With + " has it" }

// WaitError says that something outside VPP is missing, which is looked for
// again with back-off.
type WaitError struct {
	// For names it: "Linux interface eth1".
	For string
}

func (e *WaitError) Error() string { return e.For + " is missing" }

// ErrGone is what [Refresher.Refresh] says of a thing that is not there any
// more, whatever has its number by now.
var ErrGone = errors.New("it is not there any more")

// UnsupportedError says that this VPP cannot do it.
type UnsupportedError struct {
	// Plugin brings the message, "" where it is VPP itself.
	Plugin string
	// Err is what the client said.
	Err error
}

func (e *UnsupportedError) Error() string {
	if e.Plugin == "" {
		return fmt.Sprintf("this VPP cannot do it: %v", e.Err)
	}
	return fmt.Sprintf("this VPP lacks plugin %s: %v", e.Plugin, e.Err)
}

func (e *UnsupportedError) Unwrap() error { return e.Err }

// DisruptionError says that a change would interrupt what works, and was not
// allowed to.
type DisruptionError struct {
	// Fields are the names of what differs, as users write them.
	Fields []string
	// Why says what it would interrupt.
	Why string
}

func (e *DisruptionError) Error() string {
	return fmt.Sprintf("a change of %s needs allowDisruption: true: %s", strings.Join(e.Fields, ", "), e.Why)
}
