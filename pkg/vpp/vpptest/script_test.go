package vpptest

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// script runs the commands of the behaviour scripts. Interfaces and sources go
// by names of the script's, because their numbers differ between VPPs.
type script struct {
	c       *testClient
	sw      map[string]uint32
	names   map[uint32]string
	sources map[string]uint8
	tables  map[uint32]bool // the script's own
	dir     string          // for sockets
	acls    aclNames
	macACLs aclNames
}

func newScript(c *testClient) *script {
	s := &script{
		c: c, sw: map[string]uint32{"none": none, "local0": 0, "unknown": 9999}, names: map[uint32]string{none: "", 0: "local0", 9999: "unknown"},
		sources: map[string]uint8{}, tables: map[uint32]bool{}, dir: c.t.TempDir(), acls: newACLNames(), macACLs: newACLNames(),
	}
	for _, d := range dump[fibSourceDetails](c, "fib_source_dump", "fib_source_details", empty{}) {
		s.sources[d.Src.Name] = d.Src.ID
	}
	return s
}

func (s *script) run(words []string) []string {
	s.c.t.Helper()
	commands := map[string]func(args []string) []string{
		"loopback":   s.loopback,   // NAME INSTANCE [MAC]: creates it
		"delete":     s.delete,     // NAME
		"show":       s.show,       // NAME: its details
		"find":       s.find,       // FILTER: names of ours that match
		"set":        s.set,        // NAME up|down|mtu N|link-mtu N|mac MAC|tag TEXT|untag
		"bind":       s.bind,       // NAME 4|6 TABLE
		"bound":      s.bound,      // NAME 4|6
		"address":    s.address,    // NAME add|del PREFIX, NAME flush
		"addresses":  s.addresses,  // NAME 4|6
		"table":      s.table,      // add|del TABLE 4|6 [NAME]
		"tables":     s.listTables, // those the script has named
		"source":     s.source,     // NAME PRIORITY: registers it
		"route":      s.route,      // add|set|cut|del TABLE PREFIX [source NAME] [PATH, …]
		"routes":     s.routes,     // TABLE 4|6 [SOURCE]
		"lookup":     s.lookup,     // TABLE PREFIX [exact]
		"watch":      s.watch,      // on|off
		"event":      s.event,      // waits for one
		"path-mtu":   s.pathMTU,    // TABLE ADDRESS MTU
		"path-mtus":  s.pathMTUs,   // CURSOR
		"first-id":   s.firstID,    // MODULE_VERSION: the retval
		"delete-me":  s.deleteMe,   // INDEX OFFSET: sockclnt_delete of an unused index
		"versions":   s.versions,
		"lldp":       s.lldp, // NAME on|off
		"lldp-ports": s.lldpPorts,
	}
	maps.Copy(commands, s.interfaceCommands())
	maps.Copy(commands, s.tunnelCommands())
	maps.Copy(commands, s.aclCommands())
	maps.Copy(commands, s.macACLCommands())
	maps.Copy(commands, s.bindingCommands())
	maps.Copy(commands, s.bridgeCommands())
	maps.Copy(commands, s.natCommands())
	maps.Copy(commands, s.abfCommands())
	maps.Copy(commands, s.nat44Commands())
	maps.Copy(commands, s.l3xcCommands())
	f := commands[words[0]]
	if f == nil {
		s.c.t.Fatalf("unknown command %q", words)
	}
	defer func() {
		if s.c.t.Failed() {
			s.c.t.Logf("at %s", strings.Join(words, " "))
		}
	}()
	return f(words[1:])
}

func result(retval int32) []string {
	if retval == 0 {
		return nil
	}
	return []string{fmt.Sprintf("  retval %d", retval)}
}

func (s *script) index(name string) uint32 {
	if sw, ok := s.sw[name]; ok {
		return sw
	}
	s.c.t.Fatalf("unknown interface %q", name)
	return 0
}

func (s *script) number(text string) uint32 {
	n, err := strconv.ParseUint(text, 0, 32)
	if err != nil {
		s.c.t.Fatal(err)
	}
	return uint32(n)
}

func (s *script) mac(text string) (m mac) {
	if _, err := fmt.Sscanf(text, "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]); err != nil {
		s.c.t.Fatal(err)
	}
	return m
}

// prefix reads a prefix whose length may be impossible.
func (s *script) prefix(text string) wirePrefix {
	addr, length, _ := strings.Cut(text, "/")
	return wirePrefix{Address: s.ip(addr), Len: uint8(s.number(length))}
}

func (s *script) ip(text string) (w wireAddress) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		s.c.t.Fatal(err)
	}
	if a.Is6() {
		return wireAddress{Af: 1, Un: a.As16()}
	}
	four := a.As4()
	copy(w.Un[:], four[:])
	return w
}

func addressText(a address, family int) string {
	if family == 0 {
		return netip.AddrFrom4([4]byte(a[:4])).String()
	}
	return netip.AddrFrom16(a).String()
}

func (s *script) family(text string) bool { return text == "6" }

func (s *script) loopback(args []string) []string {
	m := createLoopbackInstance{IsSpecified: true, UserInstance: s.number(args[1])}
	if len(args) > 2 {
		m.MACAddress = s.mac(args[2])
	}
	r := ask[swIfIndexReply](s.c, "create_loopback_instance", m)
	if r.Retval == 0 {
		s.sw[args[0]], s.names[r.SwIfIndex] = r.SwIfIndex, args[0]
	}
	return result(r.Retval)
}

func (s *script) delete(args []string) []string {
	return result(retval(s.c, "delete_loopback", swIfIndex{s.index(args[0])}))
}

func (s *script) details(m swInterfaceDump) []swInterfaceDetails {
	return dump[swInterfaceDetails](s.c, "sw_interface_dump", "sw_interface_details", m)
}

func (s *script) show(args []string) (out []string) {
	for _, d := range s.details(swInterfaceDump{SwIfIndex: s.index(args[0])}) {
		if d.SwIfIndex != s.index(args[0]) { // local0's index is that of all
			continue
		}
		out = append(out, fmt.Sprintf("  %s (%s) flags %d mac %v link-mtu %d mtu %v tag %q",
			d.InterfaceName, d.InterfaceDevType, d.Flags, binproto.MAC(d.L2Address), d.LinkMTU, d.MTU, d.Tag))
	}
	r := ask[swInterfaceGetMACReply](s.c, "sw_interface_get_mac_address", swIfIndex{s.index(args[0])})
	if r.Retval != 0 {
		out = append(out, fmt.Sprintf("  mac: retval %d", r.Retval))
	}
	return out
}

func (s *script) find(args []string) []string {
	var names []string
	for _, d := range s.details(swInterfaceDump{SwIfIndex: none, NameFilterValid: true, NameFilter: args[0]}) {
		names = append(names, d.InterfaceName)
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []string{"  " + strings.Join(names, " ")}
}

func (s *script) set(args []string) []string {
	sw, what, value := s.index(args[0]), args[1], strings.Join(args[2:], " ")
	switch what {
	case "up", "down":
		flags := uint32(0)
		if what == "up" {
			flags = adminUp
		}
		return result(retval(s.c, "sw_interface_set_flags", swInterfaceSetFlags{sw, flags}))
	case "mtu":
		return result(retval(s.c, "sw_interface_set_mtu", swInterfaceSetMTU{sw, [4]uint32{s.number(value)}}))
	case "link-mtu":
		return result(retval(s.c, "hw_interface_set_mtu", hwInterfaceSetMTU{sw, uint16(s.number(value))}))
	case "mac":
		return result(retval(s.c, "sw_interface_set_mac_address", swInterfaceSetMAC{sw, s.mac(value)}))
	case "tag":
		return result(retval(s.c, "sw_interface_tag_add_del", swInterfaceTagAddDel{true, sw, value}))
	case "untag":
		return result(retval(s.c, "sw_interface_tag_add_del", swInterfaceTagAddDel{false, sw, ""}))
	}
	s.c.t.Fatalf("set %v", args)
	return nil
}

func (s *script) bind(args []string) []string {
	return result(retval(s.c, "sw_interface_set_table", swInterfaceSetTable{s.index(args[0]), s.family(args[1]), s.number(args[2])}))
}

func (s *script) bound(args []string) []string {
	r := ask[swInterfaceGetTableReply](s.c, "sw_interface_get_table", swInterfaceGetTable{s.index(args[0]), s.family(args[1])})
	if r.Retval != 0 {
		return result(r.Retval)
	}
	return []string{fmt.Sprintf("  table %d", r.VrfID)}
}

func (s *script) address(args []string) []string {
	m := swInterfaceAddDelAddress{SwIfIndex: s.index(args[0]), IsAdd: args[1] == "add", DelAll: args[1] == "flush"}
	if !m.DelAll {
		m.Prefix = s.prefix(args[2])
	}
	return result(retval(s.c, "sw_interface_add_del_address", m))
}

func (s *script) addresses(args []string) (out []string) {
	for _, d := range dump[ipAddressDetails](s.c, "ip_address_dump", "ip_address_details",
		ipAddressDump{s.index(args[0]), s.family(args[1])}) {
		out = append(out, "  "+d.Prefix.prefix().String())
	}
	return out
}

func (s *script) table(args []string) []string {
	w := wireTable{TableID: s.number(args[1]), IsIP6: s.family(args[2])}
	if len(args) > 3 {
		w.Name = args[3]
	}
	s.tables[w.TableID] = true
	return result(retval(s.c, "ip_table_add_del_v2", ipTableAddDel{args[0] == "add", w}))
}

func (s *script) listTables([]string) (out []string) {
	for _, d := range dump[ipTableDetails](s.c, "ip_table_dump", "ip_table_details", empty{}) {
		if s.tables[d.Table.TableID] {
			out = append(out, fmt.Sprintf("  %d %s", d.Table.TableID, d.Table.Name))
		}
	}
	slices.Sort(out)
	return out
}

func (s *script) source(args []string) []string {
	r := ask[fibSourceAddReply](s.c, "fib_source_add", fibSourceAdd{wireFIBSource{Name: args[0], Priority: uint8(s.number(args[1]))}})
	s.sources[args[0]] = r.ID
	return result(r.Retval)
}

func (s *script) watch(args []string) []string {
	on := uint32(0)
	if args[0] == "on" {
		on = 1
	}
	return result(retval(s.c, "want_interface_events", wantInterfaceEvents{s.c.index, on, 77}))
}

func (s *script) event([]string) []string {
	e := s.c.event()
	return []string{fmt.Sprintf("  %s flags %d deleted %t pid %d mine %t", s.names[e.SwIfIndex], e.Flags, e.Deleted, e.PID, e.ClientIndex == s.c.index)}
}

func (s *script) firstID(args []string) []string {
	return result(ask[getFirstMsgIDReply](s.c, "get_first_msg_id", getFirstMsgID{args[0]}).Retval)
}

func (s *script) deleteMe(args []string) []string {
	r := ask[sockclntDeleteReply](s.c, "sockclnt_delete", sockclntDelete{s.c.index + s.number(args[0])})
	return []string{fmt.Sprintf("  response %d", r.Response)}
}

func (s *script) versions([]string) []string {
	v := ask[showVersionReply](s.c, "show_version", empty{})
	a := ask[retvalReply](s.c, "api_versions", empty{})
	th := ask[showThreadsReply](s.c, "show_threads", empty{})
	clock := ask[systemTimeReply](s.c, "show_vpe_system_time", empty{})
	same := len(th.ThreadData) > 0 && th.ThreadData[0].PID == s.c.ping().VpePid
	return []string{fmt.Sprintf("  %s %s; api %d; thread %s of the process %t; clock runs %t",
		v.Program, v.Version, a.Retval, th.ThreadData[0].Name, same, clock.VpeSystemTime.Year() > 2000)}
}

func (s *script) pathMTU(args []string) []string {
	return result(retval(s.c, "ip_path_mtu_update", ipPathMTU{wirePathMTU{s.number(args[0]), s.ip(args[1]), uint16(s.number(args[2]))}}))
}

func (s *script) pathMTUs(args []string) (out []string) {
	context := send(s.c, "ip_path_mtu_get", cursor{s.number(args[0])})
	for {
		name, ctx, b := s.c.next()
		if ctx != context {
			s.c.t.Fatalf("got %s for %d", name, ctx)
		}
		if name != "ip_path_mtu_details" {
			return append(out, result(decode[cursorReply](s.c, name, b).Retval)...)
		}
		d := decode[ipPathMTU](s.c, name, b)
		out = append(out, fmt.Sprintf("  table %d %s %d", d.Pmtu.TableID, addressText(d.Pmtu.Nh.Un, int(d.Pmtu.Nh.Af)), d.Pmtu.PathMTU))
	}
}

func (s *script) lldp(args []string) []string {
	return result(retval(s.c, "sw_interface_set_lldp", swInterfaceSetLLDP{s.index(args[0]), args[1] == "on"}))
}

func (s *script) lldpPorts([]string) (out []string) {
	send(s.c, "lldp_dump", cursor{})
	for {
		name, _, b := s.c.next()
		if name != "lldp_details" {
			slices.Sort(out)
			return append(out, result(decode[cursorReply](s.c, name, b).Retval)...)
		}
		out = append(out, "  "+s.names[decode[lldpDetails](s.c, name, b).SwIfIndex])
	}
}

// goodbye is how a client leaves.
func (c *testClient) goodbye() {
	c.t.Helper()
	r := ask[sockclntDeleteReply](c, "sockclnt_delete", sockclntDelete{c.index})
	if r.Response != 1 {
		c.t.Errorf("sockclnt_delete: response %d", r.Response)
	}
	_ = c.conn.Close()
}
