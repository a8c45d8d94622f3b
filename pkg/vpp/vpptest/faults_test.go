package vpptest

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"
)

func loopbacks(c *testClient) int {
	return len(dump[swInterfaceDetails](c, "sw_interface_dump", "sw_interface_details", swInterfaceDump{SwIfIndex: none})) - 1
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c := dial(t, v.Socket())
	f := v.Fault(Refuse("create_loopback", -12).Times(2).After(1))
	for i, want := range []int32{0, -12, -12, 0} {
		if r := ask[swIfIndexReply](c, "create_loopback", createLoopback{}); r.Retval != want {
			t.Errorf("call %d: retval %d, want %d", i, r.Retval, want)
		}
	}
	if n := loopbacks(c); n != 2 || f.Hits() != 2 || v.Calls("create_loopback") != 2 {
		t.Errorf("%d loopbacks, %d hits, %d calls", n, f.Hits(), v.Calls("create_loopback"))
	}
	// A dump has no retval to refuse with: it is as if it was lost.
	v.Fault(Refuse("sw_interface_*", -1))
	if n := loopbacks(c); n != -1 {
		t.Errorf("%d loopbacks in a refused dump", n)
	}
	if r := retval(c, "sw_interface_set_mtu", swInterfaceSetMTU{}); r != -1 {
		t.Errorf("retval %d", r)
	}
	v.ClearFaults()
	if n := loopbacks(c); n != 2 {
		t.Errorf("%d loopbacks after the faults are cleared", n)
	}
}

func TestLose(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c := dial(t, v.Socket())
	v.Fault(LoseRequest("create_loopback").Times(1))
	send(c, "create_loopback", createLoopback{})
	if n := loopbacks(c); n != 0 {
		t.Errorf("%d loopbacks after a lost request", n)
	}
	f := v.Fault(LoseReply("create_loopback"))
	send(c, "create_loopback", createLoopback{})
	if n := loopbacks(c); n != 1 {
		t.Errorf("%d loopbacks after a lost reply", n)
	}
	f.Remove()
	ask[swIfIndexReply](c, "create_loopback", createLoopback{})

	retval(c, "want_interface_events", wantInterfaceEvents{c.index, 1, 1})
	v.Fault(LoseReply("sw_interface_event").Times(1))
	retval(c, "delete_loopback", swIfIndex{1})
	retval(c, "delete_loopback", swIfIndex{2})
	if e := c.event(); e.SwIfIndex != 2 {
		t.Errorf("event of %d", e.SwIfIndex)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	v := Start(t)
	for _, f := range []struct {
		fault *Fault
		acts  int
	}{{CutBefore("create_loopback"), 0}, {CutAfter("create_loopback"), 1}, {CutInFrame("create_loopback"), 2}} {
		c := dial(t, v.Socket())
		f.fault.Times(1)
		v.Fault(f.fault)
		// What was answered before arrives, and nothing behind.
		ping := encode(c, "control_ping", empty{})
		pinged := c.context
		batch := bytes.Join([][]byte{frame(ping), frame(encode(c, "create_loopback", createLoopback{})), frame(ping)}, nil)
		c.putRaw(batch)
		expect[controlPingReply](c, "control_ping_reply", pinged)
		rest := c.wantClosed()
		if whole := 16 + 14; f.fault.what == "cut in frame" && len(rest) != whole/2 || f.fault.what != "cut in frame" && len(rest) > 0 {
			t.Errorf("%s: %d bytes at the end", f.fault.what, len(rest))
		}
		c = dial(t, v.Socket())
		if n := loopbacks(c); n != f.acts {
			t.Errorf("%s: %d loopbacks, want %d", f.fault.what, n, f.acts)
		}
	}
}

func TestCrashAndRestart(t *testing.T) {
	t.Parallel()
	v := Start(t)
	for _, f := range []*Fault{CrashBefore("create_loopback"), CrashAfter("create_loopback")} {
		c := dial(t, v.Socket())
		v.Fault(f.Times(1))
		send(c, "create_loopback", createLoopback{})
		c.wantClosed()
		await(t, v, f.what, func() bool { return v.Crashed() != "" })
		if err := v.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []*Fault{RestartBefore("create_loopback"), RestartAfter("create_loopback")} {
		boot := v.Boot()
		c := dial(t, v.Socket())
		other := dial(t, v.Socket())
		v.Fault(f.Times(1))
		send(c, "create_loopback", createLoopback{})
		c.wantClosed()
		other.wantClosed()
		await(t, v, f.what, func() bool { return v.Boot() == boot+1 })
		if n := loopbacks(dial(t, v.Socket())); n != 0 {
			t.Errorf("%s: %d loopbacks in the next boot", f.what, n)
		}
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c, other := dial(t, v.Socket()), dial(t, v.Socket())
	f := v.Fault(Hold("create_loopback"))
	created := send(c, "create_loopback", createLoopback{})
	<-f.Fired()
	pinged := send(other, "control_ping", empty{})
	if v.Calls("create_loopback") != 0 || v.Calls("control_ping") != 0 {
		t.Error("VPP acts while held")
	}
	f.Release()
	f.Release()
	expect[swIfIndexReply](c, "create_loopback_reply", created)
	expect[controlPingReply](other, "control_ping_reply", pinged)
	ask[swIfIndexReply](c, "create_loopback", createLoopback{}) // Release disarms

	v.Fault(Delay("create_loopback", time.Millisecond))
	ask[swIfIndexReply](c, "create_loopback", createLoopback{})
}

func TestWithhold(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c := dial(t, v.Socket())
	f := v.Fault(Withhold("create_loopback"))
	first := send(c, "create_loopback", createLoopback{})
	second := send(c, "create_loopback", createLoopback{})
	c.ping() // overtakes them
	if n := loopbacks(c); n != 2 {
		t.Errorf("%d loopbacks", n)
	}
	f.Release()
	expect[swIfIndexReply](c, "create_loopback_reply", first)
	expect[swIfIndexReply](c, "create_loopback_reply", second)
	ask[swIfIndexReply](c, "create_loopback", createLoopback{})
}

func TestOutOfOrder(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c := dial(t, v.Socket())
	v.Fault(Swap("create_loopback").Times(1))
	created := send(c, "create_loopback", createLoopback{})
	pinged := send(c, "control_ping", empty{})
	expect[controlPingReply](c, "control_ping_reply", pinged)
	expect[swIfIndexReply](c, "create_loopback_reply", created)

	v.Fault(Duplicate("control_ping").Times(1))
	pinged = send(c, "control_ping", empty{})
	expect[controlPingReply](c, "control_ping_reply", pinged)
	expect[controlPingReply](c, "control_ping_reply", pinged)

	v.Fault(StrangeContext("control_ping").Times(1))
	pinged = send(c, "control_ping", empty{})
	expect[controlPingReply](c, "control_ping_reply", ^pinged)
	expect[controlPingReply](c, "control_ping_reply", pinged)

	v.Fault(StrangeID("control_ping").Times(1))
	pinged = send(c, "control_ping", empty{})
	m, err := c.read()
	if id := binary.BigEndian.Uint16(m); err != nil || c.names[id] != "" {
		t.Errorf("id %d, %v", id, err)
	}
	expect[controlPingReply](c, "control_ping_reply", pinged)

	v.Fault(Truncate("control_ping", 7).Times(1))
	send(c, "control_ping", empty{})
	if m, err := c.read(); err != nil || len(m) != 7 {
		t.Errorf("%d bytes, %v", len(m), err)
	}

	v.Fault(Rewrite("sw_interface_dump", func(replies [][]byte) [][]byte { return replies[:1] }).Times(1))
	if n := loopbacks(c); n != 0 {
		t.Errorf("%d loopbacks in a dump cut short", n)
	}
}

func TestBrokenFrames(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c := dial(t, v.Socket())
	junk := []byte("this is no frame at all")
	v.Fault(Garbage("control_ping", junk).Times(1))
	send(c, "control_ping", empty{})
	got := make([]byte, len(junk))
	if _, err := c.in.Read(got); err != nil || !bytes.Equal(got, junk) {
		t.Errorf("got %q, %v", got, err)
	}

	v.Fault(FrameLength("control_ping", 0xfffffff0).Times(1))
	send(c, "control_ping", empty{})
	header, err := c.in.Peek(16)
	if err != nil || binary.BigEndian.Uint32(header[8:]) != 0xfffffff0 {
		t.Errorf("header % x, %v", header, err)
	}
}

// Faults strike the handshake as any other request.
func TestHandshakeFaults(t *testing.T) {
	t.Parallel()
	v := Start(t)
	silent := v.Fault(LoseRequest("sockclnt_create").Times(1))
	c := connect(t, v.Socket())
	c.put(append([]byte{0, 15, 0, 0, 0, 1}, make([]byte, 64)...))
	<-silent.Fired()
	c.put([]byte{0, 23, 0x80, 0, 0, 1, 0, 0, 0, 9}) // answered, as the connection lives
	if m, err := c.read(); err != nil || m[1] != 24 {
		t.Errorf("got % x, %v", m, err)
	}

	v.Fault(CutInFrame("sockclnt_create").Times(1))
	c = connect(t, v.Socket())
	if err := c.handshake("test"); err == nil {
		t.Error("handshake over a cut connection")
	}
	v.Fault(CutBefore("sockclnt_create").Times(1))
	c = connect(t, v.Socket())
	if err := c.handshake("test"); err == nil {
		t.Error("handshake over a closed connection")
	}
	dial(t, v.Socket()).ping()
}

// Faults survive a restart and are counted over it.
func TestFaultsOutlastBoots(t *testing.T) {
	t.Parallel()
	v := Start(t)
	f := v.Fault(Refuse("*", -5).After(1).Times(3)) // the first handshake passes
	c := dial(t, v.Socket())
	if r := c.ping(); r.VpePid != 0 {
		t.Errorf("ping %+v", r)
	}
	if err := v.Restart(); err != nil {
		t.Fatal(err)
	}
	c = connect(t, v.Socket())
	send := append([]byte{0, 15, 0, 0, 0, 1}, make([]byte, 64)...)
	c.put(send) // no retval to refuse with: lost
	c.put([]byte{0, 23, 0x80, 0, 0, 1, 0, 0, 0, 9})
	if m, err := c.read(); err != nil || m[1] != 24 || int32(binary.BigEndian.Uint32(m[6:])) != -5 {
		t.Errorf("got % x, %v", m, err)
	}
	if f.Hits() != 3 {
		t.Errorf("%d hits", f.Hits())
	}
}
