package state

import (
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// View is what a [Kind] sees of the rest while it reads or applies: the
// session, the numbers VPP gave to other items, who wants them, the ledger and
// secrets. It is safe for concurrent use and belongs to one session: after that
// its caller refuses everything.
type View struct {
	session *vpp.Session
	handles *handles
	ledger  *Ledger
	secret  func(name, key string) ([]byte, error)
	wanted  func(claim string) bool
	owner   func(ID) (Owner, bool)
}

// NewView makes a view of a session in which nothing is known yet, for tests of
// kinds: an engine's views look at what it knows.
func NewView(s *vpp.Session, l *Ledger, secret func(name, key string) ([]byte, error)) *View {
	return &View{
		session: s, handles: &handles{}, ledger: l, secret: secret,
		wanted: func(string) bool { return false }, owner: func(ID) (Owner, bool) { return Owner{}, false },
	}
}

// Record makes known what was found, for those that ask later.
func (v *View) Record(f Found) {
	if f.HasHandle {
		v.handles.set(f.ID, f.Handle, f.Ours)
	}
}

// Caller is what calls are made on.
func (v *View) Caller() vpp.Caller { return v.session }

// Handle returns VPP's number for an item that is there.
func (v *View) Handle(id ID) (uint32, bool) { return v.handles.get(id) }

// Lookup is the reverse of Handle.
func (v *View) Lookup(kind string, handle uint32) (ID, bool) { return v.handles.lookup(kind, handle) }

// Ours tells whether an item that has a handle is ours.
func (v *View) Ours(id ID) bool { return v.handles.isOurs(id) }

// Ledger is what was noted on the node about things VPP cannot mark.
func (v *View) Ledger() *Ledger { return v.ledger }

// Owner is whose wish for an item counts; ok is false where nobody wants it.
func (v *View) Owner(id ID) (o Owner, ok bool) { return v.owner(id) }

// Secret reads a value that items only refer to.
func (v *View) Secret(name, key string) ([]byte, error) { return v.secret(name, key) }

// Wanted tells whether a desired item has a claim, for what is to choose another.
func (v *View) Wanted(claim string) bool { return v.wanted(claim) }

// handles maps identities to VPP's numbers and back. They are those of one
// session; at its end they are forgotten.
type handles struct {
	mu  sync.RWMutex
	ids map[ID]handle
	by  map[string]map[uint32]ID
}

type handle struct {
	number uint32
	ours   bool
}

func (h *handles) get(id ID) (uint32, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	n, ok := h.ids[id]
	return n.number, ok
}

func (h *handles) isOurs(id ID) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.ids[id].ours
}

func (h *handles) lookup(kind string, number uint32) (ID, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	id, ok := h.by[kind][number]
	return id, ok
}

func (h *handles) set(id ID, number uint32, ours bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(id)
	if h.ids == nil {
		h.ids, h.by = map[ID]handle{}, map[string]map[uint32]ID{}
	}
	h.ids[id] = handle{number, ours}
	if h.by[id.Kind] == nil {
		h.by[id.Kind] = map[uint32]ID{}
	}
	h.by[id.Kind][number] = id
}

func (h *handles) delete(id ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(id)
}

// drop removes an identity; a number that another has by now stays.
func (h *handles) drop(id ID) {
	if old, ok := h.ids[id]; ok {
		delete(h.ids, id)
		if h.by[id.Kind][old.number] == id {
			delete(h.by[id.Kind], old.number)
		}
	}
}
