package binproto

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
)

// DecodeFields reads a whole message, its id included. Bytes behind the last
// field are ignored: VPP sends some. See [Type.DecodeValue] for the values.
func (m *Message) DecodeFields(b []byte) (map[string]any, error) {
	v, _, err := decodeValue(m.Name, m.body, b)
	fields, _ := v.(map[string]any)
	return fields, err
}

// DecodeValue reads one value of the type and tells how many bytes it took.
// The value shares no memory with b and is one of
//
//   - uint64, int64, float64, bool
//   - string: text up to its first NUL where its length is fixed; its bytes
//     are as VPP sent them, which need not be UTF-8
//   - []byte for u8 arrays, []any for other arrays
//   - string for an enum's member, uint64 or int64 for a number without a name;
//     []any of members for flags, which may be empty
//   - netip.Addr, netip.Prefix, and string for a MAC; a prefix whose length
//     does not fit its family is a string, an address of an unknown family has
//     its plain structure
//   - map[string]any for structures, and with one key for unions: the arm that
//     the discriminator names, else the shortest one that holds every byte
//     that is not zero
//
// [Type.AppendValue] accepts all of them.
func (t *Type) DecodeValue(b []byte) (v any, n int, err error) {
	return decodeValue(t.Name, t, b)
}

func decodeValue(name string, t *Type, b []byte) (any, int, error) {
	out := valueSink{}
	d := fieldDecoder{b: b, out: &out}
	d.starts = d.room[:0]
	if err := d.value(t); err != nil {
		err.Op, err.Message = "decode", name
		return nil, 0, err
	}
	return out.root, d.off, nil
}

// sink receives a value while it is decoded: Go values or JSON are made of it.
// Byte slices are only lent.
type sink interface {
	beginObject(fields int)
	key(name string)
	endObject()
	beginList(elements int)
	endList()
	unsigned(v uint64)
	signed(v int64)
	float(v float64)
	boolean(v bool)
	member(name string) // of an enum
	text(b []byte)
	octets(b []byte)
	address(a netip.Addr)
	prefix(a netip.Addr, length uint8)
	mac(b []byte)
}

// fieldDecoder reads values by walking the type.
type fieldDecoder struct {
	b      []byte
	off    int
	out    sink
	starts []int // where the fields of the open structures begin
	room   [24]int
}

func (d *fieldDecoder) fail(class error, want, got string) *Error {
	return &Error{Offset: d.off, Want: want, Got: got, Err: class}
}

// take returns the next n bytes.
func (d *fieldDecoder) take(n int) ([]byte, *Error) {
	if left := len(d.b) - d.off; n > left {
		return nil, d.fail(ErrTruncated, fmt.Sprintf("%d bytes", n), fmt.Sprintf("%d", left))
	}
	b := d.b[d.off : d.off+n : d.off+n]
	d.off += n
	return b, nil
}

func (d *fieldDecoder) value(t *Type) *Error {
	if t.Format != FormatNone {
		if done, err := d.formatted(t); done {
			return err
		}
	}
	switch t.Kind {
	case KindString:
		return d.text(t)
	case KindStruct:
		return d.structure(t)
	case KindUnion:
		return d.union(t, nil)
	case KindArray:
		return d.array(t.Elem, t.Length)
	}
	b, err := d.take(t.minSize)
	if err != nil {
		return err
	}
	switch t.Kind {
	case KindBool:
		d.out.boolean(b[0] != 0)
	case KindF64:
		d.out.float(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	case KindEnum:
		d.enum(t.Enum, readUint(b, len(b)))
	default:
		d.integer(t.Kind, readUint(b, len(b)))
	}
	return nil
}

func (d *fieldDecoder) integer(k Kind, bits uint64) {
	if k.isSigned() {
		d.out.signed(signExtend(bits, k))
	} else {
		d.out.unsigned(bits)
	}
}

func (d *fieldDecoder) enum(e *Enum, bits uint64) {
	if !e.Flags {
		if name, ok := e.NameOf(int64(bits)); ok {
			d.out.member(name)
			return
		}
	} else if names, ok := e.FlagNames(int64(bits)); ok {
		d.out.beginList(len(names))
		for _, name := range names {
			d.out.member(name)
		}
		d.out.endList()
		return
	}
	d.integer(e.Base, bits)
}

func (d *fieldDecoder) text(t *Type) *Error {
	n := t.Length
	if n == 0 {
		b, err := d.take(4)
		if err != nil {
			return err
		}
		length := binary.BigEndian.Uint32(b)
		if uint64(length) > uint64(len(d.b)-d.off) {
			return d.fail(ErrTruncated, fmt.Sprintf("%d bytes of text", length), fmt.Sprintf("%d", len(d.b)-d.off))
		}
		n = int(length)
	}
	b, err := d.take(n)
	if err != nil {
		return err
	}
	if t.Length > 0 {
		b, _, _ = bytes.Cut(b, []byte{0})
	}
	d.out.text(b)
	return nil
}

func (d *fieldDecoder) structure(t *Type) *Error {
	base := len(d.starts)
	d.out.beginObject(len(t.Fields))
	for _, f := range t.Fields {
		d.starts = append(d.starts, d.off)
		d.out.key(f.Name)
		if err := d.field(t, f, base); err != nil {
			return err.inField(f.Name)
		}
	}
	d.out.endObject()
	d.starts = d.starts[:base]
	return nil
}

// field reads a field of the structure whose fields begin at starts[base:].
func (d *fieldDecoder) field(t *Type, f *Field, base int) *Error {
	switch f.Repeat {
	case Fixed:
		return d.array(f.Type, f.Length)
	case Counted:
		count := t.Fields[f.countAt]
		n, err := d.count(f.Type, count, d.starts[base+f.countAt])
		if err != nil {
			return err
		}
		return d.array(f.Type, n)
	case Rest:
		return d.rest(f.Type)
	}
	if f.Type.Kind != KindUnion || f.discAt < 0 {
		return d.value(f.Type)
	}
	disc := t.Fields[f.discAt].Type
	k := disc.wireKind()
	bits := readUint(d.b[d.starts[base+f.discAt]:], k.width())
	return d.union(f.Type, arm(f.Type, disc, signExtend(bits, k)))
}

// count reads the number of elements again that the count field gave, and
// refuses what the bytes at hand cannot hold.
func (d *fieldDecoder) count(elem *Type, count *Field, start int) (int, *Error) {
	k := count.Type.Kind
	bits := readUint(d.b[start:], k.width())
	n, ok := countOf(bits, k)
	if !ok && k.isSigned() {
		return 0, d.fail(ErrRange, "a count, as "+count.Name+" says", fmt.Sprint(signExtend(bits, k)))
	}
	if left := len(d.b) - d.off; !ok || !elem.fits(n, left) {
		return 0, d.fail(ErrTruncated,
			fmt.Sprintf("%d elements of at least %d bytes, as %s says", bits, elem.minSize, count.Name), fmt.Sprintf("%d bytes", left))
	}
	return n, nil
}

func (d *fieldDecoder) array(elem *Type, n int) *Error {
	if elem.Kind == KindU8 {
		b, err := d.take(n)
		if err == nil {
			d.out.octets(b)
		}
		return err
	}
	// Checked before the list is made: n may come from a large fixed array.
	if left := len(d.b) - d.off; elem.minSize > 0 && n > left/elem.minSize {
		return d.fail(ErrTruncated, fmt.Sprintf("%d elements of at least %d bytes", n, elem.minSize), fmt.Sprintf("%d bytes", left))
	}
	d.out.beginList(n)
	for i := range n {
		if err := d.value(elem); err != nil {
			return err.inElement(i)
		}
	}
	d.out.endList()
	return nil
}

// rest reads elements until the bytes end.
func (d *fieldDecoder) rest(elem *Type) *Error {
	if elem.Kind == KindU8 {
		return d.array(elem, len(d.b)-d.off)
	}
	d.out.beginList(0)
	for i := 0; d.off < len(d.b); i++ {
		begin := d.off
		if err := d.value(elem); err != nil {
			return err.inElement(i)
		}
		if d.off == begin {
			break // an element of no bytes: there is no telling how many
		}
	}
	d.out.endList()
	return nil
}

// union reads one arm: the chosen one, or the shortest with nothing but zeros
// behind it.
func (d *fieldDecoder) union(t *Type, chosen *Field) *Error {
	begin := d.off
	b, err := d.take(t.size)
	if err != nil {
		return err
	}
	if chosen == nil {
		chosen = shortestArm(t, len(bytes.TrimRight(b, "\x00")))
	}
	d.off = begin
	d.out.beginObject(1)
	d.out.key(chosen.Name)
	if chosen.Repeat == Fixed {
		err = d.array(chosen.Type, chosen.Length)
	} else {
		err = d.value(chosen.Type)
	}
	if err != nil {
		return err.inField(chosen.Name)
	}
	d.out.endObject()
	d.off = begin + t.size
	return nil
}

// shortestArm returns the first of the shortest arms that hold n bytes.
func shortestArm(union *Type, n int) *Field {
	var best *Field
	least := 0
	for _, a := range union.Fields {
		if size, _, _ := a.extent(); size >= n && (best == nil || size < least) {
			best, least = a, size
		}
	}
	return best
}

// formatted reads a type's text form; it leaves what has none to the plain
// structure.
func (d *fieldDecoder) formatted(t *Type) (done bool, err *Error) {
	n := t.minSize
	switch t.Format {
	case FormatNone, FormatTimestamp, FormatTimedelta:
		return false, nil
	}
	b, err := d.take(n)
	if err != nil {
		return true, err
	}
	switch t.Format {
	case FormatIP4, FormatIP6:
		d.out.address(addressFrom(b))
	case FormatMAC:
		d.out.mac(b)
	case FormatIP4Prefix, FormatIP6Prefix:
		d.out.prefix(addressFrom(b[:n-1]), b[n-1])
	case FormatAddress, FormatPrefix:
		var a netip.Addr
		switch b[0] {
		case familyIP4:
			a = addressFrom(b[1:5])
		case familyIP6:
			a = addressFrom(b[1:17])
		default:
			d.off -= n
			return false, nil
		}
		if t.Format == FormatPrefix {
			d.out.prefix(a, b[n-1])
		} else {
			d.out.address(a)
		}
	}
	return true, nil
}

func addressFrom(b []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(b)
	return a
}

// valueSink makes Go values.
type valueSink struct {
	root any
	open []container
}

// container is an object or a list that is not complete yet.
type container struct {
	fields map[string]any
	list   []any
	key    string
}

func (s *valueSink) put(v any) {
	if len(s.open) == 0 {
		s.root = v
		return
	}
	c := &s.open[len(s.open)-1]
	if c.fields != nil {
		c.fields[c.key] = v
	} else {
		c.list = append(c.list, v)
	}
}

func (s *valueSink) pop() container {
	c := s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
	return c
}

func (s *valueSink) beginObject(fields int) {
	s.open = append(s.open, container{fields: make(map[string]any, fields)})
}
func (s *valueSink) key(name string) { s.open[len(s.open)-1].key = name }
func (s *valueSink) endObject()      { s.put(s.pop().fields) }
func (s *valueSink) beginList(elements int) {
	s.open = append(s.open, container{list: make([]any, 0, elements)})
}
func (s *valueSink) endList()             { s.put(s.pop().list) }
func (s *valueSink) unsigned(v uint64)    { s.put(v) }
func (s *valueSink) signed(v int64)       { s.put(v) }
func (s *valueSink) float(v float64)      { s.put(v) }
func (s *valueSink) boolean(v bool)       { s.put(v) }
func (s *valueSink) member(name string)   { s.put(name) }
func (s *valueSink) text(b []byte)        { s.put(string(b)) }
func (s *valueSink) octets(b []byte)      { s.put(append([]byte{}, b...)) }
func (s *valueSink) address(a netip.Addr) { s.put(a) }
func (s *valueSink) mac(b []byte)         { s.put(string(appendMAC(nil, b))) }
func (s *valueSink) prefix(a netip.Addr, length uint8) {
	if p := netip.PrefixFrom(a, int(length)); p.IsValid() {
		s.put(p)
	} else {
		s.put(string(appendPrefix(nil, a, length)))
	}
}
