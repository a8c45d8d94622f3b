package vpptest

import "time"

// lldpKind is LLDP on interfaces; its dump is a modern stream in spite of its
// name. The module is a plugin and so the one to leave out in tests.
func lldpKind() kind {
	rows := streamRows("lldp_dump", 0xf75ba505, "u32 cursor", 0x53b48f5d,
		"lldp_details", 0xc2d226cd, "interface_index sw_if_index; f64 last_heard; f64 last_sent; u8 chassis_id[64]; u8 chassis_id_len; "+
			"u8 port_id[64]; u8 port_id_len; u16 ttl; port_id_subtype port_id_subtype; chassis_id_subtype chassis_id_subtype")
	return kind{
		types: `
enum port_id_subtype u32 PORT_ID_SUBTYPE_RESERVED=0 PORT_ID_SUBTYPE_INTF_ALIAS=1 PORT_ID_SUBTYPE_PORT_COMP=2 PORT_ID_SUBTYPE_MAC_ADDR=3 PORT_ID_SUBTYPE_NET_ADDR=4 PORT_ID_SUBTYPE_INTF_NAME=5 PORT_ID_SUBTYPE_AGENT_CIRCUIT_ID=6 PORT_ID_SUBTYPE_LOCAL=7
enum chassis_id_subtype u32 CHASSIS_ID_SUBTYPE_RESERVED=0 CHASSIS_ID_SUBTYPE_CHASSIS_COMP=1 CHASSIS_ID_SUBTYPE_INTF_ALIAS=2 CHASSIS_ID_SUBTYPE_PORT_COMP=3 CHASSIS_ID_SUBTYPE_MAC_ADDR=4 CHASSIS_ID_SUBTYPE_NET_ADDR=5 CHASSIS_ID_SUBTYPE_INTF_NAME=6 CHASSIS_ID_SUBTYPE_LOCAL=7
`,
		modules: []moduleRows{{name: "lldp", version: 0xc26a6a68, semver: "2.0.0", rows: join(
			callRows("sw_interface_set_lldp", 0x57afbcd4, "interface_index sw_if_index; ip4_address mgmt_ip4; ip6_address mgmt_ip6; "+
				"u8 mgmt_oid[128]; bool enable default=true; string port_desc[]"),
			rows,
		)}},
		serve: serveLLDP,
	}
}

type (
	swInterfaceSetLLDP struct {
		SwIfIndex uint32
		Enable    bool
	}
	lldpDetails struct {
		SwIfIndex           uint32
		LastHeard, LastSent float64 // seconds since VPP started
		ChassisID           []byte
		ChassisIDLen        uint8
		PortID              []byte
		PortIDLen           uint8
		TTL                 uint16
		PortIDSubtype       uint32
		ChassisIDSubtype    uint32
	}
)

const (
	lldpTTL             = 121 // seconds: 4 intervals of 30 and one
	portIDInterfaceName = 5
	chassisIDMACAddress = 4
)

// lldpInterface is an interface with LLDP on it. It outlives the interface and
// then belongs to the next one of that index.
type lldpInterface struct {
	sw    uint32
	since time.Duration // after the boot
}

func serveLLDP(r *registry) {
	b := r.boot
	var enabled pool[lldpInterface]
	bySwIfIndex := map[uint32]uint32{}
	onInterface(r, "sw_interface_set_lldp", func(m *swInterfaceSetLLDP) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *swInterfaceSetLLDP) int32 {
			at, is := bySwIfIndex[i.index]
			switch {
			case !i.ethernet:
				return retInvalidValue
			case m.Enable && !is:
				bySwIfIndex[i.index] = enabled.put(&lldpInterface{i.index, time.Since(b.started)})
			case !m.Enable && is:
				enabled.remove(at)
				delete(bySwIfIndex, i.index)
			}
			return retOK
		})

	details := sends[lldpDetails](r, "lldp_details")
	onStream(r, "lldp_dump", &enabled, func(c *call, l *lldpInterface) {
		d := lldpDetails{SwIfIndex: l.sw}
		if i := r.state.interfaces.pool.get(l.sw); i != nil && i.admin { // a loopback is its own neighbour
			d.LastSent = l.since.Seconds()
			d.LastHeard, d.TTL = d.LastSent, lldpTTL
			d.ChassisID, d.ChassisIDLen, d.ChassisIDSubtype = i.mac[:], uint8(len(i.mac)), chassisIDMACAddress
			d.PortID, d.PortIDLen, d.PortIDSubtype = []byte(i.fullName()), uint8(len(i.fullName())), portIDInterfaceName
		}
		details.send(c, &d)
	})
}
