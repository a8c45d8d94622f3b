package vpptest

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
)

// boot is one life of the simulated process: message ids, process id, clients
// and all state belong to it and go with it.
type boot struct {
	number  int
	pid     uint32
	started time.Time
	v       *VPP
	log     logr.Logger
	release string

	// The API of this boot. Immutable once it runs.
	change   *apiChange
	table    []tableEntry      // the message table of the handshake
	ids      map[string]uint16 // message → id
	firstIDs map[string]uint16 // module_version → its first id
	handlers []*handler        // requests by id, nil where there is none
	byName   map[string]*handler
	apiJSON  func() ([]byte, error) // rendered once

	// main is VPP's main thread: handlers run under it, and everything in this
	// group is touched under it only.
	main    sync.Mutex
	state   *state
	clients *pool[client] // slot 0 is the listener's, as in VPP
	dirty   []*client     // have output that was not flushed yet
	scratch []byte        // replies that nobody receives
	current call          // the request being handled

	ignored atomic.Uint64 // messages that VPP would warn about and drop

	// gone is closed when the process dies; everybody then leaves.
	gone     chan struct{}
	kill     func()
	listener *net.UnixListener
	connMu   sync.Mutex
	conns    map[*client]struct{}
	wg       sync.WaitGroup // acceptor, readers and writers
}

// tableEntry is an entry of the handshake's message table.
type tableEntry struct {
	Index uint16
	Name  string
}

// firstPID is the process id of the first boot.
const firstPID = 4242

// newBoot numbers the messages and binds the handlers.
func newBoot(v *VPP, number int) (*boot, error) {
	b := &boot{
		number: number, pid: firstPID + uint32(number-1), started: time.Now(),
		v: v, log: v.log.WithValues("boot", number), release: v.release,
		change: &apiChange{missing: maps.Clone(v.missing), crcs: maps.Clone(v.crcs)},
		ids:    map[string]uint16{}, firstIDs: map[string]uint16{}, byName: map[string]*handler{},
		state: newState(v), clients: &pool[client]{}, gone: make(chan struct{}), conns: map[*client]struct{}{},
	}
	b.clients.put(nil)
	b.kill = sync.OnceFunc(b.die)
	b.apiJSON = sync.OnceValues(func() ([]byte, error) { return v.api.json(b.change, false) })
	b.assignIDs(v.api.modules)

	r := &registry{boot: b, state: b.state}
	for _, k := range v.kinds {
		k.serve(r)
	}
	if r.err != nil {
		return nil, fmt.Errorf("boot %d: %w", number, r.err)
	}
	return b, nil
}

// assignIDs gives every message its id: memclnt's are fixed; the other modules
// follow from a base and in an order that change with the boot, as they do
// when plugins come and go. A client that keeps ids over a restart is found
// out.
func (b *boot) assignIDs(modules []*moduleRows) {
	next := uint16(29 + 97*b.number%911)
	fixed, others := modules[:1], modules[1:] // memclnt is the first
	turn := b.number % len(others)
	for _, m := range slices.Concat(fixed, others[turn:], others[:turn]) {
		if m.name != memclnt && !b.change.missing[m.name] {
			b.firstIDs[fmt.Sprintf("%s_%08x", m.name, m.version)] = next
		}
		for i := range m.rows {
			r := &m.rows[i]
			if b.change.lacks(m.name, r) {
				continue
			}
			id := r.id
			if id == 0 {
				id = next
				next++
			}
			b.ids[r.name] = id
			b.table = append(b.table, tableEntry{Index: id, Name: b.change.nameCRC(r)})
		}
	}
	b.handlers = make([]*handler, next)
	// The real table comes out of a hash, in no order.
	turn = 7 * b.number % len(b.table)
	b.table = slices.Concat(b.table[turn:], b.table[:turn])
}

// die closes everything that belongs to the process; its goroutines notice.
func (b *boot) die() {
	close(b.gone)
	if b.listener != nil {
		_ = b.listener.Close()
	}
	b.connMu.Lock()
	defer b.connMu.Unlock()
	for c := range b.conns {
		_ = c.conn.Close()
	}
}

func (b *boot) dead() bool {
	select {
	case <-b.gone:
		return true
	default:
		return false
	}
}

// listen opens the socket.
func (b *boot) listen(path string) error {
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return fmt.Errorf("listen on %s: %w", path, err)
	}
	// A process that dies leaves its socket behind; so does a boot.
	ln.SetUnlinkOnClose(false)
	b.listener = ln
	return nil
}

func (b *boot) accept() {
	for {
		conn, err := b.listener.AcceptUnix()
		if err != nil {
			return
		}
		if !b.v.waitThawed(b) {
			_ = conn.Close()
			return
		}
		if err := b.connect(conn); err != nil {
			b.log.Error(err, "connection refused")
			_ = conn.Close()
		}
	}
}

// connect registers a client the moment it is accepted, before any handshake,
// as VPP does.
func (b *boot) connect(conn *net.UnixConn) error {
	c, err := newClient(b, conn)
	if err != nil {
		return err
	}
	b.connMu.Lock()
	b.conns[c] = struct{}{}
	b.connMu.Unlock()
	if b.dead() { // die may have walked the connections before this one stood there
		_ = conn.Close()
	}
	b.main.Lock()
	c.index = b.clients.put(c)
	b.main.Unlock()
	b.v.changed()
	b.wg.Go(c.read)
	b.wg.Go(c.write)
	return nil
}

func (b *boot) disconnected(c *client) {
	b.connMu.Lock()
	delete(b.conns, c)
	b.connMu.Unlock()
}

// forget removes a client; its index is the next one given.
func (b *boot) forget(c *client) {
	if b.clients.get(c.index) != c {
		return
	}
	b.clients.remove(c.index)
	for _, f := range b.state.clientGone {
		f(c.clientIndex())
	}
	b.v.changed()
}
