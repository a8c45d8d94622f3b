package kinds_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func policerItem(name string, p kinds.Policer) state.Item {
	return state.Item{ID: kinds.PolicerID(name), Value: p}
}

var simplePolicer = kinds.Policer{CIR: 1000, CB: 10000, Conform: kinds.PolicerAction{Type: kinds.PolicerTransmit}}

func TestPolicer(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		// Somebody else's, so that ours have not the first index.
		h.call("policer_add", map[string]any{"name": "theirs", "infos": map[string]any{"cir": 5, "cb": 5}})
		item := policerItem("a", simplePolicer)
		h.must(state.Create, item, item)
		h.same(item)
		if f := h.found[kinds.PolicerID("#theirs")]; f.Ours || f.Value == nil {
			t.Errorf("somebody else's is %+v", f)
		}
		k := h.kind(kinds.KindPolicer)
		want := simplePolicer
		for _, c := range []struct {
			fields string
			change func(p *kinds.Policer)
		}{
			{"cir", func(p *kinds.Policer) { p.CIR = 2000 }},
			{"cbs", func(p *kinds.Policer) { p.CB = 20000 }},
			{"rounding", func(p *kinds.Policer) { p.Round = kinds.PolicerRoundDown }},
			{"colorAware", func(p *kinds.Policer) { p.ColorAware = true }},
			{"conformAction", func(p *kinds.Policer) {
				p.Conform = kinds.PolicerAction{Type: kinds.PolicerMarkAndTransmit, DSCP: 46}
			}},
			{"exceedAction", func(p *kinds.Policer) { p.Exceed.Type = kinds.PolicerTransmit }},
			{"violateAction", func(p *kinds.Policer) {
				p.Violate = kinds.PolicerAction{Type: kinds.PolicerMarkAndTransmit, DSCP: 63}
			}},
			{"type,ebs", func(p *kinds.Policer) { p.Type, p.EB = kinds.Policer1R3CRFC2697, 5000 }},
			{"type,eir", func(p *kinds.Policer) { p.Type, p.EIR = kinds.Policer2R3CRFC2698, 4000 }},
			{"type", func(p *kinds.Policer) { p.Type = kinds.Policer2R3CRFC4115 }},
			{"eir", func(p *kinds.Policer) { p.EIR = 2000 }},
			{"rateUnit", func(p *kinds.Policer) { p.Rate = kinds.PolicerPPS }},
		} {
			last := want
			c.change(&want)
			d := k.Compare(want, last, nil)
			if d.Change != state.InPlace || strings.Join(d.Fields, ",") != c.fields {
				t.Errorf("%s: %+v", c.fields, d)
			}
			h.must(state.Update, policerItem("a", want))
			h.same(policerItem("a", want))
		}
		// Made anew over one that is there: it becomes what is wanted.
		h.must(state.Create, item)
		h.same(item)
		if err := h.do(state.Update, policerItem("a", kinds.Policer{CIR: 1, CB: 1, EB: 1})); !errors.Is(err, vpp.ErrRefused) {
			t.Errorf("two bursts for two colors: %v", err)
		}
		h.same(item)
		if err := h.do(state.Update, policerItem("missing", simplePolicer)); err == nil {
			t.Error("one that is not there was changed")
		}
		h.must(state.Delete, item, item)
		h.call("policer_add_del", map[string]any{"name": "theirs"})
		h.unchanged(before)
	})
}

// A policer at the index that another had before is found among the free ones.
func TestPolicerAmongOthers(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		a, b, c := policerItem("a", simplePolicer), policerItem("b", simplePolicer), policerItem("c", simplePolicer)
		h.must(state.Create, a, b, c)
		h.must(state.Delete, a, b)
		changed := policerItem("c", kinds.Policer{CIR: 7, CB: 7})
		h.must(state.Update, changed)
		h.same(changed)
		h.must(state.Delete, c)
	})
}

func TestPolicerBinding(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		h := byHand(t, socket)
		before := h.snapshot()
		lo := ifItem(loop("lo", 52))
		h.must(state.Create, lo, policerItem("a", simplePolicer), policerItem("b", simplePolicer))
		in, out := kinds.PolicerBindingItem("lo", "a", false), kinds.PolicerBindingItem("lo", "b", true)
		h.must(state.Create, in, out)
		h.must(state.Create, in, out) // again
		h.same(in, out)
		if f := h.found[in.ID]; !slices.Equal(f.Unverified, []string{"inputInterfaces"}) {
			t.Errorf("not readable: %v", f.Unverified)
		}
		other := kinds.PolicerBindingItem("lo", "b", false)
		if d := h.kind(in.ID.Kind).Compare(other.Value, in.Value, nil); d.Change != state.Recreate {
			t.Errorf("another policer: %+v", d)
		}
		h.must(state.Delete, in)
		h.must(state.Create, other)
		h.same(other, out)

		// Somebody else takes it off: it is gone, and comes back.
		h.call("policer_input", map[string]any{"name": "vpp-operator/b", "sw_if_index": h.found[lo.ID].Handle})
		h.read()
		if f, there := h.found[other.ID]; there {
			t.Errorf("taken off by somebody else: %+v", f)
		}
		h.must(state.Create, other)
		h.same(other)

		// Somebody else deletes the policers while they are bound, all there are.
		h.call("policer_add_del", map[string]any{"name": "vpp-operator/a"})
		h.call("policer_add_del", map[string]any{"name": "vpp-operator/b"})
		h.read()
		h.must(state.Delete, other, out)
		h.must(state.Delete, other, out) // again
		h.must(state.Delete, policerItem("a", simplePolicer), policerItem("b", simplePolicer), lo)
		h.unchanged(before)
		for _, kind := range []string{in.ID.Kind, out.ID.Kind} {
			if ids := h.ledger.All(kind); len(ids) > 0 {
				t.Errorf("left in the ledger: %v", ids)
			}
		}
	})
}

func TestPolicerBindingOnReusedIndex(t *testing.T) {
	eachSocket(t, func(t *testing.T, socket string) {
		works := func(r *reuse, index uint64) bool {
			// The arc of incoming packets differs between releases.
			in := r.nodeOn(index, "ip4-unicast", "policer-input") || r.nodeOn(index, "device-input", "policer-input")
			if out := r.nodeOn(index, "ip4-output", "policer-output"); out != in {
				return r.vppName(index) != "loop60" // wrong either way
			}
			return in
		}
		reusedIndex(t, socket, bound{
			kind: kinds.KindPolicerInput,
			items: func(name string) []state.Item {
				return []state.Item{
					policerItem("p", simplePolicer), kinds.PolicerBindingItem(name, "p", false), kinds.PolicerBindingItem(name, "p", true),
				}
			},
			shown: works, works: works,
			reasons: "Programmed; Unverified: VPP cannot show inputInterfaces; Unverified: VPP cannot show outputInterfaces",
		})
	})
}

// A lost reply: what VPP did is read, and nothing is done twice.
func TestPolicerLostReply(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	b := work(t, v.Socket(), func(o *benchOptions) { o.timeout = 300 * time.Millisecond })
	b.set("lo", whole(loop("lo", 53), "default", true)...)
	b.Begin()
	b.awaitReasons("lo", "Programmed; Programmed; Programmed; Programmed")
	made, bound := v.Fault(vpptest.LoseReply("policer_add").Times(1)), v.Fault(vpptest.LoseReply("policer_input*").Times(1))
	b.set("policer", policerItem("p", simplePolicer), kinds.PolicerBindingItem("lo", "p", false))
	b.awaitReasons("policer", "Programmed; Unverified: VPP cannot show inputInterfaces")
	if made.Hits() != 1 || bound.Hits() != 1 {
		t.Errorf("lost replies: %d of the policer, %d of its binding", made.Hits(), bound.Hits())
	}
	if why := v.Crashed(); why != "" {
		t.Errorf("VPP died: %s", why)
	}
}

func TestWithoutPlugin(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t, vpptest.WithoutModule("policer", "nat64", "det44", "urpf", "mss_clamp"))
	h := byHand(t, v.Socket())
	for _, kind := range []struct{ name, plugin string }{
		{kinds.KindPolicer, "policer"}, {kinds.KindPolicerInput, "policer"}, {kinds.KindPolicerOutput, "policer"},
		{kinds.KindReversePathFilter, "urpf"}, {kinds.KindMSSClamp, "mss_clamp"},
		{kinds.KindNAT64, "nat64"}, {kinds.KindNAT64Prefix, "nat64"}, {kinds.KindNAT64Address, "nat64"}, {kinds.KindNAT64Interface, "nat64"},
		{kinds.KindNAT64Binding, "nat64"},
		{kinds.KindDet44, "det44"}, {kinds.KindDet44Map, "det44"}, {kinds.KindDet44Interface, "det44"},
	} {
		err := h.kind(kind.name).Probe(h.session)
		var unsupported *state.UnsupportedError
		if !errors.As(err, &unsupported) || unsupported.Plugin != kind.plugin {
			t.Errorf("%s: %v", kind.name, err)
		}
	}
}
