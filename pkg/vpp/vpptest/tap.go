package vpptest

import "fmt"

// tapKind is interfaces whose other end is one of the host's, which VPP makes.
func tapKind() kind {
	const head = "u32 id default=4294967295; bool use_random_mac default=true; mac_address mac_address; "
	const rest = "u16 tx_ring_sz default=256; u16 rx_ring_sz default=256; bool host_mtu_set; u32 host_mtu_size; " +
		"bool host_mac_addr_set; mac_address host_mac_addr; bool host_ip4_prefix_set; ip4_address_with_prefix host_ip4_prefix; " +
		"bool host_ip6_prefix_set; ip6_address_with_prefix host_ip6_prefix; bool host_ip4_gw_set; ip4_address host_ip4_gw; " +
		"bool host_ip6_gw_set; ip6_address host_ip6_gw; tap_flags tap_flags; bool host_namespace_set; string host_namespace[64]; " +
		"bool host_if_name_set; string host_if_name[64]; bool host_bridge_set; string host_bridge[64]; string tag[]"
	return kind{
		types: `
enum tap_flags u32 TAP_API_FLAG_GSO=1 TAP_API_FLAG_CSUM_OFFLOAD=2 TAP_API_FLAG_PERSIST=4 TAP_API_FLAG_ATTACH=8 TAP_API_FLAG_TUN=16 TAP_API_FLAG_GRO_COALESCE=32 TAP_API_FLAG_PACKED=64 TAP_API_FLAG_IN_ORDER=128 TAP_API_FLAG_CONSISTENT_QP=256
struct ip4_prefix ip4_address address; u8 len
struct ip6_prefix ip6_address address; u8 len
alias ip4_address_with_prefix ip4_prefix
alias ip6_address_with_prefix ip6_prefix
`,
		modules: []moduleRows{{name: "tapv2", version: 0xc2f80dc7, semver: "4.0.0", rows: join(
			replyingRows("tap_create_v2", 0x2d0d6570, head+"u8 num_rx_queues default=1; "+rest, crcSwIfIndex, swIfIndexField),
			replyingRows("tap_create_v3", 0x3f3fd1df, head+"u16 num_rx_queues default=1; u16 num_tx_queues default=1; "+rest, crcSwIfIndex, swIfIndexField),
			callRows("tap_delete_v2", 0xf9e6675e, swIfIndexField),
			dumpRows("sw_interface_tap_v2_dump", 0xf9e6675e, "interface_index sw_if_index default=4294967295",
				"sw_interface_tap_v2_details", 0x1e2b2a47, "u32 sw_if_index; u32 id; u16 tx_ring_sz; u16 rx_ring_sz; u32 host_mtu_size; "+
					"mac_address host_mac_addr; ip4_address_with_prefix host_ip4_prefix; ip6_address_with_prefix host_ip6_prefix; "+
					"tap_flags tap_flags; string dev_name[64]; string host_if_name[64]; string host_namespace[64]; string host_bridge[64]"),
		)}},
		serve: serveTap,
	}
}

const (
	tapAttach = 1 << 3
	tapTun    = 1 << 4
	// lastTap is the highest id.
	lastTap = 8192
	tapRing = 256
	tunMTU  = 1500
)

type (
	wireIP4Prefix struct {
		Address [4]byte
		Len     uint8
	}
	wireIP6Prefix struct {
		Address [16]byte
		Len     uint8
	}
	// tapHost is the host's end, as requests and details have it.
	tapHost struct {
		HostMTUSize   uint32
		HostMACAddr   mac
		HostIP4Prefix wireIP4Prefix `vpp:"host_ip4_prefix"`
		HostIP6Prefix wireIP6Prefix `vpp:"host_ip6_prefix"`
		TapFlags      uint32
		HostNamespace string
		HostIfName    string
		HostBridge    string
	}
	tapCreate struct {
		ID                 uint32
		UseRandomMAC       bool
		MACAddress         mac
		NumRxQueues        uint16
		NumTxQueues        uint16 `vpp:",optional"`
		TxRingSz, RxRingSz uint16
		HostMTUSet         bool
		HostMACAddrSet     bool
		HostIP4PrefixSet   bool `vpp:"host_ip4_prefix_set"`
		HostIP6PrefixSet   bool `vpp:"host_ip6_prefix_set"`
		HostNamespaceSet   bool
		HostIfNameSet      bool
		HostBridgeSet      bool
		tapHost
		Tag string
	}
	tapDetails struct {
		SwIfIndex, ID      uint32
		TxRingSz, RxRingSz uint16
		DevName            string
		tapHost
	}
)

// tap is a tap, or a tun, which carries IP without Ethernet.
type tap struct {
	sw      *swInterface
	details tapDetails
}

// taps are all taps.
type taps struct {
	boot *boot
	pool pool[tap]
}

// free finds the lowest id that no tap has.
func (t *taps) free() uint32 {
	id := uint32(0)
	for t.has(func(d *tapDetails) bool { return d.ID == id }) {
		id++
	}
	return id
}

func (t *taps) has(condition func(*tapDetails) bool) bool {
	for _, o := range t.pool.all() {
		if condition(&o.details) {
			return true
		}
	}
	return false
}

// hostEnd is the host's end as the details will have it: what is not set is
// zero, and Linux finds the name that is missing.
func (t *taps) hostEnd(m *tapCreate) tapHost {
	h := m.tapHost
	if !m.HostMTUSet {
		h.HostMTUSize = 0
	}
	if !m.HostMACAddrSet {
		h.HostMACAddr = mac{}
	}
	if !m.HostIP4PrefixSet || h.HostIP4Prefix.Len == 0 {
		h.HostIP4Prefix = wireIP4Prefix{}
	}
	if !m.HostIP6PrefixSet || h.HostIP6Prefix.Len == 0 {
		h.HostIP6Prefix = wireIP6Prefix{}
	}
	if !m.HostNamespaceSet {
		h.HostNamespace = ""
	}
	if !m.HostBridgeSet || h.TapFlags&tapTun != 0 {
		h.HostBridge = ""
	}
	if !m.HostIfNameSet {
		h.HostIfName = ""
	}
	for n := 0; h.HostIfName == ""; n++ {
		if name := fmt.Sprintf("%s%d", tapPrefix(h.TapFlags), n); !t.hostHas(name, h.HostNamespace) {
			h.HostIfName = name
		}
	}
	if h.TapFlags&tapTun == 0 && h.HostMACAddr == (mac{}) {
		h.HostMACAddr = t.boot.state.interfaces.randomMAC()
	}
	return h
}

func (t *taps) hostHas(name, namespace string) bool {
	return t.has(func(d *tapDetails) bool { return d.HostIfName == name && d.HostNamespace == namespace })
}

func tapPrefix(flags uint32) string {
	if flags&tapTun != 0 {
		return "tun"
	}
	return "tap"
}

func (t *taps) create(m *tapCreate) swIfIndexReply {
	refuse := func(retval int32) swIfIndexReply { return swIfIndexReply{retval, none} }
	id := m.ID
	if id == none {
		id = t.free()
	}
	h := t.hostEnd(m)
	switch {
	case t.has(func(d *tapDetails) bool { return d.ID == id }):
		return refuse(retInvalidInterface)
	case id > lastTap:
		return refuse(retUnspecified)
	case h.TapFlags&tapAttach != 0 && !m.HostIfNameSet:
		return refuse(retSyscallError3)
	case t.hostHas(h.HostIfName, h.HostNamespace):
		return refuse(retSyscallError3) // Linux says that it is busy
	case h.HostBridge != "" && !t.boot.v.hasLinuxInterface(h.HostBridge):
		return refuse(retNetlinkError)
	case m.RxRingSz&(m.RxRingSz-1) != 0, m.TxRingSz&(m.TxRingSz-1) != 0:
		return refuse(retInitFailed)
	}
	interfaces := t.boot.state.interfaces
	i := &swInterface{
		device: device{
			name: fmt.Sprintf("%s%d", tapPrefix(h.TapFlags), id), devType: "tap", link: true, carrier: true, resizable: true,
			queues: queues{
				rx: rxQueues(int(max(m.NumRxQueues, 1)), rxPolling), tx: int(max(m.NumTxQueues, 1)),
				modes: []uint32{rxPolling, rxInterrupt, rxAdaptive},
			},
		},
		tag: m.Tag,
	}
	if h.TapFlags&tapTun == 0 {
		i.ethernet, i.promiscuous, i.mac, i.linkMTU = true, true, m.MACAddress, usualMTU
		if m.UseRandomMAC {
			i.mac = interfaces.randomMAC()
		}
	} else if i.linkMTU = tunMTU; h.HostMTUSize > 0 {
		i.linkMTU = uint16(h.HostMTUSize)
	}
	i.mtu[0] = uint32(i.linkMTU)
	d := tapDetails{ID: id, TxRingSz: m.TxRingSz, RxRingSz: m.RxRingSz, tapHost: h}
	for _, size := range []*uint16{&d.TxRingSz, &d.RxRingSz} {
		if *size == 0 {
			*size = tapRing
		}
	}
	d.SwIfIndex = interfaces.add(i)
	interfaces.events[d.SwIfIndex] |= linkUp
	t.pool.put(&tap{i, d})
	return swIfIndexReply{retOK, d.SwIfIndex}
}

func serveTap(r *registry) {
	t := &taps{boot: r.boot}
	for _, name := range []string{"tap_create_v2", "tap_create_v3"} {
		created := sends[swIfIndexReply](r, name+"_reply")
		on(r, name, func(c *call, m *tapCreate) {
			if name == "tap_create_v2" {
				m.NumTxQueues = 1
			}
			reply := t.create(m)
			created.send(c, &reply)
		})
	}
	onInterface(r, "tap_delete_v2", func(m *swIfIndex) uint32 { return m.SwIfIndex },
		func(i *swInterface, _ *swIfIndex) int32 {
			for at, o := range t.pool.all() {
				if o.sw == i.hw {
					t.pool.remove(at)
					r.state.interfaces.delete(i.hw)
					return retOK
				}
			}
			return retInvalidSwIfIndex
		})
	details := sends[tapDetails](r, "sw_interface_tap_v2_details")
	on(r, "sw_interface_tap_v2_dump", func(c *call, m *swIfIndex) {
		for _, o := range t.pool.all() {
			if m.SwIfIndex == none || m.SwIfIndex == o.sw.index {
				d := o.details
				d.DevName = o.sw.name
				details.send(c, &d)
			}
		}
	})
}
