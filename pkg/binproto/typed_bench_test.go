package binproto_test

import (
	"net/netip"
	"os"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// The structs that the benchmarks bind: complete, so that every byte of the
// messages is produced and read.

type mplsLabel struct {
	IsUniform uint8
	Label     uint32
	TTL       uint8
	Exp       uint8
}

type nextHop struct {
	Address            [16]byte
	ViaLabel           uint32
	ObjID              uint32
	ClassifyTableIndex uint32
}

type fibPath struct {
	SwIfIndex  uint32
	TableID    uint32
	RpfID      uint32
	Weight     uint8
	Preference uint8
	Type       uint32
	Flags      uint32
	Proto      uint32
	Nh         nextHop
	NLabels    uint8
	LabelStack [16]mplsLabel
}

type ipRouteV2 struct {
	TableID    uint32
	StatsIndex uint32
	Prefix     netip.Prefix
	Src        uint8
	Paths      []fibPath
}

type ipRouteAddDelV2 struct {
	IsAdd       bool
	IsMultipath bool
	Route       ipRouteV2
}

type ipRouteV2Details struct{ Route ipRouteV2 }

type aclRule struct {
	IsPermit               uint8
	SrcPrefix              netip.Prefix
	DstPrefix              netip.Prefix
	Proto                  uint8
	SrcportOrIcmptypeFirst uint16
	SrcportOrIcmptypeLast  uint16
	DstportOrIcmpcodeFirst uint16
	DstportOrIcmpcodeLast  uint16
	TCPFlagsMask           uint8
	TCPFlagsValue          uint8
}

type aclAddReplace struct {
	ACLIndex uint32
	Tag      string
	R        []aclRule
}

type swInterfaceDetails struct {
	SwIfIndex        uint32
	SupSwIfIndex     uint32
	L2Address        binproto.MAC
	Flags            uint32
	Type             uint32
	LinkDuplex       uint32
	LinkSpeed        uint32
	LinkMtu          uint16
	Mtu              [4]uint32
	SubID            uint32
	SubNumberOfTags  uint8
	SubOuterVlanID   uint16
	SubInnerVlanID   uint16
	SubIfFlags       uint32
	VtrOp            uint32
	VtrPushDot1q     uint32
	VtrTag1          uint32
	VtrTag2          uint32
	OuterTag         uint16
	BDmac            binproto.MAC
	BSmac            binproto.MAC
	BVlanid          uint16
	ISid             uint32
	InterfaceName    string
	InterfaceDevType string
	Tag              string
}

func sampleRoute() ipRouteV2 {
	p := fibPath{SwIfIndex: 3, TableID: 0, Weight: 1}
	p.Nh.Address = [16]byte{192, 0, 2, 1}
	return ipRouteV2{TableID: 10, Prefix: netip.MustParsePrefix("198.51.100.0/24"), Src: 20, Paths: []fibPath{p}}
}

func sampleACL(rules int) aclAddReplace {
	v := aclAddReplace{ACLIndex: ^uint32(0), Tag: "vpp-operator/web"}
	for i := range rules {
		v.R = append(v.R, aclRule{
			IsPermit:  uint8(i & 1),
			SrcPrefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i), 0}), 24),
			DstPrefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 32),
			Proto:     6, SrcportOrIcmptypeLast: 65535, DstportOrIcmpcodeFirst: 443, DstportOrIcmpcodeLast: 443,
		})
	}
	return v
}

func sampleInterface() swInterfaceDetails {
	return swInterfaceDetails{
		SwIfIndex: 1, SupSwIfIndex: 1, L2Address: binproto.MAC{0xde, 0xad, 0, 0, 0, 1}, Flags: 3, LinkMtu: 9000,
		Mtu: [4]uint32{9000}, InterfaceName: "loop0", InterfaceDevType: "Loopback", Tag: "vpp-operator/lo",
	}
}

// benchSchema holds the messages of VPP 26.06 that are measured.
func benchSchema(tb testing.TB) *binproto.Schema {
	tb.Helper()
	s, err := binproto.LoadFS(os.DirFS("testdata"), "bench")
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func BenchmarkTyped(b *testing.B) {
	s := benchSchema(b)
	benchCodec(b, s, "sw_interface_details", sampleInterface())
	benchCodec(b, s, "ip_route_add_del_v2", ipRouteAddDelV2{IsAdd: true, Route: sampleRoute()})
	benchCodec(b, s, "ip_route_v2_details", ipRouteV2Details{Route: sampleRoute()})
	benchCodec(b, s, "acl_add_replace", sampleACL(100))
}

func benchCodec[T any](b *testing.B, s *binproto.Schema, message string, v T) {
	m := s.Message(message)
	if m == nil {
		b.Fatalf("no message %s", message)
	}
	c, err := binproto.Bind[T](m)
	if err != nil {
		b.Fatal(err)
	}
	wire, err := c.Append(nil, &v)
	if err != nil {
		b.Fatal(err)
	}
	b.Run(message+"/encode", func(b *testing.B) {
		b.ReportAllocs()
		buf := make([]byte, 0, len(wire))
		for b.Loop() {
			if buf, err = c.Append(buf[:0], &v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run(message+"/decode", func(b *testing.B) {
		b.ReportAllocs()
		out := new(T)
		if err := c.Decode(wire, out); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := c.Decode(wire, out); err != nil {
				b.Fatal(err)
			}
		}
	})
}
