package state

import (
	"errors"
	"slices"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// enqueue has a node decided on again.
func (e *Engine) enqueue(n *node) {
	if !n.queued {
		n.queued = true
		e.queue = append(e.queue, n)
	}
}

// kick wakes the scheduler.
func (e *Engine) kick() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// wakeDependents has everything that needs n decided on again.
func (e *Engine) wakeDependents(n *node) {
	for d := range n.dependents {
		e.enqueue(d)
	}
}

// wakeBlocked has what waits for n decided on again.
func (e *Engine) wakeBlocked(n *node) {
	for d := range n.dependents {
		if d.blocker == n {
			e.enqueue(d)
		}
	}
}

// decide looks at one node and returns the operation that brings VPP nearer to
// what is wanted, nil where there is none to begin now.
func (e *Engine) decide(n *node) *Op {
	if n.want == nil && !n.present {
		e.release(n)
		return nil
	}
	if n.busy || n.unknown || n.kind.kind == nil || n.kind.unsupported != nil {
		return nil // it is queued again when that changes
	}
	if n.want == nil {
		return e.decideUnwanted(n)
	}
	w := n.want
	if n.present && !n.ours && !w.adopt {
		n.err = &ConflictError{With: "something in VPP that somebody else made"}
		e.setReason(n, Conflict)
		return nil
	}
	if m := goneNeed(w.needs); m != nil {
		return e.decideWithout(n, m)
	}
	if n.failed == Delete && !n.stale && !n.recreating {
		e.forgive(n) // what it had to go for is back
	}
	if n.quarantined || n.retryIndex != 0 {
		return nil // its time has not come
	}
	var op *Op
	if n.present && n.ours && (n.stale || e.outdated(n)) {
		n.stale = true
		return e.remove(n)
	}
	if !n.present {
		if e.report && n.settled {
			n.differ([]string{"presence"})
			e.setReason(n, Drifted)
			return nil
		}
		if h := heldElsewhere(n, w); h != nil {
			n.blocker = h
			e.enqueue(h)
			e.setReason(n, Waiting)
			return nil
		}
		op = &Op{Verb: Create}
	} else {
		d := n.kind.kind.Compare(w.value, n.have, n.applied)
		switch {
		case d.Change == Same && n.ours:
			e.stay(n)
			e.programmed(n)
			return nil
		case e.report && n.settled && n.ours:
			e.stay(n)
			n.differ(d.Fields)
			e.setReason(n, Drifted)
			return nil
		case d.Change == Recreate && n.ours:
			n.differ(d.Fields)
			if !n.recreating {
				n.recreating = true
				e.happened(n, Event{Type: EventRecreated, ID: n.id, Fields: d.Fields})
			}
			return e.remove(n)
		}
		e.stay(n)
		op = &Op{Verb: Update, Have: n.have, Applied: n.applied, Handle: n.handle, Adopt: !n.ours}
	}
	if m := unsettledNeed(w.needs); m != nil {
		n.blocker = m
		if !n.present {
			e.setReason(n, Waiting)
		}
		return nil
	}
	op.Want = w.value
	op.Adopt = op.Adopt || w.adopt
	return e.begin(n, op)
}

// stay takes back that a node was about to go.
func (e *Engine) stay(n *node) {
	n.recreating = false
	if n.leaving {
		n.leaving = false
		e.wakeDependents(n)
	}
}

// decideUnwanted takes away what is ours and nobody wants.
func (e *Engine) decideUnwanted(n *node) *Op {
	if !n.present || !n.ours {
		e.release(n)
		return nil
	}
	// What goes takes along what hangs on it.
	falls := slices.ContainsFunc(n.needs, func(m *node) bool { return m.leaving })
	if !falls && (n.surplus && e.report || !e.mayPrune(n)) {
		e.stay(n) // what it was to go with stays
		return nil
	}
	return e.remove(n)
}

// decideWithout deals with a wish whose need is missing: what is in VPP of it
// has to go, since it may act on what takes the need's place.
func (e *Engine) decideWithout(n, need *node) *Op {
	n.blocker, n.err = need, nil
	e.setReason(n, Waiting)
	switch {
	case !n.present || !n.ours: // what is to be adopted stays what it is until then
		e.forgive(n)
		return nil
	case need.kind.kind == nil && !n.stale:
		e.stay(n)
		return nil // what is outside VPP is needed to make it, not to keep it
	}
	return e.remove(n)
}

// remove deletes a node once nothing that is ours hangs on it any more.
func (e *Engine) remove(n *node) *Op {
	if !n.leaving {
		n.leaving = true
		e.wakeDependents(n)
	}
	if n.users > 0 {
		return nil // the last of them queues it again
	}
	if n.retryIndex != 0 && n.failed == Delete {
		return nil // its time has not come
	}
	return e.begin(n, &Op{Verb: Delete, Have: n.have, Applied: n.applied, Handle: n.handle})
}

// mayPrune tells whether something that nobody wants may be taken away. What
// was wanted and is no more may; what was found so, only when what is desired
// is known to be complete.
func (e *Engine) mayPrune(n *node) bool {
	return n.dropped || e.prune != nil && e.prune(n.id.Kind)
}

func (e *Engine) begin(n *node, op *Op) *Op {
	op.ID, op.node, op.done = n.id, n, e.finished
	if w := n.want; w != nil {
		op.wish, op.changes, op.needs, op.claims = w, w.changes, hold(w.needs), w.names
		for _, m := range op.needs {
			m.users++ // it must not go while this is under way
		}
	}
	if op.Verb == Create {
		n.stale, n.recreating = false, false // that was said of the one before
		e.noteVersions(n)
		e.dropClaims(n)
		e.takeClaims(n, op.claims)
	}
	e.dropRetry(n)
	e.seq++
	n.doubted, n.undone = false, false
	n.busy, n.stamp, n.blocker = true, e.seq, nil
	e.busy++
	n.kind.busy++
	return op
}

// goneNeed returns the first need that is not there, or is about to go.
func goneNeed(needs []*node) *node {
	for _, m := range needs {
		if !m.present || m.leaving || m.stale || (m.want == nil && m.ours) || (m.want != nil && !m.ours) {
			return m
		}
	}
	return nil
}

// unsettledNeed returns the first need of which a step is under way or about
// to be.
func unsettledNeed(needs []*node) *node {
	for _, m := range needs {
		if m.busy || m.unknown {
			return m
		}
		// One that cannot take its step now would not tell when it was looked at.
		if m.queued && m.want != nil && !m.settled && m.err == nil && !m.quarantined && m.retryIndex == 0 && goneNeed(m.want.needs) == nil {
			return m
		}
	}
	return nil
}

// programmed records that VPP holds what is wanted.
func (e *Engine) programmed(n *node) {
	n.settled, n.err, n.attempts, n.blocker = true, nil, 0, nil
	n.differ(nil)
	if !sameSlice(n.needs, n.want.needs) {
		e.rehang(n, n.want.needs) // a reading does not show every need
	}
	if !slices.Equal(n.claims, n.want.claims) {
		e.rehold(n, n.want.claims) // nor every claim, and they may change alone
	}
	if w := n.want; w.since != 0 {
		n.kind.metrics.converged(time.Since(e.started) - w.since)
		w.since = 0
	}
	if n.says().overridden != "" {
		e.setReason(n, Overridden)
	} else {
		e.setReason(n, Programmed)
	}
	e.wakeBlocked(n)
}

// refused records why a step was not done, and when to try again.
func (e *Engine) refused(n *node, verb Verb, err error) {
	first := n.err == nil || n.err.Error() != err.Error()
	n.err, n.failed = err, verb
	var (
		conflict    *ConflictError
		wait        *WaitError
		unsupported *UnsupportedError
		disruption  *DisruptionError
	)
	reason := Rejected
	switch {
	case errors.As(err, &wait):
		reason = Waiting
	case errors.As(err, &conflict):
		reason = Conflict
	case errors.As(err, &disruption):
		reason = Disruptive
	case errors.As(err, &unsupported), errors.Is(err, vpp.ErrNoMessage), errors.Is(err, vpp.ErrCRCMismatch), errors.Is(err, vpp.ErrTooOld):
		reason = Unsupported
	}
	if first && reason == Rejected {
		e.happened(n, Event{Type: EventRefused, ID: n.id, Message: verb.String() + ": " + err.Error()})
	}
	if n.want != nil {
		e.setReason(n, reason)
	}
	if _, answered := vpp.Retval(err); first && answered && reason == Rejected {
		e.doubt(n)
	}
	e.tellNode(n)
	e.wakeBlocked(n)
	e.postpone(n)
}

// doubt has a node read again, and what it needs, since VPP refused a step that
// nothing stood against: somebody else may have made, changed or deleted some of
// it. A refusal that stays the same is doubted once.
func (e *Engine) doubt(n *node) {
	n.doubted = true
	e.touched[n.id] = struct{}{}
	if n.want != nil {
		for _, m := range n.want.needs {
			if m.present && m.kind.kind != nil && !m.builtin {
				e.touched[m.id] = struct{}{}
			}
		}
	}
	e.requestRead()
}

// resolved has a node that was doubted tried at once: it is not what it was
// thought to be.
func (e *Engine) resolved(n *node) {
	if n.doubted {
		n.doubted = false
		e.dropRetry(n)
		e.enqueue(n)
	}
}

// setReason records what became of a node and tells who wants it.
func (e *Engine) setReason(n *node, r Reason) {
	e.tellNode(n) // also where only the blocker or the error differs
	n.reason = r
	e.account(n)
}

// account keeps the counts right.
func (e *Engine) account(n *node) {
	c := catNone
	switch {
	case n.external:
	case n.want != nil:
		switch n.reason {
		case Programmed:
			c = catDone
		case Pending, Waiting:
			c = catWaiting
		default:
			c = catFailed
		}
	case n.present && n.ours:
		c = catLeft
	case n.present && !n.builtin:
		c = catForeign
	}
	if c == n.accounted {
		return
	}
	k := n.kind
	k.counts[n.accounted]--
	k.counts[c]++
	if n.accounted == catLeft {
		delete(k.left, n)
	}
	if c == catLeft {
		k.left[n] = struct{}{}
	}
	n.accounted = c
	e.nodeChanged()
}
