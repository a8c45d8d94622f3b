package kinds

import (
	"context"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindDet44Interface is the kind of deterministic NAT's interfaces.
const KindDet44Interface = "DeterministicNATInterface"

// Det44InterfaceItem is that an interface is inside, or outside, of the
// deterministic NAT of a name.
func Det44InterfaceItem(nat, iface string, outside bool) state.Item {
	return state.Item{
		ID:    state.ID{Kind: KindDet44Interface, Key: iface + " " + natSide(outside)},
		Value: natOn(nat), Needs: natInterfaceNeeds(iface, Det44ID(nat)),
		Claims: []string{"side of deterministic NAT of Interface " + iface},
	}
}

type det44InterfaceRequest struct {
	IsAdd, IsInside bool
	SwIfIndex       uint32
}

type det44InterfaceDetails struct {
	IsInside, IsOutside bool
	SwIfIndex           uint32
}

var (
	det44InterfaceAddDel = vpp.NewMethod[det44InterfaceRequest, retval]("det44_interface_add_del_feature")
	det44InterfaceDump   = vpp.NewMethod[nothing, det44InterfaceDetails]("det44_interface_dump")
)

// retNotListed is what VPP answers where it does not have an interface in its
// list, or has it already: INVALID_VALUE.
const retNotListed int32 = -7

// det44Interface is the feature that translates on an interface.
type det44Interface struct{ *natSides }

// NewDet44Interface is the kind of deterministic NAT's interfaces.
func NewDet44Interface() state.Kind { return newBinding[natOn](det44Interface{&natSides{}}) }

func (det44Interface) Name() string { return KindDet44Interface }

func (det44Interface) Probe(c vpp.Caller) error {
	return probe(pluginDet44, c, det44InterfaceAddDel, det44InterfaceDump, featureEnable, cli)
}

func (det44Interface) ends() int { return 1 }

func (det44Interface) needs(key string, nat natOn) []state.ID {
	return natInterfaceNeeds(firstWord(key), Det44ID(string(nat)))
}

func (det44Interface) describe(key string) string { return "deterministic NAT interface " + key }

func (det44Interface) shown(ctx context.Context, v *state.View, index uint32, found func(place, natOn)) error {
	nat := natOn(natName(v, KindDet44))
	for d, err := range det44InterfaceDump.Dump(ctx, v.Caller(), nil) {
		switch {
		case err != nil:
			return err
		case index == noIndex || index == d.SwIfIndex:
			found(on1(d.SwIfIndex, natSide(!d.IsInside)), nat)
		}
	}
	return nil
}

func (det44Interface) compare(natOn, natOn) state.Difference { return state.Difference{} }

func (det44Interface) node(at place) string {
	if at.Rest == natOutside {
		return "det44-out2in"
	}
	return "det44-in2out"
}

func (n det44Interface) inForce(ctx context.Context, v *state.View, at place, _ natOn) (on, known bool, err error) {
	count, known, err := featureCount(ctx, v, at.Index, n.node(at))
	return count > 0, known, err
}

func (n det44Interface) on(ctx context.Context, v *state.View, at place, _ natOn) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.set(ctx, v, at, true); err != nil {
		return err
	}
	return n.trim(ctx, v, at, 1)
}

// off takes an interface off. VPP takes it out of its list and puts the node on
// once more instead of taking that off.
func (n det44Interface) off(ctx context.Context, v *state.View, at place) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.set(ctx, v, at, false); err != nil && !refusedWith(err, retNotListed) {
		return err
	}
	if err := n.trim(ctx, v, at, 0); err != nil || at.Rest != natOutside {
		return err
	}
	var outside []uint32
	err := n.shown(ctx, v, noIndex, func(other place, _ natOn) {
		if other.Rest == natOutside {
			outside = append(outside, other.Index)
		}
	})
	if err != nil {
		return err
	}
	return n.restore(ctx, v, outside, func(index uint32) error {
		other := on1(index, natOutside)
		if err := n.set(ctx, v, other, false); err != nil {
			return err
		}
		if err := n.set(ctx, v, other, true); err != nil {
			return err
		}
		return n.trim(ctx, v, other, 1)
	})
}

func (n det44Interface) trim(ctx context.Context, v *state.View, at place, keep int) error {
	return trimFeature(ctx, v, at.Index, "ip4-unicast", n.node(at), keep)
}

func (det44Interface) set(ctx context.Context, v *state.View, at place, add bool) error {
	_, err := det44InterfaceAddDel.Call(ctx, v.Caller(), &det44InterfaceRequest{add, at.Rest != natOutside, at.Index})
	return err
}
