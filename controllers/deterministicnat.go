package controllers

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func deterministicNATKind() *kind {
	return Kind[v1alpha1.DeterministicNAT, v1alpha1.DeterministicNATStatus]{
		Resource: "deterministicnats", Compile: compileDeterministicNAT, Report: reportDeterministicNAT,
		Items: []string{kinds.KindDet44, kinds.KindDet44Map, kinds.KindDet44Interface},
		Shown: []string{kinds.KindDet44},
	}.erase(func(o *v1alpha1.DeterministicNAT) *v1alpha1.DeterministicNATStatus { return &o.Status })
}

// compileDeterministicNAT makes an item of deterministic NAT itself, and one of
// each map and interface.
func compileDeterministicNAT(o *v1alpha1.DeterministicNAT) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	nat := v1alpha1.ResourceName(o)
	items := []state.Item{kinds.Det44Item(nat, natTimeouts(&spec.Timeouts))}
	maps, err := det44Maps(path.Child("maps"), nat, spec.Maps)
	if err != nil {
		return nil, err
	}
	items = append(items, maps...)
	for _, name := range spec.InsideInterfaces {
		items = append(items, kinds.Det44InterfaceItem(nat, string(name), false))
	}
	for i, name := range spec.OutsideInterfaces {
		if slices.Contains(spec.InsideInterfaces, name) {
			return nil, field.Invalid(path.Child("outsideInterfaces").Index(i), name, "is inside as well")
		}
		items = append(items, kinds.Det44InterfaceItem(nat, string(name), true))
	}
	return items, nil
}

// minInsideBits is the length of the largest inside prefix: VPP takes 24 kB for
// each of its addresses.
const minInsideBits = 18

// det44Maps are the maps. VPP takes such as overlap, and then translates by
// whichever it finds first.
func det44Maps(path *field.Path, nat string, list []v1alpha1.DeterministicNATMap) ([]state.Item, error) {
	items := make([]state.Item, 0, len(list))
	var inside, outside []netip.Prefix
	for i := range list {
		m, path := &list[i], path.Index(i)
		in, err := ip4Prefix(path.Child("insidePrefix"), m.InsidePrefix)
		if err != nil {
			return nil, err
		}
		out, err := ip4Prefix(path.Child("outsidePrefix"), m.OutsidePrefix)
		if err != nil {
			return nil, err
		}
		if in.Bits() < minInsideBits {
			return nil, field.Invalid(path.Child("insidePrefix"), m.InsidePrefix, fmt.Sprintf("must be of length %d..32", minInsideBits))
		}
		if in.Bits() > out.Bits() {
			return nil, field.Invalid(path.Child("outsidePrefix"), m.OutsidePrefix, "must be as long as insidePrefix at least")
		}
		if j := slices.IndexFunc(inside, in.Overlaps); j >= 0 {
			return nil, field.Invalid(path.Child("insidePrefix"), m.InsidePrefix, fmt.Sprintf("has addresses of map %d", j))
		}
		if j := slices.IndexFunc(outside, out.Overlaps); j >= 0 {
			return nil, field.Invalid(path.Child("outsidePrefix"), m.OutsidePrefix, fmt.Sprintf("has addresses of map %d", j))
		}
		inside, outside = append(inside, in), append(outside, out)
		items = append(items, kinds.Det44MapItem(nat, in, out))
	}
	return items, nil
}

func ip4Prefix(path *field.Path, text v1alpha1.Prefix) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(string(text))
	if err != nil || p != p.Masked() || !p.Addr().Is4() {
		return p, field.Invalid(path, text, "must be an IPv4 prefix without host bits")
	}
	return p, nil
}

// reportDeterministicNAT counts what is in VPP.
func reportDeterministicNAT(status *v1alpha1.DeterministicNATStatus, items iter.Seq[state.ItemReport]) {
	for item := range items {
		if !item.Reason.Done() {
			continue
		}
		switch item.ID.Kind {
		case kinds.KindDet44Map:
			status.Maps++
		case kinds.KindDet44Interface:
			countSide(item.ID, &status.InsideInterfaces, &status.OutsideInterfaces)
		}
	}
}

// countSide counts an interface of a NAT by the side that it is on.
func countSide(id state.ID, inside, outside *int32) {
	if kinds.IsOutside(id) {
		*outside++
	} else {
		*inside++
	}
}
