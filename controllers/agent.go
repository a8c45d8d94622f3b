package controllers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/discovery"
	typedcoordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	typedeventsv1 "k8s.io/client-go/kubernetes/typed/events/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	crmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// Options say what an agent works with.
type Options struct {
	// NodeName is the node whose objects are looked after.
	NodeName string
	// Namespace has the Secrets that specs refer to, and the Leases.
	Namespace string
	// Identity is who holds the Lease, such as the Pod; NodeName if empty.
	Identity string
	// Machine tells this machine from another one that has the node's name by
	// mistake; not told if empty.
	Machine string
	// Config is how to reach the API server.
	Config *rest.Config

	// Socket and APIDirs are as in [vpp.Options].
	Socket  string
	APIDirs []string
	// Ledger and Offline are paths of files that outlast the agent: what is ours
	// in VPP, and what was last desired. In memory, and not kept, if empty.
	Ledger, Offline string
	// OfflineAfter is how long to wait for the API server before Offline is used;
	// 10 s if zero.
	OfflineAfter time.Duration

	// MetricsAddress and HealthAddress are where to serve; nowhere if "0".
	MetricsAddress, HealthAddress string
	// MetricsInsecure serves metrics over HTTP to everybody.
	MetricsInsecure bool
	// Registry takes the metrics; controller-runtime's, which is what is served,
	// if nil.
	Registry prometheus.Registerer
	// Probes, if given, is handed what answers the health probes.
	Probes func(http.Handler)

	Log logr.Logger
}

// agent is all parts of a running agent.
type agent struct {
	opts    Options
	kinds   []*kind
	config  *rest.Config
	log     logr.Logger
	ledger  *state.Ledger
	vpp     *vpp.Client
	engine  *state.Engine
	secrets *secrets
	// reconciler and the rest below, in the order of the package's picture.
	reconciler *reconciler
	informers  *informers
	reaper     *reaper
	file       *offlineFile
	starter    *starter
	statuses   *statusWriter
	events     *eventWriter
	node       *nodeReporter
	lease      *leaseHolder
	metrics    *metrics
	health     *health
	discovery  *discovery.DiscoveryClient
	servers    []func(context.Context) error
}

// Run is an agent: it makes the node's VPP what the API server's objects say,
// until ctx ends. Then it lets go in order: nothing new is begun, what is under
// way in VPP is waited for, and told. It returns nil then, and an error where
// it cannot start or the API server is too old.
func Run(ctx context.Context, opts Options) error {
	a, err := newAgent(opts)
	if err != nil {
		return err
	}
	return a.live(ctx)
}

// live runs the agent and lets go of all it has.
func (a *agent) live(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, a.vpp.Close(), a.ledger.Close()) }()
	unregister, err := a.register()
	if err != nil {
		return err
	}
	defer unregister()
	return a.run(ctx)
}

// newAgent makes the parts and ties them together. Nothing runs but the client,
// which dials.
func newAgent(opts Options) (_ *agent, err error) {
	if opts.NodeName == "" || opts.Namespace == "" {
		return nil, errors.New("an agent needs the name of its node and a namespace")
	}
	setDefault(&opts.Identity, opts.NodeName)
	setDefault(&opts.OfflineAfter, offlineAfter)
	if opts.Registry == nil {
		opts.Registry = crmetrics.Registry
	}
	a := &agent{opts: opts, kinds: objectKinds(), log: opts.Log.WithValues("node", opts.NodeName)}
	a.config = rest.CopyConfig(opts.Config)
	a.config.QPS = -1 // writers bounds requests
	a.config.UserAgent = fieldOwner
	clients, err := newClients(a.config)
	if err != nil {
		return nil, err
	}

	ledger, damaged, err := state.OpenLedger(opts.Ledger)
	if err != nil {
		return nil, err
	}
	if damaged != nil {
		a.log.Error(damaged, "Some of the ledger cannot be read; what it said is forgotten")
	}
	a.ledger = ledger
	a.vpp = vpp.NewClient(vpp.Options{Socket: opts.Socket, APIDirs: opts.APIDirs, Name: fieldOwner, Log: a.log})
	if a.secrets, err = newSecrets(ledger); err != nil {
		return nil, errors.Join(err, a.vpp.Close(), ledger.Close())
	}
	queue := newStatusQueue()
	a.engine = state.New(state.Options{
		Client: a.vpp,
		Kinds:  kinds.All(),
		Boot:   kinds.Boot,
		Ledger: ledger,
		Secret: a.secrets.read,
		Changed: func(o state.Owner) {
			queue.Add(o)
		},
		Happened:    func(o state.Owner, e state.Event) { a.events.happened(o, e) },
		NodeChanged: func() { a.node.changed() },
		Log:         a.log,
	})
	a.secrets.engine = a.engine
	a.assemble(clients, queue)

	a.informers = newInformers(a, clients)
	a.starter.informers = a.informers
	if err := a.addServers(); err != nil {
		return nil, errors.Join(err, a.vpp.Close(), ledger.Close())
	}
	return a, nil
}

// clients are all ways to talk to the API server.
type clients struct {
	ours, core rest.Interface
	metadata   metadata.Interface
	discovery  *discovery.DiscoveryClient
	events     typedeventsv1.EventsV1Interface
	leases     typedcoordinationv1.CoordinationV1Interface
}

func newClients(config *rest.Config) (*clients, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	var c clients
	var errs [6]error
	c.ours, errs[0] = newRESTClient(config, scheme, v1alpha1.GroupVersion)
	c.core, errs[1] = newRESTClient(config, scheme, corev1.SchemeGroupVersion)
	c.metadata, errs[2] = metadata.NewForConfig(config)
	c.discovery, errs[3] = discovery.NewDiscoveryClientForConfig(config)
	c.events, errs[4] = typedeventsv1.NewForConfig(config)
	c.leases, errs[5] = typedcoordinationv1.NewForConfig(config)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("make clients of the API server: %w", err)
	}
	return &c, nil
}

// newRESTClient is a client of one group of APIs, whose objects the scheme knows.
func newRESTClient(config *rest.Config, scheme *runtime.Scheme, gv schema.GroupVersion) (rest.Interface, error) {
	c := rest.CopyConfig(config)
	c.GroupVersion, c.APIPath = &gv, "/apis"
	if gv.Group == corev1.GroupName {
		c.APIPath = "/api"
	}
	c.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	client, err := rest.RESTClientFor(c)
	if err != nil {
		return nil, fmt.Errorf("make a client of %s: %w", gv, err)
	}
	return client, nil
}

// assemble makes the parts between the informers and the engine.
func (a *agent) assemble(c *clients, queue statusQueue) {
	now := time.Now
	describe := describer(kinds.All())
	a.discovery = c.discovery
	r := &reconciler{
		engine: a.engine, log: a.log, report: queue.Add, needed: a.secrets.need,
		objects: map[state.Owner]*tracked{}, guard: newPruneGuard(now), tables: newTableRoutes(),
	}
	a.reconciler = r
	a.metrics = newMetrics(r)
	a.file = newOfflineFile(a.opts.Offline, r, a.log)
	r.dirty = a.file.dirty
	a.node = &nodeReporter{
		name: a.opts.NodeName, reconciler: r, engine: a.engine, client: c.ours, kinds: a.kinds,
		describe: describe, dirty: a.file.dirty, metrics: a.metrics, now: now, log: a.log,
		kick: make(chan struct{}, 1),
	}
	a.events = &eventWriter{
		client: c.events.Events(eventNamespace), reference: a.reference, describe: describe,
		node: state.Owner{Kind: nodeKind, Object: a.opts.NodeName}, instance: a.opts.Identity,
		metrics: a.metrics, now: now, log: a.log, kick: make(chan struct{}, 1),
		pending: map[eventKey]*gathered{}, last: map[eventKey]time.Time{},
	}
	a.reaper = newReaper(r, newCRDLookup(c.metadata), now, a.log)
	a.reaper.changed = a.node.changed
	a.reaper.held = func(h heldFacts) {
		_, message := heldMessage(h)
		a.events.gather(state.Owner{}, eventPruneHeld, true, message)
	}
	r.vanished = a.reaper.add
	a.node.reaper = a.reaper
	a.statuses = &statusWriter{
		reconciler: r, engine: a.engine, client: c.ours, describe: describe, node: a.opts.NodeName,
		tell: a.events.gather, judged: a.node.changed, metrics: a.metrics, now: now, log: a.log, pace: standardPace, queue: queue,
	}
	a.lease = &leaseHolder{
		client: c.leases.Leases(a.opts.Namespace), name: a.opts.NodeName, identity: a.opts.Identity, machine: a.opts.Machine,
		metrics: a.metrics, now: now, log: a.log, decided: make(chan struct{}),
	}
	a.lease.turned = func() {
		r.lookAgain()
		a.node.changed()
	}
	a.statuses.mayWrite, a.node.mayWrite, a.events.mayWrite = a.lease.mayWrite, a.lease.mayWrite, a.lease.mayWrite
	a.starter = &starter{
		reconciler: r, engine: a.engine, reaper: a.reaper, node: a.node, kinds: a.kinds,
		patience: a.opts.OfflineAfter, log: a.log, listed: map[string]bool{},
	}
}

// reference finds an object to write an Event about.
func (a *agent) reference(o state.Owner) (corev1.ObjectReference, bool) {
	ref := corev1.ObjectReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: o.Kind, Name: o.Object}
	if o.Kind == nodeKind {
		ref.UID = a.node.uid()
		return ref, true
	}
	a.reconciler.mu.Lock()
	defer a.reconciler.mu.Unlock()
	t := a.reconciler.objects[o]
	if t == nil || t.latest == nil {
		return ref, false
	}
	ref.UID = t.latest.GetUID()
	return ref, true
}

// describer puts identities into the words of their kinds.
func describer(all []state.Kind) func(state.ID) string {
	words := map[string]func(key string) string{}
	for _, k := range all {
		if d, ok := k.(state.Describer); ok {
			words[k.Name()] = d.Describe
		}
	}
	return func(id state.ID) string {
		if words := words[id.Kind]; words != nil {
			return words(id.Key)
		}
		return id.String()
	}
}

// register has the metrics collected until the function returned is called.
func (a *agent) register() (unregister func(), err error) {
	var done []prometheus.Collector
	unregister = func() {
		for _, c := range done {
			a.opts.Registry.Unregister(c)
		}
	}
	for _, c := range []prometheus.Collector{
		a.vpp.Stats(), a.engine, a.metrics,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := a.opts.Registry.Register(c); err != nil {
			unregister()
			return nil, fmt.Errorf("register metrics: %w", err)
		}
		done = append(done, c)
	}
	return unregister, nil
}

// run runs all parts until ctx ends or one of them fails, and stops them in
// order.
func (a *agent) run(ctx context.Context) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	tooOld, unknown := serverVersion(ctx, a.discovery)
	if tooOld != nil {
		return tooOld
	}
	a.loadOffline()

	// What is stopped last is started first.
	base := context.WithoutCancel(ctx)
	serving, telling, working, watching := newStage(base), newStage(base), newStage(base), newStage(ctx)
	defer serving.stop()
	for _, serve := range a.servers {
		serving.run(func(ctx context.Context) {
			if err := serve(ctx); err != nil && ctx.Err() == nil {
				fail(err)
			}
		})
	}
	defer telling.stop()
	telling.run(a.statuses.run)
	telling.run(func(ctx context.Context) {
		select {
		case <-a.lease.decided:
			a.events.run(ctx)
		case <-ctx.Done():
		}
	})
	telling.run(a.node.run)
	telling.run(a.lease.run)
	defer working.stop()
	defer a.reconciler.quiet()
	working.run(func(ctx context.Context) {
		if err := a.engine.Run(ctx); err != nil {
			fail(fmt.Errorf("keep VPP as it should be: %w", err))
		}
	})
	working.run(func(ctx context.Context) { a.node.inspect(ctx, a.vpp) })
	working.run(func(ctx context.Context) { a.health.watchDial(ctx, a.vpp, a.statuses.away) })
	defer watching.stop()
	watching.run(a.informers.run)
	if unknown != nil {
		a.log.Info("The API server does not answer yet", "reason", unknown.Error())
		watching.run(func(ctx context.Context) { watchVersion(ctx, a.discovery, fail) })
	}
	watching.run(a.reaper.run)
	watching.run(func(ctx context.Context) {
		a.starter.run(ctx, func() {
			telling.run(func(ctx context.Context) { a.file.run(ctx, a.node.offline) })
		})
	})

	<-ctx.Done()
	a.log.Info("Stopping")
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// loadOffline reads the file on the node. A damaged one is told of and ignored.
func (a *agent) loadOffline() {
	known := map[string]*kind{}
	for _, k := range a.kinds {
		known[k.name] = k
	}
	content, err := a.file.load(a.opts.NodeName, known)
	if err != nil {
		a.log.Error(err, "The desired objects kept on the node cannot be used")
		a.events.gather(state.Owner{}, eventOffline, true, err.Error())
		return
	}
	a.starter.file = content
	a.node.switches(content.node.Spec)
	r := a.reconciler
	r.mu.Lock()
	defer r.mu.Unlock()
	held := map[state.Owner]string{}
	for _, e := range content.objects {
		if e.held != "" {
			held[ownerOf(e.kind, e.object)] = e.held
		}
	}
	r.guard.Hold(held)
	r.guard.generation = content.node.PruneGeneration
}

// stage is goroutines that are stopped together and waited for.
type stage struct {
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
}

func newStage(ctx context.Context) *stage {
	s := &stage{}
	s.ctx, s.cancel = context.WithCancel(ctx)
	return s
}

func (s *stage) run(f func(ctx context.Context)) { s.running.Go(func() { f(s.ctx) }) }

func (s *stage) stop() {
	s.cancel()
	s.running.Wait()
}

func setDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}
