package state

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// Run works until ctx ends, and then waits for what is under way.
func (e *Engine) Run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.schedule(ctx)
	}()
	for st := range e.opts.Client.States(ctx) {
		if st.Phase == vpp.Closed {
			break
		}
		if st.Session == nil {
			e.setError(st.Err)
			continue
		}
		e.serve(ctx, st)
	}
	<-done
	e.running.Wait()
	return nil
}

// schedule decides on nodes whenever there are some to decide on.
func (e *Engine) schedule(ctx context.Context) {
	for {
		for more := true; more && ctx.Err() == nil; {
			more = e.pass(ctx)
		}
		select {
		case <-e.wake:
		case <-e.retryAt.C:
		case <-ctx.Done():
			return
		}
	}
}

// clock sets the alarm for the next retry.
func (e *Engine) clock(next time.Duration, ok bool) {
	if ok {
		e.retryAt.Reset(next)
	}
}

// serve keeps VPP right for the time of one session.
func (e *Engine) serve(ctx context.Context, st vpp.State) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-st.Session.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	defer e.disconnected(st.Session)
	e.running.Wait() // of the session before; it is dead, so they end at once
	e.mu.Lock()
	e.handles = &handles{} // those of the session before mean nothing in this one
	e.mu.Unlock()
	view := &View{
		session: st.Session, handles: e.handles, ledger: e.opts.Ledger, secret: e.opts.Secret, wanted: e.isWanted, owner: e.ownerOf,
	}

	for !e.prepare(ctx, st, view) {
		if !pause(ctx, e.opts.ReadRetry) {
			return
		}
	}
	e.watchAll(ctx, view)
	for !e.open(ctx, view) {
		if !pause(ctx, e.opts.ReadRetry) {
			return
		}
	}
	e.running.Go(func() { e.watchSurvival(ctx) })
	for e.nextRead(ctx) {
		for !e.readDue(ctx, view) {
			if !pause(ctx, e.opts.ReadRetry) {
				return
			}
		}
	}
}

// prepare finds out what boot a session is of, and what this VPP can do.
func (e *Engine) prepare(ctx context.Context, st vpp.State, view *View) bool {
	fresh, err := e.opts.Boot(ctx, view)
	if err != nil {
		e.setError(fmt.Errorf("look at VPP: %w", err))
		return false
	}
	e.mu.Lock()
	e.status.connected, e.status.connectedSince, e.status.epoch = true, time.Now(), st.Epoch
	e.status.synced, e.status.err = false, nil
	if fresh {
		e.died()
		e.forgetAll()
	}
	for _, own := range e.owners {
		e.tell(own)
	}
	e.nodeChanged()
	e.mu.Unlock()
	e.log.Info("Connected to VPP", "epoch", st.Epoch, "newBoot", fresh)

	for _, k := range e.order {
		err := k.kind.Probe(view.Caller())
		if o, ok := k.kind.(Opener); ok && err == nil {
			if err = o.Open(ctx, view); err != nil {
				if _, ok := errors.AsType[*UnsupportedError](err); !ok {
					e.setError(fmt.Errorf("prepare %s: %w", k.name, err))
					return false
				}
			}
		}
		if err != nil && lost(err) {
			return false
		}
		e.mu.Lock()
		k.unsupported = err
		e.mu.Unlock()
	}
	return true
}

// watchAll begins to watch, and returns when VPP sends events: what happens
// while it is read for the first time is then known of.
func (e *Engine) watchAll(ctx context.Context, view *View) {
	var ready sync.WaitGroup
	for _, k := range e.order {
		w, ok := k.kind.(Watcher)
		if !ok || k.unsupported != nil {
			continue
		}
		ready.Add(1)
		e.running.Go(func() {
			begun := sync.OnceFunc(ready.Done)
			defer begun() // also where events are not to be had
			e.watch(ctx, view, k, w, begun)
		})
	}
	ready.Wait()
}

// open finds out what VPP holds, which begins a session.
func (e *Engine) open(ctx context.Context, view *View) bool {
	e.mu.Lock()
	e.resync.begun = time.Time{} // one that the last session did not end is void
	e.refreshed = e.disturbed
	e.dueAll()
	e.mu.Unlock()
	if !e.read(ctx, view, true) {
		return false
	}
	e.mu.Lock()
	e.view = view
	for _, k := range e.order {
		for _, n := range k.nodes {
			e.forgive(n)
			e.enqueue(n)
		}
	}
	e.mu.Unlock()
	e.kick()
	return true
}

// lost tells whether an error is about the connection, and not about what was
// asked.
func lost(err error) bool {
	return errors.Is(err, vpp.ErrDisconnected) || errors.Is(err, vpp.ErrUnknown) || errors.Is(err, vpp.ErrClosed)
}

// forgetAll says that VPP has started anew and holds nothing of ours.
func (e *Engine) forgetAll() {
	for _, k := range e.order {
		for _, n := range k.nodes {
			e.take(n, false)
			n.vanish()
			n.dropped, n.settled = false, false
			if n.want != nil {
				n.reason = Pending
			}
			e.relink(n)
			e.account(n)
			e.release(n)
		}
	}
}

// disconnected records that there is no session. Steps under way go on with the
// numbers they have, and end when they call: without the numbers they would take
// what they are to delete to be gone.
func (e *Engine) disconnected(s *vpp.Session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.view = nil
	e.status.connected, e.status.synced = false, false
	if s.Err() == nil {
		return // it is us who stop: the session goes on
	}
	e.status.err = s.Err()
	for _, own := range e.owners {
		e.tell(own)
	}
	e.nodeChanged()
	e.log.Info("Connection to VPP lost", "reason", fmt.Sprint(s.Err()))
}

func (e *Engine) setError(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil && (e.status.err == nil || e.status.err.Error() != err.Error()) {
		e.status.err = err
		e.nodeChanged()
	}
}

func (e *Engine) readDue(ctx context.Context, view *View) bool {
	e.refresh(ctx, view)
	for _, k := range e.order {
		e.explain(ctx, view, k)
	}
	return e.read(ctx, view, false)
}

// read reads the kinds that are due, in order. It returns false where one
// could not be read: nothing is concluded then about it and those after it.
func (e *Engine) read(ctx context.Context, view *View, first bool) bool {
	for _, k := range e.order {
		e.mu.Lock()
		due := k.dueRead && k.unsupported == nil
		resync := e.resyncReads(k)
		k.dueRead = false
		e.mu.Unlock()
		if !due {
			continue
		}
		if err := e.readKind(ctx, view, k); err != nil {
			e.mu.Lock()
			k.dueRead, k.dueResync = true, k.dueResync || resync
			e.mu.Unlock()
			if ctx.Err() == nil {
				e.setError(fmt.Errorf("read %s: %w", k.name, err))
				e.log.Error(err, "VPP cannot be read", "kind", k.name)
			}
			return false
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status.err = nil
	e.resyncEnds(first)
	e.nodeChanged()
	e.kick()
	return true
}

// beginReading numbers a reading of a kind, or of some of it, and notes when it
// begins, under the lock. There is one at a time.
func (e *Engine) beginReading(k *kindState) (begun, round uint64) {
	e.round++
	k.looking, k.begun = true, e.seq
	return e.seq, e.round
}

func (e *Engine) endReading(k *kindState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	k.reading, k.looking = false, false
	for n := range k.kept {
		e.release(n)
	}
	clear(k.kept)
}

// taker takes in what a reading finds, one thing at a time.
func (e *Engine) taker(begun, round uint64) func(Found) {
	return func(f Found) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.found(f, begun, round)
	}
}

// readKind reads all of a kind.
func (e *Engine) readKind(ctx context.Context, view *View, k *kindState) error {
	e.mu.Lock()
	begun, round := e.beginReading(k)
	k.reading = true
	e.mu.Unlock()
	defer e.endReading(k)

	const chunk = 512
	batch := make([]Found, 0, chunk)
	flush := func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, f := range batch {
			e.found(f, begun, round)
		}
		clear(batch)
		batch = batch[:0]
	}
	add := func(f Found) {
		if batch = append(batch, f); len(batch) == chunk {
			flush()
		}
	}
	if err := k.kind.Read(ctx, view, add); err != nil {
		return err
	}
	flush()

	e.mu.Lock()
	missing := e.sweep(k, begun, round)
	ids, wants := make([]ID, len(missing)), make([]any, len(missing))
	for i, n := range missing {
		ids[i], wants[i] = n.id, n.want.value
	}
	e.mu.Unlock()
	if len(missing) == 0 {
		return nil
	}
	explainer, _ := k.kind.(Explainer)
	if err := explainer.Explain(ctx, view, ids, wants, add); err != nil {
		return err
	}
	flush()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, n := range missing {
		if n.seen == round || n.busy || n.stamp > begun {
			continue
		}
		if n.present {
			e.missed(n)
		} else {
			e.enqueue(n)
		}
	}
	return nil
}

// explain asks of what was written whether VPP prefers somebody else's. Where
// that cannot be had, the whole kind is read.
func (e *Engine) explain(ctx context.Context, view *View, k *kindState) {
	e.mu.Lock()
	begun, round := e.beginReading(k)
	defer e.endReading(k)
	var ids []ID
	var wants []any
	for _, n := range k.dueExplain {
		if n.present && n.want != nil && !n.busy {
			ids, wants = append(ids, n.id), append(wants, n.want.value)
		}
	}
	k.dueExplain = nil
	e.mu.Unlock()
	if len(ids) == 0 {
		return
	}
	err := errors.ErrUnsupported
	if explainer, ok := k.kind.(Explainer); ok {
		err = explainer.Explain(ctx, view, ids, wants, e.taker(begun, round))
	}
	if err != nil {
		e.mu.Lock()
		k.dueRead = true
		e.mu.Unlock()
	}
	e.kick()
}

// watch has things read again when events say so.
func (e *Engine) watch(ctx context.Context, view *View, k *kindState, w Watcher, ready func()) {
	err := w.Watch(ctx, view, ready, func(handle uint32, deleted bool) {
		switch id, known := view.Lookup(k.name, handle); {
		case handle == AllHandles:
			e.mu.Lock()
			defer e.mu.Unlock()
			k.dueRead = true
			e.requestRead()
		case !known && deleted:
			e.strayLoss(k)
		case !known: // not ours, or not known yet
		case !deleted:
			e.touch(id)
		case e.lostNow(ctx, view, id):
			e.kick()
		default:
			e.touch(id)
		}
	})
	if err != nil && ctx.Err() == nil {
		e.log.Error(err, "Events of VPP are not to be had", "kind", k.name)
	}
}

// touch has a thing read again.
func (e *Engine) touch(id ID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.touched[id] = struct{}{}
	e.requestRead()
}

// strayLoss deals with the loss of something that is not known: it may be what a
// reading under way has seen and not told of yet, or what a step under way has
// made.
func (e *Engine) strayLoss(k *kindState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if k.reading {
		k.dueRead = true
		e.requestRead()
	}
	k.prove = k.prove || k.busy > 0
}

// lostNow looks whether something that an event says was deleted is gone, and
// records that. It returns false where it is not, or where that is not certain:
// the number may be that of the next thing of ours by now.
func (e *Engine) lostNow(ctx context.Context, view *View, id ID) bool {
	e.mu.Lock()
	n := e.lookup(id)
	if n == nil || !n.present || n.busy || n.leaving {
		e.mu.Unlock()
		return false
	}
	stamp, have, k := n.stamp, n.have, n.kind.kind
	e.mu.Unlock()
	if r, ok := k.(Refresher); ok {
		if err := r.Refresh(ctx, view, id, have, func(Found) {}); !errors.Is(err, ErrGone) {
			return false
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lookup(id) != n || !n.present || n.busy || n.stamp != stamp {
		return false // it has been dealt with meanwhile
	}
	e.missed(n)
	return true
}

// refreshFew is how many are read one by one in any case.
const refreshFew = 64

// refresh reads again what events have named, what was disturbed and what is
// doubted. Where that is much of a kind, reading all of it costs less.
func (e *Engine) refresh(ctx context.Context, view *View) {
	e.mu.Lock()
	ids, disturbed := slices.Collect(maps.Keys(e.touched)), e.disturbed
	clear(e.touched)
	many := map[string]int{}
	for _, id := range ids {
		many[id.Kind]++
	}
	for kind, count := range many {
		if k := e.kinds[kind]; count > refreshFew && count*explainShare > len(k.nodes) {
			e.dueAfter(k)
		}
	}
	e.mu.Unlock()
	for _, id := range ids {
		e.mu.Lock()
		n := e.lookup(id)
		if n == nil || !n.present && n.want == nil || n.busy || n.kind.unsupported != nil || n.kind.dueRead {
			if n != nil && n.busy {
				n.kind.prove = true // later
			}
			e.mu.Unlock()
			continue
		}
		k, have := n.kind, n.have
		begun, round := e.beginReading(k)
		e.mu.Unlock()
		r, ok := k.kind.(Refresher)
		err := errors.ErrUnsupported
		if ok {
			err = r.Refresh(ctx, view, id, have, e.taker(begun, round))
		}
		e.endReading(k)
		if err != nil {
			e.mu.Lock()
			e.dueAfter(k)
			e.mu.Unlock()
		}
	}
	e.mu.Lock()
	e.refreshed = disturbed
	e.mu.Unlock()
	e.kick()
}

// dueAfter has a kind read as a whole. Where it is one that events tell of, all
// of those are: their things are known by the same numbers.
func (e *Engine) dueAfter(k *kindState) {
	k.dueRead = true
	if _, ok := k.kind.(Watcher); !ok {
		return
	}
	for _, other := range e.order {
		if _, ok := other.kind.(Watcher); ok && other.unsupported == nil {
			other.dueRead = true
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
