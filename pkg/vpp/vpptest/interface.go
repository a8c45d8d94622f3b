package vpptest

import (
	"fmt"
	"strings"
)

// interfaceKind is interfaces themselves: loopbacks, state, MTU, MAC address,
// tag, table, events. Their addresses are a kind of their own.
func interfaceKind() kind {
	return kind{
		types: `
enum if_status_flags u32 IF_STATUS_API_FLAG_ADMIN_UP=1 IF_STATUS_API_FLAG_LINK_UP=2
enum if_type u32 IF_API_TYPE_HARDWARE=0 IF_API_TYPE_SUB=1 IF_API_TYPE_P2P=2 IF_API_TYPE_PIPE=3
enum link_duplex u32 LINK_DUPLEX_API_UNKNOWN=0 LINK_DUPLEX_API_HALF=1 LINK_DUPLEX_API_FULL=2
enum sub_if_flags u32 SUB_IF_API_FLAG_NO_TAGS=1 SUB_IF_API_FLAG_ONE_TAG=2 SUB_IF_API_FLAG_TWO_TAGS=4 SUB_IF_API_FLAG_DOT1AD=8 SUB_IF_API_FLAG_EXACT_MATCH=16 SUB_IF_API_FLAG_DEFAULT=32 SUB_IF_API_FLAG_OUTER_VLAN_ID_ANY=64 SUB_IF_API_FLAG_INNER_VLAN_ID_ANY=128 SUB_IF_API_FLAG_MASK_VNET=254 SUB_IF_API_FLAG_DOT1AH=256
`,
		modules: []moduleRows{{name: "interface", version: 0xcf7004cc, semver: "3.2.4", rows: join(
			callRows("sw_interface_set_flags", 0xf5aec1b8, "interface_index sw_if_index; if_status_flags flags"),
			callRows("hw_interface_set_mtu", 0xe6746899, "interface_index sw_if_index; u16 mtu"),
			callRows("sw_interface_set_mtu", 0x5cbe85e5, "interface_index sw_if_index; u32 mtu[4]"),
			eventRows("want_interface_events", 0x476f5a08, "u32 enable_disable; u32 pid",
				"sw_interface_event", 0x2d3d95a7, "u32 client_index; u32 pid; interface_index sw_if_index; if_status_flags flags; bool deleted"),
			dumpRows("sw_interface_dump", 0xaa610c27, "interface_index sw_if_index default=4294967295; bool name_filter_valid; string name_filter[]",
				"sw_interface_details", 0x6c221fc7, "interface_index sw_if_index; u32 sup_sw_if_index; mac_address l2_address; "+
					"if_status_flags flags; if_type type; link_duplex link_duplex; u32 link_speed; u16 link_mtu; u32 mtu[4]; "+
					"u32 sub_id; u8 sub_number_of_tags; u16 sub_outer_vlan_id; u16 sub_inner_vlan_id; sub_if_flags sub_if_flags; "+
					"u32 vtr_op; u32 vtr_push_dot1q; u32 vtr_tag1; u32 vtr_tag2; u16 outer_tag; mac_address b_dmac; mac_address b_smac; "+
					"u16 b_vlanid; u32 i_sid; string interface_name[64]; string interface_dev_type[64]; string tag[64]"),
			callRows("sw_interface_set_table", 0xdf42a577, "interface_index sw_if_index; bool is_ipv6; u32 vrf_id"),
			replyingRows("sw_interface_get_table", 0x2d033de4, "interface_index sw_if_index; bool is_ipv6", 0xa6eb0109, "u32 vrf_id"),
			callRows("sw_interface_tag_add_del", 0x426f8bc1, "bool is_add; interface_index sw_if_index; string tag[64]"),
			callRows("sw_interface_set_mac_address", 0xc536e7eb, "interface_index sw_if_index; mac_address mac_address"),
			replyingRows("sw_interface_get_mac_address", 0xf9e6675e, "interface_index sw_if_index", 0x40ef2c08, "mac_address mac_address"),
			replyingRows("create_loopback", 0x42bb5d22, "mac_address mac_address", 0x5383d31f, "interface_index sw_if_index"),
			replyingRows("create_loopback_instance", 0xd36a3ee2, "mac_address mac_address; bool is_specified; u32 user_instance", 0x5383d31f, "interface_index sw_if_index"),
			callRows("delete_loopback", 0xf9e6675e, "interface_index sw_if_index"),
		)}},
		serve: serveInterface,
	}
}

const (
	adminUp = 1
	linkUp  = 2
	// loopbackInstances is how many loopbacks VPP can have.
	loopbackInstances = 16384
	// usualMTU is that of links, and what an interface begins with above.
	usualMTU = 9000
)

type mac [6]byte

// swInterface is an interface. Families index addresses and tables: 0 for
// IPv4, 1 for IPv6.
type swInterface struct {
	device
	index uint32
	admin bool
	mtu   [4]uint32
	tag   string
	table [2]*table
	// first begins the chains of its addresses.
	first [2]*ifAddress
	// linkLocal is the one address of fe80::/10; zero until it is set.
	linkLocal address

	// A sub-interface has a parent, and the device of hw; any other interface
	// is its own hw.
	parent *swInterface
	hw     *swInterface
	sub    subInterface
	// doomed says that there were sub-interfaces on its sub-interfaces.
	doomed bool
	unnumbered
}

// device is the hardware of an interface, and what sorts of it differ in.
type device struct {
	name     string
	devType  string
	ethernet bool // has a MAC address
	loopback bool
	instance uint32 // of a loopback
	mac      mac
	link     bool
	linkMTU  uint16
	// carrier says that the link is up whenever the interface is.
	carrier bool
	// resizable says that the link's MTU can be changed, promiscuous that the
	// mode can.
	resizable, promiscuous bool
	queues                 queues
}

// local tells local0, which is there from the start and is hardly one.
func (i *swInterface) local() bool { return i.index == 0 }

func (i *swInterface) flags() (f uint32) {
	if i.admin {
		f |= adminUp
	}
	if i.hw.link {
		f |= linkUp
	}
	return f
}

// interfaceTable holds all interfaces and who wants to hear of them.
type interfaceTable struct {
	state     *state
	pool      pool[swInterface]
	instances map[uint32]bool // loopbacks
	prefixes  map[ifPrefix]int
	byAddress map[addressKey]*ifAddress
	subs      map[uint32]uint32 // client_index → pid
	events    map[uint32]uint8  // sw_if_index → what happened in this turn
	random    uint32            // of the last MAC address made up
	matches   map[subMatch]bool // packets that have an owner
}

func newInterfaceTable(s *state) *interfaceTable {
	t := &interfaceTable{
		state: s, instances: map[uint32]bool{}, prefixes: map[ifPrefix]int{}, byAddress: map[addressKey]*ifAddress{},
		subs: map[uint32]uint32{}, events: map[uint32]uint8{}, matches: map[subMatch]bool{},
	}
	t.add(&swInterface{device: device{name: "local0", devType: "local"}})
	clear(t.events) // there was nobody to tell
	return t
}

// add makes an interface out of its device, with the L3 MTU of its link, and
// returns its index.
func (t *interfaceTable) add(i *swInterface) uint32 {
	if i.hw == nil {
		i.hw = i
		t.matches[subMatch{hw: i, kind: subNoTags}] = i.ethernet
	}
	i.index = t.pool.put(i)
	i.table = [2]*table{t.state.fib.find(0, 0), t.state.fib.find(1, 0)}
	t.events[i.index] |= eventOther
	return i.index
}

// named is the interface of a name, nil where there is none.
func (t *interfaceTable) named(name string) *swInterface {
	for _, i := range t.pool.all() {
		if i.fullName() == name {
			return i
		}
	}
	return nil
}

// createLoopback makes a loopback; a wanted instance of none takes the lowest
// free one.
func (t *interfaceTable) createLoopback(address mac, wanted uint32) (sw uint32, retval int32) {
	if wanted == none {
		wanted = 0
		for t.instances[wanted] {
			wanted++
		}
	}
	if wanted >= loopbackInstances || t.instances[wanted] {
		return none, retInvalidRegistration
	}
	if address == (mac{}) {
		address = mac{0xde, 0xad, 0, 0, 0, byte(wanted)}
	}
	t.instances[wanted] = true
	return t.add(&swInterface{
		device: device{
			name: fmt.Sprintf("loop%d", wanted), devType: "Loopback", ethernet: true, loopback: true, instance: wanted,
			mac: address, linkMTU: usualMTU, carrier: true,
		},
		mtu: [4]uint32{usualMTU},
	}), retOK
}

// delete takes an interface away, with its sub-interfaces, addresses and
// bindings. Routes through it stay and will hit whoever gets the index next,
// which is this one's; VPP frees those of sub-interfaces in the order of a hash.
func (t *interfaceTable) delete(i *swInterface) {
	if i.doomed {
		t.state.fib.lethal = "an interface was deleted that had sub-interfaces of sub-interfaces"
	}
	for _, sub := range t.pool.all() {
		if sub.hw == i && sub != i {
			t.delete(sub)
		}
	}
	t.setAdmin(i, false)
	for _, f := range t.state.interfaceGone {
		f(i)
	}
	t.deleteAddresses(i)
	for family := range i.table {
		t.bind(i, family, t.state.fib.find(family, 0))
	}
	if i.loopback {
		delete(t.instances, i.instance)
	}
	match, _ := i.sub.match(i.hw)
	delete(t.matches, match)
	t.pool.remove(i.index)
	t.events[i.index] |= eventDeleted
}

// setLinkMTU changes the MTU of a link, and with it the L3 MTU of all that is
// on it.
func (t *interfaceTable) setLinkMTU(i *swInterface, mtu uint16) {
	i.linkMTU = mtu
	for _, x := range t.pool.all() {
		if x.hw == i {
			x.mtu[0] = uint32(mtu)
		}
	}
}

// setLink brings a link up or down. It is no event of the sub-interfaces.
func (t *interfaceTable) setLink(i *swInterface, up bool) {
	if i.link == up {
		return
	}
	i.link = up
	t.events[i.index] |= eventOther
	if up {
		t.events[i.index] |= linkUp
	}
}

// randomMAC makes up a MAC address as VPP does, another one in every boot.
func (t *interfaceTable) randomMAC() mac {
	t.random = t.random*1664525 + 1013904223
	return mac{2, 0xfe, byte(t.random >> 24), byte(t.random >> 16), byte(t.random >> 8), byte(t.random)}
}

// setAdmin brings an interface up or down, and with it the routes of its
// addresses. The link follows where there is a carrier.
func (t *interfaceTable) setAdmin(i *swInterface, up bool) {
	if i.admin == up {
		return
	}
	i.admin = up
	t.events[i.index] |= eventOther
	if up {
		t.events[i.index] |= adminUp
	}
	if i.hw == i {
		t.setLink(i, up && i.carrier)
	}
	for _, f := range t.state.adminChanged {
		f(i)
	}
	for family := range i.first {
		for a := range i.addresses(family) {
			t.routeAddress(i, a.prefix, up)
		}
	}
}

// bind puts an interface into a table, which holds that table.
func (t *interfaceTable) bind(i *swInterface, family int, to *table) {
	fib, old := t.state.fib, i.table[family]
	if to.id != 0 {
		fib.lock(to, sourceInterface)
	}
	i.table[family] = to
	if old != to {
		for _, f := range t.state.tableChanged {
			f(i, family, old)
		}
	}
	if old.id != 0 {
		fib.unlock(old, sourceInterface)
	}
}

type (
	swIfIndex           struct{ SwIfIndex uint32 }
	swInterfaceSetFlags struct{ SwIfIndex, Flags uint32 }
	hwInterfaceSetMTU   struct {
		SwIfIndex uint32
		MTU       uint16
	}
	swInterfaceSetMTU struct {
		SwIfIndex uint32
		MTU       [4]uint32
	}
	swInterfaceDump struct {
		SwIfIndex       uint32
		NameFilterValid bool
		NameFilter      string
	}
	swInterfaceDetails struct {
		SwIfIndex, SupSwIfIndex uint32
		L2Address               mac
		Flags, Type             uint32
		LinkMTU                 uint16
		MTU                     [4]uint32
		SubID                   uint32
		SubNumberOfTags         uint8
		SubOuterVlanID          uint16
		SubInnerVlanID          uint16
		SubIfFlags              uint32
		VtrOp, VtrPushDot1q     uint32
		VtrTag1, VtrTag2        uint32
		InterfaceName           string
		InterfaceDevType        string
		Tag                     string
	}
	swInterfaceSetTable struct {
		SwIfIndex uint32
		IsIPv6    bool
		VrfID     uint32
	}
	swInterfaceGetTable struct {
		SwIfIndex uint32
		IsIPv6    bool
	}
	swInterfaceGetTableReply struct {
		Retval int32
		VrfID  uint32
	}
	swInterfaceTagAddDel struct {
		IsAdd     bool
		SwIfIndex uint32
		Tag       string
	}
	swInterfaceSetMAC struct {
		SwIfIndex  uint32
		MACAddress mac
	}
	swInterfaceGetMACReply struct {
		Retval     int32
		MACAddress mac
	}
	createLoopback         struct{ MACAddress mac }
	createLoopbackInstance struct {
		MACAddress   mac
		IsSpecified  bool
		UserInstance uint32
	}
	swIfIndexReply struct {
		Retval    int32
		SwIfIndex uint32
	}
)

func serveInterface(r *registry) {
	t := r.state.interfaces
	t.random = uint32(r.boot.number)
	serveInterfaceEvents(r, t)
	serveInterfaceState(r, t)

	details := sends[swInterfaceDetails](r, "sw_interface_details")
	show := func(c *call, i *swInterface) {
		d := swInterfaceDetails{
			SwIfIndex: i.index, SupSwIfIndex: i.index, L2Address: i.mac, Flags: i.flags(), LinkMTU: i.hw.linkMTU,
			MTU: i.mtu, InterfaceName: i.fullName(), InterfaceDevType: i.hw.devType, Tag: i.tag,
		}
		i.describeSub(&d)
		for _, f := range r.state.interfaceShown {
			f(i, &d)
		}
		details.send(c, &d)
	}
	on(r, "sw_interface_dump", func(c *call, m *swInterfaceDump) {
		if !m.NameFilterValid && m.SwIfIndex != none && m.SwIfIndex != 0 {
			if i := t.pool.get(m.SwIfIndex); i != nil {
				show(c, i)
			}
			return
		}
		filter := ""
		if m.NameFilterValid {
			filter = strings.ToLower(m.NameFilter)
		}
		for _, i := range t.pool.all() {
			if strings.Contains(strings.ToLower(i.fullName()), filter) {
				show(c, i)
			}
		}
	})

	created := sends[swIfIndexReply](r, "create_loopback_reply")
	on(r, "create_loopback", func(c *call, m *createLoopback) {
		sw, retval := t.createLoopback(m.MACAddress, none)
		created.send(c, &swIfIndexReply{retval, sw})
	})
	createdInstance := sends[swIfIndexReply](r, "create_loopback_instance_reply")
	on(r, "create_loopback_instance", func(c *call, m *createLoopbackInstance) {
		wanted := none
		if m.IsSpecified {
			wanted = min(m.UserInstance, loopbackInstances)
		}
		sw, retval := t.createLoopback(m.MACAddress, wanted)
		createdInstance.send(c, &swIfIndexReply{retval, sw})
	})
	onRetval(r, "delete_loopback", func(_ *call, m *swIfIndex) int32 {
		i := t.pool.get(m.SwIfIndex)
		if i == nil || !i.hw.loopback {
			return retInvalidSwIfIndex
		}
		t.delete(i.hw) // even if it was asked for a sub-interface
		return retOK
	})
}

// onInterface binds a handler that needs an existing interface.
func onInterface[Req any](r *registry, name string, sw func(*Req) uint32, f func(i *swInterface, m *Req) int32) {
	t := r.state.interfaces
	onRetval(r, name, func(_ *call, m *Req) int32 {
		i := t.pool.get(sw(m))
		if i == nil {
			return retInvalidSwIfIndex
		}
		return f(i, m)
	})
}

func familyOf(isIPv6 bool) int {
	if isIPv6 {
		return 1
	}
	return 0
}
