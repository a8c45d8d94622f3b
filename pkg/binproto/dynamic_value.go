package binproto

import (
	"encoding/json"
	"math"
	"net"
	"net/netip"
	"reflect"
	"time"
)

// maxPointers bounds the pointers followed to a value: they may be cyclic.
const maxPointers = 8

// plainValue reduces Go's many types to the few that the encoder deals with:
// what [ParseJSONObject] yields, bytes, numbers of any type, and the types of
// net, net/netip and time. Nil pointers, slices and maps are nil. It is false
// for what no field can be.
func plainValue(v any) (plain any, ok bool) {
	switch v := v.(type) {
	case nil, string, bool, json.Number, int, int32, int64, uint8, uint16, uint32, uint64, float64,
		netip.Addr, netip.Prefix, time.Time, time.Duration:
		return v, true
	case map[string]any:
		if v == nil {
			return nil, true
		}
		return v, true
	case []any:
		if v == nil {
			return nil, true
		}
		return v, true
	}
	rv := reflect.ValueOf(v)
	for range maxPointers {
		if rv.Kind() != reflect.Pointer && rv.Kind() != reflect.Interface {
			break
		}
		if rv.IsNil() {
			return nil, true
		}
		rv = rv.Elem()
	}
	if reflect.TypeOf(v).Kind() == reflect.Pointer {
		if rv.Kind() == reflect.Pointer || rv.Kind() == reflect.Interface {
			return v, false
		}
		return plainValue(rv.Interface())
	}
	switch rv.Kind() {
	case reflect.Slice, reflect.Map:
		if rv.IsNil() {
			return nil, true
		}
	}
	switch v.(type) {
	case []byte, net.IP, net.HardwareAddr:
		return v, true
	}
	switch {
	case rv.CanInt(), rv.CanUint(), rv.CanFloat():
		return v, true
	case rv.Kind() == reflect.String:
		return rv.String(), true
	case rv.Kind() == reflect.Bool:
		return rv.Bool(), true
	case rv.Kind() == reflect.Map && rv.Type().Key().Kind() == reflect.String:
		fields := make(map[string]any, rv.Len())
		for it := rv.MapRange(); it.Next(); {
			fields[it.Key().String()] = it.Value().Interface()
		}
		return fields, true
	case rv.Kind() == reflect.Slice || rv.Kind() == reflect.Array:
		return plainList(rv), true
	}
	return v, false
}

func plainList(rv reflect.Value) any {
	if rv.Type().Elem().Kind() == reflect.Uint8 {
		b := make([]byte, rv.Len())
		for i := range b {
			b[i] = byte(rv.Index(i).Uint())
		}
		return b
	}
	list := make([]any, rv.Len())
	for i := range list {
		list[i] = rv.Index(i).Interface()
	}
	return list
}

// items is the elements of a list; bytes are a list of numbers too, because
// a Go slice of a small enum cannot be told from them.
func items(v any) (list []any, ok bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case []any:
		return v, true
	case []byte:
		list = make([]any, len(v))
		for i, b := range v {
			list[i] = uint64(b)
		}
		return list, true
	}
	return nil, false
}

// toFloat turns any number into a float64; numbers beyond its range become
// infinite.
func toFloat(v any) (float64, bool) {
	if n, ok := v.(json.Number); ok {
		f, err := n.Float64()
		return f, err == nil || math.IsInf(f, 0)
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.CanFloat():
		return rv.Float(), true
	case rv.CanInt():
		return float64(rv.Int()), true
	case rv.CanUint():
		return float64(rv.Uint()), true
	}
	return 0, false
}

// wantText says what a type takes.
func wantText(t *Type) string {
	switch t.Format {
	case FormatIP4:
		return "an IPv4 address"
	case FormatIP6:
		return "an IPv6 address without zone"
	case FormatAddress:
		return "an IP address without zone"
	case FormatPrefix:
		return "an IP address with a length, like 192.0.2.0/24"
	case FormatIP4Prefix:
		return "an IPv4 address with a length, like 192.0.2.0/24"
	case FormatIP6Prefix:
		return "an IPv6 address with a length, like 2001:db8::/32"
	case FormatMAC:
		return "a MAC address"
	}
	switch k := t.Kind; {
	case k == KindEnum && t.Enum.Flags:
		return "members of " + t.Enum.Name + " or " + withArticle(t.Enum.Base)
	case k == KindEnum:
		return "a member of " + t.Enum.Name + " or " + withArticle(t.Enum.Base)
	case k == KindStruct:
		return "an object"
	case k == KindUnion:
		return "an object with one arm"
	case k == KindArray || k == KindString:
		return "a " + t.Name
	default:
		return withArticle(k)
	}
}

func withArticle(k Kind) string {
	if k.isSigned() {
		return "an " + k.String()
	}
	return "a " + k.String()
}
