package kinds

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// RuleList is the value of a list of rules that the acl plugin keeps: at least
// one. VPP shows them as they were written.
type RuleList[R comparable] struct {
	Rules []R
}

type aclAddReplace[R comparable] struct {
	ACLIndex uint32
	Tag      string
	R        []R
}

type aclAddReplaceReply struct {
	ACLIndex uint32
	Retval   int32
}

type aclIndex struct{ ACLIndex uint32 }

type aclDetails[R comparable] struct {
	ACLIndex uint32
	Tag      string
	R        []R
}

// ruleList is a kind of lists, each with an index and a tag of its own, whose
// rules are replaced all at once. They are ours by their tags.
type ruleList[R comparable] struct {
	kind    string
	replace *vpp.Method[aclAddReplace[R], aclAddReplaceReply]
	del     *vpp.Method[aclIndex, retval]
	dump    *vpp.Method[aclIndex, aclDetails[R]]
}

func (k *ruleList[R]) Name() string   { return k.kind }
func (*ruleList[R]) Loss() state.Loss { return state.Cleaned }

func (k *ruleList[R]) Probe(c vpp.Caller) error {
	return probe(pluginACL, c, k.replace, k.del, k.dump)
}

// foreign is the identity of a list that is no object's.
func (k *ruleList[R]) foreign(index uint32) state.ID {
	return state.ID{Kind: k.kind, Key: foreignKey(strconv.FormatUint(uint64(index), 10))}
}

// named is what a list is called here.
func (k *ruleList[R]) named(v *state.View, index uint32) (name string, ours bool) {
	if id, ok := v.Lookup(k.kind, index); ok {
		return id.Key, v.Ours(id)
	}
	return k.foreign(index).Key, false
}

// Read reports a second list with one tag of ours under another key: it is
// superfluous.
func (k *ruleList[R]) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	taken := map[string]bool{}
	for d, err := range k.dump.Dump(ctx, v.Caller(), &aclIndex{noIndex}) {
		if err != nil {
			return err
		}
		f := k.found(d)
		if f.Ours && taken[f.ID.Key] {
			f.ID = k.foreign(d.ACLIndex)
		}
		taken[f.ID.Key] = true
		found(f)
	}
	return nil
}

// found tells what a list is.
func (k *ruleList[R]) found(d *aclDetails[R]) state.Found {
	f := state.Found{
		ID:    k.foreign(d.ACLIndex),
		Value: &RuleList[R]{d.R}, Handle: d.ACLIndex, HasHandle: true,
	}
	if name, marked := strings.CutPrefix(d.Tag, Mark); marked && name != "" {
		f.ID, f.Ours = state.ID{Kind: k.kind, Key: name}, true
	}
	return f
}

// Refresh implements [state.Refresher].
func (k *ruleList[R]) Refresh(ctx context.Context, v *state.View, id state.ID, _ any, found func(state.Found)) error {
	index, _ := v.Handle(id)
	d, err := k.one(ctx, v.Caller(), index)
	if err != nil {
		return err
	}
	if d == nil || d.Tag != Mark+id.Key {
		return errListMoved
	}
	found(k.found(d))
	return nil
}

// errListMoved says that a list is no more under the index that it had.
var errListMoved = errors.New("VPP has no list of ours under that acl_index")

func (*ruleList[R]) Compare(want, have, _ any) state.Difference {
	w, h := valueOf[*RuleList[R]](want), valueOf[*RuleList[R]](have)
	if w == h || w != nil && h != nil && slices.Equal(w.Rules, h.Rules) {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: []string{"rules"}}
}

func (k *ruleList[R]) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Verbs{Create: k.create, Update: k.update, Delete: k.delete}.Apply(ctx, v, ops)
}

// create makes a list. The tag is in the call itself; that it was called is
// noted, so that a list made once is looked for among all only where there was
// a call before.
func (k *ruleList[R]) create(ctx context.Context, v *state.View, op *state.Op) state.Result {
	index := noIndex
	if _, noted := v.Ledger().Get(op.ID); noted {
		for d, err := range k.dump.Dump(ctx, v.Caller(), &aclIndex{noIndex}) {
			if err != nil {
				return state.Result{Err: err}
			}
			if d.Tag == Mark+op.ID.Key {
				index = d.ACLIndex
				break
			}
		}
	}
	if err := v.Ledger().Put(op.ID, state.Entry{}); err != nil {
		return state.Result{Err: err}
	}
	r := k.write(ctx, v, op, index)
	if r.Err != nil && !outcomeUnknown(r.Err) {
		r.Err = errors.Join(r.Err, v.Ledger().Delete(op.ID))
	}
	return r
}

// update replaces all rules at once. Somebody else may have the index by now.
func (k *ruleList[R]) update(ctx context.Context, v *state.View, op *state.Op) state.Result {
	switch d, err := k.one(ctx, v.Caller(), op.Handle); {
	case err != nil:
		return state.Result{Err: err}
	case d == nil || d.Tag != Mark+op.ID.Key:
		return state.Result{Err: errListMoved, Reread: true}
	}
	return k.write(ctx, v, op, op.Handle)
}

// write makes a list, or replaces the rules of one that has an index. No rules
// at all would deny everything.
func (k *ruleList[R]) write(ctx context.Context, v *state.View, op *state.Op, index uint32) state.Result {
	want := valueOf[*RuleList[R]](op.Want)
	if want == nil || len(want.Rules) == 0 {
		return state.Result{Err: errors.New("an access list needs a rule")}
	}
	r, err := k.replace.Call(ctx, v.Caller(), &aclAddReplace[R]{ACLIndex: index, Tag: Mark + op.ID.Key, R: want.Rules})
	if err != nil {
		return state.Result{Err: err}
	}
	return state.Result{Handle: r.ACLIndex, HasHandle: true}
}

// delete takes away a list that is still ours.
func (k *ruleList[R]) delete(ctx context.Context, v *state.View, op *state.Op) error {
	d, err := k.one(ctx, v.Caller(), op.Handle)
	if err != nil {
		return err
	}
	if d != nil && strings.HasPrefix(d.Tag, Mark) {
		_, err = k.del.Call(ctx, v.Caller(), &aclIndex{op.Handle})
		if err != nil && !refusedWith(err, retNoSuchEntry) {
			return err
		}
	}
	return v.Ledger().Delete(op.ID)
}

// one is the list that has an index, nil where there is none.
func (k *ruleList[R]) one(ctx context.Context, c vpp.Caller, index uint32) (*aclDetails[R], error) {
	if index == noIndex {
		return nil, nil //nolint:nilnil // it would be all of them
	}
	for d, err := range k.dump.Dump(ctx, c, &aclIndex{index}) {
		if err != nil {
			return nil, err
		}
		return d, nil
	}
	return nil, nil //nolint:nilnil // it is not there
}
