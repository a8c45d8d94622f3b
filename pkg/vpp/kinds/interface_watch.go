package kinds

import (
	"context"
	"errors"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

type interfaceEvent struct {
	SwIfIndex uint32
	Deleted   bool
}

// errGone says that an interface is not what it was: all must be read.
var errGone = errors.New("the interface is another")

// Refresh implements [state.Refresher]: it reads what all types of interface
// have, such as the state of the link.
func (k iface) Refresh(ctx context.Context, v *state.View, id state.ID, have any, found func(state.Found)) error {
	was := valueOf[*Interface](have)
	index, there := v.Handle(id)
	if !there || was == nil || was.Shown == nil {
		return errGone
	}
	d, err := oneInterface(ctx, v.Caller(), index)
	switch {
	case err != nil:
		return err
	case d == nil || d.InterfaceName != was.Shown.VPPName || (d.Tag != Mark+id.Key) != was.unmarked:
		return errGone
	}
	now := *was
	now.show(d, nil)
	found(state.Found{
		ID: id, Value: &now, Handle: index, HasHandle: true, Ours: v.Ours(id),
		Claims: now.Claims(), Needs: now.Needs(), Unverified: hiddenNames(now.noted),
	})
	return nil
}

// Watch implements [state.Watcher].
func (iface) Watch(ctx context.Context, v *state.View, changed func(handle uint32, deleted bool)) error {
	return watchInterfaces(ctx, v, changed)
}

// watchInterfaces passes on what VPP says of interfaces. Where events were
// missed, any may have changed.
func watchInterfaces(ctx context.Context, v *state.View, changed func(handle uint32, deleted bool)) error {
	for e, err := range vpp.Watch[interfaceEvent](ctx, v.Caller(), "sw_interface_event") {
		switch {
		case errors.Is(err, vpp.ErrMissedEvents):
			all, err := allInterfaces(ctx, v.Caller())
			if err != nil {
				return err
			}
			for _, d := range all {
				changed(d.SwIfIndex, false)
			}
		case err != nil:
			return err
		default:
			changed(e.SwIfIndex, e.Deleted)
		}
	}
	return ctx.Err()
}
