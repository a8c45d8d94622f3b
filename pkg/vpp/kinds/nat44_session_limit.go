package kinds

import (
	"context"
	"errors"
	"strconv"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNAT44SessionLimit is the kind of limits on NAT44's sessions.
const KindNAT44SessionLimit = "NAT44SessionLimit"

// NAT44SessionLimitItem is the limit on the sessions of a VRF.
func NAT44SessionLimitItem(vrf string, limit uint32) state.Item {
	return state.Item{
		ID: state.ID{Kind: KindNAT44SessionLimit, Key: vrf}, Value: limit, Needs: needsNAT44(vrf),
	}
}

type nat44SessionLimit struct{}

// NewNAT44SessionLimit is the kind of limits on the sessions of VRFs. Its values
// are numbers. VPP shows nothing of them: the ledger is all there is.
func NewNAT44SessionLimit() state.Kind { return nat44SessionLimit{} }

func (nat44SessionLimit) Name() string     { return KindNAT44SessionLimit }
func (nat44SessionLimit) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (nat44SessionLimit) Describe(key string) string { return "NAT44 session limit of VRF " + key }

func (nat44SessionLimit) Probe(c vpp.Caller) error {
	return probe(pluginNAT, c, nat44SetLimit, nat44ShowConfig)
}

var nat44LimitHidden = []string{"sessionLimits"}

func (nat44SessionLimit) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	c, err := nat44ShowConfig.Call(ctx, v.Caller(), nil)
	if err != nil || c.Sessions == 0 {
		return err
	}
	for _, id := range v.Ledger().All(KindNAT44SessionLimit) {
		e, _ := v.Ledger().Get(id)
		limit, err := strconv.ParseUint(e.Digest, 10, 32)
		if err != nil {
			continue // its outcome was never known
		}
		found(state.Found{ID: id, Value: uint32(limit), Ours: true, Needs: needsNAT44(id.Key), Unverified: nat44LimitHidden})
	}
	return nil
}

// Compare says that a change is made in place.
func (nat44SessionLimit) Compare(want, have, _ any) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: nat44LimitHidden}
}

func (k nat44SessionLimit) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		if op.Verb == state.Delete {
			return state.Result{Err: k.lift(ctx, v, op.ID)}
		}
		return state.Result{Err: k.set(ctx, v, op.ID, valueOf[uint32](op.Want)), Unverified: nat44LimitHidden}
	})
}

func (nat44SessionLimit) set(ctx context.Context, v *state.View, id state.ID, limit uint32) error {
	table, err := tableNumber(v, id.Key, false)
	if err != nil {
		return err
	}
	if err := v.Ledger().Put(id, state.Entry{}); err != nil {
		return err
	}
	if _, err := nat44SetLimit.Call(ctx, v.Caller(), &nat44Limit{limit, table}); err != nil {
		if outcomeUnknown(err) {
			return err
		}
		return errors.Join(err, v.Ledger().Delete(id))
	}
	return v.Ledger().Put(id, state.Entry{Digest: strconv.FormatUint(uint64(limit), 10)})
}

// lift sets a limit to what it is without one.
func (nat44SessionLimit) lift(ctx context.Context, v *state.View, id state.ID) error {
	c, err := nat44ShowConfig.Call(ctx, v.Caller(), nil)
	if err != nil {
		return err
	}
	table, err := tableNumber(v, id.Key, false)
	if c.Sessions != 0 && err == nil {
		if _, err := nat44SetLimit.Call(ctx, v.Caller(), &nat44Limit{c.Sessions, table}); err != nil && !refusedByVPP(err) {
			return err
		}
	}
	return v.Ledger().Delete(id)
}
