package kinds

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// frameFeature is a kind of what VPP does to packets that are switched too. VPP
// turns that off when an interface leaves its bridge domain or its cross-connect,
// and goes on showing it. What is turned on while the interface is routed is on
// when it is switched.
type frameFeature interface {
	// rearm turns on again what VPP has turned off at a sw_if_index. What is on
	// stays on meanwhile.
	rearm(ctx context.Context, v *state.View, index uint32) error
}

// frameFeatures are the kinds of what VPP does to frames.
type frameFeatures []frameFeature

// of are those among kinds.
func (l *frameFeatures) of(kinds []state.Kind) {
	for _, k := range kinds {
		if f, ok := k.(frameFeature); ok {
			*l = append(*l, f)
		}
	}
}

// rearm is called before an interface is switched: no frame is to pass by what
// should stop it.
func (l *frameFeatures) rearm(ctx context.Context, v *state.View, index uint32) error {
	for _, f := range *l {
		if err := f.rearm(ctx, v, index); err != nil {
			return err
		}
	}
	return nil
}

// Arcs of what VPP does to frames; it shows names there, not nodes.
const (
	arcFrameInput  = "l2-input"
	arcFrameOutput = "l2-output"
)

// framesPass tells by the features of an interface whether it is switched.
func framesPass(features string) bool {
	on, _ := listsFeature(features, arcFrameOutput, "OUTPUT")
	return on
}

// frameBinding is a feature that works on frames, or has a part that does.
type frameBinding[V any] interface {
	// onFrames tells whether a binding has such a part.
	onFrames(at place) bool
	// armed tells by the features of its interface whether that is on. It says
	// yes where this VPP has no such part.
	armed(ctx context.Context, v *state.View, features string, at place, value V) (bool, error)
}

// rearm implements [frameFeature].
func (b *binding[V]) rearm(ctx context.Context, v *state.View, index uint32) error {
	f, ok := b.feature.(frameBinding[V])
	if !ok || b.Probe(v.Caller()) != nil {
		return nil // without the messages there is none
	}
	defer b.lock(on1(index, ""))()
	there, err := b.onFramesAt(ctx, v, f, index)
	if err != nil || len(there) == 0 {
		return err
	}
	if on, known, err := armedAll(ctx, v, f, index, there); on && known || err != nil {
		return err
	}
	return b.again(ctx, v, there)
}

// put puts a binding on, where it is off, or changes it. VPP turns to frames with
// the first binding of an interface: where it has forgotten, and shows another
// still, one more turns nothing on, and all of them are put on anew.
func (b *binding[V]) put(ctx context.Context, v *state.View, at place, want V) error {
	if err := b.on(ctx, v, at, want); err != nil {
		return err
	}
	f, ok := b.feature.(frameBinding[V])
	if !ok || !f.onFrames(at) {
		return nil
	}
	if on, known, err := armedAll(ctx, v, f, at.Index, map[place]V{at: want}); on || !known || err != nil {
		return err
	}
	there, err := b.onFramesAt(ctx, v, f, at.Index)
	if err != nil {
		return err
	}
	return b.again(ctx, v, there, at)
}

// armedAll tells whether VPP does to the frames of an interface what bindings
// say. known is false where it does not tell.
func armedAll[V any](
	ctx context.Context, v *state.View, f frameBinding[V], index uint32, there map[place]V,
) (on, known bool, err error) {
	features, known, err := featuresOf(ctx, v, index)
	if err != nil || !known {
		return false, false, err
	}
	for at, value := range there {
		if on, err := f.armed(ctx, v, features, at, value); !on || err != nil {
			return false, true, err
		}
	}
	return true, true, nil
}

// again takes bindings off and puts on those that were not left behind, and those
// that are wanted now.
func (b *binding[V]) again(ctx context.Context, v *state.View, there map[place]V, wanted ...place) error {
	for at := range there {
		if err := b.off(ctx, v, at); err != nil {
			return err
		}
	}
	for at, value := range there {
		if b.isLeft(v, at) && !slices.Contains(wanted, at) {
			continue
		}
		if err := b.on(ctx, v, at, value); err != nil {
			return err
		}
	}
	return nil
}

// onFramesAt are the bindings at an index that work on frames.
func (b *binding[V]) onFramesAt(ctx context.Context, v *state.View, f frameBinding[V], index uint32) (map[place]V, error) {
	there, err := b.boundAt(ctx, v, index)
	maps.DeleteFunc(there, func(at place, _ V) bool { return !f.onFrames(at) })
	return there, err
}

// boundAt is what is on at an index: what VPP shows, or what the ledger says
// where it shows nothing.
func (b *binding[V]) boundAt(ctx context.Context, v *state.View, index uint32) (map[place]V, error) {
	there := map[place]V{}
	if _, blind := b.feature.(unseen); !blind {
		shown, err := b.look(ctx, v, index)
		for at, value := range shown {
			there[at] = *value
		}
		return there, err
	}
	for _, id := range v.Ledger().All(b.Name()) {
		n, ok := placeNote(v, id)
		if !ok || n.At.Index != index || !n.isOf(v) {
			continue
		}
		var value V
		if err := json.Unmarshal(n.Value, &value); err != nil {
			return nil, err
		}
		there[n.At] = value
	}
	return there, nil
}
