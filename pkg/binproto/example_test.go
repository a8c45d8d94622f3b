package binproto_test

import (
	"fmt"
	"log"
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// A message is sent and read without a Go type for it: the schema, which VPP
// hands out itself, says all there is to know.
func Example() {
	schema, err := binproto.Parse("fib.api.json", []byte(`{
		"aliases": {"interface_index": {"type": "u32"}},
		"enums": [["colour", ["RED", 0], ["GREEN", 1], {"enumtype": "u8"}]],
		"messages": [["paint",
			["u16", "_vl_msg_id"],
			["u32", "client_index"],
			["u32", "context"],
			["vl_api_colour_t", "colour"],
			["u8", "n_ports", {"default": 0}],
			["vl_api_interface_index_t", "ports", 0, "n_ports"],
			{"crc": "0x3fba2a2b"}]]}`))
	if err != nil {
		log.Fatal(err)
	}
	paint := schema.Message("paint")

	wire, err := paint.AppendFromJSON(nil, []byte(`{"_vl_msg_id": 300, "colour": "GREEN", "ports": [1, 7]}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%x\n", wire)

	line, err := paint.AppendJSON(nil, wire)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", line)

	_, err = paint.AppendFields(nil, map[string]any{"colour": "GREEN", "ports": []int{1, -7}})
	fmt.Println(err)
	// Output:
	// 012c000000000000000001020000000100000007
	// {"_vl_msg_id":300,"client_index":0,"context":0,"colour":"GREEN","n_ports":2,"ports":[1,7]}
	// encode paint: ports[1] at offset 16: out of range: want a u32, got number -7
}

// A Go struct names the fields it is about; the rest is the schema's business,
// whichever VPP it comes from.
func ExampleBind() {
	schema, err := binproto.Parse("acl.api.json", []byte(`{
		"types": [
			["address", ["vl_api_address_family_t", "af"], ["vl_api_address_union_t", "un"]],
			["prefix", ["vl_api_address_t", "address"], ["u8", "len"]],
			["rule", ["vl_api_prefix_t", "src"], ["u16", "port"], ["u8", "weight", {"default": 1}]]],
		"unions": [["address_union",
			["vl_api_ip4_address_t", "ip4", {"case": "ADDRESS_IP4"}],
			["vl_api_ip6_address_t", "ip6", {"case": "ADDRESS_IP6"}]]],
		"enums": [["address_family", ["ADDRESS_IP4", 0], ["ADDRESS_IP6", 1], {"enumtype": "u8"}]],
		"aliases": {"ip4_address": {"type": "u8", "length": 4}, "ip6_address": {"type": "u8", "length": 16}},
		"messages": [["acl_add",
			["u16", "_vl_msg_id"],
			["string", "tag", 8],
			["u32", "count"],
			["vl_api_rule_t", "r", 0, "count"],
			{"crc": "0x3fba2a2b"}]]}`))
	if err != nil {
		log.Fatal(err)
	}
	type rule struct {
		Src    netip.Prefix
		Port   uint16
		Weight *uint8 // nil: the default
	}
	type aclAdd struct {
		ID    uint16 `vpp:"_vl_msg_id"`
		Tag   string
		Rules []rule `vpp:"r"`
		Stats bool   `vpp:",optional"` // only newer versions have it
	}
	codec, err := binproto.Bind[aclAdd](schema.Message("acl_add"))
	if err != nil {
		log.Fatal(err)
	}

	acl := aclAdd{ID: 300, Tag: "web", Rules: []rule{{Src: netip.MustParsePrefix("192.0.2.1/24"), Port: 443}}}
	wire, err := codec.Append(nil, &acl)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%x\n", wire)

	var read aclAdd
	if err := codec.Decode(wire, &read); err != nil {
		log.Fatal(err)
	}
	fmt.Println(read.Tag, read.Rules[0].Src, read.Rules[0].Port, *read.Rules[0].Weight)

	fmt.Println(codec.Decode(wire[:20], &read))
	acl.Rules[0].Src = netip.PrefixFrom(netip.MustParseAddr("192.0.2.1"), 33)
	_, err = codec.Append(nil, &acl)
	fmt.Println(err)
	// Output:
	// 012c77656200000000000000000100c00002010000000000000000000000001801bb01
	// web 192.0.2.1/24 443 1
	// decode acl_add: r at offset 14: truncated: want 1 elements of at least 21 bytes, as count says, got 6 bytes
	// encode acl_add: r[0].src at offset 14: wrong type: want a prefix of the field's family, got 192.0.2.1 with an impossible length
}
