package vpptest

import (
	"cmp"
	"fmt"
	"strings"
)

// memifKind is shared-memory interfaces. Nobody ever connects to one of the
// simulated VPP, so their link stays down.
func memifKind() kind {
	const head = "memif_role role; memif_mode mode; u8 rx_queues; u8 tx_queues; u32 id; u32 socket_id; u32 ring_size; u16 buffer_size; bool no_zero_copy; "
	return kind{
		types: `
enum memif_role u32 MEMIF_ROLE_API_MASTER=0 MEMIF_ROLE_API_SLAVE=1
enum memif_mode u32 MEMIF_MODE_API_ETHERNET=0 MEMIF_MODE_API_IP=1 MEMIF_MODE_API_PUNT_INJECT=2
`,
		modules: []moduleRows{{name: "memif", rows: join(
			replyingRows("memif_create", 0xb1b25061, head+"mac_address hw_addr; string secret[24]", crcSwIfIndex, swIfIndexField),
			replyingRows("memif_create_v2", 0x8c7de5f7, head+"bool use_dma; mac_address hw_addr; string secret[24]", crcSwIfIndex, swIfIndexField),
			callRows("memif_delete", 0xf9e6675e, swIfIndexField),
			dumpRows("memif_dump", 0x51077d14, "", "memif_details", 0xda34feb9,
				"interface_index sw_if_index; mac_address hw_addr; u32 id; memif_role role; memif_mode mode; bool zero_copy; "+
					"u32 socket_id; u32 ring_size; u16 buffer_size; if_status_flags flags; string if_name[64]"),
		)}},
		serve: serveMemif,
	}
}

const (
	memifMaster   = 0
	memifSlave    = 1
	memifEthernet = 0
	memifIP       = 1
	memifRing     = 1024
)

// memif is a shared-memory interface.
type memif struct {
	sw       *swInterface
	socket   uint32
	id       uint32
	role     uint32
	mode     uint32
	zeroCopy bool
}

type (
	memifCreate struct {
		Role, Mode   uint32
		ID, SocketID uint32
		RingSize     uint32
		NoZeroCopy   bool
		HwAddr       mac
	}
	memifDetails struct {
		SwIfIndex  uint32
		HwAddr     mac
		ID         uint32
		Role, Mode uint32
		ZeroCopy   bool
		SocketID   uint32
		RingSize   uint32
		Flags      uint32
		IfName     string
	}
)

// createMemif answers as memif_create does. In a refusal the interface is 0, or
// the one that was made until the socket could not be opened.
func (s *state) createMemif(all *pool[memif], m *memifCreate) swIfIndexReply {
	socket := part(s, newMemifSockets)[m.SocketID]
	master := m.Role == memifMaster
	ring := cmp.Or(m.RingSize, memifRing)
	switch {
	case ring&(ring-1) != 0, socket == nil:
		return swIfIndexReply{Retval: retInvalidArgument}
	case len(socket.interfaces) > 0 && (socket.master != master || socket.interfaces[m.ID] != nil):
		return swIfIndexReply{Retval: retSubifAlreadyExists}
	case m.Mode > memifIP:
		s.fib.lethal = "a memif interface of a mode that VPP does not have"
	}
	i := &swInterface{device: device{name: fmt.Sprintf("memif%d/%d", m.SocketID, m.ID), devType: "memif"}}
	if m.Mode == memifEthernet {
		i.ethernet, i.resizable, i.promiscuous = true, true, true
		if i.mac = m.HwAddr; i.mac == (mac{}) {
			i.mac = s.interfaces.randomMAC()
		}
		i.linkMTU, i.mtu[0] = usualMTU, usualMTU
	}
	one := &memif{sw: i, socket: m.SocketID, id: m.ID, role: memifMaster, mode: m.Mode}
	if !master {
		one.role, one.zeroCopy = memifSlave, !m.NoZeroCopy
	}
	index := s.interfaces.add(i)
	if master && strings.HasPrefix(socket.filename, "@") { // which VPP does not take for an abstract socket
		s.interfaces.delete(i)
		return swIfIndexReply{Retval: retSyscallError4, SwIfIndex: index}
	}
	socket.master, socket.interfaces[m.ID] = master, one
	all.put(one)
	return swIfIndexReply{SwIfIndex: index}
}

func serveMemif(r *registry) {
	var all pool[memif]
	for _, name := range []string{"memif_create", "memif_create_v2"} {
		created := sends[swIfIndexReply](r, name+"_reply")
		on(r, name, func(c *call, m *memifCreate) {
			if reply := r.state.createMemif(&all, m); !c.dying() {
				created.send(c, &reply)
			}
		})
	}
	onInterface(r, "memif_delete", func(m *swIfIndex) uint32 { return m.SwIfIndex },
		func(i *swInterface, _ *swIfIndex) int32 {
			for at, m := range all.all() {
				if m.sw == i.hw {
					delete(part(r.state, newMemifSockets)[m.socket].interfaces, m.id)
					all.remove(at)
					r.state.interfaces.delete(i.hw)
					return retOK
				}
			}
			return retInvalidSwIfIndex
		})
	details := sends[memifDetails](r, "memif_details")
	on(r, "memif_dump", func(c *call, _ *empty) {
		for _, m := range all.all() {
			details.send(c, &memifDetails{
				SwIfIndex: m.sw.index, HwAddr: m.sw.mac, ID: m.id, Role: m.role, Mode: m.mode, ZeroCopy: m.zeroCopy,
				SocketID: m.socket, RingSize: 1, Flags: m.sw.flags(), IfName: m.sw.name, // the ring's size is known once connected
			})
		}
	})
}
