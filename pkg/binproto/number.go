package binproto

import (
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strconv"
)

// toInteger turns any Go number (or a json.Number) into the integer of a
// kind: uint64 for unsigned, int64 for signed. What does not fit is ErrRange,
// what is no integer ErrType.
func toInteger(k Kind, v any) (any, error) {
	neg, mag, err := integerParts(v)
	if err != nil {
		return nil, err
	}
	bits := 8 * k.width()
	if k.isSigned() {
		limit := uint64(1) << (bits - 1)
		switch {
		case neg && mag <= limit:
			return int64(-mag), nil
		case !neg && mag < limit:
			return int64(mag), nil
		}
		return nil, ErrRange
	}
	if neg && mag != 0 || bits < 64 && mag >= 1<<bits {
		return nil, ErrRange
	}
	return mag, nil
}

// integerParts is the sign and magnitude of an integer of any Go type.
func integerParts(v any) (neg bool, mag uint64, err error) {
	switch v := v.(type) {
	case uint64:
		return false, v, nil
	case int64:
		if v < 0 {
			return true, uint64(-v), nil
		}
		return false, uint64(v), nil
	case int:
		return integerParts(int64(v))
	case json.Number:
		return parseInteger(v.String())
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.CanInt():
		return integerParts(rv.Int())
	case rv.CanUint():
		return false, rv.Uint(), nil
	case rv.CanFloat():
		f := rv.Float()
		if f != math.Trunc(f) || math.IsInf(f, 0) {
			return false, 0, ErrType
		}
		if math.Abs(f) >= 1<<64 {
			return false, 0, ErrRange
		}
		return f < 0, uint64(math.Abs(f)), nil
	}
	return false, 0, ErrType
}

// parseInteger reads a JSON number; 16.0 and 1e3 are integers too.
func parseInteger(s string) (neg bool, mag uint64, err error) {
	if u, err := strconv.ParseUint(s, 10, 64); err == nil {
		return false, u, nil
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return integerParts(i)
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil && math.IsInf(f, 0):
		return false, 0, ErrRange
	case err != nil || f != math.Trunc(f):
		return false, 0, ErrType
	case math.Abs(f) >= 1<<53: // digits that a float64 does not hold
		return false, 0, ErrRange
	}
	return f < 0, uint64(math.Abs(f)), nil
}

// describe names a value's type and, where short, the value, for errors.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "text " + excerpt(v)
	case json.Number:
		if len(v) > 40 {
			return "number " + v.String()[:40] + "…"
		}
		return "number " + v.String()
	case bool:
		return strconv.FormatBool(v)
	case netip.Addr:
		return "address " + v.String()
	case netip.Prefix:
		return "prefix " + v.String()
	case map[string]any:
		return "an object"
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.CanInt(), rv.CanUint(), rv.CanFloat():
		return fmt.Sprintf("number %v", v)
	}
	return reflect.TypeOf(v).String()
}
