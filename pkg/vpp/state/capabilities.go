package state

import "context"

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
// ready once VPP sends them: nothing is read before, so that what happens
// during the first reading is not missed. It calls changed for what an event
// says: a handle that is gone (deleted true), or that something changed. An
// event may be late: the handle may be that of the next thing by then, which a
// [Refresher] is asked for. Of a handle that is not known nothing is concluded,
// unless it may be that of something read or made just now; [AllHandles] has
// all of the kind read. It returns when ctx ends or events cannot be had.
type Watcher interface {
	Watch(ctx context.Context, v *View, ready func(), changed func(handle uint32, deleted bool)) error
}

// AllHandles stands for all things of a kind: no handle is this number.
const AllHandles = ^uint32(0)

// Refresher is a [Kind] of which a single thing can be read again: when an
// event names it, something else disturbed it, or VPP refused a step of it. have
// is what it was, nil where it was not there. What is not found is taken to be as
// it was; where that does not do, an error has the whole kind read: [ErrGone]
// where it is not there any more.
type Refresher interface {
	Refresh(ctx context.Context, v *View, id ID, have any, found func(Found)) error
}

// Forgetter is a [Kind] whose Apply takes more than the entry of the identity out
// of the ledger when it deletes something. Forget does that much of it: VPP was
// found not to hold what was to be deleted, though no answer told so.
type Forgetter interface {
	Forget(l *Ledger, id ID) error
}

// Replacer is a [Kind] that can tell that what was found is another thing than
// what was there, though it has the same identity and number: what hung on that
// does so no more.
type Replacer interface {
	Replaced(was, now any) bool
}
