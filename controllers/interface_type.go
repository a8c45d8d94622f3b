package controllers

import (
	"math"
	"net/netip"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// interfaceType is the part of a spec that says of which type an interface is.
func interfaceType(o *v1alpha1.Interface, name string, path *field.Path) (kinds.InterfaceType, error) {
	spec := &o.Spec
	switch {
	case spec.Loopback != nil:
		n, err := instance(path.Child("loopback", "instance"), spec.Loopback.Instance, 16383)
		return kinds.Loopback{Instance: n}, err
	case spec.Tap != nil:
		return tapType(spec.Tap, spec.NodeName, name, path.Child("tap"))
	case spec.Memif != nil:
		return memifType(spec.Memif, path.Child("memif"))
	case spec.HostInterface != nil:
		return hostInterfaceType(spec.HostInterface, path.Child("hostInterface"))
	case spec.Physical != nil:
		return physicalType(spec.Physical, path.Child("physical"))
	case spec.SubInterface != nil:
		return subInterfaceType(spec.SubInterface, name, path.Child("subInterface"))
	case spec.Bond != nil:
		return bondType(spec.Bond, path.Child("bond"))
	case spec.VXLAN != nil:
		return vxlanType(spec.VXLAN, name, path.Child("vxlan"))
	case spec.GRE != nil:
		return greType(spec.GRE, path.Child("gre"))
	case spec.IPIP != nil:
		return ipipType(spec.IPIP, path.Child("ipip"))
	case spec.VhostUser != nil:
		u := spec.VhostUser
		return kinds.VhostUser{
			Socket: u.Socket, Server: u.Mode == v1alpha1.VhostUserModeServer,
			GSO: u.GSO, PackedRing: u.PackedRing, EventIndex: u.EventIndex,
		}, nil
	}
	return nil, field.Required(path, "one of loopback, tap, memif, hostInterface, physical, subInterface, bond, vxlan, gre, ipip and vhostUser")
}

// instance is a number that may be left to the agent.
func instance[T int32 | int64](path *field.Path, n *T, most int64) (kinds.Number, error) {
	if n == nil {
		return kinds.Number{}, nil
	}
	v, err := number[uint32](path, int64(*n), 0, most)
	return kinds.Number{Value: v, Given: true}, err
}

// firstError returns the first of several checks' errors.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// into puts a number into a field of a value.
func into[T uint8 | uint16 | uint32](to *T, path *field.Path, n, least, most int64) error {
	v, err := number[T](path, n, least, most)
	*to = v
	return err
}

func orDefault[T int32 | int64](n, standard T) int64 {
	if n == 0 {
		return int64(standard)
	}
	return int64(n)
}

func tapType(t *v1alpha1.TapInterface, node, name string, path *field.Path) (kinds.InterfaceType, error) {
	id, err := instance(path.Child("id"), t.ID, 8191)
	if err != nil {
		return nil, err
	}
	v := kinds.Tap{
		ID: id, Tun: t.Tun, GSO: t.GSO, ChecksumOffload: t.ChecksumOffload && !t.GSO,
		Host: kinds.TapHost{Name: string(t.Host.Name), Namespace: t.Host.Namespace, Bridge: string(t.Host.Bridge)},
	}
	host := path.Child("host")
	switch {
	case t.Host.MACAddress != "":
		v.Host.MAC, err = macAddress(host.Child("macAddress"), t.Host.MACAddress)
	case !t.Tun:
		v.Host.MAC = derivedMAC(node, name, "host")
	}
	if err := firstError(err,
		into(&v.RxQueues, path.Child("rxQueues"), orDefault(t.RxQueues, 1), 1, 64),
		into(&v.TxQueues, path.Child("txQueues"), orDefault(t.TxQueues, 1), 1, 64),
		into(&v.RxRingSize, path.Child("rxRingSize"), orDefault(int32(t.RxRingSize), 256), 64, 32768),
		into(&v.TxRingSize, path.Child("txRingSize"), orDefault(int32(t.TxRingSize), 256), 64, 32768),
		into(&v.Host.MTU, host.Child("mtu"), int64(t.Host.MTU), 0, 65535),
	); err != nil {
		return nil, err
	}
	for i, text := range t.Host.Addresses {
		p, err := netip.ParsePrefix(string(text))
		if err != nil || p.Addr().Is4In6() {
			return nil, field.Invalid(host.Child("addresses").Index(i), text, "must be an address with the length of its prefix")
		}
		to := &v.Host.Address4
		if p.Addr().Is6() {
			to = &v.Host.Address6
		}
		if to.IsValid() {
			return nil, field.Invalid(host.Child("addresses").Index(i), text, "at most one address of each family")
		}
		*to = p
	}
	for i, text := range t.Host.Gateways {
		a, err := ipAddress(host.Child("gateways").Index(i), string(text))
		if err != nil {
			return nil, err
		}
		to := &v.Host.Gateway4
		if a.Is6() {
			to = &v.Host.Gateway6
		}
		if to.IsValid() {
			return nil, field.Invalid(host.Child("gateways").Index(i), text, "at most one gateway of each family")
		}
		*to = a
	}
	return v, nil
}

func memifType(m *v1alpha1.MemifInterface, path *field.Path) (kinds.InterfaceType, error) {
	v := kinds.Memif{Socket: m.Socket, Slave: m.Role == v1alpha1.MemifRoleSlave, IP: m.Mode == v1alpha1.LinkModeIP}
	if !strings.HasPrefix(m.Socket, "/") && !strings.HasPrefix(m.Socket, "abstract:") {
		return nil, field.Invalid(path.Child("socket"), m.Socket, "must be an absolute path, or a name after \"abstract:\"")
	}
	if m.SecretRef != nil {
		v.Secret = kinds.SecretRef{Name: m.SecretRef.Name, Key: m.SecretRef.Key}
	}
	if err := firstError(
		into(&v.ID, path.Child("id"), m.ID, 0, math.MaxUint32),
		into(&v.RxQueues, path.Child("rxQueues"), int64(m.RxQueues), 0, 255),
		into(&v.TxQueues, path.Child("txQueues"), int64(m.TxQueues), 0, 255),
		into(&v.RingSize, path.Child("ringSize"), int64(m.RingSize), 0, 16384),
		into(&v.BufferSize, path.Child("bufferSize"), int64(m.BufferSize), 0, 65535),
	); err != nil {
		return nil, err
	}
	if v.RingSize&(v.RingSize-1) != 0 && v.RingSize != 0 {
		return nil, field.Invalid(path.Child("ringSize"), m.RingSize, "must be a power of two")
	}
	return v, nil
}

func hostInterfaceType(h *v1alpha1.HostInterface, path *field.Path) (kinds.InterfaceType, error) {
	const mostQueues = 16 // 64 kill VPP
	v := kinds.HostInterface{HostName: string(h.Name), IP: h.Mode == v1alpha1.LinkModeIP}
	err := firstError(
		into(&v.RxQueues, path.Child("rxQueues"), orDefault(h.RxQueues, 1), 1, mostQueues),
		into(&v.TxQueues, path.Child("txQueues"), orDefault(h.TxQueues, 1), 1, mostQueues),
		into(&v.RxFrameSize, path.Child("rxFrameSize"), int64(h.RxFrameSize), 0, 131072),
		into(&v.TxFrameSize, path.Child("txFrameSize"), int64(h.TxFrameSize), 0, 131072),
		into(&v.RxFramesPerBlock, path.Child("rxFramesPerBlock"), int64(h.RxFramesPerBlock), 0, 1024),
		into(&v.TxFramesPerBlock, path.Child("txFramesPerBlock"), int64(h.TxFramesPerBlock), 0, 1024),
	)
	return v, err
}

func physicalType(p *v1alpha1.PhysicalInterface, path *field.Path) (kinds.InterfaceType, error) {
	v := kinds.Physical{VPPName: p.Name}
	if p.MACAddress == "" {
		return v, nil
	}
	var err error
	v.MAC, err = macAddress(path.Child("macAddress"), p.MACAddress)
	return v, err
}

func subInterfaceType(s *v1alpha1.SubInterface, name string, path *field.Path) (kinds.InterfaceType, error) {
	if string(s.Parent) == name {
		return nil, field.Invalid(path.Child("parent"), s.Parent, "must name another interface")
	}
	v := kinds.SubInterface{Parent: string(s.Parent), Dot1ad: s.Dot1ad, ExactMatch: s.ExactMatch == nil || *s.ExactMatch}
	err := firstError(
		into(&v.VLANID, path.Child("vlanID"), int64(s.VLANID), 1, 4094),
		into(&v.InnerVLANID, path.Child("innerVLANID"), int64(s.InnerVLANID), 0, 4094),
	)
	return v, err
}

var bondModes = map[v1alpha1.BondMode]kinds.BondMode{
	v1alpha1.BondModeRoundRobin:   kinds.BondRoundRobin,
	v1alpha1.BondModeActiveBackup: kinds.BondActiveBackup,
	v1alpha1.BondModeXOR:          kinds.BondXOR,
	v1alpha1.BondModeBroadcast:    kinds.BondBroadcast,
	v1alpha1.BondModeLACP:         kinds.BondLACP,
}

var bondLoadBalances = map[v1alpha1.BondLoadBalance]kinds.BondLoadBalance{
	"":                          kinds.BondL2,
	v1alpha1.BondLoadBalanceL2:  kinds.BondL2,
	v1alpha1.BondLoadBalanceL23: kinds.BondL23,
	v1alpha1.BondLoadBalanceL34: kinds.BondL34,
}

func bondType(b *v1alpha1.BondInterface, path *field.Path) (kinds.InterfaceType, error) {
	id, err := instance(path.Child("id"), b.ID, math.MaxUint32-1)
	if err != nil {
		return nil, err
	}
	mode, ok := bondModes[b.Mode]
	if !ok {
		return nil, field.NotSupported(path.Child("mode"), b.Mode, []v1alpha1.BondMode{
			v1alpha1.BondModeRoundRobin, v1alpha1.BondModeActiveBackup, v1alpha1.BondModeXOR,
			v1alpha1.BondModeBroadcast, v1alpha1.BondModeLACP,
		})
	}
	return kinds.Bond{ID: id, Mode: mode, LoadBalance: bondLoadBalances[b.LoadBalance]}, nil
}

// bondMembers are the members of a bond, items of their own.
func bondMembers(b *v1alpha1.BondInterface, name string, path *field.Path) ([]state.Item, error) {
	var items []state.Item
	for i, m := range b.Members {
		if string(m.Interface) == name {
			return nil, field.Invalid(path.Index(i).Child("interface"), m.Interface, "must name another interface")
		}
		v := kinds.BondMember{
			Bond: name, Passive: m.LACPMode == v1alpha1.LACPModePassive, LongTimeout: m.LACPTimeout == v1alpha1.LACPTimeoutLong,
		}
		if err := into(&v.Weight, path.Index(i).Child("weight"), m.Weight, 0, math.MaxUint32); err != nil {
			return nil, err
		}
		if v.Weight != 0 && b.Mode != v1alpha1.BondModeActiveBackup {
			return nil, field.Invalid(path.Index(i).Child("weight"), m.Weight, "goes with mode ActiveBackup only")
		}
		items = append(items, kinds.BondMemberItem(string(m.Interface), v))
	}
	return items, nil
}

func vxlanType(x *v1alpha1.VXLANInterface, name string, path *field.Path) (kinds.InterfaceType, error) {
	v := kinds.VXLAN{MulticastInterface: string(x.MulticastInterface)}
	var err error
	if v.Endpoints, err = endpoints(&x.TunnelEndpoints, path); err != nil {
		return nil, err
	}
	if v.MulticastInterface == name {
		return nil, field.Invalid(path.Child("multicastInterface"), x.MulticastInterface, "must name another interface")
	}
	if v.Destination.IsMulticast() != (v.MulticastInterface != "") {
		return nil, field.Invalid(path.Child("multicastInterface"), x.MulticastInterface, "goes with a multicast destination, and only with such")
	}
	const port = 4789
	err = firstError(
		into(&v.VNI, path.Child("vni"), int64(x.VNI), 1, 1<<24-1),
		into(&v.SourcePort, path.Child("sourcePort"), orDefault(x.SourcePort, port), 1, 65535),
		into(&v.DestinationPort, path.Child("destinationPort"), orDefault(x.DestinationPort, port), 1, 65535),
	)
	return v, err
}

var greTypes = map[v1alpha1.GREType]kinds.GREType{
	"": kinds.GREL3, v1alpha1.GRETypeL3: kinds.GREL3, v1alpha1.GRETypeTEB: kinds.GRETEB, v1alpha1.GRETypeERSPAN: kinds.GREERSPAN,
}

func greType(g *v1alpha1.GREInterface, path *field.Path) (kinds.InterfaceType, error) {
	v := kinds.GRE{Carries: greTypes[g.Type]}
	var err error
	if v.Endpoints, err = unicastEndpoints(&g.TunnelEndpoints, path); err != nil {
		return nil, err
	}
	if v.Flags, err = tunnelFlags(g.Flags, path.Child("flags")); err != nil {
		return nil, err
	}
	err = firstError(
		into(&v.SessionID, path.Child("sessionID"), int64(g.SessionID), 0, 1023),
		into(&v.Key, path.Child("key"), g.Key, 0, math.MaxUint32),
	)
	return v, err
}

func ipipType(i *v1alpha1.IPIPInterface, path *field.Path) (kinds.InterfaceType, error) {
	v := kinds.IPIP{}
	var err error
	if v.Endpoints, err = unicastEndpoints(&i.TunnelEndpoints, path); err != nil {
		return nil, err
	}
	if v.Flags, err = tunnelFlags(i.Flags, path.Child("flags")); err != nil {
		return nil, err
	}
	err = into(&v.DSCP, path.Child("dscp"), int64(i.DSCP), 0, 63)
	return v, err
}

func unicastEndpoints(t *v1alpha1.TunnelEndpoints, path *field.Path) (kinds.Endpoints, error) {
	e, err := endpoints(t, path)
	if err == nil && e.Destination.IsMulticast() {
		err = field.Invalid(path.Child("destination"), t.Destination, "must be a unicast address")
	}
	return e, err
}

func endpoints(t *v1alpha1.TunnelEndpoints, path *field.Path) (e kinds.Endpoints, err error) {
	e.UnderlayVRF = vrfOr(t.UnderlayVRF)
	if e.Source, err = ipAddress(path.Child("source"), string(t.Source)); err != nil {
		return e, err
	}
	if e.Destination, err = ipAddress(path.Child("destination"), string(t.Destination)); err != nil {
		return e, err
	}
	switch {
	case e.Source.Is4() != e.Destination.Is4():
		err = field.Invalid(path.Child("destination"), t.Destination, "source and destination must be of one family")
	case e.Source == e.Destination:
		err = field.Invalid(path.Child("destination"), t.Destination, "source and destination must differ")
	}
	return e, err
}

func ipAddress(path *field.Path, text string) (netip.Addr, error) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" || a.Is4In6() {
		return netip.Addr{}, field.Invalid(path, text, "must be an IPv4 or IPv6 address")
	}
	return a, nil
}

var tunnelFlagBits = map[v1alpha1.TunnelFlag]kinds.TunnelFlags{
	v1alpha1.TunnelFlagEncapCopyDF:        kinds.TunnelEncapCopyDF,
	v1alpha1.TunnelFlagEncapSetDF:         kinds.TunnelEncapSetDF,
	v1alpha1.TunnelFlagEncapCopyDSCP:      kinds.TunnelEncapCopyDSCP,
	v1alpha1.TunnelFlagEncapCopyECN:       kinds.TunnelEncapCopyECN,
	v1alpha1.TunnelFlagDecapCopyECN:       kinds.TunnelDecapCopyECN,
	v1alpha1.TunnelFlagEncapInnerHash:     kinds.TunnelEncapInnerHash,
	v1alpha1.TunnelFlagEncapCopyHopLimit:  kinds.TunnelEncapCopyHopLimit,
	v1alpha1.TunnelFlagEncapCopyFlowLabel: kinds.TunnelEncapCopyFlowLabel,
}

func tunnelFlags(flags []v1alpha1.TunnelFlag, path *field.Path) (set kinds.TunnelFlags, err error) {
	for i, f := range flags {
		bit, ok := tunnelFlagBits[f]
		if !ok {
			return 0, field.Invalid(path.Index(i), f, "is not known")
		}
		set |= bit
	}
	return set, nil
}
