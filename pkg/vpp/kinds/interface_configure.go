package kinds

import (
	"context"
	"fmt"
	"slices"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// commonDifferences names what all types have and can be changed in place. What
// is not wished for is not compared.
func commonDifferences(w, h *Interface) fields {
	var f fields
	f.add("macAddress", w.MAC != MAC{} && w.MAC != h.MAC && !h.member)
	f.add("mtu", w.MTU != 0 && w.MTU != h.MTU)
	f.add("linkMTU", w.LinkMTU != 0 && w.LinkMTU != h.LinkMTU)
	// A mode can be shown only where there are queues.
	f.add("rxMode", w.RxMode != 0 && w.RxMode != h.RxMode && len(h.RxPlacement) > 0)
	f.add("rxPlacement", rxDiffers(w.RxPlacement, h.RxPlacement))
	f.add("txPlacement", txDiffers(w.TxPlacement, h.TxPlacement))
	if h.Shown == nil { // not what VPP shows, but what was wanted before
		f.add("macAddress", w.MAC != h.MAC)
		f.add("mtu", w.MTU != h.MTU)
		f.add("linkMTU", w.LinkMTU != h.LinkMTU)
		f.add("rxMode", w.RxMode != h.RxMode)
		f.add("rxPlacement", !slices.Equal(w.RxPlacement, h.RxPlacement))
		f.add("txPlacement", !slices.EqualFunc(w.TxPlacement, h.TxPlacement, func(a, b TxPlacement) bool {
			return a.Queue == b.Queue && slices.Equal(a.Threads, b.Threads)
		}))
	}
	return f
}

// configure makes what all types have as wanted, what is no longer wished for
// as it was given, and returns what is then there. hidden names the fields that
// VPP cannot show and that are to be written. What is written for the first
// time is noted before, what was put back is taken out of the note after.
func (k iface) configure(ctx context.Context, v *state.View, index uint32, want *Interface, hidden []string) (*Interface, error) {
	c, n := v.Caller(), noteOf(v, want.Name)
	have, err := readCommon(ctx, c, index, want, n.Original)
	if err != nil {
		return nil, err
	}
	to := newTarget(want)
	if n.Original != nil {
		n.Original.remember(want, have)
		if err := note(v, want.Name, have.Shown.VPPName, n); err != nil {
			return have, err
		}
		n.Original.back(to, want, have)
	}
	if err := to.write(ctx, c, index, have, hidden); err != nil {
		now, readErr := readCommon(ctx, c, index, want, n.Original)
		if readErr != nil {
			now = have
		}
		return now, err
	}
	now, err := readCommon(ctx, c, index, want, n.Original)
	if err != nil {
		return nil, err
	}
	if n.Original != nil {
		n.Original.forget(want, have)
		err = note(v, want.Name, have.Shown.VPPName, n)
	}
	return now, err
}

// readCommon reads what all types have of one interface. Its type is taken to
// be as wanted.
func readCommon(ctx context.Context, c vpp.Caller, index uint32, want *Interface, o *original) (*Interface, error) {
	d, err := oneInterface(ctx, c, index)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, fmt.Errorf("interface %s has been deleted by somebody else", want.Name)
	}
	q := map[uint32]*queues{}
	if d.Type != typeSub {
		if q, err = readQueues(ctx, c, index); err != nil {
			return nil, err
		}
	}
	have := &Interface{Name: want.Name, Type: numberedAs(want.Type, d.InterfaceName), unmarked: d.Tag != Mark+want.Name, original: o}
	have.show(d, q[index])
	if want.MAC != have.MAC && (want.MAC != MAC{} || o != nil && o.MAC != nil) {
		have.member, err = isBondMember(ctx, c, index)
	}
	return have, err
}

// target is what is written of what all types have.
type target struct {
	Interface
	mark  bool       // gets our tag
	mtu   *[4]uint32 // nil where it stays
	modes []queueMode
}

func newTarget(want *Interface) *target {
	t := &target{Interface: *want, mark: true}
	if want.MTU != 0 {
		t.mtu = &[4]uint32{want.MTU}
	}
	return t
}

// write sends what differs. The link's MTU is before the IP packets', which
// some drivers set along with it.
func (t *target) write(ctx context.Context, c vpp.Caller, index uint32, have *Interface, hidden []string) error {
	if t.mark && have.unmarked {
		if _, err := interfaceTag.Call(ctx, c, &interfaceTagRequest{IsAdd: true, SwIfIndex: index, Tag: Mark + t.Name}); err != nil {
			return err
		}
	}
	if t.MAC != (MAC{}) && t.MAC != have.MAC && !have.member {
		if _, err := interfaceSetMAC.Call(ctx, c, &interfaceMACRequest{index, t.MAC}); err != nil {
			return fmt.Errorf("macAddress: %w", err)
		}
	}
	link := t.LinkMTU != 0 && t.LinkMTU != have.LinkMTU
	if link {
		if _, err := interfaceLinkMTU.Call(ctx, c, &linkMTURequest{index, t.LinkMTU}); err != nil {
			return fmt.Errorf("linkMTU: %w", err)
		}
	}
	if t.mtu != nil && (link || t.mtuDiffers(have)) {
		if _, err := interfaceSetMTU.Call(ctx, c, &interfaceMTURequest{index, *t.mtu}); err != nil {
			return fmt.Errorf("mtu: %w", err)
		}
	}
	if err := t.writeQueues(ctx, c, index, have); err != nil {
		return err
	}
	if slices.Contains(hidden, "promiscuous") {
		if _, err := interfacePromisc.Call(ctx, c, &promiscRequest{index, t.Promiscuous}); err != nil {
			return fmt.Errorf("promiscuous: %w", err)
		}
	}
	if slices.Contains(hidden, "directedBroadcast") {
		if _, err := interfaceBcast.Call(ctx, c, &directedBroadcastRequest{index, t.DirectedBroadcast}); err != nil {
			return fmt.Errorf("directedBroadcast: %w", err)
		}
	}
	return nil
}

// mtuDiffers tells whether the MTU of packets has to be written: that of single
// protocols counts only where it is put back.
func (t *target) mtuDiffers(have *Interface) bool {
	if t.MTU != 0 {
		return t.MTU != have.MTU
	}
	return *t.mtu != have.mtu
}

func (t *target) writeQueues(ctx context.Context, c vpp.Caller, index uint32, have *Interface) error {
	// Without queues the mode is that of those to come.
	if t.RxMode != 0 && (t.RxMode != have.RxMode || len(have.RxPlacement) == 0) {
		if _, err := interfaceRxMode.Call(ctx, c, &rxModeRequest{SwIfIndex: index, Mode: t.RxMode}); err != nil {
			return fmt.Errorf("rxMode: %w", err)
		}
	}
	for _, m := range t.modes {
		if !modesDiffer([]queueMode{m}, have.modes) {
			continue
		}
		if _, err := interfaceRxMode.Call(ctx, c, &rxModeRequest{index, true, m.Queue, m.Mode}); err != nil {
			return fmt.Errorf("rxMode: queue %d: %w", m.Queue, err)
		}
	}
	for _, p := range t.RxPlacement {
		if !rxDiffers([]RxPlacement{p}, have.RxPlacement) {
			continue
		}
		q := rxPlacementRequest{SwIfIndex: index, QueueID: p.Queue, IsMain: p.Thread == 0}
		if !q.IsMain {
			q.WorkerID = p.Thread - 1 // workers are counted from 0 here
		}
		if _, err := interfaceSetRx.Call(ctx, c, &q); err != nil {
			return fmt.Errorf("rxPlacement: queue %d on thread %d: %w", p.Queue, p.Thread, err)
		}
	}
	for _, p := range t.TxPlacement {
		if !txDiffers([]TxPlacement{p}, have.TxPlacement) {
			continue
		}
		if _, err := interfaceSetTx.Call(ctx, c, &txPlacementRequest{index, p.Queue, p.Threads}); err != nil {
			return fmt.Errorf("txPlacement: queue %d: %w", p.Queue, err)
		}
	}
	return nil
}
