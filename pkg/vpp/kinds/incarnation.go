package kinds

import (
	"crypto/rand"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// kindIncarnation is the kind of entries in the ledger that tell one
// incarnation of an interface from the next of the same name: an interface of
// ours that is made again, or marked again, is another one, whatever index VPP
// gives it. The key is the interface's name, the digest stands for the
// incarnation.
const kindIncarnation = "InterfaceIncarnation"

func incarnationID(name string) state.ID { return state.ID{Kind: kindIncarnation, Key: name} }

// reincarnate notes that an interface is about to be made, or to be marked as
// ours. It is noted before: were the agent to die in between, what was put on
// the one before is not taken to be on this one.
func reincarnate(v *state.View, name string) error {
	return v.Ledger().Put(incarnationID(name), state.Entry{Digest: rand.Text()})
}

// incarnation is the present one of an interface, "" where none was noted: the
// interface was there before the agent noted such things, and is known by its
// mark alone.
func incarnation(v *state.View, name string) string {
	e, _ := v.Ledger().Get(incarnationID(name))
	return e.Digest
}
