package vpp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-logr/logr"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// DefaultSocket is where VPP's packages put the binary API's socket.
const DefaultSocket = "/run/vpp/api.sock"

// Options say how to talk to a VPP. The zero value is usable.
type Options struct {
	// Socket is the path of the API socket, DefaultSocket if empty.
	Socket string
	// Name is what VPP shows for this client, at most 63 bytes; the program's
	// name if empty.
	Name string
	// Timeout is the deadline of a call whose context has none, of a dump
	// between two messages, and of the handshake. 5 s if zero.
	Timeout time.Duration
	// KeepAlive is how often a Client asks an idle session for a sign of life;
	// two in a row unanswered end the session. 5 s if zero.
	KeepAlive time.Duration
	// Schema, if given, is used instead of asking VPP.
	Schema *binproto.Schema
	// APIDirs are searched for API descriptions instead of asking VPP. Where
	// VPP cannot be asked (before 24.06) and none are given, $VPP_API_DIR and
	// /usr/share/vpp/api are.
	APIDirs []string
	// MaxInFlight bounds the requests in flight, 4096 if zero; it is rounded
	// up to a power of two. Callers beyond it wait.
	MaxInFlight int
	// MaxInFlightBytes bounds their size, 192 KiB if zero: more than the
	// socket's buffers hold only slows VPP down. One request may exceed it.
	MaxInFlightBytes int64
	// StreamBuffer bounds what a stream keeps for a consumer that does not
	// read, in bytes; 64 MiB if zero.
	StreamBuffer int
	// EventBuffer bounds the events a watcher may be behind, 4096 if zero.
	EventBuffer int
	// MaxSend and MaxReceive cap the size of a message in bytes; 16 and 256 MiB
	// if zero. MaxSend is 1 GiB at most: lengths near 4 GiB kill VPP.
	MaxSend    int
	MaxReceive int
	// StateDir is where this client remembers its index while it is connected,
	// so that the next one can reap it if this one dies uncleanly. Empty means
	// the folder vpp-operator-clients beside the socket; "-" turns it off.
	StateDir string
	// AllowHarmful turns off the table of values that kill VPP. Messages that
	// no client may send stay refused.
	AllowHarmful bool
	// Trace, if given, is called for every message, under locks of the
	// session: it must be quick and must not call back.
	Trace func(TraceEvent)
	// Log receives what an operator of VPP wants to know; discarded if zero.
	Log logr.Logger
}

func (o Options) withDefaults() Options {
	setDefault(&o.Socket, DefaultSocket)
	setDefault(&o.Name, filepath.Base(os.Args[0]))
	setDefault(&o.Timeout, 5*time.Second)
	setDefault(&o.KeepAlive, 5*time.Second)
	setDefault(&o.MaxInFlight, 4096)
	setDefault(&o.MaxInFlightBytes, 192<<10)
	setDefault(&o.StreamBuffer, 64<<20)
	setDefault(&o.EventBuffer, 4096)
	setDefault(&o.MaxSend, DefaultMaxSend)
	setDefault(&o.MaxReceive, DefaultMaxReceive)
	o.MaxSend = min(o.MaxSend, mostMaxSend)
	if len(o.Name) > 63 {
		o.Name = o.Name[:63]
	}
	if o.Log.GetSink() == nil {
		o.Log = logr.Discard()
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Caller is what calls are made on: a [Session] or a [Client].
type Caller interface {
	// Session returns the connection to use now, or why there is none. The
	// error is an ErrRefused.
	Session() (*Session, error)
}

// Session is one connection to one boot of VPP. Once it is lost it stays so.
type Session struct {
	opts   Options
	conn   *net.UnixConn
	raw    syscall.RawConn
	start  time.Time
	index  uint32 // our client_index
	epoch  uint64
	table  map[string]uint16 // name_crc → id
	names  map[string]string // name → name_crc
	schema *binproto.Schema
	known  *binproto.Schema // the built-in one, where schema lacks a message
	byID   atomic.Pointer[[]*messageInfo]
	byName sync.Map // name → *messageInfo, resolved on demand
	binds  sync.Map // bindKey → bound method
	stats  *Stats
	memory *indexFile
	boot   string      // which boot of VPP
	parted atomic.Bool // VPP knows that this client is gone

	out     sender
	in      receiver
	flights *inflight
	events  eventHub
	sources sourceSet
	release atomic.Uint32 // of VPP, once the guard has asked: 2606

	heard     atomic.Uint64 // reads, for the client's keep-alive
	lastHeard uint64        // the client's

	over    chan struct{} // closed when the session is lost or closed
	overErr error         // why; set before over is closed
	failed  sync.Once
	close   sync.Once
	closing atomic.Bool
	done    sync.WaitGroup // readLoop, writeLoop, expireLoop
}

// messageInfo is a message as this session numbers it.
type messageInfo struct {
	msg           *binproto.Message
	id            uint16
	clientIndexAt int
	contextAt     int
	retvalAt      int
	isEvent       bool
	guard         *guard // nil for almost all
	stats         *messageStats
}

// Dial connects, shakes hands, learns the API and starts the session. ctx
// bounds the dialling only.
func Dial(ctx context.Context, opts Options) (*Session, error) {
	opts = opts.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, opts.Timeout)
	defer cancel()
	return dial(ctx, opts, nil, NewStats())
}

// dial is Dial with what the last session of the same client learned; ctx
// must have a deadline.
func dial(ctx context.Context, opts Options, last *Session, stats *Stats) (_ *Session, err error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", opts.Socket)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisconnected, err)
	}
	s := &Session{
		opts: opts, conn: c.(*net.UnixConn), start: time.Now(), stats: stats,
		flights: newInflight(opts.MaxInFlight), over: make(chan struct{}),
	}
	s.out.init()
	s.events.init(s)
	started := false
	defer func() {
		if err == nil {
			return
		}
		if started {
			_ = s.Close()
			return
		}
		_ = s.conn.Close()
	}()
	if s.raw, err = s.conn.SyscallConn(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisconnected, err)
	}
	sent, reply, rest, err := s.handshake(ctx)
	if err != nil {
		return nil, fmt.Errorf("handshake with %s: %w", opts.Socket, err)
	}
	s.boot, _ = socketBoot(opts.Socket)
	s.memory = rememberIndex(opts, s.boot, s.index)
	s.in.init(rest)
	if s.known, err = builtinSchema(); err != nil {
		return nil, err
	}
	s.adopt(s.known)
	s.traceHandshake(sent, reply)
	stats.current.Store(s)
	stats.connected.Add(1)
	s.done.Add(3)
	go s.readLoop()
	go s.writeLoop()
	go s.expireLoop()
	started = true
	if err := s.learn(ctx, last); err != nil {
		return nil, err
	}
	s.memory.reapOthers(s)
	if last != nil && last.memory == nil && last.boot == s.boot && !last.parted.Load() && last.index != s.index {
		if err := s.wakeDead(last.index); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Session makes a Session a Caller.
func (s *Session) Session() (*Session, error) {
	select {
	case <-s.over:
		return nil, refused("session", s.overErr)
	default:
		return s, nil
	}
}

// Schema is the API of this VPP.
func (s *Session) Schema() *binproto.Schema { return s.schema }

// ClientIndex is the number by which VPP knows this client.
func (s *Session) ClientIndex() uint32 { return s.index }

// Epoch counts the sessions of a Client, from 1; 0 for a session dialled by itself.
func (s *Session) Epoch() uint64 { return s.epoch }

// Done is closed when the session is lost or closed; Err then tells why.
func (s *Session) Done() <-chan struct{} { return s.over }

// Err is why the session is over, nil while it is not.
func (s *Session) Err() error {
	select {
	case <-s.over:
		return s.overErr
	default:
		return nil
	}
}

// Stats are the session's counters.
func (s *Session) Stats() *Stats { return s.stats }

// clock is the time since the session began; monotonic and cheap to subtract.
func (s *Session) clock() time.Duration { return time.Since(s.start) }

// fail ends the session: everything in flight fails, everybody waiting wakes.
func (s *Session) fail(err error) {
	s.failed.Do(func() {
		if errors.Is(err, io.EOF) { // it hung up itself
			s.parted.Store(true)
		}
		if s.closing.Load() {
			err = fmt.Errorf("session %w", ErrClosed)
		}
		s.overErr = err
		s.out.mu.Lock()
		s.out.err = err
		s.out.out, s.out.spare = nil, nil
		waiting := s.out.waiting
		s.out.waiting = nil
		s.out.waiters.Store(0)
		s.out.mu.Unlock()
		close(s.over)
		_ = s.conn.Close()
		for _, w := range waiting {
			close(w)
		}
		s.flights.failAll(err)
		s.events.fail(err)
		s.stats.disconnected.Add(1)
		s.memory.forgetIf(s.parted.Load())
	})
}

// Close tells VPP that this client goes, waits for its answer (at most the
// session's timeout) and closes the socket. A client that goes without a word
// can leave VPP spinning. Close is idempotent and safe to call at any time;
// calls in flight fail with ErrClosed.
func (s *Session) Close() error {
	s.close.Do(func() {
		s.closing.Store(true)
		if s.Err() == nil {
			ctx, cancel := context.WithTimeout(context.Background(), s.opts.Timeout)
			if s.deregister(ctx) == nil { // VPP may be frozen
				s.parted.Store(true)
			}
			cancel()
		}
		s.fail(ErrClosed)
	})
	s.done.Wait()
	return nil
}

// deregister sends sockclnt_delete with our own index and awaits the reply. It
// is the last request: others are refused once closing is set.
func (s *Session) deregister(ctx context.Context) error {
	info := s.info("sockclnt_delete")
	if info == nil {
		return ErrNoMessage
	}
	c := newRawCall(s, info, func(dst []byte) ([]byte, error) {
		return info.msg.AppendFields(dst, map[string]any{"index": s.index})
	})
	return c.run(ctx)
}

// traceHandshake counts and traces what was said before the session knew any
// message.
func (s *Session) traceHandshake(request, reply []byte) {
	for _, e := range []struct {
		message   string
		direction Direction
		bytes     []byte
	}{{"sockclnt_create", Sent, request}, {"sockclnt_create_reply", Received, reply}} {
		info := s.info(e.message)
		if info == nil {
			continue
		}
		if e.direction == Sent {
			info.stats.sent(len(e.bytes))
		} else {
			info.stats.received(len(e.bytes))
		}
		if s.opts.Trace != nil {
			s.trace(e.direction, info, handshakeContext, e.bytes)
		}
	}
}

// info returns a message of this session by name, nil where VPP lacks it.
func (s *Session) info(name string) *messageInfo {
	if i, ok := s.byName.Load(name); ok {
		return i.(*messageInfo)
	}
	return nil
}

// service returns what a request is answered with, nil where nobody says.
func (s *Session) service(request string) *binproto.Service {
	if v := s.schema.Service(request); v != nil {
		return v
	}
	return s.known.Service(request)
}

// resolve returns a message by name, or why it cannot be used.
func (s *Session) resolve(name string) (*messageInfo, error) {
	if i := s.info(name); i != nil {
		return i, nil
	}
	m := s.schema.Message(name)
	have, inTable := s.names[name]
	switch {
	case m == nil && !inTable:
		return nil, refused(name, ErrNoMessage)
	case m == nil:
		return nil, refused(name, fmt.Errorf("%w in the schema, though VPP has %s", ErrNoMessage, have))
	case !inTable:
		return nil, refused(name, fmt.Errorf("%w in this VPP", ErrNoMessage))
	default:
		return nil, refused(name, fmt.Errorf("%w: the schema has %s, VPP %s", ErrCRCMismatch, m.NameCRC(), have))
	}
}

// resolveFor is resolve for a message that a request needs beside itself.
func (s *Session) resolveFor(request, name string) (*messageInfo, error) {
	i, err := s.resolve(name)
	if err != nil {
		return nil, refused(request, err)
	}
	return i, nil
}
