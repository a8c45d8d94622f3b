package controllers

import (
	"slices"
	"testing"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func TestCompileReversePathFilter(t *testing.T) {
	t.Parallel()
	check4 := func(mode v1alpha1.ReversePathMode, vrf v1alpha1.ObjectName) *v1alpha1.ReversePathFamily {
		return &v1alpha1.ReversePathFamily{Rx: &v1alpha1.ReversePathCheck{Mode: mode, VRF: vrf}}
	}
	for name, tc := range map[string]struct {
		spec  v1alpha1.ReversePathFilterSpec
		want  []state.ID
		wrong string
	}{
		"one": {v1alpha1.ReversePathFilterSpec{Interface: "wan", IPv4: check4("Strict", "")}, []state.ID{kinds.ReversePathFilterID("wan", false, false)}, ""},
		"both families": {v1alpha1.ReversePathFilterSpec{
			Interface: "wan", IPv4: check4("Loose", "blue"), IPv6: &v1alpha1.ReversePathFamily{Tx: &v1alpha1.ReversePathCheck{Mode: "Strict"}},
		}, []state.ID{kinds.ReversePathFilterID("wan", false, false), kinds.ReversePathFilterID("wan", true, true)}, ""},
		"none":         {v1alpha1.ReversePathFilterSpec{Interface: "wan", IPv4: &v1alpha1.ReversePathFamily{}}, nil, "spec.ipv4"},
		"unknown mode": {v1alpha1.ReversePathFilterSpec{Interface: "wan", IPv6: check4("Feasible", "")}, nil, "spec.ipv6.rx.mode"},
	} {
		items, err := compileReversePathFilter(&v1alpha1.ReversePathFilter{Spec: tc.spec})
		check(t, name, items, err, tc.want, tc.wrong)
	}
	items, err := compileReversePathFilter(&v1alpha1.ReversePathFilter{
		Spec: v1alpha1.ReversePathFilterSpec{Interface: "wan", IPv6: check4("Loose", "blue"), Adopt: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	if items[0].Value != (kinds.ReversePathFilter{Mode: kinds.ReversePathLoose, VRF: "blue"}) || !items[0].Adopt ||
		!slices.Equal(items[0].Needs, []state.ID{kinds.InterfaceID("wan"), kinds.VRFID("blue", true)}) {
		t.Errorf("items %+v", items)
	}
	var status v1alpha1.ReversePathFilterStatus
	reportReversePathFilter(&status, slices.Values([]state.ItemReport{
		{ID: kinds.ReversePathFilterID("wan", true, true), Have: kinds.ReversePathFilter{Mode: kinds.ReversePathStrict}},
		{ID: kinds.ReversePathFilterID("wan", false, false)},
	}))
	if want := []v1alpha1.ReversePathFilterState{{Family: "IPv6", Direction: "Tx", Mode: "Strict"}}; !slices.Equal(status.Filters, want) {
		t.Errorf("filters %+v", status.Filters)
	}
}

func TestCompileMSSClamp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spec  v1alpha1.MSSClampSpec
		want  kinds.MSSClamp
		wrong string
	}{
		"both by default": {v1alpha1.MSSClampSpec{IPv4: &v1alpha1.FamilyMSSClamp{MSS: 1400}},
			kinds.MSSClamp{IPv4: kinds.FamilyMSSClamp{MSS: 1400, Direction: kinds.DirectionBoth}}, ""},
		"IPv6 sent": {v1alpha1.MSSClampSpec{IPv6: &v1alpha1.FamilyMSSClamp{MSS: 1300, Direction: "Tx"}},
			kinds.MSSClamp{IPv6: kinds.FamilyMSSClamp{MSS: 1300, Direction: kinds.DirectionTx}}, ""},
		"none":              {v1alpha1.MSSClampSpec{}, kinds.MSSClamp{}, "spec.ipv4"},
		"no size":           {v1alpha1.MSSClampSpec{IPv6: &v1alpha1.FamilyMSSClamp{}}, kinds.MSSClamp{}, "spec.ipv6.mss"},
		"too large":         {v1alpha1.MSSClampSpec{IPv4: &v1alpha1.FamilyMSSClamp{MSS: 65536}}, kinds.MSSClamp{}, "spec.ipv4.mss"},
		"unknown direction": {v1alpha1.MSSClampSpec{IPv4: &v1alpha1.FamilyMSSClamp{MSS: 1400, Direction: "In"}}, kinds.MSSClamp{}, "spec.ipv4.direction"},
	} {
		tc.spec.Interface = "wan"
		items, err := compileMSSClamp(&v1alpha1.MSSClamp{Spec: tc.spec})
		var ids []state.ID
		if tc.wrong == "" {
			ids = []state.ID{kinds.MSSClampID("wan")}
		}
		check(t, name, items, err, ids, tc.wrong)
		if tc.wrong == "" && len(items) == 1 && items[0].Value != tc.want {
			t.Errorf("%s: %+v, want %+v", name, items[0].Value, tc.want)
		}
	}
	var status v1alpha1.MSSClampStatus
	reportMSSClamp(&status, slices.Values([]state.ItemReport{{Have: kinds.MSSClamp{
		IPv6: kinds.FamilyMSSClamp{MSS: 1300, Direction: kinds.DirectionRx},
	}}}))
	if status.IPv4 != nil || status.IPv6 == nil || *status.IPv6 != (v1alpha1.FamilyMSSClamp{MSS: 1300, Direction: "Rx"}) {
		t.Errorf("status %+v", status)
	}
}

func TestCompilePortMirror(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spec  v1alpha1.PortMirrorSpec
		want  []state.ID
		wrong string
	}{
		"device":            {v1alpha1.PortMirrorSpec{Destination: "probe"}, []state.ID{kinds.PortMirrorID("lan", "probe", false)}, ""},
		"bridging":          {v1alpha1.PortMirrorSpec{Destination: "probe", Level: "L2"}, []state.ID{kinds.PortMirrorID("lan", "probe", true)}, ""},
		"on itself":         {v1alpha1.PortMirrorSpec{Destination: "lan"}, nil, "spec.destination"},
		"unknown level":     {v1alpha1.PortMirrorSpec{Destination: "probe", Level: "L3"}, nil, "spec.level"},
		"unknown direction": {v1alpha1.PortMirrorSpec{Destination: "probe", Direction: "In"}, nil, "spec.direction"},
	} {
		tc.spec.Source = "lan"
		items, err := compilePortMirror(&v1alpha1.PortMirror{Spec: tc.spec})
		check(t, name, items, err, tc.want, tc.wrong)
		if tc.wrong == "" && !slices.Equal(items[0].Needs, []state.ID{kinds.InterfaceID("lan"), kinds.InterfaceID("probe")}) {
			t.Errorf("%s needs %v", name, items[0].Needs)
		}
	}
	var status v1alpha1.PortMirrorStatus
	reportPortMirror(&status, slices.Values([]state.ItemReport{{Have: kinds.PortMirror{Direction: kinds.DirectionTx}}}))
	if status.Direction != "Tx" {
		t.Errorf("status %+v", status)
	}
}
