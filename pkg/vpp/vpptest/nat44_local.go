package vpptest

// natReceived is an outside address that is to be received on an outside interface.
type natReceived struct {
	addr [4]byte
	sw   uint32
}

// receive has an outside address received on the outside interfaces, or one time
// less.
func (n *nat44) receive(addr [4]byte, add bool) {
	for _, i := range n.interfaces {
		if i.flags&natOutside != 0 {
			n.receiveOn(addr, i.sw, add)
		}
	}
	for _, i := range n.outputs {
		n.receiveOn(addr, i.sw, add)
	}
}

// receiveOn counts by address and interface, while the table has one route for
// all: with an interface that goes, the others lose it.
func (n *nat44) receiveOn(addr [4]byte, sw uint32, add bool) {
	key := natReceived{addr, sw}
	switch count := n.received[key]; {
	case add:
		if n.received[key]++; count > 0 {
			return
		}
	case count == 0:
		return
	default:
		if n.received[key]--; count > 1 {
			return
		}
		delete(n.received, key)
	}
	natRoute(n.state, n.low, ip4Prefix(addr, 32), sw, add)
}

// receiveAll is that an interface comes to be outside, or is no more.
func (n *nat44) receiveAll(sw uint32, add bool) {
	for _, a := range n.pools[0] {
		n.receiveOn(a.addr, sw, add)
	}
	for _, m := range n.mappings {
		if m != nil {
			n.receiveOn(m.external, sw, add)
		}
	}
}
