package vpptest

import (
	"maps"
	"slices"
)

// What happened to an interface; the two lowest bits are its flags.
const (
	eventUp      = adminUp | linkUp
	eventDeleted = 1 << 2
	eventOther   = 1 << 3
)

type (
	wantInterfaceEvents struct{ ClientIndex, EnableDisable, PID uint32 }
	swInterfaceEvent    struct {
		ClientIndex, PID, SwIfIndex, Flags uint32
		Deleted                            bool
	}
)

// sendEvents tells the subscribers what happened in this turn, one event an
// interface: what happened several times is or-ed together.
func (t *interfaceTable) sendEvents(b *boot, event sender[swInterfaceEvent]) {
	if len(t.events) == 0 {
		return
	}
	for _, sw := range slices.Sorted(maps.Keys(t.events)) {
		what := t.events[sw]
		for _, index := range slices.Sorted(maps.Keys(t.subs)) {
			if c := b.clientAt(index); c != nil {
				event.event(b, c, &swInterfaceEvent{
					ClientIndex: index, PID: t.subs[index], SwIfIndex: sw,
					Flags: uint32(what & eventUp), Deleted: what&eventDeleted != 0,
				})
			}
		}
	}
	clear(t.events)
}

// serveInterfaceEvents keeps the list of those who want to hear.
func serveInterfaceEvents(r *registry, t *interfaceTable) {
	event := sends[swInterfaceEvent](r, "sw_interface_event")
	b := r.boot
	r.state.batchDone = append(r.state.batchDone, func() { t.sendEvents(b, event) })
	r.state.clientGone = append(r.state.clientGone, func(index uint32) { delete(t.subs, index) })
	onRetval(r, "want_interface_events", func(_ *call, m *wantInterfaceEvents) int32 {
		_, has := t.subs[m.ClientIndex]
		switch want := m.EnableDisable != 0; {
		case want == has:
			return retInvalidRegistration
		case want:
			t.subs[m.ClientIndex] = m.PID
		default:
			delete(t.subs, m.ClientIndex)
		}
		return retOK
	})
}
