package kinds

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNeighbor is the kind of neighbour entries.
const KindNeighbor = "Neighbor"

// NeighborID is the neighbour entry of an address on an interface.
func NeighborID(iface string, address netip.Addr) state.ID {
	return state.ID{Kind: KindNeighbor, Key: iface + " " + address.String()}
}

// Neighbor is the value of a neighbour entry.
type Neighbor struct {
	MAC MAC
	// Static keeps ARP and ND from changing it and from ageing it out.
	Static bool
	// NoFIBEntry keeps it out of the FIB.
	NoFIBEntry bool
}

// Bits of vl_api_ip_neighbor_flags_t.
const (
	neighborStatic uint8 = 1
	neighborNoFIB  uint8 = 2
)

type ipNeighbor struct {
	SwIfIndex  uint32
	Flags      uint8
	MACAddress MAC
	IPAddress  netip.Addr
}

type neighborRequest struct {
	IsAdd    bool
	Neighbor ipNeighbor
}

type neighborDumpRequest struct {
	SwIfIndex uint32
	AF        uint8
}

type neighborDetails struct{ Neighbor ipNeighbor }

var (
	neighborAddDel = vpp.NewMethod[neighborRequest, retval]("ip_neighbor_add_del")
	neighborDump   = vpp.NewMethod[neighborDumpRequest, neighborDetails]("ip_neighbor_dump")
)

type neighbor struct{}

// NewNeighbor is the kind of neighbour entries. VPP cannot mark them: ours are
// those in the ledger. What ARP and ND have learned is nobody's.
func NewNeighbor() state.Kind { return neighbor{} }

func (neighbor) Name() string     { return KindNeighbor }
func (neighbor) Loss() state.Loss { return state.Cleaned }

func (neighbor) Probe(c vpp.Caller) error { return probe("", c, neighborAddDel, neighborDump) }

// NeighborNeeds is what a neighbour entry needs. It needs no binding: VPP takes
// the entries of an interface along to another table.
func NeighborNeeds(iface string) []state.ID { return []state.ID{InterfaceID(iface)} }

func (neighbor) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	for family := range uint8(2) {
		for d, err := range neighborDump.Dump(ctx, v.Caller(), &neighborDumpRequest{noIndex, family}) {
			if err != nil {
				return err
			}
			n := d.Neighbor
			iface := interfaceName(v, n.SwIfIndex)
			f := state.Found{
				ID:    NeighborID(iface, n.IPAddress),
				Needs: NeighborNeeds(iface),
				Value: Neighbor{
					MAC: n.MACAddress, Static: n.Flags&neighborStatic != 0, NoFIBEntry: n.Flags&neighborNoFIB != 0,
				},
			}
			if _, f.Ours = v.Ledger().Get(f.ID); !f.Ours && n.Flags&neighborStatic == 0 {
				continue
			}
			found(f)
		}
	}
	return nil
}

// Compare knows that VPP replaces the address of an entry but not its flags.
func (neighbor) Compare(want, have, _ any) state.Difference {
	w, h := valueOf[Neighbor](want), valueOf[Neighbor](have)
	var f fields
	f.add("static", w.Static != h.Static)
	f.add("noFIBEntry", w.NoFIBEntry != h.NoFIBEntry)
	if len(f) > 0 {
		return state.Difference{Change: state.Recreate, Fields: f}
	}
	if w.MAC != h.MAC {
		return state.Difference{Change: state.InPlace, Fields: []string{"macAddress"}}
	}
	return state.Difference{}
}

func (k neighbor) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	theirs, err := k.theirs(ctx, v, ops)
	state.Each(ops, func(op *state.Op) state.Result {
		switch {
		case op.Verb != state.Create || op.Adopt:
		case err != nil:
			return state.Result{Err: err}
		case theirs[op.ID]:
			return state.Result{Err: &state.ConflictError{With: "a static entry, made by somebody else,"}}
		}
		return state.Result{Err: k.apply(ctx, v, op)}
	})
}

// theirs are static entries of somebody else's where others are to be made: VPP
// would replace one, and say nothing.
func (k neighbor) theirs(ctx context.Context, v *state.View, ops []*state.Op) (map[state.ID]bool, error) {
	var looked []neighborDumpRequest
	theirs := map[state.ID]bool{}
	for _, op := range ops {
		index, there, err := onInterface(v, op)
		if op.Verb != state.Create || op.Adopt || err != nil || !there {
			continue
		}
		_, address, _ := strings.Cut(op.ID.Key, " ")
		q := neighborDumpRequest{SwIfIndex: index}
		if strings.Contains(address, ":") {
			q.AF = 1
		}
		if slices.Contains(looked, q) {
			continue
		}
		looked = append(looked, q)
		for d, err := range neighborDump.Dump(ctx, v.Caller(), &q) {
			if err != nil {
				return nil, err
			}
			id := NeighborID(interfaceName(v, d.Neighbor.SwIfIndex), d.Neighbor.IPAddress)
			if _, ours := v.Ledger().Get(id); !ours && d.Neighbor.Flags&neighborStatic != 0 {
				theirs[id] = true
			}
		}
	}
	return theirs, nil
}

func (k neighbor) apply(ctx context.Context, v *state.View, op *state.Op) error {
	_, text, _ := strings.Cut(op.ID.Key, " ")
	address, err := netip.ParseAddr(text)
	if err != nil {
		return err
	}
	index, there, err := onInterface(v, op)
	if err != nil {
		return err
	}
	q := neighborRequest{Neighbor: ipNeighbor{SwIfIndex: index, IPAddress: address}}
	if op.Verb == state.Delete {
		if there {
			if err := k.remove(ctx, v, &q); err != nil {
				return err
			}
		}
		return v.Ledger().Delete(op.ID)
	}
	want, have := valueOf[Neighbor](op.Want), valueOf[Neighbor](op.Have)
	if err := v.Ledger().Put(op.ID, state.Entry{}); err != nil {
		return err
	}
	// One that was learned, or is to be taken over, keeps its flags unless it
	// goes first.
	if op.Verb == state.Create && want.NoFIBEntry || op.Verb == state.Update && k.Compare(want, have, nil).Change == state.Recreate {
		if err := k.remove(ctx, v, &q); err != nil {
			return err
		}
	}
	q.IsAdd, q.Neighbor.MACAddress = true, want.MAC
	if want.Static {
		q.Neighbor.Flags |= neighborStatic
	}
	if want.NoFIBEntry {
		q.Neighbor.Flags |= neighborNoFIB
	}
	_, err = neighborAddDel.Call(ctx, v.Caller(), &q)
	if err != nil && !outcomeUnknown(err) && op.Verb == state.Create {
		return errors.Join(err, v.Ledger().Delete(op.ID))
	}
	return err
}

// remove deletes an entry, if it is there.
func (neighbor) remove(ctx context.Context, v *state.View, q *neighborRequest) error {
	_, err := neighborAddDel.Call(ctx, v.Caller(), q)
	if refusedWith(err, retNoSuchEntry, retNoSuchIndex) {
		return nil
	}
	return err
}
