package kinds

import (
	"context"
	"errors"
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// Tap is one end of a pair whose other end is an interface of the Linux host.
type Tap struct {
	// ID is the N of tapN, or of tunN, 0..8191.
	ID Number
	// Tun carries IP packets instead of Ethernet frames.
	Tun                    bool
	Host                   TapHost
	RxQueues, TxQueues     uint16 // 1..64
	RxRingSize, TxRingSize uint16 // packets, powers of two
	// GSO includes ChecksumOffload, which then is false here.
	GSO, ChecksumOffload bool
}

// TapHost is the Linux end of a tap; what is zero is not given.
type TapHost struct {
	Name, Namespace    string
	MAC                MAC
	Address4, Address6 netip.Prefix // with host bits
	Gateway4, Gateway6 netip.Addr
	MTU                uint32
	Bridge             string
}

const (
	tapName   = "tap"
	tunName   = "tun"
	lastTapID = 8191
)

// Bits of vl_api_tap_flags_t.
const (
	tapGSO      uint32 = 1
	tapChecksum uint32 = 2
	tapTun      uint32 = 16
)

type tapRequest struct {
	ID                 uint32
	UseRandomMAC       bool
	MACAddress         MAC
	NumRxQueues        uint16
	NumTxQueues        uint16
	TxRingSz, RxRingSz uint16
	HostMTUSet         bool
	HostMTUSize        uint32
	HostMACAddrSet     bool
	HostMACAddr        MAC
	HostIP4PrefixSet   bool
	HostIP4Prefix      netip.Prefix
	HostIP6PrefixSet   bool
	HostIP6Prefix      netip.Prefix
	HostIP4GwSet       bool
	HostIP4Gw          netip.Addr
	HostIP6GwSet       bool
	HostIP6Gw          netip.Addr
	TapFlags           uint32
	HostNamespaceSet   bool
	HostNamespace      string
	HostIfNameSet      bool
	HostIfName         string
	HostBridgeSet      bool
	HostBridge         string
	Tag                string
}

type tapDetails struct {
	SwIfIndex, ID      uint32
	TxRingSz, RxRingSz uint16
	HostMTUSize        uint32
	HostMACAddr        MAC
	HostIP4Prefix      netip.Prefix
	HostIP6Prefix      netip.Prefix
	TapFlags           uint32
	HostIfName         string
	HostNamespace      string
	HostBridge         string
}

var (
	tapCreate = vpp.NewMethod[tapRequest, swIfIndexReply]("tap_create_v3")
	tapDelete = vpp.NewMethod[swIfIndex, retval]("tap_delete_v2")
	tapDump   = vpp.NewMethod[swIfIndex, tapDetails]("sw_interface_tap_v2_dump")
)

// Field implements [InterfaceType].
func (Tap) Field() string { return "tap" }

func (Tap) driver() driver                           { return tapDriver{} }
func (t Tap) number() (n Number, first, last uint32) { return t.ID, 0, lastTapID }
func (t Tap) withNumber(n Number) InterfaceType      { t.ID = n; return t }

func (t Tap) vppName() string {
	if t.Tun {
		return t.ID.name(tunName)
	}
	return t.ID.name(tapName)
}

func (t Tap) claims() []string {
	claim := "Linux interface " + t.Host.Name
	if t.Host.Namespace != "" {
		claim += " in namespace " + t.Host.Namespace
	}
	if t.ID.Given { // tap3 and tun3 cannot both be
		return []string{claim, t.ID.name("tap or tun ")}
	}
	return []string{claim}
}

// optional implements [optional].
func (t Tap) optional() []string {
	if t.Host.MTU == 0 {
		return nil
	}
	return []string{"tap.host.mtu"}
}

func (t Tap) differs(have InterfaceType) []string {
	h := valueOf[Tap](have)
	var f fields
	f.add("tap.id", t.ID.differs(h.ID))
	f.add("tap.tun", t.Tun != h.Tun)
	f.add("tap.rxRingSize", t.RxRingSize != h.RxRingSize)
	f.add("tap.txRingSize", t.TxRingSize != h.TxRingSize)
	f.add("tap.gso", t.GSO != h.GSO)
	f.add("tap.checksumOffload", t.ChecksumOffload != h.ChecksumOffload)
	f.add("tap.host.name", t.Host.Name != h.Host.Name)
	f.add("tap.host.namespace", t.Host.Namespace != h.Host.Namespace)
	f.add("tap.host.macAddress", t.Host.MAC != MAC{} && t.Host.MAC != h.Host.MAC)
	f.add("tap.host.addresses", t.Host.Address4 != h.Host.Address4 || t.Host.Address6 != h.Host.Address6)
	f.add("tap.host.mtu", t.Host.MTU != 0 && t.Host.MTU != h.Host.MTU)
	f.add("tap.host.bridge", t.Host.Bridge != h.Host.Bridge)
	return f
}

func (t Tap) hidden() (list []hiddenField) {
	list = hide(list, "tap.rxQueues", max(t.RxQueues, 1), 1)
	list = hide(list, "tap.txQueues", max(t.TxQueues, 1), 1)
	return hide(list, "tap.host.gateways", [2]netip.Addr{t.Host.Gateway4, t.Host.Gateway6}, [2]netip.Addr{})
}

type tapDriver struct{}

func (tapDriver) probe(c vpp.Caller) error {
	return probe("tap_plugin.so", c, tapCreate, tapDelete, tapDump)
}

func (tapDriver) read(ctx context.Context, r *reading) error {
	for d, err := range tapDump.Dump(ctx, r.view.Caller(), &swIfIndex{noIndex}) {
		if err != nil {
			return err
		}
		t := Tap{
			ID: Number{d.ID, true}, Tun: d.TapFlags&tapTun != 0, RxRingSize: d.RxRingSz, TxRingSize: d.TxRingSz,
			GSO: d.TapFlags&tapGSO != 0,
			Host: TapHost{
				Name: d.HostIfName, Namespace: d.HostNamespace, MAC: d.HostMACAddr, Bridge: d.HostBridge,
				MTU: d.HostMTUSize, Address4: given(d.HostIP4Prefix), Address6: given(d.HostIP6Prefix),
			},
		}
		t.ChecksumOffload = d.TapFlags&tapChecksum != 0 && !t.GSO
		r.found(d.SwIfIndex, t)
	}
	return nil
}

// given is a prefix, or nothing where VPP has only zeros.
func given(p netip.Prefix) netip.Prefix {
	if p.Bits() <= 0 {
		return netip.Prefix{}
	}
	return p
}

func (tapDriver) create(ctx context.Context, m *making) (uint32, error) {
	t := valueOf[Tap](m.want.Type)
	if err := m.intend(ctx, t.vppName()); err != nil {
		return 0, err
	}
	h := t.Host
	q := tapRequest{
		ID: t.ID.Value, UseRandomMAC: m.want.MAC == MAC{}, MACAddress: m.want.MAC,
		NumRxQueues: max(t.RxQueues, 1), NumTxQueues: max(t.TxQueues, 1), RxRingSz: t.RxRingSize, TxRingSz: t.TxRingSize,
		HostMTUSet: h.MTU != 0, HostMTUSize: h.MTU, HostMACAddrSet: h.MAC != MAC{}, HostMACAddr: h.MAC,
		HostIP4PrefixSet: h.Address4.IsValid(), HostIP4Prefix: h.Address4,
		HostIP6PrefixSet: h.Address6.IsValid(), HostIP6Prefix: h.Address6,
		HostIP4GwSet: h.Gateway4.IsValid(), HostIP4Gw: h.Gateway4, HostIP6GwSet: h.Gateway6.IsValid(), HostIP6Gw: h.Gateway6,
		HostNamespaceSet: h.Namespace != "", HostNamespace: h.Namespace, HostIfNameSet: true, HostIfName: h.Name,
		HostBridgeSet: h.Bridge != "", HostBridge: h.Bridge, Tag: m.mark,
	}
	// An address that is not there is still of its family.
	if !q.HostIP6Prefix.IsValid() {
		q.HostIP6Prefix = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	if !q.HostIP6Gw.IsValid() {
		q.HostIP6Gw = netip.IPv6Unspecified()
	}
	for bit, on := range map[uint32]bool{tapGSO: t.GSO, tapChecksum: t.ChecksumOffload, tapTun: t.Tun} {
		if on {
			q.TapFlags |= bit
		}
	}
	r, err := tapCreate.Call(ctx, m.view.Caller(), &q)
	if err != nil {
		return 0, err
	}
	if r.SwIfIndex == noIndex {
		return 0, errors.New("VPP made no tap")
	}
	return r.SwIfIndex, nil
}

func (tapDriver) delete(ctx context.Context, m *making, index uint32) error {
	_, err := tapDelete.Call(ctx, m.view.Caller(), &swIfIndex{index})
	return err
}
