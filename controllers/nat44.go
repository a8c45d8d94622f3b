package controllers

import (
	"cmp"
	"fmt"
	"iter"
	"net/netip"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func nat44Kind() *kind {
	return Kind[v1alpha1.NAT44, v1alpha1.NAT44Status]{
		Resource: "nat44s", Compile: compileNAT44, Report: reportNAT44, OnePerNode: true,
		Items: []string{
			kinds.KindNAT44, kinds.KindNAT44Interface, kinds.KindNAT44Address, kinds.KindNAT44InterfaceAddress,
			kinds.KindNAT44VRFTable, kinds.KindNAT44SessionLimit,
		},
		Shown: []string{kinds.KindNAT44},
	}.erase(func(o *v1alpha1.NAT44) *v1alpha1.NAT44Status { return &o.Status })
}

const (
	// maxNAT44Addresses bounds the addresses of a NAT44's pools: VPP looks through
	// all of them for each that is added.
	maxNAT44Addresses = 4096
	// defaultNAT44Sessions is VPP's own number.
	defaultNAT44Sessions = 63 * 1024
)

// compileNAT44 makes an item of NAT44 itself and one of each interface, address,
// table and limit.
func compileNAT44(o *v1alpha1.NAT44) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	items := []state.Item{kinds.NAT44Item(kinds.NAT44{
		InsideVRF: vrfOr(spec.InsideVRF), OutsideVRF: vrfOr(spec.OutsideVRF),
		Sessions: uint32(cmp.Or(spec.Sessions, defaultNAT44Sessions)), AllowDisruption: spec.AllowDisruption,
		Forwarding: spec.Forwarding, Timeouts: natTimeouts(&spec.Timeouts), MSSClamp: uint16(spec.MSSClamp),
	}, spec.Adopt)}
	if spec.Sessions < 0 {
		return nil, field.Invalid(path.Child("sessions"), spec.Sessions, "must be 1 at least")
	}
	for i, name := range spec.OutputInterfaces {
		if slices.Contains(spec.InsideInterfaces, name) || slices.Contains(spec.OutsideInterfaces, name) {
			return nil, field.Invalid(path.Child("outputInterfaces").Index(i), name, "is inside or outside already")
		}
	}
	for role, names := range map[kinds.NAT44Role][]v1alpha1.ObjectName{
		kinds.NAT44Inside: spec.InsideInterfaces, kinds.NAT44Outside: spec.OutsideInterfaces, kinds.NAT44Output: spec.OutputInterfaces,
	} {
		for _, name := range names {
			items = append(items, kinds.NAT44InterfaceItem(string(name), role))
		}
	}
	slices.SortFunc(items[1:], func(a, b state.Item) int { return cmp.Compare(a.ID.Key, b.ID.Key) })
	pools, errs := nat44Pools(path.Child("pools"), spec.Pools)
	if len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	items = append(items, pools...)
	for _, t := range spec.VRFTables {
		routes := make([]string, len(t.Routes))
		for i, r := range t.Routes {
			routes[i] = string(r)
		}
		items = append(items, kinds.NAT44VRFTableItem(string(t.VRF), kinds.NewNAT44VRFTable(routes)))
	}
	for i, l := range spec.SessionLimits {
		if l.Limit < 1 {
			return nil, field.Invalid(path.Child("sessionLimits").Index(i).Child("limit"), l.Limit, "must be 1 at least")
		}
		items = append(items, kinds.NAT44SessionLimitItem(string(l.VRF), uint32(l.Limit)))
	}
	return items, nil
}

// nat44Pools makes an item of each address of the pools, and finds those that are
// there twice.
func nat44Pools(path *field.Path, pools []v1alpha1.NAT44Pool) (items []state.Item, errs field.ErrorList) {
	seen := map[state.ID]bool{}
	for i := range pools {
		p, at := &pools[i], path.Index(i)
		var list []state.Item
		if p.Interface != "" {
			list = []state.Item{kinds.NAT44InterfaceAddressItem(string(p.Interface), p.TwiceNAT)}
		} else {
			first, last, err := nat44Range(at, p)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			for a := first; len(list) <= maxNAT44Addresses; a = a.Next() {
				list = append(list, kinds.NAT44AddressItem(a, string(p.VRF), p.TwiceNAT))
				if a == last {
					break
				}
			}
		}
		for _, item := range list {
			if seen[item.ID] {
				return nil, append(errs, field.Duplicate(at, item.ID.Key))
			}
			seen[item.ID] = true
		}
		if items = append(items, list...); len(items) > maxNAT44Addresses {
			return nil, append(errs, field.TooMany(path, len(items), maxNAT44Addresses))
		}
	}
	return items, errs
}

func nat44Range(path *field.Path, p *v1alpha1.NAT44Pool) (first, last netip.Addr, err *field.Error) {
	if first, err = nat44Address(path.Child("first"), p.First); err != nil {
		return first, last, err
	}
	if last, err = nat44Address(path.Child("last"), cmp.Or(p.Last, p.First)); err != nil {
		return first, last, err
	}
	if last.Less(first) {
		return first, last, field.Invalid(path.Child("last"), p.Last, fmt.Sprintf("is before %s", first))
	}
	return first, last, nil
}

// nat44Address reads an IPv4 unicast address.
func nat44Address(path *field.Path, text v1alpha1.NAT44Address) (netip.Addr, *field.Error) {
	a, err := netip.ParseAddr(string(text))
	if err != nil || !a.Is4() || !a.IsGlobalUnicast() {
		return a, field.Invalid(path, text, "must be an IPv4 unicast address")
	}
	return a, nil
}

// reportNAT44 tells what VPP counts.
func reportNAT44(status *v1alpha1.NAT44Status, items iter.Seq[state.ItemReport]) {
	for item := range items {
		have, ok := item.Have.(kinds.NAT44)
		if !ok {
			continue
		}
		n := have.Counts
		status.PoolAddresses, status.TwiceNATAddresses = int32(n.PoolAddresses), int32(n.TwiceNATAddresses)
		status.Users, status.Sessions, status.StaticSessions = int32(n.Users), int32(n.Sessions), int32(n.StaticSessions)
	}
}
