package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// fact is one thing that VPP holds or should hold: of a subject, such as
// "interface lo", an attribute and its value.
type fact struct{ subject, attribute, value string }

func (f fact) String() string {
	return strings.TrimRight(strings.Join([]string{f.subject, f.attribute, f.value}, " "), " ")
}

func sortFacts(list []fact) {
	slices.SortFunc(list, func(a, b fact) int { return strings.Compare(a.String(), b.String()) })
}

const (
	mark = "vpp-operator/" // stands before names of ours in tags and names
	ours = "vpp-operator"  // our FIB source
	none = ^uint32(0)
)

type (
	empty     struct{}
	ofIndex   struct{ SwIfIndex uint32 }
	wireTable struct {
		TableID uint32
		IsIP6   bool
		Name    string
	}
	tableDetails  struct{ Table wireTable }
	sourceDetails struct {
		Src struct {
			ID   uint8
			Name string
		}
	}
	interfaceRequest struct{ SwIfIndex uint32 }
	interfaceDetails struct {
		SwIfIndex, SupSwIfIndex        uint32
		L2Address                      binproto.MAC
		Flags, Type                    uint32
		MTU                            [4]uint32
		SubNumberOfTags                uint8
		SubOuterVlanID, SubInnerVlanID uint16
		InterfaceName                  string
		InterfaceDevType               string
		Tag                            string
	}
	tableRequest struct {
		SwIfIndex uint32
		IsIPv6    bool
	}
	tableReply struct {
		Retval int32
		VrfID  uint32
	}
	addressDetails struct {
		SwIfIndex uint32
		Prefix    netip.Prefix
	}
	unnumberedDetails struct{ SwIfIndex, IPSwIfIndex uint32 }
	neighborRequest   struct {
		SwIfIndex uint32
		AF        uint8
	}
	neighborDetails struct {
		Neighbor struct {
			SwIfIndex  uint32
			Flags      uint8
			MACAddress binproto.MAC
			IPAddress  netip.Addr
		}
	}
	routeRequest struct {
		Src   uint8
		Table wireTable
	}
	wirePath struct {
		SwIfIndex, TableID uint32
		Weight, Preference uint8
		Type, Proto        uint32
		Nh                 struct{ Address [16]byte }
		NLabels            uint8
		LabelStack         [16]struct{ Label uint32 }
	}
	routeDetails struct {
		Route struct {
			TableID uint32
			Prefix  netip.Prefix
			Src     uint8
			Paths   []wirePath
		}
	}
	memifDetails struct {
		SwIfIndex, ID        uint32
		Role, Mode, SocketID uint32
	}
	memifSocketDetails struct {
		SocketID       uint32
		SocketFilename string
	}
	hostDetails struct {
		SwIfIndex  uint32
		HostIfName string
	}
	vxlanDetails struct {
		SwIfIndex              uint32
		SrcAddress, DstAddress netip.Addr
		SrcPort, DstPort       uint16
		EncapVrfID, VNI        uint32
	}
	greDetails struct {
		Tunnel struct {
			SwIfIndex, OuterTableID uint32
			Src, Dst                netip.Addr
		}
	}
	ipipDetails struct {
		Tunnel struct {
			SwIfIndex, TableID uint32
			Src, Dst           netip.Addr
		}
	}
	bondDetails struct {
		SwIfIndex uint32
		Mode      uint32
	}
	memberDetails struct{ SwIfIndex uint32 }
	tapDetails    struct {
		SwIfIndex  uint32
		HostIfName string
	}
	vhostDetails struct {
		SwIfIndex    uint32
		IsServer     bool
		SockFilename string
	}
)

var (
	tables      = vpp.NewMethod[empty, tableDetails]("ip_table_dump")
	sources     = vpp.NewMethod[empty, sourceDetails]("fib_source_dump")
	interfaces  = vpp.NewMethod[interfaceRequest, interfaceDetails]("sw_interface_dump")
	tableOf     = vpp.NewMethod[tableRequest, tableReply]("sw_interface_get_table")
	addresses   = vpp.NewMethod[tableRequest, addressDetails]("ip_address_dump")
	unnumbereds = vpp.NewMethod[ofIndex, unnumberedDetails]("ip_unnumbered_dump")
	neighbors   = vpp.NewMethod[neighborRequest, neighborDetails]("ip_neighbor_dump")
	routes      = vpp.NewMethod[routeRequest, routeDetails]("ip_route_v2_dump")
	memifs      = vpp.NewMethod[empty, memifDetails]("memif_dump")
	memifPaths  = vpp.NewMethod[empty, memifSocketDetails]("memif_socket_filename_dump")
	hosts       = vpp.NewMethod[empty, hostDetails]("af_packet_dump")
	vxlans      = vpp.NewMethod[ofIndex, vxlanDetails]("vxlan_tunnel_v2_dump")
	gres        = vpp.NewMethod[ofIndex, greDetails]("gre_tunnel_dump")
	ipips       = vpp.NewMethod[ofIndex, ipipDetails]("ipip_tunnel_dump")
	bonds       = vpp.NewMethod[ofIndex, bondDetails]("sw_bond_interface_dump")
	members     = vpp.NewMethod[ofIndex, memberDetails]("sw_member_interface_dump")
	taps        = vpp.NewMethod[ofIndex, tapDetails]("sw_interface_tap_v2_dump")
	vhosts      = vpp.NewMethod[ofIndex, vhostDetails]("sw_interface_vhost_user_dump")
)

// dump reads a stream whole; of a VPP that lacks the message, nothing.
func dump[Q, R any](ctx context.Context, s *vpp.Session, m *vpp.Method[Q, R], q Q) ([]*R, error) {
	var all []*R
	for r, err := range m.Dump(ctx, s, &q) {
		switch {
		case errors.Is(err, vpp.ErrNoMessage):
			return nil, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", m.Name(), err)
		}
		all = append(all, r)
	}
	return all, nil
}

// reader reads facts from one session. Its first error stops it.
type reader struct {
	ctx   context.Context // lives for one reading
	s     *vpp.Session
	err   error
	facts []fact
	// names of interfaces: their objects' where they are ours, else VPP's.
	names map[uint32]string
}

// readFacts reads what VPP holds as far as the operator's kinds go.
func readFacts(ctx context.Context, s *vpp.Session) ([]fact, error) {
	r := &reader{ctx: ctx, s: s, names: map[uint32]string{none: ""}}
	r.interfaces()
	r.types()
	r.neighbors()
	r.tables()
	sortFacts(r.facts)
	return r.facts, r.err
}

func (r *reader) add(subject, attribute, format string, args ...any) {
	r.facts = append(r.facts, fact{subject, attribute, fmt.Sprintf(format, args...)})
}

// each calls f for all that a request is answered with.
func each[Q, R any](r *reader, m *vpp.Method[Q, R], q Q, f func(*R)) {
	if r.err != nil {
		return
	}
	var all []*R
	if all, r.err = dump(r.ctx, r.s, m, q); r.err == nil {
		for _, d := range all {
			f(d)
		}
	}
}

func family(ip6 bool) string {
	if ip6 {
		return "ip6"
	}
	return "ip4"
}

func (r *reader) interfaces() {
	var all []*interfaceDetails
	each(r, interfaces, interfaceRequest{none}, func(d *interfaceDetails) {
		if d.SwIfIndex == 0 {
			return // local0 is no interface
		}
		name, marked := strings.CutPrefix(d.Tag, mark)
		if !marked {
			name = d.InterfaceName
		}
		all, r.names[d.SwIfIndex] = append(all, d), name
	})
	for _, d := range all {
		subject := "interface " + r.names[d.SwIfIndex]
		r.add(subject, "", "")
		r.add(subject, "name", "%s", d.InterfaceName)
		if !strings.HasPrefix(d.Tag, mark) {
			r.add(subject, "tag", "%q", d.Tag)
		}
		r.add(subject, "admin", "%s", map[bool]string{true: "up", false: "down"}[d.Flags&1 != 0])
		r.add(subject, "mtu", "%d", d.MTU[0])
		if d.L2Address != (binproto.MAC{}) {
			r.add(subject, "mac", "%s", d.L2Address)
		}
		if d.Type == 1 {
			r.add(subject, "parent", "%s vlan %d inner %d", r.names[d.SupSwIfIndex], d.SubOuterVlanID, d.SubInnerVlanID)
		}
		for _, ip6 := range []bool{false, true} {
			if r.err != nil {
				return
			}
			t, err := tableOf.Call(r.ctx, r.s, &tableRequest{d.SwIfIndex, ip6})
			if err != nil {
				r.err = fmt.Errorf("%s of %s: %w", tableOf.Name(), d.InterfaceName, err)
				return
			}
			r.add(subject, "table "+family(ip6), "%d", t.VrfID)
			each(r, addresses, tableRequest{d.SwIfIndex, ip6}, func(a *addressDetails) {
				r.add(subject, "address", "%s", a.Prefix)
			})
		}
	}
	borrowers := map[uint32]string{}
	each(r, unnumbereds, ofIndex{none}, func(u *unnumberedDetails) {
		borrowers[u.SwIfIndex] = r.names[u.SwIfIndex]
		r.add("interface "+r.names[u.SwIfIndex], "unnumbered", "%s", r.names[u.IPSwIfIndex])
	})
	// What a borrower shows as its addresses are the lender's.
	r.facts = slices.DeleteFunc(r.facts, func(f fact) bool {
		for _, name := range borrowers {
			if f.subject == "interface "+name && f.attribute == "address" {
				return true
			}
		}
		return false
	})
}

// types reads what only interfaces of a type have.
func (r *reader) types() {
	of := func(index uint32, kind, format string, args ...any) {
		r.add("interface "+r.names[index], kind, format, args...)
	}
	paths := map[uint32]string{}
	each(r, memifPaths, empty{}, func(d *memifSocketDetails) { paths[d.SocketID] = d.SocketFilename })
	each(r, memifs, empty{}, func(d *memifDetails) {
		of(d.SwIfIndex, "memif", "%s %s %d %s", []string{"Master", "Slave"}[d.Role&1], paths[d.SocketID], d.ID,
			[]string{"Ethernet", "IP", "inject"}[d.Mode%3])
	})
	each(r, hosts, empty{}, func(d *hostDetails) { of(d.SwIfIndex, "host", "%s", d.HostIfName) })
	each(r, vxlans, ofIndex{none}, func(d *vxlanDetails) {
		of(d.SwIfIndex, "vxlan", "%s %d %s %d vni %d table %d", d.SrcAddress, d.SrcPort, d.DstAddress, d.DstPort, d.VNI, d.EncapVrfID)
	})
	each(r, gres, ofIndex{none}, func(d *greDetails) {
		of(d.Tunnel.SwIfIndex, "gre", "%s %s table %d", d.Tunnel.Src, d.Tunnel.Dst, d.Tunnel.OuterTableID)
	})
	each(r, ipips, ofIndex{none}, func(d *ipipDetails) {
		of(d.Tunnel.SwIfIndex, "ipip", "%s %s table %d", d.Tunnel.Src, d.Tunnel.Dst, d.Tunnel.TableID)
	})
	each(r, taps, ofIndex{none}, func(d *tapDetails) { of(d.SwIfIndex, "tap", "%s", d.HostIfName) })
	each(r, vhosts, ofIndex{none}, func(d *vhostDetails) {
		of(d.SwIfIndex, "vhost", "%s %s", map[bool]string{true: "Server", false: "Client"}[d.IsServer], d.SockFilename)
	})
	each(r, bonds, ofIndex{none}, func(d *bondDetails) {
		of(d.SwIfIndex, "bond", "%s", []string{"?", "RoundRobin", "ActiveBackup", "XOR", "Broadcast", "LACP"}[d.Mode%6])
		each(r, members, ofIndex{d.SwIfIndex}, func(m *memberDetails) {
			of(d.SwIfIndex, "member", "%s", r.names[m.SwIfIndex])
		})
	})
}

// neighbors reads the static ones: others come and go by themselves.
func (r *reader) neighbors() {
	for af := range uint8(2) {
		each(r, neighbors, neighborRequest{none, af}, func(d *neighborDetails) {
			if n := d.Neighbor; n.Flags&1 != 0 {
				r.add("neighbor "+r.names[n.SwIfIndex], n.IPAddress.String(), "%s", n.MACAddress)
			}
		})
	}
}

func (r *reader) tables() {
	names := map[uint8]string{}
	each(r, sources, empty{}, func(d *sourceDetails) { names[d.Src.ID] = strings.TrimRight(d.Src.Name, "\x00") })
	var all []wireTable
	each(r, tables, empty{}, func(d *tableDetails) { all = append(all, d.Table) })
	for _, t := range all {
		if t.TableID != 0 {
			r.add("table "+family(t.IsIP6), strconv.FormatUint(uint64(t.TableID), 10), "%s", t.Name)
		}
		each(r, routes, routeRequest{Table: t}, func(d *routeDetails) {
			switch source := names[d.Route.Src]; source {
			case ours, "API", "CLI": // the others are VPP's own
				r.add(fmt.Sprintf("route %s %d %s", family(t.IsIP6), t.TableID, d.Route.Prefix.Masked()), source, "%s", r.paths(d.Route.Paths, t.IsIP6))
			}
		})
	}
}

func (r *reader) paths(wire []wirePath, ip6 bool) string {
	var list []string
	for i := range wire {
		list = append(list, r.path(&wire[i], ip6))
	}
	return joinPaths(list)
}

func joinPaths(list []string) string {
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func (r *reader) path(p *wirePath, ip6 bool) string {
	nextHop := netip.AddrFrom4([4]byte(p.Nh.Address[:4]))
	if ip6 {
		nextHop = netip.AddrFrom16(p.Nh.Address)
	}
	var text string
	switch p.Type {
	case 0, 7:
		text = forward(nextHop, r.names[p.SwIfIndex], p.TableID)
	case 1:
		text = "local"
	case 2:
		text = "drop"
	case 5:
		text = "unreachable"
	case 6:
		text = "prohibited"
	default:
		text = fmt.Sprintf("type %d", p.Type)
	}
	var labels []uint32
	for _, l := range p.LabelStack[:min(p.NLabels, 16)] {
		labels = append(labels, l.Label)
	}
	return text + share(p.Weight, p.Preference, labels)
}

// forward is a path that leads somewhere, in words.
func forward(nextHop netip.Addr, name string, table uint32) string {
	switch {
	case name != "" && !nextHop.IsValid(), name != "" && nextHop.IsUnspecified():
		return "out " + name
	case name != "":
		return fmt.Sprintf("via %s %s", nextHop, name)
	case !nextHop.IsValid(), nextHop.IsUnspecified():
		return fmt.Sprintf("lookup table %d", table)
	}
	return fmt.Sprintf("via %s table %d", nextHop, table)
}

// share is what a path has beyond its way, where that is not as usual.
func share(weight, preference uint8, labels []uint32) string {
	text := ""
	if w := cmp.Or(weight, 1); w != 1 {
		text += fmt.Sprintf(" weight %d", w)
	}
	if preference != 0 {
		text += fmt.Sprintf(" preference %d", preference)
	}
	for _, l := range labels {
		text += fmt.Sprintf(" label %d", l)
	}
	return text
}
