package state

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// crashLimit is how often VPP may die in a row with the same new values before
// they are set aside.
const crashLimit = 3

// crashes finds out what VPP dies of. Suspected is what was changed and has
// not been in VPP for a while yet: some poison kills only at the first packet.
// Where VPP dies again and again with the same suspects, half of them are
// held back from boot to boot until the one is found, which then stays out.
type crashes struct {
	// fresh is what is not proven yet, each once; node.writtenAt is when it was
	// last written, or begun to be. What is not suspected any more has none.
	fresh []*node
	// deaths counts those in a row that have suspects in common.
	deaths   int
	suspects []*node
	// Of the suspects, held are kept out while the others are tried. later
	// are those to be looked at when the culprit among the others is found.
	held, later []*node
	// aside is what VPP was found to die of, with a digest of its spec: as in the
	// ledger.
	aside map[ID]string
}

// suspect notes that a node was written, or may have been.
func (e *Engine) suspect(n *node) {
	if n.proven || n.want == nil {
		return
	}
	n.writtenAt = time.Since(e.started)
	if !n.fresh {
		n.fresh = true
		e.crashes.fresh = append(e.crashes.fresh, n)
	}
}

// unsuspect forgets that a node was ever suspected: its value is another now.
// That may be one of which VPP died before.
func (e *Engine) unsuspect(n *node) {
	n.proven, n.quarantined, n.suspected, n.writtenAt = false, false, false, 0
	e.recall(n)
}

// tidy drops those that were let off, which stay in the lists until somebody
// looks: there may be very many.
func (c *crashes) tidy() {
	off := func(n *node) bool { return !n.suspected }
	c.suspects = slices.DeleteFunc(c.suspects, off)
	c.held = slices.DeleteFunc(c.held, off)
	c.later = slices.DeleteFunc(c.later, off)
}

// died draws conclusions from a death of VPP.
func (e *Engine) died() {
	c := &e.crashes
	c.tidy()
	now := c.fresh
	c.fresh = nil
	now = slices.DeleteFunc(now, func(n *node) bool {
		n.fresh = false
		return n.writtenAt == 0
	})
	// Those that were suspected before, are not held back and were tried again.
	again := slices.DeleteFunc(slices.Clone(c.suspects), func(n *node) bool {
		return n.quarantined || n.writtenAt == 0
	})
	for _, n := range now {
		n.writtenAt = 0
	}
	switch {
	case c.deaths >= crashLimit && len(again) == 0:
		return // something else killed it
	case c.deaths >= crashLimit:
		e.narrow(again)
		return
	case len(again) > 0:
		c.suspects = again
		c.deaths++
	default:
		for _, n := range c.suspects {
			n.suspected = false
		}
		for _, n := range now {
			n.suspected = true
		}
		c.suspects = now
		c.deaths = min(len(now), 1)
	}
	if c.deaths >= crashLimit {
		slices.SortFunc(c.suspects, func(a, b *node) int {
			return cmp.Or(cmp.Compare(a.id.Kind, b.id.Kind), cmp.Compare(a.id.Key, b.id.Key))
		})
		e.log.Info("VPP dies again and again after the same changes", "suspects", len(c.suspects), "first", c.suspects[0].id.String())
		e.halve()
	}
}

// narrow puts off all suspects but those that were tried when VPP died.
func (e *Engine) narrow(tried []*node) {
	c := &e.crashes
	is := make(map[*node]bool, len(tried))
	for _, n := range tried {
		is[n] = true
	}
	for _, n := range c.suspects {
		// Also those whose turn it was and that VPP did not live to see.
		if !is[n] && !n.proven {
			e.quarantine(n, true)
			c.later = append(c.later, n)
		}
	}
	c.held, c.suspects = nil, tried
	e.halve()
}

// halve sets aside the last suspect, and goes on with half of what there is.
func (e *Engine) halve() {
	c := &e.crashes
	if len(c.suspects) == 1 {
		e.setAside(c.suspects[0])
		c.suspects = nil
	}
	e.tryHalf()
}

// tryHalf holds half of the suspects back and lets the others be tried; where
// none is left it goes on to those put off. It returns false, and the search is
// over, where there are none of these either.
func (e *Engine) tryHalf() bool {
	c := &e.crashes
	if len(c.suspects) == 0 {
		c.suspects, c.later = c.later, nil
	}
	if len(c.suspects) == 0 {
		c.deaths = 0
		return false
	}
	keep := (len(c.suspects) + 1) / 2
	for _, n := range c.suspects[:keep] {
		e.quarantine(n, false)
	}
	c.held = slices.Clone(c.suspects[keep:])
	for _, n := range c.held {
		e.quarantine(n, true)
	}
	return true
}

func (e *Engine) quarantine(n *node, aside bool) {
	if n.quarantined != aside {
		n.quarantined = aside
		e.setReason(n, n.reason)
		e.enqueue(n)
		e.wakeDependents(n)
	}
}

// survived lets go of suspicion against what VPP has lived with for a while,
// and tries more of what is held back.
func (e *Engine) survived() {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := &e.crashes
	c.tidy()
	now := time.Since(e.started)
	c.fresh = slices.DeleteFunc(c.fresh, func(n *node) bool {
		switch {
		case n.writtenAt == 0:
			n.fresh = false
		case now-n.writtenAt >= e.opts.CrashWindow:
			n.fresh, n.proven, n.writtenAt = false, true, 0
		}
		return !n.fresh
	})
	if c.deaths < crashLimit {
		c.suspects = slices.DeleteFunc(c.suspects, func(n *node) bool { return n.proven })
		if len(c.suspects) == 0 {
			c.deaths = 0
		}
		return
	}
	var untried []*node
	for _, n := range c.suspects {
		switch {
		case n.proven || n.quarantined:
		case n.fresh:
			return // still being tried
		default: // what it needs may be held back: it is suspected until it was tried
			untried = append(untried, n)
		}
	}
	if !e.status.synced || time.Since(e.status.connectedSince) < e.opts.CrashWindow {
		return
	}
	// None of those tried did it: it is among the others.
	c.suspects, c.held = c.held, nil
	if e.tryHalf() {
		c.suspects = append(c.suspects, untried...)
		e.kick()
	}
}

// watchSurvival looks now and then at what VPP has survived.
func (e *Engine) watchSurvival(ctx context.Context) {
	for pause(ctx, e.opts.CrashWindow/4) {
		e.survived()
	}
}
