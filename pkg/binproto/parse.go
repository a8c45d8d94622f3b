package binproto

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Bounds on what a schema may describe; VPP's own is three orders of
// magnitude below each. They keep a hostile schema from costing memory.
const (
	maxLength = 1 << 24 // elements of a fixed array
	maxSize   = 1 << 28 // bytes of a fixed-size value
	maxLeaves = 1 << 20 // scalars of a value
	maxDepth  = 512     // types inside types
)

// parser turns the JSON items of one source into definitions.
type parser struct{ source string }

func (p parser) fail(field, want, got string) error {
	return schemaError(p.source, field, want, got)
}

// items splits a JSON array whose first element is a name.
func (p parser) items(section string, i int, raw json.RawMessage) (string, []json.RawMessage, error) {
	at := fmt.Sprintf("%s[%d]", section, i)
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil || len(items) == 0 {
		return "", nil, p.fail(at, "an array that begins with a name", excerpt(raw))
	}
	var name string
	if err := json.Unmarshal(items[0], &name); err != nil || name == "" {
		return "", nil, p.fail(at, "a name", excerpt(items[0]))
	}
	return name, items[1:], nil
}

func (p parser) typeDef(section string, i int, raw json.RawMessage) (*typeDef, error) {
	name, items, err := p.items(section, i, raw)
	if err != nil {
		return nil, err
	}
	def := &typeDef{name: name, section: section, source: p.source}
	if section == "enums" || section == "enumflags" {
		return def, p.enum(def, items)
	}
	var trailer struct {
		Comment string `json:"comment"`
	}
	def.fields, err = p.fields(name, items, &trailer)
	def.comment = trailer.Comment
	return def, err
}

func (p parser) enum(def *typeDef, items []json.RawMessage) error {
	def.base = "u32"
	seen := map[string]bool{}
	for _, item := range items {
		if isObject(item) {
			var o struct {
				EnumType string `json:"enumtype"`
				Comment  string `json:"comment"`
			}
			if err := json.Unmarshal(item, &o); err != nil {
				return p.fail(def.name, "an enumtype", describeJSONError(err))
			}
			if o.EnumType != "" {
				def.base = o.EnumType
			}
			def.comment = o.Comment
			continue
		}
		var pair []any
		if err := decodeNumbers(item, &pair); err != nil || len(pair) != 2 {
			return p.fail(def.name, "[name, number]", excerpt(item))
		}
		name, ok := pair[0].(string)
		number, isNumber := pair[1].(json.Number)
		if !ok || !isNumber || name == "" {
			return p.fail(def.name, "[name, number]", excerpt(item))
		}
		v, err := parseInt64(number)
		if err != nil {
			return p.fail(def.name+"."+name, "an integer", number.String())
		}
		if seen[name] {
			return p.fail(def.name+"."+name, "each member once", "a second one")
		}
		seen[name] = true
		def.members = append(def.members, EnumMember{Name: name, Value: v})
	}
	return nil
}

func (p parser) aliasDef(name string, raw json.RawMessage) (*typeDef, error) {
	var o struct {
		Type   string `json:"type"`
		Length int    `json:"length"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, p.fail("alias "+name, "{type, length}", describeJSONError(err))
	}
	if o.Type == "" || o.Length < 0 || o.Length > maxLength {
		return nil, p.fail("alias "+name, "a type and a length of 0 to "+strconv.Itoa(maxLength), excerpt(raw))
	}
	return &typeDef{name: name, section: "aliases", source: p.source, base: o.Type, length: o.Length}, nil
}

func (p parser) messageDef(i int, raw json.RawMessage) (*messageDef, error) {
	name, items, err := p.items("messages", i, raw)
	if err != nil {
		return nil, err
	}
	var trailer struct {
		CRC     json.RawMessage            `json:"crc"`
		Options map[string]json.RawMessage `json:"options"`
		Comment string                     `json:"comment"`
	}
	fields, err := p.fields(name, items, &trailer)
	if err != nil {
		return nil, err
	}
	def := &messageDef{name: name, source: p.source, fields: fields, comment: trailer.Comment}
	if def.crc, err = parseCRC(trailer.CRC); err != nil {
		return nil, p.fail("message "+name, "a CRC", excerpt(trailer.CRC))
	}
	for k, v := range trailer.Options {
		if def.options == nil {
			def.options = map[string]string{}
		}
		var s string
		if json.Unmarshal(v, &s) != nil {
			s = string(v)
		}
		def.options[k] = s
	}
	if len(fields) == 0 || fields[0].name != "_vl_msg_id" || fields[0].typ != "u16" || fields[0].isArray {
		return nil, p.fail("message "+name, `["u16", "_vl_msg_id"] as the first field`, "another or none")
	}
	return def, nil
}

// parseCRC accepts "0x51077d14", "51077d14" and a number; a missing one is 0.
func parseCRC(raw json.RawMessage) (uint32, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return 0, nil
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		v, err := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 32)
		return uint32(v), err
	}
	v, err := strconv.ParseUint(string(raw), 10, 32)
	return uint32(v), err
}

// fields parses the members of a message, type or union; an object among them
// is the trailer.
func (p parser) fields(owner string, items []json.RawMessage, trailer any) ([]fieldDef, error) {
	var out []fieldDef
	seen := map[string]bool{}
	for i, item := range items {
		at := fmt.Sprintf("%s.%d", owner, i)
		if isObject(item) {
			if err := json.Unmarshal(item, trailer); err != nil {
				return nil, p.fail(at, "crc, options, comment", describeJSONError(err))
			}
			continue
		}
		f, err := p.field(at, item)
		if err != nil {
			return nil, err
		}
		if seen[f.name] {
			return nil, p.fail(owner+"."+f.name, "each field once", "a second one")
		}
		seen[f.name] = true
		out = append(out, f)
	}
	return out, nil
}

// field parses [type, name], [type, name, {options}], [type, name, N],
// [type, name, 0, "count"], with options behind any of them.
func (p parser) field(at string, raw json.RawMessage) (fieldDef, error) {
	const want = "[type, name, length?, countField?, {options}?]"
	var f fieldDef
	var items []any
	if err := decodeNumbers(raw, &items); err != nil || len(items) < 2 {
		return f, p.fail(at, want, excerpt(raw))
	}
	var ok1, ok2 bool
	f.typ, ok1 = items[0].(string)
	f.name, ok2 = items[1].(string)
	if !ok1 || !ok2 || f.typ == "" || f.name == "" {
		return f, p.fail(at, want, excerpt(raw))
	}
	for _, item := range items[2:] {
		switch v := item.(type) {
		case map[string]any:
			f.options = v
		case json.Number:
			n, err := strconv.Atoi(v.String())
			if err != nil || n < 0 || n > maxLength || f.isArray {
				return f, p.fail(at+" "+f.name, "one length of 0 to "+strconv.Itoa(maxLength), v.String())
			}
			f.length, f.isArray = n, true
		case string:
			if !f.isArray || f.length != 0 || f.countField != "" {
				return f, p.fail(at+" "+f.name, want, excerpt(raw))
			}
			f.countField = v
		default:
			return f, p.fail(at+" "+f.name, want, excerpt(raw))
		}
	}
	return f, nil
}

func (p parser) serviceDefs(raw json.RawMessage) ([]*serviceDef, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var services map[string]struct {
		Reply         *string         `json:"reply"`
		Stream        json.RawMessage `json:"stream"`
		StreamMessage string          `json:"stream_msg"`
		Events        []string        `json:"events"`
	}
	if err := json.Unmarshal(raw, &services); err != nil {
		return nil, p.fail("services", "an object of {reply, stream, stream_msg, events}", describeJSONError(err))
	}
	out := make([]*serviceDef, 0, len(services))
	for _, name := range slices.Sorted(maps.Keys(services)) {
		s := services[name]
		def := &serviceDef{source: p.source, service: Service{Request: name, StreamMessage: s.StreamMessage, Events: s.Events}}
		if s.Reply != nil && *s.Reply != "null" {
			def.service.Reply = *s.Reply
		}
		switch string(s.Stream) {
		case "", "null", "false", `"false"`:
		case "true", `"true"`:
			def.service.Stream = true
		default:
			return nil, p.fail("service "+name+".stream", "true or false", excerpt(s.Stream))
		}
		out = append(out, def)
	}
	return out, nil
}

// option turns a field option's JSON value into Go: numbers become uint64,
// int64 or float64, and the strings "true" and "false" booleans.
func option(v any) any {
	switch v := v.(type) {
	case json.Number:
		if u, err := strconv.ParseUint(v.String(), 10, 64); err == nil {
			return u
		}
		if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return i
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
		return v.String()
	case string:
		if v == "true" || v == "false" {
			return v == "true"
		}
	}
	return v
}

// parseInt64 accepts every integer of 64 bits; the upper half of the unsigned
// range wraps, as the wire's bits do.
func parseInt64(n json.Number) (int64, error) {
	if v, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return v, nil
	}
	u, err := strconv.ParseUint(n.String(), 10, 64)
	if err == nil {
		return int64(u), nil
	}
	f, ferr := n.Float64() // 1e3 and 16.0 are integers too
	if ferr == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f), nil
	}
	return 0, err
}

func decodeNumbers(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return dec.Decode(into)
}

func isObject(raw json.RawMessage) bool {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	return len(raw) > 0 && raw[0] == '{'
}

// excerpt keeps error texts short whatever the input.
func excerpt[T ~string | ~[]byte](b T) string {
	const most = 60
	if len(b) == 0 {
		return "nothing"
	}
	if len(b) > most {
		return strconv.Quote(string(b[:most])) + "…"
	}
	return strconv.Quote(string(b))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
