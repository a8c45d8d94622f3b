package vpp_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// What vpptest cannot be asked for is scripted here: a server that breaks the
// protocol, and one with an API and answers of the test's own.

// fakeSocket serves each connection with a function, one after the other, until
// the test ends.
func fakeSocket(t testing.TB, serve func(c net.Conn)) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "fake") //nolint:usetesting // a socket's path is limited
	must(t, err)
	socket = filepath.Join(dir, "api.sock")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	must(t, err)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
		_ = os.RemoveAll(dir)
	})
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			wg.Go(func() {
				defer func() { _ = c.Close() }()
				serve(c)
			})
		}
	})
	return socket
}

// readMessage reads one message, without its frame header.
func readMessage(c io.Reader) ([]byte, error) {
	var header [16]byte
	if _, err := io.ReadFull(c, header[:]); err != nil {
		return nil, err
	}
	msg := make([]byte, binary.BigEndian.Uint32(header[8:]))
	_, err := io.ReadFull(c, msg)
	return msg, err
}

// framed is a message behind its frame header.
func framed(msg []byte) []byte {
	frame := make([]byte, 16, 16+len(msg))
	binary.BigEndian.PutUint64(frame, 0x7f0000001234)
	binary.BigEndian.PutUint32(frame[8:], uint32(len(msg)))
	return append(frame, msg...)
}

// tableReply is a sockclnt_create_reply.
func tableReply(index uint32, table map[string]uint16) []byte {
	msg := binary.BigEndian.AppendUint16(nil, 16)
	msg = binary.BigEndian.AppendUint32(msg, 0)
	msg = binary.BigEndian.AppendUint32(msg, 1) // context
	msg = binary.BigEndian.AppendUint32(msg, 0) // response
	msg = binary.BigEndian.AppendUint32(msg, index)
	msg = binary.BigEndian.AppendUint16(msg, uint16(len(table)))
	for nameCRC, id := range table {
		msg = binary.BigEndian.AppendUint16(msg, id)
		var name [64]byte
		copy(name[:], nameCRC)
		msg = append(msg, name[:]...)
	}
	return msg
}

// answer is a message that a scripted VPP sends.
type answer struct {
	message string
	fields  map[string]any
}

// scripted is a VPP with the API of a description (without memclnt) and a
// function that answers. Dumps are answered with their details.
type scripted struct {
	t      testing.TB
	schema *binproto.Schema
	api    []byte
	table  map[string]uint16
	names  map[uint16]string
	// reply answers one request; nothing is said where it returns nil.
	reply func(request string, fields map[string]any) []answer

	mu    sync.Mutex
	calls []string // what it was asked, in order
}

// newScripted starts one and returns its socket.
func newScripted(t testing.TB, api string, reply func(request string, fields map[string]any) []answer) (*scripted, string) {
	t.Helper()
	schema, err := binproto.Parse("scripted", []byte(api))
	must(t, err)
	v := &scripted{t: t, schema: schema, api: []byte("[" + api + "]"), table: map[string]uint16{}, names: map[uint16]string{}, reply: reply}
	messages, err := schema.Messages()
	must(t, err)
	for i, m := range messages {
		v.table[m.NameCRC()], v.names[uint16(100+i)] = uint16(100+i), m.Name
	}
	maps.Copy(v.table, map[string]uint16{
		"sockclnt_delete_8ac76db6": 17, "sockclnt_delete_reply_8f38b1ee": 18,
		"control_ping_51077d14": 23, "control_ping_reply_f6b0b8ca": 24, "get_api_json_51077d14": 27, "get_api_json_reply_ea715b59": 28,
	})
	return v, fakeSocket(t, v.serve)
}

// asked lists the requests that it has been asked so far.
func (v *scripted) asked() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.calls...)
}

func (v *scripted) serve(c net.Conn) {
	for {
		msg, err := readMessage(c)
		if err != nil {
			return
		}
		out, err := v.handle(msg)
		if err != nil {
			v.t.Error(err)
			return
		}
		for _, m := range out {
			if _, err := c.Write(framed(m)); err != nil {
				return
			}
		}
		if binary.BigEndian.Uint16(msg) == 17 {
			return
		}
	}
}

func (v *scripted) handle(msg []byte) (out [][]byte, err error) {
	context := func(offset int, msg ...byte) [][]byte {
		copy(msg[2:6], out[0][offset:offset+4])
		return [][]byte{msg}
	}
	out = [][]byte{msg}
	switch id := binary.BigEndian.Uint16(msg); id {
	case 15:
		return [][]byte{tableReply(0x80000007, v.table)}, nil
	case 17:
		return context(6, 0, 18, 0, 0, 0, 0, 0, 0, 0, 1), nil
	case 23:
		return context(6, append([]byte{0, 24}, make([]byte, 16)...)...), nil
	case 27:
		reply := append([]byte{0, 28}, make([]byte, 8)...)
		reply = binary.BigEndian.AppendUint32(reply, uint32(len(v.api)))
		return context(6, append(reply, v.api...)...), nil
	default:
		return v.act(v.names[id], msg)
	}
}

// act lets the script answer.
func (v *scripted) act(name string, msg []byte) (out [][]byte, err error) {
	m := v.schema.Message(name)
	if m == nil {
		return nil, fmt.Errorf("message %d has no name", binary.BigEndian.Uint16(msg))
	}
	v.mu.Lock()
	v.calls = append(v.calls, name)
	v.mu.Unlock()
	fields, err := m.DecodeFields(msg)
	if err != nil {
		return nil, err
	}
	for _, a := range v.reply(name, fields) {
		am := v.schema.Message(a.message)
		if am == nil {
			return nil, errors.New("no such message: " + a.message)
		}
		f := map[string]any{"_vl_msg_id": v.table[am.NameCRC()]}
		if am.ContextOffset() >= 0 {
			f["context"] = fields["context"]
		}
		maps.Copy(f, a.fields)
		b, err := am.AppendFields(nil, f)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// noState keeps a session from remembering itself on disk.
func noState(o *vpp.Options) { o.StateDir = "-" }
