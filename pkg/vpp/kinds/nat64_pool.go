package kinds

import (
	"context"
	"fmt"
	"iter"
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNAT64Address is the kind of addresses in NAT64's pool.
const KindNAT64Address = "NAT64Address"

// NAT64AddressItem is an address in the pool of the NAT64 of a name, for the
// hosts of a VRF, of all where it is "".
func NAT64AddressItem(nat string, address netip.Addr, vrf string) state.Item {
	return state.Item{ID: NAT64AddressID(address), Value: vrf, Needs: nat64Needs(nat, vrf)}
}

// NAT64AddressID is an address in NAT64's pool.
func NAT64AddressID(address netip.Addr) state.ID {
	return state.ID{Kind: KindNAT64Address, Key: address.String()}
}

type nat64PoolRequest struct {
	StartAddr, EndAddr netip.Addr
	VrfID              uint32
	IsAdd              bool
}

type nat64PoolDetails struct {
	Address netip.Addr
	VrfID   uint32
}

var (
	nat64PoolAddDel = vpp.NewMethod[nat64PoolRequest, retval]("nat64_add_del_pool_addr_range")
	nat64PoolDump   = vpp.NewMethod[nothing, nat64PoolDetails]("nat64_pool_addr_dump")
)

type nat64Address struct{}

// NewNAT64Address is the kind of addresses in NAT64's pool. Its values are names
// of VRFs, "" for all. VPP cannot mark them: ours are those in the ledger.
func NewNAT64Address() state.Kind { return nat64Address{} }

func (nat64Address) Name() string     { return KindNAT64Address }
func (nat64Address) Loss() state.Loss { return state.Stale }

// Describe implements [state.Describer].
func (nat64Address) Describe(address string) string { return "NAT64 pool address " + address }

func (nat64Address) Probe(c vpp.Caller) error {
	return probe(pluginNAT64, c, nat64PoolAddDel, nat64PoolDump)
}

func (nat64Address) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	for d, err := range nat64PoolDump.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return err
		}
		vrf := ""
		if d.VrfID != noIndex {
			vrf = tableName(v, d.VrfID, true)
		}
		f := state.Found{ID: NAT64AddressID(d.Address), Value: vrf, Needs: nat64Needs(natName(v, KindNAT64), vrf)}
		_, f.Ours = v.Ledger().Get(f.ID)
		found(f)
	}
	return nil
}

func anyNAT64Pool(ctx context.Context, v *state.View) (bool, error) {
	return anyOf(nat64PoolDump.Dump(ctx, v.Caller(), nil))
}

// anyOf tells whether a dump shows anything.
func anyOf[T any](dump iter.Seq2[T, error]) (bool, error) {
	there := false
	for _, err := range dump {
		if err != nil {
			return false, err
		}
		there = true
	}
	return there, nil
}

func (nat64Address) Compare(want, have, _ any) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.Recreate, Fields: []string{"pools"}}
}

func (k nat64Address) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Verbs{Create: k.create, Update: k.create, Delete: k.delete}.Apply(ctx, v, ops)
}

func (k nat64Address) create(ctx context.Context, v *state.View, op *state.Op) state.Result {
	return state.Result{Err: k.add(ctx, v, op)}
}

func (k nat64Address) add(ctx context.Context, v *state.View, op *state.Op) error {
	address, err := netip.ParseAddr(op.ID.Key)
	if err != nil {
		return err
	}
	table := noIndex
	if vrf := valueOf[string](op.Want); vrf != "" {
		if table, err = tableNumber(v, vrf, true); err != nil {
			return err
		}
	}
	_, noted := v.Ledger().Get(op.ID)
	if err := v.Ledger().Put(op.ID, state.Entry{}); err != nil {
		return err
	}
	_, err = nat64PoolAddDel.Call(ctx, v.Caller(), &nat64PoolRequest{address, address, table, true})
	switch {
	case refusedWith(err, retValueExists):
		have, err := k.find(ctx, v, address)
		switch {
		case err != nil:
			return err
		case have == nil, have.VrfID == table && (noted || op.Adopt):
			return nil
		case !noted && !op.Adopt:
			return joined(&state.ConflictError{With: fmt.Sprintf("pool address %s, made by somebody else,", address)}, v.Ledger().Delete(op.ID))
		}
		// It is ours, or to be taken over, and for another VRF.
		if _, err := nat64PoolAddDel.Call(ctx, v.Caller(), &nat64PoolRequest{address, address, have.VrfID, false}); err != nil {
			return err
		}
		_, err = nat64PoolAddDel.Call(ctx, v.Caller(), &nat64PoolRequest{address, address, table, true})
		return err
	case refusedByVPP(err) && !noted:
		return joined(err, v.Ledger().Delete(op.ID))
	}
	return err
}

func (nat64Address) find(ctx context.Context, v *state.View, address netip.Addr) (have *nat64PoolDetails, err error) {
	for d, err := range nat64PoolDump.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return nil, err
		}
		if d.Address == address {
			have = &nat64PoolDetails{d.Address, d.VrfID}
		}
	}
	return have, nil
}

// delete takes an address out of the pool. VPP finds it by the address alone.
func (nat64Address) delete(ctx context.Context, v *state.View, op *state.Op) error {
	address, err := netip.ParseAddr(op.ID.Key)
	if err != nil {
		return err
	}
	_, err = nat64PoolAddDel.Call(ctx, v.Caller(), &nat64PoolRequest{address, address, noIndex, false})
	if err != nil && !refusedWith(err, retNoSuchEntry) {
		return err
	}
	return v.Ledger().Delete(op.ID)
}
