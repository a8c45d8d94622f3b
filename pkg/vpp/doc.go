// Package vpp is the client of one VPP: it dials the binary API's socket,
// learns the API from VPP itself, sends requests, routes replies and events,
// and reconnects. It does not know what the messages mean; that is pkg/vpp/kinds.
//
// A [Session] is one connection to one boot of VPP. A [Client] keeps a session
// up for ever and hands out the current one. Both are a [Caller]: calls are
// written as methods,
//
//	var showVersion = vpp.NewMethod[struct{}, ShowVersionReply]("show_version")
//
//	reply, err := showVersion.Call(ctx, client, nil)
//
// or without any Go types through [Invoke] and [InvokeStream].
//
// # Outcomes
//
// A call has one of three outcomes. It is done: err is nil. It was refused,
// by VPP or before it was sent: errors.Is(err, ErrRefused), nothing has
// changed. Or it is unknown, because the answer did not come in time or the
// connection broke: errors.Is(err, ErrUnknown), and only reading back tells.
//
// # Concurrency
//
// Everything is safe for concurrent use. Any number of goroutines share a
// session; their requests leave in common writes, in the order of the calls,
// and replies are matched by context in whatever order they come. Sending and
// receiving share no lock.
//
// The socket is read by whoever waits: a caller spins on it for some
// microseconds, which is how long a reply takes, and then leaves it to a
// goroutine in the background. Reading never waits for a consumer: what a
// stream or watcher does not take is kept up to a bound, and then the stream
// gets [ErrSlowConsumer], the watcher [ErrMissedEvents].
package vpp
