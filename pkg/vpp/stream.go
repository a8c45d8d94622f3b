package vpp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// Dump makes a call that is answered with a stream and yields its messages.
// Both sorts are handled: old ones, which a control_ping behind the request
// ends, and modern ones, whose cursor is followed until they are done. After an
// error, which comes last, what was yielded is not the whole.
//
// Each value is fresh and the caller's to keep. The caller may stop early.
func (m *Method[Q, R]) Dump(ctx context.Context, c Caller, q *Q) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		var r *R
		scan := m.scan(ctx, c, q, func() *R { r = new(R); return r })
		for err := range scan {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Scan is Dump that decodes each message into r, reusing its memory: for large
// dumps. r holds the message until the next step.
func (m *Method[Q, R]) Scan(ctx context.Context, c Caller, q *Q, r *R) iter.Seq[error] {
	return m.scan(ctx, c, q, func() *R { return r })
}

func (m *Method[Q, R]) scan(ctx context.Context, c Caller, q *Q, next func() *R) iter.Seq[error] {
	return func(yield func(error) bool) {
		s, err := c.Session()
		if err != nil {
			yield(renamed(m.request, err))
			return
		}
		b, err := m.bind(s)
		if err != nil {
			yield(err)
			return
		}
		if b.end == nil {
			yield(refused(m.request, fmt.Errorf("%s is answered with one message: use Call", m.request)))
			return
		}
		if q == nil {
			q = &b.empty
		}
		st := newStream(s, b.request, b.answer, b.end, b.modern, func(dst []byte) ([]byte, error) { return b.in.Append(dst, q) })
		st.raw = b.raw
		for frame, err := range st.frames(ctx) {
			if err == nil {
				if derr := b.out.Decode(frame, next()); derr != nil {
					err = unknown(m.request, derr)
				}
			}
			if !yield(err) || err != nil {
				return
			}
		}
	}
}

// InvokeStream is Dump by name, with maps instead of Go types.
func InvokeStream(ctx context.Context, c Caller, request string, fields map[string]any, opts ...CallOption) iter.Seq2[map[string]any, error] {
	return invokeStream(ctx, c, request, func(m *binproto.Message, dst []byte) ([]byte, error) {
		return m.AppendFields(dst, fields)
	}, (*binproto.Message).DecodeFields, opts)
}

// InvokeStreamJSON is InvokeStream with JSON in and one line of JSON per
// message out.
func InvokeStreamJSON(ctx context.Context, c Caller, request string, fields []byte, opts ...CallOption) iter.Seq2[[]byte, error] {
	return invokeStream(ctx, c, request, func(m *binproto.Message, dst []byte) ([]byte, error) {
		return appendJSON(m, dst, fields)
	}, func(m *binproto.Message, frame []byte) ([]byte, error) { return m.AppendJSON(nil, frame) }, opts)
}

func invokeStream[T any](ctx context.Context, c Caller, request string, encode func(*binproto.Message, []byte) ([]byte, error),
	decode func(*binproto.Message, []byte) (T, error), opts []CallOption,
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		s, err := c.Session()
		if err != nil {
			yield(none, renamed(request, err))
			return
		}
		st, err := s.openStream(request, encode)
		if err != nil {
			yield(none, err)
			return
		}
		st.raw = callOptionsOf(opts).raw
		for frame, err := range st.frames(ctx) {
			if err != nil {
				yield(none, err)
				return
			}
			v, err := decode(st.details.msg, frame)
			if err != nil {
				err = unknown(request, err)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// openStream prepares a stream by name.
func (s *Session) openStream(request string, encode func(*binproto.Message, []byte) ([]byte, error)) (*stream, error) {
	info, err := s.resolve(request)
	if err != nil {
		return nil, err
	}
	service := s.service(request)
	if service == nil || !service.Stream {
		return nil, refused(request, fmt.Errorf("%w: it is not answered with a stream", errors.ErrUnsupported))
	}
	details, end := service.Reply, "control_ping_reply"
	modern := service.StreamMessage != ""
	if modern {
		details, end = service.StreamMessage, service.Reply
	}
	detailsInfo, err := s.resolveFor(request, details)
	if err != nil {
		return nil, err
	}
	endInfo, err := s.resolveFor(request, end)
	if err != nil {
		return nil, err
	}
	return newStream(s, info, detailsInfo, endInfo, modern, func(dst []byte) ([]byte, error) { return encode(info.msg, dst) }), nil
}

// stream is a dump in flight: a queue of bytes between the reader, which never
// waits, and a consumer that may be slow.
type stream struct {
	session *Session
	request *messageInfo
	details *messageInfo
	end     *messageInfo
	modern  bool
	raw     bool // the return value that ends it is nobody's business
	append  func(dst []byte) ([]byte, error)
	cursor  uint32

	mu     sync.Mutex
	chunks []chunk // filled by the reader
	bytes  int     // in chunks, and in the one the consumer works on
	over   bool    // the end has come
	retval int32
	err    error
	come   signal
	begun  time.Duration // session clock of the request
	active time.Duration // session clock of the last message
	ping   pingBehind
}

// chunk is a run of messages, each behind its length as u32.
type chunk []byte

const chunkSize = 64 << 10

var chunkPool = sync.Pool{New: func() any { c := make(chunk, 0, chunkSize); return &c }}

func newStream(s *Session, request, details, end *messageInfo, modern bool, encode func(dst []byte) ([]byte, error)) *stream {
	st := &stream{session: s, request: request, details: details, end: end, modern: modern, append: encode, come: newSignal()}
	st.ping.stream = st
	return st
}

func (st *stream) encode(dst []byte) ([]byte, error) {
	start := len(dst)
	dst, err := st.append(dst)
	if at := cursorOffset(st.request.msg); err == nil && st.cursor != 0 && at > 0 {
		binary.BigEndian.PutUint32(dst[start+at:], st.cursor)
	}
	return dst, err
}

func (st *stream) patience() time.Duration { return 0 }

// cursorOffset is where a modern stream's request or reply has its cursor, -1
// where it has none.
func cursorOffset(m *binproto.Message) int {
	return m.Offset("cursor", 4)
}

func (st *stream) deliver(info *messageInfo, frame []byte) (done bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.active = st.session.clock()
	switch {
	case st.err != nil:
	case info.id == st.details.id:
		if st.keep(frame) {
			break
		}
		st.err = fmt.Errorf("%w: more than %d bytes unread", ErrSlowConsumer, st.session.opts.StreamBuffer)
		st.session.stats.dropped.Add(1)
	case st.modern && info.id == st.end.id:
		st.over = true
		st.retval = retvalOf(info, frame)
		st.cursor = 0
		if at := cursorOffset(info.msg); at > 0 && len(frame) >= at+4 {
			st.cursor = binary.BigEndian.Uint32(frame[at:])
		}
		st.come.raise(st.session)
		return true
	case retvalOf(info, frame) != 0: // some dumps are refused with their reply
		st.err = &RetvalError{Message: info.msg.Name, Retval: retvalOf(info, frame)}
	default:
		st.err = fmt.Errorf("%w: answered with %s instead of %s", ErrProtocol, info.msg.Name, st.details.msg.Name)
	}
	st.come.raise(st.session)
	return false
}

// keep copies a message into the queue; false where the consumer has let too
// much gather.
func (st *stream) keep(frame []byte) bool {
	need := 4 + len(frame)
	if st.bytes+need > st.session.opts.StreamBuffer && st.bytes > 0 {
		return false
	}
	st.bytes += need
	n := len(st.chunks)
	if n == 0 || cap(st.chunks[n-1])-len(st.chunks[n-1]) < need {
		c := *chunkPool.Get().(*chunk)
		if cap(c) < need {
			c = make(chunk, 0, need)
		}
		st.chunks = append(st.chunks, c[:0])
		n++
	}
	c := binary.BigEndian.AppendUint32(st.chunks[n-1], uint32(len(frame)))
	st.chunks[n-1] = append(c, frame...)
	return true
}

func (st *stream) fail(err error) {
	st.mu.Lock()
	if st.err == nil {
		st.err = err
	}
	st.over = true
	st.mu.Unlock()
	st.come.raise(st.session)
}

// pingBehind is the control_ping that ends an old-style stream.
type pingBehind struct {
	stream *stream
	info   *messageInfo
}

func (p *pingBehind) encode(dst []byte) ([]byte, error) { return p.info.msg.AppendFields(dst, nil) }

func (p *pingBehind) patience() time.Duration { return 0 }

func (p *pingBehind) deliver(info *messageInfo, _ []byte) bool {
	st := p.stream
	st.mu.Lock()
	if info.id != st.end.id && st.err == nil {
		st.err = fmt.Errorf("%w: control_ping answered with %s", ErrProtocol, info.msg.Name)
	}
	st.over = true
	begun := st.begun
	st.mu.Unlock()
	st.request.stats.answered(st.session.clock() - begun)
	return true
}

func (p *pingBehind) finish() { p.stream.come.raise(p.stream.session) }

func (p *pingBehind) fail(err error) { p.stream.fail(err) }

// frames sends the request and yields the messages as bytes, valid until the
// next step.
func (st *stream) frames(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s := st.session
		s.beginBulk()
		defer s.endBulk()
		for {
			more, err := st.round(ctx, yield)
			if err != nil {
				yield(nil, err)
			}
			if !more {
				return
			}
		}
	}
}

// round sends the request once and yields what it brings; more says that a
// modern stream has a next round.
func (st *stream) round(ctx context.Context, yield func([]byte, error) bool) (more bool, err error) {
	s, name := st.session, st.request.msg.Name
	st.mu.Lock()
	st.over, st.retval, st.begun = false, 0, s.clock()
	st.active = st.begun
	st.mu.Unlock()
	var pingID uint32
	var then func() error
	if !st.modern {
		st.ping.info = s.info("control_ping")
		then = func() (err error) {
			pingID, err = s.enqueue(st.ping.info, &st.ping, true)
			return err
		}
	}
	id, err := s.sendWith(ctx, st.request, st, true, then)
	if err != nil {
		return false, err
	}
	defer func() { // whatever of it is still in flight when the consumer goes
		s.flights.withdraw(id)
		if pingID != 0 {
			s.flights.withdraw(pingID)
		}
		s.room()
		st.mu.Lock()
		st.recycle(st.chunks)
		st.chunks = nil
		st.mu.Unlock()
	}()
	for {
		st.mu.Lock()
		st.come.clear()
		chunks, over, serr := st.chunks, st.over, st.err
		st.chunks = nil
		st.mu.Unlock()
		if len(chunks) == 0 {
			switch {
			case serr != nil:
				return false, st.explain(serr)
			case over:
				return st.finished()
			}
			if err := st.waitForMore(ctx); err != nil {
				s.stats.timeouts.Add(1)
				return false, unknown(name, reason(ctx, err))
			}
			continue
		}
		for i, c := range chunks {
			if !yieldChunk(c, yield) {
				st.recycle(chunks[i:])
				return false, nil
			}
			st.mu.Lock()
			st.bytes -= len(c)
			st.mu.Unlock()
			st.recycle(chunks[i : i+1])
			if err := ctx.Err(); err != nil {
				st.recycle(chunks[i+1:])
				return false, unknown(name, reason(ctx, err))
			}
		}
	}
}

func (st *stream) explain(err error) error {
	if _, ok := errors.AsType[*RetvalError](err); ok {
		return refused(st.request.msg.Name, err)
	}
	return unknown(st.request.msg.Name, err)
}

// finished judges the reply that ends a round.
func (st *stream) finished() (more bool, err error) {
	switch {
	case !st.modern || st.retval == 0:
		return false, nil
	case st.raw && st.retval != RetvalAgain:
		return false, nil
	case st.retval == RetvalAgain && st.cursor != 0:
		return true, nil
	}
	return false, refused(st.request.msg.Name, &RetvalError{Message: st.end.msg.Name, Retval: st.retval})
}

// waitForMore waits for the next message; the timeout runs from the last one.
func (st *stream) waitForMore(ctx context.Context) error {
	s := st.session
	for {
		err := s.await(ctx, &st.come, s.opts.Timeout, s.unpaced())
		if !errors.Is(err, ErrTimeout) {
			return err
		}
		st.mu.Lock()
		quiet := s.clock() - st.active
		st.mu.Unlock()
		switch {
		case st.come.ready(): // in the same moment
			return nil
		case quiet >= s.opts.Timeout:
			return err
		}
	}
}

func yieldChunk(c chunk, yield func([]byte, error) bool) bool {
	for len(c) > 0 {
		n := binary.BigEndian.Uint32(c)
		if !yield(c[4:4+n], nil) {
			return false
		}
		c = c[4+n:]
	}
	return true
}

// recycle gives chunks back for the next stream.
func (st *stream) recycle(chunks []chunk) {
	for _, c := range chunks {
		if cap(c) == chunkSize {
			c = c[:0]
			chunkPool.Put(&c)
		}
	}
}
