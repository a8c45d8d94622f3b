package e2e

import (
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type filterDetails struct {
	SwIfIndex uint32
	IsInput   bool
	Mode      uint8
	AF        uint8
	TableID   uint32
}

var filterDump = vpp.NewMethod[ofIndex, filterDetails]("urpf_interface_dump")

func (r *reader) reversePathFilters() {
	each(r, filterDump, ofIndex{none}, func(d *filterDetails) {
		subject, side := "reverse-path-filter "+r.names[d.SwIfIndex], family(d.AF == 1)+" "+map[bool]string{true: "rx", false: "tx"}[d.IsInput]
		r.add(subject, side, "%s", [...]string{"off", "loose", "strict"}[d.Mode])
		r.add(subject, side+" table", "%d", d.TableID)
	})
}

func (w *wanted) reversePathFilter(o *v1alpha1.ReversePathFilter, _ string) (list []fact) {
	for name, f := range map[string]*v1alpha1.ReversePathFamily{"ip4": o.Spec.IPv4, "ip6": o.Spec.IPv6} {
		if f == nil {
			continue
		}
		for side, c := range map[string]*v1alpha1.ReversePathCheck{"rx": f.Rx, "tx": f.Tx} {
			if c == nil {
				continue
			}
			subject := "reverse-path-filter " + string(o.Spec.Interface)
			list = append(list, fact{subject, name + " " + side, strings.ToLower(string(c.Mode))})
			if c.VRF != "" {
				list = append(list, fact{subject, name + " " + side + " table", w.table(c.VRF)})
			} else { // the interface's, whichever that is
				w.free[fact{subject, name + " " + side + " table", ""}] = true
			}
		}
	}
	return list
}
