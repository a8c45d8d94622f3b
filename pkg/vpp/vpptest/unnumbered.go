package vpptest

// unnumberedKind is interfaces that borrow the addresses of another, the
// donor. The donor is known by its index and so may be deleted, or become
// somebody else.
func unnumberedKind() kind {
	return kind{
		modules: []moduleRows{
			{name: "interface", rows: callRows("sw_interface_set_unnumbered", 0x154a6439,
				"interface_index sw_if_index; interface_index unnumbered_sw_if_index; bool is_add")},
			{name: "ip", rows: dumpRows("ip_unnumbered_dump", 0xf9e6675e, "interface_index sw_if_index default=4294967295",
				"ip_unnumbered_details", 0xcc59bd42, "interface_index sw_if_index; interface_index ip_sw_if_index")},
		},
		serve: serveUnnumbered,
	}
}

// unnumbered is what an interface has borrowed.
type unnumbered struct {
	borrows bool
	donor   uint32
	// shared are the families whose list of addresses is the donor's: it had
	// some when it was borrowed. An address that is added to the user is then
	// in the donor's dump.
	shared [2]bool
	// stale says that a shared list is gone with its donor.
	stale bool
}

// borrow makes an interface use another's addresses.
func (i *swInterface) borrow(donor *swInterface) int32 {
	if i.table != donor.table {
		return retUnexpectedIntfState
	}
	i.unnumbered = unnumbered{borrows: true, donor: donor.index}
	for family := range donor.address {
		i.shared[family] = len(donor.address[family]) > 0
	}
	return retOK
}

// users are the interfaces that add to a donor's list of addresses.
func (t *interfaceTable) users(donor *swInterface, family int) (out []*swInterface) {
	for _, i := range t.pool.all() {
		if i != donor && i.borrows && i.donor == donor.index && i.shared[family] && !i.stale {
			out = append(out, i)
		}
	}
	return out
}

// hasAddresses tells what sw_interface_set_table refuses on.
func (t *interfaceTable) hasAddresses(i *swInterface, family int) bool {
	return len(i.address[family]) > 0 || i.borrows && i.shared[family]
}

type (
	swInterfaceSetUnnumbered struct {
		SwIfIndex, UnnumberedSwIfIndex uint32 // the donor, the user
		IsAdd                          bool
	}
	ipUnnumberedDetails struct{ SwIfIndex, IPSwIfIndex uint32 }
)

func serveUnnumbered(r *registry) {
	t := r.state.interfaces
	onRetval(r, "sw_interface_set_unnumbered", func(_ *call, m *swInterfaceSetUnnumbered) int32 {
		user, donor := t.pool.get(m.UnnumberedSwIfIndex), t.pool.get(m.SwIfIndex)
		switch {
		case user == nil:
			return retInvalidSwIfIndex
		case !m.IsAdd: // whose addresses it used does not matter
			user.unnumbered = unnumbered{}
			return retOK
		case donor == nil:
			return retInvalidSwIfIndex2
		}
		return user.borrow(donor)
	})
	r.state.interfaceGone = append(r.state.interfaceGone, func(gone *swInterface) {
		gone.unnumbered = unnumbered{}
		for family := range gone.address {
			for _, i := range t.users(gone, family) {
				i.stale = true
			}
		}
	})
	details := sends[ipUnnumberedDetails](r, "ip_unnumbered_details")
	on(r, "ip_unnumbered_dump", func(c *call, m *swIfIndex) {
		for _, i := range t.pool.all() {
			if i.borrows && (m.SwIfIndex == none || m.SwIfIndex == i.index) {
				details.send(c, &ipUnnumberedDetails{i.index, i.donor})
			}
		}
	})
}
