package vpptest

// serveInterfaceState is what every interface can be set to: state, MTU, tag,
// MAC address, table.
func serveInterfaceState(r *registry, t *interfaceTable) {
	onInterface(r, "sw_interface_set_flags", func(m *swInterfaceSetFlags) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *swInterfaceSetFlags) int32 {
			up := m.Flags&adminUp != 0
			if up && i.parent != nil && !i.parent.admin {
				return retUnspecified
			}
			t.setAdmin(i, up)
			return retOK
		})
	onInterface(r, "hw_interface_set_mtu", func(m *hwInterfaceSetMTU) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *hwInterfaceSetMTU) int32 {
			switch {
			case i.parent != nil:
				return retInvalidValue
			case !i.ethernet:
				return retFeatureDisabled
			case i.linkMTU == m.MTU:
				return retOK
			case !i.resizable:
				return retUnsupported
			}
			t.setLinkMTU(i, m.MTU)
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
			old := i.mac
			i.mac = m.MACAddress
			for _, f := range r.state.macChanged {
				f(i, old)
			}
			return retOK
		})
	hasMAC := sends[swInterfaceGetMACReply](r, "sw_interface_get_mac_address_reply")
	on(r, "sw_interface_get_mac_address", func(c *call, m *swIfIndex) {
		if i := t.pool.get(m.SwIfIndex); i != nil {
			hasMAC.send(c, &swInterfaceGetMACReply{MACAddress: i.hw.mac})
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
			case t.hasAddresses(i, family):
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
