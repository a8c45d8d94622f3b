package state

import (
	"context"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// Kind is how one sort of item lives in VPP. The methods are called from
// several goroutines at a time. Calls are made on the view's caller and end
// when ctx does; a stale index is never used because indices are asked of the
// view when a step runs.
type Kind interface {
	// Name is the Kind of the items' identities.
	Name() string

	// Probe tells whether this VPP has the messages that the kind needs: nil or
	// an error that says what is missing (see [UnsupportedError]).
	Probe(c vpp.Caller) error

	// Read reports all of this kind that VPP holds, ours or not, in canonical
	// form. Kinds are read in the order of [Options].Kinds, so that handles of
	// kinds before this one can be looked up. An error means that nothing is
	// known: a failed dump is not an empty one. found may keep what it is given.
	Read(ctx context.Context, v *View, found func(Found)) error

	// Compare tells what it takes to make have into want. applied is the value
	// that was last written in this boot of VPP, nil where that is not known:
	// fields that VPP cannot show are compared with it, and are taken to be
	// right where it is nil.
	Compare(want, have, applied any) Difference

	// Apply carries out operations that do not depend on each other, as many at
	// once as VPP takes, and calls Done on each as soon as its outcome is known.
	// It returns when all are done. Creating what is there already, as wanted and
	// ours, and deleting what is absent succeed.
	Apply(ctx context.Context, v *View, ops []*Op)

	// Loss is what becomes of an item in VPP when something it needs is deleted
	// by somebody else.
	Loss() Loss
}

// Loss is what becomes of an item whose need is gone.
type Loss uint8

const (
	// Cleaned says that VPP takes it away too.
	Cleaned Loss = iota
	// Stale says that it stays, and may act on whatever takes the place of the need. It
	// is deleted at once.
	Stale
)

// Opener is a [Kind] that has to prepare each session, before anything is read.
type Opener interface {
	Open(ctx context.Context, v *View) error
}

// Explainer is a [Kind] that VPP may hold without showing it. Explain is given
// what is wanted, was written and was not found by Read, and reports those
// that are there all the same, with Found.Overridden.
type Explainer interface {
	Explain(ctx context.Context, v *View, missing []ID, wants []any, found func(Found)) error
}

// Describer is a [Kind] whose identities need other words than kind and key
// where a user reads of them: "IPv4 table of VRF blue".
type Describer interface {
	Describe(key string) string
}

// Watcher is a [Kind] whose events tell when to read it again. Watch calls
// changed for what an event says: a handle that is gone (deleted true), or
// that something changed. Of a handle that is not known nothing is concluded;
// [AllHandles] has all of the kind read. It returns when ctx ends or events
// cannot be had.
type Watcher interface {
	Watch(ctx context.Context, v *View, changed func(handle uint32, deleted bool)) error
}

// AllHandles stands for all things of a kind: no handle is this number.
const AllHandles = ^uint32(0)

// Refresher is a [Kind] of which a single thing can be read again: when an
// event names it, something else disturbed it, or VPP refused a step of it. have
// is what it was, nil where it was not there. What is not found is taken to be as
// it was; where that does not do, an error has the whole kind read.
type Refresher interface {
	Refresh(ctx context.Context, v *View, id ID, have any, found func(Found)) error
}

// Found is something that VPP holds.
type Found struct {
	ID ID
	// Value is what it is, in canonical form.
	Value any
	// Handle is VPP's number for it, where it has one that others need, such as
	// a sw_if_index. HasHandle tells.
	Handle    uint32
	HasHandle bool
	// Ours is true where VPP's mark, the ledger or what it hangs on says so.
	Ours bool
	// Builtin is true of what every VPP has: it does not count as somebody
	// else's.
	Builtin bool
	// Needs and Claims are as in [Item].
	Needs  []ID
	Claims []string
	// Overridden names whose is preferred to ours, "" where ours is in force.
	Overridden string
	// Unverified are the fields that VPP cannot show.
	Unverified []string
}

// Change is how one value becomes another.
type Change uint8

const (
	// Same says that there is nothing to do.
	Same Change = iota
	// InPlace says that an Update does it.
	InPlace
	// Recreate says that it must be deleted, with all that needs it, and created.
	Recreate
)

// Difference is what tells two values apart.
type Difference struct {
	Change Change
	// Fields are the names of what differs, as users write them.
	Fields []string
}

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

// Verbs are the steps of a kind, one for each verb: what [Kind.Apply] is for
// kinds that make, change and delete in different ways and have not many items.
type Verbs struct {
	Create, Update func(ctx context.Context, v *View, op *Op) Result
	Delete         func(ctx context.Context, v *View, op *Op) error
}

// Apply carries out ops as [Each] does, each with the step of its verb.
func (s Verbs) Apply(ctx context.Context, v *View, ops []*Op) {
	Each(ops, func(op *Op) Result {
		switch op.Verb {
		case Create:
			return s.Create(ctx, v, op)
		case Update:
			return s.Update(ctx, v, op)
		default:
			return Result{Err: s.Delete(ctx, v, op)}
		}
	})
}

// Each carries out ops one by one, at most 64 at a time, with f: what
// [Kind.Apply] is for kinds without many items.
func Each(ops []*Op, f func(*Op) Result) {
	const limit = 64
	if len(ops) == 1 {
		ops[0].Done(f(ops[0]))
		return
	}
	next := make(chan *Op)
	finished := make(chan struct{})
	workers := min(limit, len(ops))
	for range workers {
		go func() {
			for o := range next {
				o.Done(f(o))
			}
			finished <- struct{}{}
		}()
	}
	for _, o := range ops {
		next <- o
	}
	close(next)
	for range workers {
		<-finished
	}
}
