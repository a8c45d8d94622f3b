package kinds

import (
	"context"
	"fmt"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindInterfaceState is the kind of the states of interfaces.
const KindInterfaceState = "InterfaceState"

// InterfaceStateID is the administrative state of an interface.
func InterfaceStateID(name string) state.ID { return state.ID{Kind: KindInterfaceState, Key: name} }

// AdminState is the value of an interface's administrative state.
type AdminState struct{ Up bool }

type interfaceFlagsRequest struct{ SwIfIndex, Flags uint32 }

var interfaceSetFlags = vpp.NewMethod[interfaceFlagsRequest, retval]("sw_interface_set_flags")

// interfaceState is the kind of administrative states. There is nothing to
// create or delete: every interface has one, and deleted is down.
type interfaceState struct{}

// NewInterfaceState is the kind of interfaces' administrative states: those of
// our interfaces are ours.
func NewInterfaceState() state.Kind { return interfaceState{} }

func (interfaceState) Name() string     { return KindInterfaceState }
func (interfaceState) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (interfaceState) Describe(key string) string { return "state of Interface " + key }

func (interfaceState) Probe(c vpp.Caller) error {
	return probe("", c, interfaceDump, interfaceSetFlags)
}

func (interfaceState) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	details, err := allInterfaces(ctx, v.Caller())
	if err != nil {
		return err
	}
	for _, d := range details {
		if id, ours := ourInterface(v, d.SwIfIndex); ours {
			found(state.Found{
				ID: InterfaceStateID(id.Key), Value: AdminState{Up: d.adminUp()}, Ours: true,
				Handle: d.SwIfIndex, HasHandle: true, Needs: []state.ID{id},
			})
		}
	}
	return nil
}

// ourInterface is the interface of an index, if it is one of ours.
func ourInterface(v *state.View, index uint32) (state.ID, bool) {
	id, ok := v.Lookup(KindInterface, index)
	return id, ok && v.Ours(id)
}

func (interfaceState) Compare(want, have, _ any) state.Difference {
	if valueOf[AdminState](want) == valueOf[AdminState](have) {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: []string{"adminState"}}
}

func (k interfaceState) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result { return k.set(ctx, v, op) })
}

func (interfaceState) set(ctx context.Context, v *state.View, op *state.Op) state.Result {
	index, there, err := onInterface(v, op)
	if !there {
		return state.Result{Err: err}
	}
	q := interfaceFlagsRequest{SwIfIndex: index}
	if valueOf[AdminState](op.Want).Up {
		q.Flags = flagAdminUp
	}
	_, err = interfaceSetFlags.Call(ctx, v.Caller(), &q)
	switch {
	case err != nil && op.Verb == state.Delete:
		if d, readErr := oneInterface(ctx, v.Caller(), index); readErr == nil && (d == nil || !d.adminUp()) {
			err = nil
		}
	case refusedWith(err, retUnspecified):
		err = parentDown(ctx, v, index, err)
	}
	return state.Result{Err: err, Handle: index, HasHandle: op.Verb != state.Delete}
}

// parentDown finds out whether a sub-interface was refused because its parent
// is down, as VPP does with its least telling return value.
func parentDown(ctx context.Context, v *state.View, index uint32, err error) error {
	d, readErr := oneInterface(ctx, v.Caller(), index)
	if readErr != nil || d == nil || d.Type != typeSub {
		return err
	}
	parent, readErr := oneInterface(ctx, v.Caller(), d.SupSwIfIndex)
	if readErr != nil || parent == nil || parent.adminUp() {
		return err
	}
	return &state.WaitError{For: fmt.Sprintf("parent %s in state Up", interfaceName(v, d.SupSwIfIndex))}
}

// Refresh implements [state.Refresher]. The number may be that of somebody
// else's interface by now, which only reading all of them tells.
func (interfaceState) Refresh(ctx context.Context, v *state.View, id state.ID, _ any, found func(state.Found)) error {
	index, there := v.Handle(InterfaceID(id.Key))
	if !there {
		return state.ErrGone
	}
	d, err := oneInterface(ctx, v.Caller(), index)
	switch {
	case err != nil:
		return err
	case d == nil || d.Tag != Mark+id.Key:
		return state.ErrGone
	}
	found(state.Found{
		ID: id, Value: AdminState{Up: d.adminUp()}, Ours: true, Handle: index, HasHandle: true,
		Needs: []state.ID{InterfaceID(id.Key)},
	})
	return nil
}

// Watch implements [state.Watcher]. That an interface was deleted is for its own
// kind to tell, which takes the state with it: told here first, the state would
// be set again, on whatever has the index by now.
func (interfaceState) Watch(ctx context.Context, v *state.View, ready func(), changed func(handle uint32, deleted bool)) error {
	return watchInterfaces(ctx, v, ready, func(index uint32, deleted bool) {
		if !deleted {
			changed(index, false)
		}
	})
}
