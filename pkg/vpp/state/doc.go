// Package state keeps one VPP as it should be: it holds what is desired and
// what was observed, finds the difference, puts the steps in order and has
// them carried out, until both are equal.
//
// What VPP can hold is cut into small items, each with an identity, an owner
// and the identities it needs. How an item of some kind is read, created,
// changed and deleted in VPP is told by a [Kind]; pkg/vpp/kinds has them. Who
// owns items, and why, is not known here: controllers hand in the items of an
// owner with [Engine.Set] and read back what became of them with
// [Engine.Walk].
//
// # How it works
//
// Everything known about an identity is one node: the wishes for it (the
// oldest wins), what VPP holds, what became of the last step. A change of
// either puts the node in a queue; the scheduler looks at queued nodes only,
// so one change costs that change. A node's step is begun once all that it
// needs is there, and what depends on it is taken down before it goes. Steps
// that do not depend on each other are in flight together.
//
// What VPP holds is learned by reading it whole: at the beginning of every
// session, on a period, when an outcome is unknown, and when a kind's events
// say so; between these the answers to our own steps tell.
package state
