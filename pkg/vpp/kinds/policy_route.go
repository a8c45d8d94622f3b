package kinds

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindPolicyRoute is the kind of policies of ACL based forwarding.
const KindPolicyRoute = "PolicyRoute"

// PolicyRouteID is a policy itself: it is there and has its paths. Its handle is
// VPP's policy_id.
func PolicyRouteID(name string) state.ID { return state.ID{Kind: KindPolicyRoute, Key: name} }

// PolicyRoute is the value of a policy: where the packets of a family go that an
// access list permits.
type PolicyRoute struct {
	IP6 bool
	// AccessList is the name of the list.
	AccessList string
	// Paths are like a route's, without labels: VPP keeps none of them here.
	Paths *Paths
}

// PolicyRouteItem is a policy.
func PolicyRouteItem(name string, value PolicyRoute) state.Item {
	return state.Item{ID: PolicyRouteID(name), Value: value, Needs: policyNeeds(value)}
}

func policyNeeds(p PolicyRoute) []state.ID {
	needs := []state.ID{AccessListID(p.AccessList)}
	for _, id := range RouteNeeds(DefaultVRF, p.IP6, p.Paths) {
		if !slices.Contains(needs, id) {
			needs = append(needs, id)
		}
	}
	return needs
}

type abfPolicy struct {
	PolicyID, ACLIndex uint32
	Paths              []fibPath
}

type abfPolicyAddDel struct {
	IsAdd  bool
	Policy abfPolicy
}

type abfPolicyDetails struct{ Policy abfPolicy }

var (
	abfAddDel = vpp.NewMethod[abfPolicyAddDel, retval]("abf_policy_add_del")
	abfDump   = vpp.NewMethod[nothing, abfPolicyDetails]("abf_policy_dump")
)

// pluginABF brings policies.
const pluginABF = "abf"

// retNoInterface is what VPP says of a path to an interface that is gone.
const retNoInterface int32 = -54

// Numbers of policies that the agent chooses.
const (
	firstPolicy = 1 << 30
	lastPolicy  = 1<<31 - 1
)

// kindPolicyNumber is the kind of entries in the ledger that keep the number of
// a policy, its alias, beyond the boot of VPP.
const kindPolicyNumber = "PolicyRouteNumber"

// policyRoute is the kind of policies. VPP cannot mark them: ours are those whose
// numbers are in the ledger.
type policyRoute struct {
	// choosing is held while a number is chosen.
	choosing *sync.Mutex
}

// NewPolicyRoute is the kind of policies.
func NewPolicyRoute() state.Kind { return policyRoute{new(sync.Mutex)} }

func (policyRoute) Name() string { return KindPolicyRoute }

// A policy outlives the interface of a path, and then leads to whatever has the
// index next.
func (policyRoute) Loss() state.Loss { return state.Stale }

func (policyRoute) Probe(c vpp.Caller) error { return probe(pluginABF, c, abfAddDel, abfDump) }

func (k policyRoute) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	for d, err := range abfDump.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return err
		}
		value := readPolicy(v, &d.Policy)
		f := state.Found{
			ID: PolicyRouteID(foreignKey(policyText(d.Policy.PolicyID))), Value: value, Needs: policyNeeds(value),
			Handle: d.Policy.PolicyID, HasHandle: true,
		}
		if id, noted := v.Ledger().Find(KindPolicyRoute, policyText(d.Policy.PolicyID)); noted {
			f.ID, f.Ours = id, true
		}
		found(f)
	}
	return nil
}

func policyText(id uint32) string { return strconv.FormatUint(uint64(id), 10) }

func readPolicy(v *state.View, p *abfPolicy) PolicyRoute {
	ip6 := len(p.Paths) > 0 && p.Paths[0].Proto == wireProtoIP6
	list, _ := accessLists.named(v, p.ACLIndex)
	paths, _ := newPathReader(v, DefaultVRF, ip6).read(p.Paths)
	return PolicyRoute{IP6: ip6, AccessList: list, Paths: paths}
}

// Compare says that a policy is always made anew: VPP only adds paths to one and
// takes them away, and dies of some ways to do so.
func (policyRoute) Compare(want, have, _ any) state.Difference {
	w, h := valueOf[PolicyRoute](want), valueOf[PolicyRoute](have)
	var f fields
	f.add("family", w.IP6 != h.IP6)
	f.add("accessList", w.AccessList != h.AccessList)
	f.add("paths", w.Paths == nil || h.Paths == nil || !w.Paths.Equal(h.Paths))
	if len(f) > 0 {
		return state.Difference{Change: state.Recreate, Fields: f}
	}
	return state.Difference{}
}

func (k policyRoute) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Verbs{Create: k.create, Update: k.create, Delete: k.delete}.Apply(ctx, v, ops)
}

// create makes a policy under a number of our own. One that is there under it
// already is never added to: it is as wanted, or made anew once it is read.
func (k policyRoute) create(ctx context.Context, v *state.View, op *state.Op) state.Result {
	want := valueOf[PolicyRoute](op.Want)
	if want.Paths == nil || len(want.Paths.All()) == 0 {
		return state.Result{Err: errors.New("a policy needs a path")}
	}
	have, err := policies(ctx, v.Caller())
	if err != nil {
		return state.Result{Err: err}
	}
	id, err := k.choose(v, op.ID, have)
	if err != nil {
		return state.Result{Err: err}
	}
	if there := have[id]; there != nil {
		return state.Result{Have: readPolicy(v, there), Handle: id, HasHandle: true, Reread: true}
	}
	q := abfPolicy{PolicyID: id}
	list, ok := v.Handle(AccessListID(want.AccessList))
	if !ok {
		return state.Result{Err: &state.WaitError{For: AccessListID(want.AccessList).String()}}
	}
	to := pathWriter{v: v}
	q.ACLIndex = list
	if q.Paths, err = to.write(want.Paths, want.IP6); err != nil {
		return state.Result{Err: err}
	}
	if err := v.Ledger().Put(op.ID, state.Entry{Alias: policyText(id)}); err != nil {
		return state.Result{Err: err}
	}
	if _, err := abfAddDel.Call(ctx, v.Caller(), &abfPolicyAddDel{IsAdd: true, Policy: q}); err != nil {
		if !outcomeUnknown(err) {
			err = joined(err, v.Ledger().Delete(op.ID))
		}
		return state.Result{Err: err}
	}
	made, err := policies(ctx, v.Caller())
	if err != nil {
		return state.Result{Err: err}
	}
	if made[id] == nil {
		return state.Result{Err: fmt.Errorf("VPP does not show policy %d after it was made", id), Reread: true}
	}
	return state.Result{Have: readPolicy(v, made[id]), Handle: id, HasHandle: true}
}

// choose is the number of a policy: the one that is kept, or a free one.
func (k policyRoute) choose(v *state.View, id state.ID, have map[uint32]*abfPolicy) (uint32, error) {
	k.choosing.Lock()
	defer k.choosing.Unlock()
	number := state.ID{Kind: kindPolicyNumber, Key: id.Key}
	e, kept := v.Ledger().Get(number)
	if n, err := strconv.ParseUint(e.Alias, 10, 32); kept && err == nil {
		owner, noted := v.Ledger().Find(KindPolicyRoute, e.Alias)
		if have[uint32(n)] == nil || noted && owner == id {
			return uint32(n), nil
		}
	}
	for n := uint32(firstPolicy); n <= lastPolicy; n++ {
		text := policyText(n)
		if _, taken := v.Ledger().Find(kindPolicyNumber, text); taken || have[n] != nil {
			continue
		}
		if _, taken := v.Ledger().Find(KindPolicyRoute, text); taken {
			continue
		}
		return n, v.Ledger().Put(number, state.Entry{Alias: text, Kept: true})
	}
	return 0, errors.New("there is no free number for a policy")
}

// delete takes a policy away by naming all its paths. VPP refuses that while the
// interface of one is gone; such a policy, which nothing is attached to any more,
// gets another name, and goes as soon as the index has an owner.
func (k policyRoute) delete(ctx context.Context, v *state.View, op *state.Op) error {
	have, err := policies(ctx, v.Caller())
	if err != nil {
		return err
	}
	left := foreignKey("left-" + policyText(op.Handle))
	if p := have[op.Handle]; p != nil {
		_, err := abfAddDel.Call(ctx, v.Caller(), &abfPolicyAddDel{Policy: *p})
		switch {
		case refusedWith(err, retNoInterface) && op.ID.Key != left:
			if err := k.Forget(v.Ledger(), op.ID); err != nil {
				return err
			}
			return v.Ledger().Put(PolicyRouteID(left), state.Entry{Alias: policyText(op.Handle)})
		case err != nil:
			return err
		}
		if have, err = policies(ctx, v.Caller()); err != nil {
			return err
		}
		if have[op.Handle] != nil {
			return fmt.Errorf("policy %d has paths that VPP does not take away", op.Handle)
		}
	}
	return k.Forget(v.Ledger(), op.ID)
}

// Forget implements [state.Forgetter].
func (policyRoute) Forget(l *state.Ledger, id state.ID) error {
	return joined(l.Delete(id), l.Delete(state.ID{Kind: kindPolicyNumber, Key: id.Key}))
}

// policies are all policies, by number.
func policies(ctx context.Context, c vpp.Caller) (map[uint32]*abfPolicy, error) {
	all, err := dump(ctx, c, abfDump, nil)
	if err != nil {
		return nil, err
	}
	have := make(map[uint32]*abfPolicy, len(all))
	for _, d := range all {
		have[d.Policy.PolicyID] = &d.Policy
	}
	return have, nil
}
