package kinds

import (
	"context"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindDet44 is the kind of deterministic NAT itself: that it is enabled, and its
// timeouts.
const KindDet44 = "DeterministicNAT"

// Det44ID is deterministic NAT itself, as the object of a name has it.
func Det44ID(name string) state.ID { return state.ID{Kind: KindDet44, Key: name} }

// Det44Item is that deterministic NAT is enabled. There is one: the others wait,
// and with them all that needs them.
func Det44Item(name string, timeouts NATTimeouts) state.Item {
	return state.Item{ID: Det44ID(name), Value: timeouts, Claims: []string{claimDet44}}
}

const claimDet44 = "deterministic NAT of the node"

type det44EnableRequest struct{ Enable bool }

var (
	det44Enable      = vpp.NewMethod[det44EnableRequest, retval]("det44_plugin_enable_disable")
	det44SetTimeouts = vpp.NewMethod[NATTimeouts, retval]("det44_set_timeouts")
	det44GetTimeouts = vpp.NewMethod[nothing, natTimeoutsReply]("det44_get_timeouts")
)

// pluginDet44 brings deterministic NAT.
const pluginDet44 = "det44"

type det44 struct{}

// NewDet44 is the kind of deterministic NAT itself. VPP neither marks it nor
// tells whether it is enabled: the ledger does. It cannot be disabled, VPP would
// die: what is left in the end is that it is enabled, with nothing in it.
func NewDet44() state.Kind { return det44{} }

func (det44) Name() string     { return KindDet44 }
func (det44) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (det44) Describe(string) string { return "deterministic NAT itself" }

func (det44) Probe(c vpp.Caller) error {
	return probe(pluginDet44, c, det44Enable, det44SetTimeouts, det44GetTimeouts)
}

func (det44) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	id, noted := natNoted(v, KindDet44)
	if !noted {
		return nil
	}
	r, err := det44GetTimeouts.Call(ctx, v.Caller(), nil)
	if err != nil {
		return err
	}
	found(state.Found{ID: id, Value: r.NATTimeouts, Ours: true, Claims: []string{claimDet44}})
	return nil
}

func (det44) Compare(want, have, _ any) state.Difference {
	return valueOf[NATTimeouts](want).compare(valueOf[NATTimeouts](have))
}

func (k det44) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Verbs{Create: k.create, Update: k.update, Delete: k.delete}.Apply(ctx, v, ops)
}

// create enables deterministic NAT. That somebody did so before is no conflict.
// Nothing is noted before: to enable it twice does no harm.
func (k det44) create(ctx context.Context, v *state.View, op *state.Op) state.Result {
	_, err := det44Enable.Call(ctx, v.Caller(), &det44EnableRequest{true})
	if err != nil && !refusedWith(err, retAlready) {
		return state.Result{Err: err}
	}
	if err := v.Ledger().Put(op.ID, state.Entry{}); err != nil {
		return state.Result{Err: err}
	}
	return k.update(ctx, v, op)
}

func (det44) update(ctx context.Context, v *state.View, op *state.Op) state.Result {
	want := valueOf[NATTimeouts](op.Want)
	_, err := det44SetTimeouts.Call(ctx, v.Caller(), &want)
	return state.Result{Err: err}
}

func (det44) delete(ctx context.Context, v *state.View, op *state.Op) error {
	if _, noted := v.Ledger().Get(op.ID); !noted {
		return nil
	}
	if _, err := det44SetTimeouts.Call(ctx, v.Caller(), &DefaultNATTimeouts); err != nil {
		return err
	}
	return v.Ledger().Delete(op.ID)
}
