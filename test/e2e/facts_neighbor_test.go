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

// Numbers of VPP.
const (
	neighborStatic     = 1
	neighborNoFIBEntry = 2
)

// learned is what a neighbour that is not static is called in place of neighbor:
// such come and go by themselves.
const learned = "learned "

// neighbors reads the static ones and the others.
func (r *reader) neighbors() {
	for af := range uint8(2) {
		each(r, neighbors, neighborRequest{none, af}, func(d *neighborDetails) {
			n := d.Neighbor
			subject := learned
			if n.Flags&neighborStatic != 0 {
				subject = "neighbor "
			}
			r.add(subject+r.names[n.SwIfIndex], n.IPAddress.String(), "%s", neighborValue(n.MACAddress.String(), n.Flags&neighborNoFIBEntry != 0))
		})
	}
}

func (*wanted) neighbor(o *v1alpha1.Neighbor, _ string) []fact {
	subject := "neighbor "
	if o.Spec.Static != nil && !*o.Spec.Static {
		subject = learned
	}
	address := netip.MustParseAddr(string(o.Spec.Address)).String()
	return []fact{{subject + string(o.Spec.Interface), address, neighborValue(strings.ToLower(string(o.Spec.MACAddress)), o.Spec.NoFIBEntry)}}
}

func neighborValue(mac string, noFIBEntry bool) string {
	if noFIBEntry {
		return mac + " without a route"
	}
	return mac
}
