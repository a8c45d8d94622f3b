package vpp_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// simulatedVPP stands in for a real one: its socket is served until stop.
func simulatedVPP() (socket string, stop func()) {
	v, err := vpptest.New()
	if err != nil {
		log.Fatal(err)
	}
	return v.Socket(), v.Stop
}

// A method is a request and its reply as Go structs. They name the fields that
// matter; what they leave out is sent as the schema's default.
func ExampleMethod_Call() {
	socket, stop := simulatedVPP()
	defer stop()

	type createLoopback struct {
		IsSpecified  bool
		UserInstance uint32
	}
	type createLoopbackReply struct{ SwIfIndex uint32 }
	create := vpp.NewMethod[createLoopback, createLoopbackReply]("create_loopback_instance")

	ctx := context.Background()
	s, err := vpp.Dial(ctx, vpp.Options{Socket: socket})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = s.Close() }()

	r, err := create.Call(ctx, s, &createLoopback{IsSpecified: true, UserInstance: 7})
	fmt.Println(r.SwIfIndex, err)

	_, err = create.Call(ctx, s, &createLoopback{IsSpecified: true, UserInstance: 7})
	fmt.Println(errors.Is(err, vpp.ErrRefused), err)
	// Output:
	// 1 <nil>
	// true create_loopback_instance: INVALID_REGISTRATION (-31)
}

// A dump is a loop. Both old and modern streams work this way.
func ExampleMethod_Dump() {
	socket, stop := simulatedVPP()
	defer stop()

	type dumpRequest struct{}
	type swInterface struct {
		SwIfIndex     uint32
		InterfaceName string
		Mtu           [4]uint32
	}
	interfaces := vpp.NewMethod[dumpRequest, swInterface]("sw_interface_dump")

	ctx := context.Background()
	s, err := vpp.Dial(ctx, vpp.Options{Socket: socket})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = s.Close() }()

	for i, err := range interfaces.Dump(ctx, s, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(i.SwIfIndex, i.InterfaceName)
	}
	// Output: 0 local0
}

// Without Go types: any message of any VPP, by name.
func ExampleInvoke() {
	socket, stop := simulatedVPP()
	defer stop()

	ctx := context.Background()
	c := vpp.NewClient(vpp.Options{Socket: socket})
	defer func() { _ = c.Close() }()
	if _, err := c.WaitConnected(ctx); err != nil {
		log.Fatal(err)
	}

	reply, err := vpp.Invoke(ctx, c, "ip_table_add_del", map[string]any{
		"table": map[string]any{"table_id": 10, "name": "blue"},
	})
	fmt.Println(reply["retval"], err)
	for d, err := range vpp.InvokeStream(ctx, c, "ip_table_dump", nil) {
		fmt.Println(d["table"].(map[string]any)["name"], err)
	}
	_, err = vpp.Invoke(ctx, c, "ip_table_add_del", map[string]any{"tabel": 1})
	fmt.Println(err)
	// Output:
	// 0 <nil>
	// ipv4-VRF:0 <nil>
	// blue <nil>
	// ipv6-VRF:0 <nil>
	// encode ip_table_add_del: tabel at offset 0: unknown field: want one of _vl_msg_id, client_index, context, is_add, table
}

// A batch keeps thousands of requests in flight.
func ExampleMethod_Batch() {
	socket, stop := simulatedVPP()
	defer stop()

	ctx := context.Background()
	s, err := vpp.Dial(ctx, vpp.Options{Socket: socket})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = s.Close() }()

	added := 0
	batch, err := routeAddDel.Batch(ctx, s, func(i int, _ *retval, err error) {
		if err != nil {
			fmt.Println(i, err)
			return
		}
		added++
	})
	if err != nil {
		log.Fatal(err)
	}
	for n := range 1000 {
		q := ipRouteAddDelV2{IsAdd: true}
		q.Route.Prefix = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), 32)
		q.Route.Paths = []fibPath{{SwIfIndex: ^uint32(0), Type: pathDrop}}
		if n == 500 {
			q.Route.TableID = 99 // there is none
		}
		if err := batch.Add(&q); err != nil {
			log.Fatal(err)
		}
	}
	err = batch.Wait()
	fmt.Println(added, err)
	// Output:
	// 500 ip_route_add_del_v2: NO_SUCH_FIB (-3)
	// 999 <nil>
}

// Events are hints to read again. Registering with VPP is done here, and again
// after VPP has restarted.
func ExampleWatch() {
	socket, stop := simulatedVPP()
	defer stop()

	type interfaceEvent struct {
		SwIfIndex uint32
		Flags     uint32
		Deleted   bool
	}
	ctx := context.Background()
	c := vpp.NewClient(vpp.Options{Socket: socket})
	defer func() { _ = c.Close() }()

	create := func() { // once VPP sends events
		if _, err := vpp.Invoke(ctx, c, "create_loopback_instance", nil); err != nil {
			log.Fatal(err)
		}
	}
	for e, err := range vpp.Watch(ctx, c, "sw_interface_event", vpp.Registered[interfaceEvent](create)) {
		if errors.Is(err, vpp.ErrMissedEvents) {
			continue // read everything again
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.SwIfIndex, e.Deleted)
		break
	}
	// Output: 1 false
}
