package controllers

import (
	"fmt"
	"iter"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func mssClampKind() *kind {
	return Kind[v1alpha1.MSSClamp, v1alpha1.MSSClampStatus]{
		Resource: "mssclamps", Compile: compileMSSClamp, Report: reportMSSClamp,
		Items: []string{kinds.KindMSSClamp},
		Shown: []string{kinds.KindMSSClamp},
	}.erase(func(o *v1alpha1.MSSClamp) *v1alpha1.MSSClampStatus { return &o.Status })
}

// The sizes of segments: the least is what Linux takes, the largest what fits in
// an IPv4 packet.
const minMSS, maxMSS = 88, 65495

// compileMSSClamp makes the one item of an interface.
func compileMSSClamp(o *v1alpha1.MSSClamp) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	if spec.IPv4 == nil && spec.IPv6 == nil {
		return nil, field.Required(path.Child("ipv4"), "at least one of ipv4 and ipv6 must be given")
	}
	var value kinds.MSSClamp
	var err error
	if value.IPv4, err = familyMSSClamp(path.Child("ipv4"), spec.IPv4); err != nil {
		return nil, err
	}
	if value.IPv6, err = familyMSSClamp(path.Child("ipv6"), spec.IPv6); err != nil {
		return nil, err
	}
	item := kinds.MSSClampItem(string(spec.Interface), value)
	item.Adopt = spec.Adopt
	return []state.Item{item}, nil
}

func familyMSSClamp(path *field.Path, want *v1alpha1.FamilyMSSClamp) (clamp kinds.FamilyMSSClamp, err error) {
	if want == nil {
		return clamp, nil
	}
	if want.MSS < minMSS || want.MSS > maxMSS {
		return clamp, field.Invalid(path.Child("mss"), want.MSS, fmt.Sprintf("must be %d..%d", minMSS, maxMSS))
	}
	d, wrong := direction(path.Child("direction"), want.Direction)
	if wrong != nil {
		return clamp, wrong
	}
	return kinds.FamilyMSSClamp{MSS: uint16(want.MSS), Direction: d}, nil
}

// reportMSSClamp tells what VPP clamps.
func reportMSSClamp(status *v1alpha1.MSSClampStatus, items iter.Seq[state.ItemReport]) {
	status.IPv4, status.IPv6 = nil, nil
	for item := range items {
		if have, ok := item.Have.(kinds.MSSClamp); ok {
			status.IPv4, status.IPv6 = shownMSSClamp(have.IPv4), shownMSSClamp(have.IPv6)
		}
	}
}

func shownMSSClamp(have kinds.FamilyMSSClamp) *v1alpha1.FamilyMSSClamp {
	if have == (kinds.FamilyMSSClamp{}) {
		return nil
	}
	return &v1alpha1.FamilyMSSClamp{MSS: int32(have.MSS), Direction: shownDirection(have.Direction)}
}
