package kinds

import (
	"context"
	"errors"
	"slices"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// noIndex is VPP's ~0: no interface, all interfaces, a number VPP chooses.
const noIndex = ^uint32(0)

// Return values that are decided on. The same call can be refused with another
// in another release: what is found in VPP afterwards says more.
const (
	retUnspecified    int32 = -1
	retNoSuchEntry    int32 = -6
	retNoLinux        int32 = -71 // af_packet: the Linux interface is missing
	retNotDeletable   int32 = -61
	retIP6NotEnabled  int32 = -62
	retTableMismatch  int32 = -74
	retAddressInUse   int32 = -105
	retAddressTwice   int32 = -127
	retNoSuchIndex    int32 = -2
	retNoSuchAddress  int32 = -60
	retAlreadyUnbound int32 = -98
	retDomainExists   int32 = -119
	retDomainInUse    int32 = -120
)

// Bits of vl_api_if_status_flags_t.
const (
	flagAdminUp uint32 = 1
	flagLinkUp  uint32 = 2
)

// typeSub is vl_api_if_type_t's number for a sub-interface.
const typeSub uint32 = 1

type swIfIndex struct{ SwIfIndex uint32 }

// swIfIndexReply is the answer to most creates.
type swIfIndexReply struct {
	Retval    int32
	SwIfIndex uint32
}

type interfaceDumpRequest struct {
	SwIfIndex       uint32
	NameFilterValid bool
	NameFilter      string
}

type interfaceDetails struct {
	SwIfIndex, SupSwIfIndex uint32
	L2Address               MAC
	Flags                   uint32
	Type                    uint32
	LinkSpeed               uint32
	LinkMTU                 uint16
	MTU                     [4]uint32
	SubID                   uint32
	SubNumberOfTags         uint8
	SubOuterVlanID          uint16
	SubInnerVlanID          uint16
	SubIfFlags              uint32
	InterfaceName           string
	InterfaceDevType        string
	Tag                     string
}

func (d *interfaceDetails) adminUp() bool { return d.Flags&flagAdminUp != 0 }

type interfaceTagRequest struct {
	IsAdd     bool
	SwIfIndex uint32
	Tag       string
}

type interfaceMTURequest struct {
	SwIfIndex uint32
	MTU       [4]uint32
}

type linkMTURequest struct {
	SwIfIndex uint32
	MTU       uint16
}

type interfaceMACRequest struct {
	SwIfIndex  uint32
	MACAddress MAC
}

type rxModeRequest struct {
	SwIfIndex uint32
	// QueueIDValid is false for all queues.
	QueueIDValid bool
	QueueID      uint32
	Mode         RxMode
}

type rxPlacementRequest struct {
	SwIfIndex, QueueID uint32
	WorkerID           uint32
	IsMain             bool
}

type rxPlacementDetails struct {
	SwIfIndex, QueueID uint32
	// WorkerID is the number of a thread in spite of its name.
	WorkerID uint32
	Mode     RxMode
}

type txPlacementRequest struct {
	SwIfIndex, QueueID uint32
	Threads            []uint32
}

type txPlacementDetails struct {
	SwIfIndex, QueueID uint32
	Threads            []uint32
}

type promiscRequest struct {
	SwIfIndex uint32
	PromiscOn bool
}

type directedBroadcastRequest struct {
	SwIfIndex uint32
	Enable    bool
}

var (
	interfaceDump    = vpp.NewMethod[interfaceDumpRequest, interfaceDetails]("sw_interface_dump")
	interfaceTag     = vpp.NewMethod[interfaceTagRequest, retval]("sw_interface_tag_add_del")
	interfaceSetMTU  = vpp.NewMethod[interfaceMTURequest, retval]("sw_interface_set_mtu")
	interfaceLinkMTU = vpp.NewMethod[linkMTURequest, retval]("hw_interface_set_mtu")
	interfaceSetMAC  = vpp.NewMethod[interfaceMACRequest, retval]("sw_interface_set_mac_address")
	interfaceRxMode  = vpp.NewMethod[rxModeRequest, retval]("sw_interface_set_rx_mode")
	interfaceSetRx   = vpp.NewMethod[rxPlacementRequest, retval]("sw_interface_set_rx_placement")
	interfaceRxDump  = vpp.NewMethod[swIfIndex, rxPlacementDetails]("sw_interface_rx_placement_dump")
	interfaceSetTx   = vpp.NewMethod[txPlacementRequest, retval]("sw_interface_set_tx_placement")
	interfaceTxDump  = vpp.NewMethod[swIfIndex, txPlacementDetails]("sw_interface_tx_placement_get")
	interfacePromisc = vpp.NewMethod[promiscRequest, retval]("sw_interface_set_promisc")
	interfaceBcast   = vpp.NewMethod[directedBroadcastRequest, retval]("sw_interface_set_ip_directed_broadcast")
)

// allInterfaces are the details of all interfaces but local0, which is none.
func allInterfaces(ctx context.Context, c vpp.Caller) ([]*interfaceDetails, error) {
	var all []*interfaceDetails
	for d, err := range interfaceDump.Dump(ctx, c, &interfaceDumpRequest{SwIfIndex: noIndex}) {
		if err != nil {
			return nil, err
		}
		if d.SwIfIndex != 0 {
			all = append(all, d)
		}
	}
	return all, nil
}

// oneInterface is the details of an index, nil where there is none.
func oneInterface(ctx context.Context, c vpp.Caller, index uint32) (*interfaceDetails, error) {
	if index == 0 || index == noIndex {
		return nil, nil //nolint:nilnil // local0 is no interface
	}
	for d, err := range interfaceDump.Dump(ctx, c, &interfaceDumpRequest{SwIfIndex: index}) {
		if err != nil {
			return nil, err
		}
		if d.SwIfIndex == index {
			return d, nil
		}
	}
	return nil, nil //nolint:nilnil // it is not there
}

// dump reads a whole stream.
func dump[Q, R any](ctx context.Context, c vpp.Caller, m *vpp.Method[Q, R], q *Q) ([]*R, error) {
	var all []*R
	for d, err := range m.Dump(ctx, c, q) {
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// lacks tells whether an error says that VPP has no such message.
func lacks(err error) bool {
	return errors.Is(err, vpp.ErrNoMessage) || errors.Is(err, vpp.ErrCRCMismatch)
}

// refusedWith tells whether VPP answered with one of some numbers.
func refusedWith(err error, numbers ...int32) bool {
	n, ok := vpp.Retval(err)
	return ok && slices.Contains(numbers, n)
}

// refusedByVPP tells whether VPP answered with any number.
func refusedByVPP(err error) bool {
	_, ok := vpp.Retval(err)
	return ok
}
