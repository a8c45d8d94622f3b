package kinds

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindDet44Map is the kind of deterministic NAT's maps.
const KindDet44Map = "DeterministicNATMap"

// Det44MapItem is a map of an inside prefix to an outside one, of the
// deterministic NAT of a name.
func Det44MapItem(nat string, inside, outside netip.Prefix) state.Item {
	return state.Item{ID: det44MapID(inside, outside), Value: natOn(nat), Needs: []state.ID{Det44ID(nat)}}
}

func det44MapID(inside, outside netip.Prefix) state.ID {
	return state.ID{Kind: KindDet44Map, Key: inside.String() + " " + outside.String()}
}

type det44MapRequest struct {
	IsAdd   bool
	InAddr  netip.Addr
	InPlen  uint8
	OutAddr netip.Addr
	OutPlen uint8
}

type det44MapDetails struct {
	InAddr  netip.Addr
	InPlen  uint8
	OutAddr netip.Addr
	OutPlen uint8
}

func (d *det44MapDetails) prefixes() (inside, outside netip.Prefix) {
	return netip.PrefixFrom(d.InAddr, int(d.InPlen)), netip.PrefixFrom(d.OutAddr, int(d.OutPlen))
}

var (
	det44MapAddDel = vpp.NewMethod[det44MapRequest, retval]("det44_add_del_map")
	det44MapDump   = vpp.NewMethod[nothing, det44MapDetails]("det44_map_dump")
)

type det44Map struct{}

// NewDet44Map is the kind of deterministic NAT's maps. VPP cannot mark them: ours
// are those in the ledger.
func NewDet44Map() state.Kind { return det44Map{} }

func (det44Map) Name() string     { return KindDet44Map }
func (det44Map) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (det44Map) Describe(key string) string {
	inside, outside, _ := strings.Cut(key, " ")
	return fmt.Sprintf("deterministic NAT of %s to %s", inside, outside)
}

func (det44Map) Probe(c vpp.Caller) error { return probe(pluginDet44, c, det44MapAddDel, det44MapDump) }

func (det44Map) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	for d, err := range det44MapDump.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return err
		}
		inside, outside := d.prefixes()
		item := Det44MapItem(natName(v, KindDet44), inside, outside)
		f := state.Found{ID: item.ID, Value: item.Value, Needs: item.Needs}
		_, f.Ours = v.Ledger().Get(f.ID)
		found(f)
	}
	return nil
}

// Compare finds no difference: all of a map is in its key.
func (det44Map) Compare(any, any, any) state.Difference { return state.Difference{} }

func (k det44Map) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result { return state.Result{Err: k.apply(ctx, v, op)} })
}

func (k det44Map) apply(ctx context.Context, v *state.View, op *state.Op) error {
	inside, outside, err := det44Prefixes(op.ID.Key)
	if err != nil {
		return err
	}
	q := det44MapRequest{
		IsAdd: op.Verb != state.Delete, InAddr: inside.Addr(), InPlen: uint8(inside.Bits()),
		OutAddr: outside.Addr(), OutPlen: uint8(outside.Bits()),
	}
	if op.Verb == state.Delete {
		_, err := det44MapAddDel.Call(ctx, v.Caller(), &q)
		if err != nil && !refusedWith(err, retNoSuchEntry) {
			return err
		}
		return v.Ledger().Delete(op.ID)
	}
	_, noted := v.Ledger().Get(op.ID)
	if !noted && !op.Adopt {
		if err := k.overlaps(ctx, v, inside, outside); err != nil {
			return err
		}
	}
	if err := v.Ledger().Put(op.ID, state.Entry{}); err != nil {
		return err
	}
	_, err = det44MapAddDel.Call(ctx, v.Caller(), &q)
	if refusedWith(err, retValueExists) {
		return nil
	}
	if err != nil && !outcomeUnknown(err) && !noted {
		err = joined(err, v.Ledger().Delete(op.ID))
	}
	return err
}

func det44Prefixes(key string) (inside, outside netip.Prefix, err error) {
	in, out, _ := strings.Cut(key, " ")
	if inside, err = netip.ParsePrefix(in); err != nil {
		return inside, outside, err
	}
	outside, err = netip.ParsePrefix(out)
	return inside, outside, err
}

// overlaps looks for a map of somebody else's that has addresses in common,
// which VPP takes without a word. Ours do not overlap.
func (det44Map) overlaps(ctx context.Context, v *state.View, inside, outside netip.Prefix) (conflict error) {
	for d, err := range det44MapDump.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return err
		}
		in, out := d.prefixes()
		if _, ours := v.Ledger().Get(det44MapID(in, out)); !ours && (in.Overlaps(inside) || out.Overlaps(outside)) {
			conflict = &state.ConflictError{With: fmt.Sprintf("map of %s to %s, made by somebody else,", in, out)}
		}
	}
	return conflict
}
