package controllers

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
)

// The pace at which lists and watches are tried while the API server is gone:
// in the end every retryList to 2*retryList.
const (
	retryListFirst = 800 * time.Millisecond
	retryList      = 5 * time.Second
	// Once all went well so long the pace begins anew.
	retryListReset = 2 * time.Minute
)

// informer keeps up with the objects of one resource that a selector chooses,
// and tells of all that is new, changes or goes, in order. It is client-go's
// reflector with the least of a store: one that has several handlers would cost
// queues in between, and it can neither be told its pace nor be woken. Those of
// controller-runtime moreover take a kind named XList for a list of kind X, and
// then look past its selector.
type informer struct {
	lists   toolscache.ListerWatcher
	example runtime.Object
	// there is told of objects that are new or have changed, gone of those that
	// were deleted. Objects are shared and must not be changed.
	there, gone func(metav1.Object)
	clock       clock.WithTicker
	log         logr.Logger

	objects map[string]metav1.Object // by name; all are in one namespace, or in none
	synced  chan struct{}            // closed once all objects were told of
}

// newInformer makes an informer of objects like example.
func newInformer[O metav1.Object](
	client rest.Interface, resource, namespace string, selector fields.Selector, example runtime.Object,
	there, gone func(O), log logr.Logger,
) *informer {
	return &informer{
		lists:   toolscache.NewListWatchFromClient(client, resource, namespace, selector),
		example: example,
		there:   func(o metav1.Object) { there(o.(O)) },
		gone:    func(o metav1.Object) { gone(o.(O)) },
		clock:   clock.RealClock{},
		log:     log.WithValues("resource", resource),
		objects: map[string]metav1.Object{},
		synced:  make(chan struct{}),
	}
}

// run brings objects until ctx ends.
func (n *informer) run(ctx context.Context) {
	pace := wait.Backoff{Duration: retryListFirst, Factor: 2, Jitter: 1, Steps: 100, Cap: retryList}
	woken := wokenClock{n.clock, ctx.Done()}
	reflector := toolscache.NewReflectorWithOptions(n.lists, n.example, n, toolscache.ReflectorOptions{
		Clock: woken, Backoff: &pace,
	})
	delay := pace.DelayWithReset(n.clock, retryListReset)
	for ctx.Err() == nil {
		if err := reflector.ListAndWatchWithContext(ctx); err != nil && ctx.Err() == nil {
			n.log.Info("Cannot list or watch", "reason", err.Error())
		}
		<-woken.After(delay())
	}
}

// hasSynced tells whether all objects were told of once.
func (n *informer) hasSynced() bool {
	select {
	case <-n.synced:
		return true
	default:
		return false
	}
}

// The rest makes it the reflector's store.

// Add takes in a new object.
func (n *informer) Add(o any) error { return n.Update(o) }

// Update takes in an object that has changed.
func (n *informer) Update(o any) error {
	m, err := meta.Accessor(o)
	if err != nil {
		return err
	}
	strip(m)
	n.objects[m.GetName()] = m
	n.there(m)
	return nil
}

// Delete takes notice that an object was deleted.
func (n *informer) Delete(o any) error {
	m, err := meta.Accessor(o)
	if err != nil {
		return err
	}
	if was := n.objects[m.GetName()]; was != nil {
		delete(n.objects, m.GetName())
		n.gone(was)
	}
	return nil
}

// Replace takes in all objects there are.
func (n *informer) Replace(list []any, _ string) error {
	listed := make(map[string]bool, len(list))
	for _, o := range list {
		m, err := meta.Accessor(o)
		if err != nil {
			return err
		}
		listed[m.GetName()] = true
		if was := n.objects[m.GetName()]; was != nil && was.GetUID() == m.GetUID() && was.GetResourceVersion() == m.GetResourceVersion() {
			continue
		}
		if err := n.Update(o); err != nil {
			return err
		}
	}
	for name, was := range n.objects {
		if !listed[name] {
			delete(n.objects, name)
			n.gone(was)
		}
	}
	if !n.hasSynced() {
		close(n.synced)
	}
	return nil
}

// Resync has nothing to do.
func (n *informer) Resync() error { return nil }

// Transformer lets objects be stripped before all of them are there.
func (n *informer) Transformer() toolscache.TransformFunc {
	return func(o any) (any, error) {
		if m, err := meta.Accessor(o); err == nil {
			strip(m)
		}
		return o, nil
	}
}

// wokenClock ends waits when done is closed: the reflector sleeps by the clock
// and hears of nothing else then.
type wokenClock struct {
	clock.WithTicker
	done <-chan struct{}
}

// After is as time.After, but for an earlier end.
func (c wokenClock) After(d time.Duration) <-chan time.Time {
	fired := make(chan time.Time, 1)
	timer := c.NewTimer(d)
	go func() {
		defer timer.Stop()
		select {
		case now := <-timer.C():
			fired <- now
		case <-c.done:
			fired <- c.Now()
		}
	}()
	return fired
}
