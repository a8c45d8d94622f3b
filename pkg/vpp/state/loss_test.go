package state_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// eventKind is a kind with events that a test sends, and readings and steps
// that it can hold up.
type eventKind struct {
	fakeKind
	*moments
}

// moments are those at which a test can do something.
type moments struct {
	registered chan struct{} // closed when events may be sent
	events     chan event
	read, made hold
	looked     hold

	mu      sync.Mutex
	sends   bool // events are sent
	tooSoon bool // something was read before
}

type event struct {
	handle  uint32
	deleted bool
	heeded  chan struct{}
}

// hold stops whoever comes to it, once, where it is armed.
type hold struct {
	mu            sync.Mutex
	come, proceed chan struct{}
}

// arm returns what is closed when somebody has come, and what is to be closed
// then.
func (h *hold) arm() (come <-chan struct{}, proceed chan<- struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.come, h.proceed = make(chan struct{}), make(chan struct{})
	return h.come, h.proceed
}

func (h *hold) here() {
	h.mu.Lock()
	come, proceed := h.come, h.proceed
	h.come = nil
	h.mu.Unlock()
	if come != nil {
		close(come)
		<-proceed
	}
}

func newMoments() *moments {
	return &moments{registered: make(chan struct{}), events: make(chan event)}
}

// happens sends an event and waits until it was heeded.
func (m *moments) happens(handle uint32, deleted bool) {
	e := event{handle, deleted, make(chan struct{})}
	m.events <- e
	<-e.heeded
}

func (k eventKind) Watch(ctx context.Context, _ *state.View, ready func(), changed func(uint32, bool)) error {
	select {
	case <-k.registered:
	case <-ctx.Done():
		return ctx.Err()
	}
	k.mu.Lock()
	k.sends = true
	k.mu.Unlock()
	ready()
	for {
		select {
		case e := <-k.events:
			changed(e.handle, e.deleted)
			close(e.heeded)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Read tells what there was when it began, like a dump.
func (k eventKind) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	k.mu.Lock()
	k.tooSoon = k.tooSoon || !k.sends
	k.mu.Unlock()
	var all []state.Found
	if err := k.fakeKind.Read(ctx, v, func(f state.Found) { all = append(all, f) }); err != nil {
		return err
	}
	k.read.here()
	for _, f := range all {
		found(f)
	}
	return nil
}

func (k eventKind) Apply(_ context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		defer k.made.here()
		return k.w.apply(v, op)
	})
}

// replaceable is a kind whose things show that somebody made them in the place
// of another: their value ends in "'".
type replaceable struct{ eventKind }

func (replaceable) Replaced(was, now any) bool {
	a, _ := was.(string)
	b, _ := now.(string)
	return !strings.HasSuffix(a, "'") && strings.HasSuffix(b, "'")
}

// lookable is a kind whose things can be read one by one.
type lookable struct{ eventKind }

func (k lookable) Refresh(_ context.Context, _ *state.View, id state.ID, _ any, found func(state.Found)) error {
	k.w.mu.Lock()
	t, ok := k.w.things[id]
	k.w.mu.Unlock()
	k.looked.here()
	if !ok {
		return state.ErrGone
	}
	found(state.Found{ID: id, Value: t.value, Ours: t.ours, Handle: t.handle, HasHandle: true})
	return nil
}

// eventful is a rig whose Bases have events.
func eventful(t *testing.T, w *world, as func(eventKind) state.Kind) (*rig, *moments) {
	t.Helper()
	m := newMoments()
	r := newRigOn(t, w, vpptest.Start(t), func(o *state.Options) {
		for i, k := range o.Kinds {
			if k, ok := k.(fakeKind); ok && k.name == "Base" {
				o.Kinds[i] = as(eventKind{k, m})
			}
		}
	})
	return r, m
}

func plain(k eventKind) state.Kind { return k }

// lose has somebody else delete the Base.
func (r *rig) lose() (handle uint32) {
	r.foreign(func(m map[state.ID]thing) {
		handle = m[parseID("Base:b")].handle
		delete(m, parseID("Base:b"))
	})
	return handle
}

// leafIsMadeAnew waits until the Base is there again and the Leaf is put on that.
func (r *rig) leafIsMadeAnew() {
	r.t.Helper()
	r.await("the leaf is made anew", func() bool {
		log := r.logged()
		base, off, on := slices.Index(log, "create b"), slices.Index(log, "delete l"), slices.Index(log, "create l")
		return base >= 0 && off >= 0 && on > base && on > off && r.reasons("o") == "Programmed; Programmed"
	})
}

func (w *world) logged() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.log)
}

// What happens between a reading and the first event would never be known of.
func TestNothingIsReadBeforeEventsCome(t *testing.T) {
	t.Parallel()
	r, m := eventful(t, newWorld(), plain)
	r.Begin()
	r.set("o", 0, "Base:b=x", "Leaf:l=x <Base:b")
	close(m.registered)
	r.awaitReasons("o", "Programmed; Programmed")
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tooSoon {
		t.Error("it was read before VPP sent events")
	}
}

// A reading that began before something was deleted does not bring it back.
func TestLossDuringReading(t *testing.T) {
	t.Parallel()
	r, m := eventful(t, newWorld(), plain)
	close(m.registered)
	r.Begin()
	r.set("o", 0, "Base:b=x", "Leaf:l=x <Base:b")
	r.awaitReasons("o", "Programmed; Programmed")
	r.written()

	r.SetPaused(true) // so that no step tells the reading that it is late
	last := r.Status().LastResync.Ended
	come, proceed := m.read.arm()
	r.ResyncNow()
	<-come
	m.happens(r.lose(), true)
	close(proceed)
	r.await("the reading ended", func() bool { return r.Status().LastResync.Ended.After(last) })
	r.SetPaused(false)
	r.leafIsMadeAnew()
	r.awaitHolds("b=x l=x")
}

// An event tells of what the first reading has seen, and not told of yet.
func TestLossDuringFirstReading(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.things[parseID("Base:b")] = thing{value: "x", ours: true, handle: 7}
	r, m := eventful(t, w, plain)
	come, proceed := m.read.arm()
	r.Begin()
	r.set("o", 0, "Base:b=x")
	close(m.registered)
	<-come
	m.happens(r.lose(), true)
	close(proceed)
	r.awaitHolds("b=x")
	wantWritten(t, r.written(), "create b")
	r.awaitReasons("o", "Programmed")
}

// An event tells of what a step has just made.
func TestLossDuringCreate(t *testing.T) {
	t.Parallel()
	r, m := eventful(t, newWorld(), plain)
	close(m.registered)
	r.Begin()
	come, proceed := m.made.arm()
	r.set("o", 0, "Base:b=x")
	<-come
	m.happens(r.lose(), true)
	close(proceed)
	r.awaitHolds("b=x")
	r.awaitReasons("o", "Programmed")
	wantWritten(t, r.written(), "create b", "create b")
}

// An event that is late tells of the one before: the number is used again.
func TestLateEvent(t *testing.T) {
	t.Parallel()
	r, m := eventful(t, newWorld(), func(k eventKind) state.Kind { return lookable{k} })
	close(m.registered)
	r.Begin()
	r.set("o", 0, "Base:b=x", "Leaf:l=x <Base:b")
	r.awaitReasons("o", "Programmed; Programmed")
	r.written()
	handle := r.handle("Base:b")
	m.happens(handle, true)
	r.resyncs()
	wantWritten(t, r.written())

	m.happens(r.lose(), true)
	r.leafIsMadeAnew()
}

// What gets the number of something takes its place, also where no event told
// that it is gone.
func TestNumberUsedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld()
	r, m := eventful(t, w, plain)
	close(m.registered)
	r.Begin()
	r.set("o", 0, "Base:b=x", "Leaf:l=x <Base:b")
	r.awaitReasons("o", "Programmed; Programmed")
	r.written()
	handle := r.lose()
	w.mu.Lock()
	w.next = handle - 1
	w.mu.Unlock()
	r.set("next", 0, "Base:c=x")
	r.leafIsMadeAnew()
	r.awaitReasons("next", "Programmed")
	r.awaitHolds("b=x c=x l=x")
}

// asking is a kind that looks for the number of what its things hang on when one
// is deleted, at a moment that a test chooses.
type asking struct {
	fakeKind
	come, proceed chan struct{}
	known         chan bool
}

func (k asking) Apply(_ context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		if op.Verb == state.Delete {
			close(k.come)
			<-k.proceed
			_, ok := v.Handle(parseID("Base:b"))
			k.known <- ok
		}
		return k.w.apply(v, op)
	})
}

// A step under way when the connection is lost does not take what it is to delete
// to be gone because nobody knows the number any more.
func TestNumbersOutlastTheConnection(t *testing.T) {
	t.Parallel()
	k := asking{come: make(chan struct{}), proceed: make(chan struct{}), known: make(chan bool, 1)}
	r := newRigOn(t, newWorld(), vpptest.Start(t), func(o *state.Options) {
		for i := range o.Kinds {
			if f, ok := o.Kinds[i].(fakeKind); ok && f.name == "Leaf" {
				k.fakeKind = f
				o.Kinds[i] = k
			}
		}
	})
	r.Begin()
	r.set("o", 0, "Base:b=x", "Leaf:l=x <Base:b")
	r.awaitReasons("o", "Programmed; Programmed")
	r.set("o", 0, "Base:b=x")
	<-k.come
	r.vpp.Stop()
	r.await("disconnected", func() bool { return !r.Status().Connected })
	close(k.proceed)
	if !<-k.known {
		t.Error("the number is forgotten")
	}
}

func (r *rig) handle(id string) uint32 {
	r.world.mu.Lock()
	defer r.world.mu.Unlock()
	return r.things[parseID(id)].handle
}

// What somebody made in the place of ours, with its name and number, is another.
func TestReplacedUnderTheSameNumber(t *testing.T) {
	t.Parallel()
	r, m := eventful(t, newWorld(), func(k eventKind) state.Kind { return replaceable{k} })
	close(m.registered)
	r.Begin()
	r.set("o", 0, "Base:b=x:", "Leaf:l=x <Base:b")
	r.awaitReasons("o", "Programmed; Programmed")
	r.written()
	r.foreign(func(m map[state.ID]thing) {
		b := m[parseID("Base:b")]
		b.value = "x:'"
		m[parseID("Base:b")] = b
	})
	r.resyncs()
	r.await("the leaf is made anew", func() bool {
		return slices.Equal(r.logged(), []string{"update b", "delete l", "create l"}) ||
			slices.Equal(r.logged(), []string{"delete l", "update b", "create l"})
	})
	r.awaitReasons("o", "Programmed; Programmed")
}

// What we have deleted since a reading began is not taken to be there because
// that has seen it.
func TestDeletedDuringReading(t *testing.T) {
	t.Parallel()
	for _, one := range []bool{false, true} {
		r, m := eventful(t, newWorld(), func(k eventKind) state.Kind { return lookable{k} })
		close(m.registered)
		r.Begin()
		r.set("o", 0, "Base:b=x")
		r.awaitReasons("o", "Programmed")
		r.resyncs()
		r.written()
		r.AllowPrune(func(string) bool { return true })
		h := &m.read
		if one {
			h = &m.looked
		}
		come, proceed := h.arm()
		if one {
			m.happens(r.handle("Base:b"), false)
		} else {
			r.ResyncNow()
		}
		<-come
		r.drop("o")
		r.await("b is gone", func() bool { _, _, there := r.Get(parseID("Base:b")); return !there })
		r.await("quiet", func() bool { quiet, _ := r.Audit(); return quiet })
		close(proceed)
		r.resyncs()
		r.await("quiet", func() bool { quiet, _ := r.Audit(); return quiet })
		wantWritten(t, r.written(), "delete b")
	}
}
