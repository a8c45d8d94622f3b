package controllers

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
)

// direction is a direction of packets; both where none is given.
func direction(path *field.Path, d v1alpha1.Direction) (kinds.Directions, *field.Error) {
	switch d {
	case v1alpha1.DirectionRx:
		return kinds.DirectionRx, nil
	case v1alpha1.DirectionTx:
		return kinds.DirectionTx, nil
	case v1alpha1.DirectionBoth, "":
		return kinds.DirectionBoth, nil
	}
	return 0, field.NotSupported(path, d, []v1alpha1.Direction{v1alpha1.DirectionRx, v1alpha1.DirectionTx, v1alpha1.DirectionBoth})
}

// shownDirection is the reverse of direction.
func shownDirection(d kinds.Directions) v1alpha1.Direction {
	switch d {
	case kinds.DirectionRx:
		return v1alpha1.DirectionRx
	case kinds.DirectionTx:
		return v1alpha1.DirectionTx
	}
	return v1alpha1.DirectionBoth
}
