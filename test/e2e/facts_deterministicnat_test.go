package e2e

import (
	"fmt"
	"net/netip"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	det44Map struct {
		InAddr  netip.Addr
		InPlen  uint8
		OutAddr netip.Addr
		OutPlen uint8
	}
	det44Interface struct {
		IsInside, IsOutside bool
		SwIfIndex           uint32
	}
)

var (
	det44Maps       = vpp.NewMethod[empty, det44Map]("det44_map_dump")
	det44Interfaces = vpp.NewMethod[empty, det44Interface]("det44_interface_dump")
	det44Timeouts   = vpp.NewMethod[empty, natTimeouts]("det44_get_timeouts")
)

func (r *reader) deterministicNAT() {
	if r.err != nil || det44Maps.Check(r.s) != nil {
		return
	}
	each(r, det44Maps, empty{}, func(d *det44Map) {
		r.add("det44 map", fmt.Sprintf("%s/%d", d.InAddr, d.InPlen), "%s/%d", d.OutAddr, d.OutPlen)
	})
	each(r, det44Interfaces, empty{}, func(d *det44Interface) {
		side := "outside"
		if d.IsInside {
			side = "inside"
		}
		r.add("det44 interface", r.names[d.SwIfIndex], "%s", side)
	})
	r.natTimeouts("det44", det44Timeouts)
}

func (*wanted) deterministicNAT(o *v1alpha1.DeterministicNAT, _ string) []fact {
	list := natTimeoutsWanted("det44", o.Spec.Timeouts)
	for _, m := range o.Spec.Maps {
		list = append(list, fact{"det44 map", string(m.InsidePrefix), string(m.OutsidePrefix)})
	}
	for _, i := range o.Spec.InsideInterfaces {
		list = append(list, fact{"det44 interface", string(i), "inside"})
	}
	for _, i := range o.Spec.OutsideInterfaces {
		list = append(list, fact{"det44 interface", string(i), "outside"})
	}
	return list
}
