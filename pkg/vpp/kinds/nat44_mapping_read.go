package kinds

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// mappingReader makes mappings of what VPP dumps.
type mappingReader struct {
	ctx   context.Context
	view  *state.View
	found []state.Found
	// byInterface are the mappings of interfaces' addresses, by all that VPP shows
	// of them twice. Those of several interfaces may have that in common.
	byInterface map[mappingRow][]*NAT44Mapping
	addresses   map[uint32][]netip.Addr
	needs       map[string][]state.ID
}

// mappingRow is what the two rows of a mapping of an interface's address have in
// common: the one that names the interface and the one with the address.
type mappingRow struct {
	typ                     NAT44MappingType
	local                   netip.Addr
	localPort, externalPort uint16
	protocol                uint8
	vrf                     uint32
	tag                     string
}

// readMappings reads all mappings.
func readMappings(ctx context.Context, v *state.View) ([]state.Found, error) {
	r := &mappingReader{
		ctx: ctx, view: v, byInterface: map[mappingRow][]*NAT44Mapping{}, addresses: map[uint32][]netip.Addr{}, needs: map[string][]state.ID{},
	}
	for _, read := range []func() error{r.statics, r.identities, r.loadBalanced} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	for _, list := range r.byInterface {
		for _, m := range list {
			r.add(m)
		}
	}
	return r.found, nil
}

func (nat44Mapping) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	all, err := readMappings(ctx, v)
	if err != nil {
		return err
	}
	seen := make(map[state.ID]bool, len(all))
	for _, f := range all {
		if seen[f.ID] { // the same identity in another VRF, which has the tag of the first
			f.ID.Key, f.Ours = foreignKey(f.ID.Key), false
		}
		seen[f.ID] = true
		found(f)
	}
	return nil
}

// statics reads the static mappings, those that name interfaces last.
func (r *mappingReader) statics() error {
	rows, err := dump(r.ctx, r.view.Caller(), nat44Statics, nil)
	if err != nil {
		return err
	}
	mapping := func(d *nat44StaticDetails) *NAT44Mapping {
		return &NAT44Mapping{
			Type: NAT44Static, External: d.ExternalIPAddress, ExternalPort: d.ExternalPort, LocalPort: d.LocalPort, Protocol: d.Protocol,
			Local: d.LocalIPAddress, TwiceNAT: d.Flags&natTwiceNAT != 0, SelfTwiceNAT: d.Flags&natSelfTwiceNAT != 0,
			Out2InOnly: d.Flags&natOut2InOnly != 0, shown: &shownMapping{tag: d.Tag, vrf: d.VrfID, index: d.ExternalSwIfIndex},
		}
	}
	for _, d := range slices.Backward(rows) {
		if err := r.take(mapping(d)); err != nil {
			return err
		}
	}
	return nil
}

// identities reads the identity mappings, in the same way.
func (r *mappingReader) identities() error {
	rows, err := dump(r.ctx, r.view.Caller(), nat44Identities, nil)
	if err != nil {
		return err
	}
	mapping := func(d *nat44IdentityDetails) *NAT44Mapping {
		return &NAT44Mapping{
			Type: NAT44Identity, External: d.IPAddress, ExternalPort: d.Port, Protocol: d.Protocol,
			shown: &shownMapping{tag: d.Tag, vrf: d.VrfID, index: d.SwIfIndex},
		}
	}
	// Those of interfaces come last, and must be known first; of the others the
	// first is the one whose tag all have.
	for _, d := range rows {
		if d.SwIfIndex != noIndex {
			if err := r.take(mapping(d)); err != nil {
				return err
			}
		}
	}
	for _, d := range rows {
		if d.SwIfIndex == noIndex {
			if err := r.take(mapping(d)); err != nil {
				return err
			}
		}
	}
	return nil
}

// take takes in a row of a static or an identity mapping.
func (r *mappingReader) take(m *NAT44Mapping) error {
	s := m.shown
	m.VRF = tableName(r.view, s.vrf, false)
	row := mappingRow{m.Type, m.Local, m.LocalPort, m.ExternalPort, m.Protocol, s.vrf, s.tag}
	if s.index != noIndex {
		m.External, m.Interface = netip.Addr{}, interfaceName(r.view, s.index)
		r.byInterface[row] = append(r.byInterface[row], m)
		return nil
	}
	of, err := r.resolves(row, m.External)
	if err != nil {
		return err
	}
	if of == nil {
		r.add(m)
		return nil
	}
	of.shown.resolved = m.External
	of.TwiceNAT, of.SelfTwiceNAT, of.Out2InOnly = m.TwiceNAT, m.SelfTwiceNAT, m.Out2InOnly
	return nil
}

// resolves finds the mapping of an interface that a row with an address is of:
// the one whose interface has the address, since VPP takes the row away with
// that. Any other row is a mapping of its own, however much it looks like an
// interface's.
func (r *mappingReader) resolves(row mappingRow, address netip.Addr) (*NAT44Mapping, error) {
	for _, m := range r.byInterface[row] {
		addresses, ok := r.addresses[m.shown.index]
		if !ok {
			var err error
			if addresses, err = addressesAt(r.ctx, r.view.Caller(), m.shown.index); err != nil {
				return nil, err
			}
			r.addresses[m.shown.index] = addresses
		}
		if !m.shown.resolved.IsValid() && slices.Contains(addresses, address) {
			return m, nil
		}
	}
	return nil, nil
}

func (r *mappingReader) loadBalanced() error {
	for d, err := range nat44LBs.Dump(r.ctx, r.view.Caller(), nil) {
		if err != nil {
			return err
		}
		m := &NAT44Mapping{
			Type: NAT44LoadBalanced, External: d.ExternalAddr, ExternalPort: d.ExternalPort, Protocol: d.Protocol,
			TwiceNAT: d.Flags&natTwiceNAT != 0, SelfTwiceNAT: d.Flags&natSelfTwiceNAT != 0, Out2InOnly: d.Flags&natOut2InOnly != 0,
			Backends: make([]NAT44Backend, len(d.Locals)), shown: &shownMapping{tag: d.Tag, index: noIndex},
		}
		for i, l := range d.Locals {
			m.Backends[i] = NAT44Backend{l.Addr, l.Port, l.Probability}
			if i > 0 && l.VrfID != m.shown.vrf { // ours are all in one
				m.VRF = foreignKey("several")
				continue
			}
			m.VRF, m.shown.vrf = tableName(r.view, l.VrfID, false), l.VrfID
		}
		SortNAT44Backends(m.Backends)
		r.add(m)
	}
	return nil
}

// add reports a mapping.
func (r *mappingReader) add(m *NAT44Mapping) {
	f := state.Found{ID: m.ID(), Value: m, Claims: m.claims()}
	if m.Object, f.Ours = strings.CutPrefix(m.shown.tag, Mark); f.Ours {
		if e, ok := r.view.Ledger().Get(f.ID); ok {
			m.shown.hidden = e.Digest
		}
		if name, _, ok := strings.Cut(m.shown.hidden, " "); ok {
			f.Unverified = []string{name}
		}
	}
	key := m.VRF + " " + m.Interface
	if r.needs[key] == nil {
		r.needs[key] = NAT44MappingNeeds(m.VRF, m.Interface)
	}
	f.Needs = m.needsBeside(r.needs[key])
	if m.Interface != "" {
		if _, there := r.view.Handle(InterfaceID(m.Interface)); !there {
			f.Needs = []state.ID{NAT44ID()} // it is only left behind
		}
	}
	r.found = append(r.found, f)
}
