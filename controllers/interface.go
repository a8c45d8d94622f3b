package controllers

import (
	"crypto/sha256"
	"net"
	"net/netip"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func interfaceKind() *kind {
	return Kind[v1alpha1.Interface, v1alpha1.InterfaceStatus]{
		Resource: "interfaces", Compile: compileInterface, Report: reportInterface,
		Items: []string{
			kinds.KindInterface, kinds.KindInterfaceState, kinds.KindInterfaceVRF4, kinds.KindInterfaceVRF6,
			kinds.KindInterfaceAddress, kinds.KindUnnumbered, kinds.KindBondMember,
		},
		Shown: []string{kinds.KindInterface},
	}.erase(func(o *v1alpha1.Interface) *v1alpha1.InterfaceStatus { return &o.Status })
}

// compileInterface makes items of the interface, its bindings to the tables of
// its VRF, its addresses, what it borrows or is made of, and its state.
//
// A binding is made for both families, so that what others change is seen. Where
// the interface has no addresses of a family, and its VRF no such table, it is to
// table 0. So an interface without IPv6 can be in a VRF without IPv6, and those
// that borrow its addresses too: VPP wants borrower and lender in the same tables
// of both families.
func compileInterface(o *v1alpha1.Interface) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	name := v1alpha1.ResourceName(o)
	value, err := interfaceValue(o, name, path)
	if err != nil {
		return nil, err
	}
	addresses, err := interfaceAddresses(spec, path)
	if err != nil {
		return nil, err
	}
	items := []state.Item{{
		ID: kinds.InterfaceID(name), Value: value, Needs: value.Needs(), Claims: value.Claims(), Adopt: spec.Adopt,
	}}
	for _, ip6 := range []bool{false, true} {
		bind := kinds.InterfaceVRFOrDefaultItem
		if slices.ContainsFunc(addresses, func(p netip.Prefix) bool { return p.Addr().Is6() == ip6 }) {
			bind = kinds.InterfaceVRFItem
		}
		items = append(items, bind(name, vrfOr(spec.VRF), ip6))
	}
	for _, a := range addresses {
		item := kinds.InterfaceAddressItem(name, vrfOr(spec.VRF), a)
		item.Adopt = spec.Adopt
		items = append(items, item)
	}
	if spec.Unnumbered != "" {
		if string(spec.Unnumbered) == name {
			return nil, field.Invalid(path.Child("unnumbered"), spec.Unnumbered, "must name another interface")
		}
		items = append(items, kinds.UnnumberedItem(name, string(spec.Unnumbered)))
	}
	if spec.Bond != nil {
		members, err := bondMembers(spec.Bond, name, path.Child("bond", "members"))
		if err != nil {
			return nil, err
		}
		items = append(items, members...)
	}
	up := spec.AdminState != v1alpha1.AdminStateDown
	needs := []state.ID{kinds.InterfaceID(name)}
	if spec.SubInterface != nil && up {
		needs = append(needs, kinds.InterfaceStateID(string(spec.SubInterface.Parent)))
	}
	return append(items, state.Item{ID: kinds.InterfaceStateID(name), Value: kinds.AdminState{Up: up}, Needs: needs}), nil
}

// interfaceValue is the interface itself.
func interfaceValue(o *v1alpha1.Interface, name string, path *field.Path) (*kinds.Interface, error) {
	spec := &o.Spec
	t, err := interfaceType(o, name, path)
	if err != nil {
		return nil, err
	}
	i := &kinds.Interface{
		Name: name, Type: t, Promiscuous: spec.Promiscuous, DirectedBroadcast: spec.DirectedBroadcast, Adopt: spec.Adopt,
		RxMode: rxModes[spec.RxMode],
	}
	if i.MTU, err = number[uint32](path.Child("mtu"), int64(spec.MTU), 0, 65535); err != nil {
		return nil, err
	}
	if i.LinkMTU, err = number[uint16](path.Child("linkMTU"), int64(spec.LinkMTU), 0, 65535); err != nil {
		return nil, err
	}
	if i.MTU != 0 && i.LinkMTU != 0 && i.MTU > uint32(i.LinkMTU) {
		return nil, field.Invalid(path.Child("mtu"), spec.MTU, "must not be above linkMTU")
	}
	switch {
	case spec.MACAddress != "":
		i.MAC, err = macAddress(path.Child("macAddress"), spec.MACAddress)
	case hasOwnMAC(t):
		i.MAC = derivedMAC(spec.NodeName, name)
	}
	if err != nil {
		return nil, err
	}
	return i, placements(i, spec, path)
}

var rxModes = map[v1alpha1.RxMode]kinds.RxMode{
	v1alpha1.RxModePolling:   kinds.RxModePolling,
	v1alpha1.RxModeInterrupt: kinds.RxModeInterrupt,
	v1alpha1.RxModeAdaptive:  kinds.RxModeAdaptive,
}

// placements puts the queues' threads into an interface, in canonical order.
func placements(i *kinds.Interface, spec *v1alpha1.InterfaceSpec, path *field.Path) error {
	const lastQueue, lastThread = 1023, 255
	for n, p := range spec.RxPlacement {
		at := path.Child("rxPlacement").Index(n)
		queue, err := number[uint32](at.Child("queue"), int64(p.Queue), 0, lastQueue)
		if err != nil {
			return err
		}
		thread, err := number[uint32](at.Child("thread"), int64(p.Thread), 0, lastThread)
		if err != nil {
			return err
		}
		i.RxPlacement = append(i.RxPlacement, kinds.RxPlacement{Queue: queue, Thread: thread})
	}
	for n, p := range spec.TxPlacement {
		at := path.Child("txPlacement").Index(n)
		queue, err := number[uint32](at.Child("queue"), int64(p.Queue), 0, lastQueue)
		if err != nil {
			return err
		}
		tx := kinds.TxPlacement{Queue: queue}
		for m, t := range p.Threads {
			thread, err := number[uint32](at.Child("threads").Index(m), int64(t), 0, lastThread)
			if err != nil {
				return err
			}
			tx.Threads = append(tx.Threads, thread)
		}
		slices.Sort(tx.Threads)
		tx.Threads = slices.Compact(tx.Threads)
		i.TxPlacement = append(i.TxPlacement, tx)
	}
	slices.SortFunc(i.RxPlacement, func(a, b kinds.RxPlacement) int { return int(a.Queue) - int(b.Queue) })
	slices.SortFunc(i.TxPlacement, func(a, b kinds.TxPlacement) int { return int(a.Queue) - int(b.Queue) })
	return nil
}

// hasOwnMAC tells whether an interface of a type gets a derived MAC address.
func hasOwnMAC(t kinds.InterfaceType) bool {
	switch t := t.(type) {
	case kinds.Loopback, kinds.VXLAN, kinds.VhostUser:
		return true
	case kinds.Tap:
		return !t.Tun
	case kinds.Memif:
		return !t.IP
	case kinds.HostInterface:
		return !t.IP
	case kinds.GRE:
		return t.Carries != kinds.GREL3
	}
	return false
}

// derivedMAC is the same after every restart and differs between nodes: a
// locally administered unicast address from the hash of some names.
func derivedMAC(names ...string) (mac kinds.MAC) {
	h := sha256.New()
	for _, n := range names {
		_, _ = h.Write([]byte(n + "\x00"))
	}
	copy(mac[:], h.Sum(nil))
	mac[0] = mac[0]&^1 | 2
	return mac
}

// interfaceAddresses are the addresses in the order of the spec.
func interfaceAddresses(spec *v1alpha1.InterfaceSpec, path *field.Path) ([]netip.Prefix, error) {
	var list []netip.Prefix
	at := map[netip.Addr]int{}
	for i, text := range spec.Addresses {
		path := path.Child("addresses").Index(i)
		p, err := netip.ParsePrefix(string(text))
		if err != nil || p.Addr().Is4In6() {
			return nil, field.Invalid(path, text, "must be an address with the length of its prefix")
		}
		if _, twice := at[p.Addr()]; twice {
			return nil, field.Duplicate(path, text)
		}
		if p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() && p.Bits() != 128 {
			return nil, field.Invalid(path, text, "a link-local IPv6 address must have length 128")
		}
		at[p.Addr()] = i
		for _, other := range list {
			if other.Overlaps(p) && other.Masked() != p.Masked() {
				return nil, field.Invalid(path, text, "overlaps with "+other.String()+", which VPP takes only where both have the same subnet")
			}
		}
		list = append(list, p)
	}
	return list, nil
}

func vrfOr(name v1alpha1.ObjectName) string {
	if name == "" {
		return kinds.DefaultVRF
	}
	return string(name)
}

// number converts a number of the API, where 0 is often "not given".
func number[T uint8 | uint16 | uint32](path *field.Path, n, least, most int64) (T, error) {
	if n < least || n > most {
		return 0, field.Invalid(path, n, "is out of range")
	}
	return T(n), nil
}

func macAddress(path *field.Path, text v1alpha1.MACAddress) (mac kinds.MAC, err error) {
	mac, ok := sixBytes(string(text))
	if !ok {
		return mac, field.Invalid(path, text, "must be a MAC address such as 02:fe:12:34:56:78")
	}
	if mac[0]&1 != 0 || mac == (kinds.MAC{}) {
		return mac, field.Invalid(path, text, "must be a unicast address other than 00:00:00:00:00:00")
	}
	return mac, nil
}

// sixBytes reads what is written as a MAC address is.
func sixBytes(text string) (mac kinds.MAC, ok bool) {
	parsed, err := net.ParseMAC(text)
	copy(mac[:], parsed)
	return mac, err == nil && len(parsed) == len(mac)
}
