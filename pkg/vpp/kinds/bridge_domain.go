package kinds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindBridgeDomain is the kind of bridge domains.
const KindBridgeDomain = "BridgeDomain"

// kindBridgeDomainNumber is the kind of entries in the ledger that keep the
// number of a bridge domain that the agent chose, beyond the boot of VPP. The
// alias is the number, so that no two get the same.
const kindBridgeDomainNumber = "BridgeDomainNumber"

// BridgeDomainID is a bridge domain. Its handle is VPP's bd_id.
func BridgeDomainID(name string) state.ID { return state.ID{Kind: KindBridgeDomain, Key: name} }

// BridgeDomainClaim is that a number can be of one bridge domain only.
func BridgeDomainClaim(number uint32) string { return fmt.Sprintf("bridge domain %d", number) }

// Numbers of bridge domains: those from firstOwnDomain on the agent chooses
// from. VPP refuses larger ones, and 0 is its own.
const (
	firstOwnDomain = 1 << 23
	lastDomain     = 1<<24 - 1
)

// defaultLearnLimit is what VPP begins with.
const defaultLearnLimit = 1 << 24

// BridgeDomain is the value of a bridge domain.
type BridgeDomain struct {
	// Number is VPP's bd_id; not Given, it is the agent's choice.
	Number Number
	// Flood, UnknownUnicastFlood, Forward and Learn are what is done with frames;
	// ARPTermination answers from the ARP table.
	Flood, UnknownUnicastFlood, Forward, Learn, ARPTermination bool
	// MACAge is in minutes, 0 for never.
	MACAge uint8
	// LearnLimit is how many MAC addresses are learned, 0 for VPP's default. VPP
	// cannot show it.
	LearnLimit uint32

	// arpForward is another way to treat ARP, which is not wished for. noted says
	// that LearnLimit is what the ledger remembers.
	arpForward, noted bool
}

// Bits of vl_api_bd_flags_t.
const (
	bridgeLearn      uint32 = 1
	bridgeForward    uint32 = 2
	bridgeFlood      uint32 = 4
	bridgeUUFlood    uint32 = 8
	bridgeARPTerm    uint32 = 16
	bridgeARPForward uint32 = 32
)

func (b *BridgeDomain) flags() uint32 {
	var f uint32
	for bit, on := range map[uint32]bool{
		bridgeLearn: b.Learn, bridgeForward: b.Forward, bridgeFlood: b.Flood,
		bridgeUUFlood: b.UnknownUnicastFlood, bridgeARPTerm: b.ARPTermination, bridgeARPForward: b.arpForward,
	} {
		if on {
			f |= bit
		}
	}
	return f
}

type bridgeDomainAddDel struct {
	BdID                                             uint32
	Flood, UuFlood, Forward, Learn, ArpTerm, ArpUfwd bool
	MacAge                                           uint8
	BdTag                                            string
	IsAdd                                            bool
}

type bridgeDomainDumpRequest struct{ BdID, SwIfIndex uint32 }

type bridgeDomainDetails struct {
	BdID                                             uint32
	Flood, UuFlood, Forward, Learn, ArpTerm, ArpUfwd bool
	MacAge                                           uint8
	BdTag                                            string
	BviSwIfIndex, UuFwdSwIfIndex                     uint32
	SwIfDetails                                      []bridgeMember
}

type bridgeMember struct {
	SwIfIndex uint32
	Shg       uint8
}

type bridgeFlagsRequest struct {
	BdID  uint32
	IsSet bool
	Flags uint32
}

type bridgeMACAgeRequest struct {
	BdID   uint32
	MacAge uint8
}

type bridgeLearnLimitRequest struct{ BdID, LearnLimit uint32 }

var (
	bridgeDomainSet  = vpp.NewMethod[bridgeDomainAddDel, retval]("bridge_domain_add_del_v2")
	bridgeDomainDump = vpp.NewMethod[bridgeDomainDumpRequest, bridgeDomainDetails]("bridge_domain_dump")
	bridgeFlags      = vpp.NewMethod[bridgeFlagsRequest, retval]("bridge_flags")
	bridgeMACAge     = vpp.NewMethod[bridgeMACAgeRequest, retval]("bridge_domain_set_mac_age")
	bridgeLearnLimit = vpp.NewMethod[bridgeLearnLimitRequest, retval]("bridge_domain_set_learn_limit")
)

// bridgeDomain is the kind of bridge domains. choosing is held while a number
// is chosen.
type bridgeDomain struct{ choosing *sync.Mutex }

// NewBridgeDomain is the kind of bridge domains. One is ours by its tag, or,
// where it was adopted, by the ledger.
func NewBridgeDomain() state.Kind { return bridgeDomain{new(sync.Mutex)} }

func (bridgeDomain) Name() string     { return KindBridgeDomain }
func (bridgeDomain) Loss() state.Loss { return state.Cleaned }

func (bridgeDomain) Probe(c vpp.Caller) error {
	return probe("", c, bridgeDomainSet, bridgeDomainDump, bridgeFlags, bridgeMACAge, bridgeLearnLimit)
}

// allBridgeDomains are the details of all bridge domains.
func allBridgeDomains(ctx context.Context, c vpp.Caller) ([]*bridgeDomainDetails, error) {
	return dump(ctx, c, bridgeDomainDump, &bridgeDomainDumpRequest{noIndex, noIndex})
}

// oneBridgeDomain is the details of a number, nil where there is none.
func oneBridgeDomain(ctx context.Context, c vpp.Caller, number uint32) (*bridgeDomainDetails, error) {
	all, err := dump(ctx, c, bridgeDomainDump, &bridgeDomainDumpRequest{number, noIndex})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

func (k bridgeDomain) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	all, err := allBridgeDomains(ctx, v.Caller())
	for _, d := range all {
		found(k.found(v, d))
	}
	return err
}

// found tells what a bridge domain is.
func (bridgeDomain) found(v *state.View, d *bridgeDomainDetails) state.Found {
	value := d.value()
	f := state.Found{
		ID: BridgeDomainID(foreignKey(strconv.FormatUint(uint64(d.BdID), 10))), Handle: d.BdID, HasHandle: true,
		Claims: []string{BridgeDomainClaim(d.BdID)},
	}
	if id, ours := ourBridgeDomain(v, d); ours {
		f.ID, f.Ours = id, true
		if e, ok := v.Ledger().Get(id); ok {
			if limit, err := strconv.ParseUint(e.Digest, 10, 32); err == nil {
				value.LearnLimit, value.noted = uint32(limit), true
			}
		}
	}
	f.Value, f.Unverified = value, unverifiedLimit(value.LearnLimit)
	return f
}

// ourBridgeDomain tells which of ours a bridge domain is.
func ourBridgeDomain(v *state.View, d *bridgeDomainDetails) (id state.ID, ours bool) {
	if name, marked := strings.CutPrefix(d.BdTag, Mark); marked {
		return BridgeDomainID(name), true
	}
	return v.Ledger().Find(KindBridgeDomain, strconv.FormatUint(uint64(d.BdID), 10))
}

// sharedBridgeDomain tells whether others too put things into a bridge domain
// of ours, so that of those only what the ledger names is ours.
func sharedBridgeDomain(v *state.View, name string) bool {
	e, _ := v.Ledger().Get(BridgeDomainID(name))
	return e.Alias != ""
}

func (d *bridgeDomainDetails) value() BridgeDomain {
	return BridgeDomain{
		Number: Number{d.BdID, true}, Flood: d.Flood, UnknownUnicastFlood: d.UuFlood, Forward: d.Forward, Learn: d.Learn,
		ARPTermination: d.ArpTerm, MACAge: d.MacAge, arpForward: d.ArpUfwd,
	}
}

func unverifiedLimit(limit uint32) []string {
	if limit == 0 {
		return nil
	}
	return []string{"learnLimit"}
}

func (bridgeDomain) Compare(want, have, applied any) state.Difference {
	w, h := valueOf[BridgeDomain](want), valueOf[BridgeDomain](have)
	if w.Number.differs(h.Number) {
		return state.Difference{Change: state.Recreate, Fields: []string{"id"}}
	}
	if a, ok := applied.(BridgeDomain); ok {
		h.LearnLimit, h.noted = a.LearnLimit, true
	}
	var f fields
	f.add("flood", w.Flood != h.Flood)
	f.add("unknownUnicastFlood", w.UnknownUnicastFlood != h.UnknownUnicastFlood)
	f.add("forward", w.Forward != h.Forward)
	f.add("learn", w.Learn != h.Learn)
	f.add("arpTermination", w.ARPTermination != h.ARPTermination || w.arpForward != h.arpForward)
	f.add("macAge", w.MACAge != h.MACAge)
	f.add("learnLimit", h.noted && w.LearnLimit != h.LearnLimit)
	if len(f) == 0 {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: f}
}

func (k bridgeDomain) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Verbs{Create: k.create, Update: k.update, Delete: k.delete}.Apply(ctx, v, ops)
}

// create makes a bridge domain, with its tag at once.
func (k bridgeDomain) create(ctx context.Context, v *state.View, op *state.Op) state.Result {
	want := valueOf[BridgeDomain](op.Want)
	for taken := map[uint32]bool{}; ; {
		number := want.Number.Value
		if !want.Number.Given {
			var err error
			if number, err = k.choose(v, op.ID.Key, taken); err != nil {
				return state.Result{Err: err}
			}
		}
		there, err := oneBridgeDomain(ctx, v.Caller(), number)
		if err != nil {
			return state.Result{Err: err}
		}
		if there == nil {
			if r := k.make(ctx, v, op.ID, want, number); !refusedWith(r.Err, retDomainExists) {
				return r
			}
			continue // somebody was faster
		}
		id, ours := ourBridgeDomain(v, there)
		switch {
		case ours && id == op.ID:
			return k.change(ctx, v, op.ID, want, there.value())
		case !want.Number.Given:
			taken[number] = true
		case op.Adopt && !ours:
			return k.adopt(ctx, v, op.ID, want, there)
		default:
			return state.Result{Err: domainConflict(there)}
		}
	}
}

// make makes a bridge domain of a number. MAC addresses that were written down
// for one that is gone may be in it, since VPP does not forget them.
func (k bridgeDomain) make(ctx context.Context, v *state.View, id state.ID, want BridgeDomain, number uint32) state.Result {
	_, err := bridgeDomainSet.Call(ctx, v.Caller(), &bridgeDomainAddDel{
		BdID: number, Flood: want.Flood, UuFlood: want.UnknownUnicastFlood, Forward: want.Forward, Learn: want.Learn,
		ArpTerm: want.ARPTermination, MacAge: want.MACAge, BdTag: Mark + id.Key, IsAdd: true,
	})
	if err != nil {
		return state.Result{Err: err}
	}
	made := want
	made.Number, made.LearnLimit, made.noted = Number{number, true}, 0, true
	if err := clearLeftFIBEntries(ctx, v.Caller(), number); err != nil {
		return state.Result{Err: err, Have: made, Handle: number, HasHandle: true}
	}
	return k.change(ctx, v, id, want, made)
}

// adopt takes over a bridge domain that somebody else made.
func (k bridgeDomain) adopt(ctx context.Context, v *state.View, id state.ID, want BridgeDomain, there *bridgeDomainDetails) state.Result {
	if err := v.Ledger().Put(id, state.Entry{Alias: strconv.FormatUint(uint64(there.BdID), 10)}); err != nil {
		return state.Result{Err: err}
	}
	r := k.change(ctx, v, id, want, there.value())
	r.Reread = true // it was known under another key
	return r
}

func domainConflict(d *bridgeDomainDetails) error {
	with := fmt.Sprintf("bridge domain %d, made by somebody else,", d.BdID)
	if name, marked := strings.CutPrefix(d.BdTag, Mark); marked {
		with = fmt.Sprintf("BridgeDomain %s (%d in VPP)", name, d.BdID)
	}
	return &state.ConflictError{With: with}
}

// choose finds a number that may be free: the one it had before, or the first.
func (k bridgeDomain) choose(v *state.View, name string, taken map[uint32]bool) (uint32, error) {
	k.choosing.Lock()
	defer k.choosing.Unlock()
	id := state.ID{Kind: kindBridgeDomainNumber, Key: name}
	var kept uint32
	if e, ok := v.Ledger().Get(id); ok && json.Unmarshal(e.Data, &kept) == nil && !taken[kept] {
		return kept, nil
	}
	for n := uint32(firstOwnDomain); n <= lastDomain; n++ {
		text := strconv.FormatUint(uint64(n), 10)
		if other, noted := v.Ledger().Find(kindBridgeDomainNumber, text); taken[n] || noted && other != id {
			continue
		}
		return n, v.Ledger().Put(id, state.Entry{Alias: text, Data: json.RawMessage(text), Kept: true})
	}
	return 0, errors.New("there is no free number for a bridge domain")
}

func (k bridgeDomain) update(ctx context.Context, v *state.View, op *state.Op) state.Result {
	have := valueOf[BridgeDomain](op.Have)
	if a, ok := op.Applied.(BridgeDomain); ok {
		have.LearnLimit, have.noted = a.LearnLimit, true
	}
	return k.change(ctx, v, op.ID, valueOf[BridgeDomain](op.Want), have)
}

// change makes have into want, all but its number, and says what was reached.
func (bridgeDomain) change(ctx context.Context, v *state.View, id state.ID, want, have BridgeDomain) state.Result {
	number := have.Number.Value
	err := func() error {
		on, off := want.flags()&^have.flags(), have.flags()&^want.flags()
		if on != 0 {
			if _, err := bridgeFlags.Call(ctx, v.Caller(), &bridgeFlagsRequest{number, true, on}); err != nil {
				return err
			}
		}
		if off != 0 {
			if _, err := bridgeFlags.Call(ctx, v.Caller(), &bridgeFlagsRequest{number, false, off}); err != nil {
				return err
			}
		}
		if want.MACAge != have.MACAge {
			if _, err := bridgeMACAge.Call(ctx, v.Caller(), &bridgeMACAgeRequest{number, want.MACAge}); err != nil {
				return err
			}
		}
		if want.LearnLimit == have.LearnLimit && have.noted {
			return nil
		}
		limit := want.LearnLimit
		if limit == 0 {
			limit = defaultLearnLimit
		}
		_, err := bridgeLearnLimit.Call(ctx, v.Caller(), &bridgeLearnLimitRequest{number, limit})
		return err
	}()
	r := state.Result{Err: err, Handle: number, HasHandle: true, Unverified: unverifiedLimit(want.LearnLimit)}
	if err != nil {
		r.Have, r.Reread = have, true // some of it may have been reached
		return r
	}
	e, _ := v.Ledger().Get(id)
	e.Digest = strconv.FormatUint(uint64(want.LearnLimit), 10)
	want.Number, want.noted = have.Number, true
	r.Have, r.Err = want, v.Ledger().Put(id, e)
	return r
}

// Forget implements [state.Forgetter].
func (bridgeDomain) Forget(l *state.Ledger, id state.ID) error {
	return errors.Join(l.Delete(id), l.Delete(state.ID{Kind: kindBridgeDomainNumber, Key: id.Key}))
}

// delete takes a bridge domain away. One that was adopted stays as it is.
func (k bridgeDomain) delete(ctx context.Context, v *state.View, op *state.Op) error {
	if sharedBridgeDomain(v, op.ID.Key) {
		return k.Forget(v.Ledger(), op.ID)
	}
	there, err := oneBridgeDomain(ctx, v.Caller(), op.Handle)
	if err != nil {
		return err
	}
	if there == nil || there.BdTag != Mark+op.ID.Key {
		return k.Forget(v.Ledger(), op.ID)
	}
	_, err = bridgeDomainSet.Call(ctx, v.Caller(), &bridgeDomainAddDel{BdID: op.Handle})
	switch {
	case refusedWith(err, retDomainInUse):
		return fmt.Errorf("bridge domain %d still has ports that somebody else put there: %w", op.Handle, err)
	case err != nil && !refusedWith(err, retNoSuchEntry):
		return err
	}
	return k.Forget(v.Ledger(), op.ID)
}
