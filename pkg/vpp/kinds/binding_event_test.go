package kinds_test

import (
	"context"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// The next owner of an index comes when it was seen that there is none, and
// before it is noted what was left there: of its event nothing is concluded.
func TestNewcomerBeforeWhatIsLeftIsNoted(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	h, another := byHand(t, v.Socket()), byHand(t, v.Socket())
	lan, binding := ifItem(loop("lan", lanLoop)), kinds.Det44InterfaceItem("nat", "lan", false)
	h.must(state.Create, lan, det44Item(), binding)
	h.same(lan, binding)
	index := h.found[lan.ID].Handle
	another.call("delete_loopback", map[string]any{"sw_if_index": index})

	h.view = state.NewView(h.session, h.ledger, nil) // to which lan is gone
	// The first dump is of all interfaces, the second looks at the index.
	end := v.Fault(vpptest.Withhold("control_ping").After(1).Times(1))
	var found []state.Found
	done := make(chan error, 1)
	go func() {
		done <- h.kind(binding.ID.Kind).Read(h.ctx, h.view, func(f state.Found) { found = append(found, f) })
	}()
	<-end.Fired()
	newcomer := another.call("create_loopback_instance", map[string]any{"is_specified": true, "user_instance": foreignLoop})
	if newcomer["sw_if_index"] != uint64(index) {
		t.Fatalf("the newcomer has index %v, not %d", newcomer["sw_if_index"], index)
	}
	end.Release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || !found[0].Ours || found[0].ID == binding.ID {
		t.Errorf("what is left behind at the newcomer's index is not found: %+v", found)
	}
}

// A step finds that an interface is not there of which no event told: it is made
// again at once.
func TestStepFindsInterfaceGone(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	b := work(t, v.Socket())
	b.set("lan", whole(loop("lan", lanLoop), "default", true)...)
	b.Begin()
	b.awaitReasons("lan", "Programmed; Programmed; Programmed; Programmed")
	b.await("synced", func() bool { return b.Status().Synced })

	v.Fault(vpptest.LoseReply("sw_interface_event"))
	another := byHand(t, v.Socket())
	index, err := b.indexOf("loop60")
	if err != nil {
		t.Fatal(err)
	}
	another.call("delete_loopback", map[string]any{"sw_if_index": index})
	b.set("nat", det44Item(), kinds.Det44InterfaceItem("nat", "lan", false))
	b.awaitReasons("nat", "Programmed; Programmed")
	b.awaitReasons("lan", "Programmed; Programmed; Programmed; Programmed")
}

// Where events were missed an interface may be gone, whose index no dump names.
func TestMissedEventsHaveAllRead(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s, err := vpp.Dial(t.Context(), vpp.Options{Socket: v.Socket(), EventBuffer: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	ledger, _, err := state.OpenLedger("")
	if err != nil {
		t.Fatal(err)
	}
	another := byHand(t, v.Socket())
	watcher, ok := another.kind(kinds.KindInterface).(state.Watcher)
	if !ok {
		t.Fatal("interfaces have no events")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ready, slow := make(chan struct{}), make(chan struct{})
	all := false
	done := make(chan error, 1)
	go func() {
		done <- watcher.Watch(ctx, state.NewView(s, ledger, nil), func() { close(ready) }, func(index uint32, _ bool) {
			<-slow
			if index == state.AllHandles {
				all = true
				cancel()
			}
		})
	}()
	<-ready
	for range 4 {
		lo := another.call("create_loopback", nil)
		another.call("delete_loopback", map[string]any{"sw_if_index": lo["sw_if_index"]})
	}
	if _, err := vpp.Invoke(ctx, s, "control_ping", nil); err != nil { // after the events
		t.Fatal(err)
	}
	close(slow)
	if err := <-done; !all {
		t.Errorf("not all are read: %v", err)
	}
}
