package state

import (
	"fmt"
	"slices"
)

// Knows tells whether what an operation is about is in VPP and ours, as far as
// the engine knows.
func (e *Engine) Knows(op *Op) (present, ours bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return op.node.present, op.node.ours
}

// Audit counts anew what the engine keeps count of, and says what differs. While
// something is under way it says nothing, and quiet is false.
func (e *Engine) Audit() (quiet bool, wrong []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.busy > 0 || len(e.queue) > 0 {
		return false, nil
	}
	a := audit{e: e, users: map[*node]int32{}, refs: map[*node]int32{}}
	for _, own := range e.owners {
		for _, w := range own.wishes {
			a.wish(own, w)
		}
	}
	retries := 0
	for name, k := range e.kinds {
		counts, left, losers := [categories]int{}, 0, 0
		for key, n := range k.nodes {
			if n.id != (ID{name, key}) || n.kind != k {
				a.say("%v is at %s %s", n.id, name, key)
			}
			a.node(n)
			counts[n.accounted]++
			if n.accounted == catLeft {
				left++
			}
			for _, w := range n.wishes {
				if w.loses != "" {
					losers++
				}
			}
			if n.retryIndex != 0 {
				retries++
			}
		}
		counts[catNone] = k.counts[catNone] // of those that are forgotten too
		if counts != k.counts || left != len(k.left) || losers != k.losers {
			a.say("%s counts %v, %d left, %d losers; are %v, %d, %d", name, k.counts, len(k.left), k.losers, counts, left, losers)
		}
	}
	for name, k := range e.kinds {
		for _, n := range k.nodes {
			if a.users[n] != n.users || a.refs[n] != n.refs {
				a.say("%s %s has %d users and %d refs, counts %d and %d", name, n.id.Key, a.users[n], a.refs[n], n.users, n.refs)
			}
		}
	}
	for name, c := range e.claims {
		if len(c.wishes)+len(c.holders) == 0 && (c.other == nil || len(c.other.wishes)+len(c.other.holders) == 0) {
			a.say("claim %s is nobody's", name)
		}
		for n := range c.holders {
			a.known(n, "holder of "+name)
			if !n.unknown && (!n.present || !n.ours) || !slices.Contains(n.claims, c) {
				a.say("%v holds %s for nothing", n.id, name)
			}
		}
		for _, w := range c.wishes {
			if !slices.Contains(w.claims, c) || e.owners[w.owner.id] != w.owner {
				a.say("%v claims %s for nothing", w.node.id, name)
			}
		}
	}
	for id, list := range e.fallbacks {
		if len(list) == 0 {
			a.say("no fallback for want of %v", id)
		}
		for _, w := range list {
			if !slices.Contains(w.owner.wishes, w) || e.owners[w.owner.id] != w.owner || w.item == nil || w.item.Fallback.Unwanted != id {
				a.say("%v falls back for nothing", w.node.id)
				continue
			}
			if item := e.counting(*w.item); w.value != item.Value || !sameIDs(w.needs, item.Needs) {
				a.say("%v is %v, should count as %v", w.node.id, w.value, item.Value)
			}
		}
	}
	if retries != len(e.timer) {
		a.say("%d retries, %d nodes know of one", len(e.timer), retries)
	}
	return true, a.wrong
}

type audit struct {
	e           *Engine
	users, refs map[*node]int32
	wrong       []string
}

func (a *audit) say(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
}

func (a *audit) known(n *node, what string) {
	if a.e.lookup(n.id) != n {
		a.say("%v is not the one that is known, as %s", n.id, what)
	}
}

func (a *audit) wish(own *owner, w *wish) {
	a.known(w.node, "wished for")
	if w.owner != own || !slices.Contains(w.node.wishes, w) {
		a.say("%v is not wished for by %v", w.node.id, own.id)
	}
	for _, m := range w.needs {
		a.refs[m]++
		a.known(m, "need of a wish")
	}
	for _, c := range w.claims {
		if a.e.claims[c.name] != c || !slices.Contains(c.wishes, w) {
			a.say("%v does not claim %s", w.node.id, c.name)
		}
	}
}

func (a *audit) node(n *node) {
	var want *wish
	for _, w := range n.wishes {
		if a.e.owners[w.owner.id] != w.owner || !slices.Contains(w.owner.wishes, w) {
			a.say("%v is wished for by nobody", n.id)
		}
		if w.loses == "" && want == nil {
			want = w
		}
	}
	if want != n.want {
		a.say("%v: another wish counts than wins", n.id)
	}
	linked := map[*node]bool{}
	if n.want != nil {
		for _, m := range n.want.needs {
			linked[m] = true
		}
	}
	if n.present {
		for _, m := range n.needs {
			linked[m] = true
			if n.ours {
				a.users[m]++
			}
		}
	}
	for m := range linked {
		a.known(m, "need")
		if _, ok := m.dependents[n]; !ok {
			a.say("%v does not know that %v needs it", m.id, n.id)
		}
	}
	for d := range n.dependents {
		a.known(d, "dependent")
		if !slices.Contains(d.linked, n) {
			a.say("%v takes %v for a dependent", n.id, d.id)
		}
	}
	for _, m := range n.linked {
		if !linked[m] {
			a.say("%v is linked to %v", n.id, m.id)
		}
	}
	for _, c := range n.claims {
		if a.e.claims[c.name] != c {
			a.say("%v holds a claim %s that is forgotten", n.id, c.name)
		} else if _, ok := c.holders[n]; !ok {
			a.say("%v does not hold %s", n.id, c.name)
		}
	}
	if n.leaving && (!n.present || !n.ours) {
		a.say("%v is leaving but not there, or not ours", n.id)
	}
	if number, ok := a.e.handles.get(n.id); a.e.view != nil && (ok != n.hasHandle || ok && number != n.handle) {
		a.say("%v has handle %v %d, is known by %v %d", n.id, n.hasHandle, n.handle, ok, number)
	}
	if n.busy || n.queued {
		a.say("%v is busy %v, queued %v", n.id, n.busy, n.queued)
	}
	if !n.present && !n.external && !n.unknown && n.refs == 0 && len(n.wishes) == 0 && len(n.dependents) == 0 {
		a.say("%v is kept for nothing", n.id)
	}
	was := n.accounted
	a.e.account(n)
	if n.accounted != was {
		a.say("%v counted as %d, is %d", n.id, was, n.accounted)
	}
}

// Sizes are how much the engine knows of.
func (e *Engine) Sizes() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	nodes := 0
	for _, k := range e.kinds {
		nodes += len(k.nodes)
	}
	return fmt.Sprintf("%d nodes, %d claims, %d owners, %d names, %d retries, %d handles",
		nodes, len(e.claims), len(e.owners), len(e.names), len(e.timer), len(e.handles.ids))
}

// Explain tells all about one identity, where a test fails.
func (e *Engine) Explain(id ID) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.lookup(id)
	if n == nil {
		return "not known"
	}
	text := fmt.Sprintf("wanted %v (%d wishes), present %v, ours %v, stale %v, unknown %v, leaving %v, recreating %v, quarantined %v, settled %v, busy %v, queued %v, retry %d, users %d, reason %v, err %v, have %v",
		n.want != nil, len(n.wishes), n.present, n.ours, n.stale, n.unknown, n.leaving, n.recreating, n.quarantined, n.settled, n.busy, n.queued, n.retryIndex, n.users, n.reason, n.err, n.have)
	if n.blocker != nil {
		text += ", blocker " + n.blocker.id.String()
	}
	return text
}
