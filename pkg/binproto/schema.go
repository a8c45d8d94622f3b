package binproto

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
)

// Kind is the wire class of a [Type].
type Kind uint8

// The wire classes. Integers are big-endian on the wire; F64 is in VPP's host
// order, which is little-endian on every platform VPP supports.
const (
	KindInvalid Kind = iota
	KindU8
	KindU16
	KindU32
	KindU64
	KindI8
	KindI16
	KindI32
	KindI64
	KindF64
	KindBool
	KindString // Length bytes NUL-padded, or u32 length + bytes where Length is 0
	KindEnum   // Enum.Base on the wire
	KindStruct
	KindUnion // as long as its longest arm, shorter arms zero-padded
	KindArray // Length times Elem; only aliases are arrays by themselves
)

var kindNames = [...]string{
	"invalid", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f64", "bool", "string",
	"enum", "struct", "union", "array",
}

// String returns the schema's word for the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// width is the size in bytes of a scalar kind, 0 for the others.
func (k Kind) width() int {
	switch k {
	case KindU8, KindI8, KindBool:
		return 1
	case KindU16, KindI16:
		return 2
	case KindU32, KindI32:
		return 4
	case KindU64, KindI64, KindF64:
		return 8
	}
	return 0
}

// isInteger tells the eight integer kinds.
func (k Kind) isInteger() bool { return k >= KindU8 && k <= KindI64 }

// isSigned tells the signed integer kinds.
func (k Kind) isSigned() bool { return k >= KindI8 && k <= KindI64 }

// Format says that a type has a customary text form.
type Format uint8

// The text forms. They are recognised by the type's name together with its
// shape, so a schema that gives one of these names to something else is safe.
const (
	FormatNone      Format = iota
	FormatIP4              // u8[4]
	FormatIP6              // u8[16]
	FormatAddress          // family + union of both, 17 bytes
	FormatPrefix           // address + length, 18 bytes
	FormatIP4Prefix        // u8[4] + length, 5 bytes
	FormatIP6Prefix        // u8[16] + length, 17 bytes
	FormatMAC              // u8[6]
	FormatTimestamp        // f64, seconds since 1970
	FormatTimedelta        // f64, seconds
)

// Type is a resolved type. Aliases are resolved to what they stand for and
// keep their own name.
type Type struct {
	// Name is the name by which fields refer to it: "u32", "vl_api_prefix_t".
	Name string
	// Kind is the wire class.
	Kind Kind
	// Alias is the type this one is another name for, nil for all others.
	Alias *Type
	// Elem is the element of an array.
	Elem *Type
	// Length counts the elements of an array and the bytes of a fixed string
	// (terminating NUL included); 0 for a variable string.
	Length int
	// Fields are the members of a struct and the arms of a union.
	Fields []*Field
	// Enum holds the members of an enum or enumflag.
	Enum *Enum
	// Format is the customary text form.
	Format Format
	// Comment is the description in the schema, if any.
	Comment string
	// Source names the file or module that defined it first.
	Source string

	size    int // wire size, -1 where it varies
	minSize int // the least number of bytes a value takes
	leaves  int // scalars in a value, variable arrays counted once
}

// Size is the number of bytes of a value on the wire; fixed is false where it
// depends on the value, and n is then the least.
func (t *Type) Size() (n int, fixed bool) { return t.minSize, t.size >= 0 }

// Repeat says how often a field's type occurs.
type Repeat uint8

// The ways a field repeats.
const (
	Once    Repeat = iota
	Fixed          // Field.Length times
	Counted        // as often as the sibling Field.CountField says
	Rest           // until the message ends (legacy arrays without a count)
)

// Field is a member of a message, a struct or a union.
type Field struct {
	Name string
	Type *Type
	// Repeat, Length and CountField describe an array.
	Repeat     Repeat
	Length     int
	CountField string
	// CountFor names the array that this field counts, "" for all others.
	CountFor string
	// Default is what a left-out field encodes to: uint64, int64, float64 or
	// bool; nil means zero.
	Default any
	// Limit bounds a variable string; it holds at most Limit-1 bytes. 0 is no limit.
	Limit int
	// Discriminator names the sibling enum that chooses the arm of this union.
	// Where the schema does not say and exactly one sibling has the enum that
	// the arms' cases belong to, it is that sibling and Inferred is true.
	Discriminator string
	Inferred      bool
	// Case is the enum member that chooses this arm of its union, "" if none.
	Case string
	// Options holds every option of the field as the schema gives it.
	Options map[string]any

	countAt int // index of the count field among its siblings, -1 if none
	discAt  int // index of the discriminator among its siblings, -1 if none
}

// TypeString renders the field's type as the API language writes it:
// "u32", "vl_api_fib_path_t[n_paths]", "string[64]".
func (f *Field) TypeString() string {
	name := f.Type.Name
	switch {
	case f.Type.Kind == KindString && f.Type.Alias == nil && f.Type.Length > 0:
		return fmt.Sprintf("string[%d]", f.Type.Length)
	case f.Repeat == Fixed:
		return fmt.Sprintf("%s[%d]", name, f.Length)
	case f.Repeat == Counted:
		return fmt.Sprintf("%s[%s]", name, f.CountField)
	case f.Repeat == Rest:
		return name + "[]"
	}
	return name
}

// EnumMember is a named number.
type EnumMember struct {
	Name  string
	Value int64
}

// Enum is the number ↔ name table of an enum or enumflag.
type Enum struct {
	Name string
	// Base is the integer kind on the wire.
	Base Kind
	// Flags is true where members are bits to be combined: every enumflag, and
	// the enums that older definitions named …_flags.
	Flags bool
	// Members in the schema's order.
	Members []EnumMember

	byName  map[string]int64
	byValue map[uint64]string
}

// Value returns the number of a member.
func (e *Enum) Value(name string) (int64, bool) {
	v, ok := e.byName[name]
	return v, ok
}

// NameOf returns the member of a number; where several share it, the first.
func (e *Enum) NameOf(v int64) (string, bool) {
	n, ok := e.byValue[e.bits(v)]
	return n, ok
}

// FlagNames splits a combination into member names. It is false where a bit
// has no name; zero gives the zero member or no names.
func (e *Enum) FlagNames(v int64) ([]string, bool) {
	if n, ok := e.NameOf(v); ok {
		return []string{n}, true
	}
	rest := e.bits(v)
	names := []string{}
	for _, m := range e.Members {
		b := e.bits(m.Value)
		if b != 0 && b&(b-1) == 0 && rest&b != 0 {
			names = append(names, m.Name)
			rest &^= b
		}
	}
	if rest != 0 {
		return nil, false
	}
	return names, true
}

// bits is the number as the wire's unsigned integer.
func (e *Enum) bits(v int64) uint64 {
	if w := e.Base.width(); w < 8 {
		return uint64(v) & (1<<(8*w) - 1)
	}
	return uint64(v)
}

// Message is one message of the API. Its first field is always _vl_msg_id.
type Message struct {
	Name string
	// CRC identifies the exact layout, as in name_crc.
	CRC    uint32
	Fields []*Field
	// Options holds the message's options as the schema gives them.
	Options map[string]string
	// Deprecated, InProgress and ReplacedBy are read from the options.
	Deprecated bool
	InProgress bool
	ReplacedBy string
	Comment    string
	// Module is the file or module that defined it first.
	Module string

	body        *Type // the fields as a struct
	clientIndex int
	context     int
	retval      int
	plans       sync.Map // reflect.Type → *plan, of the typed codec
}

// NameCRC is the identity of the message in VPP's message table: the name, an
// underscore and the CRC as eight lower-case hex digits.
func (m *Message) NameCRC() string { return fmt.Sprintf("%s_%08x", m.Name, m.CRC) }

// Body returns the message's fields as a struct type.
func (m *Message) Body() *Type { return m.body }

// Field returns the top-level field of that name, nil if there is none.
func (m *Message) Field(name string) *Field {
	for _, f := range m.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// ClientIndexOffset tells where in the bytes of the message (its id included)
// client_index begins; -1 where it has none.
func (m *Message) ClientIndexOffset() int { return m.clientIndex }

// ContextOffset is ClientIndexOffset for context.
func (m *Message) ContextOffset() int { return m.context }

// RetvalOffset is ClientIndexOffset for retval. The reply to sockclnt_delete
// and other replies without the field give -1.
func (m *Message) RetvalOffset() int { return m.retval }

// Offset tells where in the bytes of the message a top-level field of fixed
// place and the given size in bytes begins; -1 where there is no such field.
func (m *Message) Offset(field string, size int) int { return m.body.Offset(field, size) }

// Offset is Message.Offset for a struct.
func (t *Type) Offset(field string, size int) int {
	offset := 0
	for _, f := range t.Fields {
		n, _, _ := f.extent()
		switch {
		case f.Name == field && n == size:
			return offset
		case n < 0:
			return -1
		}
		offset += n
	}
	return -1
}

// Service tells what a request is answered with.
type Service struct {
	Request string
	// Reply is "" where VPP never answers.
	Reply string
	// Stream is true where many messages come back. StreamMessage names the
	// details message of a modern stream (details, then Reply with retval and
	// cursor); in an old one it is "" and Reply itself is the details message.
	Stream        bool
	StreamMessage string
	// Events are the messages that this request subscribes to.
	Events []string
}

// Schema is a set of messages and the types they use. It is immutable and
// safe for concurrent use. Build one with [Parse], [LoadFS], [LoadDirs] or a
// [Loader].
type Schema struct {
	modules  []string
	messages map[string]*Message
	names    []string
	types    map[string]*Type
	services map[string]*Service
	events   map[string]string // event message → request that subscribes
}

// Modules are the files and modules it was built from, sorted.
func (s *Schema) Modules() []string { return slices.Clone(s.modules) }

// Message returns the message of that name, nil if there is none.
func (s *Schema) Message(name string) *Message { return s.messages[name] }

// Len is the number of messages.
func (s *Schema) Len() int { return len(s.names) }

// Messages returns the messages whose name matches any of the patterns
// (path.Match syntax, or a plain substring where it has no wildcard), sorted
// by name; all of them without a pattern.
func (s *Schema) Messages(patterns ...string) ([]*Message, error) {
	out := make([]*Message, 0, len(s.names))
	for _, n := range s.names {
		ok, err := MatchName(n, patterns...)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, s.messages[n])
		}
	}
	return out, nil
}

// MatchName tells whether a name matches any of the patterns, as
// [Schema.Messages] does.
func MatchName(name string, patterns ...string) (bool, error) {
	for _, p := range patterns {
		if !strings.ContainsAny(p, `*?[\`) {
			if strings.Contains(name, p) {
				return true, nil
			}
			continue
		}
		ok, err := path.Match(p, name)
		if err != nil {
			return false, fmt.Errorf("pattern %q: %w", p, err)
		}
		if ok {
			return true, nil
		}
	}
	return len(patterns) == 0, nil
}

// Type returns a type by its name in fields ("vl_api_prefix_t", "u32") or by
// its bare name ("prefix"); nil if there is none.
func (s *Schema) Type(name string) *Type {
	if t := s.types[name]; t != nil {
		return t
	}
	return s.types["vl_api_"+name+"_t"]
}

// Types returns all named types, sorted by name, base types left out.
func (s *Schema) Types() []*Type {
	out := make([]*Type, 0, len(s.types))
	for _, n := range slices.Sorted(maps.Keys(s.types)) {
		if t := s.types[n]; t.Source != "" {
			out = append(out, t)
		}
	}
	return out
}

// Service returns what the request is answered with, nil where the schema
// does not say.
func (s *Schema) Service(request string) *Service { return s.services[request] }

// Services returns all services, sorted by request.
func (s *Schema) Services() []*Service {
	out := make([]*Service, 0, len(s.services))
	for _, n := range slices.Sorted(maps.Keys(s.services)) {
		out = append(out, s.services[n])
	}
	return out
}

// EventRequest returns the request (want_…) that subscribes to an event
// message; where several do, the one that sorts first.
func (s *Schema) EventRequest(event string) (request string, ok bool) {
	request, ok = s.events[event]
	return request, ok
}
