package e2e

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	// A stream sends so often,
	streamPace = time.Millisecond
	// and what has not come back by then, after the last one, is lost.
	streamGrace = 5 * time.Second
)

// stream sends ICMP echo requests from a node, and counts what comes back.
type stream struct {
	conn  net.PacketConn
	to    net.Addr
	began time.Time
	stop  context.CancelFunc
	tasks sync.WaitGroup

	mu     sync.Mutex
	sent   int
	back   map[uint32]bool // by what was counted when it was sent
	failed error
	news   chan struct{} // holds one when something has come back
}

// streamKey is for the stream of a script.
type streamKey struct{}

// runStream starts a stream from the node to an address, or ends it: then nothing may
// be lost.
func (c *realCluster) runStream(s *scenario, ts *script, _ bool, args []string) error {
	at, _ := ts.Value(streamKey{}).(*streamPlace)
	switch {
	case len(args) == 2 && args[0] == "start" && at.running == nil:
		conn, err := inNetwork(c, s.node, func() (net.PacketConn, error) {
			return (&net.ListenConfig{}).ListenPacket(s.ctx, "ip4:icmp", "0.0.0.0")
		})
		if err != nil {
			return err
		}
		x := &stream{conn: conn, to: &net.IPAddr{IP: net.ParseIP(args[1])}, began: time.Now(), back: map[uint32]bool{}, news: make(chan struct{}, 1)}
		ctx, stop := context.WithCancel(s.ctx)
		x.stop = stop
		x.tasks.Go(func() { x.send(ctx) })
		x.tasks.Go(x.receive)
		at.running = x
		return nil
	case len(args) == 1 && args[0] == "stop" && at.running != nil:
		x := at.running
		at.running = nil
		text, err := x.end(s.ctx)
		_, _ = ts.Stdout().Write([]byte(text))
		return err
	}
	return usage("stream start ADDRESS, stream stop")
}

// streamPlace is where a script's stream is.
type streamPlace struct{ running *stream }

// close ends what a script has left.
func (p *streamPlace) close() {
	if x := p.running; x != nil {
		x.stop()
		_ = x.conn.Close()
		x.tasks.Wait()
	}
}

const (
	echoReply   = 0
	echoRequest = 8
	echoID      = 0x7670
	echoLength  = 12
)

// echo is an ICMP echo message whose data is a number.
func echo(number uint32) []byte {
	m := make([]byte, echoLength)
	m[0] = echoRequest
	binary.BigEndian.PutUint16(m[4:], echoID)
	binary.BigEndian.PutUint16(m[6:], uint16(number))
	binary.BigEndian.PutUint32(m[8:], number)
	var sum uint32
	for i := 0; i < echoLength; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(m[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(m[2:], ^uint16(sum))
	return m
}

// send sends at its pace; what it was late with, on a busy machine, follows at once.
func (x *stream) send(ctx context.Context) {
	tick := time.NewTicker(streamPace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for due := int(time.Since(x.began) / streamPace); ; {
			x.mu.Lock()
			number := x.sent
			if number >= due {
				x.mu.Unlock()
				break
			}
			x.sent++
			x.mu.Unlock()
			if _, err := x.conn.WriteTo(echo(uint32(number)), x.to); err != nil {
				x.mu.Lock()
				x.failed = err
				x.mu.Unlock()
				return
			}
		}
	}
}

// receive counts answers until the socket is closed.
func (x *stream) receive() {
	buffer := make([]byte, 1500)
	for {
		n, from, err := x.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		m := buffer[:n]
		if n < echoLength || m[0] != echoReply || binary.BigEndian.Uint16(m[4:]) != echoID || from.String() != x.to.String() {
			continue
		}
		x.mu.Lock()
		x.back[binary.BigEndian.Uint32(m[8:])] = true
		x.mu.Unlock()
		select {
		case x.news <- struct{}{}:
		default:
		}
	}
}

// end ends a stream and tells what became of it.
func (x *stream) end(ctx context.Context) (string, error) {
	x.stop()
	took := time.Since(x.began)
	grace := time.NewTimer(streamGrace)
	defer grace.Stop()
	missing := func() (sent, lost int, err error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.sent, x.sent - len(x.back), x.failed
	}
	for waiting := true; waiting; {
		if _, lost, err := missing(); lost == 0 || err != nil {
			break
		}
		select {
		case <-x.news:
		case <-grace.C:
			waiting = false
		case <-ctx.Done():
			waiting = false
		}
	}
	err := x.conn.Close()
	x.tasks.Wait()
	sent, lost, failed := missing()
	text := fmt.Sprintf("%d packets in %v, %d lost\n", sent, took.Round(time.Millisecond), lost)
	if lost > 0 {
		err = errors.Join(err, errors.New(text))
	}
	return text, errors.Join(err, failed)
}
