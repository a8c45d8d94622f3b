package kinds

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// GRE is a tunnel through GRE.
type GRE struct {
	Endpoints
	// Instance is VPP's number for it, always the agent's choice.
	Instance Number
	Carries  GREType
	// SessionID is that of ERSPAN, 0..1023.
	SessionID uint16
	// Key is 0 where packets have none.
	Key   uint32
	Flags TunnelFlags
}

// GREType is what a GRE tunnel carries, with the numbers of
// vl_api_gre_tunnel_type_t.
type GREType uint8

// What a GRE tunnel carries.
const (
	GREL3 GREType = iota
	GRETEB
	GREERSPAN
)

const greName = "gre"

// greTunnel serves both versions of the message: only the second has a key.
type greTunnel struct {
	Type         GREType
	Flags        TunnelFlags
	SessionID    uint16
	Instance     uint32
	OuterTableID uint32
	SwIfIndex    uint32
	Src, Dst     netip.Addr
	Key          uint32 `vpp:",optional"`
}

type greRequest struct {
	IsAdd  bool
	Tunnel greTunnel
}

type greDetails struct{ Tunnel greTunnel }

var (
	greAddDel  = vpp.NewMethod[greRequest, swIfIndexReply]("gre_tunnel_add_del")
	greAddDel2 = vpp.NewMethod[greRequest, swIfIndexReply]("gre_tunnel_add_del_v2")
	greDump    = vpp.NewMethod[swIfIndex, greDetails]("gre_tunnel_dump")
	greDump2   = vpp.NewMethod[swIfIndex, greDetails]("gre_tunnel_v2_dump")
)

// Field implements [InterfaceType].
func (GRE) Field() string { return "gre" }

func (GRE) driver() driver                           { return greDriver{} }
func (g GRE) vppName() string                        { return g.Instance.name(greName) }
func (GRE) hidden() []hiddenField                    { return nil }
func (g GRE) number() (n Number, first, last uint32) { return g.Instance, 0, lastTunnel }
func (g GRE) withNumber(n Number) InterfaceType      { g.Instance = n; return g }

func (g GRE) claims() []string {
	return []string{fmt.Sprintf("gre type %d session %d key %d %s", g.Carries, g.SessionID, g.Key, g.Endpoints)}
}

func (g GRE) differs(have InterfaceType) []string {
	h := valueOf[GRE](have)
	var f fields
	g.Endpoints.differs(&f, "gre", h.Endpoints)
	f.add("gre.type", g.Carries != h.Carries)
	f.add("gre.sessionID", g.SessionID != h.SessionID)
	f.add("gre.key", g.Key != h.Key)
	f.add("gre.flags", g.Flags != h.Flags)
	return f
}

type greDriver struct{}

// methods are the newest that VPP has.
func (greDriver) methods(c vpp.Caller) (*vpp.Method[greRequest, swIfIndexReply], *vpp.Method[swIfIndex, greDetails]) {
	if greAddDel2.Check(c) == nil && greDump2.Check(c) == nil {
		return greAddDel2, greDump2
	}
	return greAddDel, greDump
}

func (k greDriver) probe(c vpp.Caller) error {
	addDel, list := k.methods(c)
	return probe("gre_plugin.so", c, addDel, list)
}

func (k greDriver) read(ctx context.Context, r *reading) error {
	_, list := k.methods(r.view.Caller())
	for d, err := range list.Dump(ctx, r.view.Caller(), &swIfIndex{noIndex}) {
		if err != nil {
			return err
		}
		t := d.Tunnel
		r.found(t.SwIfIndex, GRE{
			Endpoints: Endpoints{t.Src, t.Dst, tableName(r.view, t.OuterTableID, t.Src.Is6())},
			Instance:  Number{t.Instance, true}, Carries: t.Type, SessionID: t.SessionID, Key: t.Key, Flags: t.Flags,
		})
	}
	return nil
}

func (k greDriver) create(ctx context.Context, m *making) (uint32, error) {
	g := valueOf[GRE](m.want.Type)
	addDel, _ := k.methods(m.view.Caller())
	if g.Key != 0 && addDel != greAddDel2 {
		return 0, &state.UnsupportedError{Err: errors.New("gre.key: no such message: gre_tunnel_add_del_v2")}
	}
	table, err := g.table(m.view)
	if err != nil {
		return 0, err
	}
	if err := m.intend(ctx, g.vppName()); err != nil {
		return 0, err
	}
	r, err := addDel.Call(ctx, m.view.Caller(), &greRequest{IsAdd: true, Tunnel: greTunnel{
		Type: g.Carries, Flags: g.Flags, SessionID: g.SessionID, Instance: g.Instance.Value, OuterTableID: table,
		Src: g.Source, Dst: g.Destination, Key: g.Key,
	}})
	if err != nil {
		return 0, err
	}
	return r.SwIfIndex, nil
}

// delete names the tunnel by what VPP shows: see [vxlanDriver.delete].
func (k greDriver) delete(ctx context.Context, m *making, index uint32) error {
	addDel, list := k.methods(m.view.Caller())
	for d, err := range list.Dump(ctx, m.view.Caller(), &swIfIndex{index}) {
		if err != nil {
			return err
		}
		if d.Tunnel.SwIfIndex == index {
			_, err := addDel.Call(ctx, m.view.Caller(), &greRequest{Tunnel: d.Tunnel})
			return err
		}
	}
	return nil
}
