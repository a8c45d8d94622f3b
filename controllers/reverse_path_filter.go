package controllers

import (
	"iter"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func reversePathFilterKind() *kind {
	return Kind[v1alpha1.ReversePathFilter, v1alpha1.ReversePathFilterStatus]{
		Resource: "reversepathfilters", Compile: compileReversePathFilter, Report: reportReversePathFilter,
		Items: []string{kinds.KindReversePathFilter},
		Shown: []string{kinds.KindReversePathFilter},
	}.erase(func(o *v1alpha1.ReversePathFilter) *v1alpha1.ReversePathFilterStatus { return &o.Status })
}

var reversePathModes = map[v1alpha1.ReversePathMode]kinds.ReversePathMode{
	v1alpha1.ReversePathStrict: kinds.ReversePathStrict, v1alpha1.ReversePathLoose: kinds.ReversePathLoose,
}

// compileReversePathFilter makes an item of each family and direction.
func compileReversePathFilter(o *v1alpha1.ReversePathFilter) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	var items []state.Item
	for _, family := range []struct {
		field string
		want  *v1alpha1.ReversePathFamily
		ip6   bool
	}{{"ipv4", spec.IPv4, false}, {"ipv6", spec.IPv6, true}} {
		if family.want == nil {
			continue
		}
		for _, side := range []struct {
			field  string
			want   *v1alpha1.ReversePathCheck
			output bool
		}{{"rx", family.want.Rx, false}, {"tx", family.want.Tx, true}} {
			if side.want == nil {
				continue
			}
			mode, ok := reversePathModes[side.want.Mode]
			if !ok {
				return nil, field.NotSupported(path.Child(family.field, side.field, "mode"), side.want.Mode,
					[]v1alpha1.ReversePathMode{v1alpha1.ReversePathStrict, v1alpha1.ReversePathLoose})
			}
			item := kinds.ReversePathFilterItem(string(spec.Interface), family.ip6, side.output, kinds.ReversePathFilter{
				Mode: mode, VRF: string(side.want.VRF),
			})
			item.Adopt = spec.Adopt
			items = append(items, item)
		}
	}
	if len(items) == 0 {
		return nil, field.Required(path.Child("ipv4"), "at least one filter must be given")
	}
	return items, nil
}

// reportReversePathFilter tells which filters VPP has.
func reportReversePathFilter(status *v1alpha1.ReversePathFilterStatus, items iter.Seq[state.ItemReport]) {
	status.Filters = nil
	for item := range items {
		have, ok := item.Have.(kinds.ReversePathFilter)
		if !ok {
			continue
		}
		f := v1alpha1.ReversePathFilterState{Family: "IPv4", Direction: v1alpha1.DirectionRx, Mode: v1alpha1.ReversePathLoose}
		if strings.Contains(item.ID.Key, " ip6 ") {
			f.Family = "IPv6"
		}
		if strings.HasSuffix(item.ID.Key, " tx") {
			f.Direction = v1alpha1.DirectionTx
		}
		if have.Mode == kinds.ReversePathStrict {
			f.Mode = v1alpha1.ReversePathStrict
		}
		status.Filters = append(status.Filters, f)
	}
}
