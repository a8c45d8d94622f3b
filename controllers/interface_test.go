package controllers

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func anInterface(change func(*v1alpha1.InterfaceSpec)) *v1alpha1.Interface {
	o := &v1alpha1.Interface{ObjectMeta: metav1.ObjectMeta{Name: "wan"}}
	o.Spec.NodeName = "node1"
	change(&o.Spec)
	return o
}

func ids(items []state.Item) string {
	var list []string
	for _, i := range items {
		list = append(list, i.ID.String())
	}
	return strings.Join(list, "\n")
}

func itemOf(t *testing.T, items []state.Item, id state.ID) state.Item {
	t.Helper()
	for _, i := range items {
		if i.ID == id {
			return i
		}
	}
	t.Fatalf("no %s in\n%s", id, ids(items))
	return state.Item{}
}

func TestCompileInterfaceTypes(t *testing.T) {
	t.Parallel()
	number, id, exact := int32(7), int64(7), false
	ends := v1alpha1.TunnelEndpoints{Source: "192.0.2.1", Destination: "192.0.2.2"}
	blue := v1alpha1.TunnelEndpoints{Source: "2001:DB8::1", Destination: "2001:db8::2", UnderlayVRF: "blue"}
	to := kinds.Endpoints{Source: netip.MustParseAddr("192.0.2.1"), Destination: netip.MustParseAddr("192.0.2.2"), UnderlayVRF: "default"}
	toBlue := kinds.Endpoints{Source: netip.MustParseAddr("2001:db8::1"), Destination: netip.MustParseAddr("2001:db8::2"), UnderlayVRF: "blue"}
	seven := kinds.Number{Value: 7, Given: true}
	derived, host := derivedMAC("node1", "wan"), derivedMAC("node1", "wan", "host")
	none := kinds.MAC{}
	for _, c := range []struct {
		name   string
		spec   func(*v1alpha1.InterfaceSpec)
		want   kinds.InterfaceType
		mac    kinds.MAC
		claims string
		needs  string
	}{
		{"loopback", func(s *v1alpha1.InterfaceSpec) { s.Loopback = &v1alpha1.LoopbackInterface{} }, kinds.Loopback{}, derived, "", ""},
		{"loopback 7", func(s *v1alpha1.InterfaceSpec) { s.Loopback = &v1alpha1.LoopbackInterface{Instance: &number} },
			kinds.Loopback{Instance: seven}, derived, "VPP interface loop7", ""},
		{"tap", func(s *v1alpha1.InterfaceSpec) {
			s.Tap = &v1alpha1.TapInterface{ID: &number, GSO: true, ChecksumOffload: true, Host: v1alpha1.TapHost{
				Name: "tap0", Namespace: "ns", Addresses: []v1alpha1.AddressWithLength{"2001:DB8::9/64", "192.0.2.9/24"}, Gateways: []v1alpha1.UnicastAddress{"192.0.2.1"},
			}}
		}, kinds.Tap{
			ID: seven, GSO: true, RxQueues: 1, TxQueues: 1, RxRingSize: 256, TxRingSize: 256, Host: kinds.TapHost{
				Name: "tap0", Namespace: "ns", MAC: host, Address4: netip.MustParsePrefix("192.0.2.9/24"),
				Address6: netip.MustParsePrefix("2001:db8::9/64"), Gateway4: netip.MustParseAddr("192.0.2.1"),
			},
		}, derived, "Linux interface tap0 in namespace ns,tap or tun 7,VPP interface tap7", ""},
		{"tun", func(s *v1alpha1.InterfaceSpec) {
			s.Tap = &v1alpha1.TapInterface{Tun: true, Host: v1alpha1.TapHost{Name: "tun0"}}
		}, kinds.Tap{Tun: true, RxQueues: 1, TxQueues: 1, RxRingSize: 256, TxRingSize: 256, Host: kinds.TapHost{Name: "tun0"}}, none,
			"Linux interface tun0", ""},
		{"memif", func(s *v1alpha1.InterfaceSpec) {
			s.Memif = &v1alpha1.MemifInterface{
				Role: v1alpha1.MemifRoleSlave, Socket: "/run/m.sock", ID: 4294967295, Mode: v1alpha1.LinkModeIP,
				SecretRef: &v1alpha1.SecretKeyReference{Name: "s", Key: "k"}, RingSize: 2048,
			}
		}, kinds.Memif{Socket: "/run/m.sock", ID: 4294967295, Slave: true, IP: true, Secret: kinds.SecretRef{Name: "s", Key: "k"}, RingSize: 2048},
			none, "memif 4294967295 on socket /run/m.sock", "Secret s/k"},
		{"hostInterface", func(s *v1alpha1.InterfaceSpec) {
			s.HostInterface = &v1alpha1.HostInterface{Name: "veth0", RxQueues: 2, RxFrameSize: 4096}
		}, kinds.HostInterface{HostName: "veth0", RxQueues: 2, TxQueues: 1, RxFrameSize: 4096}, derived,
			"Linux interface veth0 as AF_PACKET,VPP interface host-veth0", ""},
		{"physical", func(s *v1alpha1.InterfaceSpec) {
			s.Physical = &v1alpha1.PhysicalInterface{Name: "GigabitEthernet0/8/0"}
		},
			kinds.Physical{VPPName: "GigabitEthernet0/8/0"}, none, "VPP interface GigabitEthernet0/8/0", ""},
		{"physical by MAC", func(s *v1alpha1.InterfaceSpec) {
			s.Physical = &v1alpha1.PhysicalInterface{MACAddress: "02:00:00:00:00:0A"}
		},
			kinds.Physical{MAC: kinds.MAC{2, 0, 0, 0, 0, 10}}, none, "device with MAC address 02:00:00:00:00:0a", ""},
		{"subInterface", func(s *v1alpha1.InterfaceSpec) { s.SubInterface = &v1alpha1.SubInterface{Parent: "lan", VLANID: 100} },
			kinds.SubInterface{Parent: "lan", VLANID: 100, ExactMatch: true}, none, "sub-interface 100 of lan", "Interface lan"},
		{"QinQ", func(s *v1alpha1.InterfaceSpec) {
			s.SubInterface = &v1alpha1.SubInterface{Parent: "lan", VLANID: 100, InnerVLANID: 7, Dot1ad: true, ExactMatch: &exact}
		}, kinds.SubInterface{Parent: "lan", VLANID: 100, InnerVLANID: 7, Dot1ad: true}, none, "sub-interface 409607 of lan", "Interface lan"},
		{"bond", func(s *v1alpha1.InterfaceSpec) {
			s.Bond = &v1alpha1.BondInterface{ID: &id, Mode: v1alpha1.BondModeLACP, LoadBalance: v1alpha1.BondLoadBalanceL23}
		}, kinds.Bond{ID: seven, Mode: kinds.BondLACP, LoadBalance: kinds.BondL23}, none, "VPP interface BondEthernet7", ""},
		{"vxlan", func(s *v1alpha1.InterfaceSpec) {
			s.VXLAN = &v1alpha1.VXLANInterface{TunnelEndpoints: blue, VNI: 9, SourcePort: 5000}
		},
			kinds.VXLAN{Endpoints: toBlue, VNI: 9, SourcePort: 5000, DestinationPort: 4789}, derived,
			"vxlan 9 from 2001:db8::1 to 2001:db8::2 in VRF blue, ports 5000 and 4789", "VRF6 blue"},
		{"gre", func(s *v1alpha1.InterfaceSpec) {
			s.GRE = &v1alpha1.GREInterface{TunnelEndpoints: ends, Key: 5, Flags: []v1alpha1.TunnelFlag{v1alpha1.TunnelFlagEncapCopyECN, v1alpha1.TunnelFlagEncapCopyDF}}
		}, kinds.GRE{Endpoints: to, Key: 5, Flags: kinds.TunnelEncapCopyDF | kinds.TunnelEncapCopyECN}, none,
			"gre type 0 session 0 key 5 from 192.0.2.1 to 192.0.2.2 in VRF default", ""},
		{"gre TEB", func(s *v1alpha1.InterfaceSpec) {
			s.GRE = &v1alpha1.GREInterface{TunnelEndpoints: ends, Type: v1alpha1.GRETypeTEB}
		},
			kinds.GRE{Endpoints: to, Carries: kinds.GRETEB}, derived, "gre type 1 session 0 key 0 from 192.0.2.1 to 192.0.2.2 in VRF default", ""},
		{"ipip", func(s *v1alpha1.InterfaceSpec) { s.IPIP = &v1alpha1.IPIPInterface{TunnelEndpoints: ends, DSCP: 46} },
			kinds.IPIP{Endpoints: to, DSCP: 46}, none, "ipip from 192.0.2.1 to 192.0.2.2 in VRF default", ""},
		{"vhostUser", func(s *v1alpha1.InterfaceSpec) {
			s.VhostUser = &v1alpha1.VhostUserInterface{Socket: "/run/v.sock", Mode: v1alpha1.VhostUserModeServer, GSO: true}
		}, kinds.VhostUser{Socket: "/run/v.sock", Server: true, GSO: true}, derived, "vhost-user socket /run/v.sock", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			items, err := compileInterface(anInterface(c.spec))
			if err != nil {
				t.Fatal(err)
			}
			item := itemOf(t, items, kinds.InterfaceID("wan"))
			value := item.Value.(*kinds.Interface)
			if value.Type != c.want {
				t.Errorf("%+v, want %+v", value.Type, c.want)
			}
			if value.MAC != c.mac {
				t.Errorf("MAC %s, want %s", value.MAC, c.mac)
			}
			if got := strings.Join(item.Claims, ","); got != c.claims {
				t.Errorf("claims %q, want %q", got, c.claims)
			}
			var needs []string
			for _, n := range item.Needs {
				needs = append(needs, n.String())
			}
			if got := strings.Join(needs, ","); got != c.needs {
				t.Errorf("needs %q, want %q", got, c.needs)
			}
		})
	}
}

func TestCompileInterfaceItems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		spec func(*v1alpha1.InterfaceSpec)
		want string
		vrf4 string // "-" after it: or table 0 where the VRF has none of the family
		vrf6 string
	}{
		{"bare", func(s *v1alpha1.InterfaceSpec) { s.VRF = "blue" },
			"Interface wan\nInterfaceVRF4 wan\nInterfaceVRF6 wan\nInterfaceState wan", "blue-", "blue-"},
		{"default", func(*v1alpha1.InterfaceSpec) {}, "Interface wan\nInterfaceVRF4 wan\nInterfaceVRF6 wan\nInterfaceState wan", "default", "default"},
		{"IPv6 only", func(s *v1alpha1.InterfaceSpec) {
			s.VRF, s.Addresses = "blue", []v1alpha1.AddressWithLength{"2001:DB8:0::1/64", "fe80::1/128"}
		}, "Interface wan\nInterfaceVRF4 wan\nInterfaceVRF6 wan\nInterfaceAddress wan 2001:db8::1/64\nInterfaceAddress wan fe80::1/128\nInterfaceState wan",
			"blue-", "blue"},
		{"both", func(s *v1alpha1.InterfaceSpec) {
			s.VRF, s.Addresses = "blue", []v1alpha1.AddressWithLength{"192.0.2.1/24", "2001:db8::1/64"}
		}, "Interface wan\nInterfaceVRF4 wan\nInterfaceVRF6 wan\nInterfaceAddress wan 192.0.2.1/24\nInterfaceAddress wan 2001:db8::1/64\nInterfaceState wan",
			"blue", "blue"},
		{"unnumbered", func(s *v1alpha1.InterfaceSpec) { s.VRF, s.Unnumbered = "blue", "lo" },
			"Interface wan\nInterfaceVRF4 wan\nInterfaceVRF6 wan\nUnnumbered wan\nInterfaceState wan", "blue-", "blue-"},
		{"bond", func(s *v1alpha1.InterfaceSpec) {
			s.Loopback = nil
			s.Bond = &v1alpha1.BondInterface{Mode: v1alpha1.BondModeLACP, Members: []v1alpha1.BondMember{{Interface: "a", LACPTimeout: v1alpha1.LACPTimeoutLong}, {Interface: "b"}}}
		}, "Interface wan\nInterfaceVRF4 wan\nInterfaceVRF6 wan\nBondMember a\nBondMember b\nInterfaceState wan", "default", "default"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			items, err := compileInterface(anInterface(func(s *v1alpha1.InterfaceSpec) {
				s.Loopback = &v1alpha1.LoopbackInterface{}
				c.spec(s)
			}))
			if err != nil {
				t.Fatal(err)
			}
			if got := ids(items); got != c.want {
				t.Errorf("items\n%s\nwant\n%s", got, c.want)
			}
			for ip6, want := range map[bool]string{false: c.vrf4, true: c.vrf6} {
				i := itemOf(t, items, kinds.InterfaceVRFID("wan", ip6))
				vrf, falls := strings.CutSuffix(want, "-")
				switch f := i.Fallback; {
				case i.Value != vrf || falls != (f != nil):
					t.Errorf("IPv6 %v: in %v, falls back to %v; want %s", ip6, i.Value, f, want)
				case falls && (f.Unwanted != kinds.VRFID("blue", ip6) || f.Value != kinds.DefaultVRF ||
					!slices.Equal(f.Needs, []state.ID{kinds.InterfaceID("wan"), kinds.VRFID("blue", !ip6)})):
					t.Errorf("IPv6 %v: falls back to %+v", ip6, f)
				}
			}
			for _, i := range items[1:] {
				if !slices.Contains(i.Needs, kinds.InterfaceID("wan")) && i.ID.Kind != kinds.KindBondMember {
					t.Errorf("%s needs %v", i.ID, i.Needs)
				}
			}
		})
	}

	// A sub-interface comes up behind its parent; down it may be at any time.
	for _, admin := range []v1alpha1.AdminState{"", v1alpha1.AdminStateUp, v1alpha1.AdminStateDown} {
		items, err := compileInterface(anInterface(func(s *v1alpha1.InterfaceSpec) {
			s.SubInterface, s.AdminState = &v1alpha1.SubInterface{Parent: "lan", VLANID: 5}, admin
		}))
		if err != nil {
			t.Fatal(err)
		}
		i := itemOf(t, items, kinds.InterfaceStateID("wan"))
		up := admin != v1alpha1.AdminStateDown
		if i.Value != (kinds.AdminState{Up: up}) || slices.Contains(i.Needs, kinds.InterfaceStateID("lan")) != up {
			t.Errorf("%q: %+v", admin, i)
		}
	}
}

func TestDerivedMAC(t *testing.T) {
	t.Parallel()
	a := derivedMAC("node1", "wan")
	if a != derivedMAC("node1", "wan") || a == derivedMAC("node2", "wan") || a == derivedMAC("node1w", "an") {
		t.Error("not stable, or not its own")
	}
	if a[0]&3 != 2 {
		t.Errorf("%s is not a locally administered unicast address", a)
	}
}

func TestCompileInterfaceErrors(t *testing.T) {
	t.Parallel()
	wrong := int32(16384)
	for _, c := range []struct {
		name, field string
		spec        func(*v1alpha1.InterfaceSpec)
	}{
		{"no type", "spec", func(s *v1alpha1.InterfaceSpec) { s.Loopback = nil }},
		{"instance", "spec.loopback.instance", func(s *v1alpha1.InterfaceSpec) { s.Loopback.Instance = &wrong }},
		{"MAC", "spec.macAddress", func(s *v1alpha1.InterfaceSpec) { s.MACAddress = "01:00:5e:00:00:01" }},
		{"no MAC", "spec.macAddress", func(s *v1alpha1.InterfaceSpec) { s.MACAddress = "x" }},
		{"MTU", "spec.mtu", func(s *v1alpha1.InterfaceSpec) { s.MTU = 70000 }},
		{"MTU above link's", "spec.mtu", func(s *v1alpha1.InterfaceSpec) { s.MTU, s.LinkMTU = 2000, 1500 }},
		{"address", "spec.addresses[0]", func(s *v1alpha1.InterfaceSpec) { s.Addresses = []v1alpha1.AddressWithLength{"192.0.2.1"} }},
		{"address twice", "spec.addresses[1]", func(s *v1alpha1.InterfaceSpec) {
			s.Addresses = []v1alpha1.AddressWithLength{"2001:db8::1/64", "2001:DB8::1/64"}
		}},
		{"address inside another's subnet", "spec.addresses[1]", func(s *v1alpha1.InterfaceSpec) {
			s.Addresses = []v1alpha1.AddressWithLength{"192.0.2.1/24", "192.0.2.2/25"}
		}},
		{"link-local", "spec.addresses[0]", func(s *v1alpha1.InterfaceSpec) { s.Addresses = []v1alpha1.AddressWithLength{"fe80::1/64"} }},
		{"own addresses", "spec.unnumbered", func(s *v1alpha1.InterfaceSpec) { s.Unnumbered = "wan" }},
		{"placement", "spec.rxPlacement[0].thread", func(s *v1alpha1.InterfaceSpec) {
			s.RxPlacement = []v1alpha1.RxQueuePlacement{{Thread: 256}}
		}},
		{"socket", "spec.memif.socket", func(s *v1alpha1.InterfaceSpec) {
			s.Loopback, s.Memif = nil, &v1alpha1.MemifInterface{Role: v1alpha1.MemifRoleSlave, Socket: "@a"}
		}},
		{"VLAN", "spec.subInterface.vlanID", func(s *v1alpha1.InterfaceSpec) {
			s.Loopback, s.SubInterface = nil, &v1alpha1.SubInterface{Parent: "lan", VLANID: 4095}
		}},
		{"own parent", "spec.subInterface.parent", func(s *v1alpha1.InterfaceSpec) {
			s.Loopback, s.SubInterface = nil, &v1alpha1.SubInterface{Parent: "wan", VLANID: 5}
		}},
		{"families", "spec.ipip.destination", func(s *v1alpha1.InterfaceSpec) {
			s.Loopback, s.IPIP = nil, &v1alpha1.IPIPInterface{TunnelEndpoints: v1alpha1.TunnelEndpoints{Source: "192.0.2.1", Destination: "2001:db8::1"}}
		}},
		{"multicast", "spec.vxlan.multicastInterface", func(s *v1alpha1.InterfaceSpec) {
			s.Loopback, s.VXLAN = nil, &v1alpha1.VXLANInterface{TunnelEndpoints: v1alpha1.TunnelEndpoints{Source: "192.0.2.1", Destination: "239.1.1.1"}, VNI: 1}
		}},
		{"queues that kill VPP", "spec.hostInterface.rxQueues", func(s *v1alpha1.InterfaceSpec) {
			s.Loopback, s.HostInterface = nil, &v1alpha1.HostInterface{Name: "v", RxQueues: 64}
		}},
		{"ring", "spec.memif.ringSize", func(s *v1alpha1.InterfaceSpec) {
			s.Loopback, s.Memif = nil, &v1alpha1.MemifInterface{Socket: "/s", RingSize: 1000}
		}},
		{"own member", "spec.bond.members[0].interface", func(s *v1alpha1.InterfaceSpec) {
			s.Loopback, s.Bond = nil, &v1alpha1.BondInterface{Mode: v1alpha1.BondModeXOR, Members: []v1alpha1.BondMember{{Interface: "wan"}}}
		}},
		{"weight", "spec.bond.members[0].weight", func(s *v1alpha1.InterfaceSpec) {
			s.Loopback, s.Bond = nil, &v1alpha1.BondInterface{Mode: v1alpha1.BondModeXOR, Members: []v1alpha1.BondMember{{Interface: "a", Weight: 1}}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := compileInterface(anInterface(func(s *v1alpha1.InterfaceSpec) {
				s.Loopback = &v1alpha1.LoopbackInterface{}
				c.spec(s)
			}))
			var at *field.Error
			if !errors.As(err, &at) || at.Field != c.field {
				t.Errorf("error %v, want one of %s", err, c.field)
			}
		})
	}
}

func TestReportInterface(t *testing.T) {
	t.Parallel()
	var status v1alpha1.InterfaceStatus
	reportInterface(&status, slices.Values([]state.ItemReport{
		{ID: kinds.InterfaceID("wan"), HasHandle: true, Handle: 7, Have: &kinds.Interface{
			Type: kinds.Loopback{}, MAC: kinds.MAC{2, 0, 0, 0, 0, 1}, MTU: 1400, LinkMTU: 9000,
			Shown: &kinds.Shown{VPPName: "loop7", DeviceType: "Loopback", AdminUp: true, LinkUp: true, LinkSpeed: 10},
		}},
		{ID: kinds.InterfaceVRFID("wan", false), Have: "default"},
		{ID: kinds.InterfaceVRFID("wan", true), Have: "#10"},
		{ID: kinds.InterfaceAddressID("wan", netip.MustParsePrefix("192.0.2.1/24")), Have: kinds.InterfaceAddress{Interface: "wan", Address: netip.MustParsePrefix("192.0.2.1/24")}},
		{ID: kinds.InterfaceAddressID("wan", netip.MustParsePrefix("192.0.2.2/24"))},
		{ID: kinds.InterfaceStateID("wan"), Have: kinds.AdminState{Up: true}},
	}))
	got := fmt.Sprintf("%+v", status)
	want := fmt.Sprintf("%+v", v1alpha1.InterfaceStatus{
		SwIfIndex: 7, VPPName: "loop7", Type: "Loopback", AdminState: "Up", LinkState: "Up", MACAddress: "02:00:00:00:00:01",
		MTU: 1400, LinkMTU: 9000, LinkSpeedKbps: 10, VRF: "10", Addresses: []string{"192.0.2.1/24"},
	})
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}

	// What was not read is not told.
	status = v1alpha1.InterfaceStatus{}
	reportInterface(&status, slices.Values([]state.ItemReport{{ID: kinds.InterfaceID("wan")}, {ID: kinds.InterfaceStateID("wan")}}))
	if got, want := fmt.Sprintf("%+v", status), fmt.Sprintf("%+v", v1alpha1.InterfaceStatus{}); got != want {
		t.Errorf("of nothing: %s", got)
	}
}

func TestCompileNeighbor(t *testing.T) {
	t.Parallel()
	o := &v1alpha1.Neighbor{Spec: v1alpha1.NeighborSpec{Interface: "wan", Address: "2001:DB8::1", MACAddress: "02:00:00:00:00:01", Adopt: true}}
	items, err := compileNeighbor(o)
	if err != nil {
		t.Fatal(err)
	}
	i := items[0]
	if len(items) != 1 || i.ID.String() != "Neighbor wan 2001:db8::1" || !i.Adopt ||
		i.Value != (kinds.Neighbor{MAC: kinds.MAC{2, 0, 0, 0, 0, 1}, Static: true}) ||
		!slices.Equal(i.Needs, []state.ID{kinds.InterfaceID("wan")}) {
		t.Errorf("%+v", items)
	}
	var status v1alpha1.NeighborStatus
	reportNeighbor(&status, slices.Values([]state.ItemReport{{ID: i.ID, Have: i.Value}}))
	if status.MACAddress != "02:00:00:00:00:01" {
		t.Errorf("%+v", status)
	}
	for path, change := range map[string]func(*v1alpha1.NeighborSpec){
		"spec.address":    func(s *v1alpha1.NeighborSpec) { s.Address = "x" },
		"spec.macAddress": func(s *v1alpha1.NeighborSpec) { s.MACAddress = "ff:ff:ff:ff:ff:ff" },
	} {
		bad := o.DeepCopy()
		change(&bad.Spec)
		_, err := compileNeighbor(bad)
		var at *field.Error
		if !errors.As(err, &at) || at.Field != path {
			t.Errorf("error %v, want one of %s", err, path)
		}
	}
}
