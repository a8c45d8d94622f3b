package kinds

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// tenant is who has an index.
type tenant struct {
	// name is what the interface is called here. marked tells that VPP holds our
	// mark on it, without which it may be another one than it was.
	name         string
	ours, marked bool
}

// tenants are the interfaces as a reading of bindings sees them.
type tenants struct {
	view    *state.View
	byIndex map[uint32]tenant
	marked  map[string]uint32
}

func readTenants(ctx context.Context, v *state.View) (*tenants, error) {
	details, err := allInterfaces(ctx, v.Caller())
	if err != nil {
		return nil, err
	}
	t := &tenants{view: v, byIndex: make(map[uint32]tenant, len(details)), marked: map[string]uint32{}}
	for _, d := range details {
		t.add(d)
	}
	return t, nil
}

func (t *tenants) add(d *interfaceDetails) {
	o := tenant{name: interfaceName(t.view, d.SwIfIndex)}
	name, marked := strings.CutPrefix(d.Tag, Mark)
	index, known := t.view.Handle(InterfaceID(name))
	switch id, ours := ourInterface(t.view, d.SwIfIndex); {
	case marked && (!known || index == d.SwIfIndex): // perhaps one that was made just now
		o = tenant{name, true, true}
		t.marked[name] = d.SwIfIndex
	case ours:
		o = tenant{id.Key, true, false}
	}
	t.byIndex[d.SwIfIndex] = o
}

func (t *tenants) name(index uint32) string {
	if o, ok := t.byIndex[index]; ok {
		return o.name
	}
	return interfaceName(t.view, index)
}

// holds tells whether a note says of what is there now.
func (t *tenants) holds(n bindingNote, names []string) bool {
	for name := range n.Made {
		if _, marked := t.marked[name]; !marked {
			return false
		}
	}
	for i, name := range names {
		if index, ok := t.marked[name]; !ok || index != [...]uint32{n.At.Index, n.At.Other}[i] {
			return false
		}
	}
	return n.isOf(t.view)
}

// bindingReading is one look at all bindings of a feature.
type bindingReading[V any] struct {
	*binding[V]
	view    *state.View
	tenants *tenants
	// notes are what the ledger says of what is there, or may be; byPlace are
	// the identities.
	notes   map[state.ID]bindingNote
	byPlace map[place]state.ID
	shown   map[place]V
}

// Read implements [state.Kind]. What is shown at an index that no interface has
// is nowhere in force.
func (b *binding[V]) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	t, err := readTenants(ctx, v)
	if err != nil {
		return err
	}
	r := &bindingReading[V]{
		binding: b, view: v, tenants: t, notes: map[state.ID]bindingNote{}, byPlace: map[place]state.ID{}, shown: map[place]V{},
	}
	if err := r.readNotes(ctx); err != nil {
		return err
	}
	if u, blind := b.feature.(unseen); blind {
		return r.believe(ctx, u.hidden(), found)
	}
	if err := b.shown(ctx, v, noIndex, func(at place, value V) { r.shown[at] = value }); err != nil {
		return err
	}
	for at, value := range r.shown {
		f, ok, err := r.report(ctx, at, value)
		if err != nil {
			return err
		}
		if ok {
			found(f)
		}
	}
	return r.forgetGone()
}

// readNotes looks at what the ledger says. What was put on an interface that
// has the index no more is left behind there.
func (r *bindingReading[V]) readNotes(ctx context.Context) error {
	for _, id := range r.view.Ledger().All(r.Name()) {
		n, ok := placeNote(r.view, id)
		if !ok {
			continue
		}
		names, _ := r.names(id.Key)
		if r.tenants.byIndex[n.At.Index].name != names[0] {
			left, err := r.leave(ctx, id, n, names[0])
			if err != nil {
				return err
			}
			if left {
				continue
			}
		}
		r.notes[id], r.byPlace[n.At] = n, id
	}
	return nil
}

// leave notes that a binding was left behind, unless it is being made just now.
func (r *bindingReading[V]) leave(ctx context.Context, id state.ID, n bindingNote, name string) (left bool, err error) {
	defer r.lock(n.At)()
	if now, ok := placeNote(r.view, id); !ok || now.At != n.At {
		return true, nil // it was made elsewhere meanwhile
	}
	d, err := oneInterface(ctx, r.view.Caller(), n.At.Index)
	if err != nil || d != nil && d.Tag == Mark+name {
		return false, err
	}
	if other, _ := r.view.Ledger().Find(r.Name(), n.At.String()); other == id {
		next, err := r.leaveAt(ctx, r.view, n.At, nil)
		if err != nil {
			return false, err
		}
		if next != nil {
			r.tenants.add(next)
		}
	}
	return true, r.view.Ledger().Delete(id)
}

// report tells what something that VPP shows is.
func (r *bindingReading[V]) report(ctx context.Context, at place, value V) (f state.Found, ok bool, err error) {
	o, there := r.tenants.byIndex[at.Index]
	id, mine := r.byPlace[at]
	if !mine {
		id = state.ID{Kind: r.Name(), Key: r.key(at)}
	}
	names, _ := r.names(id.Key)
	left := r.isLeft(r.view, at)
	stale := state.Found{ID: id, Value: leftBehind[V]{at, value}, Ours: true}
	theirs := state.Found{ID: id, Value: value, Needs: r.needs(id.Key, value)}
	if c, ok := r.feature.(claimer); ok {
		theirs.Claims = c.claims(id.Key)
	}
	switch {
	case mine && r.tenants.holds(r.notes[id], names):
		ours := theirs
		value = r.recalled(r.notes[id], value)
		ours.Ours, ours.Value, ours.Needs = true, value, r.needs(id.Key, value)
		return ours, true, nil
	case !there && left && r.reaches():
		stale.ID = r.leftItem(at)
		return stale, true, nil
	case !there:
		return f, false, nil
	case o.ours && (mine || left || !shared(r.view, o.name)):
		stale.Needs = []state.ID{InterfaceID(o.name)}
		return stale, true, nil
	case !left:
		return theirs, true, nil
	}
	on, known, err := r.working(ctx, r.view, at, value)
	switch {
	case err != nil || !known:
		return f, false, err
	case on:
		return theirs, true, r.forgetLeft(r.view, at)
	}
	stale.ID = r.leftItem(at)
	return stale, true, nil
}

// key is the key of what is at a place.
func (r *bindingReading[V]) key(at place) string {
	words := []string{r.tenants.name(at.Index)}
	if at.Other != noIndex {
		words = append(words, r.tenants.name(at.Other))
	}
	if at.Rest != "" {
		words = append(words, at.Rest)
	}
	return strings.Join(words, " ")
}

// forgetGone forgets what is left behind no more: VPP would show it where the
// index has an owner.
func (r *bindingReading[V]) forgetGone() error {
	for _, at := range r.allLeft(r.view) {
		_, owned := r.tenants.byIndex[at.Index]
		if _, shown := r.shown[at]; owned && !shown {
			if err := r.forgetLeft(r.view, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// believe reports what the ledger says of what VPP does not show, unless it is
// known not to be in force.
func (r *bindingReading[V]) believe(ctx context.Context, hidden []string, found func(state.Found)) error {
	for id, n := range r.notes {
		var value V
		if err := json.Unmarshal(n.Value, &value); err != nil {
			return err
		}
		names, _ := r.names(id.Key)
		f := state.Found{ID: id, Ours: true, Value: leftBehind[V]{n.At, value}, Needs: []state.ID{InterfaceID(names[0])}}
		if r.tenants.holds(n, names) {
			on, known, err := r.working(ctx, r.view, n.At, value)
			if err != nil {
				return err
			}
			if known && !on {
				continue // somebody has taken it off
			}
			f.Value, f.Needs, f.Unverified = value, r.needs(id.Key, value), hidden
		}
		found(f)
	}
	for _, at := range r.allLeft(r.view) {
		if err := r.believeLeft(ctx, at, found); err != nil {
			return err
		}
	}
	return nil
}

// believeLeft reports what VPP does not show and has been left at a place, once an
// interface has the index: of somebody else's only what is known not to be theirs.
func (r *bindingReading[V]) believeLeft(ctx context.Context, at place, found func(state.Found)) error {
	o, owned := r.tenants.byIndex[at.Index]
	if !owned {
		return nil
	}
	if u, blind := r.feature.(unseen); blind && !o.ours {
		if stale, err := u.stale(ctx, r.view, at); err != nil || !stale {
			return err
		}
	}
	found(state.Found{ID: r.leftItem(at), Ours: true, Value: leftBehind[V]{at: at}})
	return nil
}
