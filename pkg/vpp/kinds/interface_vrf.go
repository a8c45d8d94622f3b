package kinds

import (
	"context"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// The kinds of bindings of interfaces to tables, by family.
const (
	KindInterfaceVRF4 = "InterfaceVRF4"
	KindInterfaceVRF6 = "InterfaceVRF6"
)

// InterfaceVRFID is the binding of an interface to the table of a family.
func InterfaceVRFID(name string, ip6 bool) state.ID {
	if ip6 {
		return state.ID{Kind: KindInterfaceVRF6, Key: name}
	}
	return state.ID{Kind: KindInterfaceVRF4, Key: name}
}

type getTableRequest struct {
	SwIfIndex uint32
	IsIPv6    bool
}

type getTableReply struct {
	Retval int32
	VrfID  uint32
}

type setTableRequest struct {
	SwIfIndex uint32
	IsIPv6    bool
	VrfID     uint32
}

var (
	interfaceGetTable = vpp.NewMethod[getTableRequest, getTableReply]("sw_interface_get_table")
	interfaceSetTable = vpp.NewMethod[setTableRequest, retval]("sw_interface_set_table")
)

// interfaceVRF is the kind of bindings of interfaces to the table of a family.
// Its values are names of VRFs. VPP has a binding for every interface and
// family: the one to table 0 is what there is without.
type interfaceVRF struct{ ip6 bool }

// NewInterfaceVRF is the kind of bindings of interfaces to VRFs, for a family.
// Those of our interfaces are ours.
func NewInterfaceVRF(ip6 bool) state.Kind { return interfaceVRF{ip6} }

func (k interfaceVRF) Name() string { return InterfaceVRFID("", k.ip6).Kind }

func (interfaceVRF) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (k interfaceVRF) Describe(key string) string {
	return vrf(k).family() + " binding of Interface " + key
}

func (interfaceVRF) Probe(c vpp.Caller) error {
	return probe("", c, interfaceGetTable, interfaceSetTable)
}

func (k interfaceVRF) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	ids, indices, err := ourInterfaces(ctx, v)
	if err != nil {
		return err
	}
	var failed error
	batch, err := interfaceGetTable.Batch(ctx, v.Caller(), func(i int, r *getTableReply, err error) {
		switch {
		case refusedWith(err, retNoSuchIndex): // deleted meanwhile
		case err != nil:
			failed = err
		default:
			name := tableName(v, r.VrfID, k.ip6)
			found(state.Found{
				ID: InterfaceVRFID(ids[i].Key, k.ip6), Value: name, Ours: true, Needs: bindingNeeds(ids[i].Key, name, k.ip6),
			})
		}
	})
	if err != nil {
		return err
	}
	for _, index := range indices {
		if err := batch.Add(&getTableRequest{index, k.ip6}); err != nil {
			return err
		}
	}
	if err := batch.Wait(); err != nil {
		return err
	}
	return failed
}

// ourInterfaces are the interfaces that are ours, and their indices.
func ourInterfaces(ctx context.Context, v *state.View) (ids []state.ID, indices []uint32, err error) {
	details, err := allInterfaces(ctx, v.Caller())
	for _, d := range details {
		if id, ours := ourInterface(v, d.SwIfIndex); ours {
			ids, indices = append(ids, id), append(indices, d.SwIfIndex)
		}
	}
	return ids, indices, err
}

// tableName is the name of the VRF of a table.
func tableName(v *state.View, table uint32, ip6 bool) string {
	if table == 0 {
		return DefaultVRF
	}
	return vrfName(v, table, ip6)
}

// bindingNeeds is what a binding needs.
func bindingNeeds(name, vrf string, ip6 bool) []state.ID {
	needs := []state.ID{InterfaceID(name)}
	if vrf != DefaultVRF {
		needs = append(needs, VRFID(vrf, ip6))
	}
	return needs
}

// InterfaceVRFItem is the binding of an interface to a VRF.
func InterfaceVRFItem(name, vrf string, ip6 bool) state.Item {
	return state.Item{ID: InterfaceVRFID(name, ip6), Value: vrf, Needs: bindingNeeds(name, vrf, ip6)}
}

// InterfaceVRFOrDefaultItem is the binding of an interface that does not use the
// family: to the VRF where that has a table of it, else to table 0. It needs the
// VRF to have one table at least.
func InterfaceVRFOrDefaultItem(name, vrf string, ip6 bool) state.Item {
	item := InterfaceVRFItem(name, vrf, ip6)
	if vrf != DefaultVRF {
		item.Fallback = &state.Fallback{
			Unwanted: VRFID(vrf, ip6), Value: DefaultVRF, Needs: []state.ID{InterfaceID(name), VRFID(vrf, !ip6)},
		}
	}
	return item
}

// Compare says that a binding is made anew: VPP refuses a change while the
// interface has addresses of the family.
func (interfaceVRF) Compare(want, have, _ any) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.Recreate, Fields: []string{"vrf"}}
}

func (k interfaceVRF) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result { return state.Result{Err: k.bind(ctx, v, op)} })
}

func (k interfaceVRF) bind(ctx context.Context, v *state.View, op *state.Op) error {
	index, there, err := onInterface(v, op)
	if !there {
		return err
	}
	vrf := DefaultVRF
	if op.Verb != state.Delete {
		vrf = valueOf[string](op.Want)
	}
	table, err := tableNumber(v, vrf, k.ip6)
	if err != nil {
		return err
	}
	r, err := interfaceGetTable.Call(ctx, v.Caller(), &getTableRequest{index, k.ip6})
	if err == nil && r.VrfID == table {
		return nil // setting it again is refused too where there are addresses
	}
	if op.Verb == state.Delete && refusedWith(err, retNoSuchIndex) {
		return nil
	}
	if err == nil {
		_, err = interfaceSetTable.Call(ctx, v.Caller(), &setTableRequest{index, k.ip6, table})
	}
	return err
}
