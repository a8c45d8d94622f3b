package vpp

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Batch sends many requests of one method without waiting for each answer:
// thousands are in flight, inside the session's window. Get one from
// [Method.Batch]; it is for one goroutine.
type Batch[Q, R any] struct {
	ctx  context.Context
	b    *bound[Q, R]
	each func(i int, r *R, err error)
	err  error // why nothing more can be sent
	over bool  // Wait has returned

	next   int
	flying int
	room   int            // Add waits for this many answers or fewer
	free   []*entry[Q, R] // not in flight
	all    []*entry[Q, R] // every one there is

	mu   sync.Mutex
	came []*entry[Q, R] // answered, not yet reported
	work []*entry[Q, R]
	sig  signal
}

// entry is one request of a batch.
type entry[Q, R any] struct {
	batch *Batch[Q, R]
	i     int
	q     *Q
	r     R
	id    uint32
	err   error
	live  bool // in flight, as the batch's owner knows it
}

// batchWindow bounds what one batch has in flight, below the session's window.
const batchWindow = 4096

// Batch begins a batch. each is called once for every request added, with its
// number in the order of Add (from 0), its answer (valid during the call) and
// its error, on the goroutine that calls Add or Wait; nil if nobody asks.
func (m *Method[Q, R]) Batch(ctx context.Context, c Caller, each func(i int, r *R, err error)) (*Batch[Q, R], error) {
	s, err := c.Session()
	if err != nil {
		return nil, renamed(m.request, err)
	}
	b, err := m.bind(s)
	if err != nil {
		return nil, err
	}
	if b.end != nil {
		return nil, refused(m.request, errors.New("a batch cannot hold dumps"))
	}
	if each == nil {
		each = func(int, *R, error) {}
	}
	s.beginBulk()
	return &Batch[Q, R]{ctx: ctx, b: b, each: each, sig: newSignal(), room: min(batchWindow, len(s.flights.slots)) - 1}, nil
}

// Add sends a request; it may stay in the buffer until more have gathered, or
// Flush or Wait. q is encoded before Add returns. Where the window is full Add
// waits, reporting answers meanwhile. The error is that of this request if it
// could not be sent (each is not called for it), or of the whole batch, of
// which then nothing more can be sent.
func (p *Batch[Q, R]) Add(q *Q) error {
	switch {
	case p.err != nil:
		return p.err
	case p.over:
		return refused(p.b.request.msg.Name, errors.New("the batch has ended"))
	}
	s := p.b.session
	if p.flying > p.room || !s.flights.fits(1) || s.flights.bytes.Load() >= s.opts.MaxInFlightBytes {
		// Not for one answer: a quarter of the window is sent in few writes.
		for p.flying > p.room*3/4 || p.flying > 0 && s.flights.bytes.Load() >= s.opts.MaxInFlightBytes*3/4 {
			if err := p.wait(); err != nil {
				return err
			}
		}
	}
	e := p.entry()
	e.q, e.err, e.i = q, nil, p.next
	id, err := s.send(p.ctx, p.b.request, e, false)
	e.q = nil
	if err != nil {
		p.free = append(p.free, e)
		return err
	}
	e.id, e.live = id, true
	p.next++
	p.flying++
	return nil
}

// Flush sends what Add has gathered.
func (p *Batch[Q, R]) Flush() { p.b.session.flushOut() }

// Wait waits until every request has been answered and reported, and ends the
// batch. Its error is that of the batch, not of single requests.
func (p *Batch[Q, R]) Wait() error {
	if p.over {
		return p.err
	}
	for p.flying > 0 && p.err == nil {
		_ = p.wait()
	}
	p.b.session.endBulk()
	p.over = true
	return p.err
}

// wait waits until some answers have come and reports them.
func (p *Batch[Q, R]) wait() error {
	s := p.b.session
	p.Flush()
	if p.report() > 0 {
		return nil
	}
	err := s.await(p.ctx, &p.sig, s.opts.Timeout, s.unpaced())
	p.report()
	if err == nil {
		return nil
	}
	// Every request that is still in flight has waited as long as this one.
	p.abandon(reason(p.ctx, err))
	return p.err
}

// report hands answers to the caller and returns how many.
func (p *Batch[Q, R]) report() int {
	p.mu.Lock()
	p.sig.clear()
	p.came, p.work = p.work[:0], p.came
	p.mu.Unlock()
	for _, e := range p.work {
		e.live = false
		p.flying--
		p.each(e.i, &e.r, e.err)
		p.free = append(p.free, e)
	}
	return len(p.work)
}

// entry takes a free entry, or makes one.
func (p *Batch[Q, R]) entry() *entry[Q, R] {
	if n := len(p.free); n > 0 {
		e := p.free[n-1]
		p.free = p.free[:n-1]
		return e
	}
	e := &entry[Q, R]{batch: p}
	p.all = append(p.all, e)
	return e
}

// abandon ends the requests in flight with an unknown outcome.
func (p *Batch[Q, R]) abandon(cause error) {
	s := p.b.session
	p.err = unknown(p.b.request.msg.Name, cause)
	for _, e := range p.all {
		if e.live && s.flights.withdraw(e.id) {
			s.stats.timeouts.Add(1)
			e.live = false
			p.flying--
			p.each(e.i, &e.r, p.err)
		}
	}
	s.room()
	for p.flying > 0 { // answered in the same moment
		<-p.sig.wake
		p.report()
	}
}

func (e *entry[Q, R]) encode(dst []byte) ([]byte, error) { return e.batch.b.in.Append(dst, e.q) }

func (e *entry[Q, R]) patience() time.Duration { return 0 }

func (e *entry[Q, R]) deliver(info *messageInfo, frame []byte) bool {
	e.err = e.batch.b.decode(info, frame, &e.r)
	return true
}

func (e *entry[Q, R]) finish() { e.batch.add(e) }

func (e *entry[Q, R]) fail(err error) {
	e.err = unknown(e.batch.b.request.msg.Name, err)
	e.batch.add(e)
}

// add queues an answered request for its owner.
func (p *Batch[Q, R]) add(e *entry[Q, R]) {
	p.mu.Lock()
	p.came = append(p.came, e)
	first := len(p.came) == 1
	p.mu.Unlock()
	if first {
		p.sig.raise(p.b.session)
	}
}
