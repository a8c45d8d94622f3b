package kinds

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindInterface is the kind of interfaces.
const KindInterface = "Interface"

// InterfaceID is an interface itself: it is there and has its attributes. Its
// handle is the sw_if_index.
func InterfaceID(name string) state.ID { return state.ID{Kind: KindInterface, Key: name} }

// MAC is an Ethernet address.
type MAC = binproto.MAC

// Interface is the value of an interface: of which type it is, and what all
// types have. What is zero is not wished for: it stays as VPP has it, and what
// was written before is put back.
type Interface struct {
	Name string
	Type InterfaceType
	MAC  MAC
	// MTU is that of IP packets, LinkMTU that of the link's frames, in bytes.
	MTU     uint32
	LinkMTU uint16
	RxMode  RxMode
	// RxPlacement and TxPlacement are ordered by queue.
	RxPlacement []RxPlacement
	TxPlacement []TxPlacement
	// Promiscuous and DirectedBroadcast VPP cannot show.
	Promiscuous       bool
	DirectedBroadcast bool
	// Adopt takes over one of the same identity that somebody else made.
	Adopt bool

	// Shown is set only in what was read.
	Shown *Shown
	// noted is what the ledger says of what VPP cannot show: see [digest].
	noted string
	// original is what the ledger says of what VPP had before we wrote it.
	original *original
	// mtu is that of packets and of single protocols, modes those of the receive
	// queues, as VPP shows them.
	mtu   [4]uint32
	modes []queueMode
	// unmarked tells that VPP holds it without its tag, member that it has the
	// MAC address of the bond it is in.
	unmarked, member bool
}

// InterfaceType is what interfaces of one type have: [Loopback], [Tap],
// [Memif], [HostInterface], [Physical], [SubInterface], [Bond], [VXLAN],
// [GRE], [IPIP] or [VhostUser].
type InterfaceType interface {
	// Field is what users call the type, such as "memif".
	Field() string
	driver() driver
	// claims are what identifies it in VPP, beyond its VPP name.
	claims() []string
	// vppName is the name VPP gives it, "" where that is not known beforehand.
	vppName() string
	// differs names the fields in which have, of the same type, must be made
	// anew to be as wanted.
	differs(have InterfaceType) []string
	// hidden are the fields that VPP cannot show and that are not as by default.
	hidden() []hiddenField
}

// RxMode is how VPP learns of received packets, with the numbers of
// vl_api_rx_mode_t.
type RxMode uint32

// Receive modes; 0 is not given.
const (
	RxModePolling   RxMode = 1
	RxModeInterrupt RxMode = 2
	RxModeAdaptive  RxMode = 3
)

// RxPlacement puts a receive queue on a thread: 0 is the main thread.
type RxPlacement struct{ Queue, Thread uint32 }

// TxPlacement puts a transmit queue on threads.
type TxPlacement struct {
	Queue   uint32
	Threads []uint32 // ordered
}

// Shown is what VPP shows of an interface and nobody wishes for.
type Shown struct {
	// VPPName is its name in VPP, DeviceType VPP's interface_dev_type.
	VPPName, DeviceType string
	AdminUp, LinkUp     bool
	// LinkSpeed is in kbit/s, 0 where it is not known.
	LinkSpeed uint32
}

// Number is a number in the name of an interface: one that a user gave, or
// what VPP has; not Given, it is the agent's choice.
type Number struct {
	Value uint32
	Given bool
}

// differs tells whether have has to be another number.
func (n Number) differs(have Number) bool { return n.Given && n != have }

// name is prefix and number, "" where it is not given.
func (n Number) name(prefix string) string {
	if !n.Given {
		return ""
	}
	return fmt.Sprintf("%s%d", prefix, n.Value)
}

// numbered is a type whose VPP name ends in a number that is chosen by us.
type numbered interface {
	InterfaceType
	number() (n Number, first, last uint32)
	withNumber(n Number) InterfaceType
}

// Claims are what no other interface may have at once: its VPP name, where it
// is known, and what else identifies it in VPP.
func (i *Interface) Claims() []string {
	claims := i.Type.claims()
	name := i.Type.vppName()
	if i.Shown != nil {
		name = i.Shown.VPPName
	}
	if name != "" {
		claims = append(slices.Clip(claims), nameClaim(name))
	}
	return claims
}

// nameClaim is the claim of a name in VPP.
func nameClaim(vppName string) string { return "VPP interface " + vppName }

// iface is the kind of interfaces. It knows nothing of VPP: choosing is held
// while a number is chosen, sharing while something that several interfaces
// use, as a memif's socket, is given to VPP or taken back.
type iface struct{ choosing, sharing *sync.Mutex }

// NewInterface is the kind of interfaces. One is ours by its tag, or, before it
// has that, by the name that the ledger says it gets.
func NewInterface() state.Kind { return iface{new(sync.Mutex), new(sync.Mutex)} }

func (iface) Name() string { return KindInterface }

// Loss implements [state.Kind]: a sub-interface goes with its parent.
func (iface) Loss() state.Loss { return state.Cleaned }

// Probe asks for what all types need; a type that VPP lacks is found out when
// one is created.
func (iface) Probe(c vpp.Caller) error {
	return probe("", c, interfaceDump, interfaceTag, interfaceSetMTU, interfaceSetMAC)
}

func (iface) Compare(want, have, applied any) state.Difference {
	w, h := valueOf[*Interface](want), valueOf[*Interface](have)
	if w == nil || h == nil {
		return state.Difference{Change: state.Recreate}
	}
	if w.Type.Field() != h.Type.Field() {
		return state.Difference{Change: state.Recreate, Fields: []string{w.Type.Field()}}
	}
	anew := w.Type.differs(h.Type)
	last := h.noted
	if a, ok := applied.(*Interface); ok && a != nil {
		last = digest(a)
	} else if h.Shown == nil {
		last = digest(h)
	}
	var place []string
	for _, name := range hiddenDifferences(digest(w), last) {
		if strings.Contains(name, ".") {
			anew = append(anew, name)
		} else {
			place = append(place, name)
		}
	}
	due, remake := h.original.due(w, h)
	if remake {
		anew = append(anew, "macAddress")
	}
	anew = append(anew, h.original.leftOut(w)...)
	if h.Shown == nil { // not what VPP shows, but what was wanted before
		anew = append(anew, (&original{Made: optionals(h.Type)}).leftOut(w)...)
	}
	if len(anew) > 0 {
		return state.Difference{Change: state.Recreate, Fields: anew}
	}
	common := commonDifferences(w, h)
	for _, name := range due {
		common.add(name, true)
	}
	place = append(place, common...)
	if c, ok := w.Type.(changer); ok {
		place = append(place, c.changes(h.Type)...)
	}
	if len(place) == 0 && !h.unmarked {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: place}
}

// changer is a type of which some fields can be changed in place.
type changer interface {
	changes(have InterfaceType) []string
	change(ctx context.Context, v *state.View, index uint32, have InterfaceType) error
}

func (k iface) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Verbs{Create: k.create, Update: k.update, Delete: k.delete}.Apply(ctx, v, ops)
}

// fields collects the names of what differs, each once.
type fields []string

func (f *fields) add(name string, differs bool) {
	if differs && !slices.Contains(*f, name) {
		*f = append(*f, name)
	}
}
