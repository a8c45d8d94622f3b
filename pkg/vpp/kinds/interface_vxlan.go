package kinds

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// VXLAN is an Ethernet link through UDP.
type VXLAN struct {
	Endpoints
	// Instance is VPP's number for it, always the agent's choice.
	Instance                    Number
	VNI                         uint32 // 1..16777215
	SourcePort, DestinationPort uint16
	// MulticastInterface is the name of the interface that packets to a
	// multicast destination leave by.
	MulticastInterface string
}

const vxlanName = "vxlan_tunnel"

// vxlanL2 is the decapsulating node that VPP takes by itself, for an Ethernet
// that is bridged or routed.
const vxlanL2 = noIndex

type vxlanTunnel struct {
	Instance               uint32
	SrcAddress, DstAddress netip.Addr
	SrcPort, DstPort       uint16
	McastSwIfIndex         uint32
	EncapVrfID             uint32
	DecapNextIndex         uint32
	VNI                    uint32
}

type vxlanRequest struct {
	IsAdd bool
	vxlanTunnel
}

type vxlanDetails struct {
	SwIfIndex uint32
	vxlanTunnel
}

var (
	vxlanAddDel = vpp.NewMethod[vxlanRequest, swIfIndexReply]("vxlan_add_del_tunnel_v3")
	vxlanDump   = vpp.NewMethod[swIfIndex, vxlanDetails]("vxlan_tunnel_v2_dump")
)

// Field implements [InterfaceType].
func (VXLAN) Field() string { return "vxlan" }

func (VXLAN) driver() driver                           { return vxlanDriver{} }
func (x VXLAN) vppName() string                        { return x.Instance.name(vxlanName) }
func (VXLAN) hidden() []hiddenField                    { return nil }
func (x VXLAN) number() (n Number, first, last uint32) { return x.Instance, 0, 16383 }
func (x VXLAN) withNumber(n Number) InterfaceType      { x.Instance = n; return x }

func (x VXLAN) claims() []string {
	return []string{fmt.Sprintf("vxlan %d %s, ports %d and %d", x.VNI, x.Endpoints, x.SourcePort, x.DestinationPort)}
}

func (x VXLAN) needs() []state.ID {
	needs := x.Endpoints.needs()
	if x.MulticastInterface != "" {
		needs = append(needs, InterfaceID(x.MulticastInterface))
	}
	return needs
}

func (x VXLAN) differs(have InterfaceType) []string {
	h := valueOf[VXLAN](have)
	var f fields
	x.Endpoints.differs(&f, "vxlan", h.Endpoints)
	f.add("vxlan.vni", x.VNI != h.VNI)
	f.add("vxlan.sourcePort", x.SourcePort != h.SourcePort)
	f.add("vxlan.destinationPort", x.DestinationPort != h.DestinationPort)
	f.add("vxlan.multicastInterface", x.MulticastInterface != h.MulticastInterface)
	return f
}

type vxlanDriver struct{}

func (vxlanDriver) probe(c vpp.Caller) error {
	return probe("vxlan_plugin.so", c, vxlanAddDel, vxlanDump)
}

func (vxlanDriver) read(ctx context.Context, r *reading) error {
	for d, err := range vxlanDump.Dump(ctx, r.view.Caller(), &swIfIndex{noIndex}) {
		if err != nil {
			return err
		}
		r.found(d.SwIfIndex, VXLAN{
			Endpoints: Endpoints{d.SrcAddress, d.DstAddress, tableName(r.view, d.EncapVrfID, d.SrcAddress.Is6())},
			Instance:  Number{d.Instance, true}, VNI: d.VNI, SourcePort: d.SrcPort, DestinationPort: d.DstPort,
			MulticastInterface: r.name(d.McastSwIfIndex),
		})
	}
	return nil
}

// request is what adds or deletes it.
func (x VXLAN) request(v *state.View, add bool) (*vxlanRequest, error) {
	table, err := x.table(v)
	if err != nil {
		return nil, err
	}
	q := &vxlanRequest{IsAdd: add, vxlanTunnel: vxlanTunnel{
		Instance: x.Instance.Value, SrcAddress: x.Source, DstAddress: x.Destination, SrcPort: x.SourcePort,
		DstPort: x.DestinationPort, McastSwIfIndex: noIndex, EncapVrfID: table, DecapNextIndex: vxlanL2, VNI: x.VNI,
	}}
	if x.MulticastInterface != "" {
		q.McastSwIfIndex, err = interfaceHandle(v, x.MulticastInterface)
	}
	return q, err
}

func (vxlanDriver) create(ctx context.Context, m *making) (uint32, error) {
	x := valueOf[VXLAN](m.want.Type)
	q, err := x.request(m.view, true)
	if err != nil {
		return 0, err
	}
	if err := m.intend(ctx, x.vppName()); err != nil {
		return 0, err
	}
	r, err := vxlanAddDel.Call(ctx, m.view.Caller(), q)
	if err != nil {
		return 0, err
	}
	return r.SwIfIndex, nil
}

// delete names the tunnel by what VPP shows, since the table or interface that
// its names stand for may be gone.
func (vxlanDriver) delete(ctx context.Context, m *making, index uint32) error {
	for d, err := range vxlanDump.Dump(ctx, m.view.Caller(), &swIfIndex{index}) {
		if err != nil {
			return err
		}
		if d.SwIfIndex == index {
			_, err := vxlanAddDel.Call(ctx, m.view.Caller(), &vxlanRequest{vxlanTunnel: d.vxlanTunnel})
			return err
		}
	}
	return nil
}
