package binproto

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// wireKind is the scalar kind on the wire.
func (t *Type) wireKind() Kind {
	if t.Kind == KindEnum {
		return t.Enum.Base
	}
	return t.Kind
}

func (e *fieldEncoder) putInteger(k Kind, bits uint64) {
	switch k.width() {
	case 1:
		e.b = append(e.b, byte(bits))
	case 2:
		e.b = binary.BigEndian.AppendUint16(e.b, uint16(bits))
	case 4:
		e.b = binary.BigEndian.AppendUint32(e.b, uint32(bits))
	default:
		e.b = binary.BigEndian.AppendUint64(e.b, bits)
	}
}

func (e *fieldEncoder) putFloat(v float64) {
	e.b = binary.LittleEndian.AppendUint64(e.b, math.Float64bits(v))
}

func (e *fieldEncoder) putBool(v bool) {
	if v {
		e.b = append(e.b, 1)
	} else {
		e.b = append(e.b, 0)
	}
}

func (e *fieldEncoder) putZeros(n int) { e.b = append(e.b, make([]byte, n)...) }

// putDefault writes what the resolver has checked.
func (e *fieldEncoder) putDefault(t *Type, def any) {
	k := t.wireKind()
	switch def := def.(type) {
	case uint64:
		e.putInteger(k, def)
	case int64:
		e.putInteger(k, uint64(def))
	case float64:
		e.putFloat(def)
	case bool:
		e.putBool(def)
	}
}

// integerBits checks a number against a kind.
func (e *fieldEncoder) integerBits(t *Type, k Kind, v any) (uint64, *Error) {
	n, err := toInteger(k, v)
	if err != nil {
		class := ErrType
		if errors.Is(err, ErrRange) {
			class = ErrRange
		}
		return 0, e.fail(class, wantText(t), describe(v))
	}
	if i, ok := n.(int64); ok {
		return uint64(i), nil
	}
	u, _ := n.(uint64)
	return u, nil
}

func (e *fieldEncoder) integer(t *Type, k Kind, v any) *Error {
	var bits uint64
	if v != nil {
		var err *Error
		if bits, err = e.integerBits(t, k, v); err != nil {
			return err
		}
	}
	e.putInteger(k, bits)
	return nil
}

func (e *fieldEncoder) boolean(v any) *Error {
	set := false
	switch v := v.(type) {
	case nil:
	case bool:
		set = v
	default:
		n, ok := toFloat(v)
		if !ok {
			return e.fail(ErrType, "true, false or a number", describe(v))
		}
		set = n != 0
	}
	e.putBool(set)
	return nil
}

func (e *fieldEncoder) float(t *Type, v any) *Error {
	const want = `a number, "NaN", "Infinity" or "-Infinity"`
	var f float64
	switch v := v.(type) {
	case nil:
	case string:
		switch v {
		case "NaN":
			f = math.NaN()
		case "Infinity":
			f = math.Inf(1)
		case "-Infinity":
			f = math.Inf(-1)
		default:
			return e.fail(ErrType, want, describe(v))
		}
	case time.Duration:
		// As an integer it would be nanoseconds, which no field of VPP means.
		if t.Format != FormatTimedelta {
			return e.fail(ErrType, want, "a time.Duration")
		}
		f = v.Seconds()
	case time.Time:
		if t.Format != FormatTimestamp {
			return e.fail(ErrType, want, "a time.Time")
		}
		if !v.IsZero() {
			f = float64(v.Unix()) + float64(v.Nanosecond())/1e9
		}
	default:
		var ok bool
		if f, ok = toFloat(v); !ok {
			return e.fail(ErrType, want, describe(v))
		}
		if _, isText := v.(json.Number); isText && math.IsInf(f, 0) {
			return e.fail(ErrRange, "a number that a float64 holds", describe(v))
		}
	}
	e.putFloat(f)
	return nil
}

func (e *fieldEncoder) text(t *Type, f *Field, v any) *Error {
	s, ok := v.(string)
	if !ok && v != nil {
		return e.fail(ErrType, "text", describe(v))
	}
	if t.Length > 0 {
		if len(s) >= t.Length {
			return e.fail(ErrRange, fmt.Sprintf("at most %d bytes", t.Length-1), fmt.Sprintf("%d bytes", len(s)))
		}
		if strings.IndexByte(s, 0) >= 0 {
			return e.fail(ErrType, "text without NUL, which ends it", describe(v))
		}
		e.b = append(e.b, s...)
		e.putZeros(t.Length - len(s))
		return nil
	}
	most := uint64(math.MaxUint32)
	if f != nil && f.Limit > 0 {
		most = uint64(f.Limit) - 1
	}
	if uint64(len(s)) > most {
		return e.fail(ErrRange, fmt.Sprintf("at most %d bytes", most), fmt.Sprintf("%d bytes", len(s)))
	}
	e.b = binary.BigEndian.AppendUint32(e.b, uint32(len(s)))
	e.b = append(e.b, s...)
	return nil
}

func (e *fieldEncoder) enum(t *Type, v any) *Error {
	var bits uint64
	var err *Error
	switch v := v.(type) {
	case nil:
	case []any:
		if !t.Enum.Flags {
			return e.fail(ErrType, wantText(t), describe(v))
		}
		for i, item := range v {
			item, _ = plainValue(item)
			one, err := e.member(t, item)
			if err != nil {
				return err.inElement(i)
			}
			bits |= one
		}
	case string:
		if !t.Enum.Flags {
			bits, err = e.member(t, v)
			break
		}
		for name := range strings.SplitSeq(v, "|") {
			one, err := e.member(t, strings.TrimSpace(name))
			if err != nil {
				return err
			}
			bits |= one
		}
	default:
		bits, err = e.member(t, v)
	}
	if err != nil {
		return err
	}
	e.putInteger(t.Enum.Base, bits)
	return nil
}

// member is the number of one member, given by name or as a number. Numbers
// without a name are allowed: a newer VPP may know them.
func (e *fieldEncoder) member(t *Type, v any) (uint64, *Error) {
	if name, ok := v.(string); ok {
		n, known := t.Enum.Value(name)
		if !known {
			return 0, e.fail(ErrType, wantText(t), describe(v))
		}
		return t.Enum.bits(n), nil
	}
	bits, err := e.integerBits(t, t.Enum.Base, v)
	if err != nil && errors.Is(err, ErrRange) {
		// C writes ~0 as -1: a Go constant of that member is -1 as well.
		if n, rangeErr := toInteger(KindI64, v); rangeErr == nil {
			for _, m := range t.Enum.Members {
				if n == any(m.Value) {
					return t.Enum.bits(m.Value), nil
				}
			}
		}
	}
	return bits, err
}
