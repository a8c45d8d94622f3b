package kinds

import (
	"context"
	"encoding/json"
	"net/netip"
	"slices"
	"sync"

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

// leftNeighbor is the value of an entry of ours at an index whose interface is
// another one by now.
type leftNeighbor struct {
	at     place
	values json.RawMessage // as in bindingNote
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

func (n *ipNeighbor) static() bool { return n.Flags&neighborStatic != 0 }

func (n *ipNeighbor) value() Neighbor {
	return Neighbor{MAC: n.MACAddress, Static: n.static(), NoFIBEntry: n.Flags&neighborNoFIB != 0}
}

func (n *ipNeighbor) place() place { return on1(n.SwIfIndex, n.IPAddress.String()) }

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

// neighbor is the kind of neighbour entries. VPP cannot mark them: ours are
// those in the ledger, which says of each at which index it is, of which
// incarnation of the interface, and what was written there.
//
// VPP 24.10 keeps the static ones of an interface that is deleted, and takes none
// away while no interface has the index: they are the next interface's. Those of
// ours are taken away then, where they are still what was written.
type neighbor struct {
	leftNotes
	// turn is held to take away what is left behind, and shared to write: what was
	// left must not be taken away when the next one is there already.
	turn sync.RWMutex
}

// NewNeighbor is the kind of neighbour entries. What ARP and ND have learned is
// nobody's.
func NewNeighbor() state.Kind { return &neighbor{leftNotes: leftNotes{kind: KindNeighbor}} }

func (*neighbor) Name() string { return KindNeighbor }

// Loss implements [state.Kind]: VPP 26.06 takes the entries of an interface away
// with it, 24.10 only those that are not static.
func (*neighbor) Loss() state.Loss { return state.Stale }

func (*neighbor) Probe(c vpp.Caller) error { return probe("", c, neighborAddDel, neighborDump) }

// NeighborNeeds is what a neighbour entry needs. It needs no binding: VPP takes
// the entries of an interface along to another table.
func NeighborNeeds(iface string) []state.ID { return []state.ID{InterfaceID(iface)} }

// Watch implements [state.Watcher]: where an entry was left behind at an index and
// the next interface has it, or may have it, the kind is read, which finds it.
func (k *neighbor) Watch(ctx context.Context, v *state.View, ready func(), changed func(handle uint32, deleted bool)) error {
	k.recall(v)
	return watchInterfaces(ctx, v, ready, func(index uint32, _ bool) {
		if k.leftAt(index) {
			changed(state.AllHandles, false)
		}
	})
}

// written is what the ledger says was written at a place: under which identity,
// none for what was left behind there. id is that of what is there now; an entry
// of the ledger without a place is from an agent that did not note any.
func (k *neighbor) written(v *state.View, id state.ID, at place) (by state.ID, n bindingNote, ok bool) {
	if by, ok = v.Ledger().Find(KindNeighbor, at.String()); ok {
		n, ok = placeNote(v, by)
		return by, n, ok
	}
	if e, ok := v.Ledger().Get(id); ok && len(e.Data) == 0 {
		return id, n, true
	}
	n, ok = placeNote(v, k.leftID(at))
	return by, n, ok
}

// wrote tells whether a value is one of those that were written.
func (n bindingNote) wrote(value Neighbor) bool {
	var values []Neighbor
	return json.Unmarshal(n.Value, &values) == nil && slices.Contains(values, value)
}

// Compare knows that VPP replaces the address of an entry but not its flags.
func (*neighbor) Compare(want, have, _ any) state.Difference {
	if _, ok := have.(leftNeighbor); ok {
		return state.Difference{Change: state.Recreate, Fields: []string{"presence"}}
	}
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
