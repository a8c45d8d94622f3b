package controllers

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// offlineAfter is how long an agent waits for the API server before it takes
// from the file on the node what it does not know yet.
const offlineAfter = 10 * time.Second

// starter hands the desired objects to the engine in the right order when the
// agent starts: nothing is changed before they are all known, from the API
// server or from the file, and nothing of a kind is removed before the API
// server has listed it.
type starter struct {
	reconciler *reconciler
	engine     engine
	reaper     *reaper
	node       *nodeReporter
	kinds      []*kind
	file       offlineContent
	log        logr.Logger

	// informers tell what was observed completely.
	informers interface {
		synced(k *kind) bool
		nodeSynced() bool
		await(ctx context.Context)
	}
	patience time.Duration

	mu     sync.Mutex
	listed map[string]bool // kinds that were synced
}

// pollSynced is how often kinds are looked at that could not be listed or
// judged at first, in the beginning; later it is every second.
const pollSynced = 5 * time.Millisecond

// run ends when every kind was listed, or with ctx. begun is called as soon as
// the engine may work.
func (s *starter) run(ctx context.Context, begun func()) {
	patient, cancel := context.WithTimeout(ctx, s.patience)
	s.informers.await(patient)
	cancel()
	s.listedNode()
	open := s.takeListed(ctx, s.kinds)
	if ctx.Err() != nil {
		return
	}
	if len(open) > 0 {
		s.log.Info("Some kinds cannot be listed: what the node remembers of them is used", "kinds", namesOf(open))
		s.recall(open)
	}
	s.node.missing(namesOf(open))
	s.engine.Begin()
	s.allowPrune()
	s.reconciler.begin()
	begun()
	for pause := pollSynced; len(open) > 0; pause = min(2*pause, time.Second) {
		if !sleep(ctx, pause) {
			return
		}
		s.listedNode()
		if still := s.takeListed(ctx, open); len(still) < len(open) {
			open, pause = still, pollSynced
			s.node.missing(namesOf(open))
			s.allowPrune()
		}
	}
	for !s.listedNode() {
		if !sleep(ctx, time.Second) {
			return
		}
	}
}

// listedNode tells the node once it was looked for.
func (s *starter) listedNode() bool {
	if !s.informers.nodeSynced() {
		return false
	}
	s.node.listed()
	return true
}

// takeListed judges what has vanished, while no agent ran, of those kinds that
// are listed by now, and returns the others.
func (s *starter) takeListed(ctx context.Context, of []*kind) (open []*kind) {
	for _, k := range of {
		if !s.informers.synced(k) || !s.judge(ctx, k) {
			open = append(open, k)
			continue
		}
		s.mu.Lock()
		s.listed[k.name] = true
		s.mu.Unlock()
	}
	return open
}

// judge brings back what the file has of a kind and the API server has not, and
// lets the reaper decide on it. It is false where that cannot be decided yet.
func (s *starter) judge(ctx context.Context, k *kind) bool {
	r := s.reconciler
	s.recall([]*kind{k})
	var vanished []state.Owner
	r.mu.Lock()
	for _, e := range s.file.objects {
		owner := ownerOf(k, e.object)
		if t := r.objects[owner]; e.kind == k && t != nil && t.latest == nil && r.guard.held[owner] == "" {
			vanished = append(vanished, owner)
		}
	}
	r.mu.Unlock()
	if len(vanished) == 0 {
		return true
	}
	if err := s.reaper.judge(ctx, vanished); err != nil {
		if ctx.Err() == nil {
			s.log.Info("Cannot tell yet whether deletions are meant", "kind", k.name, "reason", err.Error())
		}
		return false
	}
	return true
}

// recall brings back all that the file has of some kinds.
func (s *starter) recall(of []*kind) {
	for _, e := range s.file.objects {
		if slices.Contains(of, e.kind) {
			s.reconciler.restore(e.kind, e.object)
		}
	}
}

// allowPrune lets the engine remove what nobody wants, of the kinds of state
// that only listed kinds make.
func (s *starter) allowPrune() {
	allowed, kept := map[string]bool{}, map[string]bool{}
	s.mu.Lock()
	for _, k := range s.kinds {
		into := kept
		if s.listed[k.name] {
			into = allowed
		}
		for _, item := range k.items {
			into[item] = true
		}
	}
	s.mu.Unlock()
	maps.DeleteFunc(allowed, func(item string, _ bool) bool { return kept[item] })
	if len(allowed) > 0 {
		s.engine.AllowPrune(func(item string) bool { return allowed[item] })
	}
}

func namesOf(of []*kind) []string {
	names := make([]string, len(of))
	for i, k := range of {
		names[i] = k.name
	}
	slices.Sort(names)
	return names
}

// union of two lists, in order.
func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}
