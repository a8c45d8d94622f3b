package kinds

import (
	"context"
	"errors"
	"fmt"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindNAT44 is the kind of NAT44 itself, of which a VPP has one: the plugin,
// enabled, with the settings that are its own.
const KindNAT44 = "NAT44"

// NAT44ID is the one there is. All else of NAT44 needs it.
func NAT44ID() state.ID { return state.ID{Kind: KindNAT44, Key: "nat44-ed"} }

// NAT44 is the value of NAT44 itself.
type NAT44 struct {
	// InsideVRF, OutsideVRF and Sessions VPP takes when NAT44 is enabled and not
	// again.
	InsideVRF, OutsideVRF string
	Sessions              uint32
	// AllowDisruption allows to disable it for these to change.
	AllowDisruption bool

	Forwarding bool
	Timeouts   NATTimeouts
	// MSSClamp is in bytes, 0 for none.
	MSSClamp uint16

	// Counts are what VPP counts, where it was read; nothing that can be wished
	// for.
	Counts NAT44Counts
	// read says that the value is VPP's and not a wish.
	read bool
}

// NAT44Counts are numbers of what NAT44 holds.
type NAT44Counts struct {
	PoolAddresses, TwiceNATAddresses uint32
	Users, Sessions, StaticSessions  uint32
}

// NAT44Item is NAT44 itself.
func NAT44Item(value NAT44, adopt bool) state.Item {
	return state.Item{ID: NAT44ID(), Value: value, Needs: nat44Needs(value), Adopt: adopt}
}

func nat44Needs(value NAT44) []state.ID {
	var needs []state.ID
	for _, vrf := range []string{value.InsideVRF, value.OutsideVRF} {
		if vrf != DefaultVRF {
			needs = append(needs, VRFID(vrf, false))
		}
	}
	return needs
}

// needsNAT44 are NAT44 and VRFs, those that are "" or default left out.
func needsNAT44(vrfs ...string) []state.ID {
	needs := []state.ID{NAT44ID()}
	for _, vrf := range vrfs {
		if vrf != "" && vrf != DefaultVRF {
			needs = append(needs, VRFID(vrf, false))
		}
	}
	return needs
}

// nat44Parts are the kinds whose items VPP forgets when NAT44 is disabled and
// that only the ledger tells to be ours.
var nat44Parts = []string{KindNAT44Interface, KindNAT44Address, KindNAT44InterfaceAddress, KindNAT44VRFTable, KindNAT44SessionLimit}

type nat44 struct{}

// NewNAT44 is the kind of NAT44 itself. VPP cannot mark it: it is ours where the
// ledger says so.
func NewNAT44() state.Kind { return nat44{} }

func (nat44) Name() string     { return KindNAT44 }
func (nat44) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (nat44) Describe(string) string { return "NAT44" }

func (nat44) Probe(c vpp.Caller) error {
	return probe(pluginNAT, c, nat44EnableDisable, nat44ShowConfig, nat44SetForwarding, nat44SetTimeouts, nat44SetMSS, nat44GetMSS,
		nat44Users, nat44Addresses, nat44InterfaceAddrs, nat44Tables)
}

func (k nat44) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	have, enabled, err := k.look(ctx, v)
	if err != nil || !enabled {
		return err
	}
	f := state.Found{ID: NAT44ID(), Needs: nat44Needs(have)}
	if _, f.Ours = v.Ledger().Get(f.ID); f.Ours {
		if have.Counts, err = k.count(ctx, v); err != nil {
			return err
		}
	}
	f.Value = have
	found(f)
	return nil
}

// look asks VPP for the settings.
func (nat44) look(ctx context.Context, v *state.View) (have NAT44, enabled bool, err error) {
	c, err := nat44ShowConfig.Call(ctx, v.Caller(), nil)
	if err != nil || c.Sessions == 0 {
		return have, false, err
	}
	mss, err := nat44GetMSS.Call(ctx, v.Caller(), nil)
	if err != nil {
		return have, false, err
	}
	return NAT44{
		InsideVRF: tableName(v, c.InsideVRF, false), OutsideVRF: tableName(v, c.OutsideVRF, false), Sessions: c.Sessions,
		Forwarding: c.ForwardingEnabled, Timeouts: c.Timeouts, MSSClamp: mss.MSSValue, read: true,
	}, true, nil
}

// count asks VPP for its numbers.
func (nat44) count(ctx context.Context, v *state.View) (NAT44Counts, error) {
	var n NAT44Counts
	var address nat44PoolAddress
	for err := range nat44Addresses.Scan(ctx, v.Caller(), nil, &address) {
		switch {
		case err != nil:
			return n, err
		case address.Flags&natTwiceNAT != 0:
			n.TwiceNATAddresses++
		default:
			n.PoolAddresses++
		}
	}
	var user nat44User
	for err := range nat44Users.Scan(ctx, v.Caller(), nil, &user) {
		if err != nil {
			return n, err
		}
		n.Users++
		n.Sessions += user.Nsessions + user.Nstaticsessions
		n.StaticSessions += user.Nstaticsessions
	}
	return n, nil
}

// disruptive names the fields that differ and for which NAT44 has to be disabled.
func (NAT44) disruptive(w, h NAT44) fields {
	var f fields
	f.add("insideVRF", w.InsideVRF != h.InsideVRF)
	f.add("outsideVRF", w.OutsideVRF != h.OutsideVRF)
	f.add("sessions", w.Sessions != h.Sessions)
	return f
}

// Compare says that what would be made anew against the wish is changed in
// place: update then refuses it.
func (nat44) Compare(want, have, _ any) state.Difference {
	w, h := valueOf[NAT44](want), valueOf[NAT44](have)
	f := w.disruptive(w, h)
	change := state.InPlace
	if len(f) > 0 && w.AllowDisruption {
		change = state.Recreate
	}
	f.add("forwarding", w.Forwarding != h.Forwarding)
	f.add("timeouts", w.Timeouts != h.Timeouts)
	f.add("mssClamp", w.MSSClamp != h.MSSClamp)
	f.add("allowDisruption", !h.read && w.AllowDisruption != h.AllowDisruption)
	if len(f) == 0 {
		return state.Difference{}
	}
	return state.Difference{Change: change, Fields: f}
}

func (k nat44) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Verbs{Create: k.create, Update: k.update, Delete: k.delete}.Apply(ctx, v, ops)
}

func (k nat44) create(ctx context.Context, v *state.View, op *state.Op) state.Result {
	_, noted := v.Ledger().Get(op.ID)
	_, enabled, err := k.look(ctx, v)
	switch {
	case err != nil:
		return state.Result{Err: err}
	case enabled && (noted || op.Adopt):
		return k.update(ctx, v, op)
	case enabled:
		return state.Result{Err: errNAT44Taken}
	}
	if err := k.enable(ctx, v, op, valueOf[NAT44](op.Want)); err != nil {
		return state.Result{Err: err}
	}
	r := k.update(ctx, v, op)
	r.Reread = true // to count what is put into it next
	return r
}

var errNAT44Taken = &state.ConflictError{With: "another client of VPP, which has enabled NAT44,"}

// enable enables what is not. What the ledger says of the parts of one before is
// void.
func (nat44) enable(ctx context.Context, v *state.View, op *state.Op, want NAT44) error {
	for _, kind := range nat44Parts {
		for _, id := range v.Ledger().All(kind) {
			if err := v.Ledger().Delete(id); err != nil {
				return err
			}
		}
	}
	q := nat44Enable{Sessions: want.Sessions, Enable: true}
	var err error
	if q.InsideVRF, err = tableNumber(v, want.InsideVRF, false); err != nil {
		return err
	}
	if q.OutsideVRF, err = tableNumber(v, want.OutsideVRF, false); err != nil {
		return err
	}
	if err := v.Ledger().Put(op.ID, state.Entry{}); err != nil {
		return err
	}
	_, err = nat44EnableDisable.Call(ctx, v.Caller(), &q)
	if err == nil || outcomeUnknown(err) {
		return err
	}
	if refusedWith(err, retAlreadyEnabled) {
		err = errNAT44Taken
	}
	return errors.Join(err, v.Ledger().Delete(op.ID))
}

// update sets what can be set while it is enabled, and takes it over where that
// is wished for.
func (k nat44) update(ctx context.Context, v *state.View, op *state.Op) state.Result {
	want := valueOf[NAT44](op.Want)
	have, enabled, err := k.look(ctx, v)
	if err == nil && !enabled {
		err = errors.New("it has been disabled by another client of VPP")
	}
	if err == nil {
		err = v.Ledger().Put(op.ID, state.Entry{})
	}
	if err != nil {
		return state.Result{Err: err}
	}
	have.Counts = valueOf[NAT44](op.Have).Counts
	if want.Forwarding != have.Forwarding {
		if _, err = nat44SetForwarding.Call(ctx, v.Caller(), &struct{ Enable bool }{want.Forwarding}); err == nil {
			have.Forwarding = want.Forwarding
		}
	}
	if err == nil && want.Timeouts != have.Timeouts {
		q := want.Timeouts
		if _, err = nat44SetTimeouts.Call(ctx, v.Caller(), &q); err == nil {
			have.Timeouts = want.Timeouts
		}
	}
	if err == nil && want.MSSClamp != have.MSSClamp {
		if _, err = nat44SetMSS.Call(ctx, v.Caller(), &natMSS{want.MSSClamp, want.MSSClamp != 0}); err == nil {
			have.MSSClamp = want.MSSClamp
		}
	}
	if f := want.disruptive(want, have); err == nil && len(f) > 0 {
		err = &state.DisruptionError{Fields: f, Why: "NAT44 has to be disabled for that, which drops every session"}
	}
	return state.Result{Err: err, Have: have}
}

// delete disables NAT44. What of others is there keeps it, for it would be lost;
// and VPP miscounts the locks of tables when it disables NAT44 under mappings.
// Timeouts and the clamp VPP would keep.
func (k nat44) delete(ctx context.Context, v *state.View, op *state.Op) error {
	have, enabled, err := k.look(ctx, v)
	if err != nil {
		return err
	}
	if !enabled {
		return v.Ledger().Delete(op.ID)
	}
	if left, err := nat44Leftover(ctx, v.Caller()); err != nil || left != "" {
		if left != "" {
			err = fmt.Errorf("NAT44 still has %s that somebody else made", left)
		}
		return err
	}
	if have.Timeouts != DefaultNATTimeouts {
		q := DefaultNATTimeouts
		if _, err := nat44SetTimeouts.Call(ctx, v.Caller(), &q); err != nil {
			return err
		}
	}
	if have.MSSClamp != 0 {
		if _, err := nat44SetMSS.Call(ctx, v.Caller(), &natMSS{}); err != nil {
			return err
		}
	}
	if _, err := nat44EnableDisable.Call(ctx, v.Caller(), &nat44Enable{}); err != nil && !refusedByVPP(err) {
		return err
	}
	// It may be refused and done all the same, or have been done by another.
	switch _, enabled, err = k.look(ctx, v); {
	case err != nil:
		return err
	case enabled:
		return errors.New("VPP has not disabled NAT44")
	}
	return v.Ledger().Delete(op.ID)
}

// nat44Leftover names something that NAT44 holds; ours is gone by then.
func nat44Leftover(ctx context.Context, c vpp.Caller) (string, error) {
	for _, look := range []struct {
		what string
		any  func() (bool, error)
	}{
		{"static mappings", func() (bool, error) { return anyOf(nat44Statics.Dump(ctx, c, nil)) }},
		{"load-balanced mappings", func() (bool, error) { return anyOf(nat44LBs.Dump(ctx, c, nil)) }},
		{"identity mappings", func() (bool, error) { return anyOf(nat44Identities.Dump(ctx, c, nil)) }},
		{"interfaces", func() (bool, error) { return anyOf(nat44Interfaces.Dump(ctx, c, nil)) }},
		{"output interfaces", func() (bool, error) { return anyOf(nat44Outputs.Dump(ctx, c, nil)) }},
		{"pool addresses", func() (bool, error) { return anyOf(nat44Addresses.Dump(ctx, c, nil)) }},
		{"addresses of interfaces", func() (bool, error) { return anyNAT44InterfaceAddress(ctx, c) }},
		{"tables of VRFs", func() (bool, error) { return anyOf(nat44Tables.Dump(ctx, c, nil)) }},
	} {
		if there, err := look.any(); err != nil || there {
			return look.what, err
		}
	}
	return "", nil
}
