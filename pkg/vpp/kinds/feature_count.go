package kinds

import (
	"context"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

type featureEnableRequest struct {
	SwIfIndex            uint32
	Enable               bool
	ArcName, FeatureName string
}

var featureEnable = vpp.NewMethod[featureEnableRequest, retval]("feature_enable_disable")

// featureCount tells how often a node is on at an interface, whatever arc it is
// on: VPP puts one there as often as it is told to, and only its command line
// shows that. known is false where it does not tell.
func featureCount(ctx context.Context, v *state.View, index uint32, node string) (n int, known bool, err error) {
	text, known, err := featuresOf(ctx, v, index)
	if err != nil || !known {
		return 0, false, err
	}
	n, known = countFeature(text, node)
	return n, known, nil
}

// countFeature reads text such as
//
//	Feature paths configured on loop0...
//
//	ip4-unicast:
//	  policer-input
//
// known is false where it is none.
func countFeature(text, node string) (n int, known bool) {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == node {
			n++
		}
	}
	return n, strings.HasPrefix(text, "Feature paths configured on ")
}

// trimFeature takes a node off an interface until it is there but keep times.
func trimFeature(ctx context.Context, v *state.View, index uint32, arc, node string, keep int) error {
	n, _, err := featureCount(ctx, v, index, node)
	for ; err == nil && n > keep; n-- {
		_, err = featureEnable.Call(ctx, v.Caller(), &featureEnableRequest{index, false, arc, node})
	}
	return err
}
