package vpptest

import (
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// tunnelCommands are those about interfaces that lead somewhere else.
func (s *script) tunnelCommands() map[string]func(args []string) []string {
	return map[string]func(args []string) []string{
		"memif-socket":  s.memifSocket,  // add|del ID|new FILE
		"memif-sockets": s.memifSockets, // those of ids below 100 and what was new
		"memif":         s.memif,        // NAME key value…: id, socket, role, mode, ring, mac, copy
		"delete-memif":  s.deleteMemif,  // NAME
		"memifs":        s.memifs,
		"vxlan":         s.vxlan,       // add|del NAME SRC DST VNI key value…: table, src-port, dst-port, instance, decap, mcast, l3
		"vxlans":        s.vxlans,      // NAME|none
		"gre":           s.gre,         // add|del NAME SRC DST key value…: type, mode, table, key, session, flags, instance, v
		"gres":          s.gres,        // NAME|none
		"ipip":          s.ipip,        // NAME SRC DST key value…: table, instance, mode, flags, dscp
		"delete-ipip":   s.deleteIpip,  // NAME
		"ipips":         s.ipips,       // NAME|none
		"bond":          s.bond,        // NAME key value…: id, mode, lb, gso, mac
		"delete-bond":   s.deleteBond,  // NAME
		"bonds":         s.bonds,       // NAME|none
		"enslave":       s.enslave,     // NAME BOND [passive] [long]
		"detach":        s.detach,      // NAME
		"weight":        s.weight,      // NAME N
		"members":       s.members,     // BOND
		"vhost":         s.vhost,       // NAME SOCKET key value…: server, number, mac, tag
		"modify-vhost":  s.modifyVhost, // NAME SOCKET key value…: server, number
		"delete-vhost":  s.deleteVhost, // NAME
		"vhosts":        s.vhosts,      // NAME|none
		"tap":           s.tap,         // NAME ID|any key value…: host, ns, bridge, tag, mac, ip4, ip6, mtu, rx, tx, queues, flags, host-mac
		"delete-tap":    s.deleteTap,   // NAME
		"taps":          s.taps,        // NAME|none
	}
}

// options reads key value pairs; keys that are missing have the defaults.
func (s *script) options(args []string, defaults map[string]uint32) map[string]uint32 {
	out := maps.Clone(defaults)
	for i := 0; i+1 < len(args); i += 2 {
		if _, known := defaults[args[i]]; !known {
			s.c.t.Fatalf("unknown option %q", args[i])
		}
		if n, err := strconv.ParseUint(args[i+1], 0, 32); err == nil {
			out[args[i]] = uint32(n)
		} else {
			out[args[i]] = s.index(args[i+1])
		}
	}
	return out
}

func (s *script) memifSocket(args []string) []string {
	m := memifSocketAddDel{IsAdd: args[0] == "add", SocketID: none}
	if args[1] != "new" {
		m.SocketID = s.number(args[1])
	}
	if len(args) > 2 {
		m.SocketFilename = args[2]
	}
	r := ask[memifSocketAddDelReply](s.c, "memif_socket_filename_add_del_v2", m)
	switch {
	case r.Retval != 0:
		return result(r.Retval)
	case args[1] == "new" && (r.SocketID == none || r.SocketID == 0):
		return []string{fmt.Sprintf("  id %d", r.SocketID)}
	case args[1] == "new": // given back at once: it is a random one
		return result(retval(s.c, "memif_socket_filename_add_del", memifSocketAddDel{SocketID: r.SocketID}))
	}
	return nil
}

func (s *script) memifSockets([]string) (out []string) {
	for _, d := range dump[memifSocketDetails](s.c, "memif_socket_filename_dump", "memif_socket_filename_details", empty{}) {
		out = append(out, fmt.Sprintf("  %d %s", d.SocketID, filepath.Base(d.SocketFilename)))
	}
	slices.Sort(out)
	return out
}

func (s *script) memif(args []string) []string {
	address := mac{}
	if i := slices.Index(args, "mac"); i > 0 {
		address = s.mac(args[i+1])
		args = slices.Delete(slices.Clone(args), i, i+2)
	}
	o := s.options(args[1:], map[string]uint32{"id": 0, "socket": 0, "role": memifMaster, "mode": memifEthernet, "ring": 0, "copy": 0})
	m := memifCreate{Role: o["role"], Mode: o["mode"], ID: o["id"], SocketID: o["socket"], RingSize: o["ring"], NoZeroCopy: o["copy"] != 0, HwAddr: address}
	return s.created(args[0], ask[swIfIndexReply](s.c, "memif_create_v2", m))
}

func (s *script) deleteMemif(args []string) []string {
	return result(retval(s.c, "memif_delete", swIfIndex{s.index(args[0])}))
}

func (s *script) memifs([]string) (out []string) {
	for _, d := range dump[memifDetails](s.c, "memif_dump", "memif_details", empty{}) {
		address := binproto.MAC(d.HwAddr).String()
		if strings.HasPrefix(address, "02:fe:") {
			address = "random"
		}
		out = append(out, fmt.Sprintf("  %s %s mac %s id %d socket %d role %d mode %d zero-copy %t ring %d flags %d",
			s.names[d.SwIfIndex], d.IfName, address, d.ID, d.SocketID, d.Role, d.Mode, d.ZeroCopy, d.RingSize, d.Flags))
	}
	slices.Sort(out)
	return out
}

func (s *script) vxlan(args []string) []string {
	o := s.options(args[5:], map[string]uint32{"table": 0, "src-port": 0, "dst-port": 0, "instance": none, "decap": none, "mcast": none, "l3": 0})
	m := vxlanAddDel{
		IsAdd: args[0] == "add", SrcAddress: s.ip(args[2]), DstAddress: s.ip(args[3]), Vni: s.number(args[4]),
		EncapVrfID: o["table"], SrcPort: uint16(o["src-port"]), DstPort: uint16(o["dst-port"]), Instance: o["instance"],
		DecapNextIndex: o["decap"], McastSwIfIndex: o["mcast"], IsL3: o["l3"] != 0,
	}
	r := ask[swIfIndexReply](s.c, "vxlan_add_del_tunnel_v3", m)
	return s.addedOrDeleted(args, r)
}

// addedOrDeleted is for messages that do both.
func (s *script) addedOrDeleted(args []string, r swIfIndexReply) []string {
	if args[0] == "del" && r.Retval == 0 && r.SwIfIndex != s.index(args[1]) {
		return []string{fmt.Sprintf("  deleted %s", s.names[r.SwIfIndex])}
	}
	if args[0] == "del" {
		return result(r.Retval)
	}
	return s.created(args[1], r)
}

func (s *script) ends(src, dst wireAddress) string {
	return addressText(src.Un, int(src.Af)) + " " + addressText(dst.Un, int(dst.Af))
}

func (s *script) vxlans(args []string) (out []string) {
	for _, d := range dump[vxlanDetails](s.c, "vxlan_tunnel_v2_dump", "vxlan_tunnel_v2_details", swIfIndex{s.index(args[0])}) {
		out = append(out, fmt.Sprintf("  %s %s vni %d instance %d ports %d %d table %d decap %d mcast %q", s.names[d.SwIfIndex],
			s.ends(d.SrcAddress, d.DstAddress), d.Vni, d.Instance, d.SrcPort, d.DstPort, d.EncapVrfID, d.DecapNextIndex, s.names[d.McastSwIfIndex]))
	}
	slices.Sort(out)
	return out
}

func (s *script) gre(args []string) []string {
	o := s.options(args[4:], map[string]uint32{"type": 0, "mode": 0, "table": 0, "key": 0, "session": 0, "flags": 0, "instance": none, "v": 2})
	w := wireGre{
		Type: uint8(o["type"]), Mode: uint8(o["mode"]), Flags: uint8(o["flags"]), SessionID: uint16(o["session"]), Instance: o["instance"],
		OuterTableID: o["table"], Src: s.ip(args[2]), Dst: s.ip(args[3]), Key: o["key"],
	}
	name := "gre_tunnel_add_del_v2"
	if o["v"] == 1 {
		name = "gre_tunnel_add_del"
	}
	return s.addedOrDeleted(args, ask[swIfIndexReply](s.c, name, greAddDel{args[0] == "add", w}))
}

func (s *script) gres(args []string) (out []string) {
	m := swIfIndex{s.index(args[0])}
	if n := len(dump[greDetails](s.c, "gre_tunnel_dump", "gre_tunnel_details", m)); n > 0 {
		out = append(out, fmt.Sprintf("  %d", n))
	}
	for _, d := range dump[greDetails](s.c, "gre_tunnel_v2_dump", "gre_tunnel_v2_details", m) {
		w := d.Tunnel
		out = append(out, fmt.Sprintf("  %s %s type %d mode %d flags %d session %d instance %d table %d key %d", s.names[w.SwIfIndex],
			s.ends(w.Src, w.Dst), w.Type, w.Mode, w.Flags, w.SessionID, w.Instance, w.OuterTableID, w.Key))
	}
	slices.Sort(out)
	return out
}

func (s *script) ipip(args []string) []string {
	o := s.options(args[3:], map[string]uint32{"table": 0, "instance": none, "mode": 0, "flags": 0, "dscp": 0})
	w := wireIpip{
		Instance: o["instance"], Src: s.ip(args[1]), Dst: s.ip(args[2]), TableID: o["table"], Flags: uint8(o["flags"]),
		Mode: uint8(o["mode"]), Dscp: uint8(o["dscp"]),
	}
	return s.created(args[0], ask[swIfIndexReply](s.c, "ipip_add_tunnel", ipipAddTunnel{w}))
}

func (s *script) deleteIpip(args []string) []string {
	return result(retval(s.c, "ipip_del_tunnel", swIfIndex{s.index(args[0])}))
}

func (s *script) ipips(args []string) (out []string) {
	for _, d := range dump[ipipAddTunnel](s.c, "ipip_tunnel_dump", "ipip_tunnel_details", swIfIndex{s.index(args[0])}) {
		w := d.Tunnel
		out = append(out, fmt.Sprintf("  %s %s instance %d table %d flags %d mode %d dscp %d", s.names[w.SwIfIndex],
			s.ends(w.Src, w.Dst), w.Instance, w.TableID, w.Flags, w.Mode, w.Dscp))
	}
	slices.Sort(out)
	return out
}

func (s *script) bond(args []string) []string {
	m := bondCreate{}
	if i := slices.Index(args, "mac"); i > 0 {
		m.UseCustomMAC, m.MACAddress = true, s.mac(args[i+1])
		args = slices.Delete(slices.Clone(args), i, i+2)
	}
	o := s.options(args[1:], map[string]uint32{"id": none, "mode": bondActiveBackup, "lb": 0, "gso": 0})
	m.ID, m.Mode, m.Lb, m.EnableGso = o["id"], o["mode"], o["lb"], o["gso"] != 0
	return s.created(args[0], ask[swIfIndexReply](s.c, "bond_create2", m))
}

func (s *script) deleteBond(args []string) []string {
	return result(retval(s.c, "bond_delete", swIfIndex{s.index(args[0])}))
}

func (s *script) bonds(args []string) (out []string) {
	for _, d := range dump[bondDetails](s.c, "sw_bond_interface_dump", "sw_bond_interface_details", swIfIndex{s.index(args[0])}) {
		out = append(out, fmt.Sprintf("  %s %s id %d mode %d lb %d numa-only %t members %d active %d", s.names[d.SwIfIndex],
			d.InterfaceName, d.ID, d.Mode, d.Lb, d.NumaOnly, d.Members, d.ActiveMembers))
	}
	slices.Sort(out)
	return out
}

func (s *script) enslave(args []string) []string {
	return result(retval(s.c, "bond_add_member", bondAddMember{
		s.index(args[0]), s.index(args[1]), slices.Contains(args, "passive"), slices.Contains(args, "long"),
	}))
}

func (s *script) detach(args []string) []string {
	return result(retval(s.c, "bond_detach_member", swIfIndex{s.index(args[0])}))
}

func (s *script) weight(args []string) []string {
	return result(retval(s.c, "sw_interface_set_bond_weight", bondWeight{s.index(args[0]), s.number(args[1])}))
}

func (s *script) members(args []string) (out []string) {
	for _, d := range dump[bondMemberDetails](s.c, "sw_member_interface_dump", "sw_member_interface_details", swIfIndex{s.index(args[0])}) {
		out = append(out, fmt.Sprintf("  %s %s passive %t long %t local %t weight %d", s.names[d.SwIfIndex], d.InterfaceName,
			d.IsPassive, d.IsLongTimeout, d.IsLocalNuma, d.Weight))
	}
	return out
}

func (s *script) vhost(args []string) []string {
	m := vhostUserCreate{SockFilename: s.socketPath(args[1])}
	for i := 2; i+1 < len(args); i += 2 {
		switch args[i] {
		case "server":
			m.IsServer = args[i+1] == "yes"
		case "number":
			m.Renumber, m.CustomDevInstance = true, s.number(args[i+1])
		case "mac":
			m.UseCustomMAC, m.MACAddress = true, s.mac(args[i+1])
		case "tag":
			m.Tag = args[i+1]
		}
	}
	return s.created(args[0], ask[swIfIndexReply](s.c, "create_vhost_user_if_v2", m))
}

// socketPath puts a socket where nobody looks; "-" is none.
func (s *script) socketPath(name string) string {
	if name == "-" {
		return ""
	}
	return filepath.Join(s.dir, name)
}

func (s *script) modifyVhost(args []string) []string {
	m := vhostUserModify{SwIfIndex: s.index(args[0]), SockFilename: s.socketPath(args[1])}
	for i := 2; i+1 < len(args); i += 2 {
		switch args[i] {
		case "server":
			m.IsServer = args[i+1] == "yes"
		case "number":
			m.Renumber, m.CustomDevInstance = true, s.number(args[i+1])
		}
	}
	return result(retval(s.c, "modify_vhost_user_if_v2", m))
}

func (s *script) deleteVhost(args []string) []string {
	return result(retval(s.c, "delete_vhost_user_if", swIfIndex{s.index(args[0])}))
}

func (s *script) vhosts(args []string) (out []string) {
	for _, d := range dump[vhostUserDetails](s.c, "sw_interface_vhost_user_dump", "sw_interface_vhost_user_details", swIfIndex{s.index(args[0])}) {
		out = append(out, fmt.Sprintf("  %s %s socket %s server %t", s.names[d.SwIfIndex], d.InterfaceName, filepath.Base(d.SockFilename), d.IsServer))
	}
	slices.Sort(out)
	return out
}

func (s *script) tap(args []string) []string {
	m := tapCreate{ID: none, UseRandomMAC: true, NumRxQueues: 1, NumTxQueues: 1, TxRingSz: 256, RxRingSz: 256}
	if args[1] != "any" {
		m.ID = s.number(args[1])
	}
	for i := 2; i+1 < len(args); i += 2 {
		switch v := args[i+1]; args[i] {
		case "host":
			m.HostIfNameSet, m.HostIfName = true, v
		case "ns":
			m.HostNamespaceSet, m.HostNamespace = true, v
		case "bridge":
			m.HostBridgeSet, m.HostBridge = true, v
		case "tag":
			m.Tag = v
		case "mac":
			m.UseRandomMAC, m.MACAddress = false, s.mac(v)
		case "host-mac":
			m.HostMACAddrSet, m.HostMACAddr = true, s.mac(v)
		case "ip4":
			p := s.prefix(v)
			m.HostIP4PrefixSet, m.HostIP4Prefix = true, wireIP4Prefix{[4]byte(p.Address.Un[:4]), p.Len}
		case "ip6":
			p := s.prefix(v)
			m.HostIP6PrefixSet, m.HostIP6Prefix = true, wireIP6Prefix{p.Address.Un, p.Len}
		case "mtu":
			m.HostMTUSet, m.HostMTUSize = true, s.number(v)
		case "rx":
			m.RxRingSz = uint16(s.number(v))
		case "tx":
			m.TxRingSz = uint16(s.number(v))
		case "queues":
			m.NumRxQueues = uint16(s.number(v))
			m.NumTxQueues = m.NumRxQueues
		case "flags":
			m.TapFlags = s.number(v)
		}
	}
	return s.created(args[0], ask[swIfIndexReply](s.c, "tap_create_v3", m))
}

func (s *script) deleteTap(args []string) []string {
	return result(retval(s.c, "tap_delete_v2", swIfIndex{s.index(args[0])}))
}

func (s *script) taps(args []string) (out []string) {
	for _, d := range dump[tapDetails](s.c, "sw_interface_tap_v2_dump", "sw_interface_tap_v2_details", swIfIndex{s.index(args[0])}) {
		address := binproto.MAC(d.HostMACAddr).String()
		if strings.HasPrefix(address, "02:fe:") {
			address = "random"
		}
		out = append(out, fmt.Sprintf("  %s %s id %d rings %d %d host %q ns %q bridge %q mac %s mtu %d flags %d %s/%d %s/%d", s.names[d.SwIfIndex],
			d.DevName, d.ID, d.RxRingSz, d.TxRingSz, d.HostIfName, d.HostNamespace, d.HostBridge, address, d.HostMTUSize, d.TapFlags,
			netip.AddrFrom4(d.HostIP4Prefix.Address), d.HostIP4Prefix.Len, netip.AddrFrom16(d.HostIP6Prefix.Address), d.HostIP6Prefix.Len))
	}
	slices.Sort(out)
	return out
}
