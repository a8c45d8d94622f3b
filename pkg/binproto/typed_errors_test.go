package binproto_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// wantError checks all that an error of the codec carries.
func wantError(t *testing.T, err error, op, field string, offset int, class error, texts ...string) {
	t.Helper()
	var e *binproto.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an error of the codec", err)
	}
	if e.Op != op || e.Message != "m" || e.Field != field || e.Offset != offset || !errors.Is(err, class) {
		t.Errorf("got %q, offset %d, class %v\nwant %s of %s at offset %d, class %v", err, e.Offset, e.Err, op, field, offset, class)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("got %q, want %q in it", err, text)
		}
	}
}

// badRules are 300 rules of which one has a bad prefix.
func badRules(at int) []rule {
	r, _ := rules(300)
	r[at].SrcPrefix = netip.PrefixFrom(addr("10.0.0.1"), 33)
	return r
}

type ruleList struct{ R []rule }

func TestTypedEncodeErrors(t *testing.T) {
	t.Parallel()
	const eid = `["vl_api_eid_type_t","k"],["vl_api_eid_t","u",{"discriminator":"k"}]`
	const mprefix = `["vl_api_address_family_t","af"],["vl_api_address_union_t","src"]`
	type family struct {
		Af  uint8
		Src netip.Addr
	}
	for _, c := range []struct {
		name   string
		fields string
		value  any
		field  string
		offset int
		class  error
		text   string
	}{
		{"prefix with an impossible length", `["u8","x"],["vl_api_prefix_t","a"]`, struct{ A netip.Prefix }{netip.PrefixFrom(addr("10.0.0.1"), 33)}, "a", 3, binproto.ErrType, "10.0.0.1 with an impossible length"},
		{"prefix of IPv6 with an impossible length", `["vl_api_prefix_t","a"]`, struct{ A netip.Prefix }{netip.PrefixFrom(addr("::1"), 129)}, "a", 2, binproto.ErrType, "::1 with an impossible length"},
		{"prefix of the other family", `["vl_api_ip4_prefix_t","a"]`, struct{ A netip.Prefix }{prefix("::/0")}, "a", 2, binproto.ErrType, "::/0"},
		{"prefix of the other family", `["vl_api_ip6_prefix_t","a"]`, struct{ A netip.Prefix }{prefix("10.0.0.0/8")}, "a", 2, binproto.ErrType, "10.0.0.0/8"},
		{"prefix of one family with an impossible length", `["vl_api_ip4_prefix_t","a"]`, struct{ A netip.Prefix }{netip.PrefixFrom(addr("10.0.0.1"), -1)}, "a", 2, binproto.ErrType, "impossible length"},
		{"address of the other family", `["vl_api_ip4_address_t","a"]`, struct{ A netip.Addr }{addr("::1")}, "a", 2, binproto.ErrType, "::1"},
		{"address of the other family", `["vl_api_ip6_address_t","a"]`, struct{ A netip.Addr }{addr("1.2.3.4")}, "a", 2, binproto.ErrType, "1.2.3.4"},
		{"address that maps the other family", `["vl_api_ip4_address_t","a"]`, struct{ A netip.Addr }{addr("::ffff:1.2.3.4")}, "a", 2, binproto.ErrType, ""},
		{"address with a zone", `["vl_api_ip6_address_t","a"]`, struct{ A netip.Addr }{addr("fe80::1%eth0")}, "a", 2, binproto.ErrType, "without zone"},
		{"address with a zone", `["vl_api_address_t","a"]`, struct{ A netip.Addr }{addr("fe80::1%eth0")}, "a", 2, binproto.ErrType, "fe80::1%eth0"},
		{"address in a union with a zone", mprefix, family{1, addr("fe80::1%eth0")}, "src", 3, binproto.ErrType, ""},
		{"address in a union of the other family", mprefix, family{0, addr("::1")}, "src", 3, binproto.ErrType, "the field's family"},
		{"address in a union of the other family", mprefix, family{1, addr("1.2.3.4")}, "src", 3, binproto.ErrType, ""},
		{"address in a union of no family", mprefix, family{2, addr("1.2.3.4")}, "src", 3, binproto.ErrType, ""},

		{"integer above", `["u8","a"]`, struct{ A uint16 }{256}, "a", 2, binproto.ErrRange, "want a number that fits u8, got 256"},
		{"integer below", `["u8","a"]`, struct{ A int }{-1}, "a", 2, binproto.ErrRange, "got -1"},
		{"integer above, signed", `["i8","a"]`, struct{ A int16 }{128}, "a", 2, binproto.ErrRange, "128"},
		{"integer below, signed", `["i32","a"]`, struct{ A int64 }{math.MinInt32 - 1}, "a", 2, binproto.ErrRange, "-2147483649"},
		{"integer above, of 64 bits", `["u32","a"]`, struct{ A uint64 }{math.MaxUint64}, "a", 2, binproto.ErrRange, "got 18446744073709551615"},
		{"integer above, of 32 bits", `["u16","a"]`, struct{ A uint32 }{math.MaxUint32}, "a", 2, binproto.ErrRange, "got 4294967295"},
		{"integer in an array", `["u8","x"],["u8","a",3]`, struct{ A [3]int32 }{[3]int32{0, 1, 256}}, "a[2]", 5, binproto.ErrRange, ""},
		{"integer in a slice", `["u8","n"],["u16","a",0,"n"]`, struct{ A []uint64 }{[]uint64{1, 2, 3, 1 << 16}}, "a[3]", 9, binproto.ErrRange, ""},

		{"time too late", `["f64","a"]`, struct{ A time.Time }{time.Unix(1<<53, 0)}, "a", 2, binproto.ErrRange, "seconds since 1970"},
		{"time too early", `["u8","x"],["f64","a"]`, struct{ A time.Time }{time.Unix(-1<<53, 0)}, "a", 3, binproto.ErrRange, ""},

		{"text too long", `["u8","x"],["string","a",4]`, struct{ A string }{"abcd"}, "a", 3, binproto.ErrRange, "want at most 3 bytes, got 4"},
		{"text too long, as bytes", `["string","a",4]`, struct{ A []byte }{[]byte("abcd")}, "a", 2, binproto.ErrRange, ""},
		{"text with a NUL", `["string","a",4]`, struct{ A string }{"a\x00"}, "a", 2, binproto.ErrType, "NUL"},
		{"text with a NUL, as bytes", `["string","a",4]`, struct{ A []byte }{[]byte("\x00")}, "a", 2, binproto.ErrType, "NUL"},
		{"text in bytes too long", `["u8","a",4]`, struct{ A string }{"abcde"}, "a", 2, binproto.ErrRange, "at most 4 bytes"},
		{"text in bytes with a NUL", `["u8","a",4]`, struct{ A string }{"a\x00c"}, "a", 2, binproto.ErrType, "NUL"},
		{"bytes too long", `["u8","a",4]`, struct{ A []byte }{make([]byte, 5)}, "a", 2, binproto.ErrRange, "at most 4 bytes"},
		{"text beyond its limit", `["string","x",0],["string","a",0,{"limit":4}]`, struct{ X, A string }{"xyz", "abcd"}, "a", 9, binproto.ErrRange, "want at most 3 bytes, got 4"},
		{"text of an array", `["vl_api_label_t","a",3]`, struct{ A [3]string }{[3]string{"", "abc", "abcd"}}, "a[2]", 10, binproto.ErrRange, ""},
		{"text beyond the limit of an array", `["vl_api_remark_t","a",2,{"limit":4}]`, struct{ A [2]string }{[2]string{"abc", "abcd"}}, "a[1]", 9, binproto.ErrRange, ""},
		{"text beyond the limit of a slice", `["u8","n"],["vl_api_remark_t","a",0,"n",{"limit":4}]`, struct{ A []string }{[]string{"abc", "abcd"}}, "a[1]", 10, binproto.ErrRange, ""},

		{"more than a count can", `["u8","x"],["u8","n"],["u8","a",0,"n"]`, struct{ A []byte }{make([]byte, 256)}, "n", 3, binproto.ErrRange, "at most 255 elements, which the u8 can count, got 256"},
		{"more than a signed count can", `["i8","n"],["u8","a",0,"n"]`, struct{ A []byte }{make([]byte, 128)}, "n", 2, binproto.ErrRange, "at most 127"},
		{"more than a u16 can", `["u16","n"],["vl_api_nothing_t","a",0,"n"]`, struct{ A []struct{} }{make([]struct{}, 1<<16)}, "n", 2, binproto.ErrRange, "at most 65535"},
		{"more than a given count can", `["u8","n"],["u8","a",0,"n"]`, struct {
			N uint64
			A []byte
		}{256, make([]byte, 256)}, "n", 2, binproto.ErrRange, "256"},
		{"a count that differs", `["u8","x"],["u8","n"],["u8","a",0,"n"]`, struct {
			N uint8
			A []byte
		}{3, make([]byte, 2)}, "n", 3, binproto.ErrCount, "want 2, the length of what it counts, or 0, got 3"},
		{"a count without its array", `["u8","n"],["u8","a",0,"n"]`, struct{ N uint8 }{1}, "n", 2, binproto.ErrCount, ""},
		{"arrays of one count that differ", `["u8","n"],["u8","a",0,"n"],["u16","b",0,"n"]`, struct {
			A []byte
			B []uint16
		}{make([]byte, 2), make([]uint16, 3)}, "n", 2, binproto.ErrCount, "want arrays of one length, 2, got 3"},
		{"one array of a count is missing", `["u8","n"],["u8","a",0,"n"],["u16","b",0,"n"]`, struct{ B []uint16 }{make([]uint16, 3)}, "n", 2, binproto.ErrCount, "array that the Go struct lacks"},
		{"a count inside a slice", `["u8","k"],["vl_api_runs_t","a",0,"k"]`, struct{ A []struct{ R []run } }{[]struct{ R []run }{{}, {[]run{{}, {V: make([]uint16, 300)}}}}}, "a[1].r[1].n", 6, binproto.ErrRange, ""},

		{"an element of 300", `["u32","n"],["vl_api_rule_t","r",0,"n"]`, ruleList{badRules(17)}, "r[17].src_prefix", 6 + 17*41, binproto.ErrType, "10.0.0.1 with"},
		{"the only element", `["u32","n"],["vl_api_rule_t","r",0,"n"]`, ruleList{badRules(0)[:1]}, "r[0].src_prefix", 6, binproto.ErrType, ""},
		{"the last element", `["u32","n"],["vl_api_rule_t","r",0,"n"]`, ruleList{badRules(299)}, "r[299].src_prefix", 6 + 299*41, binproto.ErrType, ""},
		{"an element of an element", `["u32","n"],["vl_api_group_t","g",0,"n"]`, struct{ G []group }{[]group{{}, {badRules(5)[:9]}}}, "g[1].rules[5].src_prefix", 6 + 1 + 1 + 5*41, binproto.ErrType, ""},
		{"an element of a fixed array", `["u8","x"],["vl_api_rule_t","r",2]`, struct{ R [2]rule }{[2]rule(badRules(1)[:2])}, "r[1].src_prefix", 3 + 41, binproto.ErrType, ""},
		{"an array of an array", `["vl_api_grid_t","a",2]`, struct{ A [2][3][2]uint64 }{[2][3][2]uint64{1: {2: {1: 1 << 16}}}}, "a[1][2][1]", 2 + 12 + 8 + 2, binproto.ErrRange, ""},
		{"an array of an array in a slice", `["u8","n"],["vl_api_grid_t","a",0,"n"]`, struct{ A [][3][2]uint64 }{[][3][2]uint64{2: {2: {1: 1 << 16}}}}, "a[2][2][1]", 3 + 24 + 8 + 2, binproto.ErrRange, ""},
		{"what a pointer points to", `["u8","x"],["vl_api_rule_t","a"]`, struct{ A *rule }{&badRules(0)[0]}, "a.src_prefix", 3, binproto.ErrType, ""},
		{"an array that a pointer points to", `["u8","x"],["vl_api_rule_t","a",2]`, struct{ A *[2]rule }{(*[2]rule)(badRules(1)[:2])}, "a[1].src_prefix", 3 + 41, binproto.ErrType, ""},
		{"a nested struct", `["vl_api_endpoint_t","a"]`, struct {
			A struct{ Kind int }
		}{struct{ Kind int }{-1}}, "a.kind", 2, binproto.ErrRange, ""},

		{"an arm of a union", `["u8","x"],` + eid, struct {
			K uint16
			U eidPointers
		}{2, eidPointers{Prefix: new(netip.PrefixFrom(addr("::"), 200))}}, "u.prefix", 5, binproto.ErrType, ""},
		{"an array in an arm of a union", eid, struct {
			K uint16
			U struct{ Rules [2]rule }
		}{3, struct{ Rules [2]rule }{[2]rule(badRules(1)[:2])}}, "u.rules[1].src_prefix", 4 + 41, binproto.ErrType, ""},
		{"an arm in a slice", `["u8","n"],["vl_api_endpoint_t","a",0,"n"]`, struct{ A []endpoint }{[]endpoint{{}, {}, {2, eidPointers{Prefix: new(netip.PrefixFrom(addr("::"), 200))}}}}, "a[2].value.prefix", 3 + 2*84 + 2, binproto.ErrType, ""},
		{"an arm in an element behind a pointer", `["vl_api_endpoint_t","a",2]`, struct{ A *[2]endpoint }{&[2]endpoint{1: {2, eidPointers{Prefix: new(netip.PrefixFrom(addr("::"), 200))}}}}, "a[1].value.prefix", 2 + 84 + 2, binproto.ErrType, ""},
		{"another arm than the discriminator's", eid, struct {
			K uint16
			U eidPointers
		}{1, eidPointers{Mac: new(binproto.MAC)}}, "u", 4, binproto.ErrType, "want the arm that 1 stands for, got mac"},
		{"an arm under an unknown discriminator", eid, struct {
			K uint16
			U eidPointers
		}{9, eidPointers{Mac: new(binproto.MAC)}}, "u", 4, binproto.ErrType, "9"},
		{"two arms", `["vl_api_number_t","u"]`, struct{ U numberArms }{numberArms{Small: new(uint8), Middle: new(uint32)}}, "u", 2, binproto.ErrType, "want one arm, got small and middle"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			codec, err := binproto.BindAny(caseMessage(t, c.fields), reflect.TypeOf(c.value))
			if err != nil {
				t.Fatal(err)
			}
			for _, room := range []int{4, 40000} {
				dst := append(make([]byte, 0, room), "kept"...)
				got, err := codec.Append(dst, pointerTo(c.value))
				wantError(t, err, "encode", c.field, c.offset, c.class, c.text)
				if string(got) != "kept" || cap(got) != room {
					t.Errorf("dst became %q, capacity %d", got, cap(got))
				}
			}
		})
	}
}

func TestTypedDecodeErrors(t *testing.T) {
	t.Parallel()
	const badPrefix4, badPrefix6 = "000102030400000000000000000000000021", "010102030400000000000000000000000081"
	rulesWith := func(n, at int) string {
		one := strings.Repeat("00", 41)
		return strings.Repeat(one, at) + strings.Repeat("00", 18) + badPrefix4 + strings.Repeat("00", 5) + strings.Repeat(one, n-at-1)
	}
	type uint8s struct{ A []uint8 }
	for _, c := range []struct {
		name   string
		fields string
		value  any // a struct of the type to decode into
		hex    string
		field  string
		offset int
		class  error
		text   string
	}{
		{"no bytes", ``, struct{}{}, "", "_vl_msg_id", 0, binproto.ErrTruncated, "want 2 bytes, got 0"},
		{"IPv4 length", `["u8","x"],["vl_api_prefix_t","a"]`, struct{ A netip.Prefix }{}, "00" + badPrefix4, "a", 3, binproto.ErrRange, badPrefix4},
		{"IPv6 length", `["vl_api_prefix_t","a"]`, struct{ A netip.Prefix }{}, badPrefix6, "a", 2, binproto.ErrRange, ""},
		{"prefix of an unknown family", `["vl_api_prefix_t","a"]`, struct{ A netip.Prefix }{}, "02" + badPrefix4[2:], "a", 2, binproto.ErrRange, "address family"},
		{"length of an IPv4 prefix", `["vl_api_ip4_prefix_t","a"]`, struct{ A netip.Prefix }{}, "0102030421", "a", 2, binproto.ErrRange, "0102030421"},
		{"length of an IPv6 prefix", `["vl_api_ip6_prefix_t","a"]`, struct{ A netip.Prefix }{}, strings.Repeat("00", 16) + "ff", "a", 2, binproto.ErrRange, ""},
		{"address of an unknown family", `["u8","x"],["vl_api_address_t","a"]`, struct{ A netip.Addr }{}, "00" + "ff" + strings.Repeat("00", 16), "a", 3, binproto.ErrRange, "ff00"},
		{"address union of an unknown family", `["vl_api_address_family_t","af"],["vl_api_address_union_t","a"]`, struct{ A netip.Addr }{}, "07" + strings.Repeat("00", 16), "a", 3, binproto.ErrRange, "got 7"},

		{"time that is none", `["f64","a"]`, struct{ A time.Time }{}, "010000000000f87f", "a", 2, binproto.ErrRange, "NaN"},
		{"time too late", `["f64","a"]`, struct{ A time.Time }{}, "0000000000004043", "a", 2, binproto.ErrRange, ""},
		{"time infinite", `["f64","a"]`, struct{ A time.Time }{}, "000000000000f0ff", "a", 2, binproto.ErrRange, "-Inf"},
		{"duration that is none", `["u8","x"],["f64","a"]`, struct{ A time.Duration }{}, "00010000000000f87f", "a", 3, binproto.ErrRange, "NaN"},
		{"duration too long", `["f64","a"]`, struct{ A time.Duration }{}, "00000000205fa042", "a", 2, binproto.ErrRange, "time.Duration"},
		{"duration in an array", `["f64","a",3]`, struct{ A [3]time.Duration }{}, strings.Repeat("00", 16) + "000000000000f07f", "a[2]", 18, binproto.ErrRange, "+Inf"},

		{"an element", `["u16","n"],["vl_api_rule_t","r",0,"n"]`, ruleList{}, "012c" + rulesWith(300, 17), "r[17].dst_prefix", 4 + 17*41 + 18, binproto.ErrRange, badPrefix4},
		{"the only element", `["u16","n"],["vl_api_rule_t","r",0,"n"]`, ruleList{}, "0001" + rulesWith(1, 0), "r[0].dst_prefix", 4 + 18, binproto.ErrRange, ""},
		{"an element of an element", `["u8","n"],["vl_api_group_t","g",0,"n"]`, struct{ G []group }{}, "03" + "00" + "09" + rulesWith(9, 5) + "00", "g[1].rules[5].dst_prefix", 5 + 5*41 + 18, binproto.ErrRange, ""},
		{"an element of a fixed array", `["u8","x"],["vl_api_rule_t","r",2]`, struct{ R [2]rule }{}, "00" + rulesWith(2, 1), "r[1].dst_prefix", 3 + 41 + 18, binproto.ErrRange, ""},
		{"an element of an array to the end", `["vl_api_rule_t","r",0]`, ruleList{}, rulesWith(3, 2), "r[2].dst_prefix", 2 + 2*41 + 18, binproto.ErrRange, ""},
		{"what a pointer points to", `["vl_api_rule_t","a",2]`, struct{ A *[2]rule }{}, rulesWith(2, 1), "a[1].dst_prefix", 2 + 41 + 18, binproto.ErrRange, ""},
		{"an arm", `["vl_api_eid_type_t","k"],["vl_api_eid_t","u",{"discriminator":"k"}]`, struct{ U eidPointers }{}, "0002" + badPrefix6 + strings.Repeat("00", 64), "u.prefix", 4, binproto.ErrRange, ""},
		{"an arm of values in a slice", `["u8","n"],["vl_api_endpoint_t","a",0,"n"]`, struct {
			A []struct {
				Value struct{ Rules [2]rule }
			}
		}{}, "02" + strings.Repeat("00", 84) + "0003" + rulesWith(2, 1), "a[1].value.rules[1].dst_prefix", 3 + 84 + 2 + 41 + 18, binproto.ErrRange, ""},

		{"a negative count", `["u8","x"],["i8","n"],["u8","a",0,"n"]`, uint8s{}, "00ff", "a", 4, binproto.ErrRange, "want a count, as n says, got -1"},
		{"a negative count of a missing array", `["i16","n"],["u32","a",0,"n"],["u8","x"]`, struct{ X uint8 }{}, "800000", "a", 4, binproto.ErrRange, "-32768"},
		{"a negative count that is asked for", `["i32","n"],["vl_api_rule_t","a",0,"n"]`, struct {
			N int32
			A []rule
		}{}, "fffffffe", "a", 6, binproto.ErrRange, "-2"},
		{"a negative count in a skipped struct", `["vl_api_run_t","v"],["u8","y"],["i64","n"],["vl_api_run_t","a",0,"n"],["u8","x"]`, struct{ X uint8 }{}, "00" + "00" + "ffffffffffffffff", "a", 12, binproto.ErrRange, "-1"},
		{"a negative count in an element", `["u8","n"],["vl_api_runs_t","a",0,"n"]`, struct{ A []struct{ R []run } }{}, "02" + "00" + "01" + "ff0000", "a[1].r[0].v", 6, binproto.ErrTruncated, "255 elements"},
		{"a count of 64 bits", `["u64","n"],["u8","a",0,"n"]`, uint8s{}, "ffffffffffffffff" + "00", "a", 10, binproto.ErrTruncated, "18446744073709551615"},
		{"a count of 64 bits, skipped", `["u64","n"],["vl_api_named_t","a",0,"n"]`, struct{}{}, "8000000000000001" + "00", "a", 10, binproto.ErrTruncated, ""},
		{"a count of 63 bits", `["u64","n"],["u64","a",0,"n"]`, struct{ A []uint64 }{}, "4000000000000000", "a", 10, binproto.ErrTruncated, ""},
		{"a count beyond the bytes", `["u32","n"],["u16","a",0,"n"]`, struct{ A []uint16 }{}, "00000002" + "000100", "a", 6, binproto.ErrTruncated, "2 elements of at least 2 bytes"},
		{"too many elements of no bytes", `["u8","n"],["vl_api_nothing_t","a",0,"n"],["u8","x"]`, struct{ A []struct{} }{}, "0200", "a", 3, binproto.ErrTruncated, ""},
		{"text beyond the bytes", `["u8","x"],["string","a",0],["u8","y"]`, struct{ A string }{}, "00" + "ffffffff" + "61", "a", 7, binproto.ErrTruncated, "4294967295 bytes of text"},
		{"skipped text beyond the bytes", `["u8","x"],["string","a",0],["u8","y"]`, struct{}{}, "00" + "00000002" + "61", "a", 7, binproto.ErrTruncated, "2 bytes of text"},
		{"text of an element beyond the bytes", `["u8","n"],["vl_api_named_t","a",0,"n"]`, struct{ A []named }{}, "02" + "01" + "00000001" + "61" + "02" + "00000002" + "62", "a[1].name", 14, binproto.ErrTruncated, ""},
		{"part of an element at the end", `["vl_api_rule_t","r",0]`, ruleList{}, strings.Repeat("00", 41+40), "r[1].ports", 2 + 41 + 37, binproto.ErrTruncated, ""},
		{"part of a text at the end", `["vl_api_named_t","a",0]`, struct{ A []named }{}, "01" + "00000001" + "61" + "02" + "000000", "a[1].name", 9, binproto.ErrTruncated, ""},
		{"a field behind what takes all", `["u16","a",0],["u8","x"]`, struct{ X uint8 }{}, "0001", "x", 4, binproto.ErrTruncated, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := caseMessage(t, c.fields)
			codec, err := binproto.BindAny(m, reflect.TypeOf(c.value))
			if err != nil {
				t.Fatal(err)
			}
			wire, err := hex.DecodeString(c.hex)
			if err != nil {
				t.Fatal(err)
			}
			if len(wire) > 0 {
				wire = append([]byte{0, 1}, wire...)
			}
			spoilt := newOf(c.value)
			spoil(reflect.ValueOf(spoilt).Elem())
			for _, v := range []any{newOf(c.value), spoilt} {
				wantError(t, codec.Decode(bytes.Clone(wire), v), "decode", c.field, c.offset, c.class, c.text)
			}
		})
	}
}

func TestBindErrors(t *testing.T) {
	t.Parallel()
	const eid = `["vl_api_eid_type_t","k"],["vl_api_eid_t","u",{"discriminator":"k"}]`
	for _, c := range []struct {
		name   string
		fields string
		value  any
		field  string
		class  error
		text   string
	}{
		{"no struct", `["u8","a"]`, 5, "", binproto.ErrType, "want a struct, got int"},
		{"a pointer", `["u8","a"]`, &point{}, "", binproto.ErrType, "got *binproto_test.point"},
		{"unknown field", `["u8","a"]`, struct{ B uint8 }{}, "B", binproto.ErrUnknownField, "a field of m, or the tag option optional"},
		{"unknown field by tag", `["u8","a"]`, struct {
			A uint8 `vpp:"b"`
		}{}, "A", binproto.ErrUnknownField, ""},
		{"unknown field of a struct in a slice", `["u8","n"],["vl_api_group_t","g",0,"n"]`, struct {
			G []struct{ Rules []struct{ Port uint8 } }
		}{}, "g.rules.Port", binproto.ErrUnknownField, "vl_api_rule_t"},
		{"unknown arm", eid, struct{ U struct{ Nsh2 *nsh } }{}, "u.Nsh2", binproto.ErrUnknownField, "an arm of vl_api_eid_t"},
		{"unexported field", `["u8","a"]`, struct{ a uint8 }{}, "a", binproto.ErrType, "exported"},
		{"unexported field of a struct", `["vl_api_point_t","a"]`, struct{ A struct{ x int8 } }{}, "a.x", binproto.ErrType, "exported"},
		{"unknown option", `["u8","a"]`, struct {
			A uint8 `vpp:"a,omitempty"`
		}{}, "A", binproto.ErrType, "omitempty"},
		{"two fields for one", `["u8","ab"]`, struct{ AB, Ab uint8 }{}, "Ab", binproto.ErrConflict, "also AB"},
		{"two fields for one, embedded", `["i32","retval"],["u32","context"]`, struct {
			common
			Retval int32
		}{}, "Retval", binproto.ErrConflict, "also Retval"},
		{"two fields for one, by tag", `["u8","a"],["u8","b"]`, struct {
			A uint8
			B uint8 `vpp:"a"`
		}{}, "B", binproto.ErrConflict, "also A"},
		{"one field for two", `["u8","a_b"],["u8","ab"]`, struct{ AB uint8 }{}, "ab", binproto.ErrConflict, "AB"},

		{"integer too small", `["vl_api_interface_index_t","a"]`, struct{ A uint16 }{}, "a", binproto.ErrType, "want a Go type that holds u32, as vl_api_interface_index_t is, got uint16"},
		{"integer of the other sign", `["u32","a"]`, struct{ A int32 }{}, "a", binproto.ErrType, "want a Go type that holds u32, got int32"},
		{"unsigned for signed", `["i8","a"]`, struct{ A uint64 }{}, "a", binproto.ErrType, "uint64"},
		{"integer for bool", `["bool","a"]`, struct{ A uint8 }{}, "a", binproto.ErrType, "bool"},
		{"bool for an integer", `["u16","a"]`, struct{ A bool }{}, "a", binproto.ErrType, ""},
		{"float32", `["f64","a"]`, struct{ A float32 }{}, "a", binproto.ErrType, "float32"},
		{"float for an integer", `["u64","a"]`, struct{ A float64 }{}, "a", binproto.ErrType, ""},
		{"string for an enum", `["vl_api_colour_t","a"]`, struct{ A string }{}, "a", binproto.ErrType, "vl_api_colour_t"},
		{"uintptr", `["u64","a"]`, struct{ A uintptr }{}, "a", binproto.ErrType, ""},
		{"time for an integer", `["u64","a"]`, struct{ A time.Time }{}, "a", binproto.ErrType, "time.Time"},
		{"address for bytes", `["u8","a",4]`, struct{ A netip.Addr }{}, "a", binproto.ErrType, "netip.Addr"},
		{"address for a prefix", `["vl_api_prefix_t","a"]`, struct{ A netip.Addr }{}, "a", binproto.ErrType, "vl_api_prefix_t"},
		{"prefix for an address", `["vl_api_address_t","a"]`, struct{ A netip.Prefix }{}, "a", binproto.ErrType, ""},
		{"a struct for an integer", `["u8","a"]`, struct{ A point }{}, "a", binproto.ErrType, ""},
		{"an integer for a struct", `["vl_api_point_t","a"]`, struct{ A uint16 }{}, "a", binproto.ErrType, "a struct for vl_api_point_t"},
		{"any", `["u8","a"]`, struct{ A any }{}, "a", binproto.ErrType, ""},
		{"a map", `["vl_api_point_t","a"]`, struct{ A map[string]int }{}, "a", binproto.ErrType, ""},

		{"array of another length", `["u16","a",3]`, struct{ A [2]uint16 }{}, "a", binproto.ErrType, "an array of 3 u16"},
		{"slice for an array", `["u16","a",3]`, struct{ A []uint16 }{}, "a", binproto.ErrType, "an array of 3 u16"},
		{"array of a wrong type", `["vl_api_grid_t","a"]`, struct{ A [3][2]uint8 }{}, "a", binproto.ErrType, "u16"},
		{"array for a counted one", `["u8","n"],["u16","a",0,"n"]`, struct{ A [3]uint16 }{}, "a", binproto.ErrType, "a slice of u16"},
		{"string for a counted array", `["u8","n"],["u16","a",0,"n"]`, struct{ A string }{}, "a", binproto.ErrType, "a slice of u16"},
		{"array for one to the end", `["u16","a",0]`, struct{ A [3]uint16 }{}, "a", binproto.ErrType, "a slice of u16"},
		{"count too small", `["u16","n"],["u16","a",0,"n"]`, struct {
			N uint8
			A []uint16
		}{}, "n", binproto.ErrType, "u16"},
		{"count of another sign", `["u8","n"],["u16","a",0,"n"]`, struct {
			N int8
			A []uint16
		}{}, "n", binproto.ErrType, "u8"},
		{"count that is a string", `["u8","n"],["u16","a",0,"n"]`, struct{ N string }{}, "n", binproto.ErrType, ""},
		{"number for a text", `["string","a",8]`, struct{ A int }{}, "a", binproto.ErrType, "a string or []byte"},
		{"array for a text", `["string","a",8]`, struct{ A [8]byte }{}, "a", binproto.ErrType, "a string or []byte"},
		{"slice for a text", `["string","a",0]`, struct{ A []string }{}, "a", binproto.ErrType, "a string or []byte"},

		{"pointer to what varies", `["string","a",0]`, struct{ A *string }{}, "a", binproto.ErrType, "fixed size"},
		{"pointer to a slice", `["u8","n"],["u16","a",0,"n"]`, struct{ A *[]uint16 }{}, "a", binproto.ErrType, ""},
		{"pointer to a pointer", `["u8","a"]`, struct{ A **uint8 }{}, "a", binproto.ErrType, "**uint8"},
		{"pointer to a wrong type", `["vl_api_point_t","a"]`, struct{ A *struct{ X uint8 } }{}, "a.x", binproto.ErrType, "i8"},
		{"slice of pointers", `["u8","n"],["vl_api_point_t","a",0,"n"]`, struct{ A []*point }{}, "a", binproto.ErrType, "*binproto_test.point"},

		{"union as a number", eid, struct{ U uint64 }{}, "u", binproto.ErrType, "[82]byte or a struct of arms for vl_api_eid_t"},
		{"union of another size", eid, struct{ U [6]byte }{}, "u", binproto.ErrType, "82"},
		{"union as a time", `["vl_api_number_t","u"]`, struct{ U time.Time }{}, "u", binproto.ErrType, ""},
		{"arm of a wrong type", eid, struct {
			U struct{ Nsh struct{ Spi uint8 } }
		}{}, "u.nsh.spi", binproto.ErrType, "u32"},
		{"unexported arm", eid, struct{ U struct{ nsh nsh } }{}, "u.nsh", binproto.ErrType, "exported"},
		{"values without discriminator", `["vl_api_number_t","u"]`, struct{ U struct{ Small uint8 } }{}, "u.Small", binproto.ErrType, "a pointer"},
		{"discriminator before a field of varying size", `["vl_api_eid_type_t","k"],["string","s",0],["vl_api_eid_t","u",{"discriminator":"k"}]`, struct{ U eidPointers }{}, "u", binproto.ErrType, "no telling which arm"},
		{"union of no bytes", `["vl_api_void_t","u"]`, struct{ U struct{ A *struct{} } }{}, "u", binproto.ErrType, "no telling"},
		{"address union without discriminator", `["vl_api_address_union_t","a"]`, struct{ A netip.Addr }{}, "a", binproto.ErrType, "nothing tells the family"},
		{"address union of odd families", `["vl_api_odd_family_t","af"],["vl_api_odd_union_t","a"]`, struct{ A netip.Addr }{}, "a", binproto.ErrType, "family"},
		{"address for another union", eid, struct{ U netip.Addr }{}, "u", binproto.ErrType, "family"},
		{"too many counts", nineRuns, struct {
			A, B, C, D, E, F, G, H, I run
		}{}, "i.n", binproto.ErrRange, "at most 8 counts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := binproto.BindAny(caseMessage(t, c.fields), reflect.TypeOf(c.value))
			wantError(t, err, "bind", c.field, -1, c.class, c.text, c.field)
		})
	}
}

const nineRuns = `["vl_api_run_t","a"],["vl_api_run_t","b"],["vl_api_run_t","c"],["vl_api_run_t","d"],["vl_api_run_t","e"],["vl_api_run_t","f"],["vl_api_run_t","g"],["vl_api_run_t","h"],["vl_api_run_t","i"]`
