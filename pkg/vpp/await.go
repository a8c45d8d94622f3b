package vpp

import (
	"context"
	"sync/atomic"
	"time"
)

// signal is how a reader tells a sleeping caller that something has come.
type signal struct {
	set    atomic.Bool
	asleep atomic.Bool // the owner counts in receiver.blocked
	wake   chan struct{}
	timer  *time.Timer // the owner's, made when it first sleeps
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
// asleep. It returns ErrTimeout after the timeout, or what ended ctx. eager
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
	if _, ok := ctx.Deadline(); !ok {
		if g.timer == nil {
			g.timer = time.NewTimer(timeout)
		} else {
			g.timer.Reset(timeout)
		}
		defer g.timer.Stop()
		expired = g.timer.C
	}
	for {
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

// reason turns what ended a wait into the reason a caller sees: a deadline is
// ErrTimeout, whoever set it.
func reason(ctx context.Context, err error) error {
	if err == context.DeadlineExceeded {
		return timeoutError{}
	}
	if ctx.Err() != nil && err == ctx.Err() {
		return context.Cause(ctx)
	}
	return err
}

// timeoutError is ErrTimeout for a deadline that the caller's context set.
type timeoutError struct{}

func (timeoutError) Error() string   { return ErrTimeout.Error() }
func (timeoutError) Unwrap() []error { return []error{ErrTimeout, context.DeadlineExceeded} }
