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

func TestCompileVRF(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		name  string
		spec  v1alpha1.VRFSpec
		want  []state.ID
		wrong string
	}{
		"both":         {"blue", v1alpha1.VRFSpec{TableID: 10}, []state.ID{kinds.VRFID("blue", false), kinds.VRFID("blue", true)}, ""},
		"IPv4":         {"blue", v1alpha1.VRFSpec{TableID: 10, IPv6: new(bool)}, []state.ID{kinds.VRFID("blue", false)}, ""},
		"named apart":  {"n1-blue", v1alpha1.VRFSpec{ObjectSpec: v1alpha1.ObjectSpec{Name: "blue"}, TableID: 10, IPv4: new(bool)}, []state.ID{kinds.VRFID("blue", true)}, ""},
		"neither":      {"blue", v1alpha1.VRFSpec{TableID: 10, IPv4: new(bool), IPv6: new(bool)}, nil, "spec.ipv6"},
		"table 0":      {"blue", v1alpha1.VRFSpec{}, nil, "spec.tableID"},
		"no table":     {"blue", v1alpha1.VRFSpec{TableID: 1<<32 - 1}, nil, "spec.tableID"},
		"default":      {"default", v1alpha1.VRFSpec{TableID: 10}, nil, "spec.name"},
		"unknown hash": {"blue", v1alpha1.VRFSpec{TableID: 10, FlowHash: []v1alpha1.FlowHashField{"Protocol", "Colour"}}, nil, "spec.flowHash[1]"},
	} {
		items, err := compileVRF(&v1alpha1.VRF{ObjectMeta: metav1.ObjectMeta{Name: tc.name}, Spec: tc.spec})
		check(t, name, items, err, tc.want, tc.wrong)
	}
	items, err := compileVRF(&v1alpha1.VRF{ObjectMeta: metav1.ObjectMeta{Name: "blue"}, Spec: v1alpha1.VRFSpec{
		TableID: 10, FlowHash: []v1alpha1.FlowHashField{"SourceAddress", "GTPv1TEID"}, Adopt: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := kinds.VRF{TableID: 10, FlowHash: kinds.FlowHashSourceAddress | kinds.FlowHashGTPv1TEID, Adopt: true}
	if items[0].Value != want || !items[0].Adopt || !slices.Equal(items[1].Claims, []string{kinds.TableClaim(10, true)}) {
		t.Errorf("items %+v", items)
	}
}

func TestCompileRoute(t *testing.T) {
	t.Parallel()
	hop := func(address v1alpha1.UnicastAddress) []v1alpha1.RoutePath {
		return []v1alpha1.RoutePath{{NextHop: address}}
	}
	for name, tc := range map[string]struct {
		spec  v1alpha1.RouteSpec
		want  []string
		needs []state.ID
		wrong string
	}{
		"next hop": {v1alpha1.RouteSpec{Prefixes: []v1alpha1.Prefix{"192.0.2.0/24", "0.0.0.0/0"}, Paths: hop("198.51.100.1")},
			[]string{"default 192.0.2.0/24", "default 0.0.0.0/0"}, []state.ID{kinds.VRFID("default", false)}, ""},
		"IPv6 in another form": {v1alpha1.RouteSpec{VRF: "blue", Prefixes: []v1alpha1.Prefix{"2001:DB8:0::/48"}, Action: "Drop"},
			[]string{"blue 2001:db8::/48"}, []state.ID{kinds.VRFID("blue", true)}, ""},
		"interface and VRF": {v1alpha1.RouteSpec{VRF: "blue", Prefixes: []v1alpha1.Prefix{"192.0.2.0/24"}, Paths: []v1alpha1.RoutePath{
			{Interface: "wan"}, {Interface: "wan", NextHop: "198.51.100.1"}, {NextHop: "198.51.100.2", NextHopVRF: "red"}}},
			[]string{"blue 192.0.2.0/24"}, []state.ID{kinds.VRFID("blue", false), kinds.InterfaceID("wan"), kinds.VRFID("red", false)}, ""},
		"lookup": {v1alpha1.RouteSpec{VRF: "blue", Prefixes: []v1alpha1.Prefix{"192.0.2.0/24"}, LookupVRF: "red"},
			[]string{"blue 192.0.2.0/24"}, []state.ID{kinds.VRFID("blue", false), kinds.VRFID("red", false)}, ""},
		"next hop inside the prefix": {v1alpha1.RouteSpec{Prefixes: []v1alpha1.Prefix{"192.0.2.0/24"}, Paths: hop("192.0.2.1")},
			[]string{"default 192.0.2.0/24"}, []state.ID{kinds.VRFID("default", false)}, ""},
		"host route through itself, on an interface": {v1alpha1.RouteSpec{Prefixes: []v1alpha1.Prefix{"192.0.2.1/32"},
			Paths: []v1alpha1.RoutePath{{NextHop: "192.0.2.1", Interface: "wan"}}},
			[]string{"default 192.0.2.1/32"}, []state.ID{kinds.VRFID("default", false), kinds.InterfaceID("wan")}, ""},
		"host route through itself, elsewhere": {v1alpha1.RouteSpec{Prefixes: []v1alpha1.Prefix{"192.0.2.1/32"},
			Paths: []v1alpha1.RoutePath{{NextHop: "192.0.2.1", NextHopVRF: "red"}}},
			[]string{"default 192.0.2.1/32"}, []state.ID{kinds.VRFID("default", false), kinds.VRFID("red", false)}, ""},

		"host route through itself": {spec: v1alpha1.RouteSpec{Prefixes: []v1alpha1.Prefix{"192.0.2.1/32"}, Paths: hop("192.0.2.1")}, wrong: "spec.paths[0].nextHop"},
		"twice":                     {spec: v1alpha1.RouteSpec{Prefixes: []v1alpha1.Prefix{"2001:db8::/32", "2001:db8:0::/32"}, Action: "Drop"}, wrong: "spec.prefixes[1]: Duplicate"},
		"host bits":                 {spec: v1alpha1.RouteSpec{Prefixes: []v1alpha1.Prefix{"192.0.2.1/24"}, Action: "Drop"}, wrong: "spec.prefixes[0]"},
		"two families":              {spec: v1alpha1.RouteSpec{Prefixes: []v1alpha1.Prefix{"192.0.2.0/24", "::/0"}, Action: "Drop"}, wrong: "spec.prefixes[1]"},
		"next hop of the other":     {spec: v1alpha1.RouteSpec{Prefixes: []v1alpha1.Prefix{"192.0.2.0/24"}, Paths: hop("2001:db8::1")}, wrong: "spec.paths[0].nextHop"},
		"no path":                   {spec: v1alpha1.RouteSpec{Prefixes: []v1alpha1.Prefix{"192.0.2.0/24"}}, wrong: "spec.paths"},
		"empty path":                {spec: v1alpha1.RouteSpec{Prefixes: []v1alpha1.Prefix{"192.0.2.0/24"}, Paths: make([]v1alpha1.RoutePath, 1)}, wrong: "spec.paths[0]"},
		"no prefix":                 {spec: v1alpha1.RouteSpec{Action: "Drop"}, wrong: "spec.prefixes"},
		"lookup in itself":          {spec: v1alpha1.RouteSpec{VRF: "red", Prefixes: []v1alpha1.Prefix{"192.0.2.0/24"}, LookupVRF: "red"}, wrong: "spec.lookupVRF"},
		"unknown action":            {spec: v1alpha1.RouteSpec{Prefixes: []v1alpha1.Prefix{"192.0.2.0/24"}, Action: "Eat"}, wrong: "spec.action"},
	} {
		items, err := compileRoute(&v1alpha1.Route{Spec: tc.spec})
		var want []state.ID
		for _, key := range tc.want {
			want = append(want, state.ID{Kind: kinds.KindRoute, Key: key})
		}
		check(t, name, items, err, want, tc.wrong)
		for _, item := range items {
			if !slices.Equal(item.Needs, tc.needs) {
				t.Errorf("%s: needs %v, want %v", name, item.Needs, tc.needs)
			}
			if item.Value != items[0].Value || &item.Needs[0] != &items[0].Needs[0] {
				t.Errorf("%s: items share nothing", name)
			}
		}
	}
}

func check(t *testing.T, name string, items []state.Item, err error, want []state.ID, wrong string) {
	t.Helper()
	var got []state.ID
	for _, item := range items {
		got = append(got, item.ID)
	}
	switch {
	case wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)):
		t.Errorf("%s: error %v, want one of %s", name, err, wrong)
	case wrong == "" && err != nil:
		t.Errorf("%s: %v", name, err)
	case !slices.Equal(got, want):
		t.Errorf("%s: items %v, want %v", name, got, want)
	}
}

func TestReportRoute(t *testing.T) {
	t.Parallel()
	var items []state.ItemReport
	add := func(n int, r state.Reason, message string) {
		for range n {
			p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(len(items)), 0}), 24)
			items = append(items, state.ItemReport{ID: kinds.RouteID("blue", p), Reason: r, Message: message})
		}
	}
	add(3, state.Programmed, "")
	add(12, state.Waiting, "waits for Interface wan")
	add(1, state.Rejected, "no")
	add(2, state.Overridden, "interface is preferred")
	var s v1alpha1.RouteStatus
	reportRoute(&s, slices.Values(items))
	if s.Prefixes != 18 || s.Programmed != 3 || s.Pending != 12 || s.Failed != 1 || s.Overridden != 2 {
		t.Errorf("counts %+v", s)
	}
	if len(s.PendingPrefixes) != 10 || s.PendingPrefixes[0] != (v1alpha1.PrefixStatus{
		Prefix: "10.0.3.0/24", Reason: v1alpha1.ReasonWaitingForDependency, Message: "waits for Interface wan"}) {
		t.Errorf("pending %+v", s.PendingPrefixes)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	item := func(key string, r state.Reason, message string) state.ItemReport {
		return state.ItemReport{ID: state.ID{Kind: "Route", Key: key}, Reason: r, Message: message}
	}
	for name, tc := range map[string]struct {
		items           []state.ItemReport
		reason, message string
	}{
		"none":       {nil, v1alpha1.ReasonProgrammed, "there is nothing to program"},
		"all":        {[]state.ItemReport{item("a", state.Programmed, ""), item("b", state.Programmed, "")}, v1alpha1.ReasonProgrammed, "VPP holds what the spec says"},
		"unverified": {[]state.ItemReport{item("a", state.Programmed, ""), item("b", state.Unverified, "VPP cannot show x")}, v1alpha1.ReasonUnverified, "Route b: VPP cannot show x"},
		"one waits":  {[]state.ItemReport{item("a", state.Programmed, ""), item("b", state.Waiting, "waits for c")}, v1alpha1.ReasonWaitingForDependency, "Route b: waits for c"},
		"the worst": {[]state.ItemReport{item("a", state.Waiting, "waits"), item("b", state.Rejected, "no"), item("c", state.Pending, ""), item("d", state.Rejected, "never")},
			v1alpha1.ReasonRejectedByVPP, "Route b: no; and 1 more"},
		"disconnected": {[]state.ItemReport{item("a", state.Disconnected, "no session"), item("b", state.Disconnected, "no session")}, v1alpha1.ReasonVPPDisconnected, "no session"},
		"too long":     {[]state.ItemReport{item("a", state.Rejected, strings.Repeat("ö", 2000))}, v1alpha1.ReasonRejectedByVPP, ""},
	} {
		v := judge(tc.items, state.ID.String)
		if v.reason != tc.reason || tc.message != "" && v.message != tc.message || len(v.message) > messageLimit {
			t.Errorf("%s: %s (%s), want %s (%s)", name, v.reason, v.message, tc.reason, tc.message)
		}
		o := &v1alpha1.Route{}
		o.Generation = 1
		o.Status.ObservedGeneration = 1
		o.Status.Conditions = conditionsOf(v, 1, nil, metav1.Now())
		checkConditions(t, o)
	}
}

// Every reason that items may have means something for objects.
func TestReasons(t *testing.T) {
	t.Parallel()
	ranks := map[int]bool{}
	for r := state.Reason(0); r.String() != "Unknown"; r++ {
		s, ok := severities[r]
		if !ok || ranks[s.rank] {
			t.Errorf("%s: %+v", r, s)
		}
		ranks[s.rank] = true
		if s.ready != r.Done() || s.ready && (s.reconciling || s.stalled) || s.reconciling && s.stalled {
			t.Errorf("%s: %+v", r, s)
		}
		if fmt.Sprint(severityOf(s.reason)) != fmt.Sprint(s) {
			t.Errorf("%s is not found again", s.reason)
		}
	}
}
