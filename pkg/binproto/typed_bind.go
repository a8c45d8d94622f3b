package binproto

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// binding collects the ops of one program: a struct of the schema against a Go
// struct. Nested structs are flattened into it; elements of arrays, targets of
// pointers and arms of unions get programs of their own, whose paths are
// relative.
type binding struct {
	message string
	base    string // the path of what is bound, "" for the message itself
	prog    *program
	slots   int // counters in use
}

// sub is the binding of a part that gets a program of its own.
func (b *binding) sub(at string) *binding {
	return &binding{message: b.message, base: join(b.base, at), prog: &program{}}
}

func (b *binding) fail(path, want, got string, class error) error {
	return &Error{Op: "bind", Message: b.message, Field: join(b.base, path), Offset: -1, Want: want, Got: got, Err: class}
}

func (b *binding) finish() *program {
	p := b.prog
	if len(p.blocks) == 0 {
		p.blocks = []block{{kind: blockStatic}}
	}
	if len(p.blocks) == 1 && p.blocks[0].kind == blockStatic {
		p.static = &p.blocks[0]
	}
	return p
}

func join(path, name string) string {
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}

// goField is a candidate of a Go struct.
type goField struct {
	name     string
	typ      reflect.Type
	mem      uintptr
	optional bool
	used     bool
}

// goFields lists the fields of a Go struct by normalised message field name.
func (b *binding) goFields(gt reflect.Type, path string) (map[string]*goField, error) {
	fields := map[string]*goField{}
	var walk func(gt reflect.Type, base uintptr) error
	walk = func(gt reflect.Type, base uintptr) error {
		for f := range gt.Fields() {
			tag, tagged := f.Tag.Lookup("vpp")
			name, options, _ := strings.Cut(tag, ",")
			switch {
			case name == "-" || f.Name == "_":
				continue
			case f.Anonymous && f.Type.Kind() == reflect.Struct && !tagged && !isCustomary(f.Type):
				if err := walk(f.Type, base+f.Offset); err != nil {
					return err
				}
				continue
			case !f.IsExported():
				return b.fail(join(path, f.Name), "an exported field", "an unexported one", ErrType)
			case options != "" && options != "optional":
				return b.fail(join(path, f.Name), `the tag option "optional"`, options, ErrType)
			case name == "":
				name = f.Name
			}
			key := normalise(name)
			if other := fields[key]; other != nil {
				return b.fail(join(path, f.Name), "one Go field for each message field", "also "+other.name, ErrConflict)
			}
			fields[key] = &goField{name: f.Name, typ: f.Type, mem: base + f.Offset, optional: options == "optional"}
		}
		return nil
	}
	return fields, walk(gt, 0)
}

// normalise makes SwIfIndex and sw_if_index the same.
func normalise(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "_", ""))
}

// scope is a struct being bound.
type scope struct {
	typ    *Type
	fields map[string]*goField
	mem    uintptr // where the Go struct begins
	at     string
	places []place // where the fields begin on the wire
	slots  []int   // the counters of those that are counts
}

// place is a position in a block.
type place struct{ block, offset int }

// structure binds all fields of t, in wire order.
func (b *binding) structure(t *Type, gt reflect.Type, mem uintptr, at string) error {
	if gt.Kind() != reflect.Struct {
		return b.fail(at, "a struct for "+t.Name, gt.String(), ErrType)
	}
	fields, err := b.goFields(gt, at)
	if err != nil {
		return err
	}
	s := scope{typ: t, fields: fields, mem: mem, at: at, places: make([]place, len(t.Fields)), slots: make([]int, len(t.Fields))}
	for i, f := range t.Fields {
		s.places[i] = b.here()
		g := fields[normalise(f.Name)]
		if g != nil {
			if g.used {
				return b.fail(join(at, f.Name), "a name of its own", "Go field "+g.name+", which stands for another one too", ErrConflict)
			}
			g.used = true
		}
		switch {
		case f.CountFor != "":
			err = b.count(&s, i, g)
		case g == nil:
			b.absent(&s, f)
		default:
			err = b.present(&s, f, g)
		}
		if err != nil {
			return err
		}
	}
	return b.unused(fields, mem, at, "a field of "+t.Name)
}

// unused lets the Go fields be that found no field of the message, if they may.
func (b *binding) unused(fields map[string]*goField, mem uintptr, at, want string) error {
	for _, key := range sortedKeys(fields) {
		switch g := fields[key]; {
		case g.used:
		case g.optional:
			b.op(op{code: opClear, mem: mem + g.mem}, 0, &opExt{memory: memoryOf(g.typ)})
		default:
			return b.fail(join(at, g.name), want+", or the tag option optional", "none of that name", ErrUnknownField)
		}
	}
	return nil
}

// here is where the next static op goes.
func (b *binding) here() place {
	last := len(b.prog.blocks) - 1
	if last < 0 || b.prog.blocks[last].kind != blockStatic {
		return place{last + 1, 0}
	}
	return place{last, b.prog.blocks[last].size}
}

// op appends an op that covers size bytes on the wire, opening a static block
// where needed, and lengthens the op before it where both move the same sort
// of values between adjacent places.
func (b *binding) op(o op, size int, ext *opExt) {
	at := b.here()
	if at.block == len(b.prog.blocks) {
		b.prog.blocks = append(b.prog.blocks, block{kind: blockStatic})
	}
	blk := &b.prog.blocks[at.block]
	blk.size += size
	o.ext = ext
	if size > 0 { // else it would point behind the bytes, which the garbage collector forbids
		o.wire = uint32(at.offset)
	}
	if n := len(blk.ops); n > 0 {
		last := &blk.ops[n-1]
		unit := o.code.unit()
		if last.code == o.code && unit > 0 && last.wire+last.k*unit == o.wire &&
			(o.code == opZero || last.mem+uintptr(last.k*unit) == o.mem) {
			last.k += o.k
			return
		}
	}
	blk.ops = append(blk.ops, o)
}

func (b *binding) variableBlock(blk block) { b.prog.blocks = append(b.prog.blocks, blk) }

// present binds a field that both sides have.
func (b *binding) present(s *scope, f *Field, g *goField) error {
	at := join(s.at, f.Name)
	if f.Repeat == Counted || f.Repeat == Rest {
		return b.variable(f, s.slot(f), g.typ, s.mem+g.mem, at)
	}
	return b.single(f, b.discriminator(s, f), g.typ, s.mem+g.mem, at)
}

// absent sends a field's default or zero, and skips it when reading.
func (b *binding) absent(s *scope, f *Field) {
	image := f.blank()
	size, _, _ := f.extent()
	switch {
	case size < 0:
		b.variableBlock(block{kind: blockSkip, typ: f.Type, slot: s.slot(f), length: max(f.Length, 1), image: image})
	case bytes.Count(image, []byte{0}) < len(image):
		b.op(op{code: opConst, k: uint32(size)}, size, &opExt{image: image})
	case size > 0:
		b.op(op{code: opZero, k: uint32(size)}, size, nil)
	}
}

// blank is what a left-out field is sent as: its defaults, at every depth.
func (f *Field) blank() []byte {
	e := fieldEncoder{}
	_ = e.field(f, nil) // what is not given cannot be wrong
	return e.b
}

// slot is the counter of an array.
func (s *scope) slot(f *Field) int {
	switch f.Repeat {
	case Counted:
		return s.slots[f.countAt]
	case Rest:
		return slotRest
	}
	return slotFixed
}

// count binds the count field that stands at index i: derived from the Go
// slices it counts.
func (b *binding) count(s *scope, i int, g *goField) error {
	f := s.typ.Fields[i]
	at, k := join(s.at, f.Name), f.Type.Kind
	bits := 8 * k.width()
	if k.isSigned() {
		bits--
	}
	ext := &opExt{name: at, kind: k, most: 1<<min(bits, strconv.IntSize-2) - 1, slot: b.slots}
	if b.slots == maxSlots {
		return b.fail(at, fmt.Sprintf("at most %d counts in one struct", maxSlots), "more", ErrRange)
	}
	s.slots[i] = b.slots
	b.slots++
	for _, a := range s.typ.Fields {
		if a.Repeat != Counted || a.countAt != i {
			continue
		}
		ag := s.fields[normalise(a.Name)]
		switch {
		case ag == nil:
			ext.absent = true
		case ag.typ.Kind() != reflect.Slice && ag.typ.Kind() != reflect.String:
			return b.fail(join(s.at, a.Name), "a slice of "+a.Type.Name, ag.typ.String(), ErrType)
		default: // a string's length stands where a slice's does
			ext.counted = append(ext.counted, s.mem+ag.mem+reflect.TypeFor[uintptr]().Size())
		}
	}
	switch {
	case g != nil:
		if !holds(g.typ.Kind(), int(g.typ.Size()), k) {
			return b.fail(at, "a Go integer that holds "+k.String(), g.typ.String(), ErrType)
		}
		ext.given, ext.goSize = true, int(g.typ.Size())
		b.op(op{code: opCounts, mem: s.mem + g.mem, k: uint32(k.width())}, k.width(), ext)
	case ext.absent || len(ext.counted) > 1:
		b.op(op{code: opCounts, k: uint32(k.width())}, k.width(), ext)
	default:
		b.op(op{code: opCount, mem: ext.counted[0], k: uint32(k.width())}, k.width(), ext)
	}
	return nil
}

// discriminator is the number that picks a union's arm.
type discriminator struct {
	kind Kind
	enum *Type
	back int // bytes from it to the union, 0 where that varies
}

func (b *binding) discriminator(s *scope, f *Field) *discriminator {
	if f.discAt < 0 {
		return nil
	}
	t := s.typ.Fields[f.discAt].Type
	d := &discriminator{kind: t.wireKind(), enum: t}
	if from, to := s.places[f.discAt], b.here(); from.block == to.block {
		d.back = to.offset - from.offset
	}
	return d
}
