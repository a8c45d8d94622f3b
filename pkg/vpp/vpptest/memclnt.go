package vpptest

// memclnt is the module of fixed ids that no get_api_json tells of.
const memclnt = "memclnt"

func memclntKind() kind {
	fixed := func(id uint16, name string, crc uint32, fields, reply string) row {
		r := row{name: name, crc: crc, fields: fields, id: id}
		if reply != "" {
			r.service = &service{reply: reply}
		}
		if reply == "null" {
			r.service.reply = ""
		}
		return r
	}
	const request, retval = "u32 client_index; u32 context", "u32 context; i32 retval"
	return kind{
		types: `
struct module_version u32 major; u32 minor; u32 patch; string name[64]
struct message_table_entry u16 index; string name[64]
`,
		modules: []moduleRows{{name: memclnt, version: 0xb197c551, semver: "2.1.0", rows: []row{
			fixed(1, "memclnt_create", 0x9c5e1c2f, "u32 context; i32 ctx_quota; u64 input_queue; string name[64]; u32 api_versions[8]", "memclnt_create_reply"),
			fixed(2, "memclnt_create_reply", 0x42ec4560, "u32 context; i32 response; u64 handle; u32 index; u64 message_table", ""),
			fixed(3, "memclnt_delete", 0x7e1c04e3, "u32 index; u64 handle; bool do_cleanup", "memclnt_delete_reply"),
			fixed(4, "memclnt_delete_reply", 0x3d3b6312, "i32 response; u64 handle", ""),
			fixed(5, "rx_thread_exit", 0xc3a3a452, "u8 dummy", "null"),
			fixed(6, "memclnt_rx_thread_suspend", 0xc3a3a452, "u8 dummy", "null"),
			fixed(7, "memclnt_read_timeout", 0xc3a3a452, "u8 dummy", "null"),
			fixed(8, "rpc_call", 0x7e8a2c95, request+"; u64 function; u8 multicast; u8 need_barrier_sync; u8 send_reply; u32 data_len; u8 data[data_len]", "rpc_call_reply"),
			fixed(9, "rpc_call_reply", crcRetval, retval, ""),
			fixed(10, "get_first_msg_id", 0xebf79a66, request+"; string name[64]", "get_first_msg_id_reply"),
			fixed(11, "get_first_msg_id_reply", 0x7d337472, retval+"; u16 first_msg_id", ""),
			fixed(12, "api_versions", 0x51077d14, request, "api_versions_reply"),
			fixed(13, "api_versions_reply", 0x5f0d99d6, retval+"; u32 count; module_version api_versions[count]", ""),
			fixed(14, "trace_plugin_msg_ids", 0xf476d3ce, request+"; string plugin_name[128]; u16 first_msg_id; u16 last_msg_id", "null"),
			fixed(15, "sockclnt_create", 0x455fb9c4, "u32 context; string name[64]", "sockclnt_create_reply"),
			fixed(16, "sockclnt_create_reply", 0x35166268, request+"; i32 response; u32 index; u16 count; message_table_entry message_table[count]", ""),
			fixed(17, "sockclnt_delete", 0x8ac76db6, request+"; u32 index", "sockclnt_delete_reply"),
			fixed(18, "sockclnt_delete_reply", 0x8f38b1ee, "u32 context; i32 response", ""),
			fixed(19, "sock_init_shm", 0x51646d92, request+"; u32 requested_size; u8 nitems; u64 configs[nitems]", "sock_init_shm_reply"),
			fixed(20, "sock_init_shm_reply", crcRetval, retval, ""),
			fixed(21, "memclnt_keepalive", 0x51077d14, request, "memclnt_keepalive_reply"),
			fixed(22, "memclnt_keepalive_reply", crcRetval, retval, ""),
			fixed(23, "control_ping", 0x51077d14, request, "control_ping_reply"),
			fixed(24, "control_ping_reply", 0xf6b0b8ca, retval+"; u32 client_index; u32 vpe_pid", ""),
			fixed(25, "memclnt_create_v2", 0xc4bd4882, "u32 context; i32 ctx_quota; u64 input_queue; string name[64]; u32 api_versions[8]; bool keepalive default=true", "memclnt_create_v2_reply"),
			fixed(26, "memclnt_create_v2_reply", 0x42ec4560, "u32 context; i32 response; u64 handle; u32 index; u64 message_table", ""),
			fixed(27, "get_api_json", 0x51077d14, request, "get_api_json_reply"),
			fixed(28, "get_api_json_reply", 0xea715b59, retval+"; string json[]", ""),
		}}},
		serve: serveMemclnt,
	}
}

type (
	empty               struct{}
	sockclntCreate      struct{ Name string }
	sockclntCreateReply struct {
		Response     int32
		Index        uint32
		MessageTable []tableEntry
	}
	sockclntDelete      struct{ Index uint32 }
	sockclntDeleteReply struct{ Response int32 }
	controlPingReply    struct {
		Retval int32
		VpePid uint32
	}
	getAPIJSONReply struct {
		Retval int32
		JSON   []byte
	}
	getFirstMsgID      struct{ Name string }
	getFirstMsgIDReply struct {
		Retval     int32
		FirstMsgID uint16
	}
)

func serveMemclnt(r *registry) {
	created := sends[sockclntCreateReply](r, "sockclnt_create_reply")
	on(r, "sockclnt_create", func(c *call, m *sockclntCreate) {
		c.from.name = m.Name
		created.send(c, &sockclntCreateReply{Index: c.from.clientIndex(), MessageTable: c.boot.table})
	})

	deleted := sends[sockclntDeleteReply](r, "sockclnt_delete_reply")
	on(r, "sockclnt_delete", func(c *call, m *sockclntDelete) {
		whom := c.boot.clients.get(m.Index &^ indexBit)
		switch {
		case c.to == nil:
		case whom == nil:
			deleted.send(c, &sockclntDeleteReply{Response: -1})
		case whom != c.to:
			// VPP closes the one's file and frees the other's registration.
			c.die("sockclnt_delete with another client's index")
		default:
			deleted.send(c, &sockclntDeleteReply{Response: 1})
			whom.deleted = true
			c.boot.forget(whom)
			if whom != c.from {
				whom.hangUp()
			}
		}
	})

	pong := sends[controlPingReply](r, "control_ping_reply")
	on(r, "control_ping", func(c *call, _ *empty) { pong.send(c, &controlPingReply{VpePid: c.boot.pid}) })

	described := sends[getAPIJSONReply](r, "get_api_json_reply")
	on(r, "get_api_json", func(c *call, _ *empty) {
		text, err := c.boot.apiJSON()
		if err != nil {
			c.boot.log.Error(err, "no API description")
			return
		}
		buf, err := described.codec.Append(c.begin(), &getAPIJSONReply{JSON: text})
		if err == nil {
			buf = append(buf, 0) // VPP sends the C string's NUL too, outside the string
		}
		c.end(buf, err, described.id, described.context)
	})

	first := sends[getFirstMsgIDReply](r, "get_first_msg_id_reply")
	on(r, "get_first_msg_id", func(c *call, m *getFirstMsgID) {
		if id, ok := c.boot.firstIDs[m.Name]; ok {
			first.send(c, &getFirstMsgIDReply{FirstMsgID: id})
			return
		}
		first.send(c, &getFirstMsgIDReply{Retval: retInvalidValue, FirstMsgID: 0xffff})
	})

	versions := sends[retvalReply](r, "api_versions_reply")
	on(r, "api_versions", func(c *call, _ *empty) { versions.send(c, &retvalReply{}) })

	// A pointer of the client's is called, or a queue of its memory is used.
	for _, name := range []string{"rpc_call", "memclnt_create", "memclnt_create_v2", "memclnt_delete"} {
		on(r, name, func(c *call, _ *empty) { c.die(name + " over a socket") })
	}
}
