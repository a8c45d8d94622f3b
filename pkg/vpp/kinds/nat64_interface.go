package kinds

import (
	"context"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNAT64Interface is the kind of NAT64's interfaces.
const KindNAT64Interface = "NAT64Interface"

// NAT64InterfaceItem is that an interface is inside, or outside, of the NAT64 of
// a name. It can be both.
func NAT64InterfaceItem(nat, iface string, outside bool) state.Item {
	return state.Item{
		ID:    state.ID{Kind: KindNAT64Interface, Key: iface + " " + natSide(outside)},
		Value: natOn(nat), Needs: natInterfaceNeeds(iface, NAT64ID(nat)),
	}
}

// natOn is the value of an interface of a NAT: the name of that.
type natOn string

type nat64InterfaceRequest struct {
	IsAdd     bool
	Flags     uint8
	SwIfIndex uint32
}

type nat64InterfaceDetails struct {
	Flags     uint8
	SwIfIndex uint32
}

// Bits of vl_api_nat_config_flags_t of an interface.
const (
	natIsOutside uint8 = 16
	natIsInside  uint8 = 32
)

var (
	nat64InterfaceAddDel = vpp.NewMethod[nat64InterfaceRequest, retval]("nat64_add_del_interface")
	nat64InterfaceDump   = vpp.NewMethod[nothing, nat64InterfaceDetails]("nat64_interface_dump")
)

// nat64Interface is the feature that translates on an interface.
type nat64Interface struct{ *natSides }

// NewNAT64Interface is the kind of NAT64's interfaces.
func NewNAT64Interface() state.Kind { return newBinding[natOn](nat64Interface{&natSides{}}) }

func (nat64Interface) Name() string { return KindNAT64Interface }

func (nat64Interface) Probe(c vpp.Caller) error {
	return probe(pluginNAT64, c, nat64InterfaceAddDel, nat64InterfaceDump, cli)
}

func (nat64Interface) ends() int { return 1 }

func (nat64Interface) needs(key string, nat natOn) []state.ID {
	return natInterfaceNeeds(firstWord(key), NAT64ID(string(nat)))
}

func (nat64Interface) describe(key string) string { return "NAT64 interface " + key }

func (nat64Interface) shown(ctx context.Context, v *state.View, index uint32, found func(place, natOn)) error {
	nat := natOn(natName(v, KindNAT64))
	for d, err := range nat64InterfaceDump.Dump(ctx, v.Caller(), nil) {
		switch {
		case err != nil:
			return err
		case index != noIndex && index != d.SwIfIndex:
			continue
		}
		if d.Flags&natIsInside != 0 {
			found(on1(d.SwIfIndex, natInside), nat)
		}
		if d.Flags&natIsOutside != 0 {
			found(on1(d.SwIfIndex, natOutside), nat)
		}
	}
	return nil
}

// anyNAT64Interface tells whether an interface that there is is NAT64's.
func anyNAT64Interface(ctx context.Context, v *state.View) (there bool, err error) {
	list, err := allInterfaces(ctx, v.Caller())
	if err != nil {
		return false, err
	}
	indices := map[uint32]bool{}
	for _, d := range list {
		indices[d.SwIfIndex] = true
	}
	err = nat64Interface{}.shown(ctx, v, noIndex, func(at place, _ natOn) { there = there || indices[at.Index] })
	return there, err
}

func (nat64Interface) compare(natOn, natOn) state.Difference { return state.Difference{} }

// inForce looks for the node that packets pass; with several workers it is
// another one.
func (nat64Interface) inForce(ctx context.Context, v *state.View, at place, _ natOn) (on, known bool, err error) {
	node := "nat64-in2out"
	if at.Rest == natOutside {
		node = "nat64-out2in"
	}
	for _, node := range []string{node, node + "-handoff"} {
		n, tells, err := featureCount(ctx, v, at.Index, node)
		if err != nil {
			return false, false, err
		}
		on, known = on || n > 0, tells
	}
	return on, known, nil
}

func (n nat64Interface) on(ctx context.Context, v *state.View, at place, _ natOn) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.set(ctx, v, at, true)
}

func (n nat64Interface) off(ctx context.Context, v *state.View, at place) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	err := n.set(ctx, v, at, false)
	if refusedWith(err, retNoSuchEntry) {
		return nil
	}
	if err != nil || at.Rest != natOutside {
		return err
	}
	var outside []uint32
	err = n.shown(ctx, v, noIndex, func(other place, _ natOn) {
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
		return n.set(ctx, v, other, true)
	})
}

func (nat64Interface) set(ctx context.Context, v *state.View, at place, add bool) error {
	q := nat64InterfaceRequest{IsAdd: add, Flags: natIsInside, SwIfIndex: at.Index}
	if at.Rest == natOutside {
		q.Flags = natIsOutside
	}
	_, err := nat64InterfaceAddDel.Call(ctx, v.Caller(), &q)
	return err
}
