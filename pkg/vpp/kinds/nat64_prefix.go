package kinds

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNAT64Prefix is the kind of the prefixes that stand for all IPv4 addresses.
const KindNAT64Prefix = "NAT64Prefix"

// NAT64PrefixItem is the prefix of a VRF, of the NAT64 of a name.
func NAT64PrefixItem(nat, vrf string, prefix netip.Prefix) state.Item {
	return state.Item{ID: nat64PrefixID(vrf), Value: prefix, Needs: nat64Needs(nat, vrf)}
}

func nat64PrefixID(vrf string) state.ID { return state.ID{Kind: KindNAT64Prefix, Key: vrf} }

type nat64PrefixRequest struct {
	Prefix netip.Prefix
	VrfID  uint32
	IsAdd  bool
}

type nat64PrefixDetails struct {
	Prefix netip.Prefix
	VrfID  uint32
}

var (
	nat64PrefixAddDel = vpp.NewMethod[nat64PrefixRequest, retval]("nat64_add_del_prefix")
	nat64PrefixDump   = vpp.NewMethod[nothing, nat64PrefixDetails]("nat64_prefix_dump")
)

type nat64Prefix struct{}

// NewNAT64Prefix is the kind of NAT64's prefixes, one for a VRF. VPP cannot mark
// them: ours are those in the ledger.
func NewNAT64Prefix() state.Kind { return nat64Prefix{} }

func (nat64Prefix) Name() string     { return KindNAT64Prefix }
func (nat64Prefix) Loss() state.Loss { return state.Stale }

// Describe implements [state.Describer].
func (nat64Prefix) Describe(vrf string) string { return "NAT64 prefix of VRF " + vrf }

func (nat64Prefix) Probe(c vpp.Caller) error {
	return probe(pluginNAT64, c, nat64PrefixAddDel, nat64PrefixDump)
}

func (nat64Prefix) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	for d, err := range nat64PrefixDump.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return err
		}
		vrf := tableName(v, d.VrfID, true)
		f := state.Found{ID: nat64PrefixID(vrf), Value: d.Prefix, Needs: nat64Needs(natName(v, KindNAT64), vrf)}
		_, f.Ours = v.Ledger().Get(f.ID)
		found(f)
	}
	return nil
}

func anyNAT64Prefix(ctx context.Context, v *state.View) (bool, error) {
	return anyOf(nat64PrefixDump.Dump(ctx, v.Caller(), nil))
}

func (nat64Prefix) Compare(want, have, _ any) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: []string{"prefixes"}}
}

func (k nat64Prefix) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result { return state.Result{Err: k.apply(ctx, v, op)} })
}

// apply sets a prefix, or takes it away. VPP puts one in the place of another
// without a word, so that of somebody else is looked for first.
func (k nat64Prefix) apply(ctx context.Context, v *state.View, op *state.Op) error {
	table, err := tableNumber(v, op.ID.Key, true)
	if op.Verb == state.Delete {
		if err == nil {
			have := valueOf[netip.Prefix](op.Have)
			_, err = nat64PrefixAddDel.Call(ctx, v.Caller(), &nat64PrefixRequest{have, table, false})
			if err != nil && !refusedWith(err, retNoSuchEntry) {
				return err
			}
		}
		return v.Ledger().Delete(op.ID)
	}
	if err != nil {
		return err
	}
	_, noted := v.Ledger().Get(op.ID)
	if !noted && !op.Adopt {
		for d, err := range nat64PrefixDump.Dump(ctx, v.Caller(), nil) {
			if err != nil {
				return err
			}
			if d.VrfID == table {
				return &state.ConflictError{With: fmt.Sprintf("prefix %s, made by somebody else,", d.Prefix)}
			}
		}
	}
	if err := v.Ledger().Put(op.ID, state.Entry{}); err != nil {
		return err
	}
	_, err = nat64PrefixAddDel.Call(ctx, v.Caller(), &nat64PrefixRequest{valueOf[netip.Prefix](op.Want), table, true})
	if refusedByVPP(err) && !noted {
		err = joined(err, v.Ledger().Delete(op.ID))
	}
	return err
}
