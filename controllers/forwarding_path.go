package controllers

import (
	"net/netip"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
)

// forwardingPaths reads where packets of a family go that take no route. VPP takes
// two paths for one whatever their weights and preferences.
func forwardingPaths(path *field.Path, list []v1alpha1.ForwardingPath, ip6 bool) (paths []kinds.Path, errs field.ErrorList) {
	type way struct {
		hop        netip.Addr
		iface, vrf string
	}
	seen := map[way]bool{}
	for i := range list {
		at, q := path.Index(i), &list[i]
		p, err := routePath(at, &v1alpha1.RoutePath{
			NextHop: q.NextHop, Interface: q.Interface, NextHopVRF: q.NextHopVRF, Weight: q.Weight, Preference: q.Preference,
		}, v1alpha1.DefaultVRF, ip6)
		switch w := (way{p.NextHop, p.Interface, p.VRF}); {
		case err != nil:
			errs = append(errs, err)
		case seen[w]:
			errs = append(errs, field.Duplicate(at, strings.TrimSpace(string(q.NextHop)+" "+p.Interface)))
		default:
			seen[w] = true
			paths = append(paths, p)
		}
	}
	return paths, errs
}
