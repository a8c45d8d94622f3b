package vpp

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// wantPrefix begins the requests that subscribe to events.
const wantPrefix = "want_"

// eventHub hands events to watchers and keeps them registered with VPP.
type eventHub struct {
	session *Session

	watchers atomic.Pointer[map[uint16][]*watcher] // by message id; replaced, never changed

	mu   sync.Mutex
	refs map[string]*registration // by want_ request
}

// registration is a want_ request in force, once for all its watchers.
type registration struct {
	turn  chan struct{} // holds one while VPP is asked; guards the rest
	count int
	on    bool // VPP is known to send the events
}

func (h *eventHub) init(s *Session) {
	h.session = s
	h.refs = map[string]*registration{}
	h.watchers.Store(&map[uint16][]*watcher{})
}

// watcher is a bounded queue of one kind of event.
type watcher struct {
	session *Session
	info    *messageInfo
	want    string // the request that subscribes, "" where the caller does that

	mu     sync.Mutex
	queue  [][]byte
	missed bool
	err    error
	come   signal
}

// deliver copies an event to its watchers. The reader calls it.
func (h *eventHub) deliver(info *messageInfo, frame []byte) {
	for _, w := range (*h.watchers.Load())[info.id] {
		w.mu.Lock()
		if len(w.queue) >= h.session.opts.EventBuffer {
			w.missed = true
			h.session.stats.missed.Add(1)
		} else {
			w.queue = append(w.queue, append([]byte(nil), frame...))
		}
		w.mu.Unlock()
		w.come.raise(h.session)
	}
}

// fail tells all watchers that the session is over.
func (h *eventHub) fail(err error) {
	for _, ws := range *h.watchers.Load() {
		for _, w := range ws {
			w.mu.Lock()
			w.err = err
			w.mu.Unlock()
			w.come.raise(h.session)
		}
	}
}

// watch adds a watcher and sees to it that VPP sends the event.
func (h *eventHub) watch(ctx context.Context, event string) (*watcher, error) {
	s := h.session
	info, err := s.resolve(event)
	if err != nil {
		return nil, err
	}
	if !info.isEvent {
		return nil, refused(event, fmt.Errorf("%w: it is not an event", errors.ErrUnsupported))
	}
	w := &watcher{session: s, info: info, come: newSignal()}
	if want, ok := s.schema.EventRequest(event); ok && strings.HasPrefix(want, wantPrefix) && switchOf(s.schema.Message(want)) != "" {
		w.want = want
	}
	h.change(func(m map[uint16][]*watcher) {
		m[info.id] = append(append([]*watcher(nil), m[info.id]...), w)
	})
	if err := h.register(ctx, w.want); err != nil {
		h.remove(w)
		return nil, err
	}
	if err := s.Err(); err != nil { // it may have ended before the watcher was there
		h.remove(w)
		return nil, refused(event, err)
	}
	return w, nil
}

// unwatch removes a watcher, and the registration with the last one.
func (h *eventHub) unwatch(w *watcher) {
	h.remove(w)
	ctx, cancel := context.WithTimeout(context.Background(), h.session.opts.Timeout)
	defer cancel()
	h.unregister(ctx, w.want)
}

func (h *eventHub) remove(w *watcher) {
	h.change(func(m map[uint16][]*watcher) {
		var rest []*watcher
		for _, x := range m[w.info.id] {
			if x != w {
				rest = append(rest, x)
			}
		}
		m[w.info.id] = rest
	})
}

// change replaces the table of watchers by a changed copy.
func (h *eventHub) change(f func(map[uint16][]*watcher)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := *h.watchers.Load()
	m := make(map[uint16][]*watcher, len(old)+1)
	maps.Copy(m, old)
	f(m)
	h.watchers.Store(&m)
}

func (h *eventHub) registration(want string) *registration {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.refs[want]
	if r == nil {
		r = &registration{turn: make(chan struct{}, 1)}
		h.refs[want] = r
	}
	return r
}

// register asks VPP for the events if nobody has yet.
func (h *eventHub) register(ctx context.Context, want string) error {
	if want == "" {
		return nil
	}
	r := h.registration(want)
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return refused(want, reason(ctx, ctx.Err()))
	}
	if !r.on {
		if err := h.ask(ctx, want, 1); err != nil {
			return err
		}
		r.on = true
	}
	r.count++
	return nil
}

func (h *eventHub) unregister(ctx context.Context, want string) {
	if want == "" {
		return
	}
	r := h.registration(want)
	r.turn <- struct{}{} // whoever has it asks VPP, not longer than the timeout
	defer func() { <-r.turn }()
	if r.count--; r.count > 0 || h.session.Err() != nil {
		return
	}
	r.on = false // also where VPP does not answer: the next watcher asks anew
	if err := h.ask(ctx, want, 0); err != nil {
		h.session.opts.Log.V(1).Info("Cannot unregister from events", "request", want, "reason", err.Error())
	}
}

// switchOf is the field by which a want_ request switches events on and off.
// One without, like want_ping_finished_events, starts something: its caller
// sends it.
func switchOf(want *binproto.Message) string {
	if want == nil {
		return ""
	}
	for _, name := range []string{"enable_disable", "enable"} {
		if want.Field(name) != nil {
			return name
		}
	}
	return ""
}

// ask sends the want_ request.
func (h *eventHub) ask(ctx context.Context, want string, on int) error {
	info, err := h.session.resolve(want)
	if err != nil {
		return err
	}
	fields := map[string]any{switchOf(info.msg): on}
	if info.msg.Field("pid") != nil {
		fields["pid"] = os.Getpid()
	}
	_, err = Invoke(ctx, h.session, want, fields)
	if v, ok := Retval(err); ok && v == RetvalAlreadyRegistered {
		return nil // registered, or not, as wanted
	}
	return err
}

// next returns the events that have come, waiting for the first. missed tells
// that some were lost before them.
func (w *watcher) next(ctx context.Context) (events [][]byte, missed bool, err error) {
	for {
		w.mu.Lock()
		w.come.clear()
		events, missed, err = w.queue, w.missed, w.err
		w.queue, w.missed = nil, false
		w.mu.Unlock()
		if len(events) > 0 || missed || err != nil {
			return events, missed, err
		}
		select {
		case <-w.come.wake:
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

// WatchOption changes how events are watched.
type WatchOption[E any] func(*watchOptions[E])

type watchOptions[E any] struct {
	filter func(*E) bool
	ready  func()
}

// Filter passes on only the events for which keep is true.
func Filter[E any](keep func(*E) bool) WatchOption[E] {
	return func(o *watchOptions[E]) { o.filter = keep }
}

// Registered calls f each time VPP has begun to send the events, the first
// time and after every reconnect: what is read after that misses nothing.
func Registered[E any](f func()) WatchOption[E] {
	return func(o *watchOptions[E]) { o.ready = f }
}

// Watch yields the events of a message as Go struct E until ctx ends or the
// caller stops. Registering with VPP, once however many watchers there are, is
// done here, and again after a reconnect of a [Client]. Events are hints to
// read again, never state: where some were lost, because this consumer was
// slow or the connection was down, a nil event with an error matching
// [ErrMissedEvents] comes in between, and watching goes on. Any other error is
// the last: on a [Session] the end of the session, on a Client its Close, and
// on both a message that VPP lacks or that does not fit E.
func Watch[E any](ctx context.Context, c Caller, event string, opts ...WatchOption[E]) iter.Seq2[*E, error] {
	bind := func(m *binproto.Message) (func([]byte) (*E, error), error) {
		codec, err := binproto.Bind[E](m)
		if err != nil {
			return nil, refused(event, err)
		}
		return func(frame []byte) (*E, error) {
			e := new(E)
			return e, codec.Decode(frame, e)
		}, nil
	}
	return watchEvents(ctx, c, event, bind, opts)
}

// WatchFields is Watch by name, with maps instead of Go types.
func WatchFields(ctx context.Context, c Caller, event string, opts ...WatchOption[map[string]any]) iter.Seq2[map[string]any, error] {
	bind := func(m *binproto.Message) (func([]byte) (*map[string]any, error), error) {
		return func(frame []byte) (*map[string]any, error) {
			fields, err := m.DecodeFields(frame)
			return &fields, err
		}, nil
	}
	return values(watchEvents(ctx, c, event, bind, opts))
}

// WatchJSON is WatchFields with one line of JSON per event.
func WatchJSON(ctx context.Context, c Caller, event string, opts ...WatchOption[[]byte]) iter.Seq2[[]byte, error] {
	bind := func(m *binproto.Message) (func([]byte) (*[]byte, error), error) {
		return func(frame []byte) (*[]byte, error) {
			line, err := m.AppendJSON(nil, frame)
			return &line, err
		}, nil
	}
	return values(watchEvents(ctx, c, event, bind, opts))
}

// values takes the pointers off events; none is the zero value.
func values[E any](events iter.Seq2[*E, error]) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		for e, err := range events {
			var v E
			if e != nil {
				v = *e
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

func watchEvents[E any](ctx context.Context, c Caller, event string, bind func(*binproto.Message) (func([]byte) (*E, error), error), opts []WatchOption[E]) iter.Seq2[*E, error] {
	var o watchOptions[E]
	for _, f := range opts {
		f(&o)
	}
	return func(yield func(*E, error) bool) {
		watched := false
		for first := true; ; first = false {
			s, err := sessionFor(ctx, c)
			if err != nil {
				if ctx.Err() == nil || first {
					yield(nil, renamed(event, err))
				}
				return
			}
			w, err := s.events.watch(ctx, event)
			if err == nil {
				var decode func([]byte) (*E, error)
				if decode, err = bind(w.info.msg); err == nil {
					if o.ready != nil {
						o.ready()
					}
					// Only now, so that what is read on being told misses nothing.
					gap := watched
					watched = true
					if !gap || yield(nil, fmt.Errorf("%s: %w: the connection was lost", event, ErrMissedEvents)) {
						err = runWatcher(ctx, w, decode, o, yield)
					}
				}
				s.events.unwatch(w)
			}
			switch {
			case err == nil, ctx.Err() != nil:
				return
			case !reconnects(c) || s.Err() == nil:
				yield(nil, err)
				return
			}
		}
	}
}

// runWatcher yields events until the consumer stops (nil) or watching cannot go on.
func runWatcher[E any](ctx context.Context, w *watcher, decode func([]byte) (*E, error), o watchOptions[E], yield func(*E, error) bool) error {
	event := w.info.msg.Name
	for {
		frames, missed, err := w.next(ctx)
		if missed && !yield(nil, fmt.Errorf("%s: %w: the consumer was too slow", event, ErrMissedEvents)) {
			return nil
		}
		for _, frame := range frames {
			e, err := decode(frame)
			if err != nil {
				return unknown(event, err)
			}
			if o.filter != nil && !o.filter(e) {
				continue
			}
			if !yield(e, nil) {
				return nil
			}
		}
		if err != nil {
			return unknown(event, err)
		}
	}
}
