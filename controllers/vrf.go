package controllers

import (
	"fmt"
	"iter"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func vrfKind() *kind {
	return Kind[v1alpha1.VRF, v1alpha1.VRFStatus]{
		Resource: "vrfs", Compile: compileVRF, Report: reportVRF,
		Items: []string{kinds.KindVRF4, kinds.KindVRF6},
		Shown: []string{kinds.KindVRF4, kinds.KindVRF6},
	}.erase(func(o *v1alpha1.VRF) *v1alpha1.VRFStatus { return &o.Status })
}

// maxTableID is the largest number of a table: VPP takes 4294967295 for none.
const maxTableID = 1<<32 - 2

// compileVRF makes an item of each family's table.
func compileVRF(o *v1alpha1.VRF) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	name := v1alpha1.ResourceName(o)
	if name == v1alpha1.DefaultVRF {
		return nil, field.Invalid(path.Child("name"), name, "is table 0, which always exists: leave the object out")
	}
	if spec.TableID < 1 || spec.TableID > maxTableID {
		return nil, field.Invalid(path.Child("tableID"), spec.TableID, fmt.Sprintf("must be 1..%d", int64(maxTableID)))
	}
	hash, err := flowHash(path.Child("flowHash"), spec.FlowHash)
	if err != nil {
		return nil, err
	}
	table := kinds.VRF{TableID: uint32(spec.TableID), FlowHash: hash, Adopt: spec.Adopt}
	var items []state.Item
	for _, family := range []struct {
		wanted *bool
		ip6    bool
	}{{spec.IPv4, false}, {spec.IPv6, true}} {
		if family.wanted != nil && !*family.wanted {
			continue
		}
		items = append(items, state.Item{
			ID:     kinds.VRFID(name, family.ip6),
			Value:  table,
			Claims: []string{kinds.TableClaim(table.TableID, family.ip6)},
			Adopt:  spec.Adopt,
		})
	}
	if len(items) == 0 {
		return nil, field.Invalid(path.Child("ipv6"), false, "at least one of ipv4 and ipv6 must be true")
	}
	return items, nil
}

var flowHashFields = map[v1alpha1.FlowHashField]kinds.FlowHash{
	v1alpha1.FlowHashSourceAddress:      kinds.FlowHashSourceAddress,
	v1alpha1.FlowHashDestinationAddress: kinds.FlowHashDestinationAddress,
	v1alpha1.FlowHashSourcePort:         kinds.FlowHashSourcePort,
	v1alpha1.FlowHashDestinationPort:    kinds.FlowHashDestinationPort,
	v1alpha1.FlowHashProtocol:           kinds.FlowHashProtocol,
	v1alpha1.FlowHashReverse:            kinds.FlowHashReverse,
	v1alpha1.FlowHashSymmetric:          kinds.FlowHashSymmetric,
	v1alpha1.FlowHashFlowLabel:          kinds.FlowHashFlowLabel,
	v1alpha1.FlowHashGTPv1TEID:          kinds.FlowHashGTPv1TEID,
}

func flowHash(path *field.Path, names []v1alpha1.FlowHashField) (kinds.FlowHash, error) {
	var hash kinds.FlowHash
	for i, name := range names {
		bit, ok := flowHashFields[name]
		if !ok {
			return 0, field.Invalid(path.Index(i), name, "is not known")
		}
		hash |= bit
	}
	return hash, nil
}

// reportVRF tells which tables there are; [tableRoutes] counts what is in them.
func reportVRF(status *v1alpha1.VRFStatus, items iter.Seq[state.ItemReport]) {
	for item := range items {
		have, ok := item.Have.(kinds.VRF)
		if !ok {
			continue
		}
		switch item.ID.Kind {
		case kinds.KindVRF4:
			status.IPv4 = &v1alpha1.TableStatus{Name: have.Shown}
		case kinds.KindVRF6:
			status.IPv6 = &v1alpha1.TableStatus{Name: have.Shown}
		}
	}
}
