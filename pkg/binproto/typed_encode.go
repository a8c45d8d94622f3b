package binproto

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// encodeSingle runs the ops of a static block over the Go struct at p. The
// caller has made room at w.
func (b *block) encodeSingle(w, p unsafe.Pointer) *Error {
	ops := b.ops
	for i := range ops {
		o := &ops[i]
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
				return o.badPrefix(0, (*netip.Prefix)(s))
			}
		case opCount:
			n := *(*int)(s)
			if n > o.ext.most {
				return o.tooMany(0, n)
			}
			putUint(unsafe.Slice((*byte)(d), int(o.k)), uint64(n))
		case opText:
			if err := o.putText(0, d, *(*string)(s)); err != nil {
				return err
			}
		default:
			if err := o.encode(0, d, s, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// encodeColumns runs the ops of a static block over n values that lie stride
// bytes apart, wide bytes apart on the wire, and each op over all of them
// before the next: the dispatch is paid once an op.
func (b *block) encodeColumns(w unsafe.Pointer, wide uintptr, p unsafe.Pointer, stride uintptr, n int) *Error {
	ops := b.ops
	for oi := range ops {
		o := &ops[oi]
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
					return o.badPrefix(int(i/wide), (*netip.Prefix)(unsafe.Add(s, step)))
				}
				step += stride
			}
		case (o.code == opBytes || o.code == opBool) && o.k == 1:
			for i := uintptr(0); i < dEnd; i += wide {
				*(*byte)(unsafe.Add(d, i)) = *(*byte)(unsafe.Add(s, step))
				step += stride
			}
		case (o.code == opBytes || o.code == opBool) && o.k == 2:
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
				swap4x16(unsafe.Add(d, i), unsafe.Add(s, step))
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
				if err := o.encode(i, unsafe.Add(d, uintptr(i)*wide), unsafe.Add(s, uintptr(i)*stride), unsafe.Add(p, uintptr(i)*stride)); err != nil {
					return err
				}
			}
		}
	}
	return nil
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

// encode writes the less frequent sorts, one value at a time; base is the Go
// struct that s lies in.
func (o *op) encode(i int, d, s, base unsafe.Pointer) *Error {
	switch o.code {
	case opConst:
		copy(unsafe.Slice((*byte)(d), int(o.k)), o.ext.image)
	case opF64:
		for j := uintptr(0); j < uintptr(o.k)*8; j += 8 {
			putFloat(unsafe.Add(d, j), *(*float64)(unsafe.Add(s, j)))
		}
	case opIP4, opIP6, opAddress, opAddressUnion:
		a := *(*netip.Addr)(s)
		if !o.putAddress(d, a) {
			return o.fail(i, "an address of the field's family, without zone", a.String(), ErrType)
		}
	case opPrefix4, opPrefix6:
		pf := (*netip.Prefix)(s)
		if !o.putFamilyPrefix(d, *pf) {
			return o.badPrefix(i, pf)
		}
	case opTime:
		t := *(*time.Time)(s)
		if sec := t.Unix(); !t.IsZero() && (sec <= -mostSeconds || sec >= mostSeconds) {
			return o.fail(i, wantTime, t.String(), ErrRange)
		}
		putFloat(d, timestamp(t))
	case opDuration:
		putFloat(d, (*time.Duration)(s).Seconds())
	case opWiden:
		v, fits := o.ext.load(s)
		if !fits {
			return o.fail(i, "a number that fits "+o.ext.kind.String(), o.ext.decimal(v), ErrRange)
		}
		putUint(unsafe.Slice((*byte)(d), o.ext.kind.width()), uint64(v))
	case opText:
		return o.putText(i, d, *(*string)(s))
	case opOctets:
		text := *(*[]byte)(s)
		return o.putText(i, d, unsafe.String(unsafe.SliceData(text), len(text)))
	case opCounts:
		return o.putCount(i, d, s, base)
	case opArray:
		e := o.ext
		if e.allZero && memoryIsZero(s, e.goSize) {
			clear(unsafe.Slice((*byte)(d), e.sub.size*int(o.k)))
			return nil
		}
		if err := e.sub.encode(d, s, e.stride, int(o.k)); err != nil {
			return o.in(err.inArray("", e.sub.size), i, "")
		}
	case opPointer:
		target := *(*unsafe.Pointer)(s)
		if target == nil {
			copy(unsafe.Slice((*byte)(d), int(o.k)), o.ext.image)
			return nil
		}
		return o.in(o.ext.sub.encode(d, target, 0, 1), i, "")
	case opUnion:
		return o.putUnion(i, d, s)
	}
	return nil
}

func putFloat(d unsafe.Pointer, v float64) {
	binary.LittleEndian.PutUint64((*[8]byte)(d)[:], math.Float64bits(v))
}

// timestamp is seconds since 1970; the zero Time is 0, as VPP means it.
func timestamp(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix()) + float64(t.Nanosecond())/1e9
}

func (o *op) putUnion(i int, d, s unsafe.Pointer) *Error {
	clear(unsafe.Slice((*byte)(d), int(o.k)))
	e := o.ext
	var value int64
	if e.disc > 0 {
		value = e.discriminator(d)
	}
	var chosen *unionArm
	for j := range e.arms {
		a := &e.arms[j]
		set := a.target != nil && *(*unsafe.Pointer)(unsafe.Add(s, a.mem)) != nil
		picked := a.chosen && a.value == value
		switch {
		case e.disc == 0 && set && chosen != nil:
			return o.fail(i, "one arm", chosen.name+" and "+a.name, ErrType)
		case e.disc > 0 && set && !picked:
			return o.fail(i, fmt.Sprintf("the arm that %d stands for", value), a.name, ErrType)
		case set, e.disc > 0 && picked && a.target == nil:
			chosen = a
		}
	}
	if chosen == nil {
		return nil
	}
	src := unsafe.Add(s, chosen.mem)
	if chosen.target != nil {
		src = *(*unsafe.Pointer)(src)
	}
	return o.in(chosen.sub.encode(d, src, 0, 1), i, chosen.name)
}

// discriminator reads the number that stands before the union on the wire.
func (e *opExt) discriminator(d unsafe.Pointer) int64 {
	w := e.kind.width()
	return signExtend(readUint(unsafe.Slice((*byte)(unsafe.Add(d, -e.disc)), w), w), e.kind)
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
	*d = [18]byte{}
	if *p == (netip.Prefix{}) {
		return true
	}
	d[0] = familyIP6
	*(*[16]byte)(d[1:17]) = p.Addr().As16()
	d[17] = byte(p.Bits())
	return p.IsValid()
}

// putFamilyPrefix writes address and length.
func (o *op) putFamilyPrefix(d unsafe.Pointer, p netip.Prefix) bool {
	a := p.Addr()
	switch {
	case p == netip.Prefix{}:
		if o.code == opPrefix4 {
			*(*[5]byte)(d) = [5]byte{}
		} else {
			*(*[17]byte)(d) = [17]byte{}
		}
		return true
	case !p.IsValid() || a.Is4() != (o.code == opPrefix4):
		return false
	case o.code == opPrefix4:
		w := (*[5]byte)(d)
		*(*[4]byte)(w[:4]), w[4] = a.As4(), byte(p.Bits())
	default:
		w := (*[17]byte)(d)
		*(*[16]byte)(w[:16]), w[16] = a.As16(), byte(p.Bits())
	}
	return true
}

func (o *op) badPrefix(i int, p *netip.Prefix) *Error {
	got := p.String()
	if !p.IsValid() {
		got = p.Addr().String() + " with an impossible length"
	}
	return o.fail(i, "a prefix of the field's family", got, ErrType)
}

// putAddress writes an address; the zero Addr is zeros.
func (o *op) putAddress(d unsafe.Pointer, a netip.Addr) bool {
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
		return true
	case opIP6:
		if a.Is4() {
			return false
		}
	case opAddress:
		w := (*byte)(d)
		if *w = familyIP4; a.Is6() {
			*w = familyIP6
		}
		d = unsafe.Add(d, 1)
	default:
		family := o.ext.discriminator(d)
		if family != familyIP4 && family != familyIP6 || a.IsValid() && a.Is6() != (family == familyIP6) {
			return false
		}
	}
	putBothFamilies((*[16]byte)(d), a)
	return true
}

// putBothFamilies writes an address into the union of both families.
func putBothFamilies(w *[16]byte, a netip.Addr) {
	switch {
	case a.Is6():
		*w = a.As16()
	case a.Is4():
		*w = [16]byte{}
		*(*[4]byte)(w[:4]) = a.As4()
	default:
		*w = [16]byte{}
	}
}

// load reads the Go integer and tells whether the wire's kind holds it.
func (e *opExt) load(s unsafe.Pointer) (int64, bool) {
	v := int64(loadUint(s, e.goSize))
	bits := 8 * e.kind.width() // less than 64, for Go's is wider
	if e.goSigned {
		v = v << (64 - 8*e.goSize) >> (64 - 8*e.goSize)
	}
	if e.kind.isSigned() {
		return v, v >= -1<<(bits-1) && v < 1<<(bits-1)
	}
	return v, v >= 0 && v < 1<<bits
}

func (e *opExt) decimal(v int64) string {
	if e.goSigned {
		return strconv.FormatInt(v, 10)
	}
	return strconv.FormatUint(uint64(v), 10)
}

// putText writes text and fills up with NULs.
func (o *op) putText(i int, d unsafe.Pointer, text string) *Error {
	if e := o.ext; len(text) > e.most || e.cut && strings.IndexByte(text, 0) >= 0 {
		return o.badText(i, text)
	}
	wire := unsafe.Slice((*byte)(d), int(o.k))
	clear(wire[copy(wire, text):])
	return nil
}

func (o *op) badText(i int, text string) *Error {
	if most := o.ext.most; len(text) > most {
		return o.fail(i, fmt.Sprintf("at most %d bytes", most), fmt.Sprintf("%d bytes", len(text)), ErrRange)
	}
	return o.fail(i, "text without NUL, which ends it", describe(text), ErrType)
}

// putCount derives a count; what it counts lies in the same Go struct.
func (o *op) putCount(i int, d, s, base unsafe.Pointer) *Error {
	e := o.ext
	n := 0
	for j, mem := range e.counted {
		l := *(*int)(unsafe.Add(base, mem))
		if j > 0 && l != n {
			return o.fail(i, fmt.Sprintf("arrays of one length, %d", n), strconv.Itoa(l), ErrCount)
		}
		n = l
	}
	switch {
	case n > e.most:
		return o.tooMany(i, n)
	case e.absent && n != 0:
		return o.fail(i, "no elements: it also counts an array that the Go struct lacks", strconv.Itoa(n), ErrCount)
	case e.given:
		if g := loadUint(s, e.goSize); g != 0 && g != uint64(n) {
			return o.fail(i, fmt.Sprintf("%d, the length of what it counts, or 0", n), strconv.FormatUint(g, 10), ErrCount)
		}
	}
	putUint(unsafe.Slice((*byte)(d), int(o.k)), uint64(n))
	return nil
}

func (o *op) tooMany(i, n int) *Error {
	return o.fail(i, fmt.Sprintf("at most %d elements, which the %s can count", o.ext.most, o.ext.kind), strconv.Itoa(n), ErrRange)
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

// memoryIsZero tells whether n bytes are all zero.
func memoryIsZero(p unsafe.Pointer, n int) bool {
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
