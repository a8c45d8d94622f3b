package controllers

import (
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// What the schemas cannot say is refused by compile.
func TestCompileNATs(t *testing.T) {
	t.Parallel()
	binding := func(port int32, outside string) v1alpha1.NAT64Binding {
		return v1alpha1.NAT64Binding{
			Protocol: v1alpha1.NATProtocolTCP, InsideAddress: "2001:db8::1", InsidePort: port, OutsideAddress: v1alpha1.UnicastAddress(outside), OutsidePort: 80,
		}
	}
	pool := []v1alpha1.NAT64Pool{{First: "192.0.2.1", Last: "192.0.2.2"}}
	maps := func(prefixes ...v1alpha1.Prefix) v1alpha1.DeterministicNATSpec {
		var s v1alpha1.DeterministicNATSpec
		for i := 0; i < len(prefixes); i += 2 {
			s.Maps = append(s.Maps, v1alpha1.DeterministicNATMap{InsidePrefix: prefixes[i], OutsidePrefix: prefixes[i+1]})
		}
		return s
	}
	for _, c := range []struct {
		name string
		spec any
		want string // "" is accepted
	}{
		{"pool of one", v1alpha1.NAT64Spec{Pools: []v1alpha1.NAT64Pool{{First: "192.0.2.1"}}}, ""},
		{"inverted pool, which VPP takes", v1alpha1.NAT64Spec{Pools: []v1alpha1.NAT64Pool{{First: "192.0.2.2", Last: "192.0.2.1"}}}, "spec.pools[0].last: Invalid value: \"192.0.2.1\": must not be before first"},
		{"too many addresses", v1alpha1.NAT64Spec{Pools: []v1alpha1.NAT64Pool{{First: "10.0.0.0", Last: "10.255.255.255"}}}, "all pools together may have 1024 addresses"},
		{"overlapping pools", v1alpha1.NAT64Spec{Pools: append(pool, v1alpha1.NAT64Pool{First: "192.0.2.2"})}, "spec.pools[1]: Invalid value: \"192.0.2.2\": is in another pool too"},
		{"bindings", v1alpha1.NAT64Spec{Pools: pool, StaticBindings: []v1alpha1.NAT64Binding{binding(1, "192.0.2.1"), binding(2, "192.0.2.2")}}, ""},
		{"binding beyond the pools", v1alpha1.NAT64Spec{StaticBindings: []v1alpha1.NAT64Binding{binding(1, "192.0.2.1")}}, "outsideAddress: Invalid value: \"192.0.2.1\": must be an address of pools"},
		{"a host twice", v1alpha1.NAT64Spec{Pools: pool, StaticBindings: []v1alpha1.NAT64Binding{binding(1, "192.0.2.1"), binding(1, "192.0.2.2")}}, "is in binding 0 too"},
		{"a port outside twice", v1alpha1.NAT64Spec{Pools: pool, StaticBindings: []v1alpha1.NAT64Binding{binding(1, "192.0.2.1"), binding(2, "192.0.2.1")}}, "is in binding 0 too"},
		{"maps", maps("100.64.0.0/24", "192.0.2.0/28", "100.64.1.0/24", "192.0.2.16/28"), ""},
		{"hosts in two maps", maps("100.64.0.0/23", "192.0.2.0/28", "100.64.1.0/24", "192.0.2.16/28"), "spec.maps[1].insidePrefix: Invalid value: \"100.64.1.0/24\": has addresses of map 0"},
		{"an outside address of two maps", maps("100.64.0.0/24", "192.0.2.0/28", "100.64.1.0/24", "192.0.2.8/29"), "spec.maps[1].outsidePrefix: Invalid value: \"192.0.2.8/29\": has addresses of map 0"},
		{"more outside than inside, of which VPP dies", maps("100.64.0.0/24", "192.0.2.0/23"), "must be as long as insidePrefix at least"},
		{"both sides", v1alpha1.DeterministicNATSpec{
			InsideInterfaces: []v1alpha1.ObjectName{"a"}, OutsideInterfaces: []v1alpha1.ObjectName{"b", "a"},
		}, "spec.outsideInterfaces[1]: Invalid value: \"a\": is inside as well"},
		{"rate of 33 bits", v1alpha1.PolicerSpec{CIR: 1 << 32, CBS: 1}, "spec.cir: Invalid value: 4294967296: must be 1..4294967295"},
		{"no burst", v1alpha1.PolicerSpec{CIR: 1}, "spec.cbs: Invalid value: 0: must be 1..4294967295"},
		{"mark of nothing", v1alpha1.PolicerSpec{CIR: 1, CBS: 1, ExceedAction: &v1alpha1.PolicerAction{Type: v1alpha1.PolicerMarkAndTransmit}}, "spec.exceedAction.dscp"},
		{"type", v1alpha1.PolicerSpec{CIR: 1, CBS: 1, Type: "MEF5CF1"}, "spec.type: Invalid value: \"MEF5CF1\": is not known"},
		{"policer", v1alpha1.PolicerSpec{CIR: 1, CBS: 1}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var err error
			switch spec := c.spec.(type) {
			case v1alpha1.NAT64Spec:
				_, err = compileNAT64(&v1alpha1.NAT64{Spec: spec})
			case v1alpha1.DeterministicNATSpec:
				_, err = compileDeterministicNAT(&v1alpha1.DeterministicNAT{Spec: spec})
			case v1alpha1.PolicerSpec:
				_, err = compilePolicer(&v1alpha1.Policer{Spec: spec})
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
