package vpptest

// reassembly is shallow virtual reassembly, which NATs have on their interfaces:
// by how many each is used. The counts outlive the interfaces, so the next one
// of an index does not get it.
type reassembly struct {
	arcs  *featureArcs
	users map[reassembled]int
}

type reassembled struct {
	sw  uint32
	ip6 bool
}

// reassemblies are those of a boot.
func reassemblies(s *state) *reassembly {
	return part(s, func(s *state) *reassembly {
		return &reassembly{features(s), map[reassembled]int{}}
	})
}

// set has one user more, or one less.
func (r *reassembly) set(sw uint32, ip6, on bool) {
	k := reassembled{sw, ip6}
	family := "ip4"
	if ip6 {
		family = "ip6"
	}
	switch users := r.users[k]; {
	case on:
		if r.users[k]++; users > 0 {
			return
		}
	case users > 1:
		r.users[k]--
		return
	default:
		delete(r.users, k)
	}
	r.arcs.set(sw, family+"-unicast", family+"-sv-reassembly-feature", on)
}
