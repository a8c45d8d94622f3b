package state

import (
	"context"

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
