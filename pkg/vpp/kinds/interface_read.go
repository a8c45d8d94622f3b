package kinds

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// Read implements [state.Kind].
func (k iface) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	list, err := k.list(ctx, v)
	if err != nil {
		return err
	}
	for _, f := range list {
		found(f)
	}
	return nil
}

// list is all interfaces, in the order of their indices, so that parents come
// before their sub-interfaces.
func (k iface) list(ctx context.Context, v *state.View) ([]state.Found, error) {
	details, err := allInterfaces(ctx, v.Caller())
	if err != nil {
		return nil, err
	}
	r := newReading(v, details)
	ours := r.identify()
	for _, d := range drivers() {
		if err := d.read(ctx, r); err != nil && !lacks(err) {
			return nil, err
		}
	}
	queues, err := readQueues(ctx, v.Caller(), noIndex)
	if err != nil {
		return nil, err
	}
	list := make([]state.Found, 0, len(details))
	for _, d := range r.details {
		list = append(list, r.report(d, ours[d.SwIfIndex], queues))
	}
	return list, nil
}

func newReading(v *state.View, details []*interfaceDetails) *reading {
	slices.SortFunc(details, func(a, b *interfaceDetails) int { return cmp.Compare(a.SwIfIndex, b.SwIfIndex) })
	r := &reading{
		view: v, details: details, byIndex: make(map[uint32]*interfaceDetails, len(details)),
		names: make(map[uint32]string, len(details)), types: make(map[uint32]InterfaceType, len(details)),
		members: map[uint32]bool{},
	}
	for _, d := range details {
		r.byIndex[d.SwIfIndex] = d
	}
	return r
}

// identify says what each interface is called here and which are ours: by the
// tag, by the name that the ledger says one of ours gets, or, for what hangs on
// neither, not. A second one with a tag of ours is ours too, and superfluous.
func (r *reading) identify() (ours map[uint32]bool) {
	ours = map[uint32]bool{}
	taken := map[string]bool{}
	take := func(d *interfaceDetails, name string) {
		ours[d.SwIfIndex] = true
		if taken[name] {
			name = foreignKey(d.InterfaceName)
		}
		taken[name] = true
		r.names[d.SwIfIndex] = name
	}
	for _, d := range r.details {
		if name, marked := strings.CutPrefix(d.Tag, Mark); marked && name != "" {
			take(d, name)
		}
	}
	for _, d := range r.details {
		if ours[d.SwIfIndex] {
			continue
		}
		if id, noted := r.view.Ledger().Find(KindInterface, d.InterfaceName); noted && d.Tag == "" && !taken[id.Key] {
			take(d, id.Key)
			continue
		}
		r.names[d.SwIfIndex] = foreignKey(d.InterfaceName)
	}
	return ours
}

// name is what an interface of this reading is called, "" for none.
func (r *reading) name(index uint32) string {
	if index == noIndex {
		return ""
	}
	if n, ok := r.names[index]; ok {
		return n
	}
	return interfaceName(r.view, index)
}

// report tells what an interface is.
func (r *reading) report(d *interfaceDetails, ours bool, queues map[uint32]*queues) state.Found {
	name := r.names[d.SwIfIndex]
	value := &Interface{Name: name, Type: r.types[d.SwIfIndex], unmarked: d.Tag != Mark+name, member: r.members[d.SwIfIndex]}
	value.show(d, queues[d.SwIfIndex])
	f := state.Found{
		ID: InterfaceID(name), Value: value, Handle: d.SwIfIndex, HasHandle: true, Ours: ours,
		Claims: value.Claims(), Needs: value.Needs(), Builtin: d.SwIfIndex == 0, // local0
	}
	if ours {
		if e, ok := r.view.Ledger().Get(f.ID); ok {
			value.noted, value.original = e.Digest, noteIn(e).Original
			f.Unverified = hiddenNames(e.Digest)
		}
	}
	return f
}

// show fills in what all types have.
func (i *Interface) show(d *interfaceDetails, q *queues) {
	i.MAC, i.MTU, i.LinkMTU, i.mtu = d.L2Address, d.MTU[0], d.LinkMTU, d.MTU
	i.Shown = &Shown{
		VPPName: d.InterfaceName, DeviceType: d.InterfaceDevType, LinkSpeed: d.LinkSpeed,
		AdminUp: d.adminUp(), LinkUp: d.Flags&flagLinkUp != 0,
	}
	if i.Type == nil {
		i.Type = Physical{VPPName: d.InterfaceName}
	}
	if d.Type == typeSub && i.MTU == 0 {
		i.MTU = uint32(d.LinkMTU) // it has its parent's
	}
	if q != nil {
		i.RxMode, i.modes, i.RxPlacement, i.TxPlacement = q.mode(), q.modes, q.rx, q.tx
	}
}

// Needs are the interfaces and tables that an interface needs.
func (i *Interface) Needs() []state.ID {
	if n, ok := i.Type.(interface{ needs() []state.ID }); ok {
		return n.needs()
	}
	return nil
}
