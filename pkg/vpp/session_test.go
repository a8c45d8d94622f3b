package vpp_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func TestDial(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		s := dial(t, socket)
		r, err := showVersion.Call(soon(t), s, nil)
		must(t, err)
		if r.Version == "" || s.ClientIndex() == 0 || s.Schema().Message("sw_interface_dump") == nil {
			t.Errorf("version %q, index %#x, %d messages", r.Version, s.ClientIndex(), s.Schema().Len())
		}
		if got, err := s.Session(); got != s || err != nil {
			t.Errorf("a live session is not its own: %v", err)
		}
		must(t, s.Ping(soon(t)))
	})
}

func TestDialNobody(t *testing.T) {
	t.Parallel()
	_, err := vpp.Dial(soon(t), vpp.Options{Socket: filepath.Join(t.TempDir(), "api.sock")})
	if !errors.Is(err, vpp.ErrDisconnected) {
		t.Errorf("no socket: %v", err)
	}
	_, err = vpp.Dial(soon(t), vpp.Options{Name: strings.Repeat("x", 300)})
	if err != nil && !strings.Contains(err.Error(), vpp.DefaultSocket) {
		t.Errorf("the default socket is not %s: %v", vpp.DefaultSocket, err)
	}
}

// A name as long as can be and one that is too long arrive cut to 63 bytes.
func TestDialName(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	dial(t, v.Socket(), func(o *vpp.Options) { o.Name = strings.Repeat("n", 100) })
	if c := v.Clients(); len(c) != 1 || c[0].Name != strings.Repeat("n", 63) {
		t.Errorf("VPP knows %v", c)
	}
}

func TestDialContext(t *testing.T) {
	t.Parallel()
	for _, silent := range []string{"sockclnt_create", "get_api_json"} {
		t.Run(silent, func(t *testing.T) {
			t.Parallel()
			v := vpptest.Start(t)
			f := v.Fault(vpptest.LoseRequest(silent))
			ctx, cancel := context.WithCancelCause(soon(t))
			why := errors.New("enough")
			go func() {
				<-f.Fired()
				cancel(why)
			}()
			_, err := vpp.Dial(ctx, options(v.Socket(), func(o *vpp.Options) { o.Timeout = hours }))
			if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
				t.Errorf("cancelled: %v", err)
			}
			_, err = vpp.Dial(soon(t), options(v.Socket(), func(o *vpp.Options) { o.Timeout = short }))
			if !errors.Is(err, vpp.ErrTimeout) {
				t.Errorf("silence: %v", err)
			}
			await(t, v, func() bool { return len(v.Clients()) == 0 })
		})
	}
}

// VPP is asked for its API once a session, and not at all where descriptions
// are given.
func TestLearning(t *testing.T) {
	v := vpptest.Start(t)
	api, err := dial(t, v.Socket()).FetchAPI(soon(t))
	must(t, err)
	if n := v.Calls("get_api_json"); n != 2 { // and the one just now
		t.Errorf("VPP was asked for its API %d times", n)
	}
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "core"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "core", "all.api.json"), api, 0o600))
	schema, err := binproto.Parse("given", api)
	must(t, err)

	// Each way to do without VPP's own description.
	for _, c := range []struct {
		name   string
		fault  *vpptest.Fault
		old    bool // before 24.06
		env    string
		change func(*vpp.Options)
	}{
		{name: "directories", change: func(o *vpp.Options) { o.APIDirs = []string{dir} }},
		{name: "schema", change: func(o *vpp.Options) { o.Schema = schema }},
		{name: "environment", old: true, env: dir, change: func(*vpp.Options) {}},
		{name: "refused", fault: vpptest.Refuse("get_api_json", -9), env: dir, change: func(*vpp.Options) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var o []vpptest.Option
			if c.old {
				o = append(o, vpptest.WithoutMessage("get_api_json"))
			}
			v := vpptest.Start(t, o...)
			if c.fault != nil {
				v.Fault(c.fault)
			}
			t.Setenv("VPP_API_DIR", c.env)
			s := dial(t, v.Socket(), c.change)
			if n := v.Calls("get_api_json"); n != 0 {
				t.Errorf("VPP was asked for its API %d times", n)
			}
			useAll(t, s)
			if _, err := s.FetchAPI(soon(t)); c.old && !errors.Is(err, vpp.ErrNoMessage) {
				t.Errorf("asking a VPP that cannot tell: %v", err)
			}
			must(t, s.Close())
			if n := v.Calls("sockclnt_delete"); n != 1 {
				t.Errorf("said goodbye %d times", n)
			}
		})
	}

	t.Run("nowhere", func(t *testing.T) {
		v := vpptest.Start(t, vpptest.WithoutMessage("get_api_json"))
		t.Setenv("VPP_API_DIR", filepath.Join(dir, "missing"))
		_, err := vpp.Dial(soon(t), options(v.Socket()))
		if _, standard := os.Stat(vpp.DefaultAPIDir); standard == nil {
			t.Skip("this machine has API descriptions in the usual place")
		}
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("no descriptions anywhere: %v", err)
		}
		await(t, v, func() bool { return len(v.Clients()) == 0 })
	})
	t.Run("broken", func(t *testing.T) {
		v := vpptest.Start(t)
		must(t, os.WriteFile(filepath.Join(dir, "broken.api.json"), []byte(`{"messages": [`), 0o600))
		if _, err := vpp.Dial(soon(t), options(v.Socket(), func(o *vpp.Options) { o.APIDirs = []string{dir} })); err == nil {
			t.Error("a broken description was accepted")
		}
		v.Fault(vpptest.Truncate("get_api_json", 12))
		if _, err := vpp.Dial(soon(t), options(v.Socket())); !errors.Is(err, vpp.ErrProtocol) {
			t.Errorf("a truncated description: %v", err)
		}
		await(t, v, func() bool { return len(v.Clients()) == 0 })
	})
}

// useAll uses what a session is for: a call, both streams, a ping.
func useAll(t *testing.T, s *vpp.Session) {
	t.Helper()
	ctx := soon(t)
	_, err := showVersion.Call(ctx, s, nil)
	must(t, err)
	for _, err := range interfaces.Dump(ctx, s, &allInterfaces) {
		must(t, err)
	}
	for _, err := range vpp.InvokeStream(ctx, s, "ip_path_mtu_get", nil) {
		must(t, err)
	}
	must(t, s.Ping(ctx))
}

// The memclnt messages are built in: a schema need not have them, and get_api_json
// never does.
func TestBuiltIn(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		api, err := dial(t, socket).FetchAPI(soon(t))
		must(t, err)
		schema, err := binproto.Parse("without memclnt", api)
		must(t, err)
		if schema.Message("control_ping") != nil {
			t.Skip("this VPP describes memclnt itself")
		}
		s := dial(t, socket, func(o *vpp.Options) { o.Schema = schema })
		useAll(t, s)
		if _, err := vpp.Invoke(soon(t), s, "get_first_msg_id", map[string]any{"name": "nobody_00000000"}); !errors.Is(err, vpp.ErrRefused) {
			t.Errorf("get_first_msg_id of nobody: %v", err)
		}
		must(t, s.Close())
	})
}

// A name that VPP lacks and one whose CRC differs are two errors.
func TestMissingMessages(t *testing.T) {
	t.Parallel()
	full, err := dial(t, vpptest.Start(t).Socket()).FetchAPI(soon(t))
	must(t, err)
	schema, err := binproto.Parse("full", full)
	must(t, err)
	v := vpptest.Start(t, vpptest.WithoutModule("lldp"), vpptest.WithCRC("show_version", 0xdeadbeef),
		vpptest.WithCRC("create_loopback_reply", 0xdeadbeef), vpptest.WithCRC("sw_interface_details", 0xdeadbeef),
		vpptest.WithCRC("sw_interface_event", 0xdeadbeef))
	s := dial(t, v.Socket(), func(o *vpp.Options) { o.Schema = schema })
	ctx := soon(t)

	call := func(name string) error { _, err := vpp.Invoke(ctx, s, name, nil); return err }
	dump := func(name string) (last error) {
		for _, last = range vpp.InvokeStream(ctx, s, name, nil) { //nolint:revive // the last counts
		}
		return last
	}
	for name, c := range map[string]struct {
		err  error
		want error
		not  error
		text string
	}{
		"unknown to both":       {call("no_such_thing"), vpp.ErrNoMessage, vpp.ErrCRCMismatch, "no_such_thing"},
		"not in VPP":            {dump("lldp_dump"), vpp.ErrNoMessage, vpp.ErrCRCMismatch, "lldp_dump"},
		"another CRC":           {call("show_version"), vpp.ErrCRCMismatch, vpp.ErrNoMessage, "show_version_deadbeef"},
		"typed":                 {showVersion.Check(s), vpp.ErrCRCMismatch, vpp.ErrNoMessage, "show_version_51077d14"},
		"another reply":         {call("create_loopback"), vpp.ErrCRCMismatch, vpp.ErrNoMessage, "create_loopback_reply_deadbeef"},
		"another reply, typed":  {createLoopback.Check(s), vpp.ErrCRCMismatch, vpp.ErrNoMessage, "create_loopback_reply_deadbeef"},
		"other details":         {dump("sw_interface_dump"), vpp.ErrCRCMismatch, vpp.ErrNoMessage, "sw_interface_details"},
		"other details, typed":  {interfaces.Check(s), vpp.ErrCRCMismatch, vpp.ErrNoMessage, "sw_interface_details"},
		"another event":         {watchOnce(ctx, s, "sw_interface_event"), vpp.ErrCRCMismatch, vpp.ErrNoMessage, "sw_interface_event"},
		"an event not in VPP":   {watchOnce(ctx, s, "no_event"), vpp.ErrNoMessage, vpp.ErrCRCMismatch, "no_event"},
		"packing what is not":   {pack(s, "no_such_thing"), vpp.ErrNoMessage, vpp.ErrCRCMismatch, "no_such_thing"},
		"packing another's CRC": {pack(s, "show_version"), vpp.ErrCRCMismatch, vpp.ErrNoMessage, "show_version"},
	} {
		if !errors.Is(c.err, c.want) || errors.Is(c.err, c.not) || !errors.Is(c.err, vpp.ErrRefused) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if n := v.Calls("create_loopback"); n != 0 {
		t.Errorf("%d requests were sent whose answer nobody could read", n)
	}
	ping(t, s) // all others work
}

func watchOnce(ctx context.Context, c vpp.Caller, event string) error {
	for _, err := range vpp.WatchFields(ctx, c, event) {
		return err
	}
	return nil
}

func pack(s *vpp.Session, request string) error {
	_, err := s.Pack(request, nil)
	return err
}

// One method serves sessions with VPPs of different APIs at the same time.
func TestTwoReleases(t *testing.T) {
	t.Parallel()
	first := vpptest.Start(t)
	second := vpptest.Start(t, vpptest.WithRelease("26.06"))
	must(t, first.Restart(vpptest.WithRelease("24.10"), vpptest.WithCRC("show_version", 1)))
	for first.MessageID("show_version") == second.MessageID("show_version") {
		must(t, first.Restart()) // each boot has other numbers, some by chance the same
	}
	var wg sync.WaitGroup
	for release, s := range map[string]*vpp.Session{"24.10": dial(t, first.Socket()), "26.06": dial(t, second.Socket())} {
		for range 4 {
			wg.Go(func() {
				for range 100 {
					r, err := showVersion.Call(soon(t), s, nil)
					if err != nil || r.Version != release {
						t.Errorf("%s answers %q (%v)", release, r.Version, err)
						return
					}
				}
			})
		}
	}
	wg.Wait()
}

// Close says goodbye with our own index, awaits the answer, and then closes.
func TestClose(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	var traced []vpp.TraceEvent
	var fields []map[string]any
	s := dial(t, v.Socket(), func(o *vpp.Options) {
		o.Trace = func(e vpp.TraceEvent) {
			if strings.HasPrefix(e.Message.Name, "sockclnt_delete") {
				f, _ := e.Fields()
				traced, fields = append(traced, e), append(fields, f)
			}
		}
	})
	held := v.Fault(vpptest.Hold("sockclnt_delete"))
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		_ = s.Close()
	}()
	closed(t, "the goodbye", held.Fired())
	if !isOpen(s.Done()) || !isOpen(returned) {
		t.Error("the session ended before VPP answered the goodbye")
	}
	_, err := showVersion.Call(soon(t), s, nil)
	if !errors.Is(err, vpp.ErrRefused) || !errors.Is(err, vpp.ErrClosed) {
		t.Errorf("a call behind the goodbye: %v", err)
	}
	held.Release()
	closed(t, "Close", returned)
	if err := s.Err(); !errors.Is(err, vpp.ErrClosed) {
		t.Errorf("a closed session has ended with %v", err)
	}
	if len(traced) != 2 || fields[0]["index"] != uint64(s.ClientIndex()) || fields[1]["response"] != int64(1) {
		t.Errorf("the goodbye was %v", fields)
	}
	if c := v.Clients(); len(c) != 0 {
		t.Errorf("VPP still knows %v", c)
	}
	must(t, s.Close())
	if n := v.Calls("sockclnt_delete"); n != 1 {
		t.Errorf("said goodbye %d times", n)
	}
}

// However many close at once, VPP is told once, its answer is awaited, and
// nothing is left to reap.
func TestCloseConcurrently(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	held := v.Fault(vpptest.Hold("sockclnt_delete"))
	var wg, begun sync.WaitGroup
	for range 8 {
		begun.Add(1)
		wg.Go(func() {
			begun.Done()
			_ = s.Close()
		})
	}
	closed(t, "the goodbye", held.Fired())
	begun.Wait()
	for range 1000 {
		runtime.Gosched() // the others have every chance to hang up
	}
	held.Release()
	wg.Wait()
	if n := v.Calls("sockclnt_delete"); n != 1 {
		t.Errorf("said goodbye %d times", n)
	}
	if files := rememberedClients(t, v.Socket()); len(files) != 0 {
		t.Errorf("remembered as if it had died: %v", files)
	}
}

// rememberedClients are the files beside the socket that tell of clients.
func rememberedClients(t *testing.T, socket string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(socket), "vpp-operator-clients", "*.client.json"))
	must(t, err)
	return files
}

// A VPP that does not answer the goodbye holds Close up for the timeout only.
func TestCloseUnanswered(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket(), timeout(short))
	v.Fault(vpptest.LoseRequest("sockclnt_delete"))
	must(t, s.Close())
	if files := rememberedClients(t, v.Socket()); len(files) != 1 {
		t.Errorf("whether VPP knows is unknown, remembered is %v", files)
	}
}

// Calls in flight end with the session, each with an outcome that says so.
func TestCloseInFlight(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	held := v.Fault(vpptest.Withhold("show_version"))
	ctx := soon(t)
	results := make(chan error, 3)
	go func() { _, err := showVersion.Call(ctx, s, nil); results <- err }()
	go func() { _, err := vpp.Invoke(ctx, s, "show_version", nil); results <- err }()
	batch, err := showVersion.Batch(ctx, s, func(_ int, _ *showVersionReply, err error) { results <- err })
	must(t, err)
	must(t, batch.Add(&nothing{}))
	batch.Flush()
	await(t, v, func() bool { return held.Hits() == 3 })
	must(t, s.Close())
	_ = batch.Wait()
	for range 3 {
		if err := <-results; !errors.Is(err, vpp.ErrUnknown) || !errors.Is(err, vpp.ErrClosed) || errors.Is(err, vpp.ErrRefused) {
			t.Errorf("a call in flight ended with %v", err)
		}
	}
	if _, err := showVersion.Call(ctx, s, nil); !errors.Is(err, vpp.ErrRefused) || !errors.Is(err, vpp.ErrClosed) || errors.Is(err, vpp.ErrUnknown) {
		t.Errorf("a call after Close: %v", err)
	}
}

// A session is over when VPP hangs up; calls in flight have an unknown outcome.
func TestConnectionLost(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	v.Fault(vpptest.CutAfter("show_version"))
	_, err := showVersion.Call(soon(t), s, nil)
	if !errors.Is(err, vpp.ErrUnknown) || !errors.Is(err, vpp.ErrDisconnected) {
		t.Errorf("a call on which VPP hangs up: %v", err)
	}
	closed(t, "the end", s.Done())
	if !errors.Is(s.Err(), vpp.ErrDisconnected) || errors.Is(s.Err(), vpp.ErrClosed) {
		t.Errorf("the session ended with %v", s.Err())
	}
	if _, err := showVersion.Call(soon(t), s, nil); !errors.Is(err, vpp.ErrRefused) || !errors.Is(err, vpp.ErrDisconnected) {
		t.Errorf("a call after the end: %v", err)
	}
	must(t, s.Close())
}

// Sessions come and go by the hundred and leave nothing behind.
func TestDialStorm(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t, vpptest.WithLingeringClients())
	ctx := soon(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 12 {
				s, err := vpp.Dial(ctx, options(v.Socket()))
				if err != nil {
					t.Error(err)
					return
				}
				if i%3 == 0 {
					go func() { _ = s.Close() }()
				}
				_ = s.Ping(ctx)
				_ = s.Close()
			}
		})
	}
	wg.Wait()
	if c := v.Clients(); len(c) != 0 {
		t.Errorf("VPP still knows %v", c)
	}
	if files := rememberedClients(t, v.Socket()); len(files) != 0 {
		t.Errorf("remembered: %v", files)
	}
}

func TestStateDirOff(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	dial(t, v.Socket(), func(o *vpp.Options) { o.StateDir = "-" })
	if entries, err := os.ReadDir(filepath.Dir(v.Socket())); err != nil || slices.ContainsFunc(entries, os.DirEntry.IsDir) {
		t.Errorf("beside the socket: %v (%v)", entries, err)
	}
}
