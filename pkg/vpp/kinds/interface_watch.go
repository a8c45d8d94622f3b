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
