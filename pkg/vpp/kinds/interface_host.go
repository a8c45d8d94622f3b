package kinds

import (
	"context"
	"fmt"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// HostInterface is an interface of the Linux host, used through AF_PACKET. Of
// all this VPP shows the name, and by the missing MAC address the mode.
type HostInterface struct {
	// HostName is the Linux interface.
	HostName string
	// IP carries IP packets instead of Ethernet frames.
	IP bool
	// Queues are 1..16.
	RxQueues, TxQueues uint16
	// Sizes in bytes and counts of frames; 0 is VPP's default.
	RxFrameSize, TxFrameSize           uint32
	RxFramesPerBlock, TxFramesPerBlock uint32
}

type hostInterfaceRequest struct {
	Mode                               uint32
	HwAddr                             MAC
	UseRandomHwAddr                    bool
	HostIfName                         string
	RxFrameSize, TxFrameSize           uint32
	RxFramesPerBlock, TxFramesPerBlock uint32
	NumRxQueues, NumTxQueues           uint16
}

type hostInterfaceName struct{ HostIfName string }

type hostInterfaceDetails struct {
	SwIfIndex  uint32
	HostIfName string
}

// Modes of vl_api_af_packet_mode_t.
const (
	hostModeEthernet = 1
	hostModeIP       = 2
)

var (
	hostInterfaceCreate = vpp.NewMethod[hostInterfaceRequest, swIfIndexReply]("af_packet_create_v3")
	hostInterfaceDelete = vpp.NewMethod[hostInterfaceName, retval]("af_packet_delete")
	hostInterfaceDump   = vpp.NewMethod[nothing, hostInterfaceDetails]("af_packet_dump")
)

// Field implements [InterfaceType].
func (HostInterface) Field() string { return "hostInterface" }

func (HostInterface) driver() driver    { return hostInterfaceDriver{} }
func (h HostInterface) vppName() string { return "host-" + h.HostName }

func (h HostInterface) claims() []string {
	return []string{"Linux interface " + h.HostName + " as AF_PACKET"}
}

func (h HostInterface) differs(have InterfaceType) []string {
	was := valueOf[HostInterface](have)
	var f fields
	f.add("hostInterface.name", h.HostName != was.HostName)
	f.add("hostInterface.mode", h.IP != was.IP)
	return f
}

func (h HostInterface) hidden() (list []hiddenField) {
	list = hide(list, "hostInterface.rxQueues", max(h.RxQueues, 1), 1)
	list = hide(list, "hostInterface.txQueues", max(h.TxQueues, 1), 1)
	list = hide(list, "hostInterface.rxFrameSize", h.RxFrameSize, 0)
	list = hide(list, "hostInterface.txFrameSize", h.TxFrameSize, 0)
	list = hide(list, "hostInterface.rxFramesPerBlock", h.RxFramesPerBlock, 0)
	return hide(list, "hostInterface.txFramesPerBlock", h.TxFramesPerBlock, 0)
}

type hostInterfaceDriver struct{}

func (hostInterfaceDriver) probe(c vpp.Caller) error {
	return probe("af_packet_plugin.so", c, hostInterfaceCreate, hostInterfaceDelete, hostInterfaceDump)
}

func (hostInterfaceDriver) read(ctx context.Context, r *reading) error {
	for d, err := range hostInterfaceDump.Dump(ctx, r.view.Caller(), nil) {
		if err != nil {
			return err
		}
		h := HostInterface{HostName: d.HostIfName}
		if i := r.byIndex[d.SwIfIndex]; i != nil {
			h.IP = i.L2Address == MAC{}
		}
		r.found(d.SwIfIndex, h)
	}
	return nil
}

func (hostInterfaceDriver) create(ctx context.Context, m *making) (uint32, error) {
	h := valueOf[HostInterface](m.want.Type)
	if err := m.intend(ctx, h.vppName()); err != nil {
		return 0, err
	}
	q := hostInterfaceRequest{
		Mode: hostModeEthernet, HwAddr: m.want.MAC, UseRandomHwAddr: m.want.MAC == MAC{},
		HostIfName: h.HostName, RxFrameSize: h.RxFrameSize, TxFrameSize: h.TxFrameSize,
		RxFramesPerBlock: h.RxFramesPerBlock, TxFramesPerBlock: h.TxFramesPerBlock,
		NumRxQueues: max(h.RxQueues, 1), NumTxQueues: max(h.TxQueues, 1),
	}
	if h.IP {
		q.Mode = hostModeIP
	}
	r, err := hostInterfaceCreate.Call(ctx, m.view.Caller(), &q)
	if refusedWith(err, retNoLinux) {
		return 0, fmt.Errorf("%w (%w)", &state.WaitError{For: "Linux interface " + h.HostName}, err)
	}
	if err != nil {
		return 0, err
	}
	return r.SwIfIndex, nil
}

func (hostInterfaceDriver) delete(ctx context.Context, m *making, _ uint32) error {
	_, err := hostInterfaceDelete.Call(ctx, m.view.Caller(), &hostInterfaceName{valueOf[HostInterface](m.want.Type).HostName})
	return err
}
