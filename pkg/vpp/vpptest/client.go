package vpptest

import (
	"cmp"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
)

const (
	// headerSize is the frame header: u64, u32 length of the message, u32.
	headerSize = 16
	// framePointer stands in the first eight bytes of our frames, as VPP sends
	// a pointer of its own: a client must not care.
	framePointer = 0x00007f5c0badcafe
	// lethalLength and above overflow when VPP adds the header's size; it then
	// writes where it must not, and dies.
	lethalLength = 1<<32 - headerSize
	// indexBit marks a client_index of the socket transport.
	indexBit = 1 << 31
	// readSize is what one read takes at first.
	readSize = 64 << 10
	// flushAt is how much output a handler gathers before some is sent.
	flushAt = 256 << 10
	// keepCap is the largest output buffer that is kept for reuse.
	keepCap = 4 << 20
)

// client is one connection. It has its index from accept on, as in VPP; the
// handshake only gives it a name.
type client struct {
	boot  *boot
	conn  *net.UnixConn
	raw   syscall.RawConn
	index uint32 // slot in boot.clients

	// Touched on the main thread only.
	name    string
	deleted bool     // said goodbye by sockclnt_delete
	dirty   bool     // stands in boot.dirty
	swapped [][]byte // replies to be sent behind the next ones (fault Swap)

	mu      sync.Mutex
	out     []byte        // frames that wait to be sent
	writing bool          // the writer has the socket: append and leave it
	closing bool          // hang up once out is sent
	wake    chan struct{} // tells the writer that writing has become true
	done    chan struct{} // closed by the reader when it leaves
}

func newClient(b *boot, conn *net.UnixConn) (*client, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &client{boot: b, conn: conn, raw: raw, wake: make(chan struct{}, 1), done: make(chan struct{})}, nil
}

// clientIndex is the index as messages carry it.
func (c *client) clientIndex() uint32 { return c.index | indexBit }

// read is the connection's reader: it takes what comes and has the whole
// messages in it handled in one turn of the main thread.
func (c *client) read() {
	defer c.leave()
	buf := make([]byte, readSize)
	held := 0
	for {
		if held == len(buf) {
			buf = slices.Grow(buf, len(buf))
			buf = buf[:cap(buf)]
		}
		n, err := c.conn.Read(buf[held:])
		if n == 0 {
			if errors.Is(err, os.ErrDeadlineExceeded) && c.boot.v.waitThawed(c.boot) {
				continue
			}
			return
		}
		held += n
		used, ok := c.handle(buf[:held])
		if !ok {
			return
		}
		held = copy(buf, buf[used:held])
	}
}

// handle dispatches the whole frames of b and tells how many bytes they were;
// ok is false when the connection is to be read no more.
func (c *client) handle(b []byte) (used int, ok bool) {
	if !c.boot.enter() {
		return 0, false
	}
	defer c.boot.leave()
	for len(b)-used >= headerSize {
		n := binary.BigEndian.Uint32(b[used+8:])
		if n >= lethalLength {
			c.boot.v.crash(c.boot, "frame length near 2^32")
			return used, false
		}
		end := used + headerSize + int(n)
		if end > len(b) {
			break
		}
		message := b[used+headerSize : end]
		used = end
		switch c.boot.dispatch(c, message) {
		case hangUp:
			c.hangUp()
			return used, false
		case crash:
			c.boot.flush() // what was answered before its death
			c.boot.v.crash(c.boot, cmp.Or(c.boot.current.reason, "told to by a fault"))
			return used, false
		case restart:
			c.boot.flush()
			c.boot.v.restartSoon(c.boot)
			return used, false
		}
	}
	return used, true
}

// leave ends the connection. VPP sometimes keeps a client that went without
// sockclnt_delete, and so do we where the test wants it.
func (c *client) leave() {
	b := c.boot
	b.main.Lock()
	if c.deleted || !b.v.lingering || b.dead() {
		b.forget(c)
	}
	b.main.Unlock()
	c.mu.Lock()
	if !c.closing { // else the writer closes it behind the last byte
		_ = c.conn.Close()
	}
	c.mu.Unlock()
	close(c.done)
	b.v.changed()
}

// hangUp closes the connection once everything queued so far is sent.
func (c *client) hangUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flush()
	if c.writing {
		c.closing = true
		return
	}
	_ = c.conn.Close()
}

// flush sends what the socket takes at once and leaves the rest to the writer.
// The caller holds mu.
func (c *client) flush() {
	if c.writing || len(c.out) == 0 {
		return
	}
	n := 0
	// An error is one of a closed connection or a passed deadline; the writer
	// meets it again and knows what to do.
	_ = c.raw.Write(func(fd uintptr) bool {
		for n < len(c.out) {
			m, err := syscall.Write(int(fd), c.out[n:])
			if err == syscall.EINTR {
				continue
			}
			if err != nil || m <= 0 {
				break
			}
			n += m
		}
		return true
	})
	if n == len(c.out) {
		c.out = emptied(c.out)
		return
	}
	c.out = append(c.out[:0], c.out[n:]...)
	c.writing = true
	c.wake <- struct{}{} // never blocks: the writer took the last one before writing became false
}

// emptied is a buffer for reuse, unless it has grown out of proportion.
func emptied(b []byte) []byte {
	if cap(b) > keepCap {
		return nil
	}
	return b[:0]
}

// write is the connection's writer. It sleeps while the socket takes all, and
// is the last to leave.
func (c *client) write() {
	defer c.boot.disconnected(c)
	var spare []byte
	for {
		select {
		case <-c.wake:
		case <-c.done:
			// What hangUp queued is still to be sent.
			select {
			case <-c.wake:
			default:
				return
			}
		}
		for {
			c.mu.Lock()
			batch := c.out
			if len(batch) == 0 {
				c.writing = false
				closing := c.closing
				c.mu.Unlock()
				if closing {
					_ = c.conn.Close()
					return
				}
				break
			}
			c.out = spare[:0]
			c.mu.Unlock()
			if !c.send(batch) {
				_ = c.conn.Close()
				<-c.done
				return
			}
			spare = emptied(batch)
		}
	}
}

// send writes all of b, pausing while VPP is frozen.
func (c *client) send(b []byte) bool {
	for len(b) > 0 {
		n, err := c.conn.Write(b)
		b = b[n:]
		if err == nil {
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || !c.boot.v.waitThawed(c.boot) {
			return false
		}
	}
	return true
}

// queue appends one framed message. It may be called from any goroutine.
func (c *client) queue(message []byte) {
	c.mu.Lock()
	c.out = append(appendHeader(c.out, len(message)), message...)
	c.mu.Unlock()
}

// queueRaw appends bytes that are no frame.
func (c *client) queueRaw(b []byte) {
	c.mu.Lock()
	c.out = append(c.out, b...)
	c.mu.Unlock()
}

func appendHeader(b []byte, length int) []byte {
	b = binary.BigEndian.AppendUint64(b, framePointer)
	b = binary.BigEndian.AppendUint32(b, uint32(length))
	return append(b, 0, 0, 0, 0)
}
