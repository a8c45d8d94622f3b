package controllers

import (
	"iter"
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func routeKind() *kind {
	return Kind[v1alpha1.Route, v1alpha1.RouteStatus]{
		Resource: "routes", Compile: compileRoute, Report: reportRoute,
		Items: []string{kinds.KindRoute},
		Shown: []string{kinds.KindRoute},
	}.erase(func(o *v1alpha1.Route) *v1alpha1.RouteStatus { return &o.Status })
}

// maxListed bounds lists in statuses: the first so many.
const maxListed = 10

// compileRoute makes an item of each prefix. All share paths and needs.
func compileRoute(o *v1alpha1.Route) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	vrf := string(spec.VRF)
	if vrf == "" {
		vrf = v1alpha1.DefaultVRF
	}
	prefixes, errs := routePrefixes(path.Child("prefixes"), spec.Prefixes)
	if len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	ip6 := prefixes[0].Addr().Is6()
	paths, needs, errs := routePaths(path, spec, vrf, ip6)
	if len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	// A host route over itself is a loop that VPP takes and never forwards. A longer
	// prefix than a network's may lead to a next hop inside it.
	for i, p := range paths {
		if p.Type != kinds.PathForward || p.Interface != "" || p.VRF != vrf {
			continue
		}
		for _, prefix := range prefixes {
			if prefix.IsSingleIP() && prefix.Addr() == p.NextHop {
				errs = append(errs, field.Invalid(path.Child("paths").Index(i).Child("nextHop"), p.NextHop.String(),
					"is reached by this route itself, through "+prefix.String()))
			}
		}
	}
	if len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	value := kinds.NewPaths(paths...)
	items := make([]state.Item, len(prefixes))
	for i, prefix := range prefixes {
		items[i] = state.Item{ID: kinds.RouteID(vrf, prefix), Value: value, Needs: needs}
	}
	return items, nil
}

// routePrefixes reads prefixes and finds those that are there twice.
func routePrefixes(path *field.Path, list []v1alpha1.Prefix) ([]netip.Prefix, field.ErrorList) {
	if len(list) == 0 {
		return nil, field.ErrorList{field.Required(path, "at least one prefix")}
	}
	var errs field.ErrorList
	prefixes := make([]netip.Prefix, 0, len(list))
	seen := make(map[netip.Prefix]struct{}, len(list))
	for i, text := range list {
		p, err := netip.ParsePrefix(string(text))
		switch {
		case err != nil || p != p.Masked() || p.Addr().Is4In6():
			errs = append(errs, field.Invalid(path.Index(i), text, "must be a network prefix without host bits"))
			continue
		case len(prefixes) > 0 && p.Addr().Is4() != prefixes[0].Addr().Is4():
			errs = append(errs, field.Invalid(path.Index(i), text, "must be of the same family as the other prefixes"))
			continue
		}
		if _, twice := seen[p]; twice {
			errs = append(errs, field.Duplicate(path.Index(i), text))
			continue
		}
		seen[p] = struct{}{}
		prefixes = append(prefixes, p)
	}
	return prefixes, errs
}

var routeActions = map[v1alpha1.RouteAction]kinds.PathType{
	v1alpha1.RouteActionDrop:        kinds.PathDrop,
	v1alpha1.RouteActionUnreachable: kinds.PathUnreachable,
	v1alpha1.RouteActionProhibited:  kinds.PathProhibited,
	v1alpha1.RouteActionLocal:       kinds.PathLocal,
}

// routePaths reads where a route leads, and what that needs.
func routePaths(path *field.Path, spec *v1alpha1.RouteSpec, vrf string, ip6 bool) (paths []kinds.Path, needs []state.ID, errs field.ErrorList) {
	needs = []state.ID{kinds.VRFID(vrf, ip6)}
	need := func(id state.ID) {
		if !slices.Contains(needs, id) {
			needs = append(needs, id)
		}
	}
	switch {
	case spec.Action != "":
		action, ok := routeActions[spec.Action]
		if !ok {
			return nil, nil, field.ErrorList{field.Invalid(path.Child("action"), spec.Action, "is not known")}
		}
		return []kinds.Path{{Type: action}}, needs, nil
	case spec.LookupVRF != "":
		lookup := string(spec.LookupVRF)
		if lookup == vrf {
			return nil, nil, field.ErrorList{field.Invalid(path.Child("lookupVRF"), lookup, "is the VRF of the route itself: the lookup would never end")}
		}
		need(kinds.VRFID(lookup, ip6))
		return []kinds.Path{{Type: kinds.PathLookup, VRF: lookup}}, needs, nil
	case len(spec.Paths) == 0:
		return nil, nil, field.ErrorList{field.Required(path.Child("paths"), "one of paths, action and lookupVRF")}
	}
	for i := range spec.Paths {
		p, err := routePath(path.Child("paths").Index(i), &spec.Paths[i], vrf, ip6)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if p.Interface != "" {
			need(kinds.InterfaceID(p.Interface))
		} else {
			need(kinds.VRFID(p.VRF, ip6))
		}
		paths = append(paths, p)
	}
	return paths, needs, errs
}

func routePath(path *field.Path, spec *v1alpha1.RoutePath, vrf string, ip6 bool) (kinds.Path, *field.Error) {
	p := kinds.Path{
		Interface:  string(spec.Interface),
		Weight:     uint8(spec.Weight),
		Preference: uint8(spec.Preference),
	}
	if spec.NextHop != "" {
		hop, err := netip.ParseAddr(string(spec.NextHop))
		if err != nil || hop.Zone() != "" || hop.Is4In6() {
			return p, field.Invalid(path.Child("nextHop"), spec.NextHop, "must be an IPv4 or IPv6 address")
		}
		if hop.Is6() != ip6 {
			return p, field.Invalid(path.Child("nextHop"), spec.NextHop, "must be of the same family as the prefixes")
		}
		p.NextHop = hop
	} else if p.Interface == "" {
		return p, field.Required(path, "needs a nextHop, an interface or both")
	}
	if p.Interface == "" {
		if p.VRF = string(spec.NextHopVRF); p.VRF == "" {
			p.VRF = vrf
		}
	}
	for _, label := range spec.Labels {
		p.Labels = append(p.Labels, uint32(label))
	}
	return p, nil
}

// reportRoute counts the prefixes and lists the first of those that are not
// programmed.
func reportRoute(status *v1alpha1.RouteStatus, items iter.Seq[state.ItemReport]) {
	list := func(count *int32, first *[]v1alpha1.PrefixStatus, item state.ItemReport) {
		*count++
		if len(*first) < maxListed {
			_, prefix, _ := strings.Cut(item.ID.Key, " ")
			*first = append(*first, v1alpha1.PrefixStatus{
				Prefix: prefix, Reason: reasonOf(item.Reason), Message: item.Message,
			})
		}
	}
	for item := range items {
		status.Prefixes++
		switch {
		case item.Reason.Done():
			status.Programmed++
		case item.Reason == state.Overridden:
			list(&status.Overridden, &status.OverriddenPrefixes, item)
		case severities[item.Reason].reconciling:
			list(&status.Pending, &status.PendingPrefixes, item)
		default:
			list(&status.Failed, &status.FailedPrefixes, item)
		}
	}
}
