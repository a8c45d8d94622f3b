package state

import "slices"

// found takes in what a reading that began at count begun has found.
func (e *Engine) found(f Found, begun, round uint64) {
	n := e.node(f.ID)
	n.seen = round
	if n.busy || n.stamp > begun {
		return // our own step says more
	}
	if n.present && n.hasHandle && (!f.HasHandle || n.handle != f.Handle || n.replacedBy(f.Value)) {
		e.orphan(n) // another thing of the same name
	}
	// Where it was expected as it was left, this is somebody else's doing.
	expected := n.settled && n.want != nil && !n.disturbed
	disturbed := n.disturbed
	n.disturbed = false
	if !n.present && n.want == nil && f.Ours && e.status.synced {
		n.surplus = true
	}
	was, wasOurs, had := n.present && !n.unknown, n.ours, n.have
	n.unknown = false
	e.put(n, f)
	if !was || wasOurs != f.Ours {
		e.wakeDependents(n) // also somebody else's may be what they wait for
	}
	if n.doubted && (!was || wasOurs != f.Ours || n.kind.kind.Compare(f.Value, had, nil).Change != Same) {
		e.resolved(n)
	}
	if n.want == nil {
		e.enqueue(n)
		return
	}
	d := n.kind.kind.Compare(n.want.value, f.Value, n.applied)
	if d.Change != Same || !f.Ours {
		e.unsettle(n)
		if disturbed {
			n.settled = false
		}
		if expected && f.Ours {
			e.drifted(n, d.Fields)
		}
	}
	e.enqueue(n)
}

// replacedBy tells whether what was found of a node is another thing than what
// was there.
func (n *node) replacedBy(now any) bool {
	r, ok := n.kind.kind.(Replacer)
	return ok && r.Replaced(n.have, now)
}

// put records that VPP holds something.
func (e *Engine) put(n *node, f Found) {
	old := n.needs
	e.take(n, f.HasHandle && n.hasHandle && f.Handle == n.handle)
	n.present, n.ours, n.builtin, n.have = true, f.Ours, f.Builtin, f.Value
	n.hasHandle, n.handle = f.HasHandle, f.Handle
	if !n.ours { // what was to become of ours is nothing for it
		n.stale, n.surplus, n.leaving, n.recreating, n.dropped = false, false, false, false, false
	}
	n.show(f.Overridden, f.Unverified)
	if f.HasHandle {
		e.handles.set(n.id, f.Handle, f.Ours)
	}
	var needs []*node
	switch {
	case n.want != nil && sameIDs(n.want.needs, f.Needs):
		needs = n.want.needs
	case covers(old, f.Needs): // a reading does not show every need
		needs = old
	default:
		needs = e.resolver()(f.Needs)
	}
	e.settleIn(n, needs, f.Claims)
}

// settleIn records what something in VPP hangs on and what it holds.
func (e *Engine) settleIn(n *node, needs []*node, claims []string) {
	n.needs = needs
	if n.ours {
		for _, m := range needs {
			m.users++
		}
		e.takeClaims(n, claims)
	}
	e.relink(n)
	e.account(n)
}

// rehang records that something in VPP hangs on other nodes than was thought.
func (e *Engine) rehang(n *node, needs []*node) {
	for _, m := range needs {
		m.users++
	}
	for _, m := range n.needs {
		e.unuse(m)
	}
	n.needs = needs
	e.relink(n)
}

// take undoes put and settleIn, so that they can be done anew. The handle may
// be kept, so that others do not miss it in between.
func (e *Engine) take(n *node, keepHandle bool) {
	e.dropClaims(n) // also of what was to be made
	if !n.present {
		return
	}
	if n.ours {
		for _, m := range n.needs {
			e.unuse(m)
		}
	}
	n.needs = nil
	n.present = false
	if n.hasHandle && !keepHandle {
		e.handles.delete(n.id)
		n.hasHandle = false
	}
}

// unuse says that one thing less hangs on m.
func (e *Engine) unuse(m *node) {
	if m.users--; m.users == 0 && m.leaving {
		e.enqueue(m)
	}
}

// gone records that VPP does not hold something any more, and what that means
// for what needs it.
func (e *Engine) gone(n *node) {
	if !n.present || n.external {
		return
	}
	e.take(n, false)
	if n.leaving {
		n.settled = false // it was us who wanted it gone: that is no drift
	}
	e.outdate(n)
	n.vanish()
	e.orphan(n)
	e.relink(n)
	e.unsettle(n)
	e.wakeDependents(n)
	e.resolved(n)
	e.enqueue(n)
}

// outdate says that what readings under way find of a node is no longer so.
func (e *Engine) outdate(n *node) {
	e.seq++
	n.stamp = e.seq
}

// vanish forgets what was known of a node in VPP.
func (n *node) vanish() {
	n.have, n.applied = nil, nil
	n.show("", nil)
	n.ours, n.stale, n.surplus, n.leaving, n.recreating, n.unknown = false, false, false, false, false, false
	n.undone = false
}

// unsettle takes back that VPP holds what is wanted, until it is decided on.
func (e *Engine) unsettle(n *node) {
	if n.want != nil && n.reason.Done() {
		e.setReason(n, Pending)
	} else {
		e.account(n)
	}
}

// orphan says that what hung on n in VPP does so no more: VPP took it away, or
// it is left pointing at nothing, or at somebody else's.
func (e *Engine) orphan(n *node) {
	for d := range n.dependents {
		stays := d.kind.loss == Stale || n.kind.kind == nil
		if !d.present && d.busy && d.want != nil && slices.Contains(d.want.needs, n) {
			d.stale = d.stale || stays // it is being put on what is gone
		}
		if !d.present || !slices.Contains(d.needs, n) {
			continue
		}
		if stays {
			e.outdate(d)
			d.stale = d.ours
			e.unsettle(d)
			e.enqueue(d)
		} else {
			e.gone(d)
		}
	}
}

// sweep takes note of what a reading did not find. It returns what was written
// and may be there all the same, for an [Explainer].
func (e *Engine) sweep(k *kindState, begun, round uint64) (missing []*node) {
	explains := false
	if _, ok := k.kind.(Explainer); ok {
		explains = true
	}
	for _, n := range k.nodes {
		if n.seen == round || n.busy || n.stamp > begun {
			continue
		}
		n.unknown = false
		if !n.present {
			e.dropClaims(n) // it was not made
		}
		switch {
		case explains && n.want != nil && (n.settled || n.applied != nil):
			missing = append(missing, n)
		case n.present:
			e.missed(n)
		case n.want != nil:
			e.enqueue(n)
		default:
			e.release(n)
		}
	}
	return missing
}

// missed records that VPP holds something no more though we did not delete it.
func (e *Engine) missed(n *node) {
	if n.settled && n.want != nil && !n.leaving && !n.disturbed {
		e.drifted(n, []string{"presence"})
	}
	if n.undone {
		e.forget(n)
	}
	e.gone(n)
}

// forget takes out of the ledger what a deletion would have, had its answer come:
// what somebody else makes in that place later is not ours.
func (e *Engine) forget(n *node) {
	var err error
	if f, ok := n.kind.kind.(Forgetter); ok {
		err = f.Forget(e.opts.Ledger, n.id)
	} else {
		err = e.opts.Ledger.Delete(n.id)
	}
	e.forgetVersions(n)
	if err != nil {
		e.log.Info("Cannot forget what is gone", "item", n.id.String(), "reason", err.Error())
	}
}

// drifted tells that somebody else has changed what was programmed.
func (e *Engine) drifted(n *node, fields []string) {
	e.resync.corrected[n.id.Kind]++
	e.metrics.drift(n.id.Kind, fields)
	event := Event{Type: EventRepaired, ID: n.id, Fields: fields}
	if e.report {
		event.Type = EventDrifted
	}
	e.happened(n, event)
}

func (e *Engine) happened(n *node, ev Event) {
	if e.opts.Happened == nil {
		return
	}
	var o Owner
	if n.want != nil {
		o = n.want.owner.id
	}
	e.opts.Happened(o, ev)
}

// covers tells whether all ids are among nodes.
func covers(nodes []*node, ids []ID) bool {
	for _, id := range ids {
		if !slices.ContainsFunc(nodes, func(n *node) bool { return n.id == id }) {
			return false
		}
	}
	return true
}

func sameIDs(nodes []*node, ids []ID) bool {
	if len(nodes) != len(ids) {
		return false
	}
	for i, n := range nodes {
		if n.id != ids[i] {
			return false
		}
	}
	return true
}
