package binproto

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"time"
	"unsafe"
)

// decodeSingle is the counterpart of encodeSingle. The caller has checked that
// the bytes are there; counts receives those of arrays behind this block.
func (b *block) decodeSingle(w, p unsafe.Pointer, counts *counters) *Error {
	ops := b.ops
	for i := range ops {
		o := &ops[i]
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
				return o.undecodable(0, unsafe.Slice((*byte)(s), 18))
			}
		case opCount, opCounts:
			n, ok := countOf(readUint(unsafe.Slice((*byte)(s), int(o.k)), int(o.k)), o.ext.kind)
			if !ok {
				return errMisfit
			}
			counts[o.ext.slot] = n
			if o.ext.given {
				storeUint(d, o.ext.goSize, uint64(n))
			}
		default:
			if err := o.decode(0, s, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// decodeColumns is the counterpart of encodeColumns. No op counts: what has an
// array of varying length is not static.
func (b *block) decodeColumns(w unsafe.Pointer, wide uintptr, p unsafe.Pointer, stride uintptr, n int) *Error {
	ops := b.ops
	for oi := range ops {
		o := &ops[oi]
		s, d := unsafe.Add(w, o.wire), unsafe.Add(p, o.mem)
		sEnd, step := uintptr(n)*wide, uintptr(0)
		switch {
		case o.code == opZero:
		case o.code == opPrefix:
			for i := uintptr(0); i < sEnd; i += wide {
				if !getPrefix((*netip.Prefix)(unsafe.Add(d, step)), (*[18]byte)(unsafe.Add(s, i))) {
					return o.undecodable(int(i/wide), unsafe.Slice((*byte)(unsafe.Add(s, i)), 18))
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
				swap4x16(unsafe.Add(d, step), unsafe.Add(s, i))
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
				if err := o.decode(i, unsafe.Add(s, uintptr(i)*wide), unsafe.Add(d, uintptr(i)*stride)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (o *op) undecodable(i int, wire []byte) *Error {
	return o.fail(i, "an address family of 0 or 1 and a length that fits it", inHex(wire), ErrRange)
}

// inHex copies the bytes, so that decoding does not make them escape.
func inHex(wire []byte) string { return "bytes " + hex.EncodeToString(wire) }

func getPrefix(d *netip.Prefix, s *[18]byte) bool {
	if s[0] == familyIP4 && s[17] <= 32 {
		*d = netip.PrefixFrom(netip.AddrFrom4([4]byte(s[1:5])), int(s[17]))
		return true
	}
	if s[0] == familyIP6 && s[17] <= 128 {
		*d = netip.PrefixFrom(netip.AddrFrom16([16]byte(s[1:17])), int(s[17]))
		return true
	}
	return false
}

// decode reads the less frequent sorts, one value at a time.
func (o *op) decode(i int, s, d unsafe.Pointer) *Error {
	e := o.ext
	switch o.code {
	case opBool:
		for j := range uintptr(o.k) {
			*(*bool)(unsafe.Add(d, j)) = *(*byte)(unsafe.Add(s, j)) != 0
		}
	case opF64:
		for j := uintptr(0); j < uintptr(o.k)*8; j += 8 {
			*(*float64)(unsafe.Add(d, j)) = getFloat(unsafe.Add(s, j))
		}
	case opClear:
		e.memory.clear(d)
	case opIP4:
		*(*netip.Addr)(d) = netip.AddrFrom4(*(*[4]byte)(s))
	case opIP6:
		*(*netip.Addr)(d) = netip.AddrFrom16(*(*[16]byte)(s))
	case opAddress:
		w := (*[17]byte)(s)
		if !getAddress((*netip.Addr)(d), int64(w[0]), (*[16]byte)(w[1:])) {
			return o.undecodable(i, w[:])
		}
	case opAddressUnion:
		if !getAddress((*netip.Addr)(d), e.discriminator(s), (*[16]byte)(s)) {
			return o.fail(i, "an address family of 0 or 1", fmt.Sprint(e.discriminator(s)), ErrRange)
		}
	case opPrefix4:
		w := (*[5]byte)(s)
		return o.setPrefix(i, d, netip.PrefixFrom(netip.AddrFrom4([4]byte(w[:4])), int(w[4])), w[:])
	case opPrefix6:
		w := (*[17]byte)(s)
		return o.setPrefix(i, d, netip.PrefixFrom(netip.AddrFrom16([16]byte(w[:16])), int(w[16])), w[:])
	case opTime:
		v := getFloat(s)
		if !(math.Abs(v) < mostSeconds) {
			return o.fail(i, wantTime, fmt.Sprint(v), ErrRange)
		}
		*(*time.Time)(d) = timeFrom(v)
	case opDuration:
		v := getFloat(s)
		if !(math.Abs(v) <= longest) {
			return o.fail(i, "seconds that a time.Duration holds", fmt.Sprint(v), ErrRange)
		}
		*(*time.Duration)(d) = durationFrom(v)
	case opWiden:
		w := e.kind.width()
		storeUint(d, e.goSize, uint64(signExtend(readUint(unsafe.Slice((*byte)(s), w), w), e.kind)))
	case opText, opOctets:
		wire := unsafe.Slice((*byte)(s), int(o.k))
		if e.cut {
			if end := bytes.IndexByte(wire, 0); end >= 0 {
				wire = wire[:end]
			}
		}
		setText(d, wire, o.code == opText)
	case opArray:
		if e.allZero && memoryIsZero(s, e.sub.size*int(o.k)) {
			clear(unsafe.Slice((*byte)(d), e.goSize))
			return nil
		}
		if err := e.sub.decode(s, d, e.stride, int(o.k)); err != nil {
			return o.in(err.inArray("", e.sub.size), i, "")
		}
	case opPointer:
		return o.in(e.sub.decode(s, pointee(d, e.typ), 0, 1), i, "")
	case opUnion:
		return o.getUnion(i, s, d)
	}
	return nil
}

// pointee is what the pointer at d points to, made where it is nil.
func pointee(d unsafe.Pointer, t reflect.Type) unsafe.Pointer {
	p := (*unsafe.Pointer)(d)
	if *p == nil {
		*p = reflect.New(t).UnsafePointer()
	}
	return *p
}

func getAddress(d *netip.Addr, family int64, w *[16]byte) bool {
	switch family {
	case familyIP4:
		*d = netip.AddrFrom4([4]byte(w[:4]))
	case familyIP6:
		*d = netip.AddrFrom16(*w)
	default:
		return false
	}
	return true
}

func (o *op) setPrefix(i int, d unsafe.Pointer, p netip.Prefix, wire []byte) *Error {
	if !p.IsValid() {
		return o.fail(i, "a length that fits the address family", inHex(wire), ErrRange)
	}
	*(*netip.Prefix)(d) = p
	return nil
}

// The bounds of times in seconds. A timestamp beyond 2^53 s has lost its
// seconds; the longest time.Duration has no float64 of its own.
const (
	mostSeconds = 1 << 53
	wantTime    = "less than 2^53 seconds since 1970"
	longest     = float64(math.MaxInt64) / 1e9
)

func getFloat(s unsafe.Pointer) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64((*[8]byte)(s)[:]))
}

// timeFrom is the counterpart of timestamp.
func timeFrom(v float64) time.Time {
	sec, frac := math.Modf(v)
	ns := math.Round(frac * 1e9)
	if sec == 0 && ns == 0 {
		return time.Time{}
	}
	return time.Unix(int64(sec), int64(ns)).UTC()
}

func durationFrom(v float64) time.Duration {
	switch v {
	case longest:
		return math.MaxInt64
	case -longest:
		return math.MinInt64
	}
	sec, frac := math.Modf(v)
	return time.Duration(sec)*time.Second + time.Duration(math.Round(frac*1e9))
}

// getUnion fills the arm that the discriminator picks and empties the others;
// without discriminator all those that the bytes can be.
func (o *op) getUnion(i int, s, d unsafe.Pointer) *Error {
	e := o.ext
	var value int64
	if e.disc > 0 {
		value = e.discriminator(s)
	}
	for j := range e.arms {
		a := &e.arms[j]
		target := unsafe.Add(d, a.mem)
		if e.disc > 0 && (!a.chosen || a.value != value) {
			a.memory.clear(target)
			continue
		}
		into := target
		if a.target != nil {
			into = pointee(target, a.target)
		}
		if err := a.sub.decode(s, into, 0, 1); err != nil {
			if e.disc > 0 {
				return o.in(err, i, a.name)
			}
			a.memory.clear(target)
		}
	}
	return nil
}

func storeUint(d unsafe.Pointer, size int, v uint64) {
	switch size {
	case 1:
		*(*uint8)(d) = uint8(v)
	case 2:
		*(*uint16)(d) = uint16(v)
	case 4:
		*(*uint32)(d) = uint32(v)
	default:
		*(*uint64)(d) = v
	}
}
