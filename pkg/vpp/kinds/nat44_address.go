package kinds

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNAT44Address is the kind of addresses in NAT44's pools.
const KindNAT44Address = "NAT44Address"

// NAT44AddressID is an address in the pool, or in that for twice-NAT.
func NAT44AddressID(address netip.Addr, twiceNAT bool) state.ID {
	return state.ID{Kind: KindNAT44Address, Key: address.String() + twiceNATWord(twiceNAT)}
}

// twiceNATWord tells keys of the two pools apart.
func twiceNATWord(twiceNAT bool) string {
	if twiceNAT {
		return " twice-NAT"
	}
	return ""
}

// NAT44AddressItem is an address in a pool, for hosts of a VRF, "" for those of
// all.
func NAT44AddressItem(address netip.Addr, vrf string, twiceNAT bool) state.Item {
	return state.Item{ID: NAT44AddressID(address, twiceNAT), Value: vrf, Needs: needsNAT44(vrf)}
}

type nat44Address struct{}

// NewNAT44Address is the kind of addresses in NAT44's pools. Its values are names
// of VRFs. VPP cannot mark them: ours are those in the ledger. Those that VPP put
// there because an interface has them are nobody's.
func NewNAT44Address() state.Kind { return nat44Address{} }

func (nat44Address) Name() string     { return KindNAT44Address }
func (nat44Address) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (nat44Address) Describe(key string) string { return "NAT44 pool address " + key }

func (nat44Address) Probe(c vpp.Caller) error {
	return probe(pluginNAT, c, nat44SetRange, nat44Addresses, nat44InterfaceAddrs)
}

func (nat44Address) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	resolved, err := resolvedPools(ctx, v)
	if err != nil {
		return err
	}
	for d, err := range nat44Addresses.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return err
		}
		twiceNAT := d.Flags&natTwiceNAT != 0
		f := state.Found{ID: NAT44AddressID(d.IPAddress, twiceNAT)}
		_, f.Ours = v.Ledger().Get(f.ID)
		f.Builtin = !f.Ours && d.VrfID == noVRF && resolved[f.ID]
		vrf := ""
		if d.VrfID != noVRF {
			vrf = tableName(v, d.VrfID, false)
		}
		f.Value, f.Needs = vrf, needsNAT44(vrf)
		found(f)
	}
	return nil
}

// resolvedPools are the addresses of interfaces whose addresses are to be in a
// pool.
func resolvedPools(ctx context.Context, v *state.View) (map[state.ID]bool, error) {
	rows, err := dump(ctx, v.Caller(), nat44InterfaceAddrs, nil)
	if err != nil {
		return nil, err
	}
	resolved := map[state.ID]bool{}
	for _, r := range rows {
		addresses, err := addressesAt(ctx, v.Caller(), r.SwIfIndex)
		if err != nil {
			return nil, err
		}
		for _, a := range addresses {
			resolved[NAT44AddressID(a, r.Flags&natTwiceNAT != 0)] = true
		}
	}
	return resolved, nil
}

// addressesAt are the IPv4 addresses at a sw_if_index, none where no interface
// has it.
func addressesAt(ctx context.Context, c vpp.Caller, index uint32) ([]netip.Addr, error) {
	prefixes, err := addressesOf(ctx, c, index, false)
	if refusedByVPP(err) {
		return nil, nil
	}
	var list []netip.Addr
	for _, p := range prefixes {
		list = append(list, p.Addr())
	}
	return list, err
}

// Compare says that an address is put there anew for another VRF.
func (nat44Address) Compare(want, have, _ any) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.Recreate, Fields: []string{"pools"}}
}

func (k nat44Address) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		text, twice, _ := strings.Cut(op.ID.Key, " ")
		address, err := netip.ParseAddr(text)
		if err != nil {
			return state.Result{Err: err}
		}
		q := nat44Range{FirstIPAddress: address, LastIPAddress: address, VrfID: noVRF}
		if twice != "" {
			q.Flags = natTwiceNAT
		}
		if op.Verb == state.Delete {
			return state.Result{Err: k.remove(ctx, v, op.ID, &q)}
		}
		return state.Result{Err: k.add(ctx, v, op, &q)}
	})
}

func (nat44Address) add(ctx context.Context, v *state.View, op *state.Op, q *nat44Range) (err error) {
	if vrf := valueOf[string](op.Want); vrf != "" {
		if q.VrfID, err = tableNumber(v, vrf, false); err != nil {
			return err
		}
	}
	_, noted := v.Ledger().Get(op.ID)
	if err := v.Ledger().Put(op.ID, state.Entry{}); err != nil {
		return err
	}
	q.IsAdd = true
	_, err = nat44SetRange.Call(ctx, v.Caller(), q)
	if err == nil || outcomeUnknown(err) {
		return err
	}
	if refusedWith(err, retValueExists) {
		there, readErr := poolAddress(ctx, v.Caller(), q)
		switch {
		case readErr != nil:
			return readErr
		case there != nil && noted && there.VrfID == q.VrfID:
			return nil
		}
		err = &state.ConflictError{With: "NAT44's pool, by an interface's address or by another client of VPP,"}
	}
	return errors.Join(err, v.Ledger().Delete(op.ID))
}

// poolAddress finds an address in its pool, nil where it is not.
func poolAddress(ctx context.Context, c vpp.Caller, q *nat44Range) (*nat44PoolAddress, error) {
	all, err := dump(ctx, c, nat44Addresses, nil)
	i := slices.IndexFunc(all, func(a *nat44PoolAddress) bool {
		return a.IPAddress == q.FirstIPAddress && a.Flags&natTwiceNAT == q.Flags
	})
	if err != nil || i < 0 {
		return nil, err
	}
	return all[i], nil
}

// remove takes an address out of its pool, if it is there.
func (nat44Address) remove(ctx context.Context, v *state.View, id state.ID, q *nat44Range) error {
	_, err := nat44SetRange.Call(ctx, v.Caller(), q)
	if err != nil && !refusedWith(err, retNoSuchEntry) {
		return err
	}
	return v.Ledger().Delete(id)
}
