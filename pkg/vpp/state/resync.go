package state

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// resync is the reading of all of VPP, from time to time and when asked for.
// Readings of single kinds neither put it off nor stand for it.
type resync struct {
	period time.Duration
	// at is when the next begins.
	at time.Time
	// due is true from when one is asked for until all kinds were read:
	// kindState.dueResync. begun is when it began, zero before: some kinds may
	// have to be tried again.
	due   bool
	begun time.Time
	// corrected counts since then what was not as it should be, by kind.
	corrected map[string]int
}

// SetResyncPeriod says how often all of VPP is read, give or take a tenth.
func (e *Engine) SetResyncPeriod(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d <= 0 || d == e.resync.period {
		return
	}
	e.resync.period = d
	e.planResync(e.status.lastResync.Ended)
	e.requestRead() // so that the reader looks at its clock
}

// ResyncNow has all of VPP read as soon as may be.
func (e *Engine) ResyncNow() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.dueAll()
	e.requestRead()
}

// planResync says when the next follows on one that ended at some time.
func (e *Engine) planResync(ended time.Time) {
	period := e.resync.period
	e.resync.at = ended.Add(period + time.Duration((rand.Float64()-0.5)/5*float64(period)))
}

// dueAll has all kinds read.
func (e *Engine) dueAll() {
	e.resync.due = true
	for _, k := range e.order {
		k.dueRead = k.unsupported == nil
		k.dueResync = k.dueRead
	}
}

// resyncReads is called before a kind is read, and tells whether that is for a
// resync.
func (e *Engine) resyncReads(k *kindState) bool {
	due := k.dueResync
	if r := &e.resync; due && r.begun.IsZero() {
		r.begun = time.Now()
		clear(r.corrected)
	}
	k.dueResync = false
	return due
}

// resyncEnds is called after kinds were read, and notes it where these were the
// last. Some may be due again.
func (e *Engine) resyncEnds(first bool) {
	r := &e.resync
	if !r.due || slices.ContainsFunc(e.order, func(k *kindState) bool { return k.dueResync }) {
		return
	}
	now := time.Now()
	if r.begun.IsZero() {
		r.begun = now // there was nothing to read
	}
	took := now.Sub(r.begun)
	e.status.lastResync = Resync{Ended: now, Duration: took, Corrected: maps.Clone(r.corrected)}
	e.metrics.resync(took, first)
	r.due, r.begun = false, time.Time{}
	e.planResync(now)
}

// nextRead waits until something is to be read. It returns false at the end
// of the session.
func (e *Engine) nextRead(ctx context.Context) bool {
	for {
		e.mu.Lock()
		at := e.resync.at
		e.mu.Unlock()
		timer := time.NewTimer(time.Until(at))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
		case <-e.reads:
			timer.Stop()
		}
		e.mu.Lock()
		due := len(e.touched) > 0
		if !time.Now().Before(e.resync.at) { // also where readings of less are asked for all the time
			e.dueAll()
		}
		for _, k := range e.order {
			due = due || k.dueRead || len(k.dueExplain) > 0
		}
		e.mu.Unlock()
		if due {
			return true
		}
	}
}

func (e *Engine) requestRead() {
	select {
	case e.reads <- struct{}{}:
	default:
	}
}
