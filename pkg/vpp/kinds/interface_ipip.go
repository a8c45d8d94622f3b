package kinds

import (
	"context"
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// IPIP is a tunnel of IP in IP.
type IPIP struct {
	Endpoints
	// Instance is VPP's number for it, always the agent's choice.
	Instance Number
	DSCP     uint8 // 0..63
	Flags    TunnelFlags
}

const ipipName = "ipip"

type ipipTunnel struct {
	Instance  uint32
	Src, Dst  netip.Addr
	SwIfIndex uint32
	TableID   uint32
	Flags     TunnelFlags
	DSCP      uint8
}

type ipipMessage struct{ Tunnel ipipTunnel }

var (
	ipipAdd    = vpp.NewMethod[ipipMessage, swIfIndexReply]("ipip_add_tunnel")
	ipipDelete = vpp.NewMethod[swIfIndex, retval]("ipip_del_tunnel")
	ipipDump   = vpp.NewMethod[swIfIndex, ipipMessage]("ipip_tunnel_dump")
)

// Field implements [InterfaceType].
func (IPIP) Field() string { return "ipip" }

func (IPIP) driver() driver                           { return ipipDriver{} }
func (i IPIP) vppName() string                        { return i.Instance.name(ipipName) }
func (i IPIP) claims() []string                       { return []string{"ipip " + i.String()} }
func (IPIP) hidden() []hiddenField                    { return nil }
func (i IPIP) number() (n Number, first, last uint32) { return i.Instance, 0, lastTunnel }
func (i IPIP) withNumber(n Number) InterfaceType      { i.Instance = n; return i }

func (i IPIP) differs(have InterfaceType) []string {
	h := valueOf[IPIP](have)
	var f fields
	i.Endpoints.differs(&f, "ipip", h.Endpoints)
	f.add("ipip.dscp", i.DSCP != h.DSCP)
	f.add("ipip.flags", i.Flags != h.Flags)
	return f
}

type ipipDriver struct{}

func (ipipDriver) probe(c vpp.Caller) error { return probe("", c, ipipAdd, ipipDelete, ipipDump) }

func (ipipDriver) read(ctx context.Context, r *reading) error {
	for d, err := range ipipDump.Dump(ctx, r.view.Caller(), &swIfIndex{noIndex}) {
		if err != nil {
			return err
		}
		t := d.Tunnel
		r.found(t.SwIfIndex, IPIP{
			Endpoints: Endpoints{t.Src, t.Dst, tableName(r.view, t.TableID, t.Src.Is6())},
			Instance:  Number{t.Instance, true}, DSCP: t.DSCP, Flags: t.Flags,
		})
	}
	return nil
}

func (ipipDriver) create(ctx context.Context, m *making) (uint32, error) {
	i := valueOf[IPIP](m.want.Type)
	table, err := i.table(m.view)
	if err != nil {
		return 0, err
	}
	if err := m.intend(ctx, i.vppName()); err != nil {
		return 0, err
	}
	r, err := ipipAdd.Call(ctx, m.view.Caller(), &ipipMessage{ipipTunnel{
		Instance: i.Instance.Value, Src: i.Source, Dst: i.Destination, TableID: table, Flags: i.Flags, DSCP: i.DSCP,
	}})
	if err != nil {
		return 0, err
	}
	return r.SwIfIndex, nil
}

func (ipipDriver) delete(ctx context.Context, m *making, index uint32) error {
	_, err := ipipDelete.Call(ctx, m.view.Caller(), &swIfIndex{index})
	return err
}
