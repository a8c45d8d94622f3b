package binproto_test

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

type (
	colour uint8
	flags  uint8
	level  int16

	point struct {
		X int8
		Y uint8
	}
	rule struct {
		SrcPrefix netip.Prefix
		DstPrefix netip.Prefix
		Proto     uint8
		Ports     [2]uint16
	}
	group struct{ Rules []rule }
	run   struct{ V []uint16 }
	named struct {
		ID   uint8
		Name string
	}
	nsh struct {
		Spi uint32
		Si  uint8
	}
	endpoint struct {
		Kind  uint16
		Value eidPointers
	}
	eidPointers struct {
		Mac    *binproto.MAC
		Nsh    *nsh
		Prefix *netip.Prefix
	}
	eidValues struct {
		Mac binproto.MAC
		Nsh nsh
	}
	ports struct {
		A, B, C, D uint16
		E          [5]uint32
		F          [3]uint64
		G          [2]uint16
		H          uint8
		I          [16]byte
		J          [20]bool
	}
	numberArms struct {
		Small  *uint8
		Middle *uint32
		Pair   *[2]uint16
	}
	common struct {
		Context uint32
		Retval  int32
	}
	stamped struct {
		common
		When time.Time
	}
)

func rules(n int) (typed []rule, fields list) {
	for i := range n {
		typed = append(typed, rule{
			SrcPrefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i), 1}), 24), DstPrefix: prefix("2001:db8::1/64"),
			Proto: 6, Ports: [2]uint16{uint16(i), 65535},
		})
		fields = append(fields, object{"src_prefix": fmt.Sprintf("10.0.%d.1/24", byte(i)), "dst_prefix": "2001:db8::1/64", "proto": 6, "ports": list{i, 65535}})
	}
	return typed, fields
}

// typedCase says what a Go struct and a map have in common: the bytes.
type typedCase struct {
	name   string
	fields string // of the message
	value  any    // a struct
	same   object // as the dynamic codec takes it
	back   any    // what decoding gives where that is not value
	tail   bool   // ends in an array that takes all there is
}

func typedCases() []typedCase {
	rules2, rules2Map := rules(2)
	rules300, rules300Map := rules(300)
	return []typedCase{
		{name: "nothing", value: struct{}{}},
		{name: "the header", fields: `["u32","client_index"],["u32","context"]`, value: struct {
			ID          uint16 `vpp:"_vl_msg_id"`
			ClientIndex uint32
			Context     uint32
		}{1234, 0x80000001, math.MaxUint32}, same: object{"_vl_msg_id": 1234, "client_index": uint32(0x80000001), "context": uint32(math.MaxUint32)}},
		{name: "integers", fields: `["u8","a"],["u16","b"],["u32","c"],["u64","d"],["i8","e"],["i16","f"],["i32","g"],["i64","h"]`, value: struct {
			A uint8
			B uint16
			C uint32
			D uint64
			E int8
			F int16
			G int32
			H int64
		}{0xfe, 0xfedc, 0xfedcba98, 0xfedcba9876543210, -2, -300, -70000, math.MinInt64},
			same: object{"a": 0xfe, "b": 0xfedc, "c": uint32(0xfedcba98), "d": uint64(0xfedcba9876543210), "e": -2, "f": -300, "g": -70000, "h": int64(math.MinInt64)}},
		{name: "fields in another order than on the wire", fields: `["u8","a"],["u16","b"],["u16","c"],["u8","d"]`, value: struct {
			D uint8
			C uint16
			B uint16
			A uint8
		}{4, 3, 2, 1}, same: object{"a": 1, "b": 2, "c": 3, "d": 4}},
		{name: "wider integers", fields: `["u8","a"],["u16","b"],["u32","c"],["i8","d"],["i16","e"],["i32","f"],["u8","g"],["u16","h"],["u8","i",3]`, value: struct {
			A uint16
			B uint32
			C uint64
			D int16
			E int32
			F int64
			G int
			H int32
			I [3]uint32
		}{255, 65535, math.MaxUint32, -128, -32768, math.MinInt32, 255, 65535, [3]uint32{1, 2, 255}},
			same: object{"a": 255, "b": 65535, "c": uint32(math.MaxUint32), "d": -128, "e": -32768, "f": math.MinInt32, "g": 255, "h": 65535, "i": list{1, 2, 255}}},
		{name: "enums and flags", fields: `["vl_api_colour_t","a"],["vl_api_fl_t","b"],["vl_api_level_t","c"],["vl_api_big_t","d"],["vl_api_colour_t","e",3],["u8","n"],["vl_api_fl_t","f",0,"n"]`, value: struct {
			A colour
			B flags
			C level
			D uint32
			E [3]colour
			F []flags
		}{255, 0x81, -2, math.MaxUint32, [3]colour{1, 0, 255}, []flags{1, 2, 0xff}},
			same: object{"a": "NONE", "b": "F_A|F_C", "c": "LOW", "d": "BIG_ALL", "e": list{1, 0, 255}, "f": list{1, 2, 255}}},
		{name: "booleans", fields: `["bool","a"],["u8","b"],["bool","c",3],["u8","n"],["bool","d",0,"n"]`, value: struct {
			A bool
			B bool
			C [3]bool
			D []bool
		}{true, true, [3]bool{true, false, true}, []bool{false, true}}, same: object{"a": true, "b": 1, "c": list{true, false, true}, "d": list{false, true}}},
		{name: "f64", fields: `["f64","a"],["f64","b",2],["vl_api_timestamp_t","c"]`, value: struct {
			A float64
			B [2]float64
			C float64
		}{math.NaN(), [2]float64{math.Inf(-1), math.Copysign(0, -1)}, 1.5}, same: object{"a": math.NaN(), "b": list{math.Inf(-1), math.Copysign(0, -1)}, "c": 1.5}},
		{name: "times", fields: `["vl_api_timestamp_t","a"],["f64","b"],["vl_api_timedelta_t","c"],["vl_api_timedelta_t","d"],["i64","e"]`, value: struct {
			A time.Time
			B time.Time
			C time.Duration
			D time.Duration
			E time.Duration // nanoseconds, for it is no f64
		}{time.Unix(1700000000, 250e6).UTC(), time.Unix(-1, 500e6).UTC(), 1500 * time.Millisecond, -1, 7},
			same: object{"a": time.Unix(1700000000, 250e6), "b": -0.5, "c": 1.5, "d": -1e-9, "e": 7}},
		{name: "times of zero", fields: `["vl_api_timestamp_t","a"],["vl_api_timedelta_t","b"]`, value: struct {
			A time.Time
			B time.Duration
		}{}},
		{name: "the longest durations", fields: `["f64","a"],["f64","b"],["f64","c",2]`, value: struct {
			A, B time.Duration
			C    [2]time.Time
		}{math.MaxInt64, math.MinInt64, [2]time.Time{time.Unix(1<<53-1, 0).UTC(), time.Unix(1-1<<53, 0).UTC()}},
			same: object{"a": float64(math.MaxInt64) / 1e9, "b": float64(math.MinInt64) / 1e9, "c": list{int64(1<<53 - 1), int64(1 - 1<<53)}}},

		{name: "addresses", fields: `["vl_api_ip4_address_t","a"],["vl_api_ip6_address_t","b"],["vl_api_address_t","c"],["vl_api_address_t","d"],["vl_api_address_t","e",2]`, value: struct {
			A, B, C, D netip.Addr
			E          [2]netip.Addr
		}{addr("10.1.2.3"), addr("fe80::1"), addr("1.2.3.4"), addr("::ffff:1.2.3.4"), [2]netip.Addr{addr("::"), addr("0.0.0.0")}},
			same: object{"a": "10.1.2.3", "b": "fe80::1", "c": "1.2.3.4", "d": "::ffff:1.2.3.4", "e": list{"::", "0.0.0.0"}}},
		{name: "no addresses", fields: `["vl_api_ip4_address_t","a"],["vl_api_ip6_address_t","b"],["vl_api_address_t","c"],["vl_api_prefix_t","d"],["vl_api_ip4_prefix_t","e"],["vl_api_ip6_prefix_t","f"]`, value: struct {
			A, B, C netip.Addr
			D, E, F netip.Prefix
		}{}, back: struct {
			A, B, C netip.Addr
			D, E, F netip.Prefix
		}{addr("0.0.0.0"), addr("::"), addr("0.0.0.0"), prefix("0.0.0.0/0"), prefix("0.0.0.0/0"), prefix("::/0")}},
		{name: "addresses as bytes", fields: `["vl_api_ip4_address_t","a"],["vl_api_ip6_address_t","b"],["vl_api_mac_address_t","c"],["vl_api_mac_address_t","d"],["vl_api_mac_address_t","e",2]`, value: struct {
			A [4]byte
			B [16]byte
			C binproto.MAC
			D [6]byte
			E [2]binproto.MAC
		}{[4]byte{1, 2, 3, 4}, [16]byte{0xfe, 15: 1}, binproto.MAC{1, 2, 3, 4, 5, 6}, [6]byte{6}, [2]binproto.MAC{{1}, {2}}},
			same: object{"a": "1.2.3.4", "b": "fe00::1", "c": "01:02:03:04:05:06", "d": "06:00:00:00:00:00", "e": list{"01:00:00:00:00:00", "02:00:00:00:00:00"}}},
		{name: "address as its structure", fields: `["vl_api_address_t","a"],["vl_api_prefix_t","b"]`, value: struct {
			A struct {
				Af uint8
				Un [16]byte
			}
			B struct {
				Address netip.Addr
				Len     uint8
			}
		}{struct {
			Af uint8
			Un [16]byte
		}{1, [16]byte{0xfe}}, struct {
			Address netip.Addr
			Len     uint8
		}{addr("1.2.3.4"), 255}}, same: object{"a": "fe00::", "b": "1.2.3.4/255"}},
		{name: "prefixes keep host bits", fields: `["vl_api_prefix_t","a"],["vl_api_address_with_prefix_t","b"],["vl_api_ip4_prefix_t","c"],["vl_api_ip6_prefix_t","d"],["vl_api_prefix_t","e",3]`, value: struct {
			A, B, C, D netip.Prefix
			E          [3]netip.Prefix
		}{prefix("10.1.2.3/8"), prefix("2001:db8::1/32"), prefix("10.1.2.3/31"), prefix("2001:db8::1/127"),
			[3]netip.Prefix{prefix("255.255.255.255/32"), netip.PrefixFrom(addr("::ffff:1.2.3.4"), 128), prefix("::/0")}},
			same: object{"a": "10.1.2.3/8", "b": "2001:db8::1/32", "c": "10.1.2.3/31", "d": "2001:db8::1/127", "e": list{"255.255.255.255/32", "::ffff:1.2.3.4/128", "::/0"}}},

		{name: "bytes", fields: `["u8","a",5],["u8","b",5],["u8","c",5],["vl_api_cookie_t","d"],["vl_api_cookie_t","e",2],["u8","f",3]`, value: struct {
			A [5]byte
			B []byte
			C string
			D []byte
			E [2][8]byte
			F []uint8
		}{[5]byte{1, 0, 3}, []byte{9, 0}, "abcde", []byte{8, 7, 6, 5, 4, 3, 2, 1}, [2][8]byte{{1}, {7: 2}}, nil},
			same: object{"a": []byte{1, 0, 3}, "b": []byte{9, 0}, "c": []byte("abcde"), "d": "0807060504030201", "e": list{[]byte{1}, []byte{7: 2}}},
			back: struct {
				A [5]byte
				B []byte
				C string
				D []byte
				E [2][8]byte
				F []uint8
			}{[5]byte{1, 0, 3}, []byte{9, 0, 0, 0, 0}, "abcde", []byte{8, 7, 6, 5, 4, 3, 2, 1}, [2][8]byte{{1}, {7: 2}}, []byte{0, 0, 0}}},
		{name: "bytes of a count", fields: `["u32","n"],["u8","a",0,"n"],["u16","m"],["u8","b",0,"m"],["u8","c",0]`, value: struct {
			A []byte
			B string
			C []byte
		}{[]byte{1, 0, 2}, "\x00b", []byte{5, 0}}, same: object{"a": []byte{1, 0, 2}, "b": []byte("\x00b"), "c": []byte{5, 0}}, tail: true},
		{name: "no bytes", fields: `["u32","n"],["u8","a",0,"n"],["u8","b",0]`, value: struct {
			A []byte
			B string
		}{}, tail: true},
		{name: "texts", fields: `["string","a",8],["string","b",8],["vl_api_label_t","c",2],["string","d",0],["string","e",0],["string","f",0,{"limit":6}],["vl_api_remarks_t","g"],["vl_api_remark_t","h",2]`, value: struct {
			A string
			B []byte
			C [2]name
			D string
			E []byte
			F string
			G [2]string
			H [2]string
		}{"1234567", []byte("é"), [2]name{"abc", ""}, "not\x00the end", []byte("\xff"), "12345", [2]string{"", "x"}, [2]string{"y", ""}},
			same: object{"a": "1234567", "b": "é", "c": list{"abc", ""}, "d": "not\x00the end", "e": "\xff", "f": "12345", "g": list{"", "x"}, "h": list{"y", ""}}},
		{name: "no texts", fields: `["string","a",8],["string","b",8],["string","d",0],["string","e",0]`, value: struct {
			A string
			B []byte
			D string
			E []byte
		}{}},

		{name: "structs", fields: `["vl_api_point_t","a"],["vl_api_spot_t","b"],["vl_api_point_t","c",2],["vl_api_points_t","d"],["vl_api_grid_t","e"],["vl_api_pair_t","f",2]`, value: struct {
			A point
			B struct {
				At point
				Z  uint16
			}
			C [2]point
			D [2]point
			E [3][2]uint16
			F [2][2]uint16
		}{A: point{-1, 2}, C: [2]point{{3, 4}, {5, 6}}, D: [2]point{{7, 8}, {}}, E: [3][2]uint16{{1, 2}, {3, 4}, {5, 6}}, F: [2][2]uint16{{7, 8}}},
			same: object{
				"a": object{"x": -1, "y": 2}, "b": object{"at": object{"x": 0, "y": 0}}, "c": list{object{"x": 3, "y": 4}, object{"x": 5, "y": 6}},
				"d": list{object{"x": 7, "y": 8}, object{"x": 0}}, "e": list{list{1, 2}, list{3, 4}, list{5, 6}}, "f": list{list{7, 8}, list{0, 0}},
			}},
		{name: "slices", fields: `["u8","n"],["u16","m"],["u64","l"],["u16","a",0,"n"],["vl_api_point_t","b",0,"m"],["vl_api_mac_address_t","c",0,"l"]`, value: struct {
			A []uint16
			B []point
			C []binproto.MAC
		}{[]uint16{1, 2, 3}, []point{{-1, 1}}, nil}, same: object{"a": list{1, 2, 3}, "b": list{object{"x": -1, "y": 1}}}},
		{name: "slices of every size", fields: `["u8","n"],["u64","a",0,"n"],["u32","b",0,"n"],["i16","c",0,"n"],["f64","d",0,"n"],["vl_api_label_t","e",0,"n"],["vl_api_address_t","f",0,"n"],["vl_api_cookie_t","g",0,"n"],["bool","h",0,"n"],["vl_api_grid_t","i",0,"n"]`, value: struct {
			A []uint64
			B []uint32
			C []int16
			D []float64
			E []string
			F []netip.Addr
			G [][]byte
			H []bool
			I [][3][2]uint16
		}{[]uint64{1, 2}, []uint32{3, 4}, []int16{-5, 6}, []float64{7, -8}, []string{"9", "10"}, []netip.Addr{addr("1.1.1.1"), addr("::1")},
			[][]byte{[]byte("12345678"), []byte("abcdefgh")}, []bool{true, false}, [][3][2]uint16{{{1, 2}, {3, 4}, {5, 6}}, {}}},
			same: object{
				"a": list{1, 2}, "b": list{3, 4}, "c": list{-5, 6}, "d": list{7, -8}, "e": list{"9", "10"}, "f": list{"1.1.1.1", "::1"},
				"g": list{[]byte("12345678"), []byte("abcdefgh")}, "h": list{true, false}, "i": list{list{list{1, 2}, list{3, 4}, list{5, 6}}, nil},
			}},
		{name: "slices of wider integers", fields: `["u8","n"],["u16","a",0,"n"],["i8","b",0,"n"]`, value: struct {
			A []uint64
			B []int
		}{[]uint64{1, 65535}, []int{-128, 127}}, same: object{"a": list{1, 65535}, "b": list{-128, 127}}},
		{name: "rules", fields: `["u32","n"],["vl_api_rule_t","r",0,"n"]`, value: struct{ R []rule }{rules2}, same: object{"r": rules2Map}},
		{name: "one rule", fields: `["u32","n"],["vl_api_rule_t","r",0,"n"]`, value: struct{ R []rule }{rules2[:1]}, same: object{"r": rules2Map[:1]}},
		{name: "many rules", fields: `["u32","n"],["vl_api_rule_t","r",0,"n"]`, value: struct{ R []rule }{rules300}, same: object{"r": rules300Map}},
		{name: "slices in slices", fields: `["u8","n"],["vl_api_group_t","g",0,"n"],["vl_api_runs_t","h",2],["u8","x"]`, value: struct {
			G []group
			H [2]struct{ R []run }
			X uint8
		}{[]group{{}, {rules2}}, [2]struct{ R []run }{{R: []run{{V: []uint16{1}}, {}, {V: []uint16{2, 3}}}}, {}}, 9},
			same: object{"g": list{object{}, object{"rules": rules2Map}}, "h": list{object{"r": list{object{"v": list{1}}, object{}, object{"v": list{2, 3}}}}, object{}}, "x": 9}},
		{name: "texts in slices", fields: `["u8","n"],["vl_api_named_t","a",0,"n"],["u8","m"],["vl_api_remark_t","b",0,"m"]`, value: struct {
			A []named
			B []string
		}{[]named{{1, "one"}, {2, ""}}, []string{"", "two"}}, same: object{"a": list{object{"id": 1, "name": "one"}, object{"id": 2}}, "b": list{"", "two"}}},
		{name: "runs of integers in slices", fields: `["u8","n"],["vl_api_ports_t","a",0,"n"]`, value: struct{ A []ports }{[]ports{
			{A: 1, B: 2, C: 3, D: 4, E: [5]uint32{5, 6, 7, 8, 9}, F: [3]uint64{10, 11, 12}, G: [2]uint16{13, 14}, H: 15, I: [16]byte{16}, J: [20]bool{19: true}}, {F: [3]uint64{2: 1 << 63}}, {A: 0xfffe},
		}}, same: object{"a": list{
			object{"a": 1, "b": 2, "c": 3, "d": 4, "e": list{5, 6, 7, 8, 9}, "f": list{10, 11, 12}, "g": list{13, 14}, "h": 15, "i": []byte{16}, "j": append(slices.Repeat(list{false}, 19), true)},
			object{"f": list{0, 0, uint64(1 << 63)}}, object{"a": 0xfffe},
		}}},
		{name: "runs of integers", fields: `["vl_api_ports_t","a"],["vl_api_ports_t","b",3]`, value: struct {
			A ports
			B [3]ports
		}{ports{A: 1, B: 2, C: 3, D: 4, E: [5]uint32{5, 6, 7, 8, 9}, F: [3]uint64{10, 11, 12}, G: [2]uint16{13, 14}, H: 15, I: [16]byte{16}, J: [20]bool{19: true}}, [3]ports{2: {J: [20]bool{true}}}},
			same: object{
				"a": object{"a": 1, "b": 2, "c": 3, "d": 4, "e": list{5, 6, 7, 8, 9}, "f": list{10, 11, 12}, "g": list{13, 14}, "h": 15, "i": []byte{16}, "j": append(slices.Repeat(list{false}, 19), true)},
				"b": list{nil, nil, object{"j": append(list{true}, slices.Repeat(list{false}, 19)...)}},
			}},
		{name: "arrays of zeros", fields: `["vl_api_ports_t","a",3],["u8","x"],["vl_api_spot_t","b",30]`, value: struct {
			A [3]ports
			X uint8
			B [30]struct {
				At point
				Z  uint16
			}
		}{X: 1}, same: object{"x": 1, "b": slices.Repeat(list{object{"at": object{"x": 0}}}, 30)}},
		{name: "an array that is zero up to its last", fields: `["vl_api_nsh_t","b",30]`, value: struct{ B [30]nsh }{[30]nsh{29: {Si: 1}}}, same: object{"b": append(slices.Repeat(list{nil}, 29), object{"si": 1})}},
		{name: "the count as well", fields: `["u8","n"],["u16","a",0,"n"],["i32","m"],["u8","b",0,"m"]`, value: struct {
			N uint8
			A []uint16
			M int64
			B []byte
		}{2, []uint16{1, 2}, 3, []byte{1, 2, 3}}, same: object{"a": list{1, 2}, "b": []byte{1, 2, 3}}},
		{name: "the count left to us", fields: `["u8","n"],["u16","a",0,"n"]`, value: struct {
			N uint8
			A []uint16
		}{0, []uint16{1, 2}}, same: object{"a": list{1, 2}}, back: struct {
			N uint8
			A []uint16
		}{2, []uint16{1, 2}}},
		{name: "one count for two", fields: `["u8","n"],["u8","a",0,"n"],["u16","b",0,"n"]`, value: struct {
			A string
			B []uint16
		}{"ab", []uint16{1, 2}}, same: object{"a": []byte("ab"), "b": list{1, 2}}},
		{name: "as much as a count can", fields: `["u8","n"],["vl_api_point_t","a",0,"n"],["i8","m"],["u16","b",0,"m"]`, value: struct {
			A []point
			B []uint16
		}{make([]point, 255), make([]uint16, 127)}, same: object{"a": slices.Repeat(list{object{"x": 0}}, 255), "b": slices.Repeat(list{0}, 127)}},
		{name: "arrays to the end", fields: `["u8","x"],["vl_api_point_t","a",0]`, value: struct {
			X uint8
			A []point
		}{1, []point{{1, 2}, {3, 4}}}, same: object{"x": 1, "a": list{object{"x": 1, "y": 2}, object{"x": 3, "y": 4}}}, tail: true},
		{name: "texts to the end", fields: `["u8","x"],["vl_api_named_t","a",0]`, value: struct {
			X uint8
			A []named
		}{1, []named{{1, "one"}, {2, ""}, {3, "a rather long one"}}}, same: object{"x": 1, "a": list{object{"id": 1, "name": "one"}, object{"id": 2}, object{"id": 3, "name": "a rather long one"}}}, tail: true},
		{name: "a nested tail", fields: `["vl_api_tail_t","t"]`, value: struct {
			T struct {
				Kind uint8
				Data []byte
			}
		}{struct {
			Kind uint8
			Data []byte
		}{1, []byte{2, 3}}}, same: object{"t": object{"kind": 1, "data": []byte{2, 3}}}, tail: true},

		{name: "union by its discriminator, values", fields: `["vl_api_eid_type_t","k"],["vl_api_eid_t","u",{"discriminator":"k"}]`, value: struct {
			K uint16
			U eidValues
		}{1, eidValues{Nsh: nsh{7, 8}}}, same: object{"k": 1, "u": object{"nsh": object{"spi": 7, "si": 8}}}},
		{name: "union by its discriminator, an arm that is zero", fields: `["vl_api_eid_type_t","k"],["vl_api_eid_t","u",{"discriminator":"k"}]`, value: struct {
			K uint16
			U eidValues
		}{1, eidValues{}}, same: object{"k": 1}},
		{name: "union by its discriminator, only the arm that counts", fields: `["vl_api_eid_type_t","k"],["vl_api_eid_t","u",{"discriminator":"k"}]`, value: struct {
			K uint16
			U eidValues
		}{0, eidValues{Nsh: nsh{7, 8}, Mac: binproto.MAC{1}}}, same: object{"k": 0, "u": object{"mac": "01:00:00:00:00:00"}}, back: struct {
			K uint16
			U eidValues
		}{0, eidValues{Mac: binproto.MAC{1}}}},
		{name: "union by its discriminator, pointers", fields: `["u16","x"],["vl_api_eid_type_t","k"],["vl_api_eid_t","u",{"discriminator":"k"}],["u16","y"]`, value: struct {
			K uint16
			U eidPointers
			Y uint16
		}{2, eidPointers{Prefix: new(prefix("10.0.0.1/8"))}, 0xffff}, same: object{"k": 2, "u": object{"prefix": "10.0.0.1/8"}, "y": 0xffff}},
		{name: "union by its discriminator, no arm", fields: `["vl_api_eid_type_t","k"],["vl_api_eid_t","u",{"discriminator":"k"}]`, value: struct {
			K uint16
			U eidPointers
		}{9, eidPointers{}}, same: object{"k": 9}},
		{name: "union by its discriminator, an array", fields: `["vl_api_eid_type_t","k"],["vl_api_eid_t","u",{"discriminator":"k"}]`, value: struct {
			K uint16
			U struct{ Rules *[2]rule }
		}{3, struct{ Rules *[2]rule }{(*[2]rule)(rules2)}}, same: object{"k": 3, "u": object{"rules": rules2Map}}},
		{name: "unions in slices", fields: `["u8","n"],["vl_api_endpoint_t","e",0,"n"]`, value: struct{ E []endpoint }{[]endpoint{
			{1, eidPointers{Nsh: &nsh{1, 2}}}, {0, eidPointers{Mac: &binproto.MAC{6}}}, {2, eidPointers{Prefix: new(prefix("::/0"))}},
		}}, same: object{"e": list{
			object{"kind": 1, "value": object{"nsh": object{"spi": 1, "si": 2}}}, object{"kind": 0, "value": object{"mac": "06:00:00:00:00:00"}}, object{"kind": 2, "value": object{"prefix": "::/0"}},
		}}},
		{name: "union by number", fields: `["u8","k"],["vl_api_by_number_t","u",{"discriminator":"k"}]`, value: struct {
			K uint8
			U struct {
				One *uint16
				Ten *uint32
			}
		}{K: 10, U: struct {
			One *uint16
			Ten *uint32
		}{Ten: new(uint32(5))}}, same: object{"k": 10, "u": object{"ten": 5}}},
		{name: "union by a number that its field cannot hold", fields: `["u8","k"],["vl_api_by_number_t","u",{"discriminator":"k"}]`, value: struct {
			K uint8
			U struct{ Huge *uint8 }
		}{K: 44}, same: object{"k": 44}},
		{name: "union by -1", fields: `["vl_api_big_t","k"],["vl_api_by_all_t","u",{"discriminator":"k"}]`, value: struct {
			K uint32
			U struct{ Zero, All *uint16 }
		}{K: math.MaxUint32, U: struct{ Zero, All *uint16 }{All: new(uint16(5))}}, same: object{"k": "BIG_ALL", "u": object{"all": 5}}},
		{name: "union by a negative number", fields: `["vl_api_level_t","k"],["vl_api_by_level_t","u",{"discriminator":"k"}]`, value: struct {
			K level
			U struct{ Low, High uint8 }
		}{K: -2, U: struct{ Low, High uint8 }{Low: 5}}, same: object{"k": "LOW", "u": object{"low": 5}}},
		{name: "union without discriminator", fields: `["vl_api_number_t","a"],["vl_api_number_t","b",2],["vl_api_number_t","c"]`, value: struct {
			A numberArms
			B [2][5]byte
			C numberArms
		}{numberArms{Middle: new(uint32(0x01020304))}, [2][5]byte{{1, 2}, {3}}, numberArms{}},
			same: object{"a": object{"middle": 0x01020304}, "b": list{object{"pair": list{0x0102, 0}}, object{"small": 3}}},
			back: struct {
				A numberArms
				B [2][5]byte
				C numberArms
			}{numberArms{new(uint8(1)), new(uint32(0x01020304)), &[2]uint16{0x0102, 0x0304}}, [2][5]byte{{1, 2}, {3}}, numberArms{new(uint8), new(uint32), new([2]uint16)}}},
		{name: "union without discriminator, an arm that cannot be", fields: `["vl_api_either_t","a"]`, value: struct {
			A struct {
				ID      *uint32
				Address *netip.Addr
			}
		}{struct {
			ID      *uint32
			Address *netip.Addr
		}{ID: new(uint32(0x0a000000))}}, same: object{"a": object{"id": 0x0a000000}}},
		{name: "address unions", fields: `["vl_api_address_family_t","af"],["u16","x"],["vl_api_address_union_t","src"],["vl_api_address_union_t","dst"],["u32","y"]`, value: struct {
			Af       uint8
			X        uint16
			Src, Dst netip.Addr
			Y        uint32
		}{1, 2, addr("::1"), addr("2001:db8::1"), 3}, same: object{"af": 1, "x": 2, "src": object{"ip6": "::1"}, "dst": object{"ip6": "2001:db8::1"}, "y": 3}},
		{name: "address unions of IPv4", fields: `["vl_api_address_family_t","af"],["vl_api_address_union_t","src"],["vl_api_address_union_t","dst"]`, value: struct {
			Af       colour
			Src, Dst netip.Addr
		}{0, addr("10.0.0.1"), netip.Addr{}}, same: object{"src": object{"ip4": "10.0.0.1"}}, back: struct {
			Af       colour
			Src, Dst netip.Addr
		}{0, addr("10.0.0.1"), addr("0.0.0.0")}},

		{name: "optional values that are there", fields: `["u16","a",{"default":1500}],["vl_api_point_t","b"],["vl_api_prefix_t","c"],["u16","d",2],["string","e",4],["vl_api_eid_type_t","k"],["vl_api_eid_t","u",{"discriminator":"k"}]`, value: struct {
			A *uint16
			B *point
			C *netip.Prefix
			D *[2]uint16
			E *string
			K *uint16
			U *eidPointers
		}{new(uint16(0)), &point{}, new(prefix("1.2.3.4/5")), &[2]uint16{1, 2}, new("abc"), new(uint16(1)), &eidPointers{Nsh: &nsh{1, 2}}},
			same: object{"a": 0, "b": object{"x": 0}, "c": "1.2.3.4/5", "d": list{1, 2}, "e": "abc", "k": 1, "u": object{"nsh": object{"spi": 1, "si": 2}}}},
		{name: "optional values that are not", fields: `["u16","a",{"default":1500}],["vl_api_point_t","b"],["bool","c",{"default":"true"}],["vl_api_big_t","d",{"default":"BIG_ALL"}],["f64","e",{"default":1.5}],["vl_api_points_t","f"]`, value: struct {
			A *uint16
			B *point
			C *bool
			D *uint32
			E *float64
			F *[2]point
		}{}, back: struct {
			A *uint16
			B *point
			C *bool
			D *uint32
			E *float64
			F *[2]point
		}{new(uint16(1500)), &point{X: -1}, new(true), new(uint32(math.MaxUint32)), new(1.5), &[2]point{{X: -1}, {X: -1}}}},
		{name: "a missing field is its default", fields: `["u16","a",{"default":1500}],["u8","x"],["vl_api_spot_t","b"],["bool","c",{"default":true}],["i32","d",{"default":-2}],["vl_api_points_t","e"],["f64","f",{"default":-1.5}],["u64","g"],["vl_api_label_t","h"],["vl_api_number_t","i"]`,
			value: struct{ X uint8 }{7}, same: object{"x": 7}},
		{name: "missing fields of varying size", fields: `["u8","n"],["vl_api_rule_t","r",0,"n"],["string","s",0],["vl_api_remarks_t","t"],["vl_api_remark_t","u",2],["vl_api_run_t","v"],["vl_api_runs_t","w",2],["u8","x"],["u32","m"],["vl_api_runs_t","y",0,"m"],["u8","z"]`, value: struct{ X, Z uint8 }{7, 8},
			same: object{"x": 7, "z": 8}},
		{name: "a missing tail", fields: `["u8","x"],["vl_api_named_t","a",0]`, value: struct{ X uint8 }{7}, same: object{"x": 7}, tail: true},
		{name: "optional fields the message lacks", fields: `["u8","x"]`, value: struct {
			X uint8
			A uint32            `vpp:",optional"`
			B string            `vpp:",optional"`
			C []string          `vpp:"gone,optional"`
			D *point            `vpp:",optional"`
			E [2]rule           `vpp:",optional"`
			F map[string]string `vpp:",optional"`
			G any               `vpp:",optional"`
			H struct{}          `vpp:",optional"`
		}{X: 1}, same: object{"x": 1}},
		{name: "optional fields where the bytes end with their memory", fields: `["u8","x",14]`, value: struct { // checkptr looks here
			X [14]byte
			A []string `vpp:",optional"`
		}{}, same: object{}},
		{name: "optional fields behind slices", fields: `["u8","n"],["vl_api_point_t","a",0,"n"]`, value: struct {
			A []struct {
				X int8
				Y uint8
				Z string `vpp:",optional"`
			}
			B []int `vpp:",optional"`
		}{A: []struct {
			X int8
			Y uint8
			Z string `vpp:",optional"`
		}{{X: 1}, {Y: 2}}}, same: object{"a": list{object{"x": 1}, object{"x": 0, "y": 2}}}},
		{name: "optional fields all over", fields: `["vl_api_nothing_t","a"],["vl_api_nothing_t","b",2],["vl_api_endpoint_t","e"]`, value: struct {
			A struct {
				X string `vpp:",optional"`
			}
			B [2]struct {
				X string `vpp:",optional"`
			}
			E struct {
				Kind  uint16
				Value struct {
					Nsh nsh
					New *point `vpp:",optional"`
				}
			}
		}{}, same: object{}},
		{name: "elements of no bytes", fields: `["u8","n"],["vl_api_nothing_t","a",0,"n"],["u8","x"]`, value: struct {
			A []struct{}
			X uint8
		}{make([]struct{}, 1), 2}, same: object{"a": list{object{}}, "x": 2}},
		{name: "elements of no bytes that hold something", fields: `["u8","n"],["vl_api_nothing_t","a",0,"n"],["u16","x"]`, value: struct {
			A []struct {
				S string `vpp:",optional"`
			}
			X uint16
		}{make([]struct {
			S string `vpp:",optional"`
		}, 2), 2}, same: object{"a": list{object{}, object{}}, "x": 2}},
		{name: "embedded structs and tags", fields: `["u32","context"],["i32","retval"],["vl_api_timestamp_t","when"],["u16","l2_mtu"],["vl_api_prefix_t","prefix"],["u8","y"]`, value: struct {
			stamped
			Mtu uint16 `vpp:"l2_mtu"`
			netip.Prefix
			Internal string `vpp:"-"`
			_        int
			Y        uint8
		}{stamped: stamped{common{1, -2}, time.Unix(5, 0).UTC()}, Mtu: 9000, Prefix: prefix("1.2.3.4/5"), Y: 3},
			same: object{"context": 1, "retval": -2, "when": 5, "l2_mtu": 9000, "prefix": "1.2.3.4/5", "y": 3}},
	}
}
