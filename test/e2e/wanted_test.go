package e2e

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// wanted is what VPP should hold by the specs of a node's objects, worked out
// from the specs alone.
type wanted struct {
	exact map[fact]bool
	// free are what specs leave open: attributes of subjects, or, where attribute
	// is "", all of a subject.
	free map[fact]bool
	// devices are the names in VPP of devices that objects configure.
	devices []string

	vrfs map[string]*v1alpha1.VRF
}

// wantedOf works out what objects want. Those that are not Ready may have what
// they want, or not.
func wantedOf(objects []v1alpha1.Object) *wanted {
	w := &wanted{exact: map[fact]bool{}, free: map[fact]bool{}, vrfs: map[string]*v1alpha1.VRF{}}
	for _, o := range objects {
		if v, ok := o.(*v1alpha1.VRF); ok && isReady(o) {
			w.vrfs[v1alpha1.ResourceName(o)] = v
		}
	}
	for _, o := range objects {
		var list []fact
		name := v1alpha1.ResourceName(o)
		switch o := o.(type) {
		case *v1alpha1.VRF:
			list = w.vrf(o, name)
		case *v1alpha1.Interface:
			list = w.iface(o, name)
		case *v1alpha1.Route:
			list = w.route(o)
		case *v1alpha1.Neighbor:
			list = []fact{{"neighbor " + string(o.Spec.Interface), netip.MustParseAddr(string(o.Spec.Address)).String(), strings.ToLower(string(o.Spec.MACAddress))}}
		}
		for _, f := range list {
			if isReady(o) {
				w.exact[f] = true
			} else {
				w.free[f] = true
			}
		}
	}
	return w
}

func isReady(o v1alpha1.Object) bool {
	return meta.IsStatusConditionTrue(o.GetStatus().Conditions, v1alpha1.ConditionReady)
}

func (w *wanted) vrf(o *v1alpha1.VRF, name string) (list []fact) {
	for ip6, asked := range map[bool]*bool{false: o.Spec.IPv4, true: o.Spec.IPv6} {
		if asked != nil && !*asked {
			continue
		}
		id := strconv.FormatInt(o.Spec.TableID, 10)
		if o.Spec.Adopt { // its name stays
			w.free[fact{"table " + family(ip6), id, ""}] = true
			continue
		}
		list = append(list, fact{"table " + family(ip6), id, mark + name})
	}
	return list
}

// table is the number of a VRF's table.
func (w *wanted) table(name v1alpha1.ObjectName) string {
	if name == "" || name == v1alpha1.DefaultVRF {
		return "0"
	}
	if v := w.vrfs[string(name)]; v != nil {
		return strconv.FormatInt(v.Spec.TableID, 10)
	}
	return "of " + string(name)
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
		if has[i] || i == 0 && len(spec.Addresses) == 0 {
			add(attribute, "%s", w.table(spec.VRF))
		} else {
			open(attribute)
		}
	}
	if spec.Unnumbered != "" {
		add("unnumbered", "%s", spec.Unnumbered)
	}
	w.ofType(spec, add, open)
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
		w.devices = append(w.devices, spec.Physical.Name)
	case spec.Bond != nil:
		add("bond", "%s", spec.Bond.Mode)
		for _, m := range spec.Bond.Members {
			add("member", "%s", m.Interface)
		}
	}
}

func (w *wanted) route(o *v1alpha1.Route) (list []fact) {
	spec := &o.Spec
	for _, prefix := range spec.Prefixes {
		p := netip.MustParsePrefix(string(prefix))
		subject := fmt.Sprintf("route %s %s %s", family(p.Addr().Is6()), w.table(spec.VRF), p)
		list = append(list, fact{subject, ours, w.paths(spec)})
	}
	return list
}

func (w *wanted) paths(spec *v1alpha1.RouteSpec) string {
	switch {
	case spec.Action != "":
		return strings.ToLower(string(spec.Action))
	case spec.LookupVRF != "":
		return "lookup table " + w.table(spec.LookupVRF)
	}
	var list []string
	for _, p := range spec.Paths {
		var nextHop netip.Addr
		if p.NextHop != "" {
			nextHop = netip.MustParseAddr(string(p.NextHop))
		}
		var labels []uint32
		for _, l := range p.Labels {
			labels = append(labels, uint32(l))
		}
		text := forward(nextHop, string(p.Interface), 0)
		if p.Interface == "" {
			text = fmt.Sprintf("via %s table %s", nextHop, w.table(cmp.Or(p.NextHopVRF, spec.VRF)))
		}
		list = append(list, text+share(uint8(p.Weight), uint8(p.Preference), labels))
	}
	return joinPaths(list)
}

// check compares what VPP holds with what it should hold, foreign included. It
// returns what is wrong, a line each.
func (w *wanted) check(have, foreign []fact) (wrong []string) {
	there := map[fact]bool{}
	for _, f := range have {
		there[f] = true
		switch {
		case w.exact[f], w.free[f], slices.Contains(foreign, f), w.isFree(f):
		default:
			wrong = append(wrong, "unexpected: "+f.String())
		}
	}
	for f := range w.exact {
		if !there[f] {
			wrong = append(wrong, "missing: "+f.String())
		}
	}
	for _, f := range foreign {
		if !there[f] && !w.isDevice(f) {
			wrong = append(wrong, "somebody else's is gone or changed: "+f.String())
		}
	}
	slices.Sort(wrong)
	return wrong
}

// isFree tells whether the specs leave a fact open, and do not say otherwise.
func (w *wanted) isFree(f fact) bool {
	if w.free[fact{f.subject, "", ""}] {
		return true
	}
	if !w.free[fact{f.subject, f.attribute, ""}] {
		return false
	}
	for e := range w.exact {
		if e.subject == f.subject && e.attribute == f.attribute {
			return false
		}
	}
	return true
}

// isDevice tells whether a fact is about a device that an object configures.
func (w *wanted) isDevice(f fact) bool {
	name, ok := strings.CutPrefix(f.subject, "interface ")
	return ok && slices.Contains(w.devices, name)
}
