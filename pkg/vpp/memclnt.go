package vpp

// The messages of memclnt have fixed ids and are absent from what get_api_json
// returns, so a client must know them itself.
const (
	idSockclntCreate      = 15
	idSockclntCreateReply = 16
	idSockclntDelete      = 17
	idSockclntDeleteReply = 18
)

// memclntIDs are the fixed ids, by name.
var memclntIDs = map[string]uint16{
	"memclnt_create": 1, "memclnt_create_reply": 2, "memclnt_delete": 3, "memclnt_delete_reply": 4,
	"rx_thread_exit": 5, "rpc_call": 8,
	"get_first_msg_id": 10, "get_first_msg_id_reply": 11, "api_versions": 12, "api_versions_reply": 13,
	"sockclnt_create": idSockclntCreate, "sockclnt_create_reply": idSockclntCreateReply,
	"sockclnt_delete": idSockclntDelete, "sockclnt_delete_reply": idSockclntDeleteReply,
	"sock_init_shm": 19, "memclnt_keepalive": 21, "memclnt_keepalive_reply": 22,
	"control_ping": 23, "control_ping_reply": 24, "memclnt_create_v2": 25, "memclnt_create_v2_reply": 26,
	"get_api_json": 27, "get_api_json_reply": 28,
}

// memclntSchema describes those that a socket client may use. It is a
// fallback: where the API descriptions of a release define them, those count.
const memclntSchema = `{
"types": [
  ["module_version", ["u32","major"], ["u32","minor"], ["u32","patch"], ["string","name",64]],
  ["message_table_entry", ["u16","index"], ["string","name",64]]],
"messages": [
  ["get_first_msg_id", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","context"], ["string","name",64], {"crc":"0xebf79a66"}],
  ["get_first_msg_id_reply", ["u16","_vl_msg_id"], ["u32","context"], ["i32","retval"], ["u16","first_msg_id"], {"crc":"0x7d337472"}],
  ["api_versions", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","context"], {"crc":"0x51077d14"}],
  ["api_versions_reply", ["u16","_vl_msg_id"], ["u32","context"], ["i32","retval"], ["u32","count"], ["vl_api_module_version_t","api_versions",0,"count"], {"crc":"0x5f0d99d6"}],
  ["sockclnt_create", ["u16","_vl_msg_id"], ["u32","context"], ["string","name",64], {"crc":"0x455fb9c4"}],
  ["sockclnt_create_reply", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","context"], ["i32","response"], ["u32","index"], ["u16","count"], ["vl_api_message_table_entry_t","message_table",0,"count"], {"crc":"0x35166268"}],
  ["sockclnt_delete", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","context"], ["u32","index"], {"crc":"0x8ac76db6"}],
  ["sockclnt_delete_reply", ["u16","_vl_msg_id"], ["u32","context"], ["i32","response"], {"crc":"0x8f38b1ee"}],
  ["memclnt_keepalive", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","context"], {"crc":"0x51077d14"}],
  ["memclnt_keepalive_reply", ["u16","_vl_msg_id"], ["u32","context"], ["i32","retval"], {"crc":"0xe8d4e804"}],
  ["control_ping", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","context"], {"crc":"0x51077d14"}],
  ["control_ping_reply", ["u16","_vl_msg_id"], ["u32","context"], ["i32","retval"], ["u32","client_index"], ["u32","vpe_pid"], {"crc":"0xf6b0b8ca"}],
  ["get_api_json", ["u16","_vl_msg_id"], ["u32","client_index"], ["u32","context"], {"crc":"0x51077d14"}],
  ["get_api_json_reply", ["u16","_vl_msg_id"], ["u32","context"], ["i32","retval"], ["string","json",0], {"crc":"0xea715b59"}]],
"services": {
  "get_first_msg_id": {"reply": "get_first_msg_id_reply"},
  "api_versions": {"reply": "api_versions_reply"},
  "sockclnt_create": {"reply": "sockclnt_create_reply"},
  "sockclnt_delete": {"reply": "sockclnt_delete_reply"},
  "memclnt_keepalive": {"reply": "memclnt_keepalive_reply"},
  "control_ping": {"reply": "control_ping_reply"},
  "get_api_json": {"reply": "get_api_json_reply"}}}`
