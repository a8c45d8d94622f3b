package vpp

import (
	"math/rand/v2"
	"time"
)

const (
	backoffFirst = 50 * time.Millisecond
	backoffMost  = 5 * time.Second
)

// backoff spaces the attempts to connect. The zero value is ready.
type backoff struct{ next time.Duration }

// failed returns how long to wait after an attempt that failed: longer each
// time, and never the same for all the clients of a VPP.
func (b *backoff) failed() time.Duration {
	d := max(b.next, backoffFirst)
	b.next = min(2*d, backoffMost)
	return d/2 + rand.N(d/2)
}

// ended returns how long to wait after a session of that length: not at all,
// unless VPP hangs up again and again.
func (b *backoff) ended(lived time.Duration) time.Duration {
	if lived < max(b.next, backoffFirst) {
		return b.failed()
	}
	b.reset()
	return 0
}

// reset begins anew: there is reason to hope.
func (b *backoff) reset() { b.next = 0 }
