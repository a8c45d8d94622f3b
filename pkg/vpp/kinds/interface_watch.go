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

// Refresh implements [state.Refresher]: it reads what all types of interface
// have, such as the state of the link.
func (k iface) Refresh(ctx context.Context, v *state.View, id state.ID, have any, found func(state.Found)) error {
	was := valueOf[*Interface](have)
	index, there := v.Handle(id)
	if !there || was == nil || was.Shown == nil {
		return state.ErrGone
	}
	d, err := oneInterface(ctx, v.Caller(), index)
	switch {
	case err != nil:
		return err
	case d == nil || d.InterfaceName != was.Shown.VPPName || (d.Tag != Mark+id.Key) != was.unmarked:
		return state.ErrGone
	}
	now := *was
	now.show(d, nil)
	found(state.Found{
		ID: id, Value: &now, Handle: index, HasHandle: true, Ours: v.Ours(id),
		Claims: now.Claims(), Needs: now.Needs(), Unverified: hiddenNames(now.noted),
	})
	return nil
}

// Replaced implements [state.Replacer]: one that has lost our mark is known by
// its VPP name alone, and is another that somebody made in its place.
func (iface) Replaced(was, now any) bool {
	a, b := valueOf[*Interface](was), valueOf[*Interface](now)
	return a != nil && b != nil && !a.unmarked && b.unmarked
}

// Watch implements [state.Watcher].
func (iface) Watch(ctx context.Context, v *state.View, ready func(), changed func(handle uint32, deleted bool)) error {
	return watchInterfaces(ctx, v, ready, changed)
}

// watchInterfaces passes on what VPP says of interfaces. Where events were
// missed, any may have changed, come or gone. VPP tells of all that happened to
// an index at a time in one event: one that is deleted may have an interface
// again.
func watchInterfaces(ctx context.Context, v *state.View, ready func(), changed func(handle uint32, deleted bool)) error {
	for e, err := range vpp.Watch(ctx, v.Caller(), "sw_interface_event", vpp.Registered[interfaceEvent](ready)) {
		switch {
		case errors.Is(err, vpp.ErrMissedEvents):
			changed(state.AllHandles, false)
		case err != nil:
			return err
		default:
			changed(e.SwIfIndex, e.Deleted)
		}
	}
	return ctx.Err()
}
