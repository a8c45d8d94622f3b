package e2e

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	sourceDetails struct {
		Src struct {
			ID   uint8
			Name string
		}
	}
	routeRequest struct {
		Src   uint8
		Table wireTable
	}
	wirePath struct {
		SwIfIndex, TableID uint32
		Weight, Preference uint8
		Type, Proto        uint32
		Nh                 struct{ Address [16]byte }
		NLabels            uint8
		LabelStack         [16]struct{ Label uint32 }
	}
	routeDetails struct {
		Route struct {
			TableID uint32
			Prefix  netip.Prefix
			Src     uint8
			Paths   []wirePath
		}
	}
)

var (
	sources = vpp.NewMethod[empty, sourceDetails]("fib_source_dump")
	routes  = vpp.NewMethod[routeRequest, routeDetails]("ip_route_v2_dump")
)

func (r *reader) routes() {
	names := map[uint8]string{}
	each(r, sources, empty{}, func(d *sourceDetails) { names[d.Src.ID] = strings.TrimRight(d.Src.Name, "\x00") })
	var all []wireTable
	each(r, tables, empty{}, func(d *tableDetails) { all = append(all, d.Table) })
	for _, t := range all {
		each(r, routes, routeRequest{Table: t}, func(d *routeDetails) {
			switch source := names[d.Route.Src]; source {
			case ours, "API", "CLI": // the others are VPP's own
				r.add(fmt.Sprintf("route %s %d %s", family(t.IsIP6), t.TableID, d.Route.Prefix.Masked()), source, "%s", r.paths(d.Route.Paths, t.IsIP6))
			}
		})
	}
}

func (w *wanted) route(o *v1alpha1.Route, _ string) (list []fact) {
	spec := &o.Spec
	for _, prefix := range spec.Prefixes {
		p := netip.MustParsePrefix(string(prefix))
		subject := fmt.Sprintf("route %s %s %s", family(p.Addr().Is6()), w.table(spec.VRF), p)
		list = append(list, fact{subject, ours, w.paths(spec)})
	}
	return list
}

func (w *wanted) paths(spec *v1alpha1.RouteSpec) string {
	switch {
	case spec.Action != "":
		return strings.ToLower(string(spec.Action))
	case spec.LookupVRF != "":
		return "lookup table " + w.table(spec.LookupVRF)
	}
	var list []string
	for _, p := range spec.Paths {
		var nextHop netip.Addr
		if p.NextHop != "" {
			nextHop = netip.MustParseAddr(string(p.NextHop))
		}
		var labels []uint32
		for _, l := range p.Labels {
			labels = append(labels, uint32(l))
		}
		text := forward(nextHop, string(p.Interface), 0)
		if p.Interface == "" {
			text = fmt.Sprintf("via %s table %s", nextHop, w.table(cmp.Or(p.NextHopVRF, spec.VRF)))
		}
		list = append(list, text+share(uint8(p.Weight), uint8(p.Preference), labels))
	}
	return joinPaths(list)
}

// withoutLabels are paths that have none as a route has them.
func withoutLabels(paths []v1alpha1.ForwardingPath) (list []v1alpha1.RoutePath) {
	for _, p := range paths {
		list = append(list, v1alpha1.RoutePath{
			NextHop: p.NextHop, Interface: p.Interface, NextHopVRF: p.NextHopVRF, Weight: p.Weight, Preference: p.Preference,
		})
	}
	return list
}

func (r *reader) paths(wire []wirePath, ip6 bool) string {
	var list []string
	for i := range wire {
		list = append(list, r.path(&wire[i], ip6))
	}
	return joinPaths(list)
}

func joinPaths(list []string) string {
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func (r *reader) path(p *wirePath, ip6 bool) string {
	nextHop := netip.AddrFrom4([4]byte(p.Nh.Address[:4]))
	if ip6 {
		nextHop = netip.AddrFrom16(p.Nh.Address)
	}
	var text string
	switch p.Type {
	case 0, 7:
		text = forward(nextHop, r.names[p.SwIfIndex], p.TableID)
	case 1:
		text = "local"
	case 2:
		text = "drop"
	case 5:
		text = "unreachable"
	case 6:
		text = "prohibited"
	default:
		text = fmt.Sprintf("type %d", p.Type)
	}
	var labels []uint32
	for _, l := range p.LabelStack[:min(p.NLabels, 16)] {
		labels = append(labels, l.Label)
	}
	return text + share(p.Weight, p.Preference, labels)
}

// forward is a path that leads somewhere, in words.
func forward(nextHop netip.Addr, name string, table uint32) string {
	switch {
	case name != "" && !nextHop.IsValid(), name != "" && nextHop.IsUnspecified():
		return "out " + name
	case name != "":
		return fmt.Sprintf("via %s %s", nextHop, name)
	case !nextHop.IsValid(), nextHop.IsUnspecified():
		return fmt.Sprintf("lookup table %d", table)
	}
	return fmt.Sprintf("via %s table %d", nextHop, table)
}

// share is what a path has beyond its way, where that is not as usual.
func share(weight, preference uint8, labels []uint32) string {
	text := ""
	if w := cmp.Or(weight, 1); w != 1 {
		text += fmt.Sprintf(" weight %d", w)
	}
	if preference != 0 {
		text += fmt.Sprintf(" preference %d", preference)
	}
	for _, l := range labels {
		text += fmt.Sprintf(" label %d", l)
	}
	return text
}
