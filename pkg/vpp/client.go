package vpp

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"
)

// Phase is what a [Client] is doing.
type Phase uint8

// The phases.
const (
	Connecting Phase = iota // there is no session; one is being dialled
	Connected               // there is one
	Closed                  // there will be none any more
)

func (p Phase) String() string { return [...]string{"Connecting", "Connected", "Closed"}[p] }

// State is what subscribers of a client are told.
type State struct {
	Phase Phase
	// Epoch counts the sessions, from 1. While connecting it is that of the
	// last one.
	Epoch uint64
	// Session is the current one, nil unless connected.
	Session *Session
	// Err is why there is no session; nil when connected.
	Err error
}

// The pace of a client.
const (
	// A VPP that is frozen answers when it thaws: each attempt waits longer
	// for the handshake, so that it does not find a crowd of dead clients.
	handshakeMost = time.Minute
	// So many signs of life in a row that went unanswered end a session.
	keepAliveFails = 2
)

// Client keeps a session with VPP up: it dials for ever, with back-off and at
// once when the socket's file appears. It is a [Caller]; a call made while
// there is no session is refused with [ErrDisconnected].
type Client struct {
	opts  Options
	stats *Stats
	stop  context.CancelFunc
	done  chan struct{}

	mu      sync.Mutex
	state   State
	changed chan struct{} // closed and replaced at every change
}

// NewClient starts a client. Close must be called in the end.
func NewClient(opts Options) *Client {
	ctx, stop := context.WithCancel(context.Background())
	c := &Client{
		opts: opts.withDefaults(), stats: NewStats(), stop: stop, done: make(chan struct{}),
		state:   State{Phase: Connecting, Err: ErrDisconnected},
		changed: make(chan struct{}),
	}
	go c.supervise(ctx)
	return c
}

// Session is the current session; see [Caller].
func (c *Client) Session() (*Session, error) {
	st, _ := c.current()
	if st.Phase == Connected && st.Session.Err() == nil {
		return st.Session, nil
	}
	err := st.Err
	if err == nil {
		err = st.Session.Err()
	}
	return nil, refused("session", err)
}

// State is the current state.
func (c *Client) State() State {
	st, _ := c.current()
	return st
}

// States yields the current state and then every new one. A consumer that is
// slow sees the newest and may miss some in between; the epoch tells. It ends
// with ctx or after the state Closed.
func (c *Client) States(ctx context.Context) iter.Seq[State] {
	return func(yield func(State) bool) {
		for {
			st, changed := c.current()
			if !yield(st) || st.Phase == Closed {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}
}

// WaitConnected waits for a session.
func (c *Client) WaitConnected(ctx context.Context) (*Session, error) {
	var last error
	for st := range c.States(ctx) {
		switch {
		case st.Phase == Connected && st.Session.Err() == nil:
			return st.Session, nil
		case st.Phase == Closed:
			return nil, refused("session", st.Err)
		}
		last = st.Err
	}
	if last == nil {
		last = ErrDisconnected
	}
	return nil, refused("session", fmt.Errorf("%w: %w", reason(ctx, ctx.Err()), last))
}

// Stats are the client's counters, over all sessions.
func (c *Client) Stats() *Stats { return c.stats }

// Close ends the session, as [Session.Close] does, and the dialling. Calls in
// flight fail. It is idempotent and safe to call at any time.
func (c *Client) Close() error {
	c.stop()
	<-c.done
	return nil
}

func (c *Client) current() (State, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state, c.changed
}

func (c *Client) set(st State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = st
	close(c.changed)
	c.changed = make(chan struct{})
}

// supervise dials, watches over the session and dials again.
func (c *Client) supervise(ctx context.Context) {
	defer close(c.done)
	var last *Session
	var epoch uint64
	var pace backoff
	var pause time.Duration // before the next attempt
	handshake := c.opts.Timeout
	for ctx.Err() == nil {
		appeared := watchSocket(c.opts.Socket)
		if pause > 0 && awaitSocket(ctx, appeared, pause) {
			pace.reset()
		}
		patience, cancel := context.WithTimeout(ctx, handshake)
		s, err := dial(patience, c.opts, last, c.stats)
		cancel()
		if err == nil {
			appeared.Close()
			epoch++
			s.epoch = epoch
			last, handshake = s, c.opts.Timeout
			begun := time.Now()
			c.opts.Log.Info("Connected to VPP", "socket", c.opts.Socket, "epoch", epoch, "messages", s.schema.Len())
			c.set(State{Phase: Connected, Epoch: epoch, Session: s})
			err = c.attend(ctx, s)
			if ctx.Err() != nil {
				break
			}
			c.opts.Log.Info("Lost the connection to VPP", "socket", c.opts.Socket, "epoch", epoch, "reason", err.Error())
			c.set(State{Phase: Connecting, Epoch: epoch, Err: err})
			pause = pace.ended(time.Since(begun))
			continue
		}
		if errors.Is(err, ErrTimeout) {
			handshake = min(2*handshake, handshakeMost)
		}
		c.opts.Log.V(1).Info("Cannot connect to VPP yet", "socket", c.opts.Socket, "reason", err.Error())
		c.set(State{Phase: Connecting, Epoch: epoch, Err: err})
		if pause = 0; awaitSocket(ctx, appeared, pace.failed()) {
			pace.reset()
		}
		appeared.Close()
	}
	if last != nil {
		_ = last.Close()
	}
	c.set(State{Phase: Closed, Epoch: epoch, Err: fmt.Errorf("client %w", ErrClosed)})
}

// awaitSocket waits between two attempts; true says that the socket's file was made
// meanwhile.
func awaitSocket(ctx context.Context, appeared *appearance, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-appeared.C:
		return true
	}
	return false
}

// attend watches over a session until it ends, and returns why. VPP drops no
// idle client and says nothing on its own, so a sign of life has to be asked
// for: only where nothing else was received meanwhile.
func (c *Client) attend(ctx context.Context, s *Session) error {
	tick := time.NewTicker(c.opts.KeepAlive)
	defer tick.Stop()
	missed := 0
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.over:
			s.done.Wait()
			return s.overErr
		case <-tick.C:
		}
		if heard := s.heard.Load(); heard != s.lastHeard {
			s.lastHeard, missed = heard, 0
			continue
		}
		err := s.Ping(ctx)
		switch {
		case err == nil:
			missed = 0
		case errors.Is(err, ErrTimeout):
			if missed++; missed >= keepAliveFails {
				s.fail(fmt.Errorf("%w: VPP does not answer: %w", ErrDisconnected, ErrTimeout))
			}
		}
	}
}

// Ping asks VPP for a sign of life, with a control_ping.
func (s *Session) Ping(ctx context.Context) error {
	_, err := invoke(ctx, s, "control_ping", func(m *messageInfo, dst []byte) ([]byte, error) {
		return m.msg.AppendFields(dst, nil)
	}, nil)
	return err
}

// sessionFor is the session of a caller, waiting for it where it is a client.
func sessionFor(ctx context.Context, c Caller) (*Session, error) {
	if w, ok := c.(interface {
		WaitConnected(ctx context.Context) (*Session, error)
	}); ok {
		return w.WaitConnected(ctx)
	}
	return c.Session()
}

// reconnects tells whether the caller will have another session.
func reconnects(c Caller) bool {
	cl, ok := c.(*Client)
	return ok && cl.State().Phase != Closed
}
