package controllers

import (
	"iter"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func policyRouteKind() *kind {
	return Kind[v1alpha1.PolicyRoute, v1alpha1.PolicyRouteStatus]{
		Resource: "policyroutes", Compile: compilePolicyRoute, Report: reportPolicyRoute,
		Items: []string{kinds.KindPolicyRoute, kinds.KindPolicyRouteInterface},
		Shown: []string{kinds.KindPolicyRoute},
	}.erase(func(o *v1alpha1.PolicyRoute) *v1alpha1.PolicyRouteStatus { return &o.Status })
}

// compilePolicyRoute makes an item of the policy and of each interface that it
// is attached to.
func compilePolicyRoute(o *v1alpha1.PolicyRoute) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	if spec.AccessList == "" {
		return nil, field.Required(path.Child("accessList"), "which packets")
	}
	if spec.Family != v1alpha1.IPv4 && spec.Family != v1alpha1.IPv6 {
		return nil, field.Invalid(path.Child("family"), spec.Family, "must be IPv4 or IPv6")
	}
	ip6 := spec.Family == v1alpha1.IPv6
	paths, errs := policyPaths(path, spec, ip6)
	name := v1alpha1.ResourceName(o)
	items := []state.Item{kinds.PolicyRouteItem(name, kinds.PolicyRoute{
		IP6: ip6, AccessList: string(spec.AccessList), Paths: kinds.NewPaths(paths...),
	})}
	seen := map[v1alpha1.ObjectName]bool{}
	for i, p := range spec.Interfaces {
		if seen[p.Interface] {
			errs = append(errs, field.Duplicate(path.Child("interfaces").Index(i), p.Interface))
		}
		seen[p.Interface] = true
		items = append(items, kinds.PolicyRouteInterfaceItem(string(p.Interface), name,
			kinds.PolicyRouteInterface{IP6: ip6, Priority: uint32(p.Priority)}))
	}
	if len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	return items, nil
}

// policyPaths reads where packets go.
func policyPaths(path *field.Path, spec *v1alpha1.PolicyRouteSpec, ip6 bool) (paths []kinds.Path, errs field.ErrorList) {
	switch {
	case spec.Action == v1alpha1.PolicyRouteActionDrop:
		return []kinds.Path{{Type: kinds.PathDrop}}, nil
	case spec.Action != "":
		return nil, field.ErrorList{field.Invalid(path.Child("action"), spec.Action, "is not known")}
	case spec.LookupVRF != "":
		return []kinds.Path{{Type: kinds.PathLookup, VRF: string(spec.LookupVRF)}}, nil
	case len(spec.Paths) == 0:
		return nil, field.ErrorList{field.Required(path.Child("paths"), "one of paths, action and lookupVRF")}
	}
	return forwardingPaths(path.Child("paths"), spec.Paths, ip6)
}

// reportPolicyRoute tells VPP's number of a policy, and what it is not attached
// to.
func reportPolicyRoute(status *v1alpha1.PolicyRouteStatus, items iter.Seq[state.ItemReport]) {
	for item := range items {
		switch {
		case item.ID.Kind == kinds.KindPolicyRoute:
			if item.HasHandle {
				id := int64(item.Handle)
				status.PolicyID = &id
			}
		case item.Reason.Done():
			status.Attached++
		case len(status.PendingInterfaces) < maxListed:
			iface, _, _ := strings.Cut(item.ID.Key, " ")
			status.PendingInterfaces = append(status.PendingInterfaces, v1alpha1.AppliedInterfaceStatus{
				Interface: iface, Reason: reasonOf(item.Reason), Message: item.Message,
			})
		}
	}
}
