package vpptest

import (
	"fmt"
	"maps"
	"slices"
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
	loopbackMTU       = 9000
)

type mac [6]byte

// swInterface is an interface. Families index addresses and tables: 0 for
// IPv4, 1 for IPv6.
type swInterface struct {
	index    uint32
	name     string
	devType  string
	ethernet bool
	loopback bool
	instance uint32
	mac      mac
	admin    bool
	link     bool
	linkMTU  uint16
	mtu      [4]uint32
	tag      string
	table    [2]*table
	address  [2][]prefix
	// linkLocal is the one address of fe80::/10; zero until it is set.
	linkLocal address
}

// local tells local0, which is there from the start and is hardly one.
func (i *swInterface) local() bool { return i.index == 0 }

func (i *swInterface) flags() (f uint32) {
	if i.admin {
		f |= adminUp
	}
	if i.link {
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
	subs      map[uint32]uint32 // client_index → pid
	events    map[uint32]uint8  // sw_if_index → what happened in this turn
}

const (
	eventUp      = adminUp | linkUp
	eventDeleted = 1 << 2
	eventOther   = 1 << 3
)

func newInterfaceTable(s *state) *interfaceTable {
	t := &interfaceTable{
		state: s, instances: map[uint32]bool{}, prefixes: map[ifPrefix]int{},
		subs: map[uint32]uint32{}, events: map[uint32]uint8{},
	}
	t.add(&swInterface{name: "local0", devType: "local"})
	clear(t.events) // there was nobody to tell
	return t
}

func (t *interfaceTable) add(i *swInterface) {
	i.index = t.pool.put(i)
	i.table = [2]*table{t.state.fib.find(0, 0), t.state.fib.find(1, 0)}
	t.events[i.index] |= eventOther
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
	i := &swInterface{
		name: fmt.Sprintf("loop%d", wanted), devType: "Loopback", ethernet: true, loopback: true, instance: wanted,
		mac: address, linkMTU: loopbackMTU, mtu: [4]uint32{loopbackMTU},
	}
	t.add(i)
	return i.index, retOK
}

// delete takes an interface away, with its addresses and bindings. Routes
// through it stay and will hit whoever gets the index next.
func (t *interfaceTable) delete(i *swInterface) {
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
	t.pool.remove(i.index)
	t.events[i.index] |= eventDeleted
}

// setAdmin brings an interface up or down, and with it the routes of its
// addresses. An Ethernet's link follows.
func (t *interfaceTable) setAdmin(i *swInterface, up bool) {
	if i.admin == up {
		return
	}
	i.admin = up
	i.link = up && i.ethernet
	t.events[i.index] |= eventOther | uint8(i.flags())
	for family := range i.address {
		for _, p := range i.address[family] {
			t.routeAddress(i, p, up)
		}
	}
}

// bind puts an interface into a table, which holds that table.
func (t *interfaceTable) bind(i *swInterface, family int, to *table) {
	fib, old := t.state.fib, i.table[family]
	if to.id != 0 {
		to.lock(sourceInterface)
	}
	i.table[family] = to
	if old.id != 0 {
		fib.unlock(old, sourceInterface)
	}
}

// sendEvents tells the subscribers what happened in this turn, one event an
// interface: what happened several times is or-ed together.
func (t *interfaceTable) sendEvents(b *boot, event sender[swInterfaceEvent]) {
	if len(t.events) == 0 {
		return
	}
	for _, sw := range slices.Sorted(maps.Keys(t.events)) {
		what := t.events[sw]
		for _, index := range slices.Sorted(maps.Keys(t.subs)) {
			if c := b.clientAt(index); c != nil {
				event.event(b, c, &swInterfaceEvent{
					ClientIndex: index, PID: t.subs[index], SwIfIndex: sw,
					Flags: uint32(what & eventUp), Deleted: what&eventDeleted != 0,
				})
			}
		}
	}
	clear(t.events)
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
	wantInterfaceEvents struct{ ClientIndex, EnableDisable, PID uint32 }
	swInterfaceEvent    struct {
		ClientIndex, PID, SwIfIndex, Flags uint32
		Deleted                            bool
	}
	swInterfaceDump struct {
		SwIfIndex       uint32
		NameFilterValid bool
		NameFilter      string
	}
	swInterfaceDetails struct {
		SwIfIndex, SupSwIfIndex uint32
		L2Address               mac
		Flags                   uint32
		LinkMTU                 uint16
		MTU                     [4]uint32
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
	serveInterfaceEvents(r, t)
	serveInterfaceState(r, t)

	details := sends[swInterfaceDetails](r, "sw_interface_details")
	show := func(c *call, i *swInterface) {
		details.send(c, &swInterfaceDetails{
			SwIfIndex: i.index, SupSwIfIndex: i.index, L2Address: i.mac, Flags: i.flags(), LinkMTU: i.linkMTU,
			MTU: i.mtu, InterfaceName: i.name, InterfaceDevType: i.devType, Tag: i.tag,
		})
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
			if strings.Contains(strings.ToLower(i.name), filter) {
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
		if i == nil || !i.loopback {
			return retInvalidSwIfIndex
		}
		t.delete(i)
		return retOK
	})
}

func serveInterfaceEvents(r *registry, t *interfaceTable) {
	event := sends[swInterfaceEvent](r, "sw_interface_event")
	b := r.boot
	r.state.batchDone = append(r.state.batchDone, func() { t.sendEvents(b, event) })
	r.state.clientGone = append(r.state.clientGone, func(index uint32) { delete(t.subs, index) })
	onRetval(r, "want_interface_events", func(_ *call, m *wantInterfaceEvents) int32 {
		_, has := t.subs[m.ClientIndex]
		switch want := m.EnableDisable != 0; {
		case want == has:
			return retInvalidRegistration
		case want:
			t.subs[m.ClientIndex] = m.PID
		default:
			delete(t.subs, m.ClientIndex)
		}
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

func serveInterfaceState(r *registry, t *interfaceTable) {
	onInterface(r, "sw_interface_set_flags", func(m *swInterfaceSetFlags) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *swInterfaceSetFlags) int32 {
			t.setAdmin(i, m.Flags&adminUp != 0)
			return retOK
		})
	onInterface(r, "hw_interface_set_mtu", func(m *hwInterfaceSetMTU) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *hwInterfaceSetMTU) int32 {
			switch {
			case !i.ethernet:
				return retFeatureDisabled
			case i.linkMTU != m.MTU:
				return retUnsupported // loopbacks cannot change theirs
			}
			return retOK
		})
	onInterface(r, "sw_interface_set_mtu", func(m *swInterfaceSetMTU) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *swInterfaceSetMTU) int32 { i.mtu = m.MTU; return retOK })
	onInterface(r, "sw_interface_tag_add_del", func(m *swInterfaceTagAddDel) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *swInterfaceTagAddDel) int32 {
			if m.IsAdd && m.Tag == "" {
				return retInvalidValue
			}
			i.tag = ""
			if m.IsAdd {
				i.tag = m.Tag
			}
			return retOK
		})
	onInterface(r, "sw_interface_set_mac_address", func(m *swInterfaceSetMAC) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *swInterfaceSetMAC) int32 {
			if !i.ethernet {
				return retUnimplemented
			}
			i.mac = m.MACAddress
			return retOK
		})
	hasMAC := sends[swInterfaceGetMACReply](r, "sw_interface_get_mac_address_reply")
	on(r, "sw_interface_get_mac_address", func(c *call, m *swIfIndex) {
		if i := t.pool.get(m.SwIfIndex); i != nil {
			hasMAC.send(c, &swInterfaceGetMACReply{MACAddress: i.mac})
			return
		}
		hasMAC.send(c, &swInterfaceGetMACReply{Retval: retInvalidSwIfIndex})
	})
	onInterface(r, "sw_interface_set_table", func(m *swInterfaceSetTable) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *swInterfaceSetTable) int32 {
			family := familyOf(m.IsIPv6)
			to := r.state.fib.find(family, m.VrfID)
			switch {
			case to == nil:
				return retNoSuchFIB
			case len(i.address[family]) > 0:
				return retAddressFoundForInterface
			}
			t.bind(i, family, to)
			return retOK
		})
	inTable := sends[swInterfaceGetTableReply](r, "sw_interface_get_table_reply")
	on(r, "sw_interface_get_table", func(c *call, m *swInterfaceGetTable) {
		if i := t.pool.get(m.SwIfIndex); i != nil {
			inTable.send(c, &swInterfaceGetTableReply{VrfID: i.table[familyOf(m.IsIPv6)].id})
			return
		}
		inTable.send(c, &swInterfaceGetTableReply{Retval: retInvalidSwIfIndex, VrfID: none})
	})
}

func familyOf(isIPv6 bool) int {
	if isIPv6 {
		return 1
	}
	return 0
}
