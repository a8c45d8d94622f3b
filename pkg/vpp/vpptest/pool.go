package vpptest

import "iter"

// pool hands out small indices as VPP's pools do: the one freed last is the
// one given next, and walks go by index.
type pool[T any] struct {
	slots []*T
	free  []uint32
	used  int
}

// put stores v and returns its index. A nil v takes the slot for good.
func (p *pool[T]) put(v *T) uint32 {
	p.used++
	if n := len(p.free); n > 0 {
		i := p.free[n-1]
		p.free = p.free[:n-1]
		p.slots[i] = v
		return i
	}
	p.slots = append(p.slots, v)
	return uint32(len(p.slots) - 1)
}

// peek is the index that put will give next.
func (p *pool[T]) peek() uint32 {
	if n := len(p.free); n > 0 {
		return p.free[n-1]
	}
	return uint32(len(p.slots))
}

// get returns what is stored at an index, nil if nothing is.
func (p *pool[T]) get(i uint32) *T {
	if uint64(i) >= uint64(len(p.slots)) {
		return nil
	}
	return p.slots[i]
}

func (p *pool[T]) remove(i uint32) {
	if p.get(i) == nil {
		return
	}
	p.slots[i] = nil
	p.free = append(p.free, i)
	p.used--
}

// all walks by index. Removing the current one is allowed.
func (p *pool[T]) all() iter.Seq2[uint32, *T] {
	return func(yield func(uint32, *T) bool) {
		for i := 0; i < len(p.slots); i++ {
			if v := p.slots[i]; v != nil && !yield(uint32(i), v) {
				return
			}
		}
	}
}

// next returns the first used index behind i (from 0 on for i == ^0), ^0 if
// there is none.
func (p *pool[T]) next(i uint32) uint32 {
	for i++; uint64(i) < uint64(len(p.slots)); i++ {
		if p.slots[i] != nil {
			return i
		}
	}
	return ^uint32(0)
}

// indexPool hands out numbers the same way, where nothing is to be stored.
type indexPool struct {
	free []uint32
	next uint32
}

func (p *indexPool) get() uint32 {
	if n := len(p.free); n > 0 {
		i := p.free[n-1]
		p.free = p.free[:n-1]
		return i
	}
	p.next++
	return p.next - 1
}

func (p *indexPool) put(i uint32) { p.free = append(p.free, i) }
