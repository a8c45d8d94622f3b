package binproto

import (
	"encoding/hex"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// The text forms of addresses, prefixes and MACs, shared by both directions.
// Address text is netip's; prefix text keeps host bits and whatever length the
// byte on the wire holds, so that nothing read from VPP is without a text.

// Address families as VPP numbers them.
const (
	familyIP4 = 0
	familyIP6 = 1
)

// addressOf reads an address from text or any of Go's address types. The zero
// netip.Addr is accepted and stands for no address: zeros on the wire.
func addressOf(v any) (a netip.Addr, ok bool) {
	switch v := v.(type) {
	case netip.Addr:
		a = v
	case net.IP:
		// net.IP does not tell 1.2.3.4 from ::ffff:1.2.3.4; like package net, the former is meant.
		if a, ok = netip.AddrFromSlice(v); !ok {
			return a, false
		}
		a = a.Unmap()
	case string:
		var err error
		if a, err = netip.ParseAddr(v); err != nil {
			return a, false
		}
	default:
		return a, false
	}
	return a, a.Zone() == ""
}

// prefixOf reads an address with a length from text or a netip.Prefix. Host
// bits stay; of the length only its byte is checked, as VPP's own client does.
func prefixOf(v any) (a netip.Addr, length uint8, ok bool) {
	switch v := v.(type) {
	case netip.Prefix:
		if v == (netip.Prefix{}) {
			return a, 0, true
		}
		if v.Bits() < 0 {
			return a, 0, false
		}
		return v.Addr(), uint8(v.Bits()), v.Addr().Zone() == ""
	case string:
		text, bits, found := strings.Cut(v, "/")
		n, err := strconv.ParseUint(bits, 10, 8)
		if !found || err != nil || len(bits) > 1 && bits[0] == '0' {
			return a, 0, false
		}
		a, ok = addressOf(text)
		return a, uint8(n), ok
	}
	return a, 0, false
}

// appendPrefix writes what prefixOf reads. The netip.Prefix form of a length
// that does not fit its family has no text.
func appendPrefix(dst []byte, a netip.Addr, length uint8) []byte {
	dst = a.AppendTo(dst)
	dst = append(dst, '/')
	return strconv.AppendUint(dst, uint64(length), 10)
}

// parseMAC reads aa:bb:cc:dd:ee:ff, aa-bb-cc-dd-ee-ff, aabb.ccdd.eeff and
// aabbccddeeff, in either case of letters.
func parseMAC(s string) (mac [6]byte, ok bool) {
	var group int
	var sep byte
	switch len(s) {
	case 17:
		group, sep = 2, s[2]
		if sep != ':' && sep != '-' {
			return mac, false
		}
	case 14:
		group, sep = 4, '.'
	case 12:
		group = 12
	default:
		return mac, false
	}
	var digits [12]byte
	n := 0
	for i := range len(s) {
		if i%(group+1) == group {
			if s[i] != sep {
				return mac, false
			}
			continue
		}
		digits[n] = s[i]
		n++
	}
	_, err := hex.Decode(mac[:], digits[:])
	return mac, err == nil
}

// appendMAC writes the colon form.
func appendMAC(dst, mac []byte) []byte {
	for i, b := range mac {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = hex.AppendEncode(dst, []byte{b})
	}
	return dst
}

// formatted encodes the text form of a type, or one of Go's types for it. It
// leaves everything else to the plain structure.
func (e *fieldEncoder) formatted(t *Type, v any) (done bool, err *Error) {
	switch v.(type) {
	case map[string]any, []any, []byte:
		return false, nil
	}
	var ok bool
	var a netip.Addr
	var length uint8
	begin := len(e.b)
	switch t.Format {
	case FormatIP4, FormatIP6:
		if a, ok = addressOf(v); ok {
			ok = e.putFamilyAddress(t.Format == FormatIP6, a)
		} else if s, isText := v.(string); isText && len(s) == 2*t.Length {
			b, err := hex.DecodeString(s)
			e.b = append(e.b, b...)
			ok = err == nil
		}
	case FormatAddress:
		if a, ok = addressOf(v); ok {
			e.putAnyAddress(a)
		}
	case FormatPrefix:
		if a, length, ok = prefixOf(v); ok {
			e.putAnyAddress(a)
			e.b = append(e.b, length)
		}
	case FormatIP4Prefix, FormatIP6Prefix:
		if a, length, ok = prefixOf(v); ok {
			ok = e.putFamilyAddress(t.Format == FormatIP6Prefix, a)
			e.b = append(e.b, length)
		}
	case FormatMAC:
		var mac [6]byte
		switch v := v.(type) {
		case string:
			mac, ok = parseMAC(v)
		case net.HardwareAddr:
			ok = len(v) == len(mac)
			copy(mac[:], v)
		}
		if ok {
			e.b = append(e.b, mac[:]...)
		}
	default:
		return false, nil
	}
	if !ok {
		e.b = e.b[:begin]
		return true, e.fail(ErrType, wantText(t), describe(v))
	}
	return true, nil
}

// putFamilyAddress writes an address of one family; no address is zeros.
func (e *fieldEncoder) putFamilyAddress(ip6 bool, a netip.Addr) bool {
	switch {
	case !a.IsValid() && ip6:
		e.putZeros(16)
	case !a.IsValid():
		e.putZeros(4)
	case a.Is6() != ip6:
		return false
	default:
		e.putAddressBytes(a)
	}
	return true
}

func (e *fieldEncoder) putAddressBytes(a netip.Addr) {
	if a.Is4() {
		b := a.As4()
		e.b = append(e.b, b[:]...)
		return
	}
	b := a.As16()
	e.b = append(e.b, b[:]...)
}

// putAnyAddress writes the family and the union of both.
func (e *fieldEncoder) putAnyAddress(a netip.Addr) {
	switch {
	case a.Is6():
		e.b = append(e.b, familyIP6)
		e.putAddressBytes(a)
	case a.Is4():
		e.b = append(e.b, familyIP4)
		e.putAddressBytes(a)
		e.putZeros(12)
	default:
		e.putZeros(17)
	}
}
