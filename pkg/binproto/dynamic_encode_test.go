package binproto_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// caseTypes are the types that the fields of the cases below may name.
const caseTypes = `
"types": [
  ["address", ["vl_api_address_family_t", "af"], ["vl_api_address_union_t", "un", {"discriminator": "af"}]],
  ["prefix", ["vl_api_address_t", "address"], ["u8", "len"]],
  ["ip4_prefix", ["vl_api_ip4_address_t", "address"], ["u8", "len"]],
  ["ip6_prefix", ["vl_api_ip6_address_t", "address"], ["u8", "len"]],
  ["point", ["i8", "x", {"default": -1}], ["u8", "y"]],
  ["run", ["u8", "n"], ["u16", "v", 0, "n"]],
  ["nsh", ["u32", "spi"], ["u8", "si"]],
  ["inner", ["vl_api_point_t", "pts", 2]],
  ["t", %s]
],
"unions": [
  ["address_union", ["vl_api_ip4_address_t", "ip4", {"case": "ADDRESS_IP4"}], ["vl_api_ip6_address_t", "ip6", {"case": "ADDRESS_IP6"}]],
  ["number", ["u8", "small"], ["u8", "also_small"], ["u32", "middle"], ["vl_api_nsh_t", "nsh"]],
  ["eid", ["vl_api_mac_address_t", "mac", {"case": "EID_MAC"}], ["vl_api_nsh_t", "nsh", {"case": "EID_NSH"}], ["u8", "spare"]],
  ["by_number", ["u16", "one", {"case": "1"}], ["u32", "ten", {"case": 10}], ["u8", "huge", {"case": "300"}]],
  ["by_all", ["u16", "zero", {"case": "BIG_ZERO"}], ["u16", "all", {"case": "BIG_ALL"}]]
],
"enums": [
  ["address_family", ["ADDRESS_IP4", 0], ["ADDRESS_IP6", 1], {"enumtype": "u8"}],
  ["eid_type", ["EID_MAC", 0], ["EID_NSH", 1], {"enumtype": "u8"}],
  ["colour", ["RED", 0], ["GREEN", 1], ["LIME", 1], ["NONE", 255], {"enumtype": "u8"}],
  ["level", ["LOW", -2], ["HIGH", 2], {"enumtype": "i16"}],
  ["big", ["BIG_ZERO", 0], ["BIG_ALL", -1]],
  ["old_flags", ["OLD_A", 1], ["OLD_B", 2], ["OLD_AB", 3]]
],
"enumflags": [
  ["fl", ["F_NONE", 0], ["F_A", 1], ["F_B", 2], ["F_C", 128], {"enumtype": "u8"}],
  ["bare", ["BARE_A", 1], {"enumtype": "u8"}]
],
"aliases": {
  "ip4_address": {"type": "u8", "length": 4}, "ip6_address": {"type": "u8", "length": 16},
  "mac_address": {"type": "u8", "length": 6}, "cookie": {"type": "u8", "length": 8},
  "pair": {"type": "u16", "length": 2}, "label": {"type": "string", "length": 4}, "remark": {"type": "string"},
  "interface_index": {"type": "u32"}, "timestamp": {"type": "f64"}, "timedelta": {"type": "f64"}
}`

// caseType is a structure of these fields, given as in a schema.
func caseType(t *testing.T, fields string) *binproto.Type {
	t.Helper()
	s, err := binproto.Parse("case", fmt.Appendf(nil, "{"+caseTypes+"}", fields))
	if err != nil {
		t.Fatal(err)
	}
	return s.Type("t")
}

type (
	list  = []any
	proto uint8
	name  string
	yes   bool
)

func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }
func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

// Every value must give these bytes; a string that begins with a brace is JSON.
var encodeCases = []struct {
	name   string
	fields string
	values []any
	hex    string
}{
	{"u8", `["u8","a"]`, list{object{"a": 255}, object{"a": uint8(255)}, object{"a": json.Number("255")}, object{"a": 255.0}, object{"a": proto(255)}, `{"a":2.55e2}`}, "ff"},
	{"u16", `["u16","a"]`, list{object{"a": 0x1234}, object{"a": uint16(0x1234)}, `{"a":4660}`}, "1234"},
	{"u32", `["vl_api_interface_index_t","a"]`, list{object{"a": uint32(math.MaxUint32)}, object{"a": int64(math.MaxUint32)}, `{"a":4294967295}`}, "ffffffff"},
	{"u64", `["u64","a"]`, list{object{"a": uint64(math.MaxUint64)}, `{"a":18446744073709551615}`}, "ffffffffffffffff"},
	{"u64 beyond a float's digits", `["u64","a"]`, list{object{"a": uint64(9007199254740993)}, `{"a":9007199254740993}`}, "0020000000000001"},
	{"i8", `["i8","a"]`, list{object{"a": -128}, object{"a": int8(-128)}, `{"a":-128}`}, "80"},
	{"i16", `["i16","a"]`, list{object{"a": -2}, `{"a":-2}`}, "fffe"},
	{"i32", `["i32","a"]`, list{object{"a": int32(math.MinInt32)}, `{"a":-2147483648}`}, "80000000"},
	{"i64", `["i64","a"]`, list{object{"a": int64(math.MinInt64)}, `{"a":-9223372036854775808}`}, "8000000000000000"},
	{"absent, null and nil are zero", `["u16","a"],["i8","b"],["f64","c"],["bool","d"]`, list{
		nil, object{}, object(nil), object{"a": nil, "b": (*int)(nil)}, `{}`, `{"a":null,"c":null,"d":null}`}, "0000" + "00" + "0000000000000000" + "00"},
	{"pointers and maps", `["u16","a"]`, list{object{"a": new(uint16)}, map[string]int{"a": 0}, map[name]uint16{"a": 0}, &object{"a": 0}}, "0000"},
	{"bool", `["bool","a"]`, list{object{"a": true}, object{"a": 2}, object{"a": -0.5}, object{"a": uint64(1 << 63)}, `{"a":true}`, `{"a":256}`, `{"a":1e999}`}, "01"},
	{"not", `["bool","a"]`, list{object{"a": false}, object{"a": 0}, object{"a": yes(false)}, `{"a":false}`, `{"a":0.0}`}, "00"},
	{"f64 is little-endian", `["f64","a"]`, list{object{"a": 1.5}, object{"a": float32(1.5)}, `{"a":1.5}`, `{"a":15e-1}`}, "000000000000f83f"},
	{"f64 of an integer", `["f64","a"]`, list{object{"a": 1}, object{"a": uint8(1)}, `{"a":1}`}, "000000000000f03f"},
	{"f64 infinity", `["f64","a"]`, list{object{"a": math.Inf(1)}, `{"a":"Infinity"}`}, "000000000000f07f"},
	{"f64 minus infinity", `["f64","a"]`, list{object{"a": math.Inf(-1)}, `{"a":"-Infinity"}`}, "000000000000f0ff"},
	{"f64 not a number", `["f64","a"]`, list{object{"a": math.NaN()}, `{"a":"NaN"}`}, "010000000000f87f"},
	{"f64 minus zero", `["f64","a"]`, list{object{"a": math.Copysign(0, -1)}, `{"a":-0.0}`, `{"a":-0}`}, "0000000000000080"},
	{"timestamp", `["vl_api_timestamp_t","a"]`, list{object{"a": time.Unix(1, 500e6)}, object{"a": 1.5}, `{"a":1.5}`}, "000000000000f83f"},
	{"timestamp of no time", `["vl_api_timestamp_t","a"]`, list{object{"a": time.Time{}}, object{}}, "0000000000000000"},
	{"timedelta", `["vl_api_timedelta_t","a"]`, list{object{"a": 1500 * time.Millisecond}, `{"a":1.5}`}, "000000000000f83f"},

	{"defaults", `["u16","a",{"default":1500}],["bool","b",{"default":"true"}],["i8","c",{"default":-1}],["vl_api_colour_t","d",{"default":"NONE"}],["vl_api_interface_index_t","e",{"default":4294967295}]`,
		list{object{}, `{"a":null}`, object{"d": nil}}, "05dc" + "01" + "ff" + "ff" + "ffffffff"},
	{"a default does not hide a zero", `["u16","a",{"default":1500}],["bool","b",{"default":"true"}]`, list{`{"a":0,"b":false}`, object{"a": 0, "b": 0}}, "000000"},
	{"defaults at depth", `["vl_api_inner_t","a"]`, list{object{}, `{"a":{}}`, `{"a":{"pts":null}}`, `{"a":{"pts":[{},null]}}`}, "ff00ff00"},

	{"string[8]", `["string","s",8]`, list{object{"s": "abcdefg"}, object{"s": name("abcdefg")}, `{"s":"abcdefg"}`, `{"s":"\u0061bcdef\u0067"}`}, "6162636465666700"},
	{"string[8] padded", `["string","s",8]`, list{`{"s":"ab"}`}, "6162000000000000"},
	{"string[8] in UTF-8", `["string","s",8]`, list{object{"s": "é→"}, `{"s":"é→"}`, `{"s":"\u00e9\u2192"}`}, "c3a9e28692000000"},
	{"string[8] of any bytes", `["string","s",8]`, list{object{"s": "\xff\xfe"}}, "fffe000000000000"},
	{"string of an alias", `["vl_api_label_t","s",2]`, list{`{"s":["abc","d"]}`, object{"s": []string{"abc", "d"}}}, "6162630064000000"},
	{"string of variable length", `["string","s",0],["u8","x"]`, list{`{"s":"ab","x":1}`}, "00000002616201"},
	{"string of variable length, empty", `["string","s",0],["u8","x"]`, list{`{"s":"","x":1}`, `{"x":1}`}, "0000000001"},
	{"string with a pair of surrogates", `["string","s",0]`, list{`{"s":"\ud835\udd4f"}`, `{"s":"𝕏"}`}, "00000004f09d958f"},
	{"string with JSON's escapes", `["string","s",0]`, list{`{"s":"\"\\\/\b\f\n\r\t"}`, object{"s": "\"\\/\b\f\n\r\t"}}, "00000008" + "225c2f080c0a0d09"},
	{"string at its limit", `["string","s",0,{"limit":4}]`, list{`{"s":"abc"}`}, "00000003616263"},
	{"strings of variable length", `["u8","n"],["vl_api_remark_t","s",0,"n"]`, list{`{"s":["a",null]}`}, "02" + "0000000161" + "00000000"},

	{"u8[4]", `["u8","a",4]`, list{object{"a": []byte{1, 2, 3, 4}}, object{"a": [4]byte{1, 2, 3, 4}}, object{"a": [4]proto{1, 2, 3, 4}}, object{"a": []int{1, 2, 3, 4}}, object{"a": "01020304"}, `{"a":"01020304"}`, `{"a":[1,2,3,4]}`}, "01020304"},
	{"u8[6] of Go's bytes", `["u8","a",6]`, list{object{"a": net.HardwareAddr{1, 2}}, object{"a": net.IP{1, 2}}, object{"a": json.RawMessage{1, 2}}}, "010200000000"},
	{"u8[4] in upper case", `["u8","a",4]`, list{`{"a":"ABCDEF01"}`}, "abcdef01"},
	{"u8[4] padded on the right", `["u8","a",4]`, list{object{"a": []byte{10}}, object{"a": list{10}}, `{"a":"0a"}`}, "0a000000"},
	{"u8[4] empty", `["u8","a",4]`, list{`{"a":""}`, `{}`, object{"a": []byte(nil)}, `{"a":[null,0]}`}, "00000000"},
	{"u8[8] of an alias", `["vl_api_cookie_t","a"]`, list{object{"a": []byte{255}}, `{"a":"ff"}`}, "ff00000000000000"},
	{"u8 counted", `["u16","n"],["u8","a",0,"n"]`, list{`{"a":"aabb"}`, object{"a": []byte{0xaa, 0xbb}}, object{"a": [2]byte{0xaa, 0xbb}, "n": 2}, `{"a":[170,187],"n":2}`}, "0002aabb"},
	{"u8 to the end", `["u16","x"],["u8","a",0]`, list{`{"a":"aabb"}`, object{"a": list{0xaa, 0xbb}}}, "0000aabb"},
	{"u16[2]", `["u16","a",2]`, list{`{"a":[1,2]}`, object{"a": []uint16{1, 2}}, object{"a": [2]int{1, 2}}, object{"a": []byte{1, 2}}}, "00010002"},
	{"u16[2] absent", `["u16","a",2]`, list{`{}`, `{"a":null}`, `{"a":[null,0]}`, object{"a": []uint16(nil)}, object{"a": list(nil)}}, "00000000"},
	{"u16[2] of an alias, twice", `["vl_api_pair_t","a",2]`, list{`{"a":[[1,2],[3,4]]}`}, "0001000200030004"},
	{"bool[2]", `["bool","a",2]`, list{`{"a":[true,0]}`}, "0100"},
	{"structs to the end", `["vl_api_point_t","a",0]`, list{`{"a":[{"x":1},{"y":2}]}`, object{"a": []map[string]int{{"x": 1}, {"y": 2}}}}, "0100ff02"},

	{"count from its array", `["u8","n"],["vl_api_point_t","a",0,"n"]`, list{`{"a":[{"x":1,"y":2},{"x":3,"y":4}]}`, `{"n":2,"a":[{"x":1,"y":2},{"x":3,"y":4}]}`}, "02" + "0102" + "0304"},
	{"count of nothing", `["u8","n"],["vl_api_point_t","a",0,"n"]`, list{`{}`, `{"n":0}`, `{"a":[]}`, `{"a":null,"n":null}`}, "00"},
	{"count away from its array", `["u32","n"],["u16","x"],["u16","a",0,"n"]`, list{`{"x":7,"a":[1]}`}, "00000001" + "0007" + "0001"},
	{"count with a default", `["u8","n",{"default":3}],["u16","a",0,"n"]`, list{`{"a":[1]}`}, "010001"},
	{"two arrays of one count", `["i16","n"],["u8","a",0,"n"],["u16","b",0,"n"]`, list{`{"a":"0102","b":[3,4]}`, `{"n":2,"a":"0102","b":[3,4]}`}, "0002" + "0102" + "00030004"},
	{"counts at depth", `["u8","c"],["vl_api_run_t","a",0,"c"]`, list{`{"a":[{"v":[5,6]},{}]}`, `{"c":2,"a":[{"n":2,"v":[5,6]},{"n":0}]}`}, "02" + "0200050006" + "00"},

	{"enum", `["vl_api_colour_t","a"]`, list{`{"a":"GREEN"}`, `{"a":"LIME"}`, `{"a":1}`, object{"a": proto(1)}, object{"a": name("GREEN")}}, "01"},
	{"enum without a name", `["vl_api_colour_t","a"]`, list{`{"a":77}`, object{"a": uint64(77)}}, "4d"},
	{"enum that is signed", `["vl_api_level_t","a"]`, list{`{"a":"LOW"}`, `{"a":-2}`}, "fffe"},
	{"enum member of -1 in a u32", `["vl_api_big_t","a"]`, list{`{"a":"BIG_ALL"}`, `{"a":4294967295}`, object{"a": int8(-1)}}, "ffffffff"},
	{"enums", `["u8","n"],["vl_api_colour_t","a",0,"n"]`, list{`{"a":["RED",1,255]}`, object{"a": []proto{0, 1, 255}}, object{"a": []string{"RED", "GREEN", "NONE"}}}, "030001ff"},
	{"flags", `["vl_api_fl_t","a"]`, list{`{"a":"F_A|F_C"}`, `{"a":"F_C | F_A"}`, `{"a":["F_A","F_C"]}`, `{"a":["F_A",128]}`, `{"a":129}`, object{"a": []string{"F_A", "F_C"}}, object{"a": [2]name{"F_A", "F_C"}}}, "81"},
	{"flags, none", `["vl_api_fl_t","a"]`, list{`{"a":[]}`, `{"a":"F_NONE"}`, `{"a":0}`, `{}`}, "00"},
	{"flags, one", `["vl_api_fl_t","a"]`, list{`{"a":"F_B"}`, `{"a":["F_B"]}`, `{"a":["F_B","F_B"]}`}, "02"},
	{"flags of an older enum", `["vl_api_old_flags_t","a"]`, list{`{"a":"OLD_AB"}`, `{"a":"OLD_A|OLD_B"}`, `{"a":["OLD_A",2]}`}, "00000003"},

	{"IPv4 address", `["vl_api_ip4_address_t","a"]`, list{`{"a":"10.1.2.3"}`, `{"a":"0a010203"}`, object{"a": addr("10.1.2.3")}, object{"a": net.IPv4(10, 1, 2, 3)}, object{"a": []byte{10, 1, 2, 3}}, object{"a": [4]byte{10, 1, 2, 3}}, `{"a":[10,1,2,3]}`}, "0a010203"},
	{"IPv6 address", `["vl_api_ip6_address_t","a"]`, list{`{"a":"fe80::1"}`, `{"a":"fe800000000000000000000000000001"}`, object{"a": addr("fe80::1")}, object{"a": net.ParseIP("fe80::1")}}, "fe800000000000000000000000000001"},
	{"IPv6 address that holds an IPv4 one", `["vl_api_ip6_address_t","a"]`, list{`{"a":"::ffff:1.2.3.4"}`, object{"a": addr("::ffff:1.2.3.4")}}, "00000000000000000000ffff01020304"},
	{"no address", `["vl_api_ip4_address_t","a"],["vl_api_ip6_address_t","b"],["vl_api_address_t","c"],["vl_api_prefix_t","d"],["vl_api_ip6_prefix_t","e"]`,
		list{`{}`, object{"a": netip.Addr{}, "b": netip.Addr{}, "c": netip.Addr{}, "d": netip.Prefix{}, "e": netip.Prefix{}}, object{"c": net.IP(nil)}}, strings.Repeat("00", 4+16+17+18+17)},
	{"address of IPv4", `["vl_api_address_t","a"]`, list{`{"a":"1.2.3.4"}`, object{"a": addr("1.2.3.4")}, object{"a": net.ParseIP("1.2.3.4")}, `{"a":{"af":"ADDRESS_IP4","un":{"ip4":"1.2.3.4"}}}`, `{"a":{"un":{"ip4":"01020304"}}}`}, "0001020304" + strings.Repeat("00", 12)},
	{"address of IPv6", `["vl_api_address_t","a"]`, list{`{"a":"2001:db8::1"}`, object{"a": addr("2001:db8::1")}, object{"a": net.ParseIP("2001:db8::1")}, `{"a":{"af":1,"un":{"ip6":"2001:DB8::1"}}}`, `{"a":{"un":{"ip6":"2001:db8::1"}}}`}, "0120010db8000000000000000000000001"},
	{"address that holds an IPv4 one", `["vl_api_address_t","a"]`, list{`{"a":"::ffff:1.2.3.4"}`, object{"a": addr("::ffff:1.2.3.4")}}, "0100000000000000000000ffff01020304"},
	{"address of an unknown family", `["vl_api_address_t","a"]`, list{`{"a":{"af":7,"un":{"ip4":"1.2.3.4"}}}`}, "0701020304" + strings.Repeat("00", 12)},
	{"prefix with host bits", `["vl_api_prefix_t","a"]`, list{`{"a":"1.2.3.4/24"}`, object{"a": prefix("1.2.3.4/24")}, `{"a":{"address":"1.2.3.4","len":24}}`}, "0001020304" + strings.Repeat("00", 12) + "18"},
	{"prefix of IPv6", `["vl_api_prefix_t","a"]`, list{`{"a":"2001:db8::/32"}`, object{"a": prefix("2001:db8::/32")}}, "0120010db8000000000000000000000000" + "20"},
	{"prefix of any length", `["vl_api_prefix_t","a"]`, list{`{"a":"1.2.3.4/255"}`, `{"a":{"address":"1.2.3.4","len":255}}`}, "0001020304" + strings.Repeat("00", 12) + "ff"},
	{"prefix4", `["vl_api_ip4_prefix_t","a"]`, list{`{"a":"1.2.3.4/8"}`, object{"a": prefix("1.2.3.4/8")}, `{"a":{"address":"01020304","len":8}}`}, "0102030408"},
	{"prefix6", `["vl_api_ip6_prefix_t","a"]`, list{`{"a":"2::2/64"}`, object{"a": prefix("2::2/64")}}, "00020000000000000000000000000002" + "40"},
	{"MAC", `["vl_api_mac_address_t","a"]`, list{`{"a":"aa:bb:cc:dd:ee:0f"}`, `{"a":"AA-BB-CC-DD-EE-0F"}`, `{"a":"aabb.ccdd.ee0f"}`, `{"a":"aabbccddee0f"}`,
		object{"a": net.HardwareAddr{0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0x0f}}, object{"a": [6]byte{0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0x0f}}, object{"a": binproto.MAC{0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0x0f}}, `{"a":[170,187,204,221,238,15]}`}, "aabbccddee0f"},
	{"MACs", `["vl_api_mac_address_t","a",2]`, list{`{"a":["aa:bb:cc:dd:ee:0f",null]}`}, "aabbccddee0f000000000000"},

	{"union by its arm", `["vl_api_number_t","a"],["u8","z"]`, list{`{"a":{"middle":5},"z":9}`, `{"a":{"middle":5,"small":null},"z":9}`, `{"a":{"nsh":{"spi":5}},"z":9}`}, "0000000500" + "09"},
	{"union of nothing", `["vl_api_number_t","a"],["u8","z"]`, list{`{"z":9}`, `{"a":{},"z":9}`, `{"a":{"nsh":null},"z":9}`}, "0000000000" + "09"},
	{"union tells its discriminator", `["vl_api_eid_type_t","k"],["vl_api_eid_t","a",{"discriminator":"k"}]`, list{`{"a":{"nsh":{"spi":1,"si":2}}}`, `{"k":"EID_NSH","a":{"nsh":{"spi":1,"si":2}}}`, `{"k":1,"a":{"nsh":{"spi":1,"si":2}}}`}, "01" + "000000010200"},
	{"union under an unknown discriminator", `["vl_api_eid_type_t","k"],["vl_api_eid_t","a",{"discriminator":"k"}]`, list{`{"k":9,"a":{"nsh":{"si":2}}}`}, "09" + "000000000200"},
	{"union with an arm of no case", `["vl_api_eid_type_t","k",{"default":1}],["vl_api_eid_t","a",{"discriminator":"k"}]`, list{`{"a":{"spare":7}}`}, "01" + "070000000000"},
	{"union of nothing keeps its discriminator", `["vl_api_eid_type_t","k"],["vl_api_eid_t","a",{"discriminator":"k"}]`, list{`{"k":1}`, `{"k":1,"a":{}}`}, "01" + "000000000000"},
	{"union by numbers", `["u8","k"],["vl_api_by_number_t","a",{"discriminator":"k"}]`, list{`{"a":{"ten":1}}`}, "0a" + "00000001"},
	{"union by -1", `["vl_api_big_t","k"],["vl_api_by_all_t","a",{"discriminator":"k"}]`, list{`{"a":{"all":1}}`, `{"k":4294967295,"a":{"all":1}}`}, "ffffffff" + "0001"},
	{"two unions of one discriminator", `["vl_api_eid_type_t","k"],["vl_api_eid_t","a",{"discriminator":"k"}],["vl_api_eid_t","b",{"discriminator":"k"}]`, list{`{"a":{"nsh":{}},"b":{"nsh":{"si":1}}}`}, "01" + "000000000000" + "000000000100"},
	{"an inferred discriminator is not set", `["vl_api_address_family_t","af"],["vl_api_address_union_t","a"]`, list{`{"a":{"ip6":"1::"}}`}, "00" + "0001" + strings.Repeat("00", 14)},
}

func TestEncode(t *testing.T) {
	t.Parallel()
	for _, c := range encodeCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			typ := caseType(t, c.fields)
			for _, v := range c.values {
				encode := typ.AppendValue
				if js, ok := v.(string); ok {
					encode = func(dst []byte, _ any) ([]byte, error) { return typ.AppendValueFromJSON(dst, []byte(js)) }
				}
				got, err := encode([]byte{0xee}, v)
				if err != nil {
					t.Errorf("%v: %v", v, err)
				} else if h := hex.EncodeToString(got); h != "ee"+c.hex {
					t.Errorf("%v:\n got %s\nwant ee%s", v, h, c.hex)
				}
			}
		})
	}
}

// Every value must be refused, with this class and path.
var encodeErrors = []struct {
	name   string
	fields string
	values []any
	class  error
	path   string
	offset int
}{
	{"u8 too large", `["u16","x"],["u8","a"]`, list{`{"a":256}`, object{"a": 256}, object{"a": uint64(math.MaxUint64)}, object{"a": 1e300}}, binproto.ErrRange, "a", 2},
	{"u8 negative", `["u16","x"],["u8","a"]`, list{`{"a":-1}`, object{"a": -1}, object{"a": int8(-1)}, object{"a": -1.0}}, binproto.ErrRange, "a", 2},
	{"i8 too large", `["i8","a"]`, list{`{"a":128}`, `{"a":-129}`, object{"a": uint8(128)}}, binproto.ErrRange, "a", 0},
	{"i32 too large", `["i32","a"]`, list{`{"a":2147483648}`, `{"a":-2147483649}`}, binproto.ErrRange, "a", 0},
	{"u64 too large", `["u64","a"]`, list{`{"a":18446744073709551616}`, `{"a":1e20}`, `{"a":1e999}`}, binproto.ErrRange, "a", 0},
	{"i64 too large", `["i64","a"]`, list{`{"a":9223372036854775808}`, object{"a": uint64(1 << 63)}}, binproto.ErrRange, "a", 0},
	{"integer of the wrong sort", `["u32","a"]`, list{`{"a":"5"}`, `{"a":1.5}`, `{"a":true}`, `{"a":[]}`, `{"a":{}}`, object{"a": math.NaN()}, object{"a": struct{}{}}, object{"a": complex(1, 0)}}, binproto.ErrType, "a", 0},
	{"bool of the wrong sort", `["bool","a"]`, list{`{"a":"true"}`, `{"a":[]}`}, binproto.ErrType, "a", 0},
	{"f64 of the wrong sort", `["f64","a"]`, list{`{"a":"1.5"}`, `{"a":"nan"}`, `{"a":true}`, object{"a": time.Second}, object{"a": time.Unix(1, 0)}}, binproto.ErrType, "a", 0},
	{"f64 too large", `["f64","a"]`, list{`{"a":1e999}`}, binproto.ErrRange, "a", 0},
	{"times in each other's place", `["vl_api_timestamp_t","a"]`, list{object{"a": time.Second}}, binproto.ErrType, "a", 0},

	{"string too long", `["string","s",8]`, list{`{"s":"abcdefgh"}`, `{"s":"éééé"}`}, binproto.ErrRange, "s", 0},
	{"string with NUL", `["string","s",8]`, list{`{"s":"a\u0000b"}`, object{"s": "\x00"}}, binproto.ErrType, "s", 0},
	{"string beyond its limit", `["string","s",0,{"limit":4}]`, list{`{"s":"abcd"}`}, binproto.ErrRange, "s", 0},
	{"string of the wrong sort", `["string","s",8]`, list{`{"s":5}`, `{"s":["a"]}`, object{"s": []byte("a")}}, binproto.ErrType, "s", 0},
	{"u8[4] too long", `["u8","a",4]`, list{`{"a":"0102030405"}`, object{"a": make([]byte, 5)}, `{"a":[1,2,3,4,5]}`}, binproto.ErrRange, "a", 0},
	{"u8[4] of the wrong sort", `["u8","a",4]`, list{`{"a":"0"}`, `{"a":"zz"}`, `{"a":5}`, `{"a":{}}`}, binproto.ErrType, "a", 0},
	{"u8[4] with a number too large", `["u8","a",4]`, list{`{"a":[1,256]}`}, binproto.ErrRange, "a[1]", 0},
	{"u16[2] of the wrong length", `["u16","a",2]`, list{`{"a":[1]}`, `{"a":[]}`, `{"a":[1,2,3]}`}, binproto.ErrRange, "a", 0},
	{"u16[2] of the wrong sort", `["u16","a",2]`, list{`{"a":1}`, `{"a":"0001"}`}, binproto.ErrType, "a", 0},
	{"an element too large", `["u8","n"],["u16","a",0,"n"]`, list{`{"a":[1,65536]}`}, binproto.ErrRange, "a[1]", 3},
	{"list of the wrong sort", `["u8","n"],["u16","a",0,"n"]`, list{`{"a":{}}`, `{"a":7}`}, binproto.ErrType, "a", 1},
	{"list in a list", `["vl_api_pair_t","a",2]`, list{`{"a":[[1,2],[3,-4]]}`}, binproto.ErrRange, "a[1][1]", 6},

	{"count that differs", `["u8","n"],["u16","a",0,"n"]`, list{`{"n":1,"a":[1,2]}`, `{"n":3,"a":[1,2]}`}, binproto.ErrCount, "a", 5},
	{"count without its array", `["u8","n"],["u16","a",0,"n"]`, list{`{"n":5}`, `{"n":5,"a":null}`, `{"n":5,"a":[]}`}, binproto.ErrCount, "a", 1},
	{"count that is negative", `["i8","n"],["u8","a",0,"n"]`, list{object{"n": -1, "a": make([]byte, 255)}}, binproto.ErrCount, "a", 256},
	{"count too large for its type", `["u8","n"],["u8","a",0,"n"]`, list{object{"a": make([]byte, 256)}}, binproto.ErrRange, "a", 257},
	{"count too large for its signed type", `["i8","n"],["u8","a",0,"n"]`, list{object{"a": make([]byte, 128)}}, binproto.ErrRange, "a", 129},
	{"count out of range itself", `["u8","n"],["u8","a",0,"n"]`, list{object{"n": 256, "a": make([]byte, 256)}}, binproto.ErrRange, "n", 0},
	{"arrays of one count that differ", `["u8","n"],["u8","a",0,"n"],["u8","b",0,"n"]`, list{`{"a":"0102","b":"03"}`, `{"n":2,"a":"0102","b":"03"}`}, binproto.ErrCount, "b", 4},

	{"enum of no such name", `["vl_api_colour_t","a"]`, list{`{"a":"BLUE"}`, `{"a":""}`, `{"a":"GREEN|NONE"}`, `{"a":"1"}`}, binproto.ErrType, "a", 0},
	{"enum out of range", `["vl_api_colour_t","a"]`, list{`{"a":256}`, `{"a":-1}`}, binproto.ErrRange, "a", 0},
	{"enum of the wrong sort", `["vl_api_colour_t","a"]`, list{`{"a":["GREEN"]}`, `{"a":true}`, `{"a":{}}`}, binproto.ErrType, "a", 0},
	{"flags of no such name", `["vl_api_fl_t","a"]`, list{`{"a":"F_A|F_Z"}`, `{"a":""}`, `{"a":"F_A|"}`}, binproto.ErrType, "a", 0},
	{"flags of no such name in a list", `["vl_api_fl_t","a"]`, list{`{"a":["F_A","F_Z"]}`, `{"a":["F_A",null]}`, `{"a":["F_A",["F_B"]]}`}, binproto.ErrType, "a[1]", 0},
	{"flags out of range", `["vl_api_fl_t","a"]`, list{`{"a":["F_A",256]}`}, binproto.ErrRange, "a[1]", 0},

	{"IPv4 address of the wrong sort", `["vl_api_ip4_address_t","a"]`, list{`{"a":"10.1.2.300"}`, `{"a":"1.2.3"}`, `{"a":"0a0102"}`, `{"a":"10.1.2.x"}`, `{"a":"::1"}`, `{"a":""}`, `{"a":5}`, object{"a": addr("::ffff:1.2.3.4")}, object{"a": net.ParseIP("::1")}, object{"a": net.IP{1, 2}}}, binproto.ErrType, "a", 0},
	{"IPv6 address of the wrong sort", `["vl_api_ip6_address_t","a"]`, list{`{"a":"1.2.3.4"}`, `{"a":"fe80::1%eth0"}`, `{"a":"fe80"}`, object{"a": addr("fe80::1%eth0")}, object{"a": net.IPv4(1, 2, 3, 4)}}, binproto.ErrType, "a", 0},
	{"address of the wrong sort", `["vl_api_address_t","a"]`, list{`{"a":"fe80::1%1"}`, `{"a":"1.2.3.4/24"}`, `{"a":"host"}`, `{"a":""}`, `{"a":7}`, object{"a": []byte{1, 2, 3, 4}}, object{"a": prefix("1.2.3.4/24")}}, binproto.ErrType, "a", 0},
	{"prefix of the wrong sort", `["vl_api_prefix_t","a"]`, list{`{"a":"1.2.3.4"}`, `{"a":"1.2.3.4/"}`, `{"a":"1.2.3.4/256"}`, `{"a":"1.2.3.4/-1"}`, `{"a":"1.2.3.4/+1"}`, `{"a":"1.2.3.4/024"}`, `{"a":"fe80::1%1/64"}`, `{"a":"1.2.3.4/24/24"}`,
		object{"a": netip.PrefixFrom(addr("1.2.3.4"), 33)}, object{"a": addr("1.2.3.4")}}, binproto.ErrType, "a", 0},
	{"prefix4 of the other family", `["vl_api_ip4_prefix_t","a"]`, list{`{"a":"::/0"}`, object{"a": prefix("::/0")}}, binproto.ErrType, "a", 0},
	{"prefix6 of the other family", `["vl_api_ip6_prefix_t","a"]`, list{`{"a":"0.0.0.0/0"}`}, binproto.ErrType, "a", 0},
	{"MAC of the wrong sort", `["vl_api_mac_address_t","a"]`, list{`{"a":"zz:bb:cc:dd:ee:ff"}`, `{"a":"aa:bb:cc:dd:ee"}`, `{"a":"aa:bb-cc:dd:ee:ff"}`, `{"a":"aa_bb_cc_dd_ee_ff"}`, `{"a":"aabb:ccdd:eeff"}`, `{"a":"aabb.ccdd.eef"}`, `{"a":"aabbccddeef"}`, `{"a":"aabb"}`, `{"a":"aa:bb:cc:dd:ee:f:"}`, `{"a":""}`, `{"a":1}`, object{"a": net.HardwareAddr{1, 2, 3, 4, 5}}, object{"a": make(net.HardwareAddr, 8)}}, binproto.ErrType, "a", 0},
	{"MAC of too many bytes", `["vl_api_mac_address_t","a"]`, list{object{"a": make([]byte, 8)}}, binproto.ErrRange, "a", 0},
	{"address within a list", `["u8","n"],["vl_api_address_t","a",0,"n"]`, list{`{"a":["1.2.3.4","x"]}`}, binproto.ErrType, "a[1]", 18},
	{"address within a structure", `["vl_api_prefix_t","a"]`, list{`{"a":{"address":{"un":{"ip4":"x"}}}}`}, binproto.ErrType, "a.address.un.ip4", 1},
	{"length within a structure", `["vl_api_prefix_t","a"]`, list{`{"a":{"address":"1.2.3.4","len":256}}`}, binproto.ErrRange, "a.len", 17},

	{"unknown field", `["u8","a"]`, list{`{"a":1,"zz":9}`, `{"zz":null}`, object{"zz": 1, "zzz": 2}}, binproto.ErrUnknownField, "zz", 0},
	{"unknown field at depth", `["u8","x"],["vl_api_inner_t","a"]`, list{`{"a":{"pts":[{},{"zz":1}]}}`}, binproto.ErrUnknownField, "a.pts[1].zz", 3},
	{"unknown field in an address", `["vl_api_address_t","a"]`, list{`{"a":{"family":1}}`}, binproto.ErrUnknownField, "a.family", 0},
	{"unknown arm", `["u8","x"],["vl_api_number_t","a"]`, list{`{"a":{"nope":5}}`, `{"a":{"small":5,"nope":5}}`}, binproto.ErrUnknownField, "a.nope", 1},
	{"two arms", `["vl_api_number_t","a"]`, list{`{"a":{"small":1,"middle":1}}`}, binproto.ErrType, "a", 1},
	{"arm of the wrong sort", `["vl_api_number_t","a"]`, list{`{"a":{"nsh":{"spi":-1}}}`}, binproto.ErrRange, "a.nsh.spi", 0},
	{"union of the wrong sort", `["vl_api_number_t","a"]`, list{`{"a":5}`, `{"a":[]}`}, binproto.ErrType, "a", 0},
	{"arm against its discriminator", `["vl_api_eid_type_t","k"],["vl_api_eid_t","a",{"discriminator":"k"}]`, list{`{"k":"EID_MAC","a":{"nsh":{}}}`, `{"k":1,"a":{"mac":"aabbccddeeff"}}`, `{"k":1,"a":{"spare":1}}`}, binproto.ErrType, "a", 7},
	{"arms of one discriminator that differ", `["vl_api_eid_type_t","k"],["vl_api_eid_t","a",{"discriminator":"k"}],["vl_api_eid_t","b",{"discriminator":"k"}]`, list{`{"a":{"nsh":{}},"b":{"mac":"aabbccddeeff"}}`}, binproto.ErrType, "b", 13},
	{"case too large for its discriminator", `["u8","k"],["vl_api_by_number_t","a",{"discriminator":"k"}]`, list{`{"a":{"huge":1}}`}, binproto.ErrRange, "a", 5},
	{"address against its family", `["vl_api_address_t","a"]`, list{`{"a":{"af":"ADDRESS_IP4","un":{"ip6":"::1"}}}`}, binproto.ErrType, "a.un", 17},
	{"arm of no sort", `["vl_api_number_t","a"]`, list{object{"a": object{"small": func() {}}}}, binproto.ErrType, "a.small", 0},
	{"element of no sort", `["u8","n"],["u16","a",0,"n"]`, list{object{"a": list{1, func() {}}}}, binproto.ErrType, "a[1]", 3},
	{"byte of no sort", `["u8","a",4]`, list{object{"a": list{1, func() {}}}}, binproto.ErrType, "a[1]", 0},
	{"structure of the wrong sort", `["u8","x"],["vl_api_point_t","a"]`, list{`{"a":5}`, `{"a":[1,2]}`, object{"a": map[int]int{}}}, binproto.ErrType, "a", 1},
	{"no object", `["u8","x"]`, list{`{"x":1}5`, `null x`, `{"x":}`, `{"x":01}`, ``, object{"x": func() {}}}, binproto.ErrType, "", -1},
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range encodeErrors {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			typ := caseType(t, c.fields)
			for _, v := range c.values {
				js, isJSON := v.(string)
				var dst []byte
				var err error
				kept := append(make([]byte, 0, 64), "kept"...)
				if isJSON {
					dst, err = typ.AppendValueFromJSON(kept, []byte(js))
				} else {
					dst, err = typ.AppendValue(kept, v)
				}
				var e *binproto.Error
				if !errors.As(err, &e) {
					t.Errorf("%v: %v", v, err)
					continue
				}
				if c.name == "no object" && !isJSON {
					c.path, c.offset = "x", 0
				}
				if !errors.Is(err, c.class) || e.Field != c.path || e.Offset != c.offset || e.Op != "encode" || e.Message != "vl_api_t_t" {
					t.Errorf("%v: %v (field %q, offset %d), want %v at %q, %d", v, err, e.Field, e.Offset, c.class, c.path, c.offset)
				}
				if string(dst) != "kept" {
					t.Errorf("%v: dst is %q", v, dst)
				}
			}
		})
	}
}

func TestMessageErrors(t *testing.T) {
	t.Parallel()
	m := sampleSchema(t).Message("paths")
	_, err := m.AppendFromJSON(nil, []byte(`{"paths":[{},{"nh":"192.0.2.300"}]}`))
	want := `encode paths: paths[1].nh at offset 62: wrong type: want an IP address without zone, got text "192.0.2.300"`
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v, want\n%s", err, want)
	}
	_, err = m.AppendFromJSON(nil, []byte(`{"n_paths":1,"n_paths":1}`))
	want = `encode paths: n_paths: wrong type: want each key once, got a second one`
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v, want\n%s", err, want)
	}
	_, err = m.AppendFields(nil, map[string]any{"is_ad": true})
	want = `encode paths: is_ad at offset 0: unknown field: want one of _vl_msg_id, prefix, n_paths, is_add, paths`
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v, want\n%s", err, want)
	}
	_, err = m.DecodeFields(make([]byte, 19))
	want = `decode paths: prefix at offset 2: truncated: want 18 bytes, got 17`
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v, want\n%s", err, want)
	}
}

// Values that refer to themselves must end somewhere.
func TestCyclicValues(t *testing.T) {
	t.Parallel()
	typ := caseType(t, `["u8","a"]`)
	type pointer *pointer
	var p pointer
	p = &p
	var x any
	x = &x
	self := object{}
	self["a"] = self
	for _, v := range []any{object{"a": p}, object{"a": x}, self} {
		if b, err := typ.AppendValue(nil, v); !errors.Is(err, binproto.ErrType) || b != nil {
			t.Errorf("%x, %v", b, err)
		}
	}
}
