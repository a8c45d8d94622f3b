package vpptest

import (
	"fmt"
	"slices"
)

// bondKind is bonds: interfaces made of others, the members.
func bondKind() kind {
	return kind{
		types: `
enum bond_mode u32 BOND_API_MODE_ROUND_ROBIN=1 BOND_API_MODE_ACTIVE_BACKUP=2 BOND_API_MODE_XOR=3 BOND_API_MODE_BROADCAST=4 BOND_API_MODE_LACP=5
enum bond_lb_algo u32 BOND_API_LB_ALGO_L2=0 BOND_API_LB_ALGO_L34=1 BOND_API_LB_ALGO_L23=2 BOND_API_LB_ALGO_RR=3 BOND_API_LB_ALGO_BC=4 BOND_API_LB_ALGO_AB=5
`,
		modules: []moduleRows{{name: "bond", version: 0xa03f5330, semver: "2.1.0", rows: join(
			replyingRows("bond_create", 0xf1dbd4ff, "u32 id default=4294967295; bool use_custom_mac; mac_address mac_address; bond_mode mode; "+
				"bond_lb_algo lb; bool numa_only", crcSwIfIndex, swIfIndexField),
			replyingRows("bond_create2", 0x912fda76, "bond_mode mode; bond_lb_algo lb; bool numa_only; bool enable_gso; bool use_custom_mac; "+
				"mac_address mac_address; u32 id default=4294967295", crcSwIfIndex, swIfIndexField),
			callRows("bond_delete", 0xf9e6675e, swIfIndexField),
			dumpRows("sw_bond_interface_dump", 0xf9e6675e, "interface_index sw_if_index default=4294967295",
				"sw_bond_interface_details", 0x9428a69c, "interface_index sw_if_index; u32 id; bond_mode mode; bond_lb_algo lb; bool numa_only; "+
					"u32 active_members; u32 members; string interface_name[64]"),
		)}},
		serve: serveBond,
	}
}

const (
	bondRoundRobin   = 1
	bondActiveBackup = 2
	bondBroadcast    = 4
	bondLACP         = 5
	// bondLastLB is the last that can be asked for.
	bondLastLB = 2
)

// bondFixedLB are the modes that spread packets in a way of their own,
// whatever is asked for.
var bondFixedLB = map[uint32]uint32{bondRoundRobin: 3, bondBroadcast: 4, bondActiveBackup: 5}

// bond is an interface made of members, in the order in which they came.
type bond struct {
	sw        *swInterface
	id        uint32
	mode, lb  uint32
	numaOnly  bool
	gso       bool
	customMAC bool
	members   []*bondMember
}

// bonds are all bonds and their members by interface.
type bonds struct {
	state   *state
	pool    pool[bond]
	members map[*swInterface]*bondMember
}

func newBonds(s *state) *bonds {
	return &bonds{state: s, members: map[*swInterface]*bondMember{}}
}

// find returns the bond whose interface it is, nil if it is none.
func (b *bonds) find(i *swInterface) (at uint32, found *bond) {
	for at, o := range b.pool.all() {
		if i != nil && o.sw == i {
			return at, o
		}
	}
	return none, nil
}

// active are the members that carry packets. LACP needs a partner for that,
// which the simulated VPP never has.
func (b *bond) active() (n int) {
	for _, m := range b.members {
		if m.sw.admin && b.mode != bondLACP {
			n++
		}
	}
	return n
}

// update makes the link follow the members.
func (b *bonds) update(o *bond) {
	o.sw.carrier = o.active() > 0
	b.state.interfaces.setLink(o.sw, o.sw.admin && o.sw.carrier)
}

func (b *bonds) create(m *bondCreate) swIfIndexReply {
	if m.Mode < bondRoundRobin || m.Mode > bondLACP || m.Lb > bondLastLB {
		return swIfIndexReply{Retval: retInvalidArgument}
	}
	id := m.ID
	if id == none {
		id = b.pool.peek()
	}
	for _, o := range b.pool.all() {
		if o.id == id {
			return swIfIndexReply{Retval: retInstanceInUse}
		}
	}
	lb, fixed := bondFixedLB[m.Mode]
	if !fixed {
		lb = m.Lb
	}
	address := m.MACAddress
	if !m.UseCustomMAC {
		address = b.state.interfaces.randomMAC()
	}
	i := &swInterface{
		device: device{name: fmt.Sprintf("BondEthernet%d", id), devType: "bond", ethernet: true, mac: address, linkMTU: usualMTU},
		mtu:    [4]uint32{usualMTU},
	}
	b.pool.put(&bond{sw: i, id: id, mode: m.Mode, lb: lb, numaOnly: m.NumaOnly, gso: m.EnableGso, customMAC: m.UseCustomMAC})
	return swIfIndexReply{SwIfIndex: b.state.interfaces.add(i)}
}

type (
	bondCreate struct {
		Mode, Lb     uint32
		NumaOnly     bool
		EnableGso    bool `vpp:",optional"`
		UseCustomMAC bool
		MACAddress   mac
		ID           uint32
	}
	bondDetails struct {
		SwIfIndex, ID          uint32
		Mode, Lb               uint32
		NumaOnly               bool
		ActiveMembers, Members uint32
		InterfaceName          string
	}
)

func serveBond(r *registry) {
	b := part(r.state, newBonds)
	for _, name := range []string{"bond_create", "bond_create2"} {
		created := sends[swIfIndexReply](r, name+"_reply")
		on(r, name, func(c *call, m *bondCreate) {
			reply := b.create(m)
			created.send(c, &reply)
		})
	}
	onInterface(r, "bond_delete", func(m *swIfIndex) uint32 { return m.SwIfIndex },
		func(i *swInterface, _ *swIfIndex) int32 {
			at, o := b.find(i.hw)
			if o == nil {
				return retInvalidSwIfIndex
			}
			for _, m := range slices.Clone(o.members) {
				b.detach(m)
			}
			b.pool.remove(at)
			r.state.interfaces.delete(i.hw)
			return retOK
		})
	details := sends[bondDetails](r, "sw_bond_interface_details")
	on(r, "sw_bond_interface_dump", func(c *call, m *swIfIndex) {
		for _, o := range b.pool.all() {
			if m.SwIfIndex == none || m.SwIfIndex == o.sw.index {
				details.send(c, &bondDetails{
					SwIfIndex: o.sw.index, ID: o.id, Mode: o.mode, Lb: o.lb, NumaOnly: o.numaOnly,
					ActiveMembers: uint32(o.active()), Members: uint32(len(o.members)), InterfaceName: o.sw.name,
				})
			}
		}
	})
}
