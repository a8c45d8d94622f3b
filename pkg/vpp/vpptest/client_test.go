package vpptest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// patience bounds what a test waits for; nothing is ever asserted about it.
const patience = 3 * time.Minute

// testClient is as little of a client as the tests need. It speaks to a real
// VPP as well: ids come from the handshake, layouts from the table, whose
// CRCs must match.
type testClient struct {
	t       testing.TB
	conn    net.Conn
	in      *bufio.Reader
	schema  *binproto.Schema
	ids     map[string]uint16 // name_crc → id
	names   map[uint16]string // id → message
	index   uint32
	context uint32
	events  [][]byte // met while waiting for something else
}

var tableOnce = sync.OnceValues(func() (*apiTable, error) { return newAPITable(allKinds()) })

// testTable is the API table, made once for all tests.
func testTable(t testing.TB) *apiTable {
	t.Helper()
	table, err := tableOnce()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// connect opens a connection without a handshake.
func connect(t testing.TB, socket string) *testClient {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "unix", socket)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &testClient{t: t, conn: conn, in: bufio.NewReaderSize(conn, 1<<16), schema: testTable(t).schema, context: 1000}
}

// dial opens a connection and shakes hands.
func dial(t testing.TB, socket string) *testClient {
	t.Helper()
	c := connect(t, socket)
	if err := c.handshake("test"); err != nil {
		t.Fatalf("handshake: %v", err)
	}
	return c
}

func (c *testClient) handshake(name string) error {
	request := make([]byte, 70)
	binary.BigEndian.PutUint16(request, 15)
	binary.BigEndian.PutUint32(request[2:], 0xdecade)
	copy(request[6:], name)
	if err := c.write(request); err != nil {
		return err
	}
	reply, err := c.read()
	if err != nil {
		return err
	}
	codec, err := binproto.Bind[struct {
		Context uint32
		sockclntCreateReply
	}](c.schema.Message("sockclnt_create_reply"))
	if err != nil {
		return err
	}
	var r struct {
		Context uint32
		sockclntCreateReply
	}
	if err := codec.Decode(reply, &r); err != nil {
		return err
	}
	if binary.BigEndian.Uint16(reply) != 16 || r.Context != 0xdecade || r.Response != 0 {
		return fmt.Errorf("reply % x", reply[:14])
	}
	c.index = r.Index
	c.ids, c.names = map[string]uint16{}, map[uint16]string{}
	for _, e := range r.MessageTable {
		c.ids[e.Name] = e.Index
		c.names[e.Index] = e.Name[:strings.LastIndexByte(e.Name, '_')]
	}
	return nil
}

func frame(message []byte) []byte {
	b := make([]byte, 16, 16+len(message))
	binary.BigEndian.PutUint32(b[8:], uint32(len(message)))
	return append(b, message...)
}

func (c *testClient) write(message []byte) error {
	_, err := c.conn.Write(frame(message))
	return err
}

// put is write where it must not fail.
func (c *testClient) put(message []byte) {
	c.t.Helper()
	c.putRaw(frame(message))
}

// putRaw writes bytes that need not be a frame.
func (c *testClient) putRaw(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// read returns the next message.
func (c *testClient) read() ([]byte, error) {
	var header [16]byte
	if _, err := io.ReadFull(c.in, header[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(header[8:])
	if n > 64<<20 {
		return nil, fmt.Errorf("frame of %d bytes", n)
	}
	message := make([]byte, n)
	_, err := io.ReadFull(c.in, message)
	return message, err
}

func (c *testClient) id(name string) uint16 {
	c.t.Helper()
	m := c.schema.Message(name)
	if m == nil {
		c.t.Fatalf("no message %s", name)
	}
	id, ok := c.ids[m.NameCRC()]
	if !ok {
		c.t.Fatalf("VPP has no %s", m.NameCRC())
	}
	return id
}

// encode makes a request with the next context.
func encode[Req any](c *testClient, name string, v Req) []byte {
	c.t.Helper()
	m := c.schema.Message(name)
	codec, err := binproto.Bind[Req](m)
	if err != nil {
		c.t.Fatal(err)
	}
	b, err := codec.Append(nil, &v)
	if err != nil {
		c.t.Fatal(err)
	}
	c.context++
	binary.BigEndian.PutUint16(b, c.id(name))
	if at := m.ClientIndexOffset(); at >= 0 {
		binary.BigEndian.PutUint32(b[at:], c.index)
	}
	binary.BigEndian.PutUint32(b[m.ContextOffset():], c.context)
	return b
}

// send sends a request and returns its context.
func send[Req any](c *testClient, name string, v Req) uint32 {
	c.t.Helper()
	if err := c.write(encode(c, name, v)); err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
	return c.context
}

func decode[T any](c *testClient, name string, b []byte) T {
	c.t.Helper()
	codec, err := binproto.Bind[T](c.schema.Message(name))
	if err != nil {
		c.t.Fatal(err)
	}
	var v T
	if err := codec.Decode(b, &v); err != nil {
		c.t.Fatal(err)
	}
	return v
}

// next reads a message and returns its name and context; events are put
// aside.
func (c *testClient) next() (name string, context uint32, b []byte) {
	c.t.Helper()
	for {
		b, err := c.read()
		if err != nil {
			c.t.Fatalf("read: %v", err)
		}
		name := c.names[binary.BigEndian.Uint16(b)]
		m := c.schema.Message(name)
		if m == nil {
			c.t.Fatalf("message of id %d", binary.BigEndian.Uint16(b))
		}
		if m.ContextOffset() < 0 {
			c.events = append(c.events, b)
			continue
		}
		return name, binary.BigEndian.Uint32(b[m.ContextOffset():]), b
	}
}

// expect reads the reply to a context.
func expect[Rep any](c *testClient, name string, context uint32) Rep {
	c.t.Helper()
	got, ctx, b := c.next()
	if got != name || ctx != context {
		c.t.Fatalf("got %s for %d, want %s for %d", got, ctx, name, context)
	}
	return decode[Rep](c, name, b)
}

// ask sends a request and reads its reply.
func ask[Rep, Req any](c *testClient, name string, v Req) Rep {
	c.t.Helper()
	return expect[Rep](c, name+"_reply", send(c, name, v))
}

// retval sends a request and reads the retval of its reply.
func retval[Req any](c *testClient, name string, v Req) int32 {
	c.t.Helper()
	return ask[retvalReply](c, name, v).Retval
}

// dump sends a dump and a ping behind it and gathers the details.
func dump[Det, Req any](c *testClient, name, details string, v Req) []Det {
	c.t.Helper()
	context := send(c, name, v)
	end := send(c, "control_ping", empty{})
	out := []Det{}
	for {
		got, ctx, b := c.next()
		switch {
		case got == "control_ping_reply" && ctx == end:
			return out
		case got == details && ctx == context:
			out = append(out, decode[Det](c, details, b))
		default:
			c.t.Fatalf("got %s for %d within %s", got, ctx, name)
		}
	}
}

// ping proves that the connection works and everything before is handled.
func (c *testClient) ping() controlPingReply {
	c.t.Helper()
	return ask[controlPingReply](c, "control_ping", empty{})
}

// event returns the next event, read or put aside.
func (c *testClient) event() swInterfaceEvent {
	c.t.Helper()
	for len(c.events) == 0 {
		b, err := c.read()
		if err != nil {
			c.t.Fatalf("read: %v", err)
		}
		if name := c.names[binary.BigEndian.Uint16(b)]; name != "sw_interface_event" {
			c.t.Fatalf("got %s, want an event", name)
		}
		c.events = append(c.events, b)
	}
	b := c.events[0]
	c.events = c.events[1:]
	return decode[swInterfaceEvent](c, "sw_interface_event", b)
}

// wantClosed reads until the end of the connection and returns the bytes
// before it.
func (c *testClient) wantClosed() []byte {
	c.t.Helper()
	var rest bytes.Buffer
	_, err := io.Copy(&rest, c.in)
	if timeout := (net.Error)(nil); errors.As(err, &timeout) && timeout.Timeout() {
		c.t.Fatal("connection still open")
	}
	return rest.Bytes()
}
