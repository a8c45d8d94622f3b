package binproto

import (
	"errors"
	"strconv"
	"strings"
)

// Classes of codec errors, for errors.Is.
var (
	// ErrTruncated: the bytes end before the value does.
	ErrTruncated = errors.New("truncated")
	// ErrRange: a number or a length does not fit.
	ErrRange = errors.New("out of range")
	// ErrUnknownField: the message or type has no field of that name.
	ErrUnknownField = errors.New("unknown field")
	// ErrType: the value is of the wrong sort for the field.
	ErrType = errors.New("wrong type")
	// ErrCount: a count was given and differs from what it counts.
	ErrCount = errors.New("count differs")
	// ErrSchema: the schema itself is unusable.
	ErrSchema = errors.New("bad schema")
	// ErrConflict: two definitions of one name differ. It is an ErrSchema too.
	ErrConflict = errors.New("conflicting definitions")
)

// Error is what every function of this package returns when a value, bytes, a
// struct or a schema cannot be used. It never carries field values beyond a
// short excerpt of the offending one.
type Error struct {
	// Op is "encode", "decode", "bind" or "schema".
	Op string
	// Message is the API message or type; for a schema its source.
	Message string
	// Field is the path to the offender: "route.paths[3].nh".
	Field string
	// Offset is the position in the message's bytes, -1 where there is none.
	Offset int
	// Want and Got tell what would have been right and what was there.
	Want, Got string
	// Err is the class, for errors.Is.
	Err error

	index int // element of the innermost array, until its path is known
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Message != "" {
		b.WriteByte(' ')
		b.WriteString(e.Message)
	}
	if e.Field != "" {
		b.WriteString(": ")
		b.WriteString(e.Field)
	}
	if e.Offset >= 0 {
		b.WriteString(" at offset ")
		b.WriteString(strconv.Itoa(e.Offset))
	}
	b.WriteString(": ")
	b.WriteString(e.Err.Error())
	switch {
	case e.Want != "" && e.Got != "":
		b.WriteString(": want " + e.Want + ", got " + e.Got)
	case e.Want != "":
		b.WriteString(": want " + e.Want)
	case e.Got != "":
		b.WriteString(": " + e.Got)
	}
	return b.String()
}

// Unwrap makes the class visible to errors.Is.
func (e *Error) Unwrap() error { return e.Err }

// Is makes a conflict a schema error as well.
func (e *Error) Is(target error) bool {
	return target == ErrSchema && e.Op == "schema"
}
