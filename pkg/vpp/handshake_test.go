package vpp_test

import (
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// What may come instead of a decent answer to sockclnt_create.
func TestHandshakeBroken(t *testing.T) {
	t.Parallel()
	good := tableReply(0x80000001, map[string]uint16{"show_version_51077d14": 300})
	change := func(at int, b ...byte) []byte {
		msg := append([]byte(nil), good...)
		copy(msg[at:], b)
		return framed(msg)
	}
	for _, c := range []struct {
		name string
		send []byte
		want error
	}{
		{"hang-up at once", nil, vpp.ErrDisconnected},
		{"half a header", framed(good)[:7], vpp.ErrDisconnected},
		{"half a table", framed(good)[:60], vpp.ErrDisconnected},
		{"another message", change(0, 0, 18), vpp.ErrProtocol},
		{"a refusal", change(10, 0xff, 0xff, 0xff, 0xff), vpp.ErrDisconnected},
		{"more entries than bytes", change(18, 0xff, 0xff), vpp.ErrProtocol},
		{"shorter than its header", framed(good[:19]), vpp.ErrProtocol},
		{"an empty frame", framed(nil), vpp.ErrProtocol},
		{"a frame of one byte", framed([]byte{1}), vpp.ErrProtocol},
		{"a frame beyond the cap", []byte("\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00"), vpp.ErrProtocol},
		{"garbage", []byte(strings.Repeat("HTTP/1.1 400 Bad Request\r\n", 4)), vpp.ErrProtocol},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			socket := fakeSocket(t, func(conn net.Conn) {
				if _, err := readMessage(conn); err != nil {
					return
				}
				_, _ = conn.Write(c.send)
			})
			_, err := vpp.Dial(soon(t), options(socket, noState))
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// The request is exactly what VPP expects, and an answer that comes byte by
// byte, with a name as long as can be, is read.
func TestHandshake(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 54) + "_0123abcd" // 63 bytes, the most there is
	request := make(chan []byte, 1)
	socket := fakeSocket(t, func(conn net.Conn) {
		msg, err := readMessage(conn)
		if err != nil {
			return
		}
		request <- msg
		for _, b := range framed(tableReply(0x80000042, map[string]uint16{long: 7000, "x_00000001": 65535})) {
			if _, err := conn.Write([]byte{b}); err != nil {
				return
			}
		}
		for {
			msg, err := readMessage(conn)
			if err != nil {
				return
			}
			if binary.BigEndian.Uint16(msg) == 17 {
				_, _ = conn.Write(framed(append([]byte{0, 18}, append(msg[6:10:10], 0, 0, 0, 1)...)))
				return
			}
		}
	})
	s := dial(t, socket, noState, func(o *vpp.Options) { o.Schema, o.Name = simulatedSchema(), "me" })
	msg := <-request
	if len(msg) != 70 || binary.BigEndian.Uint16(msg) != 15 || strings.TrimRight(string(msg[6:]), "\x00") != "me" {
		t.Errorf("sockclnt_create was % x", msg)
	}
	if s.ClientIndex() != 0x80000042 {
		t.Errorf("the index is %#x", s.ClientIndex())
	}
	table, err := s.MessageTable("aaaa")
	must(t, err)
	if len(table) != 1 || table[0].ID != 7000 || table[0].NameCRC() != long {
		t.Errorf("the table has %v", table)
	}
}

// Whatever comes after the handshake, the session ends with an error that says
// what it was, and so do its calls.
func TestBrokenFrames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		send []byte
		want error
	}{
		{"a length beyond the cap", []byte("\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x01\x00\x00\x00\x00"), vpp.ErrProtocol},
		{"a length near 2^32", []byte("\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xf0\x00\x00\x00\x00"), vpp.ErrProtocol},
		{"an empty frame", framed(nil), vpp.ErrProtocol},
		{"a frame of one byte", framed([]byte{0}), vpp.ErrProtocol},
		{"hang-up in a frame", framed(make([]byte, 100))[:50], vpp.ErrDisconnected},
		{"hang-up in a header", make([]byte, 3), vpp.ErrDisconnected},
		{"hang-up", nil, vpp.ErrDisconnected},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			socket := fakeSocket(t, func(conn net.Conn) {
				if _, err := readMessage(conn); err != nil {
					return
				}
				_, _ = conn.Write(framed(tableReply(1, map[string]uint16{"control_ping_51077d14": 23, "control_ping_reply_f6b0b8ca": 24})))
				if _, err := readMessage(conn); err != nil { // the ping
					return
				}
				_, _ = conn.Write(c.send)
			})
			s := dial(t, socket, noState, func(o *vpp.Options) { o.Schema = simulatedSchema() })
			err := s.Ping(soon(t))
			if !errors.Is(err, c.want) || !errors.Is(err, vpp.ErrUnknown) {
				t.Errorf("the call: %v", err)
			}
			closed(t, "the end", s.Done())
			if !errors.Is(s.Err(), c.want) {
				t.Errorf("the session: %v", s.Err())
			}
		})
	}
}

// A message within the cap is read however long it is.
func TestLongMessage(t *testing.T) {
	t.Parallel()
	const n = 5 << 20
	api := `{"messages": [
		["cli_inband", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","context"], ["string","cmd",0], {"crc":"0xf8377302"}],
		["cli_inband_reply", ["u16","_vl_msg_id"], ["u32","context"], ["i32","retval"], ["string","reply",0], {"crc":"0x05879051"}]],
		"services": {"cli_inband": {"reply": "cli_inband_reply"}}}`
	_, socket := newScripted(t, api, func(string, map[string]any) []answer {
		return []answer{{"cli_inband_reply", map[string]any{"reply": strings.Repeat("x", n)}}}
	})
	for _, limit := range []int{n + 14, n + 13} {
		s := dial(t, socket, noState, func(o *vpp.Options) { o.MaxReceive = limit })
		r, err := vpp.Invoke(soon(t), s, "cli_inband", map[string]any{"cmd": "show all"})
		if limit < n+14 {
			if !errors.Is(err, vpp.ErrProtocol) {
				t.Errorf("one byte above the cap: %v", err)
			}
			continue
		}
		must(t, err)
		if text, _ := r["reply"].(string); len(text) != n {
			t.Errorf("%d bytes of %d", len(text), n)
		}
	}
}
