package controllers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedeventsv1 "k8s.io/client-go/kubernetes/typed/events/v1"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// Reasons of Events, besides those of conditions.
const (
	eventRepaired  = "DriftRepaired"
	eventDrifted   = v1alpha1.ReasonDrifted
	eventRecreated = "Recreated"
	eventRemoved   = "Removed"
	eventPruneHeld = v1alpha1.ConditionPruneHeld
	eventOffline   = "OfflineFileIgnored"
)

const (
	// eventNamespace is where Events of cluster-scoped objects go.
	eventNamespace = "default"
	// What happens to the items of an object is gathered for eventDelay, and told
	// of again eventInterval later at the earliest.
	eventDelay    = time.Second
	eventInterval = time.Minute
	// The Events of one agent: a burst, and so many a second afterwards. Those
	// that would wait behind eventBacklog others are dropped; conditions and
	// metrics tell as much.
	eventBurst, eventRate = 50, 5
	eventBacklog          = 2000
	// noteLimit is the API's for the text of an Event, in bytes.
	noteLimit = 1000
)

// eventKey is what one Event is about.
type eventKey struct {
	owner  state.Owner
	reason string
}

// gathered is what has happened since the last Event of a key.
type gathered struct {
	warning bool
	text    string // of the first
	count   int
	due     time.Time
}

// eventWriter writes Events, few of them: one for an object and a reason in a
// while, whatever number of items it is about.
type eventWriter struct {
	client typedeventsv1.EventInterface
	// reference finds an object to write an Event about. It takes the
	// reconciler's lock.
	reference func(state.Owner) (corev1.ObjectReference, bool)
	describe  func(state.ID) string
	// mayWrite is false while Events are another agent's to write.
	mayWrite func() bool
	node     state.Owner
	instance string
	metrics  *metrics
	now      func() time.Time
	log      logr.Logger

	kick chan struct{}

	mu      sync.Mutex
	pending map[eventKey]*gathered
	last    map[eventKey]time.Time
}

// happened takes what the engine tells. It is called under the engine's lock.
func (w *eventWriter) happened(o state.Owner, e state.Event) {
	what := w.describe(e.ID)
	if len(e.Fields) > 0 {
		what += " (" + strings.Join(e.Fields, ", ") + ")"
	}
	switch e.Type {
	case state.EventRepaired:
		w.gather(o, eventRepaired, true, "somebody else had changed it, which was undone: "+what)
	case state.EventDrifted:
		w.gather(o, eventDrifted, true, "somebody else has changed it: "+what)
	case state.EventRecreated:
		w.gather(o, eventRecreated, false, "made anew to change it: "+what)
	case state.EventRemoved:
		w.gather(o, eventRemoved, false, "nobody wants it any more: "+what)
	case state.EventRefused: // the condition tells, once; this may come with every attempt
	}
}

// gather adds to what is to be told of an owner; the zero owner is the node.
func (w *eventWriter) gather(o state.Owner, reason string, warning bool, text string) {
	if o == (state.Owner{}) {
		o = w.node
	}
	key := eventKey{o, reason}
	now := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if g := w.pending[key]; g != nil {
		g.count++
		return
	}
	if len(w.pending) >= eventBacklog {
		w.metrics.eventsDropped.Inc()
		return
	}
	due := now.Add(eventDelay)
	if next := w.last[key].Add(eventInterval); next.After(due) {
		due = next
	}
	w.pending[key] = &gathered{warning: warning, text: text, count: 1, due: due}
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// run writes what is due until ctx ends.
func (w *eventWriter) run(ctx context.Context) {
	limit := flowcontrol.NewTokenBucketRateLimiter(eventRate, eventBurst)
	timer := time.NewTimer(eventDelay)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.kick:
			timer.Reset(eventDelay)
			continue
		case <-timer.C:
		}
		for _, key := range w.dueNow() {
			if limit.Wait(ctx) != nil {
				return
			}
			w.write(ctx, key)
		}
		w.mu.Lock()
		if len(w.pending) > 0 {
			timer.Reset(eventDelay)
		}
		w.mu.Unlock()
	}
}

// dueNow returns the keys to be written, the most urgent first, and forgets
// those that were last written long ago.
func (w *eventWriter) dueNow() []eventKey {
	now := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.last, func(_ eventKey, at time.Time) bool { return now.Sub(at) > eventInterval })
	var keys []eventKey
	for key, g := range w.pending {
		if !g.due.After(now) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b eventKey) int { return w.pending[a].due.Compare(w.pending[b].due) })
	return keys
}

// write sends one Event. One that is lost is lost: they tell, they do not keep.
func (w *eventWriter) write(ctx context.Context, key eventKey) {
	object, ok := w.reference(key.owner)
	now := w.now()
	w.mu.Lock()
	g := w.pending[key]
	delete(w.pending, key)
	w.last[key] = now
	w.mu.Unlock()
	if !ok || !w.mayWrite() {
		return
	}
	text := g.text
	if g.count > 1 {
		text += fmt.Sprintf("; and %d more", g.count-1)
	}
	kind := corev1.EventTypeNormal
	if g.warning {
		kind = corev1.EventTypeWarning
	}
	event := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: eventNamespace,
			Name:      fmt.Sprintf("%s.%x", truncate(object.Name, 220), now.UnixNano()),
		},
		EventTime:           metav1.NewMicroTime(now),
		ReportingController: v1alpha1.GroupVersion.Group + "/agent",
		ReportingInstance:   truncate(w.instance, 128),
		Action:              "Reconcile",
		Reason:              key.reason,
		Regarding:           object,
		Note:                truncate(text, noteLimit),
		Type:                kind,
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if _, err := w.client.Create(ctx, event, metav1.CreateOptions{}); err != nil && ctx.Err() == nil {
		w.metrics.eventsDropped.Inc()
		w.log.V(1).Info("Cannot write an Event", "kind", object.Kind, "name", object.Name, "reason", err.Error())
	}
}
