package binproto_test

import (
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// The bytes must give these values and this JSON, and both the bytes again
// unless they held what has no meaning.
var decodeCases = []struct {
	name   string
	fields string
	hex    string
	value  object
	json   string
	again  string // the bytes of value, where they differ
}{
	{"integers", `["u8","a"],["u16","b"],["u32","c"],["u64","d"],["i8","e"],["i64","f"]`, "ff" + "0102" + "ffffffff" + "ffffffffffffffff" + "80" + "8000000000000000",
		object{"a": uint64(255), "b": uint64(258), "c": uint64(math.MaxUint32), "d": uint64(math.MaxUint64), "e": int64(-128), "f": int64(math.MinInt64)},
		`{"a":255,"b":258,"c":4294967295,"d":18446744073709551615,"e":-128,"f":-9223372036854775808}`, ""},
	{"bool", `["bool","a",3]`, "000102", object{"a": list{false, true, true}}, `{"a":[false,true,true]}`, "000101"},
	{"f64", `["f64","a",5]`, "000000000000f83f" + "0000000000000080" + "000000000000f07f" + "000000000000f0ff" + "a0c8eb85f3cce17f",
		object{"a": list{1.5, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), 1e308}}, `{"a":[1.5,-0,"Infinity","-Infinity",1e+308]}`, ""},
	{"timestamp", `["vl_api_timestamp_t","a"]`, "000000000000f83f", object{"a": 1.5}, `{"a":1.5}`, ""},
	{"string ends at its NUL", `["string","s",8],["u8","x"]`, "616200ffffffffff01", object{"s": "ab", "x": uint64(1)}, `{"s":"ab","x":1}`, "616200000000000001"},
	{"string of bytes", `["string","s",8]`, "61ff62e282000000", object{"s": "a\xffb\xe2\x82"}, `{"s":"a` + "\ufffd" + `b` + "\ufffd\ufffd" + `"}`, ""},
	{"string of variable length", `["string","s",0]`, "00000003610062", object{"s": "a\x00b"}, `{"s":"a\u0000b"}`, ""},
	{"string with what JSON escapes", `["string","s",0]`, "00000009" + "225c0a091b7f2fc28a", object{"s": "\"\\\n\t\x1b\x7f/\u008a"}, `{"s":"\"\\\n\t\u001b\u007f/\u008a"}`, ""},
	{"u8 arrays", `["u8","a",2],["vl_api_cookie_t","b"],["u8","n"],["u8","c",0,"n"]`, "0aff" + "0100000000000000" + "02" + "dead",
		object{"a": []byte{10, 255}, "b": []byte{1, 0, 0, 0, 0, 0, 0, 0}, "n": uint64(2), "c": []byte{0xde, 0xad}}, `{"a":"0aff","b":"0100000000000000","n":2,"c":"dead"}`, ""},
	{"u8 to the end", `["u8","x"],["u8","a",0]`, "01" + "dead", object{"x": uint64(1), "a": []byte{0xde, 0xad}}, `{"x":1,"a":"dead"}`, ""},
	{"nothing to the end", `["u8","x"],["u8","a",0]`, "01", object{"x": uint64(1), "a": []byte{}}, `{"x":1,"a":""}`, ""},
	{"structs to the end", `["vl_api_point_t","a",0]`, "0102ff04", object{"a": list{object{"x": int64(1), "y": uint64(2)}, object{"x": int64(-1), "y": uint64(4)}}}, `{"a":[{"x":1,"y":2},{"x":-1,"y":4}]}`, ""},
	{"counts", `["u8","c"],["vl_api_run_t","a",0,"c"]`, "02" + "0200050006" + "00",
		object{"c": uint64(2), "a": list{object{"n": uint64(2), "v": list{uint64(5), uint64(6)}}, object{"n": uint64(0), "v": list{}}}}, `{"c":2,"a":[{"n":2,"v":[5,6]},{"n":0,"v":[]}]}`, ""},
	{"two arrays of one count", `["u8","n"],["u8","a",0,"n"],["u16","b",0,"n"]`, "02" + "0102" + "00030004", object{"n": uint64(2), "a": []byte{1, 2}, "b": list{uint64(3), uint64(4)}}, `{"n":2,"a":"0102","b":[3,4]}`, ""},
	{"enums", `["vl_api_colour_t","a"],["vl_api_colour_t","b"],["vl_api_level_t","c"],["vl_api_level_t","d"],["vl_api_big_t","e"]`, "01" + "4d" + "fffe" + "fff0" + "ffffffff",
		object{"a": "GREEN", "b": uint64(77), "c": "LOW", "d": int64(-16), "e": "BIG_ALL"}, `{"a":"GREEN","b":77,"c":"LOW","d":-16,"e":"BIG_ALL"}`, ""},
	{"flags", `["vl_api_fl_t","a",4],["vl_api_bare_t","b",2],["vl_api_old_flags_t","c"]`, "81000204" + "0001" + "00000003",
		object{"a": list{list{"F_A", "F_C"}, list{"F_NONE"}, list{"F_B"}, uint64(4)}, "b": list{list{}, list{"BARE_A"}}, "c": list{"OLD_AB"}},
		`{"a":[["F_A","F_C"],["F_NONE"],["F_B"],4],"b":[[],["BARE_A"]],"c":["OLD_AB"]}`, ""},
	{"addresses", `["vl_api_ip4_address_t","a"],["vl_api_ip6_address_t","b"],["vl_api_address_t","c"],["vl_api_address_t","d"],["vl_api_mac_address_t","e"]`,
		"0a010203" + "fe800000000000000000000000000001" + "0001020304" + strings.Repeat("00", 12) + "0100000000000000000000ffff01020304" + "aabbccddee0f",
		object{"a": addr("10.1.2.3"), "b": addr("fe80::1"), "c": addr("1.2.3.4"), "d": addr("::ffff:1.2.3.4"), "e": "aa:bb:cc:dd:ee:0f"},
		`{"a":"10.1.2.3","b":"fe80::1","c":"1.2.3.4","d":"::ffff:1.2.3.4","e":"aa:bb:cc:dd:ee:0f"}`, ""},
	{"address with garbage behind it", `["vl_api_address_t","a"]`, "0001020304" + strings.Repeat("ff", 12), object{"a": addr("1.2.3.4")}, `{"a":"1.2.3.4"}`, "0001020304" + strings.Repeat("00", 12)},
	{"address of an unknown family", `["vl_api_address_t","a"],["vl_api_prefix_t","b"]`, "0701020304" + strings.Repeat("00", 12) + "0900000000000000000000000000000001" + "18",
		object{"a": object{"af": uint64(7), "un": object{"ip4": addr("1.2.3.4")}}, "b": object{"address": object{"af": uint64(9), "un": object{"ip6": addr("::1")}}, "len": uint64(24)}},
		`{"a":{"af":7,"un":{"ip4":"1.2.3.4"}},"b":{"address":{"af":9,"un":{"ip6":"::1"}},"len":24}}`, ""},
	{"prefixes", `["vl_api_prefix_t","a"],["vl_api_ip4_prefix_t","b"],["vl_api_ip6_prefix_t","c"],["vl_api_ip4_prefix_t","d"]`,
		"0001020304" + strings.Repeat("00", 12) + "18" + "0102030408" + "00020000000000000000000000000002" + "40" + "0102030421",
		object{"a": prefix("1.2.3.4/24"), "b": prefix("1.2.3.4/8"), "c": prefix("2::2/64"), "d": "1.2.3.4/33"},
		`{"a":"1.2.3.4/24","b":"1.2.3.4/8","c":"2::2/64","d":"1.2.3.4/33"}`, ""},
	{"union by its discriminator", `["vl_api_eid_type_t","k"],["vl_api_eid_t","a",{"discriminator":"k"}]`, "01" + "000000010200", object{"k": "EID_NSH", "a": object{"nsh": object{"spi": uint64(1), "si": uint64(2)}}}, `{"k":"EID_NSH","a":{"nsh":{"spi":1,"si":2}}}`, ""},
	{"union by an inferred discriminator", `["vl_api_address_family_t","af"],["vl_api_address_union_t","a"]`, "01" + "01020304" + strings.Repeat("00", 12), object{"af": "ADDRESS_IP6", "a": object{"ip6": addr("102:304::")}}, `{"af":"ADDRESS_IP6","a":{"ip6":"102:304::"}}`, ""},
	{"union by -1", `["vl_api_big_t","k"],["vl_api_by_all_t","a",{"discriminator":"k"}]`, "ffffffff" + "0001", object{"k": "BIG_ALL", "a": object{"all": uint64(1)}}, `{"k":"BIG_ALL","a":{"all":1}}`, ""},
	{"union under an unknown discriminator", `["vl_api_eid_type_t","k"],["vl_api_eid_t","a",{"discriminator":"k"}]`, "09" + "070000000000", object{"k": uint64(9), "a": object{"spare": uint64(7)}}, `{"k":9,"a":{"spare":7}}`, ""},
	{"unions by what they hold", `["vl_api_number_t","a",5]`, "0000000000" + "0100000000" + "0001000000" + "0000000100" + "0000000001",
		object{"a": list{object{"small": uint64(0)}, object{"small": uint64(1)}, object{"middle": uint64(0x10000)}, object{"middle": uint64(1)}, object{"nsh": object{"spi": uint64(0), "si": uint64(1)}}}},
		`{"a":[{"small":0},{"small":1},{"middle":65536},{"middle":1},{"nsh":{"spi":0,"si":1}}]}`, ""},
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, c := range decodeCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			typ := caseType(t, c.fields)
			wire, err := hex.DecodeString(c.hex)
			if err != nil {
				t.Fatal(err)
			}
			v, n, err := typ.DecodeValue(wire)
			if err != nil || n != len(wire) {
				t.Fatalf("%d bytes of %d, %v", n, len(wire), err)
			}
			if !reflect.DeepEqual(v, any(c.value)) {
				t.Errorf("got  %#v\nwant %#v", v, c.value)
			}
			js, err := typ.AppendValueJSON([]byte("kept"), wire)
			if err != nil || string(js) != "kept"+c.json {
				t.Errorf("got  %s, %v\nwant kept%s", js, err, c.json)
			}
			again := c.again
			if again == "" {
				again = c.hex
			}
			if b, err := typ.AppendValue(nil, v); err != nil || hex.EncodeToString(b) != again {
				t.Errorf("again %x, %v; want %s", b, err, again)
			}
			if strings.Contains(c.json, "\ufffd") {
				return
			}
			if b, err := typ.AppendValueFromJSON(nil, []byte(c.json)); err != nil || hex.EncodeToString(b) != again {
				t.Errorf("again %x, %v from JSON; want %s", b, err, again)
			}
			// What was decoded must not be lent from the bytes.
			for i := range wire {
				wire[i] ^= 0xff
			}
			if !reflect.DeepEqual(v, any(c.value)) {
				t.Errorf("%#v after the bytes changed", v)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		fields string
		hex    string
		class  error
		path   string
		offset int
	}{
		{"nothing", `["u8","a"]`, "", binproto.ErrTruncated, "a", 0},
		{"integer", `["u8","x"],["u32","a"]`, "01020304", binproto.ErrTruncated, "a", 1},
		{"f64", `["f64","a"]`, "01020304050607", binproto.ErrTruncated, "a", 0},
		{"enum", `["vl_api_level_t","a"]`, "01", binproto.ErrTruncated, "a", 0},
		{"string[8]", `["string","s",8]`, "61620000000000", binproto.ErrTruncated, "s", 0},
		{"length of a string", `["string","s",0]`, "000000", binproto.ErrTruncated, "s", 0},
		{"string", `["u8","x"],["string","s",0]`, "01" + "00000003" + "6162", binproto.ErrTruncated, "s", 5},
		{"string of 4 GB", `["string","s",0]`, "ffffffff" + "6162", binproto.ErrTruncated, "s", 4},
		{"u8[4]", `["u8","a",4]`, "010203", binproto.ErrTruncated, "a", 0},
		{"u8 counted", `["u32","n"],["u8","a",0,"n"]`, "ffffffff" + "01", binproto.ErrTruncated, "a", 4},
		{"counted", `["u32","n"],["vl_api_run_t","a",0,"n"]`, "ffffffff" + "00", binproto.ErrTruncated, "a", 4},
		{"counted within a counted", `["u8","c"],["vl_api_run_t","a",0,"c"]`, "02" + "010001" + "020001", binproto.ErrTruncated, "a[1].v", 5},
		{"a count of 2^64-1", `["u64","n"],["u16","a",0,"n"]`, "ffffffffffffffff" + "0001", binproto.ErrTruncated, "a", 8},
		{"a negative count", `["i8","n"],["u8","a",0,"n"]`, "ff" + strings.Repeat("00", 300), binproto.ErrRange, "a", 1},
		{"struct within an array", `["vl_api_point_t","a",0]`, "010203", binproto.ErrTruncated, "a[1].y", 3},
		{"array of structs", `["vl_api_inner_t","a"]`, "010203", binproto.ErrTruncated, "a.pts", 0},
		{"union", `["u8","x"],["vl_api_number_t","a"]`, "0100000000", binproto.ErrTruncated, "a", 1},
		{"address", `["vl_api_address_t","a"]`, "0001020304", binproto.ErrTruncated, "a", 0},
		{"MAC", `["u8","n"],["vl_api_mac_address_t","a",0,"n"]`, "01" + "aabbccddee", binproto.ErrTruncated, "a", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			typ := caseType(t, c.fields)
			wire, err := hex.DecodeString(c.hex)
			if err != nil {
				t.Fatal(err)
			}
			v, n, errValue := typ.DecodeValue(wire)
			js, errJSON := typ.AppendValueJSON([]byte("kept"), wire)
			if v != nil || n != 0 || string(js) != "kept" {
				t.Errorf("%v, %d and %q beside an error", v, n, js)
			}
			for _, err := range []error{errValue, errJSON} {
				var e *binproto.Error
				if !errors.As(err, &e) {
					t.Fatalf("error %v", err)
				}
				if !errors.Is(err, c.class) || e.Field != c.path || e.Offset != c.offset || e.Op != "decode" || e.Message != "vl_api_t_t" {
					t.Errorf("%v (field %q, offset %d), want %v at %q, %d", err, e.Field, e.Offset, c.class, c.path, c.offset)
				}
			}
		})
	}
}

// Bytes behind the last field of a message are VPP's business.
func TestTrailingBytes(t *testing.T) {
	t.Parallel()
	m := sampleSchema(t).Message("scalars_reply")
	wire := append([]byte{0, 9, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xfd}, 0, 1, 2)
	fields, err := m.DecodeFields(wire)
	want := map[string]any{"_vl_msg_id": uint64(9), "context": uint64(7), "retval": int64(-3)}
	if err != nil || !reflect.DeepEqual(fields, want) {
		t.Errorf("%v, %v; want %v", fields, err, want)
	}
	js, err := m.AppendJSON(nil, wire)
	if err != nil || string(js) != `{"_vl_msg_id":9,"context":7,"retval":-3}` {
		t.Errorf("%s, %v", js, err)
	}
}

// Elements that take no bytes must not be made out of nothing.
func TestEmptyElements(t *testing.T) {
	t.Parallel()
	s, err := binproto.Parse("case", []byte(`{"types":[
		["none"], ["nones", ["vl_api_none_t","v",1000]],
		["counted", ["u32","n"], ["vl_api_none_t","v",0,"n"]],
		["many", ["u32","n"], ["vl_api_nones_t","v",0,"n"]],
		["rest", ["u8","x"], ["vl_api_none_t","v",0]]]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		wire []byte
		want int // elements, -1 for an error
	}{
		{"counted", []byte{0, 0, 0, 2, 0, 0}, 2},
		{"counted", []byte{0, 0, 0, 3, 0, 0}, -1},
		{"counted", []byte{0xff, 0xff, 0xff, 0xff, 0, 0}, -1},
		{"many", slices.Concat([]byte{0, 0, 0, 2}, make([]byte, 2000)), 2},
		{"many", slices.Concat([]byte{0, 0, 0, 2}, make([]byte, 1999)), -1},
		{"rest", []byte{1, 2, 3}, 1},
	} {
		v, _, err := s.Type(c.name).DecodeValue(c.wire)
		if c.want < 0 {
			if !errors.Is(err, binproto.ErrTruncated) {
				t.Errorf("%s %x: %v, %v", c.name, c.wire[:4], v, err)
			}
			continue
		}
		if fields, _ := v.(object); err != nil || len(fields["v"].(list)) != c.want {
			t.Errorf("%s: %v, %v; want %d elements", c.name, v, err, c.want)
		}
	}
	if _, err := binproto.Parse("case", []byte(`{"types":[["none"],["t",["vl_api_none_t","v",16777216]]]}`)); !errors.Is(err, binproto.ErrSchema) {
		t.Errorf("an array of 16 million nothings: %v", err)
	}
}

// Text forms go with a type's shape, not with its name alone.
func TestFormatsNeedTheirShape(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, schema, typ string }{
		{"a MAC of 8 bytes", `{"aliases":{"mac_address":{"type":"u8","length":8}}}`, "mac_address"},
		{"an IPv4 address of u16", `{"aliases":{"ip4_address":{"type":"u16","length":4}}}`, "ip4_address"},
		{"families the other way round", `{"types":[["address",["vl_api_fam_t","af"],["vl_api_un_t","un",{"discriminator":"af"}]]],
			"unions":[["un",["vl_api_ip4_address_t","ip4",{"case":"V4"}],["vl_api_ip6_address_t","ip6",{"case":"V6"}]]],
			"enums":[["fam",["V6",0],["V4",1],{"enumtype":"u8"}]],
			"aliases":{"ip4_address":{"type":"u8","length":4},"ip6_address":{"type":"u8","length":16}}}`, "address"},
	} {
		s, err := binproto.Parse(c.name, []byte(c.schema))
		if err != nil {
			t.Fatal(err)
		}
		if f := s.Type(c.typ).Format; f != binproto.FormatNone {
			t.Errorf("%s has format %d", c.name, f)
		}
	}
}
