package vpp_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

type (
	pathMTU struct {
		Pmtu struct {
			TableID uint32
			Nh      [17]byte `vpp:"-"`
			PathMtu uint16
		}
	}
	pathMTUGet struct{ Cursor uint32 }
)

// pathMTUs is a modern stream, interfaces an old one.
var pathMTUs = vpp.NewMethod[pathMTUGet, pathMTU]("ip_path_mtu_get")

// setPathMTUs gives n addresses a path MTU of 1001 and so on, until the test ends.
func setPathMTUs(t *testing.T, s *vpp.Session, n int) {
	t.Helper()
	set := func(ctx context.Context, i, mtu int) error {
		_, err := vpp.Invoke(ctx, s, "ip_path_mtu_update", map[string]any{"pmtu": map[string]any{
			"nh": fmt.Sprintf("198.51.100.%d", i+1), "path_mtu": mtu,
		}})
		return err
	}
	for i := range n {
		must(t, set(soon(t), i, 1001+i))
	}
	t.Cleanup(func() {
		for i := range n {
			_ = set(context.Background(), i, 0)
		}
	})
}

// Old and modern streams, typed and by name, on any VPP.
func TestStreams(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		s := dial(t, socket)
		ctx := soon(t)
		want := map[uint32]bool{loopback(t, s): true, loopback(t, s): true}
		n := 0
		var kept []*swInterfaceDetails
		for d, err := range interfaces.Dump(ctx, s, &allInterfaces) {
			must(t, err)
			kept = append(kept, d)
		}
		for _, d := range kept { // each is fresh
			if want[d.SwIfIndex] && strings.HasPrefix(d.InterfaceName, "loop") {
				n++
			}
		}
		if n != 2 {
			t.Errorf("%d of 2 loopbacks in the dump", n)
		}
		all := len(kept)
		n = 0
		var d swInterfaceDetails
		for err := range interfaces.Scan(ctx, s, &allInterfaces, &d) {
			must(t, err)
			n++
		}
		if n != all {
			t.Errorf("Scan: %d of %d", n, all)
		}
		n = 0
		for d, err := range vpp.InvokeStream(ctx, s, "sw_interface_dump", nil) {
			must(t, err)
			if d["interface_name"] == "" {
				t.Errorf("an interface without a name: %v", d)
			}
			n++
		}
		if n != all {
			t.Errorf("by name: %d of %d", n, all)
		}
		n = 0
		for line, err := range vpp.InvokeStreamJSON(ctx, s, "sw_interface_dump", nil) {
			must(t, err)
			if !strings.Contains(string(line), `"interface_name":"`) {
				t.Errorf("an interface without a name: %s", line)
			}
			n++
		}
		if n != all {
			t.Errorf("in JSON: %d of %d", n, all)
		}
		for i, err := range interfaces.Dump(ctx, s, &swInterfaceDump{SwIfIndex: 1 << 30}) {
			t.Errorf("an interface that does not exist: %v, %v", i, err)
		}

		setPathMTUs(t, s, 3)
		sum := 0
		for d, err := range pathMTUs.Dump(ctx, s, nil) {
			must(t, err)
			if d.Pmtu.PathMtu > 1000 && d.Pmtu.PathMtu < 1100 {
				sum += int(d.Pmtu.PathMtu)
			}
		}
		if sum != 1001+1002+1003 {
			t.Errorf("the path MTUs add up to %d", sum)
		}
	})
}

// A modern stream's cursor is followed until it is done.
func TestCursor(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t, vpptest.WithStreamPage(3))
	s := dial(t, v.Socket())
	setPathMTUs(t, s, 10)
	for name, dump := range map[string]func() (int, error){
		"typed": func() (n int, last error) {
			for _, last = range pathMTUs.Dump(soon(t), s, nil) {
				n++
			}
			return n, last
		},
		"by name": func() (n int, last error) {
			for _, last = range vpp.InvokeStream(soon(t), s, "ip_path_mtu_get", nil) {
				n++
			}
			return n, last
		},
		"raw": func() (n int, last error) {
			for _, last = range pathMTUs.Raw().Dump(soon(t), s, nil) {
				n++
			}
			return n, last
		},
	} {
		before := v.Calls("ip_path_mtu_get")
		n, err := dump()
		if n != 10 || err != nil {
			t.Errorf("%s: %d entries (%v)", name, n, err)
		}
		if calls := v.Calls("ip_path_mtu_get") - before; calls != 4 {
			t.Errorf("%s: %d requests", name, calls)
		}
	}
	for _, err := range pathMTUs.Dump(soon(t), s, nil) { // leave in the second page
		must(t, err)
		if v.Calls("ip_path_mtu_get") > 13 {
			break
		}
	}
	ping(t, s)
	n := 0
	for _, err := range pathMTUs.Dump(soon(t), s, &pathMTUGet{Cursor: 12345}) { // a cursor of the caller's own
		outcome(t, "a bad cursor", err, vpp.ErrRefused)
		n++
	}
	if n != 1 {
		t.Errorf("%d steps with a bad cursor", n)
	}
}

// A stream that is refused, or whose last reply is odd, says so after what came.
func TestStreamRefused(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	setPathMTUs(t, s, 5)
	ctx := soon(t)
	again := func(m [][]byte) [][]byte { // EAGAIN and no cursor
		last := m[len(m)-1]
		binary.BigEndian.PutUint32(last[6:], 0xffffff5b)
		binary.BigEndian.PutUint32(last[10:], 0)
		return m
	}
	says := func(retval int32) func(m [][]byte) [][]byte {
		return func(m [][]byte) [][]byte {
			binary.BigEndian.PutUint32(m[len(m)-1][6:], uint32(retval))
			return m
		}
	}
	for _, c := range []struct {
		name  string
		fault *vpptest.Fault
		count int
		want  error
		raw   error
	}{
		{"at once", vpptest.Refuse("ip_path_mtu_get", -3), 0, vpp.ErrRefused, nil},
		{"at the end", vpptest.Rewrite("ip_path_mtu_get", says(-6)), 5, vpp.ErrRefused, nil},
		{"positive", vpptest.Rewrite("ip_path_mtu_get", says(1)), 5, vpp.ErrRefused, nil},
		{"without a cursor", vpptest.Rewrite("ip_path_mtu_get", again), 5, vpp.ErrRefused, vpp.ErrRefused},
	} {
		v.Fault(c.fault)
		for raw, method := range map[bool]*vpp.Method[pathMTUGet, pathMTU]{false: pathMTUs, true: pathMTUs.Raw()} {
			n, last := 0, error(nil)
			for d, err := range method.Dump(ctx, s, nil) {
				if last = err; err == nil && d.Pmtu.PathMtu != 0 {
					n++
				}
			}
			want := c.want
			if raw {
				want = c.raw
			}
			outcome(t, fmt.Sprintf("%s, raw %v", c.name, raw), last, want)
			if n != c.count {
				t.Errorf("%s, raw %v: %d entries", c.name, raw, n)
			}
		}
		last := error(nil)
		for _, last = range vpp.InvokeStream(ctx, s, "ip_path_mtu_get", nil, vpp.Raw()) { //nolint:revive // the last counts
		}
		outcome(t, c.name+", by name, raw", last, c.raw)
		v.ClearFaults()
		ping(t, s)
	}
}

// What comes in a stream that does not belong there ends it, and only it.
func TestStreamOdd(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	setPathMTUs(t, s, 2)
	ctx := soon(t)
	become := func(name string) func(m [][]byte) [][]byte {
		id := v.MessageID(name)
		return func(m [][]byte) [][]byte {
			binary.BigEndian.PutUint16(m[0], id)
			return m
		}
	}
	for _, c := range []struct {
		name, request string
		fault         *vpptest.Fault
		outcome, want error
	}{
		{"another message", "sw_interface_dump", vpptest.Rewrite("sw_interface_dump", become("ip_path_mtu_details")), vpp.ErrUnknown, vpp.ErrProtocol},
		{"another message in a modern one", "ip_path_mtu_get", vpptest.Rewrite("ip_path_mtu_get", become("sw_interface_details")), vpp.ErrUnknown, vpp.ErrProtocol},
		{"another message for the ping", "sw_interface_dump", vpptest.Rewrite("control_ping", become("sw_interface_details")), vpp.ErrUnknown, vpp.ErrProtocol},
		{"a truncated message", "sw_interface_dump", vpptest.Truncate("sw_interface_dump", 30), vpp.ErrUnknown, binproto.ErrTruncated},
		{"a reply that says no", "sw_interface_dump", vpptest.Rewrite("sw_interface_dump", func(m [][]byte) [][]byte {
			reply := binary.BigEndian.AppendUint16(nil, v.MessageID("show_version_reply"))
			reply = append(reply, m[0][2:6]...)
			return [][]byte{append(reply, 0xff, 0xff, 0xff, 0xfd)}
		}), vpp.ErrRefused, &vpp.RetvalError{Retval: -3}},
	} {
		v.Fault(c.fault)
		last := error(nil)
		for _, last = range vpp.InvokeStream(ctx, s, c.request, nil) { //nolint:revive // the last counts
		}
		v.ClearFaults()
		outcome(t, c.name, last, c.outcome)
		if !errors.Is(last, c.want) {
			t.Errorf("%s: %v", c.name, last)
		}
		useAll(t, s)
	}
}

// A stream that stops is not taken for one that is complete.
func TestStreamCut(t *testing.T) {
	t.Parallel()
	t.Run("lost ping", func(t *testing.T) {
		t.Parallel()
		v := vpptest.Start(t)
		s := dial(t, v.Socket(), timeout(short))
		v.Fault(vpptest.LoseReply("control_ping").Times(1))
		n, last := 0, error(nil)
		for _, err := range interfaces.Dump(context.Background(), s, &allInterfaces) {
			if last = err; err == nil {
				n++
			}
		}
		outcome(t, "a lost end", last, vpp.ErrUnknown)
		if n != 1 || !errors.Is(last, vpp.ErrTimeout) {
			t.Errorf("%d interfaces and then %v", n, last)
		}
		ping(t, s)
	})
	t.Run("connection", func(t *testing.T) {
		t.Parallel()
		v := vpptest.Start(t)
		s := dial(t, v.Socket())
		v.Fault(vpptest.CutBefore("control_ping"))
		n, last := 0, error(nil)
		for _, err := range interfaces.Dump(soon(t), s, &allInterfaces) {
			if last = err; err == nil {
				n++
			}
		}
		outcome(t, "a lost connection", last, vpp.ErrUnknown)
		if n != 1 || !errors.Is(last, vpp.ErrDisconnected) {
			t.Errorf("%d interfaces and then %v", n, last)
		}
		for _, err := range interfaces.Dump(soon(t), s, &allInterfaces) {
			outcome(t, "a dump after that", err, vpp.ErrRefused)
		}
	})
	t.Run("closed by the consumer", func(t *testing.T) {
		t.Parallel()
		v := vpptest.Start(t)
		s := dial(t, v.Socket())
		fill(t, s, 500)
		last := error(nil)
		for _, err := range routeDump.Dump(soon(t), s, nil) {
			if last = err; err == nil {
				_ = s.Close()
			}
		}
		if last != nil { // all of it may have been there
			outcome(t, "a closed session", last, vpp.ErrUnknown)
		}
	})
}

// fill adds n routes.
func fill(t testing.TB, s *vpp.Session, n int) {
	t.Helper()
	b, err := routeAddDel.Batch(soon(t), s, func(_ int, _ *retval, err error) { must(t, err) })
	must(t, err)
	for i := range n {
		q := route(i, 0)
		must(t, b.Add(&q))
	}
	must(t, b.Wait())
}

// A consumer that leaves early leaves the session usable at once; what comes of
// its stream is dropped.
func TestStreamBreak(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket(), func(o *vpp.Options) { o.MaxInFlight = 8 })
	fill(t, s, 2000)
	for range 50 {
		n := 0
		for _, err := range routeDump.Dump(soon(t), s, nil) {
			must(t, err)
			if n++; n == 3 {
				break
			}
		}
		r, err := showVersion.Call(soon(t), s, nil)
		if err != nil || r.Version == "" {
			t.Fatalf("a call after a broken dump: %v (%v)", r, err)
		}
	}
	n := 0
	for _, err := range routeDump.Dump(soon(t), s, nil) {
		must(t, err)
		n++
	}
	if n < 2000 {
		t.Errorf("a dump after broken ones has %d of 2000 routes", n)
	}
	if st := s.Stats().Snapshot(); st.Late == 0 || st.InFlight != 0 {
		t.Errorf("%d late and %d in flight", st.Late, st.InFlight)
	}
}

// A consumer that stops reading costs memory up to the bound, then its stream
// ends with an error. Nobody else notices.
func TestSlowConsumer(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	const bound = 100 << 10
	s := dial(t, v.Socket(), func(o *vpp.Options) { o.StreamBuffer = bound })
	fill(t, s, 5000) // more than 1 MB of details
	n, last := 0, error(nil)
	for _, err := range routeDump.Dump(soon(t), s, nil) {
		if n == 0 {
			for range 100 { // all the rest of it comes meanwhile
				ping(t, s)
			}
		}
		if last = err; err == nil {
			n++
		}
	}
	outcome(t, "a slow consumer", last, vpp.ErrUnknown)
	if !errors.Is(last, vpp.ErrSlowConsumer) {
		t.Errorf("a slow consumer: %v", last)
	}
	if n == 0 || n > bound/100 {
		t.Errorf("%d routes were kept in %d bytes", n, bound)
	}
	if st := s.Stats().Snapshot(); st.Dropped != 1 {
		t.Errorf("%d streams dropped", st.Dropped)
	}
	n = 0
	for _, err := range vpp.InvokeStream(soon(t), s, "sw_interface_dump", nil) {
		must(t, err)
		n++
	}
	if n != 1 {
		t.Errorf("the next dump has %d interfaces", n)
	}
}

// The context of a stream ends it, also between messages.
func TestStreamContext(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	fill(t, s, 3000)
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	n, last := 0, error(nil)
	for _, err := range routeDump.Dump(ctx, s, nil) {
		if last = err; err == nil {
			n++
		}
		cancel()
	}
	outcome(t, "cancelled", last, vpp.ErrUnknown)
	if n == 0 || n >= 3000 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d routes and then %v", n, last)
	}
	ping(t, s)
}

// A stream's timeout runs from one message to the next, so that a long dump
// needs none of its own.
func TestStreamTimeout(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t, vpptest.WithStreamPage(1))
	s := dial(t, v.Socket(), timeout(short))
	setPathMTUs(t, s, 8)
	v.Fault(vpptest.Delay("ip_path_mtu_get", short/4)) // two timeouts in all
	n := 0
	for _, err := range pathMTUs.Dump(context.Background(), s, nil) {
		must(t, err)
		n++
	}
	if n != 8 {
		t.Errorf("%d entries", n)
	}
}
