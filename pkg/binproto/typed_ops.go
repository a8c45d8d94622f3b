package binproto

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strings"
	"time"
	"unsafe"
)

// opcode says what an op moves between a Go value and the wire.
type opcode uint8

const (
	opNone  opcode = iota
	opZero         // k zero bytes; nothing in Go
	opConst        // the bytes of ext.image; nothing in Go
	opClear        // nothing on the wire; k bytes of Go zeroed when decoding
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
	opText        // Go string in k NUL-padded bytes, all of which may be used
	opPadded      // []byte in k bytes, zero-padded
	opString      // Go string in k bytes with a terminating NUL
	opStringBytes // the same from and to a []byte
	opCount       // the count of an array, k bytes wide
	opArray       // k elements of ext.sub
	opPointer     // an optional value of k bytes
	opUnion       // an arm in k bytes
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
	kind     Kind         // opWiden, opCount, unions: the integer on the wire
	goSize   int          // opWiden, opCount: bytes of the Go integer; opArray: of all elements
	goSigned bool         // opWiden
	sub      *program     // opArray, opPointer
	stride   uintptr      // opArray: bytes of an element in Go
	allZero  bool         // opArray: zero memory is zero bytes and the other way round
	image    []byte       // opConst, opPointer: the default
	typ      reflect.Type // opClear, opPointer
	slot     int          // opCount
	counted  []uintptr    // opCount: where the lengths of what it counts stand
	given    bool         // opCount: the Go struct has the count, at op.mem
	absent   bool         // opCount: counts an array that the Go struct lacks
	disc     int          // unions: bytes from the discriminator to the union, 0 without one
	armless  bool         // opUnion: no discriminator
	arms     []unionArm
}

type unionArm struct {
	name    string
	mem     uintptr // in the Go struct of arms
	size    int     // on the wire
	prog    *program
	pointer bool
	typ     reflect.Type // of the Go field
	value   int64        // of the discriminator
	chosen  bool         // some discriminator value picks it
}

// zeroIsZero tells that an element's memory is all zero exactly if its bytes
// are, padding aside. Then long runs of zeros need no op-by-op work.
func (b *block) zeroIsZero() bool {
	for i := range b.ops {
		switch o := &b.ops[i]; o.code {
		case opZero, opBytes, opBool, op16, op32, op64, opF64:
		case opArray:
			if !o.ext.allZero {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func (b *block) fail(o *op, element, base int, want, got string, class error) *Error {
	return &Error{Field: o.ext.name, Offset: base, Want: want, Got: got, Err: class, index: element}
}

// encode runs the ops of a static block over n values that lie stride bytes
// apart, wide bytes apart on the wire. The caller has made room for them.
func (b *block) encode(w unsafe.Pointer, wide uintptr, p unsafe.Pointer, stride uintptr, n int) *Error {
	if n == 1 {
		return b.encodeSingle(w, p)
	}
	return b.encodeColumns(w, wide, p, stride, n)
}

func (b *block) encodeSingle(w, p unsafe.Pointer) *Error {
	for oi := range b.ops {
		o := &b.ops[oi]
		d, s := unsafe.Add(w, o.wire), unsafe.Add(p, o.mem)
		switch o.code {
		case opZero:
			if o.k > 16 {
				clear(unsafe.Slice((*byte)(d), int(o.k)))
				continue
			}
			zeroShort(d, uintptr(o.k))
		case opBytes, opBool:
			switch o.k {
			case 1:
				*(*byte)(d) = *(*byte)(s)
			case 2:
				*(*[2]byte)(d) = *(*[2]byte)(s)
			case 16:
				*(*[16]byte)(d) = *(*[16]byte)(s)
			default:
				copy(unsafe.Slice((*byte)(d), int(o.k)), unsafe.Slice((*byte)(s), int(o.k)))
			}
		case op16:
			swap16(d, s, uintptr(o.k))
		case op32:
			swap32(d, s, uintptr(o.k))
		case op64:
			swap64(d, s, uintptr(o.k))
		case opPrefix:
			if !putPrefix((*[18]byte)(d), (*netip.Prefix)(s)) {
				return b.badPrefix(o, 0, (*netip.Prefix)(s))
			}
		case opCount:
			if e := o.ext; len(e.counted) == 1 && !e.given && !e.absent {
				if n := *(*int)(unsafe.Add(p, e.counted[0])); n < 1<<8 {
					clear(unsafe.Slice((*byte)(d), int(o.k)))
					*(*byte)(unsafe.Add(d, o.k-1)) = byte(n)
					continue
				}
			}
			if err := b.putCount(o, 0, d, s, p); err != nil {
				return err
			}
		default:
			if err := b.encodeOne(o, 0, d, s, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// encodeColumns runs each op over all values before the next: for the
// elements of an array the dispatch is paid once an op.
func (b *block) encodeColumns(w unsafe.Pointer, wide uintptr, p unsafe.Pointer, stride uintptr, n int) *Error {
	for oi := range b.ops {
		o := &b.ops[oi]
		d, s := unsafe.Add(w, o.wire), unsafe.Add(p, o.mem)
		dEnd, step := uintptr(n)*wide, uintptr(0)
		switch {
		case o.code == opZero:
			for i := uintptr(0); i < dEnd; i += wide {
				clear(unsafe.Slice((*byte)(unsafe.Add(d, i)), int(o.k)))
			}
		case o.code == opPrefix:
			for i := uintptr(0); i < dEnd; i += wide {
				if !putPrefix((*[18]byte)(unsafe.Add(d, i)), (*netip.Prefix)(unsafe.Add(s, step))) {
					return b.badPrefix(o, int(i/wide), (*netip.Prefix)(unsafe.Add(s, step)))
				}
				step += stride
			}
		case (o.code == opBytes || o.code == opBool) && o.k <= 2:
			if o.k == 1 {
				for i := uintptr(0); i < dEnd; i += wide {
					*(*byte)(unsafe.Add(d, i)) = *(*byte)(unsafe.Add(s, step))
					step += stride
				}
				continue
			}
			for i := uintptr(0); i < dEnd; i += wide {
				*(*[2]byte)(unsafe.Add(d, i)) = *(*[2]byte)(unsafe.Add(s, step))
				step += stride
			}
		case o.code == opBytes || o.code == opBool:
			for i := uintptr(0); i < dEnd; i += wide {
				copy(unsafe.Slice((*byte)(unsafe.Add(d, i)), int(o.k)), unsafe.Slice((*byte)(unsafe.Add(s, step)), int(o.k)))
				step += stride
			}
		case o.code == op16 && o.k == 4 && hostLittle:
			for i := uintptr(0); i < dEnd; i += wide {
				*(*uint64)(unsafe.Add(d, i)) = swap4x16(*(*uint64)(unsafe.Add(s, step)))
				step += stride
			}
		case o.code == op16:
			for i := uintptr(0); i < dEnd; i += wide {
				swap16(unsafe.Add(d, i), unsafe.Add(s, step), uintptr(o.k))
				step += stride
			}
		case o.code == op32:
			for i := uintptr(0); i < dEnd; i += wide {
				swap32(unsafe.Add(d, i), unsafe.Add(s, step), uintptr(o.k))
				step += stride
			}
		case o.code == op64:
			for i := uintptr(0); i < dEnd; i += wide {
				swap64(unsafe.Add(d, i), unsafe.Add(s, step), uintptr(o.k))
				step += stride
			}
		default:
			for i := range n {
				if err := b.encodeOne(o, i, unsafe.Add(d, uintptr(i)*wide), unsafe.Add(s, uintptr(i)*stride), unsafe.Add(p, uintptr(i)*stride)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// hostLittle: lanes of several integers are swapped in one register on
// little-endian hosts, which is where VPP runs.
var hostLittle = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

func swap4x16(v uint64) uint64 {
	const odd = 0x00ff00ff00ff00ff
	return v&odd<<8 | v>>8&odd
}

// swap16, swap32 and swap64 copy k integers between host order and network
// order, in either direction.
func swap16(d, s unsafe.Pointer, k uintptr) {
	for j := uintptr(0); j < k*2; j += 2 {
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Add(d, j))[:], *(*uint16)(unsafe.Add(s, j)))
	}
}

func swap32(d, s unsafe.Pointer, k uintptr) {
	for j := uintptr(0); j < k*4; j += 4 {
		binary.BigEndian.PutUint32((*[4]byte)(unsafe.Add(d, j))[:], *(*uint32)(unsafe.Add(s, j)))
	}
}

func swap64(d, s unsafe.Pointer, k uintptr) {
	for j := uintptr(0); j < k*8; j += 8 {
		binary.BigEndian.PutUint64((*[8]byte)(unsafe.Add(d, j))[:], *(*uint64)(unsafe.Add(s, j)))
	}
}

// zeroShort clears at most 16 bytes in one or two overlapping stores.
func zeroShort(d unsafe.Pointer, k uintptr) {
	switch {
	case k >= 8:
		*(*[8]byte)(d), *(*[8]byte)(unsafe.Add(d, k-8)) = [8]byte{}, [8]byte{}
	case k >= 4:
		*(*[4]byte)(d), *(*[4]byte)(unsafe.Add(d, k-4)) = [4]byte{}, [4]byte{}
	default:
		for i := range k {
			*(*byte)(unsafe.Add(d, i)) = 0
		}
	}
}

// encodeOne writes the less frequent sorts, one value at a time; base is the
// Go struct that s lies in.
func (b *block) encodeOne(o *op, i int, d, s, base unsafe.Pointer) *Error {
	switch o.code {
	case opConst:
		copy(unsafe.Slice((*byte)(d), int(o.k)), o.ext.image)
	case opF64:
		for j := uintptr(0); j < uintptr(o.k)*8; j += 8 {
			binary.LittleEndian.PutUint64((*[8]byte)(unsafe.Add(d, j))[:], *(*uint64)(unsafe.Add(s, j)))
		}
	case opIP4, opIP6, opAddress, opAddressUnion:
		a := *(*netip.Addr)(s)
		if !putAddress(o, d, a) {
			return b.fail(o, i, -1, "an address of the field's family, without zone", a.String(), ErrType)
		}
	case opPrefix4, opPrefix6:
		pf := *(*netip.Prefix)(s)
		n := 4
		if o.code == opPrefix6 {
			n = 16
		}
		wire := unsafe.Slice((*byte)(d), n+1)
		switch {
		case pf == netip.Prefix{}:
			clear(wire)
		case !pf.IsValid() || pf.Addr().BitLen() != 8*n || pf.Addr().Zone() != "":
			return b.badPrefix(o, i, &pf)
		default:
			copy(wire, pf.Addr().AsSlice())
			wire[n] = byte(pf.Bits())
		}
	case opTime:
		t := *(*time.Time)(s)
		v := 0.0
		if !t.IsZero() {
			v = float64(t.Unix()) + float64(t.Nanosecond())/1e9
		}
		binary.LittleEndian.PutUint64((*[8]byte)(d)[:], math.Float64bits(v))
	case opDuration:
		binary.LittleEndian.PutUint64((*[8]byte)(d)[:], math.Float64bits((*(*time.Duration)(s)).Seconds()))
	case opWiden:
		v, fits := o.ext.load(s)
		if !fits {
			return b.fail(o, i, -1, "a number that fits "+o.ext.kind.String(), fmt.Sprint(v), ErrRange)
		}
		putUint(unsafe.Slice((*byte)(d), o.ext.kind.width()), uint64(v))
	case opText, opString:
		return b.putText(o, i, d, *(*string)(s), o.code == opString)
	case opPadded, opStringBytes:
		text := *(*[]byte)(s)
		return b.putText(o, i, d, unsafe.String(unsafe.SliceData(text), len(text)), o.code == opStringBytes)
	case opCount:
		return b.putCount(o, i, d, s, base)
	case opArray:
		e := o.ext
		if e.allZero && isZero(s, e.goSize) {
			clear(unsafe.Slice((*byte)(d), e.sub.size*int(o.k)))
			return nil
		}
		if err := e.sub.blocks[0].encode(d, uintptr(e.sub.size), s, e.stride, int(o.k)); err != nil {
			err = err.below(e.name)
			err.index = i
			return err
		}
	case opPointer:
		target := *(*unsafe.Pointer)(s)
		if target == nil {
			copy(unsafe.Slice((*byte)(d), int(o.k)), o.ext.image)
			return nil
		}
		return b.encodeSub(o, i, o.ext.sub, d, target, "")
	case opUnion:
		return b.encodeUnion(o, i, d, s)
	}
	return nil
}

// encodeSub runs a program of fixed size for a part of a value.
func (b *block) encodeSub(o *op, i int, sub *program, d, s unsafe.Pointer, name string) *Error {
	if len(sub.blocks) == 0 {
		return nil
	}
	err := sub.blocks[0].encodeSingle(d, s)
	return placed(err, o, i, name)
}

// placed puts the path of a part in front of an error from inside it.
func placed(err *Error, o *op, i int, name string) *Error {
	if err == nil {
		return nil
	}
	path := o.ext.name
	if name != "" {
		path = join(path, name)
	}
	if err.Field != "" {
		path = join(path, err.Field)
	}
	err.Field, err.index = path, i
	return err
}

func (b *block) encodeUnion(o *op, i int, d, s unsafe.Pointer) *Error {
	wire := unsafe.Slice((*byte)(d), int(o.k))
	clear(wire)
	var value int64
	if !o.ext.armless {
		value = o.ext.discriminator(d)
	}
	var chosen *unionArm
	for j := range o.ext.arms {
		a := &o.ext.arms[j]
		set := a.pointer && *(*unsafe.Pointer)(unsafe.Add(s, a.mem)) != nil
		picked := !o.ext.armless && a.chosen && a.value == value
		switch {
		case o.ext.armless && set && chosen != nil:
			return b.fail(o, i, -1, "one arm", chosen.name+" and "+a.name, ErrType)
		case !o.ext.armless && set && !picked:
			return b.fail(o, i, -1, fmt.Sprintf("the arm that %d stands for", value), a.name, ErrType)
		case picked && (set || !a.pointer), o.ext.armless && set:
			chosen = a
		}
	}
	if chosen == nil {
		return nil
	}
	src := unsafe.Add(s, chosen.mem)
	if chosen.pointer {
		src = *(*unsafe.Pointer)(src)
	}
	return b.encodeSub(o, i, chosen.prog, d, src, chosen.name)
}

// discriminator reads the number that stands before the union on the wire.
func (e *opExt) discriminator(d unsafe.Pointer) int64 {
	w := e.kind.width()
	return signExtend(readUint(unsafe.Slice((*byte)(unsafe.Add(d, -e.disc)), w), w), e.kind)
}

func signExtend(v uint64, k Kind) int64 {
	if shift := 64 - 8*k.width(); k.isSigned() {
		return int64(v<<shift) >> shift
	}
	return int64(v)
}

// putPrefix writes family, address and length; for IPv4 in three stores.
func putPrefix(d *[18]byte, p *netip.Prefix) bool {
	a, bits := p.Addr(), p.Bits()
	if a.Is4() {
		b := a.As4()
		v := uint64(binary.LittleEndian.Uint32(b[:]))
		binary.LittleEndian.PutUint64(d[0:8], v<<8) // family 0, address, zeros
		binary.LittleEndian.PutUint64(d[8:16], 0)
		binary.LittleEndian.PutUint16(d[16:18], uint16(bits)<<8)
		return bits >= 0
	}
	return putPrefixSlow(d, p)
}

func putPrefixSlow(d *[18]byte, p *netip.Prefix) bool {
	a := p.Addr()
	if !a.IsValid() {
		*d = [18]byte{}
		return true
	}
	b := a.As16()
	d[0] = 1
	copy(d[1:17], b[:])
	d[17] = byte(p.Bits())
	return p.Bits() >= 0 && a.Zone() == ""
}

func (b *block) badPrefix(o *op, i int, p *netip.Prefix) *Error {
	got := p.String()
	if !p.IsValid() {
		got = fmt.Sprintf("%s with an impossible length", p.Addr())
	}
	return b.fail(o, i, -1, "a prefix of the field's family, without zone", got, ErrType)
}

func putAddress(o *op, d unsafe.Pointer, a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	switch o.code {
	case opIP4:
		if a.IsValid() && !a.Is4() {
			return false
		}
		w := (*[4]byte)(d)
		if *w = [4]byte{}; a.IsValid() {
			*w = a.As4()
		}
	case opIP6:
		if a.IsValid() && a.Is4() {
			return false
		}
		*(*[16]byte)(d) = a16(a)
	case opAddress:
		w := (*[17]byte)(d)
		if w[0] = 0; a.Is6() {
			w[0] = 1
		}
		putFamily((*[16]byte)(w[1:]), a)
	default:
		family := o.ext.discriminator(d)
		if a.IsValid() && a.Is6() != (family == 1) {
			return false
		}
		putFamily((*[16]byte)(d), a)
	}
	return true
}

func a16(a netip.Addr) [16]byte {
	if !a.IsValid() {
		return [16]byte{}
	}
	return a.As16()
}

// putFamily writes an address into the union of both families.
func putFamily(w *[16]byte, a netip.Addr) {
	*w = [16]byte{}
	if a.Is4() {
		*(*[4]byte)(w[:4]) = a.As4()
	} else if a.IsValid() {
		*w = a.As16()
	}
}

// load reads the Go integer and tells whether the wire's kind holds it.
func (e *opExt) load(s unsafe.Pointer) (int64, bool) {
	var v int64
	switch e.goSize {
	case 2:
		v = int64(*(*int16)(s))
		if !e.goSigned {
			v = int64(*(*uint16)(s))
		}
	case 4:
		v = int64(*(*int32)(s))
		if !e.goSigned {
			v = int64(*(*uint32)(s))
		}
	default:
		v = *(*int64)(s)
		if v < 0 && !e.goSigned {
			return v, false
		}
	}
	bits := 8 * e.kind.width()
	if e.kind.isSigned() {
		return v, v >= -1<<(bits-1) && v < 1<<(bits-1)
	}
	return v, v >= 0 && v < 1<<bits
}

// store writes a number from the wire to the wider Go integer.
func (e *opExt) store(s unsafe.Pointer, v int64) {
	switch e.goSize {
	case 2:
		*(*int16)(s) = int16(v)
	case 4:
		*(*int32)(s) = int32(v)
	default:
		*(*int64)(s) = v
	}
}

// putText writes text into k bytes; a NUL is kept free behind it if terminated.
func (b *block) putText(o *op, i int, d unsafe.Pointer, text string, terminated bool) *Error {
	wire := unsafe.Slice((*byte)(d), int(o.k))
	most := len(wire)
	if terminated {
		most--
	}
	if len(text) > most {
		return b.fail(o, i, -1, fmt.Sprintf("at most %d bytes", most), fmt.Sprint(len(text)), ErrRange)
	}
	if o.code != opPadded && strings.IndexByte(text, 0) >= 0 {
		return b.fail(o, i, -1, "text without NUL", "a NUL", ErrType)
	}
	clear(wire[copy(wire, text):])
	return nil
}

// putCount derives a count; what it counts lies in the same Go struct.
func (b *block) putCount(o *op, i int, d, s, base unsafe.Pointer) *Error {
	e := o.ext
	n := 0
	for j, mem := range e.counted {
		l := *(*int)(unsafe.Add(base, mem))
		if j > 0 && l != n {
			return b.fail(o, i, -1, fmt.Sprintf("arrays of one length, %d", n), fmt.Sprint(l), ErrCount)
		}
		n = l
	}
	if e.absent && n != 0 {
		return b.fail(o, i, -1, "no elements: it also counts an array that the Go struct lacks", fmt.Sprint(n), ErrCount)
	}
	if bits := 8 * o.k; bits < 64 && uint64(n) >= 1<<bits {
		return b.fail(o, i, -1, fmt.Sprintf("at most %d elements", uint64(1)<<bits-1), fmt.Sprint(n), ErrRange)
	}
	if e.given {
		if g := loadUint(s, e.goSize); g != 0 && g != uint64(n) {
			return b.fail(o, i, -1, fmt.Sprintf("%d, the length of what it counts, or 0", n), fmt.Sprint(g), ErrCount)
		}
	}
	putUint(unsafe.Slice((*byte)(d), int(o.k)), uint64(n))
	return nil
}

func loadUint(s unsafe.Pointer, size int) uint64 {
	switch size {
	case 1:
		return uint64(*(*uint8)(s))
	case 2:
		return uint64(*(*uint16)(s))
	case 4:
		return uint64(*(*uint32)(s))
	}
	return *(*uint64)(s)
}

func storeUint(s unsafe.Pointer, size int, v uint64) {
	switch size {
	case 1:
		*(*uint8)(s) = uint8(v)
	case 2:
		*(*uint16)(s) = uint16(v)
	case 4:
		*(*uint32)(s) = uint32(v)
	default:
		*(*uint64)(s) = v
	}
}

// isZero tells whether n bytes of memory are all zero.
func isZero(p unsafe.Pointer, n int) bool {
	i := 0
	for ; i+32 <= n; i += 32 {
		w := (*[32]byte)(unsafe.Add(p, i))
		if binary.NativeEndian.Uint64(w[0:])|binary.NativeEndian.Uint64(w[8:])|
			binary.NativeEndian.Uint64(w[16:])|binary.NativeEndian.Uint64(w[24:]) != 0 {
			return false
		}
	}
	for ; i < n; i++ {
		if *(*byte)(unsafe.Add(p, i)) != 0 {
			return false
		}
	}
	return true
}
