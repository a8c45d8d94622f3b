package vpptest

import "cmp"

// afPacketKind is interfaces on a Linux interface of the host.
func afPacketKind() kind {
	return kind{
		types: `
enum af_packet_mode u32 AF_PACKET_API_MODE_ETHERNET=1 AF_PACKET_API_MODE_IP=2
enum af_packet_flags u32 AF_PACKET_API_FLAG_QDISC_BYPASS=1 AF_PACKET_API_FLAG_CKSUM_GSO=2 AF_PACKET_API_FLAG_VERSION_2=8
`,
		modules: []moduleRows{{name: "af_packet", version: 0x5b12de21, semver: "2.0.0", rows: join(
			replyingRows("af_packet_create_v2", 0x4aff0436, "mac_address hw_addr; bool use_random_hw_addr; string host_if_name[64]; "+
				"u32 rx_frame_size; u32 tx_frame_size; u32 rx_frames_per_block; u32 tx_frames_per_block; u32 flags; "+
				"u16 num_rx_queues default=1", crcSwIfIndex, swIfIndexField),
			replyingRows("af_packet_create_v3", 0xb3a809d4, "af_packet_mode mode; mac_address hw_addr; bool use_random_hw_addr; "+
				"string host_if_name[64]; u32 rx_frame_size; u32 tx_frame_size; u32 rx_frames_per_block; u32 tx_frames_per_block; "+
				"af_packet_flags flags; u16 num_rx_queues default=1; u16 num_tx_queues default=1", crcSwIfIndex, swIfIndexField),
			callRows("af_packet_delete", 0x863fa648, "string host_if_name[64]"),
			dumpRows("af_packet_dump", 0x51077d14, "", "af_packet_details", 0x58c7c042,
				"interface_index sw_if_index; string host_if_name[64]"),
		)}},
		serve: serveAFPacket,
	}
}

const (
	afPacketEthernet = 1
	afPacketIP       = 2
	// afPacketQueues is more than is asked for in earnest; with 64 queues the
	// real one dies.
	afPacketQueues = 64
)

type (
	afPacketCreate struct {
		Mode            uint32 `vpp:",optional"`
		HwAddr          mac
		UseRandomHwAddr bool
		HostIfName      string
		NumRxQueues     uint16
		NumTxQueues     uint16 `vpp:",optional"`
	}
	afPacketDelete  struct{ HostIfName string }
	afPacketDetails struct {
		SwIfIndex  uint32
		HostIfName string
	}
)

// afPacket is an interface with the host's interface below it.
type afPacket struct {
	host string
	sw   *swInterface
}

func serveAFPacket(r *registry) {
	var all pool[afPacket]
	byHost := map[string]uint32{}
	t := r.state.interfaces

	create := func(c *call, m *afPacketCreate) swIfIndexReply {
		if at, is := byHost[m.HostIfName]; is {
			return swIfIndexReply{retIfAlreadyExists, all.get(at).sw.index}
		}
		switch {
		case m.Mode != afPacketEthernet && m.Mode != afPacketIP:
			return swIfIndexReply{retInvalidValue, none}
		case !r.boot.v.hasLinuxInterface(m.HostIfName):
			return swIfIndexReply{retInvalidInterface, 0}
		case m.NumRxQueues >= afPacketQueues || m.NumTxQueues >= afPacketQueues:
			c.die("af_packet interface of 64 queues")
		}
		i := &swInterface{device: afPacketDevice(m)}
		if i.ethernet {
			i.mtu[0] = usualMTU
			if m.UseRandomHwAddr {
				i.mac = t.randomMAC()
			}
		}
		sw := t.add(i)
		byHost[m.HostIfName] = all.put(&afPacket{m.HostIfName, i})
		t.events[sw] |= linkUp
		return swIfIndexReply{retOK, sw}
	}
	for _, name := range []string{"af_packet_create_v2", "af_packet_create_v3"} {
		created := sends[swIfIndexReply](r, name+"_reply")
		on(r, name, func(c *call, m *afPacketCreate) {
			if name == "af_packet_create_v2" {
				m.Mode = afPacketEthernet
			}
			if reply := create(c, m); !c.dying() {
				created.send(c, &reply)
			}
		})
	}
	onRetval(r, "af_packet_delete", func(_ *call, m *afPacketDelete) int32 {
		at, is := byHost[m.HostIfName]
		if !is {
			return retSyscallError1
		}
		t.delete(all.get(at).sw)
		all.remove(at)
		delete(byHost, m.HostIfName)
		return retOK
	})
	details := sends[afPacketDetails](r, "af_packet_details")
	on(r, "af_packet_dump", func(c *call, _ *empty) {
		for _, a := range all.all() {
			details.send(c, &afPacketDetails{a.sw.index, a.host})
		}
	})
}

func afPacketDevice(m *afPacketCreate) device {
	d := device{
		name: "host-" + m.HostIfName, devType: "af-packet", link: true, carrier: true, mac: m.HwAddr,
		queues: queues{
			rx: rxQueues(int(cmp.Or(m.NumRxQueues, 1)), rxInterrupt), tx: int(cmp.Or(m.NumTxQueues, 1)),
			modes: []uint32{rxPolling, rxInterrupt},
		},
	}
	if m.Mode == afPacketEthernet {
		d.ethernet, d.resizable, d.linkMTU = true, true, usualMTU
	} else {
		d.mac = mac{}
	}
	return d
}
