package kinds

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNAT64Binding is the kind of static entries of NAT64's binding information
// base.
const KindNAT64Binding = "NAT64Binding"

// NATProtocol is the number of an IP protocol. ICMP, of either version, is that
// of ICMP in IPv4.
type NATProtocol uint8

// Protocols that have ports or identifiers.
const (
	NATICMP NATProtocol = 1
	NATTCP  NATProtocol = 6
	NATUDP  NATProtocol = 17
)

func (p NATProtocol) String() string {
	switch p {
	case NATICMP:
		return "ICMP"
	case NATTCP:
		return "TCP"
	case NATUDP:
		return "UDP"
	}
	return strconv.Itoa(int(p))
}

// NAT64Inside is a host inside, as a binding is found by it.
type NAT64Inside struct {
	Protocol NATProtocol
	VRF      string
	netip.AddrPort
}

func (i NAT64Inside) id() state.ID {
	return state.ID{Kind: KindNAT64Binding, Key: fmt.Sprintf("%s %s %s", i.VRF, i.Protocol, i.AddrPort)}
}

// nat64InsideOf reads a key.
func nat64InsideOf(key string) (i NAT64Inside, err error) {
	words := strings.Split(key, " ")
	if len(words) != 3 {
		return i, fmt.Errorf("no host inside: %q", key)
	}
	i.VRF = words[0]
	for _, p := range []NATProtocol{NATICMP, NATTCP, NATUDP} {
		if p.String() == words[1] {
			i.Protocol = p
		}
	}
	i.AddrPort, err = netip.ParseAddrPort(words[2])
	return i, err
}

// NAT64BindingItem is that a host inside has a fixed address, of the pool, and
// port outside, by the NAT64 of a name.
func NAT64BindingItem(nat string, inside NAT64Inside, outside netip.AddrPort) state.Item {
	return state.Item{
		ID: inside.id(), Value: outside,
		Needs:  append(nat64Needs(nat, inside.VRF), NAT64AddressID(outside.Addr())),
		Claims: []string{nat64OutsideClaim(inside.Protocol, outside)},
	}
}

func nat64OutsideClaim(p NATProtocol, outside netip.AddrPort) string {
	return fmt.Sprintf("NAT64 %s %s", p, outside)
}

type nat64BIBRequest struct {
	IAddr, OAddr netip.Addr
	IPort, OPort uint16
	VrfID        uint32
	Proto        NATProtocol
	IsAdd        bool
}

type nat64BIBDumpRequest struct{ Proto uint8 }

type nat64BIBDetails struct {
	IAddr, OAddr netip.Addr
	IPort, OPort uint16
	VrfID        uint32
	Proto        NATProtocol
	Flags        uint8
}

// natStatic is the bit of vl_api_nat_config_flags_t of what was not made by a
// packet.
const natStatic uint8 = 64

var (
	nat64BIBAddDel = vpp.NewMethod[nat64BIBRequest, retval]("nat64_add_del_static_bib")
	nat64BIBDump   = vpp.NewMethod[nat64BIBDumpRequest, nat64BIBDetails]("nat64_bib_dump")
)

// allProtocols has all entries dumped.
const allProtocols uint8 = 255

type nat64Binding struct{}

// NewNAT64Binding is the kind of static entries of NAT64's binding information
// base. VPP cannot mark them: ours are those in the ledger. Those that packets
// make are nobody's.
func NewNAT64Binding() state.Kind { return nat64Binding{} }

func (nat64Binding) Name() string { return KindNAT64Binding }

// Loss implements [state.Kind]: an entry outlives its address in the pool, which
// then does not know that the port is taken.
func (nat64Binding) Loss() state.Loss { return state.Stale }

// Describe implements [state.Describer].
func (nat64Binding) Describe(key string) string {
	vrf, host, _ := strings.Cut(key, " ")
	return fmt.Sprintf("NAT64 binding of %s in VRF %s", host, vrf)
}

func (nat64Binding) Probe(c vpp.Caller) error {
	return probe(pluginNAT64, c, nat64BIBAddDel, nat64BIBDump)
}

func (nat64Binding) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	for d, err := range nat64BIBDump.Dump(ctx, v.Caller(), &nat64BIBDumpRequest{allProtocols}) {
		if err != nil {
			return err
		}
		if d.Flags&natStatic == 0 {
			continue
		}
		inside := NAT64Inside{d.Proto, tableName(v, d.VrfID, true), netip.AddrPortFrom(d.IAddr, d.IPort)}
		item := NAT64BindingItem(natName(v, KindNAT64), inside, netip.AddrPortFrom(d.OAddr, d.OPort))
		f := state.Found{ID: item.ID, Value: item.Value, Needs: item.Needs, Claims: item.Claims}
		_, f.Ours = v.Ledger().Get(f.ID)
		found(f)
	}
	return nil
}

func anyNAT64Binding(ctx context.Context, v *state.View) (there bool, err error) {
	for d, err := range nat64BIBDump.Dump(ctx, v.Caller(), &nat64BIBDumpRequest{allProtocols}) {
		if err != nil {
			return false, err
		}
		there = there || d.Flags&natStatic != 0
	}
	return there, nil
}

func (nat64Binding) Compare(want, have, _ any) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.Recreate, Fields: []string{"staticBindings"}}
}

func (k nat64Binding) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		// A VPP with workers answers before it has done it.
		return state.Result{Err: k.apply(ctx, v, op), Reread: true}
	})
}

func (k nat64Binding) apply(ctx context.Context, v *state.View, op *state.Op) error {
	inside, err := nat64InsideOf(op.ID.Key)
	if err != nil {
		return err
	}
	table, err := tableNumber(v, inside.VRF, true)
	q := nat64BIBRequest{IAddr: inside.Addr(), IPort: inside.Port(), VrfID: table, Proto: inside.Protocol}
	if op.Verb == state.Delete {
		if err == nil {
			if err := k.remove(ctx, v, q, valueOf[netip.AddrPort](op.Have)); err != nil {
				return err
			}
		}
		return v.Ledger().Delete(op.ID)
	}
	if err != nil {
		return err
	}
	want := valueOf[netip.AddrPort](op.Want)
	_, noted := v.Ledger().Get(op.ID)
	if err := v.Ledger().Put(op.ID, state.Entry{}); err != nil {
		return err
	}
	q.IsAdd, q.OAddr, q.OPort = true, want.Addr(), want.Port()
	_, err = nat64BIBAddDel.Call(ctx, v.Caller(), &q)
	if refusedByVPP(err) {
		err = k.refused(ctx, v, q, err)
		if err != nil && !noted {
			err = joined(err, v.Ledger().Delete(op.ID))
		}
	}
	return err
}

// remove takes an entry away.
func (nat64Binding) remove(ctx context.Context, v *state.View, q nat64BIBRequest, have netip.AddrPort) error {
	q.IsAdd, q.OAddr, q.OPort = false, have.Addr(), have.Port()
	_, err := nat64BIBAddDel.Call(ctx, v.Caller(), &q)
	if refusedWith(err, retNoSuchEntry) || notEnabled(err) {
		return nil
	}
	return err
}

// refused finds out why VPP refused an entry: it is there already, or another
// one has the host, or the port outside.
func (k nat64Binding) refused(ctx context.Context, v *state.View, q nat64BIBRequest, refusal error) error {
	var by *nat64BIBDetails
	for d, err := range nat64BIBDump.Dump(ctx, v.Caller(), &nat64BIBDumpRequest{allProtocols}) {
		if err != nil {
			return err
		}
		inside := d.IAddr == q.IAddr && d.IPort == q.IPort && d.VrfID == q.VrfID
		outside := d.OAddr == q.OAddr && d.OPort == q.OPort
		if d.Proto != q.Proto || !inside && !outside {
			continue
		}
		if inside && outside && d.Flags&natStatic != 0 {
			return nil
		}
		by = &nat64BIBDetails{IAddr: d.IAddr, IPort: d.IPort, OAddr: d.OAddr, OPort: d.OPort, Flags: d.Flags}
	}
	if by == nil {
		return refusal
	}
	what := "static binding"
	if by.Flags&natStatic == 0 {
		what = "session"
	}
	return &state.ConflictError{With: fmt.Sprintf("%s of %s to %s, made by somebody else,", what,
		netip.AddrPortFrom(by.IAddr, by.IPort), netip.AddrPortFrom(by.OAddr, by.OPort))}
}
