package vpptest

// interfaceAttributeKind is what can be set on an interface and is in no dump,
// and its name.
func interfaceAttributeKind() kind {
	return kind{
		modules: []moduleRows{{name: "interface", rows: join(
			callRows("sw_interface_set_promisc", 0xd40860d4, "interface_index sw_if_index; bool promisc_on"),
			callRows("sw_interface_set_ip_directed_broadcast", 0xae6cfcfb, "interface_index sw_if_index; bool enable"),
			callRows("sw_interface_set_interface_name", 0x45a1d548, "interface_index sw_if_index; string name[64]"),
			callRows("sw_interface_add_del_mac_address", 0x638bb9f4, "u32 sw_if_index; mac_address addr; u8 is_add"),
		)}},
		serve: serveInterfaceAttribute,
	}
}

type (
	swInterfaceSetPromisc struct {
		SwIfIndex uint32
		PromiscOn bool
	}
	swInterfaceSetDirectedBroadcast struct {
		SwIfIndex uint32
		Enable    bool
	}
	swInterfaceSetName struct {
		SwIfIndex uint32
		Name      string
	}
	swInterfaceAddDelMAC struct {
		SwIfIndex uint32
		Addr      mac
		IsAdd     uint8
	}
)

func serveInterfaceAttribute(r *registry) {
	onInterface(r, "sw_interface_set_promisc", func(m *swInterfaceSetPromisc) uint32 { return m.SwIfIndex },
		func(i *swInterface, _ *swInterfaceSetPromisc) int32 {
			switch {
			case !i.ethernet:
				return retInvalidValue
			case !i.promiscuous:
				return retUnspecified
			}
			return retOK
		})
	onInterface(r, "sw_interface_set_ip_directed_broadcast", func(m *swInterfaceSetDirectedBroadcast) uint32 { return m.SwIfIndex },
		func(*swInterface, *swInterfaceSetDirectedBroadcast) int32 { return retOK })
	onInterface(r, "sw_interface_set_interface_name", func(m *swInterfaceSetName) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *swInterfaceSetName) int32 {
			if m.Name == "" {
				return retInvalidValue
			}
			if i.parent != nil {
				i = r.state.interfaces.pool.get(0) // by an oversight of VPP's
			}
			i.name = m.Name
			return retOK
		})
	onInterface(r, "sw_interface_add_del_mac_address", func(m *swInterfaceAddDelMAC) uint32 { return m.SwIfIndex },
		func(i *swInterface, _ *swInterfaceAddDelMAC) int32 {
			if !i.hw.ethernet {
				return retUnimplemented
			}
			return retOK
		})
}
