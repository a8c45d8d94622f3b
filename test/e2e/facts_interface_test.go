package e2e

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
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
	memifDetails      struct {
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
	interfaces  = vpp.NewMethod[interfaceRequest, interfaceDetails]("sw_interface_dump")
	tableOf     = vpp.NewMethod[tableRequest, tableReply]("sw_interface_get_table")
	addresses   = vpp.NewMethod[tableRequest, addressDetails]("ip_address_dump")
	unnumbereds = vpp.NewMethod[ofIndex, unnumberedDetails]("ip_unnumbered_dump")
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

// interfaces reads all interfaces, and gives them their names for those that
// read after it.
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
	r.types()
	r.interfaceDetails()
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

func (w *wanted) iface(o *v1alpha1.Interface, name string) (list []fact) {
	subject, spec := "interface "+name, &o.Spec
	add := func(attribute, format string, args ...any) {
		list = append(list, fact{subject, attribute, fmt.Sprintf(format, args...)})
	}
	open := func(attributes ...string) {
		for _, a := range attributes {
			w.free[fact{subject, a, ""}] = true
		}
	}
	if !isReady(o) {
		open("")
	}
	add("", "")
	add("admin", "%s", strings.ToLower(string(cmp.Or(spec.AdminState, v1alpha1.AdminStateUp))))
	open("name")
	if spec.MTU != 0 {
		add("mtu", "%d", spec.MTU)
	} else {
		open("mtu")
	}
	if spec.MACAddress != "" {
		add("mac", "%s", strings.ToLower(string(spec.MACAddress)))
	} else {
		open("mac")
	}
	var has [2]bool
	for _, a := range spec.Addresses {
		p := netip.MustParsePrefix(string(a))
		if p.Addr().Is6() {
			has[1] = true
		} else {
			has[0] = true
		}
		if !p.Addr().Is6() || !p.Addr().IsLinkLocalUnicast() { // which VPP does not show
			add("address", "%s", p)
		}
	}
	for i, attribute := range []string{"table ip4", "table ip6"} {
		if has[i] || !lacksTable(w.vrfs[string(spec.VRF)], i == 1) {
			add(attribute, "%s", w.table(spec.VRF))
		} else {
			add(attribute, "0")
		}
	}
	if spec.Unnumbered != "" {
		add("unnumbered", "%s", spec.Unnumbered)
	}
	w.ofType(spec, add, open)
	w.interfaceDetails(spec, add, open)
	return list
}

// ofType is what only interfaces of a type have.
func (w *wanted) ofType(spec *v1alpha1.InterfaceSpec, add func(attribute, format string, args ...any), open func(...string)) {
	switch {
	case spec.Loopback != nil:
		if i := spec.Loopback.Instance; i != nil {
			add("name", "loop%d", *i)
		}
	case spec.SubInterface != nil:
		s := spec.SubInterface
		add("parent", "%s vlan %d inner %d", s.Parent, s.VLANID, s.InnerVLANID)
	case spec.Memif != nil:
		m := spec.Memif
		add("memif", "%s %s %d %s", m.Role, m.Socket, m.ID, cmp.Or(m.Mode, v1alpha1.LinkModeEthernet))
	case spec.HostInterface != nil:
		add("host", "%s", spec.HostInterface.Name)
	case spec.VXLAN != nil:
		x := spec.VXLAN
		add("vxlan", "%s %d %s %d vni %d table %s", x.Source, cmp.Or(x.SourcePort, 4789), x.Destination,
			cmp.Or(x.DestinationPort, 4789), x.VNI, w.table(x.UnderlayVRF))
	case spec.GRE != nil:
		add("gre", "%s %s table %s", spec.GRE.Source, spec.GRE.Destination, w.table(spec.GRE.UnderlayVRF))
	case spec.IPIP != nil:
		add("ipip", "%s %s table %s", spec.IPIP.Source, spec.IPIP.Destination, w.table(spec.IPIP.UnderlayVRF))
	case spec.Tap != nil:
		add("tap", "%s", spec.Tap.Host.Name)
	case spec.VhostUser != nil:
		add("vhost", "%s %s", cmp.Or(spec.VhostUser.Mode, v1alpha1.VhostUserModeClient), spec.VhostUser.Socket)
	case spec.Physical != nil:
		w.devices = append(w.devices, spec.Physical.Name, strings.ToLower(string(spec.Physical.MACAddress)))
	case spec.Bond != nil:
		add("bond", "%s", spec.Bond.Mode)
		for _, m := range spec.Bond.Members {
			add("member", "%s", m.Interface)
		}
	}
}

// isDevice tells whether a fact, of those of an untouched VPP, is about a device
// that an object configures.
func (w *wanted) isDevice(f fact, untouched []fact) bool {
	name, ok := strings.CutPrefix(f.subject, "interface ")
	return ok && (slices.Contains(w.devices, name) || slices.ContainsFunc(untouched, func(g fact) bool {
		return g.subject == f.subject && g.attribute == "mac" && slices.Contains(w.devices, g.value)
	}))
}
