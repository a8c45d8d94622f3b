package controllers

import (
	"fmt"
	"iter"
	"net/netip"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func nat64Kind() *kind {
	return Kind[v1alpha1.NAT64, v1alpha1.NAT64Status]{
		Resource: "nat64s", Compile: compileNAT64, Report: reportNAT64,
		Items: []string{kinds.KindNAT64, kinds.KindNAT64Prefix, kinds.KindNAT64Address, kinds.KindNAT64Interface, kinds.KindNAT64Binding},
		Shown: []string{kinds.KindNAT64},
	}.erase(func(o *v1alpha1.NAT64) *v1alpha1.NAT64Status { return &o.Status })
}

// compileNAT64 makes an item of NAT64 itself, and one of each prefix, address of
// a pool, interface and binding.
func compileNAT64(o *v1alpha1.NAT64) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	name := v1alpha1.ResourceName(o)
	items := []state.Item{kinds.NAT64Item(name, natTimeouts(&spec.Timeouts))}
	for i := range spec.Prefixes {
		item, err := nat64Prefix(path.Child("prefixes").Index(i), name, &spec.Prefixes[i])
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	pool, err := nat64Pools(path.Child("pools"), spec.Pools)
	if err != nil {
		return nil, err
	}
	addresses := make(map[netip.Addr]struct{}, len(pool))
	for _, a := range pool {
		addresses[a.address] = struct{}{}
		items = append(items, kinds.NAT64AddressItem(name, a.address, a.vrf))
	}
	for _, iface := range spec.InsideInterfaces {
		items = append(items, kinds.NAT64InterfaceItem(name, string(iface), false))
	}
	for _, iface := range spec.OutsideInterfaces {
		items = append(items, kinds.NAT64InterfaceItem(name, string(iface), true))
	}
	bindings, err := nat64Bindings(path.Child("staticBindings"), name, spec.StaticBindings, addresses)
	if err != nil {
		return nil, err
	}
	return append(items, bindings...), nil
}

// natTimeouts fills in those that are VPP's own.
func natTimeouts(t *v1alpha1.NATTimeouts) kinds.NATTimeouts {
	timeouts := kinds.DefaultNATTimeouts
	for _, f := range []struct {
		from int32
		to   *uint32
	}{
		{t.UDP, &timeouts.UDP},
		{t.TCPEstablished, &timeouts.TCPEstablished},
		{t.TCPTransitory, &timeouts.TCPTransitory},
		{t.ICMP, &timeouts.ICMP},
	} {
		if f.from > 0 {
			*f.to = uint32(f.from)
		}
	}
	return timeouts
}

func nat64Prefix(path *field.Path, nat string, spec *v1alpha1.NAT64Prefix) (state.Item, error) {
	p, err := netip.ParsePrefix(string(spec.Prefix))
	if err != nil || p != p.Masked() || !p.Addr().Is6() || p.Addr().Is4In6() {
		return state.Item{}, field.Invalid(path.Child("prefix"), spec.Prefix, "must be an IPv6 prefix without host bits")
	}
	switch p.Bits() {
	case 32, 40, 48, 56, 64, 96:
		return kinds.NAT64PrefixItem(nat, string(spec.VRF), p), nil
	}
	return state.Item{}, field.Invalid(path.Child("prefix"), spec.Prefix, "must be of length 32, 40, 48, 56, 64 or 96")
}

type poolAddress struct {
	address netip.Addr
	vrf     string
}

// maxPoolAddresses bounds the addresses of all pools of an object.
const maxPoolAddresses = 1024

// nat64Pools are the addresses of all pools.
func nat64Pools(path *field.Path, pools []v1alpha1.NAT64Pool) ([]poolAddress, error) {
	var list []poolAddress
	seen := map[netip.Addr]struct{}{}
	for i := range pools {
		p, path := &pools[i], path.Index(i)
		first, err := ip4Address(path.Child("first"), string(p.First))
		if err != nil {
			return nil, err
		}
		last := first
		if p.Last != "" {
			if last, err = ip4Address(path.Child("last"), string(p.Last)); err != nil {
				return nil, err
			}
		}
		if last.Less(first) {
			return nil, field.Invalid(path.Child("last"), p.Last, "must not be before first")
		}
		for a := first; !last.Less(a); a = a.Next() {
			if _, twice := seen[a]; twice {
				return nil, field.Invalid(path, a.String(), "is in another pool too")
			}
			if len(list) == maxPoolAddresses {
				return nil, field.Invalid(path, p.Last, fmt.Sprintf("all pools together may have %d addresses", maxPoolAddresses))
			}
			seen[a] = struct{}{}
			list = append(list, poolAddress{a, string(p.VRF)})
		}
	}
	return list, nil
}

func ip4Address(path *field.Path, text string) (netip.Addr, error) {
	a, err := ipAddress(path, text)
	if err == nil && !a.Is4() {
		err = field.Invalid(path, text, "must be an IPv4 address")
	}
	return a, err
}

var natProtocols = map[v1alpha1.NATProtocol]kinds.NATProtocol{
	v1alpha1.NATProtocolTCP:  kinds.NATTCP,
	v1alpha1.NATProtocolUDP:  kinds.NATUDP,
	v1alpha1.NATProtocolICMP: kinds.NATICMP,
}

// nat64Bindings are the static bindings, to addresses of the pools.
func nat64Bindings(path *field.Path, nat string, list []v1alpha1.NAT64Binding, pool map[netip.Addr]struct{}) ([]state.Item, error) {
	items := make([]state.Item, 0, len(list))
	taken := map[string]int{}
	for i := range list {
		item, err := nat64Binding(path.Index(i), nat, &list[i], pool)
		if err != nil {
			return nil, err
		}
		for _, key := range []string{item.ID.Key, item.Claims[0]} {
			if j, twice := taken[key]; twice {
				return nil, field.Invalid(path.Index(i), key, fmt.Sprintf("is in binding %d too", j))
			}
			taken[key] = i
		}
		items = append(items, item)
	}
	return items, nil
}

func nat64Binding(path *field.Path, nat string, spec *v1alpha1.NAT64Binding, pool map[netip.Addr]struct{}) (item state.Item, err error) {
	protocol, ok := natProtocols[spec.Protocol]
	if !ok {
		return item, field.Invalid(path.Child("protocol"), spec.Protocol, "is not known")
	}
	inside, err := ipAddress(path.Child("insideAddress"), string(spec.InsideAddress))
	if err != nil {
		return item, err
	}
	if !inside.Is6() {
		return item, field.Invalid(path.Child("insideAddress"), spec.InsideAddress, "must be an IPv6 address")
	}
	outside, err := ip4Address(path.Child("outsideAddress"), string(spec.OutsideAddress))
	if err != nil {
		return item, err
	}
	if _, ok := pool[outside]; !ok {
		return item, field.Invalid(path.Child("outsideAddress"), spec.OutsideAddress, "must be an address of pools")
	}
	const maxPort = 1<<16 - 1
	if spec.InsidePort < 1 || spec.InsidePort > maxPort {
		return item, field.Invalid(path.Child("insidePort"), spec.InsidePort, fmt.Sprintf("must be 1..%d", maxPort))
	}
	if spec.OutsidePort < 1 || spec.OutsidePort >= maxPort {
		return item, field.Invalid(path.Child("outsidePort"), spec.OutsidePort, fmt.Sprintf("must be 1..%d", maxPort-1))
	}
	return kinds.NAT64BindingItem(nat, kinds.NAT64Inside{
		Protocol: protocol, VRF: vrfOr(spec.VRF), AddrPort: netip.AddrPortFrom(inside, uint16(spec.InsidePort)),
	}, netip.AddrPortFrom(outside, uint16(spec.OutsidePort))), nil
}

// reportNAT64 counts what is in VPP.
func reportNAT64(status *v1alpha1.NAT64Status, items iter.Seq[state.ItemReport]) {
	for item := range items {
		if !item.Reason.Done() {
			continue
		}
		switch item.ID.Kind {
		case kinds.KindNAT64Address:
			status.PoolAddresses++
		case kinds.KindNAT64Interface:
			countSide(item.ID, &status.InsideInterfaces, &status.OutsideInterfaces)
		case kinds.KindNAT64Binding:
			status.StaticBindings++
		}
	}
}
