package vpp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// receiver is the way in. Whoever holds the token reads. Callers try it
// without blocking while they wait; when they give up they leave it to
// readLoop, which blocks in the poller.
type receiver struct {
	token sync.Mutex
	buf   []byte
	r, w  int // unread bytes are buf[r:w]

	kick    chan struct{} // wakes a napping readLoop
	blocked atomic.Int32  // callers asleep until a reply comes: no naps
	bulk    atomic.Int32  // batches and streams under way
	leads   atomic.Uint64 // callers that read for themselves
	burst   atomic.Int64  // bytes since bulk work began

	one func(fd uintptr) bool // a non-blocking read into buf[w:]
	n   int
	err error
}

const (
	readBuffer = 128 << 10
	shortRead  = 32 << 10 // less than this in a read: VPP has no more just now
	bulkBytes  = 256 << 10
	// Reading at once whatever comes in makes VPP send each reply by itself.
	// While only bulk work is under way the reader lets replies gather.
	bulkNap = 500 * time.Microsecond
	idleNap = 2 * time.Millisecond
	// So many reads for others, and a caller sleeps until its deadline instead.
	leadMost  = 1000
	bulkLeads = 64 // with a nap each
)

// spins is how often a waiting caller tries to read before it sleeps: about as
// long as VPP takes for a reply. On one CPU VPP could not answer meanwhile.
var spins = func() int {
	if runtime.NumCPU() == 1 {
		return 0
	}
	return 100
}()

func (rc *receiver) init(rest []byte) {
	rc.buf = make([]byte, max(readBuffer, len(rest)))
	rc.w = copy(rc.buf, rest)
	rc.kick = make(chan struct{}, 1)
	rc.one = func(fd uintptr) bool {
		for {
			rc.n, rc.err = syscall.Read(int(fd), rc.buf[rc.w:])
			if rc.err != syscall.EINTR {
				return true
			}
		}
	}
}

// readNow reads what is there, without waiting, and routes it. The caller
// holds the token. n is 0 where nothing was there.
func (s *Session) readNow() (n int, err error) {
	s.in.makeRoom()
	if cerr := s.raw.Read(s.in.one); cerr != nil {
		return 0, cerr
	}
	switch {
	case s.in.err == syscall.EAGAIN:
		return 0, nil
	case s.in.err != nil:
		return 0, s.in.err
	case s.in.n == 0:
		return 0, io.EOF
	}
	return s.in.n, s.took(s.in.n)
}

// took routes the messages that n more bytes completed.
func (s *Session) took(n int) error {
	s.in.w += n
	s.in.burst.Add(int64(n))
	s.heard.Add(1)
	err := s.route()
	s.room()
	return err
}

// makeRoom makes space behind the unread bytes. The buffer grows with the
// bytes that come in, never by a length that a frame only claims.
func (rc *receiver) makeRoom() {
	switch {
	case rc.r == rc.w:
		rc.r, rc.w = 0, 0
		if len(rc.buf) > 8*readBuffer { // one large reply is not kept for ever
			rc.buf = make([]byte, readBuffer)
		}
	case len(rc.buf)-rc.w < 4096:
		if rc.r > len(rc.buf)/2 {
			rc.w = copy(rc.buf, rc.buf[rc.r:rc.w])
		} else {
			larger := make([]byte, 2*len(rc.buf))
			rc.w = copy(larger, rc.buf[rc.r:rc.w])
			rc.buf = larger
		}
		rc.r = 0
	}
}

// route hands the complete messages in the buffer to their requests.
func (s *Session) route() error {
	rc := &s.in
	now := s.clock()
	for rc.w-rc.r >= frameHeader {
		n := uint64(binary.BigEndian.Uint32(rc.buf[rc.r+frameLength:]))
		if n > uint64(s.opts.MaxReceive) {
			return fmt.Errorf("%w: a frame of %d bytes, the cap is %d", ErrProtocol, n, s.opts.MaxReceive)
		}
		if n < 2 {
			return fmt.Errorf("%w: a frame of %d bytes", ErrProtocol, n)
		}
		end := rc.r + frameHeader + int(n)
		if end > rc.w {
			break
		}
		frame := rc.buf[rc.r+frameHeader : end]
		rc.r = end
		s.dispatch(frame, now)
	}
	return nil
}

// dispatch hands one message to its request or its watchers.
func (s *Session) dispatch(frame []byte, now time.Duration) {
	id := binary.BigEndian.Uint16(frame)
	var info *messageInfo
	if byID := *s.byID.Load(); int(id) < len(byID) {
		info = byID[id]
	}
	if info == nil {
		s.stats.unknown.Add(1)
		return
	}
	info.stats.received(len(frame))
	var context uint32
	if info.contextAt > 0 && len(frame) >= info.contextAt+4 {
		context = binary.BigEndian.Uint32(frame[info.contextAt:])
	}
	if s.opts.Trace != nil {
		s.trace(Received, info, context, frame)
	}
	if info.isEvent {
		s.events.deliver(info, frame)
		return
	}
	slot := s.flights.claim(context)
	if slot == nil {
		s.stats.late.Add(1)
		return
	}
	p := slot.pending
	requested, sent := slot.info, slot.sent
	if !p.deliver(info, frame) {
		s.flights.unclaim(slot, context)
		return
	}
	s.flights.release(slot)
	requested.stats.answered(now - sent)
	if f, ok := p.(finisher); ok {
		f.finish()
	}
}

// finisher is a pending that wakes its owner only after its slot is free, so
// that the owner's next request finds room.
type finisher interface{ finish() }

// readLoop reads when no caller does.
func (s *Session) readLoop() {
	defer s.done.Done()
	nap := time.NewTimer(time.Hour)
	defer nap.Stop()
	for {
		s.in.token.Lock()
		err := s.readBlocking()
		s.in.token.Unlock()
		if err != nil {
			s.fail(readError(err))
			return
		}
		if !s.rest(nap) {
			return
		}
	}
}

func readError(err error) error {
	if errors.Is(err, ErrProtocol) {
		return err
	}
	return fmt.Errorf("%w: read: %w", ErrDisconnected, err)
}

// readBlocking waits in the poller until something can be read, then reads
// until there is no more. The caller holds the token.
func (s *Session) readBlocking() error {
	s.in.makeRoom()
	n, err := s.conn.Read(s.in.buf[s.in.w:])
	if err != nil {
		return err
	}
	err = s.took(n)
	for err == nil && n >= shortRead {
		n, err = s.readNow()
	}
	return err
}

// unpaced tells that little has come since bulk work began: short batches and
// dumps are waited for like calls.
func (s *Session) unpaced() bool { return s.in.burst.Load() < bulkBytes }

// rest decides how long readLoop leaves the socket to the callers; false ends
// it. It comes back at once for callers that sleep, after a nap for bulk work,
// and when no caller has read for a while.
func (s *Session) rest(nap *time.Timer) bool {
	for {
		if s.in.blocked.Load() > 0 {
			return true
		}
		leads := s.in.leads.Load()
		bulk := s.in.bulk.Load() > 0
		switch {
		case bulk && s.unpaced():
			return true
		case bulk:
			nap.Reset(bulkNap)
		default:
			nap.Reset(idleNap)
		}
		select {
		case <-s.over:
			return false
		case <-s.in.kick:
			return true
		case <-nap.C:
		}
		if bulk || s.in.leads.Load() == leads {
			return true
		}
	}
}

// wakeReader makes readLoop read now.
func (s *Session) wakeReader() {
	select {
	case s.in.kick <- struct{}{}:
	default:
	}
}

// waiter is somebody who waits for replies and reads meanwhile.
type waiter interface {
	// ready tells that the waiting is over. It is called often.
	ready() bool
}

// help reads on behalf of a waiting caller until it is ready or there has been
// nothing to read for a while. It never blocks; false means that the caller
// should sleep.
func (s *Session) help(w waiter) bool {
	if spins == 0 || !s.in.token.TryLock() {
		return false
	}
	s.in.leads.Add(1)
	var err error
	done := false
	for i, all := 0, 0; i < spins && all < leadMost; i, all = i+1, all+1 {
		if done = w.ready(); done {
			break
		}
		var n int
		if n, err = s.readNow(); err != nil {
			break
		}
		if n > 0 {
			i = 0
		}
		if s.flights.count.Load() > 1 {
			runtime.Gosched() // those who were answered may ask again meanwhile
		}
	}
	s.in.token.Unlock()
	if err != nil {
		s.fail(readError(err))
	}
	return done
}

// helpBulk is help for batches and streams: once much has come in it lets
// replies gather between reads instead of spinning, unless somebody sleeps
// until a reply comes.
func (s *Session) helpBulk(w waiter) bool {
	paused := false
	for range bulkLeads {
		if w.ready() {
			return true
		}
		if s.unpaced() || s.in.blocked.Load() > 0 {
			return s.help(w)
		}
		if !s.in.token.TryLock() {
			return false
		}
		s.in.leads.Add(1)
		n, err := s.readNow()
		for err == nil && n >= shortRead {
			n, err = s.readNow()
		}
		s.in.token.Unlock()
		if err != nil {
			s.fail(readError(err))
			return false
		}
		if w.ready() {
			return true
		}
		if n == 0 && paused { // nothing came in a whole nap: VPP is busy elsewhere
			return false
		}
		paused = true
		time.Sleep(bulkNap) //nolint:forbidigo // pacing: nothing would signal the end of it
	}
	return w.ready()
}
