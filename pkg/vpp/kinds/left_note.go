package kinds

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// leftNotes are what the ledger says is left behind, of a kind, at indices whose
// interfaces are gone. They are safe for concurrent use.
type leftNotes struct {
	kind string // of what was put there
	mu   sync.Mutex
	// left is kept here because every event of an interface asks for it.
	left map[place]struct{}
}

func (l *leftNotes) leftKind() string { return l.kind + "Left" }

func (l *leftNotes) leftID(at place) state.ID {
	return state.ID{Kind: l.leftKind(), Key: at.String()}
}

// leftItem is the item that stands for what is left behind at a place, until it
// is taken off there.
func (l *leftNotes) leftItem(at place) state.ID {
	return state.ID{Kind: l.kind, Key: foreignKey("left at " + at.String())}
}

// noteLeft notes that something is left behind. value is what is to be known of it
// later, nil for nothing.
func (l *leftNotes) noteLeft(v *state.View, at place, value json.RawMessage) error {
	data, err := json.Marshal(bindingNote{At: at, Value: value})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left == nil {
		l.left = map[place]struct{}{}
	}
	l.left[at] = struct{}{}
	return v.Ledger().Put(l.leftID(at), state.Entry{Data: data})
}

// leaveAt notes that something is left behind at a place, and returns the
// interface that has the index by then, nil where there is none: of one that
// came before it was noted no event will be heeded.
func (l *leftNotes) leaveAt(ctx context.Context, v *state.View, at place, value json.RawMessage) (next *interfaceDetails, err error) {
	if err := l.noteLeft(v, at, value); err != nil {
		return nil, err
	}
	return oneInterface(ctx, v.Caller(), at.Index)
}

func (l *leftNotes) forgetLeft(v *state.View, at place) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.left, at)
	return v.Ledger().Delete(l.leftID(at))
}

func (l *leftNotes) isLeft(v *state.View, at place) bool {
	_, left := v.Ledger().Get(l.leftID(at))
	return left
}

// allLeft is all that is left behind.
func (l *leftNotes) allLeft(v *state.View) []place {
	var list []place
	for _, id := range v.Ledger().All(l.leftKind()) {
		if n, ok := placeNote(v, id); ok {
			list = append(list, n.At)
		}
	}
	return list
}

// recall reads what the ledger says is left behind.
func (l *leftNotes) recall(v *state.View) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = map[place]struct{}{}
	for _, at := range l.allLeft(v) {
		l.left[at] = struct{}{}
	}
}

// leftAt tells whether something is left behind at an index, or at any.
func (l *leftNotes) leftAt(index uint32) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for at := range l.left {
		if at.Index == index || index == state.AllHandles {
			return true
		}
	}
	return false
}
