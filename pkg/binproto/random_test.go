package binproto_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// generator makes random values of any type, in every form that the encoder
// takes. Their bytes have one decoding: what the generator leaves zero, VPP
// would too.
type generator struct{ *rand.Rand }

// fields makes a value of a structure with every field set.
func (g generator) fields(t *binproto.Type) map[string]any {
	out := map[string]any{}
	counts := map[string]int{}
	arms := map[string]*binproto.Field{} // by discriminator: unions may share one
	for _, f := range t.Fields {
		switch {
		case f.Repeat == binproto.Counted:
			n, chosen := counts[f.CountField]
			if !chosen {
				n = g.IntN(5)
				counts[f.CountField] = n
			}
			out[f.Name] = g.list(f.Type, n)
			delete(out, f.CountField)
			if g.IntN(2) == 0 {
				out[f.CountField] = n
			}
		case f.Type.Kind == binproto.KindUnion && f.Repeat == binproto.Once && f.Discriminator != "":
			arm := arms[f.Discriminator]
			if arm == nil {
				arm = f.Type.Fields[g.IntN(len(f.Type.Fields))]
				arms[f.Discriminator] = arm
			}
			out[f.Name] = map[string]any{arm.Name: g.field(arm)}
			out[f.Discriminator] = caseValue(arm)
			if !f.Inferred && g.IntN(2) == 0 {
				delete(out, f.Discriminator)
			}
		default:
			out[f.Name] = g.field(f)
		}
	}
	return out
}

// caseValue is an arm's case as a user gives it: a member's name or a number.
func caseValue(arm *binproto.Field) any {
	if n, err := strconv.Atoi(arm.Case); err == nil {
		return n
	}
	return arm.Case
}

func (g generator) field(f *binproto.Field) any {
	switch f.Repeat {
	case binproto.Fixed:
		return g.list(f.Type, f.Length)
	case binproto.Rest:
		return g.list(f.Type, g.IntN(5))
	}
	if f.Limit > 0 {
		return g.text(f.Limit - 1)
	}
	return g.value(f.Type)
}

func (g generator) list(elem *binproto.Type, n int) any {
	if elem.Kind == binproto.KindU8 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(g.Uint32())
		}
		if g.IntN(2) == 0 {
			return hex.EncodeToString(b)
		}
		return b
	}
	list := make([]any, n)
	for i := range list {
		list[i] = g.value(elem)
	}
	return list
}

func (g generator) value(t *binproto.Type) any {
	if v := g.formatted(t); v != nil {
		return v
	}
	switch t.Kind {
	case binproto.KindStruct:
		return g.fields(t)
	case binproto.KindUnion:
		arm := t.Fields[g.IntN(len(t.Fields))]
		return map[string]any{arm.Name: g.field(arm)}
	case binproto.KindArray:
		return g.list(t.Elem, t.Length)
	case binproto.KindString:
		if t.Length > 0 {
			return g.text(t.Length - 1)
		}
		return g.text(40)
	case binproto.KindEnum:
		return g.enum(t.Enum)
	case binproto.KindBool:
		return g.IntN(2) == 0
	case binproto.KindF64:
		return g.float()
	}
	return g.integer(t.Kind)
}

func (g generator) formatted(t *binproto.Type) any {
	var a4 [4]byte
	var a16 [16]byte
	for i := range a16 {
		a16[i] = byte(g.Uint32())
	}
	copy(a4[:], a16[:])
	a := netip.AddrFrom4(a4)
	if g.IntN(2) == 0 {
		a = netip.AddrFrom16(a16)
	}
	switch t.Format {
	case binproto.FormatIP4, binproto.FormatIP4Prefix:
		a = netip.AddrFrom4(a4)
	case binproto.FormatIP6, binproto.FormatIP6Prefix:
		a = netip.AddrFrom16(a16)
	}
	switch t.Format {
	case binproto.FormatMAC:
		return binproto.MAC(a16[:6]).String()
	case binproto.FormatIP4, binproto.FormatIP6, binproto.FormatAddress:
		if g.IntN(2) == 0 {
			return a.String()
		}
		return a
	case binproto.FormatPrefix, binproto.FormatIP4Prefix, binproto.FormatIP6Prefix:
		if g.IntN(2) == 0 {
			return fmt.Sprintf("%s/%d", a, g.IntN(256))
		}
		return netip.PrefixFrom(a, g.IntN(a.BitLen()+1))
	}
	return nil
}

func (g generator) enum(e *binproto.Enum) any {
	if g.IntN(4) == 0 || len(e.Members) == 0 {
		return g.integer(e.Base)
	}
	member := func() string { return e.Members[g.IntN(len(e.Members))].Name }
	if e.Flags && g.IntN(2) == 0 {
		return []any{member(), member()}
	}
	return member()
}

func (g generator) float() any {
	switch g.IntN(8) {
	case 0:
		return math.NaN()
	case 1:
		return math.Inf(1 - 2*g.IntN(2))
	case 2:
		return math.Copysign(0, -1)
	case 3:
		return g.IntN(1000)
	}
	return math.Float64frombits(g.Uint64() &^ (1 << 62)) // finite
}

func (g generator) integer(k binproto.Kind) any {
	bits := g.Uint64()
	if g.IntN(3) == 0 {
		bits = math.MaxUint64 * uint64(g.IntN(2)) // the edges of the range
	}
	switch k {
	case binproto.KindU8:
		return uint8(bits)
	case binproto.KindU16:
		return uint16(bits)
	case binproto.KindU32:
		return uint32(bits)
	case binproto.KindI8:
		return int8(bits)
	case binproto.KindI16:
		return int16(bits)
	case binproto.KindI32:
		return int32(bits)
	case binproto.KindI64:
		return int64(bits)
	}
	return json.Number(strconv.FormatUint(bits, 10))
}

// text is up to n bytes of UTF-8.
func (g generator) text(n int) string {
	alphabet := []string{"a", "Z", "-", `"`, `\`, " ", "\n", "\x01", "\x7f", "é", "→", "𝕏"}
	out := ""
	for range g.IntN(n + 1) {
		if s := alphabet[g.IntN(len(alphabet))]; len(out)+len(s) <= n {
			out += s
		}
	}
	return out
}

func sampleSchema(tb testing.TB) *binproto.Schema {
	tb.Helper()
	s, err := binproto.LoadFS(os.DirFS("testdata"), "sample")
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// TestEveryMessage takes every message of a schema through both codecs: empty,
// then with random values, its bytes must come back the same.
func TestEveryMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		schema func(testing.TB) *binproto.Schema
		rounds int
	}{
		{"sample", sampleSchema, 200},
		{"26.06", func(tb testing.TB) *binproto.Schema { return vppSchema(tb, "26.06") }, 3},
		{"24.10", func(tb testing.TB) *binproto.Schema { return vppSchema(tb, "24.10") }, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			messages, err := c.schema(t).Messages()
			if err != nil || len(messages) == 0 {
				t.Fatalf("%d messages, %v", len(messages), err)
			}
			for i, m := range messages {
				roundTrip(t, m, nil)
				g := generator{rand.New(rand.NewPCG(1, uint64(i)))}
				for range c.rounds {
					roundTrip(t, m, g.fields(m.Body()))
				}
			}
		})
	}
}

func roundTrip(t *testing.T, m *binproto.Message, fields map[string]any) {
	t.Helper()
	wire, err := m.AppendFields(nil, fields)
	if err != nil {
		t.Errorf("%s %v: %v", m.Name, fields, err)
		return
	}
	decoded, err := m.DecodeFields(wire)
	if err != nil {
		t.Errorf("%s %v as %x: %v", m.Name, fields, wire, err)
		return
	}
	if len(decoded) != len(m.Fields) {
		t.Errorf("%s: %d fields decoded, want %d", m.Name, len(decoded), len(m.Fields))
	}
	if again, err := m.AppendFields(nil, decoded); err != nil || string(again) != string(wire) {
		t.Errorf("%s %v:\nwire  %x\nagain %x, %v", m.Name, decoded, wire, again, err)
	}
	js, err := m.AppendJSON(nil, wire)
	if err != nil || !json.Valid(js) {
		t.Errorf("%s: JSON %s, %v", m.Name, js, err)
	}
	if again, err := m.AppendFromJSON(nil, js); err != nil || string(again) != string(wire) {
		t.Errorf("%s %s:\nwire  %x\nagain %x, %v", m.Name, js, wire, again, err)
	}
}
