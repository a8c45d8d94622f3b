package vpp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// sender is the way out: requests are appended to a common buffer under a
// short lock, and whoever appends first writes for all. The write never
// blocks a caller: where the socket is full, a goroutine waits for it.
type sender struct {
	mu       sync.Mutex
	out      []byte // appended, not yet written
	spare    []byte // the buffer of the last write, for reuse
	flushing bool
	err      error // why the session is over
	waiting  []chan struct{}
	waiters  atomic.Int32 // len(waiting), readable without the lock

	stalled chan []byte // to the writer goroutine: what the socket did not take

	// A non-blocking write of buf, for whoever is flushing.
	one      func(fd uintptr) bool
	buf      []byte
	n        int
	writeErr error
}

func (o *sender) init() {
	o.stalled = make(chan []byte, 1)
	o.one = func(fd uintptr) bool {
		for {
			o.n, o.writeErr = syscall.Write(int(fd), o.buf)
			if o.writeErr != syscall.EINTR {
				return true
			}
		}
	}
}

const (
	flushAt    = 16 << 10  // a batch writes when this much has gathered
	keepBuffer = 256 << 10 // larger buffers are not kept
	maxUnsent  = 1 << 20   // requests that gave up stay in the buffer of a VPP that does not read
)

// request appends itself to the outgoing buffer.
type request interface {
	pending
	// encode appends the message; id, client_index and context are filled in
	// by the caller.
	encode(dst []byte) ([]byte, error)
	// patience is how long the session lets it wait for its reply; 0 where
	// somebody else looks at the clock.
	patience() time.Duration
}

// send puts a request in flight and returns its context. It waits for room in
// the window, at most until ctx ends. flush says whether it must leave now. An
// error means that nothing was sent.
func (s *Session) send(ctx context.Context, info *messageInfo, r request, flush bool) (uint32, error) {
	return s.sendWith(ctx, info, r, flush, nil)
}

// sendWith is send with a second request that follows immediately: the ping
// behind an old-style dump.
func (s *Session) sendWith(ctx context.Context, info *messageInfo, r request, flush bool, then func() error) (uint32, error) {
	context, err := s.trySend(ctx, info, r, flush, then, false)
	if err == nil || info.guard == nil {
		return context, err
	}
	look, ok := errors.AsType[*lookNeededError](err)
	if !ok {
		return context, err
	}
	if err := info.guard.look(ctx, s, look.msg); err != nil {
		return 0, refused(info.msg.Name, err)
	}
	return s.trySend(ctx, info, r, flush, then, true)
}

// trySend is sendWith for a request that the guard has (looked) or has not yet
// compared with the state of VPP.
func (s *Session) trySend(ctx context.Context, info *messageInfo, r request, flush bool, then func() error, looked bool) (uint32, error) {
	if err := ctx.Err(); err != nil {
		return 0, refused(info.msg.Name, reason(ctx, err))
	}
	slots := 1
	if then != nil {
		slots = 2
	}
	s.out.mu.Lock()
	for until := (time.Time{}); ; {
		if err := s.out.err; err != nil || s.closing.Load() && info.id != idSockclntDelete {
			s.out.mu.Unlock()
			if err == nil {
				err = fmt.Errorf("session %w", ErrClosed)
			}
			return 0, refused(info.msg.Name, err)
		}
		if s.hasRoom(slots) {
			break
		}
		if until.IsZero() {
			until = time.Now().Add(s.opts.Timeout)
		}
		if err := s.waitForRoom(ctx, info, slots, until); err != nil {
			return 0, err
		}
	}
	context, err := s.enqueue(info, r, looked)
	if err == nil && then != nil {
		if err = then(); err != nil {
			s.flights.withdraw(context)
		}
	}
	write := err == nil && (flush || len(s.out.out) >= flushAt) && !s.out.flushing
	if write {
		s.out.flushing = true
	}
	s.out.mu.Unlock()
	if write {
		// Others may be about to send as well: let them, and write once.
		if s.flights.count.Load() > 1 && flush {
			runtime.Gosched()
		}
		s.flush()
	}
	return context, err
}

// hasRoom tells whether so many more requests may be sent. The caller holds
// the lock.
func (s *Session) hasRoom(slots int) bool {
	return s.flights.fits(slots) && s.flights.bytes.Load() < s.opts.MaxInFlightBytes && len(s.out.out) < maxUnsent
}

// waitForRoom gives up the lock until a slot comes free, and takes it again. A
// ctx without a deadline gets this one.
func (s *Session) waitForRoom(ctx context.Context, info *messageInfo, slots int, until time.Time) error {
	ready := make(chan struct{})
	s.out.waiting = append(s.out.waiting, ready)
	s.out.waiters.Add(1)
	if s.hasRoom(slots) { // it came before room could know of us
		s.out.waiting = s.out.waiting[:len(s.out.waiting)-1]
		s.out.waiters.Add(-1)
		return nil
	}
	write := len(s.out.out) > 0 && !s.out.flushing
	if write {
		s.out.flushing = true
	}
	s.out.mu.Unlock()
	if write {
		s.flush()
	}
	s.wakeReader()
	var expired <-chan time.Time
	if _, ok := ctx.Deadline(); !ok {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		expired = timer.C
	}
	var err error
	select {
	case <-ready:
	case <-ctx.Done():
		err = reason(ctx, ctx.Err())
	case <-expired:
		err = ErrTimeout
	}
	s.out.mu.Lock()
	if err == nil {
		return nil
	}
	for i, w := range s.out.waiting {
		if w == ready {
			s.out.waiting = append(s.out.waiting[:i], s.out.waiting[i+1:]...)
			s.out.waiters.Add(-1)
			s.out.mu.Unlock()
			return refused(info.msg.Name, fmt.Errorf("waiting for room in the window: %w", err))
		}
	}
	return nil // woken in the same moment: use the room
}

// room wakes those who wait for it, after slots came free. The reader calls it
// once per read.
func (s *Session) room() {
	if s.out.waiters.Load() == 0 || !s.flights.fits(1) || s.flights.bytes.Load() >= s.opts.MaxInFlightBytes {
		return
	}
	s.out.mu.Lock()
	waiting := s.out.waiting
	s.out.waiting = nil
	s.out.waiters.Add(int32(-len(waiting)))
	s.out.mu.Unlock()
	for _, w := range waiting {
		close(w)
	}
}

// enqueue encodes a request behind the outgoing buffer and registers it. The
// caller holds the lock.
func (s *Session) enqueue(info *messageInfo, r request, looked bool) (uint32, error) {
	out := s.out.out
	start := len(out)
	out = append(out, zeroHeader[:]...)
	body := len(out)
	out, err := r.encode(out)
	if err != nil {
		s.out.out = out[:start]
		return 0, refused(info.msg.Name, err)
	}
	msg := out[body:]
	if len(msg) > s.opts.MaxSend {
		s.out.out = out[:start]
		return 0, refused(info.msg.Name, fmt.Errorf("%w: %d bytes, the cap is %d", ErrTooLarge, len(msg), s.opts.MaxSend))
	}
	if info.guard != nil {
		if err := info.guard.check(s, msg, looked); err != nil {
			s.out.out = out[:start]
			return 0, refused(info.msg.Name, err)
		}
	}
	now := s.clock()
	context := s.flights.alloc(r, info, len(msg), now)
	s.out.out = out
	putFrameLength(out[start:], len(msg))
	binary.BigEndian.PutUint16(msg, info.id)
	if info.clientIndexAt > 0 {
		binary.BigEndian.PutUint32(msg[info.clientIndexAt:], s.index)
	}
	if info.contextAt > 0 {
		binary.BigEndian.PutUint32(msg[info.contextAt:], context)
	}
	info.stats.sent(len(msg))
	if s.opts.Trace != nil {
		s.trace(Sent, info, context, msg)
	}
	return context, nil
}

var zeroHeader [frameHeader]byte

// flush writes what has gathered until nothing is left. The caller has set
// flushing; it is the only writer.
func (s *Session) flush() {
	for {
		s.out.mu.Lock()
		buf := s.out.out
		if len(buf) == 0 || s.out.err != nil {
			s.out.flushing = false
			s.out.mu.Unlock()
			return
		}
		s.out.out, s.out.spare = s.out.spare[:0], nil
		s.out.mu.Unlock()
		s.room()

		n, err := s.writeSome(buf)
		if err != nil {
			s.fail(fmt.Errorf("%w: write: %w", ErrDisconnected, err))
			return
		}
		if n < len(buf) {
			s.out.stalled <- buf[n:] // the writer goroutine goes on and clears flushing
			return
		}
		s.recycle(buf)
	}
}

func (s *Session) recycle(buf []byte) {
	if cap(buf) > keepBuffer {
		return
	}
	s.out.mu.Lock()
	if cap(s.out.spare) < cap(buf) {
		s.out.spare = buf[:0]
	}
	s.out.mu.Unlock()
}

// flushOut writes what a batch has left in the buffer.
func (s *Session) flushOut() {
	s.out.mu.Lock()
	write := len(s.out.out) > 0 && !s.out.flushing && s.out.err == nil
	if write {
		s.out.flushing = true
	}
	s.out.mu.Unlock()
	if write {
		s.flush()
	}
}

// writeSome writes without waiting and returns how much the socket took.
func (s *Session) writeSome(buf []byte) (n int, err error) {
	o := &s.out
	for n < len(buf) {
		o.buf = buf[n:]
		if err := s.raw.Write(o.one); err != nil {
			return n, err
		}
		switch o.writeErr {
		case nil:
			n += o.n
		case syscall.EAGAIN:
			return n, nil
		default:
			return n, o.writeErr
		}
	}
	return n, nil
}

// writeLoop waits for a socket that VPP does not read fast enough.
func (s *Session) writeLoop() {
	defer s.done.Done()
	for {
		select {
		case <-s.over:
			return
		case buf := <-s.out.stalled:
			if _, err := s.conn.Write(buf); err != nil {
				s.fail(fmt.Errorf("%w: write: %w", ErrDisconnected, err))
				return
			}
			s.flush()
		}
	}
}
