package vpptest

import "net/netip"

// address is an IP address as VPP's unions carry it: IPv4 in the first four
// bytes, the rest zero.
type address [16]byte

// prefix is an address of a family (0 for IPv4, 1 for IPv6) and a length,
// host bits and impossible lengths included: what to think of them is the
// handler's.
type prefix struct {
	addr   address
	family uint8
	length uint8
}

// hostBits is the length of an address by family.
var hostBits = [2]uint8{32, 128}

// wireAddress and wirePrefix are vl_api_address_t and vl_api_prefix_t.
type (
	wireAddress struct {
		Af uint8
		Un address
	}
	wirePrefix struct {
		Address wireAddress
		Len     uint8
	}
)

func (w wireAddress) host() prefix {
	p := prefix{addr: w.Un, family: w.Af & 1}
	p.length = p.bits()
	return p.clean()
}

func (w wirePrefix) prefix() prefix {
	return prefix{addr: w.Address.Un, family: w.Address.Af & 1, length: w.Len}.clean()
}

func (p prefix) wire() wirePrefix {
	return wirePrefix{Address: wireAddress{Af: p.family, Un: p.addr}, Len: p.length}
}

// clean drops what lies behind an IPv4 address in the union.
func (p prefix) clean() prefix {
	if p.family == 0 {
		clear(p.addr[4:])
	}
	return p
}

// bits is the length of a host prefix of the family.
func (p prefix) bits() uint8 { return hostBits[p.family] }

func (p prefix) isHost() bool { return p.length == p.bits() }

// as is the prefix with another length.
func (p prefix) as(length uint8) prefix {
	p.length = length
	return p
}

// masked clears the host bits.
func (p prefix) masked() prefix {
	p.addr = p.addr.masked(p.length)
	return p
}

func (a address) masked(length uint8) address {
	if int(length) >= 8*len(a) {
		return a
	}
	a[length/8] &= ^byte(0xff >> (length % 8))
	clear(a[length/8+1:])
	return a
}

// broadcast is the last address of an IPv4 prefix.
func (p prefix) broadcast() address {
	a := p.addr
	for i := p.length; i < 32; i++ {
		a[i/8] |= 0x80 >> (i % 8)
	}
	return a
}

// String serves logs.
func (p prefix) String() string {
	if p.family == 0 {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte(p.addr[:4])), int(p.length)).String()
	}
	return netip.PrefixFrom(netip.AddrFrom16(p.addr), int(p.length)).String()
}
