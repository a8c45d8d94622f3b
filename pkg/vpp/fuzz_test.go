package vpp_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// hostile is a server that answers as it is told: the handshake with its table
// or with anything, what follows with the bytes of each round, and then it hangs
// up.
type hostile struct {
	socket string
	table  map[string]uint16
	send   chan []byte // one for each connection
	first  chan bool   // whether that is instead of the handshake's answer
}

func newHostile(f *testing.F) *hostile {
	f.Helper()
	h := &hostile{send: make(chan []byte, 1), first: make(chan bool, 1), table: map[string]uint16{}}
	messages, err := simulatedSchema().Messages()
	must(f, err)
	for i, m := range messages {
		h.table[m.NameCRC()] = uint16(100 + i)
		switch m.Name {
		case "control_ping", "control_ping_reply":
			h.table[m.NameCRC()] = map[string]uint16{"control_ping": 23, "control_ping_reply": 24}[m.Name]
		}
	}
	h.socket = fakeSocket(f, func(c net.Conn) {
		bytes, instead := <-h.send, <-h.first
		if _, err := readMessage(c); err != nil {
			return
		}
		if !instead {
			_, _ = c.Write(framed(tableReply(0x80000001, h.table)))
			if _, err := readMessage(c); err != nil { // the first request
				return
			}
		}
		_, _ = c.Write(bytes)
	})
	return h
}

// id is the number of a message in the table.
func (h *hostile) id(name string) uint16 {
	return h.table[simulatedSchema().Message(name).NameCRC()]
}

// message is one with a context and zeros.
func (h *hostile) message(name string, context uint32, length int) []byte {
	msg := make([]byte, max(length, 2))
	binary.BigEndian.PutUint16(msg, h.id(name))
	if at := simulatedSchema().Message(name).ContextOffset(); at > 0 && len(msg) >= at+4 {
		binary.BigEndian.PutUint32(msg[at:], context)
	}
	return msg
}

// Whatever a server sends, the client neither panics nor hangs: the session
// ends with a reason, and every call with one outcome.
func FuzzReceive(f *testing.F) {
	h := newHostile(f)
	var all []byte
	for context := range uint32(6) { // whatever is in flight has one of these
		for _, name := range []string{"control_ping_reply", "sw_interface_details", "show_version_reply", "ip_path_mtu_details", "ip_path_mtu_get_reply", "sw_interface_event"} {
			for _, length := range []int{0, 6, 10, 14, 400} {
				frame := framed(h.message(name, context, length))
				f.Add(frame)
				all = append(all, frame...)
			}
		}
	}
	f.Add(all)
	f.Add(all[:len(all)-7])
	f.Add([]byte(nil))
	f.Add(framed(nil))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xf0\x00\x00\x00\x00"))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00and no more"))
	f.Add([]byte(strings.Repeat("HTTP/1.1 400 Bad Request\r\n", 9)))
	f.Fuzz(func(t *testing.T, bytes []byte) {
		h.send <- bytes
		h.first <- false
		ctx := soon(t)
		s, err := vpp.Dial(ctx, vpp.Options{Socket: h.socket, StateDir: "-", Schema: simulatedSchema(), MaxReceive: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		results := make(chan error, 16)
		var wg sync.WaitGroup
		wg.Go(func() { results <- s.Ping(ctx) })
		wg.Go(func() { _, err := showVersion.Call(ctx, s, nil); results <- err })
		wg.Go(func() {
			for _, err := range interfaces.Dump(ctx, s, &allInterfaces) {
				results <- err
			}
		})
		wg.Go(func() {
			for _, err := range vpp.InvokeStream(ctx, s, "ip_path_mtu_get", nil) {
				if err != nil {
					results <- err
				}
			}
		})
		watching, stop := context.WithCancel(ctx)
		wg.Go(func() {
			for _, err := range vpp.WatchJSON(watching, s, interfaceEventName) { // whatever comes
				_ = err
			}
		})
		go func() { // no more is said than that
			<-s.Done()
			stop()
			wg.Wait()
			close(results)
		}()
		for err := range results {
			refused, unknown := errors.Is(err, vpp.ErrRefused), errors.Is(err, vpp.ErrUnknown)
			if err != nil && refused == unknown {
				t.Errorf("a call ended with %v", err)
			}
		}
		if err := s.Err(); !errors.Is(err, vpp.ErrProtocol) && !errors.Is(err, vpp.ErrDisconnected) {
			t.Errorf("the session ended with %v", err)
		}
		if n := s.Stats().Snapshot().InFlight; n != 0 {
			t.Errorf("%d in flight", n)
		}
		must(t, s.Close())
	})
}

// Whatever answers a handshake, there is a session or a reason.
func FuzzHandshake(f *testing.F) {
	h := newHostile(f)
	good := framed(tableReply(1, map[string]uint16{"show_version_51077d14": 300, "x": 7, "_": 8, "": 9}))
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(append(slices.Clip(good), good...))
	f.Add(good[:16])
	f.Add(framed(make([]byte, 20)))
	f.Add([]byte(nil))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, bytes []byte) {
		h.send <- bytes
		h.first <- true
		s, err := vpp.Dial(soon(t), vpp.Options{Socket: h.socket, StateDir: "-", Schema: simulatedSchema(), MaxReceive: 1 << 20})
		if (s == nil) == (err == nil) {
			t.Fatalf("%v, %v", s, err)
		}
		if err != nil {
			if !errors.Is(err, vpp.ErrProtocol) && !errors.Is(err, vpp.ErrDisconnected) {
				t.Errorf("the reason is %v", err)
			}
			return
		}
		if _, err := s.MessageTable(); err != nil {
			t.Error(err)
		}
		must(t, s.Close())
	})
}
