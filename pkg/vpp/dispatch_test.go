package vpp_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// echoAPI is one request whose answer can be told from any other's.
const echoAPI = `{"messages": [
	["echo", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","context"], ["u32","n"], {"crc":"0x00000001"}],
	["echo_reply", ["u16","_vl_msg_id"], ["u32","context"], ["i32","retval"], ["u32","n"], {"crc":"0x00000002"}]],
	"services": {"echo": {"reply": "echo_reply"}}}`

type (
	echoRequest struct{ N uint32 }
	echoReply   struct {
		Retval int32
		N      uint32
	}
)

var echo = vpp.NewMethod[echoRequest, echoReply]("echo")

// Replies in any order reach their caller.
func TestRepliesInAnyOrder(t *testing.T) {
	t.Parallel()
	const callers, rounds = 64, 50
	table := map[string]uint16{"echo_00000001": 500, "echo_reply_00000002": 501, "sockclnt_delete_8ac76db6": 17, "sockclnt_delete_reply_8f38b1ee": 18}
	contexts := map[uint32]bool{}
	var mu sync.Mutex
	requests := make(chan []byte, callers)
	socket := fakeSocketWriter(t, table, func(msg []byte) {
		mu.Lock()
		context := binary.BigEndian.Uint32(msg[6:])
		if context == 0 || contexts[context] {
			t.Errorf("context %d is 0 or in flight already", context)
		}
		contexts[context] = true
		mu.Unlock()
		requests <- append([]byte(nil), msg...)
	}, func(write func([]byte)) {
		for range rounds {
			batch := make([][]byte, 0, callers)
			for range callers {
				batch = append(batch, <-requests)
			}
			rand.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
			for _, msg := range batch {
				reply := binary.BigEndian.AppendUint16(nil, 501)
				reply = append(reply, msg[6:10]...)
				reply = binary.BigEndian.AppendUint32(reply, 0)
				mu.Lock()
				delete(contexts, binary.BigEndian.Uint32(msg[6:]))
				mu.Unlock()
				write(append(reply, msg[10:14]...))
			}
		}
	})
	s := dial(t, socket, noState, func(o *vpp.Options) { o.Schema = parse(t, echoAPI) })
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range rounds {
				n := uint32(c*rounds + i)
				var got uint32
				if c%2 == 0 {
					r, err := echo.Call(soon(t), s, &echoRequest{n})
					if err != nil {
						t.Error(err)
						return
					}
					got = r.N
				} else {
					r, err := vpp.Invoke(soon(t), s, "echo", map[string]any{"n": n})
					if err != nil {
						t.Error(err)
						return
					}
					got = uint32(r["n"].(uint64))
				}
				if got != n {
					t.Errorf("caller %d asked for %d and got %d", c, n, got)
				}
			}
		})
	}
	wg.Wait()
	if st := s.Stats().Snapshot(); st.Late != 0 || st.InFlight != 0 {
		t.Errorf("%d late, %d in flight", st.Late, st.InFlight)
	}
}

// A reply that comes after its caller has given up is counted and dropped: the
// next caller gets its own, and no watcher sees it.
func TestLateReply(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	events := make(chan error, 1)
	registered := make(chan struct{})
	ctx, cancel := context.WithCancel(soon(t))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		for e, err := range vpp.WatchFields(ctx, s, "sw_interface_event", vpp.Registered[map[string]any](func() { close(registered) })) {
			events <- fmt.Errorf("event %v: %w", e, err)
		}
	})
	closed(t, "the registration", registered)

	for name, call := range map[string]func(context.Context) error{
		"typed":   func(ctx context.Context) error { _, err := showVersion.Call(ctx, s, nil); return err },
		"by name": func(ctx context.Context) error { _, err := vpp.Invoke(ctx, s, "show_version", nil); return err },
	} {
		before := s.Stats().Snapshot().Late
		held := v.Fault(vpptest.Withhold("show_version"))
		giveUp, cancel := context.WithCancel(ctx)
		go func() {
			<-held.Fired()
			cancel()
		}()
		outcome(t, name, call(giveUp), vpp.ErrUnknown)
		held.Release()
		r, err := vpp.Invoke(ctx, s, "show_vpe_system_time", nil)
		must(t, err)
		if _, ok := r["vpe_system_time"]; !ok {
			t.Errorf("%s: the next caller got %v", name, r)
		}
		if late := s.Stats().Snapshot().Late - before; late != 1 {
			t.Errorf("%s: %d late replies", name, late)
		}
	}
	select {
	case err := <-events:
		t.Error(err)
	default:
	}
}

// Replies that nobody asked for are dropped and counted.
func TestStrayMessages(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	ctx := soon(t)
	call := func() {
		t.Helper()
		r, err := showVersion.Call(ctx, s, nil)
		if err != nil || r.Version == "" {
			t.Errorf("%v (%v)", r, err)
		}
	}
	v.Fault(vpptest.StrangeContext("show_version").Times(1))
	call()
	v.Fault(vpptest.Duplicate("show_version").Times(1))
	call()
	v.Fault(vpptest.StrangeID("show_version").Times(1))
	call()
	v.Fault(vpptest.Swap("show_version").Times(1))
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(call)
	}
	wg.Wait()
	ping(t, s)
	if st := s.Stats().Snapshot(); st.Late != 2 || st.Unknown != 1 {
		t.Errorf("%d late and %d unknown messages, want 2 and 1", st.Late, st.Unknown)
	}
}

// fakeSocketWriter shakes hands, hands each request to take, and lets reply
// write answers, from a goroutine of its own.
func fakeSocketWriter(t testing.TB, table map[string]uint16, take func(msg []byte), reply func(write func([]byte))) (socket string) {
	t.Helper()
	return fakeSocket(t, func(c net.Conn) {
		var wg sync.WaitGroup
		defer wg.Wait()
		for {
			msg, err := readMessage(c)
			if err != nil {
				return
			}
			write := func(m []byte) { _, _ = c.Write(framed(m)) }
			switch binary.BigEndian.Uint16(msg) {
			case 15:
				write(tableReply(0x80000001, table))
				wg.Go(func() { reply(write) })
			case 17:
				write(append([]byte{0, 18}, append(msg[6:10:10], 0, 0, 0, 1)...))
				return
			default:
				take(msg)
			}
		}
	})
}

// A full window makes callers wait, at most until their deadline; what is
// refused for it was not sent.
func TestWindow(t *testing.T) {
	t.Parallel()
	for name, window := range map[string]func(*vpp.Options){
		"requests": func(o *vpp.Options) { o.MaxInFlight = 4 },
		"bytes":    func(o *vpp.Options) { o.MaxInFlightBytes = 40 }, // show_version has 10
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := vpptest.Start(t)
			s := dial(t, v.Socket(), window)
			held := v.Fault(vpptest.Withhold("show_version"))
			ctx := soon(t)
			first := make(chan error, 8)
			for range 4 {
				go func() { _, err := showVersion.Call(ctx, s, nil); first <- err }()
			}
			await(t, v, func() bool { return held.Hits() == 4 })

			for what, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
				"a deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
					return context.WithTimeout(ctx, short/10)
				},
				"cancelling": func(ctx context.Context) (context.Context, context.CancelFunc) {
					ctx, cancel := context.WithCancel(ctx)
					go cancel()
					return ctx, cancel
				},
			} {
				limited, cancel := end(ctx)
				_, err := showVersion.Call(limited, s, nil)
				cancel()
				outcome(t, what, err, vpp.ErrRefused)
				if what == "a deadline" && !errors.Is(err, vpp.ErrTimeout) {
					t.Errorf("%s: %v", what, err)
				}
			}
			for range 4 { // these wait for room
				go func() { _, err := showVersion.Call(ctx, s, nil); first <- err }()
			}
			if n := s.Stats().Snapshot().InFlight; n > 4 {
				t.Errorf("%d in flight", n)
			}
			held.Release()
			for range 8 {
				outcome(t, "a call in the window", <-first, nil)
			}
			if n := v.Calls("show_version"); n != 8 {
				t.Errorf("%d requests were sent", n)
			}
		})
	}
}

// Many callers in a small window: all come through, however the replies fall.
func TestSmallWindow(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	for _, window := range []int{1, 2, 3} {
		s := dial(t, v.Socket(), func(o *vpp.Options) { o.MaxInFlight, o.Timeout = window, hours })
		ctx := soon(t)
		var wg sync.WaitGroup
		for c := range 8 {
			wg.Go(func() {
				for range 500 {
					if err := s.Ping(ctx); err != nil {
						t.Errorf("window %d: %v", window, err)
						return
					}
				}
				if c == 0 { // a dump and its ping need two places
					for _, err := range interfaces.Dump(ctx, s, &allInterfaces) {
						if err != nil {
							t.Errorf("window %d: %v", window, err)
						}
					}
				}
			})
		}
		wg.Wait()
	}
}

// A session without deadlines of its callers' refuses them after its own
// timeout, also while they wait for room.
func TestWindowTimeout(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket(), timeout(short), func(o *vpp.Options) { o.MaxInFlight = 2 })
	v.Fault(vpptest.Withhold("show_version"))
	patient, cancel := context.WithCancel(soon(t))
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	for range 2 { // these wait a minute, if they must
		wg.Go(func() { _, _ = showVersion.Call(patient, s, nil) })
	}
	await(t, v, func() bool { return s.Stats().Snapshot().InFlight == 2 })
	_, err := showVersion.Call(context.Background(), s, nil)
	outcome(t, "waiting for room", err, vpp.ErrRefused)
	if !errors.Is(err, vpp.ErrTimeout) {
		t.Errorf("waiting for room: %v", err)
	}
	cancel()
}

// A VPP that is frozen costs memory up to a bound, however many callers give up.
func TestFrozenWriters(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket(), timeout(short))
	v.Freeze()
	defer v.Thaw()
	cmd := map[string]any{"cmd": string(make([]byte, 64<<10))}
	refused := 0
	for range 200 { // 12 MB
		ctx, cancel := context.WithTimeout(context.Background(), short/200)
		_, err := vpp.Invoke(ctx, s, "cli_inband", cmd)
		cancel()
		if errors.Is(err, vpp.ErrRefused) {
			refused++
		} else {
			outcome(t, "a call to a frozen VPP", err, vpp.ErrUnknown)
		}
		if !errors.Is(err, vpp.ErrTimeout) {
			t.Fatalf("a call to a frozen VPP: %v", err)
		}
	}
	if refused < 100 {
		t.Errorf("%d of 200 requests of 64 KiB found room", 200-refused)
	}
	v.Thaw()
	ping(t, s)
}
