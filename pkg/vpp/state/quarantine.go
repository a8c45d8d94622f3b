package state

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// kindQuarantine is the kind of entries in the ledger for what was set aside
// because VPP dies of it. The key is the item's kind and key, the digest stands
// for its spec: until that changes it stays out, over boots and restarts of both.
const kindQuarantine = "Quarantine"

func quarantineID(id ID) ID { return ID{kindQuarantine, id.String()} }

// setAside keeps n out until its spec changes.
func (e *Engine) setAside(n *node) {
	e.quarantine(n, true)
	e.happened(n, Event{Type: EventRefused, ID: n.id, Message: "VPP died with it again and again; it is set aside until its spec changes"})
	digest := fingerprint(n.want.spec())
	e.crashes.aside[n.id] = digest
	if err := e.opts.Ledger.Put(quarantineID(n.id), Entry{Digest: digest, Kept: true}); err != nil {
		e.log.Error(err, "A restarted agent will not know what VPP dies of", "item", n.id.String())
	}
}

// remembered is what was set aside before this engine was made.
func remembered(l *Ledger) map[ID]string {
	aside := map[ID]string{}
	for _, id := range l.All(kindQuarantine) {
		entry, _ := l.Get(id)
		kind, key, _ := strings.Cut(id.Key, " ")
		aside[ID{kind, key}] = entry.Digest
	}
	return aside
}

// recall keeps n out if it was set aside as it is wanted now. Where it is wanted
// otherwise by now, or no more, that is forgotten, but not before all that is
// desired was handed in: of several wishes the last may be the one that counts.
func (e *Engine) recall(n *node) {
	digest, ok := e.crashes.aside[n.id]
	switch {
	case !ok:
	case n.want != nil && fingerprint(n.want.spec()) == digest:
		n.quarantined = true
	case e.began && (n.want != nil || n.dropped):
		e.pardon(n.id)
	}
}

// recallAll is recall when all that is desired was handed in. What nobody wants
// may be of a kind that was not.
func (e *Engine) recallAll() {
	for id := range e.crashes.aside {
		if n := e.lookup(id); n != nil && n.want != nil {
			e.recall(n)
		}
	}
}

// pardonUnwanted forgets what was set aside of kinds of which all is known, and
// is not wanted any more.
func (e *Engine) pardonUnwanted(kinds func(string) bool) {
	for id := range e.crashes.aside {
		if n := e.lookup(id); kinds(id.Kind) && (n == nil || n.want == nil) {
			e.pardon(id)
		}
	}
}

// pardon forgets that something was set aside.
func (e *Engine) pardon(id ID) {
	delete(e.crashes.aside, id)
	if err := e.opts.Ledger.Delete(quarantineID(id)); err != nil {
		e.log.Error(err, "A restarted agent will set aside what is tried again", "item", id.String())
	}
}

// spec is the item that a wish comes of.
func (w *wish) spec() Item {
	if w.item != nil {
		return *w.item
	}
	item := Item{ID: w.node.id, Value: w.value, Claims: w.names, Adopt: w.adopt}
	for _, n := range w.needs {
		item.Needs = append(item.Needs, n.id)
	}
	return item
}

// fingerprint stands for all that an item says. It is the same in every
// process.
func fingerprint(item Item) string {
	h := sha256.New()
	spell(h, reflect.ValueOf(item), 0)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// spell writes a value down so that others are written otherwise: pointers as
// what they point at, with what is not exported. Values are shallow; what is
// deeper than any is left out.
func spell(w io.Writer, v reflect.Value, depth int) {
	const deepest = 32
	if depth == deepest {
		return
	}
	switch v.Kind() {
	case reflect.Invalid:
		_, _ = io.WriteString(w, "nil;")
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			_, _ = fmt.Fprintf(w, "%s:", v.Elem().Type())
		}
		spell(w, v.Elem(), depth+1)
	case reflect.Struct:
		for _, field := range v.Fields() {
			spell(w, field, depth+1)
		}
	case reflect.Slice, reflect.Array:
		_, _ = fmt.Fprintf(w, "%d[", v.Len())
		for i := range v.Len() {
			spell(w, v.Index(i), depth+1)
		}
	case reflect.String:
		_, _ = fmt.Fprintf(w, "%q;", v.String())
	default: // numbers and truths; maps are printed in order
		_, _ = fmt.Fprintf(w, "%v;", v)
	}
}
