package state

import (
	"slices"
	"time"
)

// Set says what an owner wants, in place of what it wanted before. What is
// the same stays untouched.
func (e *Engine) Set(o Owner, s Spec) {
	e.mu.Lock()
	defer e.mu.Unlock()
	own := e.owners[o]
	if own != nil && (own.name.Key != s.Name || !own.since.Equal(s.Since)) {
		e.disown(own) // another object of the same name; what it had in VPP may stay
		own = nil
	}
	if own == nil {
		own = &owner{id: o, name: ID{o.Kind, s.Name}, since: s.Since}
		e.owners[o] = own
		e.enterName(own)
	}
	own.generation = s.Generation

	old := make(map[ID]*wish, len(own.wishes))
	for _, w := range own.wishes {
		old[w.node.id] = w
	}
	wishes := make([]*wish, 0, len(s.Items))
	resolve := e.resolver()
	now := time.Since(e.started)
	for _, item := range s.Items {
		w := old[item.ID]
		counts := e.counting(item)
		if w != nil {
			delete(old, item.ID)
			e.setFallback(w, item)
			e.changeWish(w, counts, resolve(counts.Needs), now)
		} else {
			if twice(own, e.lookup(item.ID)) {
				continue // the first counts: a second wish would never be found again
			}
			w = &wish{
				value: counts.Value, names: item.Claims, adopt: item.Adopt,
				owner: own, node: e.node(item.ID), needs: hold(resolve(counts.Needs)), since: now,
			}
			e.setFallback(w, item)
			e.addWish(w)
		}
		wishes = append(wishes, w)
	}
	for _, w := range old {
		e.dropWish(w)
	}
	own.wishes = wishes
	e.tell(own)
	e.kick()
}

// twice tells whether an owner wishes for a node already.
func twice(own *owner, n *node) bool {
	return n != nil && slices.ContainsFunc(n.wishes, func(w *wish) bool { return w.owner == own })
}

// Remove says that an owner wants nothing any more.
func (e *Engine) Remove(o Owner) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if own := e.owners[o]; own != nil {
		e.disown(own)
		e.kick()
	}
}

// disown forgets an owner and all it wants.
func (e *Engine) disown(own *owner) {
	for _, w := range own.wishes {
		e.dropWish(w)
	}
	delete(e.owners, own.id)
	e.leaveName(own)
}

// ownerOf is [View.Owner].
func (e *Engine) ownerOf(id ID) (o Owner, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := e.lookup(id); n != nil && n.want != nil {
		return n.want.owner.id, true
	}
	return o, false
}

// resolver turns needs into nodes, once for items that share the slice.
func (e *Engine) resolver() func([]ID) []*node {
	var last []ID
	var nodes []*node
	return func(ids []ID) []*node {
		if len(ids) == 0 {
			return nil
		}
		if len(last) == len(ids) && &last[0] == &ids[0] {
			return nodes
		}
		last, nodes = ids, make([]*node, len(ids))
		for i, id := range ids {
			nodes[i] = e.node(id)
		}
		return nodes
	}
}

func (e *Engine) addWish(w *wish) {
	n := w.node
	n.wishes = insertWish(n.wishes, w)
	e.claimFor(w)
	n.kind.losers++ // until it wins
	w.loses = "?"
	e.contend(w)
}

func (e *Engine) dropWish(w *wish) {
	n := w.node
	e.setFallback(w, Item{})
	n.wishes = removeWish(n.wishes, w)
	if w.loses != "" {
		n.kind.losers--
	}
	if n.want == w {
		e.choose(n)
	}
	for _, x := range slices.Clone(n.wishes) {
		e.contend(x)
	}
	e.unclaim(w)
	e.letGo(w.needs)
	e.account(n)
	e.enqueue(n)
}

// hold keeps nodes from being forgotten while something points at them.
func hold(nodes []*node) []*node {
	for _, n := range nodes {
		n.refs++
	}
	return nodes
}

func (e *Engine) letGo(nodes []*node) {
	for _, n := range nodes {
		n.refs--
		e.release(n)
	}
}

// changeWish gives a wish another item of the same identity.
func (e *Engine) changeWish(w *wish, item Item, needs []*node, now time.Duration) {
	n := w.node
	same := n.kind.kind == nil ||
		n.kind.kind.Compare(item.Value, w.value, w.value).Change == Same && item.Adopt == w.adopt
	if same {
		item.Value = w.value
	}
	if !slices.Equal(item.Claims, w.names) {
		w.names = item.Claims
		e.unclaim(w)
		e.claimFor(w)
		e.contend(w)
		e.contendClaims(w)
		same = false
	}
	if !slices.Equal(needs, w.needs) {
		old := w.needs
		w.needs = hold(needs)
		if n.want == w {
			e.relink(n)
		}
		e.letGo(old)
		same = false
	}
	w.value, w.adopt = item.Value, item.Adopt
	if n.want != w {
		return
	}
	if same && n.err == nil && !n.quarantined {
		return
	}
	// Also where only the object's generation changed: whoever edits it wants
	// another try.
	if !same {
		w.since = now
		w.changes++
		n.settled = false
		e.unsuspect(n)
		e.unsettle(n)
	}
	e.forgive(n)
	e.enqueue(n)
}

// contend decides whether a wish wins its identity and all its claims, and has
// younger ones decide again where that changes.
func (e *Engine) contend(w *wish) {
	loses := w.owner.loses
	if loses == "" {
		loses = olderWinner(w, w.node.wishes)
	}
	if loses == "" {
		loses = claimedBefore(w)
	}
	if loses == w.loses {
		return
	}
	if (loses == "") != (w.loses == "") {
		if loses == "" {
			w.node.kind.losers--
		} else {
			w.node.kind.losers++
		}
	}
	was := w.loses
	w.loses = loses
	e.tell(w.owner)
	if (was == "") == (loses == "") {
		return
	}
	e.choose(w.node)
	for _, x := range younger(w, w.node.wishes) {
		e.contend(x)
	}
	e.contendClaims(w)
}

// choose finds the wish that counts.
func (e *Engine) choose(n *node) {
	var want *wish
	for _, w := range n.wishes {
		if w.loses == "" {
			want = w
			break
		}
	}
	if want == n.want {
		return
	}
	n.want = want
	n.dropped = want == nil
	n.settled, n.surplus = false, false
	e.unsuspect(n)
	n.reason = Pending
	n.differ(nil)
	e.forgive(n)
	e.relink(n)
	e.account(n)
	e.enqueue(n)
	// A need that is wanted now, or no more, matters to what needs it.
	e.wakeDependents(n)
	e.fallBack(n.id)
}

func olderWinner(w *wish, among []*wish) string {
	for _, x := range among {
		if x == w || !wishBefore(x, w) {
			return ""
		}
		if x.loses == "" {
			return x.owner.id.String()
		}
	}
	return ""
}

// younger are the wishes after w, which may be among them or not, in a slice of
// their own.
func younger(w *wish, among []*wish) []*wish {
	i := slices.IndexFunc(among, func(x *wish) bool { return x == w || !wishBefore(x, w) })
	if i >= 0 && among[i] == w {
		i++
	}
	if i < 0 || i == len(among) {
		return nil
	}
	return slices.Clone(among[i:])
}

func wishBefore(a, b *wish) bool {
	if a.owner != b.owner {
		return a.owner.before(b.owner)
	}
	if a.node.id.Kind != b.node.id.Kind {
		return a.node.id.Kind < b.node.id.Kind
	}
	return a.node.id.Key < b.node.id.Key
}

func insertWish(list []*wish, w *wish) []*wish {
	if slices.Contains(list, w) { // an item that names a claim twice
		return list
	}
	i := 0
	for i < len(list) && wishBefore(list[i], w) {
		i++
	}
	return slices.Insert(list, i, w)
}

func removeWish(list []*wish, w *wish) []*wish {
	if i := slices.Index(list, w); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

// enterName finds out whether an older owner is called alike.
func (e *Engine) enterName(own *owner) {
	c := e.names[own.name]
	if c == nil {
		c = &nameClaim{}
		e.names[own.name] = c
	}
	i := 0
	for i < len(c.owners) && c.owners[i].before(own) {
		i++
	}
	c.owners = slices.Insert(c.owners, i, own)
	e.rename(c)
}

func (e *Engine) leaveName(own *owner) {
	c := e.names[own.name]
	if i := slices.Index(c.owners, own); i >= 0 {
		c.owners = slices.Delete(c.owners, i, i+1)
	}
	if len(c.owners) == 0 {
		delete(e.names, own.name)
		return
	}
	e.rename(c)
}

// rename lets the oldest of a name have it.
func (e *Engine) rename(c *nameClaim) {
	// The loser goes before the winner comes: both want the same identities.
	for i, own := range slices.Backward(c.owners) {
		loses := ""
		if i > 0 {
			loses = c.owners[0].id.String()
		}
		if own.loses == loses {
			continue
		}
		own.loses = loses
		for _, w := range slices.Clone(own.wishes) {
			e.contend(w)
		}
		e.tell(own)
	}
}

// tell reports, once until it looks, that an owner should look.
func (e *Engine) tell(own *owner) {
	if own.told || e.opts.Changed == nil {
		return
	}
	own.told = true
	e.opts.Changed(own.id)
}

func (e *Engine) tellNode(n *node) {
	if n.want != nil {
		e.tell(n.want.owner)
	}
}
