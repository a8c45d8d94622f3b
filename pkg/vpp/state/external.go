package state

import (
	"slices"
	"strings"
)

// SetExternal says that something is there that items need and VPP does not
// hold, such as a Secret. With another version what needs it is made anew.
func (e *Engine) SetExternal(id ID, version string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.node(id)
	if n.external && n.says().version == version {
		return
	}
	if old := n.says().version; old != "" && old != version {
		e.orphan(n)
	}
	n.external, n.present = true, true
	n.remark(remarks{version: version})
	e.wakeDependents(n)
	e.kick()
}

// RemoveExternal says that it is there no more. What needs it and is in VPP
// already stays: the need was for making it.
func (e *Engine) RemoveExternal(id ID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := e.lookup(id); n != nil && n.external {
		n.external, n.present = false, false
		e.wakeDependents(n)
		e.release(n)
		e.kick()
	}
}

// madeWith is under what the ledger notes with which versions of what is
// outside VPP something was made: an agent that was not there when one changed
// finds it so.
func madeWith(id ID) ID { return ID{id.Kind + " made with", id.Key} }

// versions tells which versions of what is outside VPP are among needs, "" where
// there is nothing of that or something is not there.
func versions(needs []*node) string {
	var list []string
	for _, m := range needs {
		if m.kind.kind != nil {
			continue
		}
		version := m.says().version
		if version == "" || !m.external {
			return ""
		}
		list = append(list, m.id.String()+" "+version)
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// noteVersions notes with what n is about to be made.
func (e *Engine) noteVersions(n *node) {
	if now := versions(n.want.needs); now != "" {
		if err := e.opts.Ledger.Put(madeWith(n.id), Entry{Digest: now}); err != nil {
			e.log.Info("Cannot note with what something was made", "item", n.id.String(), "reason", err.Error())
		}
	}
}

// forgetVersions forgets with what n was made.
func (e *Engine) forgetVersions(n *node) {
	if err := e.opts.Ledger.Delete(madeWith(n.id)); err != nil {
		e.log.Info("Cannot forget with what something was made", "item", n.id.String(), "reason", err.Error())
	}
}

// outdated tells whether n was made with other versions than there are now. What
// nothing is noted of is taken to be as it should.
func (e *Engine) outdated(n *node) bool {
	now := versions(n.want.needs)
	if now == "" {
		return false
	}
	noted, ok := e.opts.Ledger.Get(madeWith(n.id))
	if !ok {
		e.noteVersions(n)
	}
	return ok && noted.Digest != now
}
