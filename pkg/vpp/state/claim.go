package state

import (
	"slices"
	"strings"
)

// Shared is a claim that several items may have at once, while none has name
// itself as a claim: an interface has addresses of its own, or it borrows those
// of another.
func Shared(name string) string { return sharedPrefix + name }

const sharedPrefix = "\x00"

// claim is something only one item may have.
type claim struct {
	name    string
	wishes  []*wish
	holders map[*node]struct{} // what is in VPP with it, or about to be, and ours
	// other is, of one that may be shared, what claims it alone, and the reverse;
	// nil where nobody shares it.
	other  *claim
	shared bool
}

// against are the claims that what has this one may not meet.
func (c *claim) against() []*claim {
	switch {
	case c.shared:
		return []*claim{c.other}
	case c.other != nil:
		return []*claim{c, c.other}
	default:
		return []*claim{c}
	}
}

// claim returns the claim of a name, which it makes if there is none.
func (e *Engine) claim(name string) *claim {
	c := e.claims[name]
	if c == nil {
		c = &claim{name: name}
		e.claims[name] = c
		if alone, shared := strings.CutPrefix(name, sharedPrefix); shared {
			c.shared, c.other = true, e.claim(alone)
			c.other.other = c
		}
	}
	return c
}

// isWanted tells whether something desired has a claim.
func (e *Engine) isWanted(claim string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.claims[claim]
	return c != nil && len(c.wishes) > 0
}

func (e *Engine) releaseClaim(c *claim) {
	unused := func(c *claim) bool { return len(c.wishes) == 0 && len(c.holders) == 0 }
	switch {
	case !unused(c):
	case c.other == nil:
		delete(e.claims, c.name)
	case unused(c.other):
		delete(e.claims, c.name)
		delete(e.claims, c.other.name)
	}
}

func (c *claim) add(n *node) {
	if c.holders == nil {
		c.holders = map[*node]struct{}{}
	}
	c.holders[n] = struct{}{}
}

// let takes a claim from what held it, and has those look that wait for it.
func (e *Engine) let(c *claim, n *node) {
	delete(c.holders, n)
	for _, x := range c.against() {
		for _, w := range x.wishes {
			e.enqueue(w.node)
		}
	}
	e.releaseClaim(c)
}

// takeClaims records what a node holds.
func (e *Engine) takeClaims(n *node, claims []string) {
	for _, name := range claims {
		c := e.claim(name)
		c.add(n)
		n.claims = append(n.claims, c)
	}
}

// dropClaims records that a node holds nothing.
func (e *Engine) dropClaims(n *node) {
	claims := n.claims
	n.claims = nil
	for _, c := range claims {
		e.let(c, n)
	}
}

// rehold records that something in VPP holds other claims than was thought.
func (e *Engine) rehold(n *node, claims []*claim) {
	old := n.claims
	n.claims = slices.Clone(claims)
	for _, c := range claims {
		c.add(n)
	}
	for _, c := range old {
		if !slices.Contains(claims, c) {
			e.let(c, n)
		}
	}
}

// heldElsewhere returns something else in VPP that stands against a claim of a
// wish and will let go of it.
func heldElsewhere(n *node, w *wish) *node {
	for _, c := range w.claims {
		for _, x := range c.against() {
			for h := range x.holders {
				if h != n {
					return h
				}
			}
		}
	}
	return nil
}

func (e *Engine) claimFor(w *wish) {
	w.claims = nil
	for _, name := range w.names {
		c := e.claim(name)
		c.wishes = insertWish(c.wishes, w)
		w.claims = append(w.claims, c)
	}
}

func (e *Engine) unclaim(w *wish) {
	claims := w.claims
	w.claims = nil
	for _, c := range claims {
		c.wishes = removeWish(c.wishes, w)
		for _, x := range c.against() {
			for _, o := range slices.Clone(x.wishes) {
				e.contend(o)
			}
		}
		e.releaseClaim(c)
	}
}

// claimedBefore names the owner of an older wish that wins a claim of w, "" where
// there is none.
func claimedBefore(w *wish) string {
	for _, c := range w.claims {
		for _, x := range c.against() {
			if loses := olderWinner(w, x.wishes); loses != "" {
				return loses
			}
		}
	}
	return ""
}

// contendClaims has the younger wishes decide again that stand against one of
// w's claims.
func (e *Engine) contendClaims(w *wish) {
	for _, c := range w.claims {
		for _, x := range c.against() {
			for _, o := range younger(w, x.wishes) {
				e.contend(o)
			}
		}
	}
}
