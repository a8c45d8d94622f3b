package kinds

import (
	"context"
	"errors"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNAT44VRFTable is the kind of NAT44's tables of VRFs in which destinations
// are looked for.
const KindNAT44VRFTable = "NAT44VRFTable"

// NAT44VRFTableID is the table for packets from a VRF.
func NAT44VRFTableID(vrf string) state.ID { return state.ID{Kind: KindNAT44VRFTable, Key: vrf} }

// NAT44VRFTable is the value of a table: the names of VRFs in which it is looked,
// in this order, with a space behind each. It is text to be comparable.
type NAT44VRFTable string

// NewNAT44VRFTable makes one of names.
func NewNAT44VRFTable(routes []string) NAT44VRFTable {
	var b strings.Builder
	for _, r := range routes {
		b.WriteString(r + " ")
	}
	return NAT44VRFTable(b.String())
}

// Routes are the names.
func (t NAT44VRFTable) Routes() []string { return strings.Fields(string(t)) }

// NAT44VRFTableItem is a table for packets from a VRF.
func NAT44VRFTableItem(vrf string, table NAT44VRFTable) state.Item {
	return state.Item{ID: NAT44VRFTableID(vrf), Value: table, Needs: needsNAT44(append(table.Routes(), vrf)...)}
}

type nat44VRFTable struct{}

// NewNAT44VRFTables is the kind of NAT44's tables. VPP cannot mark them: ours are
// those in the ledger.
func NewNAT44VRFTables() state.Kind { return nat44VRFTable{} }

func (nat44VRFTable) Name() string     { return KindNAT44VRFTable }
func (nat44VRFTable) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (nat44VRFTable) Describe(key string) string { return "NAT44 table of VRF " + key }

func (nat44VRFTable) Probe(c vpp.Caller) error {
	return probe(pluginNAT, c, nat44SetTable, nat44SetRoute, nat44Tables)
}

func (nat44VRFTable) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	for d, err := range nat44Tables.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return err
		}
		names := make([]string, len(d.VrfIDs))
		for i, id := range d.VrfIDs {
			names[i] = tableName(v, id, false)
		}
		vrf := tableName(v, d.TableVrfID, false)
		item := NAT44VRFTableItem(vrf, NewNAT44VRFTable(names))
		f := state.Found{ID: item.ID, Value: item.Value, Needs: item.Needs}
		_, f.Ours = v.Ledger().Get(f.ID)
		found(f)
	}
	return nil
}

// Compare says that a change is made in place.
func (nat44VRFTable) Compare(want, have, _ any) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: []string{"vrfTables"}}
}

func (k nat44VRFTable) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		err := k.set(ctx, v, op)
		return state.Result{Err: err, Reread: err != nil} // half of it may be there
	})
}

// set makes a table as it is wanted: with more routes at its end, or from the
// beginning, since VPP looks in the order in which they were added, and dumps
// more than it has once one was taken away.
func (k nat44VRFTable) set(ctx context.Context, v *state.View, op *state.Op) error {
	table, err := tableNumber(v, op.ID.Key, false)
	if err != nil && op.Verb != state.Delete {
		return err
	}
	want, have := valueOf[NAT44VRFTable](op.Want), valueOf[NAT44VRFTable](op.Have)
	if op.Verb == state.Update && strings.HasPrefix(string(want), string(have)) {
		return k.append(ctx, v, table, want.Routes()[len(have.Routes()):])
	}
	if _, noted := v.Ledger().Get(op.ID); noted && err == nil {
		if _, err := nat44SetTable.Call(ctx, v.Caller(), &nat44Table{TableVrfID: table}); err != nil && !refusedWith(err, retNoSuchEntry) {
			return err
		}
	}
	if op.Verb == state.Delete {
		return v.Ledger().Delete(op.ID)
	}
	if err := v.Ledger().Put(op.ID, state.Entry{}); err != nil {
		return err
	}
	_, err = nat44SetTable.Call(ctx, v.Caller(), &nat44Table{TableVrfID: table, IsAdd: true})
	if outcomeUnknown(err) {
		return err
	}
	if refusedWith(err, retValueExists) {
		err = &state.ConflictError{With: "something in VPP that somebody else made"}
	}
	if err != nil {
		return errors.Join(err, v.Ledger().Delete(op.ID))
	}
	return k.append(ctx, v, table, want.Routes())
}

func (nat44VRFTable) append(ctx context.Context, v *state.View, table uint32, routes []string) error {
	for _, vrf := range routes {
		n, err := tableNumber(v, vrf, false)
		if err != nil {
			return err
		}
		_, err = nat44SetRoute.Call(ctx, v.Caller(), &nat44TableRoute{TableVrfID: table, VrfID: n, IsAdd: true})
		if err != nil && !refusedWith(err, retValueExists) {
			return err
		}
	}
	return nil
}
