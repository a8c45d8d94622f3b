// Package vpptest is a simulated VPP: a server on a unix socket that speaks
// the real binary API (frames, handshake, message table, get_api_json) and
// behaves like VPP 26.06 as far as its kinds go. Clients, kinds and the whole
// agent are tested against it on machines without VPP, and it produces on
// demand what a real one seldom does: lost replies, refusals, restarts, broken
// frames. It knows nothing of the operator.
//
// Where the simulated and the real VPP differ, this one is wrong. The table of
// behaviours in its tests runs against a real one too, wherever
// VPP_API_SOCKET names its socket.
//
// # Layout
//
// One file a kind (interface.go, route.go …), holding its rows of the API
// table, the structs of its messages and their handlers; kinds.go lists them.
// boot.go is one life of the process, client.go one connection, dispatch.go
// the way from bytes to handlers and back, faults.go what goes wrong on
// demand, schema.go the API table and the JSON made from it.
//
// # Threads
//
// Like the real one it has a main thread: all handlers run one after the other
// under one lock, each client's requests in order. Every connection has a
// goroutine that reads and one that writes what the socket did not take at
// once. The output queue of a client is unbounded, so that one that does not
// read never stops the others. [VPP.Stop] waits for all goroutines.
package vpptest
