package vpptest

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
)

// fib is the forwarding information base: tables of routes, each route with
// the paths that every source gave it; the best source wins.
type fib struct {
	sources []fibSource
	slots   [256]uint8 // sources registered per priority
	tables  [2]pool[table]
	// multicast are the tables that have a multicast one, which has an index
	// of its own.
	multicast [2]pool[table]
	byID      [2]map[uint32]*table
	// leftovers are routes that stood in an IPv4 table when its last lock
	// went. VPP forgets to remove them, and the next table that gets the
	// pool index has them.
	leftovers map[uint32]*routes
	lists     map[string]*pathList
	stats     indexPool
	// lethal is set when VPP would have died of what was just done.
	lethal string
}

// table is one FIB table. Its index in the pool is what VPP calls the FIB
// index.
type table struct {
	family int
	id     uint32
	index  uint32
	name   string
	locks  map[uint8]int // by source
	gone   bool
	// multicast is the index of its multicast table, none where it has none:
	// some that keep a table alive need no multicast.
	multicast uint32
	routes    *routes
}

// routes holds entries by prefix length and address.
type routes [129]map[address]*fibEntry

// fibEntry is a route. Most have one source, so the best is inline.
type fibEntry struct {
	addr   address // as whoever came first gave it, host bits included
	stats  uint32
	best   entrySource
	others []entrySource // worse ones, in order
}

// entrySource is what one source says about a route.
type entrySource struct {
	source uint8
	flags  entryFlags
	refs   uint32
	list   *pathList // nil: the paths of the covering route
}

type entryFlags uint8

const (
	flagConnected entryFlags = 1 << iota
	flagAttached
	flagLocal
)

func newFIB() *fib {
	f := &fib{leftovers: map[uint32]*routes{}, lists: map[string]*pathList{}}
	f.registerSources()
	for family := range f.byID {
		f.byID[family] = map[uint32]*table{}
		f.lock(f.findOrCreate(family, 0, ""), sourceDefaultRoute)
	}
	return f
}

// find returns a table by its id, nil if there is none.
func (f *fib) find(family int, id uint32) *table { return f.byID[family][id] }

// findOrCreate returns a table and creates it, unlocked, where it is missing.
// The name counts only then.
func (f *fib) findOrCreate(family int, id uint32, name string) *table {
	if t := f.find(family, id); t != nil {
		return t
	}
	if name == "" {
		name = fmt.Sprintf("ipv%d-VRF:%d", 4+2*family, id)
	}
	t := &table{family: family, id: id, name: name, locks: map[uint8]int{}, multicast: none, routes: &routes{}}
	t.index = f.tables[family].put(t)
	f.byID[family][id] = t
	if left := f.leftovers[t.index]; left != nil && family == 0 {
		t.routes = left
		delete(f.leftovers, t.index)
	}
	for _, s := range specials[family] {
		f.set(t, s.prefix, s.source, 0, f.listOf([]path{s.path}))
	}
	return t
}

// special is a route that every table has.
type special struct {
	prefix prefix
	source uint8
	path   path
}

var specials = [2][]special{
	{
		{prefix{length: 0}, sourceDefaultRoute, dropPath(0)},
		{prefix{length: 32}, sourceDefaultRoute, dropPath(0)},
		{prefix{addr: address{240}, length: 4}, sourceSpecial, dropPath(0)},
		{prefix{addr: address{224}, length: 4}, sourceSpecial, dropPath(0)},
		{prefix{addr: address{255, 255, 255, 255}, length: 32}, sourceDefaultRoute, dropPath(0)},
	},
	{
		{prefix{family: 1}, sourceDefaultRoute, dropPath(1)},
		// Link-local addresses are looked up in a table per interface.
		{prefix{addr: address{0xfe, 0x80}, family: 1, length: 10}, sourceSpecial, path{kind: pathExclusive, proto: 1, weight: 1, sw: none}},
	},
}

// lock keeps a table alive. The API has one lock for all its clients.
func (f *fib) lock(t *table, source uint8) {
	if source == sourceAPI && t.locks[source] > 0 {
		return
	}
	t.locks[source]++
	if t.multicast == none && t.wantsMulticast() {
		t.multicast = f.multicast[t.family].put(t)
	}
}

// wantsMulticast tells whether somebody keeps the multicast table too.
func (t *table) wantsMulticast() bool {
	return t.locks[sourceAPI]+t.locks[sourceInterface]+t.locks[sourceDefaultRoute] > 0
}

// unlock gives a lock back; with the last one the table goes.
func (f *fib) unlock(t *table, source uint8) {
	if t.locks[source] == 0 {
		return
	}
	if t.locks[source]--; t.locks[source] == 0 {
		delete(t.locks, source)
	}
	if t.multicast != none && !t.wantsMulticast() {
		f.multicast[t.family].remove(t.multicast)
		t.multicast = none
	}
	if len(t.locks) > 0 || t.gone {
		return
	}
	t.gone = true
	for _, s := range slices.Backward(specials[t.family]) {
		f.remove(t, s.prefix, s.source)
	}
	for _, e := range t.routes[hostBits[t.family]] {
		if e.get(sourcePathMTU) != nil {
			f.lethal = "a table went whose routes held a path MTU of a remote next hop"
		}
	}
	delete(f.byID[t.family], t.id)
	f.tables[t.family].remove(t.index)
	if t.family == 0 && t.routes.any() {
		f.leftovers[t.index] = t.routes
	}
}

func (r *routes) any() bool {
	return slices.ContainsFunc(r[:], func(m map[address]*fibEntry) bool { return len(m) > 0 })
}

// all walks a table's routes by length, in no order among equals.
func (t *table) all() iter.Seq2[prefix, *fibEntry] {
	return func(yield func(prefix, *fibEntry) bool) {
		for length, m := range t.routes {
			for _, e := range m {
				if !yield(prefix{addr: e.addr, family: uint8(t.family), length: uint8(length)}, e) {
					return
				}
			}
		}
	}
}

// exact finds the route of exactly that prefix, host bits aside.
func (t *table) exact(p prefix) *fibEntry { return t.routes[p.length][p.addr.masked(p.length)] }

// longest finds the longest route that covers p and is at most p.length long,
// and its prefix.
func (t *table) longest(p prefix) (prefix, *fibEntry) {
	for length := int(p.length); length >= 0; length-- {
		if m := t.routes[length]; len(m) > 0 {
			if e := m[p.addr.masked(uint8(length))]; e != nil {
				return prefix{addr: e.addr, family: p.family, length: uint8(length)}, e
			}
		}
	}
	return prefix{}, nil
}

// cover finds the longest route that covers p and is shorter.
func (t *table) cover(p prefix) *fibEntry {
	if p.length == 0 {
		return t.exact(p)
	}
	_, e := t.longest(p.as(p.length - 1))
	return e
}

// get returns what a source says about a route, nil if nothing.
func (e *fibEntry) get(source uint8) *entrySource {
	if e == nil {
		return nil
	}
	if e.best.source == source {
		return &e.best
	}
	for i := range e.others {
		if e.others[i].source == source {
			return &e.others[i]
		}
	}
	return nil
}

// set replaces what a source says about a route. It takes over the caller's
// hold on the list.
func (f *fib) set(t *table, p prefix, source uint8, flags entryFlags, list *pathList) *fibEntry {
	e := t.exact(p)
	if s := e.get(source); s != nil {
		old := s.list
		s.list, s.flags = list, flags
		f.release(old, t)
		return e
	}
	s := entrySource{source: source, flags: flags, refs: 1, list: list}
	if e == nil {
		e = &fibEntry{addr: p.addr, stats: f.stats.get(), best: s}
		if t.routes[p.length] == nil {
			t.routes[p.length] = map[address]*fibEntry{}
		}
		t.routes[p.length][p.masked().addr] = e
		return e
	}
	all := append([]entrySource{e.best}, e.others...)
	i, _ := slices.BinarySearchFunc(all, f.priority(source), func(s entrySource, prio int) int {
		if f.priority(s.source) <= prio { // behind equals
			return -1
		}
		return 1
	})
	all = slices.Insert(all, i, s)
	e.best, e.others = all[0], all[1:]
	return e
}

// track makes a source hold a route once more. The route has the paths of
// what covers it.
func (f *fib) track(t *table, p prefix, source uint8) {
	if s := t.exact(p).get(source); s != nil {
		s.refs++
		return
	}
	f.set(t, p, source, 0, nil)
}

// remove takes back one hold of a source on a route, and with the last
// source's the route goes.
func (f *fib) remove(t *table, p prefix, source uint8) {
	p = p.masked()
	e := t.exact(p)
	s := e.get(source)
	if s == nil {
		return
	}
	if s.refs--; s.refs > 0 {
		return
	}
	list := s.list
	switch {
	case s != &e.best:
		e.others = slices.DeleteFunc(e.others, func(o entrySource) bool { return o.source == source })
	case len(e.others) > 0:
		e.best, e.others = e.others[0], e.others[1:]
	default:
		delete(t.routes[p.length], p.addr)
		f.stats.put(e.stats)
	}
	f.release(list, t)
}

// release gives a list back whose route stands in table t.
func (f *fib) release(list *pathList, t *table) {
	alive := !t.gone
	f.drop(list)
	if alive && t.gone {
		// VPP is still at work on the route when its table goes away under it.
		f.lethal = "a route held the last lock on its own, already deleted table"
	}
}

// pathsOf are the paths that a route shows.
func (f *fib) pathsOf(t *table, p prefix, e *fibEntry) []path {
	if e.best.list != nil {
		return e.best.list.paths
	}
	cover := t.cover(p)
	if cover == nil || cover == e {
		return []path{dropPath(p.family)}
	}
	if cover.best.flags&flagAttached != 0 {
		return []path{{kind: pathAttachedNextHop, proto: p.family, weight: 1, nh: p.addr, sw: cover.best.list.device()}}
	}
	if cover.best.list == nil || f.loops(cover.best.list, e, 0) {
		return []path{dropPath(p.family)}
	}
	return cover.best.list.paths
}

// loops tells whether a list recurses through an entry.
func (f *fib) loops(list *pathList, e *fibEntry, depth int) bool {
	if list == nil || depth > 16 {
		return depth > 16
	}
	for _, p := range list.paths {
		if p.kind != pathRecursive {
			continue
		}
		via := p.table.exact(p.via())
		if via == e {
			return true
		}
		if via == nil {
			continue
		}
		next := via.best.list
		if next == nil {
			if c := p.table.cover(p.via()); c != nil {
				next = c.best.list
			}
		}
		if f.loops(next, e, depth+1) {
			return true
		}
	}
	return false
}

// priority orders sources; the lowest wins. An unregistered one reads memory
// behind VPP's table, which is zero and so beats all.
func (f *fib) priority(source uint8) int {
	if int(source) >= len(f.sources) {
		return 0
	}
	s := f.sources[source]
	return int(s.class)<<8 | int(s.slot)
}

// compareTables orders tables as their FIB indices do.
func compareTables(a, b *table) int {
	switch {
	case a == b:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Compare(a.index, b.index)
}
