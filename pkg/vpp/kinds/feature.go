package kinds

import (
	"context"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// featureOn tells whether a node of a feature arc is on at an interface, or, in
// the arcs l2-input and l2-output, what has a name there and no node. known is
// false where this VPP does not tell. It is asked on its command line: not all
// have feature_is_enabled, and that of 26.06 answers without the context of the
// request, so that nobody gets the reply.
func featureOn(ctx context.Context, v *state.View, index uint32, arc, node string) (on, known bool, err error) {
	text, known, err := featuresOf(ctx, v, index)
	if err != nil || !known {
		return false, false, err
	}
	on, known = listsFeature(text, arc, node)
	return on, known, nil
}

// featuresOf is what the command line says of the features of an interface. known
// is false where it does not tell, or there is no such interface.
func featuresOf(ctx context.Context, v *state.View, index uint32) (text string, known bool, err error) {
	d, err := oneInterface(ctx, v.Caller(), index)
	if err != nil || d == nil {
		return "", false, err
	}
	r, err := cli.Call(ctx, v.Caller(), &cliInband{Cmd: "show interface " + d.InterfaceName + " features"})
	if refusedByVPP(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return r.Reply, true, nil
}

// listsFeature reads text such as
//
//	ip4-unicast:
//	  ip4-rx-urpf-strict
//
//	l2-input:
//	             SPAN (span-l2-input)
//
// known is false where it does not name the arc.
func listsFeature(text, arc, node string) (on, known bool) {
	inside := false
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == arc+":":
			inside, known = true, true
		case strings.HasSuffix(words[0], ":"):
			inside = false
		case inside && words[0] == node:
			on = true
		}
	}
	return on, known
}
