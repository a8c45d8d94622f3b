package controllers

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

const (
	// nodeInterval is the least time between two writes of a VPPNode.
	nodeInterval = time.Second
	// defaultResync is what a VPPNode without resyncPeriod means.
	defaultResync = 5 * time.Minute
	nodeKind      = "VPPNode"
	nodeResource  = "vppnodes"
)

// nodeReporter looks after the VPPNode: it is made where it is absent, its spec
// holds the engine's switches, its status tells how things are.
type nodeReporter struct {
	name       string
	reconciler *reconciler
	engine     engine
	reaper     *reaper
	client     rest.Interface
	kinds      []*kind
	describe   func(state.ID) string
	// dirty is told that the switches have changed.
	dirty func()
	// mayWrite is false while the VPPNode is another agent's.
	mayWrite func() bool
	metrics  *metrics
	now      func() time.Time
	log      logr.Logger

	kick chan struct{}

	mu       sync.Mutex
	node     *v1alpha1.VPPNode // as the API server has it, nil if it was not seen
	spec     v1alpha1.VPPNodeSpec
	told     told[*v1alpha1.VPPNode]
	synced   bool // whether node nil means that there is none
	instance *kinds.Instance
	unlisted []string // kinds whose list was never complete
}

func statusOfNode(o *v1alpha1.VPPNode) any { return &o.Status }

// changed asks for the status to be looked at. It may be called under any lock.
func (n *nodeReporter) changed() {
	select {
	case n.kick <- struct{}{}:
	default:
	}
}

// observe takes notice of the VPPNode.
func (n *nodeReporter) observe(o *v1alpha1.VPPNode) {
	n.mu.Lock()
	before := n.node
	n.node = o
	n.told.observe(o, statusOfNode)
	n.mu.Unlock()
	if before == nil || before.Generation != o.Generation || before.UID != o.UID {
		n.switches(o.Spec)
		n.reaper.confirm(o.Spec.ConfirmPrune)
	}
	n.changed()
}

// gone takes notice that the VPPNode was deleted: it is made anew, without its
// switches.
func (n *nodeReporter) gone() {
	n.mu.Lock()
	n.node = nil
	n.mu.Unlock()
	n.switches(v1alpha1.VPPNodeSpec{})
	n.changed()
}

// switches hands the spec to the engine.
func (n *nodeReporter) switches(spec v1alpha1.VPPNodeSpec) {
	n.mu.Lock()
	n.spec = spec
	n.mu.Unlock()
	n.engine.SetReportOnly(spec.DriftPolicy == v1alpha1.DriftPolicyReport)
	period := defaultResync
	if spec.ResyncPeriod != nil && spec.ResyncPeriod.Duration > 0 {
		period = spec.ResyncPeriod.Duration
	}
	n.engine.SetResyncPeriod(period)
	n.reconciler.setPaused(spec.Paused)
	n.dirty()
}

// listed says that the VPPNode was looked for, found or not.
func (n *nodeReporter) listed() {
	n.mu.Lock()
	n.synced = true
	n.mu.Unlock()
	n.changed()
}

// missing says which kinds could not be listed.
func (n *nodeReporter) missing(kinds []string) {
	n.mu.Lock()
	n.unlisted = kinds
	n.mu.Unlock()
	n.changed()
}

func (n *nodeReporter) uid() types.UID {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.told.uid
}

// offline is what the file on the node is to keep of this.
func (n *nodeReporter) offline() offlineNode {
	n.reconciler.mu.Lock()
	generation := n.reconciler.guard.generation
	n.reconciler.mu.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	return offlineNode{Name: n.name, Spec: n.spec, PruneGeneration: generation}
}

// run writes the status until ctx ends.
func (n *nodeReporter) run(ctx context.Context) {
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-n.kick:
		case <-retry.C:
		case <-ctx.Done():
			return
		}
		if err := n.write(ctx); err != nil && ctx.Err() == nil {
			n.log.Info("Cannot write the VPPNode yet", "name", n.name, "reason", err.Error())
			retry.Reset(5 * time.Second)
		}
		if !sleep(ctx, nodeInterval) {
			return
		}
	}
}

// sleep waits; it is false when ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// write makes the VPPNode if there is none, and writes its status if it differs.
func (n *nodeReporter) write(ctx context.Context) error {
	facts := n.facts()
	n.mu.Lock()
	node, synced := n.node, n.synced
	var last *v1alpha1.VPPNode
	if node != nil {
		last = n.told.last()
	}
	n.mu.Unlock()
	switch {
	case !n.mayWrite(): // it will be told
		return nil
	case node == nil && !synced:
		return nil // the API server is not there, or has not answered yet
	case node == nil:
		return n.create(ctx)
	}
	status := nodeStatus(facts, node.Generation, &last.Status, n.describe, metav1.Time{Time: n.now()})
	if equality.Semantic.DeepEqual(&status, &last.Status) {
		return nil
	}
	var answer v1alpha1.VPPNode
	err := applyStatus(ctx, n.client, nodeResource, nodeKind, n.name, &status, &answer)
	n.metrics.wrote(nodeKind, err)
	switch {
	case apierrors.IsNotFound(err):
		return nil // the informer will tell
	case err != nil:
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.told.uid == answer.UID {
		n.told.wrote(&v1alpha1.VPPNode{Status: status}, &answer)
	}
	return nil
}

func (n *nodeReporter) create(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	node := &v1alpha1.VPPNode{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: nodeKind},
		ObjectMeta: metav1.ObjectMeta{Name: n.name},
	}
	err := n.client.Post().Resource(nodeResource).
		VersionedParams(&metav1.CreateOptions{FieldManager: fieldOwner}, metav1.ParameterCodec).
		Body(node).Do(ctx).Error()
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create VPPNode %s: %w", n.name, err)
	}
	return nil // the informer brings it
}

// facts gathers what the status tells.
func (n *nodeReporter) facts() nodeFacts {
	f := nodeFacts{engine: n.engine.Status(), tally: n.reconciler.tally(), kinds: n.kinds}
	n.reconciler.mu.Lock()
	f.held.generation, f.held.reason, f.held.counts = n.reconciler.guard.Held()
	n.reconciler.mu.Unlock()
	f.held.unavailable = n.reaper.unavailable()
	n.mu.Lock()
	defer n.mu.Unlock()
	f.held.unavailable = union(f.held.unavailable, n.unlisted)
	f.spec, f.instance = n.spec, n.instance
	return f
}

// inspect asks every new VPP what it is, until ctx ends.
func (n *nodeReporter) inspect(ctx context.Context, client *vpp.Client) {
	var epoch uint64
	for st := range client.States(ctx) {
		if st.Session == nil || st.Epoch == epoch {
			continue
		}
		instance, err := kinds.ReadInstance(ctx, st.Session)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			n.log.Info("Cannot ask VPP what it is", "reason", err.Error())
			continue
		}
		epoch = st.Epoch
		n.mu.Lock()
		n.instance = &instance
		n.mu.Unlock()
		n.changed()
	}
}
