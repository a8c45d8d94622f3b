package kinds

import (
	"context"
	"fmt"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindUnnumbered is the kind of unnumbered interfaces.
const KindUnnumbered = "Unnumbered"

// UnnumberedID is that an interface uses the addresses of another.
func UnnumberedID(name string) state.ID { return state.ID{Kind: KindUnnumbered, Key: name} }

// unnumberedRequest has its names the wrong way round, as VPP's message does:
// the interface that lends its addresses is SwIfIndex.
type unnumberedRequest struct {
	SwIfIndex           uint32
	UnnumberedSwIfIndex uint32
	IsAdd               bool
}

type unnumberedDetails struct {
	SwIfIndex   uint32
	IPSwIfIndex uint32
}

var (
	unnumberedSet  = vpp.NewMethod[unnumberedRequest, retval]("sw_interface_set_unnumbered")
	unnumberedDump = vpp.NewMethod[swIfIndex, unnumberedDetails]("ip_unnumbered_dump")
)

// unnumbered is the kind of interfaces that use the addresses of another. Its
// values are names of those that lend.
type unnumbered struct{}

// NewUnnumbered is the kind of unnumbered interfaces: those that are ours.
func NewUnnumbered() state.Kind { return unnumbered{} }

func (unnumbered) Name() string { return KindUnnumbered }

// Loss implements [state.Kind]: where the lender is deleted, VPP keeps its
// index, and whatever gets that next lends its addresses.
func (unnumbered) Loss() state.Loss { return state.Stale }

// Describe implements [state.Describer].
func (unnumbered) Describe(key string) string { return "unnumbered Interface " + key }

func (unnumbered) Probe(c vpp.Caller) error { return probe("", c, unnumberedSet, unnumberedDump) }

// UnnumberedItem is that an interface uses the addresses of another. VPP wants
// both in the same tables of both families.
func UnnumberedItem(name, lender string) state.Item {
	return state.Item{
		ID: UnnumberedID(name), Value: lender, Needs: unnumberedNeeds(name, lender), Claims: []string{ownAddressesClaim(name)},
	}
}

func unnumberedNeeds(name, lender string) []state.ID {
	return []state.ID{
		InterfaceID(name), InterfaceID(lender), InterfaceVRFID(name, false), InterfaceVRFID(name, true),
		InterfaceVRFID(lender, false), InterfaceVRFID(lender, true),
	}
}

func (unnumbered) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	for d, err := range unnumberedDump.Dump(ctx, v.Caller(), &swIfIndex{noIndex}) {
		if err != nil {
			return err
		}
		user, lender := interfaceName(v, d.SwIfIndex), interfaceName(v, d.IPSwIfIndex)
		f := state.Found{
			ID: UnnumberedID(user), Value: lender, Ours: v.Ours(InterfaceID(user)), Claims: []string{ownAddressesClaim(user)},
		}
		// One that was left behind by its lender needs nothing: it is only wrong.
		f.Needs = []state.ID{InterfaceID(user)}
		if _, there := v.Handle(InterfaceID(lender)); there && v.Ours(InterfaceID(lender)) {
			f.Needs = unnumberedNeeds(user, lender)
		}
		found(f)
	}
	return nil
}

func (unnumbered) Compare(want, have, _ any) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: []string{"unnumbered"}}
}

func (k unnumbered) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result { return state.Result{Err: k.set(ctx, v, op)} })
}

func (unnumbered) set(ctx context.Context, v *state.View, op *state.Op) error {
	user, there, err := onInterface(v, op)
	if !there {
		return err
	}
	if op.Verb == state.Delete {
		return giveBack(ctx, v, user)
	}
	lends := valueOf[string](op.Want)
	lender, err := interfaceHandle(v, lends)
	if err != nil {
		return err
	}
	if lender == user {
		return fmt.Errorf("an interface cannot use its own addresses")
	}
	if err := noAddresses(ctx, v, user); err != nil {
		return err
	}
	_, err = unnumberedSet.Call(ctx, v.Caller(), &unnumberedRequest{lender, user, true})
	if refusedWith(err, retTableMismatch) {
		return fmt.Errorf("it and %s must be in the same tables, of IPv4 and of IPv6: %w", lends, err)
	}
	return err
}

// giveBack ends that an interface uses the addresses of another.
func giveBack(ctx context.Context, v *state.View, user uint32) error {
	_, err := unnumberedSet.Call(ctx, v.Caller(), &unnumberedRequest{UnnumberedSwIfIndex: user})
	if refusedWith(err, retNoSuchIndex) {
		return nil
	}
	return err
}

// noAddresses makes sure that an interface has no addresses of its own. VPP would
// show them no more, and keep them and their routes, even when the interface is
// gone.
func noAddresses(ctx context.Context, v *state.View, index uint32) error {
	for _, ip6 := range []bool{false, true} {
		own, err := addressesOf(ctx, v.Caller(), index, ip6)
		switch {
		case err != nil:
			return err
		case len(own) > 0: // ours have been taken off before this
			return &state.ConflictError{With: fmt.Sprintf("address %s, which somebody else gave to the interface,", own[0])}
		}
	}
	return nil
}
