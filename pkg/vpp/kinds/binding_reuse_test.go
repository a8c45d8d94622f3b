package kinds_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// bound is a kind of bindings for reusedIndex to try.
type bound struct {
	kind string
	// items are what is bound to an interface, and what else that needs beyond
	// the interface "other", which stays.
	items func(name string) []state.Item
	// shown tells whether VPP shows the feature at an index, works whether it is
	// in force there, as VPP itself has it and whatever it shows.
	shown, works func(r *reuse, index uint64) bool
	// reasons are what becomes of the items, "" where all are programmed.
	reasons string
}

// reuse is a VPP whose interfaces change under a binding on lan. VPP gives an
// index that has become free to the next interface.
type reuse struct {
	*bench
	bound
	t      *testing.T
	socket string
	ledger string
	// another is a connection that is not the agent's, which may be down.
	another *vpp.Session
}

const (
	lanLoop, dmzLoop, otherLoop, foreignLoop = 60, 61, 62, 63
	lanAgain                                 = 64
)

// reusedIndex makes sure that a binding is in force on the interface that it is
// wanted on and nowhere else, and shown nowhere else, whoever deletes
// interfaces and makes others, with the agent at work or not.
func reusedIndex(t *testing.T, socket string, k bound) {
	t.Helper()
	down := func(f func(r *reuse)) func(r *reuse) {
		return func(r *reuse) { r.stop(); f(r); r.start() }
	}
	paused := func(f func(r *reuse)) func(r *reuse) {
		return func(r *reuse) { r.SetPaused(true); f(r); r.SetPaused(false) }
	}
	loops := func(r *reuse) { r.set("loops", whole(loop("other", otherLoop), "default", true)...) }
	for _, c := range []struct {
		name string
		f    func(r *reuse)
	}{
		{"made anew by us", func(r *reuse) {
			r.set("lan", whole(loop("lan", lanAgain), "default", true)...)
			r.await("loop64", func() bool { return r.index("loop64") != 0 })
		}},
		{"made anew by us, another of ours at its index", func(r *reuse) {
			lan, _ := owner("lan", 0)
			at := r.index("loop60")
			r.Remove(lan)
			r.await("lan is gone", func() bool { return r.gone(kinds.InterfaceID("lan")) })
			r.set("dmz", whole(loop("dmz", dmzLoop), "default", true)...)
			r.awaitReasons("dmz", "Programmed; Programmed; Programmed; Programmed")
			if got := r.index("loop61"); got != at {
				t.Fatalf("dmz has index %d, not %d", got, at)
			}
			r.clean(at)
			r.wantLan()
		}},
		{"deleted by another", func(r *reuse) { r.delete("loop60") }},
		{"deleted by another, who takes the index", func(r *reuse) {
			r.delete("loop60")
			r.create(foreignLoop)
		}},
		{"deleted by another, who takes the index, while paused", paused(func(r *reuse) {
			r.delete("loop60")
			r.create(foreignLoop)
		})},
		{"deleted by another and not wanted any more", func(r *reuse) {
			r.delete("loop60")
			for _, name := range []string{"lan", "binding"} {
				o, _ := owner(name, 0)
				r.Remove(o)
			}
			r.await("lan is gone", func() bool { return r.gone(kinds.InterfaceID("lan")) })
			r.create(foreignLoop)
			r.nowhere()
			r.wantLan()
			r.bind()
		}},
		{"agent down: deleted by another", down(func(r *reuse) { r.delete("loop60") })},
		{"agent down: deleted and made again by another", down(func(r *reuse) {
			r.delete("loop60")
			r.create(lanLoop)
		})},
		{"agent down: deleted by another, who takes the index", down(func(r *reuse) {
			r.delete("loop60")
			r.create(foreignLoop)
		})},
		{"agent down: deleted by another, and not bound any more", func(r *reuse) {
			r.stop()
			r.delete("loop60")
			r.create(foreignLoop)
			r.startWith(func() { r.wantLan() })
			r.nowhere()
			r.bind()
		}},
		{"agent down: another of ours takes the index", func(r *reuse) {
			r.stop()
			at := r.index("loop60")
			r.delete("loop60")
			r.startWith(func() { r.set("dmz", whole(loop("dmz", dmzLoop), "default", true)...) })
			r.awaitReasons("dmz", "Programmed; Programmed; Programmed; Programmed")
			if got := r.index("loop61"); got != at {
				t.Fatalf("dmz has index %d, not %d", got, at)
			}
			r.nowhere()
			r.wantLan()
			r.bind()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &reuse{bound: k, t: t, socket: socket, ledger: t.TempDir() + "/ledger"}
			var err error
			if r.another, err = vpp.Dial(t.Context(), vpp.Options{Socket: socket, Name: "another"}); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.another.Close() }()
			r.startWith(func() {
				loops(r)
				r.wantLan()
				r.bind()
			})
			r.onlyOnLan()
			c.f(r)
			r.onlyOnLan()
			r.end()
		})
	}
}

// startWith starts an agent on the same ledger, which wants what f says.
func (r *reuse) startWith(f func()) {
	r.t.Helper()
	r.bench = work(r.t, r.socket, func(o *benchOptions) { o.ledger = r.ledger })
	r.set("loops", whole(loop("other", otherLoop), "default", true)...)
	f()
	r.Begin()
	r.AllowPrune(func(string) bool { return true })
}

func (r *reuse) start() {
	r.t.Helper()
	r.startWith(func() {
		r.wantLan()
		r.bind()
	})
}

func (r *reuse) wantLan() { r.set("lan", whole(loop("lan", lanLoop), "default", true)...) }
func (r *reuse) bind()    { r.set("binding", r.items("lan")...) }

// index is the sw_if_index of an interface of a VPP name, 0 for none.
func (r *reuse) index(vppName string) uint64 {
	r.t.Helper()
	return r.indices()[vppName]
}

func (r *reuse) indices() map[string]uint64 {
	r.t.Helper()
	all := map[string]uint64{}
	for _, d := range r.dump("sw_interface_dump", map[string]any{"sw_if_index": ^uint32(0)}) {
		if i := d["sw_if_index"].(uint64); i != 0 {
			all[d["interface_name"].(string)] = i
		}
	}
	return all
}

// call makes a call as another client than the agent.
func (r *reuse) call(message string, fields map[string]any) map[string]any {
	r.t.Helper()
	reply, err := vpp.Invoke(r.t.Context(), r.another, message, fields)
	if err != nil {
		r.t.Fatalf("%s by another: %v", message, err)
	}
	return reply
}

func (r *reuse) dump(message string, fields map[string]any) (all []map[string]any) {
	r.t.Helper()
	for d, err := range vpp.InvokeStream(r.t.Context(), r.another, message, fields) {
		if err != nil {
			r.t.Fatalf("%s by another: %v", message, err)
		}
		all = append(all, d)
	}
	return all
}

func (r *reuse) exists(index uint64) bool {
	r.t.Helper()
	return len(r.dump("sw_interface_dump", map[string]any{"sw_if_index": index})) > 0
}

func (r *reuse) delete(vppName string) {
	r.t.Helper()
	r.call("delete_loopback", map[string]any{"sw_if_index": r.index(vppName)})
}

func (r *reuse) create(instance uint32) {
	r.t.Helper()
	r.call("create_loopback_instance", map[string]any{"is_specified": true, "user_instance": instance})
}

// onlyOnLan waits until the binding is in force on lan, and nothing else shows
// it or has it.
func (r *reuse) onlyOnLan() {
	r.t.Helper()
	want := r.bound.reasons
	if want == "" {
		want = strings.TrimSuffix(strings.Repeat("Programmed; ", len(r.items("lan"))), "; ")
	}
	r.awaitReasons("binding", want)
	wrong := ""
	defer func() {
		if wrong != "" {
			r.t.Log(wrong)
		}
	}()
	r.await(r.kind+" on lan only", func() bool {
		lan, _, ok := r.Get(kinds.InterfaceID("lan"))
		i, isInterface := lan.(*kinds.Interface)
		if !ok || !isInterface || r.bench.reasons("binding") != want {
			return false
		}
		wrong = r.only(i.Shown.VPPName)
		return wrong == ""
	})
}

// only tells what is wrong where the binding is to be on one interface.
func (r *reuse) only(vppName string) string {
	var wrong []string
	indices := r.indices()
	if _, there := indices[vppName]; !there && vppName != "" {
		wrong = append(wrong, vppName+" is missing") // of which the agent may not know yet
	}
	for name, index := range indices {
		shown, works := r.shown(r, index), r.works(r, index)
		if on := name == vppName; shown != on || works != on {
			wrong = append(wrong, fmt.Sprintf("%s shown %t works %t", name, shown, works))
		}
	}
	slices.Sort(wrong)
	return strings.Join(wrong, ", ")
}

// nowhere waits until the binding is nowhere.
func (r *reuse) nowhere() {
	r.t.Helper()
	r.await(r.kind+" is nowhere", func() bool { return r.only("") == "" })
}

func (r *reuse) clean(index uint64) {
	r.t.Helper()
	r.await(fmt.Sprintf("index %d is clean", index), func() bool { return !r.shown(r, index) && !r.works(r, index) })
}

// end takes everything away, ours and the others'.
func (r *reuse) end() {
	r.t.Helper()
	for _, name := range []string{"binding", "lan", "dmz", "loops"} {
		o, _ := owner(name, 0)
		r.Remove(o)
	}
	r.await("all is gone", func() bool {
		return r.gone(kinds.InterfaceID("lan")) && r.gone(kinds.InterfaceID("dmz")) && r.gone(kinds.InterfaceID("other")) && r.Status().LeftoverCount == 0
	})
	r.nowhere()
	r.stop()
	for name, index := range r.indices() {
		if strings.HasPrefix(name, "loop6") {
			r.call("delete_loopback", map[string]any{"sw_if_index": index})
		}
	}
}

// vppName is the VPP name of an interface.
func (r *reuse) vppName(index uint64) string {
	r.t.Helper()
	for name, i := range r.indices() {
		if i == index {
			return name
		}
	}
	return ""
}

// nodeOn tells whether a node of a feature arc is on at an index, as VPP's
// command line has it: the reply of feature_is_enabled reaches nobody, see
// featureOn.
func (r *reuse) nodeOn(index uint64, arc, node string) bool {
	r.t.Helper()
	list := r.dump("sw_interface_dump", map[string]any{"sw_if_index": index})
	if len(list) == 0 {
		return false
	}
	cmd := fmt.Sprintf("show interface %s features", list[0]["interface_name"])
	reply, err := vpp.Invoke(r.t.Context(), r.another, "cli_inband", map[string]any{"cmd": cmd})
	if errors.Is(err, vpp.ErrRefused) {
		return false // it has been deleted meanwhile
	}
	if err != nil {
		r.t.Fatal(err)
	}
	_, text, _ := strings.Cut(reply["reply"].(string), "\n"+arc+":")
	text, _, _ = strings.Cut(text, ":") // the next arc
	return slices.Contains(strings.Fields(text), node)
}

// foreign makes sure that as many bindings of a kind are somebody else's.
func (h *hand) foreign(kind string, want int) {
	h.t.Helper()
	h.read()
	got := 0
	for id, f := range h.found {
		if id.Kind == kind && !f.Ours {
			got++
		}
	}
	if got != want {
		h.t.Errorf("%d of somebody else, want %d: %v", got, want, h.names())
	}
}
