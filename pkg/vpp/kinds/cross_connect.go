package kinds

import (
	"context"
	"errors"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindCrossConnect is the kind of cross-connects.
const KindCrossConnect = "CrossConnect"

// CrossConnectID is a wire between two interfaces, whichever is named first.
func CrossConnectID(a, b string) state.ID {
	return state.ID{Kind: KindCrossConnect, Key: min(a, b) + " " + max(a, b)}
}

// CrossConnect is the value of a wire: what comes in on From leaves by To. What
// comes in on To leaves by From where it is Both, and is dropped where not.
type CrossConnect struct {
	From, To string
	Both     bool

	// half says that VPP holds the way of one end only. An end that leads nowhere
	// is not switched, and what is sent to it is dropped.
	half bool
}

// nowhere is the index of local0. VPP switches an interface that leads there, so
// that others can lead to it, and drops what comes in on it.
const nowhere = 0

type crossConnectRequest struct {
	RxSwIfIndex, TxSwIfIndex uint32
	Enable                   bool
}

type crossConnectDetails struct{ RxSwIfIndex, TxSwIfIndex uint32 }

var (
	crossConnectSet  = vpp.NewMethod[crossConnectRequest, retval]("sw_interface_set_l2_xconnect")
	crossConnectDump = vpp.NewMethod[nothing, crossConnectDetails]("l2_xconnect_dump")
)

type crossConnect struct{ frames *frameFeatures }

// newCrossConnect is the kind of cross-connects. VPP cannot mark them: ours are
// those in the ledger.
func newCrossConnect(frames *frameFeatures) state.Kind { return crossConnect{frames} }

func (crossConnect) Name() string { return KindCrossConnect }

// Loss implements [state.Kind]: VPP keeps the index of an interface that is
// deleted, unless what comes in there is connected too.
func (crossConnect) Loss() state.Loss { return state.Stale }

// Describe implements [state.Describer].
func (crossConnect) Describe(key string) string {
	a, b, _ := strings.Cut(key, " ")
	return "cross-connect of " + a + " and " + b
}

func (crossConnect) Probe(c vpp.Caller) error { return probe("", c, crossConnectSet, crossConnectDump) }

// CrossConnectItem is a wire between two interfaces. Both ends are switched, also
// where it goes one way.
func CrossConnectItem(value CrossConnect) state.Item {
	if value.Both {
		value.From, value.To = min(value.From, value.To), max(value.From, value.To)
	}
	a, b := value.From, value.To
	return state.Item{
		ID: CrossConnectID(a, b), Value: value, Needs: []state.ID{InterfaceID(a), InterfaceID(b)},
		Claims: append(switchedClaims(a), switchedClaims(b)...),
	}
}

func (crossConnect) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	all, err := dump(ctx, v.Caller(), crossConnectDump, nil)
	if err != nil {
		return err
	}
	there := switched{connects: all}
	led := make(map[uint32]bool, len(all)) // those that some interface leads to
	for _, d := range all {
		led[d.TxSwIfIndex] = true
	}
	for _, d := range all {
		value := CrossConnect{From: interfaceName(v, d.RxSwIfIndex), To: interfaceName(v, d.TxSwIfIndex)}
		back, connected := there.peerOf(d.TxSwIfIndex)
		switch {
		case d.TxSwIfIndex == nowhere && led[d.RxSwIfIndex]:
			continue // it is the other end of what leads to it
		case d.TxSwIfIndex == nowhere:
			value.From, value.To, value.half = otherEnd(v.Ledger(), value.From, value.To), value.From, true
		case connected && back == d.RxSwIfIndex:
			if d.TxSwIfIndex < d.RxSwIfIndex {
				continue // it was found the other way
			}
			value.Both = true
		default:
			value.half = !connected || back != nowhere
		}
		item := CrossConnectItem(value)
		f := state.Found{ID: item.ID, Value: item.Value, Needs: item.Needs, Claims: item.Claims}
		_, f.Ours = v.Ledger().Get(f.ID)
		found(f)
	}
	return nil
}

// otherEnd is the interface that we have wired one with, otherwise where none is
// noted.
func otherEnd(l *state.Ledger, name, otherwise string) string {
	for _, id := range l.All(KindCrossConnect) {
		switch a, b, _ := strings.Cut(id.Key, " "); name {
		case a:
			return b
		case b:
			return a
		}
	}
	return otherwise
}

func (crossConnect) Compare(want, have, _ any) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: []string{"oneWay"}}
}

func (k crossConnect) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	look := lookOnce(ctx, v.Caller())
	state.Each(ops, func(op *state.Op) state.Result {
		r := state.Result{Rereads: l2Mirrors(v, strings.Fields(op.ID.Key)...)}
		if op.Verb == state.Delete {
			r.Err = k.disconnect(ctx, v, op.ID)
		} else {
			r.Err = k.connect(ctx, v, op, look)
		}
		return r
	})
}

// connect wires two interfaces. VPP would take them out of wherever they are
// without a word.
func (k crossConnect) connect(ctx context.Context, v *state.View, op *state.Op, look func() (switched, error)) error {
	want := valueOf[CrossConnect](op.Want)
	from, err := interfaceHandle(v, want.From)
	if err != nil {
		return err
	}
	to, err := interfaceHandle(v, want.To)
	if err != nil {
		return err
	}
	there, err := look()
	if err != nil {
		return err
	}
	_, noted := v.Ledger().Get(op.ID)
	ends := map[string]uint32{want.From: from, want.To: to}
	for _, name := range []string{want.From, want.To} {
		if err := there.mayConnect(ctx, v, name, ends[name], noted || op.Adopt); err != nil {
			return err
		}
		if err := k.frames.rearm(ctx, v, ends[name]); err != nil {
			return err
		}
	}
	if err := v.Ledger().Put(op.ID, state.Entry{}); err != nil {
		return err
	}
	err = k.send(ctx, v, from, to)
	if err != nil && !outcomeUnknown(err) && op.Verb == state.Create {
		return errors.Join(err, v.Ledger().Delete(op.ID))
	}
	if err != nil {
		return err
	}
	back := from
	if !want.Both {
		back = nowhere
	}
	err = k.send(ctx, v, to, back)
	for name, index := range ends {
		if err != nil {
			break
		}
		if _, err = stillThere(ctx, v, name, index); err != nil && !outcomeUnknown(err) {
			err = errors.Join(err, k.separate(ctx, v, from, to)) // it is on what has got the index
		}
	}
	return err
}

// separate takes away a wire between two indices.
func (k crossConnect) separate(ctx context.Context, v *state.View, from, to uint32) error {
	all, err := dump(ctx, v.Caller(), crossConnectDump, nil)
	for _, d := range all {
		ours := d.RxSwIfIndex == from && d.TxSwIfIndex == to ||
			d.RxSwIfIndex == to && (d.TxSwIfIndex == from || d.TxSwIfIndex == nowhere)
		if err == nil && ours {
			err = k.send(ctx, v, d.RxSwIfIndex, noIndex)
		}
	}
	return err
}

// mayConnect tells why an interface must not be wired.
func (s *switched) mayConnect(ctx context.Context, v *state.View, name string, index uint32, ours bool) error {
	if in, _ := s.domainOf(index); in != nil {
		return domainConflict(in)
	}
	if peer, connected := s.peerOf(index); connected && !ours {
		return &state.ConflictError{With: "a cross-connect with " + interfaceName(v, peer) + ", made by somebody else,"}
	}
	d, err := stillThere(ctx, v, name, index)
	if err == nil && !d.ethernet() {
		err = errors.New("only Ethernet interfaces can be connected at L2")
	}
	return err
}

// send has what comes in on an interface leave by another, or, by none, be
// routed again.
func (crossConnect) send(ctx context.Context, v *state.View, from, to uint32) error {
	_, err := crossConnectSet.Call(ctx, v.Caller(), &crossConnectRequest{from, to, to != noIndex})
	if to == noIndex && refusedWith(err, retNoSuchIndex) {
		return nil
	}
	return err
}

// disconnect has both interfaces routed again, where they are still connected
// with each other or with what is gone: VPP would take them out of a bridge
// domain too.
func (k crossConnect) disconnect(ctx context.Context, v *state.View, id state.ID) error {
	a, b, _ := strings.Cut(id.Key, " ")
	all, err := dump(ctx, v.Caller(), crossConnectDump, nil)
	if err != nil {
		return err
	}
	for _, way := range [][2]string{{a, b}, {b, a}} {
		from, fromKnown := v.Handle(InterfaceID(way[0]))
		to, toKnown := v.Handle(InterfaceID(way[1]))
		for _, d := range all {
			if !fromKnown || d.RxSwIfIndex != from {
				continue
			}
			_, other := v.Lookup(KindInterface, d.TxSwIfIndex)
			if toKnown && other && d.TxSwIfIndex != to && d.TxSwIfIndex != nowhere {
				continue // somebody else has connected it anew
			}
			if err := k.send(ctx, v, from, noIndex); err != nil {
				return err
			}
		}
	}
	return v.Ledger().Delete(id)
}
