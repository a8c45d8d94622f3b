package vpp

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// signal is how a reader tells a sleeping caller that something has come.
type signal struct {
	set    atomic.Bool
	asleep atomic.Bool // the owner counts in receiver.blocked
	wake   chan struct{}
}

func newSignal() signal { return signal{wake: make(chan struct{}, 1)} }

// raise sets the signal and wakes the owner. It never blocks.
func (g *signal) raise(s *Session) {
	if g.asleep.CompareAndSwap(true, false) {
		s.in.blocked.Add(-1)
	}
	g.set.Store(true) // from here on the owner may use it again
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

func (g *signal) ready() bool { return g.set.Load() }

// clear prepares for the next use. Only the owner calls it.
func (g *signal) clear() {
	g.set.Store(false)
	select {
	case <-g.wake:
	default:
	}
}

// await waits until the signal is raised: reading for itself first, then
// asleep. It returns ErrTimeout after the timeout (0 is none; a deadline of ctx
// counts instead), or what ended ctx. eager
// says that somebody waits for this very reply, so that the reader must not nap.
func (s *Session) await(ctx context.Context, g *signal, timeout time.Duration, eager bool) error {
	if eager {
		if s.help(g) || g.ready() {
			return nil
		}
	} else if s.helpBulk(g) || g.ready() {
		return nil
	}
	return s.sleep(ctx, g, timeout, eager)
}

func (s *Session) sleep(ctx context.Context, g *signal, timeout time.Duration, eager bool) error {
	if eager {
		g.asleep.Store(true)
		s.in.blocked.Add(1)
		defer func() {
			if g.asleep.CompareAndSwap(true, false) {
				s.in.blocked.Add(-1)
			}
		}()
	}
	if g.ready() {
		return nil
	}
	s.wakeReader()
	var expired <-chan time.Time
	if _, ok := ctx.Deadline(); !ok && timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	for {
		if expired == nil && ctx.Done() == nil {
			<-g.wake // the usual case, and cheaper than a select
			if g.ready() {
				return nil
			}
			continue
		}
		select {
		case <-g.wake:
			if g.ready() {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-expired:
			return ErrTimeout
		}
	}
}

// patience is how long a call may wait that has no deadline of its own.
func (s *Session) patience(ctx context.Context) time.Duration {
	if _, ok := ctx.Deadline(); ok {
		return 0
	}
	return s.opts.Timeout
}

// expireLoop fails calls that VPP has not answered in time: one look at the
// table now and then instead of a timer for each call.
func (s *Session) expireLoop() {
	defer s.done.Done()
	const looks = 20 // so a call is late by a twentieth at most
	tick := time.NewTicker(max(s.opts.Timeout/looks, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-s.over:
			return
		case <-tick.C:
		}
		if s.flights.count.Load() == 0 {
			continue
		}
		if n := s.flights.expire(s.clock(), ErrTimeout); n > 0 {
			s.stats.timeouts.Add(uint64(n))
			s.room()
		}
	}
}

// reason turns what ended a wait into the reason a caller sees: a deadline is
// ErrTimeout, whoever set it.
func reason(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return timeoutError{}
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		if cause := context.Cause(ctx); !errors.Is(cause, err) {
			return fmt.Errorf("%w: %w", err, cause)
		}
		return context.Cause(ctx)
	}
	return err
}

// timeoutError is ErrTimeout for a deadline that the caller's context set.
type timeoutError struct{}

func (timeoutError) Error() string   { return ErrTimeout.Error() }
func (timeoutError) Unwrap() []error { return []error{ErrTimeout, context.DeadlineExceeded} }
