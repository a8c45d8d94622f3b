package kinds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// interfaceNote is the data of an interface's entry in the ledger.
type interfaceNote struct {
	// Adopted: somebody else made it, and may have put things on it.
	Adopted bool `json:"adopted,omitempty"`
	// Rest is how a physical interface was before it was configured.
	Rest *atRest `json:"rest,omitempty"`
	// Original is what it had before it was configured, of what we have written.
	Original *original `json:"original,omitempty"`
}

// noteOf is what the ledger says of an interface.
func noteOf(v *state.View, name string) interfaceNote {
	e, _ := v.Ledger().Get(InterfaceID(name))
	return noteIn(e)
}

func noteIn(e state.Entry) (note interfaceNote) {
	if len(e.Data) > 0 {
		_ = json.Unmarshal(e.Data, &note) // what cannot be read was not noted
	}
	return note
}

// shared tells whether others too put things on an interface of ours, so that
// of those only what the ledger names is ours.
func shared(v *state.View, name string) bool {
	n := noteOf(v, name)
	return n.Adopted || n.Rest != nil
}

// note writes down data about an interface.
func note(v *state.View, name, vppName string, n interfaceNote) error {
	data, err := json.Marshal(n)
	if err != nil {
		return err
	}
	e, _ := v.Ledger().Get(InterfaceID(name))
	e.Alias, e.Data = vppName, data
	return v.Ledger().Put(InterfaceID(name), e)
}

func (k iface) create(ctx context.Context, v *state.View, op *state.Op) state.Result {
	want := valueOf[*Interface](op.Want)
	if want == nil || want.Type == nil {
		return state.Result{Err: errors.New("no type of interface")}
	}
	if err := want.Type.driver().probe(v.Caller()); err != nil {
		return state.Result{Err: err}
	}
	if err := reincarnate(v, want.Name); err != nil {
		return state.Result{Err: err}
	}
	made, index, err := k.make(ctx, v, want, op.Adopt || want.Adopt)
	if err != nil {
		return state.Result{Err: err}
	}
	was := made.Type
	made.Type = want.Type // what VPP cannot show of it is written down as wanted
	hidden := hiddenNames(digest(want))
	if noteOf(v, want.Name).Adopted {
		hidden = append(hidden, "directedBroadcast") // it may be other than by default
	}
	r := k.finish(ctx, v, made, index, hidden)
	if h := valueOf[*Interface](r.Have); h != nil && was.Field() == want.Type.Field() && len(want.Type.differs(was)) > 0 {
		h.Type = was
		r.Reread = true // it was there already, and has to be made anew
	}
	r.Reread = r.Reread || shared(v, want.Name) // it was known under another key
	return r
}

// finish makes what all types have as wanted, and writes down what VPP cannot
// show.
func (k iface) finish(ctx context.Context, v *state.View, want *Interface, index uint32, hidden []string) state.Result {
	have, err := k.configure(ctx, v, index, want, hidden)
	r := state.Result{Err: err, Handle: index, HasHandle: true, Unverified: hiddenNames(digest(want))}
	if have == nil {
		if err != nil {
			r.Have = &Interface{Name: want.Name, Type: want.Type, unmarked: true, Shown: &Shown{}}
		}
		return r
	}
	r.Have = have
	if err != nil {
		return r
	}
	// What is noted before the call is done would be taken to be there.
	e, _ := v.Ledger().Get(InterfaceID(want.Name))
	e.Alias, e.Digest = have.Shown.VPPName, digest(want)
	if err := v.Ledger().Put(InterfaceID(want.Name), e); err != nil {
		r.Err = err
	}
	have.noted = e.Digest
	have.Promiscuous, have.DirectedBroadcast = want.Promiscuous, want.DirectedBroadcast
	return r
}

// make creates an interface, or finds the one that is there already.
func (k iface) make(ctx context.Context, v *state.View, want *Interface, adopt bool) (*Interface, uint32, error) {
	made := *want
	m := k.making(v, &made)
	choice := k.choose(v, want)
	before, noted := v.Ledger().Get(InterfaceID(want.Name))
	for {
		if err := choice.next(&made); err != nil {
			return nil, 0, err
		}
		index, err := made.Type.driver().create(ctx, m)
		if err == nil {
			return &made, index, nil
		}
		if outcomeUnknown(err) {
			return nil, 0, err // the intent stays: what was made is found by it
		}
		if e := v.Ledger().Delete(InterfaceID(want.Name)); e != nil {
			return nil, 0, errors.Join(err, e)
		}
		if !refusedByVPP(err) && !errors.Is(err, errNameTaken) {
			return nil, 0, err
		}
		list, readErr := k.list(ctx, v)
		if readErr != nil {
			return nil, 0, errors.Join(err, readErr)
		}
		there := holder(list, &made)
		switch {
		case there == nil:
			return nil, 0, err
		case there.Ours && there.ID.Key == want.Name:
			made.Type = valueOf[*Interface](there.Value).Type // what differs is made anew once it is read
			if noted {
				err = v.Ledger().Put(there.ID, before)
			} else {
				err = nil
			}
			return &made, there.Handle, err
		case !there.Ours && adopt && sameIdentity(want, there):
			h := valueOf[*Interface](there.Value)
			made.Type = h.Type
			return &made, there.Handle, note(v, want.Name, h.Shown.VPPName, interfaceNote{Adopted: true, Original: &original{}})
		case choice.free && !sameIdentity(want, there):
			choice.avoid(list) // only the number is taken
		default:
			return nil, 0, errors.Join(conflictWith(there), v.Ledger().Delete(numberID(want.Name)))
		}
	}
}

// outcomeUnknown tells whether a call may have acted.
func outcomeUnknown(err error) bool {
	return errors.Is(err, vpp.ErrUnknown) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// conflictWith names what has the identity of an interface.
func conflictWith(f *state.Found) error {
	name := valueOf[*Interface](f.Value).Shown.VPPName
	if f.Ours {
		return &state.ConflictError{With: fmt.Sprintf("Interface %s (%s in VPP)", f.ID.Key, name)}
	}
	return &state.ConflictError{With: fmt.Sprintf("interface %s, made by somebody else,", name)}
}

// holder finds what has the identity that a refused interface wanted.
func holder(list []state.Found, want *Interface) *state.Found {
	for i := range list {
		if sameIdentity(want, &list[i]) {
			return &list[i]
		}
	}
	return nil
}

// sameIdentity tells whether what is there is what a user meant, and not just
// something with the number that we chose.
func sameIdentity(want *Interface, there *state.Found) bool {
	claims := want.Claims()
	return slices.ContainsFunc(there.Claims, func(c string) bool { return slices.Contains(claims, c) })
}

func (k iface) update(ctx context.Context, v *state.View, op *state.Op) state.Result {
	want, have := valueOf[*Interface](op.Want), valueOf[*Interface](op.Have)
	if have.unmarked { // VPP may have made it anew
		if err := reincarnate(v, want.Name); err != nil {
			return state.Result{Err: err}
		}
	}
	last := have.noted
	if a := valueOf[*Interface](op.Applied); a != nil {
		last = digest(a)
	}
	if c, ok := want.Type.(changer); ok && len(c.changes(have.Type)) > 0 {
		if err := c.change(ctx, v, op.Handle, have.Type); err != nil {
			return state.Result{Err: err}
		}
	}
	hidden := hiddenNames(digest(want))
	if last != "" {
		hidden = hiddenDifferences(digest(want), last)
	}
	r := k.finish(ctx, v, want, op.Handle, hidden)
	if now := valueOf[*Interface](r.Have); now != nil && now.LinkMTU != have.LinkMTU {
		subs, err := subInterfacesOn(ctx, v, op.Handle)
		r.Disturbs, r.Err = subs, errors.Join(r.Err, err)
	}
	return r
}

// subInterfacesOn are the sub-interfaces of an interface that have a name: some
// drivers give them the MTU of the link when that is changed.
func subInterfacesOn(ctx context.Context, v *state.View, index uint32) (list []state.ID, err error) {
	details, err := allInterfaces(ctx, v.Caller())
	for _, d := range details {
		if d.Type != typeSub || d.SupSwIfIndex != index {
			continue
		}
		if id, known := v.Lookup(KindInterface, d.SwIfIndex); known {
			list = append(list, id)
		}
	}
	return list, err
}

// delete takes an interface away. That the index is still the interface's is
// made sure of: somebody else may have deleted it, and indices are used again
// at once.
func (k iface) delete(ctx context.Context, v *state.View, op *state.Op) error {
	have := valueOf[*Interface](op.Have)
	if have == nil {
		return nil
	}
	d, err := oneInterface(ctx, v.Caller(), op.Handle)
	if err != nil {
		return err
	}
	e, _ := v.Ledger().Get(op.ID)
	if d != nil && (d.Tag == Mark+have.Name || d.InterfaceName == e.Alias || have.Shown != nil && d.InterfaceName == have.Shown.VPPName) {
		if err := have.Type.driver().delete(ctx, k.making(v, have), op.Handle); err != nil {
			return err
		}
	}
	if strings.HasPrefix(op.ID.Key, foreignKey("")) {
		return nil // a second one of a name; what is noted is the first's
	}
	return k.Forget(v.Ledger(), op.ID)
}

// Forget implements [state.Forgetter].
func (iface) Forget(l *state.Ledger, id state.ID) error {
	return errors.Join(l.Delete(id), l.Delete(numberID(id.Key)), l.Delete(incarnationID(id.Key)))
}
