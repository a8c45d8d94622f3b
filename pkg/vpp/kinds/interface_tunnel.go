package kinds

import (
	"fmt"
	"math"
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// Endpoints are the ends of a tunnel and the VRF in which they find each other.
type Endpoints struct {
	Source, Destination netip.Addr
	// UnderlayVRF is the name of a VRF.
	UnderlayVRF string
}

// TunnelFlags are what is copied between the packets inside and outside, with
// the bits of vl_api_tunnel_encap_decap_flags_t.
type TunnelFlags uint8

// What is done where a packet enters or leaves a tunnel.
const (
	TunnelEncapCopyDF TunnelFlags = 1 << iota
	TunnelEncapSetDF
	TunnelEncapCopyDSCP
	TunnelEncapCopyECN
	TunnelDecapCopyECN
	TunnelEncapInnerHash
	TunnelEncapCopyHopLimit
	TunnelEncapCopyFlowLabel
)

// lastTunnel is the largest instance that we give to tunnels.
const lastTunnel = math.MaxInt32

func (e Endpoints) ip6() bool { return e.Source.Is6() }

func (e Endpoints) String() string {
	return fmt.Sprintf("from %s to %s in VRF %s", e.Source, e.Destination, e.UnderlayVRF)
}

// table is the number of the underlay's table.
func (e Endpoints) table(v *state.View) (uint32, error) {
	return tableNumber(v, e.UnderlayVRF, e.ip6())
}

func (e Endpoints) needs() []state.ID {
	if e.UnderlayVRF == DefaultVRF {
		return nil
	}
	return []state.ID{VRFID(e.UnderlayVRF, e.ip6())}
}

func (e Endpoints) differs(f *fields, field string, h Endpoints) {
	f.add(field+".source", e.Source != h.Source)
	f.add(field+".destination", e.Destination != h.Destination)
	f.add(field+".underlayVRF", e.UnderlayVRF != h.UnderlayVRF)
}
