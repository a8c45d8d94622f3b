package kinds

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// Apply implements [state.Kind].
func (k *neighbor) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	there, err := k.look(ctx, v, ops)
	state.Each(ops, func(op *state.Op) state.Result {
		switch {
		case op.Verb == state.Delete:
			return state.Result{Err: k.delete(ctx, v, op)}
		case op.Verb == state.Create && err != nil:
			return state.Result{Err: err}
		case there[op.ID] == theirNeighbor:
			return state.Result{Err: &state.ConflictError{With: "a static entry, made by somebody else,"}}
		}
		return state.Result{Err: k.write(ctx, v, op, there[op.ID] == staleNeighbor)}
	})
}

// foundNeighbor is whose the static entry is that is there already where another
// is to be made.
type foundNeighbor uint8

const (
	noNeighbor    foundNeighbor = iota // or our own
	theirNeighbor                      // VPP would replace it, and say nothing
	staleNeighbor                      // ours, of an interface that had the index before
)

// look finds what is there where entries are to be made.
func (k *neighbor) look(ctx context.Context, v *state.View, ops []*state.Op) (map[state.ID]foundNeighbor, error) {
	var looked []neighborDumpRequest
	there := map[state.ID]foundNeighbor{}
	for _, op := range ops {
		index, known, err := onInterface(v, op)
		if op.Verb != state.Create || op.Adopt || err != nil || !known {
			continue
		}
		q := neighborDumpRequest{SwIfIndex: index}
		if _, address, _ := strings.Cut(op.ID.Key, " "); strings.Contains(address, ":") {
			q.AF = 1
		}
		if slices.Contains(looked, q) {
			continue
		}
		looked = append(looked, q)
		for d, err := range neighborDump.Dump(ctx, v.Caller(), &q) {
			if err != nil {
				return nil, err
			}
			id := NeighborID(interfaceName(v, d.Neighbor.SwIfIndex), d.Neighbor.IPAddress)
			there[id] = k.whose(v, id, &d.Neighbor)
		}
	}
	return there, nil
}

func (k *neighbor) whose(v *state.View, id state.ID, n *ipNeighbor) foundNeighbor {
	by, note, noted := k.written(v, id, n.place())
	switch {
	case !n.static(), by == id && (note.Made == nil || k.holds(v, id, note)):
		return noNeighbor
	case noted && note.wrote(n.value()):
		return staleNeighbor
	default:
		return theirNeighbor
	}
}

// holds tells whether a note says of where the interface of an identity is now.
func (k *neighbor) holds(v *state.View, id state.ID, n bindingNote) bool {
	index, there := v.Handle(InterfaceID(firstWord(id.Key)))
	return there && index == n.At.Index && n.isOf(v)
}

// write makes or changes an entry. stale says that one of ours is there which was
// made on another interface.
func (k *neighbor) write(ctx context.Context, v *state.View, op *state.Op, stale bool) error {
	index, _, err := onInterface(v, op)
	if err != nil {
		return err
	}
	q, err := neighborAt(index, op.ID)
	if err != nil {
		return err
	}
	at := q.Neighbor.place()
	if n, ok := placeNote(v, op.ID); ok && n.At != at {
		if err := k.takeAway(ctx, v, op.ID, n.At, n.Value); err != nil {
			return err
		}
	}
	k.turn.RLock()
	defer k.turn.RUnlock()
	want, have := valueOf[Neighbor](op.Want), valueOf[Neighbor](op.Have)
	values := []Neighbor{want}
	if op.Verb == state.Update && have != want {
		values = append(values, have) // should it not come to the change
	}
	if err := k.note(v, op.ID, at, values); err != nil {
		return err
	}
	// One that was learned, or is to be taken over, keeps its flags unless it
	// goes first.
	first := op.Verb == state.Create && want.NoFIBEntry ||
		op.Verb == state.Update && k.Compare(want, have, nil).Change == state.Recreate
	if stale || first {
		if err := k.remove(ctx, v, q); err != nil && !refusedWith(err, retNoSuchIndex) {
			return err
		}
	}
	q.IsAdd, q.Neighbor.MACAddress = true, want.MAC
	if want.Static {
		q.Neighbor.Flags |= neighborStatic
	}
	if want.NoFIBEntry {
		q.Neighbor.Flags |= neighborNoFIB
	}
	_, err = neighborAddDel.Call(ctx, v.Caller(), q)
	switch {
	case err == nil && k.isLeft(v, at):
		return k.forgetLeft(v, at)
	case err != nil && !outcomeUnknown(err) && op.Verb == state.Create:
		return errors.Join(err, v.Ledger().Delete(op.ID))
	}
	return err
}

// neighborAt is a request about the entry of an identity at an index.
func neighborAt(index uint32, id state.ID) (*neighborRequest, error) {
	_, text, _ := strings.Cut(id.Key, " ")
	address, err := netip.ParseAddr(text)
	return &neighborRequest{Neighbor: ipNeighbor{SwIfIndex: index, IPAddress: address}}, err
}

// note writes into the ledger what is there, or will be.
func (k *neighbor) note(v *state.View, id state.ID, at place, values []Neighbor) error {
	value, err := json.Marshal(values)
	if err != nil {
		return err
	}
	name := firstWord(id.Key)
	data, err := json.Marshal(bindingNote{At: at, Made: incarnations{name: incarnation(v, name)}, Value: value})
	if err != nil {
		return err
	}
	return v.Ledger().Put(id, state.Entry{Alias: at.String(), Data: data})
}

func (k *neighbor) delete(ctx context.Context, v *state.View, op *state.Op) error {
	n, noted := placeNote(v, op.ID)
	if have, ok := op.Have.(leftNeighbor); ok {
		if err := k.takeAway(ctx, v, op.ID, have.at, have.values); err != nil {
			return err
		}
		if !noted || n.At == have.at {
			return v.Ledger().Delete(op.ID)
		}
	}
	index, there, err := onInterface(v, op)
	if err != nil {
		return err
	}
	if noted && k.holds(v, op.ID, n) || !noted && there {
		q, err := neighborAt(index, op.ID)
		if err == nil {
			err = k.remove(ctx, v, q)
		}
		if err != nil && !refusedWith(err, retNoSuchIndex) {
			return err
		}
		noted = noted && err != nil // the interface is gone, and may have left it
	}
	if noted {
		if err := k.takeAway(ctx, v, op.ID, n.At, n.Value); err != nil {
			return err
		}
	}
	return v.Ledger().Delete(op.ID)
}

// remove deletes an entry, if it is there.
func (*neighbor) remove(ctx context.Context, v *state.View, q *neighborRequest) error {
	_, err := neighborAddDel.Call(ctx, v.Caller(), q)
	if refusedWith(err, retNoSuchEntry) {
		return nil
	}
	return err
}

// takeAway deletes what was written at a place and is left behind there, unless it
// is another's by now. Where no interface has the index it has to stay, and is
// noted.
func (k *neighbor) takeAway(ctx context.Context, v *state.View, id state.ID, at place, values json.RawMessage) error {
	k.turn.Lock()
	defer k.turn.Unlock()
	if other, ok := v.Ledger().Find(KindNeighbor, at.String()); ok && other != id {
		if n, ok := placeNote(v, other); ok && k.holds(v, other, n) {
			return k.forgetLeft(v, at) // it was written anew, for the next interface
		}
	}
	address, err := netip.ParseAddr(at.Rest)
	if err != nil {
		return err
	}
	for {
		there, err := neighborOf(ctx, v, at.Index, address)
		if err != nil {
			return err
		}
		if there == nil || !there.static() || !(bindingNote{Value: values}).wrote(there.value()) {
			return k.forgetLeft(v, at)
		}
		err = k.remove(ctx, v, &neighborRequest{Neighbor: ipNeighbor{SwIfIndex: at.Index, IPAddress: address}})
		switch {
		case err == nil:
			return k.forgetLeft(v, at)
		case !refusedWith(err, retNoSuchIndex):
			return err
		}
		next, err := k.leaveAt(ctx, v, at, values)
		if next == nil {
			return err
		}
	}
}

// neighborOf is the entry of an address at an index, nil where there is none.
func neighborOf(ctx context.Context, v *state.View, index uint32, address netip.Addr) (*ipNeighbor, error) {
	q := neighborDumpRequest{SwIfIndex: index}
	if address.Is6() {
		q.AF = 1
	}
	all, err := dump(ctx, v.Caller(), neighborDump, &q)
	for _, d := range all {
		if d.Neighbor.IPAddress == address {
			return &d.Neighbor, err
		}
	}
	return nil, err
}
