package binproto_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

func TestTyped(t *testing.T) {
	t.Parallel()
	for _, c := range typedCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := caseMessage(t, c.fields)
			codec, err := binproto.BindAny(m, reflect.TypeOf(c.value))
			if err != nil {
				t.Fatal(err)
			}
			want, err := m.AppendFields([]byte("kept"), c.same)
			if err != nil {
				t.Fatal(err)
			}
			for _, room := range []int{4, len(want), len(want) + 100} {
				dst := bytes.Repeat([]byte{0xee}, room)[:4]
				copy(dst, "kept")
				got, err := codec.Append(dst, pointerTo(c.value))
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("room %d\ngot  %x, %v\nwant %x", room, got, err, want)
				}
			}
			if c.back == nil {
				c.back = c.value
			}
			decodeCase(t, m, codec, c, want[4:])
		})
	}
}

// decodeCase decodes into values that are new, used and spoilt, and from bytes
// that are too few and too many.
func decodeCase(t *testing.T, m *binproto.Message, codec binproto.AnyCodec, c typedCase, wire []byte) {
	fresh, reused, spoilt := newOf(c.value), pointerTo(c.value), newOf(c.value)
	spoil(reflect.ValueOf(spoilt).Elem())
	keepInternal(reflect.ValueOf(spoilt).Elem())
	for what, v := range map[string]any{"new": fresh, "used": reused, "spoilt": spoilt} {
		buf := bytes.Clone(wire)
		if err := codec.Decode(buf, v); err != nil {
			t.Fatal(err)
		}
		for i := range buf {
			buf[i] ^= 0xff // what was decoded must not be lent from the bytes
		}
		if got := reflect.ValueOf(v).Elem().Interface(); !same(got, c.back) {
			t.Errorf("%s value:\ngot  %+v\nwant %+v", what, got, c.back)
		}
	}
	for n := range wire {
		v := newOf(c.value)
		err := codec.Decode(bytes.Clone(wire[:n]), v)
		_, wantErr := m.DecodeFields(wire[:n])
		if err == nil && c.tail && (wantErr == nil || strings.HasPrefix(c.name, "a missing tail")) {
			continue
		}
		var e *binproto.Error
		if !errors.As(err, &e) || !errors.Is(err, binproto.ErrTruncated) || e.Field == "" || err.Error() != wantErr.Error() {
			t.Fatalf("%d bytes of %d:\ngot  %v\nwant %v", n, len(wire), err, wantErr)
		}
	}
	if !c.tail {
		v := newOf(c.value)
		if err := codec.Decode(append(bytes.Clone(wire), 1, 2, 3), v); err != nil || !same(reflect.ValueOf(v).Elem().Interface(), c.back) {
			t.Errorf("with bytes behind: %+v, %v", v, err)
		}
	}
}

// keepInternal empties the fields that are not the codec's.
func keepInternal(v reflect.Value) {
	for i := range v.NumField() {
		if v.Type().Field(i).Tag == `vpp:"-"` {
			v.Field(i).SetZero()
		}
	}
}

// Booleans that are neither 0 nor 1 on the wire must not become such in Go.
func TestTypedBool(t *testing.T) {
	t.Parallel()
	m := caseMessage(t, `["bool","a",4],["u8","b"],["u8","n"],["bool","c",0,"n"]`)
	type bools struct {
		A [4]bool
		B bool
		C []bool
	}
	c, err := binproto.Bind[bools](m)
	if err != nil {
		t.Fatal(err)
	}
	wire, _ := hex.DecodeString("0000" + "02ff0080" + "10" + "02" + "0400")
	var v bools
	if err := c.Decode(wire, &v); err != nil {
		t.Fatal(err)
	}
	again, err := c.Append(nil, &v)
	if want := "0000" + "01010001" + "01" + "02" + "0100"; err != nil || hex.EncodeToString(again) != want {
		t.Errorf("again %x, %v; want %s", again, err, want)
	}
}
