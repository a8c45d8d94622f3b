package binproto

import (
	"bytes"
	"reflect"
	"unsafe"
)

// MAC is an Ethernet address. Any other [6]byte type serves as well; this one
// prints itself.
type MAC [6]byte

// String renders the address as aa:bb:cc:dd:ee:ff.
func (m MAC) String() string { return string(appendMAC(make([]byte, 0, 17), m[:])) }

// Codec encodes and decodes one message as Go struct T. It is immutable and
// safe for concurrent use; get one from [Bind].
type Codec[T any] struct {
	plan *plan
}

// Bind compiles struct T and message m into a codec. The plan is made once per
// pair and kept with the message; binding again is cheap.
//
// A field of T belongs to the message field of the same name, case and
// underscores aside (SwIfIndex ↔ sw_if_index), or to the one named by its tag
// `vpp:"sw_if_index"`. `vpp:"-"` leaves a field out; embedded structs count as
// if their fields stood in T. A field that the message lacks is an error unless
// tagged `vpp:",optional"` (it is then ignored when encoding and zeroed when
// decoding). A message field that T lacks is sent as its default or zero and
// skipped when decoding; _vl_msg_id, client_index and context are usually left
// to the client this way.
//
// Go types, by wire type:
//
//	u8…i64, enums      the integer type of that size and sign, or a wider one
//	bool, u8           bool
//	f64                float64; time.Time in UTC (zero ↔ 0) and time.Duration
//	address            netip.Addr (a zero Addr is sent as 0.0.0.0)
//	ip4/ip6_address    netip.Addr, [4]byte, [16]byte
//	prefix types       netip.Prefix, host bits kept (zero is sent as 0.0.0.0/0)
//	u8[N]              [N]byte, []byte (shorter is padded), string (NUL-padded text)
//	string             string, []byte
//	x[N]               [N]X
//	x[count]           []X; the count is derived, and where T has a field for
//	                   it, that must be zero or equal
//	struct             struct
//	union              [size]byte: the raw bytes;
//	                   struct of arms: the discriminator's value picks the arm;
//	                   struct of pointers to arms: the one that is set is sent,
//	                   and decoding fills the arm the discriminator names, or,
//	                   where there is none, every arm that the bytes can be;
//	                   netip.Addr for a union of addresses with a discriminator
//	any of fixed size  pointer: nil is sent as the schema's default
//
// Decoding copies everything: nothing refers to the input afterwards. It reuses
// the slices, up to their capacity, the targets of pointers and equal strings
// of the value it is given; what is kept elsewhere of these, or is in it twice,
// must be copied first.
func Bind[T any](m *Message) (*Codec[T], error) {
	p, err := bindPlan(m, reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	return &Codec[T]{plan: p}, nil
}

// Message is the message the codec is bound to.
func (c *Codec[T]) Message() *Message { return c.plan.message }

// Append encodes v behind dst and returns the longer slice. On an error dst is
// returned as it was.
func (c *Codec[T]) Append(dst []byte, v *T) ([]byte, error) {
	return c.plan.append(dst, unsafe.Pointer(v))
}

// Decode reads a whole message, its id included, into v. Bytes behind the last
// field are ignored. After an error v is partly filled.
func (c *Codec[T]) Decode(b []byte, v *T) error {
	return c.plan.decode(b, unsafe.Pointer(v))
}

// plan is the compiled pair of a message and a Go struct.
type plan struct {
	message *Message
	prog    program
}

func bindPlan(m *Message, t reflect.Type) (*plan, error) {
	if p, ok := m.plans.Load(t); ok {
		return p.(*plan), nil
	}
	b := binding{message: m.Name, prog: &program{}}
	if t.Kind() != reflect.Struct {
		return nil, b.fail("", "a struct", t.String(), ErrType)
	}
	if err := b.structure(m.body, t, 0, ""); err != nil {
		return nil, err
	}
	kept, _ := m.plans.LoadOrStore(t, &plan{message: m, prog: *b.finish()})
	return kept.(*plan), nil
}

func (p *plan) append(dst []byte, v unsafe.Pointer) ([]byte, error) {
	out, err := p.prog.encode(dst, v)
	if err != nil {
		return dst, p.wrap(err.behind(-len(dst)), "encode")
	}
	return out, nil
}

func (p *plan) decode(b []byte, v unsafe.Pointer) error {
	_, err := p.prog.decode(b, 0, v)
	if err == nil {
		return nil
	}
	if err == errMisfit {
		err = p.misfit(b)
	}
	return p.wrap(err, "decode")
}

func (p *plan) wrap(err *Error, op string) error {
	err.Op, err.Message = op, p.message.Name
	return err
}

// misfit finds the field that the bytes end in, or the count that is none; the
// fast path only knows that something was wrong. It works on a copy so that
// decoding as such does not make callers' buffers escape.
func (p *plan) misfit(b []byte) *Error {
	d := fieldDecoder{b: bytes.Clone(b), out: discard{}}
	if err := d.structure(p.message.body); err != nil {
		return err
	}
	return &Error{Offset: len(b), Err: ErrTruncated} // not reached as long as both codecs agree
}
