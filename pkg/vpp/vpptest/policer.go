package vpptest

// policerKind is policers and the interfaces that they are applied to.
func policerKind() kind {
	const config = "u32 cir; u32 eir; u64 cb; u64 eb; sse2_qos_rate_type rate_type; sse2_qos_round_type round_type; " +
		"sse2_qos_policer_type type; bool color_aware; sse2_qos_action conform_action; sse2_qos_action exceed_action; sse2_qos_action violate_action"
	const byName = "string name[64]; interface_index sw_if_index; bool apply"
	return kind{
		types: `
enum sse2_qos_rate_type u8 SSE2_QOS_RATE_API_KBPS=0 SSE2_QOS_RATE_API_PPS=1 SSE2_QOS_RATE_API_INVALID=2
enum sse2_qos_round_type u8 SSE2_QOS_ROUND_API_TO_CLOSEST=0 SSE2_QOS_ROUND_API_TO_UP=1 SSE2_QOS_ROUND_API_TO_DOWN=2 SSE2_QOS_ROUND_API_INVALID=3
enum sse2_qos_policer_type u8 SSE2_QOS_POLICER_TYPE_API_1R2C=0 SSE2_QOS_POLICER_TYPE_API_1R3C_RFC_2697=1 SSE2_QOS_POLICER_TYPE_API_2R3C_RFC_2698=2 SSE2_QOS_POLICER_TYPE_API_2R3C_RFC_4115=3 SSE2_QOS_POLICER_TYPE_API_2R3C_RFC_MEF5CF1=4 SSE2_QOS_POLICER_TYPE_API_MAX=5
enum sse2_qos_action_type u8 SSE2_QOS_ACTION_API_DROP=0 SSE2_QOS_ACTION_API_TRANSMIT=1 SSE2_QOS_ACTION_API_MARK_AND_TRANSMIT=2
struct sse2_qos_action sse2_qos_action_type type; u8 dscp
struct policer_config ` + config + "\n",
		modules: []moduleRows{{name: "policer", version: 0x5b7970e4, semver: "3.0.0", rows: join(
			replyingRows("policer_add_del", 0x2b31dd38, "bool is_add; string name[64]; "+config, 0xa177cef2, "u32 policer_index"),
			replyingRows("policer_add", 0x4d949e35, "string name[64]; policer_config infos", 0xa177cef2, "u32 policer_index"),
			callRows("policer_del", 0x7ff7912e, "u32 policer_index"),
			callRows("policer_update", 0xfd039ef0, "u32 policer_index; policer_config infos"),
			callRows("policer_input", 0x233f0ef5, byName),
			callRows("policer_output", 0x233f0ef5, byName),
			policerDumpRows("policer_dump", 0x35f1ae0f, "bool match_name_valid; string match_name[64]"),
			policerDumpRows("policer_dump_v2", 0x7ff7912e, "u32 policer_index")[:1],
		)}},
		serve: servePolicer,
	}
}

func policerDumpRows(name string, crc uint32, fields string) []row {
	return dumpRows(name, crc, fields, "policer_details", 0x72d0e248,
		"string name[64]; u32 cir; u32 eir; u64 cb; u64 eb; sse2_qos_rate_type rate_type; sse2_qos_round_type round_type; "+
			"sse2_qos_policer_type type; sse2_qos_action conform_action; sse2_qos_action exceed_action; sse2_qos_action violate_action; "+
			"bool single_rate; bool color_aware; u32 scale; u32 cir_tokens_per_period; u32 pir_tokens_per_period; "+
			"u32 current_limit; u32 current_bucket; u32 extended_limit; u32 extended_bucket; u64 last_update_time")
}

type (
	policerAction struct{ Type, DSCP uint8 }
	policerConfig struct {
		CIR, EIR                                   uint32
		CB, EB                                     uint64
		RateType, RoundType, Type                  uint8
		ColorAware                                 bool
		ConformAction, ExceedAction, ViolateAction policerAction
	}
	policerAdd struct {
		Name  string
		Infos policerConfig
	}
	policerAddDel struct {
		IsAdd bool
		Name  string
		policerConfig
	}
	policerUpdate struct {
		PolicerIndex uint32
		Infos        policerConfig
	}
	policerIndex      struct{ PolicerIndex uint32 }
	policerIndexReply struct {
		Retval       int32
		PolicerIndex uint32
	}
	policerApply struct {
		Name      string
		SwIfIndex uint32
		Apply     bool
	}
	policerDump struct {
		MatchNameValid bool
		MatchName      string
	}
	policerDetails struct {
		Name string
		policerConfig
		SingleRate bool
	}
)

// Numbers of sse2_qos_policer_type.
const (
	policer1R2C uint8 = iota
	policer2697
	policer2698
	policer4115
)

type policer struct {
	name   string
	config policerConfig
}

// policers are those of a boot.
type policers struct {
	pool   pool[policer]
	byName map[string]uint32
	// seen is how many interfaces each direction's list is long enough for.
	seen [2]uint32
}

// valid tells whether VPP can work with a configuration. Rates of packets are
// those of packets of 256 bytes, bursts then milliseconds.
func (c *policerConfig) valid() bool {
	cir, eir, cb, eb := uint64(c.CIR), uint64(c.EIR), c.CB, c.EB
	switch c.RateType {
	case 0:
	case 1:
		kbps := func(pps uint64) uint64 { return uint64(uint32((pps*256*8 + 500) / 1000)) }
		bytes := func(ms, kbps uint64) uint64 { return uint64(uint32((uint64(uint32(ms))*kbps + 4) / 8)) }
		cir, eir = kbps(cir), kbps(eir)
		cb, eb = bytes(cb, cir), bytes(eb, eir)
	default:
		return false
	}
	if cir == 0 && cb == 0 && eb == 0 {
		return true // everything violates
	}
	switch c.Type {
	case policer1R2C:
		return eb == 0 && cir != 0 && eir == 0 && cb != 0
	case policer2697:
		return cir != 0 && eir == 0 && (cb != 0 || eb != 0)
	case policer2698, policer4115:
		return cir != 0 && eir >= cir && cb != 0 && eb != 0
	}
	return false
}

func (p *policers) add(name string, c policerConfig) (index uint32, retval int32) {
	if _, there := p.byName[name]; there {
		return none, retValueExist
	}
	if !c.valid() {
		return none, retInvalidValue
	}
	index = p.pool.put(&policer{name, c})
	p.byName[name] = index
	return index, retOK
}

func (p *policers) del(index uint32) int32 {
	one := p.pool.get(index)
	if one == nil {
		return retNoSuchEntry
	}
	delete(p.byName, one.name)
	p.pool.remove(index)
	return retOK
}

func servePolicer(r *registry) {
	p := &policers{byName: map[string]uint32{}}
	added := sends[policerIndexReply](r, "policer_add_reply")
	on(r, "policer_add", func(c *call, m *policerAdd) {
		index, retval := p.add(m.Name, m.Infos)
		added.send(c, &policerIndexReply{retval, index})
	})
	both := sends[policerIndexReply](r, "policer_add_del_reply")
	on(r, "policer_add_del", func(c *call, m *policerAddDel) {
		reply := policerIndexReply{Retval: retNoSuchEntry, PolicerIndex: none}
		if m.IsAdd {
			reply.PolicerIndex, reply.Retval = p.add(m.Name, m.policerConfig)
		} else if index, there := p.byName[m.Name]; there {
			reply.Retval = p.del(index)
		}
		both.send(c, &reply)
	})
	onRetval(r, "policer_del", func(_ *call, m *policerIndex) int32 { return p.del(m.PolicerIndex) })
	onRetval(r, "policer_update", func(_ *call, m *policerUpdate) int32 {
		one := p.pool.get(m.PolicerIndex)
		switch {
		case one == nil:
			return retNoSuchEntry
		case !m.Infos.valid():
			return retInvalidValue
		}
		one.config = m.Infos
		return retOK
	})
	servePolicerDump(r, p)
	servePolicerInterface(r, p, "policer_input", 0)
	servePolicerInterface(r, p, "policer_output", 1)
}

func servePolicerDump(r *registry, p *policers) {
	details := sends[policerDetails](r, "policer_details")
	show := func(c *call, one *policer) {
		single := one.config.Type < policer2698 || one.config.CIR == 0 && one.config.CB == 0 && one.config.EB == 0
		details.send(c, &policerDetails{one.name, one.config, single})
	}
	on(r, "policer_dump", func(c *call, m *policerDump) {
		for _, one := range p.pool.all() {
			if !m.MatchNameValid || m.MatchName == one.name {
				show(c, one)
			}
		}
	})
	on(r, "policer_dump_v2", func(c *call, m *policerIndex) {
		for index, one := range p.pool.all() {
			if m.PolicerIndex == none || m.PolicerIndex == index {
				show(c, one)
			}
		}
	})
}

// frameNodes are the nodes that police frames.
var frameNodes = []string{"l2-policer-input", "l2-policer-output"}

// servePolicerInterface applies policers to interfaces. The interface is
// forgotten with its nodes; VPP has a list of policers by interface, in which it
// writes without a look at how long it is.
func servePolicerInterface(r *registry, p *policers, message string, direction int) {
	arcs := features(r.state)
	places := [2][]feature{
		{{arc: arcFrameInput, node: "POLICER"}, {arc: "ip4-unicast", node: "policer-input"}, {arc: "ip6-unicast", node: "policer-input"}},
		{{arc: arcFrameOutput, node: "POLICER"}, {arc: "ip4-output", node: "policer-output"}, {arc: "ip6-output", node: "policer-output"}},
	}
	onInterface(r, message, func(m *policerApply) uint32 { return m.SwIfIndex }, func(i *swInterface, m *policerApply) int32 {
		if _, there := p.byName[m.Name]; !there {
			return retNoSuchEntry
		}
		if m.Apply {
			p.seen[direction] = max(p.seen[direction], i.index+1)
		} else if i.index >= p.seen[direction] {
			r.state.fib.lethal = "a policer was taken off an interface where none had ever been"
			return retOK
		}
		for _, at := range places[direction] {
			arcs.set(i.index, at.arc, at.node, m.Apply)
			if !m.Apply && arcs.on[feature{i.index, at.arc, at.node}] > 0 {
				r.state.fib.lethal = "a policer that had been applied twice was taken off once: the next packet is policed by none"
			}
		}
		return retOK
	})
}
