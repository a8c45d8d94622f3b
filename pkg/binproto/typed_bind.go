package binproto

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
)

// Slots that are no counters: the variable field is a string, or takes the
// rest of the message.
const (
	slotRest   = -1
	slotString = -2
)

// compiler turns a struct of the schema and a Go struct into a program.
type compiler struct {
	message string
}

// binding collects the ops of one program. Nested structs are flattened into
// it; elements of arrays get programs of their own.
type binding struct {
	*compiler
	prog *program
	used map[string]bool // Go fields that found their message field, by path
}

func (c *compiler) fail(path, want, got string, class error) error {
	return &Error{Op: "bind", Message: c.message, Field: path, Offset: -1, Want: want, Got: got, Err: class}
}

// program compiles struct type t of the schema against Go struct gt.
func (c *compiler) program(t *Type, gt reflect.Type) (*program, error) {
	b := &binding{compiler: c, prog: &program{}}
	if err := b.structure(t, gt, 0, ""); err != nil {
		return nil, err
	}
	return b.finish(), nil
}

// element compiles one value of any fixed or varying type against any Go type.
func (c *compiler) element(t *Type, gt reflect.Type, path string) (*program, error) {
	b := &binding{compiler: c, prog: &program{}}
	if err := b.value(t, gt, 0, path); err != nil {
		return nil, err
	}
	for i := range b.prog.blocks { // paths inside an element are relative to it
		blk := &b.prog.blocks[i]
		blk.name = relative(blk.name, path)
		for j := range blk.ops {
			if e := blk.ops[j].ext; e != nil {
				e.name = relative(e.name, path)
			}
		}
	}
	return b.finish(), nil
}

func relative(name, base string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, base), ".")
}

func (b *binding) finish() *program {
	b.prog.size = 0
	for i := range b.prog.blocks {
		if blk := &b.prog.blocks[i]; blk.kind == blockStatic {
			b.prog.size += blk.size
		} else {
			b.prog.size = -1
			break
		}
	}
	return b.prog
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
func (c *compiler) goFields(gt reflect.Type, path string) (map[string]*goField, error) {
	fields := map[string]*goField{}
	var walk func(gt reflect.Type, base uintptr) error
	walk = func(gt reflect.Type, base uintptr) error {
		for i := range gt.NumField() {
			f := gt.Field(i)
			tag, tagged := f.Tag.Lookup("vpp")
			name, options, _ := strings.Cut(tag, ",")
			if name == "-" {
				continue
			}
			if f.Anonymous && f.Type.Kind() == reflect.Struct && !tagged {
				if err := walk(f.Type, base+f.Offset); err != nil {
					return err
				}
				continue
			}
			if !f.IsExported() {
				if f.Name == "_" {
					continue
				}
				return c.fail(join(path, f.Name), "an exported field", "an unexported one", ErrType)
			}
			if options != "" && options != "optional" {
				return c.fail(join(path, f.Name), `the tag option "optional"`, options, ErrType)
			}
			if name == "" {
				name = f.Name
			}
			key := normalise(name)
			if other := fields[key]; other != nil {
				return c.fail(join(path, f.Name), "one Go field for each message field", "also "+other.name, ErrConflict)
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

// structure binds all fields of t, in wire order.
func (b *binding) structure(t *Type, gt reflect.Type, mem uintptr, path string) error {
	if gt.Kind() != reflect.Struct {
		return b.fail(path, "a struct for "+t.Name, gt.String(), ErrType)
	}
	fields, err := b.goFields(gt, path)
	if err != nil {
		return err
	}
	wire := make([]place, len(t.Fields)) // where each field begins
	for i, f := range t.Fields {
		wire[i] = b.here()
		at := join(path, f.Name)
		g := fields[normalise(f.Name)]
		if g == nil {
			if err := b.absent(f, at, t, fields, mem); err != nil {
				return err
			}
			continue
		}
		g.used = true
		switch {
		case f.CountFor != "":
			err = b.count(f, t, fields, mem, at)
		case f.Repeat == Counted || f.Repeat == Rest:
			err = b.variable(f, g.typ, mem+g.mem, at)
		case f.Repeat == Fixed:
			err = b.array(f.Type, f.Length, g.typ, mem+g.mem, at)
		case f.Type.Kind == KindUnion:
			var disc *discriminator
			if f.discAt >= 0 {
				disc = &discriminator{place: wire[f.discAt], typ: t.Fields[f.discAt].Type}
			}
			err = b.union(f.Type, disc, g.typ, mem+g.mem, at)
		case f.Type.Kind == KindString:
			err = b.str(f, g.typ, mem+g.mem, at)
		case g.typ.Kind() == reflect.Pointer:
			err = b.pointer(f, g.typ, mem+g.mem, at)
		default:
			err = b.value(f.Type, g.typ, mem+g.mem, at)
		}
		if err != nil {
			return err
		}
	}
	for _, key := range sortedKeys(fields) {
		g := fields[key]
		switch {
		case g.used:
		case g.optional:
			b.op(op{code: opClear, mem: mem + g.mem, k: uint32(g.typ.Size())}, 0, &opExt{typ: g.typ})
		default:
			return b.fail(join(path, g.name), "a field of "+t.Name+", or the tag option optional", "none of that name", ErrUnknownField)
		}
	}
	return nil
}

// place is a position in a static block.
type place struct{ block, offset int }

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
	o.wire, o.ext = uint32(at.offset), ext
	blk.size += size
	if n := len(blk.ops); n > 0 && ext == nil {
		last := &blk.ops[n-1]
		unit := o.code.unit()
		if last.code == o.code && unit > 0 && last.ext == nil && last.wire+last.k*unit == o.wire &&
			(o.code == opZero || last.mem+uintptr(last.k*unit) == o.mem) {
			last.k += o.k
			return
		}
	}
	blk.ops = append(blk.ops, o)
}

// absent sends a field's default or zero, and skips it when reading.
func (b *binding) absent(f *Field, at string, t *Type, fields map[string]*goField, mem uintptr) error {
	if f.CountFor != "" {
		return b.count(f, t, fields, mem, at)
	}
	size, _, _ := f.extent()
	if size >= 0 {
		b.template(f, size)
		return nil
	}
	blk := block{kind: blockSkip, name: at, field: f, slot: slotRest}
	switch {
	case f.Repeat == Counted:
		blk.slot = b.slotOf(f, at)
	case f.Repeat == Once && f.Type.Kind == KindString:
		blk.slot = slotString
	case f.Repeat == Once && f.Type.Kind == KindStruct:
		return b.absentStruct(f.Type, at)
	case f.Repeat != Rest:
		return b.fail(at, "a Go field for an array of elements of varying size", "none", ErrType)
	}
	b.prog.blocks = append(b.prog.blocks, blk)
	return nil
}

// absentStruct stands in for a struct with variable parts.
func (b *binding) absentStruct(t *Type, path string) error {
	none := map[string]*goField{}
	for _, f := range t.Fields {
		if err := b.absent(f, join(path, f.Name), t, none, 0); err != nil {
			return err
		}
	}
	return nil
}

// template writes what a left-out field of fixed size is sent as.
func (b *binding) template(f *Field, size int) {
	image := make([]byte, size)
	fillDefault(f, image)
	for _, x := range image {
		if x != 0 {
			b.op(op{code: opConst, k: uint32(size)}, size, &opExt{image: image})
			return
		}
	}
	if size > 0 {
		b.op(op{code: opZero, k: uint32(size)}, size, nil)
	}
}

// fillDefault writes the defaults of a field of fixed size, nested ones too.
func fillDefault(f *Field, image []byte) {
	switch {
	case f.Repeat == Once:
		fillValue(f.Type, f.Default, image)
	case f.Repeat == Fixed && f.Type.Kind == KindStruct:
		for i := range f.Length {
			fillValue(f.Type, nil, image[i*f.Type.size:(i+1)*f.Type.size])
		}
	}
}

func fillValue(t *Type, def any, image []byte) {
	if t.Kind == KindStruct {
		off := 0
		for _, f := range t.Fields {
			size, _, _ := f.extent()
			fillDefault(f, image[off:off+size])
			off += size
		}
		return
	}
	switch v := def.(type) {
	case bool:
		if v {
			image[len(image)-1] = 1
		}
	case float64:
		binary.LittleEndian.PutUint64(image, math.Float64bits(v))
	case uint64:
		putUint(image, v)
	case int64:
		putUint(image, uint64(v))
	}
}

// putUint writes the low bytes of v big-endian, filling b.
func putUint(b []byte, v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte(v)
		v >>= 8
	}
}

// value binds one value, whatever its type, that stands alone or in an array.
func (b *binding) value(t *Type, gt reflect.Type, mem uintptr, at string) error {
	if ok, err := b.formatted(t, gt, mem, at); ok || err != nil {
		return err
	}
	switch t.Kind {
	case KindStruct:
		return b.structure(t, gt, mem, at)
	case KindArray:
		return b.array(t.Elem, t.Length, gt, mem, at)
	case KindUnion:
		return b.union(t, nil, gt, mem, at)
	case KindString:
		return b.str(&Field{Name: at, Type: t}, gt, mem, at)
	}
	return b.scalar(t, gt, mem, at)
}

// formatted binds the types that Go has a customary type for.
func (b *binding) formatted(t *Type, gt reflect.Type, mem uintptr, at string) (bool, error) {
	var code opcode
	switch gt {
	case addrType:
		code = map[Format]opcode{FormatIP4: opIP4, FormatIP6: opIP6, FormatAddress: opAddress}[t.Format]
	case prefixType:
		code = map[Format]opcode{FormatIP4Prefix: opPrefix4, FormatIP6Prefix: opPrefix6, FormatPrefix: opPrefix}[t.Format]
	case reflect.TypeFor[time.Time]():
		if t.Kind == KindF64 {
			code = opTime
		}
	case reflect.TypeFor[time.Duration]():
		if t.Kind == KindF64 {
			code = opDuration
		}
	default:
		return false, nil
	}
	if code == opNone {
		if gt.Kind() == reflect.Int64 && t.Kind != KindF64 { // a Duration for an integer is just an integer
			return false, nil
		}
		return false, b.fail(at, "a Go type for "+t.Name, gt.String(), ErrType)
	}
	b.op(op{code: code, mem: mem, k: 1}, t.size, &opExt{name: at})
	return true, nil
}

// scalar binds integers, enums, booleans and floats.
func (b *binding) scalar(t *Type, gt reflect.Type, mem uintptr, at string) error {
	k := t.Kind
	if k == KindEnum {
		k = t.Enum.Base
	}
	width := k.width()
	gk := gt.Kind()
	switch {
	case gk == reflect.Bool && (k == KindBool || k == KindU8):
		b.op(op{code: opBool, mem: mem, k: 1}, 1, nil)
		return nil
	case gk == reflect.Float64 && k == KindF64:
		b.op(op{code: opF64, mem: mem, k: 1}, 8, nil)
		return nil
	case k.isInteger() && gk >= reflect.Int && gk <= reflect.Uint64:
		signed := gk <= reflect.Int64
		size := int(gt.Size())
		switch {
		case signed == k.isSigned() && size == width:
			code := map[int]opcode{1: opBytes, 2: op16, 4: op32, 8: op64}[width]
			b.op(op{code: code, mem: mem, k: 1}, width, nil)
			return nil
		case size > width && (signed || !k.isSigned()):
			b.op(op{code: opWiden, mem: mem, k: 1}, width, &opExt{name: at, kind: k, goSize: size, goSigned: signed})
			return nil
		}
	}
	return b.fail(at, "a Go type that holds "+t.Name+" ("+k.String()+")", gt.String(), ErrType)
}

// array binds n elements of t to a Go array of the same length; bytes also to
// a string or []byte.
func (b *binding) array(t *Type, n int, gt reflect.Type, mem uintptr, at string) error {
	if t.Kind == KindU8 {
		switch {
		case gt.Kind() == reflect.String:
			b.op(op{code: opText, mem: mem, k: uint32(n)}, n, &opExt{name: at})
			return nil
		case gt.Kind() == reflect.Slice && gt.Elem().Kind() == reflect.Uint8:
			b.op(op{code: opPadded, mem: mem, k: uint32(n)}, n, &opExt{name: at})
			return nil
		}
	}
	if gt.Kind() != reflect.Array || gt.Len() != n {
		return b.fail(at, fmt.Sprintf("an array of %d %s", n, t.Name), gt.String(), ErrType)
	}
	elem, err := b.element(t, gt.Elem(), at)
	if err != nil {
		return err
	}
	stride := gt.Elem().Size()
	if elem.size < 0 {
		b.prog.blocks = append(b.prog.blocks, block{
			kind: blockArray, name: at, mem: mem, elem: elem, stride: stride, length: n,
		})
		return nil
	}
	if elem.size == 0 {
		return nil
	}
	eb := &elem.blocks[0]
	if len(eb.ops) == 1 {
		// Elements that one op moves and that lie side by side are one longer run.
		if o := eb.ops[0]; o.ext == nil && o.code.unit() > 0 && o.code != opZero && uintptr(o.k*o.code.unit()) == stride && int(o.k*o.code.unit()) == elem.size {
			b.op(op{code: o.code, mem: mem, k: o.k * uint32(n)}, elem.size*n, nil)
			return nil
		}
	}
	b.op(op{code: opArray, mem: mem, k: uint32(n)}, elem.size*n, &opExt{
		name: at, sub: elem, stride: stride, goSize: int(stride) * n, allZero: eb.zeroIsZero(),
	})
	return nil
}

// variable binds a counted or rest array.
func (b *binding) variable(f *Field, gt reflect.Type, mem uintptr, at string) error {
	slot := slotRest
	if f.Repeat == Counted {
		slot = b.slotOf(f, at)
	}
	if f.Type.Kind == KindU8 && (gt.Kind() == reflect.String || gt.Kind() == reflect.Slice && gt.Elem().Kind() == reflect.Uint8) {
		b.prog.blocks = append(b.prog.blocks, block{
			kind: blockBytes, name: at, mem: mem, slot: slot, isText: gt.Kind() == reflect.String,
		})
		return nil
	}
	if gt.Kind() != reflect.Slice {
		return b.fail(at, "a slice of "+f.Type.Name, gt.String(), ErrType)
	}
	elem, err := b.element(f.Type, gt.Elem(), at)
	if err != nil {
		return err
	}
	b.prog.blocks = append(b.prog.blocks, block{
		kind: blockSlice, name: at, mem: mem, elem: elem, stride: gt.Elem().Size(), slice: gt, slot: slot, min: f.Type.minSize,
	})
	return nil
}

// slotOf finds the counter of a counted array: the count op before it that
// names it.
func (b *binding) slotOf(f *Field, at string) int {
	count := at[:len(at)-len(f.Name)] + f.CountField
	for i := range b.prog.blocks {
		for j := range b.prog.blocks[i].ops {
			if o := &b.prog.blocks[i].ops[j]; o.code == opCount && o.ext.name == count {
				return o.ext.slot
			}
		}
	}
	return slotRest // unreachable: the schema puts the count before its array
}

// count binds a count field: derived from the Go slices it counts.
func (b *binding) count(f *Field, t *Type, fields map[string]*goField, mem uintptr, at string) error {
	k := f.Type.Kind
	width := k.width()
	ext := &opExt{name: at, kind: k, slot: b.prog.slots}
	if b.prog.slots++; b.prog.slots > maxSlots {
		return b.fail(at, fmt.Sprintf("at most %d counted arrays in one struct", maxSlots), "more", ErrRange)
	}
	for _, a := range t.Fields {
		if a.Repeat != Counted || a.CountField != f.Name {
			continue
		}
		g := fields[normalise(a.Name)]
		if g == nil {
			ext.absent = true
			continue
		}
		if g.typ.Kind() != reflect.Slice && g.typ.Kind() != reflect.String {
			return b.fail(join(strings.TrimSuffix(strings.TrimSuffix(at, f.Name), "."), a.Name), "a slice of "+a.Type.Name, g.typ.String(), ErrType)
		}
		// A string's length stands where a slice's does.
		ext.counted = append(ext.counted, mem+g.mem+reflect.TypeFor[uintptr]().Size())
	}
	if g := fields[normalise(f.Name)]; g != nil {
		g.used = true
		if gk := g.typ.Kind(); gk < reflect.Int || gk > reflect.Uint64 || int(g.typ.Size()) < width {
			return b.fail(at, "a Go integer that holds "+k.String(), g.typ.String(), ErrType)
		}
		ext.given, ext.goSize = true, int(g.typ.Size())
		b.op(op{code: opCount, mem: mem + g.mem, k: uint32(width)}, width, ext)
		return nil
	}
	b.op(op{code: opCount, k: uint32(width)}, width, ext)
	return nil
}

// str binds a string of the API.
func (b *binding) str(f *Field, gt reflect.Type, mem uintptr, at string) error {
	isText := gt.Kind() == reflect.String
	if !isText && (gt.Kind() != reflect.Slice || gt.Elem().Kind() != reflect.Uint8) {
		return b.fail(at, "a string or []byte", gt.String(), ErrType)
	}
	if n := f.Type.Length; n > 0 {
		code := opString
		if !isText {
			code = opStringBytes
		}
		b.op(op{code: code, mem: mem, k: uint32(n)}, n, &opExt{name: at})
		return nil
	}
	b.prog.blocks = append(b.prog.blocks, block{kind: blockString, name: at, mem: mem, isText: isText, limit: f.Limit})
	return nil
}

// pointer binds an optional value: nil is the schema's default.
func (b *binding) pointer(f *Field, gt reflect.Type, mem uintptr, at string) error {
	size, _, _ := f.extent()
	if size < 0 {
		return b.fail(at, "a value: only what has a fixed size can be a pointer", gt.String(), ErrType)
	}
	elem, err := b.element(f.Type, gt.Elem(), at)
	if err != nil {
		return err
	}
	image := make([]byte, size)
	fillDefault(f, image)
	b.op(op{code: opPointer, mem: mem, k: uint32(size)}, size, &opExt{name: at, sub: elem, typ: gt.Elem(), image: image})
	return nil
}

// discriminator is where the number stands that picks a union's arm.
type discriminator struct {
	place
	typ *Type
}

// union binds a union; disc is nil where no sibling picks the arm.
func (b *binding) union(t *Type, disc *discriminator, gt reflect.Type, mem uintptr, at string) error {
	if gt.Kind() == reflect.Array && gt.Elem().Kind() == reflect.Uint8 {
		return b.array(&Type{Name: t.Name, Kind: KindU8}, t.size, gt, mem, at)
	}
	ext := &opExt{name: at}
	if disc != nil && disc.block == b.here().block {
		k := disc.typ.Kind
		if k == KindEnum {
			k = disc.typ.Enum.Base
		}
		ext.kind, ext.disc = k, b.here().offset-disc.offset
	}
	if gt == addrType {
		if !isAddressUnion(t) || ext.disc == 0 {
			return b.fail(at, fmt.Sprintf("[%d]byte: nothing tells the family", t.size), gt.String(), ErrType)
		}
		b.op(op{code: opAddressUnion, mem: mem, k: uint32(t.size)}, t.size, ext)
		return nil
	}
	if gt.Kind() != reflect.Struct {
		return b.fail(at, fmt.Sprintf("[%d]byte or a struct of arms for %s", t.size, t.Name), gt.String(), ErrType)
	}
	fields, err := b.goFields(gt, at)
	if err != nil {
		return err
	}
	ext.armless = ext.disc == 0
	for _, a := range t.Fields {
		g := fields[normalise(a.Name)]
		if g == nil {
			continue
		}
		g.used = true
		arm := unionArm{name: a.Name, mem: g.mem, typ: g.typ}
		if disc != nil {
			arm.value, arm.chosen = caseNumber(a, disc.typ)
		}
		vt := g.typ
		if arm.pointer = vt.Kind() == reflect.Pointer; arm.pointer {
			vt = vt.Elem()
		} else if ext.disc == 0 {
			return b.fail(join(at, g.name), "a pointer: nothing tells which arm of "+t.Name+" counts", vt.String(), ErrType)
		}
		if a.Repeat == Fixed {
			eb := &binding{compiler: b.compiler, prog: &program{}}
			if err := eb.array(a.Type, a.Length, vt, 0, a.Name); err != nil {
				return err
			}
			arm.prog = eb.finish()
		} else if arm.prog, err = b.element(a.Type, vt, join(at, a.Name)); err != nil {
			return err
		}
		ext.arms = append(ext.arms, arm)
	}
	for _, key := range sortedKeys(fields) {
		if g := fields[key]; !g.used && !g.optional {
			return b.fail(join(at, g.name), "an arm of "+t.Name, "none of that name", ErrUnknownField)
		}
	}
	b.op(op{code: opUnion, mem: mem, k: uint32(t.size)}, t.size, ext)
	return nil
}
