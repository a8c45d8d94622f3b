package binproto

import (
	"fmt"
	"net/netip"
	"reflect"
	"unsafe"
)

// MAC is an Ethernet address. Any other [6]byte type serves as well; this one
// prints and parses itself.
type MAC [6]byte

// String renders the address as aa:bb:cc:dd:ee:ff.
func (m MAC) String() string {
	const hex = "0123456789abcdef"
	var b [17]byte
	for i, v := range m {
		if i > 0 {
			b[3*i-1] = ':'
		}
		b[3*i], b[3*i+1] = hex[v>>4], hex[v&15]
	}
	return string(b[:])
}

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
//	f64                float64; time.Time (zero ↔ 0) and time.Duration
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
//	                   where there is none, every arm with its view of the bytes;
//	                   netip.Addr for a union of addresses with a discriminator
//	any of fixed size  pointer: nil is sent as the schema's default
//
// Decoding reuses slices, pointers and equal strings of the value it is given,
// and copies everything: nothing refers to the input afterwards.
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
	if c.plan.flat {
		start := len(dst)
		dst = grow(dst, c.plan.prog.size)
		if err := c.plan.prog.blocks[0].encodeSingle(unsafe.Pointer(unsafe.SliceData(dst[start:])), unsafe.Pointer(v)); err != nil {
			return dst[:start], c.plan.wrap(err, "encode")
		}
		return dst, nil
	}
	out, err := c.plan.prog.encode(dst, unsafe.Pointer(v))
	if err != nil {
		return dst, c.plan.wrap(err, "encode")
	}
	return out, nil
}

// Decode reads a whole message, its id included, into v. Bytes behind the last
// field are ignored. After an error v is partly filled.
func (c *Codec[T]) Decode(b []byte, v *T) error {
	if _, err := c.plan.prog.decode(b, 0, unsafe.Pointer(v)); err != nil {
		return c.plan.decodeError(err, b)
	}
	return nil
}

// plan is the compiled pair of a message and a Go struct.
type plan struct {
	message *Message
	prog    *program
	flat    bool // one static block: no dispatch needed
}

func bindPlan(m *Message, t reflect.Type) (*plan, error) {
	if p, ok := m.plans.Load(t); ok {
		return p.(*plan), nil
	}
	if t.Kind() != reflect.Struct {
		return nil, &Error{Op: "bind", Message: m.Name, Offset: -1, Want: "a struct", Got: t.String(), Err: ErrType}
	}
	c := compiler{message: m.Name}
	prog, err := c.program(m.body, t)
	if err != nil {
		return nil, err
	}
	p := &plan{message: m, prog: prog}
	p.flat = len(prog.blocks) == 1 && prog.blocks[0].kind == blockStatic
	kept, _ := m.plans.LoadOrStore(t, p)
	return kept.(*plan), nil
}

func (p *plan) wrap(err *Error, op string) error {
	err.Op, err.Message = op, p.message.Name
	return err
}

// decodeError names the field that was cut off; the fast path only knows that
// something was.
func (p *plan) decodeError(err *Error, b []byte) error {
	if err == errShort {
		w := walker{buf: b}
		w.structure(p.message.body, "")
		if w.err == nil {
			w.err = &Error{Offset: len(b), Err: ErrTruncated}
		}
		err = w.err
	}
	return p.wrap(err, "decode")
}

// program encodes and decodes one struct: blocks in wire order.
type program struct {
	blocks []block
	size   int // wire bytes where all is static, else -1
	slots  int // counters in use
}

type blockKind uint8

const (
	blockStatic blockKind = iota // ops over a run of fixed size
	blockSlice                   // []X of a counted or rest array
	blockBytes                   // []byte or string of a counted or rest u8 array
	blockString                  // variable string into string or []byte
	blockArray                   // [N]X of elements of varying size
	blockSkip                    // a variable field the Go struct lacks
)

// block is a part of a message that is all static, or one variable field.
type block struct {
	kind   blockKind
	size   int // static: wire bytes
	ops    []op
	name   string       // path of the variable field
	mem    uintptr      // offset of the Go field
	isText bool         // the Go field is a string, not a []byte
	elem   *program     // slice, array: the element
	stride uintptr      // slice, array: bytes of an element in memory
	slice  reflect.Type // slice: to make it grow
	length int          // array: elements
	slot   int          // slice, bytes, skip: its counter, -1 for rest
	limit  int          // string: most bytes, 0 for no limit
	field  *Field       // skip: what is skipped
	min    int          // slice: least wire bytes of an element
}

// maxSlots bounds the arrays of varying length in one struct; VPP's messages
// have one.
const maxSlots = 8

type counters [maxSlots]uint32

// sliceHeader is the memory of a slice of any type.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

var (
	addrType   = reflect.TypeFor[netip.Addr]()
	prefixType = reflect.TypeFor[netip.Prefix]()
)

// errShort stands for a truncation until decodeError finds the field.
var errShort = &Error{Err: ErrTruncated}

func grow(b []byte, n int) []byte {
	if l := len(b) + n; l <= cap(b) {
		return b[:l]
	}
	return append(b, make([]byte, n)...)
}

// encode appends the wire form of the struct at p.
func (pr *program) encode(dst []byte, p unsafe.Pointer) ([]byte, *Error) {
	for i := range pr.blocks {
		b := &pr.blocks[i]
		var err *Error
		switch b.kind {
		case blockStatic:
			start := len(dst)
			dst = grow(dst, b.size)
			err = b.encodeSingle(unsafe.Pointer(unsafe.SliceData(dst[start:])), p)
		case blockSlice:
			s := (*sliceHeader)(unsafe.Add(p, b.mem))
			dst, err = b.encodeElements(dst, s.data, s.len)
		case blockArray:
			dst, err = b.encodeElements(dst, unsafe.Add(p, b.mem), b.length)
		case blockBytes:
			dst = append(dst, b.text(p)...)
		case blockString:
			text := b.text(p)
			if uint64(len(text)) > 1<<32-1 || b.limit > 0 && len(text) >= b.limit {
				err = &Error{
					Field: b.name, Offset: -1, Err: ErrRange,
					Want: fmt.Sprintf("at most %d bytes", b.limit-1), Got: fmt.Sprintf("%d", len(text)),
				}
				break
			}
			n := len(text)
			dst = append(dst, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
			dst = append(dst, text...)
		case blockSkip: // its count is zero
			if b.slot == slotString {
				dst = append(dst, 0, 0, 0, 0)
			}
		}
		if err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// text is the Go field as bytes, whichever type it has.
func (b *block) text(p unsafe.Pointer) []byte {
	if b.isText {
		s := *(*string)(unsafe.Add(p, b.mem))
		return unsafe.Slice(unsafe.StringData(s), len(s))
	}
	return *(*[]byte)(unsafe.Add(p, b.mem))
}

// encodeElements writes n structs; those of fixed size op by op over all of
// them, which costs one dispatch for each op instead of each value.
func (b *block) encodeElements(dst []byte, p unsafe.Pointer, n int) ([]byte, *Error) {
	if n == 0 {
		return dst, nil
	}
	if size := b.elem.size; size >= 0 {
		if len(b.elem.blocks) == 0 {
			return dst, nil
		}
		start := len(dst)
		dst = grow(dst, size*n)
		w := unsafe.Pointer(unsafe.SliceData(dst[start:]))
		if err := b.elem.blocks[0].encode(w, uintptr(size), p, b.stride, n); err != nil {
			return dst, err.below(b.name)
		}
		return dst, nil
	}
	for i := range n {
		var err *Error
		if dst, err = b.elem.encode(dst, unsafe.Add(p, uintptr(i)*b.stride)); err != nil {
			err.index = i
			return dst, err.below(b.name)
		}
	}
	return dst, nil
}

// below puts the path of an array in front of an element's error.
func (e *Error) below(array string) *Error {
	path := fmt.Sprintf("%s[%d]", array, e.index)
	if e.Field != "" {
		path += "." + e.Field
	}
	e.Field, e.index = path, 0
	return e
}

// decode reads the struct at p from b[off:] and returns the offset behind it.
func (pr *program) decode(b []byte, off int, p unsafe.Pointer) (int, *Error) {
	var counts counters
	for i := range pr.blocks {
		blk := &pr.blocks[i]
		if blk.kind == blockStatic {
			if len(b)-off < blk.size {
				return off, errShort
			}
			if blk.size > 0 || len(blk.ops) > 0 {
				if err := blk.decodeSingle(unsafe.Pointer(unsafe.SliceData(b[off:])), p, &counts, off); err != nil {
					return off, err
				}
			}
			off += blk.size
			continue
		}
		var err *Error
		if off, err = blk.decodeVariable(b, off, p, &counts); err != nil {
			return off, err
		}
	}
	return off, nil
}

func (b *block) decodeVariable(buf []byte, off int, p unsafe.Pointer, counts *counters) (int, *Error) {
	left := len(buf) - off
	switch b.kind {
	case blockString:
		n, ok := stringLength(buf, off)
		if !ok {
			return off, errShort
		}
		b.setText(p, buf[off+4:off+4+n])
		return off + 4 + n, nil
	case blockBytes:
		n := left
		if b.slot >= 0 {
			n = int(counts[b.slot])
		}
		if n > left {
			return off, errShort
		}
		b.setText(p, buf[off:off+n])
		return off + n, nil
	case blockArray:
		return b.decodeElements(buf, off, unsafe.Add(p, b.mem), b.length)
	case blockSlice:
		n := left / max(b.min, 1)
		if b.slot >= 0 {
			if n < int(counts[b.slot]) { // more elements than bytes for them
				return off, errShort
			}
			n = int(counts[b.slot])
		}
		s := (*sliceHeader)(unsafe.Add(p, b.mem))
		if n > s.cap {
			fresh := reflect.MakeSlice(b.slice, n, max(n, s.cap+s.cap/4))
			s.data, s.cap = fresh.UnsafePointer(), fresh.Cap()
		}
		s.len = n
		return b.decodeElements(buf, off, s.data, n)
	default:
		w := walker{buf: buf, off: off}
		if b.slot == slotRest {
			return len(buf), nil
		}
		n := 0
		if b.slot >= 0 {
			n = int(counts[b.slot])
		}
		w.field(b.field, b.name, n)
		if w.err != nil {
			return off, errShort
		}
		return w.off, nil
	}
}

func (b *block) decodeElements(buf []byte, off int, p unsafe.Pointer, n int) (int, *Error) {
	if n == 0 {
		return off, nil
	}
	if size := b.elem.size; size >= 0 {
		if len(buf)-off < size*n {
			return off, errShort
		}
		if len(b.elem.blocks) > 0 {
			w := unsafe.Pointer(unsafe.SliceData(buf[off:]))
			if err := b.elem.blocks[0].decode(w, uintptr(size), p, b.stride, n, nil, off); err != nil {
				return off, err.below(b.name)
			}
		}
		return off + size*n, nil
	}
	for i := range n {
		var err *Error
		if off, err = b.elem.decode(buf, off, unsafe.Add(p, uintptr(i)*b.stride)); err != nil {
			if err == errShort {
				return off, err
			}
			err.index = i
			return off, err.below(b.name)
		}
	}
	return off, nil
}

// stringLength is the length of the variable string at off, false where it
// does not fit.
func stringLength(buf []byte, off int) (int, bool) {
	if len(buf)-off < 4 {
		return 0, false
	}
	n := uint32(buf[off])<<24 | uint32(buf[off+1])<<16 | uint32(buf[off+2])<<8 | uint32(buf[off+3])
	return int(n), uint64(n) <= uint64(len(buf)-off-4)
}

func (b *block) setText(p unsafe.Pointer, text []byte) {
	setText(unsafe.Add(p, b.mem), text, b.isText)
}

// setText stores a copy, and keeps an equal string as it is: most of what is
// read again has not changed.
func setText(p unsafe.Pointer, text []byte, isText bool) {
	if isText {
		if s := (*string)(p); *s != string(text) {
			*s = string(text)
		}
		return
	}
	s := (*[]byte)(p)
	*s = append((*s)[:0], text...)
}
