package state

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// ItemReport is what became of an item.
type ItemReport struct {
	ID     ID
	Reason Reason
	// Message says what is waited for, who has it, what was refused or which
	// fields differ. Equal states have equal messages.
	Message string
	// Have is what VPP holds, nil where that is nothing or not known. It is
	// shared and must not be changed.
	Have any
	// Handle is VPP's number, where HasHandle.
	Handle    uint32
	HasHandle bool
}

// Walk reports on the items of an owner, in the order in which they were set,
// and returns the generation they were set with; ok is false for an owner that
// is not known. visit runs under the engine's lock: it must not call back.
func (e *Engine) Walk(o Owner, visit func(ItemReport)) (generation int64, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	own, ok := e.owners[o]
	if !ok {
		return 0, false
	}
	for _, w := range own.wishes {
		r := ItemReport{ID: w.node.id}
		r.Reason, r.Message = e.reasonOf(w)
		if n := w.node; n.present {
			r.Have, r.Handle, r.HasHandle = n.have, n.handle, n.hasHandle
		}
		visit(r)
	}
	own.told = false
	return own.generation, true
}

// Get reports what VPP holds under an identity, wanted or not.
func (e *Engine) Get(id ID) (have any, ours, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.lookup(id)
	if n == nil || !n.present {
		return nil, false, false
	}
	return n.have, n.ours, true
}

// CatchingUp is true from the connection to VPP until everything desired was
// tried, unless changes are not allowed. At its end [Options].Changed is told of
// every owner.
func (e *Engine) CatchingUp() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.status.connected && !e.status.synced && e.began && !e.paused
}

// Status is how the engine and its VPP are.
type Status struct {
	// Connected is true while there is a session, Synced once everything
	// desired was tried in it.
	Connected, Synced           bool
	ConnectedSince, SyncedSince time.Time
	// Err is why there is no session, or why VPP cannot be read.
	Err error
	// Epoch counts sessions, Boots the boots of VPP seen on this node.
	Epoch uint64
	Boots int64
	// Counts are by kind.
	Counts map[string]Counts
	// Leftovers are the things of ours that nobody wants and that are still
	// there: all counted, the first ten named.
	Leftovers     []Leftover
	LeftoverCount int
	// LastResync is the last reading of all of VPP.
	LastResync Resync
}

// Counts are numbers of items of a kind.
type Counts struct {
	// Wanted are all items; Done those that VPP holds; Waiting those that will
	// be without anybody's doing; Failed the others.
	Wanted, Done, Waiting, Failed int
	// Foreign is what VPP holds that is neither ours nor wanted.
	Foreign int
}

// Leftover is something of ours that nobody wants.
type Leftover struct {
	ID      ID
	Message string
}

// Resync is a reading of all of VPP.
type Resync struct {
	Ended    time.Time
	Duration time.Duration
	// Corrected counts what was not as it should be and had been, by kind.
	Corrected map[string]int
}

// maxLeftovers bounds the leftovers that are named.
const maxLeftovers = 10

// Status reports on the whole.
func (e *Engine) Status() Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.nodeTold = false
	st := e.status
	_, boots := e.opts.Ledger.Boot()
	s := Status{
		Connected: st.connected, Synced: st.synced, ConnectedSince: st.connectedSince, SyncedSince: st.syncedSince,
		Err: st.err, Epoch: st.epoch, Boots: boots, LastResync: st.lastResync, Counts: map[string]Counts{},
	}
	s.LastResync.Corrected = maps.Clone(st.lastResync.Corrected)
	for _, k := range e.order {
		c := Counts{Done: k.counts[catDone], Waiting: k.counts[catWaiting], Failed: k.counts[catFailed] + k.losers, Foreign: k.counts[catForeign]}
		c.Wanted = c.Done + c.Waiting + c.Failed
		s.Counts[k.name] = c
		s.LeftoverCount += len(k.left)
		s.Leftovers = append(s.Leftovers, e.leftovers(k)...)
	}
	s.Leftovers = s.Leftovers[:min(len(s.Leftovers), maxLeftovers)]
	return s
}

// leftovers names the first things of a kind that should be gone.
func (e *Engine) leftovers(k *kindState) []Leftover {
	if len(k.left) == 0 {
		return nil
	}
	nodes := slices.SortedFunc(maps.Keys(k.left), func(a, b *node) int { return strings.Compare(a.id.Key, b.id.Key) })
	var list []Leftover
	for _, n := range nodes[:min(len(nodes), maxLeftovers)] {
		l := Leftover{ID: n.id}
		switch {
		case n.err != nil:
			l.Message = n.err.Error()
		case !e.mayPrune(n):
			l.Message = "not all objects are known yet"
		case !e.status.connected:
			l.Message = "no session with VPP"
		case e.paused:
			l.Message = "the node is paused"
		case n.users > 0:
			l.Message = "something that is still there needs it"
		default:
			l.Message = "about to be removed"
		}
		list = append(list, l)
	}
	return list
}

// reasonOf renders what became of a wish. Equal states give equal text.
func (e *Engine) reasonOf(w *wish) (Reason, string) {
	n := w.node
	switch {
	case w.loses != "":
		return Conflict, w.loses + " has it"
	case !e.status.connected:
		return Disconnected, "no session with VPP"
	}
	k := n.kind
	switch {
	case k != nil && k.unsupported != nil:
		return Unsupported, k.unsupported.Error()
	case n.quarantined:
		return Quarantined, "VPP died with it again and again; it is tried again when the spec changes"
	}
	switch n.reason {
	case Programmed, Overridden:
		if len(n.says().unverified) > 0 && n.says().overridden == "" {
			return Unverified, "VPP cannot show " + strings.Join(n.says().unverified, ", ")
		}
		if n.says().overridden != "" {
			return Overridden, n.says().overridden + " is preferred"
		}
		return Programmed, ""
	case Waiting:
		if n.blocker != nil {
			return Waiting, "waits for " + e.describe(n.blocker)
		}
		if n.err != nil {
			return Waiting, n.err.Error()
		}
		return Waiting, "waits"
	case Drifted:
		return Drifted, "VPP differs in " + strings.Join(n.says().drift, ", ")
	case Rejected, Conflict, Unsupported, Disruptive:
		if n.err != nil {
			return n.reason, n.err.Error()
		}
	}
	return n.reason, ""
}
