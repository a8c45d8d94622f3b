package vpptest

import (
	"encoding/binary"
	"testing"
)

// Whatever a client sends, VPP answers what comes behind it or dies as the
// real one would; it never panics.
func FuzzRequest(f *testing.F) {
	v := Start(f)
	c := dial(f, v.Socket())
	route := wireRoute{Prefix: wirePrefix{Address: wireAddress{Un: address{10}}, Len: 8}, Paths: make([]wirePath, 2)}
	for _, seed := range [][]byte{
		encode(c, "ip_route_add_del_v2", ipRouteAddDel{IsAdd: true, Route: route}),
		encode(c, "ip_route_lookup_v2", ipRouteLookup{Prefix: wirePrefix{Len: 200}}),
		encode(c, "ip_route_v2_dump", ipRouteDump{}),
		encode(c, "ip_table_add_del_v2", ipTableAddDel{true, wireTable{TableID: 7, Name: "x"}}),
		encode(c, "create_loopback_instance", createLoopbackInstance{IsSpecified: true}),
		encode(c, "sw_interface_add_del_address", swInterfaceAddDelAddress{SwIfIndex: 1, IsAdd: true, Prefix: wirePrefix{Len: 200}}),
		encode(c, "sw_interface_dump", swInterfaceDump{NameFilterValid: true, NameFilter: "loop"}),
		encode(c, "ip_path_mtu_update", ipPathMTU{wirePathMTU{0, wireAddress{Af: 1}, 1400}}),
		encode(c, "cli_inband", cliInband{"show version"}),
		{0, 15, 0, 0, 0, 1},
	} {
		f.Add(seed)
	}
	const lastPing = 0xfeedbeef
	f.Fuzz(func(t *testing.T, message []byte) {
		if v.Crashed() != "" {
			if err := v.Restart(); err != nil {
				t.Fatal(err)
			}
		}
		c := dial(t, v.Socket())
		c.put(message)
		ping := encode(c, "control_ping", empty{})
		binary.BigEndian.PutUint32(ping[6:], lastPing)
		_ = c.write(ping) // VPP may be dead by now
		for {
			m, err := c.read()
			if err != nil { // dead, or told to close by a sockclnt_delete
				return
			}
			if len(m) >= 10 && binary.BigEndian.Uint16(m) == 24 && binary.BigEndian.Uint32(m[2:]) == lastPing {
				_ = c.conn.Close()
				return
			}
		}
	})
}
