package kinds

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindAccessList is the kind of access lists.
const KindAccessList = "AccessList"

// AccessListID is an access list itself: it is there and has its rules. Its
// handle is VPP's acl_index.
func AccessListID(name string) state.ID { return state.ID{Kind: KindAccessList, Key: name} }

// AccessList is the value of an access list: its rules, at least one. VPP shows
// them as they were written.
type AccessList struct {
	Rules []AccessRule
}

// AccessAction is what becomes of a packet, with the numbers of
// vl_api_acl_action_t.
type AccessAction uint8

// What becomes of packets.
const (
	AccessDeny AccessAction = iota
	AccessPermit
	AccessPermitReflect
)

// AccessRule is one rule of an access list, as vl_api_acl_rule_t has it.
type AccessRule struct {
	Action AccessAction `vpp:"is_permit"`
	// Source and Destination are of one family and without host bits; any is a
	// length of 0.
	Source      netip.Prefix `vpp:"src_prefix"`
	Destination netip.Prefix `vpp:"dst_prefix"`
	// Protocol is the number of what IP carries, 0 for any.
	Protocol uint8 `vpp:"proto"`
	// These are ports, or for ICMP the type and the code; any is 0..65535.
	SourceFirst      uint16 `vpp:"srcport_or_icmptype_first"`
	SourceLast       uint16 `vpp:"srcport_or_icmptype_last"`
	DestinationFirst uint16 `vpp:"dstport_or_icmpcode_first"`
	DestinationLast  uint16 `vpp:"dstport_or_icmpcode_last"`
	// A TCP segment's flags, masked, must equal the value.
	TCPFlagsMask, TCPFlagsValue uint8
}

type aclAddReplace struct {
	ACLIndex uint32
	Tag      string
	R        []AccessRule
}

type aclAddReplaceReply struct {
	ACLIndex uint32
	Retval   int32
}

type aclIndex struct{ ACLIndex uint32 }

type aclDetails struct {
	ACLIndex uint32
	Tag      string
	R        []AccessRule
}

var (
	aclReplace = vpp.NewMethod[aclAddReplace, aclAddReplaceReply]("acl_add_replace")
	aclDelete  = vpp.NewMethod[aclIndex, retval]("acl_del")
	aclDump    = vpp.NewMethod[aclIndex, aclDetails]("acl_dump")
)

// pluginACL brings access lists.
const pluginACL = "acl"

type accessList struct{}

// NewAccessList is the kind of access lists. They are ours by their tags.
func NewAccessList() state.Kind { return accessList{} }

func (accessList) Name() string     { return KindAccessList }
func (accessList) Loss() state.Loss { return state.Cleaned }

func (accessList) Probe(c vpp.Caller) error {
	return probe(pluginACL, c, aclReplace, aclDelete, aclDump)
}

// Read reports a second list with one tag of ours under another key: it is
// superfluous.
func (k accessList) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	taken := map[string]bool{}
	for d, err := range aclDump.Dump(ctx, v.Caller(), &aclIndex{noIndex}) {
		if err != nil {
			return err
		}
		f := k.found(d)
		if f.Ours && taken[f.ID.Key] {
			f.ID = AccessListID(foreignKey(strconv.FormatUint(uint64(d.ACLIndex), 10)))
		}
		taken[f.ID.Key] = true
		found(f)
	}
	return nil
}

// found tells what a list is.
func (accessList) found(d *aclDetails) state.Found {
	f := state.Found{
		ID:    AccessListID(foreignKey(strconv.FormatUint(uint64(d.ACLIndex), 10))),
		Value: &AccessList{d.R}, Handle: d.ACLIndex, HasHandle: true,
	}
	if name, marked := strings.CutPrefix(d.Tag, Mark); marked && name != "" {
		f.ID, f.Ours = AccessListID(name), true
	}
	return f
}

// Refresh implements [state.Refresher].
func (k accessList) Refresh(ctx context.Context, v *state.View, id state.ID, _ any, found func(state.Found)) error {
	index, _ := v.Handle(id)
	d, err := oneACL(ctx, v.Caller(), index)
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

func (accessList) Compare(want, have, _ any) state.Difference {
	w, h := valueOf[*AccessList](want), valueOf[*AccessList](have)
	if w == h || w != nil && h != nil && slices.Equal(w.Rules, h.Rules) {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: []string{"rules"}}
}

func (k accessList) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Verbs{Create: k.create, Update: k.update, Delete: k.delete}.Apply(ctx, v, ops)
}

// create makes a list. The tag is in the call itself; that it was called is
// noted, so that a list made once is looked for among all only where there was
// a call before.
func (k accessList) create(ctx context.Context, v *state.View, op *state.Op) state.Result {
	index := noIndex
	if _, noted := v.Ledger().Get(op.ID); noted {
		for d, err := range aclDump.Dump(ctx, v.Caller(), &aclIndex{noIndex}) {
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
func (k accessList) update(ctx context.Context, v *state.View, op *state.Op) state.Result {
	switch d, err := oneACL(ctx, v.Caller(), op.Handle); {
	case err != nil:
		return state.Result{Err: err}
	case d == nil || d.Tag != Mark+op.ID.Key:
		return state.Result{Err: errListMoved, Reread: true}
	}
	return k.write(ctx, v, op, op.Handle)
}

// write makes a list, or replaces the rules of one that has an index. No rules
// at all would deny everything.
func (accessList) write(ctx context.Context, v *state.View, op *state.Op, index uint32) state.Result {
	want := valueOf[*AccessList](op.Want)
	if want == nil || len(want.Rules) == 0 {
		return state.Result{Err: errors.New("an access list needs a rule")}
	}
	r, err := aclReplace.Call(ctx, v.Caller(), &aclAddReplace{ACLIndex: index, Tag: Mark + op.ID.Key, R: want.Rules})
	if err != nil {
		return state.Result{Err: err}
	}
	return state.Result{Handle: r.ACLIndex, HasHandle: true}
}

// delete takes away a list that is still ours.
func (accessList) delete(ctx context.Context, v *state.View, op *state.Op) error {
	d, err := oneACL(ctx, v.Caller(), op.Handle)
	if err != nil {
		return err
	}
	if d != nil && strings.HasPrefix(d.Tag, Mark) {
		_, err = aclDelete.Call(ctx, v.Caller(), &aclIndex{op.Handle})
		if err != nil && !refusedWith(err, retNoSuchEntry) {
			return err
		}
	}
	return v.Ledger().Delete(op.ID)
}

// oneACL is the list that has an index, nil where there is none.
func oneACL(ctx context.Context, c vpp.Caller, index uint32) (*aclDetails, error) {
	if index == noIndex {
		return nil, nil //nolint:nilnil // it would be all of them
	}
	for d, err := range aclDump.Dump(ctx, c, &aclIndex{index}) {
		if err != nil {
			return nil, err
		}
		return d, nil
	}
	return nil, nil //nolint:nilnil // it is not there
}
