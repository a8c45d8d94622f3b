package vpptest

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// outcome is what becomes of a connection after a message.
type outcome uint8

const (
	carryOn outcome = iota
	hangUp          // close the sender's connection
	crash           // the process dies
	restart         // the process dies and comes back
)

// handler answers one request.
type handler struct {
	name    string
	message *binproto.Message
	reply   *binproto.Message // with retval; nil where there is none
	handle  func(c *call, message []byte) error
	calls   atomic.Uint64
}

// call is one request in the hands of its handler, or an event on its way to
// one client. Valid until the handler returns.
type call struct {
	boot *boot
	// from sent it; to is whom its client_index names and who gets the
	// replies: nil if there is no such client, VPP acts all the same.
	from, to *client
	// context is the request's, to be echoed.
	context uint32

	start    int      // of the message being encoded
	capture  bool     // a fault wants the replies first
	captured [][]byte // messages
	reason   string   // of the process's death
}

// die is called by a handler that the real VPP would not survive.
func (c *call) die(reason string) { c.reason = reason }

// dying tells whether VPP did not survive the request; it answers no more.
func (c *call) dying() bool {
	c.reason = cmp.Or(c.reason, c.boot.state.fib.lethal)
	return c.reason != ""
}

// enter waits for the main thread; false when the process is dead.
func (b *boot) enter() bool {
	for {
		b.main.Lock()
		if b.dead() {
			b.main.Unlock()
			return false
		}
		if !b.v.isFrozen() {
			return true
		}
		b.main.Unlock()
		if !b.v.waitThawed(b) {
			return false
		}
	}
}

// leave ends a turn: what is sent once per turn goes out, and all output is
// flushed.
func (b *boot) leave() {
	for _, f := range b.state.batchDone {
		f()
	}
	b.flush()
	b.main.Unlock()
	b.v.changed()
}

// flush sends what this turn has queued so far.
func (b *boot) flush() {
	for _, c := range b.dirty {
		c.dirty = false
		c.mu.Lock()
		c.flush()
		c.mu.Unlock()
	}
	b.dirty = b.dirty[:0]
}

// touch marks a client for the flush at the end of the turn.
func (b *boot) touch(c *client) {
	if !c.dirty {
		c.dirty = true
		b.dirty = append(b.dirty, c)
	}
}

// dispatch handles one message, faults included.
func (b *boot) dispatch(from *client, message []byte) outcome {
	h := b.handlerOf(message)
	if h == nil {
		b.ignored.Add(1)
		b.log.V(1).Info("message without handler dropped", "client", from.name, "length", len(message))
		return carryOn
	}
	c := &b.current
	*c = call{boot: b, from: from, to: from, captured: c.captured[:0]}
	if at := h.message.ContextOffset(); at >= 0 {
		c.context = binary.BigEndian.Uint32(message[at:])
	}
	if at := h.message.ClientIndexOffset(); at >= 0 {
		c.to = b.clientAt(binary.BigEndian.Uint32(message[at:]))
	}
	behind := from.swapped
	from.swapped = nil
	result := b.serve(c, h, message)
	for _, m := range behind {
		from.queue(m)
		b.touch(from)
	}
	return result
}

// handlerOf finds who handles a message; nil where VPP would only warn:
// unknown id, a reply sent as a request, too short.
func (b *boot) handlerOf(message []byte) *handler {
	if len(message) < 2 {
		return nil
	}
	id := int(binary.BigEndian.Uint16(message))
	if id >= len(b.handlers) || b.handlers[id] == nil {
		return nil
	}
	if n, _ := b.handlers[id].message.Body().Size(); len(message) < n {
		return nil
	}
	return b.handlers[id]
}

// clientAt looks up a client_index. VPP trusts it: whoever it names gets the
// reply.
func (b *boot) clientAt(index uint32) *client {
	if index&indexBit == 0 {
		return nil
	}
	return b.clients.get(index &^ indexBit)
}

func (b *boot) serve(c *call, h *handler, message []byte) outcome {
	f := b.v.faults.match(h.name)
	if f == nil {
		return b.run(c, h, message)
	}
	b.log.V(1).Info("fault", "message", h.name, "fault", f.what)
	if f.before != nil {
		act, result := f.before(c, h)
		if !act || b.dead() {
			return result
		}
	}
	if f.after == nil {
		return b.run(c, h, message)
	}
	c.capture = true
	result := b.run(c, h, message)
	c.capture = false
	if result != carryOn {
		return result
	}
	return f.after(c, c.captured)
}

func (b *boot) run(c *call, h *handler, message []byte) outcome {
	if err := h.handle(c, message); err != nil {
		b.ignored.Add(1)
		b.log.V(1).Info("message dropped", "message", h.name, "error", err.Error())
		return carryOn
	}
	h.calls.Add(1)
	switch {
	case c.dying():
		return crash
	case c.from.deleted:
		return hangUp
	}
	return carryOn
}

// begin opens a message to the call's client and returns the buffer to encode
// into; end closes it.
func (c *call) begin() []byte {
	if c.to != nil && c.to.isGone() {
		// Writing to it fails, and only now does VPP forget it.
		c.boot.forget(c.to)
		c.to = nil
	}
	if c.capture || c.to == nil {
		c.start = 0
		return c.boot.scratch[:0]
	}
	c.to.mu.Lock()
	out := appendHeader(c.to.out, 0)
	c.start = len(out)
	return out
}

func (c *call) end(buf []byte, err error, id uint16, contextAt int) {
	if err != nil {
		c.boot.log.Error(err, "reply not sent")
	} else {
		message := buf[c.start:]
		binary.BigEndian.PutUint16(message, id)
		if contextAt >= 0 {
			binary.BigEndian.PutUint32(message[contextAt:], c.context)
		}
		if c.capture {
			c.captured = append(c.captured, append([]byte(nil), message...))
		}
	}
	if c.capture || c.to == nil {
		c.boot.scratch = buf
		return
	}
	defer c.to.mu.Unlock()
	if err != nil {
		return
	}
	binary.BigEndian.PutUint32(buf[c.start-8:], uint32(len(buf)-c.start))
	c.to.out = buf
	if len(buf) >= flushAt {
		c.to.flush()
	}
	c.boot.touch(c.to)
}

// deliver sends a message that a fault held in its hands.
func (c *call) deliver(message []byte) {
	if c.to != nil {
		c.to.queue(message)
		c.boot.touch(c.to)
	}
}

// isGone tells a client whose connection is closed, but which VPP still has
// on its books.
func (c *client) isGone() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// registry binds handlers and replies to a boot. It keeps its first error.
type registry struct {
	boot  *boot
	state *state
	err   error
}

// bind is the one place where codecs come from. A message that this boot lacks
// gives nil without an error.
func bind[T any](r *registry, name string) (*binproto.Codec[T], uint16) {
	m := r.boot.v.api.schema.Message(name)
	if m == nil {
		r.fail(fmt.Errorf("message %s is not in the API table", name))
		return nil, 0
	}
	codec, err := binproto.Bind[T](m)
	if err != nil {
		r.fail(err)
		return nil, 0
	}
	return codec, r.boot.ids[name]
}

func (r *registry) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// on binds a handler. The request is decoded into a value that is reused for
// the next one: a handler keeps nothing of it.
func on[Req any](r *registry, name string, f func(c *call, m *Req)) {
	codec, id := bind[Req](r, name)
	if codec == nil || id == 0 {
		return
	}
	h := &handler{name: name, message: codec.Message()}
	if s := r.boot.v.api.schema.Service(name); s != nil && s.Reply != "" {
		if m := r.boot.v.api.schema.Message(s.Reply); m.RetvalOffset() >= 0 {
			h.reply = m
		}
	}
	var m Req
	h.handle = func(c *call, message []byte) error {
		if err := codec.Decode(message, &m); err != nil {
			return err
		}
		f(c, &m)
		return nil
	}
	r.boot.handlers[id] = h
	r.boot.byName[name] = h
}

// sender sends one sort of message.
type sender[T any] struct {
	codec   *binproto.Codec[T]
	name    string
	id      uint16
	context int // offset, -1 if there is none
}

func sends[T any](r *registry, name string) sender[T] {
	codec, id := bind[T](r, name)
	s := sender[T]{codec: codec, name: name, id: id, context: -1}
	if codec != nil {
		s.context = codec.Message().ContextOffset()
	}
	return s
}

func (s sender[T]) send(c *call, v *T) {
	buf, err := s.codec.Append(c.begin(), v)
	c.end(buf, err, s.id, s.context)
}

// event sends to a client that asked for it, unless a fault stands in the way.
func (s sender[T]) event(b *boot, to *client, v *T) {
	c := call{boot: b, from: to, to: to}
	f := b.v.faults.match(s.name)
	if f == nil || f.after == nil {
		s.send(&c, v)
		return
	}
	c.capture = true
	s.send(&c, v)
	c.capture = false
	if f.after(&c, c.captured) == hangUp {
		to.hangUp()
	}
}

// retvalReply is every reply that is a retval and nothing else.
type retvalReply struct{ Retval int32 }

// onRetval binds a handler whose reply is its result.
func onRetval[Req any](r *registry, name string, f func(c *call, m *Req) int32) {
	reply := sends[retvalReply](r, name+"_reply")
	on(r, name, func(c *call, m *Req) {
		retval := f(c, m)
		if !c.dying() {
			reply.send(c, &retvalReply{retval})
		}
	})
}
