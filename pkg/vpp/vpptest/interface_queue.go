package vpptest

import "slices"

// interfaceQueueKind is the queues of interfaces: on which thread and in which
// mode they are. The simulated VPP has no worker, so that the main thread is
// the only choice.
func interfaceQueueKind() kind {
	tx := streamRows("sw_interface_tx_placement_get", 0x47250981, "u32 cursor; interface_index sw_if_index", 0x53b48f5d,
		"sw_interface_tx_placement_details", 0x00381a2e,
		"interface_index sw_if_index; u32 queue_id; u8 shared; u32 array_size; u32 threads[array_size]")
	tx[2].fields = "u32 client_index; " + tx[2].fields
	rx := dumpRows("sw_interface_rx_placement_dump", 0xf9e6675e, swIfIndexField,
		"sw_interface_rx_placement_details", 0x9e44a7ce, "interface_index sw_if_index; u32 queue_id; u32 worker_id; rx_mode mode")
	rx[1].fields = "u32 client_index; " + rx[1].fields
	return kind{
		types: "enum rx_mode u32 RX_MODE_API_UNKNOWN=0 RX_MODE_API_POLLING=1 RX_MODE_API_INTERRUPT=2 RX_MODE_API_ADAPTIVE=3 RX_MODE_API_DEFAULT=4",
		modules: []moduleRows{{name: "interface", rows: join(
			callRows("sw_interface_set_rx_mode", 0xb04d1cfe, "interface_index sw_if_index; bool queue_id_valid; u32 queue_id; rx_mode mode"),
			callRows("sw_interface_set_rx_placement", 0xdb65f3c9, "interface_index sw_if_index; u32 queue_id; u32 worker_id; bool is_main"),
			rx,
			callRows("sw_interface_set_tx_placement", 0x4e0cd5ff, "interface_index sw_if_index; u32 queue_id; u32 array_size; u32 threads[array_size]"),
			tx,
		)}},
		serve: serveInterfaceQueue,
	}
}

const (
	rxPolling   = 1
	rxInterrupt = 2
	rxAdaptive  = 3
	rxDefault   = 4
)

// queues are those of a device. One without any accepts every mode.
type queues struct {
	rx []uint32 // the mode of each
	tx int
	// rxThread and txThreads are what was placed by hand: threads by queue.
	rxThread  map[uint32]uint32
	txThreads map[uint32][]uint32
	modes     []uint32 // those that it can have; the first is its default
}

// rxQueues are n receive queues in a mode.
func rxQueues(n int, mode uint32) []uint32 { return slices.Repeat([]uint32{mode}, n) }

// setMode changes the mode of one queue, or of all where valid is false.
func (q *queues) setMode(valid bool, id, mode uint32) int32 {
	chosen := q.rx
	if valid {
		if uint64(id) >= uint64(len(q.rx)) {
			return retUnimplemented
		}
		chosen = q.rx[id : id+1]
	}
	if mode == rxDefault && len(q.modes) > 0 {
		mode = q.modes[0]
	}
	for i := range chosen {
		if chosen[i] != mode && !slices.Contains(q.modes, mode) {
			return retUnimplemented
		}
		chosen[i] = mode
	}
	return retOK
}

type (
	swInterfaceSetRxMode struct {
		SwIfIndex    uint32
		QueueIDValid bool
		QueueID      uint32
		Mode         uint32
	}
	swInterfaceSetRxPlacement struct {
		SwIfIndex, QueueID, WorkerID uint32
		IsMain                       bool
	}
	swInterfaceRxPlacementDetails struct{ SwIfIndex, QueueID, WorkerID, Mode uint32 }
	swInterfaceSetTxPlacement     struct {
		SwIfIndex, QueueID uint32
		Threads            []uint32
	}
	swInterfaceTxPlacementGet     struct{ Cursor, SwIfIndex uint32 }
	swInterfaceTxPlacementDetails struct {
		SwIfIndex, QueueID uint32
		Shared             uint8
		Threads            []uint32
	}
)

func serveInterfaceQueue(r *registry) {
	serveRxQueue(r)
	serveTxQueue(r)
}

// receiver is the thread that serves a receive queue: workers in turn, where
// there are any.
func (q *queues) receiver(id, workers uint32) uint32 {
	if thread, placed := q.rxThread[id]; placed {
		return thread
	}
	if workers == 0 {
		return 0
	}
	return 1 + id%workers
}

// senders are the threads that send through a queue: all threads in turn.
func (q *queues) senders(id, workers uint32) []uint32 {
	if threads, placed := q.txThreads[id]; placed {
		return threads
	}
	var threads []uint32
	for thread := range workers + 1 {
		if thread%uint32(q.tx) == id {
			threads = append(threads, thread)
		}
	}
	return threads
}

func serveRxQueue(r *registry) {
	t := r.state.interfaces
	workers := func() uint32 { return r.boot.v.workers }
	onInterface(r, "sw_interface_set_rx_mode", func(m *swInterfaceSetRxMode) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *swInterfaceSetRxMode) int32 {
			if i.parent != nil {
				return retInvalidValue
			}
			return i.queues.setMode(m.QueueIDValid, m.QueueID, m.Mode)
		})
	onInterface(r, "sw_interface_set_rx_placement", func(m *swInterfaceSetRxPlacement) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *swInterfaceSetRxPlacement) int32 {
			switch {
			case i.parent != nil:
				return retInvalidValue
			case m.QueueID >= uint32(len(i.queues.rx)), !m.IsMain && m.WorkerID > 0 && m.WorkerID >= workers():
				return retUnimplemented
			}
			thread := uint32(0)
			if !m.IsMain && workers() > 0 {
				thread = m.WorkerID + 1
			}
			if i.queues.rxThread == nil {
				i.queues.rxThread = map[uint32]uint32{}
			}
			i.queues.rxThread[m.QueueID] = thread
			return retOK
		})
	details := sends[swInterfaceRxPlacementDetails](r, "sw_interface_rx_placement_details")
	on(r, "sw_interface_rx_placement_dump", func(c *call, m *swIfIndex) {
		for _, i := range t.pool.all() {
			if m.SwIfIndex != none && m.SwIfIndex != i.index {
				continue
			}
			for id, mode := range i.queues.rx {
				details.send(c, &swInterfaceRxPlacementDetails{i.index, uint32(id), i.queues.receiver(uint32(id), workers()), mode})
			}
		}
	})
}

func serveTxQueue(r *registry) {
	t := r.state.interfaces
	workers := func() uint32 { return r.boot.v.workers }
	onInterface(r, "sw_interface_set_tx_placement", func(m *swInterfaceSetTxPlacement) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *swInterfaceSetTxPlacement) int32 {
			switch {
			case i.parent != nil, slices.ContainsFunc(m.Threads, func(t uint32) bool { return t > workers() }):
				return retInvalidValue
			case m.QueueID >= uint32(i.queues.tx):
				return retInvalidQueue
			}
			if i.queues.txThreads == nil {
				i.queues.txThreads = map[uint32][]uint32{}
			}
			i.queues.txThreads[m.QueueID] = slices.Clone(m.Threads)
			return retOK
		})
	details := sends[swInterfaceTxPlacementDetails](r, "sw_interface_tx_placement_details")
	got := sends[cursorReply](r, "sw_interface_tx_placement_get_reply")
	on(r, "sw_interface_tx_placement_get", func(c *call, m *swInterfaceTxPlacementGet) {
		var all []swInterfaceTxPlacementDetails // of every interface
		var asked []swInterfaceTxPlacementDetails
		for _, i := range t.pool.all() {
			for id := range i.queues.tx {
				d := swInterfaceTxPlacementDetails{SwIfIndex: i.index, QueueID: uint32(id), Threads: i.queues.senders(uint32(id), workers())}
				if len(d.Threads) > 1 {
					d.Shared = 1
				}
				all = append(all, d)
				if m.SwIfIndex == none || m.SwIfIndex == i.index {
					asked = append(asked, all[len(all)-1])
				}
			}
		}
		i := t.pool.get(m.SwIfIndex)
		switch {
		case len(all) == 0:
			got.send(c, &cursorReply{Retval: retNoSuchEntry})
		case m.SwIfIndex != none && i == nil:
			got.send(c, &cursorReply{Retval: retInvalidSwIfIndex})
		case m.SwIfIndex != none && i.parent != nil:
			got.send(c, &cursorReply{Retval: retInvalidInterface})
		case len(asked) == 0:
			got.send(c, &cursorReply{})
		case m.Cursor >= uint32(len(asked)):
			got.send(c, &cursorReply{retInvalidValue, none})
		default:
			for _, d := range asked[m.Cursor:] {
				details.send(c, &d)
			}
			got.send(c, &cursorReply{retOK, none})
		}
	})
}
