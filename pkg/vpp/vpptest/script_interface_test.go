package vpptest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// interfaceCommands are those about what interfaces have beyond the basics.
func (s *script) interfaceCommands() map[string]func(args []string) []string {
	return map[string]func(args []string) []string{
		"details":     s.fullDetails, // NAME
		"names":       s.realNames,   // NAME…: the indices' names in VPP
		"sub":         s.createSub,   // NAME PARENT ID FLAGS OUTER INNER
		"vlan":        s.createVLAN,  // NAME PARENT VLAN
		"unsub":       s.deleteSub,   // NAME
		"tune":        s.tune,        // NAME promisc|broadcast on|off, name TEXT, add-mac|del-mac MAC, rx-mode MODE [QUEUE], rx|tx QUEUE THREAD
		"rx":          s.rxPlacement, // NAME|none
		"tx":          s.txPlacement, // NAME|none [CURSOR]
		"borrow":      s.borrow,      // USER DONOR
		"unborrow":    s.unborrow,    // USER DONOR
		"borrowed":    s.borrowed,    // NAME|none
		"neighbor":    s.neighbor,    // add|del NAME ADDRESS MAC [FLAGS]
		"neighbors":   s.neighbors,   // NAME|none 4|6
		"flush":       s.flush,       // NAME|none 4|6
		"flow-hash":   s.flowHash,    // TABLE 4|6 BITS
		"events":      s.events,      // N: waits for so many, in the order of their names
		"no-more":     s.noEvents,    // no event came
		"host":        s.host,        // NAME LINUX [ethernet|ip MAC|random QUEUES]
		"delete-host": s.deleteHost,  // LINUX
		"hosts":       s.hosts,
	}
}

// sortIndices makes a VPP that has been at work give indices in rising order, as
// a fresh one does: the order of paths, dumps and events is that of indices.
func (s *script) sortIndices() {
	const many, instance = 64, 10000
	var all []uint32
	for n := range uint32(many) {
		r := ask[swIfIndexReply](s.c, "create_loopback_instance", createLoopbackInstance{IsSpecified: true, UserInstance: instance + n})
		all = append(all, r.SwIfIndex)
	}
	slices.Sort(all)
	for _, sw := range slices.Backward(all) {
		retval(s.c, "delete_loopback", swIfIndex{sw})
	}
}

// created remembers an interface under the script's name.
func (s *script) created(name string, r swIfIndexReply) []string {
	if r.Retval == 0 {
		s.sw[name], s.names[r.SwIfIndex] = r.SwIfIndex, name
		return nil
	}
	index := s.names[r.SwIfIndex]
	if index == "" || index == "unknown" {
		return result(r.Retval)
	}
	return []string{fmt.Sprintf("  retval %d, index of %s", r.Retval, index)}
}

func (s *script) fullDetails(args []string) (out []string) {
	for _, d := range s.details(swInterfaceDump{SwIfIndex: s.index(args[0])}) {
		if d.SwIfIndex != s.index(args[0]) {
			continue
		}
		address := binproto.MAC(d.L2Address).String()
		if strings.HasPrefix(address, "02:fe:") {
			address = "random"
		}
		line := fmt.Sprintf("  %s (%s) flags %d type %d mac %s link-mtu %d mtu %v", d.InterfaceName, d.InterfaceDevType, d.Flags, d.Type, address, d.LinkMTU, d.MTU)
		if d.SupSwIfIndex != d.SwIfIndex {
			line += fmt.Sprintf(" on %s id %d tags %d outer %d inner %d flags %#x", s.names[d.SupSwIfIndex], d.SubID, d.SubNumberOfTags, d.SubOuterVlanID, d.SubInnerVlanID, d.SubIfFlags)
		}
		if d.Tag != "" {
			line += fmt.Sprintf(" tag %q", d.Tag)
		}
		out = append(out, line)
	}
	return out
}

func (s *script) realNames(args []string) (out []string) {
	for _, d := range s.details(swInterfaceDump{SwIfIndex: none}) {
		if slices.Contains(args, s.names[d.SwIfIndex]) {
			out = append(out, "  "+s.names[d.SwIfIndex]+" "+d.InterfaceName)
		}
	}
	return out
}

func (s *script) createSub(args []string) []string {
	return s.created(args[0], ask[swIfIndexReply](s.c, "create_subif", createSubif{
		s.index(args[1]), s.number(args[2]), s.number(args[3]), uint16(s.number(args[4])), uint16(s.number(args[5])),
	}))
}

func (s *script) createVLAN(args []string) []string {
	return s.created(args[0], ask[swIfIndexReply](s.c, "create_vlan_subif", createVlanSubif{s.index(args[1]), s.number(args[2])}))
}

func (s *script) deleteSub(args []string) []string {
	return result(retval(s.c, "delete_subif", swIfIndex{s.index(args[0])}))
}

func (s *script) tune(args []string) []string {
	sw, what, rest := s.index(args[0]), args[1], args[2:]
	switch what {
	case "promisc":
		return result(retval(s.c, "sw_interface_set_promisc", swInterfaceSetPromisc{sw, rest[0] == "on"}))
	case "broadcast":
		return result(retval(s.c, "sw_interface_set_ip_directed_broadcast", swInterfaceSetDirectedBroadcast{sw, rest[0] == "on"}))
	case "name":
		return result(retval(s.c, "sw_interface_set_interface_name", swInterfaceSetName{sw, strings.Join(rest, " ")}))
	case "add-mac":
		return result(retval(s.c, "sw_interface_add_del_mac_address", swInterfaceAddDelMAC{sw, s.mac(rest[0]), 1}))
	case "del-mac":
		return result(retval(s.c, "sw_interface_add_del_mac_address", swInterfaceAddDelMAC{sw, s.mac(rest[0]), 0}))
	case "rx-mode":
		m := swInterfaceSetRxMode{SwIfIndex: sw, Mode: s.number(rest[0])}
		if len(rest) > 1 {
			m.QueueIDValid, m.QueueID = true, s.number(rest[1])
		}
		return result(retval(s.c, "sw_interface_set_rx_mode", m))
	case "rx":
		m := swInterfaceSetRxPlacement{SwIfIndex: sw, QueueID: s.number(rest[0]), IsMain: rest[1] == "main"}
		if !m.IsMain {
			m.WorkerID = s.number(rest[1])
		}
		return result(retval(s.c, "sw_interface_set_rx_placement", m))
	case "tx":
		return result(retval(s.c, "sw_interface_set_tx_placement", swInterfaceSetTxPlacement{sw, s.number(rest[0]), []uint32{s.number(rest[1])}}))
	}
	s.c.t.Fatalf("tune %v", args)
	return nil
}

func (s *script) rxPlacement(args []string) (out []string) {
	for _, d := range dump[swInterfaceRxPlacementDetails](s.c, "sw_interface_rx_placement_dump", "sw_interface_rx_placement_details", swIfIndex{s.index(args[0])}) {
		if name := s.names[d.SwIfIndex]; name != "" {
			out = append(out, fmt.Sprintf("  %s queue %d worker %d mode %d", name, d.QueueID, d.WorkerID, d.Mode))
		}
	}
	slices.Sort(out)
	return out
}

func (s *script) txPlacement(args []string) (out []string) {
	m := swInterfaceTxPlacementGet{SwIfIndex: s.index(args[0])}
	if len(args) > 1 {
		m.Cursor = s.number(args[1])
	}
	send(s.c, "sw_interface_tx_placement_get", m)
	for {
		name, _, b := s.c.next()
		if name != "sw_interface_tx_placement_details" {
			return append(out, result(decode[cursorReply](s.c, name, b).Retval)...)
		}
		d := decode[swInterfaceTxPlacementDetails](s.c, name, b)
		out = append(out, fmt.Sprintf("  %s queue %d shared %d threads %v", s.names[d.SwIfIndex], d.QueueID, d.Shared, d.Threads))
	}
}

func (s *script) borrow(args []string) []string {
	return result(retval(s.c, "sw_interface_set_unnumbered", swInterfaceSetUnnumbered{s.index(args[1]), s.index(args[0]), true}))
}

func (s *script) unborrow(args []string) []string {
	return result(retval(s.c, "sw_interface_set_unnumbered", swInterfaceSetUnnumbered{s.index(args[1]), s.index(args[0]), false}))
}

func (s *script) borrowed(args []string) (out []string) {
	for _, d := range dump[ipUnnumberedDetails](s.c, "ip_unnumbered_dump", "ip_unnumbered_details", swIfIndex{s.index(args[0])}) {
		out = append(out, "  "+s.names[d.SwIfIndex]+" of "+s.names[d.IPSwIfIndex])
	}
	return out
}

func (s *script) neighbor(args []string) []string {
	m := ipNeighborAddDel{IsAdd: args[0] == "add", Neighbor: wireNeighbor{SwIfIndex: s.index(args[1]), IPAddress: s.ip(args[2])}}
	if len(args) > 3 {
		m.Neighbor.MACAddress = s.mac(args[3])
	}
	if len(args) > 4 {
		m.Neighbor.Flags = uint8(s.number(args[4]))
	}
	r := ask[ipNeighborAddDelReply](s.c, "ip_neighbor_add_del", m)
	return result(r.Retval)
}

func familyNumber(text string) uint8 {
	if text == "6" {
		return 1
	}
	return 0
}

func (s *script) neighbors(args []string) (out []string) {
	for _, d := range dump[ipNeighborDetails](s.c, "ip_neighbor_dump", "ip_neighbor_details", ipNeighborDump{s.index(args[0]), familyNumber(args[1])}) {
		n := d.Neighbor
		out = append(out, fmt.Sprintf("  %s %s %v flags %d", s.names[n.SwIfIndex], addressText(n.IPAddress.Un, int(n.IPAddress.Af)), binproto.MAC(n.MACAddress), n.Flags))
	}
	slices.Sort(out)
	return out
}

func (s *script) flush(args []string) []string {
	return result(retval(s.c, "ip_neighbor_flush", ipNeighborDump{s.index(args[0]), familyNumber(args[1])}))
}

func (s *script) flowHash(args []string) []string {
	m := setIPFlowHash{s.number(args[0]), familyNumber(args[1]), s.number(args[2])}
	v2, v3 := retval(s.c, "set_ip_flow_hash_v2", m), retval(s.c, "set_ip_flow_hash_v3", m)
	if v2 != v3 {
		return []string{fmt.Sprintf("  v2 %d, v3 %d", v2, v3)}
	}
	return result(v2)
}

func (s *script) events(args []string) (out []string) {
	for range s.number(args[0]) {
		out = append(out, s.event(nil)...)
	}
	slices.Sort(out)
	return out
}

func (s *script) noEvents([]string) (out []string) {
	s.c.ping()
	for len(s.c.events) > 0 {
		out = append(out, s.event(nil)...)
	}
	return out
}

func (s *script) host(args []string) []string {
	m := afPacketCreate{Mode: afPacketEthernet, UseRandomHwAddr: true, HostIfName: args[1], NumRxQueues: 1, NumTxQueues: 1}
	if len(args) > 2 && args[2] == "ip" {
		m.Mode = afPacketIP
	}
	if len(args) > 3 && args[3] != "random" {
		m.UseRandomHwAddr, m.HwAddr = false, s.mac(args[3])
	}
	if len(args) > 4 {
		m.NumRxQueues = uint16(s.number(args[4]))
		m.NumTxQueues = m.NumRxQueues
	}
	return s.created(args[0], ask[swIfIndexReply](s.c, "af_packet_create_v3", m))
}

func (s *script) deleteHost(args []string) []string {
	return result(retval(s.c, "af_packet_delete", afPacketDelete{args[0]}))
}

func (s *script) hosts([]string) (out []string) {
	for _, d := range dump[afPacketDetails](s.c, "af_packet_dump", "af_packet_details", empty{}) {
		out = append(out, "  "+s.names[d.SwIfIndex]+" "+d.HostIfName)
	}
	slices.Sort(out)
	return out
}
