package controllers

import (
	"iter"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func portMirrorKind() *kind {
	return Kind[v1alpha1.PortMirror, v1alpha1.PortMirrorStatus]{
		Resource: "portmirrors", Compile: compilePortMirror, Report: reportPortMirror,
		Items: []string{kinds.KindPortMirror},
		Shown: []string{kinds.KindPortMirror},
	}.erase(func(o *v1alpha1.PortMirror) *v1alpha1.PortMirrorStatus { return &o.Status })
}

// compilePortMirror makes the one item of a mirror.
func compilePortMirror(o *v1alpha1.PortMirror) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	if spec.Source == spec.Destination {
		return nil, field.Invalid(path.Child("destination"), spec.Destination, "an interface cannot be mirrored on itself")
	}
	d, wrong := direction(path.Child("direction"), spec.Direction)
	if wrong != nil {
		return nil, wrong
	}
	switch spec.Level {
	case v1alpha1.MirrorDevice, v1alpha1.MirrorL2, "":
	default:
		return nil, field.NotSupported(path.Child("level"), spec.Level, []v1alpha1.MirrorLevel{v1alpha1.MirrorDevice, v1alpha1.MirrorL2})
	}
	item := kinds.PortMirrorItem(string(spec.Source), string(spec.Destination), spec.Level == v1alpha1.MirrorL2, kinds.PortMirror{Direction: d})
	item.Adopt = spec.Adopt
	return []state.Item{item}, nil
}

// reportPortMirror tells what VPP copies.
func reportPortMirror(status *v1alpha1.PortMirrorStatus, items iter.Seq[state.ItemReport]) {
	status.Direction = ""
	for item := range items {
		if have, ok := item.Have.(kinds.PortMirror); ok && have.Direction != 0 {
			status.Direction = shownDirection(have.Direction)
		}
	}
}
