package kinds

import (
	"context"
	"strings"
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNAT44Interface is the kind of interfaces in NAT44.
const KindNAT44Interface = "NAT44Interface"

// NAT44Role is what an interface is to NAT44: the rest of the key.
type NAT44Role string

// Roles of interfaces. One may be inside and outside.
const (
	NAT44Inside  NAT44Role = "inside"
	NAT44Outside NAT44Role = "outside"
	NAT44Output  NAT44Role = "output"
)

// NAT44InterfaceItem is a role of an interface.
func NAT44InterfaceItem(name string, role NAT44Role) state.Item {
	f := nat44Interface{}
	key := name + " " + string(role)
	return state.Item{ID: state.ID{Kind: KindNAT44Interface, Key: key}, Value: true, Needs: f.needs(key, true)}
}

// nat44Interface is the feature; its values are true, false where outside
// addresses are not received in the interface's table. VPP takes it away with
// the interface.
type nat44Interface struct {
	*natSides
	// outside are the sw_if_indices that were seen to be outside.
	outside *sync.Map
}

// NewNAT44Interface is the kind of interfaces in NAT44.
func NewNAT44Interface() state.Kind {
	return newBinding[bool](nat44Interface{&natSides{}, &sync.Map{}})
}

// follows implements [follower]: with an outside interface the others of its
// table lose their routes.
func (k nat44Interface) follows(index uint32) bool {
	_, outside := k.outside.LoadAndDelete(index)
	return outside || index == state.AllHandles
}

func (nat44Interface) Name() string { return KindNAT44Interface }

func (nat44Interface) Probe(c vpp.Caller) error {
	return probe(pluginNAT, c, nat44SetFeature, nat44Interfaces, nat44SetOutput, nat44Outputs, nat44Addresses, nat44Statics, nat44Identities,
		interfaceGetTable, sourceDump, routeDump, routeLookup)
}

func (nat44Interface) ends() int { return 1 }

// needs has the interface's table too: VPP notes the pool's addresses in it when
// it takes the interface in, and looks for them in the one it has later.
func (nat44Interface) needs(key string, _ bool) []state.ID {
	name, _, _ := strings.Cut(key, " ")
	return []state.ID{InterfaceID(name), InterfaceVRFID(name, false), NAT44ID()}
}

func (nat44Interface) describe(key string) string {
	name, role, _ := strings.Cut(key, " ")
	return "NAT44 " + role + " Interface " + name
}

// shown looks for the routes to outside addresses only where all is read: they
// are as many as these.
func (k nat44Interface) shown(ctx context.Context, v *state.View, index uint32, found func(place, bool)) error {
	if index != noIndex {
		return k.roles(ctx, v, index, func(at place) { found(at, true) })
	}
	var all []place
	if err := k.roles(ctx, v, noIndex, func(at place) { all = append(all, at) }); err != nil {
		return err
	}
	lost, err := k.lost(ctx, v)
	if err != nil {
		return err
	}
	for _, at := range all {
		found(at, !lost[at])
	}
	return nil
}

// roles reports what interfaces are to NAT44, outputs last.
func (k nat44Interface) roles(ctx context.Context, v *state.View, index uint32, found func(place)) error {
	for d, err := range nat44Interfaces.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return err
		}
		if index != noIndex && index != d.SwIfIndex {
			continue
		}
		if d.Flags&natFlagInside != 0 {
			found(on1(d.SwIfIndex, string(NAT44Inside)))
		}
		if d.Flags&natFlagOutside != 0 {
			k.outside.Store(d.SwIfIndex, nil)
			found(on1(d.SwIfIndex, string(NAT44Outside)))
		}
	}
	for d, err := range nat44Outputs.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return err
		}
		if index == noIndex || index == d.SwIfIndex {
			k.outside.Store(d.SwIfIndex, nil)
			found(on1(d.SwIfIndex, string(NAT44Output)))
		}
	}
	return nil
}

// has tells whether an interface has a role.
func (k nat44Interface) has(ctx context.Context, v *state.View, at place) (there bool, err error) {
	err = k.roles(ctx, v, at.Index, func(found place) { there = there || found == at })
	return there, err
}

// on puts an interface into NAT44, or tells VPP again where it is outside.
func (k nat44Interface) on(ctx context.Context, v *state.View, at place, _ bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	there, err := k.has(ctx, v, at)
	switch {
	case err != nil:
		return err
	case there && NAT44Role(at.Rest) != NAT44Inside:
		return k.again(ctx, v, at, noIndex)
	}
	err = k.set(ctx, v, at, true)
	if refusedWith(err, retValueExists) {
		return &state.ConflictError{With: "another role in NAT44, output or inside and outside,"}
	}
	return err
}

// off looks before: of an interface that has only another role VPP would take
// that away by halves. With one that was outside it sees to the others in its
// table.
func (k nat44Interface) off(ctx context.Context, v *state.View, at place) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	there, err := k.has(ctx, v, at)
	if err != nil || !there {
		return err
	}
	if NAT44Role(at.Rest) == NAT44Inside {
		if err := k.set(ctx, v, at, false); !refusedWith(err, retNoSuchEntry, retNoSuchIndex) {
			return err
		}
		return nil // it has gone
	}
	others, err := k.besides(ctx, v, at)
	if err != nil {
		return err
	}
	switch err := k.set(ctx, v, at, false); {
	case refusedWith(err, retNoSuchEntry, retNoSuchIndex): // it has gone, of which an event tells
		return nil
	case err != nil || len(others) == 0:
		return err
	}
	return k.again(ctx, v, others[0], at.Index)
}

func (k nat44Interface) set(ctx context.Context, v *state.View, at place, add bool) error {
	if add && NAT44Role(at.Rest) != NAT44Inside {
		k.outside.Store(at.Index, nil)
	}
	var err error
	switch NAT44Role(at.Rest) {
	case NAT44Output:
		_, err = nat44SetOutput.Call(ctx, v.Caller(), &nat44Output{add, at.Index})
	case NAT44Inside:
		_, err = nat44SetFeature.Call(ctx, v.Caller(), &nat44Feature{add, natFlagInside, at.Index})
	case NAT44Outside:
		_, err = nat44SetFeature.Call(ctx, v.Caller(), &nat44Feature{add, natFlagOutside, at.Index})
	}
	return err
}

func (nat44Interface) compare(want, have bool) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: []string{"interfaces"}}
}
