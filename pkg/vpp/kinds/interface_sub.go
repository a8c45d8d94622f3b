package kinds

import (
	"context"
	"fmt"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// SubInterface is a VLAN of another interface. In VPP's name it has the number
// vlanID, or vlanID*4096+innerVLANID where there are two tags.
type SubInterface struct {
	// Parent is the name of the interface it is a VLAN of.
	Parent string
	// VLANID is that of the outer tag, InnerVLANID of the inner one, 0 where
	// there is none: 1..4094.
	VLANID, InnerVLANID uint16
	Dot1ad, ExactMatch  bool
}

// Bits of vl_api_sub_if_flags_t.
const (
	subOneTag     uint32 = 2
	subTwoTags    uint32 = 4
	subDot1ad     uint32 = 8
	subExactMatch uint32 = 16
)

type subInterfaceRequest struct {
	SwIfIndex, SubID         uint32
	SubIfFlags               uint32
	OuterVlanID, InnerVlanID uint16
}

var (
	subInterfaceCreate = vpp.NewMethod[subInterfaceRequest, swIfIndexReply]("create_subif")
	subInterfaceDelete = vpp.NewMethod[swIfIndex, retval]("delete_subif")
)

// Field implements [InterfaceType].
func (SubInterface) Field() string { return "subInterface" }

func (SubInterface) driver() driver        { return subInterfaceDriver{} }
func (SubInterface) vppName() string       { return "" }
func (SubInterface) hidden() []hiddenField { return nil }
func (s SubInterface) needs() []state.ID   { return []state.ID{InterfaceID(s.Parent)} }

// id is VPP's number for it, one of which its parent has once.
func (s SubInterface) id() uint32 {
	if s.InnerVLANID == 0 {
		return uint32(s.VLANID)
	}
	return uint32(s.VLANID)<<12 | uint32(s.InnerVLANID)
}

func (s SubInterface) claims() []string {
	return []string{fmt.Sprintf("sub-interface %d of %s", s.id(), s.Parent)}
}

func (s SubInterface) differs(have InterfaceType) []string {
	h := valueOf[SubInterface](have)
	var f fields
	f.add("subInterface.parent", s.Parent != h.Parent)
	f.add("subInterface.vlanID", s.VLANID != h.VLANID)
	f.add("subInterface.innerVLANID", s.InnerVLANID != h.InnerVLANID)
	f.add("subInterface.dot1ad", s.Dot1ad != h.Dot1ad)
	f.add("subInterface.exactMatch", s.ExactMatch != h.ExactMatch)
	return f
}

type subInterfaceDriver struct{}

func (subInterfaceDriver) probe(c vpp.Caller) error {
	return probe("", c, subInterfaceCreate, subInterfaceDelete)
}

func (subInterfaceDriver) read(_ context.Context, r *reading) error {
	for _, d := range r.details {
		if d.Type == typeSub {
			r.found(d.SwIfIndex, SubInterface{
				Parent: r.name(d.SupSwIfIndex), VLANID: d.SubOuterVlanID, InnerVLANID: d.SubInnerVlanID,
				Dot1ad: d.SubIfFlags&subDot1ad != 0, ExactMatch: d.SubIfFlags&subExactMatch != 0,
			})
		}
	}
	return nil
}

func (subInterfaceDriver) create(ctx context.Context, m *making) (uint32, error) {
	s := valueOf[SubInterface](m.want.Type)
	parent, err := interfaceHandle(m.view, s.Parent)
	if err != nil {
		return 0, err
	}
	d, err := oneInterface(ctx, m.view.Caller(), parent)
	if err != nil {
		return 0, err
	}
	if d == nil {
		return 0, &state.WaitError{For: fmt.Sprintf("interface %s in VPP", s.Parent)}
	}
	if d.L2Address == (MAC{}) { // VPP would make one all the same
		return 0, fmt.Errorf("%s is no Ethernet interface: it cannot have sub-interfaces", s.Parent)
	}
	if err := m.intend(ctx, fmt.Sprintf("%s.%d", d.InterfaceName, s.id())); err != nil {
		return 0, err
	}
	q := subInterfaceRequest{
		SwIfIndex: parent, SubID: s.id(), OuterVlanID: s.VLANID, InnerVlanID: s.InnerVLANID, SubIfFlags: subOneTag,
	}
	if s.InnerVLANID != 0 {
		q.SubIfFlags = subTwoTags
	}
	if s.Dot1ad {
		q.SubIfFlags |= subDot1ad
	}
	if s.ExactMatch {
		q.SubIfFlags |= subExactMatch
	}
	r, err := subInterfaceCreate.Call(ctx, m.view.Caller(), &q)
	if err != nil {
		return 0, err
	}
	return r.SwIfIndex, nil
}

func (subInterfaceDriver) delete(ctx context.Context, m *making, index uint32) error {
	_, err := subInterfaceDelete.Call(ctx, m.view.Caller(), &swIfIndex{index})
	return err
}
