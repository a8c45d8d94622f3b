package binproto

import (
	"encoding/binary"
	"math"
	"net/netip"
)

// What the typed codec needs to know of bytes without reading values.

// skip returns the offset behind n values of t that begin at off; false where
// the bytes end before them or a count in them is none.
func skip(b []byte, off int, t *Type, n int) (end int, ok bool) {
	if t.size >= 0 {
		if t.size > 0 && n > (len(b)-off)/t.size {
			return off, false
		}
		return off + n*t.size, true
	}
	for range n {
		switch t.Kind {
		case KindString:
			var s []byte
			s, ok = variableString(b, off)
			off += 4 + len(s)
		case KindArray:
			off, ok = skip(b, off, t.Elem, t.Length)
		default:
			off, ok = skipFields(b, off, t)
		}
		if !ok {
			return off, false
		}
	}
	return off, true
}

func skipFields(b []byte, off int, t *Type) (end int, ok bool) {
	var room [24]int
	starts := room[:0]
	for _, f := range t.Fields {
		starts = append(starts, off)
		n := 1
		switch f.Repeat {
		case Fixed:
			n = f.Length
		case Counted:
			k := t.Fields[f.countAt].Type.Kind
			if n, ok = countOf(readUint(b[starts[f.countAt]:], k.width()), k); !ok || !f.Type.fits(n, len(b)-off) {
				return off, false
			}
		case Rest:
			off = len(b)
			continue
		}
		if off, ok = skip(b, off, f.Type, n); !ok {
			return off, false
		}
	}
	return off, true
}

// skipRest counts the values of t up to the end of the bytes; false where they
// end within one. Of values without bytes there is no telling how many: it is
// one, as the dynamic codec has it.
func skipRest(b []byte, off int, t *Type) (n int, ok bool) {
	if t.size > 0 {
		left := len(b) - off
		return left / t.size, left%t.size == 0
	}
	for off < len(b) {
		begin := off
		if off, ok = skip(b, off, t, 1); !ok {
			return 0, false
		}
		if n++; off == begin {
			break
		}
	}
	return n, true
}

// fits tells whether n values of t can be in so many bytes. Those that may be
// empty still cost memory each.
func (t *Type) fits(n, left int) bool {
	cost := t.minSize
	if cost == 0 {
		cost = t.leaves
	}
	return n <= left && n*cost <= left
}

// countOf makes a number of elements of a count field's bits; false for what
// no message can hold, be it negative.
func countOf(bits uint64, k Kind) (n int, ok bool) {
	return int(bits), bits <= math.MaxInt && signExtend(bits, k) >= 0
}

// variableString is the text of the variable string at off, false where it
// does not fit.
func variableString(b []byte, off int) (text []byte, ok bool) {
	b = b[off:]
	if len(b) < 4 {
		return nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if b = b[4:]; uint64(n) > uint64(len(b)) {
		return nil, false
	}
	return b[:n], true
}

// readUint reads a big-endian unsigned integer of 1, 2, 4 or 8 bytes.
func readUint(b []byte, width int) uint64 {
	var v uint64
	for _, x := range b[:width] {
		v = v<<8 | uint64(x)
	}
	return v
}

// putUint writes the low bytes of v big-endian, filling b.
func putUint(b []byte, v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte(v)
		v >>= 8
	}
}

// signExtend makes a signed number of bits that are of kind k.
func signExtend(v uint64, k Kind) int64 {
	if shift := 64 - 8*k.width(); k.isSigned() {
		return int64(v<<shift) >> shift
	}
	return int64(v)
}

// discard is a sink for bytes of which only the layout matters.
type discard struct{}

func (discard) beginObject(int)          {}
func (discard) key(string)               {}
func (discard) endObject()               {}
func (discard) beginList(int)            {}
func (discard) endList()                 {}
func (discard) unsigned(uint64)          {}
func (discard) signed(int64)             {}
func (discard) float(float64)            {}
func (discard) boolean(bool)             {}
func (discard) member(string)            {}
func (discard) text([]byte)              {}
func (discard) octets([]byte)            {}
func (discard) address(netip.Addr)       {}
func (discard) prefix(netip.Addr, uint8) {}
func (discard) mac([]byte)               {}
