package kinds

import (
	"context"
	"fmt"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindPolicer is the kind of policers.
const KindPolicer = "Policer"

// PolicerID is the policer of a name.
func PolicerID(name string) state.ID { return state.ID{Kind: KindPolicer, Key: name} }

// Policer is the value of a policer: VPP keeps and shows all of it as it was
// given.
type Policer struct {
	// CIR and EIR are rates, in kbit/s or packets per second by Rate.
	CIR, EIR uint32
	// CB and EB are bursts, in bytes or milliseconds by Rate.
	CB, EB                   uint64
	Rate                     PolicerRate
	Round                    PolicerRound
	Type                     PolicerType
	ColorAware               bool
	Conform, Exceed, Violate PolicerAction
}

// PolicerRate is vl_api_sse2_qos_rate_type_t.
type PolicerRate uint8

// Units of rates.
const (
	PolicerKbps PolicerRate = iota
	PolicerPPS
)

// PolicerRound is vl_api_sse2_qos_round_type_t.
type PolicerRound uint8

// Roundings.
const (
	PolicerRoundClosest PolicerRound = iota
	PolicerRoundUp
	PolicerRoundDown
)

// PolicerType is vl_api_sse2_qos_policer_type_t. VPP has a number for MEF5CF1
// too, and no code.
type PolicerType uint8

// Types of policers.
const (
	Policer1R2C PolicerType = iota
	Policer1R3CRFC2697
	Policer2R3CRFC2698
	Policer2R3CRFC4115
)

// PolicerAction is what becomes of packets of a color, and the DSCP that they
// are marked with.
type PolicerAction struct {
	Type PolicerActionType
	DSCP uint8
}

// PolicerActionType is vl_api_sse2_qos_action_type_t.
type PolicerActionType uint8

// What becomes of packets.
const (
	PolicerDrop PolicerActionType = iota
	PolicerTransmit
	PolicerMarkAndTransmit
)

type policerConfig struct {
	CIR, EIR                                   uint32
	CB, EB                                     uint64
	RateType                                   PolicerRate
	RoundType                                  PolicerRound
	Type                                       PolicerType
	ColorAware                                 bool
	ConformAction, ExceedAction, ViolateAction PolicerAction
}

type policerAddRequest struct {
	Name  string
	Infos policerConfig
}

type policerUpdateRequest struct {
	PolicerIndex uint32
	Infos        policerConfig
}

type policerDelRequest struct {
	IsAdd bool
	Name  string
}

type policerIndexReply struct {
	Retval       int32
	PolicerIndex uint32
}

type policerDumpRequest struct {
	MatchNameValid bool
	MatchName      string
}

type policerIndex struct{ PolicerIndex uint32 }

type policerDetails struct {
	Name                                       string
	CIR, EIR                                   uint32
	CB, EB                                     uint64
	RateType                                   PolicerRate
	RoundType                                  PolicerRound
	Type                                       PolicerType
	ConformAction, ExceedAction, ViolateAction PolicerAction
	ColorAware                                 bool
}

var (
	policerAdd    = vpp.NewMethod[policerAddRequest, policerIndexReply]("policer_add")
	policerUpdate = vpp.NewMethod[policerUpdateRequest, retval]("policer_update")
	// policerDel is by name: the newer message is by an index, which no dump shows.
	policerDel     = vpp.NewMethod[policerDelRequest, policerIndexReply]("policer_add_del")
	policerDump    = vpp.NewMethod[policerDumpRequest, policerDetails]("policer_dump")
	policerDumpOne = vpp.NewMethod[policerIndex, policerDetails]("policer_dump_v2")
)

// pluginPolicer brings policers; VPP 24.10 itself has them.
const pluginPolicer = "policer"

// retValueExists is VPP's VALUE_EXIST.
const retValueExists int32 = -81

type policer struct{}

// NewPolicer is the kind of policers. One is ours by its name.
func NewPolicer() state.Kind { return policer{} }

func (policer) Name() string     { return KindPolicer }
func (policer) Loss() state.Loss { return state.Cleaned }

func (policer) Probe(c vpp.Caller) error {
	return probe(pluginPolicer, c, policerAdd, policerUpdate, policerDel, policerDump, policerDumpOne)
}

func (policer) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	for d, err := range policerDump.Dump(ctx, v.Caller(), &policerDumpRequest{}) {
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name, idlePolicer) {
			continue // in use for a moment, and not to be deleted then
		}
		f := state.Found{ID: PolicerID(foreignKey(d.Name)), Value: d.value()}
		if name, marked := strings.CutPrefix(d.Name, Mark); marked {
			f.ID, f.Ours = PolicerID(name), true
		}
		found(f)
	}
	return nil
}

func (d *policerDetails) value() Policer {
	return Policer{
		CIR: d.CIR, EIR: d.EIR, CB: d.CB, EB: d.EB, Rate: d.RateType, Round: d.RoundType, Type: d.Type,
		ColorAware: d.ColorAware, Conform: d.ConformAction, Exceed: d.ExceedAction, Violate: d.ViolateAction,
	}
}

func (p Policer) config() policerConfig {
	return policerConfig{
		CIR: p.CIR, EIR: p.EIR, CB: p.CB, EB: p.EB, RateType: p.Rate, RoundType: p.Round, Type: p.Type,
		ColorAware: p.ColorAware, ConformAction: p.Conform, ExceedAction: p.Exceed, ViolateAction: p.Violate,
	}
}

func (policer) Compare(want, have, _ any) state.Difference {
	w, h := valueOf[Policer](want), valueOf[Policer](have)
	var f fields
	f.add("type", w.Type != h.Type)
	f.add("rateUnit", w.Rate != h.Rate)
	f.add("cir", w.CIR != h.CIR)
	f.add("cbs", w.CB != h.CB)
	f.add("eir", w.EIR != h.EIR)
	f.add("ebs", w.EB != h.EB)
	f.add("rounding", w.Round != h.Round)
	f.add("colorAware", w.ColorAware != h.ColorAware)
	f.add("conformAction", w.Conform != h.Conform)
	f.add("exceedAction", w.Exceed != h.Exceed)
	f.add("violateAction", w.Violate != h.Violate)
	if len(f) == 0 {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: f}
}

func (k policer) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Verbs{Create: k.create, Update: k.update, Delete: k.delete}.Apply(ctx, v, ops)
}

func (k policer) create(ctx context.Context, v *state.View, op *state.Op) state.Result {
	_, err := policerAdd.Call(ctx, v.Caller(), &policerAddRequest{policerName(op.ID), valueOf[Policer](op.Want).config()})
	if refusedWith(err, retValueExists) {
		return k.update(ctx, v, op)
	}
	return state.Result{Err: err}
}

func policerName(id state.ID) string { return Mark + id.Key }

func (policer) update(ctx context.Context, v *state.View, op *state.Op) state.Result {
	index, err := findPolicer(ctx, v, policerName(op.ID))
	if err != nil {
		return state.Result{Err: err}
	}
	_, err = policerUpdate.Call(ctx, v.Caller(), &policerUpdateRequest{index, valueOf[Policer](op.Want).config()})
	return state.Result{Err: err}
}

func (policer) delete(ctx context.Context, v *state.View, op *state.Op) error {
	return deletePolicer(ctx, v, policerName(op.ID))
}

func deletePolicer(ctx context.Context, v *state.View, name string) error {
	_, err := policerDel.Call(ctx, v.Caller(), &policerDelRequest{Name: name})
	if refusedWith(err, retNoSuchEntry) {
		return nil
	}
	return err
}

// findPolicer finds the index of a policer, which VPP shows only to those who
// ask by it: indices are tried until as many were seen as there are.
func findPolicer(ctx context.Context, v *state.View, name string) (uint32, error) {
	left := 0
	there := false
	for d, err := range policerDump.Dump(ctx, v.Caller(), &policerDumpRequest{}) {
		if err != nil {
			return 0, err
		}
		left, there = left+1, there || d.Name == name
	}
	for index := uint32(0); there && left > 0 && index < maxPolicers; index++ {
		for d, err := range policerDumpOne.Dump(ctx, v.Caller(), &policerIndex{index}) {
			if err != nil {
				return 0, err
			}
			if left--; d.Name == name {
				return index, nil
			}
		}
	}
	return 0, fmt.Errorf("policer %s: %w", name, state.ErrGone)
}

// maxPolicers bounds the search among indices.
const maxPolicers = 1 << 16
