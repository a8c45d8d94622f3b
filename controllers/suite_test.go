package controllers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
	"github.com/vpp-operator/vpp-operator/test/e2e/controlplane"
)

const testNamespace = "vpp-system"

var (
	planeOnce sync.Once
	shared    *plane
	errPlane  error

	nodes atomic.Int32 // of all tests, numbered
)

// plane is a control plane with our CRDs.
type plane struct {
	*controlplane.ControlPlane
	client client.WithWatch
}

func TestMain(m *testing.M) {
	klog.SetLogger(logr.Discard()) // what libraries have to say
	ctrllog.SetLogger(logr.Discard())
	code := m.Run()
	if shared != nil {
		_ = shared.Stop()
	}
	os.Exit(code)
}

// sharedPlane is for tests that leave the CRDs alone: each has its own nodes.
func sharedPlane(t *testing.T) *plane {
	t.Helper()
	planeOnce.Do(func() { shared, errPlane = newPlane() })
	if errPlane != nil {
		t.Fatal(errPlane)
	}
	return shared
}

func newPlane() (*plane, error) {
	c, err := controlplane.Start(context.Background(), os.Stderr)
	if err != nil {
		return nil, err
	}
	p := &plane{ControlPlane: c}
	scheme, err := newScheme()
	if err == nil {
		p.client, err = client.NewWithWatch(c.Config, client.Options{Scheme: scheme})
	}
	if err == nil {
		err = p.installCRDs()
	}
	if err == nil {
		err = p.client.Create(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: testNamespace}})
	}
	if err != nil {
		_ = c.Stop()
		return nil, err
	}
	return p, nil
}

func (p *plane) installCRDs() error {
	_, err := envtest.InstallCRDs(p.Config, envtest.CRDInstallOptions{Paths: []string{"../config/crd/bases"}, ErrorIfPathMissing: true})
	return err
}

// testAgent is an agent at work on a simulated VPP.
type testAgent struct {
	*plane
	t        *testing.T
	ctx      context.Context
	node     string
	folder   string
	vpp      *vpptest.VPP
	requests *requests
	log      *logBuffer
	registry *prometheus.Registry

	// tune changes an agent before it runs.
	tune func(*agent)

	cancel context.CancelFunc
	ended  chan error
	probes http.Handler
}

// newTestAgent makes a VPP and an agent's folder for a node of this test alone.
func newTestAgent(t *testing.T, p *plane) *testAgent {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Minute)
	t.Cleanup(cancel)
	folder := t.TempDir()
	v, err := vpptest.New(vpptest.WithSocket(filepath.Join(folder, "api.sock")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Stop)
	// A test that runs again finds what it left before.
	node := fmt.Sprintf("%s-%d", strings.ToLower(t.Name()), nodes.Add(1))
	a := &testAgent{plane: p, t: t, ctx: ctx, node: node, folder: folder, vpp: v, log: &logBuffer{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the agent:\n%s", a.log)
		}
	})
	return a
}

// start runs the agent until stop.
func (a *testAgent) start(change ...func(*Options)) {
	a.t.Helper()
	a.requests = &requests{}
	config := rest.CopyConfig(a.Config)
	config.Wrap(a.requests.wrap)
	a.registry = prometheus.NewRegistry()
	opts := Options{
		NodeName: a.node, Namespace: testNamespace, Config: config, Socket: a.vpp.Socket(),
		Ledger: filepath.Join(a.folder, "ledger"), Offline: filepath.Join(a.folder, "offline"),
		OfflineAfter:   10 * time.Second,
		MetricsAddress: "0", HealthAddress: "0", Probes: func(h http.Handler) { a.probes = h },
		Registry: a.registry,
		Log:      a.log.logger(),
	}
	for _, f := range change {
		f(&opts)
	}
	ctx, cancel := context.WithCancel(a.ctx)
	a.cancel, a.ended = cancel, make(chan error, 1)
	made, err := newAgent(opts)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.tune != nil {
		a.tune(made)
	}
	go func() { a.ended <- made.live(ctx) }()
	a.t.Cleanup(a.stop)
}

// stop ends the agent; a second time it does nothing.
func (a *testAgent) stop() {
	if a.ended == nil {
		return
	}
	a.cancel()
	if err := <-a.ended; err != nil {
		a.t.Errorf("the agent ended with %v", err)
	}
	a.ended = nil
}

// patient has an agent wait for what follows as long as it takes on a busy
// machine, where what it writes is counted.
func patient(a *agent) {
	a.statuses.pace = statusPace{onItsWay: 10 * time.Second, waiting: 50 * time.Millisecond, afterwards: 200 * time.Millisecond, catchUp: time.Minute}
	a.reaper.settle = 5 * time.Second
}

// create makes objects.
func (a *testAgent) create(objects ...client.Object) {
	a.t.Helper()
	for _, o := range objects {
		if err := a.client.Create(a.ctx, o); err != nil {
			a.t.Fatal(err)
		}
	}
}

// remove deletes objects.
func (a *testAgent) remove(objects ...client.Object) {
	a.t.Helper()
	for _, o := range objects {
		if err := a.client.Delete(a.ctx, o); err != nil {
			a.t.Fatal(err)
		}
	}
}

// await waits until an object is as told, and returns it so. Every state on the
// way must have conditions that keep the rules.
func await[O client.Object](a *testAgent, o O, what string, is func(O) bool) O {
	a.t.Helper()
	list, err := listFor(o)
	if err != nil {
		a.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(a.ctx, 3*time.Minute)
	defer cancel()
	selector := client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector(metav1.ObjectNameField, o.GetName())}
	w, err := a.client.Watch(ctx, list, selector)
	if err != nil {
		a.t.Fatal(err)
	}
	defer w.Stop()
	var last any
	for e := range w.ResultChan() {
		seen, ok := e.Object.(O)
		if !ok {
			a.t.Fatalf("watch brings %v", e)
		}
		checkConditions(a.t, seen)
		if last = seen; is(seen) {
			return seen
		}
	}
	a.t.Fatalf("%s: not %s, but %+v", o.GetName(), what, last)
	return o
}

func listFor(o client.Object) (client.ObjectList, error) {
	switch o.(type) {
	case *v1alpha1.VRF:
		return &v1alpha1.VRFList{}, nil
	case *v1alpha1.Interface:
		return &v1alpha1.InterfaceList{}, nil
	case *v1alpha1.Route:
		return &v1alpha1.RouteList{}, nil
	case *v1alpha1.VPPNode:
		return &v1alpha1.VPPNodeList{}, nil
	}
	return nil, fmt.Errorf("no list for %T", o)
}

// ready waits until Ready of the object's generation has this reason.
func ready[O v1alpha1.Object](a *testAgent, o O, reason string) O {
	a.t.Helper()
	return await(a, o, reason, func(o O) bool {
		c := condition(o.GetStatus().Conditions, v1alpha1.ConditionReady)
		return c != nil && c.Reason == reason && (o.GetStatus().ObservedGeneration == o.GetGeneration() || reason == v1alpha1.ReasonPaused)
	})
}

// probe asks a health probe.
func (a *testAgent) probe(path string) int {
	answer := httptest.NewRecorder()
	a.probes.ServeHTTP(answer, httptest.NewRequestWithContext(a.ctx, http.MethodGet, path, http.NoBody))
	return answer.Code
}

// eventually waits for what nothing tells of.
func (a *testAgent) eventually(what string, is func() bool) {
	a.t.Helper()
	deadline := time.After(3 * time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			a.t.Fatalf("not %s", what)
		}
	}
}

// metric is the value of the agent's metric with this one label, 0 where there is none.
func (a *testAgent) metric(name, label string) float64 {
	a.t.Helper()
	families, err := a.registry.Gather()
	if err != nil {
		a.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && len(m.GetLabel()) == 1 && m.GetLabel()[0].GetValue() == label {
				return m.GetGauge().GetValue()
			}
		}
	}
	return 0
}

// requests counts what an agent asks of the API server.
type requests struct {
	mu     sync.Mutex
	counts map[string]int
}

func (r *requests) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(q *http.Request) (*http.Response, error) {
		r.mu.Lock()
		if r.counts == nil {
			r.counts = map[string]int{}
		}
		r.counts[q.Method+" "+q.URL.Path]++
		r.mu.Unlock()
		return next.RoundTrip(q)
	})
}

// of counts requests by method and part of the path.
func (r *requests) of(method, path string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for q, count := range r.counts {
		if strings.HasPrefix(q, method) && strings.Contains(q, path) {
			n += count
		}
	}
	return n
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(q *http.Request) (*http.Response, error) { return f(q) }

// logBuffer keeps what an agent logs.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) logger() logr.Logger {
	return funcr.New(func(prefix, args string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, _ = io.WriteString(&l.b, time.Now().Format("15:04:05.000 ")+prefix+" "+args+"\n")
	}, funcr.Options{})
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
