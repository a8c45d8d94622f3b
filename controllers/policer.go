package controllers

import (
	"fmt"
	"iter"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func policerKind() *kind {
	return Kind[v1alpha1.Policer, v1alpha1.PolicerStatus]{
		Resource: "policers", Compile: compilePolicer, Report: reportPolicer,
		Items: []string{kinds.KindPolicer, kinds.KindPolicerInput, kinds.KindPolicerOutput},
		Shown: []string{kinds.KindPolicer},
	}.erase(func(o *v1alpha1.Policer) *v1alpha1.PolicerStatus { return &o.Status })
}

// compilePolicer makes an item of the policer, and one of each interface that it
// is applied to.
func compilePolicer(o *v1alpha1.Policer) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	name := v1alpha1.ResourceName(o)
	value, err := policerValue(path, spec)
	if err != nil {
		return nil, err
	}
	items := []state.Item{{ID: kinds.PolicerID(name), Value: value}}
	for _, side := range []struct {
		interfaces []v1alpha1.ObjectName
		output     bool
	}{{spec.InputInterfaces, false}, {spec.OutputInterfaces, true}} {
		for _, iface := range side.interfaces {
			item := kinds.PolicerBindingItem(string(iface), name, side.output)
			item.Adopt = spec.Adopt
			items = append(items, item)
		}
	}
	return items, nil
}

var (
	policerTypes = map[v1alpha1.PolicerType]kinds.PolicerType{
		"":                              kinds.Policer1R2C,
		v1alpha1.PolicerOneRateTwoColor: kinds.Policer1R2C,
		v1alpha1.PolicerRFC2697:         kinds.Policer1R3CRFC2697,
		v1alpha1.PolicerRFC2698:         kinds.Policer2R3CRFC2698,
		v1alpha1.PolicerRFC4115:         kinds.Policer2R3CRFC4115,
	}
	policerRates = map[v1alpha1.PolicerRateUnit]kinds.PolicerRate{
		"":                               kinds.PolicerKbps,
		v1alpha1.PolicerKbps:             kinds.PolicerKbps,
		v1alpha1.PolicerPacketsPerSecond: kinds.PolicerPPS,
	}
	policerRoundings = map[v1alpha1.PolicerRounding]kinds.PolicerRound{
		"":                           kinds.PolicerRoundClosest,
		v1alpha1.PolicerRoundClosest: kinds.PolicerRoundClosest,
		v1alpha1.PolicerRoundUp:      kinds.PolicerRoundUp,
		v1alpha1.PolicerRoundDown:    kinds.PolicerRoundDown,
	}
	policerActions = map[v1alpha1.PolicerActionType]kinds.PolicerActionType{
		v1alpha1.PolicerDrop:            kinds.PolicerDrop,
		v1alpha1.PolicerTransmit:        kinds.PolicerTransmit,
		v1alpha1.PolicerMarkAndTransmit: kinds.PolicerMarkAndTransmit,
	}
)

// maxPolicer is the largest rate or burst that VPP keeps.
const maxPolicer = 1<<32 - 1

// policerValue reads what a policer should be.
func policerValue(path *field.Path, spec *v1alpha1.PolicerSpec) (value kinds.Policer, err error) {
	var known [3]bool
	value.Type, known[0] = policerTypes[spec.Type]
	value.Rate, known[1] = policerRates[spec.RateUnit]
	value.Round, known[2] = policerRoundings[spec.Rounding]
	for i, f := range []struct{ name, value string }{
		{"type", string(spec.Type)}, {"rateUnit", string(spec.RateUnit)}, {"rounding", string(spec.Rounding)},
	} {
		if !known[i] {
			return value, field.Invalid(path.Child(f.name), f.value, "is not known")
		}
	}
	for _, f := range []struct {
		name       string
		value, min int64
	}{{"cir", spec.CIR, 1}, {"cbs", spec.CBS, 1}, {"eir", spec.EIR, 0}, {"ebs", spec.EBS, 0}} {
		if f.value < f.min || f.value > maxPolicer {
			return value, field.Invalid(path.Child(f.name), f.value, fmt.Sprintf("must be %d..%d", f.min, int64(maxPolicer)))
		}
	}
	value.CIR, value.CB, value.EIR, value.EB = uint32(spec.CIR), uint64(spec.CBS), uint32(spec.EIR), uint64(spec.EBS)
	value.ColorAware = spec.ColorAware
	if value.Conform, err = policerAction(path.Child("conformAction"), spec.ConformAction, kinds.PolicerTransmit); err != nil {
		return value, err
	}
	if value.Exceed, err = policerAction(path.Child("exceedAction"), spec.ExceedAction, kinds.PolicerDrop); err != nil {
		return value, err
	}
	value.Violate, err = policerAction(path.Child("violateAction"), spec.ViolateAction, kinds.PolicerDrop)
	return value, err
}

func policerAction(path *field.Path, a *v1alpha1.PolicerAction, standard kinds.PolicerActionType) (kinds.PolicerAction, error) {
	if a == nil {
		return kinds.PolicerAction{Type: standard}, nil
	}
	action, ok := policerActions[a.Type]
	if !ok {
		return kinds.PolicerAction{}, field.Invalid(path.Child("type"), a.Type, "is not known")
	}
	if (a.DSCP != nil) != (action == kinds.PolicerMarkAndTransmit) {
		return kinds.PolicerAction{}, field.Invalid(path.Child("dscp"), a.DSCP, "goes with type MarkAndTransmit, which needs it")
	}
	if a.DSCP == nil {
		return kinds.PolicerAction{Type: action}, nil
	}
	return kinds.PolicerAction{Type: action, DSCP: uint8(*a.DSCP)}, nil
}

// reportPolicer counts the interfaces that a policer is applied to.
func reportPolicer(status *v1alpha1.PolicerStatus, items iter.Seq[state.ItemReport]) {
	for item := range items {
		if item.ID.Kind != kinds.KindPolicer && item.Reason.Done() {
			status.Applied++
		}
	}
}
