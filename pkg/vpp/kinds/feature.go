package kinds

import (
	"context"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

type featureRequest struct {
	ArcName, FeatureName string
	SwIfIndex            uint32
}

type featureReply struct {
	Retval    int32
	IsEnabled bool
}

var featureIsEnabled = vpp.NewMethod[featureRequest, featureReply]("feature_is_enabled")

// featureOn tells whether a node of a feature arc is on at an interface. An
// older VPP has no message for that and is asked on its command line; known is
// false where it does not tell. It is to be asked only of features that were
// once on at the index: of others feature_is_enabled can say true.
func featureOn(ctx context.Context, v *state.View, index uint32, arc, node string) (on, known bool, err error) {
	if featureIsEnabled.Check(v.Caller()) == nil {
		r, err := featureIsEnabled.Call(ctx, v.Caller(), &featureRequest{arc, node, index})
		if refusedByVPP(err) {
			return false, false, nil
		}
		if err != nil {
			return false, false, err
		}
		return r.IsEnabled, true, nil
	}
	d, err := oneInterface(ctx, v.Caller(), index)
	if err != nil || d == nil {
		return false, false, err
	}
	r, err := cli.Call(ctx, v.Caller(), &cliInband{Cmd: "show interface " + d.InterfaceName + " features"})
	if err != nil {
		if refusedByVPP(err) {
			return false, false, nil
		}
		return false, false, err
	}
	on, known = listsFeature(r.Reply, arc, node)
	return on, known, nil
}

// listsFeature reads text such as
//
//	ip4-unicast:
//	  ip4-rx-urpf-strict
//
// known is false where it does not name the arc.
func listsFeature(text, arc, node string) (on, known bool) {
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \r\n")
		switch {
		case line == arc+":":
			inside, known = true, true
		case strings.HasSuffix(line, ":"):
			inside = false
		case inside && strings.TrimSpace(line) == node:
			on = true
		}
	}
	return on, known
}
