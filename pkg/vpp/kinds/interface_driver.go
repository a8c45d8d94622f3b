package kinds

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// driver is how interfaces of one type live in VPP. All that types have in
// common is done elsewhere, once.
type driver interface {
	// probe tells whether this VPP can make such interfaces.
	probe(c vpp.Caller) error
	// read reports the interfaces of the type. VPP may lack the messages.
	read(ctx context.Context, r *reading) error
	// create makes one. What identifies it is free, or VPP refuses.
	create(ctx context.Context, m *making) (index uint32, err error)
	// delete takes one away: m.want is what is there.
	delete(ctx context.Context, m *making, index uint32) error
}

// drivers are those of all types. Later ones overrule earlier ones where both
// know an interface.
func drivers() []driver {
	return []driver{
		physicalDriver{}, loopbackDriver{}, subInterfaceDriver{}, hostInterfaceDriver{}, memifDriver{},
		tapDriver{}, bondDriver{}, vxlanDriver{}, greDriver{}, ipipDriver{}, vhostUserDriver{},
	}
}

// reading is one look at all interfaces.
type reading struct {
	view    *state.View
	details []*interfaceDetails
	// byIndex are the interfaces, names what each is called here.
	byIndex map[uint32]*interfaceDetails
	names   map[uint32]string
	types   map[uint32]InterfaceType
	// members are in a bond.
	members map[uint32]bool
}

// found records the type of an interface.
func (r *reading) found(index uint32, t InterfaceType) { r.types[index] = t }

// making is the creation or deletion of one interface.
type making struct {
	view *state.View
	want *Interface
	// mark is the tag it gets, for types that take it in the create.
	mark string
	// lock is held by types while they look after what several interfaces use.
	lock *sync.Mutex
}

func (k iface) making(v *state.View, i *Interface) *making {
	return &making{view: v, want: i, mark: Mark + i.Name, lock: k.sharing}
}

// errNameTaken says that VPP has an interface of the name already.
var errNameTaken = errors.New("VPP has an interface of that name")

// intend notes the name that VPP will give the interface, before the create is
// sent: were the agent to die before it is marked, it is found by that. So
// the name must not be somebody else's.
func (m *making) intend(ctx context.Context, vppName string) error {
	q := interfaceDumpRequest{SwIfIndex: noIndex, NameFilterValid: true, NameFilter: vppName}
	for d, err := range interfaceDump.Dump(ctx, m.view.Caller(), &q) {
		if err != nil {
			return err
		}
		if d.InterfaceName == vppName {
			return fmt.Errorf("%w: %s", errNameTaken, vppName)
		}
	}
	n := noteOf(m.view, m.want.Name)
	n.Original = &original{Made: optionals(m.want.Type)}
	if m.want.MAC != (MAC{}) {
		n.Original.MAC = &MAC{}
	}
	return note(m.view, m.want.Name, vppName, n)
}

// interfaceHandle is the sw_if_index of another interface that this one needs.
func interfaceHandle(v *state.View, name string) (uint32, error) {
	index, ok := v.Handle(InterfaceID(name))
	if !ok {
		return 0, &state.WaitError{For: fmt.Sprintf("interface %s in VPP", name)}
	}
	return index, nil
}

// onInterface is the sw_if_index of the interface that an operation puts
// something on or takes it off: its name begins the key. Where it is not in VPP
// there is nothing to take off, which is no error; all else waits for it.
func onInterface(v *state.View, op *state.Op) (index uint32, there bool, err error) {
	name, _, _ := strings.Cut(op.ID.Key, " ")
	index, err = interfaceHandle(v, name)
	there = err == nil
	if op.Verb == state.Delete {
		err = nil
	}
	return index, there, err
}

// interfaceName is what an interface is called here by its sw_if_index, "" for
// none.
func interfaceName(v *state.View, index uint32) string {
	if index == noIndex {
		return ""
	}
	if id, ok := v.Lookup(KindInterface, index); ok {
		return id.Key
	}
	return foreignKey(fmt.Sprintf("sw_if_index %d", index))
}

// tableNumber is the number of a VRF's table of a family.
func tableNumber(v *state.View, vrf string, ip6 bool) (uint32, error) {
	if vrf == DefaultVRF {
		return 0, nil
	}
	n, ok := v.Handle(VRFID(vrf, ip6))
	if !ok {
		return 0, &state.WaitError{For: fmt.Sprintf("a table of VRF %s in VPP", vrf)}
	}
	return n, nil
}
