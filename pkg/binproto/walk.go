package binproto

import "fmt"

// walker steps over a message without looking at more than counts and
// lengths. It finds out where a truncated message ends, and skips fields that
// a Go struct does not have.
type walker struct {
	buf []byte
	off int
	err *Error
}

// take steps over n bytes.
func (w *walker) take(n int, path string) {
	if w.err != nil {
		return
	}
	if left := len(w.buf) - w.off; left < n {
		w.err = &Error{
			Field: path, Offset: w.off, Err: ErrTruncated,
			Want: fmt.Sprintf("%d bytes", n), Got: fmt.Sprintf("%d", left),
		}
		return
	}
	w.off += n
}

func (w *walker) structure(t *Type, path string) {
	starts := make([]int, len(t.Fields))
	for i, f := range t.Fields {
		starts[i] = w.off
		n := 0
		if f.Repeat == Counted && w.err == nil {
			c := t.Fields[f.countAt]
			n = int(readUint(w.buf[starts[f.countAt]:], c.Type.Kind.width()))
		}
		w.field(f, join(path, f.Name), n)
		if w.err != nil {
			return
		}
	}
}

// field steps over a field; n is the count of a counted array.
func (w *walker) field(f *Field, path string, n int) {
	switch f.Repeat {
	case Once:
		w.value(f.Type, path)
		return
	case Fixed:
		n = f.Length
	case Rest:
		w.off = len(w.buf)
		return
	}
	w.elements(f.Type, path, n)
}

func (w *walker) elements(t *Type, path string, n int) {
	if left := len(w.buf) - w.off; n > left/max(t.minSize, 1) {
		w.err = &Error{
			Field: path, Offset: w.off, Err: ErrTruncated,
			Want: fmt.Sprintf("%d elements of at least %d bytes", n, t.minSize), Got: fmt.Sprintf("%d bytes", left),
		}
		return
	}
	if t.size >= 0 {
		w.take(n*t.size, path)
		return
	}
	for i := 0; i < n && w.err == nil; i++ {
		w.value(t, fmt.Sprintf("%s[%d]", path, i))
	}
}

func (w *walker) value(t *Type, path string) {
	switch {
	case t.Kind == KindStruct:
		w.structure(t, path)
	case t.size >= 0:
		w.take(t.size, path)
	case t.Kind == KindArray:
		w.elements(t.Elem, path, t.Length)
	case t.Kind == KindString:
		n, ok := stringLength(w.buf, w.off)
		if !ok {
			w.take(4+max(n, 0), path)
			return
		}
		w.off += 4 + n
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// readUint reads a big-endian unsigned integer of 1, 2, 4 or 8 bytes.
func readUint(b []byte, width int) uint64 {
	var v uint64
	for _, x := range b[:width] {
		v = v<<8 | uint64(x)
	}
	return v
}
