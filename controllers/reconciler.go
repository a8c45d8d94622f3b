package controllers

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// engine is what of a [state.Engine] is used here.
type engine interface {
	Set(o state.Owner, s state.Spec)
	Remove(o state.Owner)
	SetExternal(id state.ID, version string)
	RemoveExternal(id state.ID)
	Begin()
	AllowPrune(kinds func(stateKind string) bool)
	SetPaused(paused bool)
	SetReportOnly(report bool)
	SetResyncPeriod(period time.Duration)
	Walk(o state.Owner, visit func(state.ItemReport)) (generation int64, ok bool)
	Status() state.Status
	CatchingUp() bool
}

// reconciler hands the objects of a node to the engine. It learns of them from
// informers, whose handlers call observe and gone, and, while the API server
// is out of reach, from a file (restore). Compiling is pure and the engine
// never refuses, so there is nothing to retry.
//
// Its lock may be held while the engine is called, never the other way round.
type reconciler struct {
	engine engine
	log    logr.Logger

	// report asks for an object's status to be looked at. vanished is told of
	// objects that the API server has no longer. dirty is told that the good
	// objects have changed. needed is told which Secrets an owner needs. All but
	// report are called under the lock; they must be quick.
	report   func(state.Owner)
	vanished func(state.Owner)
	dirty    func()
	needed   func(state.Owner, []state.ID)

	mu      sync.Mutex
	objects map[state.Owner]*tracked
	live    int // objects that the API server has
	guard   *pruneGuard
	tables  *tableRoutes
	paused  bool
	// begun is false while not all objects are known: what some of them seem to
	// lack may be on its way.
	begun bool
}

// tracked is all that is known of an object.
type tracked struct {
	kind *kind
	// latest is the object as the API server has it, nil once it is gone there
	// or if it was never seen.
	latest v1alpha1.Object
	// good is what the engine was last given, invalid why that is not latest.
	good    v1alpha1.Object
	invalid error
	// record is good as the offline file has it, nil until it is written.
	record []byte

	told told[v1alpha1.Object]
	// verdict is how the object was last found to stand, judged where it was.
	verdict verdict
	judged  bool
	// unsettledSince is when it was first found on the way to something that is
	// worth telling more; zero when it is not.
	unsettledSince time.Time
	// arrivedAt is when it was first found to be ready and not told so, laggingSince
	// when nothing but numbers of routes was found to differ.
	arrivedAt, laggingSince time.Time
	// catchingUpSince is since when VPP is being filled, as seen for this object.
	catchingUpSince time.Time
	// notBefore spares the engine walks over large objects.
	notBefore time.Time
	// programmed is the generation that was last announced by an Event, stalled
	// what was last said to be wrong.
	programmed int64
	stalled    verdict
}

func ownerOf(k *kind, o v1alpha1.Object) state.Owner {
	return state.Owner{Kind: k.name, Object: o.GetName()}
}

// observe takes notice of an object that is new or has changed. The object is
// shared with the informer's cache and is never changed.
func (r *reconciler) observe(k *kind, o v1alpha1.Object) {
	owner := ownerOf(k, o)
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.objects[owner]
	if t == nil {
		t = &tracked{kind: k}
		r.objects[owner] = t
	}
	before := t.latest
	t.latest = o
	if before == nil {
		r.live++
		r.guard.Return(owner)
		t.record = nil
	}
	foreign := t.told.observe(o, k.status)
	if before != nil && before.GetUID() == o.GetUID() && before.GetGeneration() == o.GetGeneration() {
		if foreign {
			r.report(owner)
		}
		return
	}
	if ready := readyOf(t.told.seen); before == nil && ready.ready {
		t.programmed = ready.generation
	}
	r.desire(owner, t)
}

// desire compiles the latest spec of an object and hands it to the engine.
func (r *reconciler) desire(owner state.Owner, t *tracked) {
	defer r.report(owner)
	items, err := t.kind.compile(t.latest)
	t.invalid = err
	if err != nil {
		r.log.Info("Object is invalid", "kind", owner.Kind, "name", owner.Object,
			"generation", t.latest.GetGeneration(), "reason", err.Error())
		return // what it was before stays
	}
	r.hand(owner, t, t.latest, items)
}

// hand gives the engine what an object wants.
func (r *reconciler) hand(owner state.Owner, t *tracked, o v1alpha1.Object, items []state.Item) {
	name := v1alpha1.ResourceName(o)
	if t.good != nil && v1alpha1.ResourceName(t.good) != name {
		r.engine.Remove(owner) // deleted and made again under another name
	}
	t.good, t.record = o, nil
	var secrets []state.ID
	for i := range items {
		for _, id := range items[i].Needs {
			if isSecret(id) && !slices.Contains(secrets, id) {
				secrets = append(secrets, id)
			}
		}
	}
	r.needed(owner, secrets)
	r.tables.name(owner, name)
	if t.kind.onePerNode {
		name = t.kind.name // all are called alike, so one wins
	}
	r.engine.Set(owner, state.Spec{
		Name:       name,
		Since:      o.GetCreationTimestamp().Time,
		Generation: o.GetGeneration(),
		Items:      items,
	})
	r.dirty()
}

// gone takes notice of an object that the API server has no longer. Whether
// VPP is to lose it too is decided elsewhere.
func (r *reconciler) gone(k *kind, o v1alpha1.Object) {
	owner := ownerOf(k, o)
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.objects[owner]; t != nil && t.latest != nil {
		t.latest = nil
		r.live--
		r.vanished(owner)
	}
}

// restore brings back an object that only the file has. One that the API server
// has is only taken where its latest spec is invalid: then it is what was good.
func (r *reconciler) restore(k *kind, o v1alpha1.Object) {
	owner := ownerOf(k, o)
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.objects[owner]
	switch {
	case t == nil:
		t = &tracked{kind: k}
		r.objects[owner] = t
	case t.good != nil, t.latest != nil && t.latest.GetUID() != o.GetUID():
		return
	}
	items, err := k.compile(o)
	if err != nil { // an older agent took what this one does not
		r.log.Info("Object kept on the node is invalid", "kind", owner.Kind, "name", owner.Object, "reason", err.Error())
		if t.latest == nil {
			delete(r.objects, owner)
		}
		return
	}
	r.hand(owner, t, o, items)
	r.report(owner)
}

// remove takes objects out of VPP that are gone from the API server.
func (r *reconciler) remove(owners []state.Owner) {
	for _, owner := range owners {
		t := r.objects[owner]
		if t == nil || t.latest != nil {
			continue // it came back
		}
		delete(r.objects, owner)
		r.tables.forget(owner)
		r.engine.Remove(owner)
		r.needed(owner, nil)
		r.dirty()
	}
}

// setPaused says whether the node is paused, which all objects tell.
func (r *reconciler) setPaused(paused bool) {
	r.engine.SetPaused(paused)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paused != paused {
		r.paused = paused
		r.reportAll()
	}
}

// begin says that all objects are known.
func (r *reconciler) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun = true
	r.reportAll()
}

// lookAgain has the status of every object looked at.
func (r *reconciler) lookAgain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reportAll()
}

// quiet says that nothing is to be told any more: what seems to be lost is so
// because the agent stops.
func (r *reconciler) quiet() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun = false
}

// reportAll has the status of every object looked at, under the lock.
func (r *reconciler) reportAll() {
	for owner := range r.objects {
		r.report(owner)
	}
}

// tally counts objects by kind and by what became of them.
func (r *reconciler) tally() map[string]map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := map[string]map[string]int{}
	for owner, t := range r.objects {
		if t.latest == nil {
			continue
		}
		if counts[owner.Kind] == nil {
			counts[owner.Kind] = map[string]int{}
		}
		reason := v1alpha1.ReasonProgramming
		if t.judged {
			reason = t.verdict.reason
		}
		counts[owner.Kind][reason]++
	}
	return counts
}

// owners are those of all objects, in order.
func (r *reconciler) owners() []state.Owner {
	return slices.SortedFunc(maps.Keys(r.objects), compareOwners)
}
