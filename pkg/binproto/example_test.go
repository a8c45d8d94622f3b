package binproto_test

import (
	"fmt"
	"log"

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
