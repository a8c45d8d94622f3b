package controllers

import (
	"net/netip"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func TestCompilePolicyRoute(t *testing.T) {
	t.Parallel()
	ids := []state.ID{kinds.PolicyRouteID("p"), kinds.PolicyRouteInterfaceID("lan", "p")}
	lan := []v1alpha1.PolicyRouteInterface{{Interface: "lan", Priority: 7}}
	hop := netip.MustParseAddr
	for name, tc := range map[string]struct {
		spec  v1alpha1.PolicyRouteSpec
		want  []kinds.Path
		needs []state.ID
		wrong string
	}{
		"drop": {v1alpha1.PolicyRouteSpec{AccessList: "l", Family: "IPv6", Action: "Drop", Interfaces: lan},
			[]kinds.Path{{Type: kinds.PathDrop}}, []state.ID{kinds.AccessListID("l"), kinds.VRFID("default", true)}, ""},
		"lookup": {v1alpha1.PolicyRouteSpec{AccessList: "l", Family: "IPv4", LookupVRF: "blue", Interfaces: lan},
			[]kinds.Path{{Type: kinds.PathLookup, VRF: "blue"}}, []state.ID{kinds.AccessListID("l"), kinds.VRFID("default", false), kinds.VRFID("blue", false)}, ""},
		"paths": {v1alpha1.PolicyRouteSpec{AccessList: "l", Family: "IPv4", Interfaces: lan, Paths: []v1alpha1.ForwardingPath{
			{NextHop: "192.0.2.1"}, {NextHop: "192.0.2.1", Interface: "wan", Weight: 3}, {NextHop: "192.0.2.1", NextHopVRF: "blue"}}},
			[]kinds.Path{{NextHop: hop("192.0.2.1"), VRF: "default"}, {NextHop: hop("192.0.2.1"), Interface: "wan", Weight: 3}, {NextHop: hop("192.0.2.1"), VRF: "blue"}},
			[]state.ID{kinds.AccessListID("l"), kinds.VRFID("default", false), kinds.VRFID("blue", false), kinds.InterfaceID("wan")}, ""},

		"no list":          {spec: v1alpha1.PolicyRouteSpec{Family: "IPv4", Action: "Drop"}, wrong: "spec.accessList"},
		"no family":        {spec: v1alpha1.PolicyRouteSpec{AccessList: "l", Action: "Drop"}, wrong: "spec.family"},
		"no way":           {spec: v1alpha1.PolicyRouteSpec{AccessList: "l", Family: "IPv4"}, wrong: "spec.paths"},
		"action":           {spec: v1alpha1.PolicyRouteSpec{AccessList: "l", Family: "IPv4", Action: "Local"}, wrong: "spec.action"},
		"the other family": {spec: v1alpha1.PolicyRouteSpec{AccessList: "l", Family: "IPv6", Paths: []v1alpha1.ForwardingPath{{NextHop: "192.0.2.1"}}}, wrong: "spec.paths[0].nextHop"},
		"a path twice": {spec: v1alpha1.PolicyRouteSpec{AccessList: "l", Family: "IPv6", Paths: []v1alpha1.ForwardingPath{
			{NextHop: "2001:db8::1", Weight: 1}, {NextHop: "2001:db8:0::1", NextHopVRF: "default", Weight: 2, Preference: 5}}}, wrong: "spec.paths[1]: Duplicate"},
		"an interface twice": {spec: v1alpha1.PolicyRouteSpec{AccessList: "l", Family: "IPv4", Action: "Drop", Interfaces: slices.Repeat(lan, 2)},
			wrong: "spec.interfaces[1]: Duplicate"},
	} {
		items, err := compilePolicyRoute(&v1alpha1.PolicyRoute{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Spec: tc.spec})
		if tc.wrong != "" {
			check(t, name, items, err, nil, tc.wrong)
			continue
		}
		check(t, name, items, err, ids, "")
		p := items[0].Value.(kinds.PolicyRoute)
		if !p.Paths.Equal(kinds.NewPaths(tc.want...)) || p.AccessList != "l" || p.IP6 != (tc.spec.Family == "IPv6") {
			t.Errorf("%s: %+v, paths %+v", name, p, p.Paths)
		}
		got, want := slices.Clone(items[0].Needs), slices.Clone(tc.needs)
		for _, list := range [][]state.ID{got, want} {
			slices.SortFunc(list, func(a, b state.ID) int {
				return len(a.String())*1000 - len(b.String())*1000 + int(a.Key[0]) - int(b.Key[0])
			})
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: needs %v, want %v", name, got, want)
		}
		if items[1].Value != (kinds.PolicyRouteInterface{IP6: p.IP6, Priority: 7}) ||
			!slices.Equal(items[1].Needs, []state.ID{kinds.InterfaceID("lan"), kinds.PolicyRouteID("p")}) {
			t.Errorf("%s: %+v", name, items[1])
		}
	}
}

func TestReportPolicyRoute(t *testing.T) {
	t.Parallel()
	var status v1alpha1.PolicyRouteStatus
	reportPolicyRoute(&status, slices.Values([]state.ItemReport{
		{ID: kinds.PolicyRouteID("p"), Reason: state.Programmed, Handle: 1 << 30, HasHandle: true},
		{ID: kinds.PolicyRouteInterfaceID("lan", "p"), Reason: state.Programmed},
		{ID: kinds.PolicyRouteInterfaceID("dmz", "p"), Reason: state.Waiting, Message: "waits for Interface dmz"},
	}))
	if status.PolicyID == nil || *status.PolicyID != 1<<30 || status.Attached != 1 || len(status.PendingInterfaces) != 1 ||
		status.PendingInterfaces[0] != (v1alpha1.AppliedInterfaceStatus{Interface: "dmz", Reason: "WaitingForDependency", Message: "waits for Interface dmz"}) {
		t.Errorf("status %+v", status)
	}
}
