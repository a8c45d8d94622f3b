package e2e

import (
	"net/netip"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	neighborRequest struct {
		SwIfIndex uint32
		AF        uint8
	}
	neighborDetails struct {
		Neighbor struct {
			SwIfIndex  uint32
			Flags      uint8
			MACAddress binproto.MAC
			IPAddress  netip.Addr
		}
	}
)

var (
	neighbors = vpp.NewMethod[neighborRequest, neighborDetails]("ip_neighbor_dump")
)

// neighbors reads the static ones: others come and go by themselves.
func (r *reader) neighbors() {
	for af := range uint8(2) {
		each(r, neighbors, neighborRequest{none, af}, func(d *neighborDetails) {
			if n := d.Neighbor; n.Flags&1 != 0 {
				r.add("neighbor "+r.names[n.SwIfIndex], n.IPAddress.String(), "%s", n.MACAddress)
			}
		})
	}
}

func (*wanted) neighbor(o *v1alpha1.Neighbor, _ string) []fact {
	address := netip.MustParseAddr(string(o.Spec.Address)).String()
	return []fact{{"neighbor " + string(o.Spec.Interface), address, strings.ToLower(string(o.Spec.MACAddress))}}
}
