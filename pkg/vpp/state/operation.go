package state

import (
	"context"
	"time"
)

// Verb is what an operation does.
type Verb uint8

// The verbs.
const (
	Create Verb = iota
	Update
	Delete
)

func (v Verb) String() string { return [...]string{"create", "update", "delete"}[v] }

// Op is one operation for a [Kind] to carry out.
type Op struct {
	Verb Verb
	ID   ID
	// Want is what should be there, nil for Delete.
	Want any
	// Have is what is there, as it was found or written; nil for Create.
	// Applied is the last value written in this boot of VPP, if known.
	Have, Applied any
	// Handle is VPP's number of what is there.
	Handle uint32
	// Adopt is true where what is there is not ours yet.
	Adopt bool

	done    func(*Op, Result)
	node    *node
	wish    *wish // at what state of it
	changes int32
	needs   []*node
	claims  []string
	begun   time.Time
}

// Result is the outcome of an operation. Its zero value is success.
type Result struct {
	// Err is nil, or why it was not done. Beyond the client's errors these are
	// understood: [ConflictError], [WaitError], [UnsupportedError].
	Err error
	// Have is what is there now where that is not what was wanted: after an
	// error, what was reached; nil then means that nothing changed.
	Have any
	// Handle is VPP's number of what was created. HasHandle tells that there is one.
	Handle    uint32
	HasHandle bool
	// Overridden and Unverified are as in [Found].
	Overridden string
	Unverified []string
	// Disturbs are items of other kinds that VPP may treat differently now; they
	// are read again, by their [Refresher].
	Disturbs []ID
	// Reread asks for the kind to be read once things are quiet, because the
	// answer alone does not prove the operation.
	Reread bool
	// Rereads asks for the same for other kinds, of which the operation may have
	// put something out of force.
	Rereads []string
	// Explain asks for this one only, of an [Explainer]: whether VPP holds it
	// without showing it.
	Explain bool
}

// Done reports the outcome. It must be called exactly once, from any goroutine.
func (o *Op) Done(r Result) { o.done(o, r) }

// Do has a kind carry out one operation, for tests of kinds.
func Do(ctx context.Context, k Kind, v *View, op Op) Result {
	var result Result
	op.done = func(_ *Op, r Result) { result = r }
	k.Apply(ctx, v, []*Op{&op})
	return result
}
