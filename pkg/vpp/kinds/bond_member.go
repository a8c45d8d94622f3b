package kinds

import (
	"context"
	"errors"
	"fmt"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindBondMember is the kind of the members of bonds.
const KindBondMember = "BondMember"

// BondMemberID is that an interface is a member of a bond: it can be of one
// only, so its name is the key.
func BondMemberID(member string) state.ID { return state.ID{Kind: KindBondMember, Key: member} }

// BondMember is the value of an interface's membership in a bond.
type BondMember struct {
	// Bond is the name of the bond.
	Bond string
	// Weight ranks the member in mode ActiveBackup.
	Weight uint32
	// Passive waits for the other side, LongTimeout gives it 90 s instead of 3,
	// in mode LACP.
	Passive, LongTimeout bool
}

type bondMemberRequest struct {
	SwIfIndex, BondSwIfIndex uint32
	IsPassive, IsLongTimeout bool
}

type bondMemberDetails struct {
	SwIfIndex                uint32
	IsPassive, IsLongTimeout bool
	Weight                   uint32
}

type bondWeightRequest struct{ SwIfIndex, Weight uint32 }

var (
	bondAddMember = vpp.NewMethod[bondMemberRequest, retval]("bond_add_member")
	bondDetach    = vpp.NewMethod[swIfIndex, retval]("bond_detach_member")
	bondMembers   = vpp.NewMethod[swIfIndex, bondMemberDetails]("sw_member_interface_dump")
	bondWeight    = vpp.NewMethod[bondWeightRequest, retval]("sw_interface_set_bond_weight")
)

type bondMember struct{}

// NewBondMember is the kind of members of bonds: those of our bonds are ours.
func NewBondMember() state.Kind { return bondMember{} }

func (bondMember) Name() string     { return KindBondMember }
func (bondMember) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (bondMember) Describe(key string) string { return "bond member " + key }

func (bondMember) Probe(c vpp.Caller) error {
	return probe("", c, bondDump, bondAddMember, bondDetach, bondMembers)
}

// BondMemberItem is that an interface is a member of a bond.
func BondMemberItem(member string, value BondMember) state.Item {
	return state.Item{ID: BondMemberID(member), Value: value, Needs: bondMemberNeeds(member, value.Bond)}
}

func bondMemberNeeds(member, bond string) []state.ID {
	return []state.ID{InterfaceID(member), InterfaceID(bond)}
}

func (bondMember) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	bonds, err := dump(ctx, v.Caller(), bondDump, &swIfIndex{noIndex})
	if err != nil {
		return err
	}
	for _, b := range bonds {
		bond, ours := ourInterface(v, b.SwIfIndex)
		for d, err := range bondMembers.Dump(ctx, v.Caller(), &swIfIndex{b.SwIfIndex}) {
			if err != nil {
				return err
			}
			member := interfaceName(v, d.SwIfIndex)
			found(state.Found{
				ID: BondMemberID(member), Ours: ours, Needs: bondMemberNeeds(member, bond.Key),
				Value: BondMember{Bond: bond.Key, Weight: d.Weight, Passive: d.IsPassive, LongTimeout: d.IsLongTimeout},
			})
		}
	}
	return nil
}

func (bondMember) Compare(want, have, _ any) state.Difference {
	w, h := valueOf[BondMember](want), valueOf[BondMember](have)
	var f fields
	f.add("bond.members", w.Bond != h.Bond)
	f.add("bond.members.lacpMode", w.Passive != h.Passive)
	f.add("bond.members.lacpTimeout", w.LongTimeout != h.LongTimeout)
	if len(f) > 0 {
		return state.Difference{Change: state.Recreate, Fields: f}
	}
	if w.Weight != h.Weight {
		return state.Difference{Change: state.InPlace, Fields: []string{"bond.members.weight"}}
	}
	return state.Difference{}
}

func (k bondMember) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		index, there, err := onInterface(v, op)
		switch {
		case !there:
			return state.Result{Err: err}
		case op.Verb == state.Delete:
			return state.Result{Err: k.detach(ctx, v, index), Disturbs: k.disturbed(op.ID, op.Have)}
		case op.Verb == state.Create:
			r := k.add(ctx, v, op, index)
			r.Disturbs = k.disturbed(op.ID, op.Want)
			return r
		}
		return k.add(ctx, v, op, index)
	})
}

// disturbed are the interfaces that VPP gives another MAC address: a bond has that
// of its first member, and gives it to the others.
func (bondMember) disturbed(id state.ID, value any) []state.ID {
	return []state.ID{InterfaceID(valueOf[BondMember](value).Bond), InterfaceID(id.Key)}
}

func (k bondMember) add(ctx context.Context, v *state.View, op *state.Op, index uint32) state.Result {
	want := valueOf[BondMember](op.Want)
	have := valueOf[BondMember](op.Have)
	if op.Verb == state.Create {
		bond, err := interfaceHandle(v, want.Bond)
		if err != nil {
			return state.Result{Err: err}
		}
		if err := k.join(ctx, v, want, index, bond); err != nil {
			return state.Result{Err: err}
		}
		have = BondMember{Bond: want.Bond, Passive: want.Passive, LongTimeout: want.LongTimeout}
	}
	if want.Weight != have.Weight {
		if _, err := bondWeight.Call(ctx, v.Caller(), &bondWeightRequest{index, want.Weight}); err != nil {
			return state.Result{Err: fmt.Errorf("weight: %w", err), Have: have}
		}
	}
	return state.Result{}
}

// join puts an interface into a bond. One without Ethernet would kill VPP, and
// one that is in it already is refused.
func (k bondMember) join(ctx context.Context, v *state.View, want BondMember, index, bond uint32) error {
	d, err := oneInterface(ctx, v.Caller(), index)
	if err != nil {
		return err
	}
	if d == nil || d.Type == typeSub || d.L2Address == (MAC{}) {
		return errors.New("only an Ethernet interface can be a member of a bond")
	}
	_, err = bondAddMember.Call(ctx, v.Caller(), &bondMemberRequest{index, bond, want.Passive, want.LongTimeout})
	if !refusedByVPP(err) {
		return err
	}
	for d, readErr := range bondMembers.Dump(ctx, v.Caller(), &swIfIndex{bond}) {
		if readErr != nil {
			return errors.Join(err, readErr)
		}
		if d.SwIfIndex == index && d.IsPassive == want.Passive && d.IsLongTimeout == want.LongTimeout {
			return nil
		}
	}
	return err
}

// detach takes an interface out of its bond. What is in none is refused.
func (bondMember) detach(ctx context.Context, v *state.View, index uint32) error {
	_, err := bondDetach.Call(ctx, v.Caller(), &swIfIndex{index})
	if !refusedByVPP(err) {
		return err
	}
	bonds, readErr := dump(ctx, v.Caller(), bondDump, &swIfIndex{noIndex})
	for _, b := range bonds {
		members, memberErr := dump(ctx, v.Caller(), bondMembers, &swIfIndex{b.SwIfIndex})
		readErr = errors.Join(readErr, memberErr)
		for _, m := range members {
			if m.SwIfIndex == index {
				return err
			}
		}
	}
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	return nil
}
