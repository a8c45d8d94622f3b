package vpp_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// TestGuardRelease: what only an old VPP dies of is sent to a new one, which is
// asked for its release once.
func TestGuardRelease(t *testing.T) {
	t.Parallel()
	const route = `{"is_add": 1, "route": {"table_id": 7, "paths": [{"type": "FIB_API_PATH_TYPE_ICMP_UNREACH"}]}}`
	for version, dies := range map[string]bool{
		"24.10-release": true, "25.10-rc2~3-g0123456": true, "unknown": true, "": true,
		"26.02-rc1": false, "26.06-release": false, "27.02-rc0~12-g0123456": false,
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			v, socket := newScripted(t, guardAPI, func(request string, _ map[string]any) []answer {
				if request == "show_version" {
					return []answer{{"show_version_reply", map[string]any{"version": version}}}
				}
				return []answer{{request + "_reply", nil}}
			})
			s := dial(t, socket, noState)
			for range 3 {
				err := guardedCall(t, s, "ip_route_add_del_v2", route)
				if errors.Is(err, vpp.ErrGuarded) != dies || !dies && err != nil {
					t.Errorf("VPP %q: %v", version, err)
				}
				if old := strings.HasPrefix(version, "2") && dies; errors.Is(err, vpp.ErrTooOld) != old {
					t.Errorf("VPP %q: too old is %v, want %v: %v", version, !old, old, err)
				}
			}
			asked := v.asked()
			if sent := slices.Contains(asked, "ip_route_add_del_v2"); sent == dies {
				t.Errorf("VPP %q was sent the route: %v", version, sent)
			}
			looks := len(asked) - len(slices.DeleteFunc(slices.Clone(asked), func(m string) bool { return m == "show_version" }))
			if known := version != "" && version != "unknown"; known && looks != 1 {
				t.Errorf("VPP %q was asked %d times for its release", version, looks)
			}
		})
	}
}
