package controllers

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func TestCompileBridgeDomain(t *testing.T) {
	t.Parallel()
	compile := func(spec v1alpha1.BridgeDomainSpec) ([]state.Item, error) {
		return compileBridgeDomain(&v1alpha1.BridgeDomain{ObjectMeta: metav1.ObjectMeta{Name: "blue"}, Spec: spec})
	}
	items, err := compile(v1alpha1.BridgeDomainSpec{
		ID: 10, Learn: new(bool), MACAge: 5, LearnLimit: 7, ARPTermination: true, Adopt: true,
		BVI: "lo", UnknownUnicastInterface: "up",
		Ports: []v1alpha1.BridgePort{
			{Interface: "a", SplitHorizonGroup: 3},
			{Interface: "b", TagRewrite: &v1alpha1.TagRewrite{Pop: 1, Push: []v1alpha1.VLANID{4094, 1}, Dot1ad: true}},
		},
		FIBEntries: []v1alpha1.BridgeFIBEntry{{MACAddress: "02:00:00:00:00:0A", Interface: "b"}, {MACAddress: "02:00:00:00:00:0b", Filter: true}},
		ARPEntries: []v1alpha1.BridgeARPEntry{{Address: "2001:DB8::1", MACAddress: "02:00:00:00:00:0A"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	mac := kinds.MAC{2, 0, 0, 0, 0, 0xa}
	want := []state.Item{
		{
			ID: kinds.BridgeDomainID("blue"), Adopt: true, Claims: []string{kinds.BridgeDomainClaim(10)},
			Value: kinds.BridgeDomain{
				Number: kinds.Number{Value: 10, Given: true}, Flood: true, UnknownUnicastFlood: true, Forward: true, ARPTermination: true,
				MACAge: 5, LearnLimit: 7,
			},
		},
		kinds.BridgePortItem("blue", "a", kinds.BridgePort{SplitHorizonGroup: 3}),
		kinds.BridgePortItem("blue", "b", kinds.BridgePort{TagRewrite: kinds.TagRewrite{Pop: 1, Outer: 4094, Inner: 1, Dot1ad: true}}),
		kinds.BridgePortItem("blue", "lo", kinds.BridgePort{Type: kinds.BridgePortBVI}),
		kinds.BridgePortItem("blue", "up", kinds.BridgePort{Type: kinds.BridgePortUnknownUnicast}),
		kinds.BridgeFIBEntryItem("blue", mac, kinds.BridgeFIBEntry{Interface: "b"}),
		kinds.BridgeFIBEntryItem("blue", kinds.MAC{2, 0, 0, 0, 0, 0xb}, kinds.BridgeFIBEntry{Filter: true}),
		kinds.BridgeARPEntryItem("blue", netip.MustParseAddr("2001:db8::1"), mac),
	}
	if got, want := fmt.Sprintf("%+v", items), fmt.Sprintf("%+v", want); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if items, err := compile(v1alpha1.BridgeDomainSpec{}); err != nil || len(items) != 1 || items[0].Value.(kinds.BridgeDomain).Number.Given {
		t.Errorf("of our choice: %+v, %v", items, err)
	}

	port := func(p v1alpha1.BridgePort) v1alpha1.BridgeDomainSpec {
		p.Interface = "a"
		return v1alpha1.BridgeDomainSpec{Ports: []v1alpha1.BridgePort{p}}
	}
	rewrite := func(pop int32, push ...v1alpha1.VLANID) v1alpha1.BridgeDomainSpec {
		return port(v1alpha1.BridgePort{TagRewrite: &v1alpha1.TagRewrite{Pop: pop, Push: push}})
	}
	entries := func(list ...v1alpha1.BridgeFIBEntry) v1alpha1.BridgeDomainSpec {
		spec := port(v1alpha1.BridgePort{})
		spec.FIBEntries = list
		return spec
	}
	arp := func(list ...v1alpha1.BridgeARPEntry) v1alpha1.BridgeDomainSpec {
		return v1alpha1.BridgeDomainSpec{ARPEntries: list}
	}
	const some = "02:00:00:00:00:01"
	twice := port(v1alpha1.BridgePort{})
	twice.BVI = "a"
	for path, spec := range map[string]v1alpha1.BridgeDomainSpec{
		"spec.id":                               {ID: 1 << 24},
		"spec.learnLimit":                       {LearnLimit: -1},
		"spec.macAge":                           {MACAge: 256},
		"spec.bvi":                              twice,
		"spec.ports[0].splitHorizonGroup":       port(v1alpha1.BridgePort{SplitHorizonGroup: 256}),
		"spec.ports[0].tagRewrite.pop":          rewrite(3),
		"spec.ports[0].tagRewrite.push":         rewrite(0, 1, 2, 3),
		"spec.ports[0].tagRewrite.push[1]":      rewrite(0, 1, 4095),
		"spec.fibEntries[0].macAddress":         entries(v1alpha1.BridgeFIBEntry{MACAddress: "01:00:00:00:00:01", Filter: true}),
		"spec.fibEntries[1].macAddress":         entries(v1alpha1.BridgeFIBEntry{MACAddress: "02:00:00:00:00:0a", Filter: true}, v1alpha1.BridgeFIBEntry{MACAddress: "02:00:00:00:00:0A", Filter: true}),
		"spec.fibEntries[0].interface":          entries(v1alpha1.BridgeFIBEntry{MACAddress: some, Interface: "b"}),
		"spec.fibEntries[0]: Invalid":           entries(v1alpha1.BridgeFIBEntry{MACAddress: some}),
		"spec.arpEntries[0].address":            arp(v1alpha1.BridgeARPEntry{Address: "nonsense", MACAddress: some}),
		"spec.arpEntries[0].macAddress":         arp(v1alpha1.BridgeARPEntry{Address: "192.0.2.1"}),
		"spec.arpEntries[1].address: Duplicate": arp(v1alpha1.BridgeARPEntry{Address: "2001:db8::1", MACAddress: some}, v1alpha1.BridgeARPEntry{Address: "2001:DB8::1", MACAddress: some}),
	} {
		if _, err := compile(spec); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestReportBridgeDomain(t *testing.T) {
	t.Parallel()
	done := func(id state.ID, handle uint32) state.ItemReport {
		return state.ItemReport{ID: id, Have: true, Reason: state.Programmed, Handle: handle, HasHandle: handle != 0}
	}
	reports := []state.ItemReport{
		done(kinds.BridgeDomainID("blue"), 10), done(kinds.BridgePortID("blue", "a"), 0),
		done(kinds.BridgeFIBEntryID("blue", kinds.MAC{}), 0), done(kinds.BridgeARPEntryID("blue", netip.IPv6Unspecified()), 0),
		{ID: kinds.BridgeARPEntryID("blue", netip.IPv4Unspecified()), Reason: state.Rejected},
	}
	for i := range 12 {
		reports = append(reports, state.ItemReport{ID: kinds.BridgePortID("blue", fmt.Sprint("p", i)), Reason: state.Waiting, Message: "waits"})
	}
	var status v1alpha1.BridgeDomainStatus
	reportBridgeDomain(&status, slices.Values(reports))
	first := v1alpha1.BridgePortStatus{Interface: "p0", Reason: v1alpha1.ReasonWaitingForDependency, Message: "waits"}
	if status.ID != 10 || status.Ports != 1 || status.FIBEntries != 1 || status.ARPEntries != 1 || len(status.MissingPorts) != 10 || status.MissingPorts[0] != first {
		t.Errorf("status %+v", status)
	}
}

func TestCompileCrossConnect(t *testing.T) {
	t.Parallel()
	spec := v1alpha1.CrossConnectSpec{Interface: "b", Peer: "a", Adopt: true}
	for _, oneWay := range []bool{false, true} {
		spec.OneWay = oneWay
		items, err := compileCrossConnect(&v1alpha1.CrossConnect{Spec: spec})
		want := kinds.CrossConnectItem(kinds.CrossConnect{From: "b", To: "a", Both: !oneWay})
		want.Adopt = true
		if err != nil || len(items) != 1 || fmt.Sprintf("%+v", items[0]) != fmt.Sprintf("%+v", want) {
			t.Errorf("one way %t: %+v, %v", oneWay, items, err)
		}
	}
	spec.Peer = "b"
	if _, err := compileCrossConnect(&v1alpha1.CrossConnect{Spec: spec}); err == nil || !strings.Contains(err.Error(), "spec.peer") {
		t.Errorf("with itself: %v", err)
	}
}
