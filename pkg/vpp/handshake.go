package vpp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// DefaultAPIDir is where VPP's packages put the API descriptions.
const DefaultAPIDir = "/usr/share/vpp/api"

const nameCRCLength = 64

// handshakeContext is the context of sockclnt_create, the only request then.
const handshakeContext = 1

// handshake registers this client and reads the message table. It returns the
// request, the reply and what was read behind it.
func (s *Session) handshake(ctx context.Context) (sent, reply, rest []byte, err error) {
	deadline, _ := ctx.Deadline()
	if err := s.conn.SetDeadline(deadline); err != nil {
		return nil, nil, nil, fmt.Errorf("%w: %w", ErrDisconnected, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	frame := make([]byte, frameHeader+2+4+64)
	putFrameLength(frame, len(frame)-frameHeader)
	binary.BigEndian.PutUint16(frame[frameHeader:], idSockclntCreate)
	binary.BigEndian.PutUint32(frame[frameHeader+2:], handshakeContext)
	copy(frame[frameHeader+6:], s.opts.Name)
	if _, err := s.conn.Write(frame); err != nil {
		return nil, nil, nil, fmt.Errorf("%w: %w", ErrDisconnected, err)
	}
	msg, rest, err := s.readFrame()
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, nil, nil, fmt.Errorf("%w: %w", ErrDisconnected, reason(ctx, ctx.Err()))
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, nil, nil, fmt.Errorf("%w: %w: no answer to sockclnt_create", ErrDisconnected, ErrTimeout)
		}
		return nil, nil, nil, err
	}
	if err := s.readTable(msg); err != nil {
		return nil, nil, nil, err
	}
	if !stop() {
		return nil, nil, nil, fmt.Errorf("%w: %w", ErrDisconnected, reason(ctx, ctx.Err()))
	}
	return frame[frameHeader:], msg, rest, s.conn.SetDeadline(time.Time{})
}

// readFrame reads one frame; only the handshake uses it.
func (s *Session) readFrame() (msg, rest []byte, err error) {
	buf := make([]byte, 0, 8192)
	want := frameHeader
	for {
		if len(buf) >= frameHeader {
			n := binary.BigEndian.Uint32(buf[frameLength:])
			if n < 2 || int64(n) > int64(s.opts.MaxReceive) {
				return nil, nil, fmt.Errorf("%w: a frame of %d bytes", ErrProtocol, n)
			}
			want = frameHeader + int(n)
		}
		if len(buf) >= want && want > frameHeader {
			return buf[frameHeader:want], buf[want:], nil
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := s.conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrDisconnected, err)
		}
	}
}

// readTable parses sockclnt_create_reply: u16 id, u32 client_index, u32
// context, i32 response, u32 index, u16 count, count × {u16 index, name[64]}.
func (s *Session) readTable(msg []byte) error {
	const header, entry = 20, 2 + nameCRCLength
	if binary.BigEndian.Uint16(msg) != idSockclntCreateReply || len(msg) < header {
		return fmt.Errorf("%w: message %d of %d bytes instead of sockclnt_create_reply", ErrProtocol, binary.BigEndian.Uint16(msg), len(msg))
	}
	if response := int32(binary.BigEndian.Uint32(msg[10:])); response != 0 {
		return fmt.Errorf("%w: sockclnt_create: %s", ErrDisconnected, RetvalName(response))
	}
	s.index = binary.BigEndian.Uint32(msg[14:])
	count := int(binary.BigEndian.Uint16(msg[18:]))
	if len(msg) < header+count*entry {
		return fmt.Errorf("%w: a message table of %d entries in %d bytes", ErrProtocol, count, len(msg))
	}
	s.table = make(map[string]uint16, count+len(memclntIDs))
	s.names = make(map[string]string, count+len(memclntIDs))
	for e := msg[header : header+count*entry]; len(e) > 0; e = e[entry:] {
		name, _, _ := bytes.Cut(e[2:entry], []byte{0})
		s.enter(string(name), binary.BigEndian.Uint16(e))
	}
	return nil
}

func (s *Session) enter(nameCRC string, id uint16) {
	s.table[nameCRC] = id
	if i := strings.LastIndexByte(nameCRC, '_'); i > 0 {
		s.names[nameCRC[:i]] = nameCRC
	}
}

// builtinSchema is the schema that every session begins with.
var builtinSchema = sync.OnceValues(func() (*binproto.Schema, error) {
	return binproto.Parse("memclnt", []byte(memclntSchema))
})

// adopt makes a schema the session's: messages that VPP has with the same CRC
// can be used from now on.
func (s *Session) adopt(schema *binproto.Schema) {
	s.schema = schema
	messages, _ := schema.Messages()
	known, _ := s.known.Messages() // for what the schema lacks: it may come from anywhere
	for _, m := range known {
		if schema.Message(m.Name) == nil {
			messages = append(messages, m)
		}
	}
	highest := uint16(0)
	for _, id := range s.table {
		highest = max(highest, id)
	}
	for _, id := range memclntIDs {
		highest = max(highest, id)
	}
	byID := make([]*messageInfo, int(highest)+1)
	for _, m := range messages {
		id, ok := memclntIDs[m.Name]
		if _, inTable := s.names[m.Name]; !ok || inTable {
			if id, ok = s.table[m.NameCRC()]; !ok {
				continue
			}
		}
		info := &messageInfo{
			msg: m, id: id,
			clientIndexAt: m.ClientIndexOffset(), contextAt: m.ContextOffset(), retvalAt: m.RetvalOffset(),
			stats: s.stats.message(m.Name),
		}
		// An event goes to whoever registered and has no context of a request.
		want, _ := schema.EventRequest(m.Name)
		info.isEvent = info.contextAt < 0 || strings.HasPrefix(want, wantPrefix)
		info.guard = guardFor(m, s.opts)
		byID[id] = info
		s.byName.Store(m.Name, info)
	}
	s.byID.Store(&byID)
}

// learn replaces the built-in schema by this VPP's whole API.
func (s *Session) learn(ctx context.Context, last *Session) error {
	switch {
	case s.opts.Schema != nil:
		s.adopt(s.opts.Schema)
		return nil
	case len(s.opts.APIDirs) > 0:
		return s.learnFromFiles(s.opts.APIDirs)
	case last != nil && maps.Equal(last.names, s.names):
		// The same names and CRCs: the same API. Asking stops VPP's workers.
		s.adopt(last.schema)
		return nil
	}
	if s.info("get_api_json") == nil || s.names["get_api_json"] == "" {
		return s.learnFromFiles(nil)
	}
	var l binproto.Loader
	if err := AddBuiltin(&l); err != nil {
		return err
	}
	text, err := s.fetchAPI(ctx)
	if errors.Is(err, ErrRefused) {
		return s.learnFromFiles(nil)
	}
	if err != nil {
		return fmt.Errorf("learning the API: %w", err)
	}
	if err := l.Add("get_api_json", text); err != nil {
		return fmt.Errorf("learning the API: %w", err)
	}
	return s.learnFrom(&l)
}

// fetchAPI asks VPP for its API descriptions.
func (s *Session) fetchAPI(ctx context.Context) ([]byte, error) {
	info := s.info("get_api_json")
	c := newRawCall(s, info, func(dst []byte) ([]byte, error) { return info.msg.AppendFields(dst, nil) })
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	if err := expect("get_api_json", "get_api_json_reply", c.reply); err != nil {
		return nil, err
	}
	if err := checkRetval("get_api_json", c.reply, c.frame); err != nil {
		return nil, err
	}
	const text = 14 // u16 id, u32 context, i32 retval, u32 length
	if len(c.frame) < text {
		return nil, fmt.Errorf("%w: get_api_json_reply of %d bytes", ErrProtocol, len(c.frame))
	}
	n := int64(binary.BigEndian.Uint32(c.frame[text-4:]))
	if n > int64(len(c.frame)-text) {
		return nil, fmt.Errorf("%w: get_api_json_reply with a text of %d in %d bytes", ErrProtocol, n, len(c.frame))
	}
	return c.frame[text : text+int(n)], nil
}

// learnFromFiles reads API descriptions, from the usual places where no
// directories are given.
func (s *Session) learnFromFiles(dirs []string) error {
	if len(dirs) == 0 {
		dirs = []string{usualAPIDir()}
	}
	var l binproto.Loader
	if err := AddBuiltin(&l); err != nil {
		return err
	}
	for _, d := range dirs {
		if err := l.AddDir(d); err != nil {
			return fmt.Errorf("learning the API from files: %w", err)
		}
	}
	return s.learnFrom(&l)
}

// usualAPIDir is where API descriptions are looked for unless told: the first
// that exists of $VPP_API_DIR and DefaultAPIDir.
func usualAPIDir() string {
	d := os.Getenv("VPP_API_DIR")
	if d == "" {
		return DefaultAPIDir
	}
	if _, err := os.Stat(d); err != nil { //nolint:gosec // the user says where
		if _, err := os.Stat(DefaultAPIDir); err == nil {
			return DefaultAPIDir
		}
	}
	return d
}

func (s *Session) learnFrom(l *binproto.Loader) error {
	schema, err := l.Schema()
	if err != nil {
		return fmt.Errorf("learning the API: %w", err)
	}
	s.adopt(schema)
	return nil
}
