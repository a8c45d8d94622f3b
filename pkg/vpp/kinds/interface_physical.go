package kinds

import (
	"context"
	"fmt"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// Physical is a device that VPP owns from its startup configuration. It is
// never created or deleted: it is configured, and put back as it was found.
type Physical struct {
	// VPPName is the device's name in VPP, MAC the address it had when VPP
	// started; one of them is given.
	VPPName string
	MAC     MAC
}

// atRest is how a device was before it was configured.
type atRest struct {
	AdminUp bool      `json:"adminUp,omitempty"`
	MAC     MAC       `json:"mac"`
	MTU     [4]uint32 `json:"mtu"`
	LinkMTU uint16    `json:"linkMTU"`
	Tag     string    `json:"tag,omitempty"`
	// Of all its queues.
	RxModes     []queueMode   `json:"rxModes,omitempty"`
	RxPlacement []RxPlacement `json:"rxPlacement,omitempty"`
	TxPlacement []TxPlacement `json:"txPlacement,omitempty"`
	// Tables are the numbers of its IPv4 and IPv6 tables.
	Tables [2]uint32 `json:"tables"`
}

// Field implements [InterfaceType].
func (Physical) Field() string { return "physical" }

func (Physical) driver() driver        { return physicalDriver{} }
func (p Physical) vppName() string     { return p.VPPName }
func (Physical) hidden() []hiddenField { return nil }

func (p Physical) claims() []string {
	if p.MAC == (MAC{}) {
		return nil
	}
	return []string{"device with MAC address " + p.MAC.String()}
}

func (p Physical) differs(have InterfaceType) []string {
	h := valueOf[Physical](have)
	var f fields
	f.add("physical.name", p.VPPName != "" && h.VPPName != "" && p.VPPName != h.VPPName)
	none := MAC{}
	f.add("physical.macAddress", p.MAC != none && h.MAC != none && p.MAC != h.MAC)
	return f
}

func (p Physical) String() string {
	if p.VPPName != "" {
		return "device " + p.VPPName
	}
	return "device with MAC address " + p.MAC.String()
}

type physicalDriver struct{}

func (physicalDriver) probe(vpp.Caller) error { return nil }

// read takes every interface for a device; the other types then take theirs.
func (physicalDriver) read(_ context.Context, r *reading) error {
	for _, d := range r.details {
		p := Physical{VPPName: d.InterfaceName, MAC: d.L2Address}
		if name := r.names[d.SwIfIndex]; strings.HasPrefix(d.Tag, Mark) {
			p.MAC = MAC{} // not known, unless noted
			if rest := noteOf(r.view, name).Rest; rest != nil {
				p.MAC = rest.MAC
			}
		}
		r.found(d.SwIfIndex, p)
	}
	return nil
}

// create finds the device and notes how it is.
func (physicalDriver) create(ctx context.Context, m *making) (uint32, error) {
	p := valueOf[Physical](m.want.Type)
	c := m.view.Caller()
	d, err := p.find(ctx, m.view)
	if err != nil {
		return 0, err
	}
	if name, ours := strings.CutPrefix(d.Tag, Mark); ours {
		if name == m.want.Name {
			return d.SwIfIndex, nil
		}
		return 0, &state.ConflictError{With: "Interface " + name}
	}
	q, err := readQueues(ctx, c, d.SwIfIndex)
	if err != nil {
		return 0, err
	}
	rest := &atRest{AdminUp: d.adminUp(), MAC: d.L2Address, MTU: d.MTU, LinkMTU: d.LinkMTU, Tag: d.Tag}
	if q := q[d.SwIfIndex]; q != nil {
		rest.RxModes, rest.RxPlacement, rest.TxPlacement = q.modes, q.rx, q.tx
	}
	for i, ip6 := range []bool{false, true} {
		t, err := interfaceGetTable.Call(ctx, c, &getTableRequest{d.SwIfIndex, ip6})
		if err != nil {
			return 0, err
		}
		rest.Tables[i] = t.VrfID
	}
	m.want.Type = Physical{VPPName: d.InterfaceName, MAC: d.L2Address}
	return d.SwIfIndex, note(m.view, m.want.Name, d.InterfaceName, interfaceNote{Rest: rest, Original: &original{}})
}

// find looks for the device among what no other type knows.
func (p Physical) find(ctx context.Context, v *state.View) (*interfaceDetails, error) {
	list, err := iface{}.list(ctx, v)
	if err != nil {
		return nil, err
	}
	var hits []uint32
	for _, f := range list {
		h, ok := valueOf[*Interface](f.Value).Type.(Physical)
		if ok && (p.VPPName != "" && h.VPPName == p.VPPName || p.VPPName == "" && h.MAC == p.MAC) {
			hits = append(hits, f.Handle)
		}
	}
	if len(hits) > 1 {
		return nil, fmt.Errorf("VPP has %d of %s", len(hits), p)
	}
	if len(hits) == 1 {
		d, err := oneInterface(ctx, v.Caller(), hits[0])
		if err != nil || d != nil {
			return d, err
		}
	}
	return nil, &state.WaitError{For: p.String() + " in VPP"}
}

// delete puts the device back as it was found. Its tag is the last: until then it
// is ours, and what VPP has refused is tried again.
func (physicalDriver) delete(ctx context.Context, m *making, index uint32) error {
	c, have := m.view.Caller(), m.want
	rest := noteOf(m.view, have.Name).Rest
	if rest == nil {
		// The note was lost, and with it how the device was: it is let go of as it is.
		_, err := interfaceTag.Call(ctx, c, &interfaceTagRequest{SwIfIndex: index})
		return err
	}
	d, err := oneInterface(ctx, c, index)
	if err != nil || d == nil {
		return err
	}
	q, err := readQueues(ctx, c, index)
	if err != nil {
		return err
	}
	now := &Interface{Name: have.Name, Type: have.Type}
	now.show(d, q[index])
	back := &target{mtu: &rest.MTU, modes: rest.RxModes, Interface: Interface{
		MAC: rest.MAC, LinkMTU: rest.LinkMTU, RxPlacement: rest.RxPlacement, TxPlacement: rest.TxPlacement,
	}}
	if err := back.write(ctx, c, index, now, hiddenNames(have.noted)); err != nil {
		return err
	}
	for i, ip6 := range []bool{false, true} {
		if rest.Tables[i] == 0 {
			continue // its binding was taken away before, which leaves table 0
		}
		if _, err := interfaceSetTable.Call(ctx, c, &setTableRequest{index, ip6, rest.Tables[i]}); err != nil && !refusedByVPP(err) {
			return err
		}
	}
	if d.adminUp() != rest.AdminUp {
		q := interfaceFlagsRequest{SwIfIndex: index}
		if rest.AdminUp {
			q.Flags = flagAdminUp
		}
		if _, err := interfaceSetFlags.Call(ctx, c, &q); err != nil {
			return err
		}
	}
	_, err = interfaceTag.Call(ctx, c, &interfaceTagRequest{IsAdd: rest.Tag != "", SwIfIndex: index, Tag: rest.Tag})
	return err
}
