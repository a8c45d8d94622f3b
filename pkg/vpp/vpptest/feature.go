package vpptest

import (
	"slices"
	"strings"
)

// featureArcs is what is on at which interface. It goes with the interface, other
// than what the plugins remember that have put it on; what is on at the level of
// bridging stays at the index.
type featureArcs struct {
	on map[feature]int // as often as it was put on
}

// feature is a node of an arc on an interface.
type feature struct {
	sw        uint32
	arc, node string
}

// features are those of a boot.
func features(s *state) *featureArcs {
	return part(s, func(s *state) *featureArcs {
		f := &featureArcs{on: map[feature]int{}}
		s.interfaceGone = append(s.interfaceGone, func(i *swInterface) {
			for k := range f.on {
				if k.sw == i.index && !strings.HasPrefix(k.arc, "l2-") {
					delete(f.on, k)
				}
			}
		})
		return f
	})
}

// Arcs of what is done to frames: what is on is a bit, however often it was put on.
const (
	arcFrameInput  = "l2-input"
	arcFrameOutput = "l2-output"
)

// wipeFrames turns off all that is done to the frames of an interface.
func (f *featureArcs) wipeFrames(sw uint32) {
	for k := range f.on {
		if k.sw == sw && (k.arc == arcFrameInput || k.arc == arcFrameOutput) {
			delete(f.on, k)
		}
	}
}

// set puts a node on once more, or takes it off once.
func (f *featureArcs) set(sw uint32, arc, node string, on bool) {
	k := feature{sw, arc, node}
	switch {
	case on && (arc == arcFrameInput || arc == arcFrameOutput):
		f.on[k] = 1
	case on:
		f.on[k]++
	case f.on[k] > 1:
		f.on[k]--
	default:
		delete(f.on, k)
	}
}

// show is what the command line says of an interface.
func (f *featureArcs) show(i *swInterface) string {
	var text strings.Builder
	text.WriteString("Feature paths configured on " + i.fullName() + "...\n")
	for _, arc := range []string{"ip4-output", "ip4-unicast", "ip6-output", "ip6-unicast", "interface-output", "device-input", "port-rx-eth", "l2-input", "l2-output"} {
		var nodes []string
		for k, times := range f.on {
			if k.sw == i.index && k.arc == arc {
				nodes = append(nodes, slices.Repeat([]string{"  " + k.node}, times)...)
			}
		}
		if len(nodes) == 0 {
			nodes = []string{"  none configured"}
		}
		slices.Sort(nodes)
		text.WriteString("\n" + arc + ":\n" + strings.Join(nodes, "\n") + "\n")
	}
	return text.String()
}
