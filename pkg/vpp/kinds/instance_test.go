package kinds_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
)

func TestReadInstance(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		s, err := vpp.Dial(t.Context(), vpp.Options{Socket: socket})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		i, err := kinds.ReadInstance(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if i.Version == "" || i.BuildDate == "" || i.PID == 0 || i.Messages < 100 {
			t.Errorf("instance %+v", i)
		}
		if i.Messages < 500 {
			return // the simulated one has no plugins to show
		}
		for _, plugin := range []string{"memif", "acl", "gre"} {
			if !slices.Contains(i.Plugins, plugin) {
				t.Errorf("no plugin %s among %q", plugin, i.Plugins)
			}
		}
		if !slices.IsSorted(i.Plugins) {
			t.Errorf("plugins are not in order: %q", i.Plugins)
		}
		if slices.ContainsFunc(i.Plugins, func(p string) bool { return strings.ContainsAny(p, " \r\n.:") }) {
			t.Errorf("plugins %q", i.Plugins)
		}
	})
}
