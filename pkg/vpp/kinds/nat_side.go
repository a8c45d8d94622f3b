package kinds

import (
	"context"
	"strings"
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// The sides of a NAT that an interface can be on.
const (
	natInside  = "inside"
	natOutside = "outside"
)

// natSide is what stands behind an interface's name in the key of its binding to
// a NAT.
func natSide(outside bool) string {
	if outside {
		return natOutside
	}
	return natInside
}

// natInterfaceNeeds is what such a binding needs beside the NAT. When the
// interface changes its table it is put on anew: VPP keeps routes to the outside
// addresses in the table that it was in at that time.
func natInterfaceNeeds(iface string, nat state.ID) []state.ID {
	return []state.ID{InterfaceID(iface), InterfaceVRFID(iface, false), nat}
}

// natSides does for a NAT's interfaces what VPP does not: with one that is
// outside no more it takes the routes to the outside addresses away, which the
// others need as well. So those are told to it again.
type natSides struct {
	// mu is held while an interface is put on or taken off, or told again.
	mu sync.Mutex
}

// restore puts the outside interfaces that are left on again.
func (s *natSides) restore(ctx context.Context, v *state.View, outside []uint32, again func(index uint32) error) error {
	for _, index := range outside {
		d, err := oneInterface(ctx, v.Caller(), index)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		if err := again(index); err != nil {
			return err
		}
	}
	return nil
}

// IsOutside tells on which side of a NAT the interface of an item is.
func IsOutside(id state.ID) bool { return strings.HasSuffix(id.Key, " "+natOutside) }

func firstWord(key string) string {
	word, _, _ := strings.Cut(key, " ")
	return word
}
