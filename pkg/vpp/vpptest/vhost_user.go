package vpptest

import "fmt"

// vhostUserKind is interfaces to virtual machines. None ever connects to the
// simulated VPP.
func vhostUserKind() kind {
	return kind{
		types: `
enum virtio_net_features_first_32 u32 VIRTIO_NET_F_API_CSUM=1 VIRTIO_NET_F_API_GUEST_CSUM=2 VIRTIO_NET_F_API_GUEST_TSO4=128 VIRTIO_NET_F_API_GUEST_TSO6=256 VIRTIO_NET_F_API_GUEST_UFO=1024 VIRTIO_NET_F_API_HOST_TSO4=2048 VIRTIO_NET_F_API_HOST_TSO6=4096 VIRTIO_NET_F_API_HOST_UFO=16384 VIRTIO_NET_F_API_MRG_RXBUF=32768 VIRTIO_NET_F_API_CTRL_VQ=131072 VIRTIO_NET_F_API_GUEST_ANNOUNCE=2097152 VIRTIO_NET_F_API_MQ=4194304 VHOST_F_API_LOG_ALL=67108864 VIRTIO_F_API_ANY_LAYOUT=134217728 VIRTIO_F_API_INDIRECT_DESC=268435456 VHOST_USER_F_API_PROTOCOL_FEATURES=1073741824
enum virtio_net_features_last_32 u32 VIRTIO_F_API_VERSION_1=1
`,
		modules: []moduleRows{{name: "vhost_user", version: 0xd49ae8cd, semver: "4.1.1", rows: join(
			replyingRows("create_vhost_user_if_v2", 0xdba1cc1d, "bool is_server; string sock_filename[256]; bool renumber; bool disable_mrg_rxbuf; "+
				"bool disable_indirect_desc; bool enable_gso; bool enable_packed; bool enable_event_idx; u32 custom_dev_instance; "+
				"bool use_custom_mac; mac_address mac_address; string tag[64]", crcSwIfIndex, swIfIndexField),
			callRows("modify_vhost_user_if_v2", 0xb2483771, "interface_index sw_if_index; bool is_server; string sock_filename[256]; bool renumber; "+
				"bool enable_gso; bool enable_packed; bool enable_event_idx; u32 custom_dev_instance"),
			callRows("delete_vhost_user_if", 0xf9e6675e, swIfIndexField),
			dumpRows("sw_interface_vhost_user_dump", 0xf9e6675e, "interface_index sw_if_index default=4294967295",
				"sw_interface_vhost_user_details", 0x0cee1e53, "interface_index sw_if_index; string interface_name[64]; u32 virtio_net_hdr_sz; "+
					"virtio_net_features_first_32 features_first_32; virtio_net_features_last_32 features_last_32; bool is_server; "+
					"string sock_filename[256]; u32 num_regions; i32 sock_errno"),
		)}},
		serve: serveVhostUser,
	}
}

// errnoNoEntry is what a client of a missing socket gets from Linux.
const errnoNoEntry = 2

type (
	vhostUserCreate struct {
		IsServer          bool
		SockFilename      string
		Renumber          bool
		CustomDevInstance uint32
		UseCustomMAC      bool
		MACAddress        mac
		Tag               string
	}
	vhostUserModify struct {
		SwIfIndex         uint32
		IsServer          bool
		SockFilename      string
		Renumber          bool
		CustomDevInstance uint32
	}
	vhostUserDetails struct {
		SwIfIndex     uint32
		InterfaceName string
		IsServer      bool
		SockFilename  string
		SockErrno     int32
	}
)

// vhostUser is an interface with a socket that VPP serves, or is a client of.
type vhostUser struct {
	sw     *swInterface
	server bool
	socket string
}

// vhostUsers are all of them.
type vhostUsers struct {
	interfaces *interfaceTable
	pool       pool[vhostUser]
}

func (v *vhostUsers) find(condition func(*vhostUser) bool) (uint32, *vhostUser) {
	for at, o := range v.pool.all() {
		if condition(o) {
			return at, o
		}
	}
	return none, nil
}

func vhostUserName(instance uint32) string { return fmt.Sprintf("VirtualEthernet0/0/%d", instance) }

func (v *vhostUsers) create(m *vhostUserCreate) swIfIndexReply {
	_, same := v.find(func(o *vhostUser) bool { return o.socket == m.SockFilename })
	switch {
	case m.SockFilename == "":
		return swIfIndexReply{retInvalidArgument, none}
	case same != nil:
		return swIfIndexReply{retIfAlreadyExists, same.sw.index}
	}
	name := vhostUserName(v.pool.peek())
	if m.Renumber {
		name = vhostUserName(m.CustomDevInstance)
	}
	i := &swInterface{
		device: device{
			name: name, devType: "vhost-user", ethernet: true, mac: m.MACAddress, linkMTU: usualMTU,
			queues: queues{rx: rxQueues(1, rxPolling), modes: []uint32{rxPolling}},
		},
		mtu: [4]uint32{usualMTU}, tag: m.Tag,
	}
	if !m.UseCustomMAC {
		i.mac = v.interfaces.randomMAC()
	}
	v.pool.put(&vhostUser{i, m.IsServer, m.SockFilename})
	return swIfIndexReply{retOK, v.interfaces.add(i)}
}

func (v *vhostUsers) modify(i *swInterface, m *vhostUserModify) int32 {
	_, o := v.find(func(o *vhostUser) bool { return o.sw == i.hw })
	if o == nil {
		return retInvalidSwIfIndex
	}
	_, same := v.find(func(x *vhostUser) bool { return x.socket == m.SockFilename })
	switch {
	case m.SockFilename == "":
		return retInvalidArgument
	case same != nil && same != o:
		return retIfAlreadyExists
	}
	o.server, o.socket = m.IsServer, m.SockFilename
	if m.Renumber {
		i.hw.name = vhostUserName(m.CustomDevInstance)
	}
	return retOK
}

func serveVhostUser(r *registry) {
	v := &vhostUsers{interfaces: r.state.interfaces}
	created := sends[swIfIndexReply](r, "create_vhost_user_if_v2_reply")
	on(r, "create_vhost_user_if_v2", func(c *call, m *vhostUserCreate) {
		reply := v.create(m)
		created.send(c, &reply)
	})
	onInterface(r, "modify_vhost_user_if_v2", func(m *vhostUserModify) uint32 { return m.SwIfIndex }, v.modify)
	onInterface(r, "delete_vhost_user_if", func(m *swIfIndex) uint32 { return m.SwIfIndex },
		func(i *swInterface, _ *swIfIndex) int32 {
			at, o := v.find(func(o *vhostUser) bool { return o.sw == i.hw })
			if o == nil {
				return retInvalidSwIfIndex
			}
			v.pool.remove(at)
			r.state.interfaces.delete(i.hw)
			return retOK
		})
	details := sends[vhostUserDetails](r, "sw_interface_vhost_user_details")
	on(r, "sw_interface_vhost_user_dump", func(c *call, m *swIfIndex) {
		for _, o := range v.pool.all() {
			if m.SwIfIndex != none && m.SwIfIndex != o.sw.index {
				continue
			}
			d := vhostUserDetails{SwIfIndex: o.sw.index, InterfaceName: o.sw.name, IsServer: o.server, SockFilename: o.socket}
			if !o.server {
				d.SockErrno = errnoNoEntry
			}
			details.send(c, &d)
		}
	})
}
