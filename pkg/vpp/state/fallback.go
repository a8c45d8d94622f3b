package state

import (
	"slices"
	"time"
)

// Fallback is what an item comes to while nobody wants something else. An
// interface that does not use IPv6 is in its VRF's IPv6 table where the VRF has
// one, and in table 0 where it has none.
type Fallback struct {
	// Unwanted is that identity: while no wish for it counts, Value and Needs
	// stand in for those of the item.
	Unwanted ID
	Value    any
	Needs    []ID
}

// counting is an item as it counts now.
func (e *Engine) counting(item Item) Item {
	if f := item.Fallback; f != nil {
		if n := e.lookup(f.Unwanted); n == nil || n.want == nil {
			item.Value, item.Needs = f.Value, f.Needs
		}
	}
	return item
}

// setFallback notes that a wish comes of an item that may have a fallback.
func (e *Engine) setFallback(w *wish, item Item) {
	if w.item != nil {
		id := w.item.Fallback.Unwanted
		if e.fallbacks[id] = removeWish(e.fallbacks[id], w); len(e.fallbacks[id]) == 0 {
			delete(e.fallbacks, id)
		}
		w.item = nil
	}
	if item.Fallback != nil {
		w.item = &item
		id := item.Fallback.Unwanted
		e.fallbacks[id] = insertWish(e.fallbacks[id], w)
	}
}

// fallBack has the wishes that depend on whether something is wanted changed to
// what counts now.
func (e *Engine) fallBack(id ID) {
	for _, w := range slices.Clone(e.fallbacks[id]) {
		item := e.counting(*w.item)
		e.changeWish(w, item, e.resolver()(item.Needs), time.Since(e.started))
	}
}
