package kinds_test

import (
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
)

// A table that is let go of stays in VPP while something of somebody else's is in
// it. When it is wanted again meanwhile, it is taken hold of again, by an agent that
// starts then too: else it would go with that.
func TestVRFKeptBySomebodyElse(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		name := map[bool]string{false: "agent goes on", true: "agent restarted"}[restarted]
		t.Run(name, func(t *testing.T) {
			eachSocket(t, func(t *testing.T, socket string) {
				ledger := t.TempDir() + "/ledger"
				in := func(o *benchOptions) { o.ledger = ledger }
				b := work(t, socket, in)
				call := func(method string, fields map[string]any) map[string]any {
					t.Helper()
					reply, err := vpp.Invoke(b.ctx, b.client, method, fields)
					if err != nil {
						t.Fatal(err)
					}
					return reply
				}
				b.set("vrf", vrfItem("blue", 7101, false))
				b.Begin()
				b.awaitReasons("vrf", "Programmed")
				theirs := call("create_loopback_instance", map[string]any{"is_specified": true, "user_instance": 47})["sw_if_index"]
				call("sw_interface_set_table", map[string]any{"sw_if_index": theirs, "vrf_id": 7101})

				o, _ := owner("vrf", 0)
				b.Remove(o)
				b.await("left over", func() bool {
					s := b.Status()
					return s.LeftoverCount == 1 && s.Leftovers[0].Message == "IPv4 table 7101 is still used by something that somebody else made"
				})
				if restarted {
					b.stop()
					b = work(t, socket, in)
				}
				b.set("vrf", vrfItem("blue", 7101, false))
				if restarted {
					b.Begin()
				}
				b.awaitReasons("vrf", "Programmed")
				call("sw_interface_set_table", map[string]any{"sw_if_index": theirs, "vrf_id": 0})
				call("delete_loopback", map[string]any{"sw_if_index": theirs})
				if !b.hasTable(7101) {
					t.Error("the table went with somebody else's interface")
				}
				b.Remove(o)
				b.await("gone", func() bool { return b.gone(kinds.VRFID("blue", false)) && b.Status().LeftoverCount == 0 })
				if b.hasTable(7101) {
					t.Error("the table is still there")
				}
			})
		})
	}
}

// hasTable tells whether VPP has an IPv4 table of a number.
func (b *bench) hasTable(id uint64) bool {
	b.t.Helper()
	has := false
	for d, err := range vpp.InvokeStream(b.ctx, b.client, "ip_table_dump", nil) {
		if err != nil {
			b.t.Fatal(err)
		}
		table := d["table"].(map[string]any)
		has = has || table["table_id"] == id && table["is_ip6"] == false
	}
	return has
}
