package state

import (
	"context"
	"errors"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// passSize bounds the nodes decided on under one hold of the lock.
const passSize = 4096

// busyLimit bounds the operations under way: more would not go faster, and
// each takes memory.
const busyLimit = 2 * passSize

// explainShare is how many can be read in the time that one takes to be
// explained.
const explainShare = 4

// pass decides on queued nodes and begins their operations. It returns false
// when there is nothing more to decide on now.
func (e *Engine) pass(ctx context.Context) bool {
	e.mu.Lock()
	next, retries := e.dueRetries()
	e.clock(next, retries)
	if e.view == nil || !e.began || e.paused || e.busy >= busyLimit {
		e.mu.Unlock()
		return false
	}
	view := e.view
	byKind := map[*kindState][]*Op{}
	queue := e.queue
	if len(queue) > passSize {
		queue, e.queue = queue[:passSize:passSize], queue[passSize:]
	} else {
		e.queue = nil
	}
	for _, n := range queue {
		n.queued = false
		if op := e.decide(n); op != nil {
			byKind[n.kind] = append(byKind[n.kind], op)
		}
	}
	more := len(e.queue) > 0
	e.quiet()
	begun := time.Now()
	for k, ops := range byKind {
		for _, op := range ops {
			op.begun = begun
		}
		// Under the lock: the next session waits for all that this one began.
		e.running.Go(func() { k.kind.Apply(ctx, view, ops) })
	}
	e.mu.Unlock()
	return more
}

// finished takes in the outcome of an operation.
func (e *Engine) finished(op *Op, r Result) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := op.node
	e.seq++
	n.busy, n.stamp = false, e.seq
	e.busy--
	n.kind.busy--
	n.kind.metrics.operation(op, r.Err)
	done := false // nothing more is to be decided
	switch {
	case lost(r.Err), errors.Is(r.Err, context.Canceled), errors.Is(r.Err, context.DeadlineExceeded):
		n.unknown, n.undone = true, op.Verb == Delete
		n.kind.dueRead = true
		e.requestRead()
		if errors.Is(r.Err, vpp.ErrUnknown) {
			e.suspect(n)
		}
	case r.Err != nil:
		switch {
		case r.Have != nil && op.Verb == Delete:
			n.have = r.Have // what it needs and claims it still does
		case r.Have != nil:
			e.landed(op, r)
		}
		if !n.present {
			e.dropClaims(n)
		}
		e.refused(n, op.Verb, r.Err)
	case op.Verb == Delete:
		if n.want == nil {
			e.happened(n, Event{Type: EventRemoved, ID: n.id})
		}
		e.deleted(n)
	default:
		e.landed(op, r)
		n.applied = op.Want
		if n.want != nil && n.want == op.wish && n.want.changes == op.changes && !n.leaving {
			e.programmed(n)
			done = !n.stale && !n.recreating && !n.quarantined
		}
	}
	n.kind.prove = n.kind.prove || r.Reread
	for _, name := range r.Rereads {
		if k := e.kinds[name]; k != nil && k.kind != nil && k.unsupported == nil {
			k.prove = true
		}
	}
	for _, id := range r.Disturbs {
		if m := e.lookup(id); m != nil && m.want != nil {
			e.touched[id] = struct{}{}
			m.disturbed = true
			e.disturbed++
			e.requestRead()
		}
	}
	if r.Explain && r.Err == nil {
		n.kind.doubted = append(n.kind.doubted, n)
	}
	for _, m := range op.needs {
		e.unuse(m)
	}
	e.letGo(op.needs)
	if !done || goneNeed(n.want.needs) != nil {
		e.enqueue(n)
	}
	if len(e.queue) > 0 && e.busy < busyLimit || e.busy == 0 {
		e.kick()
	}
}

// landed records what an operation left in VPP.
func (e *Engine) landed(op *Op, r Result) {
	n := op.node
	e.suspect(n)
	have := r.Have
	if have == nil {
		have = op.Want
	}
	handle, hasHandle := r.Handle, r.HasHandle
	if op.Verb == Update && !hasHandle {
		handle, hasHandle = n.handle, n.hasHandle
	}
	e.take(n, hasHandle && n.hasHandle && handle == n.handle)
	n.present, n.ours, n.have = true, true, have
	n.handle, n.hasHandle = handle, hasHandle
	n.show(r.Overridden, r.Unverified)
	if hasHandle {
		e.succeed(n, handle)
		e.handles.set(n.id, handle, true)
	}
	e.settleIn(n, op.needs, op.claims)
	e.wakeBlocked(n)
	if op.Verb == Create {
		e.wakeDependents(n)
	}
}

// succeed records that what had the number that VPP gave to n is there no more:
// somebody else has deleted it, and the event is late, or was lost among others
// of the same number.
func (e *Engine) succeed(n *node, handle uint32) {
	id, known := e.handles.lookup(n.id.Kind, handle)
	if m := e.lookup(id); known && m != nil && m != n {
		if m.busy {
			m.kind.prove = true
		} else if m.present {
			e.missed(m)
		}
	}
}

// deleted records that our own delete succeeded: nothing of ours hung on it.
func (e *Engine) deleted(n *node) {
	n.recreating, n.stale = false, false
	n.dropped = false
	e.forgetVersions(n)
	e.gone(n)
}

// quiet does what waits until nothing is under way: it has what was written in
// masses read back, and notes the moment when everything desired was tried.
func (e *Engine) quiet() {
	if e.busy > 0 || len(e.queue) > 0 || !e.began || e.view == nil {
		return
	}
	for _, k := range e.order {
		// Of few it is asked one by one; of many reading them all costs less.
		switch {
		case k.prove || len(k.doubted)*explainShare > len(k.nodes):
			k.prove, k.dueRead = false, true
			e.requestRead()
		case len(k.doubted) > 0:
			k.dueExplain = append(k.dueExplain, k.doubted...)
			e.requestRead()
		}
		k.doubted = nil
	}
	if e.status.synced || e.refreshed != e.disturbed { // else it would be told how things were before
		return
	}
	e.status.synced, e.status.syncedSince = true, time.Now()
	for _, own := range e.owners {
		own.told = false // it may have waited for this, and not looked
		e.tell(own)
	}
	e.nodeChanged()
}
