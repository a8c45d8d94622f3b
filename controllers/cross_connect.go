package controllers

import (
	"iter"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func crossConnectKind() *kind {
	return Kind[v1alpha1.CrossConnect, v1alpha1.CrossConnectStatus]{
		Resource: "crossconnects", Compile: compileCrossConnect,
		// There is nothing to tell beyond the conditions.
		Report: func(*v1alpha1.CrossConnectStatus, iter.Seq[state.ItemReport]) {},
		Items:  []string{kinds.KindCrossConnect},
		Shown:  []string{kinds.KindCrossConnect},
	}.erase(func(o *v1alpha1.CrossConnect) *v1alpha1.CrossConnectStatus { return &o.Status })
}

// compileCrossConnect makes the one item of a cross-connect.
func compileCrossConnect(o *v1alpha1.CrossConnect) ([]state.Item, error) {
	spec := &o.Spec
	if spec.Interface == spec.Peer {
		return nil, field.Invalid(field.NewPath("spec", "peer"), spec.Peer, "an interface cannot be connected with itself")
	}
	item := kinds.CrossConnectItem(kinds.CrossConnect{From: string(spec.Interface), To: string(spec.Peer), Both: !spec.OneWay})
	item.Adopt = spec.Adopt
	return []state.Item{item}, nil
}
