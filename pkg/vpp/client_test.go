package vpp_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// until follows a client's states until one is right.
func until(t *testing.T, c *vpp.Client, what string, right func(vpp.State) bool) vpp.State {
	t.Helper()
	for st := range c.States(soon(t)) {
		if right(st) {
			return st
		}
	}
	t.Fatalf("waited in vain for the state: %s", what)
	return vpp.State{}
}

// connected waits for a session of at least that epoch.
func connected(t *testing.T, c *vpp.Client, epoch uint64) *vpp.Session {
	t.Helper()
	return until(t, c, fmt.Sprintf("epoch %d", epoch), func(st vpp.State) bool {
		return st.Phase == vpp.Connected && st.Epoch >= epoch
	}).Session
}

func lively(o *vpp.Options) { o.KeepAlive = 10 * time.Millisecond }

func TestClient(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		c := connect(t, socket)
		s, err := c.WaitConnected(soon(t))
		must(t, err)
		if s.Epoch() != 1 || c.State().Phase != vpp.Connected || c.State().Session != s || c.State().Err != nil {
			t.Errorf("connected: %+v", c.State())
		}
		r, err := showVersion.Call(soon(t), c, nil)
		if err != nil || r.Version == "" {
			t.Errorf("%v (%v)", r, err)
		}
		must(t, showVersion.Check(c))
		for _, err := range interfaces.Dump(soon(t), c, &allInterfaces) {
			must(t, err)
		}
		must(t, c.Close())
		_, err = showVersion.Call(soon(t), c, nil)
		outcome(t, "a call after Close", err, vpp.ErrRefused)
		if !errors.Is(err, vpp.ErrClosed) || !strings.HasPrefix(err.Error(), "show_version: ") {
			t.Errorf("a call after Close: %v", err)
		}
		if _, err := c.WaitConnected(soon(t)); !errors.Is(err, vpp.ErrClosed) {
			t.Errorf("waiting after Close: %v", err)
		}
		must(t, c.Close())
	})
}

// Every way to not get a session: the client says why and comes back.
func TestClientSurvives(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault *vpptest.Fault // before the client comes
		want  error
	}{
		{"accept and silence", vpptest.LoseRequest("sockclnt_create"), vpp.ErrTimeout},
		{"hang-up in the handshake", vpptest.CutInFrame("sockclnt_create"), vpp.ErrDisconnected},
		{"hang-up before the handshake", vpptest.CutBefore("sockclnt_create"), vpp.ErrDisconnected},
		{"a garbage handshake", vpptest.Garbage("sockclnt_create", []byte(strings.Repeat("garbage ", 100))), vpp.ErrProtocol},
		{"a long handshake", vpptest.FrameLength("sockclnt_create", 1<<31), vpp.ErrProtocol},
		{"a refused handshake", vpptest.Rewrite("sockclnt_create", func(m [][]byte) [][]byte {
			m[0][13] = 1
			return m
		}), vpp.ErrDisconnected},
		{"silence when asked for the API", vpptest.LoseRequest("get_api_json"), vpp.ErrTimeout},
		{"death when asked for the API", vpptest.RestartBefore("get_api_json"), vpp.ErrDisconnected},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := vpptest.Start(t)
			v.Fault(c.fault)
			client := connect(t, v.Socket(), func(o *vpp.Options) { o.Timeout = short / 2 })
			await(t, v, func() bool { return c.fault.Hits() > 1 }) // it tries again
			st := until(t, client, "the reason", func(st vpp.State) bool { return st.Err != nil && errors.Is(st.Err, c.want) })
			if st.Phase != vpp.Connecting || st.Session != nil {
				t.Errorf("not connected: %+v", st)
			}
			c.fault.Remove()
			connected(t, client, 1)
			ping(t, client)
		})
	}
}

// Every way to lose a session: the call in flight is unknown, the client comes
// back with the next epoch.
func TestClientLosesSession(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault *vpptest.Fault
		want  error
	}{
		{"hang-up", vpptest.CutBefore("show_version"), vpp.ErrDisconnected},
		{"hang-up behind the act", vpptest.CutAfter("show_version"), vpp.ErrDisconnected},
		{"hang-up in a frame", vpptest.CutInFrame("show_version"), vpp.ErrDisconnected},
		{"garbage", vpptest.Garbage("show_version", []byte(strings.Repeat("garbage ", 100))), vpp.ErrProtocol},
		{"a frame beyond the cap", vpptest.FrameLength("show_version", 1<<31), vpp.ErrProtocol},
		{"a frame near 2^32", vpptest.FrameLength("show_version", 1<<32-1), vpp.ErrProtocol},
		{"an empty frame", vpptest.FrameLength("show_version", 0), vpp.ErrProtocol},
		{"a restart", vpptest.RestartAfter("show_version"), vpp.ErrDisconnected},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := vpptest.Start(t)
			client := connect(t, v.Socket())
			first := connected(t, client, 1)
			v.Fault(c.fault.Times(1))
			_, err := showVersion.Call(soon(t), client, nil)
			outcome(t, "the call", err, vpp.ErrUnknown)
			if !errors.Is(err, c.want) {
				t.Errorf("the call: %v", err)
			}
			closed(t, "the end of the session", first.Done())
			s := connected(t, client, 2)
			if s.Epoch() != 2 || first.Epoch() != 1 {
				t.Errorf("epochs %d and %d", first.Epoch(), s.Epoch())
			}
			_, err = showVersion.Call(soon(t), first, nil)
			outcome(t, "a call on the old session", err, vpp.ErrRefused)
			_, err = showVersion.Call(soon(t), client, nil)
			outcome(t, "a call on the new one", err, nil)
			if st := client.Stats().Snapshot(); st.Connects != 2 || st.Disconnects != 1 {
				t.Errorf("%d connects and %d disconnects", st.Connects, st.Disconnects)
			}
			await(t, v, func() bool { return len(v.Clients()) == 1 }) // VPP has met the end of the first
		})
	}
}

// No socket, then one without anybody behind it, then VPP.
func TestClientBeforeVPP(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "vpp") //nolint:usetesting // a socket's path is limited
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "run", "vpp", "api.sock")
	c := connect(t, socket)
	until(t, c, "no socket", func(st vpp.State) bool { return errors.Is(st.Err, os.ErrNotExist) })
	_, err = showVersion.Call(soon(t), c, nil)
	outcome(t, "a call while there is no VPP", err, vpp.ErrRefused)
	if !errors.Is(err, vpp.ErrDisconnected) {
		t.Errorf("a call while there is no VPP: %v", err)
	}
	hasty, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := c.WaitConnected(hasty); !errors.Is(err, vpp.ErrTimeout) || !errors.Is(err, vpp.ErrDisconnected) {
		t.Errorf("waiting while there is no VPP: %v", err)
	}

	must(t, os.MkdirAll(filepath.Dir(socket), 0o700))
	v := vpptest.Start(t, vpptest.WithSocket(socket))
	first := connected(t, c, 1)
	v.Crash()
	closed(t, "the end of the session", first.Done())
	until(t, c, "nobody listening", func(st vpp.State) bool { return errors.Is(st.Err, syscall.ECONNREFUSED) })
	must(t, v.Restart())
	connected(t, c, 2)
	ping(t, c)
}

// A VPP that is frozen is noticed by the keep-alives it does not answer. When it
// goes on, the client comes back, and nothing of it is left.
func TestClientFrozenVPP(t *testing.T) {
	t.Parallel()
	for _, stateDir := range []string{"", "-"} {
		v := vpptest.Start(t, vpptest.WithLingeringClients())
		c := connect(t, v.Socket(), timeout(short/2), lively, func(o *vpp.Options) { o.StateDir = stateDir })
		s := connected(t, c, 1)
		v.Freeze()
		inFlight := make(chan error, 1)
		go func() {
			_, err := showVersion.Call(soon(t), s, nil)
			inFlight <- err
		}()
		err := <-inFlight
		outcome(t, "the call in flight", err, vpp.ErrUnknown)
		if !errors.Is(err, vpp.ErrDisconnected) || !errors.Is(err, vpp.ErrTimeout) {
			t.Errorf("the call in flight: %v", err)
		}
		closed(t, "the end of the session", s.Done())
		if !errors.Is(s.Err(), vpp.ErrDisconnected) || !errors.Is(s.Err(), vpp.ErrTimeout) {
			t.Errorf("the session ended with %v", s.Err())
		}
		until(t, c, "a handshake in vain", func(st vpp.State) bool {
			return st.Phase == vpp.Connecting && st.Epoch == 1 && errors.Is(st.Err, vpp.ErrTimeout) && !errors.Is(st.Err, s.Err())
		})
		v.Thaw()
		connected(t, c, 2)
		ping(t, c)
		indices := map[uint32]bool{}
		for _, client := range v.Clients() {
			if client.Name != "" { // attempts that VPP never read linger without a name
				indices[client.Index] = true
			}
		}
		if indices[s.ClientIndex()] && s.ClientIndex() != c.State().Session.ClientIndex() {
			t.Errorf("state dir %q: VPP still knows the lost session %#x of %v", stateDir, s.ClientIndex(), v.Clients())
		}
		must(t, c.Close())
	}
}

// One sign of life that is lost is not the end.
func TestKeepAliveOnce(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	c := connect(t, v.Socket(), timeout(short), lively)
	connected(t, c, 1)
	lost := v.Fault(vpptest.LoseReply("control_ping").Times(1))
	closed(t, "a keep-alive", lost.Fired())
	before := v.Calls("control_ping")
	await(t, v, func() bool { return v.Calls("control_ping") > before+3 })
	if st := c.State(); st.Epoch != 1 || st.Phase != vpp.Connected {
		t.Errorf("after one lost keep-alive: %+v", st)
	}
}

// VPP is asked for its API again only if its messages have changed.
func TestSchemaReuse(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	c := connect(t, v.Socket())
	first := connected(t, c, 1)
	must(t, v.Restart())
	second := connected(t, c, 2)
	if n := v.Calls("get_api_json"); n != 0 || second.Schema() != first.Schema() {
		t.Errorf("an identical VPP was asked for its API %d times", n)
	}
	useAll(t, second) // under other ids
	must(t, v.Restart(vpptest.WithCRC("show_version", 7)))
	third := connected(t, c, 3)
	if n := v.Calls("get_api_json"); n != 1 || third.Schema().Message("show_version").CRC != 7 {
		t.Errorf("another VPP was asked for its API %d times", n)
	}
	useAll(t, third)
	must(t, v.Restart(vpptest.WithoutModule("lldp")))
	if n := connected(t, c, 4).Schema().Len(); n >= third.Schema().Len() || v.Calls("get_api_json") != 1 {
		t.Errorf("a VPP without a module has %d messages", n)
	}
}

// Subscribers are told each change, and the end.
func TestStates(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	c := connect(t, v.Socket())
	connected(t, c, 1)
	var got []string
	for st := range c.States(soon(t)) {
		got = append(got, fmt.Sprintf("%v %d %v", st.Phase, st.Epoch, st.Err == nil))
		switch {
		case st.Phase == vpp.Connected && st.Epoch == 1:
			v.Crash()
		case st.Phase == vpp.Connecting && len(got) == 2:
			if !errors.Is(st.Err, vpp.ErrDisconnected) {
				t.Errorf("disconnected because of %v", st.Err)
			}
			must(t, v.Restart())
		case st.Phase == vpp.Connected:
			go func() { _ = c.Close() }()
		}
	}
	text := strings.Join(got, ", ")
	if !strings.HasPrefix(text, "Connected 1 true, Connecting 1 false, ") || !strings.HasSuffix(text, "Connected 2 true, Closed 2 false") {
		t.Errorf("the states were: %s", text)
	}
	for st := range c.States(soon(t)) {
		if st.Phase != vpp.Closed || !errors.Is(st.Err, vpp.ErrClosed) {
			t.Errorf("after the end: %+v", st)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n := 0
	for range connect(t, v.Socket()).States(ctx) {
		n++
	}
	if n != 1 {
		t.Errorf("%d states after the context's end", n)
	}
}

// A watcher lives on: it is registered anew and then told that it missed events.
func TestWatchReconnect(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	c := connect(t, v.Socket())
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	var got []string
	begun := func() { // something to see
		got = append(got, "registered")
		if _, err := createLoopback.Call(ctx, c, nil); err != nil {
			t.Error(err)
		}
	}
	for _, err := range vpp.Watch(ctx, c, interfaceEventName, vpp.Registered[interfaceEvent](begun)) {
		if errors.Is(err, vpp.ErrMissedEvents) {
			got = append(got, "gap")
			if n := v.Calls(wantInterfaces); n != 1 {
				t.Errorf("this boot was asked %d times for events", n)
			}
			continue
		}
		must(t, err)
		got = append(got, "event")
		if len(got) > 6 {
			cancel()
			continue
		}
		must(t, v.Restart())
	}
	want := "registered event registered gap event registered gap event"
	if text := strings.Join(got, " "); text != want {
		t.Errorf("the watcher got: %s\nwant: %s", text, want)
	}
}

// Closing while it dials, at any moment and from everywhere.
func TestClientClose(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	silent := vpptest.Start(t)
	silent.Fault(vpptest.LoseRequest("sockclnt_create"))
	deaf := vpptest.Start(t)
	deaf.Fault(vpptest.LoseRequest("get_api_json"))
	for _, socket := range []string{v.Socket(), silent.Socket(), deaf.Socket(), "/nonexistent/api.sock"} {
		var wg sync.WaitGroup
		for range 20 {
			c := vpp.NewClient(options(socket, func(o *vpp.Options) { o.Timeout = hours })) // Close does not wait for it
			for range 3 {
				wg.Go(func() { _ = c.Close() })
			}
			wg.Go(func() {
				_, err := showVersion.Call(soon(t), c, nil)
				if err != nil && !errors.Is(err, vpp.ErrRefused) && !errors.Is(err, vpp.ErrUnknown) {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if _, err := c.WaitConnected(soon(t)); err != nil && !errors.Is(err, vpp.ErrClosed) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	await(t, v, func() bool { return len(v.Clients()) == 0 })
	if files := rememberedClients(t, v.Socket()); len(files) != 0 {
		t.Errorf("remembered: %v", files)
	}
}

// VPP restarts under load, again and again: every call ends, with a clear
// outcome, and in the end all is well.
func TestClientUnderLoad(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	c := connect(t, v.Socket(), func(o *vpp.Options) { o.MaxInFlight = 64 })
	connected(t, c, 1)
	ctx := soon(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	end := sync.OnceFunc(func() {
		close(stop)
		wg.Wait()
	})
	defer end()
	check := func(err error) {
		if err != nil && !errors.Is(err, vpp.ErrDisconnected) {
			t.Error(err)
		}
		if err != nil && errors.Is(err, vpp.ErrRefused) {
			_, _ = c.WaitConnected(ctx)
		}
	}
	for range 8 {
		wg.Go(func() {
			for isOpen(stop) {
				_, err := showVersion.Call(ctx, c, nil)
				check(err)
			}
		})
	}
	wg.Go(func() {
		for isOpen(stop) {
			for _, err := range interfaces.Dump(ctx, c, &allInterfaces) {
				check(err)
			}
		}
	})
	wg.Go(func() {
		for isOpen(stop) {
			b, err := controlPing.Batch(ctx, c, nil)
			if check(err); err != nil {
				continue
			}
			for range 500 {
				if err := b.Add(&nothing{}); err != nil {
					break
				}
			}
			check(b.Wait())
		}
	})
	for epoch := uint64(2); epoch < 8; epoch++ {
		await(t, v, func() bool { return v.Calls("show_version") > 50 })
		must(t, v.Restart())
		connected(t, c, epoch)
	}
	end()
	ping(t, c)
	if n := c.Stats().Snapshot().InFlight; n != 0 {
		t.Errorf("%d in flight", n)
	}
}
