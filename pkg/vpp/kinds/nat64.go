package kinds

import (
	"context"
	"errors"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNAT64 is the kind of NAT64 itself: that it is enabled, and its timeouts.
const KindNAT64 = "NAT64"

// NAT64ID is NAT64 itself, as the object of a name has it.
func NAT64ID(name string) state.ID { return state.ID{Kind: KindNAT64, Key: name} }

// NAT64Item is that NAT64 is enabled. There is one: the others wait, and with
// them all that needs them.
func NAT64Item(name string, timeouts NATTimeouts) state.Item {
	return state.Item{ID: NAT64ID(name), Value: timeouts, Claims: []string{claimNAT64}}
}

const claimNAT64 = "NAT64 of the node"

// NATTimeouts are after how many seconds without packets sessions end.
type NATTimeouts struct {
	UDP, TCPEstablished, TCPTransitory, ICMP uint32
}

// DefaultNATTimeouts are those that VPP begins with.
var DefaultNATTimeouts = NATTimeouts{UDP: 300, TCPEstablished: 7440, TCPTransitory: 240, ICMP: 60}

func (w NATTimeouts) compare(h NATTimeouts) state.Difference {
	var f fields
	f.add("timeouts.udp", w.UDP != h.UDP)
	f.add("timeouts.tcpEstablished", w.TCPEstablished != h.TCPEstablished)
	f.add("timeouts.tcpTransitory", w.TCPTransitory != h.TCPTransitory)
	f.add("timeouts.icmp", w.ICMP != h.ICMP)
	if len(f) == 0 {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: f}
}

type nat64EnableRequest struct{ Enable bool }

type natTimeoutsReply struct {
	Retval int32
	NATTimeouts
}

var (
	nat64Enable      = vpp.NewMethod[nat64EnableRequest, retval]("nat64_plugin_enable_disable")
	nat64SetTimeouts = vpp.NewMethod[NATTimeouts, retval]("nat64_set_timeouts")
	nat64GetTimeouts = vpp.NewMethod[nothing, natTimeoutsReply]("nat64_get_timeouts")
)

// pluginNAT64 brings NAT64.
const pluginNAT64 = "nat64"

// retAlready is what VPP answers where a NAT is enabled, or disabled, already.
const retAlready int32 = 1

type nat64 struct{}

// NewNAT64 is the kind of NAT64 itself. VPP cannot mark it: it is ours where the
// ledger says so. That somebody else has enabled it is no conflict.
func NewNAT64() state.Kind { return nat64{} }

func (nat64) Name() string     { return KindNAT64 }
func (nat64) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (nat64) Describe(string) string { return "NAT64 itself" }

func (nat64) Probe(c vpp.Caller) error {
	return probe(pluginNAT64, c, nat64Enable, nat64SetTimeouts, nat64GetTimeouts, cli)
}

func (nat64) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	id, noted := natNoted(v, KindNAT64)
	if !noted {
		return nil
	}
	on, err := nat64On(ctx, v)
	if err != nil || !on {
		return err
	}
	r, err := nat64GetTimeouts.Call(ctx, v.Caller(), nil)
	if err != nil {
		return err
	}
	found(state.Found{ID: id, Value: r.NATTimeouts, Ours: true, Claims: []string{claimNAT64}})
	return nil
}

// nat64On tells whether NAT64 is enabled. No message does, but its hash tables
// exist only while it is.
func nat64On(ctx context.Context, v *state.View) (bool, error) {
	r, err := cli.Call(ctx, v.Caller(), &cliInband{Cmd: "show bihash"})
	if err != nil {
		return false, err
	}
	return strings.Contains(r.Reply, "'bib-in2out'"), nil
}

func (nat64) Compare(want, have, _ any) state.Difference {
	return valueOf[NATTimeouts](want).compare(valueOf[NATTimeouts](have))
}

func (k nat64) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Verbs{Create: k.create, Update: k.update, Delete: k.delete}.Apply(ctx, v, ops)
}

// foundEnabled is the alias, in the ledger, of a NAT that somebody else had
// enabled before: it is not disabled in the end.
const foundEnabled = "found enabled"

func (k nat64) create(ctx context.Context, v *state.View, op *state.Op) state.Result {
	_, noted := v.Ledger().Get(op.ID)
	on, err := nat64On(ctx, v)
	if err != nil {
		return state.Result{Err: err}
	}
	if !noted {
		e := state.Entry{}
		if on {
			e.Alias = foundEnabled
		}
		if err := v.Ledger().Put(op.ID, e); err != nil {
			return state.Result{Err: err}
		}
	}
	if !on {
		if _, err := nat64Enable.Call(ctx, v.Caller(), &nat64EnableRequest{true}); err != nil && !refusedWith(err, retAlready) {
			if !noted && !outcomeUnknown(err) {
				err = joined(err, v.Ledger().Delete(op.ID))
			}
			return state.Result{Err: err}
		}
	}
	return k.update(ctx, v, op)
}

func (nat64) update(ctx context.Context, v *state.View, op *state.Op) state.Result {
	want := valueOf[NATTimeouts](op.Want)
	_, err := nat64SetTimeouts.Call(ctx, v.Caller(), &want)
	r := state.Result{Err: err}
	if refusedByVPP(err) {
		r.Have = DefaultNATTimeouts
	}
	return r
}

// delete disables NAT64, unless it was enabled before or somebody else has put
// something into it, which disabling would take away.
func (nat64) delete(ctx context.Context, v *state.View, op *state.Op) error {
	e, noted := v.Ledger().Get(op.ID)
	if !noted {
		return nil
	}
	_, err := nat64SetTimeouts.Call(ctx, v.Caller(), &DefaultNATTimeouts)
	if err != nil {
		return err
	}
	used := e.Alias == foundEnabled
	for _, look := range []func(context.Context, *state.View) (bool, error){anyNAT64Pool, anyNAT64Prefix, anyNAT64Binding, anyNAT64Interface} {
		if used {
			break
		}
		if used, err = look(ctx, v); err != nil {
			return err
		}
	}
	if !used {
		_, err = nat64Enable.Call(ctx, v.Caller(), &nat64EnableRequest{})
		if err != nil && !refusedWith(err, retAlready) {
			return err
		}
	}
	return v.Ledger().Delete(op.ID)
}

// notEnabled tells that a call did not go out because NAT64 is not enabled:
// there is nothing to take away then.
func notEnabled(err error) bool { return errors.Is(err, vpp.ErrGuarded) }

// nat64Needs are NAT64 itself and the IPv6 table of a VRF, where that is not the
// one that always exists.
func nat64Needs(nat, vrf string) []state.ID {
	if vrf == DefaultVRF || vrf == "" {
		return []state.ID{NAT64ID(nat)}
	}
	return []state.ID{NAT64ID(nat), VRFID(vrf, true)}
}

// natNoted is the NAT of a kind that is ours, if there is one.
func natNoted(v *state.View, kind string) (id state.ID, noted bool) {
	for _, id := range v.Ledger().All(kind) {
		return id, true
	}
	return state.ID{}, false
}

// natName is the name of the NAT of a kind that is ours, "" for none.
func natName(v *state.View, kind string) string {
	id, _ := natNoted(v, kind)
	return id.Key
}
