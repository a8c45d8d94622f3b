package binproto

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendJSON writes the message in b, its id included, as one line of JSON
// with the fields in wire order behind dst. On an error dst is returned as it
// was. Integers are exact, also those beyond 2^53; f64 values that JSON has no
// number for are the texts "NaN", "Infinity" and "-Infinity"; u8 arrays are
// lower-case hex; addresses, prefixes and MACs are text; enums are member
// names, flags lists of them, and numbers where a name is missing; bytes of a
// string that are not UTF-8 become U+FFFD. The rest is as in
// [Type.DecodeValue].
func (m *Message) AppendJSON(dst, b []byte) ([]byte, error) {
	return appendJSON(dst, m.Name, m.body, b)
}

// AppendValueJSON is [Message.AppendJSON] for one value of the type.
func (t *Type) AppendValueJSON(dst, b []byte) ([]byte, error) {
	return appendJSON(dst, t.Name, t, b)
}

func appendJSON(dst []byte, name string, t *Type, b []byte) ([]byte, error) {
	out := jsonSink{b: dst, start: len(dst)}
	d := fieldDecoder{b: b, out: &out}
	d.starts = d.room[:0]
	if err := d.value(t); err != nil {
		err.Op, err.Message = "decode", name
		return dst, err
	}
	return out.b, nil
}

// AppendFromJSON encodes the message whose fields a JSON object holds; see
// [Message.AppendFields] and [ParseJSONObject].
func (m *Message) AppendFromJSON(dst, jsonObject []byte) ([]byte, error) {
	fields, err := parseObject(jsonObject)
	if err != nil {
		return dst, inMessage(err, m.Name)
	}
	return m.AppendFields(dst, fields)
}

// AppendValueFromJSON encodes one value of the type given as JSON; see
// [Type.AppendValue].
func (t *Type) AppendValueFromJSON(dst, jsonValue []byte) ([]byte, error) {
	v, err := parseJSON(jsonValue)
	if err != nil {
		return dst, inMessage(err, t.Name)
	}
	return t.AppendValue(dst, v)
}

func inMessage(err *Error, name string) error {
	err.Message = name
	return err
}

// ParseJSONObject reads one JSON object. Numbers stay exact as json.Number,
// lists are []any, objects map[string]any. Unlike encoding/json it refuses a
// key that comes twice and text that is not Unicode, so that what is sent is
// what was written.
func ParseJSONObject(data []byte) (map[string]any, error) {
	fields, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	return fields, nil
}

func parseObject(data []byte) (map[string]any, *Error) {
	v, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, notJSON("a JSON object", describe(v))
	}
	return fields, nil
}

func parseJSON(data []byte) (any, *Error) {
	if !utf8.Valid(data) {
		return nil, notJSON("JSON in UTF-8", "other bytes")
	}
	if !json.Valid(data) {
		var raw json.RawMessage
		return nil, notJSON("JSON", describeJSONError(json.Unmarshal(data, &raw)))
	}
	p := jsonParser{s: string(data)}
	return p.value()
}

func notJSON(want, got string) *Error {
	return &Error{Op: "encode", Offset: -1, Want: want, Got: got, Err: ErrType}
}

// jsonParser takes text apart that encoding/json has found valid, so it looks
// at no more than it needs.
type jsonParser struct {
	s string
	i int
}

func (p *jsonParser) space() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\n' || p.s[p.i] == '\t' || p.s[p.i] == '\r') {
		p.i++
	}
}

// next steps over white space, and over c if that is what follows.
func (p *jsonParser) next(c byte) bool {
	p.space()
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *jsonParser) value() (any, *Error) {
	switch {
	case p.next('{'):
		return p.object()
	case p.next('['):
		return p.list()
	case p.next('"'):
		return p.text()
	}
	begin := p.i
	for p.i < len(p.s) && strings.IndexByte(",]} \t\r\n", p.s[p.i]) < 0 {
		p.i++
	}
	switch word := p.s[begin:p.i]; word {
	case "null":
		return nil, nil
	case "true", "false":
		return word == "true", nil
	default:
		return json.Number(word), nil
	}
}

func (p *jsonParser) object() (any, *Error) {
	fields := map[string]any{}
	for !p.next('}') {
		p.next(',')
		p.next('"')
		name, err := p.text()
		if err != nil {
			return nil, err
		}
		p.next(':')
		v, err := p.value()
		if err != nil {
			return nil, err.inField(name)
		}
		if _, twice := fields[name]; twice {
			return nil, notJSON("each key once", "a second one").inField(name)
		}
		fields[name] = v
	}
	return fields, nil
}

func (p *jsonParser) list() (any, *Error) {
	list := []any{}
	for !p.next(']') {
		p.next(',')
		v, err := p.value()
		if err != nil {
			return nil, err.inElement(len(list))
		}
		list = append(list, v)
	}
	return list, nil
}

var jsonEscapes = map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', '"': '"', '\\': '\\', '/': '/'}

// text reads a string behind its opening quote.
func (p *jsonParser) text() (string, *Error) {
	begin := p.i
	for p.s[p.i] != '"' && p.s[p.i] != '\\' {
		p.i++
	}
	if p.s[p.i] == '"' {
		p.i++
		return p.s[begin : p.i-1], nil
	}
	b := []byte(p.s[begin:p.i])
	for p.s[p.i] != '"' {
		switch {
		case p.s[p.i] != '\\':
			b = append(b, p.s[p.i])
			p.i++
		case p.s[p.i+1] != 'u':
			b = append(b, jsonEscapes[p.s[p.i+1]])
			p.i += 2
		default:
			r := p.escaped()
			if utf16.IsSurrogate(r) {
				if r = utf16.DecodeRune(r, p.escaped()); r == utf8.RuneError {
					return "", notJSON("surrogates in pairs", "half of one")
				}
			}
			b = utf8.AppendRune(b, r)
		}
	}
	p.i++
	return string(b), nil
}

// escaped reads \uXXXX, and 0 where there is none.
func (p *jsonParser) escaped() rune {
	if !strings.HasPrefix(p.s[p.i:], `\u`) {
		return 0
	}
	r, _ := strconv.ParseUint(p.s[p.i+2:p.i+6], 16, 16)
	p.i += 6
	return rune(r)
}

// jsonSink writes JSON.
type jsonSink struct {
	b     []byte
	start int
}

// comma separates a value or key from the one before it.
func (s *jsonSink) comma() {
	if len(s.b) == s.start {
		return
	}
	switch s.b[len(s.b)-1] {
	case '{', '[', ':':
	default:
		s.b = append(s.b, ',')
	}
}

func (s *jsonSink) beginObject(int) {
	s.comma()
	s.b = append(s.b, '{')
}

func (s *jsonSink) key(name string) {
	s.comma()
	s.b = append(appendJSONText(s.b, name), ':')
}

func (s *jsonSink) endObject() { s.b = append(s.b, '}') }

func (s *jsonSink) beginList(int) {
	s.comma()
	s.b = append(s.b, '[')
}

func (s *jsonSink) endList() { s.b = append(s.b, ']') }

func (s *jsonSink) unsigned(v uint64) {
	s.comma()
	s.b = strconv.AppendUint(s.b, v, 10)
}

func (s *jsonSink) signed(v int64) {
	s.comma()
	s.b = strconv.AppendInt(s.b, v, 10)
}

func (s *jsonSink) float(v float64) {
	s.comma()
	switch abs := math.Abs(v); {
	case math.IsNaN(v):
		s.b = append(s.b, `"NaN"`...)
	case math.IsInf(v, 1):
		s.b = append(s.b, `"Infinity"`...)
	case math.IsInf(v, -1):
		s.b = append(s.b, `"-Infinity"`...)
	case abs != 0 && (abs < 1e-6 || abs >= 1e21):
		s.b = strconv.AppendFloat(s.b, v, 'e', -1, 64)
	default:
		s.b = strconv.AppendFloat(s.b, v, 'f', -1, 64)
	}
}

func (s *jsonSink) boolean(v bool) {
	s.comma()
	s.b = strconv.AppendBool(s.b, v)
}

func (s *jsonSink) member(name string) {
	s.comma()
	s.b = appendJSONText(s.b, name)
}

func (s *jsonSink) text(b []byte) {
	s.comma()
	s.b = appendJSONText(s.b, b)
}

func (s *jsonSink) quoted(appendTo func([]byte) []byte) {
	s.comma()
	s.b = append(appendTo(append(s.b, '"')), '"')
}

func (s *jsonSink) octets(b []byte) {
	s.quoted(func(dst []byte) []byte { return hex.AppendEncode(dst, b) })
}

func (s *jsonSink) address(a netip.Addr) { s.quoted(a.AppendTo) }

func (s *jsonSink) prefix(a netip.Addr, length uint8) {
	s.quoted(func(dst []byte) []byte { return appendPrefix(dst, a, length) })
}

func (s *jsonSink) mac(b []byte) {
	s.quoted(func(dst []byte) []byte { return appendMAC(dst, b) })
}

// appendJSONText writes a JSON string. Control characters of both sorts are
// escaped, for these lines end up on terminals.
func appendJSONText[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	begin := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		}
		valid := r != utf8.RuneError || size > 1
		if valid && r >= 0xa0 {
			i += size
			continue
		}
		dst = append(dst, s[begin:i]...)
		i += size
		begin = i
		switch {
		case !valid:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		case r == '"' || r == '\\':
			dst = append(dst, '\\', c)
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		}
	}
	dst = append(dst, s[begin:]...)
	return append(dst, '"')
}
