package vpptest

import (
	"encoding/binary"
	glob "path"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Fault is something that goes wrong with one sort of message. Make one with
// [Refuse], [LoseReply] and so on, restrict it with [Fault.Times] and
// [Fault.After], and arm it with [VPP.Fault]. Each names its messages by a
// request's name or a pattern (path.Match syntax: "*" is any request); faults
// of replies also take the name of an event. Where several match, the one
// armed first counts.
//
// A Fault is armed at one VPP at most; its methods may be called from any
// goroutine.
type Fault struct {
	pattern string
	what    string
	// before runs on the main thread ahead of the handler; act false keeps the
	// request from it.
	before func(c *call, h *handler) (act bool, result outcome)
	// after gets the replies of the handler instead of the client.
	after func(c *call, replies [][]byte) outcome

	mu       sync.Mutex
	skip     int
	times    int // 0: without end
	hits     int
	fired    chan struct{}
	released chan struct{}
	removed  bool
	withheld []withheld
}

// withheld is a reply that waits for Release.
type withheld struct {
	to      *client
	message []byte
}

func newFault(pattern, what string) *Fault {
	return &Fault{pattern: pattern, what: what, fired: make(chan struct{}), released: make(chan struct{})}
}

// Times lets the fault strike n times only; without it, it strikes until
// removed. Call it before arming.
func (f *Fault) Times(n int) *Fault { f.times = n; return f }

// After lets the first n matching messages pass. Call it before arming.
func (f *Fault) After(n int) *Fault { f.skip = n; return f }

// Hits is how often it has struck.
func (f *Fault) Hits() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hits
}

// Fired is closed when it strikes for the first time. With faults ahead of the
// handler this is before the request acts, with the others before it too:
// await a later reply to know that it has acted.
func (f *Fault) Fired() <-chan struct{} { return f.fired }

// Remove disarms it. What it holds back stays held.
func (f *Fault) Remove() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removed = true
}

// Release lets go what [Hold] and [Withhold] hold back, in order, and disarms
// the fault.
func (f *Fault) Release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.removed = true; !isClosed(f.released) {
		close(f.released)
	}
	for _, w := range f.withheld {
		w.to.queue(w.message)
		w.to.mu.Lock()
		w.to.flush()
		w.to.mu.Unlock()
	}
	f.withheld = nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// strike tells whether the fault hits this message, and counts.
func (f *Fault) strike(name string) bool {
	if ok, err := glob.Match(f.pattern, name); err != nil || !ok {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.removed || f.times > 0 && f.hits >= f.times:
		return false
	case f.skip > 0:
		f.skip--
		return false
	}
	if f.hits++; f.hits == 1 {
		close(f.fired)
	}
	return true
}

// faultList holds what is armed, over all boots.
type faultList struct {
	mu    sync.Mutex
	armed []*Fault
	any   atomic.Bool // keeps the usual path free of locks
}

func (l *faultList) add(f *Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = append(l.armed, f)
	l.any.Store(true)
}

func (l *faultList) match(name string) *Fault {
	if !l.any.Load() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.armed {
		if f.strike(name) {
			return f
		}
	}
	return nil
}

// Fault arms f and returns it. It survives restarts.
func (v *VPP) Fault(f *Fault) *Fault {
	v.faults.add(f)
	return f
}

// ClearFaults disarms all faults.
func (v *VPP) ClearFaults() {
	v.faults.mu.Lock()
	defer v.faults.mu.Unlock()
	v.faults.armed = nil
	v.faults.any.Store(false)
}

// Refuse answers with a retval and does not act; the reply's other fields are
// zero. A request whose reply has no retval is lost.
func Refuse(pattern string, retval int32) *Fault {
	f := newFault(pattern, "refuse")
	f.before = func(c *call, h *handler) (bool, outcome) {
		if h.reply == nil {
			return false, carryOn
		}
		n, _ := h.reply.Body().Size()
		buf := c.begin()
		buf = append(buf, make([]byte, n)...)
		binary.BigEndian.PutUint32(buf[c.start+h.reply.RetvalOffset():], uint32(retval))
		c.end(buf, nil, c.boot.ids[h.reply.Name], h.reply.ContextOffset())
		return false, carryOn
	}
	return f
}

func refuseToAct(pattern, what string, result outcome) *Fault {
	f := newFault(pattern, what)
	f.before = func(*call, *handler) (bool, outcome) { return false, result }
	return f
}

func actInSilence(pattern, what string, result outcome) *Fault {
	f := newFault(pattern, what)
	f.after = func(*call, [][]byte) outcome { return result }
	return f
}

// LoseRequest drops the request: it does not act and nothing is answered. With
// "sockclnt_create" VPP accepts and stays silent.
func LoseRequest(pattern string) *Fault { return refuseToAct(pattern, "lose request", carryOn) }

// LoseReply lets the request act and drops all that it answers; with the name
// of an event, the event is lost.
func LoseReply(pattern string) *Fault { return actInSilence(pattern, "lose reply", carryOn) }

// CutBefore closes the connection instead of acting.
func CutBefore(pattern string) *Fault { return refuseToAct(pattern, "cut before", hangUp) }

// CutAfter acts and closes the connection without an answer.
func CutAfter(pattern string) *Fault { return actInSilence(pattern, "cut after", hangUp) }

// CrashBefore kills the process instead of acting; [VPP.Restart] brings it
// back.
func CrashBefore(pattern string) *Fault { return refuseToAct(pattern, "crash before", crash) }

// CrashAfter acts and kills the process without an answer.
func CrashAfter(pattern string) *Fault { return actInSilence(pattern, "crash after", crash) }

// RestartBefore kills the process instead of acting and starts the next boot.
func RestartBefore(pattern string) *Fault { return refuseToAct(pattern, "restart before", restart) }

// RestartAfter acts, kills the process without an answer and starts the next
// boot. All that was done is forgotten, so only the client's view differs.
func RestartAfter(pattern string) *Fault { return actInSilence(pattern, "restart after", restart) }

// Hold stops the main thread at the request, before it acts, until
// [Fault.Release]: every other client waits too, as it does when the real one
// is busy.
func Hold(pattern string) *Fault {
	f := newFault(pattern, "hold")
	f.before = func(c *call, _ *handler) (bool, outcome) {
		select {
		case <-f.released:
			return true, carryOn
		case <-c.boot.gone:
			return false, carryOn
		}
	}
	return f
}

// Delay stops the main thread at the request for that long, before it acts.
func Delay(pattern string, d time.Duration) *Fault {
	f := newFault(pattern, "delay")
	f.before = func(c *call, _ *handler) (bool, outcome) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return true, carryOn
		case <-c.boot.gone:
			return false, carryOn
		}
	}
	return f
}

// Withhold acts and keeps the answer until [Fault.Release]; later requests are
// answered meanwhile.
func Withhold(pattern string) *Fault {
	f := newFault(pattern, "withhold")
	f.after = func(c *call, replies [][]byte) outcome {
		if c.to == nil {
			return carryOn
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, m := range replies {
			f.withheld = append(f.withheld, withheld{c.to, m})
		}
		return carryOn
	}
	return f
}

// Swap sends the answer behind that of the sender's next request.
func Swap(pattern string) *Fault {
	f := newFault(pattern, "swap")
	f.after = func(c *call, replies [][]byte) outcome {
		c.from.swapped = append(c.from.swapped, replies...)
		return carryOn
	}
	return f
}

// Rewrite sends what change makes of the replies (whole messages, their id
// included); it runs on the main thread and must not call the VPP.
func Rewrite(pattern string, change func(replies [][]byte) [][]byte) *Fault {
	f := newFault(pattern, "rewrite")
	f.after = func(c *call, replies [][]byte) outcome {
		for _, m := range change(replies) {
			c.deliver(m)
		}
		return carryOn
	}
	return f
}

// Duplicate sends every reply twice.
func Duplicate(pattern string) *Fault {
	return Rewrite(pattern, func(replies [][]byte) [][]byte {
		var out [][]byte
		for _, m := range replies {
			out = append(out, m, m)
		}
		return out
	})
}

// Truncate cuts every reply to its first n bytes, in a whole frame.
func Truncate(pattern string, n int) *Fault {
	return Rewrite(pattern, func(replies [][]byte) [][]byte {
		for i, m := range replies {
			replies[i] = m[:min(n, len(m))]
		}
		return replies
	})
}

// Precede sends the given messages ahead of the true answer: unknown ids,
// events that nobody asked for, whatever.
func Precede(pattern string, messages ...[]byte) *Fault {
	return Rewrite(pattern, func(replies [][]byte) [][]byte { return slices.Concat(messages, replies) })
}

// StrangeID sends a message with an id that this boot does not have ahead of
// the true answer.
func StrangeID(pattern string) *Fault {
	return Precede(pattern, []byte{0xff, 0xfe, 0, 0, 0, 1, 0, 0, 0, 0})
}

// StrangeContext sends every reply once with a context that nobody used, ahead
// of the true one.
func StrangeContext(pattern string) *Fault {
	f := newFault(pattern, "strange context")
	f.after = func(c *call, replies [][]byte) outcome {
		for _, m := range replies {
			strange := append([]byte(nil), m...)
			if at := c.contextOffset(m); at >= 0 {
				binary.BigEndian.PutUint32(strange[at:], ^c.context)
			}
			c.deliver(strange)
			c.deliver(m)
		}
		return carryOn
	}
	return f
}

// contextOffset finds the context in a message of this boot, -1 if it has
// none.
func (c *call) contextOffset(message []byte) int {
	id := binary.BigEndian.Uint16(message)
	for name, i := range c.boot.ids {
		if i == id {
			return c.boot.v.api.schema.Message(name).ContextOffset()
		}
	}
	return -1
}

// Garbage sends bytes that are no frame in place of the answer.
func Garbage(pattern string, b []byte) *Fault {
	f := newFault(pattern, "garbage")
	f.after = func(c *call, _ [][]byte) outcome {
		if c.to != nil {
			c.to.queueRaw(b)
			c.boot.touch(c.to)
		}
		return carryOn
	}
	return f
}

// FrameLength sends the answer's first frame with another length in its
// header.
func FrameLength(pattern string, length uint32) *Fault {
	f := newFault(pattern, "frame length")
	f.after = func(c *call, replies [][]byte) outcome {
		for i, m := range replies {
			if i > 0 || c.to == nil {
				c.deliver(m)
				continue
			}
			frame := append(appendHeader(nil, 0), m...)
			binary.BigEndian.PutUint32(frame[8:], length)
			c.to.queueRaw(frame)
			c.boot.touch(c.to)
		}
		return carryOn
	}
	return f
}

// CutInFrame sends the first half of the answer's first frame and closes the
// connection. With "sockclnt_create" that is in the middle of the handshake.
func CutInFrame(pattern string) *Fault {
	f := newFault(pattern, "cut in frame")
	f.after = func(c *call, replies [][]byte) outcome {
		if len(replies) > 0 && c.to != nil {
			frame := append(appendHeader(nil, len(replies[0])), replies[0]...)
			c.to.queueRaw(frame[:len(frame)/2])
			c.boot.touch(c.to)
		}
		return hangUp
	}
	return f
}
