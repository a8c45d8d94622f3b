package vpp_test

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

type interfaceEvent struct {
	SwIfIndex uint32
	Flags     uint32
	Deleted   bool
}

const (
	interfaceEventName = "sw_interface_event"
	wantInterfaces     = "want_interface_events"
)

// heard is what a watcher was given.
type heard struct {
	event *interfaceEvent
	err   error
}

// listen watches in a goroutine until the test ends, and returns when VPP has
// begun to send.
func listen(t *testing.T, c vpp.Caller, opts ...vpp.WatchOption[interfaceEvent]) (events <-chan heard, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	registered := make(chan struct{})
	ch := make(chan heard, 1<<16)
	var wg sync.WaitGroup
	opts = append(opts, vpp.Registered[interfaceEvent](sync.OnceFunc(func() { close(registered) })))
	wg.Go(func() {
		defer close(ch)
		for e, err := range vpp.Watch(ctx, c, interfaceEventName, opts...) {
			ch <- heard{e, err}
		}
	})
	stop = func() {
		cancel()
		wg.Wait()
	}
	t.Cleanup(stop)
	closed(t, "the registration", registered)
	return ch, stop
}

// next is the next event of a watcher.
func next(t *testing.T, events <-chan heard) heard {
	t.Helper()
	select {
	case h, ok := <-events:
		if !ok {
			t.Fatal("the watcher has ended")
		}
		return h
	case <-soon(t).Done():
		t.Fatal("waited in vain for an event")
	}
	return heard{}
}

// about waits for an event of an interface.
func about(t *testing.T, events <-chan heard, index uint32) interfaceEvent {
	t.Helper()
	for {
		h := next(t, events)
		must(t, h.err)
		if h.event.SwIfIndex == index {
			return *h.event
		}
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		s := dial(t, socket)
		all, _ := listen(t, s)
		deleted, _ := listen(t, s, vpp.Filter(func(e *interfaceEvent) bool { return e.Deleted }))
		i := loopback(t, s)
		_, err := setInterface.Call(soon(t), s, &setFlags{SwIfIndex: i, Flags: 1})
		must(t, err)
		for flags := uint32(0); flags == 0; { // the first is that it was made
			flags = about(t, all, i).Flags
		}
		_, err = vpp.Invoke(soon(t), s, "delete_loopback", map[string]any{"sw_if_index": i})
		must(t, err)
		if e := about(t, deleted, i); !e.Deleted {
			t.Errorf("the filter let %v pass", e)
		}
	})
}

// By name: as fields and as JSON.
func TestWatchDynamic(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		s := dial(t, socket)
		create := func() { loopback(t, s) }
		for e, err := range vpp.WatchFields(soon(t), s, interfaceEventName, vpp.Registered[map[string]any](create)) {
			must(t, err)
			if _, ok := e["sw_if_index"].(uint64); !ok {
				t.Errorf("event %v", e)
			}
			break
		}
		for line, err := range vpp.WatchJSON(soon(t), s, interfaceEventName, vpp.Registered[[]byte](create)) {
			must(t, err)
			if !strings.Contains(string(line), `"sw_if_index":`) {
				t.Errorf("event %s", line)
			}
			break
		}
	})
}

// VPP is asked once however many watch, and told to stop when the last leaves.
func TestWatchRegistration(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	var mu sync.Mutex
	var asked []any
	s := dial(t, v.Socket(), func(o *vpp.Options) {
		o.Trace = func(e vpp.TraceEvent) {
			if e.Message.Name == wantInterfaces {
				f, _ := e.Fields()
				mu.Lock()
				asked = append(asked, f["enable_disable"])
				mu.Unlock()
			}
		}
	})
	var stops []func()
	for range 5 {
		_, stop := listen(t, s)
		stops = append(stops, stop)
	}
	for _, stop := range stops {
		stop()
	}
	_, stop := listen(t, s) // and again
	stop()
	mu.Lock()
	defer mu.Unlock()
	if len(asked) != 4 || asked[0] != uint64(1) || asked[1] != uint64(0) || asked[2] != uint64(1) || asked[3] != uint64(0) {
		t.Errorf("VPP was asked %v", asked)
	}
}

// VPP says -31 to who is registered already, or is not and leaves: as wanted.
func TestWatchRegistered(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		s := dial(t, socket)
		_, err := vpp.Invoke(soon(t), s, wantInterfaces, map[string]any{"enable_disable": 1, "pid": 1})
		must(t, err)
		events, stop := listen(t, s)
		about(t, events, loopback(t, s))
		_, err = vpp.Invoke(soon(t), s, wantInterfaces, map[string]any{"enable_disable": 0, "pid": 1})
		must(t, err)
		stop()
		for h := range events {
			must(t, h.err)
		}
	})
}

func TestWatchRefused(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	v.Fault(vpptest.Refuse(wantInterfaces, -9).Times(1))
	err := watchOnce(soon(t), s, interfaceEventName)
	outcome(t, "refused by VPP", err, vpp.ErrRefused)
	if retval, _ := vpp.Retval(err); retval != -9 {
		t.Errorf("refused by VPP: %v", err)
	}
	for _, err := range vpp.Watch[struct{ Colour string }](soon(t), s, interfaceEventName) {
		outcome(t, "a struct that does not fit", err, vpp.ErrRefused)
	}
	events, _ := listen(t, s) // nothing of that has harmed
	about(t, events, loopback(t, s))
}

// A registration whose end VPP did not confirm is made anew for the next
// watcher.
func TestWatchAfterLostUnregister(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket(), timeout(short))
	_, stop := listen(t, s)
	v.Fault(vpptest.LoseReply(wantInterfaces).Times(1)) // it acts
	stop()
	events, _ := listen(t, s)
	about(t, events, loopback(t, s))
}

// A second watcher waits for the first one's registration, at most until its
// own deadline.
func TestWatchWaits(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	held := v.Fault(vpptest.Withhold(wantInterfaces))
	first := make(chan error, 1)
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	registered := make(chan struct{})
	go func() {
		first <- func() error {
			for _, err := range vpp.Watch(ctx, s, interfaceEventName, vpp.Registered[interfaceEvent](func() { close(registered) })) {
				return err
			}
			return nil
		}()
	}()
	closed(t, "the registration", held.Fired())
	hasty, stop := context.WithTimeout(context.Background(), short/100)
	defer stop()
	must(t, watchOnce(hasty, s, interfaceEventName)) // its context just ends
	if !isOpen(registered) {
		t.Error("registered while VPP has not answered")
	}
	held.Release()
	closed(t, "the first watcher", registered)
	cancel()
	must(t, <-first)
}

// A watcher that falls behind keeps a bounded number of events, is told that it
// missed some, and goes on. Nobody else notices.
func TestWatchSlow(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket(), func(o *vpp.Options) { o.EventBuffer = 3 })
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	quick, _ := listen(t, s)
	var got []string
	var i uint32
	flap := func(n int) {
		for k := range n {
			_, err := setInterface.Call(ctx, s, &setFlags{SwIfIndex: i, Flags: uint32(^k & 1)}) // up, down, up ...
			must(t, err)
			about(t, quick, i) // so that this one, whose buffer is as small, misses nothing
		}
		ping(t, s) // the last event may come behind the last reply
	}
	begin := func() { i = loopback(t, s) }
	for _, err := range vpp.Watch(ctx, s, interfaceEventName, vpp.Registered[interfaceEvent](begin)) {
		switch {
		case errors.Is(err, vpp.ErrMissedEvents):
			got = append(got, "gap")
		case err != nil:
			t.Fatal(err)
		default:
			got = append(got, "event")
			switch len(got) {
			case 1:
				flap(20) // while this consumer does not read
			case 5:
				flap(1)
			case 6:
				cancel()
			}
		}
	}
	if text := strings.Join(got, " "); text != "event gap event event event event" {
		t.Errorf("the slow watcher got: %s", text)
	}
	if n := s.Stats().Snapshot().MissedEvents; n != 17 { // 20, of which 3 were kept
		t.Errorf("%d events were missed", n)
	}
}

// Events that cannot be read end the watching, not the session.
func TestWatchDecodeError(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	v.Fault(vpptest.Truncate(interfaceEventName, 8))
	events, _ := listen(t, s)
	loopback(t, s)
	if h := next(t, events); !errors.Is(h.err, binproto.ErrTruncated) {
		t.Errorf("a truncated event: %v", h.err)
	}
	ping(t, s)
}

// Events that nobody watches, and watchers that come and go while events come,
// disturb nobody.
func TestWatchersComeAndGo(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	i := loopback(t, s)
	unasked := binary.BigEndian.AppendUint16(nil, v.MessageID(interfaceEventName))
	v.Fault(vpptest.Precede("show_version", append(unasked, make([]byte, 17)...)))
	ctx := soon(t)
	var flapping, watching sync.WaitGroup
	done := make(chan struct{})
	flapping.Go(func() {
		for k := 0; isOpen(done); k++ {
			if _, err := setInterface.Call(ctx, s, &setFlags{SwIfIndex: i, Flags: uint32(k & 1)}); err != nil {
				t.Error(err)
				return
			}
			if _, err := showVersion.Call(ctx, s, nil); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 8 {
		watching.Go(func() {
			for range 20 {
				for _, err := range vpp.Watch[interfaceEvent](ctx, s, interfaceEventName) {
					if err != nil && !errors.Is(err, vpp.ErrMissedEvents) {
						t.Error(err)
					}
					break
				}
			}
		})
	}
	watching.Wait()
	close(done)
	flapping.Wait()
	if n := s.Stats().Snapshot().InFlight; n != 0 {
		t.Errorf("%d in flight", n)
	}
}

// The end of its session ends a watcher with the reason.
func TestWatchSessionEnds(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	for name, c := range map[string]struct {
		end  func(*vpp.Session)
		want error
	}{
		"closed": {func(s *vpp.Session) { _ = s.Close() }, vpp.ErrClosed},
		"lost":   {func(*vpp.Session) { v.Crash() }, vpp.ErrDisconnected},
	} {
		s := dial(t, v.Socket())
		events, _ := listen(t, s)
		c.end(s)
		h := next(t, events)
		for h.err == nil {
			h = next(t, events)
		}
		if !errors.Is(h.err, c.want) {
			t.Errorf("%s: %v", name, h.err)
		}
		if _, more := <-events; more {
			t.Errorf("%s: something came after the end", name)
		}
		if err := watchOnce(soon(t), s, interfaceEventName); !errors.Is(err, vpp.ErrRefused) {
			t.Errorf("%s, watching after that: %v", name, err)
		}
		must(t, v.Restart())
	}
}

// A want_ request that does more than subscribe is the caller's business.
func TestWatchWithoutSwitch(t *testing.T) {
	t.Parallel()
	api := `{"messages": [
		["want_ping_finished_events", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","context"], ["u32","repeat"], {"crc":"0x00000001"}],
		["want_ping_finished_events_reply", ["u16","_vl_msg_id"], ["u32","context"], ["i32","retval"], {"crc":"0x00000002"}],
		["ping_finished_event", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","request_count"], {"crc":"0x00000003"}]],
		"services": {"want_ping_finished_events": {"reply": "want_ping_finished_events_reply", "events": ["ping_finished_event"]}}}`
	v, socket := newScripted(t, api, func(_ string, fields map[string]any) []answer {
		return []answer{
			{"want_ping_finished_events_reply", nil},
			{"ping_finished_event", map[string]any{"request_count": fields["repeat"]}},
		}
	})
	s := dial(t, socket, noState)
	start := func() {
		_, err := vpp.Invoke(soon(t), s, "want_ping_finished_events", map[string]any{"repeat": 3})
		must(t, err)
	}
	for e, err := range vpp.WatchFields(soon(t), s, "ping_finished_event", vpp.Registered[map[string]any](start)) {
		must(t, err)
		if e["request_count"] != uint64(3) {
			t.Errorf("event %v", e)
		}
		break
	}
	if n := len(v.asked()); n != 1 {
		t.Errorf("VPP was asked to ping %d times", n)
	}
}
