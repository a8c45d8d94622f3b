package kinds

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindPortMirror is the kind of port mirrors.
const KindPortMirror = "PortMirror"

// PortMirrorID is the mirror of an interface's packets on another, at the level
// of the device or, with l2, of bridging.
func PortMirrorID(source, destination string, l2 bool) state.ID {
	return state.ID{Kind: KindPortMirror, Key: source + " " + destination + " " + mirrorLevel(l2)}
}

// PortMirror is the value of a mirror.
type PortMirror struct {
	Direction Directions
	// lost says, of what was read, that VPP shows it and does not do it.
	lost bool
}

func mirrorLevel(l2 bool) string {
	if l2 {
		return "l2"
	}
	return "device"
}

type spanRequest struct {
	SwIfIndexFrom, SwIfIndexTo uint32
	State                      uint32
	IsL2                       bool
}

type spanDumpRequest struct{ IsL2 bool }

var (
	spanSet  = vpp.NewMethod[spanRequest, retval]("sw_interface_span_enable_disable")
	spanDump = vpp.NewMethod[spanDumpRequest, spanRequest]("sw_interface_span_dump")
)

// portMirror is the feature: SPAN.
type portMirror struct{}

// NewPortMirror is the kind of port mirrors.
func NewPortMirror() state.Kind { return newBinding(portMirror{}) }

func (portMirror) Name() string { return KindPortMirror }
func (portMirror) ends() int    { return 2 }

func (portMirror) describe(key string) string {
	words := strings.Fields(key)
	if len(words) != 3 {
		return KindPortMirror + " " + key
	}
	return fmt.Sprintf("mirror of Interface %s on %s, level %s", words[0], words[1], words[2])
}

func (portMirror) Probe(c vpp.Caller) error { return probe("", c, spanSet, spanDump) }

// offWithoutInterface implements [remover].
func (portMirror) offWithoutInterface() {}

// PortMirrorItem is a mirror of an interface on another.
func PortMirrorItem(source, destination string, l2 bool, value PortMirror) state.Item {
	id := PortMirrorID(source, destination, l2)
	return state.Item{ID: id, Value: value, Needs: portMirror{}.needs(id.Key, value)}
}

func (portMirror) needs(key string, _ PortMirror) []state.ID {
	words := strings.Fields(key)
	return []state.ID{InterfaceID(words[0]), InterfaceID(words[1])}
}

// shown asks of each mirror at the level of bridging whether it is in force:
// when an interface leaves its bridge domain VPP forgets, and shows it still.
func (k portMirror) shown(ctx context.Context, v *state.View, index uint32, found func(at place, value PortMirror)) error {
	for _, l2 := range []bool{false, true} {
		list, err := dump(ctx, v.Caller(), spanDump, &spanDumpRequest{l2})
		if err != nil {
			return err
		}
		for _, d := range list {
			if index != noIndex && d.SwIfIndexFrom != index {
				continue
			}
			at := on2(d.SwIfIndexFrom, d.SwIfIndexTo, mirrorLevel(l2))
			value := PortMirror{Direction: Directions(d.State)}
			if l2 {
				features, known, err := featuresOf(ctx, v, d.SwIfIndexFrom)
				if err != nil {
					return err
				}
				value.lost = known && !value.armedIn(features)
			}
			found(at, value)
		}
	}
	return nil
}

// l2Mirrors names the kind of mirrors where there is one of an interface at the
// level of bridging: VPP forgets it when it bridges or connects the interface, or
// does so no more.
func l2Mirrors(v *state.View, ifaces ...string) []string {
	for _, id := range v.Ledger().All(KindPortMirror) {
		words := strings.Fields(id.Key)
		if len(words) == 3 && words[2] == mirrorLevel(true) && slices.Contains(ifaces, words[0]) {
			return []string{KindPortMirror}
		}
	}
	return nil
}

func (portMirror) compare(want, have PortMirror) state.Difference {
	switch {
	case have.lost:
		return state.Difference{Change: state.Recreate, Fields: []string{"presence"}}
	case want.Direction != have.Direction:
		return state.Difference{Change: state.InPlace, Fields: []string{"direction"}}
	}
	return state.Difference{}
}

func (k portMirror) on(ctx context.Context, v *state.View, at place, want PortMirror) error {
	return k.set(ctx, v, at, want.Direction)
}

func (k portMirror) off(ctx context.Context, v *state.View, at place) error {
	return k.set(ctx, v, at, 0)
}

func (portMirror) set(ctx context.Context, v *state.View, at place, d Directions) error {
	_, err := spanSet.Call(ctx, v.Caller(), &spanRequest{at.Index, at.Other, uint32(d), at.Rest == mirrorLevel(true)})
	return err
}

// inForce says no of the level of bridging: what VPP does there goes on at the
// index when the interface is another, and is still what was left behind.
func (portMirror) inForce(ctx context.Context, v *state.View, at place, shown PortMirror) (on, known bool, err error) {
	if at.Rest == mirrorLevel(true) {
		return false, true, nil
	}
	if shown.Direction&DirectionRx != 0 {
		on, known, err = featureOn(ctx, v, at.Index, "device-input", "span-input")
	}
	if shown.Direction&DirectionTx != 0 && (shown.Direction == DirectionTx || on && err == nil) {
		on, known, err = featureOn(ctx, v, at.Index, "interface-output", "span-output")
	}
	return on, known, err
}

// onFrames implements [frameBinding].
func (portMirror) onFrames(at place) bool { return at.Rest == mirrorLevel(true) }

// armed implements [frameBinding].
//
//nolint:unparam // an error is for those that have to ask
func (portMirror) armed(_ context.Context, _ *state.View, features string, _ place, value PortMirror) (bool, error) {
	return value.armedIn(features), nil
}

// armedIn tells by the features of a mirror's source whether VPP mirrors at the
// level of bridging, and yes where it does not name that.
func (m PortMirror) armedIn(features string) bool {
	rx, rxKnown := listsFeature(features, arcFrameInput, "SPAN")
	tx, txKnown := listsFeature(features, arcFrameOutput, "SPAN")
	return (rx || !rxKnown || m.Direction&DirectionRx == 0) && (tx || !txKnown || m.Direction&DirectionTx == 0)
}
