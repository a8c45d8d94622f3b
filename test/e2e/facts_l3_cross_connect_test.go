package e2e

import (
	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type l3CrossConnectDetails struct {
	L3xc struct {
		SwIfIndex uint32
		Paths     []wirePath
	}
}

var l3CrossConnectDump = vpp.NewMethod[ofIndex, l3CrossConnectDetails]("l3xc_dump")

func (r *reader) l3CrossConnects() {
	each(r, l3CrossConnectDump, ofIndex{none}, func(d *l3CrossConnectDetails) {
		ip6 := len(d.L3xc.Paths) > 0 && d.L3xc.Paths[0].Proto == 1
		r.add("l3-cross-connect "+r.names[d.L3xc.SwIfIndex], family(ip6), "%s", r.paths(d.L3xc.Paths, ip6))
	})
}

func (w *wanted) l3CrossConnect(o *v1alpha1.L3CrossConnect, _ string) (list []fact) {
	for name, f := range map[string]*v1alpha1.L3CrossConnectFamily{"ip4": o.Spec.IPv4, "ip6": o.Spec.IPv6} {
		if f != nil {
			paths := w.paths(&v1alpha1.RouteSpec{Paths: withoutLabels(f.Paths)})
			list = append(list, fact{"l3-cross-connect " + string(o.Spec.Interface), name, paths})
		}
	}
	return list
}
