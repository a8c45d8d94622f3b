package controllers

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func TestCompileL3CrossConnect(t *testing.T) {
	t.Parallel()
	to := func(paths ...v1alpha1.ForwardingPath) *v1alpha1.L3CrossConnectFamily {
		return &v1alpha1.L3CrossConnectFamily{Paths: paths}
	}
	hop4, hop6 := v1alpha1.ForwardingPath{NextHop: "192.0.2.1"}, v1alpha1.ForwardingPath{NextHop: "2001:db8::1", Interface: "wan"}
	four, six := kinds.L3CrossConnectID("lan", false), kinds.L3CrossConnectID("lan", true)
	for name, tc := range map[string]struct {
		spec  v1alpha1.L3CrossConnectSpec
		want  []state.ID
		wrong string
	}{
		"IPv4":          {v1alpha1.L3CrossConnectSpec{IPv4: to(hop4)}, []state.ID{four}, ""},
		"both families": {v1alpha1.L3CrossConnectSpec{IPv4: to(hop4), IPv6: to(hop6)}, []state.ID{four, six}, ""},
		"none":          {v1alpha1.L3CrossConnectSpec{}, nil, "spec.ipv4"},
		"no path":       {v1alpha1.L3CrossConnectSpec{IPv6: to()}, nil, "spec.ipv6.paths"},
		"a path twice":  {v1alpha1.L3CrossConnectSpec{IPv4: to(hop4, v1alpha1.ForwardingPath{NextHop: "192.0.2.1", Weight: 2})}, nil, "spec.ipv4.paths[1]"},
		"wrong family":  {v1alpha1.L3CrossConnectSpec{IPv4: to(hop4), IPv6: to(hop4)}, nil, "spec.ipv6.paths[0].nextHop"},
		"nowhere":       {v1alpha1.L3CrossConnectSpec{IPv4: to(v1alpha1.ForwardingPath{Weight: 1})}, nil, "spec.ipv4.paths[0]"},
	} {
		tc.spec.Interface = "lan"
		items, err := compileL3CrossConnect(&v1alpha1.L3CrossConnect{Spec: tc.spec})
		check(t, name, items, err, tc.want, tc.wrong)
	}
	items, err := compileL3CrossConnect(&v1alpha1.L3CrossConnect{Spec: v1alpha1.L3CrossConnectSpec{
		Interface: "lan", IPv4: to(hop4, v1alpha1.ForwardingPath{Interface: "wan", Preference: 1}), IPv6: to(hop6), Adopt: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := kinds.NewPaths(kinds.Path{NextHop: netip.MustParseAddr("192.0.2.1"), VRF: "default"}, kinds.Path{Interface: "wan", Preference: 1})
	if !items[0].Value.(kinds.L3CrossConnect).Paths.Equal(want) || !items[0].Adopt || !items[1].Adopt ||
		!slices.Equal(items[0].Needs, []state.ID{kinds.InterfaceID("lan"), kinds.VRFID("default", false), kinds.InterfaceID("wan")}) ||
		!slices.Equal(items[1].Needs, []state.ID{kinds.InterfaceID("lan"), kinds.VRFID("default", true), kinds.InterfaceID("wan")}) ||
		!slices.Equal(items[1].Claims, []string{kinds.RoutedClaim("lan", true)}) {
		t.Errorf("items %+v", items)
	}
	status := v1alpha1.L3CrossConnectStatus{Families: []v1alpha1.IPFamily{v1alpha1.IPv4}}
	reportL3CrossConnect(&status, slices.Values([]state.ItemReport{{ID: four}, {ID: six, Have: items[1].Value}}))
	if !slices.Equal(status.Families, []v1alpha1.IPFamily{v1alpha1.IPv6}) {
		t.Errorf("families %v", status.Families)
	}
}
