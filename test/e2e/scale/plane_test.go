package scale

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/test/e2e/agentprocess"
	"github.com/vpp-operator/vpp-operator/test/e2e/controlplane"
)

// patience bounds the waits; nothing is concluded from how long one takes.
const patience = 10 * time.Minute

const (
	namespace  = "vpp-system"
	crds       = "../../../config/crd/bases"
	fieldOwner = "scale-test"
)

// plane is a control plane with our CRDs.
type plane struct {
	*controlplane.ControlPlane
	client client.WithWatch
}

var (
	planeOnce sync.Once
	shared    *plane
	errPlane  error
)

func TestMain(m *testing.M) {
	klog.SetLogger(logr.Discard()) // what libraries have to say
	ctrllog.SetLogger(logr.Discard())
	code := m.Run()
	if shared != nil {
		_ = shared.Stop()
	}
	_ = agentprocess.RemoveBinary()
	os.Exit(code)
}

// startPlane returns the control plane of all tests, each of which has its own
// nodes.
func startPlane(tb testing.TB) *plane {
	tb.Helper()
	planeOnce.Do(func() { shared, errPlane = newPlane() })
	if errPlane != nil {
		tb.Fatal(errPlane)
	}
	return shared
}

func newPlane() (*plane, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	c, err := controlplane.Start(context.Background(), os.Stderr)
	if err != nil {
		return nil, err
	}
	p := &plane{ControlPlane: c}
	config := *c.Config
	config.QPS = -1 // the API server is to be the limit, not its client
	p.client, err = client.NewWithWatch(&config, client.Options{Scheme: scheme})
	if err == nil {
		_, err = envtest.InstallCRDs(c.Config, envtest.CRDInstallOptions{Paths: []string{crds}, ErrorIfPathMissing: true})
	}
	if err == nil {
		err = p.client.Create(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return p, nil
}

// onNode selects the objects of a node.
func onNode(node string) client.ListOption {
	return client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("spec.nodeName", node)}
}

// watcher sees the objects of one kind on one node.
type watcher[O client.Object] struct {
	tb   testing.TB
	done chan struct{}
	// cancel ends it.
	cancel context.CancelFunc

	mu      sync.Mutex
	latest  map[string]O
	changed chan struct{} // closed at every change
}

// watch begins to watch; what there is already is seen too.
func watch[O client.Object](ctx context.Context, tb testing.TB, p *plane, list client.ObjectList, selector client.ListOption) *watcher[O] {
	tb.Helper()
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher[O]{tb: tb, done: make(chan struct{}), cancel: cancel, latest: map[string]O{}, changed: make(chan struct{})}
	events, err := p.client.Watch(ctx, list, selector)
	if err != nil {
		tb.Fatal(err)
	}
	go func() {
		defer close(w.done)
		defer events.Stop()
		for e := range events.ResultChan() {
			o, ok := e.Object.(O)
			if !ok {
				continue
			}
			w.mu.Lock()
			w.latest[o.GetName()] = o
			if e.Type == "DELETED" {
				delete(w.latest, o.GetName())
			}
			close(w.changed)
			w.changed = make(chan struct{})
			w.mu.Unlock()
		}
	}()
	tb.Cleanup(w.stop)
	return w
}

func (w *watcher[O]) stop() {
	w.cancel()
	<-w.done
}

// await waits until what is seen of all objects is as told.
func (w *watcher[O]) await(ctx context.Context, what string, is func(all map[string]O) bool) {
	w.tb.Helper()
	for {
		w.mu.Lock()
		ok, changed := is(w.latest), w.changed
		w.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			w.tb.Fatalf("never: %s", what)
		case <-w.done:
			w.tb.Fatalf("the watch broke off before: %s", what)
		}
	}
}

// ready waits until an object's present generation is Ready.
func (w *watcher[O]) ready(ctx context.Context, o client.Object) {
	w.tb.Helper()
	w.await(ctx, o.GetName()+" is Ready", func(all map[string]O) bool {
		seen, ok := all[o.GetName()]
		return ok && seen.GetUID() == o.GetUID() && seen.GetGeneration() >= o.GetGeneration() && isReady(seen)
	})
}

// allReady waits until n objects are Ready.
func (w *watcher[O]) allReady(ctx context.Context, n int) {
	w.tb.Helper()
	// Objects do not become unready here: each is looked at until it is Ready.
	var open []string
	w.await(ctx, "all are Ready", func(all map[string]O) bool {
		if len(all) < n {
			return false
		}
		if open == nil {
			for name := range all {
				open = append(open, name)
			}
		}
		for len(open) > 0 && isReady(all[open[len(open)-1]]) {
			open = open[:len(open)-1]
		}
		return len(open) == 0
	})
}

func isReady(seen client.Object) bool {
	o, ok := seen.(v1alpha1.Object)
	if !ok {
		return false
	}
	if o.GetStatus().ObservedGeneration != o.GetGeneration() {
		return false
	}
	for _, c := range o.GetStatus().Conditions {
		if c.Type == v1alpha1.ConditionReady {
			return c.Status == metav1.ConditionTrue
		}
	}
	return false
}

// create makes objects, 16 at a time.
func (p *plane) create(ctx context.Context, tb testing.TB, objects ...client.Object) {
	tb.Helper()
	p.each(tb, objects, func(o client.Object) error { return p.client.Create(ctx, o) })
}

// remove deletes objects.
func (p *plane) remove(ctx context.Context, tb testing.TB, objects ...client.Object) {
	tb.Helper()
	p.each(tb, objects, func(o client.Object) error { return client.IgnoreNotFound(p.client.Delete(ctx, o)) })
}

// each does something with every object, 16 at a time, which is what an agent
// does too.
func (p *plane) each(tb testing.TB, objects []client.Object, do func(client.Object) error) {
	tb.Helper()
	const workers = 16
	work := make(chan client.Object)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for o := range work {
				if err := do(o); err != nil {
					tb.Error(err)
				}
			}
		})
	}
	for _, o := range objects {
		work <- o
	}
	close(work)
	running.Wait()
	if tb.Failed() {
		tb.FailNow()
	}
}
