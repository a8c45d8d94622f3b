package kinds

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// incarnations are those of interfaces, by their names.
type incarnations map[string]string

// bindingNote is the data of a binding's entry in the ledger, and of the entry
// of what is left behind at an index.
type bindingNote struct {
	At place `json:"at"`
	// Made are the incarnations of all interfaces that it needs, once it is on.
	Made incarnations `json:"made,omitempty"`
	// Value is what was put on, where VPP does not show it, or not all of it.
	Value json.RawMessage `json:"value,omitempty"`
}

// isOf tells whether a binding was put on, and on the present incarnations of
// its interfaces.
func (n bindingNote) isOf(v *state.View) bool {
	for name, made := range n.Made {
		if incarnation(v, name) != made {
			return false
		}
	}
	return len(n.Made) > 0
}

// note is what the ledger says of a binding.
func (b *binding[V]) note(v *state.View, id state.ID) (n bindingNote, ok bool) {
	e, ok := v.Ledger().Get(id)
	if !ok || json.Unmarshal(e.Data, &n) != nil {
		return bindingNote{}, false
	}
	return n, true
}

// isDone tells whether a binding of ours was put on at a place.
func (b *binding[V]) isDone(v *state.View, at place) bool {
	id, ok := v.Ledger().Find(b.Name(), at.String())
	if !ok {
		return false
	}
	n, ok := b.note(v, id)
	return ok && n.isOf(v)
}

// write notes where a binding is, and, once it is on, of what.
func (b *binding[V]) write(v *state.View, id state.ID, at place, made incarnations, value V) error {
	n := bindingNote{At: at, Made: made}
	_, blind := b.feature.(unseen)
	_, isHalf := b.feature.(half[V])
	if blind || isHalf {
		data, err := json.Marshal(value)
		if err != nil {
			return err
		}
		n.Value = data
	}
	data, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return v.Ledger().Put(id, state.Entry{Alias: at.String(), Data: data})
}

// recalled is what VPP shows of a binding that a note says of, with what it does
// not show as it was put on.
func (b *binding[V]) recalled(n bindingNote, shown V) V {
	h, ok := b.feature.(half[V])
	var put V
	if !ok || json.Unmarshal(n.Value, &put) != nil {
		return shown // also by a ledger that does not say
	}
	return h.whole(shown, put)
}

// leftKind is the kind of entries in the ledger for what is left behind.
func (b *binding[V]) leftKind() string { return b.Name() + "Left" }

func (b *binding[V]) leftID(at place) state.ID {
	return state.ID{Kind: b.leftKind(), Key: at.String()}
}

// leftItem is the item that stands for what is left behind at a place, until it
// is taken off there.
func (b *binding[V]) leftItem(at place) state.ID {
	return state.ID{Kind: b.Name(), Key: foreignKey("left at " + at.String())}
}

func (b *binding[V]) noteLeft(v *state.View, at place) error {
	data, err := json.Marshal(bindingNote{At: at})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left == nil {
		b.left = map[place]struct{}{}
	}
	b.left[at] = struct{}{}
	return v.Ledger().Put(b.leftID(at), state.Entry{Data: data})
}

// leaveAt notes that something is left behind at a place, and returns the
// interface that has the index by then, nil where there is none: of one that
// came before it was noted no event will be heeded.
func (b *binding[V]) leaveAt(ctx context.Context, v *state.View, at place) (next *interfaceDetails, err error) {
	if err := b.noteLeft(v, at); err != nil {
		return nil, err
	}
	return oneInterface(ctx, v.Caller(), at.Index)
}

func (b *binding[V]) forgetLeft(v *state.View, at place) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.left, at)
	return v.Ledger().Delete(b.leftID(at))
}

func (b *binding[V]) isLeft(v *state.View, at place) bool {
	_, left := v.Ledger().Get(b.leftID(at))
	return left
}

// allLeft is all that is left behind.
func (b *binding[V]) allLeft(v *state.View) []place {
	var list []place
	for _, id := range v.Ledger().All(b.leftKind()) {
		if n, ok := b.note(v, id); ok {
			list = append(list, n.At)
		}
	}
	return list
}

// recall reads what the ledger says is left behind.
func (b *binding[V]) recall(v *state.View) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = map[place]struct{}{}
	for _, at := range b.allLeft(v) {
		b.left[at] = struct{}{}
	}
}

// leftAt tells whether something is left behind at an index, or at any.
func (b *binding[V]) leftAt(index uint32) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for at := range b.left {
		if at.Index == index || index == state.AllHandles {
			return true
		}
	}
	return false
}

// joined is an error and what came on top of it, or the error as it is.
func joined(err, more error) error {
	if more == nil {
		return err
	}
	return errors.Join(err, more)
}
