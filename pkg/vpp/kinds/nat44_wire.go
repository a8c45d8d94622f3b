package kinds

import (
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// pluginNAT brings all messages of NAT44.
const pluginNAT = "nat"

// Return values that NAT44 is decided on by.
const (
	retUnsupported    int32 = -126 // NAT44 is not enabled
	retAlreadyEnabled int32 = -170
)

// Bits of vl_api_nat_config_flags_t.
const (
	natTwiceNAT     uint8 = 1 << 0
	natSelfTwiceNAT uint8 = 1 << 1
	natOut2InOnly   uint8 = 1 << 2
	natAddrOnly     uint8 = 1 << 3
	natFlagOutside  uint8 = 1 << 4
	natFlagInside   uint8 = 1 << 5
)

// noVRF is VPP's number for no table in particular.
const noVRF = ^uint32(0)

type nat44Enable struct {
	InsideVRF, OutsideVRF uint32
	Sessions              uint32
	Enable                bool
}

type nat44Config struct {
	Retval                int32
	InsideVRF, OutsideVRF uint32
	// Sessions is 0 while NAT44 is not enabled.
	Sessions          uint32
	ForwardingEnabled bool
	Timeouts          NATTimeouts
}

type natMSS struct {
	MSSValue uint16
	Enable   bool
}

type natMSSReply struct {
	Retval   int32
	MSSValue uint16
	Enable   bool
}

type nat44Limit struct{ SessionLimit, VrfID uint32 }

type nat44User struct{ Nsessions, Nstaticsessions uint32 }

type nat44Feature struct {
	IsAdd     bool
	Flags     uint8
	SwIfIndex uint32
}

type nat44Output struct {
	IsAdd     bool
	SwIfIndex uint32
}

type nat44FlaggedInterface struct {
	Flags     uint8
	SwIfIndex uint32
}

type nat44Range struct {
	FirstIPAddress, LastIPAddress netip.Addr
	VrfID                         uint32
	IsAdd                         bool
	Flags                         uint8
}

type nat44PoolAddress struct {
	IPAddress netip.Addr
	Flags     uint8
	VrfID     uint32
}

type nat44Table struct {
	TableVrfID uint32
	IsAdd      bool
}

type nat44TableRoute struct {
	TableVrfID, VrfID uint32
	IsAdd             bool
}

type nat44TableDetails struct {
	TableVrfID uint32
	VrfIDs     []uint32
}

type nat44Static struct {
	IsAdd                             bool
	MatchPool                         bool
	Flags                             uint8
	PoolIPAddress                     netip.Addr
	LocalIPAddress, ExternalIPAddress netip.Addr
	Protocol                          uint8
	LocalPort, ExternalPort           uint16
	ExternalSwIfIndex, VrfID          uint32
	Tag                               string
}

type nat44StaticDetails struct {
	Flags                             uint8
	LocalIPAddress, ExternalIPAddress netip.Addr
	Protocol                          uint8
	LocalPort, ExternalPort           uint16
	ExternalSwIfIndex, VrfID          uint32
	Tag                               string
}

type nat44Identity struct {
	IsAdd            bool
	Flags            uint8
	IPAddress        netip.Addr
	Protocol         uint8
	Port             uint16
	SwIfIndex, VrfID uint32
	Tag              string
}

type nat44IdentityDetails struct {
	Flags            uint8
	IPAddress        netip.Addr
	Protocol         uint8
	Port             uint16
	SwIfIndex, VrfID uint32
	Tag              string
}

type nat44Local struct {
	Addr        netip.Addr
	Port        uint16
	Probability uint8
	VrfID       uint32
}

type nat44LB struct {
	IsAdd        bool
	Flags        uint8
	ExternalAddr netip.Addr
	ExternalPort uint16
	Protocol     uint8
	Affinity     uint32
	Tag          string
	Locals       []nat44Local
}

type nat44LBLocal struct {
	IsAdd        bool
	ExternalAddr netip.Addr
	ExternalPort uint16
	Protocol     uint8
	Local        nat44Local
}

type nat44LBDetails struct {
	ExternalAddr netip.Addr
	ExternalPort uint16
	Protocol     uint8
	Flags        uint8
	Tag          string
	Locals       []nat44Local
}

var (
	nat44EnableDisable = vpp.NewMethod[nat44Enable, retval]("nat44_ed_plugin_enable_disable")
	nat44ShowConfig    = vpp.NewMethod[nothing, nat44Config]("nat44_show_running_config")
	nat44SetForwarding = vpp.NewMethod[struct{ Enable bool }, retval]("nat44_forwarding_enable_disable")
	nat44SetTimeouts   = vpp.NewMethod[NATTimeouts, retval]("nat_set_timeouts")
	nat44SetMSS        = vpp.NewMethod[natMSS, retval]("nat_set_mss_clamping")
	nat44GetMSS        = vpp.NewMethod[nothing, natMSSReply]("nat_get_mss_clamping")
	nat44SetLimit      = vpp.NewMethod[nat44Limit, retval]("nat44_set_session_limit")
	nat44Users         = vpp.NewMethod[nothing, nat44User]("nat44_user_dump")

	nat44SetFeature = vpp.NewMethod[nat44Feature, retval]("nat44_interface_add_del_feature")
	nat44Interfaces = vpp.NewMethod[nothing, nat44FlaggedInterface]("nat44_interface_dump")
	nat44SetOutput  = vpp.NewMethod[nat44Output, retval]("nat44_ed_add_del_output_interface")
	nat44Outputs    = vpp.NewMethod[nothing, swIfIndex]("nat44_ed_output_interface_get")

	nat44SetRange         = vpp.NewMethod[nat44Range, retval]("nat44_add_del_address_range")
	nat44Addresses        = vpp.NewMethod[nothing, nat44PoolAddress]("nat44_address_dump")
	nat44SetInterfaceAddr = vpp.NewMethod[nat44Feature, retval]("nat44_add_del_interface_addr")
	nat44InterfaceAddrs   = vpp.NewMethod[nothing, nat44FlaggedInterface]("nat44_interface_addr_dump")

	nat44SetTable = vpp.NewMethod[nat44Table, retval]("nat44_ed_add_del_vrf_table")
	nat44SetRoute = vpp.NewMethod[nat44TableRoute, retval]("nat44_ed_add_del_vrf_route")
	// VPP answers with the details of the first version, filled in as the second
	// has them. The first names no tables.
	nat44Tables = vpp.NewMethod[nothing, nat44TableDetails]("nat44_ed_vrf_tables_v2_dump").Answered("nat44_ed_vrf_tables_details")

	nat44SetStatic   = vpp.NewMethod[nat44Static, retval]("nat44_add_del_static_mapping_v2")
	nat44Statics     = vpp.NewMethod[nothing, nat44StaticDetails]("nat44_static_mapping_dump")
	nat44SetIdentity = vpp.NewMethod[nat44Identity, retval]("nat44_add_del_identity_mapping")
	nat44Identities  = vpp.NewMethod[nothing, nat44IdentityDetails]("nat44_identity_mapping_dump")
	nat44SetLB       = vpp.NewMethod[nat44LB, retval]("nat44_add_del_lb_static_mapping")
	nat44SetLBLocal  = vpp.NewMethod[nat44LBLocal, retval]("nat44_lb_static_mapping_add_del_local")
	nat44LBs         = vpp.NewMethod[nothing, nat44LBDetails]("nat44_lb_static_mapping_dump")
)
