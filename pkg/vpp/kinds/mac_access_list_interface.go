package kinds

import (
	"context"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindMACAccessListInterface is the kind of MAC access lists on interfaces.
const KindMACAccessListInterface = "MACAccessListInterface"

// MACAccessListInterfaceID is that an interface has a MAC access list: it can
// have one.
func MACAccessListInterfaceID(iface string) state.ID {
	return state.ID{Kind: KindMACAccessListInterface, Key: iface}
}

// MACAccessListInterfaceItem is that a list is applied to an interface. Its
// value is the name of the list.
func MACAccessListInterfaceItem(iface, list string) state.Item {
	return state.Item{
		ID: MACAccessListInterfaceID(iface), Value: list,
		Needs: macAccessListInterfaceNeeds(iface, list),
	}
}

func macAccessListInterfaceNeeds(iface, list string) []state.ID {
	return []state.ID{InterfaceID(iface), MACAccessListID(list)}
}

type macACLInterfaceAddDel struct {
	IsAdd     bool
	SwIfIndex uint32
	ACLIndex  uint32
}

type macACLInterfaceDetails struct {
	SwIfIndex uint32
	ACLs      []uint32
}

var (
	macACLSetInterface  = vpp.NewMethod[macACLInterfaceAddDel, retval]("macip_acl_interface_add_del")
	macACLInterfaceDump = vpp.NewMethod[swIfIndex, macACLInterfaceDetails]("macip_acl_interface_list_dump")
)

// macAccessListInterface is the kind of MAC access lists on interfaces. VPP
// replaces what an interface has by what it is given, and takes off whatever
// there is.
type macAccessListInterface struct{}

// NewMACAccessListInterface is the kind of MAC access lists on interfaces: those
// of our lists are ours.
func NewMACAccessListInterface() state.Kind { return macAccessListInterface{} }

func (macAccessListInterface) Name() string { return KindMACAccessListInterface }

// Loss implements [state.Kind]: VPP takes a list off that is deleted, and from
// an interface that is.
func (macAccessListInterface) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (macAccessListInterface) Describe(key string) string { return "MACAccessList on Interface " + key }

func (macAccessListInterface) Probe(c vpp.Caller) error {
	return probe(pluginACL, c, macACLSetInterface, macACLInterfaceDump, cli)
}

// macACLOff is the list of an interface that is switched, which VPP shows and
// does not look into.
type macACLOff string

// Read asks of interfaces that are switched whether their lists are looked into:
// when an interface leaves its bridge domain VPP turns that off.
func (macAccessListInterface) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	all, err := dump(ctx, v.Caller(), macACLInterfaceDump, &swIfIndex{noIndex})
	if err != nil || len(all) == 0 {
		return err
	}
	there, err := lookOnce(ctx, v.Caller())()
	if err != nil {
		return err
	}
	frames := there.indices()
	for _, d := range all {
		on := true
		if frames[d.SwIfIndex] {
			if on, err = macACLArmed(ctx, v, d.SwIfIndex); err != nil {
				return err
			}
		}
		for _, acl := range d.ACLs {
			list, ours := macAccessLists.named(v, acl)
			item := MACAccessListInterfaceItem(interfaceName(v, d.SwIfIndex), list)
			f := state.Found{ID: item.ID, Value: item.Value, Needs: item.Needs, Ours: ours}
			if !on {
				f.Value = macACLOff(list)
			}
			found(f)
		}
	}
	return nil
}

// macACLArmed tells whether VPP looks frames up in the list of an interface, and
// yes where it does not tell.
func macACLArmed(ctx context.Context, v *state.View, index uint32) (bool, error) {
	features, known, err := featuresOf(ctx, v, index)
	if err != nil || !known {
		return err == nil, err
	}
	on, _ := listsFeature(features, arcFrameInput, "ACL")
	return on, nil
}

// rearm implements [frameFeature]. A list that is applied again is taken off and
// put on in one call, between two frames.
func (k macAccessListInterface) rearm(ctx context.Context, v *state.View, index uint32) error {
	if k.Probe(v.Caller()) != nil {
		return nil //nolint:nilerr // without the plugin there are no lists
	}
	have, err := macACLOn(ctx, v.Caller(), index)
	if err != nil || have == noIndex {
		return err
	}
	if on, err := macACLArmed(ctx, v, index); on || err != nil {
		return err
	}
	_, err = macACLSetInterface.Call(ctx, v.Caller(), &macACLInterfaceAddDel{IsAdd: true, SwIfIndex: index, ACLIndex: have})
	return err
}

func (macAccessListInterface) Compare(want, have, _ any) state.Difference {
	if want == have {
		return state.Difference{}
	}
	if _, off := have.(macACLOff); off {
		return state.Difference{Change: state.InPlace, Fields: []string{"presence"}}
	}
	return state.Difference{Change: state.InPlace, Fields: []string{"interfaces"}}
}

func (k macAccessListInterface) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		r := state.Result{Err: k.set(ctx, v, op)}
		if op.Verb != state.Delete && refusedWith(r.Err, retNoSuchEntry) {
			r.Disturbs = []state.ID{MACAccessListID(valueOf[string](op.Want))} // somebody else has deleted it
		}
		return r
	})
}

func (k macAccessListInterface) set(ctx context.Context, v *state.View, op *state.Op) error {
	index, there, err := onInterface(v, op)
	if !there {
		return err
	}
	have, err := macACLOn(ctx, v.Caller(), index)
	if err != nil {
		return err
	}
	_, ours := macAccessLists.named(v, have)
	request := &macACLInterfaceAddDel{IsAdd: op.Verb != state.Delete, SwIfIndex: index, ACLIndex: have}
	if !request.IsAdd {
		if !ours {
			return nil
		}
		_, err = macACLSetInterface.Call(ctx, v.Caller(), request)
		if refusedWith(err, retNoSuchEntry) || refusedWith(err, retNoSuchIndex) {
			return nil
		}
		return err
	}
	list := MACAccessListID(valueOf[string](op.Want))
	acl, ok := v.Handle(list)
	switch {
	case !ok:
		return &state.WaitError{For: list.String()}
	case have == acl:
		return k.rearm(ctx, v, index)
	case have != noIndex && !ours && !op.Adopt:
		return &state.ConflictError{With: "another MAC access list, applied by somebody else,"}
	}
	request.ACLIndex = acl
	_, err = macACLSetInterface.Call(ctx, v.Caller(), request)
	return err
}

// macACLOn is the acl_index of the list that an interface has, ~0 where it has
// none.
func macACLOn(ctx context.Context, c vpp.Caller, index uint32) (uint32, error) {
	acl := noIndex
	for d, err := range macACLInterfaceDump.Dump(ctx, c, &swIfIndex{index}) {
		if err != nil {
			return acl, err
		}
		if d.SwIfIndex == index && len(d.ACLs) > 0 {
			acl = d.ACLs[0]
		}
	}
	return acl, nil
}
