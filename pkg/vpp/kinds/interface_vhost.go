package kinds

import (
	"context"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// VhostUser is the host's side of a virtual machine's virtio network device.
type VhostUser struct {
	// Instance is VPP's number for it, always the agent's choice.
	Instance Number
	// Socket is the path of a Unix socket, at most 107 bytes. It and the mode
	// are changed in place.
	Socket string
	Server bool
	// The rest VPP cannot show before the guest is there.
	GSO, PackedRing, EventIndex bool
}

const vhostUserName = "VirtualEthernet0/0/"

type vhostUserRequest struct {
	IsServer          bool
	SockFilename      string
	Renumber          bool
	EnableGSO         bool
	EnablePacked      bool
	EnableEventIdx    bool
	CustomDevInstance uint32
	UseCustomMAC      bool
	MACAddress        MAC
	Tag               string
}

type vhostUserModify struct {
	SwIfIndex      uint32
	IsServer       bool
	SockFilename   string
	EnableGSO      bool
	EnablePacked   bool
	EnableEventIdx bool
}

type vhostUserDetails struct {
	SwIfIndex     uint32
	InterfaceName string
	IsServer      bool
	SockFilename  string
}

var (
	vhostUserCreate = vpp.NewMethod[vhostUserRequest, swIfIndexReply]("create_vhost_user_if_v2")
	vhostUserChange = vpp.NewMethod[vhostUserModify, retval]("modify_vhost_user_if_v2")
	vhostUserDelete = vpp.NewMethod[swIfIndex, retval]("delete_vhost_user_if")
	vhostUserDump   = vpp.NewMethod[swIfIndex, vhostUserDetails]("sw_interface_vhost_user_dump")
)

// Field implements [InterfaceType].
func (VhostUser) Field() string { return "vhostUser" }

func (VhostUser) driver() driver                           { return vhostUserDriver{} }
func (u VhostUser) vppName() string                        { return u.Instance.name(vhostUserName) }
func (u VhostUser) claims() []string                       { return []string{"vhost-user socket " + u.Socket} }
func (VhostUser) differs(InterfaceType) []string           { return nil }
func (u VhostUser) number() (n Number, first, last uint32) { return u.Instance, 0, 16383 }
func (u VhostUser) withNumber(n Number) InterfaceType      { u.Instance = n; return u }

func (u VhostUser) hidden() (list []hiddenField) {
	list = hide(list, "vhostUser.gso", u.GSO, false)
	list = hide(list, "vhostUser.packedRing", u.PackedRing, false)
	return hide(list, "vhostUser.eventIndex", u.EventIndex, false)
}

// changes implements [changer].
func (u VhostUser) changes(have InterfaceType) []string {
	h := valueOf[VhostUser](have)
	var f fields
	f.add("vhostUser.socket", u.Socket != h.Socket)
	f.add("vhostUser.mode", u.Server != h.Server)
	return f
}

// change implements [changer].
func (u VhostUser) change(ctx context.Context, v *state.View, index uint32, _ InterfaceType) error {
	_, err := vhostUserChange.Call(ctx, v.Caller(), &vhostUserModify{
		SwIfIndex: index, IsServer: u.Server, SockFilename: u.Socket,
		EnableGSO: u.GSO, EnablePacked: u.PackedRing, EnableEventIdx: u.EventIndex,
	})
	return err
}

type vhostUserDriver struct{}

func (vhostUserDriver) probe(c vpp.Caller) error {
	return probe("vhost_plugin.so", c, vhostUserCreate, vhostUserChange, vhostUserDelete, vhostUserDump)
}

func (vhostUserDriver) read(ctx context.Context, r *reading) error {
	for d, err := range vhostUserDump.Dump(ctx, r.view.Caller(), &swIfIndex{noIndex}) {
		if err != nil {
			return err
		}
		r.found(d.SwIfIndex, VhostUser{
			Instance: numberIn(d.InterfaceName, vhostUserName), Socket: d.SockFilename, Server: d.IsServer,
		})
	}
	return nil
}

func (vhostUserDriver) create(ctx context.Context, m *making) (uint32, error) {
	u := valueOf[VhostUser](m.want.Type)
	if err := m.intend(ctx, u.vppName()); err != nil {
		return 0, err
	}
	r, err := vhostUserCreate.Call(ctx, m.view.Caller(), &vhostUserRequest{
		IsServer: u.Server, SockFilename: u.Socket, Renumber: true, CustomDevInstance: u.Instance.Value,
		EnableGSO: u.GSO, EnablePacked: u.PackedRing, EnableEventIdx: u.EventIndex,
		UseCustomMAC: m.want.MAC != MAC{}, MACAddress: m.want.MAC, Tag: m.mark,
	})
	if err != nil {
		return 0, err
	}
	return r.SwIfIndex, nil
}

func (vhostUserDriver) delete(ctx context.Context, m *making, index uint32) error {
	_, err := vhostUserDelete.Call(ctx, m.view.Caller(), &swIfIndex{index})
	return err
}
