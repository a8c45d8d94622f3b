package vpptest

import "slices"

// nat44Version is the module's version, natTypes are what its messages use.
const (
	nat44Version = 0x6f9bc302
	natTypes     = `
enum nat_config_flags u8 NAT_IS_NONE=0 NAT_IS_TWICE_NAT=1 NAT_IS_SELF_TWICE_NAT=2 NAT_IS_OUT2IN_ONLY=4 NAT_IS_ADDR_ONLY=8 NAT_IS_OUTSIDE=16 NAT_IS_INSIDE=32 NAT_IS_STATIC=64 NAT_IS_EXT_HOST_VALID=128
struct nat_timeouts u32 udp; u32 tcp_established; u32 tcp_transitory; u32 icmp
`
)

// nat44Rows are messages of the module.
func nat44Rows(rows ...[]row) []moduleRows {
	return []moduleRows{{name: "nat44_ed", version: nat44Version, semver: "5.5.0", rows: join(rows...)}}
}

// nat44Kind is NAT44, endpoint-dependent: whether it is enabled, and what is set
// once. Nothing is translated, so there are never any sessions.
func nat44Kind() kind {
	return kind{
		types: natTypes + `
enum nat44_config_flags u8 NAT44_IS_ENDPOINT_INDEPENDENT=0 NAT44_IS_ENDPOINT_DEPENDENT=1 NAT44_IS_STATIC_MAPPING_ONLY=2 NAT44_IS_CONNECTION_TRACKING=4 NAT44_IS_OUT2IN_DPO=8
enum nat_log_level u8 NAT_LOG_NONE=0 NAT_LOG_ERROR=1 NAT_LOG_WARNING=2 NAT_LOG_NOTICE=3 NAT_LOG_INFO=4 NAT_LOG_DEBUG=5
`,
		modules: nat44Rows(
			callRows("nat44_ed_plugin_enable_disable", 0xbe17f8dd,
				"u32 inside_vrf; u32 outside_vrf; u32 sessions; u32 session_memory; bool enable; nat44_config_flags flags"),
			callRows("nat44_forwarding_enable_disable", 0xb3e225d2, "bool enable"),
			callRows("nat_set_timeouts", 0xd4746b16, "u32 udp; u32 tcp_established; u32 tcp_transitory; u32 icmp"),
			callRows("nat44_set_session_limit", 0x8899bbb1, "u32 session_limit; u32 vrf_id"),
			replyingRows("nat44_show_running_config", 0x51077d14, "", 0x93d8e267,
				"u32 inside_vrf; u32 outside_vrf; u32 users; u32 sessions; u32 user_sessions; u32 user_buckets; u32 translation_buckets; "+
					"bool forwarding_enabled; bool ipfix_logging_enabled; nat_timeouts timeouts; nat_log_level log_level; nat44_config_flags flags"),
			callRows("nat_set_mss_clamping", 0x25e90abb, "u16 mss_value; bool enable"),
			replyingRows("nat_get_mss_clamping", 0x51077d14, "", 0x1c0b2a78, "u16 mss_value; bool enable"),
			dumpRows("nat44_user_dump", 0x51077d14, "", "nat44_user_details", 0x355896c2,
				"u32 vrf_id; ip4_address ip_address; u32 nsessions; u32 nstaticsessions"),
		),
		serve: serveNAT44,
	}
}

// natSessions is how many sessions there are where no number is given.
const natSessions = 63 * 1024

var natDefaultTimeouts = natTimeouts{300, 7440, 240, 60}

// nat44 is what a boot knows of NAT44.
type nat44 struct {
	state    *state
	enabled  bool
	buckets  uint32
	inside   uint32
	outside  uint32
	sessions uint32
	forward  bool
	mss      uint16
	timeouts natTimeouts

	interfaces []*natInterface
	outputs    []*natInterface
	pools      [2][]*natAddress // the second is for twice-NAT
	resolving  []*natResolve
	tables     []*natTable
	mappings   []*natMapping // nil where one was
	free       []int         // those, the last first
	lookup     map[natKey]*natMapping
	unresolved []*natMapping
	// received counts the routes to outside addresses.
	received map[natReceived]int
	// high and low are the FIB sources that hold the tables that NAT44 uses; low
	// is that of the routes too.
	high, low uint8
}

// nat44Of is the part of a boot that all kinds of NAT44 share.
func nat44Of(s *state) *nat44 {
	return part(s, func(s *state) *nat44 {
		n := &nat44{state: s, lookup: map[natKey]*natMapping{}, received: map[natReceived]int{}}
		n.high, n.low = natSources(s, "nat")
		s.interfaceGone = append(s.interfaceGone, n.interfaceGone)
		s.addressGone = append(s.addressGone, n.addressGone)
		s.addressAdded = append(s.addressAdded, n.addressAdded)
		return n
	})
}

// use locks the table of a VRF, which it makes if there is none.
func (n *nat44) use(vrf uint32, source uint8) {
	n.state.fib.lock(n.state.fib.findOrCreate(0, vrf, ""), source)
}

func (n *nat44) letGo(vrf uint32) {
	if t := n.state.fib.find(0, vrf); t != nil {
		n.state.fib.unlock(t, n.low)
	}
}

type nat44EnableDisable struct {
	InsideVRF, OutsideVRF, Sessions uint32
	Enable                          bool
	Flags                           uint8
}

func (n *nat44) enable(m *nat44EnableDisable) int32 {
	const refused = 2 | 4 // static mapping only, connection tracking
	switch {
	case m.Flags&refused != 0:
		return retUnsupported
	case n.enabled:
		return retFeatureAlreadyEnabled
	}
	n.enabled, n.inside, n.outside, n.sessions = true, m.InsideVRF, m.OutsideVRF, m.Sessions
	if n.sessions == 0 {
		n.sessions = natSessions
	}
	n.buckets = 1
	for n.buckets*5 < n.sessions*2 { // two fifths of the sessions, rounded up
		n.buckets *= 2
	}
	n.forward, n.mss, n.timeouts = false, 0, natDefaultTimeouts
	// Nothing ever gives these back.
	n.use(m.InsideVRF, n.high)
	n.use(m.OutsideVRF, n.high)
	return retOK
}

// disable forgets all. VPP miscounts identity mappings in VRFs other than
// default, which is an error that stops nothing.
func (n *nat44) disable() int32 {
	if !n.enabled {
		return retFeatureAlreadyDisabled
	}
	code := retOK
	for key := range n.received {
		natRoute(n.state, n.low, ip4Prefix(key.addr, 32), key.sw, false)
	}
	for _, m := range n.mappings {
		if m == nil {
			continue
		}
		if m.identity() && !slices.ContainsFunc(m.locals, func(l natLocal) bool { return l.vrf == 0 }) {
			code = retBug
		}
		n.forget(m)
	}
	for _, pool := range n.pools {
		for _, a := range pool {
			if a.vrf != none {
				n.letGo(a.vrf)
			}
		}
	}
	for _, t := range n.tables {
		n.dropTable(t)
	}
	for _, i := range n.interfaces {
		n.setFeatures(i, 0)
	}
	for _, i := range n.outputs {
		n.setFeatures(i, 0)
	}
	*n = nat44{
		state: n.state, buckets: n.buckets, mss: n.mss, timeouts: n.timeouts, lookup: map[natKey]*natMapping{},
		received: map[natReceived]int{}, high: n.high, low: n.low,
	}
	return code
}

type (
	nat44Limit struct{ SessionLimit, VrfID uint32 }
	natMSS     struct {
		MSSValue uint16
		Enable   bool
	}
	natMSSReply struct {
		Retval   int32
		MSSValue uint16
		Enable   bool
	}
	nat44RunningConfig struct {
		Retval                       int32
		InsideVRF, OutsideVRF        uint32
		Sessions, TranslationBuckets uint32
		ForwardingEnabled            bool
		Timeouts                     natTimeouts
		Flags                        uint8
	}
)

func serveNAT44(r *registry) {
	n := nat44Of(r.state)
	onRetval(r, "nat44_ed_plugin_enable_disable", func(_ *call, m *nat44EnableDisable) int32 {
		if m.Enable {
			return n.enable(m)
		}
		return n.disable()
	})
	onRetval(r, "nat44_forwarding_enable_disable", func(_ *call, m *natEnable) int32 {
		n.forward = m.Enable
		return retOK
	})
	onRetval(r, "nat_set_timeouts", func(_ *call, m *natTimeouts) int32 {
		n.timeouts = *m
		return retOK
	})
	onRetval(r, "nat44_set_session_limit", func(_ *call, m *nat44Limit) int32 {
		if r.state.fib.find(0, m.VrfID) == nil {
			return retUnspecified
		}
		return retOK // and nothing shows it
	})
	onRetval(r, "nat_set_mss_clamping", func(_ *call, m *natMSS) int32 {
		if n.mss = m.MSSValue; !m.Enable {
			n.mss = 0
		}
		return retOK
	})
	clamp := sends[natMSSReply](r, "nat_get_mss_clamping_reply")
	on(r, "nat_get_mss_clamping", func(c *call, _ *empty) {
		clamp.send(c, &natMSSReply{MSSValue: n.mss, Enable: n.mss != 0})
	})
	config := sends[nat44RunningConfig](r, "nat44_show_running_config_reply")
	on(r, "nat44_show_running_config", func(c *call, _ *empty) {
		config.send(c, &nat44RunningConfig{
			InsideVRF: n.inside, OutsideVRF: n.outside, Sessions: n.sessions, TranslationBuckets: n.buckets,
			ForwardingEnabled: n.forward, Timeouts: n.timeouts, Flags: 1,
		})
	})
	on(r, "nat44_user_dump", func(*call, *empty) {}) // nobody has sessions
}
