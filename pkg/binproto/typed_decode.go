package binproto

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"time"
	"unsafe"
)

// decode is the counterpart of encode. The caller has checked that the bytes
// are there; off is their position in the message, for errors, and counts
// receives the counts of arrays behind this block.
func (b *block) decode(w unsafe.Pointer, wide uintptr, p unsafe.Pointer, stride uintptr, n int, counts *counters, off int) *Error {
	if n == 1 {
		return b.decodeSingle(w, p, counts, off)
	}
	return b.decodeColumns(w, wide, p, stride, n, counts, off)
}

func (b *block) decodeSingle(w, p unsafe.Pointer, counts *counters, off int) *Error {
	for oi := range b.ops {
		o := &b.ops[oi]
		s, d := unsafe.Add(w, o.wire), unsafe.Add(p, o.mem)
		switch o.code {
		case opZero, opConst:
		case opBytes:
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
		case opBool:
			for j := range uintptr(o.k) {
				*(*bool)(unsafe.Add(d, j)) = *(*byte)(unsafe.Add(s, j)) != 0
			}
		case op16:
			swap16(d, s, uintptr(o.k))
		case op32:
			swap32(d, s, uintptr(o.k))
		case op64:
			swap64(d, s, uintptr(o.k))
		case opPrefix:
			if !getPrefix((*netip.Prefix)(d), (*[18]byte)(s)) {
				return b.undecodable(o, 0, off, unsafe.Slice((*byte)(s), 18))
			}
		default:
			if err := b.decodeOne(o, 0, s, d, counts, off); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *block) decodeColumns(w unsafe.Pointer, wide uintptr, p unsafe.Pointer, stride uintptr, n int, counts *counters, off int) *Error {
	for oi := range b.ops {
		o := &b.ops[oi]
		s, d := unsafe.Add(w, o.wire), unsafe.Add(p, o.mem)
		sEnd, step := uintptr(n)*wide, uintptr(0)
		switch {
		case o.code == opZero:
		case o.code == opPrefix:
			for i := uintptr(0); i < sEnd; i += wide {
				if !getPrefix((*netip.Prefix)(unsafe.Add(d, step)), (*[18]byte)(unsafe.Add(s, i))) {
					return b.undecodable(o, int(i/wide), off+int(i), unsafe.Slice((*byte)(unsafe.Add(s, i)), 18))
				}
				step += stride
			}
		case o.code == opBytes && o.k == 1:
			for i := uintptr(0); i < sEnd; i += wide {
				*(*byte)(unsafe.Add(d, step)) = *(*byte)(unsafe.Add(s, i))
				step += stride
			}
		case o.code == opBytes && o.k == 2:
			for i := uintptr(0); i < sEnd; i += wide {
				*(*[2]byte)(unsafe.Add(d, step)) = *(*[2]byte)(unsafe.Add(s, i))
				step += stride
			}
		case o.code == opBytes:
			for i := uintptr(0); i < sEnd; i += wide {
				copy(unsafe.Slice((*byte)(unsafe.Add(d, step)), int(o.k)), unsafe.Slice((*byte)(unsafe.Add(s, i)), int(o.k)))
				step += stride
			}
		case o.code == op16 && o.k == 4 && hostLittle:
			for i := uintptr(0); i < sEnd; i += wide {
				*(*uint64)(unsafe.Add(d, step)) = swap4x16(*(*uint64)(unsafe.Add(s, i)))
				step += stride
			}
		case o.code == op16:
			for i := uintptr(0); i < sEnd; i += wide {
				swap16(unsafe.Add(d, step), unsafe.Add(s, i), uintptr(o.k))
				step += stride
			}
		case o.code == op32:
			for i := uintptr(0); i < sEnd; i += wide {
				swap32(unsafe.Add(d, step), unsafe.Add(s, i), uintptr(o.k))
				step += stride
			}
		case o.code == op64:
			for i := uintptr(0); i < sEnd; i += wide {
				swap64(unsafe.Add(d, step), unsafe.Add(s, i), uintptr(o.k))
				step += stride
			}
		default:
			for i := range n {
				err := b.decodeOne(o, i, unsafe.Add(s, uintptr(i)*wide), unsafe.Add(d, uintptr(i)*stride), counts, off+i*int(wide))
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (b *block) undecodable(o *op, i, off int, wire []byte) *Error {
	return b.fail(o, i, off+int(o.wire), "an address family of 0 or 1 and a length that fits it", fmt.Sprintf("bytes %x", wire), ErrRange)
}

func getPrefix(d *netip.Prefix, s *[18]byte) bool {
	if s[0] == 0 && s[17] <= 32 {
		*d = netip.PrefixFrom(netip.AddrFrom4([4]byte(s[1:5])), int(s[17]))
		return true
	}
	if s[0] == 1 && s[17] <= 128 {
		*d = netip.PrefixFrom(netip.AddrFrom16([16]byte(s[1:17])), int(s[17]))
		return true
	}
	return false
}

// decodeOne reads the less frequent sorts, one value at a time.
func (b *block) decodeOne(o *op, i int, s, d unsafe.Pointer, counts *counters, off int) *Error {
	e := o.ext
	switch o.code {
	case opBool:
		for j := range uintptr(o.k) {
			*(*bool)(unsafe.Add(d, j)) = *(*byte)(unsafe.Add(s, j)) != 0
		}
	case opF64:
		for j := uintptr(0); j < uintptr(o.k)*8; j += 8 {
			*(*uint64)(unsafe.Add(d, j)) = binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(s, j))[:])
		}
	case opClear:
		reflect.NewAt(e.typ, d).Elem().SetZero()
	case opIP4:
		*(*netip.Addr)(d) = netip.AddrFrom4(*(*[4]byte)(s))
	case opIP6:
		*(*netip.Addr)(d) = netip.AddrFrom16(*(*[16]byte)(s))
	case opAddress:
		w := (*[17]byte)(s)
		if !getFamily((*netip.Addr)(d), int64(w[0]), (*[16]byte)(w[1:])) {
			return b.undecodable(o, i, off, w[:])
		}
	case opAddressUnion:
		if !getFamily((*netip.Addr)(d), e.discriminator(s), (*[16]byte)(s)) {
			return b.undecodable(o, i, off, unsafe.Slice((*byte)(s), 16))
		}
	case opPrefix4, opPrefix6:
		n := 4
		a := netip.AddrFrom4(*(*[4]byte)(s))
		if o.code == opPrefix6 {
			n, a = 16, netip.AddrFrom16(*(*[16]byte)(s))
		}
		wire := unsafe.Slice((*byte)(s), n+1)
		pf := netip.PrefixFrom(a, int(wire[n]))
		if !pf.IsValid() {
			return b.undecodable(o, i, off, wire)
		}
		*(*netip.Prefix)(d) = pf
	case opTime, opDuration:
		return b.decodeTime(o, i, s, d, off)
	case opWiden:
		w := e.kind.width()
		e.store(d, signExtend(readUint(unsafe.Slice((*byte)(s), w), w), e.kind))
	case opText, opString, opPadded, opStringBytes:
		wire := unsafe.Slice((*byte)(s), int(o.k))
		if o.code != opPadded {
			if end := bytes.IndexByte(wire, 0); end >= 0 {
				wire = wire[:end]
			}
		}
		setText(d, wire, o.code == opText || o.code == opString)
	case opCount:
		n := readUint(unsafe.Slice((*byte)(s), int(o.k)), int(o.k))
		if n > math.MaxUint32 {
			return b.fail(o, i, off+int(o.wire), "a count that the message can hold", fmt.Sprint(n), ErrTruncated)
		}
		counts[e.slot] = uint32(n)
		if e.given {
			storeUint(d, e.goSize, n)
		}
	case opArray:
		if e.allZero && isZero(s, e.sub.size*int(o.k)) {
			clear(unsafe.Slice((*byte)(d), e.goSize))
			return nil
		}
		if err := e.sub.blocks[0].decode(s, uintptr(e.sub.size), d, e.stride, int(o.k), nil, off+int(o.wire)); err != nil {
			err = err.below(e.name)
			err.index = i
			return err
		}
	case opPointer:
		return b.decodePointer(o, i, e.sub, e.typ, s, d, "", off)
	case opUnion:
		return b.decodeUnion(o, i, s, d, off)
	}
	return nil
}

func getFamily(d *netip.Addr, family int64, w *[16]byte) bool {
	switch family {
	case 0:
		*d = netip.AddrFrom4([4]byte(w[:4]))
	case 1:
		*d = netip.AddrFrom16(*w)
	default:
		return false
	}
	return true
}

// decodeTime reads seconds; a timestamp of 0 is the zero Time, as VPP means it.
func (b *block) decodeTime(o *op, i int, s, d unsafe.Pointer, off int) *Error {
	v := math.Float64frombits(binary.LittleEndian.Uint64((*[8]byte)(s)[:]))
	const most = float64(math.MaxInt64) / 1e9
	if math.IsNaN(v) || math.Abs(v) >= most {
		return b.fail(o, i, off+int(o.wire), fmt.Sprintf("seconds below %.0f", most), fmt.Sprint(v), ErrRange)
	}
	switch {
	case o.code == opDuration:
		*(*time.Duration)(d) = time.Duration(math.Round(v * 1e9))
	case v == 0:
		*(*time.Time)(d) = time.Time{}
	default:
		sec, frac := math.Modf(v)
		*(*time.Time)(d) = time.Unix(int64(sec), int64(math.Round(frac*1e9)))
	}
	return nil
}

// decodePointer fills what a pointer points to, making it where it is nil.
func (b *block) decodePointer(o *op, i int, sub *program, t reflect.Type, s, d unsafe.Pointer, name string, off int) *Error {
	slot := (*unsafe.Pointer)(d)
	if *slot == nil {
		*slot = reflect.New(t).UnsafePointer()
	}
	if len(sub.blocks) == 0 {
		return nil
	}
	return placed(sub.blocks[0].decodeSingle(s, *slot, nil, off+int(o.wire)), o, i, name)
}

// decodeUnion fills the arm that the discriminator picks, or every arm where
// there is none, and empties the others.
func (b *block) decodeUnion(o *op, i int, s, d unsafe.Pointer, off int) *Error {
	e := o.ext
	var value int64
	if !e.armless {
		value = e.discriminator(s)
	}
	for j := range e.arms {
		a := &e.arms[j]
		if !e.armless && (!a.chosen || a.value != value) {
			reflect.NewAt(a.typ, unsafe.Add(d, a.mem)).Elem().SetZero()
			continue
		}
		target := unsafe.Add(d, a.mem)
		var err *Error
		if a.pointer {
			err = b.decodePointer(o, i, a.prog, a.typ.Elem(), s, target, a.name, off)
		} else if len(a.prog.blocks) > 0 {
			err = placed(a.prog.blocks[0].decodeSingle(s, target, nil, off+int(o.wire)), o, i, a.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
