package controllers

import (
	"iter"
	"net/netip"
	"strings"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func bridgeDomainKind() *kind {
	return Kind[v1alpha1.BridgeDomain, v1alpha1.BridgeDomainStatus]{
		Resource: "bridgedomains", Compile: compileBridgeDomain, Report: reportBridgeDomain,
		Items: []string{kinds.KindBridgeDomain, kinds.KindBridgePort, kinds.KindBridgeFIBEntry, kinds.KindBridgeARPEntry},
		Shown: []string{kinds.KindBridgeDomain},
	}.erase(func(o *v1alpha1.BridgeDomain) *v1alpha1.BridgeDomainStatus { return &o.Status })
}

// maxBridgeDomain is the largest number of a bridge domain.
const maxBridgeDomain = 1<<24 - 1

// compileBridgeDomain makes an item of the bridge domain and of each thing in it.
func compileBridgeDomain(o *v1alpha1.BridgeDomain) ([]state.Item, error) {
	spec, path, name := &o.Spec, field.NewPath("spec"), v1alpha1.ResourceName(o)
	switch {
	case spec.ID < 0 || spec.ID > maxBridgeDomain:
		return nil, field.Invalid(path.Child("id"), spec.ID, "must be 1..16777215")
	case spec.LearnLimit < 0 || spec.LearnLimit > 1<<32-1:
		return nil, field.Invalid(path.Child("learnLimit"), spec.LearnLimit, "must be 1..4294967295")
	case spec.MACAge < 0 || spec.MACAge > 255:
		return nil, field.Invalid(path.Child("macAge"), spec.MACAge, "must be 0..255")
	}
	on := func(b *bool) bool { return b == nil || *b }
	domain := state.Item{
		ID: kinds.BridgeDomainID(name), Adopt: spec.Adopt,
		Value: kinds.BridgeDomain{
			Number: kinds.Number{Value: uint32(spec.ID), Given: spec.ID != 0}, Flood: on(spec.Flood),
			UnknownUnicastFlood: on(spec.UnknownUnicastFlood), Forward: on(spec.Forward), Learn: on(spec.Learn),
			ARPTermination: spec.ARPTermination, MACAge: uint8(spec.MACAge), LearnLimit: uint32(spec.LearnLimit),
		},
	}
	if spec.ID != 0 {
		domain.Claims = []string{kinds.BridgeDomainClaim(uint32(spec.ID))}
	}
	ports, is, errs := bridgePorts(path, name, spec)
	fib, more := bridgeFIBEntries(path.Child("fibEntries"), name, spec.FIBEntries, is)
	errs = append(errs, more...)
	arp, more := bridgeARPEntries(path.Child("arpEntries"), name, spec.ARPEntries)
	if errs = append(errs, more...); len(errs) > 0 {
		return nil, utilerrors.NewAggregate(errs)
	}
	items := append([]state.Item{domain}, ports...)
	return append(append(items, fib...), arp...), nil
}

// bridgePorts makes an item of each port; is tells which interfaces are such as
// frames can be sent to.
func bridgePorts(path *field.Path, name string, spec *v1alpha1.BridgeDomainSpec) (items []state.Item, is map[v1alpha1.ObjectName]bool, errs []error) {
	seen := map[v1alpha1.ObjectName]bool{}
	add := func(path *field.Path, iface v1alpha1.ObjectName, port kinds.BridgePort) {
		if seen[iface] {
			errs = append(errs, field.Duplicate(path, iface))
			return
		}
		seen[iface] = true
		items = append(items, kinds.BridgePortItem(name, string(iface), port))
	}
	is = map[v1alpha1.ObjectName]bool{}
	for i, p := range spec.Ports {
		at := path.Child("ports").Index(i)
		rewrite, err := bridgeTagRewrite(at.Child("tagRewrite"), p.TagRewrite)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if p.SplitHorizonGroup < 0 || p.SplitHorizonGroup > 255 {
			errs = append(errs, field.Invalid(at.Child("splitHorizonGroup"), p.SplitHorizonGroup, "must be 0..255"))
			continue
		}
		is[p.Interface] = true
		add(at.Child("interface"), p.Interface, kinds.BridgePort{SplitHorizonGroup: uint8(p.SplitHorizonGroup), TagRewrite: rewrite})
	}
	if spec.BVI != "" {
		add(path.Child("bvi"), spec.BVI, kinds.BridgePort{Type: kinds.BridgePortBVI})
	}
	if spec.UnknownUnicastInterface != "" {
		add(path.Child("unknownUnicastInterface"), spec.UnknownUnicastInterface, kinds.BridgePort{Type: kinds.BridgePortUnknownUnicast})
	}
	return items, is, errs
}

func bridgeTagRewrite(path *field.Path, spec *v1alpha1.TagRewrite) (kinds.TagRewrite, error) {
	switch {
	case spec == nil:
		return kinds.TagRewrite{}, nil
	case spec.Pop < 0 || spec.Pop > 2:
		return kinds.TagRewrite{}, field.Invalid(path.Child("pop"), spec.Pop, "must be 0..2")
	case len(spec.Push) > 2:
		return kinds.TagRewrite{}, field.TooMany(path.Child("push"), len(spec.Push), 2)
	}
	var push []uint16
	for i, id := range spec.Push {
		if id < 1 || id > 4094 {
			return kinds.TagRewrite{}, field.Invalid(path.Child("push").Index(i), id, "must be 1..4094")
		}
		push = append(push, uint16(id))
	}
	return kinds.NewTagRewrite(uint8(spec.Pop), push, spec.Dot1ad), nil
}

func bridgeFIBEntries(path *field.Path, name string, list []v1alpha1.BridgeFIBEntry, isPort map[v1alpha1.ObjectName]bool) (items []state.Item, errs []error) {
	seen := map[kinds.MAC]bool{}
	for i, e := range list {
		mac, err := macAddress(path.Index(i).Child("macAddress"), e.MACAddress)
		switch {
		case err != nil:
			errs = append(errs, err)
		case seen[mac]:
			errs = append(errs, field.Duplicate(path.Index(i).Child("macAddress"), e.MACAddress))
		case e.Filter == (e.Interface != ""):
			errs = append(errs, field.Invalid(path.Index(i), e.MACAddress, "needs either interface or filter: true"))
		case !e.Filter && !isPort[e.Interface]:
			errs = append(errs, field.Invalid(path.Index(i).Child("interface"), e.Interface, "must be one of the ports"))
		default:
			seen[mac] = true
			items = append(items, kinds.BridgeFIBEntryItem(name, mac, kinds.BridgeFIBEntry{Interface: string(e.Interface), Filter: e.Filter}))
		}
	}
	return items, errs
}

func bridgeARPEntries(path *field.Path, name string, list []v1alpha1.BridgeARPEntry) (items []state.Item, errs []error) {
	seen := map[netip.Addr]bool{}
	for i, e := range list {
		at := path.Index(i)
		address, err := ipAddress(at.Child("address"), string(e.Address))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		mac, err := macAddress(at.Child("macAddress"), e.MACAddress)
		switch {
		case err != nil:
			errs = append(errs, err)
		case seen[address]:
			errs = append(errs, field.Duplicate(at.Child("address"), e.Address))
		default:
			seen[address] = true
			items = append(items, kinds.BridgeARPEntryItem(name, address, mac))
		}
	}
	return items, errs
}

// reportBridgeDomain tells VPP's number and counts what is in the bridge domain.
func reportBridgeDomain(status *v1alpha1.BridgeDomainStatus, items iter.Seq[state.ItemReport]) {
	for item := range items {
		in := item.Have != nil && item.Reason.Done()
		switch item.ID.Kind {
		case kinds.KindBridgeDomain:
			if item.HasHandle {
				status.ID = int32(item.Handle)
			}
		case kinds.KindBridgePort:
			if in {
				status.Ports++
			} else if len(status.MissingPorts) < maxListed {
				_, iface, _ := strings.Cut(item.ID.Key, " ")
				status.MissingPorts = append(status.MissingPorts, v1alpha1.BridgePortStatus{
					Interface: iface, Reason: reasonOf(item.Reason), Message: item.Message,
				})
			}
		case kinds.KindBridgeFIBEntry:
			if in {
				status.FIBEntries++
			}
		case kinds.KindBridgeARPEntry:
			if in {
				status.ARPEntries++
			}
		}
	}
}
