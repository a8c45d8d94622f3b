package binproto

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"unsafe"
)

// program encodes and decodes one Go value: blocks in wire order.
//
// Errors from inside carry a path and an offset relative to where they arose;
// each level puts its own in front on the way out, so that the way in need not
// know either.
type program struct {
	blocks []block
	static *block // the only one of a program of fixed size, else nil
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
	isText bool         // bytes, string: the Go field is a string, not a []byte
	size   int          // static: wire bytes
	ops    []op         // static
	name   string       // path of the variable field
	mem    uintptr      // offset of the Go field
	typ    *Type        // slice, skip: what an element is on the wire
	elem   *program     // slice, array: and how it is moved
	stride uintptr      // slice, array: bytes of an element in memory
	slice  reflect.Type // slice: to make it grow
	length int          // array, skip: elements where that is fixed
	slot   int          // slice, bytes, skip: the counter, or one of those below
	limit  uint64       // string: most bytes
	image  []byte       // skip: what is sent
}

// Slots that are no counters.
const (
	slotRest  = -1 // to the end of the message
	slotFixed = -2 // block.length
)

// maxSlots bounds the counts in one struct, nested ones included; VPP's
// messages have one.
const maxSlots = 8

// counters hold the counts that were read, for the arrays behind them.
type counters [maxSlots]int

// sliceHeader is the memory of a slice of any type.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

// errMisfit stands for bytes that end too early and for counts that are none,
// until plan.misfit finds the field. It is never changed.
var errMisfit = &Error{Err: ErrTruncated}

// behind moves an error to where the part that it arose in begins.
func (e *Error) behind(n int) *Error {
	if e != errMisfit {
		e.Offset += n
	}
	return e
}

// inArray moves an error from an array's element to the array; size is an
// element's on the wire, 0 where the offset tells it already.
func (e *Error) inArray(name string, size int) *Error {
	if e != errMisfit {
		e.Offset += e.index * size
		_ = e.inElement(e.index).inField(name)
		e.index = 0
	}
	return e
}

// extend makes b n bytes longer; what they hold is up to the caller.
func extend(b []byte, n int) []byte {
	if end := len(b) + n; end <= cap(b) {
		return b[:end]
	}
	return append(b, make([]byte, n)...)
}

// encode appends the wire form of the value at p.
func (pr *program) encode(dst []byte, p unsafe.Pointer) ([]byte, *Error) {
	for i := range pr.blocks {
		b := &pr.blocks[i]
		var err *Error
		switch b.kind {
		case blockStatic:
			start := len(dst)
			dst = extend(dst, b.size)
			if err = b.encodeSingle(unsafe.Pointer(unsafe.SliceData(dst[start:])), p); err != nil {
				return nil, err.behind(start)
			}
		case blockSlice:
			s := (*sliceHeader)(unsafe.Add(p, b.mem))
			dst, err = b.encodeElements(dst, s.data, s.len)
		default:
			dst, err = b.encodeVariable(dst, p)
		}
		if err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func (b *block) encodeVariable(dst []byte, p unsafe.Pointer) ([]byte, *Error) {
	switch b.kind {
	case blockArray:
		return b.encodeElements(dst, unsafe.Add(p, b.mem), b.length)
	case blockBytes:
		return append(dst, b.text(p)...), nil
	case blockString:
		text := b.text(p)
		if uint64(len(text)) > b.limit {
			return nil, &Error{
				Field: b.name, Offset: len(dst), Err: ErrRange,
				Want: fmt.Sprintf("at most %d bytes", b.limit), Got: fmt.Sprintf("%d bytes", len(text)),
			}
		}
		return append(binary.BigEndian.AppendUint32(dst, uint32(len(text))), text...), nil
	default:
		return append(dst, b.image...), nil
	}
}

// text is the Go field as bytes, whichever type it has.
func (b *block) text(p unsafe.Pointer) []byte {
	if b.isText {
		s := *(*string)(unsafe.Add(p, b.mem))
		return unsafe.Slice(unsafe.StringData(s), len(s))
	}
	return *(*[]byte)(unsafe.Add(p, b.mem))
}

// encodeElements writes n values; those of fixed size op by op over all of
// them, which costs one dispatch for each op instead of each value.
func (b *block) encodeElements(dst []byte, p unsafe.Pointer, n int) ([]byte, *Error) {
	if e := b.elem.static; e != nil {
		start := len(dst)
		dst = extend(dst, e.size*n)
		if err := e.encode(unsafe.Pointer(unsafe.SliceData(dst[start:])), p, b.stride, n); err != nil {
			return nil, err.inArray(b.name, e.size).behind(start)
		}
		return dst, nil
	}
	for i := range n {
		var err *Error
		if dst, err = b.elem.encode(dst, unsafe.Add(p, uintptr(i)*b.stride)); err != nil {
			err.index = i
			return nil, err.inArray(b.name, 0)
		}
	}
	return dst, nil
}

// encode writes n values of fixed size that lie stride bytes apart.
func (b *block) encode(w, p unsafe.Pointer, stride uintptr, n int) *Error {
	switch n {
	case 0:
		return nil
	case 1:
		return b.encodeSingle(w, p)
	}
	return b.encodeColumns(w, uintptr(b.size), p, stride, n)
}

// decode reads the value at p from b[off:] and returns the offset behind it.
func (pr *program) decode(b []byte, off int, p unsafe.Pointer) (int, *Error) {
	var counts counters
	for i := range pr.blocks {
		blk := &pr.blocks[i]
		if blk.kind == blockStatic {
			if len(b)-off < blk.size {
				return off, errMisfit
			}
			if err := blk.decodeSingle(unsafe.Pointer(unsafe.SliceData(b[off:])), p, &counts); err != nil {
				return off, err.behind(off)
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
	switch b.kind {
	case blockString:
		text, ok := variableString(buf, off)
		if !ok {
			return off, errMisfit
		}
		setText(unsafe.Add(p, b.mem), text, b.isText)
		return off + 4 + len(text), nil
	case blockBytes:
		n := len(buf) - off
		if b.slot >= 0 {
			if counts[b.slot] > n {
				return off, errMisfit
			}
			n = counts[b.slot]
		}
		setText(unsafe.Add(p, b.mem), buf[off:off+n], b.isText)
		return off + n, nil
	case blockArray:
		return b.decodeElements(buf, off, unsafe.Add(p, b.mem), b.length)
	}
	n, ok := b.elements(buf, off, counts)
	if !ok {
		return off, errMisfit
	}
	if b.kind == blockSlice {
		return b.decodeElements(buf, off, b.resize(unsafe.Add(p, b.mem), n), n)
	}
	if b.slot == slotRest {
		return len(buf), nil
	}
	if off, ok = skip(buf, off, b.typ, n); !ok {
		return off, errMisfit
	}
	return off, nil
}

// elements is how many there are, at most what the bytes at hand can be.
func (b *block) elements(buf []byte, off int, counts *counters) (n int, ok bool) {
	switch b.slot {
	case slotFixed:
		return b.length, true
	case slotRest:
		if b.kind == blockSkip {
			return 0, true
		}
		return skipRest(buf, off, b.typ)
	}
	n = counts[b.slot]
	return n, b.typ.fits(n, len(buf)-off)
}

// resize gives the slice at p n elements and returns the first. Those that it
// had before stay what they are, to be reused, unless there are too few.
func (b *block) resize(p unsafe.Pointer, n int) unsafe.Pointer {
	s := (*sliceHeader)(p)
	if n > s.cap {
		fresh := reflect.MakeSlice(b.slice, n, max(n, s.cap+s.cap/4))
		s.data, s.cap = fresh.UnsafePointer(), fresh.Cap()
	}
	s.len = n
	return s.data
}

func (b *block) decodeElements(buf []byte, off int, p unsafe.Pointer, n int) (int, *Error) {
	if e := b.elem.static; e != nil {
		if err := e.decode(unsafe.Pointer(unsafe.SliceData(buf[off:])), p, b.stride, n); err != nil {
			return off, err.inArray(b.name, e.size).behind(off)
		}
		return off + e.size*n, nil
	}
	for i := range n {
		var err *Error
		if off, err = b.elem.decode(buf, off, unsafe.Add(p, uintptr(i)*b.stride)); err != nil {
			if err != errMisfit {
				err.index = i
			}
			return off, err.inArray(b.name, 0)
		}
	}
	return off, nil
}

// decode is the counterpart of encode. The caller has checked that the bytes
// are there.
func (b *block) decode(w, p unsafe.Pointer, stride uintptr, n int) *Error {
	switch n {
	case 0:
		return nil
	case 1:
		return b.decodeSingle(w, p, nil)
	}
	return b.decodeColumns(w, uintptr(b.size), p, stride, n)
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
