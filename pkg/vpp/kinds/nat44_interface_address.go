package kinds

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNAT44InterfaceAddress is the kind of interfaces whose address is in NAT44's
// pool.
const KindNAT44InterfaceAddress = "NAT44InterfaceAddress"

// NAT44InterfaceAddressItem is that the address of an interface is in a pool.
func NAT44InterfaceAddressItem(name string, twiceNAT bool) state.Item {
	key := name + twiceNATWord(twiceNAT)
	return state.Item{
		ID: state.ID{Kind: KindNAT44InterfaceAddress, Key: key}, Value: true, Needs: nat44InterfaceAddress{}.needs(key, true),
	}
}

// nat44InterfaceAddress is the feature. Its values are true, false where the
// interface has an address that VPP has not put into the pool. It stays when the
// interface goes, with the address that it had.
type nat44InterfaceAddress struct{}

// NewNAT44InterfaceAddress is the kind of interfaces whose address is in NAT44's
// pool.
func NewNAT44InterfaceAddress() state.Kind { return newBinding[bool](nat44InterfaceAddress{}) }

func (nat44InterfaceAddress) Name() string { return KindNAT44InterfaceAddress }

func (nat44InterfaceAddress) Probe(c vpp.Caller) error {
	return probe(pluginNAT, c, nat44SetInterfaceAddr, nat44InterfaceAddrs, nat44SetRange, nat44Addresses)
}

func (nat44InterfaceAddress) ends() int { return 1 }

// rereads implements [rereader]: what VPP puts into a pool others may wait for.
func (nat44InterfaceAddress) rereads() []string { return []string{KindNAT44Address} }

func (nat44InterfaceAddress) needs(key string, _ bool) []state.ID {
	name, _, _ := strings.Cut(key, " ")
	return []state.ID{InterfaceID(name), NAT44ID()}
}

func (nat44InterfaceAddress) describe(key string) string {
	name, twice, _ := strings.Cut(key, " ")
	return strings.TrimSpace("NAT44 pool address of Interface " + name + " " + twice)
}

// kindNAT44Resolved is the kind of entries in the ledger for the address that VPP
// has put into a pool for an interface: the alias, by the place.
const kindNAT44Resolved = KindNAT44InterfaceAddress + "Resolved"

func (nat44InterfaceAddress) shown(ctx context.Context, v *state.View, index uint32, found func(place, bool)) error {
	rows, err := dump(ctx, v.Caller(), nat44InterfaceAddrs, nil)
	if err != nil {
		return err
	}
	if index != noIndex {
		rows = slices.DeleteFunc(rows, func(r *nat44FlaggedInterface) bool { return r.SwIfIndex != index })
	}
	if len(rows) == 0 {
		return nil
	}
	pool, err := dump(ctx, v.Caller(), nat44Addresses, nil)
	if err != nil {
		return err
	}
	for _, r := range rows {
		twice := r.Flags & natTwiceNAT
		at := on1(r.SwIfIndex, strings.TrimSpace(twiceNATWord(twice != 0)))
		addresses, err := addressesAt(ctx, v.Caller(), r.SwIfIndex)
		if err != nil {
			return err
		}
		resolved := len(addresses) == 0
		for _, a := range addresses {
			if !inPool(pool, a, twice) {
				continue
			}
			resolved = true
			if err := v.Ledger().Put(resolvedID(at), state.Entry{Alias: a.String()}); err != nil {
				return err
			}
			break
		}
		found(at, resolved)
	}
	return nil
}

// anyNAT44InterfaceAddress tells whether the address of an interface that there
// is is to be in a pool. What stays at the index of one that is gone is nobody's
// loss.
func anyNAT44InterfaceAddress(ctx context.Context, c vpp.Caller) (bool, error) {
	rows, err := dump(ctx, c, nat44InterfaceAddrs, nil)
	if err != nil {
		return false, err
	}
	for _, r := range rows {
		if d, err := oneInterface(ctx, c, r.SwIfIndex); err != nil || d != nil {
			return d != nil, err
		}
	}
	return false, nil
}

func resolvedID(at place) state.ID { return state.ID{Kind: kindNAT44Resolved, Key: at.String()} }

// inPool tells whether an address is in a pool for hosts of all VRFs, as those
// of interfaces are.
func inPool(pool []*nat44PoolAddress, a netip.Addr, twice uint8) bool {
	return slices.ContainsFunc(pool, func(p *nat44PoolAddress) bool {
		return p.IPAddress == a && p.Flags&natTwiceNAT == twice && p.VrfID == noVRF
	})
}

func (k nat44InterfaceAddress) on(ctx context.Context, v *state.View, at place, _ bool) error {
	_, err := nat44SetInterfaceAddr.Call(ctx, v.Caller(), &nat44Feature{true, k.flags(at), at.Index})
	if refusedWith(err, retValueExists) {
		return &state.ConflictError{With: "NAT44's pool, by a range or by another client of VPP,"}
	}
	if err != nil {
		return err
	}
	return k.shown(ctx, v, at.Index, func(place, bool) {}) // which notes the address
}

// inForce knows that what is shown where ours was left behind is that: VPP
// refuses to put it there once more.
func (nat44InterfaceAddress) inForce(context.Context, *state.View, place, bool) (on, known bool, err error) {
	return false, true, nil
}

func (nat44InterfaceAddress) flags(at place) uint8 {
	if at.Rest != "" {
		return natTwiceNAT
	}
	return 0
}

// off takes the address out of the pool too where VPP leaves it: of an interface
// that is gone, or whose first address is another by now.
func (k nat44InterfaceAddress) off(ctx context.Context, v *state.View, at place) error {
	_, refusal := nat44SetInterfaceAddr.Call(ctx, v.Caller(), &nat44Feature{false, k.flags(at), at.Index})
	if refusal != nil && !refusedByVPP(refusal) {
		return refusal
	}
	if e, ok := v.Ledger().Get(resolvedID(at)); ok {
		if err := k.dropResolved(ctx, v, at, e.Alias); err != nil {
			return err
		}
	}
	if refusedWith(refusal, retNoSuchEntry, retUnsupported) {
		refusal = nil
	}
	return refusal
}

// dropResolved takes an address out of the pool that VPP has put there for an
// interface, unless it is there for another reason.
func (k nat44InterfaceAddress) dropResolved(ctx context.Context, v *state.View, at place, text string) error {
	address, err := netip.ParseAddr(text)
	if err != nil {
		return v.Ledger().Delete(resolvedID(at))
	}
	pool, err := dump(ctx, v.Caller(), nat44Addresses, nil)
	if err != nil {
		return err
	}
	_, wished := v.Ledger().Get(NAT44AddressID(address, at.Rest != ""))
	others, err := resolvedPools(ctx, v)
	if err != nil {
		return err
	}
	if inPool(pool, address, k.flags(at)) && !wished && !others[NAT44AddressID(address, at.Rest != "")] {
		q := nat44Range{FirstIPAddress: address, LastIPAddress: address, VrfID: noVRF, Flags: k.flags(at)}
		if _, err := nat44SetRange.Call(ctx, v.Caller(), &q); err != nil && !refusedWith(err, retNoSuchEntry) {
			return err
		}
	}
	return v.Ledger().Delete(resolvedID(at))
}

// compare says that one which VPP has not put into the pool is made anew.
func (nat44InterfaceAddress) compare(want, have bool) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.Recreate, Fields: []string{"pools"}}
}
