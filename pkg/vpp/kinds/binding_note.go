package kinds

import (
	"encoding/json"
	"errors"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// incarnations are those of interfaces, by their names.
type incarnations map[string]string

// bindingNote is the data of the entry in the ledger of a binding, or of what else
// is put on an interface, and of what is left behind at an index.
type bindingNote struct {
	At place `json:"at"`
	// Made are the incarnations of all interfaces that it needs, once it is on.
	Made incarnations `json:"made,omitempty"`
	// Value is what was put on, where that is to be known later: where VPP does
	// not show it, or not all of it, or where somebody else's is to be told from
	// ours.
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

// placeNote is what an entry of the ledger says of where something was put.
func placeNote(v *state.View, id state.ID) (n bindingNote, ok bool) {
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
	n, ok := placeNote(v, id)
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

// joined is an error and what came on top of it, or the error as it is.
func joined(err, more error) error {
	if more == nil {
		return err
	}
	return errors.Join(err, more)
}
