package kinds

import (
	"context"
	"reflect"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// neighborReading is one look at all neighbour entries.
type neighborReading struct {
	*neighbor
	view    *state.View
	tenants *tenants
	// notes are what the ledger said when the reading began; unseen are the entries
	// of the ledger, by places, that VPP has shown nothing of yet.
	notes  map[state.ID]bindingNote
	unseen map[place][]state.ID
}

// Read implements [state.Kind].
func (k *neighbor) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	r := &neighborReading{neighbor: k, view: v, notes: map[state.ID]bindingNote{}, unseen: map[place][]state.ID{}}
	for _, kind := range []string{KindNeighbor, k.leftKind()} {
		for _, id := range v.Ledger().All(kind) {
			if n, ok := placeNote(v, id); ok {
				r.notes[id], r.unseen[n.At] = n, append(r.unseen[n.At], id)
			}
		}
	}
	var err error
	if r.tenants, err = readTenants(ctx, v); err != nil {
		return err
	}
	for family := range uint8(2) {
		for d, err := range neighborDump.Dump(ctx, v.Caller(), &neighborDumpRequest{noIndex, family}) {
			if err != nil {
				return err
			}
			delete(r.unseen, d.Neighbor.place())
			f, ok, err := r.report(ctx, &d.Neighbor)
			if err != nil {
				return err
			}
			if ok {
				found(f)
			}
		}
	}
	for at, ids := range r.unseen {
		for _, id := range ids {
			if err := r.forget(at, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// report tells what an entry that VPP shows is.
func (r *neighborReading) report(ctx context.Context, n *ipNeighbor) (f state.Found, ok bool, err error) {
	at, value := n.place(), n.value()
	name := r.tenants.name(at.Index)
	f = state.Found{ID: NeighborID(name, n.IPAddress), Needs: NeighborNeeds(name), Value: value}
	by, note, noted := r.written(r.view, f.ID, at)
	switch {
	case by == f.ID && (note.Made == nil || r.tenants.holds(note, []string{name})):
		f.Ours = true
	case noted && value.Static && note.wrote(value):
		if ok, err = r.removable(ctx, by, note); !ok {
			return f, false, err
		}
		// The name may be that of one that came meanwhile.
		name = r.tenants.name(at.Index)
		f = state.Found{ID: NeighborID(name, n.IPAddress), Needs: NeighborNeeds(name), Value: leftNeighbor{at, note.Value}, Ours: true}
		if !r.tenants.byIndex[at.Index].ours {
			f.ID, f.Needs = r.leftItem(at), nil
		}
	case noted: // somebody else has written it anew
		return f, value.Static, r.forget(at, by)
	case !value.Static:
		return f, false, nil
	}
	return f, true, nil
}

// removable tells whether an interface has the index at which an entry was left
// behind: before that it cannot be taken away, and is noted.
func (r *neighborReading) removable(ctx context.Context, by state.ID, n bindingNote) (bool, error) {
	if _, there := r.tenants.byIndex[n.At.Index]; there {
		return true, nil
	}
	next, err := r.leaveAt(ctx, r.view, n.At, n.Value)
	if err != nil {
		return false, err
	}
	if next != nil {
		r.tenants.add(next)
	}
	if by.Kind == KindNeighbor {
		err = r.forget(n.At, by)
	}
	return next != nil, err
}

// forget takes an entry out of the ledger of which there is nothing at a place any
// more: of what is left behind, or of what was written on an interface that is
// gone. What has been written since the reading began stays.
func (r *neighborReading) forget(at place, id state.ID) error {
	if id.Kind != KindNeighbor {
		return r.forgetLeft(r.view, at)
	}
	r.turn.Lock()
	defer r.turn.Unlock()
	was := r.notes[id]
	now, ok := placeNote(r.view, id)
	if !ok || !reflect.DeepEqual(was, now) || r.tenants.holds(now, []string{firstWord(id.Key)}) {
		return nil
	}
	return r.view.Ledger().Delete(id)
}
