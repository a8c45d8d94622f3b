package kinds

import (
	"errors"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// checker is what a method can tell about a VPP: see [vpp.Method.Check].
type checker interface {
	Check(c vpp.Caller) error
}

// probe tells whether a VPP has all of some messages; plugin is what brings
// them, "" for VPP itself.
func probe(plugin string, c vpp.Caller, methods ...checker) error {
	for _, m := range methods {
		if err := m.Check(c); err != nil {
			if errors.Is(err, vpp.ErrNoMessage) || errors.Is(err, vpp.ErrCRCMismatch) {
				return &state.UnsupportedError{Plugin: plugin, Err: err}
			}
			return err
		}
	}
	return nil
}

// foreignKey is the key of what is not ours: no object has such a name.
func foreignKey(name string) string { return "#" + name }

// valueOf is a value of a kind; the zero value where it is another's.
func valueOf[V any](v any) V {
	w, _ := v.(V)
	return w
}

// All are the kinds, in the order in which they are read: what others look up
// comes before them, and what an interface borrows before its addresses, which
// VPP does not show meanwhile.
func All() []state.Kind {
	frames := new(frameFeatures)
	all := []state.Kind{
		NewVRF(false), NewVRF(true),
		NewInterface(), NewInterfaceState(), NewInterfaceVRF(false), NewInterfaceVRF(true),
		NewUnnumbered(), NewInterfaceAddress(), NewBondMember(), NewNeighbor(),
		NewReversePathFilter(), NewMSSClamp(), NewPortMirror(),
		NewBridgeDomain(), newBridgePort(frames), NewBridgeFIBEntry(), NewBridgeARPEntry(),
		newCrossConnect(frames),
		NewRoute(),
		NewAccessList(), NewAccessListInterface(),
		NewMACAccessList(), NewMACAccessListInterface(),
		NewPolicer(), NewPolicerBinding(false), NewPolicerBinding(true),
		NewNAT64(), NewNAT64Prefix(), NewNAT64Address(), NewNAT64Interface(), NewNAT64Binding(),
		NewDet44(), NewDet44Map(), NewDet44Interface(),
		NewPolicyRoute(), NewPolicyRouteInterface(),
		NewL3CrossConnect(),
		NewNAT44(), NewNAT44Interface(), NewNAT44Address(), NewNAT44InterfaceAddress(), NewNAT44VRFTables(), NewNAT44SessionLimit(),
		NewNAT44Mapping(),
	}
	frames.of(all)
	return all
}
