package kinds_test

import (
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
)

// An interface borrows addresses in a VRF that has one family only, follows it
// when that gets the other, and lets it go again.
func TestUnnumberedInVRF(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		for _, c := range []struct {
			name, address string
			ip6           bool
		}{{"IPv4", "192.0.2.1/24", false}, {"IPv6", "2001:db8::1/64", true}} {
			t.Run(c.name, func(t *testing.T) {
				b := work(t, socket)
				lo := &kinds.Interface{Name: "lo", Type: kinds.Loopback{}, MAC: macA}
				user := &kinds.Interface{Name: "user", Type: kinds.Loopback{}, MAC: macB}
				used, other := vrfItem("blue", 7102, c.ip6), vrfItem("blue", 7102, !c.ip6)
				b.set("user", ifItem(user), kinds.InterfaceVRFOrDefaultItem("user", "blue", false),
					kinds.InterfaceVRFOrDefaultItem("user", "blue", true), kinds.UnnumberedItem("user", "lo"))
				b.set("lo", ifItem(lo), kinds.InterfaceVRFItem("lo", "blue", c.ip6),
					kinds.InterfaceVRFOrDefaultItem("lo", "blue", !c.ip6), address("lo", "blue", c.address))
				b.Begin()
				const all = "Programmed; Programmed; Programmed; Programmed"
				in := func(name string, ip6 bool, vrf string) {
					t.Helper()
					id := kinds.InterfaceVRFID(name, ip6)
					b.await(id.String()+" in "+vrf, func() bool { have, _, _ := b.Get(id); return have == vrf })
				}

				b.set("vrf", used)
				b.awaitReasons("user", all)
				b.awaitReasons("lo", all)
				in("user", c.ip6, "blue")
				in("user", !c.ip6, "default")

				b.set("vrf", used, other)
				in("user", !c.ip6, "blue")
				in("lo", !c.ip6, "blue")
				b.awaitReasons("user", all)

				b.set("vrf", used)
				in("user", !c.ip6, "default")
				b.awaitReasons("user", all)
				b.await("the table goes", func() bool { return b.gone(other.ID) })

				for _, name := range []string{"vrf", "lo", "user"} {
					o, _ := owner(name, 0)
					b.Remove(o)
				}
				b.await("nothing is left", func() bool {
					return b.Status().LeftoverCount == 0 && b.gone(used.ID) && b.gone(kinds.InterfaceID("lo")) && b.gone(kinds.InterfaceID("user"))
				})
			})
		}
	})
}
