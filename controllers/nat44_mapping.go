package controllers

import (
	"iter"
	"net/netip"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func nat44MappingKind() *kind {
	return Kind[v1alpha1.NAT44Mapping, v1alpha1.NAT44MappingStatus]{
		Resource: "nat44mappings", Compile: compileNAT44Mapping, Report: reportNAT44Mapping,
		Items: []string{kinds.KindNAT44Mapping},
		Shown: []string{kinds.KindNAT44Mapping},
	}.erase(func(o *v1alpha1.NAT44Mapping) *v1alpha1.NAT44MappingStatus { return &o.Status })
}

// mappingCompiler makes the items of a NAT44Mapping.
type mappingCompiler struct {
	object, vrf string
	adopt       bool
	needs       []state.ID // of all that are of no interface
	items       []state.Item
	seen        map[string]bool // identities and claims
	errs        field.ErrorList
}

// compileNAT44Mapping makes an item of each mapping.
func compileNAT44Mapping(o *v1alpha1.NAT44Mapping) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	vrf := vrfOr(spec.VRF)
	c := mappingCompiler{
		object: v1alpha1.ResourceName(o), vrf: vrf, adopt: spec.Adopt, needs: kinds.NAT44MappingNeeds(vrf, ""), seen: map[string]bool{},
	}
	for i := range spec.StaticMappings {
		c.static(path.Child("staticMappings").Index(i), &spec.StaticMappings[i])
	}
	for i := range spec.LoadBalancedMappings {
		c.loadBalanced(path.Child("loadBalancedMappings").Index(i), &spec.LoadBalancedMappings[i])
	}
	for i := range spec.IdentityMappings {
		c.identity(path.Child("identityMappings").Index(i), &spec.IdentityMappings[i])
	}
	if len(c.errs) > 0 {
		return nil, c.errs.ToAggregate()
	}
	return c.items, nil
}

// add adds a mapping, unless it or an inside host's port is there twice.
func (c *mappingCompiler) add(path *field.Path, m *kinds.NAT44Mapping) {
	m.VRF, m.Object = c.vrf, c.object
	needs := c.needs
	if m.Interface != "" {
		needs = kinds.NAT44MappingNeeds(c.vrf, m.Interface)
	}
	item := m.Item(needs, c.adopt)
	for _, name := range slices.Concat([]string{item.ID.Key}, item.Claims) {
		if c.seen[name] {
			c.errs = append(c.errs, field.Duplicate(path, name))
			return
		}
		c.seen[name] = true
	}
	c.items = append(c.items, item)
}

func (c *mappingCompiler) fail(err *field.Error) bool {
	if err != nil {
		c.errs = append(c.errs, err)
	}
	return err != nil
}

// address reads an address; none where it is left out and may be.
func (c *mappingCompiler) address(path *field.Path, text v1alpha1.NAT44Address, optional bool) (a netip.Addr, ok bool) {
	if optional && text == "" {
		return a, true
	}
	a, err := nat44Address(path, text)
	return a, !c.fail(err)
}

// nat44Protocols has "" too: no ports.
var nat44Protocols = map[v1alpha1.NATProtocol]uint8{
	"": 0, v1alpha1.NATProtocolICMP: kinds.ProtocolICMP, v1alpha1.NATProtocolTCP: kinds.ProtocolTCP, v1alpha1.NATProtocolUDP: kinds.ProtocolUDP,
}

// protocol reads a protocol, which goes with a port.
func (c *mappingCompiler) protocol(path *field.Path, name v1alpha1.NATProtocol, port int32) (uint8, bool) {
	p, known := nat44Protocols[name]
	switch {
	case !known:
		c.fail(field.Invalid(path.Child("protocol"), name, "is not known"))
		return 0, false
	case (p == 0) != (port == 0) || port < 0 || port > 65535:
		c.fail(field.Invalid(path, port, "ports, of 1..65535, and protocol go together"))
		return 0, false
	}
	return p, true
}

func (c *mappingCompiler) static(path *field.Path, spec *v1alpha1.NAT44StaticMapping) {
	m := &kinds.NAT44Mapping{
		Type: kinds.NAT44Static, Interface: string(spec.ExternalInterface), LocalPort: uint16(spec.LocalPort), ExternalPort: uint16(spec.ExternalPort),
		TwiceNAT: spec.TwiceNAT, SelfTwiceNAT: spec.SelfTwiceNAT, Out2InOnly: spec.Out2InOnly,
	}
	var ok [4]bool
	m.Local, ok[0] = c.address(path.Child("localAddress"), spec.LocalAddress, false)
	m.External, ok[1] = c.address(path.Child("externalAddress"), spec.ExternalAddress, m.Interface != "")
	m.Pool, ok[2] = c.address(path.Child("poolAddress"), spec.PoolAddress, true)
	m.Protocol, ok[3] = c.protocol(path, spec.Protocol, spec.ExternalPort)
	switch {
	case slices.Contains(ok[:], false):
	case m.Interface != "" && m.External.IsValid():
		c.fail(field.Invalid(path.Child("externalInterface"), m.Interface, "goes without externalAddress"))
	case (spec.LocalPort == 0) != (spec.ExternalPort == 0):
		c.fail(field.Invalid(path.Child("localPort"), spec.LocalPort, "goes with externalPort"))
	case (m.TwiceNAT || m.SelfTwiceNAT) && m.Protocol == 0:
		c.fail(field.Invalid(path.Child("twiceNAT"), true, "needs ports"))
	default:
		c.add(path, m)
	}
}

func (c *mappingCompiler) loadBalanced(path *field.Path, spec *v1alpha1.NAT44LoadBalancedMapping) {
	m := &kinds.NAT44Mapping{
		Type: kinds.NAT44LoadBalanced, ExternalPort: uint16(spec.ExternalPort), Affinity: uint32(spec.Affinity),
		TwiceNAT: spec.TwiceNAT, SelfTwiceNAT: spec.SelfTwiceNAT, Out2InOnly: spec.Out2InOnly,
	}
	var known, found bool
	m.External, known = c.address(path.Child("externalAddress"), spec.ExternalAddress, false)
	m.Protocol, found = c.protocol(path, spec.Protocol, spec.ExternalPort)
	if !known || !found {
		return
	}
	sum := 0
	for i, b := range spec.Backends {
		at := path.Child("backends").Index(i)
		address, ok := c.address(at.Child("address"), b.Address, false)
		if !ok {
			return
		}
		if b.Probability < 1 || b.Port < 1 || b.Port > 65535 {
			c.fail(field.Invalid(at, b, "port must be 1..65535 and probability 1 at least"))
			return
		}
		backend := kinds.NAT44Backend{Address: address, Port: uint16(b.Port), Probability: uint8(b.Probability)}
		if slices.ContainsFunc(m.Backends, func(o kinds.NAT44Backend) bool { return o.Address == address && o.Port == backend.Port }) {
			c.fail(field.Duplicate(at, address.String()))
			return
		}
		sum += int(b.Probability)
		m.Backends = append(m.Backends, backend)
	}
	kinds.SortNAT44Backends(m.Backends)
	switch {
	case len(m.Backends) < 2:
		c.fail(field.Required(path.Child("backends"), "at least two"))
	case sum > 255: // VPP adds them up in one byte, and dies of a sum of 0
		c.fail(field.Invalid(path.Child("backends"), sum, "the probabilities must not add up to more than 255"))
	case !m.Out2InOnly && c.vrf != kinds.DefaultVRF:
		c.fail(field.Invalid(path.Child("out2inOnly"), false, "must be true in a VRF other than default"))
	default:
		c.add(path, m)
	}
}

func (c *mappingCompiler) identity(path *field.Path, spec *v1alpha1.NAT44IdentityMapping) {
	m := &kinds.NAT44Mapping{Type: kinds.NAT44Identity, Interface: string(spec.Interface), ExternalPort: uint16(spec.Port)}
	var known, found bool
	m.External, known = c.address(path.Child("address"), spec.Address, m.Interface != "")
	m.Protocol, found = c.protocol(path, spec.Protocol, spec.Port)
	switch {
	case !known || !found:
	case m.Interface != "" && m.External.IsValid():
		c.fail(field.Invalid(path.Child("interface"), m.Interface, "goes without address"))
	default:
		c.add(path, m)
	}
}

// reportNAT44Mapping counts the mappings and lists the first of those that are
// not programmed.
func reportNAT44Mapping(status *v1alpha1.NAT44MappingStatus, items iter.Seq[state.ItemReport]) {
	for item := range items {
		status.Mappings++
		switch {
		case item.Reason.Done():
			status.Programmed++
			continue
		case severities[item.Reason].reconciling:
			status.Pending++
		default:
			status.Failed++
		}
		if len(status.Unready) < maxListed {
			status.Unready = append(status.Unready, v1alpha1.NAT44MappingItemStatus{
				Mapping: item.ID.Key, Reason: reasonOf(item.Reason), Message: item.Message,
			})
		}
	}
}
