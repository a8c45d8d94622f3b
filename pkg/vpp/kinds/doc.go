// Package kinds tells how each sort of item lives in VPP: how it is read,
// compared, created, changed and deleted. One file a kind. The values are what
// controllers compile specs to; names in them are those of other items, and
// turn into VPP's numbers only when a step runs. Nothing here knows Kubernetes
// or sockets.
package kinds
