package kinds

import (
	"context"
	"fmt"
	"slices"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// commonDifferences names what all types have and can be changed in place. What
// is not wished for is not compared.
func commonDifferences(w, h *Interface) []string {
	var f fields
	f.add("macAddress", w.MAC != MAC{} && w.MAC != h.MAC && !h.member)
	f.add("mtu", w.MTU != 0 && w.MTU != h.MTU)
	f.add("linkMTU", w.LinkMTU != 0 && w.LinkMTU != h.LinkMTU)
	// A mode can be shown only where there are queues.
	f.add("rxMode", w.RxMode != 0 && w.RxMode != h.RxMode && (len(h.RxPlacement) > 0 || h.Shown == nil))
	f.add("rxPlacement", rxDiffers(w.RxPlacement, h.RxPlacement))
	f.add("txPlacement", txDiffers(w.TxPlacement, h.TxPlacement))
	if h.Shown == nil { // not what VPP shows, but what was wanted before
		f.add("rxPlacement", !slices.Equal(w.RxPlacement, h.RxPlacement))
		f.add("txPlacement", !slices.EqualFunc(w.TxPlacement, h.TxPlacement, func(a, b TxPlacement) bool {
			return a.Queue == b.Queue && slices.Equal(a.Threads, b.Threads)
		}))
	}
	return f
}

// configure makes what all types have as wanted and returns what is then there.
// hidden names the fields that VPP cannot show and that are to be written.
func configure(ctx context.Context, c vpp.Caller, index uint32, want *Interface, hidden []string) (*Interface, error) {
	have, err := readCommon(ctx, c, index, want)
	if err != nil {
		return nil, err
	}
	if err := write(ctx, c, index, want, have, hidden); err != nil {
		now, readErr := readCommon(ctx, c, index, want)
		if readErr != nil {
			now = have
		}
		return now, err
	}
	return readCommon(ctx, c, index, want)
}

// readCommon reads what all types have of one interface. Its type is taken to
// be as wanted.
func readCommon(ctx context.Context, c vpp.Caller, index uint32, want *Interface) (*Interface, error) {
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
	have := &Interface{Name: want.Name, Type: numberedAs(want.Type, d.InterfaceName), unmarked: d.Tag != Mark+want.Name}
	have.show(d, q[index])
	if want.MAC != (MAC{}) && want.MAC != have.MAC {
		have.member, err = isBondMember(ctx, c, index)
	}
	return have, err
}

// write sends what differs. The link's MTU is before the IP packets', which
// some drivers set along with it.
func write(ctx context.Context, c vpp.Caller, index uint32, want, have *Interface, hidden []string) error {
	if have.unmarked {
		if _, err := interfaceTag.Call(ctx, c, &interfaceTagRequest{IsAdd: true, SwIfIndex: index, Tag: Mark + want.Name}); err != nil {
			return err
		}
	}
	differs := commonDifferences(want, have)
	is := func(field string) bool { return slices.Contains(differs, field) || slices.Contains(hidden, field) }
	if is("macAddress") {
		if _, err := interfaceSetMAC.Call(ctx, c, &interfaceMACRequest{index, want.MAC}); err != nil {
			return fmt.Errorf("macAddress: %w", err)
		}
	}
	if is("linkMTU") {
		if _, err := interfaceLinkMTU.Call(ctx, c, &linkMTURequest{index, want.LinkMTU}); err != nil {
			return fmt.Errorf("linkMTU: %w", err)
		}
	}
	if want.MTU != 0 && (is("mtu") || is("linkMTU")) {
		if _, err := interfaceSetMTU.Call(ctx, c, &interfaceMTURequest{index, [4]uint32{want.MTU}}); err != nil {
			return fmt.Errorf("mtu: %w", err)
		}
	}
	if err := writeQueues(ctx, c, index, want, have, is); err != nil {
		return err
	}
	if is("promiscuous") {
		if _, err := interfacePromisc.Call(ctx, c, &promiscRequest{index, want.Promiscuous}); err != nil {
			return fmt.Errorf("promiscuous: %w", err)
		}
	}
	if is("directedBroadcast") {
		if _, err := interfaceBcast.Call(ctx, c, &directedBroadcastRequest{index, want.DirectedBroadcast}); err != nil {
			return fmt.Errorf("directedBroadcast: %w", err)
		}
	}
	return nil
}

func writeQueues(ctx context.Context, c vpp.Caller, index uint32, want, have *Interface, is func(string) bool) error {
	// Without queues the mode is that of those to come.
	if is("rxMode") || want.RxMode != 0 && len(have.RxPlacement) == 0 {
		if _, err := interfaceRxMode.Call(ctx, c, &rxModeRequest{index, want.RxMode}); err != nil {
			return fmt.Errorf("rxMode: %w", err)
		}
	}
	for _, p := range want.RxPlacement {
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
	for _, p := range want.TxPlacement {
		if !txDiffers([]TxPlacement{p}, have.TxPlacement) {
			continue
		}
		if _, err := interfaceSetTx.Call(ctx, c, &txPlacementRequest{index, p.Queue, p.Threads}); err != nil {
			return fmt.Errorf("txPlacement: queue %d: %w", p.Queue, err)
		}
	}
	return nil
}
