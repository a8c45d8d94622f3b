package vpptest

import (
	"slices"
	"testing"
)

// The real VPP does not survive these, or never answers again.
func TestLethalInterfaces(t *testing.T) {
	t.Parallel()
	loopback := func(c *testClient) uint32 {
		return ask[swIfIndexReply](c, "create_loopback", createLoopback{}).SwIfIndex
	}
	for name, do := range map[string]func(c *testClient){
		"link with sub-interfaces of sub-interfaces": func(c *testClient) {
			parent := loopback(c)
			sub := ask[swIfIndexReply](c, "create_vlan_subif", createVlanSubif{parent, 10})
			deep := ask[swIfIndexReply](c, "create_subif", createSubif{sub.SwIfIndex, 11, subOneTag, 11, 0})
			retval(c, "delete_subif", swIfIndex{deep.SwIfIndex})
			send(c, "delete_loopback", swIfIndex{parent})
		},
		"address where the donor's were": func(c *testClient) {
			donor, user := loopback(c), loopback(c)
			add := swInterfaceAddDelAddress{SwIfIndex: donor, IsAdd: true, Prefix: wirePrefix{wireAddress{Un: address{10, 0, 0, 1}}, 24}}
			retval(c, "sw_interface_add_del_address", add)
			retval(c, "sw_interface_set_unnumbered", swInterfaceSetUnnumbered{donor, user, true})
			retval(c, "delete_loopback", swIfIndex{donor})
			add.SwIfIndex = user
			send(c, "sw_interface_add_del_address", add)
		},
		"bond of what is no Ethernet": func(c *testClient) {
			bond := ask[swIfIndexReply](c, "bond_create2", bondCreate{Mode: bondLACP, ID: none})
			memif := ask[swIfIndexReply](c, "memif_create_v2", memifCreate{Mode: memifIP})
			send(c, "bond_add_member", bondAddMember{SwIfIndex: memif.SwIfIndex, BondSwIfIndex: bond.SwIfIndex})
		},
		"af_packet of 64 queues": func(c *testClient) {
			send(c, "af_packet_create_v3", afPacketCreate{Mode: afPacketEthernet, HostIfName: "eth0", NumRxQueues: afPacketQueues})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := Start(t)
			c := dial(t, v.Socket())
			do(c)
			c.wantClosed()
			if v.Crashed() == "" {
				t.Error("VPP lives")
			}
		})
	}
}

// A Linux interface may come and go; what VPP has on it stays.
func TestLinuxInterface(t *testing.T) {
	t.Parallel()
	v := Start(t, WithoutLinuxInterface("eth0", "eth1"))
	c := dial(t, v.Socket())
	create := func(name string) int32 {
		return ask[swIfIndexReply](c, "af_packet_create_v3", afPacketCreate{Mode: afPacketEthernet, UseRandomHwAddr: true, HostIfName: name}).Retval
	}
	v.SetLinuxInterface("eth1", true)
	for name, want := range map[string]int32{"eth0": retInvalidInterface, "eth1": retOK, "eth2": retOK, "": retInvalidInterface} {
		if got := create(name); got != want {
			t.Errorf("%q: retval %d, want %d", name, got, want)
		}
	}
	v.SetLinuxInterface("eth2", false)
	if n := len(dump[afPacketDetails](c, "af_packet_dump", "af_packet_details", empty{})); n != 2 {
		t.Errorf("%d interfaces", n)
	}
	if err := v.Restart(); err != nil {
		t.Fatal(err)
	}
	c = dial(t, v.Socket())
	if got := create("eth2"); got != retInvalidInterface {
		t.Errorf("retval %d after a restart: the machine is the same", got)
	}
}

// The MAC addresses that VPP makes up differ, in one boot and between boots.
func TestRandomMACs(t *testing.T) {
	t.Parallel()
	v := Start(t)
	var seen []mac
	for range 3 {
		c := dial(t, v.Socket())
		for _, name := range []string{"eth0", "eth1"} {
			r := ask[swIfIndexReply](c, "af_packet_create_v3", afPacketCreate{Mode: afPacketEthernet, UseRandomHwAddr: true, HostIfName: name})
			m := ask[swInterfaceGetMACReply](c, "sw_interface_get_mac_address", swIfIndex{r.SwIfIndex}).MACAddress
			if slices.Contains(seen, m) {
				t.Errorf("%v twice", m)
			}
			seen = append(seen, m)
		}
		if err := v.Restart(); err != nil {
			t.Fatal(err)
		}
	}
}

// Without its plugin a sort of interface is not in the message table; the rest
// works.
func TestWithoutPlugin(t *testing.T) {
	t.Parallel()
	v := Start(t, WithoutModule("memif", "gre", "vxlan"), WithoutMessage("af_packet_create_v3"))
	c := dial(t, v.Socket())
	for _, name := range []string{"memif_create_v2", "memif_dump", "gre_tunnel_add_del_v2", "vxlan_tunnel_v2_dump", "af_packet_create_v3"} {
		if _, has := c.ids[c.schema.Message(name).NameCRC()]; has {
			t.Errorf("%s is in the message table", name)
		}
	}
	if n := len(dump[ipipAddTunnel](c, "ipip_tunnel_dump", "ipip_tunnel_details", swIfIndex{none})); n != 0 {
		t.Errorf("%d tunnels", n)
	}
	if r := ask[swIfIndexReply](c, "af_packet_create_v2", afPacketCreate{HostIfName: "eth0"}); r.Retval != 0 {
		t.Errorf("af_packet_create_v2: retval %d", r.Retval)
	}
}

// The older messages do what the newer ones do.
func TestOlderInterfaceMessages(t *testing.T) {
	t.Parallel()
	c := dial(t, Start(t).Socket())
	ends := [2]wireAddress{{Un: address{10, 0, 0, 1}}, {Un: address{10, 0, 0, 2}}}
	for name, r := range map[string]swIfIndexReply{
		"memif_create":            ask[swIfIndexReply](c, "memif_create", memifCreate{ID: 1}),
		"bond_create":             ask[swIfIndexReply](c, "bond_create", bondCreate{Mode: bondLACP, ID: none}),
		"tap_create_v2":           ask[swIfIndexReply](c, "tap_create_v2", tapCreate{ID: none, UseRandomMAC: true}),
		"vxlan_add_del_tunnel_v2": ask[swIfIndexReply](c, "vxlan_add_del_tunnel_v2", vxlanAddDel{IsAdd: true, Instance: none, SrcAddress: ends[0], DstAddress: ends[1], DecapNextIndex: none}),
		"gre_tunnel_add_del":      ask[swIfIndexReply](c, "gre_tunnel_add_del", greAddDel{true, wireGre{Instance: none, Src: ends[0], Dst: ends[1]}}),
	} {
		if r.Retval != 0 || r.SwIfIndex == 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if n := loopbacks(c); n != 5 {
		t.Errorf("%d interfaces", n)
	}
	// It announces a reply and never sends it.
	context := send(c, "gre_tunnel_dump_v2", swIfIndex{none})
	expect[greDetails](c, "gre_tunnel_details_v2", context)
	c.ping()
}
