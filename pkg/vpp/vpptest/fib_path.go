package vpptest

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// pathKind is what a path turns out to be. The order is the one VPP sorts by.
type pathKind uint8

const (
	pathAttachedNextHop pathKind = iota
	pathAttached
	pathRecursive
	pathSpecial
	pathExclusive
	pathDeag
	pathInterfaceRx
	_ // UDP encap
	pathReceive
	_ // BIER
	_
	_
	pathDVR
)

// path is a path as VPP keeps it.
type path struct {
	kind       pathKind
	proto      uint8 // of the next hop: 0 IPv4, 1 IPv6, 3 Ethernet
	weight     uint8
	preference uint8
	action     uint8 // of a special one: the path type it shows
	nh         address
	sw         uint32 // none where it has no interface
	table      *table // of a recursion or lookup
	rpfID      uint32
	labels     []mplsLabel
}

func dropPath(proto uint8) path {
	return path{kind: pathSpecial, proto: proto, weight: 1, action: pathTypeDrop, sw: none}
}

// via is the host route that a recursive path goes through.
func (p *path) via() prefix {
	h := prefix{addr: p.nh, family: uint8(p.table.family)}
	h.length = h.bits()
	return h
}

// comparePaths tells whether two paths are the same one, weight and preference
// aside, and orders them.
func comparePaths(a, b path) int {
	if c := int(a.kind) - int(b.kind); c != 0 {
		return c
	}
	if c := int(a.proto) - int(b.proto); c != 0 {
		return c
	}
	devices := int(int32(a.sw - b.sw)) // as the subtraction of u32 in C
	switch a.kind {
	case pathAttachedNextHop:
		if c := bytes.Compare(a.nh[:], b.nh[:]); c != 0 {
			return c
		}
		return devices
	case pathAttached, pathInterfaceRx:
		return devices
	case pathRecursive:
		if c := bytes.Compare(a.nh[:], b.nh[:]); c != 0 {
			return c
		}
		return compareTables(a.table, b.table)
	case pathDeag:
		if c := compareTables(a.table, b.table); c != 0 {
			return c
		}
		return int(int32(a.rpfID - b.rpfID))
	}
	return 0
}

// pathList is a set of paths that all routes with the same set share.
type pathList struct {
	paths []path
	key   string
	refs  int
}

// device is the interface of an attached list.
func (l *pathList) device() uint32 {
	if l == nil || len(l.paths) == 0 {
		return none
	}
	return l.paths[0].sw
}

// listOf returns the list of these paths, which it sorts, and holds it once.
// A new list resolves: what it recurses through becomes a route, what it looks
// up in stays alive.
func (f *fib) listOf(paths []path) *pathList {
	slices.SortStableFunc(paths, func(a, b path) int {
		if c := int(a.preference) - int(b.preference); c != 0 {
			return c
		}
		return comparePaths(a, b)
	})
	var buf [256]byte
	key := buf[:0]
	for i := range paths {
		key = paths[i].appendKey(key)
	}
	if l := f.lists[string(key)]; l != nil {
		l.refs++
		return l
	}
	l := &pathList{paths: slices.Clone(paths), key: string(key), refs: 1}
	f.lists[l.key] = l
	for i := range l.paths {
		p := &l.paths[i]
		if p.table == nil {
			continue
		}
		f.lock(p.table, sourceRR)
		if p.kind == pathRecursive {
			f.track(p.table, p.via(), sourceRR)
		}
	}
	return l
}

// drop gives back one hold on a list.
func (f *fib) drop(l *pathList) {
	if l == nil {
		return
	}
	if l.refs--; l.refs > 0 {
		return
	}
	delete(f.lists, l.key)
	for i := range l.paths {
		p := &l.paths[i]
		if p.table == nil {
			continue
		}
		if p.kind == pathRecursive {
			f.remove(p.table, p.via(), sourceRR)
		}
		f.unlock(p.table, sourceRR)
	}
}

func (p *path) appendKey(b []byte) []byte {
	b = append(b, byte(p.kind), p.proto, p.weight, p.preference, p.action, byte(len(p.labels)))
	b = append(b, p.nh[:]...)
	b = binary.LittleEndian.AppendUint32(b, p.sw)
	b = binary.LittleEndian.AppendUint32(b, p.rpfID)
	if p.table != nil {
		b = append(b, 1, byte(p.table.family))
		b = binary.LittleEndian.AppendUint32(b, p.table.index)
	} else {
		b = append(b, 0)
	}
	for _, l := range p.labels {
		b = binary.LittleEndian.AppendUint32(b, l.Label)
		b = append(b, l.TTL, l.Exp)
	}
	return b
}

// withPaths is the union of a list and more paths: those that are there
// already stay as they are, even with another weight.
func withPaths(l *pathList, more []path) []path {
	var all []path
	if l != nil {
		all = slices.Clone(l.paths)
	}
	had := len(all)
	for _, p := range more {
		if !slices.ContainsFunc(all[:had], func(o path) bool { return comparePaths(o, p) == 0 }) {
			all = append(all, p)
		}
	}
	return all
}

// withoutPaths is a list without the first match of each of the given paths.
func withoutPaths(l *pathList, less []path) []path {
	all := slices.Clone(l.paths)
	for _, p := range less {
		if i := slices.IndexFunc(all, func(o path) bool { return comparePaths(o, p) == 0 }); i >= 0 {
			all = slices.Delete(all, i, i+1)
		}
	}
	return all
}
