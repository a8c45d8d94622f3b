package controllers

import (
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func idsOf(items []state.Item) string {
	var names []string
	for _, i := range items {
		names = append(names, i.ID.String())
	}
	return strings.Join(names, "; ")
}

func TestCompileNAT44(t *testing.T) {
	t.Parallel()
	o := &v1alpha1.NAT44{Spec: v1alpha1.NAT44Spec{
		InsideInterfaces: []v1alpha1.ObjectName{"lan", "dmz"}, OutsideInterfaces: []v1alpha1.ObjectName{"wan"}, OutputInterfaces: []v1alpha1.ObjectName{"out"},
		Pools:         []v1alpha1.NAT44Pool{{First: "203.0.113.255", Last: "203.0.114.1", VRF: "blue"}, {Interface: "wan", TwiceNAT: true}, {First: "203.0.113.255", TwiceNAT: true}},
		VRFTables:     []v1alpha1.NAT44VRFTable{{VRF: "blue", Routes: []v1alpha1.ObjectName{"default", "red"}}},
		SessionLimits: []v1alpha1.NAT44SessionLimit{{VRF: "blue", Limit: 7}}, Timeouts: v1alpha1.NATTimeouts{UDP: 5}, InsideVRF: "blue",
	}}
	items, err := compileNAT44(o)
	if err != nil {
		t.Fatal(err)
	}
	const want = "NAT44 nat44-ed; NAT44Interface dmz inside; NAT44Interface lan inside; NAT44Interface out output; NAT44Interface wan outside; " +
		"NAT44Address 203.0.113.255; NAT44Address 203.0.114.0; NAT44Address 203.0.114.1; NAT44InterfaceAddress wan twice-NAT; " +
		"NAT44Address 203.0.113.255 twice-NAT; NAT44VRFTable blue; NAT44SessionLimit blue"
	if got := idsOf(items); got != want {
		t.Errorf("got %s", got)
	}
	n := items[0].Value.(kinds.NAT44)
	if n.Sessions != 64512 || n.InsideVRF != "blue" || n.OutsideVRF != "default" || n.Timeouts != (kinds.NATTimeouts{UDP: 5, TCPEstablished: 7440, TCPTransitory: 240, ICMP: 60}) {
		t.Errorf("got %+v", n)
	}
	if !slices.Contains(items[0].Needs, kinds.VRFID("blue", false)) || len(items[0].Needs) != 1 {
		t.Errorf("NAT44 needs %v", items[0].Needs)
	}
	for name, change := range map[string]func(s *v1alpha1.NAT44Spec){
		"spec.outputInterfaces[0]": func(s *v1alpha1.NAT44Spec) { s.OutputInterfaces = []v1alpha1.ObjectName{"lan"} },
		"spec.pools[0].first":      func(s *v1alpha1.NAT44Spec) { s.Pools[0].First = "2001:db8::1" },
		"spec.pools[0].last":       func(s *v1alpha1.NAT44Spec) { s.Pools[0].Last = "203.0.113.254" },
		"spec.pools[3]":            func(s *v1alpha1.NAT44Spec) { s.Pools = append(s.Pools, v1alpha1.NAT44Pool{First: "203.0.114.1"}) },
		"spec.pools":               func(s *v1alpha1.NAT44Spec) { s.Pools[0].Last = "203.1.0.0" },
		"spec.sessions":            func(s *v1alpha1.NAT44Spec) { s.Sessions = -1 },
		"spec.sessionLimits[0]":    func(s *v1alpha1.NAT44Spec) { s.SessionLimits[0].Limit = 0 },
	} {
		c := o.DeepCopy()
		change(&c.Spec)
		if _, err := compileNAT44(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCompileNAT44Mapping(t *testing.T) {
	t.Parallel()
	static := v1alpha1.NAT44StaticMapping{ExternalAddress: "203.0.113.1", ExternalPort: 80, LocalAddress: "10.0.0.1", LocalPort: 8080, Protocol: "TCP"}
	backends := []v1alpha1.NAT44Backend{{Address: "10.0.0.3", Port: 80, Probability: 1}, {Address: "10.0.0.2", Port: 80, Probability: 2}}
	balanced := v1alpha1.NAT44LoadBalancedMapping{ExternalAddress: "203.0.113.1", ExternalPort: 81, Protocol: "TCP", Backends: backends}
	o := &v1alpha1.NAT44Mapping{Spec: v1alpha1.NAT44MappingSpec{
		StaticMappings:       []v1alpha1.NAT44StaticMapping{static, {ExternalInterface: "wan", LocalAddress: "10.0.0.9"}},
		LoadBalancedMappings: []v1alpha1.NAT44LoadBalancedMapping{balanced},
		IdentityMappings:     []v1alpha1.NAT44IdentityMapping{{Address: "10.0.0.5", Port: 53, Protocol: "UDP"}, {Interface: "wan", Port: 1, Protocol: "ICMP"}},
	}}
	o.Name = "web"
	items, err := compileNAT44Mapping(o)
	if err != nil {
		t.Fatal(err)
	}
	const want = "NAT44Mapping 203.0.113.1:80/TCP; NAT44Mapping interface wan; NAT44Mapping 203.0.113.1:81/TCP; NAT44Mapping 10.0.0.5:53/UDP; NAT44Mapping interface wan:1/ICMP"
	if got := idsOf(items); got != want {
		t.Errorf("got %s", got)
	}
	if m := items[2].Value.(*kinds.NAT44Mapping); m.Backends[0].Address.String() != "10.0.0.2" || m.Object != "web" {
		t.Errorf("got %+v", m)
	}
	for name, change := range map[string]func(s *v1alpha1.NAT44MappingSpec){
		"spec.staticMappings[2]: Duplicate": func(s *v1alpha1.NAT44MappingSpec) { s.StaticMappings = append(s.StaticMappings, static) },
		"spec.staticMappings[2]: Duplicate value: \"NAT44 inside default 10.0.0.1:8080/TCP\"": func(s *v1alpha1.NAT44MappingSpec) {
			again := static
			again.ExternalPort = 82
			s.StaticMappings = append(s.StaticMappings, again)
		},
		"spec.staticMappings[0].localAddress":         func(s *v1alpha1.NAT44MappingSpec) { s.StaticMappings[0].LocalAddress = "224.0.0.1" },
		"spec.staticMappings[0].localPort":            func(s *v1alpha1.NAT44MappingSpec) { s.StaticMappings[0].LocalPort = 0 },
		"spec.staticMappings[0]: Invalid":             func(s *v1alpha1.NAT44MappingSpec) { s.StaticMappings[0].Protocol = "" },
		"spec.staticMappings[0].externalInterface":    func(s *v1alpha1.NAT44MappingSpec) { s.StaticMappings[0].ExternalInterface = "wan" },
		"spec.staticMappings[1].twiceNAT":             func(s *v1alpha1.NAT44MappingSpec) { s.StaticMappings[1].TwiceNAT = true },
		"spec.loadBalancedMappings[0].backends":       func(s *v1alpha1.NAT44MappingSpec) { s.LoadBalancedMappings[0].Backends = backends[:1] },
		"spec.loadBalancedMappings[0].backends[1]":    func(s *v1alpha1.NAT44MappingSpec) { s.LoadBalancedMappings[0].Backends[1].Address = "10.0.0.3" },
		"must not add up to more than 255":            func(s *v1alpha1.NAT44MappingSpec) { s.LoadBalancedMappings[0].Backends[1].Probability = 255 },
		"spec.loadBalancedMappings[0].out2inOnly":     func(s *v1alpha1.NAT44MappingSpec) { s.VRF = "blue" },
		"spec.identityMappings[0]: Invalid value: 53": func(s *v1alpha1.NAT44MappingSpec) { s.IdentityMappings[0].Protocol = "" },
		"spec.identityMappings[1].interface":          func(s *v1alpha1.NAT44MappingSpec) { s.IdentityMappings[1].Address = "10.0.0.6" },
	} {
		c := o.DeepCopy()
		change(&c.Spec)
		if _, err := compileNAT44Mapping(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
