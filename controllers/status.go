package controllers

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// fieldOwner is who the API server knows our statuses from.
const fieldOwner = "vpp-operator-agent"

// The pace of statuses.
const (
	// writers bounds the requests in flight, so that ten thousand objects that get
	// ready at once do not flood the API server.
	writers = 16
	// What a new agent has not looked at yet is as the one before has told it: that
	// VPP is away, or being filled, is told only once that is known or so much time
	// has passed.
	firstLook = 30 * time.Second
	// A walk over an object is not repeated before walkShare times what it took,
	// so that a large object in the making does not keep the engine busy.
	walkShare = 20
	walkMost  = 100 * time.Millisecond

	writeTimeout   = 30 * time.Second
	retryWriteSoon = 100 * time.Millisecond
	retryWriteMost = 30 * time.Second
)

// statusPace is how long statuses wait for what may follow.
type statusPace struct {
	// An object on its way is told to be so only after a while: mostly it arrives
	// first, and one write is enough. So is a loss of VPP that it recovers from.
	onItsWay time.Duration
	// What waits for something else may have to wait for a moment only.
	waiting time.Duration
	// What has arrived may have an echo, as an interface whose link comes up when
	// it is: it is told at once with what follows within afterwards.
	afterwards time.Duration
	// While VPP is being filled after a start or a restart it needs the processor
	// more than statuses do: those wait until it is done, and at most so long.
	catchUp time.Duration
}

var standardPace = statusPace{onItsWay: time.Second, waiting: 50 * time.Millisecond, afterwards: 4 * time.Millisecond, catchUp: 2 * time.Second}

// statusWriter writes the statuses of objects: each once it has settled, and
// only where it differs from what the API server has.
type statusWriter struct {
	reconciler *reconciler
	engine     engine
	client     rest.Interface
	describe   func(state.ID) string
	// node is what users call the node in messages.
	node string
	// mayWrite is false while the statuses are another agent's.
	mayWrite func() bool
	// tell is for Events.
	tell func(o state.Owner, reason string, warning bool, text string)
	// judged is told that how some object stands has changed.
	judged  func()
	metrics *metrics
	now     func() time.Time
	log     logr.Logger
	pace    statusPace

	// looked is true once everything desired was tried, or VPP found to be away.
	looked  atomic.Bool
	queue   statusQueue
	buffers sync.Pool // *[]state.ItemReport
}

// statusQueue holds the owners whose objects are to be looked at.
type statusQueue = workqueue.TypedRateLimitingInterface[state.Owner]

func newStatusQueue() statusQueue {
	return workqueue.NewTypedRateLimitingQueue(
		workqueue.NewTypedItemExponentialFailureRateLimiter[state.Owner](retryWriteSoon, retryWriteMost))
}

// run writes until ctx ends, and waits for requests under way.
func (w *statusWriter) run(ctx context.Context) {
	var workers sync.WaitGroup
	for range writers {
		workers.Go(func() {
			for {
				owner, shutdown := w.queue.Get()
				if shutdown {
					return
				}
				w.attend(ctx, owner)
				w.queue.Done(owner)
			}
		})
	}
	<-ctx.Done()
	w.queue.ShutDown()
	workers.Wait()
}

// attend looks at an object once, and says when to look again.
func (w *statusWriter) attend(ctx context.Context, owner state.Owner) {
	again, err := w.settle(ctx, owner)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		w.log.Info("Cannot write a status yet", "kind", owner.Kind, "name", owner.Object, "reason", err.Error())
		w.queue.AddRateLimited(owner)
	default:
		w.queue.Forget(owner)
		if again > 0 {
			w.queue.AddAfter(owner, again)
		}
	}
}

// settle finds how an object stands and writes that, if it is time; again is
// when to look once more, 0 for when something changes.
func (w *statusWriter) settle(ctx context.Context, owner state.Owner) (again time.Duration, err error) {
	r := w.reconciler
	r.mu.Lock()
	t := r.objects[owner]
	if t == nil || t.latest == nil || !r.begun || !w.mayWrite() {
		r.mu.Unlock()
		return 0, nil
	}
	begun := w.now()
	if again := t.notBefore.Sub(begun); again > 0 {
		r.mu.Unlock()
		return again, nil
	}
	looked := w.hasLooked()
	if t.invalid == nil && w.engine.CatchingUp() {
		if t.catchingUpSince.IsZero() {
			t.catchingUpSince = begun
		}
		patience := w.pace.catchUp
		if !looked {
			patience = firstLook
		}
		if again := t.catchingUpSince.Add(patience).Sub(begun); again > 0 {
			r.mu.Unlock()
			return again, nil // or as soon as the engine has told all owners to look
		}
	} else {
		t.catchingUpSince = time.Time{}
	}
	k, o, wrong, paused := t.kind, t.latest, t.invalid, r.paused
	r.mu.Unlock()

	status := k.newObject()
	v, generation, ok := w.judge(owner, k, status, wrong, paused)
	if !ok {
		return 0, nil // the engine has not been told of it yet
	}
	if wrong != nil && !paused {
		generation = o.GetGeneration()
	}

	r.mu.Lock()
	if t = r.objects[owner]; t == nil || t.latest == nil || t.latest.GetUID() != o.GetUID() {
		r.mu.Unlock()
		return 0, nil
	}
	now := w.now()
	t.notBefore = now.Add(min(walkMost, walkShare*now.Sub(begun)))
	if !t.judged || t.verdict.severity != v.severity {
		defer w.judged()
	}
	t.verdict, t.judged = v, true
	if vrf, changed := r.tables.count(owner, o, status); changed {
		w.queue.AddAfter(vrf, routesDelay)
	}
	told := t.told.last()
	if paused {
		generation = told.GetStatus().ObservedGeneration // nothing is handled
	}
	common := status.GetStatus()
	common.ObservedGeneration = generation
	common.Conditions = conditionsOf(v, generation, told.GetStatus().Conditions, metav1.Time{Time: now})
	if equality.Semantic.DeepEqual(k.status(status), k.status(told)) {
		t.unsettledSince, t.arrivedAt, t.laggingSince = time.Time{}, time.Time{}, time.Time{}
		r.mu.Unlock()
		return 0, nil
	}
	patience, since := w.pace.of(v), &t.unsettledSince
	if patience == w.pace.onItsWay && !looked {
		patience = firstLook
	}
	if v.ready {
		patience, since = w.pace.afterwards, &t.arrivedAt
	}
	if r.tables.lags(status, told) {
		patience, since = routesDelay, &t.laggingSince
	}
	if patience > 0 {
		if since.IsZero() {
			*since = now
		}
		if again := since.Add(patience).Sub(now); again > 0 {
			r.mu.Unlock()
			return again, nil
		}
	}
	t.unsettledSince, t.arrivedAt, t.laggingSince = time.Time{}, time.Time{}, time.Time{}
	r.mu.Unlock()

	if err := w.write(ctx, owner, k, o, status); err != nil {
		return 0, err
	}
	w.announce(owner, v, generation)
	return 0, nil
}

// announce tells in Events what was written for the first time: once a
// generation that it is programmed, and what is wrong whenever that changes.
func (w *statusWriter) announce(owner state.Owner, v verdict, generation int64) {
	r := w.reconciler
	r.mu.Lock()
	t := r.objects[owner]
	if t == nil {
		r.mu.Unlock()
		return
	}
	news := false
	switch {
	case v.ready:
		news, t.programmed, t.stalled = t.programmed != generation, generation, verdict{}
	case v.stalled:
		news, t.stalled = t.stalled != v, v
	}
	r.mu.Unlock()
	if news {
		w.tell(owner, v.reason, !v.ready, v.message)
	}
}

// judge walks over an object's items, fills in the kind's part of the status
// and finds how the object stands.
func (w *statusWriter) judge(owner state.Owner, k *kind, status v1alpha1.Object, wrong error, paused bool) (v verdict, generation int64, ok bool) {
	buffer, _ := w.buffers.Get().(*[]state.ItemReport)
	if buffer == nil {
		buffer = new([]state.ItemReport)
	}
	items := (*buffer)[:0]
	generation, ok = w.engine.Walk(owner, func(item state.ItemReport) {
		if item.Reason == state.Conflict || item.Reason == state.Disconnected {
			item.Have, item.HasHandle = nil, false // the winner's, or that of a VPP that may be gone
		}
		items = append(items, item)
	})
	k.report(status, func(yield func(state.ItemReport) bool) {
		for i := range items {
			if !yield(items[i]) {
				return
			}
		}
	})
	switch {
	case paused:
		v, ok = verdict{pausedSeverity, "VPPNode " + w.node + " is paused: nothing is changed"}, true
	case wrong != nil:
		v, ok = invalid(wrong), true
	case ok:
		v = judge(items, w.describe)
	}
	clear(items)
	*buffer = items
	w.buffers.Put(buffer)
	return v, generation, ok
}

// hasLooked tells whether this agent knows how VPP is.
func (w *statusWriter) hasLooked() bool {
	if !w.looked.Load() && w.engine.Status().Synced {
		w.looked.Store(true)
	}
	return w.looked.Load()
}

// away says that VPP was found to be away.
func (w *statusWriter) away() {
	if !w.looked.Swap(true) {
		w.reconciler.lookAgain()
	}
}

// of is how long something may last before it is told.
func (p statusPace) of(v verdict) time.Duration {
	switch v.reason {
	case v1alpha1.ReasonProgramming, v1alpha1.ReasonVPPDisconnected:
		return p.onItsWay
	case v1alpha1.ReasonWaitingForDependency:
		return p.waiting
	}
	return 0
}

// write sends the status of o, one request.
func (w *statusWriter) write(ctx context.Context, owner state.Owner, k *kind, o, status v1alpha1.Object) error {
	answer := k.newObject()
	err := applyStatus(ctx, w.client, k.resource.Resource, k.name, o.GetName(), k.status(status), answer)
	w.metrics.wrote(k.name, err)
	if apierrors.IsNotFound(err) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	r := w.reconciler
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.objects[owner]; t != nil && t.told.uid == answer.GetUID() {
		t.told.wrote(status, answer)
	}
	return nil
}

// applyStatus writes a status by server-side apply and reads the object's new
// state into answer.
func applyStatus(ctx context.Context, c rest.Interface, resource, kind, name string, status any, answer runtime.Object) error {
	body, err := json.Marshal(statusPatch{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: kind},
		Metadata: patchName{name},
		Status:   status,
	})
	if err != nil {
		return fmt.Errorf("write status: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	force := true
	err = c.Patch(types.ApplyPatchType).Resource(resource).Name(name).SubResource("status").
		VersionedParams(&metav1.PatchOptions{FieldManager: fieldOwner, Force: &force}, metav1.ParameterCodec).
		Body(body).Do(ctx).Into(answer)
	if err != nil {
		return fmt.Errorf("write status: %w", err)
	}
	return nil
}

// statusPatch is a server-side apply of a status and nothing else.
type statusPatch struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        patchName `json:"metadata"`
	Status          any       `json:"status"`
}

type patchName struct {
	Name string `json:"name"`
}
