package state

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// retryQueue is the nodes whose step failed, the next one to try first.
type retryQueue []*node

func (q retryQueue) Len() int           { return len(q) }
func (q retryQueue) Less(i, j int) bool { return q[i].retryAt < q[j].retryAt }
func (q retryQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].retryIndex, q[j].retryIndex = int32(i+1), int32(j+1)
}

// Push and Pop implement heap.Interface.
func (q *retryQueue) Push(x any) {
	n, _ := x.(*node)
	*q = append(*q, n)
	n.retryIndex = int32(len(*q))
}

// Pop implements heap.Interface.
func (q *retryQueue) Pop() any {
	last := len(*q) - 1
	n := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	n.retryIndex = 0
	return n
}

// postpone plans another try, later each time and never at the same moment as
// others that failed together.
func (e *Engine) postpone(n *node) {
	delay := e.opts.RetryMax
	if n.attempts < 30 {
		delay = min(delay, e.opts.RetryMin<<n.attempts)
	}
	n.attempts++
	delay = delay/2 + rand.N(delay)
	n.retryAt = time.Since(e.started) + delay
	if n.retryIndex == 0 {
		heap.Push(&e.timer, n)
	} else {
		heap.Fix(&e.timer, int(n.retryIndex)-1)
	}
	e.kick() // the scheduler has to set its clock
}

// forgive lets a node be tried at once.
func (e *Engine) forgive(n *node) {
	n.attempts, n.err = 0, nil
	e.dropRetry(n)
}

func (e *Engine) dropRetry(n *node) {
	if n.retryIndex != 0 {
		heap.Remove(&e.timer, int(n.retryIndex)-1)
	}
}

// dueRetries queues the nodes whose time has come, and returns how long
// it is to the next one's; ok is false without one.
func (e *Engine) dueRetries() (next time.Duration, ok bool) {
	now := time.Since(e.started)
	for len(e.timer) > 0 {
		n := e.timer[0]
		if n.retryAt > now {
			return n.retryAt - now, true
		}
		heap.Pop(&e.timer)
		e.enqueue(n)
	}
	return 0, false
}
