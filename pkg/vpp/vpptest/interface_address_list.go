package vpptest

import (
	"iter"
	"slices"
)

// ifAddress is an address of an interface. VPP chains those of an interface and
// family, and knows each by its table as well: so one can be in no chain that
// is still walked, and be there all the same.
type ifAddress struct {
	prefix
	sw         uint32 // whose it is, also when that is gone
	prev, next *ifAddress
	freed      bool
}

// addressKey is what VPP finds an address by.
type addressKey struct {
	table *table
	addr  address
}

// addresses are those of an interface; one that borrows has none of its own to
// VPP, whatever its chain is.
func (i *swInterface) addresses(family int) iter.Seq[*ifAddress] {
	if i.borrows {
		return chain(nil)
	}
	return chain(i.first[family])
}

func chain(first *ifAddress) iter.Seq[*ifAddress] {
	return func(yield func(*ifAddress) bool) {
		for a := first; a != nil && !a.freed; a = a.next {
			if !yield(a) {
				return
			}
		}
	}
}

// link adds an address at the end of an interface's chain, which is the donor's
// where it had one when it was borrowed. It returns false where VPP never comes
// to that end: the chain went with the donor, and so bites its own tail.
func (t *interfaceTable) link(i *swInterface, p prefix) bool {
	a := &ifAddress{prefix: p, sw: i.index}
	last := i.first[p.family]
	if last == nil {
		i.first[p.family] = a
	} else {
		for !last.freed && last.next != nil {
			last = last.next
		}
		if last.freed {
			return false
		}
		last.next, a.prev = a, last
	}
	t.byAddress[addressKey{i.table[p.family], p.addr}] = a
	return true
}

// unlink forgets an address.
func (t *interfaceTable) unlink(i *swInterface, a *ifAddress) {
	if a.prev != nil {
		a.prev.next = a.next
	}
	if a.next != nil {
		a.next.prev = a.prev
	}
	if a.prev == nil {
		i.first[a.family] = a.next
	}
	a.freed = true
	delete(t.byAddress, addressKey{i.table[a.family], a.addr})
}

// deleteAddresses takes away what is in an interface's chains.
func (t *interfaceTable) deleteAddresses(i *swInterface) {
	for family := range i.first {
		for _, a := range slices.Collect(i.addresses(family)) {
			t.deleteAddress(i, a.prefix)
		}
	}
	i.linkLocal = address{}
}
