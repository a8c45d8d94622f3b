package controllers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// The pace of removals.
const (
	// A deletion is carried out once no other has followed within settleTime. From
	// the severalCount-th within massWindow on, none is before there was quiet for
	// quietTime, so that it is known how many they are: where the machine is busy,
	// or who deletes is slow, those of a mass come one by one. massWindow is the
	// most that one waits for others.
	settleTime   = 200 * time.Millisecond
	severalCount = 3
	quietTime    = 3 * time.Second
	// A CRD that cannot be looked up, or is not there, is looked up again.
	retryLookup    = 2 * time.Second
	recheckTime    = 10 * time.Second
	requestTimeout = 10 * time.Second
)

// reaper takes objects out of VPP that were deleted, unless that looks like an
// accident: then it holds them.
//
// A CRD that is deleted takes its objects with it, and the informers see no
// more than that: so the CRD is looked up before anything is removed. Objects
// that are older than it were another's, and went with that.
type reaper struct {
	reconciler *reconciler
	// lookup returns when a kind's CRD was created, zero where there is none or
	// it is being deleted.
	lookup crdLookup
	// held is told what is held once more is, changed that there is something
	// to tell of the node. Both are called under locks.
	held    func(heldFacts)
	changed func()
	now     func() time.Time
	log     logr.Logger
	settle  time.Duration

	kick chan struct{}

	mu      sync.Mutex
	pending map[state.Owner]bool
	first   time.Time        // when the oldest of pending vanished
	absent  map[string]*kind // those whose CRD was missing last
}

func newReaper(r *reconciler, lookup crdLookup, now func() time.Time, log logr.Logger) *reaper {
	return &reaper{
		reconciler: r, lookup: lookup, now: now, log: log, settle: settleTime,
		kick:    make(chan struct{}, 1),
		pending: map[state.Owner]bool{}, absent: map[string]*kind{},
	}
}

// add takes an object that has vanished.
func (p *reaper) add(o state.Owner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pending) == 0 {
		p.first = p.now()
	}
	p.pending[o] = true
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

// run judges what vanishes until ctx ends.
func (p *reaper) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.kick:
			timer.Reset(p.pause())
		case <-timer.C:
			if err := p.reap(ctx); err != nil && ctx.Err() == nil {
				p.log.Info("Cannot tell yet whether deletions are meant", "reason", err.Error())
				timer.Reset(retryLookup)
			} else if p.recheck(ctx) {
				timer.Reset(recheckTime)
			}
		}
	}
}

// pause is how long to wait for more of what has begun to vanish.
func (p *reaper) pause() time.Duration {
	r := p.reconciler
	r.mu.Lock()
	defer r.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	pause, gone := p.settle, r.guard.Recent(maps.Keys(p.pending))
	switch {
	case gone+r.live <= massCount:
		return 0 // that few are never a mass
	case gone >= severalCount:
		pause = quietTime
	}
	return max(0, min(pause, massWindow-p.now().Sub(p.first)))
}

// reap judges all that has vanished so far. After an error it is judged again.
func (p *reaper) reap(ctx context.Context) error {
	p.mu.Lock()
	owners := slices.SortedFunc(maps.Keys(p.pending), compareOwners)
	p.mu.Unlock()
	if len(owners) == 0 {
		return nil
	}
	if err := p.judge(ctx, owners); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range owners {
		delete(p.pending, o)
	}
	p.first = p.now()
	return nil
}

// judge removes or holds objects that have vanished.
func (p *reaper) judge(ctx context.Context, owners []state.Owner) error {
	r := p.reconciler
	byKind := map[string]*kind{}
	r.mu.Lock()
	for _, o := range owners {
		if t := r.objects[o]; t != nil {
			byKind[o.Kind] = t.kind
		}
	}
	r.mu.Unlock()
	created := map[string]time.Time{}
	for name, k := range byKind {
		var err error
		if created[name], err = p.find(ctx, k); err != nil {
			return err
		}
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	owners = p.stillGone(owners)
	remove := r.guard.Vanished(owners, r.live, func(o state.Owner) bool {
		crd := created[o.Kind]
		return crd.IsZero() || r.objects[o].good.GetCreationTimestamp().Time.Before(crd)
	})
	r.remove(remove)
	if len(remove) == len(owners) {
		return nil
	}
	for _, o := range owners {
		if t := r.objects[o]; t != nil && t.latest == nil {
			t.record = nil
		}
	}
	r.dirty()
	var h heldFacts
	h.generation, h.reason, h.counts = r.guard.Held()
	p.log.Info("Removal held: this looks like an accident",
		"objects", len(owners)-len(remove), "reason", h.reason, "generation", h.generation)
	p.held(h)
	p.changed()
	return nil
}

// stillGone leaves out what came back.
func (p *reaper) stillGone(owners []state.Owner) []state.Owner {
	var gone []state.Owner
	for _, o := range owners {
		t := p.reconciler.objects[o]
		switch {
		case t == nil || t.latest != nil:
		case t.good == nil: // it never was more than invalid
			delete(p.reconciler.objects, o)
		default:
			gone = append(gone, o)
		}
	}
	return gone
}

// find looks up a kind's CRD and remembers whether it is there.
func (p *reaper) find(ctx context.Context, k *kind) (created time.Time, err error) {
	if created, err = p.lookup(ctx, k); err != nil {
		return created, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if was := p.absent[k.name] != nil; was != created.IsZero() {
		delete(p.absent, k.name)
		if !was {
			p.absent[k.name] = k
		}
		p.changed()
	}
	return created, nil
}

// recheck looks up the CRDs that were not there. It is true while some are not.
func (p *reaper) recheck(ctx context.Context) bool {
	p.mu.Lock()
	absent := slices.Collect(maps.Values(p.absent))
	p.mu.Unlock()
	for _, k := range absent {
		if _, err := p.find(ctx, k); err != nil {
			return true
		}
	}
	return len(p.unavailable()) > 0
}

// unavailable are the kinds whose CRD is not there, as far as is known.
func (p *reaper) unavailable() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.absent))
}

// confirm lets the removal go on that has this generation.
func (p *reaper) confirm(generation int64) {
	r := p.reconciler
	r.mu.Lock()
	defer r.mu.Unlock()
	if remove := r.guard.Confirm(generation); len(remove) > 0 {
		p.log.Info("Removal confirmed", "objects", len(remove), "generation", generation)
		r.remove(remove)
		p.changed()
	}
}

// crdLookup returns when a kind's CRD was created, zero where there is none or
// it is being deleted.
type crdLookup func(ctx context.Context, k *kind) (time.Time, error)

// newCRDLookup asks the API server, for the metadata only.
func newCRDLookup(client metadata.Interface) crdLookup {
	crds := client.Resource(apiextensionsv1.SchemeGroupVersion.WithResource("customresourcedefinitions"))
	return func(ctx context.Context, k *kind) (time.Time, error) {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		crd, err := crds.Get(ctx, k.resource.GroupResource().String(), metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return time.Time{}, nil
		case err != nil:
			return time.Time{}, fmt.Errorf("look up the CRD of %s: %w", k.name, err)
		case crd.DeletionTimestamp != nil:
			return time.Time{}, nil
		}
		return crd.CreationTimestamp.Time, nil
	}
}
