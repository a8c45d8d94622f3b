package vpp_test

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// outcome checks that an error has one outcome, the wanted one: nil, ErrRefused
// or ErrUnknown.
func outcome(t testing.TB, what string, err, want error) {
	t.Helper()
	refused, unknown := errors.Is(err, vpp.ErrRefused), errors.Is(err, vpp.ErrUnknown)
	if refused != errors.Is(want, vpp.ErrRefused) || unknown != errors.Is(want, vpp.ErrUnknown) || (err == nil) != (want == nil) {
		t.Errorf("%s: %v, want the outcome %v", what, err, want)
	}
}

func TestCall(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		s := dial(t, socket)
		ctx := soon(t)
		i := loopback(t, s)
		_, err := setInterface.Call(ctx, s, &setFlags{SwIfIndex: i, Flags: 1})
		outcome(t, "done", err, nil)

		r, err := setInterface.Call(ctx, s, &setFlags{SwIfIndex: 1 << 30})
		outcome(t, "refused", err, vpp.ErrRefused)
		if v, ok := vpp.Retval(err); !ok || v != -2 || r.Retval != -2 {
			t.Errorf("the answer is %v, the error %v", r, err)
		}
		if want := "sw_interface_set_flags: INVALID_SW_IF_INDEX (-2)"; err.Error() != want {
			t.Errorf("it reads %q, want %q", err, want)
		}
		if !errors.Is(err, &vpp.RetvalError{Retval: -2}) || errors.Is(err, &vpp.RetvalError{Retval: -3}) {
			t.Errorf("%v is not what it is", err)
		}

		fields, err := vpp.Invoke(ctx, s, "sw_interface_set_flags", map[string]any{"sw_if_index": 1 << 30})
		outcome(t, "refused by name", err, vpp.ErrRefused)
		if fields["retval"] != int64(-2) {
			t.Errorf("the refusal is %v", fields)
		}
		line, err := vpp.InvokeJSON(ctx, s, "sw_interface_set_flags", []byte(`{"sw_if_index": 1073741824}`))
		outcome(t, "refused in JSON", err, vpp.ErrRefused)
		if !strings.Contains(string(line), `"retval":-2`) {
			t.Errorf("the refusal is %s", line)
		}

		r, err = setInterface.Raw().Call(ctx, s, &setFlags{SwIfIndex: 1 << 30})
		outcome(t, "raw", err, nil)
		if r.Retval != -2 {
			t.Errorf("raw, the answer is %v", r)
		}
		fields, err = vpp.Invoke(ctx, s, "sw_interface_set_flags", map[string]any{"sw_if_index": 1 << 30}, vpp.Raw())
		outcome(t, "raw by name", err, nil)
		if fields["retval"] != int64(-2) {
			t.Errorf("raw by name, the answer is %v", fields)
		}
	})
}

// Every value but 0 is a refusal, positive ones and unnamed ones too.
func TestRetvals(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	for retval, text := range map[int32]string{
		-3: "NO_SUCH_FIB (-3)", 1: "retval 1", 2147483647: "retval 2147483647", -2147483648: "retval -2147483648", -165: "EAGAIN (-165)",
	} {
		v.Fault(vpptest.Refuse("show_version", retval).Times(2))
		_, err := showVersion.Call(soon(t), s, nil)
		outcome(t, text, err, vpp.ErrRefused)
		if got, ok := vpp.Retval(err); !ok || got != retval || err.Error() != "show_version: "+text {
			t.Errorf("%d became %v", retval, err)
		}
		_, err = vpp.Invoke(soon(t), s, "show_version", nil)
		outcome(t, text, err, vpp.ErrRefused)
	}
	if _, ok := vpp.Retval(vpp.ErrTimeout); ok {
		t.Error("a timeout has a return value")
	}
}

// A call whose context has no deadline gets the session's, one that has keeps
// its own, be it longer or shorter.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket(), timeout(short))
	held := v.Fault(vpptest.Withhold("show_version"))
	patient := make(chan error, 1)
	go func() { _, err := showVersion.Call(soon(t), s, nil); patient <- err }() // a minute
	closed(t, "the first call", held.Fired())

	for name, call := range map[string]func(context.Context) error{
		"typed":   func(ctx context.Context) error { _, err := showVersion.Call(ctx, s, nil); return err },
		"by name": func(ctx context.Context) error { _, err := vpp.Invoke(ctx, s, "show_version", nil); return err },
	} {
		err := call(context.Background())
		outcome(t, name+", no deadline", err, vpp.ErrUnknown)
		if !errors.Is(err, vpp.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s, no deadline: %v", name, err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		err = call(ctx)
		cancel()
		if !errors.Is(err, vpp.ErrTimeout) { // refused if it passed before the call was sent
			t.Errorf("%s, short deadline: %v", name, err)
		}
	}
	held.Release()
	outcome(t, "long deadline", <-patient, nil)
	if n := s.Stats().Snapshot().Timeouts; n < 2 {
		t.Errorf("%d timeouts were counted", n)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	why := errors.New("the user went home")
	for name, call := range map[string]func(context.Context) error{
		"typed":   func(ctx context.Context) error { _, err := showVersion.Call(ctx, s, nil); return err },
		"by name": func(ctx context.Context) error { _, err := vpp.Invoke(ctx, s, "show_version", nil); return err },
		"batch": func(ctx context.Context) error {
			b, err := showVersion.Batch(ctx, s, nil)
			if err != nil {
				return err
			}
			if err := b.Add(&nothing{}); err != nil {
				_ = b.Wait()
				return err
			}
			return b.Wait()
		},
		"stream": func(ctx context.Context) error {
			for _, err := range interfaces.Dump(ctx, s, &allInterfaces) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	} {
		ctx, cancel := context.WithCancelCause(soon(t))
		cancel(why)
		err := call(ctx)
		outcome(t, name+" cancelled before", err, vpp.ErrRefused)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
			t.Errorf("%s cancelled before: %v", name, err)
		}

		request := "show_version"
		if name == "stream" {
			request = "sw_interface_dump"
		}
		before := v.Calls(request)
		held := v.Fault(vpptest.Withhold(request))
		if name == "stream" {
			v.Fault(vpptest.LoseReply("control_ping").Times(1)) // or it would end
		}
		ctx, cancel = context.WithCancelCause(soon(t))
		go func() {
			<-held.Fired()
			cancel(why)
		}()
		err = call(ctx)
		outcome(t, name+" cancelled in flight", err, vpp.ErrUnknown)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
			t.Errorf("%s cancelled in flight: %v", name, err)
		}
		held.Release()
		ping(t, s) // behind it: VPP has counted the request
		if n := v.Calls(request) - before; n != 1 {
			t.Errorf("%s: %d requests were sent", name, n)
		}
	}
}

// An answer that is not what it should be leaves the outcome unknown.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	other := func(name string) func([][]byte) [][]byte {
		id := v.MessageID(name)
		return func(m [][]byte) [][]byte {
			binary.BigEndian.PutUint16(m[0], id)
			return m
		}
	}
	for _, c := range []struct {
		name  string
		fault *vpptest.Fault
		want  error
	}{
		{"another reply", vpptest.Rewrite("show_version", other("create_loopback_reply")), vpp.ErrProtocol},
		{"truncated", vpptest.Truncate("show_version", 20), binproto.ErrTruncated},
		{"truncated to its context", vpptest.Truncate("show_version", 6), binproto.ErrTruncated},
	} {
		for how, call := range map[string]func() error{
			"typed":   func() error { _, err := showVersion.Call(soon(t), s, nil); return err },
			"by name": func() error { _, err := vpp.Invoke(soon(t), s, "show_version", nil); return err },
			"in JSON": func() error { _, err := vpp.InvokeJSON(soon(t), s, "show_version", nil); return err },
			"in a batch": func() (result error) {
				b, err := showVersion.Batch(soon(t), s, func(_ int, _ *showVersionReply, err error) { result = err })
				must(t, err)
				must(t, b.Add(&nothing{}))
				must(t, b.Wait())
				return result
			},
		} {
			v.Fault(c.fault)
			err := call()
			v.ClearFaults()
			outcome(t, c.name+", "+how, err, vpp.ErrUnknown)
			if !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v, want %v", c.name, how, err, c.want)
			}
			ping(t, s)
		}
	}

	// What says no says no, even if the rest of it is missing.
	v.Fault(vpptest.Rewrite("show_version", func(m [][]byte) [][]byte {
		binary.BigEndian.PutUint32(m[0][6:], 0xfffffffa)
		m[0] = m[0][:10]
		return m
	}))
	_, err := showVersion.Call(soon(t), s, nil)
	outcome(t, "a short refusal", err, vpp.ErrRefused)
	_, err = vpp.Invoke(soon(t), s, "show_version", nil)
	outcome(t, "a short refusal by name", err, vpp.ErrRefused)
}

// A method for what it is not is refused, and nothing is sent.
func TestMisuse(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	ctx := soon(t)
	_, callDump := interfaces.Call(ctx, s, &allInterfaces)
	_, invokeDump := vpp.Invoke(ctx, s, "sw_interface_dump", nil)
	_, invokeReply := vpp.Invoke(ctx, s, "show_version_reply", nil)
	_, invokeEvent := vpp.Invoke(ctx, s, "sw_interface_event", nil)
	_, batchDump := interfaces.Batch(ctx, s, nil)
	_, unknownField := vpp.Invoke(ctx, s, "show_version", map[string]any{"colour": "blue"})
	_, badJSON := vpp.InvokeJSON(ctx, s, "show_version", []byte(`{"colour"`))
	_, badStruct := vpp.NewMethod[struct{ Colour string }, retval]("show_version").Call(ctx, s, nil)
	_, badReply := vpp.NewMethod[nothing, struct{ Colour string }]("show_version").Call(ctx, s, nil)
	var dumpCall, streamCall error
	for _, dumpCall = range showVersion.Dump(ctx, s, nil) { //nolint:revive // the only one counts
	}
	for _, streamCall = range vpp.InvokeStream(ctx, s, "show_version", nil) { //nolint:revive // the only one counts
	}
	for name, err := range map[string]error{
		"a dump called": callDump, "a dump invoked": invokeDump, "a call dumped": dumpCall, "a call streamed": streamCall,
		"a reply invoked": invokeReply, "an event invoked": invokeEvent, "a batch of dumps": batchDump,
		"an unknown field": unknownField, "broken JSON": badJSON, "a field the request lacks": badStruct, "a field the reply lacks": badReply,
		"watching a reply": watchOnce(ctx, s, "show_version_reply"),
	} {
		outcome(t, name, err, vpp.ErrRefused)
	}
	if v.Ignored() != 0 || v.Calls("show_version") != 0 || v.Calls("sw_interface_dump") != 0 {
		t.Error("something was sent")
	}
	if showVersion.Name() != "show_version" {
		t.Error(showVersion.Name())
	}
}

// A request that VPP never answers is done once it is sent; its context is free
// at once.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	api := `{"messages": [
		["mumble", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","context"], ["u32","n"], {"crc":"0x00000001"}]],
		"services": {"mumble": {"reply": "null"}}}`
	v, socket := newScripted(t, api, func(string, map[string]any) []answer { return nil })
	s := dial(t, socket, noState, func(o *vpp.Options) { o.MaxInFlight = 2 })
	for range 10 {
		r, err := vpp.Invoke(soon(t), s, "mumble", map[string]any{"n": 1})
		if err != nil || r != nil {
			t.Fatalf("%v (%v)", r, err)
		}
	}
	ping(t, s)
	if n := len(v.asked()); n != 10 {
		t.Errorf("%d were sent", n)
	}
	if n := s.Stats().Snapshot().InFlight; n != 0 {
		t.Errorf("%d in flight", n)
	}
	if err := vpp.NewMethod[nothing, nothing]("mumble").Check(s); !errors.Is(err, vpp.ErrRefused) {
		t.Errorf("a method without a reply: %v", err)
	}
}

// Requests above the cap are refused; the cap itself is capped.
func TestMaxSend(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket(), func(o *vpp.Options) { o.MaxSend = 100 })
	const overhead = 2 + 4 + 4 + 4 // id, client_index, context, length
	for n, want := range map[int]error{100 - overhead: nil, 101 - overhead: vpp.ErrTooLarge} {
		_, err := vpp.Invoke(soon(t), s, "cli_inband", map[string]any{"cmd": strings.Repeat("x", n)}, vpp.Raw())
		if !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", n+overhead, err, want)
		}
	}
	ping(t, s)
	if n := v.Calls("cli_inband"); n != 1 {
		t.Errorf("%d requests were sent", n)
	}
}
