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
}

// borrow makes an interface use another's addresses: the chain becomes the
// donor's, if that has one, and what the interface had of its own is lost from
// sight. What is added to the user then is in the donor's dump.
func (i *swInterface) borrow(donor *swInterface) int32 {
	if i.table != donor.table {
		return retUnexpectedIntfState
	}
	i.unnumbered = unnumbered{borrows: true, donor: donor.index}
	i.first = donor.first
	return retOK
}

// giveBack ends that. An interface that does not borrow stays as it is.
func (i *swInterface) giveBack() {
	if i.borrows {
		i.unnumbered, i.first = unnumbered{}, [2]*ifAddress{}
	}
}

// hasAddresses tells what sw_interface_set_table refuses on: an interface's
// addresses, or its donor's.
func (t *interfaceTable) hasAddresses(i *swInterface, family int) bool {
	if i.borrows {
		donor := t.pool.get(i.donor)
		return donor != nil && donor.first[family] != nil
	}
	return i.first[family] != nil
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
			user.giveBack()
			return retOK
		case donor == nil:
			return retInvalidSwIfIndex2
		}
		return user.borrow(donor)
	})
	r.state.interfaceGone = append(r.state.interfaceGone, func(gone *swInterface) {
		gone.giveBack()
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
