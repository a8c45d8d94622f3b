package binproto_test

import (
	"bytes"
	"errors"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

type (
	fuzzPoint  struct{ X, Y int16 }
	fuzzTunnel struct {
		ID   uint32
		Slot uint8
	}
	fuzzEndpoint struct {
		Kind  uint16
		Value struct {
			Mac    *binproto.MAC
			IP6    *netip.Addr
			Tunnel *fuzzTunnel
		}
	}
	fuzzScalars struct {
		A      uint8
		B      *uint16
		C      uint64
		D      uint64
		E      int
		F      int16
		G      int32
		H      int64
		I      float64
		J      bool
		At     time.Time
		During time.Duration
	}
	fuzzDefaults struct {
		Mtu   *uint16
		Up    *bool
		At    *fuzzPoint
		Plain uint32
	}
	fuzzEnums struct {
		Colour uint8
		State  int16
		Pair   [2]uint32
		Flags  uint8
		List   []uint16
		Gone   []string `vpp:",optional"`
	}
	fuzzTexts struct {
		Name    string
		Label   []byte
		Note    []byte
		Short   string
		Remarks [2]string
		More    []string
	}
	fuzzOctets struct {
		Raw     []byte
		Cookie  string
		Cookies [2][8]byte
		Pair    [2]uint16
		Counted []byte
	}
	fuzzAddresses struct {
		IP4, IP6, Address                    netip.Addr
		Prefix, WithPrefix, Prefix4, Prefix6 netip.Prefix
		Mac                                  binproto.MAC
		Macs                                 [2][]byte
		Group                                fuzzGroup
		Prefixes                             []netip.Prefix
	}
	fuzzGroup struct {
		Af                     uint8
		GrpAddress, SrcAddress netip.Addr
	}
	fuzzPaths struct {
		NPaths uint8
		IsAdd  bool
		Paths  []fuzzPath
	}
	fuzzPath struct {
		SwIfIndex *uint32
		Weight    uint8
		Nh        netip.Addr
		Labels    [3]uint32
	}
	fuzzCounted struct {
		M       int16
		Points  []fuzzPoint
		Numbers []uint64
		Hops    []fuzzHop
	}
	fuzzHop    struct{ Metrics []uint16 }
	fuzzUnions struct {
		Number    [10]byte
		Opaque    fuzzOpaque
		Local     fuzzEndpoint
		Remotes   [2]fuzzEndpoint
		Version   uint8
		Versioned struct{ V1, V2 uint64 }
	}
	fuzzOpaque struct {
		Mark   uint8
		Number [10]byte
	}
	fuzzTail struct {
		Tail struct {
			Kind uint8
			Data string
		}
	}
	fuzzTailSkipped struct{ Tail struct{ Kind uint8 } }
	fuzzRest        struct{ Points []fuzzPoint }
	fuzzItem        struct {
		Context uint32
		Name    string
	}
)

// fuzzed binds every construct, to structs that have all of a message and to
// such as have some.
var fuzzed = []struct {
	message string
	value   any
}{
	{"scalars", fuzzScalars{}}, {"defaults", fuzzDefaults{}}, {"enums", fuzzEnums{}}, {"texts", fuzzTexts{}},
	{"texts", struct{ More []string }{}}, {"octets", fuzzOctets{}}, {"addresses", fuzzAddresses{}},
	{"addresses", struct{ Prefixes []netip.Prefix }{}}, {"paths", fuzzPaths{}}, {"counted", fuzzCounted{}},
	{"counted", struct{ Hops []struct{} }{}}, {"counted", struct{}{}}, {"unions", fuzzUnions{}},
	{"legacy_tail", fuzzTail{}}, {"legacy_tail", fuzzTailSkipped{}}, {"legacy_points", fuzzRest{}},
	{"items_details", fuzzItem{}}, {"items_dump_reply", struct{}{}},
}

// FuzzTypedDecode: a value or an error, whatever the value was before; what
// was decoded encodes, and decodes to the same again.
func FuzzTypedDecode(f *testing.F) {
	type target struct {
		m     *binproto.Message
		codec binproto.AnyCodec
		typ   reflect.Type
	}
	var targets []target
	schema := sampleSchema(f)
	for _, c := range fuzzed {
		m := schema.Message(c.message)
		codec, err := binproto.BindAny(m, reflect.TypeOf(c.value))
		if err != nil {
			f.Fatal(err)
		}
		targets = append(targets, target{m, codec, reflect.TypeOf(c.value)})
	}
	f.Fuzz(func(t *testing.T, index uint8, wire []byte) {
		c := targets[int(index)%len(targets)]
		v, spoilt := reflect.New(c.typ), reflect.New(c.typ)
		spoil(spoilt.Elem())
		err, errSpoilt := c.codec.Decode(wire, v.Interface()), c.codec.Decode(wire, spoilt.Interface())
		if (err == nil) != (errSpoilt == nil) || err != nil && err.Error() != errSpoilt.Error() {
			t.Fatalf("%v, and %v into a used value", err, errSpoilt)
		}
		if err != nil {
			checkDecodeError(t, c.m, wire, err)
			return
		}
		if !sameValue(v.Elem(), spoilt.Elem()) {
			t.Fatalf("got %+v\nand %+v into a used value", v, spoilt)
		}
		if _, err := c.m.DecodeFields(wire); err != nil && c.typ != reflect.TypeFor[fuzzTailSkipped]() {
			t.Fatalf("dynamic: %v", err)
		}
		again, err := c.codec.Append(nil, v.Interface())
		if err != nil {
			if tooLongToSend(err) {
				return
			}
			t.Fatalf("%+v: %v", v, err)
		}
		v2 := reflect.New(c.typ)
		if err := c.codec.Decode(again, v2.Interface()); err != nil || !sameValue(v.Elem(), v2.Elem()) {
			t.Fatalf("%x\nfirst %+v\nagain %+v, %v", wire, v, v2, err)
		}
		if again2, err := c.codec.Append(nil, v2.Interface()); err != nil || !bytes.Equal(again, again2) {
			t.Fatalf("first %x\nagain %x, %v", again, again2, err)
		}
	})
}

// checkDecodeError: an error tells where it arose, and bytes that end too
// early are the same error as the dynamic codec's.
func checkDecodeError(t *testing.T, m *binproto.Message, wire []byte, err error) {
	t.Helper()
	var e *binproto.Error
	if !errors.As(err, &e) || e.Op != "decode" || e.Message != m.Name || e.Field == "" || e.Offset < 0 || e.Offset > len(wire) || e.Want == "" || e.Got == "" {
		t.Fatalf("error %+v of %d bytes", err, len(wire))
	}
	switch {
	case errors.Is(err, binproto.ErrRange):
	case errors.Is(err, binproto.ErrTruncated):
		if _, want := m.DecodeFields(wire); want == nil || want.Error() != err.Error() {
			t.Fatalf("got %v\nwant %v", err, want)
		}
	default:
		t.Fatalf("class of %v", err)
	}
}
