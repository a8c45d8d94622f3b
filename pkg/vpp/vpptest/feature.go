package vpptest

import (
	"slices"
	"strings"
)

// featureKind is what tells whether a node of a feature arc is on at an
// interface.
func featureKind() kind {
	return kind{
		modules: []moduleRows{{name: "feature", version: 0x30d6f180, semver: "1.0.2", rows: replyingRows(
			"feature_is_enabled", 0x55db09e2, "string arc_name[64]; string feature_name[64]; interface_index sw_if_index",
			0x03f284b5, "bool is_enabled",
		)}},
		serve: serveFeature,
	}
}

// featureArcs is what is on at which interface. It all goes with the interface,
// other than what the plugins remember that have put it on.
type featureArcs struct {
	on map[feature]int // as often as it was put on
	// known is how many interfaces an arc knows of.
	known map[string]uint32
}

// feature is a node of an arc on an interface.
type feature struct {
	sw        uint32
	arc, node string
}

// features are those of a boot.
func features(s *state) *featureArcs {
	return part(s, func(s *state) *featureArcs {
		f := &featureArcs{on: map[feature]int{}, known: map[string]uint32{}}
		s.interfaceGone = append(s.interfaceGone, func(i *swInterface) {
			for k := range f.on {
				if k.sw == i.index {
					delete(f.on, k)
				}
			}
		})
		return f
	})
}

// set puts a node on once more, or takes it off once.
func (f *featureArcs) set(sw uint32, arc, node string, on bool) {
	k := feature{sw, arc, node}
	f.known[arc] = max(f.known[arc], sw+1)
	switch {
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
	for _, arc := range []string{"ip4-output", "ip4-unicast", "ip6-output", "ip6-unicast", "interface-output", "device-input"} {
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

type (
	featureIsEnabled struct {
		ArcName, FeatureName string
		SwIfIndex            uint32
	}
	featureIsEnabledReply struct {
		Retval    int32
		IsEnabled bool
	}
)

func serveFeature(r *registry) {
	f := features(r.state)
	reply := sends[featureIsEnabledReply](r, "feature_is_enabled_reply")
	on(r, "feature_is_enabled", func(c *call, m *featureIsEnabled) {
		if r.state.interfaces.pool.get(m.SwIfIndex) == nil {
			reply.send(c, &featureIsEnabledReply{Retval: retInvalidSwIfIndex})
			return
		}
		// VPP takes the error for a yes where the arc does not know the interface.
		enabled := m.SwIfIndex >= f.known[m.ArcName] || f.on[feature{m.SwIfIndex, m.ArcName, m.FeatureName}] > 0
		reply.send(c, &featureIsEnabledReply{IsEnabled: enabled})
	})
}
