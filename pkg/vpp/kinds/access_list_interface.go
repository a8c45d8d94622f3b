package kinds

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindAccessListInterface is the kind of access lists' places on interfaces.
const KindAccessListInterface = "AccessListInterface"

// Direction is the way of packets through an interface.
type Direction string

// Ways of packets, as users name them.
const (
	Input  Direction = "Input"
	Output Direction = "Output"
)

// AccessListInterfaceID is that a list is applied to an interface.
func AccessListInterfaceID(iface string, way Direction, list string) state.ID {
	return state.ID{Kind: KindAccessListInterface, Key: iface + " " + string(way) + " " + list}
}

// AccessListInterface is the value of a list's place on an interface.
type AccessListInterface struct {
	// Priority orders the lists of an interface and direction, smaller first and
	// equal ones by name.
	Priority uint16
	// misplaced says that the list is there, and not where it was put, or nobody
	// knows where that was.
	misplaced bool
	// off says that the interface is switched and that VPP shows the lists and
	// does not look into them.
	off bool
}

// AccessListInterfaceItem is that a list is applied to an interface.
func AccessListInterfaceItem(iface string, way Direction, list string, priority uint16) state.Item {
	return state.Item{
		ID: AccessListInterfaceID(iface, way, list), Value: AccessListInterface{Priority: priority},
		Needs: accessListInterfaceNeeds(iface, list),
	}
}

func accessListInterfaceNeeds(iface, list string) []state.ID {
	return []state.ID{InterfaceID(iface), AccessListID(list)}
}

// placeOf takes the identity of a place apart.
func placeOf(id state.ID) (iface string, way Direction, list string) {
	iface, rest, _ := strings.Cut(id.Key, " ")
	text, list, _ := strings.Cut(rest, " ")
	return iface, Direction(text), list
}

// aclInterfaceList has the lists of input, NInput of them, and then those of
// output.
type aclInterfaceList struct {
	SwIfIndex uint32
	NInput    uint8
	ACLs      []uint32
}

var (
	aclSetInterface  = vpp.NewMethod[aclInterfaceList, retval]("acl_interface_set_acl_list")
	aclInterfaceDump = vpp.NewMethod[swIfIndex, aclInterfaceList]("acl_interface_list_dump")

	aclSetEtypes  = vpp.NewMethod[aclEtypes, retval]("acl_interface_set_etype_whitelist")
	aclEtypesDump = vpp.NewMethod[swIfIndex, aclEtypes]("acl_interface_etype_whitelist_dump")
)

// aclEtypes has the types of frames without IP that pass, NInput of them of
// input, and then those of output. Where there are none all pass.
type aclEtypes struct {
	SwIfIndex uint32
	NInput    uint8
	Whitelist []uint16
}

// maxInterfaceLists is how many lists VPP takes on one interface, of both
// directions together.
const maxInterfaceLists = 255

// accessListInterface is the kind of lists on interfaces. VPP is told all lists
// of an interface at once, and shows their order but not the priorities by which
// that came about: those are in the ledger.
type accessListInterface struct {
	// writing is held while the lists of some interface are read and set.
	writing *sync.Mutex
}

// NewAccessListInterface is the kind of access lists on interfaces: those of our
// lists are ours.
func NewAccessListInterface() state.Kind { return accessListInterface{new(sync.Mutex)} }

func (accessListInterface) Name() string     { return KindAccessListInterface }
func (accessListInterface) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (accessListInterface) Describe(key string) string {
	iface, way, list := placeOf(state.ID{Key: key})
	return "AccessList " + list + " on Interface " + iface + ", " + strings.ToLower(string(way))
}

func (accessListInterface) Probe(c vpp.Caller) error {
	return probe(pluginACL, c, aclSetInterface, aclInterfaceDump, aclSetEtypes, aclEtypesDump, cli)
}

// Read asks of interfaces that are switched whether their lists are looked into:
// when an interface leaves its bridge domain VPP turns that off.
func (k accessListInterface) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	all, err := dump(ctx, v.Caller(), aclInterfaceDump, &swIfIndex{noIndex})
	if err != nil {
		return err
	}
	frames := sync.OnceValues(func() (map[uint32]bool, error) {
		s, err := lookOnce(ctx, v.Caller())()
		return s.indices(), err
	})
	for _, d := range all {
		p := placesOf(d)
		if len(d.ACLs) == 0 {
			continue
		}
		on := true
		switch switched, err := frames(); {
		case err != nil:
			return err
		case switched[d.SwIfIndex]:
			if on, err = p.armed(ctx, v, d.SwIfIndex); err != nil {
				return err
			}
		}
		iface := interfaceName(v, d.SwIfIndex)
		for _, way := range []Direction{Input, Output} {
			for _, f := range readPlaces(v, iface, way, *p.of(way)) {
				value := valueOf[AccessListInterface](f.Value)
				value.off = !on
				f.Value = value
				found(f)
			}
		}
	}
	return nil
}

// armed tells whether VPP looks into the lists of an interface when it switches
// frames, and yes where it does not tell.
func (p places) armed(ctx context.Context, v *state.View, index uint32) (bool, error) {
	features, known, err := featuresOf(ctx, v, index)
	if err != nil || !known {
		return err == nil, err
	}
	in, _ := listsFeature(features, arcFrameInput, "INPUT_FEAT_ARC")
	out, _ := listsFeature(features, arcFrameOutput, "OUTPUT_FEAT_ARC")
	return (in || len(p.input) == 0) && (out || len(p.output) == 0), nil
}

// rearm implements [frameFeature].
func (k accessListInterface) rearm(ctx context.Context, v *state.View, index uint32) error {
	if k.Probe(v.Caller()) != nil {
		return nil // without the plugin there are no lists
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	have, err := readLists(ctx, v.Caller(), index)
	if err != nil || len(have.input)+len(have.output) == 0 {
		return err
	}
	return have.resume(ctx, v, index)
}

// resume has VPP look into the lists of an interface again. It turns them off and
// on in one call, between two packets, when it is told which frames without IP
// pass: those that do now.
func (p places) resume(ctx context.Context, v *state.View, index uint32) error {
	if on, err := p.armed(ctx, v, index); on || err != nil {
		return err
	}
	etypes := &aclEtypes{SwIfIndex: index}
	for d, err := range aclEtypesDump.Dump(ctx, v.Caller(), &swIfIndex{index}) {
		if err != nil {
			return err
		}
		if d.SwIfIndex == index {
			etypes = d
		}
	}
	_, err := aclSetEtypes.Call(ctx, v.Caller(), etypes)
	return err
}

// places are the lists on an interface by acl_index, in VPP's order.
type places struct{ input, output []uint32 }

func placesOf(d *aclInterfaceList) places {
	n := min(int(d.NInput), len(d.ACLs))
	return places{d.ACLs[:n:n], d.ACLs[n:]}
}

func (p *places) of(way Direction) *[]uint32 {
	if way == Input {
		return &p.input
	}
	return &p.output
}

// readPlaces tells which lists are on an interface, and which of ours are not
// in the order of their priorities.
func readPlaces(v *state.View, iface string, way Direction, acls []uint32) []state.Found {
	var list []state.Found
	var ours []placed
	for _, index := range acls {
		name, isOurs := accessLists.named(v, index)
		f := state.Found{
			ID: AccessListInterfaceID(iface, way, name), Ours: isOurs, Value: AccessListInterface{misplaced: true},
			Needs: accessListInterfaceNeeds(iface, name),
		}
		if isOurs {
			ours = append(ours, placedAt(v, f.ID, name, index))
		}
		list = append(list, f)
	}
	sorted := slices.SortedStableFunc(slices.Values(ours), placed.compare)
	at := 0
	for i := range list {
		if !list[i].Ours {
			continue
		}
		p := ours[at]
		list[i].Value = AccessListInterface{Priority: p.priority, misplaced: !p.noted || sorted[at].list != p.list}
		at++
	}
	return list
}

// placed is one of our lists on an interface.
type placed struct {
	list     string
	index    uint32
	priority uint16
	noted    bool
}

// placedAt looks up the priority that was written down for a place.
func placedAt(v *state.View, id state.ID, list string, index uint32) placed {
	p := placed{list: list, index: index}
	if e, ok := v.Ledger().Get(id); ok {
		n, err := strconv.ParseUint(e.Digest, 10, 16)
		p.priority, p.noted = uint16(n), err == nil
	}
	return p
}

func (p placed) compare(o placed) int {
	return cmp.Or(cmp.Compare(p.priority, o.priority), strings.Compare(p.list, o.list))
}

func (accessListInterface) Compare(want, have, _ any) state.Difference {
	w, h := valueOf[AccessListInterface](want), valueOf[AccessListInterface](have)
	switch {
	case w == h:
		return state.Difference{}
	case h.off:
		return state.Difference{Change: state.InPlace, Fields: []string{"presence"}}
	}
	return state.Difference{Change: state.InPlace, Fields: []string{"interfaces.priority"}}
}

// Apply sets all lists of an interface in one call.
func (k accessListInterface) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	k.writing.Lock()
	defer k.writing.Unlock()
	byInterface := map[string][]*state.Op{}
	for _, op := range ops {
		iface, _, _ := placeOf(op.ID)
		byInterface[iface] = append(byInterface[iface], op)
	}
	var work sync.WaitGroup
	for _, ops := range byInterface {
		work.Go(func() { k.apply(ctx, v, ops) })
	}
	work.Wait()
}

// apply carries out the operations on one interface: together, or, where VPP
// refuses that, each for itself.
func (k accessListInterface) apply(ctx context.Context, v *state.View, ops []*state.Op) {
	if len(ops) > 1 && k.set(ctx, v, ops) == nil {
		for _, op := range ops {
			op.Done(state.Result{})
		}
		return
	}
	for _, op := range ops {
		r := state.Result{Err: k.set(ctx, v, []*state.Op{op})}
		if _, _, list := placeOf(op.ID); refusedWith(r.Err, retNoSuchEntry) {
			r.Disturbs = []state.ID{AccessListID(list)} // somebody else has deleted it
		}
		op.Done(r)
	}
}

// set carries out operations on one interface.
func (k accessListInterface) set(ctx context.Context, v *state.View, ops []*state.Op) error {
	iface, _, _ := placeOf(ops[0].ID)
	only := !slices.ContainsFunc(ops, func(op *state.Op) bool { return op.Verb != state.Delete })
	index, err := interfaceHandle(v, iface)
	switch {
	case err != nil && only:
		return forget(v, ops, state.Delete)
	case err != nil:
		return err
	}
	have, err := readLists(ctx, v.Caller(), index)
	if err != nil {
		return err
	}
	want := places{slices.Clone(have.input), slices.Clone(have.output)}
	for _, op := range ops {
		_, way, list := placeOf(op.ID)
		acls := want.of(way)
		acl, ok := v.Handle(AccessListID(list))
		if i := slices.Index(*acls, acl); ok && i >= 0 {
			*acls = slices.Delete(*acls, i, i+1)
		}
		if op.Verb == state.Delete {
			continue
		}
		if !ok {
			return &state.WaitError{For: AccessListID(list).String()}
		}
		priority := strconv.FormatUint(uint64(valueOf[AccessListInterface](op.Want).Priority), 10)
		if err := v.Ledger().Put(op.ID, state.Entry{Digest: priority}); err != nil {
			return err
		}
		*acls = append(*acls, acl)
	}
	for _, way := range []Direction{Input, Output} {
		*want.of(way) = inOrder(v, iface, way, *have.of(way), *want.of(way))
	}
	if n := len(want.input) + len(want.output); n > maxInterfaceLists {
		return fmt.Errorf("VPP takes at most %d access lists on an interface, both directions together", maxInterfaceLists)
	}
	if slices.ContainsFunc(ops, func(op *state.Op) bool { return valueOf[AccessListInterface](op.Have).off }) {
		if err := have.resume(ctx, v, index); err != nil {
			return err
		}
	}
	if slices.Equal(want.input, have.input) && slices.Equal(want.output, have.output) {
		return forget(v, ops, state.Delete)
	}
	_, err = aclSetInterface.Call(ctx, v.Caller(), &aclInterfaceList{
		SwIfIndex: index, NInput: uint8(len(want.input)), ACLs: slices.Concat(want.input, want.output),
	})
	switch {
	case err == nil, only && refusedWith(err, retNoSuchIndex): // the interface is gone, and the lists with it
		return forget(v, ops, state.Delete)
	case outcomeUnknown(err):
		return err
	}
	return errors.Join(err, forget(v, ops, state.Create))
}

// forget takes what was deleted, or was refused, out of the ledger.
func forget(v *state.View, ops []*state.Op, verb state.Verb) error {
	var err error
	for _, op := range ops {
		if op.Verb == verb {
			err = errors.Join(err, v.Ledger().Delete(op.ID))
		}
	}
	return err
}

// inOrder puts our lists into the order of their priorities. Those of others
// stay as they are: before ours where they were before the first of them,
// behind otherwise.
func inOrder(v *state.View, iface string, way Direction, had, acls []uint32) []uint32 {
	isOurs := func(acl uint32) bool {
		_, ours := accessLists.named(v, acl)
		return ours
	}
	before := max(slices.IndexFunc(had, isOurs), 0) // of others, in both
	var head, tail []uint32
	var ours []placed
	for i, acl := range acls {
		switch name, mine := accessLists.named(v, acl); {
		case mine:
			ours = append(ours, placedAt(v, AccessListInterfaceID(iface, way, name), name, acl))
		case i < before:
			head = append(head, acl)
		default:
			tail = append(tail, acl)
		}
	}
	slices.SortStableFunc(ours, placed.compare)
	for _, p := range ours {
		head = append(head, p.index)
	}
	return append(head, tail...)
}

// readLists are the lists that VPP has on an interface now.
func readLists(ctx context.Context, c vpp.Caller, index uint32) (places, error) {
	for d, err := range aclInterfaceDump.Dump(ctx, c, &swIfIndex{index}) {
		if err != nil {
			return places{}, err
		}
		if d.SwIfIndex == index {
			return placesOf(d), nil
		}
	}
	return places{}, nil
}
