package controllers

import (
	"iter"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func l3CrossConnectKind() *kind {
	return Kind[v1alpha1.L3CrossConnect, v1alpha1.L3CrossConnectStatus]{
		Resource: "l3crossconnects", Compile: compileL3CrossConnect, Report: reportL3CrossConnect,
		Items: []string{kinds.KindL3CrossConnect},
		Shown: []string{kinds.KindL3CrossConnect},
	}.erase(func(o *v1alpha1.L3CrossConnect) *v1alpha1.L3CrossConnectStatus { return &o.Status })
}

// compileL3CrossConnect makes an item of each family.
func compileL3CrossConnect(o *v1alpha1.L3CrossConnect) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	var items []state.Item
	var errs field.ErrorList
	for _, family := range []struct {
		field string
		want  *v1alpha1.L3CrossConnectFamily
		ip6   bool
	}{{"ipv4", spec.IPv4, false}, {"ipv6", spec.IPv6, true}} {
		if family.want == nil {
			continue
		}
		at := path.Child(family.field, "paths")
		if len(family.want.Paths) == 0 {
			errs = append(errs, field.Required(at, "at least one path"))
			continue
		}
		paths, wrong := forwardingPaths(at, family.want.Paths, family.ip6)
		errs = append(errs, wrong...)
		item := kinds.L3CrossConnectItem(string(spec.Interface), family.ip6, kinds.L3CrossConnect{Paths: kinds.NewPaths(paths...)})
		item.Adopt = spec.Adopt
		items = append(items, item)
	}
	if len(items) == 0 && len(errs) == 0 {
		errs = append(errs, field.Required(path.Child("ipv4"), "at least one family must be given"))
	}
	if len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	return items, nil
}

// reportL3CrossConnect tells of which families VPP cross-connects the packets.
func reportL3CrossConnect(status *v1alpha1.L3CrossConnectStatus, items iter.Seq[state.ItemReport]) {
	status.Families = nil
	for item := range items {
		if _, there := item.Have.(kinds.L3CrossConnect); !there {
			continue
		}
		family := v1alpha1.IPv4
		if strings.HasSuffix(item.ID.Key, " ip6") {
			family = v1alpha1.IPv6
		}
		status.Families = append(status.Families, family)
	}
}
