package state

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// Options say what an engine works with.
type Options struct {
	// Client is the connection to VPP. Its owner closes it, after Run.
	Client *vpp.Client
	// Kinds are what can be in VPP, in the order in which they are read.
	Kinds []Kind
	// Boot looks at a new session before anything else is done and tells
	// whether VPP has started since the last one; it keeps the ledger's boot.
	Boot func(ctx context.Context, v *View) (fresh bool, err error)
	// Ledger notes what is ours where VPP cannot; in memory if nil.
	Ledger *Ledger
	// Secret reads a value that items only refer to.
	Secret func(name, key string) ([]byte, error)

	// Changed is told of an owner whose report has changed. It is called under
	// the engine's lock: it must be quick and must not call back.
	Changed func(Owner)
	// Happened is told of what users want to know when it happens; the same
	// rules as for Changed.
	Happened func(Owner, Event)
	// NodeChanged is told that [Engine.Status] has changed; the same rules.
	NodeChanged func()

	// RetryMin and RetryMax bound the time until a failed step is tried again;
	// 200 ms and 1 minute if zero.
	RetryMin, RetryMax time.Duration
	// CrashWindow is how long VPP must live with a change for that to be beyond
	// suspicion when VPP dies; 1 minute if zero.
	CrashWindow time.Duration
	// ReadRetry is the time until a failed reading is tried again, 1 s if zero.
	ReadRetry time.Duration
	// ResyncPeriod is how often all of VPP is read, 5 minutes if zero; see
	// [Engine.SetResyncPeriod].
	ResyncPeriod time.Duration

	Log logr.Logger
}

// EventType is something that happened to an item.
type EventType uint8

// What happens to items.
const (
	// EventRepaired: somebody else had changed it, which was undone.
	EventRepaired EventType = iota
	// EventDrifted: somebody else has changed it, which is only reported.
	EventDrifted
	// EventRecreated: it had to be made anew to change the fields named.
	EventRecreated
	// EventRemoved: it was taken out of VPP because nobody wants it.
	EventRemoved
	// EventRefused: VPP or the guard refused it.
	EventRefused
)

// Event is something that happened to an item of an owner. Owner is zero for
// what nobody wants any more.
type Event struct {
	Type EventType
	ID   ID
	// Fields are what differed; Message is what VPP said.
	Fields  []string
	Message string
}

// Engine keeps one VPP as it should be. All methods are safe for concurrent use.
type Engine struct {
	opts    Options
	log     logr.Logger
	handles *handles
	metrics *metrics

	mu     sync.Mutex
	kinds  map[string]*kindState
	order  []*kindState
	claims map[string]*claim
	owners map[Owner]*owner
	names  map[ID]*nameClaim // by kind of object and name on the node
	// fallbacks are the wishes with one, by what must be wanted for it not to count.
	fallbacks map[ID][]*wish

	queue []*node // to be decided on
	wake  chan struct{}
	timer retryQueue

	began  bool                   // changes are allowed
	prune  func(kind string) bool // nil: nothing is removed that was found
	paused bool
	report bool // drift is only told
	resync resync

	view    *View  // of the current session; nil before it is read
	seq     uint64 // counts steps, to tell stale readings
	round   uint64 // counts readings
	busy    int    // operations under way
	running sync.WaitGroup
	reads   chan struct{}   // a reading is due
	touched map[ID]struct{} // what events have named, or operations disturbed
	// disturbed counts operations that disturbed something, refreshed those of
	// which that was read again.
	disturbed, refreshed uint64
	retryAt              *time.Timer

	started  time.Time
	crashes  crashes
	status   nodeStatus
	nodeTold bool
}

// nodeStatus is the part of [Status] that is not counted.
type nodeStatus struct {
	connected, synced           bool
	connectedSince, syncedSince time.Time
	err                         error
	epoch                       uint64
	lastResync                  Resync
}

// New makes an engine. It does nothing before Run, and changes nothing in VPP
// before [Engine.Begin].
func New(opts Options) *Engine {
	setDefault(&opts.RetryMin, 200*time.Millisecond)
	setDefault(&opts.RetryMax, time.Minute)
	setDefault(&opts.CrashWindow, time.Minute)
	setDefault(&opts.ReadRetry, time.Second)
	setDefault(&opts.ResyncPeriod, 5*time.Minute)
	if opts.Ledger == nil {
		opts.Ledger, _, _ = OpenLedger("")
	}
	if opts.Secret == nil {
		opts.Secret = func(name, key string) ([]byte, error) { return nil, &WaitError{For: "Secret " + name + "/" + key} }
	}
	e := &Engine{
		opts: opts, log: opts.Log, handles: &handles{}, metrics: newMetrics(), resync: resync{period: opts.ResyncPeriod, corrected: map[string]int{}},
		kinds: map[string]*kindState{}, claims: map[string]*claim{}, owners: map[Owner]*owner{}, names: map[ID]*nameClaim{},
		fallbacks: map[ID][]*wish{}, crashes: crashes{aside: remembered(opts.Ledger)},
		wake: make(chan struct{}, 1), reads: make(chan struct{}, 1), touched: map[ID]struct{}{},
		retryAt: time.NewTimer(time.Hour), started: time.Now(),
	}
	for _, k := range opts.Kinds {
		s := &kindState{name: k.Name(), kind: k, nodes: map[string]*node{}, left: map[*node]struct{}{}, kept: map[*node]struct{}{}, loss: k.Loss(), metrics: e.metrics.of(k.Name())}
		e.kinds[k.Name()] = s
		e.order = append(e.order, s)
	}
	return e
}

func setDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// Begin allows changes in VPP: what is desired was handed in. What owners take
// back from now on is removed.
func (e *Engine) Begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.began = true
	e.recallAll()
	e.kick()
}

// AllowPrune allows removing, for the kinds that it says true of, what is
// ours in VPP and what nobody wanted since the engine was made. It must not
// be called before the desired set of these kinds is complete.
func (e *Engine) AllowPrune(kinds func(kind string) bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.prune = kinds
	e.pardonUnwanted(kinds)
	for _, k := range e.order {
		for n := range k.left {
			e.enqueue(n)
		}
	}
	e.kick()
}

// SetPaused stops or resumes changing VPP. What is under way ends.
func (e *Engine) SetPaused(paused bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.paused == paused {
		return
	}
	e.paused = paused
	for _, own := range e.owners {
		e.tell(own)
	}
	e.nodeChanged()
	e.kick()
}

// SetReportOnly says whether drift is only told instead of repaired.
func (e *Engine) SetReportOnly(report bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.report == report {
		return
	}
	e.report = report
	for _, k := range e.order {
		for _, n := range k.nodes {
			if n.reason == Drifted || n.surplus {
				e.enqueue(n)
			}
		}
	}
	e.kick()
}

func (e *Engine) nodeChanged() {
	if !e.nodeTold && e.opts.NodeChanged != nil {
		e.nodeTold = true
		e.opts.NodeChanged()
	}
}
