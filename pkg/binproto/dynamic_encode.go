package binproto

import (
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// AppendFields encodes the message with these fields behind dst and returns
// the longer slice; on an error dst is returned as it was. A field that is
// left out or nil gets the schema's default or zero, at every depth; a field
// that the schema does not have is refused. The id is a field like any other,
// "_vl_msg_id". See [Type.AppendValue] for the values.
func (m *Message) AppendFields(dst []byte, fields map[string]any) ([]byte, error) {
	return appendEncoded(dst, m.Name, m.body, fields)
}

// AppendValue encodes one value of the type behind dst and returns the longer
// slice; on an error dst is returned as it was. Values may be Go's own or come
// from [ParseJSONObject]:
//
//   - integers: every Go integer and json.Number, exact and range-checked
//   - bool: a bool, or a number that is true unless zero
//   - f64: numbers and the texts "NaN", "Infinity" and "-Infinity"; for a
//     timestamp also a time.Time, for a timedelta a time.Duration
//   - string: a string
//   - u8 arrays: hex text, bytes or a list of numbers; where the length is
//     fixed, shorter ones are padded with zeros on the right
//   - enums: a member's name or a number; flags also "A|B" and lists
//   - addresses, prefixes and MACs: text, the types of net/netip and net, or
//     their plain structure
//   - arrays: a list, which must have the length of a fixed array
//   - structures: a map with string keys; unions: one that holds one arm
//
// Counts and a union's discriminator follow from what they describe where they
// are left out, and must agree with it where they are given.
func (t *Type) AppendValue(dst []byte, v any) ([]byte, error) {
	return appendEncoded(dst, t.Name, t, v)
}

func appendEncoded(dst []byte, name string, t *Type, v any) ([]byte, error) {
	e := fieldEncoder{b: dst, start: len(dst)}
	e.marks = e.room[:0]
	if err := e.value(t, nil, v); err != nil {
		err.Op, err.Message = "encode", name
		return dst, err
	}
	return e.b, nil
}

// fieldEncoder appends values by walking the type.
type fieldEncoder struct {
	b     []byte
	start int // of the message in b
	marks []mark
	room  [24]mark
}

// mark remembers a field of a structure being encoded, so that an array behind
// it can still set its count and a union its discriminator.
type mark struct {
	at      int  // in the encoder's bytes
	settled bool // given, or derived already
}

func (e *fieldEncoder) fail(class error, want, got string) *Error {
	return &Error{Offset: len(e.b) - e.start, Want: want, Got: got, Err: class}
}

// inField and inElement put the path in front of an error on its way out.
func (e *Error) inField(name string) *Error {
	if name == "" {
		return e
	}
	if e.Field == "" || e.Field[0] == '[' {
		e.Field = name + e.Field
	} else {
		e.Field = name + "." + e.Field
	}
	return e
}

func (e *Error) inElement(i int) *Error { return e.inField("[" + strconv.Itoa(i) + "]") }

// field encodes a field of a structure or an arm of a union.
func (e *fieldEncoder) field(f *Field, v any) *Error {
	switch f.Repeat {
	case Once:
		return e.value(f.Type, f, v)
	case Fixed:
		return e.array(f.Type, f, f.Length, v)
	}
	_, err := e.list(f.Type, f, v)
	return err
}

// value encodes one value. The field is the one it stands in, for its default
// and its limit; nil for elements of aliases and for bare types.
func (e *fieldEncoder) value(t *Type, f *Field, v any) *Error {
	v, ok := plainValue(v)
	if !ok {
		return e.fail(ErrType, wantText(t), describe(v))
	}
	if v == nil && f != nil && f.Default != nil {
		e.putDefault(t, f.Default)
		return nil
	}
	if t.Format != FormatNone && v != nil {
		if done, err := e.formatted(t, v); done {
			return err
		}
	}
	switch t.Kind {
	case KindBool:
		return e.boolean(v)
	case KindF64:
		return e.float(t, v)
	case KindString:
		return e.text(t, f, v)
	case KindEnum:
		return e.enum(t, v)
	case KindStruct:
		return e.structure(t, v)
	case KindUnion:
		_, err := e.union(t, v)
		return err
	case KindArray:
		return e.array(t.Elem, nil, t.Length, v)
	}
	return e.integer(t, t.Kind, v)
}

// structure encodes the fields in wire order. Counts and discriminators stand
// before what they describe, so they are set once that is known.
func (e *fieldEncoder) structure(t *Type, v any) *Error {
	fields, ok := v.(map[string]any)
	if !ok && v != nil {
		return e.fail(ErrType, wantText(t), describe(v))
	}
	base, begin, known := len(e.marks), len(e.b), 0
	for _, f := range t.Fields {
		fv, given := fields[f.Name]
		if given {
			known++
		}
		fv, ok := plainValue(fv)
		if !ok {
			return e.fail(ErrType, wantText(f.Type), describe(fv)).inField(f.Name)
		}
		e.marks = append(e.marks, mark{at: len(e.b), settled: fv != nil})
		var err *Error
		switch {
		case f.Repeat == Counted:
			var n int
			if n, err = e.list(f.Type, f, fv); err == nil {
				err = e.settleCount(t.Fields[f.countAt], base+f.countAt, n)
			}
		case f.Repeat == Once && f.Type.Kind == KindUnion:
			var chosen *Field
			if chosen, err = e.union(f.Type, fv); err == nil && chosen != nil && f.discAt >= 0 && !f.Inferred {
				err = e.settleArm(f.Type, chosen, t.Fields[f.discAt], base+f.discAt)
			}
		default:
			err = e.field(f, fv)
		}
		if err != nil {
			return err.inField(f.Name)
		}
	}
	e.marks = e.marks[:base]
	if known < len(fields) {
		return e.unknownField(t, fields, begin)
	}
	return nil
}

// settleCount sets a count that was left out, and compares one that was given
// or that another array has set.
func (e *fieldEncoder) settleCount(count *Field, at, n int) *Error {
	m := &e.marks[at]
	width := count.Type.Kind.width()
	bits := 8 * width
	if count.Type.Kind.isSigned() {
		bits--
	}
	fits := bits >= 63 || n < 1<<bits
	wire := e.b[m.at : m.at+width]
	switch {
	case m.settled && (!fits || readUint(wire, width) != uint64(n)):
		return e.fail(ErrCount, fmt.Sprintf("%d elements, as %s says", signExtend(readUint(wire, width), count.Type.Kind), count.Name), strconv.Itoa(n))
	case !fits:
		return e.fail(ErrRange, fmt.Sprintf("at most %d elements, which the %s %s can count", 1<<bits-1, count.Type.Kind, count.Name), strconv.Itoa(n))
	}
	putUint(wire, uint64(n))
	m.settled = true
	return nil
}

// settleArm sets a discriminator that was left out to the chosen arm's case.
// One that was given must not name another arm; naming none is allowed, for
// the sake of numbers that only a newer VPP knows.
func (e *fieldEncoder) settleArm(union *Type, chosen, disc *Field, at int) *Error {
	m := &e.marks[at]
	k := disc.Type.wireKind()
	wire := e.b[m.at : m.at+k.width()]
	if m.settled {
		named := arm(union, disc.Type, signExtend(readUint(wire, k.width()), k))
		if named != nil && named != chosen {
			return e.fail(ErrType, fmt.Sprintf("the arm %s, as %s says", named.Name, disc.Name), chosen.Name)
		}
		return nil
	}
	n, ok := caseNumber(chosen, disc.Type)
	if !ok {
		return nil
	}
	if disc.Type.Enum == nil {
		if _, err := toInteger(k, n); err != nil {
			return e.fail(ErrRange, wantText(disc.Type)+" as case", chosen.Case)
		}
	}
	putUint(wire, uint64(n))
	m.settled = true
	return nil
}

// union encodes the one arm that is there and fills up with zeros.
func (e *fieldEncoder) union(t *Type, v any) (chosen *Field, err *Error) {
	arms, ok := v.(map[string]any)
	if !ok && v != nil {
		return nil, e.fail(ErrType, wantText(t), describe(v))
	}
	begin, known := len(e.b), 0
	for _, f := range t.Fields {
		fv, given := arms[f.Name]
		if given {
			known++
		}
		fv, ok := plainValue(fv)
		switch {
		case !ok:
			return nil, e.fail(ErrType, wantText(f.Type), describe(fv)).inField(f.Name)
		case fv == nil:
			continue
		case chosen != nil:
			return nil, e.fail(ErrType, "one arm", chosen.Name+" and "+f.Name)
		}
		chosen = f
		if err := e.field(f, fv); err != nil {
			return nil, err.inField(f.Name)
		}
	}
	if known < len(arms) {
		return nil, e.unknownField(t, arms, begin)
	}
	e.putZeros(t.size - (len(e.b) - begin))
	return chosen, nil
}

// unknownField names the first of the fields that the type does not have.
func (e *fieldEncoder) unknownField(t *Type, fields map[string]any, begin int) *Error {
	names := make([]string, 0, len(t.Fields))
	for _, f := range t.Fields {
		names = append(names, f.Name)
	}
	for _, name := range sortedKeys(fields) {
		if slices.Contains(names, name) {
			continue
		}
		err := e.fail(ErrUnknownField, "a field of "+t.Name, "")
		err.Offset = begin - e.start
		if len(names) <= 8 {
			err.Want = "one of " + strings.Join(names, ", ")
		}
		return err.inField(name)
	}
	return nil
}

// array encodes exactly n elements.
func (e *fieldEncoder) array(elem *Type, f *Field, n int, v any) *Error {
	if elem.Kind == KindU8 {
		return e.fixedOctets(elem, n, v)
	}
	list, ok := items(v)
	if !ok {
		return e.fail(ErrType, fmt.Sprintf("a list of %d", n), describe(v))
	}
	if list != nil && len(list) != n {
		return e.fail(ErrRange, fmt.Sprintf("%d elements", n), strconv.Itoa(len(list)))
	}
	for i := range n {
		var item any
		if list != nil {
			item = list[i]
		}
		if err := e.value(elem, f, item); err != nil {
			return err.inElement(i)
		}
	}
	return nil
}

// list encodes as many elements as there are.
func (e *fieldEncoder) list(elem *Type, f *Field, v any) (int, *Error) {
	if elem.Kind == KindU8 {
		b, err := e.octets(elem, v)
		e.b = append(e.b, b...)
		return len(b), err
	}
	list, ok := items(v)
	if !ok {
		return 0, e.fail(ErrType, "a list", describe(v))
	}
	for i, item := range list {
		if err := e.value(elem, f, item); err != nil {
			return 0, err.inElement(i)
		}
	}
	return len(list), nil
}

// octets is the bytes of a u8 array of any length.
func (e *fieldEncoder) octets(elem *Type, v any) ([]byte, *Error) {
	const want = "hex text, bytes or a list of numbers"
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []byte:
		return v, nil
	case net.IP:
		return v, nil
	case net.HardwareAddr:
		return v, nil
	case string:
		b, err := hex.DecodeString(v)
		if err != nil {
			return nil, e.fail(ErrType, want, describe(v))
		}
		return b, nil
	case []any:
		b := make([]byte, len(v))
		for i, item := range v {
			item, _ = plainValue(item)
			if item == nil {
				continue
			}
			n, err := e.integerBits(elem, KindU8, item)
			if err != nil {
				return nil, err.inElement(i)
			}
			b[i] = byte(n)
		}
		return b, nil
	}
	return nil, e.fail(ErrType, want, describe(v))
}

func (e *fieldEncoder) fixedOctets(elem *Type, n int, v any) *Error {
	b, err := e.octets(elem, v)
	if err != nil {
		return err
	}
	if len(b) > n {
		return e.fail(ErrRange, fmt.Sprintf("at most %d bytes", n), fmt.Sprintf("%d bytes", len(b)))
	}
	e.b = append(e.b, b...)
	e.putZeros(n - len(b))
	return nil
}
