package binproto_test

import (
	"math"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// What the tests of the typed codec share: messages, values that are in the
// way, and what counts as equal.

// typedCaseTypes are the types that the messages of the cases may name.
const typedCaseTypes = `
"types": [
  ["address", ["vl_api_address_family_t", "af"], ["vl_api_address_union_t", "un", {"discriminator": "af"}]],
  ["prefix", ["vl_api_address_t", "address"], ["u8", "len"]],
  ["ip4_prefix", ["vl_api_ip4_address_t", "address"], ["u8", "len"]],
  ["ip6_prefix", ["vl_api_ip6_address_t", "address"], ["u8", "len"]],
  ["point", ["i8", "x", {"default": -1}], ["u8", "y"]],
  ["spot", ["vl_api_point_t", "at"], ["u16", "z"]],
  ["rule", ["vl_api_prefix_t", "src_prefix"], ["vl_api_prefix_t", "dst_prefix"], ["u8", "proto"], ["u16", "ports", 2]],
  ["group", ["u8", "n"], ["vl_api_rule_t", "rules", 0, "n"]],
  ["run", ["u8", "n"], ["u16", "v", 0, "n"]],
  ["runs", ["u8", "n"], ["vl_api_run_t", "r", 0, "n"]],
  ["named", ["u8", "id"], ["string", "name", 0]],
  ["nsh", ["u32", "spi"], ["u8", "si"]],
  ["tail", ["u8", "kind"], ["u8", "data", 0]],
  ["endpoint", ["vl_api_eid_type_t", "kind"], ["vl_api_eid_t", "value", {"discriminator": "kind"}]],
  ["ports", ["u16", "a"], ["u16", "b"], ["u16", "c"], ["u16", "d"], ["u32", "e", 5], ["u64", "f", 3], ["u16", "g", 2], ["u8", "h"], ["u8", "i", 16], ["bool", "j", 20]],
  ["nothing"]
],
"unions": [
  ["address_union", ["vl_api_ip4_address_t", "ip4", {"case": "ADDRESS_IP4"}], ["vl_api_ip6_address_t", "ip6", {"case": "ADDRESS_IP6"}]],
  ["odd_union", ["vl_api_ip4_address_t", "ip4", {"case": "ODD_IP4"}], ["vl_api_ip6_address_t", "ip6", {"case": "ODD_IP6"}]],
  ["number", ["u8", "small"], ["u32", "middle"], ["vl_api_nsh_t", "nsh"], ["u16", "pair", 2]],
  ["either", ["u32", "id"], ["vl_api_address_t", "address"]],
  ["eid", ["vl_api_mac_address_t", "mac", {"case": "EID_MAC"}], ["vl_api_nsh_t", "nsh", {"case": "EID_NSH"}],
    ["vl_api_prefix_t", "prefix", {"case": "EID_PREFIX"}], ["vl_api_rule_t", "rules", 2, {"case": "EID_RULES"}], ["u8", "spare"]],
  ["by_number", ["u16", "one", {"case": "1"}], ["u32", "ten", {"case": 10}], ["u8", "huge", {"case": "300"}]],
  ["by_all", ["u16", "zero", {"case": "BIG_ZERO"}], ["u16", "all", {"case": "BIG_ALL"}]],
  ["by_level", ["u8", "low", {"case": "LOW"}], ["u8", "high", {"case": "HIGH"}]],
  ["void", ["vl_api_nothing_t", "a"]]
],
"enums": [
  ["address_family", ["ADDRESS_IP4", 0], ["ADDRESS_IP6", 1], {"enumtype": "u8"}],
  ["odd_family", ["ODD_IP6", 0], ["ODD_IP4", 1], {"enumtype": "u8"}],
  ["eid_type", ["EID_MAC", 0], ["EID_NSH", 1], ["EID_PREFIX", 2], ["EID_RULES", 3], {"enumtype": "u16"}],
  ["colour", ["RED", 0], ["GREEN", 1], ["NONE", 255], {"enumtype": "u8"}],
  ["level", ["LOW", -2], ["HIGH", 2], {"enumtype": "i16"}],
  ["big", ["BIG_ZERO", 0], ["BIG_ALL", -1]]
],
"enumflags": [["fl", ["F_A", 1], ["F_B", 2], ["F_C", 128], {"enumtype": "u8"}]],
"aliases": {
  "ip4_address": {"type": "u8", "length": 4}, "ip6_address": {"type": "u8", "length": 16},
  "mac_address": {"type": "u8", "length": 6}, "cookie": {"type": "u8", "length": 8},
  "pair": {"type": "u16", "length": 2}, "grid": {"type": "vl_api_pair_t", "length": 3}, "points": {"type": "vl_api_point_t", "length": 2},
  "label": {"type": "string", "length": 4}, "remark": {"type": "string"}, "remarks": {"type": "vl_api_remark_t", "length": 2},
  "interface_index": {"type": "u32"}, "address_with_prefix": {"type": "vl_api_prefix_t"},
  "timestamp": {"type": "f64"}, "timedelta": {"type": "f64"}
}`

// caseMessage is message "m" of these fields, given as in a schema.
func caseMessage(tb testing.TB, fields string) *binproto.Message {
	tb.Helper()
	if fields != "" {
		fields += ","
	}
	s, err := binproto.Parse("case", []byte(`{`+typedCaseTypes+`,"messages":[["m",["u16","_vl_msg_id"],`+fields+`{"crc":"0x1"}]]}`))
	if err != nil {
		tb.Fatal(err)
	}
	return s.Message("m")
}

// newOf is a pointer to a zero value of v's type.
func newOf(v any) any { return reflect.New(reflect.TypeOf(v)).Interface() }

// pointerTo is a pointer to a copy of v.
func pointerTo(v any) any {
	p := reflect.New(reflect.TypeOf(v))
	p.Elem().Set(reflect.ValueOf(v))
	return p.Interface()
}

// spoil fills a value with what must not survive decoding: numbers, texts,
// slices with more elements than any case has, and targets for pointers.
func spoil(v reflect.Value) {
	v = open(v)
	switch p := v.Addr().Interface().(type) {
	case *netip.Addr:
		*p = addr("2001:db8::dead%eth0")
		return
	case *netip.Prefix:
		*p = prefix("2001:db8::dead/77")
		return
	case *time.Time:
		*p = time.Unix(1234567890, 987654321)
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("stale")
	case reflect.Float64:
		v.SetFloat(math.Pi)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		spoil(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 7, 9))
		for i := range v.Len() {
			spoil(v.Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			spoil(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "_" {
				spoil(v.Field(i))
			}
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Interface:
		v.Set(reflect.ValueOf("stale"))
	default:
		if v.CanInt() {
			v.SetInt(-0x55)
		} else {
			v.SetUint(0xaa)
		}
	}
}

// same is equality in which an empty slice is a nil one and a NaN is itself.
func same(a, b any) bool {
	return sameValue(reflect.ValueOf(pointerTo(a)).Elem(), reflect.ValueOf(pointerTo(b)).Elem())
}

// open lets unexported fields be read and written.
func open(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
}

func sameValue(a, b reflect.Value) bool {
	a, b = open(a), open(b)
	switch a.Kind() {
	case reflect.Float64:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		return sameValue(a.Elem(), b.Elem())
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !sameValue(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		if a.Type().PkgPath() == "net/netip" || a.Type().PkgPath() == "time" {
			return reflect.DeepEqual(a.Interface(), b.Interface())
		}
		for i := range a.NumField() {
			if a.Type().Field(i).Name != "_" && !sameValue(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}
