package state_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// world is what a VPP of two imaginary kinds holds: Base, which others hang
// on, and Leaf, which hangs on Bases. A value is a string; one that begins
// like the old one up to ':' is changed in place, any other makes it anew.
type world struct {
	mu     sync.Mutex
	things map[state.ID]thing
	next   uint32
	log    []string         // what was written
	fail   map[string]error // by "verb key": the answer
	blind  map[string]error // by kind: why it cannot be read
	boot   int
	begun  chan string // what is under way, where a test wants to know
	resume chan struct{}
	// VPP dies of what has this key, when it is created or a moment later.
	poison      string
	poisonLater bool
	poisoned    chan<- struct{}
}

type thing struct {
	value  string
	ours   bool
	handle uint32
	needs  []state.ID
	claims []string
}

func newWorld() *world {
	return &world{things: map[state.ID]thing{}, fail: map[string]error{}, blind: map[string]error{}, boot: 1}
}

type fakeKind struct {
	name string
	w    *world
	loss state.Loss
}

func (k fakeKind) Name() string           { return k.name }
func (k fakeKind) Loss() state.Loss       { return k.loss }
func (k fakeKind) Probe(vpp.Caller) error { return k.w.failure("probe " + k.name) }

func (k fakeKind) Read(_ context.Context, _ *state.View, found func(state.Found)) error {
	k.w.mu.Lock()
	defer k.w.mu.Unlock()
	if err := k.w.blind[k.name]; err != nil {
		return err
	}
	for id, t := range k.w.things {
		if id.Kind == k.name {
			found(state.Found{
				ID: id, Value: t.value, Ours: t.ours, Handle: t.handle, HasHandle: true, Needs: t.needs, Claims: t.claims,
			})
		}
	}
	return nil
}

func (k fakeKind) Compare(want, have, _ any) state.Difference {
	a, _ := want.(string)
	b, _ := have.(string)
	aType, _, _ := strings.Cut(a, ":")
	bType, _, _ := strings.Cut(b, ":")
	switch {
	case a == b:
		return state.Difference{}
	case aType == bType:
		return state.Difference{Change: state.InPlace, Fields: []string{"value"}}
	default:
		return state.Difference{Change: state.Recreate, Fields: []string{"type"}}
	}
}

func (k fakeKind) Apply(_ context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		if k.w.begun != nil {
			k.w.begun <- op.Verb.String() + " " + op.ID.Key
			<-k.w.resume
		}
		return k.w.apply(v, op)
	})
}

func (w *world) apply(v *state.View, op *state.Op) state.Result {
	w.mu.Lock()
	defer w.mu.Unlock()
	what := op.Verb.String() + " " + op.ID.Key
	w.log = append(w.log, what)
	err := w.fail[what]
	if err != nil && !isUnknown(err) {
		return state.Result{Err: err}
	}
	t := w.things[op.ID]
	if op.Verb == state.Delete {
		delete(w.things, op.ID)
		return state.Result{Err: err}
	}
	value, _ := op.Want.(string)
	if op.Verb == state.Create {
		w.next++
		t.handle = w.next
	}
	t.value, t.ours = value, true
	w.things[op.ID] = t
	if w.poison != "" && op.ID.Key == w.poison {
		select {
		case w.poisoned <- struct{}{}:
		default:
		}
		if !w.poisonLater {
			err = fmt.Errorf("unknown: %w", vpp.ErrUnknown)
		}
	}
	_ = v
	return state.Result{Err: err, Handle: t.handle, HasHandle: true}
}

func isUnknown(err error) bool { return strings.Contains(err.Error(), "unknown") }

func (w *world) failure(what string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fail[what]
}

// by somebody else's hand.
func (w *world) foreign(change func(things map[state.ID]thing)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w.things)
}

// written returns what was written since the last call.
func (w *world) written() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	log := w.log
	w.log = nil
	return log
}

func (w *world) holds() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []string
	for id, t := range w.things {
		list = append(list, id.Key+"="+t.value)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// rig is an engine at work on a world.
type rig struct {
	*state.Engine
	*world
	t      *testing.T
	ctx    context.Context
	vpp    *vpptest.VPP
	mu     sync.Mutex
	change chan struct{}
	events []string
}

func newRig(t *testing.T, change ...func(*state.Options)) *rig {
	t.Helper()
	w := newWorld()
	return newRigOn(t, w, vpptest.Start(t), change...)
}

func newRigOn(t *testing.T, w *world, v *vpptest.VPP, change ...func(*state.Options)) *rig {
	t.Helper()
	r, _ := newRigUntil(t, w, v, change...)
	return r
}

// newRigUntil is newRigOn for an engine that may end before the test does.
func newRigUntil(t *testing.T, w *world, v *vpptest.VPP, change ...func(*state.Options)) (r *rig, stop func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Minute)
	r = &rig{world: w, t: t, ctx: ctx, vpp: v, change: make(chan struct{})}
	client := vpp.NewClient(vpp.Options{Socket: v.Socket()})
	known := 0
	opts := state.Options{
		Client: client, RetryMin: time.Millisecond, RetryMax: 10 * time.Millisecond, ReadRetry: time.Millisecond, CrashWindow: 400 * time.Millisecond,
		Kinds: []state.Kind{fakeKind{"Base", w, state.Cleaned}, fakeKind{"Leaf", w, state.Stale}, fakeKind{"Part", w, state.Cleaned}},
		Boot: func(context.Context, *state.View) (bool, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			fresh := known != w.boot
			known = w.boot
			return fresh, nil
		},
		Changed:     func(state.Owner) { r.tell("") },
		NodeChanged: func() { r.tell("") },
		Happened: func(o state.Owner, e state.Event) {
			r.tell(fmt.Sprintf("%d %s %s %s", e.Type, o.Object, e.ID.Key, strings.Join(e.Fields, ",")))
		},
	}
	for _, f := range change {
		f(&opts)
	}
	r.Engine = state.New(opts)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
		_ = client.Close()
	})
	t.Cleanup(stop)
	return r, stop
}

func (r *rig) tell(event string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if event != "" {
		r.events = append(r.events, event)
	}
	close(r.change)
	r.change = make(chan struct{})
}

func (r *rig) await(what string, holds func() bool) {
	r.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond) // for what is not told
	defer tick.Stop()
	for {
		r.mu.Lock()
		change := r.change
		r.mu.Unlock()
		if holds() {
			return
		}
		select {
		case <-change:
		case <-tick.C:
		case <-r.ctx.Done():
			r.t.Fatalf("%s: never; VPP holds %s; wrote %v", what, r.holds(), r.written())
		}
	}
}

// set says what an owner of some age wants: "Leaf:a=x1 <Base:b <Base:c !claim &shared".
func (r *rig) set(object string, age int, items ...string) {
	r.t.Helper()
	spec := state.Spec{Name: object, Since: time.Unix(1e9-int64(age), 0)}
	for _, text := range items {
		fields := strings.Fields(text)
		id, value, _ := strings.Cut(fields[0], "=")
		item := state.Item{ID: parseID(id), Value: value}
		for _, f := range fields[1:] {
			switch f[0] {
			case '<':
				item.Needs = append(item.Needs, parseID(f[1:]))
			case '!':
				item.Claims = append(item.Claims, f[1:])
			case '&':
				item.Claims = append(item.Claims, state.Shared(f[1:]))
			case '+':
				item.Adopt = true
			}
		}
		spec.Items = append(spec.Items, item)
	}
	r.Set(state.Owner{Kind: "Object", Object: object}, spec)
}

func (r *rig) drop(object string) { r.Remove(state.Owner{Kind: "Object", Object: object}) }

func parseID(text string) state.ID {
	kind, key, _ := strings.Cut(text, ":")
	return state.ID{Kind: kind, Key: key}
}

func (r *rig) awaitHolds(want string) {
	r.t.Helper()
	r.await("VPP holds "+want, func() bool { return r.holds() == want })
}

func (r *rig) awaitReasons(object, want string) {
	r.t.Helper()
	r.await(object+" is "+want, func() bool { return r.reasons(object) == want })
}

func (r *rig) reasons(object string) string {
	var list []string
	r.Walk(state.Owner{Kind: "Object", Object: object}, func(i state.ItemReport) {
		text := i.Reason.String()
		if i.Message != "" {
			text += ": " + i.Message
		}
		list = append(list, text)
	})
	return strings.Join(list, "; ")
}

// resyncs reads all and waits for the end of it.
func (r *rig) resyncs() {
	r.t.Helper()
	last := r.Status().LastResync.Ended
	r.ResyncNow()
	r.await("resync", func() bool { return r.Status().LastResync.Ended.After(last) })
}

func wantWritten(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

// refuse is that VPP refuses what "verb key" says.
func (w *world) refuse(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail[what] = &vpp.RetvalError{Retval: -1}
}

func (w *world) accept(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.fail, what)
}
