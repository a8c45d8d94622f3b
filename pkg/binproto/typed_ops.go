package binproto

import (
	"encoding/binary"
	"reflect"
	"unsafe"
)

// opcode says what an op moves between a Go value and the wire.
type opcode uint8

const (
	opNone  opcode = iota
	opZero         // k zero bytes; nothing in Go
	opConst        // the bytes of ext.image; nothing in Go
	opClear        // nothing on the wire; ext.memory of Go zeroed when decoding
	opBytes        // k bytes
	opBool         // k booleans
	op16           // k integers of 2 bytes
	op32           // k integers of 4 bytes
	op64           // k integers of 8 bytes
	opF64          // k floats
	opWiden        // an integer whose Go type is wider
	opIP4
	opIP6
	opAddress
	opPrefix4
	opPrefix6
	opPrefix
	opAddressUnion // netip.Addr in the union of both families
	opTime
	opDuration
	opText    // Go string in k bytes, padded with NULs
	opOctets  // the same from and to a []byte
	opCount   // the count of one array, k bytes wide; Go's length is at mem
	opCounts  // a count that is given as well, or shared
	opArray   // k elements of ext.sub
	opPointer // an optional value of k bytes
	opUnion   // an arm in k bytes
)

// unit is the size of one of an op's k values, 0 where they cannot be joined.
func (c opcode) unit() uint32 {
	switch c {
	case opZero, opBytes, opBool:
		return 1
	case op16:
		return 2
	case op32:
		return 4
	case op64, opF64:
		return 8
	}
	return 0
}

// op moves k values between offset wire of a static block and offset mem of a
// Go struct.
type op struct {
	code opcode
	k    uint32
	wire uint32
	mem  uintptr
	ext  *opExt
}

// opExt is what only some ops need.
type opExt struct {
	name     string       // path, for errors
	kind     Kind         // opWiden, counts, unions: the integer on the wire
	goSize   int          // opWiden, opCounts: bytes of the Go integer; opArray: of all elements
	goSigned bool         // opWiden
	most     int          // texts: bytes; counts: elements
	cut      bool         // texts: a NUL ends them
	sub      *block       // opArray, opPointer
	stride   uintptr      // opArray: bytes of an element in Go
	allZero  bool         // opArray: zero memory is zero bytes and the other way round
	image    []byte       // opConst, opPointer: the default
	typ      reflect.Type // opPointer: what it points to
	memory   memory       // opClear
	slot     int          // counts
	counted  []uintptr    // counts: where the lengths of what is counted stand
	given    bool         // opCounts: the Go struct has the count, at op.mem
	absent   bool         // opCounts: counts an array that the Go struct lacks
	disc     int          // unions: bytes from the discriminator to the union, 0 without one
	arms     []unionArm   // opUnion
}

type unionArm struct {
	name   string
	mem    uintptr // in the Go struct of arms
	memory memory
	target reflect.Type // what the Go field points to, nil if it is no pointer
	sub    *block
	value  int64 // of the discriminator
	chosen bool  // some discriminator value picks it
}

// zeroIsZero tells that a Go value of type t is all zero exactly if its bytes
// are, padding aside. Then long runs of zeros need no op-by-op work.
func (b *block) zeroIsZero(t reflect.Type) bool { return b.plainBytes() == dataBytes(t) }

// plainBytes is how much of a Go value is numbers that the ops move as they
// are, -1 where other ops are among them.
func (b *block) plainBytes() int {
	n := 0
	for i := range b.ops {
		switch o := &b.ops[i]; o.code {
		case opZero:
		case opBytes, opBool, op16, op32, op64, opF64:
			n += int(o.k * o.code.unit())
		case opArray:
			each := o.ext.sub.plainBytes()
			if each < 0 {
				return -1
			}
			n += int(o.k) * each
		default:
			return -1
		}
	}
	return n
}

// dataBytes is the size of a type without padding.
func dataBytes(t reflect.Type) int {
	switch t.Kind() {
	case reflect.Array:
		return t.Len() * dataBytes(t.Elem())
	case reflect.Struct:
		n := 0
		for f := range t.Fields() {
			n += dataBytes(f.Type)
		}
		return n
	}
	return int(t.Size())
}

// fail is an error of the op's value; element is its number in the innermost
// array. The offset is that in the block.
func (o *op) fail(element int, want, got string, class error) *Error {
	return &Error{Field: o.ext.name, Offset: int(o.wire), Want: want, Got: got, Err: class, index: element}
}

// in moves an error from a part of the op's value to the op's block.
func (o *op) in(err *Error, element int, arm string) *Error {
	if err != nil {
		_ = err.inField(arm).inField(o.ext.name).behind(int(o.wire))
		err.index = element
	}
	return err
}

// memory is what is to be zeroed of a Go value: pointers are set to nil one by
// one, for the garbage collector to see it.
type memory struct {
	size     int
	pointers []uintptr
}

func memoryOf(t reflect.Type) memory {
	m := memory{size: int(t.Size())}
	m.addPointers(t, 0)
	return m
}

func (m *memory) addPointers(t reflect.Type, at uintptr) {
	switch t.Kind() {
	case reflect.Pointer, reflect.UnsafePointer, reflect.Map, reflect.Chan, reflect.Func, reflect.Slice, reflect.String:
		m.pointers = append(m.pointers, at)
	case reflect.Interface:
		m.pointers = append(m.pointers, at, at+reflect.TypeFor[uintptr]().Size())
	case reflect.Array:
		for i := range t.Len() {
			m.addPointers(t.Elem(), at+uintptr(i)*t.Elem().Size())
		}
	case reflect.Struct:
		for f := range t.Fields() {
			m.addPointers(f.Type, at+f.Offset)
		}
	}
}

func (m *memory) clear(p unsafe.Pointer) {
	for _, at := range m.pointers {
		*(*unsafe.Pointer)(unsafe.Add(p, at)) = nil
	}
	clear(unsafe.Slice((*byte)(p), m.size))
}

// hostLittle: several integers are swapped in one register on little-endian
// hosts, which is where VPP runs.
var hostLittle = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// swap4x16 swaps four integers of 2 bytes.
func swap4x16(d, s unsafe.Pointer) {
	const odd = 0x00ff00ff00ff00ff
	v := binary.NativeEndian.Uint64((*[8]byte)(s)[:])
	binary.NativeEndian.PutUint64((*[8]byte)(d)[:], v&odd<<8|v>>8&odd)
}

// swap16, swap32 and swap64 copy k integers between host order and network
// order, in either direction.
func swap16(d, s unsafe.Pointer, k uintptr) {
	for j := uintptr(0); j < k*2; j += 2 {
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Add(d, j))[:], binary.NativeEndian.Uint16((*[2]byte)(unsafe.Add(s, j))[:]))
	}
}

func swap32(d, s unsafe.Pointer, k uintptr) {
	for j := uintptr(0); j < k*4; j += 4 {
		binary.BigEndian.PutUint32((*[4]byte)(unsafe.Add(d, j))[:], binary.NativeEndian.Uint32((*[4]byte)(unsafe.Add(s, j))[:]))
	}
}

func swap64(d, s unsafe.Pointer, k uintptr) {
	for j := uintptr(0); j < k*8; j += 8 {
		binary.BigEndian.PutUint64((*[8]byte)(unsafe.Add(d, j))[:], binary.NativeEndian.Uint64((*[8]byte)(unsafe.Add(s, j))[:]))
	}
}
