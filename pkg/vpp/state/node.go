package state

import (
	"slices"
	"time"
)

// node is everything known about one identity.
type node struct {
	id   ID
	kind *kindState

	// wishes are who wants it, the oldest first; want is the one that counts.
	wishes []*wish
	want   *wish

	// What VPP holds, as read or as answered.
	present   bool
	ours      bool
	hasHandle bool
	stale     bool // what it was put on is gone, or has changed hands
	unknown   bool // the outcome of a step is not known: it must be read
	surplus   bool // ours, and turned up though nobody had asked for it
	builtin   bool // every VPP has it
	external  bool // not in VPP at all: see Engine.SetExternal
	settled   bool // want was once in VPP as it is now
	proven    bool // VPP has lived with want for a while
	fresh     bool // it is suspected should VPP die; see crashes
	suspected bool // VPP has died with it
	dropped   bool // it was wanted until its owner took it back
	handle    uint32
	have      any
	applied   any
	needs     []*node
	claims    []*claim // that it holds, or will once its step is done
	remarks   *remarks // nil where there are none

	// How the steps go.
	queued      bool
	busy        bool
	leaving     bool // it will be deleted: what needs it has to go first
	recreating  bool // it is being deleted to be made anew
	quarantined bool
	doubted     bool // VPP refused a step, and it is read again for that
	undone      bool // the outcome of its deletion is not known
	disturbed   bool // our step of another may have changed it, which is no drift
	reason      Reason
	accounted   category
	failed      Verb // what err is of
	attempts    int32
	retryIndex  int32 // place in the queue of retries, from 1; 0 outside
	err         error
	blocker     *node
	retryAt     time.Duration // since the engine's start
	// stamp is the engine's count when a step of it last began or ended:
	// readings that began before say nothing about it. seen is the last
	// reading that found it.
	stamp, seen uint64
	// writtenAt is when it was last written, since the engine's start, until it is
	// proven; 0 where it was not.
	writtenAt time.Duration

	// dependents are the nodes that need it, as they are wished for or as they
	// are in VPP; users counts those in VPP that are ours.
	dependents map[*node]struct{}
	linked     []*node // the nodes of which this is a dependent
	users      int32
	refs       int32 // wishes and operations that point at it
}

// remarks are what there is to be said of few nodes.
type remarks struct {
	// overridden and unverified are as in Found.
	overridden string
	unverified []string
	drift      []string // the fields that differ and are not to be changed
	version    string   // of what is external
}

// says are a node's remarks.
func (n *node) says() remarks {
	if n.remarks == nil {
		return remarks{}
	}
	return *n.remarks
}

// show notes what VPP prefers to a node, and what it cannot show of it.
func (n *node) show(overridden string, unverified []string) {
	r := n.says()
	r.overridden, r.unverified = overridden, unverified
	n.remark(r)
}

// differ notes what is not to be changed though it differs.
func (n *node) differ(fields []string) {
	r := n.says()
	r.drift = fields
	n.remark(r)
}

func (n *node) remark(r remarks) {
	switch {
	case r.overridden == "" && len(r.unverified) == 0 && len(r.drift) == 0 && r.version == "":
		n.remarks = nil
	case n.remarks == nil:
		n.remarks = &r
	default:
		*n.remarks = r
	}
}

// kindState is what the engine knows about a kind.
type kindState struct {
	name        string
	kind        Kind // nil for what is external
	nodes       map[string]*node
	unsupported error
	// dueRead asks for a reading soon, prove for one once nothing is under way;
	// dueResync is true while a resync waits for it. loss is Kind.Loss.
	dueRead, prove, dueResync bool
	// reading is true while the kind is read, looking also while some of it is, by
	// a reading that began at count begun. kept are the nodes that are to be
	// forgotten at its end. busy counts the steps under way.
	reading, looking bool
	begun            uint64
	kept             map[*node]struct{}
	busy             int
	loss             Loss
	metrics          kindMetrics
	// doubted are to be explained once nothing is under way, dueExplain soon.
	doubted, dueExplain []*node

	counts [categories]int
	left   map[*node]struct{} // ours and not wanted
	losers int                // wishes that another wins
}

// category is how a node counts in the status.
type category uint8

const (
	catNone category = iota
	catDone
	catWaiting
	catFailed
	catForeign
	catLeft
	categories
)

// wish is that an owner wants an item. There is one for every item, as there is
// a node: they are most of what an engine takes of memory.
type wish struct {
	value  any
	names  []string // of claims
	owner  *owner
	node   *node
	needs  []*node
	claims []*claim
	// loses names the owner that has the identity, or a claim, before this one.
	loses string
	// since is when it was asked for, from the engine's start; 0 once it was
	// programmed.
	since time.Duration
	// item is what the wish comes of, where that has a fallback.
	item *Item
	// changes counts how often the item became another.
	changes int32
	adopt   bool
}

// owner is who wants items.
type owner struct {
	id         Owner
	name       ID // what it is called on the node
	since      time.Time
	generation int64
	wishes     []*wish
	loses      string // the owner that has its name
	told       bool   // Changed was called since the last Walk
}

// before is the order in which owners win.
func (o *owner) before(p *owner) bool {
	if !o.since.Equal(p.since) {
		return o.since.Before(p.since)
	}
	return o.id.Object < p.id.Object
}

// nameClaim is the owners of a kind that are called alike, the oldest first.
type nameClaim struct{ owners []*owner }

// node returns the node of an identity, which it makes if there is none.
func (e *Engine) node(id ID) *node {
	k := e.kinds[id.Kind]
	if k == nil {
		k = &kindState{name: id.Kind, nodes: map[string]*node{}, left: map[*node]struct{}{}, kept: map[*node]struct{}{}}
		e.kinds[id.Kind] = k
	}
	n := k.nodes[id.Key]
	if n == nil {
		n = &node{id: id, kind: k}
		k.nodes[id.Key] = n
	}
	return n
}

// lookup returns the node of an identity, or nil.
func (e *Engine) lookup(id ID) *node {
	if k := e.kinds[id.Kind]; k != nil {
		return k.nodes[id.Key]
	}
	return nil
}

// release forgets a node that nothing is known about any more. What went after
// a reading began is remembered until its end: it may have been seen.
func (e *Engine) release(n *node) {
	if n.present || n.busy || n.external || n.unknown || n.refs > 0 || len(n.wishes) > 0 ||
		len(n.dependents) > 0 {
		return
	}
	if k := n.kind; k.looking && n.stamp > k.begun {
		k.kept[n] = struct{}{}
		return
	}
	e.dropRetry(n)
	e.unsuspect(n)
	// It may have been forgotten before, while it was queued, and be another by
	// now.
	if n.kind.nodes[n.id.Key] == n {
		delete(n.kind.nodes, n.id.Key)
	}
}

// relink makes n a dependent of what it needs, as it is wished for and as it
// is in VPP.
func (e *Engine) relink(n *node) {
	var wanted []*node
	if n.want != nil {
		wanted = n.want.needs
	}
	var had []*node
	if n.present {
		had = n.needs
	}
	all := wanted
	switch {
	case len(wanted) == 0:
		all = had
	case len(had) == 0 || sameSlice(wanted, had):
	default:
		all = append(append(make([]*node, 0, len(wanted)+len(had)), wanted...), had...)
	}
	if sameSlice(all, n.linked) {
		return
	}
	old := n.linked
	for _, m := range all {
		if m.dependents == nil {
			m.dependents = map[*node]struct{}{}
		}
		m.dependents[n] = struct{}{}
	}
	n.linked = all
	for _, m := range old {
		if !slices.Contains(all, m) {
			delete(m.dependents, n)
			e.release(m)
		}
	}
}

func sameSlice(a, b []*node) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// describe names an identity as users know it.
func (e *Engine) describe(n *node) string {
	if d, ok := n.kind.kind.(Describer); ok {
		return d.Describe(n.id.Key)
	}
	return n.id.String()
}
