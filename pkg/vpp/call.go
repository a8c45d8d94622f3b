package vpp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// rawCall is one request and one reply as bytes. Everything that is not typed
// goes through it.
type rawCall struct {
	session *Session
	info    *messageInfo
	append  func(dst []byte) ([]byte, error)
	limit   time.Duration
	done    signal

	frame []byte       // the reply, a copy
	reply *messageInfo // what it is
	err   error
}

func newRawCall(s *Session, info *messageInfo, encode func(dst []byte) ([]byte, error)) *rawCall {
	return &rawCall{session: s, info: info, append: encode, done: newSignal()}
}

func (c *rawCall) encode(dst []byte) ([]byte, error) { return c.append(dst) }

func (c *rawCall) patience() time.Duration { return c.limit }

func (c *rawCall) deliver(info *messageInfo, frame []byte) bool {
	c.frame = append(c.frame[:0], frame...)
	c.reply = info
	return true
}

func (c *rawCall) finish() { c.done.raise(c.session) }

func (c *rawCall) fail(err error) {
	c.err = err
	c.done.raise(c.session)
}

// run sends and waits for the reply.
func (c *rawCall) run(ctx context.Context) error {
	s := c.session
	c.limit = s.patience(ctx)
	id, err := s.send(ctx, c.info, c, true)
	if err != nil {
		return err
	}
	if err := s.await(ctx, &c.done, 0, true); err != nil {
		if s.flights.withdraw(id) {
			s.stats.timeouts.Add(1)
			s.room()
			return unknown(c.info.msg.Name, reason(ctx, err))
		}
		<-c.done.wake // the reply came in the same moment
	}
	if c.err != nil {
		return unknown(c.info.msg.Name, c.err)
	}
	return nil
}

// retvalOf reads the return value of a reply; 0 where it has none.
func retvalOf(info *messageInfo, frame []byte) int32 {
	if at := info.retvalAt; at >= 0 && len(frame) >= at+4 {
		return int32(binary.BigEndian.Uint32(frame[at:]))
	}
	return 0
}

// checkRetval is the error of an answer that says no.
func checkRetval(request string, info *messageInfo, frame []byte) error {
	if v := retvalOf(info, frame); v != 0 {
		return refused(request, &RetvalError{Message: info.msg.Name, Retval: v})
	}
	return nil
}

// expect tells an answer that is another message than the schema promises.
func expect(request string, want string, got *messageInfo) error {
	if got.msg.Name != want {
		return unknown(request, fmt.Errorf("%w: answered with %s instead of %s", ErrProtocol, got.msg.Name, want))
	}
	return nil
}

// CallOption changes how a dynamic call treats the answer.
type CallOption func(*callOptions)

type callOptions struct{ raw bool }

// Raw leaves the return value to the caller instead of making it an error.
func Raw() CallOption { return func(o *callOptions) { o.raw = true } }

func callOptionsOf(opts []CallOption) callOptions {
	var o callOptions
	for _, f := range opts {
		f(&o)
	}
	return o
}

// Invoke makes a call by name with fields as a map, as
// [binproto.Message.AppendFields] takes them, and returns the reply's fields.
// A reply that says no is returned together with the error. For a request that
// VPP never answers both are nil once it is sent.
func Invoke(ctx context.Context, c Caller, request string, fields map[string]any, opts ...CallOption) (map[string]any, error) {
	r, callErr := invoke(ctx, c, request, func(m *messageInfo, dst []byte) ([]byte, error) {
		return m.msg.AppendFields(dst, fields)
	}, opts)
	if r == nil {
		return nil, callErr
	}
	out, err := r.reply.msg.DecodeFields(r.frame)
	if err != nil && callErr == nil {
		callErr = unknown(request, err)
	}
	return out, callErr
}

// InvokeJSON is Invoke with JSON in (nothing stands for {}) and one line of
// JSON out.
func InvokeJSON(ctx context.Context, c Caller, request string, fields []byte, opts ...CallOption) ([]byte, error) {
	r, callErr := invoke(ctx, c, request, func(m *messageInfo, dst []byte) ([]byte, error) {
		return appendJSON(m.msg, dst, fields)
	}, opts)
	if r == nil {
		return nil, callErr
	}
	out, err := r.reply.msg.AppendJSON(nil, r.frame)
	if err != nil && callErr == nil {
		callErr = unknown(request, err)
	}
	return out, callErr
}

// appendJSON encodes a request given as JSON, if anything is given.
func appendJSON(m *binproto.Message, dst, fields []byte) ([]byte, error) {
	if len(fields) == 0 {
		return m.AppendFields(dst, nil)
	}
	return m.AppendFromJSON(dst, fields)
}

// invoke makes a dynamic call. The result is nil where there is no reply.
func invoke(ctx context.Context, c Caller, request string, encode func(*messageInfo, []byte) ([]byte, error), opts []CallOption) (*rawCall, error) {
	s, err := c.Session()
	if err != nil {
		return nil, renamed(request, err)
	}
	info, err := s.resolve(request)
	if err != nil {
		return nil, err
	}
	service := s.service(request)
	if service == nil || service.Stream {
		what := "no request"
		if service != nil {
			what = "answered with a stream"
		}
		return nil, refused(request, fmt.Errorf("%w: it is %s", errors.ErrUnsupported, what))
	}
	call := newRawCall(s, info, func(dst []byte) ([]byte, error) { return encode(info, dst) })
	if service.Reply == "" {
		return nil, s.post(ctx, info, call)
	}
	if _, err := s.resolveFor(request, service.Reply); err != nil { // nobody could read it
		return nil, err
	}
	if err := call.run(ctx); err != nil {
		return nil, err
	}
	if err := expect(request, service.Reply, call.reply); err != nil {
		return nil, err
	}
	if callOptionsOf(opts).raw {
		return call, nil
	}
	return call, checkRetval(request, call.reply, call.frame)
}

// post sends a request that has no reply.
func (s *Session) post(ctx context.Context, info *messageInfo, r request) error {
	id, err := s.send(ctx, info, r, true)
	if err != nil {
		return err
	}
	s.flights.withdraw(id)
	s.room()
	return nil
}

// renamed puts the request's name into an error of Caller.Session.
func renamed(request string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return &Error{Message: request, Outcome: e.Outcome, Err: e.Err}
	}
	return refused(request, err)
}
