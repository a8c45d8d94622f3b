package vpptest

// l3xcKind is L3 cross-connects, which VPP remembers by the index of their
// interface and beyond its end.
func l3xcKind() kind {
	return kind{
		types: "struct l3xc interface_index sw_if_index; bool is_ip6; u8 n_paths; fib_path paths[n_paths]",
		modules: []moduleRows{{name: "l3xc", version: 0x520bfc6e, semver: "1.0.1", rows: join(
			replyingRows("l3xc_update", 0xe96aabdf, "l3xc l3xc", 0x1992deab, "u32 stats_index"),
			callRows("l3xc_del", 0xe7dbef91, "interface_index sw_if_index; bool is_ip6"),
			dumpRows("l3xc_dump", 0xf9e6675e, "interface_index sw_if_index", "l3xc_details", 0xbc5bf852, "l3xc l3xc"),
		)}},
		serve: serveL3xc,
	}
}

type (
	wireL3xc struct {
		SwIfIndex uint32
		IsIP6     bool `vpp:"is_ip6"`
		Paths     []wirePath
	}
	l3xcMessage     struct{ L3xc wireL3xc }
	l3xcUpdateReply struct {
		Retval     int32
		StatsIndex uint32
	}
	l3xcDel struct {
		SwIfIndex uint32
		IsIP6     bool `vpp:"is_ip6"`
	}
)

// l3xc is the packets of a family that come in on an interface, and where VPP
// says that they go.
type l3xc struct {
	sw     uint32
	family int
	list   *pathList
}

// l3xcs are all L3 cross-connects.
type l3xcs struct {
	state *state
	arcs  *featureArcs
	pool  pool[l3xc]
}

func (t *l3xcs) find(sw uint32, family int) (uint32, *l3xc) {
	for i, x := range t.pool.all() {
		if x.sw == sw && x.family == family {
			return i, x
		}
	}
	return none, nil
}

func (t *l3xcs) set(x *l3xc, on bool) {
	family := [...]string{"ip4", "ip6"}[x.family]
	t.arcs.set(x.sw, family+"-unicast", "l3xc-input-"+family, on)
}

// update gives one that is there other paths, which the dump then shows; the
// node stays as it is.
func (t *l3xcs) update(m *wireL3xc) int32 {
	interfaces, f := &t.state.interfaces.pool, t.state.fib
	switch {
	case interfaces.get(m.SwIfIndex) == nil:
		return retInvalidSwIfIndex
	case len(m.Paths) == 0:
		return retInvalidValue
	}
	paths := make([]path, len(m.Paths))
	for i := range m.Paths {
		d := pathDecoder{fib: f, interfaces: interfaces, adding: true}
		if retval := d.decode(&m.Paths[i]); retval != retOK {
			return retval
		}
		paths[i] = d.path()
		paths[i].labels = nil // of which it keeps none
	}
	_, x := t.find(m.SwIfIndex, familyOf(m.IsIP6))
	if x == nil {
		x = &l3xc{sw: m.SwIfIndex, family: familyOf(m.IsIP6)}
		t.pool.put(x)
		t.set(x, true)
	}
	old := x.list
	x.list = f.listOf(paths)
	f.drop(old)
	return retOK
}

func serveL3xc(r *registry) {
	t := &l3xcs{state: r.state, arcs: features(r.state)}
	reply := sends[l3xcUpdateReply](r, "l3xc_update_reply")
	on(r, "l3xc_update", func(c *call, m *l3xcMessage) {
		reply.send(c, &l3xcUpdateReply{Retval: t.update(&m.L3xc)})
	})
	onInterface(r, "l3xc_del", func(m *l3xcDel) uint32 { return m.SwIfIndex }, func(_ *swInterface, m *l3xcDel) int32 {
		i, x := t.find(m.SwIfIndex, familyOf(m.IsIP6))
		if x == nil {
			return retInvalidValue
		}
		t.set(x, false)
		t.pool.remove(i)
		r.state.fib.drop(x.list)
		return retOK
	})
	details := sends[l3xcMessage](r, "l3xc_details")
	on(r, "l3xc_dump", func(c *call, m *swIfIndex) {
		for _, x := range t.pool.all() {
			if m.SwIfIndex != none && m.SwIfIndex != x.sw {
				continue
			}
			// The family is not filled in.
			d := l3xcMessage{wireL3xc{SwIfIndex: x.sw, Paths: make([]wirePath, len(x.list.paths))}}
			for i := range x.list.paths {
				x.list.paths[i].encode(&d.L3xc.Paths[i])
			}
			details.send(c, &d)
		}
	})
}
