package kinds

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNAT44Mapping is the kind of NAT44's mappings: static, load-balanced and
// identity ones, which VPP keeps in one table by outside address and port.
const KindNAT44Mapping = "NAT44Mapping"

// NAT44MappingType is a sort of mapping.
type NAT44MappingType uint8

// The sorts of mappings.
const (
	NAT44Static NAT44MappingType = iota
	NAT44LoadBalanced
	NAT44Identity
)

// Protocols by IANA's numbers.
const (
	ProtocolICMP uint8 = 1
	ProtocolTCP  uint8 = 6
	ProtocolUDP  uint8 = 17
)

// NAT44Mapping is the value of a mapping; always a pointer.
type NAT44Mapping struct {
	Type NAT44MappingType
	// External is the outside address; where Interface is given, that interface's
	// first one.
	External  netip.Addr
	Interface string
	// ExternalPort, LocalPort and Protocol are 0 where all ports are meant.
	ExternalPort, LocalPort uint16
	Protocol                uint8
	// Local is the inside host of a static mapping, VRF where it is, or where the
	// backends are.
	Local netip.Addr
	VRF   string

	TwiceNAT, SelfTwiceNAT, Out2InOnly bool
	// Pool is the address of the pool for twice-NAT that is used, if any, Affinity
	// in seconds. VPP shows neither.
	Pool     netip.Addr
	Affinity uint32
	// Backends are sorted: see [SortNAT44Backends].
	Backends []NAT44Backend

	// Object is the name that goes into VPP's tag. It tells nothing apart: a mapping
	// that moves to another object keeps its tag, and its sessions with it.
	Object string

	shown *shownMapping // nil in a wish
}

// shownMapping is what else VPP shows of a mapping.
type shownMapping struct {
	tag string
	vrf uint32
	// index is the interface's, resolved the address that it was found to have,
	// if any. Without one VPP does not show all flags.
	index    uint32
	resolved netip.Addr
	// hidden stands for what VPP does not show, by the ledger.
	hidden string
}

// NAT44Backend is an inside host behind a load-balanced mapping.
type NAT44Backend struct {
	Address     netip.Addr
	Port        uint16
	Probability uint8
}

func (b NAT44Backend) endpoint() netip.AddrPort { return netip.AddrPortFrom(b.Address, b.Port) }

// SortNAT44Backends brings backends into the order in which they are compared.
func SortNAT44Backends(list []NAT44Backend) {
	slices.SortFunc(list, func(a, b NAT44Backend) int {
		return cmp.Or(a.endpoint().Compare(b.endpoint()), cmp.Compare(a.Probability, b.Probability))
	})
}

// ID is a mapping by its outside address, or interface, and port.
func (m *NAT44Mapping) ID() state.ID {
	where := m.External.String()
	if m.Interface != "" {
		where = "interface " + m.Interface
	}
	return state.ID{Kind: KindNAT44Mapping, Key: natEndpoint(where, m.ExternalPort, m.Protocol)}
}

// natEndpoint is an address, with its port and protocol where it has one.
func natEndpoint(address string, port uint16, protocol uint8) string {
	if protocol == 0 && port == 0 {
		return address
	}
	return fmt.Sprintf("%s:%d/%s", address, port, protocolName(protocol))
}

func protocolName(p uint8) string {
	switch p {
	case ProtocolICMP:
		return "ICMP"
	case ProtocolTCP:
		return "TCP"
	case ProtocolUDP:
		return "UDP"
	}
	return fmt.Sprint(p)
}

// Item is a mapping as a wish. Those that need the same may share that: see
// [NAT44MappingNeeds].
func (m *NAT44Mapping) Item(needs []state.ID, adopt bool) state.Item {
	return state.Item{ID: m.ID(), Value: m, Needs: m.needsBeside(needs), Claims: m.claims(), Adopt: adopt}
}

// needsBeside are the needs of mappings in general, and what this one needs
// beside them: VPP takes a load-balanced one for an address of its pool only, and
// does not receive the address when it is there no more.
func (m *NAT44Mapping) needsBeside(needs []state.ID) []state.ID {
	if m.Type != NAT44LoadBalanced || m.Out2InOnly {
		return needs
	}
	return append(slices.Clip(needs), NAT44AddressID(m.External, false))
}

// NAT44MappingNeeds are what mappings for hosts of a VRF need, of an interface or,
// where that is "", of an address.
func NAT44MappingNeeds(vrf, iface string) []state.ID {
	needs := needsNAT44(vrf)
	if iface != "" {
		needs = append(needs, InterfaceID(iface))
	}
	return needs
}

// claims are the inside hosts and ports that packets from inside are found by,
// of which VPP refuses a second one or forgets the first.
func (m *NAT44Mapping) claims() []string {
	if m.Out2InOnly {
		return nil
	}
	claim := func(vrf string, a netip.Addr, port uint16) string {
		return "NAT44 inside " + vrf + " " + natEndpoint(a.String(), port, m.Protocol)
	}
	switch m.Type {
	case NAT44LoadBalanced:
		list := make([]string, len(m.Backends))
		for i, b := range m.Backends {
			list[i] = claim(DefaultVRF, b.Address, b.Port) // whatever their VRF is
		}
		return list
	case NAT44Identity:
		if m.Interface != "" {
			return nil
		}
		return []string{claim(m.VRF, m.External, m.ExternalPort)}
	}
	return []string{claim(m.VRF, m.Local, m.LocalPort)}
}

// flags are those of VPP's messages.
func (m *NAT44Mapping) flags() uint8 {
	var f uint8
	for bit, set := range map[uint8]bool{
		natTwiceNAT: m.TwiceNAT, natSelfTwiceNAT: m.SelfTwiceNAT, natOut2InOnly: m.Out2InOnly,
		natAddrOnly: m.Type != NAT44LoadBalanced && m.Protocol == 0 && m.ExternalPort == 0,
	} {
		if set {
			f |= bit
		}
	}
	return f
}

// hidden stands for what VPP does not show, "" where that is as by default.
func (m *NAT44Mapping) hidden() string {
	switch {
	case m.Pool.IsValid():
		return "poolAddress " + m.Pool.String()
	case m.Affinity != 0:
		return fmt.Sprintf("affinity %d", m.Affinity)
	}
	return ""
}

// unverified names the fields of hidden.
func (m *NAT44Mapping) unverified() []string {
	if name, _, ok := strings.Cut(m.hidden(), " "); ok {
		return []string{name}
	}
	return nil
}

type nat44Mapping struct{}

// NewNAT44Mapping is the kind of NAT44's mappings. Ours are those whose tag says
// so.
func NewNAT44Mapping() state.Kind { return nat44Mapping{} }

func (nat44Mapping) Name() string { return KindNAT44Mapping }

// Loss implements [state.Kind]: one of an interface's address stays, and is for
// whatever gets the index next.
func (nat44Mapping) Loss() state.Loss { return state.Stale }

// Describe implements [state.Describer].
func (nat44Mapping) Describe(key string) string { return "NAT44 mapping of " + key }

func (nat44Mapping) Probe(c vpp.Caller) error {
	return probe(pluginNAT, c, nat44SetStatic, nat44Statics, nat44SetIdentity, nat44Identities, nat44SetLB, nat44SetLBLocal, nat44LBs)
}

// Compare knows that VPP changes nothing of a mapping but its backends.
func (nat44Mapping) Compare(want, have, applied any) state.Difference {
	w, h := valueOf[*NAT44Mapping](want), valueOf[*NAT44Mapping](have)
	if w == h {
		return state.Difference{}
	}
	if w == nil || h == nil || w.Type != h.Type {
		return state.Difference{Change: state.Recreate, Fields: []string{"type"}}
	}
	twice, self, only, hidden := h.TwiceNAT, h.SelfTwiceNAT, h.Out2InOnly, h.hidden()
	if s := h.shown; s != nil {
		hidden = s.hidden
		if h.Interface != "" && !s.resolved.IsValid() { // VPP does not show all of it
			self, only = w.SelfTwiceNAT, w.Out2InOnly
			if a := valueOf[*NAT44Mapping](applied); a != nil {
				self, only = a.SelfTwiceNAT, a.Out2InOnly
			}
		}
	}
	var f fields
	f.add("localAddress", w.Local != h.Local)
	f.add("localPort", w.LocalPort != h.LocalPort)
	f.add("vrf", w.VRF != h.VRF)
	f.add("twiceNAT", w.TwiceNAT != twice)
	f.add("selfTwiceNAT", w.SelfTwiceNAT != self)
	f.add("out2inOnly", w.Out2InOnly != only)
	f.add("poolAddress", w.Pool.IsValid() && w.hidden() != hidden || strings.HasPrefix(hidden, "pool") && !w.Pool.IsValid())
	f.add("affinity", w.Affinity != 0 && w.hidden() != hidden || strings.HasPrefix(hidden, "aff") && w.Affinity == 0)
	change := state.InPlace
	if len(f) > 0 {
		change = state.Recreate
	}
	if !slices.Equal(w.Backends, h.Backends) {
		f.add("backends", true)
		if _, ok := backendSteps(h.Backends, w.Backends); !ok {
			change = state.Recreate
		}
	}
	if len(f) == 0 {
		return state.Difference{}
	}
	return state.Difference{Change: change, Fields: f}
}

// backendStep adds a backend or takes one away.
type backendStep struct {
	add     bool
	backend NAT44Backend
}

// What VPP takes of a load-balanced mapping: it adds up the probabilities in one
// byte, and dies of a sum of 0; and it keeps two backends.
const (
	maxProbabilities = 255
	minBackends      = 2
)

// backendSteps are how one set of backends becomes another, none of which ends
// sessions of a backend that stays. ok is false where there is no such way.
func backendSteps(have, want []NAT44Backend) (steps []backendStep, ok bool) {
	now, sum := len(have), 0
	taken := map[netip.AddrPort]bool{}
	for _, b := range have {
		sum += int(b.Probability)
		taken[b.endpoint()] = true
	}
	var remove, add []NAT44Backend
	for _, b := range have {
		if !slices.Contains(want, b) {
			remove = append(remove, b)
		}
	}
	for _, b := range want {
		if !slices.Contains(have, b) {
			add = append(add, b)
		}
	}
	for len(remove)+len(add) > 0 {
		i := slices.IndexFunc(add, func(b NAT44Backend) bool {
			return !taken[b.endpoint()] && sum+int(b.Probability) <= maxProbabilities
		})
		switch {
		case i >= 0:
			b := add[i]
			steps, add = append(steps, backendStep{true, b}), slices.Delete(add, i, i+1)
			now, sum, taken[b.endpoint()] = now+1, sum+int(b.Probability), true
		case len(remove) > 0 && now > minBackends:
			b := remove[0]
			steps, remove = append(steps, backendStep{false, b}), remove[1:]
			now, sum, taken[b.endpoint()] = now-1, sum-int(b.Probability), false
		default:
			return nil, false
		}
	}
	return steps, true
}
