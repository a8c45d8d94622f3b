package vpptest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func await(t *testing.T, v *VPP, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := v.Await(ctx, condition); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// Frames may come byte by byte or many at once, and the replies keep order.
func TestFraming(t *testing.T) {
	t.Parallel()
	c := dial(t, Start(t).Socket())
	one := frame(encode(c, "control_ping", empty{}))
	first := c.context
	for i := range one {
		if _, err := c.conn.Write(one[i : i+1]); err != nil {
			t.Fatal(err)
		}
	}
	expect[controlPingReply](c, "control_ping_reply", first)

	const many = 5000
	var all []byte
	for range many {
		all = append(all, frame(encode(c, "control_ping", empty{}))...)
	}
	go func() {
		if _, err := c.conn.Write(all); err != nil {
			t.Error(err)
		}
	}()
	for i := range uint32(many) {
		expect[controlPingReply](c, "control_ping_reply", first+1+i)
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c := dial(t, v.Socket())
	if c.index != 0x80000001 {
		t.Errorf("first client_index %#x", c.index)
	}
	if id := c.ids["get_api_json_51077d14"]; id != 27 {
		t.Errorf("get_api_json has id %d", id)
	}
	if !slices.Contains(v.Clients(), Client{c.index, "test"}) {
		t.Errorf("clients %v", v.Clients())
	}
	second := dial(t, v.Socket())
	if second.index != 0x80000002 {
		t.Errorf("second client_index %#x", second.index)
	}
	// An index is free at once, the one freed last the first to be given.
	c.goodbye()
	await(t, v, "goodbye", func() bool { return len(v.Clients()) == 1 })
	if third := dial(t, v.Socket()); third.index != 0x80000001 {
		t.Errorf("third client_index %#x", third.index)
	}
}

// Without a goodbye VPP notices the end of the connection, and the client's
// events end with it.
func TestClientLeavesWithoutGoodbye(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c := dial(t, v.Socket())
	retval(c, "want_interface_events", wantInterfaceEvents{c.index, 1, 1})
	_ = c.conn.Close()
	await(t, v, "client gone", func() bool { return len(v.Clients()) == 0 })
	c = dial(t, v.Socket())
	if r := retval(c, "want_interface_events", wantInterfaceEvents{c.index, 1, 1}); r != 0 {
		t.Errorf("want_interface_events of a new client: %d", r)
	}
}

// A client that VPP keeps after its death goes when VPP next writes to it.
func TestLingeringClient(t *testing.T) {
	t.Parallel()
	v := Start(t, WithLingeringClients())
	dead, c := dial(t, v.Socket()), dial(t, v.Socket())
	_ = dead.conn.Close()
	await(t, v, "end of the connection", func() bool {
		b := v.current()
		b.main.Lock()
		defer b.main.Unlock()
		d := b.clientAt(dead.index)
		return d != nil && d.isGone()
	})
	if n := len(v.Clients()); n != 2 {
		t.Fatalf("%d clients", n)
	}
	ping := encode(c, "control_ping", empty{})
	binary.BigEndian.PutUint32(ping[2:], dead.index)
	c.put(ping)
	c.ping()
	if n := len(v.Clients()); n != 1 {
		t.Errorf("%d clients after the ping in its name", n)
	}
}

// VPP says nothing to what it does not understand, and goes on.
func TestSilence(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c := dial(t, v.Socket())
	for name, m := range map[string][]byte{
		"empty":           {},
		"one byte":        {0},
		"unknown id":      {0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 2},
		"id 0":            make([]byte, 10),
		"reply":           append([]byte{0, 24}, make([]byte, 16)...),
		"truncated":       encode(c, "control_ping", empty{})[:6],
		"short array":     encode(c, "ip_route_add_del_v2", ipRouteAddDel{Route: wireRoute{Paths: make([]wirePath, 2)}})[:60],
		"keepalive":       encode(c, "memclnt_keepalive", empty{}),
		"oversized count": countOf(encode(c, "ip_route_add_del_v2", ipRouteAddDel{}), 200),
	} {
		before := v.Ignored()
		if err := c.write(m); err != nil {
			t.Fatal(err)
		}
		c.ping()
		if v.Ignored() != before+1 {
			t.Errorf("%s: not ignored", name)
		}
	}
}

// countOf claims that a route request has n paths.
func countOf(m []byte, n byte) []byte {
	m[len(m)-2] = n
	return m
}

// A reply goes to whom the request's client_index names; VPP acts even if that
// is nobody.
func TestClientIndexIsTrusted(t *testing.T) {
	t.Parallel()
	v := Start(t)
	a, b := dial(t, v.Socket()), dial(t, v.Socket())
	for _, index := range []uint32{0x80000099, 0x80000000, 5} {
		m := encode(a, "create_loopback", createLoopback{})
		binary.BigEndian.PutUint32(m[2:], index)
		a.put(m)
	}
	a.ping()
	if n := v.Calls("create_loopback"); n != 3 {
		t.Errorf("%d calls acted", n)
	}
	m := encode(a, "control_ping", empty{})
	context := a.context
	binary.BigEndian.PutUint32(m[2:], b.index)
	a.put(m)
	expect[controlPingReply](b, "control_ping_reply", context)
	a.ping()
}

// One that does not read stops nobody.
func TestClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	v := Start(t)
	lazy, c := dial(t, v.Socket()), dial(t, v.Socket())
	const dumps = 300 // 10 MB, far more than a socket takes
	for range dumps {
		if err := lazy.write(encode(lazy, "get_api_json", empty{})); err != nil {
			t.Fatal(err)
		}
	}
	await(t, v, "requests", func() bool { return v.Calls("get_api_json") == dumps })
	c.ping()
	for range dumps {
		if name, _, _ := lazy.next(); name != "get_api_json_reply" {
			t.Fatalf("got %s", name)
		}
	}
	lazy.ping()
}

// Each boot has other ids, another pid, and knows nothing.
func TestRestart(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c := dial(t, v.Socket())
	pid, id := c.ping().VpePid, c.id("show_version")
	ask[swIfIndexReply](c, "create_loopback", createLoopback{})
	ask[fibSourceAddReply](c, "fib_source_add", fibSourceAdd{wireFIBSource{Name: "x", Priority: 1}})
	if pid != v.PID() || id != v.MessageID("show_version") || v.Boot() != 1 {
		t.Error("VPP and client differ")
	}
	if err := v.Restart(WithRelease("25.10-release")); err != nil {
		t.Fatal(err)
	}
	c.wantClosed()
	c = dial(t, v.Socket())
	if p := c.ping().VpePid; p == pid || p != v.PID() {
		t.Errorf("pid %d after %d", p, pid)
	}
	if i := c.id("show_version"); i == id {
		t.Errorf("show_version kept id %d", i)
	}
	if r := ask[showVersionReply](c, "show_version", empty{}); r.Version != "25.10-release" {
		t.Errorf("version %q", r.Version)
	}
	if n := len(dump[swInterfaceDetails](c, "sw_interface_dump", "sw_interface_details", swInterfaceDump{SwIfIndex: none})); n != 1 {
		t.Errorf("%d interfaces", n)
	}
	for _, d := range dump[fibSourceDetails](c, "fib_source_dump", "fib_source_details", empty{}) {
		if d.Src.Name == "x" {
			t.Error("the FIB source is still there")
		}
	}
	if v.Boot() != 2 || v.Calls("create_loopback") != 0 {
		t.Errorf("boot %d, %d calls", v.Boot(), v.Calls("create_loopback"))
	}
}

// What a boot lacks is in neither table nor JSON, and its id is nobody's.
func TestMissingPlugin(t *testing.T) {
	t.Parallel()
	v := Start(t, WithoutModule("lldp"), WithoutMessage("ip_route_add_del_v2"), WithCRC("show_version", 0xabcdef01))
	c := dial(t, v.Socket())
	has := func(name string) bool {
		for n := range c.ids {
			if strings.HasPrefix(n, name+"_") && len(n) == len(name)+9 {
				return true
			}
		}
		return false
	}
	for _, name := range []string{"lldp_dump", "lldp_details", "ip_route_add_del_v2"} {
		if has(name) || v.MessageID(name) != 0 {
			t.Errorf("%s is there", name)
		}
	}
	if !has("ip_route_add_del") {
		t.Error("ip_route_add_del is missing")
	}
	id, ok := c.ids["show_version_abcdef01"]
	if !ok {
		t.Fatal("show_version kept its CRC")
	}
	c.context++
	m := binary.BigEndian.AppendUint16(nil, id)
	m = binary.BigEndian.AppendUint32(m, c.index)
	c.put(binary.BigEndian.AppendUint32(m, c.context))
	expect[showVersionReply](c, "show_version_reply", c.context)

	text := string(ask[getAPIJSONReply](c, "get_api_json", empty{}).JSON)
	if strings.Contains(text, "lldp") || strings.Contains(text, `"ip_route_add_del_v2"`+`,`) || !strings.Contains(text, "0xabcdef01") {
		t.Error("the JSON differs from the table")
	}
	if err := v.Restart(WithoutMessage("get_api_json")); err != nil {
		t.Fatal(err)
	}
	c = dial(t, v.Socket())
	if has("get_api_json") {
		t.Error("get_api_json is there")
	}
	c.put([]byte{0, 27, 0x80, 0, 0, 1, 0, 0, 0, 9})
	c.ping() // and not its reply
}

// A frozen VPP takes no more than the sockets hold, and goes on where it was.
func TestFreeze(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c := dial(t, v.Socket())
	c.ping()
	v.Freeze()
	v.Freeze()
	context := send(c, "control_ping", empty{})
	late := make(chan *testClient)
	go func() { // the kernel accepts, VPP does not answer
		c := connect(t, v.Socket())
		if err := c.handshake("late"); err != nil {
			t.Error(err)
		}
		late <- c
	}()
	// VPP reads nothing, so this ends by the deadline.
	if err := c.conn.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	ping := frame(encode(c, "control_ping", empty{}))
	var pings, partial int
	for {
		n, err := c.conn.Write(ping)
		if err != nil {
			partial = n
			break
		}
		pings++
	}
	if n := v.Calls("control_ping"); n != 1 {
		t.Errorf("%d pings while frozen", n)
	}
	if err := c.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	v.Thaw()
	v.Thaw()
	if partial > 0 {
		c.putRaw(ping[partial:])
		pings++
	}
	expect[controlPingReply](c, "control_ping_reply", context)
	for range pings {
		expect[controlPingReply](c, "control_ping_reply", c.context)
	}
	(<-late).ping()
}

// A restart thaws; stopping works in every state, twice.
func TestStopWhateverHappens(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, v *VPP){
		"idle":   func(*testing.T, *VPP) {},
		"frozen": func(t *testing.T, v *VPP) { dial(t, v.Socket()); v.Freeze() },
		"crashed": func(t *testing.T, v *VPP) {
			v.Crash()
			if _, err := (&net.Dialer{}).DialContext(t.Context(), "unix", v.Socket()); err == nil {
				t.Error("a dead VPP accepts")
			}
		},
		"held": func(t *testing.T, v *VPP) {
			f := v.Fault(Hold("control_ping"))
			send(dial(t, v.Socket()), "control_ping", empty{})
			<-f.Fired()
		},
		"delayed": func(t *testing.T, v *VPP) {
			f := v.Fault(Delay("control_ping", time.Hour))
			send(dial(t, v.Socket()), "control_ping", empty{})
			<-f.Fired()
		},
		"restarted frozen": func(t *testing.T, v *VPP) {
			v.Freeze()
			if err := v.Restart(); err != nil {
				t.Error(err)
			}
			dial(t, v.Socket()).ping()
		},
		"unread": func(t *testing.T, v *VPP) {
			c := dial(t, v.Socket())
			for range 100 {
				send(c, "get_api_json", empty{})
			}
			await(t, v, "requests", func() bool { return v.Calls("get_api_json") == 100 })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := New()
			if err != nil {
				t.Fatal(err)
			}
			prepare(t, v)
			v.Stop()
			v.Stop()
			if _, err := os.Stat(v.Socket()); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("socket after Stop: %v", err)
			}
			if err := v.Restart(); !errors.Is(err, ErrStopped) {
				t.Errorf("restart after Stop: %v", err)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	if v, err := New(WithSocket("/nonexistent/api.sock")); err == nil {
		v.Stop()
		t.Error("a socket in no directory")
	}
	if v, err := New(WithSocket(t.TempDir())); err != nil {
		t.Logf("a directory as socket: %v", err) // an empty one is replaced
	} else {
		v.Stop()
	}
	tb := &recorder{}
	if v := Start(tb, WithSocket("/nonexistent/api.sock")); v != nil || tb.fatal == "" {
		t.Error("Start did not fail the test")
	}
}

type recorder struct{ fatal string }

func (*recorder) Helper()                        {}
func (r *recorder) Fatalf(f string, args ...any) { r.fatal = fmt.Sprintf(f, args...) }
func (*recorder) Cleanup(func())                 {}

func TestAwaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	v := Start(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := v.Await(ctx, func() bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Requests that a real VPP does not survive.
func TestLethal(t *testing.T) {
	t.Parallel()
	route := func(m ipRouteAddDel) func(*testing.T, *testClient) []byte {
		return func(_ *testing.T, c *testClient) []byte {
			m.IsAdd = true
			return encode(c, "ip_route_add_del_v2", m)
		}
	}
	withPath := func(p wirePath) func(*testing.T, *testClient) []byte {
		return route(ipRouteAddDel{Route: wireRoute{Prefix: wirePrefix{Len: 8}, Paths: []wirePath{p}}})
	}
	for name, request := range map[string]func(*testing.T, *testClient) []byte{
		"sockclnt_delete of another": func(t *testing.T, c *testClient) []byte {
			return encode(c, "sockclnt_delete", sockclntDelete{c.index + 1})
		},
		"rpc_call":                    func(_ *testing.T, c *testClient) []byte { return encode(c, "rpc_call", empty{}) },
		"memclnt_create":              func(_ *testing.T, c *testClient) []byte { return encode(c, "memclnt_create_v2", empty{}) },
		"UDP encap":                   withPath(wirePath{Type: pathTypeUDPEncap}),
		"BIER":                        withPath(wirePath{Type: pathTypeBIERImp}),
		"LOCAL, no such interface":    withPath(wirePath{Type: pathTypeLocal, SwIfIndex: 77}),
		"MPLS next hop":               withPath(wirePath{Proto: protoMPLS, SwIfIndex: none}),
		"Ethernet, no such interface": withPath(wirePath{Proto: protoEthernet, SwIfIndex: 77}),
		"path added for an unregistered source": route(ipRouteAddDel{IsMultipath: true, Route: wireRoute{
			Src: 250, Paths: []wirePath{{Type: pathTypeDrop}}}}),
		"a route's own last lock": func(t *testing.T, c *testClient) []byte {
			table := wireTable{TableID: 7}
			m := ipRouteAddDel{IsAdd: true, Route: wireRoute{TableID: 7, Prefix: wirePrefix{Len: 8}, Paths: []wirePath{
				{SwIfIndex: none, TableID: 7, Nh: wireNextHop{Address: address{9, 9, 9, 9}}}}}}
			retval(c, "ip_table_add_del_v2", ipTableAddDel{true, table})
			ask[ipRouteAddDelReply](c, "ip_route_add_del_v2", m)
			retval(c, "ip_table_add_del_v2", ipTableAddDel{false, table})
			m.IsAdd = false
			return encode(c, "ip_route_add_del_v2", m)
		},
		"a table with a path MTU": func(t *testing.T, c *testClient) []byte {
			table := wireTable{TableID: 7}
			mtu := wirePathMTU{7, wireAddress{Un: address{9, 9, 9, 9}}, 1400}
			retval(c, "ip_table_add_del_v2", ipTableAddDel{true, table})
			retval(c, "ip_path_mtu_update", ipPathMTU{mtu})
			mtu.PathMTU = 0
			retval(c, "ip_path_mtu_update", ipPathMTU{mtu})
			return encode(c, "ip_table_add_del_v2", ipTableAddDel{false, table})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := Start(t)
			c := dial(t, v.Socket())
			dial(t, v.Socket())
			c.put(request(t, c))
			c.wantClosed()
			if v.Crashed() == "" {
				t.Error("VPP lives")
			}
			if err := v.Restart(); err != nil {
				t.Fatal(err)
			}
			if v.Crashed() != "" {
				t.Error("the next boot is dead as well")
			}
			dial(t, v.Socket()).ping()
		})
	}
	t.Run("frame length", func(t *testing.T) {
		t.Parallel()
		v := Start(t)
		c := dial(t, v.Socket())
		c.putRaw([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 0})
		c.wantClosed()
		if v.Crashed() == "" {
			t.Error("VPP lives")
		}
	})
}

// A route of a source that nobody registered drops.
func TestUnregisteredSource(t *testing.T) {
	t.Parallel()
	c := dial(t, Start(t).Socket())
	m := ipRouteAddDel{IsAdd: true, Route: wireRoute{Src: 250, Prefix: wirePrefix{Address: wireAddress{Un: address{10}}, Len: 8},
		Paths: []wirePath{{SwIfIndex: none, Nh: wireNextHop{Address: address{9, 9, 9, 9}}}}}}
	if r := ask[ipRouteAddDelReply](c, "ip_route_add_del_v2", m); r.Retval != 0 {
		t.Fatalf("retval %d", r.Retval)
	}
	got := dump[ipRouteDetails](c, "ip_route_v2_dump", "ip_route_v2_details", ipRouteDump{Src: 250})
	if len(got) != 1 || got[0].Route.Paths[0].Type != pathTypeDrop {
		t.Errorf("routes %+v", got)
	}
}

// FIB source ids end; what comes then has an invalid one and no error.
func TestSourcesEnd(t *testing.T) {
	t.Parallel()
	c := dial(t, Start(t).Socket())
	last := uint8(0)
	for {
		r := ask[fibSourceAddReply](c, "fib_source_add", fibSourceAdd{wireFIBSource{Name: "same", Priority: 130}})
		if r.Retval != 0 {
			t.Fatalf("retval %d", r.Retval)
		}
		if r.ID == 0 {
			break
		}
		last = r.ID
	}
	if last != 254 {
		t.Errorf("last id %d", last)
	}
}

// A modern stream comes in pages.
func TestStreamPages(t *testing.T) {
	t.Parallel()
	c := dial(t, Start(t, WithStreamPage(10)).Socket())
	const entries = 35
	for i := range entries {
		retval(c, "ip_path_mtu_update", ipPathMTU{wirePathMTU{0, wireAddress{Un: address{9, 9, 9, byte(i)}}, 1400}})
	}
	seen, pages, at := map[byte]bool{}, 0, uint32(0)
	for {
		context := send(c, "ip_path_mtu_get", cursor{at})
		var r cursorReply
		for {
			name, ctx, b := c.next()
			if ctx != context {
				t.Fatalf("got %s for %d", name, ctx)
			}
			if name == "ip_path_mtu_get_reply" {
				r = decode[cursorReply](c, name, b)
				break
			}
			seen[decode[ipPathMTU](c, name, b).Pmtu.Nh.Un[3]] = true
		}
		pages++
		if r.Retval == 0 {
			if r.Cursor != none {
				t.Errorf("last cursor %d", r.Cursor)
			}
			break
		}
		if r.Retval != retEagain {
			t.Fatalf("retval %d", r.Retval)
		}
		at = r.Cursor
	}
	if len(seen) != entries || pages != 4 {
		t.Errorf("%d entries in %d pages", len(seen), pages)
	}
}

// What happens within one read of VPP's is one event, or-ed together.
func TestEventsCoalesce(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c := dial(t, v.Socket())
	retval(c, "want_interface_events", wantInterfaceEvents{c.index, 1, 5})
	sw := ask[swIfIndexReply](c, "create_loopback", createLoopback{}).SwIfIndex
	c.event()
	var flaps []byte
	for i := range 20 {
		flaps = append(flaps, frame(encode(c, "sw_interface_set_flags", swInterfaceSetFlags{sw, uint32(1 - i%2)}))...)
	}
	f := v.Fault(Hold("control_ping").Times(1)) // so that all flaps are in one read
	other := dial(t, v.Socket())
	send(other, "control_ping", empty{})
	<-f.Fired()
	c.putRaw(flaps)
	f.Release()
	for range 20 {
		c.next()
	}
	if e := c.event(); e.Flags != adminUp|linkUp || e.Deleted || e.SwIfIndex != sw {
		t.Errorf("event %+v", e)
	}
	c.ping()
	if len(c.events) > 0 {
		t.Errorf("%d events more", len(c.events))
	}
}
