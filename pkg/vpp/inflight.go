package vpp

import (
	"runtime"
	"sync/atomic"
	"time"
)

// pending is a request in flight, as the reader sees it.
type pending interface {
	// deliver takes a reply: the message, its id first. The frame is the
	// reader's: what is kept is copied. It must not block. done is false while
	// more replies are to come.
	deliver(info *messageInfo, frame []byte) (done bool)
	// fail ends the request without a reply. It must not block.
	fail(err error)
}

// inflight is the table of requests in flight. A request's context is a
// running number whose low bits are its place in the table; numbers whose
// place is still taken are skipped, so a context is never in flight twice,
// however long a request takes and however often the number wraps.
//
// alloc is called under the sender's lock. claim, release and the rest are
// called from anywhere.
type inflight struct {
	slots []slot
	mask  uint32
	next  uint32 // guarded by the sender's lock

	count atomic.Int32
	bytes atomic.Int64 // of the requests in flight
}

type slot struct {
	// state is 0 while the slot is free, else the context, with bit claimed
	// set while somebody works on the pending.
	state atomic.Uint64

	pending pending
	info    *messageInfo // of the request
	size    int
	sent    time.Duration // session clock

	deadline atomic.Int64 // session clock in ns; 0 where the owner sees to it
}

const claimed = 1 << 32

func newInflight(window int) *inflight {
	n := 2 // a dump and the ping behind it
	for n < window {
		n *= 2
	}
	return &inflight{slots: make([]slot, n), mask: uint32(n - 1)}
}

// fits tells whether n more requests fit into the window.
func (f *inflight) fits(n int) bool { return int(f.count.Load())+n <= len(f.slots) }

// alloc takes a slot and returns its context. The caller holds the sender's
// lock and has seen that it fits.
func (f *inflight) alloc(p request, info *messageInfo, size int, now time.Duration) uint32 {
	deadline := int64(0)
	if patience := p.patience(); patience > 0 {
		deadline = int64(now + patience)
	}
	for {
		f.next++
		if f.next == 0 {
			continue
		}
		s := &f.slots[f.next&f.mask]
		if s.state.Load() != 0 {
			continue
		}
		s.pending, s.info, s.size, s.sent = p, info, size, now
		s.deadline.Store(deadline)
		f.count.Add(1)
		f.bytes.Add(int64(size))
		s.state.Store(uint64(f.next))
		return f.next
	}
}

// claim takes hold of the request of a context, nil where it is not in flight
// (any more). Where somebody else has hold of it, claim waits; nobody holds one
// for long.
func (f *inflight) claim(context uint32) *slot {
	if context == 0 {
		return nil
	}
	s := &f.slots[context&f.mask]
	for !s.state.CompareAndSwap(uint64(context), uint64(context)|claimed) {
		switch s.state.Load() {
		case uint64(context): // let go in between
		case uint64(context) | claimed:
			runtime.Gosched()
		default:
			return nil
		}
	}
	return s
}

// unclaim lets a request with more replies to come go again.
func (f *inflight) unclaim(s *slot, context uint32) { s.state.Store(uint64(context)) }

// release frees a claimed slot.
func (f *inflight) release(s *slot) {
	f.count.Add(-1)
	f.bytes.Add(int64(-s.size))
	s.pending, s.info = nil, nil
	s.state.Store(0)
}

// withdraw takes a request out of the table. It is false where its last reply
// has come already.
func (f *inflight) withdraw(context uint32) bool {
	s := f.claim(context)
	if s == nil {
		return false
	}
	f.release(s)
	return true
}

// expire fails the requests whose deadline has passed and returns how many.
func (f *inflight) expire(now time.Duration, err error) (n int) {
	for i := range f.slots {
		s := &f.slots[i]
		late := func() bool { d := s.deadline.Load(); return d != 0 && d <= int64(now) }
		st := s.state.Load()
		if st == 0 || st&claimed != 0 || !late() || !s.state.CompareAndSwap(st, st|claimed) {
			continue
		}
		if !late() { // it has become another's in between
			s.state.Store(st)
			continue
		}
		p := s.pending
		f.release(s)
		p.fail(err)
		n++
	}
	return n
}

// failAll ends every request.
func (f *inflight) failAll(err error) {
	for i := range f.slots {
		s := &f.slots[i]
		for {
			st := s.state.Load()
			if st == 0 {
				break
			}
			if st&claimed == 0 && s.state.CompareAndSwap(st, st|claimed) {
				p := s.pending
				f.release(s)
				p.fail(err)
				break
			}
			runtime.Gosched()
		}
	}
}
