package vpptest

// flowHashKind is what the packets of a table are spread over paths by. No
// dump tells of it.
func flowHashKind() kind {
	return kind{
		types: `
enum ip_flow_hash_config u32 IP_API_FLOW_HASH_SRC_IP=1 IP_API_FLOW_HASH_DST_IP=2 IP_API_FLOW_HASH_SRC_PORT=4 IP_API_FLOW_HASH_DST_PORT=8 IP_API_FLOW_HASH_PROTO=16 IP_API_FLOW_HASH_REVERSE=32 IP_API_FLOW_HASH_SYMETRIC=64 IP_API_FLOW_HASH_FLOW_LABEL=128
enum ip_flow_hash_config_v2 u32 IP_API_V2_FLOW_HASH_SRC_IP=1 IP_API_V2_FLOW_HASH_DST_IP=2 IP_API_V2_FLOW_HASH_SRC_PORT=4 IP_API_V2_FLOW_HASH_DST_PORT=8 IP_API_V2_FLOW_HASH_PROTO=16 IP_API_V2_FLOW_HASH_REVERSE=32 IP_API_V2_FLOW_HASH_SYMETRIC=64 IP_API_V2_FLOW_HASH_FLOW_LABEL=128 IP_API_V2_FLOW_HASH_GTPV1_TEID=256
`,
		modules: []moduleRows{{name: "ip", rows: join(
			callRows("set_ip_flow_hash_v2", 0x6d132100, "u32 table_id; address_family af; ip_flow_hash_config flow_hash_config"),
			callRows("set_ip_flow_hash_v3", 0xb7876e07, "u32 table_id; address_family af; ip_flow_hash_config_v2 flow_hash_config"),
		)}},
		serve: serveFlowHash,
	}
}

type setIPFlowHash struct {
	TableID        uint32
	Af             uint8
	FlowHashConfig uint32
}

func serveFlowHash(r *registry) {
	set := func(_ *call, m *setIPFlowHash) int32 {
		switch {
		case m.Af > 1:
			return retInvalidAddressFamily
		case r.state.fib.find(int(m.Af), m.TableID) == nil:
			return retNoSuchFIB
		}
		return retOK
	}
	onRetval(r, "set_ip_flow_hash_v2", set)
	onRetval(r, "set_ip_flow_hash_v3", set)
}
