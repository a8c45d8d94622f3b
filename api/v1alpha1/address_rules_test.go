package v1alpha1

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

// What the CEL rules say of addresses on interfaces is what net/netip says.
func TestAddressRulesAgreeWithNetip(t *testing.T) {
	t.Parallel()
	c := crdOf(t, "Interface")
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		prefix := randomPrefix(random)
		var told string
		for _, err := range c.admit(object(t, "Interface", address(prefix.String())), nil) {
			told += err.Detail
		}
		for message, want := range map[string]bool{
			isNetwork:   isNetworkAddress(prefix),
			isBroadcast: isBroadcastAddress(prefix),
			notUnicast:  prefix.Addr().IsMulticast() || prefix.Addr().IsUnspecified() || prefix.Addr() == netip.MustParseAddr("255.255.255.255"),
		} {
			if got := strings.Contains(told, message); got != want {
				t.Errorf("%v: %q is said: %t, want %t", prefix, message, got, want)
			}
		}
	}
}

// randomPrefix is an address with its length, of either family, often with
// only zeros or ones behind the network.
func randomPrefix(random *rand.Rand) netip.Prefix {
	b := make([]byte, []int{4, 16}[random.IntN(2)])
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	bits, host := 8*len(b), random.IntN(3)
	length := 1 + random.IntN(bits)
	for i := length; i < bits && host < 2; i++ {
		mask := byte(0x80) >> (i % 8)
		b[i/8] &^= mask
		if host == 1 {
			b[i/8] |= mask
		}
	}
	addr, _ := netip.AddrFromSlice(b)
	return netip.PrefixFrom(addr, length)
}

func isNetworkAddress(p netip.Prefix) bool {
	return p.Bits() < p.Addr().BitLen()-1 && p == p.Masked()
}

// isBroadcastAddress tells whether what follows p's address is outside of its
// network.
func isBroadcastAddress(p netip.Prefix) bool {
	next := p.Addr().Next()
	return p.Addr().Is4() && p.Bits() < 31 && !p.Contains(next) // which no network does with an invalid one
}
