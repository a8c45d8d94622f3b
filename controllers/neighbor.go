package controllers

import (
	"iter"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func neighborKind() *kind {
	return Kind[v1alpha1.Neighbor, v1alpha1.NeighborStatus]{
		Resource: "neighbors", Compile: compileNeighbor, Report: reportNeighbor,
		Items: []string{kinds.KindNeighbor},
		Shown: []string{kinds.KindNeighbor},
	}.erase(func(o *v1alpha1.Neighbor) *v1alpha1.NeighborStatus { return &o.Status })
}

// compileNeighbor makes the one item of a neighbour entry.
func compileNeighbor(o *v1alpha1.Neighbor) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	address, err := ipAddress(path.Child("address"), string(spec.Address))
	if err != nil {
		return nil, err
	}
	mac, err := macAddress(path.Child("macAddress"), spec.MACAddress)
	if err != nil {
		return nil, err
	}
	return []state.Item{{
		ID:    kinds.NeighborID(string(spec.Interface), address),
		Value: kinds.Neighbor{MAC: mac, Static: spec.Static == nil || *spec.Static, NoFIBEntry: spec.NoFIBEntry},
		Needs: kinds.NeighborNeeds(string(spec.Interface)),
		Adopt: spec.Adopt,
	}}, nil
}

// reportNeighbor tells what is in VPP's entry.
func reportNeighbor(status *v1alpha1.NeighborStatus, items iter.Seq[state.ItemReport]) {
	for item := range items {
		if have, ok := item.Have.(kinds.Neighbor); ok {
			status.MACAddress = have.MAC.String()
		}
	}
}
