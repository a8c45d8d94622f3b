package binproto_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// structs makes random Go structs for messages: of the types that Bind allows,
// some of which lose nothing, and, where keep is false, without some of the
// fields.
type structs struct {
	*rand.Rand
	keep bool
}

// prune removes from a decoded value what the Go struct lacks.
type prune func(v any)

func nothing(any) {}

// message makes a struct for a message's fields.
func (g structs) message(t *binproto.Type) (reflect.Type, prune) {
	var fields []reflect.StructField
	prunes := map[string]prune{}
	var dropped []string
	for _, f := range t.Fields {
		switch {
		case g.drops(t, f):
			dropped = append(dropped, f.Name)
			continue
		case f.CountFor != "" && g.IntN(2) == 0: // left to be derived
			continue
		}
		gt, p := g.field(f)
		prunes[f.Name] = p
		fields = append(fields, reflect.StructField{Type: gt, Tag: reflect.StructTag(fmt.Sprintf("vpp:%q", f.Name))})
	}
	g.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	for i := range fields {
		fields[i].Name = fmt.Sprintf("F%d", i)
	}
	return reflect.StructOf(fields), func(v any) {
		m, ok := v.(map[string]any)
		if !ok {
			return // one of the types that have a text form
		}
		for _, name := range dropped {
			delete(m, name)
		}
		for name, p := range prunes {
			if v, ok := m[name]; ok {
				p(v)
			}
		}
	}
}

// drops decides for a field by its name: for an array by that of its count, for
// one without the other cannot be sent. What a union needs stays.
func (g structs) drops(t *binproto.Type, f *binproto.Field) bool {
	if g.keep {
		return false
	}
	name := f.Name
	if f.Repeat == binproto.Counted {
		name = f.CountField
	}
	for _, other := range t.Fields {
		if other.Discriminator == name {
			return false
		}
	}
	return (len(name)+int(name[len(name)-1]))%3 == 0
}

func (g structs) field(f *binproto.Field) (reflect.Type, prune) {
	switch f.Repeat {
	case binproto.Counted, binproto.Rest:
		if f.Type.Kind == binproto.KindU8 && g.IntN(2) == 0 {
			return reflect.TypeFor[string](), nothing
		}
		gt, p := g.value(f.Type)
		return reflect.SliceOf(gt), each(p)
	case binproto.Fixed:
		return g.maybe(f, func() (reflect.Type, prune) { return g.array(f.Type, f.Length) })
	}
	if f.Type.Kind == binproto.KindUnion && f.Discriminator != "" {
		return g.maybe(f, func() (reflect.Type, prune) { return g.union(f) })
	}
	return g.maybe(f, func() (reflect.Type, prune) { return g.value(f.Type) })
}

// maybe makes some fields pointers.
func (g structs) maybe(f *binproto.Field, inner func() (reflect.Type, prune)) (reflect.Type, prune) {
	gt, p := inner()
	_, fixed := f.Type.Size()
	if fixed && f.CountFor == "" && g.IntN(4) == 0 {
		gt = reflect.PointerTo(gt)
	}
	return gt, p
}

func each(p prune) prune {
	return func(v any) {
		if l, ok := v.([]any); ok {
			for _, item := range l {
				p(item)
			}
		}
	}
}

func (g structs) array(elem *binproto.Type, n int) (reflect.Type, prune) {
	if elem.Kind == binproto.KindU8 && g.IntN(3) == 0 {
		return reflect.TypeFor[[]byte](), nothing
	}
	gt, p := g.value(elem)
	return reflect.ArrayOf(n, gt), each(p)
}

// union makes a struct of arms, or raw bytes.
func (g structs) union(f *binproto.Field) (reflect.Type, prune) {
	size, _ := f.Type.Size()
	how := g.IntN(4)
	if how == 0 {
		return reflect.ArrayOf(size, reflect.TypeFor[byte]()), nothing
	}
	if how == 1 && len(f.Type.Fields) == 2 && strings.HasPrefix(f.Type.Name, "vl_api_address_union") {
		return reflect.TypeFor[netip.Addr](), nothing
	}
	var fields []reflect.StructField
	prunes := map[string]prune{}
	for i, a := range f.Type.Fields {
		gt, p := g.field(a)
		if how == 2 && gt.Kind() != reflect.Pointer {
			gt = reflect.PointerTo(gt)
		}
		prunes[a.Name] = p
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: gt, Tag: reflect.StructTag(fmt.Sprintf("vpp:%q", a.Name))})
	}
	return reflect.StructOf(fields), func(v any) {
		if m, ok := v.(map[string]any); ok {
			for name, p := range prunes {
				if v, ok := m[name]; ok {
					p(v)
				}
			}
		}
	}
}

func (g structs) value(t *binproto.Type) (reflect.Type, prune) {
	if gt := g.formatted(t.Format); gt != nil {
		return gt, nothing
	}
	switch t.Kind {
	case binproto.KindStruct:
		return g.message(t)
	case binproto.KindArray:
		return g.array(t.Elem, t.Length)
	case binproto.KindUnion:
		size, _ := t.Size()
		return reflect.ArrayOf(size, reflect.TypeFor[byte]()), nothing
	case binproto.KindString:
		return pick(g, reflect.TypeFor[string](), reflect.TypeFor[[]byte]()), nothing
	case binproto.KindEnum:
		return g.integer(t.Enum.Base), nothing
	case binproto.KindBool:
		return reflect.TypeFor[bool](), nothing
	case binproto.KindF64:
		return reflect.TypeFor[float64](), nothing
	}
	return g.integer(t.Kind), nothing
}

func (g structs) formatted(f binproto.Format) reflect.Type {
	if g.IntN(3) == 0 {
		return nil
	}
	switch f {
	case binproto.FormatIP4, binproto.FormatIP6, binproto.FormatAddress:
		return reflect.TypeFor[netip.Addr]()
	case binproto.FormatPrefix, binproto.FormatIP4Prefix, binproto.FormatIP6Prefix:
		return reflect.TypeFor[netip.Prefix]()
	case binproto.FormatMAC:
		return reflect.TypeFor[binproto.MAC]()
	}
	return nil
}

func pick[T any](g structs, of ...T) T { return of[g.IntN(len(of))] }

func (g structs) integer(k binproto.Kind) reflect.Type {
	unsigned := []reflect.Type{reflect.TypeFor[uint8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint32](), reflect.TypeFor[uint64]()}
	signed := []reflect.Type{reflect.TypeFor[int8](), reflect.TypeFor[int16](), reflect.TypeFor[int32](), reflect.TypeFor[int64]()}
	at := slices.Index([]string{"8", "16", "32", "64"}, strings.TrimLeft(k.String(), "ui"))
	wide := at
	if g.IntN(3) == 0 {
		wide = at + g.IntN(4-at)
	}
	if strings.HasPrefix(k.String(), "i") || wide > at && g.IntN(2) == 0 {
		return signed[wide]
	}
	return unsigned[wide]
}

// TestTypedEveryMessage decodes random messages into random structs, whatever
// those held before, and encodes them again: the bytes must be those of the
// fields that the struct has. Cut short, they must give the dynamic codec's
// error.
func TestTypedEveryMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		schema func(testing.TB) *binproto.Schema
		rounds int
	}{
		{"sample", sampleSchema, 400},
		{"bench", benchSchema, 20},
		{"26.06", func(tb testing.TB) *binproto.Schema { return vppSchema(tb, "26.06") }, 2},
		{"24.10", func(tb testing.TB) *binproto.Schema { return vppSchema(tb, "24.10") }, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			messages, err := c.schema(t).Messages()
			if err != nil || len(messages) == 0 {
				t.Fatalf("%d messages, %v", len(messages), err)
			}
			done, refused := 0, 0
			for i, m := range messages {
				for round := range c.rounds {
					r := rand.New(rand.NewPCG(uint64(round), uint64(i)))
					if typedRoundTrip(t, m, r) {
						done++
					} else {
						refused++
					}
					if t.Failed() {
						t.Fatalf("%s, round %d", m.Name, round)
					}
				}
			}
			if done < 3*refused {
				t.Errorf("%d messages went through, %d did not", done, refused)
			}
		})
	}
}

// typedRoundTrip is false where the bytes are none for the struct: the
// generator makes prefixes with impossible lengths.
func typedRoundTrip(t *testing.T, m *binproto.Message, r *rand.Rand) bool {
	wire, err := m.AppendFields(nil, generator{r}.fields(m.Body()))
	if err != nil {
		t.Error(err)
		return false
	}
	gt, prune := structs{r, r.IntN(2) == 0}.message(m.Body())
	codec, err := binproto.BindAny(m, gt)
	if err != nil {
		t.Errorf("%v\n%v", err, gt)
		return false
	}
	v := reflect.New(gt)
	if r.IntN(2) == 0 {
		spoil(v.Elem())
	}
	if err := codec.Decode(wire, v.Interface()); err != nil {
		if !errors.Is(err, binproto.ErrRange) {
			t.Errorf("%x: %v\n%v", wire, err, gt)
		}
		return false
	}
	fields, err := m.DecodeFields(wire)
	if err != nil {
		t.Error(err)
		return false
	}
	prune(fields)
	want, err := m.AppendFields(nil, fields)
	if err != nil {
		t.Errorf("%v\n%v", fields, err)
		return false
	}
	if got, err := codec.Append(nil, v.Interface()); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got  %x, %v\nwant %x\nof   %x\n%v\n%+v", got, err, want, wire, gt, v)
	}
	short := wire[:r.IntN(len(wire))]
	_, wantErr := m.DecodeFields(short)
	err = codec.Decode(short, v.Interface())
	if fmt.Sprint(err) != fmt.Sprint(wantErr) && !errors.Is(err, binproto.ErrRange) && !endsOpen(m) {
		t.Errorf("%x: got %v\nwant %v\n%v", short, err, wantErr, gt)
	}
	return true
}

// endsOpen tells the messages that a missing end may leave whole.
func endsOpen(m *binproto.Message) bool { return strings.HasPrefix(m.Name, "legacy_") }
