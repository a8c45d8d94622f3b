package kinds

import (
	"cmp"
	"net/netip"
	"slices"
)

// Paths is the value of a route: all ways to go, in canonical form. The many
// prefixes of one object share one.
type Paths struct {
	paths []Path
}

// PathType is what a path does.
type PathType uint8

// What paths do.
const (
	// PathForward sends to NextHop, out of Interface, or both.
	PathForward PathType = iota
	PathDrop
	PathUnreachable
	PathProhibited
	// PathLocal takes packets as addressed to VPP itself.
	PathLocal
	// PathLookup looks the destination up again in VRF.
	PathLookup
)

// Path is one way to go.
type Path struct {
	Type PathType
	// NextHop is the next router, invalid where packets go straight out of
	// Interface.
	NextHop netip.Addr
	// Interface is the name of the interface to leave by, "" where NextHop is
	// itself looked up, in VRF.
	Interface string
	// VRF is where NextHop (without Interface) or the destination (PathLookup)
	// is looked up, by name.
	VRF string
	// Weight is 1..255, the share among paths of one Preference; smaller
	// preferences are better.
	Weight, Preference uint8
	// Labels are MPLS labels, outermost first.
	Labels []uint32
}

// NewPaths brings paths into canonical form: a weight of 0 is 1, and their
// order is VPP's own business.
func NewPaths(paths ...Path) *Paths {
	p := &Paths{paths: slices.Clone(paths)}
	for i := range p.paths {
		if q := &p.paths[i]; q.Weight == 0 {
			q.Weight = 1
		}
	}
	slices.SortFunc(p.paths, comparePaths)
	return p
}

// All are the paths. They must not be changed.
func (p *Paths) All() []Path { return p.paths }

// Equal tells whether both are the same ways to go.
func (p *Paths) Equal(q *Paths) bool {
	return p == q || slices.EqualFunc(p.paths, q.paths, func(a, b Path) bool { return comparePaths(a, b) == 0 })
}

func comparePaths(a, b Path) int {
	return cmp.Or(
		cmp.Compare(a.Preference, b.Preference),
		cmp.Compare(a.Type, b.Type),
		a.NextHop.Compare(b.NextHop),
		cmp.Compare(a.Interface, b.Interface),
		cmp.Compare(a.VRF, b.VRF),
		cmp.Compare(a.Weight, b.Weight),
		slices.Compare(a.Labels, b.Labels),
	)
}
