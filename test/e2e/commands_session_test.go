package e2e

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"time"
)

// talk is a session that a NAT translates, as both of its ends see it.
type talk struct {
	// exchange sends something and waits for the answer, which has the address and
	// port, for ICMP the identifier, that the server sees of the client, and the
	// address that the server was reached at. An answer to what was sent earlier
	// does not count.
	exchange func(number int) (client, server string, err error)
	close    func()
	sent     int
	// client is what was seen at first: it changes when the NAT has forgotten.
	client, server string
}

const (
	// answerTime is how long an answer is waited for,
	answerTime = 3 * time.Second
	// and sendAgain when what may be lost is sent again: VPP drops what comes first to
	// a host whose MAC address it does not know.
	sendAgain = answerTime / 10
)

// openSession opens a session from a namespace to an address, which is served in
// another namespace, and waits until something comes through it.
func openSession(s *scenario, _ *script, _ bool, args []string) error {
	if len(args) != 6 {
		return usage("session NAME tcp|udp|icmp NAMESPACE ADDRESS[:PORT] NAMESPACE [ADDRESS]:PORT|-")
	}
	if old := s.talks[args[0]]; old != nil {
		old.close()
	}
	var t *talk
	err := s.eventually(func(context.Context) (err error) {
		t, err = s.open(args[1], args[2], args[3], args[4], args[5])
		return err
	})
	if err != nil {
		return err
	}
	if s.talks == nil {
		s.talks = map[string]*talk{}
	}
	s.talks[args[0]] = t
	s.cleanups = append(s.cleanups, t.close)
	return nil
}

func (s *scenario) open(protocol, from, address, to, at string) (t *talk, err error) {
	switch protocol {
	case "tcp":
		t, err = s.openTCP(from, address, to, at)
	case "udp":
		t, err = s.openUDP(from, address, to, at)
	case "icmp":
		t, err = s.openICMP(from, address, to)
	default:
		return nil, usage("a session is tcp, udp or icmp")
	}
	if err != nil {
		return nil, err
	}
	if t.client, t.server, err = t.exchange(0); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// spread opens sessions until so many servers have answered.
func spread(s *scenario, _ *script, _ bool, args []string) error {
	if len(args) != 5 {
		return usage("spread SERVER,SERVER... NAMESPACE ADDRESS:PORT NAMESPACE :PORT")
	}
	missing := map[string]bool{}
	for server := range strings.SplitSeq(args[0], ",") {
		missing[server] = true
	}
	return s.eventually(func(context.Context) error {
		t, err := s.open("tcp", args[1], args[2], args[3], args[4])
		if err != nil {
			return err
		}
		t.close()
		if delete(missing, t.server); len(missing) > 0 {
			return fmt.Errorf("nothing came to %v", missing)
		}
		return nil
	})
}

// runTalk waits until something comes through a session and back, or makes sure
// that nothing does, not even by a session anew.
func runTalk(s *scenario, ts *script, neg bool, args []string) error {
	if len(args) < 1 || s.talks[args[0]] == nil {
		return usage("talk SESSION [from=REGEXP] [at=REGEXP]")
	}
	t := s.talks[args[0]]
	var client, server string
	once := func(context.Context) (err error) {
		t.sent++
		client, server, err = t.exchange(t.sent)
		return err
	}
	if neg {
		if once(s.ctx) == nil && client == t.client {
			return fmt.Errorf("it is still there, from %s", client)
		}
		return nil
	}
	if err := s.eventually(once); err != nil {
		return err
	}
	if client != t.client || server != t.server {
		return fmt.Errorf("it is another one: from %s at %s, before from %s at %s", client, server, t.client, t.server)
	}
	ts.Setenv("SERVER", server)
	for _, arg := range args[1:] {
		key, text, _ := strings.Cut(arg, "=")
		pattern, err := regexp.Compile(`^(?:` + text + `)$`)
		if err != nil {
			return err
		}
		if got := map[string]string{"from": client, "at": server}[key]; !pattern.MatchString(got) {
			return fmt.Errorf("%s %s", key, got)
		}
	}
	return nil
}

// opened opens something in a namespace of veth's.
func opened[T any](s *scenario, name string, open func() (T, error)) (T, error) {
	return inNamespace("/var/run/netns/"+s.namespace(name), open)
}

func (s *scenario) openTCP(from, address, to, at string) (*talk, error) {
	if err := s.listen(to, at); err != nil {
		return nil, err
	}
	c, err := opened(s, from, func() (net.Conn, error) { return (&net.Dialer{Timeout: answerTime}).DialContext(s.ctx, "tcp", address) })
	if err != nil {
		return nil, err
	}
	in := bufio.NewReader(c)
	var rest string // of a line that came in parts
	return &talk{
		exchange: func(number int) (client, server string, err error) {
			if err := c.SetDeadline(time.Now().Add(answerTime)); err != nil {
				return "", "", err
			}
			if _, err := fmt.Fprintln(c, number); err != nil {
				return "", "", err
			}
			for {
				line, err := in.ReadString('\n')
				if rest += line; err != nil {
					return "", "", err
				}
				line, rest = rest, ""
				if client, server, ok := answered(line, number); ok {
					return client, server, nil
				}
			}
		},
		close: func() { _ = c.Close() },
	}, nil
}

// listen serves TCP at an address in a namespace until the script ends.
func (s *scenario) listen(name, at string) error {
	key := name + " " + at
	if s.listening[key] {
		return nil
	}
	listener, err := opened(s, name, func() (net.Listener, error) { return (&net.ListenConfig{}).Listen(s.ctx, "tcp", at) })
	if err != nil {
		return err
	}
	if s.listening == nil {
		s.listening = map[string]bool{}
	}
	s.listening[key] = true
	ctx, hangUp := context.WithCancel(s.ctx)
	var tasks sync.WaitGroup
	tasks.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return // it was closed
			}
			tasks.Go(func() { serveTCP(ctx, c) })
		}
	})
	s.cleanups = append(s.cleanups, func() {
		_ = listener.Close()
		hangUp()
		tasks.Wait()
	})
	return nil
}

// serveTCP answers each line until ctx ends.
func serveTCP(ctx context.Context, c net.Conn) {
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	defer func() { _ = c.Close() }()
	host, _, _ := net.SplitHostPort(c.LocalAddr().String())
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		if _, err := fmt.Fprintln(c, lines.Text(), c.RemoteAddr(), host); err != nil {
			return
		}
	}
}

// answered reads an answer, and tells whether it is to what was sent last.
func answered(line string, number int) (client, server string, ok bool) {
	var n int
	if _, err := fmt.Sscan(line, &n, &client, &server); err != nil {
		return "", "", false
	}
	return client, server, n == number
}

func (s *scenario) openUDP(from, address, to, at string) (*talk, error) {
	listener, err := opened(s, to, func() (net.PacketConn, error) { return (&net.ListenConfig{}).ListenPacket(s.ctx, "udp", at) })
	if err != nil {
		return nil, err
	}
	host, _, _ := net.SplitHostPort(at)
	done := make(chan struct{})
	stop := func() {
		_ = listener.Close()
		<-done
	}
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, client, err := listener.ReadFrom(b)
			switch {
			case errors.Is(err, net.ErrClosed):
				return
			case err == nil:
				_, _ = fmt.Fprintln(toAddress{listener, client}, string(b[:n]), client, host)
			}
		}
	}()
	c, err := opened(s, from, func() (net.Conn, error) { return (&net.Dialer{}).DialContext(s.ctx, "udp", address) })
	if err != nil {
		stop()
		return nil, err
	}
	b := make([]byte, 1500)
	return &talk{
		exchange: insist(func(number int) (client, server string, err error) {
			if err := c.SetDeadline(time.Now().Add(sendAgain)); err != nil {
				return "", "", err
			}
			if _, err := fmt.Fprint(c, number); err != nil {
				return "", "", err
			}
			for {
				n, err := c.Read(b)
				if err != nil {
					return "", "", err
				}
				if client, server, ok := answered(string(b[:n]), number); ok {
					return client, server, nil
				}
			}
		}),
		close: func() {
			_ = c.Close()
			stop()
		},
	}, nil
}

// insist has what may be lost sent again.
func insist(exchange func(int) (string, string, error)) func(int) (string, string, error) {
	return func(number int) (client, server string, err error) {
		for began := time.Now(); time.Since(began) < answerTime; {
			if client, server, err = exchange(number); err == nil {
				return client, server, nil
			}
		}
		return "", "", err
	}
}

// toAddress sends datagrams to an address.
type toAddress struct {
	net.PacketConn
	to net.Addr
}

func (w toAddress) Write(b []byte) (int, error) { return w.WriteTo(b, w.to) }

var _ io.Writer = toAddress{}

// openICMP sends requests with one identifier, which the other end's kernel
// answers, and listens there to what comes.
func (s *scenario) openICMP(from, address, to string) (*talk, error) {
	raw := func(space string) (net.PacketConn, error) {
		return opened(s, space, func() (net.PacketConn, error) {
			return (&net.ListenConfig{}).ListenPacket(s.ctx, "ip4:icmp", "0.0.0.0")
		})
	}
	target, err := net.ResolveIPAddr("ip4", address)
	if err != nil {
		return nil, err
	}
	there, err := raw(to)
	if err != nil {
		return nil, err
	}
	here, err := raw(from)
	if err != nil {
		_ = there.Close()
		return nil, err
	}
	// await reads what is of a type until it has the number.
	await := func(c net.PacketConn, kind byte, number int) (sender net.Addr, id uint16, err error) {
		if err := c.SetReadDeadline(time.Now().Add(sendAgain)); err != nil {
			return nil, 0, err
		}
		b := make([]byte, 1500)
		for {
			n, sender, err := c.ReadFrom(b)
			if err != nil {
				return nil, 0, err
			}
			if n >= 8 && b[0] == kind && binary.BigEndian.Uint16(b[6:]) == uint16(number) {
				return sender, binary.BigEndian.Uint16(b[4:]), nil
			}
		}
	}
	return &talk{
		exchange: insist(func(number int) (client, server string, err error) {
			if _, err := here.WriteTo(echo(uint32(number)), target); err != nil {
				return "", "", err
			}
			sender, id, err := await(there, echoRequest, number)
			if err != nil {
				return "", "", err
			}
			if _, _, err := await(here, echoReply, number); err != nil {
				return "", "", err
			}
			return fmt.Sprintf("%s:%d", sender, id), address, nil
		}),
		close: func() { _, _ = here.Close(), there.Close() },
	}, nil
}
