package kinds

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// Memif is a shared-memory link.
type Memif struct {
	// Socket is the path of a Unix socket, or abstract: and the name of one without.
	Socket string
	ID     uint32
	// Slave is the end that connects and brings the memory.
	Slave bool
	// IP carries IP packets instead of Ethernet frames.
	IP bool
	// Secret is what both ends must know.
	Secret SecretRef
	// The rest is the slave's to decide; 0 is VPP's default. VPP shows ring and
	// buffer only while the link is up, and the queues never.
	RxQueues, TxQueues uint8
	RingSize           uint32 // packets, a power of two
	BufferSize         uint16 // bytes
}

// SecretRef names a value in a Secret; zero names none.
type SecretRef struct{ Name, Key string }

// maxMemifSecret is how many bytes VPP takes.
const maxMemifSecret = 23

// memifModeIP is of vl_api_memif_mode_t.
const memifModeIP = 1

type memifRequest struct {
	Role, Mode         uint32
	RxQueues, TxQueues uint8
	ID, SocketID       uint32
	RingSize           uint32
	BufferSize         uint16
	HwAddr             MAC
	Secret             string
}

type memifDetails struct {
	SwIfIndex, ID uint32
	Role, Mode    uint32
	SocketID      uint32
	RingSize      uint32
	BufferSize    uint16
}

var (
	// memif_create_v2 adds nothing but DMA, and lacks nowhere the first.
	memifCreate = vpp.NewMethod[memifRequest, swIfIndexReply]("memif_create")
	memifNewest = vpp.NewMethod[memifRequest, swIfIndexReply]("memif_create_v2")
	memifDelete = vpp.NewMethod[swIfIndex, retval]("memif_delete")
	memifDump   = vpp.NewMethod[nothing, memifDetails]("memif_dump")
)

// Field implements [InterfaceType].
func (Memif) Field() string { return "memif" }

func (Memif) driver() driver  { return memifDriver{} }
func (Memif) vppName() string { return "" }

func (m Memif) claims() []string {
	return []string{fmt.Sprintf("memif %d on socket %s", m.ID, m.Socket)}
}

func (m Memif) needs() []state.ID {
	if m.Secret == (SecretRef{}) {
		return nil
	}
	return []state.ID{SecretID(m.Secret.Name, m.Secret.Key)}
}

func (m Memif) differs(have InterfaceType) []string {
	h := valueOf[Memif](have)
	var f fields
	f.add("memif.socket", m.Socket != h.Socket)
	f.add("memif.id", m.ID != h.ID)
	f.add("memif.role", m.Slave != h.Slave)
	f.add("memif.mode", m.IP != h.IP)
	return f
}

func (m Memif) hidden() (list []hiddenField) {
	list = hide(list, "memif.secretRef", m.Secret, SecretRef{})
	list = hide(list, "memif.rxQueues", max(m.RxQueues, 1), 1)
	list = hide(list, "memif.txQueues", max(m.TxQueues, 1), 1)
	list = hide(list, "memif.ringSize", m.RingSize, 0)
	return hide(list, "memif.bufferSize", m.BufferSize, 0)
}

type memifDriver struct{}

func (memifDriver) newest(c vpp.Caller) *vpp.Method[memifRequest, swIfIndexReply] {
	if memifNewest.Check(c) == nil {
		return memifNewest
	}
	return memifCreate
}

func (d memifDriver) probe(c vpp.Caller) error {
	return probe("memif_plugin.so", c, d.newest(c), memifDelete, memifDump, socketsDump)
}

func (memifDriver) read(ctx context.Context, r *reading) error {
	sockets, err := memifSockets(ctx, r.view.Caller())
	if err != nil {
		return err
	}
	for d, err := range memifDump.Dump(ctx, r.view.Caller(), nil) {
		if err != nil {
			return err
		}
		m := Memif{Socket: sockets[d.SocketID], ID: d.ID, Slave: d.Role == 1, IP: d.Mode == memifModeIP}
		r.found(d.SwIfIndex, m)
	}
	return nil
}

func (d memifDriver) create(ctx context.Context, m *making) (uint32, error) {
	t := valueOf[Memif](m.want.Type)
	secret, err := t.Secret.read(m.view, maxMemifSecret)
	if err != nil {
		return 0, fmt.Errorf("memif.secretRef: %w", err)
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	socket, err := openMemifSocket(ctx, m.view, t.Socket)
	if err != nil {
		return 0, fmt.Errorf("memif.socket: %w", err)
	}
	if err := m.intend(ctx, fmt.Sprintf("memif%d/%d", socket, t.ID)); err != nil {
		return 0, err
	}
	q := memifRequest{
		RxQueues: max(t.RxQueues, 1), TxQueues: max(t.TxQueues, 1), ID: t.ID, SocketID: socket,
		RingSize: t.RingSize, BufferSize: t.BufferSize, HwAddr: m.want.MAC, Secret: secret,
	}
	if t.Slave {
		q.Role = 1
	}
	if t.IP {
		q.Mode = memifModeIP
	}
	r, err := d.newest(m.view.Caller()).Call(ctx, m.view.Caller(), &q)
	if err != nil {
		return 0, err
	}
	return r.SwIfIndex, nil
}

// read is the secret, "" where none is named. VPP takes so many bytes at most.
func (s SecretRef) read(v *state.View, most int) (string, error) {
	if s == (SecretRef{}) {
		return "", nil
	}
	b, err := v.Secret(s.Name, s.Key)
	switch {
	case err != nil:
		return "", err
	case len(b) == 0 || len(b) > most:
		return "", fmt.Errorf("the value has %d bytes: it must have 1..%d", len(b), most)
	}
	if slices.Contains(b, 0) {
		return "", errors.New("the value has a zero byte")
	}
	return string(b), nil
}

func (memifDriver) delete(ctx context.Context, m *making, index uint32) error {
	if _, err := memifDelete.Call(ctx, m.view.Caller(), &swIfIndex{index}); err != nil {
		return err
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	return closeMemifSocket(ctx, m.view, valueOf[Memif](m.want.Type).Socket)
}
