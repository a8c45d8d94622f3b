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

// feature is what a kind of bindings has to say: a feature that is put on an
// interface and that VPP does not take away with that. [newBinding] makes a
// [state.Kind] of it, which sees to the rest: whose a binding is, on which
// incarnation of the interface it was put, and what is left behind at an index.
//
// The keys of its items begin with the names of the interfaces that it is on;
// what stands behind them tells bindings of the same interface apart, in words
// that do not change from boot to boot: "wan ip4 rx".
type feature[V any] interface {
	// Name and Probe are as in [state.Kind].
	Name() string
	Probe(c vpp.Caller) error
	// ends is how many interfaces the keys begin with: 1 or 2.
	ends() int
	// needs is what a binding needs: at least the interfaces that it is on.
	needs(key string, value V) []state.ID
	// shown reports what VPP shows at a sw_if_index, noIndex for all of them,
	// whether there is such an interface or not.
	shown(ctx context.Context, v *state.View, index uint32, found func(at place, value V)) error
	// on puts it on, where it is off, or changes it, where compare says that this
	// is done in place.
	on(ctx context.Context, v *state.View, at place, want V) error
	// off takes it off, whatever its value. That it is off already is no error.
	off(ctx context.Context, v *state.View, at place) error
	compare(want, have V) state.Difference
}

// A feature may also be one of these.
type (
	// prover can tell whether a binding that VPP shows is in force: what is left
	// behind at an index is shown and is not. known is false where this VPP does
	// not tell.
	prover[V any] interface {
		inForce(ctx context.Context, v *state.View, at place, shown V) (on, known bool, err error)
	}
	// remover takes a binding off an index that no interface has; VPP refuses it
	// where a feature is none.
	remover interface{ offWithoutInterface() }
	// unseen is a feature of which VPP shows nothing; shown then reports nothing.
	// The ledger says what is there, so the value has to be fit for JSON. hidden
	// names the fields; taken tells whether VPP has some binding at a place, no
	// matter whose, stale whether it has a part of one there that is left of an
	// interface that had the index before.
	unseen interface {
		hidden() []string
		taken(ctx context.Context, v *state.View, at place) (bool, error)
		stale(ctx context.Context, v *state.View, at place) (bool, error)
	}
	// half is a feature of which VPP shows all but some part; the ledger has what
	// was put on, which is fit for JSON. whole is what VPP shows, with that part as
	// it was put on, unless what is shown says that it is otherwise by now.
	half[V any] interface{ whole(shown, put V) V }
	// follower is also read when an interface is deleted with which VPP may put out
	// of force what others have. It is asked once for each that goes, with
	// [state.AllHandles] where it is not known which do.
	follower interface{ follows(index uint32) bool }
	// rereader names other kinds that VPP changes with its steps, which are read then.
	rereader interface{ rereads() []string }
	// claimer has claims beyond the identity, which are as in [state.Item].
	claimer interface{ claims(key string) []string }
	// describer says in other words than kind and key what a binding is.
	describer interface{ describe(key string) string }
)

// place is where in VPP a binding is.
type place struct {
	// Index is the sw_if_index of the interface that it is on, Other that of the
	// second one, noIndex where there is none.
	Index uint32 `json:"index"`
	Other uint32 `json:"other"`
	// Rest is what stands in the key behind the names of interfaces.
	Rest string `json:"rest,omitempty"`
}

// on1 is a place on one interface, on2 one on two.
func on1(index uint32, rest string) place { return place{Index: index, Other: noIndex, Rest: rest} }
func on2(index, other uint32, rest string) place {
	return place{Index: index, Other: other, Rest: rest}
}

func (p place) String() string {
	text := fmt.Sprint(p.Index)
	if p.Other != noIndex {
		text += fmt.Sprintf(" %d", p.Other)
	}
	return strings.TrimSpace(text + " " + p.Rest)
}

// binding is the kind of bindings of a feature.
//
// The ledger says of each on which incarnations of interfaces it was put, and
// where. One that VPP shows and the ledger does not say so of is not taken to
// be in force: it is taken off, and put on again where it is wanted. What
// stays at an index whose interface is gone is noted too, and is taken off once
// the index has another owner.
type binding[V any] struct {
	feature[V]
	// locks are held while a binding is put on or taken off, by index: what was
	// left behind must not be taken off when the next one is on already.
	locks [64]sync.Mutex
	leftNotes
}

// newBinding is the kind of bindings of a feature.
func newBinding[V any](f feature[V]) state.Kind {
	return &binding[V]{feature: f, leftNotes: leftNotes{kind: f.Name()}}
}

// Loss implements [state.Kind].
func (*binding[V]) Loss() state.Loss { return state.Stale }

// Describe implements [state.Describer].
func (b *binding[V]) Describe(key string) string {
	if d, ok := b.feature.(describer); ok && !strings.HasPrefix(key, foreignKey("")) {
		return d.describe(key)
	}
	return b.Name() + " " + key
}

// leftBehind is the value of what VPP shows and what is not in force, or not
// for sure.
type leftBehind[V any] struct {
	at    place
	value V
}

// Compare implements [state.Kind].
func (b *binding[V]) Compare(want, have, _ any) state.Difference {
	if _, ok := have.(leftBehind[V]); ok {
		return state.Difference{Change: state.Recreate, Fields: []string{"presence"}}
	}
	return b.compare(valueOf[V](want), valueOf[V](have))
}

// Watch implements [state.Watcher]: where something was left behind at an index
// and the next interface has it, or may have it, the kind is read, which finds it.
func (b *binding[V]) Watch(ctx context.Context, v *state.View, ready func(), changed func(handle uint32, deleted bool)) error {
	b.recall(v)
	f, follows := b.feature.(follower)
	return watchInterfaces(ctx, v, ready, func(index uint32, deleted bool) {
		gone := deleted || index == state.AllHandles
		if follows && gone && f.follows(index) || b.leftAt(index) {
			changed(state.AllHandles, false)
		}
	})
}

// names are the interfaces that a key begins with, rest what is behind them.
func (b *binding[V]) names(key string) (names []string, rest string) {
	words := strings.Split(key, " ")
	n := min(b.ends(), len(words))
	return words[:n], strings.Join(words[n:], " ")
}

// place finds the place of a key.
func (b *binding[V]) place(v *state.View, key string) (place, error) {
	names, rest := b.names(key)
	at := on1(0, rest)
	for i, name := range names {
		index, err := interfaceHandle(v, name)
		switch {
		case err != nil:
			return at, err
		case i == 0:
			at.Index = index
		default:
			at.Other = index
		}
	}
	return at, nil
}

func (b *binding[V]) lock(at place) (unlock func()) {
	m := &b.locks[at.Index%uint32(len(b.locks))]
	m.Lock()
	return m.Unlock
}

// Apply implements [state.Kind].
func (b *binding[V]) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) (r state.Result) {
		switch op.Verb {
		case state.Create:
			r = b.create(ctx, v, op)
		case state.Update:
			r = b.update(ctx, v, op)
		case state.Delete:
			r.Err = b.delete(ctx, v, op)
		}
		if f, ok := b.feature.(rereader); ok {
			r.Rereads = f.rereads()
		}
		return r
	})
}

func (b *binding[V]) create(ctx context.Context, v *state.View, op *state.Op) state.Result {
	at, err := b.place(v, op.ID.Key)
	if err != nil {
		return state.Result{Err: err}
	}
	if n, ok := placeNote(v, op.ID); ok && n.At != at {
		if err := b.takeOff(ctx, v, op.ID, n.At); err != nil {
			return state.Result{Err: err}
		}
	}
	defer b.lock(at)()
	return b.result(op, b.make(ctx, v, op, at))
}

func (b *binding[V]) update(ctx context.Context, v *state.View, op *state.Op) state.Result {
	at, err := b.place(v, op.ID.Key)
	if err != nil {
		return state.Result{Err: err}
	}
	defer b.lock(at)()
	made, err := b.marked(ctx, v, op)
	if err != nil {
		return b.result(op, err)
	}
	if n, ok := placeNote(v, op.ID); !ok || n.At != at || !n.isOf(v) {
		return b.result(op, b.make(ctx, v, op, at))
	}
	want := valueOf[V](op.Want)
	if err := b.write(v, op.ID, at, made, want); err != nil {
		return state.Result{Err: err}
	}
	if err := b.put(ctx, v, at, want); err != nil {
		return state.Result{Err: err}
	}
	return b.result(op, b.verify(ctx, v, op, at))
}

// result is the outcome of a step. Where an interface was missing that was
// thought to be there, those that it needs are read again.
func (b *binding[V]) result(op *state.Op, err error) state.Result {
	r := state.Result{Err: err}
	if _, missing := errors.AsType[*state.WaitError](err); missing {
		for _, id := range b.needs(op.ID.Key, valueOf[V](op.Want)) {
			if id.Kind == KindInterface {
				r.Disturbs = append(r.Disturbs, id)
			}
		}
	}
	if u, ok := b.feature.(unseen); ok && err == nil {
		r.Unverified = u.hidden()
	}
	return r
}

// make puts a binding on. The ledger says where before, and of which
// incarnations only when it is done: till then it is not taken to be in force.
func (b *binding[V]) make(ctx context.Context, v *state.View, op *state.Op, at place) error {
	made, err := b.marked(ctx, v, op)
	if err != nil {
		return err
	}
	want := valueOf[V](op.Want)
	there, err := b.look(ctx, v, at.Index)
	if err != nil {
		return err
	}
	have := there[at]
	n, noted := placeNote(v, op.ID)
	names, _ := b.names(op.ID.Key)
	others := shared(v, names[0])
	switch {
	case have != nil && noted && n.At == at && n.isOf(v) && b.compare(want, b.recalled(n, *have)).Change == state.Same:
		return nil // it is there already
	case have != nil && !noted && !b.isLeft(v, at) && others:
		if !op.Adopt {
			return &state.ConflictError{With: "something in VPP that somebody else made"}
		}
		on, known, err := b.working(ctx, v, at, *have)
		if err != nil {
			return err
		}
		if (on || !known) && b.compare(want, *have).Change == state.Same {
			return b.adopt(ctx, v, op, at, made)
		}
	}
	u, blind := b.feature.(unseen)
	if blind && !noted && !b.isLeft(v, at) && others && !op.Adopt {
		switch taken, err := u.taken(ctx, v, at); {
		case err != nil:
			return err
		case taken:
			return &state.ConflictError{With: "something in VPP that somebody else made"}
		}
	}
	if err := b.write(v, op.ID, at, nil, want); err != nil {
		return err
	}
	if blind || have != nil || b.isLeft(v, at) {
		if err := b.off(ctx, v, at); err != nil {
			return err
		}
	}
	// What is left of others at the index may keep this one from coming on.
	for p := range there {
		if p == at || !b.isLeft(v, p) && (others || b.isDone(v, p)) {
			continue
		}
		if err := b.off(ctx, v, p); err != nil {
			return err
		}
		if err := b.forgetLeft(v, p); err != nil {
			return err
		}
	}
	if err := b.put(ctx, v, at, want); err != nil {
		if outcomeUnknown(err) {
			return err
		}
		return joined(err, v.Ledger().Delete(op.ID))
	}
	if err := b.verify(ctx, v, op, at); err != nil {
		return err
	}
	if err := b.write(v, op.ID, at, made, want); err != nil {
		return err
	}
	return b.forgetLeft(v, at)
}

// adopt takes over what somebody else has put on just as it is wanted. What VPP
// does not show of it is put on once more, which takes nothing off meanwhile.
func (b *binding[V]) adopt(ctx context.Context, v *state.View, op *state.Op, at place, made incarnations) error {
	want := valueOf[V](op.Want)
	if _, ok := b.feature.(half[V]); ok {
		if err := b.put(ctx, v, at, want); err != nil {
			return err
		}
		if err := b.verify(ctx, v, op, at); err != nil {
			return err
		}
	}
	return b.write(v, op.ID, at, made, want)
}

// look is what VPP shows at an index.
func (b *binding[V]) look(ctx context.Context, v *state.View, index uint32) (map[place]*V, error) {
	there := map[place]*V{}
	err := b.shown(ctx, v, index, func(at place, value V) {
		if at.Index == index {
			there[at] = &value
		}
	})
	return there, err
}

// working tells whether what VPP shows is in force.
func (b *binding[V]) working(ctx context.Context, v *state.View, at place, shown V) (on, known bool, err error) {
	if p, ok := b.feature.(prover[V]); ok {
		return p.inForce(ctx, v, at, shown)
	}
	return false, false, nil
}

// marked makes sure that the indices of all interfaces that a binding needs are
// still theirs, and returns their incarnations.
func (b *binding[V]) marked(ctx context.Context, v *state.View, op *state.Op) (incarnations, error) {
	made := incarnations{}
	for _, id := range b.needs(op.ID.Key, valueOf[V](op.Want)) {
		if id.Kind != KindInterface {
			continue
		}
		index, err := interfaceHandle(v, id.Key)
		if err != nil {
			return nil, err
		}
		d, err := oneInterface(ctx, v.Caller(), index)
		if err != nil {
			return nil, err
		}
		if d == nil || d.Tag != Mark+id.Key {
			return nil, &state.WaitError{For: fmt.Sprintf("interface %s in VPP", id.Key)}
		}
		made[id.Key] = incarnation(v, id.Key)
	}
	return made, nil
}

// verify makes sure that a binding was not put on what has got the index
// meanwhile, and takes it off there again.
func (b *binding[V]) verify(ctx context.Context, v *state.View, op *state.Op, at place) error {
	_, err := b.marked(ctx, v, op)
	if err == nil || outcomeUnknown(err) {
		return err
	}
	d, readErr := oneInterface(ctx, v.Caller(), at.Index)
	if readErr != nil {
		return joined(err, readErr)
	}
	if d == nil && !b.reaches() {
		if d, readErr = b.leaveAt(ctx, v, at, nil); d == nil {
			return joined(err, readErr)
		}
	}
	return joined(err, b.off(ctx, v, at))
}

func (b *binding[V]) reaches() bool {
	_, ok := b.feature.(remover)
	return ok
}

func (b *binding[V]) delete(ctx context.Context, v *state.View, op *state.Op) error {
	if have, ok := op.Have.(leftBehind[V]); ok {
		if err := b.takeOff(ctx, v, op.ID, have.at); err != nil {
			return err
		}
	}
	if n, ok := placeNote(v, op.ID); ok {
		if err := b.takeOff(ctx, v, op.ID, n.At); err != nil {
			return err
		}
	}
	return v.Ledger().Delete(op.ID)
}

func (b *binding[V]) takeOff(ctx context.Context, v *state.View, id state.ID, at place) error {
	defer b.lock(at)()
	return b.remove(ctx, v, id, at)
}

// remove takes off what was put on at a place, or is left behind there, unless
// it is another's by now. Where no interface has the index it may have to stay,
// and is noted. The lock of the place is held.
func (b *binding[V]) remove(ctx context.Context, v *state.View, id state.ID, at place) error {
	d, err := oneInterface(ctx, v.Caller(), at.Index)
	if err != nil {
		return err
	}
	if d == nil && !b.reaches() {
		if d, err = b.leaveAt(ctx, v, at, nil); d == nil {
			return err
		}
	}
	if other, ok := v.Ledger().Find(b.Name(), at.String()); ok && other != id {
		return b.forgetLeft(v, at) // it was put on anew, for the next owner
	}
	theirs := d != nil && !strings.HasPrefix(d.Tag, Mark) && !b.isOurs(v, at.Index)
	if u, blind := b.feature.(unseen); blind && theirs {
		if stale, err := u.stale(ctx, v, at); err != nil || !stale {
			return joined(err, b.forgetLeft(v, at))
		}
	} else if theirs {
		there, err := b.look(ctx, v, at.Index)
		if err != nil {
			return err
		}
		have := there[at]
		if have == nil {
			return b.forgetLeft(v, at)
		}
		on, known, err := b.working(ctx, v, at, *have)
		switch {
		case err != nil:
			return err
		case !known: // it may be somebody else's; should the index be ours again, it is not
			return b.noteLeft(v, at, nil)
		case on: // somebody else has put it on anew
			return b.forgetLeft(v, at)
		}
	}
	err = b.off(ctx, v, at)
	if refusedByVPP(err) {
		if d, readErr := oneInterface(ctx, v.Caller(), at.Index); readErr == nil && d == nil {
			if d, readErr = b.leaveAt(ctx, v, at, nil); d == nil {
				return readErr
			}
		}
	}
	if err != nil {
		return err
	}
	return b.forgetLeft(v, at)
}

func (b *binding[V]) isOurs(v *state.View, index uint32) bool {
	_, ours := ourInterface(v, index)
	return ours
}
