package binproto

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"time"
)

var (
	addrType     = reflect.TypeFor[netip.Addr]()
	prefixType   = reflect.TypeFor[netip.Prefix]()
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
)

// isCustomary tells the structs of Go's library that stand for a value.
func isCustomary(gt reflect.Type) bool { return gt == addrType || gt == prefixType || gt == timeType }

// single binds a field or a union's arm that is no array of varying length.
func (b *binding) single(f *Field, disc *discriminator, gt reflect.Type, mem uintptr, at string) error {
	switch {
	case gt.Kind() == reflect.Pointer:
		return b.pointer(f, disc, gt, mem, at)
	case f.Repeat == Fixed:
		return b.array(f.Type, f.Length, f.Limit, gt, mem, at)
	case f.Type.Kind == KindUnion:
		return b.union(f.Type, disc, gt, mem, at)
	}
	return b.value(f.Type, f.Limit, gt, mem, at)
}

// value binds one value that stands alone or in an array; limit is that of the
// field, for strings.
func (b *binding) value(t *Type, limit int, gt reflect.Type, mem uintptr, at string) error {
	if code := customaryOp(t, gt); code != opNone {
		b.op(op{code: code, mem: mem, k: 1}, t.size, &opExt{name: at})
		return nil
	}
	switch {
	case isCustomary(gt):
		return b.fail(at, "a Go type for "+t.Name, gt.String(), ErrType)
	case t.Kind == KindStruct:
		return b.structure(t, gt, mem, at)
	case t.Kind == KindArray:
		return b.array(t.Elem, t.Length, 0, gt, mem, at)
	case t.Kind == KindUnion:
		return b.union(t, nil, gt, mem, at)
	case t.Kind == KindString:
		return b.text(t, limit, gt, mem, at)
	}
	return b.scalar(t, gt, mem, at)
}

// customaryOp is the op for a type of the API that Go's library has a type
// for, opNone for all others.
func customaryOp(t *Type, gt reflect.Type) opcode {
	switch {
	case gt == addrType && t.Format == FormatIP4:
		return opIP4
	case gt == addrType && t.Format == FormatIP6:
		return opIP6
	case gt == addrType && t.Format == FormatAddress:
		return opAddress
	case gt == prefixType && t.Format == FormatIP4Prefix:
		return opPrefix4
	case gt == prefixType && t.Format == FormatIP6Prefix:
		return opPrefix6
	case gt == prefixType && t.Format == FormatPrefix:
		return opPrefix
	case gt == timeType && t.Kind == KindF64:
		return opTime
	case gt == durationType && t.Kind == KindF64:
		return opDuration
	}
	return opNone
}

// scalar binds integers, enums, booleans and floats.
func (b *binding) scalar(t *Type, gt reflect.Type, mem uintptr, at string) error {
	k := t.wireKind()
	gk, size := gt.Kind(), int(gt.Size())
	switch {
	case gk == reflect.Bool && (k == KindBool || k == KindU8):
		b.op(op{code: opBool, mem: mem, k: 1}, 1, nil)
	case gk == reflect.Float64 && k == KindF64:
		b.op(op{code: opF64, mem: mem, k: 1}, 8, nil)
	case k.isInteger() && holds(gk, size, k) && size > k.width():
		signed := gk <= reflect.Int64
		b.op(op{code: opWiden, mem: mem, k: 1}, k.width(), &opExt{name: at, kind: k, goSize: size, goSigned: signed})
	case k.isInteger() && holds(gk, size, k):
		code := map[int]opcode{1: opBytes, 2: op16, 4: op32, 8: op64}[size]
		b.op(op{code: code, mem: mem, k: 1}, size, nil)
	default:
		want := "a Go type that holds " + k.String()
		if t.Name != k.String() {
			want += ", as " + t.Name + " is"
		}
		return b.fail(at, want, gt.String(), ErrType)
	}
	return nil
}

// holds tells whether a Go integer of so many bytes takes every number of k.
func holds(gk reflect.Kind, size int, k Kind) bool {
	signed := gk >= reflect.Int && gk <= reflect.Int64
	switch {
	case !signed && (gk < reflect.Uint || gk > reflect.Uint64):
		return false
	case signed == k.isSigned():
		return size >= k.width()
	}
	return signed && size > k.width()
}

// array binds n elements of t to a Go array of the same length; bytes also to
// a string or []byte.
func (b *binding) array(t *Type, n, limit int, gt reflect.Type, mem uintptr, at string) error {
	if t.Kind == KindU8 && isText(gt) {
		b.op(op{code: textOp(gt), mem: mem, k: uint32(n)}, n, &opExt{name: at, most: n, cut: gt.Kind() == reflect.String})
		return nil
	}
	if gt.Kind() != reflect.Array || gt.Len() != n {
		return b.fail(at, fmt.Sprintf("an array of %d %s", n, t.Name), gt.String(), ErrType)
	}
	elem, err := b.element(t, limit, gt.Elem(), at)
	if err != nil {
		return err
	}
	stride := gt.Elem().Size()
	e := elem.static
	if e == nil {
		b.variableBlock(block{kind: blockArray, name: at, mem: mem, elem: elem, stride: stride, length: n})
		return nil
	}
	if o, ok := e.run(stride); ok {
		b.op(op{code: o.code, mem: mem, k: o.k * uint32(n)}, e.size*n, nil)
		return nil
	}
	b.op(op{code: opArray, mem: mem, k: uint32(n)}, e.size*n, &opExt{
		name: at, sub: e, stride: stride, goSize: int(stride) * n, allZero: e.zeroIsZero(gt.Elem()),
	})
	return nil
}

// run is the op of elements that one op moves and that lie side by side:
// however many there are, they are one longer run.
func (b *block) run(stride uintptr) (o op, ok bool) {
	if len(b.ops) != 1 {
		return o, false
	}
	o = b.ops[0]
	bytes := int(o.k * o.code.unit())
	return o, o.code != opZero && bytes == b.size && uintptr(bytes) == stride && bytes > 0
}

// element compiles a value of an array.
func (b *binding) element(t *Type, limit int, gt reflect.Type, at string) (*program, error) {
	sub := b.sub(at)
	if err := sub.value(t, limit, gt, 0, ""); err != nil {
		return nil, err
	}
	return sub.finish(), nil
}

// variable binds a counted or rest array.
func (b *binding) variable(f *Field, slot int, gt reflect.Type, mem uintptr, at string) error {
	if f.Type.Kind == KindU8 && isText(gt) {
		b.variableBlock(block{kind: blockBytes, name: at, mem: mem, slot: slot, isText: gt.Kind() == reflect.String})
		return nil
	}
	if gt.Kind() != reflect.Slice {
		return b.fail(at, "a slice of "+f.Type.Name, gt.String(), ErrType)
	}
	elem, err := b.element(f.Type, f.Limit, gt.Elem(), at)
	if err != nil {
		return err
	}
	b.variableBlock(block{
		kind: blockSlice, name: at, mem: mem, typ: f.Type, elem: elem, stride: gt.Elem().Size(), slice: gt, slot: slot,
	})
	return nil
}

// isText tells the Go types that bytes and strings of the API are bound to.
func isText(gt reflect.Type) bool {
	return gt.Kind() == reflect.String || gt.Kind() == reflect.Slice && gt.Elem().Kind() == reflect.Uint8
}

func textOp(gt reflect.Type) opcode {
	if gt.Kind() == reflect.String {
		return opText
	}
	return opOctets
}

// text binds a string of the API; limit is one more than its most bytes, as the
// length of a fixed string is.
func (b *binding) text(t *Type, limit int, gt reflect.Type, mem uintptr, at string) error {
	if !isText(gt) {
		return b.fail(at, "a string or []byte", gt.String(), ErrType)
	}
	if n := t.Length; n > 0 {
		b.op(op{code: textOp(gt), mem: mem, k: uint32(n)}, n, &opExt{name: at, most: n - 1, cut: true})
		return nil
	}
	most := uint64(math.MaxUint32)
	if limit > 0 {
		most = uint64(limit) - 1
	}
	b.variableBlock(block{kind: blockString, name: at, mem: mem, isText: gt.Kind() == reflect.String, limit: most})
	return nil
}

// pointer binds an optional value: nil is the schema's default.
func (b *binding) pointer(f *Field, disc *discriminator, gt reflect.Type, mem uintptr, at string) error {
	size, _, _ := f.extent()
	if size < 0 {
		return b.fail(at, "a value: only what has a fixed size can be a pointer", gt.String(), ErrType)
	}
	if gt.Elem().Kind() == reflect.Pointer {
		return b.fail(at, "a pointer to a value", gt.String(), ErrType)
	}
	sub := b.sub(at)
	if err := sub.single(f, disc, gt.Elem(), 0, ""); err != nil {
		return err
	}
	b.op(op{code: opPointer, mem: mem, k: uint32(size)}, size, &opExt{name: at, sub: sub.finish().static, typ: gt.Elem(), image: f.blank()})
	return nil
}

// union binds a union; disc is nil where no sibling picks the arm.
func (b *binding) union(t *Type, disc *discriminator, gt reflect.Type, mem uintptr, at string) error {
	switch {
	case gt.Kind() == reflect.Array && gt.Elem().Kind() == reflect.Uint8:
		return b.array(&Type{Name: "u8, the raw " + t.Name, Kind: KindU8}, t.size, 0, gt, mem, at)
	case t.size == 0 || disc != nil && disc.back == 0:
		return b.fail(at, fmt.Sprintf("[%d]byte: no telling which arm of %s counts", t.size, t.Name), gt.String(), ErrType)
	case gt == addrType:
		if disc == nil || !isAddressUnion(t) || !familiesAreUsual(disc.enum, t) {
			return b.fail(at, fmt.Sprintf("[%d]byte: nothing tells the family", t.size), gt.String(), ErrType)
		}
		b.op(op{code: opAddressUnion, mem: mem, k: uint32(t.size)}, t.size, &opExt{name: at, kind: disc.kind, disc: disc.back})
		return nil
	case gt.Kind() != reflect.Struct || isCustomary(gt):
		return b.fail(at, fmt.Sprintf("[%d]byte or a struct of arms for %s", t.size, t.Name), gt.String(), ErrType)
	}
	fields, err := b.goFields(gt, at)
	if err != nil {
		return err
	}
	ext := &opExt{name: at}
	if disc != nil {
		ext.kind, ext.disc = disc.kind, disc.back
	}
	for _, a := range t.Fields {
		g := fields[normalise(a.Name)]
		if g == nil {
			continue
		}
		g.used = true
		arm, err := b.arm(t, a, disc, g, at)
		if err != nil {
			return err
		}
		ext.arms = append(ext.arms, arm)
	}
	b.op(op{code: opUnion, mem: mem, k: uint32(t.size)}, t.size, ext)
	return b.unused(fields, mem, at, "an arm of "+t.Name)
}

func (b *binding) arm(t *Type, a *Field, disc *discriminator, g *goField, at string) (unionArm, error) {
	arm := unionArm{name: a.Name, mem: g.mem, memory: memoryOf(g.typ)}
	vt := g.typ
	switch {
	case vt.Kind() == reflect.Pointer:
		vt = vt.Elem()
		arm.target = vt
	case disc == nil:
		return arm, b.fail(join(at, g.name), "a pointer: nothing tells which arm of "+t.Name+" counts", vt.String(), ErrType)
	}
	if disc != nil {
		arm.value, arm.chosen = caseNumber(a, disc.enum)
		if disc.enum.Enum != nil { // C writes ~0 as -1
			arm.value = signExtend(disc.enum.Enum.bits(arm.value), disc.kind)
		}
	}
	sub := b.sub(join(at, a.Name))
	err := sub.single(a, nil, vt, 0, "")
	arm.sub = sub.finish().static
	return arm, err
}
