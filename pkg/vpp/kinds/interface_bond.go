package kinds

import (
	"context"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// Bond is several interfaces used as one. Its members are items of their own.
type Bond struct {
	// ID is the N of BondEthernetN.
	ID   Number
	Mode BondMode
	// LoadBalance counts in modes XOR and LACP only.
	LoadBalance BondLoadBalance
}

// BondMode is how members are used, with the numbers of vl_api_bond_mode_t.
type BondMode uint32

// Modes of a bond.
const (
	BondRoundRobin BondMode = iota + 1
	BondActiveBackup
	BondXOR
	BondBroadcast
	BondLACP
)

// BondLoadBalance is what chooses a member, with the numbers of
// vl_api_bond_lb_algo_t.
type BondLoadBalance uint32

// What of a packet chooses the member.
const (
	BondL2 BondLoadBalance = iota
	BondL34
	BondL23
)

const (
	bondName   = "BondEthernet"
	lastBondID = noIndex - 1
)

type bondRequest struct {
	Mode         BondMode
	LB           BondLoadBalance
	UseCustomMAC bool
	MACAddress   MAC
	ID           uint32
}

type bondDetails struct {
	SwIfIndex, ID uint32
	Mode          BondMode
	LB            BondLoadBalance
}

var (
	bondCreate = vpp.NewMethod[bondRequest, swIfIndexReply]("bond_create2")
	bondDelete = vpp.NewMethod[swIfIndex, retval]("bond_delete")
	bondDump   = vpp.NewMethod[swIfIndex, bondDetails]("sw_bond_interface_dump")
)

// Field implements [InterfaceType].
func (Bond) Field() string { return "bond" }

func (Bond) driver() driver                           { return bondDriver{} }
func (Bond) claims() []string                         { return nil }
func (b Bond) vppName() string                        { return b.ID.name(bondName) }
func (Bond) hidden() []hiddenField                    { return nil }
func (b Bond) number() (n Number, first, last uint32) { return b.ID, 0, lastBondID }
func (b Bond) withNumber(n Number) InterfaceType      { b.ID = n; return b }

// balances tells whether the load balance counts: in other modes VPP shows one
// that follows from the mode.
func (b Bond) balances() bool { return b.Mode == BondXOR || b.Mode == BondLACP }

func (b Bond) differs(have InterfaceType) []string {
	h := valueOf[Bond](have)
	var f fields
	f.add("bond.id", b.ID.differs(h.ID))
	f.add("bond.mode", b.Mode != h.Mode)
	f.add("bond.loadBalance", b.balances() && b.LoadBalance != h.LoadBalance)
	return f
}

type bondDriver struct{}

func (bondDriver) probe(c vpp.Caller) error { return probe("", c, bondCreate, bondDelete, bondDump) }

func (bondDriver) read(ctx context.Context, r *reading) error {
	for d, err := range bondDump.Dump(ctx, r.view.Caller(), &swIfIndex{noIndex}) {
		if err != nil {
			return err
		}
		b := Bond{ID: Number{d.ID, true}, Mode: d.Mode}
		if b.balances() {
			b.LoadBalance = d.LB
		}
		r.found(d.SwIfIndex, b)
		for m, err := range bondMembers.Dump(ctx, r.view.Caller(), &swIfIndex{d.SwIfIndex}) {
			if err != nil {
				return err
			}
			r.members[m.SwIfIndex] = true
		}
	}
	return nil
}

// isBondMember tells whether an interface is in a bond.
func isBondMember(ctx context.Context, c vpp.Caller, index uint32) (bool, error) {
	for b, err := range bondDump.Dump(ctx, c, &swIfIndex{noIndex}) {
		if lacks(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		for m, err := range bondMembers.Dump(ctx, c, &swIfIndex{b.SwIfIndex}) {
			if err != nil {
				return false, err
			}
			if m.SwIfIndex == index {
				return true, nil
			}
		}
	}
	return false, nil
}

func (bondDriver) create(ctx context.Context, m *making) (uint32, error) {
	b := valueOf[Bond](m.want.Type)
	if err := m.intend(ctx, b.vppName()); err != nil {
		return 0, err
	}
	r, err := bondCreate.Call(ctx, m.view.Caller(), &bondRequest{
		Mode: b.Mode, LB: b.LoadBalance, ID: b.ID.Value,
		UseCustomMAC: m.want.MAC != MAC{}, MACAddress: m.want.MAC,
	})
	if err != nil {
		return 0, err
	}
	return r.SwIfIndex, nil
}

func (bondDriver) delete(ctx context.Context, m *making, index uint32) error {
	_, err := bondDelete.Call(ctx, m.view.Caller(), &swIfIndex{index})
	return err
}
