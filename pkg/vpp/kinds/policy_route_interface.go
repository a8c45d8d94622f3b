package kinds

import (
	"context"
	"errors"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindPolicyRouteInterface is the kind of policies' attachments to interfaces.
const KindPolicyRouteInterface = "PolicyRouteInterface"

// PolicyRouteInterfaceID is that a policy is attached to an interface.
func PolicyRouteInterfaceID(iface, policy string) state.ID {
	return state.ID{Kind: KindPolicyRouteInterface, Key: iface + " " + policy}
}

// PolicyRouteInterface is the value of a policy's attachment to an interface.
type PolicyRouteInterface struct {
	// IP6 is the family of the policy's paths, and so of the packets.
	IP6 bool
	// Priority orders the policies of an interface, smaller first.
	Priority uint32
}

// PolicyRouteInterfaceItem is that a policy is attached to an interface.
func PolicyRouteInterfaceItem(iface, policy string, value PolicyRouteInterface) state.Item {
	id := PolicyRouteInterfaceID(iface, policy)
	return state.Item{ID: id, Value: value, Needs: policyAttachment{}.needs(id.Key, value)}
}

type abfAttach struct {
	PolicyID, SwIfIndex, Priority uint32
	IsIPv6                        bool
}

type abfAttachAddDel struct {
	IsAdd  bool
	Attach abfAttach
}

type abfAttachDetails struct{ Attach abfAttach }

var (
	abfAttachSet  = vpp.NewMethod[abfAttachAddDel, retval]("abf_itf_attach_add_del")
	abfAttachDump = vpp.NewMethod[nothing, abfAttachDetails]("abf_itf_attach_dump")
)

// policyAttachment is the feature: a policy that is attached to an interface. All
// policies of a family on an interface share one node of its feature arc.
type policyAttachment struct{}

// NewPolicyRouteInterface is the kind of policies' attachments to interfaces.
func NewPolicyRouteInterface() state.Kind { return newBinding(policyAttachment{}) }

func (policyAttachment) Name() string         { return KindPolicyRouteInterface }
func (policyAttachment) ends() int            { return 1 }
func (policyAttachment) offWithoutInterface() {}

func (policyAttachment) describe(key string) string {
	iface, policy, _ := strings.Cut(key, " ")
	return "PolicyRoute " + policy + " on Interface " + iface
}

func (policyAttachment) Probe(c vpp.Caller) error {
	return probe(pluginABF, c, abfAttachSet, abfAttachDump)
}

func (policyAttachment) needs(key string, _ PolicyRouteInterface) []state.ID {
	iface, policy, _ := strings.Cut(key, " ")
	return []state.ID{InterfaceID(iface), PolicyRouteID(policy)}
}

func (policyAttachment) shown(ctx context.Context, v *state.View, index uint32, found func(at place, value PolicyRouteInterface)) error {
	list, err := attachments(ctx, v.Caller(), func(a abfAttach) bool { return index == noIndex || a.SwIfIndex == index })
	for _, a := range list {
		found(on1(a.SwIfIndex, policyName(v, a.PolicyID)), PolicyRouteInterface{IP6: a.IsIPv6, Priority: a.Priority})
	}
	return err
}

// policyName is what a policy is called here.
func policyName(v *state.View, id uint32) string {
	if p, ok := v.Lookup(KindPolicyRoute, id); ok {
		return p.Key
	}
	return foreignKey(policyText(id))
}

func attachments(ctx context.Context, c vpp.Caller, which func(abfAttach) bool) ([]abfAttach, error) {
	var list []abfAttach
	for d, err := range abfAttachDump.Dump(ctx, c, nil) {
		if err != nil {
			return nil, err
		}
		if which(d.Attach) {
			list = append(list, d.Attach)
		}
	}
	return list, nil
}

// compare says that a change is made by detaching: VPP refuses to attach twice.
func (policyAttachment) compare(want, have PolicyRouteInterface) state.Difference {
	var f fields
	f.add("family", want.IP6 != have.IP6)
	f.add("interfaces.priority", want.Priority != have.Priority)
	if len(f) > 0 {
		return state.Difference{Change: state.Recreate, Fields: f}
	}
	return state.Difference{}
}

// on attaches a policy. VPP puts the family's node on the arc with the first one
// only: where something that was left behind counts as the first, all are taken
// off and put on again.
func (k policyAttachment) on(ctx context.Context, v *state.View, at place, want PolicyRouteInterface) error {
	policy, ok := v.Handle(PolicyRouteID(at.Rest))
	if !ok {
		return &state.WaitError{For: PolicyRouteID(at.Rest).String()}
	}
	a := abfAttach{PolicyID: policy, SwIfIndex: at.Index, Priority: want.Priority, IsIPv6: want.IP6}
	if _, err := abfAttachSet.Call(ctx, v.Caller(), &abfAttachAddDel{IsAdd: true, Attach: a}); err != nil {
		return err
	}
	on, known, err := familyInForce(ctx, v, a)
	if err != nil || on || !known {
		return err
	}
	all, err := attachments(ctx, v.Caller(), func(o abfAttach) bool { return o.SwIfIndex == at.Index && o.IsIPv6 == want.IP6 })
	for _, add := range []bool{false, true} {
		for _, o := range all {
			if err == nil {
				_, err = abfAttachSet.Call(ctx, v.Caller(), &abfAttachAddDel{IsAdd: add, Attach: o})
			}
		}
	}
	return err
}

// off detaches a policy, for the family that it is attached for.
func (policyAttachment) off(ctx context.Context, v *state.View, at place) error {
	policy, ok := v.Handle(PolicyRouteID(at.Rest))
	if !ok {
		return nil // VPP has no such policy, and so nothing that is attached
	}
	list, err := attachments(ctx, v.Caller(), func(a abfAttach) bool { return a.PolicyID == policy && a.SwIfIndex == at.Index })
	for _, a := range list {
		_, detachErr := abfAttachSet.Call(ctx, v.Caller(), &abfAttachAddDel{Attach: a})
		if !refusedWith(detachErr, retNoSuchEntry) {
			err = errors.Join(err, detachErr)
		}
	}
	return err
}

func (policyAttachment) inForce(ctx context.Context, v *state.View, at place, shown PolicyRouteInterface) (on, known bool, err error) {
	return familyInForce(ctx, v, abfAttach{SwIfIndex: at.Index, IsIPv6: shown.IP6})
}

// familyInForce tells whether policies of a family are in force on an interface.
func familyInForce(ctx context.Context, v *state.View, a abfAttach) (on, known bool, err error) {
	family := filterSide{ip6: a.IsIPv6}.family()
	return featureOn(ctx, v, a.SwIfIndex, family+"-unicast", "abf-input-"+family)
}
