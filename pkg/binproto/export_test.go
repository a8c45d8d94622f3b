package binproto

import (
	"reflect"
	"unsafe"
)

// AnyCodec is a Codec whose struct is known only at run time: a test table
// holds many.
type AnyCodec struct{ plan *plan }

// BindAny is Bind for struct type t.
func BindAny(m *Message, t reflect.Type) (AnyCodec, error) {
	p, err := bindPlan(m, t)
	return AnyCodec{p}, err
}

// Append encodes the struct that v points to.
func (c AnyCodec) Append(dst []byte, v any) ([]byte, error) {
	return c.plan.append(dst, reflect.ValueOf(v).UnsafePointer())
}

// Decode fills the struct that v points to.
func (c AnyCodec) Decode(b []byte, v any) error {
	return c.plan.decode(b, reflect.ValueOf(v).UnsafePointer())
}

// Plan is the same for all codecs of one struct and message.
func (c *Codec[T]) Plan() unsafe.Pointer { return unsafe.Pointer(c.plan) }
