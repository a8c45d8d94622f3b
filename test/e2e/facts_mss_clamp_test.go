package e2e

import (
	"fmt"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type clampDetails struct {
	SwIfIndex                    uint32
	IPv4MSS, IPv6MSS             uint16
	IPv4Direction, IPv6Direction uint8
}

var clampDump = vpp.NewMethod[ofIndex, clampDetails]("mss_clamp_get")

// mssClamps leaves out what VPP has for indices that no interface has.
func (r *reader) mssClamps() {
	each(r, clampDump, ofIndex{none}, func(d *clampDetails) {
		name, there := r.names[d.SwIfIndex]
		for family, v := range map[string][2]uint16{
			"ip4": {d.IPv4MSS, uint16(d.IPv4Direction)}, "ip6": {d.IPv6MSS, uint16(d.IPv6Direction)},
		} {
			if there && v[1] != 0 {
				r.add("mss-clamp "+name, family, "%d %s", v[0], [...]string{"", "rx", "tx", "both"}[v[1]])
			}
		}
	})
}

func (*wanted) mssClamp(o *v1alpha1.MSSClamp, _ string) (list []fact) {
	for family, c := range map[string]*v1alpha1.FamilyMSSClamp{"ip4": o.Spec.IPv4, "ip6": o.Spec.IPv6} {
		if c != nil {
			value := fmt.Sprintf("%d %s", c.MSS, strings.ToLower(string(c.Direction)))
			list = append(list, fact{"mss-clamp " + string(o.Spec.Interface), family, value})
		}
	}
	return list
}
