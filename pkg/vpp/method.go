package vpp

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// Method is a request Q with its answer R, both Go structs bound to the
// messages of whatever VPP is there; see [binproto.Bind] for the rules. For a
// dump R is the details message. Methods are cheap and usually package
// variables; they hold no state of a session and are safe for concurrent use.
type Method[Q, R any] struct {
	request string
	answer  string // where it is not the one that VPP announces
	raw     bool
}

// NewMethod names the request; the answer follows from VPP's own services.
func NewMethod[Q, R any](request string) *Method[Q, R] {
	return &Method[Q, R]{request: request}
}

// Raw returns the same method leaving the return value to the caller: R then
// usually has a field Retval int32.
func (m *Method[Q, R]) Raw() *Method[Q, R] {
	return &Method[Q, R]{request: m.request, answer: m.answer, raw: true}
}

// Answered returns the same method for a VPP that answers with another message
// than its schema announces.
func (m *Method[Q, R]) Answered(with string) *Method[Q, R] {
	return &Method[Q, R]{request: m.request, answer: with, raw: m.raw}
}

// Name is the request's name.
func (m *Method[Q, R]) Name() string { return m.request }

// bound is a method compiled against one session.
type bound[Q, R any] struct {
	session *Session
	request *messageInfo
	answer  *messageInfo // reply, or details of a stream
	end     *messageInfo // what ends a stream
	modern  bool
	raw     bool
	in      *binproto.Codec[Q]
	out     *binproto.Codec[R]
	calls   sync.Pool
	empty   Q
}

type bindKey struct {
	request string
	answer  string
	raw     bool
	in, out reflect.Type
}

// Check tells whether this VPP has the messages and whether Q and R fit them:
// nil, or what a call would be refused with.
func (m *Method[Q, R]) Check(c Caller) error {
	s, err := c.Session()
	if err != nil {
		return renamed(m.request, err)
	}
	_, err = m.bind(s)
	return err
}

// bind compiles the method for a session, once.
func (m *Method[Q, R]) bind(s *Session) (*bound[Q, R], error) {
	key := bindKey{m.request, m.answer, m.raw, reflect.TypeFor[Q](), reflect.TypeFor[R]()}
	if b, ok := s.binds.Load(key); ok {
		return b.(*bound[Q, R]), nil
	}
	b := &bound[Q, R]{session: s, raw: m.raw}
	var err error
	if b.request, err = s.resolve(m.request); err != nil {
		return nil, err
	}
	service := s.service(m.request)
	if service == nil || service.Reply == "" {
		return nil, refused(m.request, fmt.Errorf("%w: VPP does not answer it", ErrNoMessage))
	}
	answer := service.Reply
	switch {
	case service.StreamMessage != "":
		answer, b.modern = service.StreamMessage, true
		if b.end, err = s.resolveFor(m.request, service.Reply); err != nil {
			return nil, err
		}
	case service.Stream:
		if b.end, err = s.resolveFor(m.request, "control_ping_reply"); err != nil {
			return nil, err
		}
	}
	if m.answer != "" {
		answer = m.answer
	}
	if b.answer, err = s.resolveFor(m.request, answer); err != nil {
		return nil, err
	}
	if b.in, err = binproto.Bind[Q](b.request.msg); err != nil {
		return nil, refused(m.request, err)
	}
	if b.out, err = binproto.Bind[R](b.answer.msg); err != nil {
		return nil, refused(m.request, err)
	}
	b.calls.New = func() any { return &typedCall[Q, R]{b: b, done: newSignal()} }
	kept, _ := s.binds.LoadOrStore(key, b)
	return kept.(*bound[Q, R]), nil
}

// typedCall is one call in flight. It is reused.
type typedCall[Q, R any] struct {
	b     *bound[Q, R]
	q     *Q
	r     *R
	err   error
	limit time.Duration
	done  signal
}

func (c *typedCall[Q, R]) encode(dst []byte) ([]byte, error) { return c.b.in.Append(dst, c.q) }

func (c *typedCall[Q, R]) patience() time.Duration { return c.limit }

func (c *typedCall[Q, R]) deliver(info *messageInfo, frame []byte) bool {
	c.err = c.b.decode(info, frame, c.r)
	return true
}

func (c *typedCall[Q, R]) finish() { c.done.raise(c.b.session) }

func (c *typedCall[Q, R]) fail(err error) {
	c.err = unknown(c.b.request.msg.Name, err)
	c.done.raise(c.b.session)
}

// decode reads an answer into r and judges it.
func (b *bound[Q, R]) decode(info *messageInfo, frame []byte, into *R) error {
	if info.id != b.answer.id {
		return expect(b.request.msg.Name, b.answer.msg.Name, info)
	}
	err := b.out.Decode(frame, into)
	if !b.raw {
		if refusal := checkRetval(b.request.msg.Name, b.answer, frame); refusal != nil {
			return refusal // whatever else the answer holds
		}
	}
	if err != nil {
		return unknown(b.request.msg.Name, err)
	}
	return nil
}

// Call makes the call and returns the answer. q may be nil for a request
// without fields of interest. An answer that says no is returned together with
// the error.
func (m *Method[Q, R]) Call(ctx context.Context, c Caller, q *Q) (*R, error) {
	r := new(R)
	err := m.CallInto(ctx, c, q, r)
	return r, err
}

// CallInto is Call into memory of the caller; it allocates nothing. The
// content of r is undefined after an unknown outcome.
func (m *Method[Q, R]) CallInto(ctx context.Context, c Caller, q *Q, r *R) error {
	s, err := c.Session()
	if err != nil {
		return renamed(m.request, err)
	}
	b, err := m.bind(s)
	if err != nil {
		return err
	}
	if b.end != nil {
		return refused(m.request, fmt.Errorf("%s is answered with a stream: use Dump", m.request))
	}
	if q == nil {
		q = &b.empty
	}
	call := b.calls.Get().(*typedCall[Q, R])
	call.q, call.r, call.err, call.limit = q, r, nil, s.patience(ctx)
	call.done.clear()
	id, err := s.send(ctx, b.request, call, true)
	if err == nil {
		err = call.wait(ctx, id)
	}
	call.q, call.r = nil, nil
	b.calls.Put(call)
	return err
}

// wait waits for the reply. When it returns the reader has let go of the call.
func (c *typedCall[Q, R]) wait(ctx context.Context, id uint32) error {
	s := c.b.session
	if err := s.await(ctx, &c.done, 0, true); err != nil {
		if s.flights.withdraw(id) {
			s.stats.timeouts.Add(1)
			s.room()
			return unknown(c.b.request.msg.Name, reason(ctx, err))
		}
		for !c.done.ready() { // the reply came in the same moment
			<-c.done.wake
		}
	}
	return c.err
}

// beginBulk and endBulk count batches and streams, which the reader paces.
func (s *Session) beginBulk() {
	if s.in.bulk.Add(1) == 1 {
		s.in.burst.Store(0)
	}
}

func (s *Session) endBulk() { s.in.bulk.Add(-1) }
