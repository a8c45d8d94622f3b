package kinds

import (
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// The kinds of identities.
const (
	KindInterface        = "Interface"
	KindInterfaceState   = "InterfaceState"
	KindInterfaceVRF4    = "InterfaceVRF4"
	KindInterfaceVRF6    = "InterfaceVRF6"
	KindInterfaceAddress = "InterfaceAddress"
	KindUnnumbered       = "Unnumbered"
	KindBondMember       = "BondMember"
	KindVRF4             = "VRF4"
	KindVRF6             = "VRF6"
	KindNeighbor         = "Neighbor"
	KindRoute            = "Route"
	KindSecret           = "Secret"
)

// DefaultVRF is the name of the VRF that always exists: table 0.
const DefaultVRF = "default"

// InterfaceID is an interface itself: it is there and has its attributes. Its
// handle is the sw_if_index.
func InterfaceID(name string) state.ID { return state.ID{Kind: KindInterface, Key: name} }

// InterfaceStateID is the administrative state of an interface.
func InterfaceStateID(name string) state.ID { return state.ID{Kind: KindInterfaceState, Key: name} }

// InterfaceVRFID is the binding of an interface to the table of a family.
func InterfaceVRFID(name string, ip6 bool) state.ID {
	if ip6 {
		return state.ID{Kind: KindInterfaceVRF6, Key: name}
	}
	return state.ID{Kind: KindInterfaceVRF4, Key: name}
}

// InterfaceAddressID is an address with its length on an interface.
func InterfaceAddressID(name string, address netip.Prefix) state.ID {
	return state.ID{Kind: KindInterfaceAddress, Key: name + " " + address.String()}
}

// UnnumberedID is that an interface uses the addresses of another.
func UnnumberedID(name string) state.ID { return state.ID{Kind: KindUnnumbered, Key: name} }

// BondMemberID is that an interface is a member of a bond: it can be of one
// only, so its name is the key.
func BondMemberID(member string) state.ID { return state.ID{Kind: KindBondMember, Key: member} }

// VRFID is the table of a family of a VRF. Its handle is the table's number.
func VRFID(name string, ip6 bool) state.ID {
	if ip6 {
		return state.ID{Kind: KindVRF6, Key: name}
	}
	return state.ID{Kind: KindVRF4, Key: name}
}

// NeighborID is the neighbour entry of an address on an interface.
func NeighborID(iface string, address netip.Addr) state.ID {
	return state.ID{Kind: KindNeighbor, Key: iface + " " + address.String()}
}

// RouteID is a prefix in a VRF.
func RouteID(vrf string, prefix netip.Prefix) state.ID {
	return state.ID{Kind: KindRoute, Key: vrf + " " + prefix.String()}
}

// SecretID is a value in a Secret, which is not in VPP but which items need.
func SecretID(name, key string) state.ID {
	return state.ID{Kind: KindSecret, Key: name + "/" + key}
}
