package kinds

import (
	"cmp"
	"context"
	"slices"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// queues are those of one interface, as VPP shows them.
type queues struct {
	modes []queueMode
	rx    []RxPlacement
	tx    []TxPlacement
}

// queueMode is the mode of one receive queue.
type queueMode struct {
	Queue uint32
	Mode  RxMode
}

// mode is that of all receive queues, 0 where they differ.
func (q *queues) mode() (all RxMode) {
	for n, m := range q.modes {
		if n > 0 && m.Mode != all {
			return 0
		}
		all = m.Mode
	}
	return all
}

// readQueues reads the queues of an interface, or of all.
func readQueues(ctx context.Context, c vpp.Caller, index uint32) (map[uint32]*queues, error) {
	all := map[uint32]*queues{}
	of := func(i uint32) *queues {
		if all[i] == nil {
			all[i] = &queues{}
		}
		return all[i]
	}
	for d, err := range interfaceRxDump.Dump(ctx, c, &swIfIndex{index}) {
		if lacks(err) {
			break
		}
		if err != nil {
			return nil, err
		}
		q := of(d.SwIfIndex)
		q.modes = append(q.modes, queueMode{d.QueueID, d.Mode})
		q.rx = append(q.rx, RxPlacement{d.QueueID, d.WorkerID})
	}
	for d, err := range interfaceTxDump.Dump(ctx, c, &swIfIndex{index}) {
		if lacks(err) || refusedByVPP(err) {
			break // an interface without queues is refused
		}
		if err != nil {
			return nil, err
		}
		q := of(d.SwIfIndex)
		slices.Sort(d.Threads)
		q.tx = append(q.tx, TxPlacement{d.QueueID, d.Threads})
	}
	for _, q := range all {
		slices.SortFunc(q.modes, func(a, b queueMode) int { return cmp.Compare(a.Queue, b.Queue) })
		slices.SortFunc(q.rx, func(a, b RxPlacement) int { return cmp.Compare(a.Queue, b.Queue) })
		slices.SortFunc(q.tx, func(a, b TxPlacement) int { return cmp.Compare(a.Queue, b.Queue) })
	}
	return all, nil
}

// rxDiffers tells whether a wished queue is elsewhere. Queues that are not
// there are not compared: those of a memif come and go with its peer.
func rxDiffers(want, have []RxPlacement) bool {
	return slices.ContainsFunc(want, func(w RxPlacement) bool {
		return slices.ContainsFunc(have, func(h RxPlacement) bool { return h.Queue == w.Queue && h.Thread != w.Thread })
	})
}

// modesDiffer tells whether a queue has another mode than it should.
func modesDiffer(want, have []queueMode) bool {
	return slices.ContainsFunc(want, func(w queueMode) bool {
		return slices.ContainsFunc(have, func(h queueMode) bool { return h.Queue == w.Queue && h.Mode != w.Mode })
	})
}

func txDiffers(want, have []TxPlacement) bool {
	return slices.ContainsFunc(want, func(w TxPlacement) bool {
		return slices.ContainsFunc(have, func(h TxPlacement) bool {
			return h.Queue == w.Queue && !slices.Equal(w.Threads, h.Threads)
		})
	})
}
