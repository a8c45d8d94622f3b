package binproto

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// resolver turns definitions into a Schema: types in any order, each once.
type resolver struct {
	defs  map[string]*typeDef
	types map[string]*Type
	busy  map[string]bool // on the path from the root: a second visit is a cycle
	depth int
}

var baseKinds = map[string]Kind{
	"u8": KindU8, "u16": KindU16, "u32": KindU32, "u64": KindU64,
	"i8": KindI8, "i16": KindI16, "i32": KindI32, "i64": KindI64,
	"f64": KindF64, "bool": KindBool, "string": KindString,
}

func resolve(main, fallback *definitions) (*Schema, error) {
	r := &resolver{defs: map[string]*typeDef{}, types: map[string]*Type{}, busy: map[string]bool{}}
	for name, k := range baseKinds {
		r.types[name] = newScalar(name, k)
	}
	s := &Schema{
		modules:  slices.Clone(main.sources),
		messages: map[string]*Message{},
		types:    r.types,
		services: map[string]*Service{},
		events:   map[string]string{},
	}
	slices.Sort(s.modules)
	s.modules = slices.Compact(s.modules)

	for _, d := range []*definitions{fallback, main} { // main wins
		maps.Copy(r.defs, d.types)
	}
	for _, name := range sortedKeys(r.defs) {
		if _, err := r.named(r.defs[name].source, name, "vl_api_"+name+"_t"); err != nil {
			return nil, err
		}
	}
	for _, d := range []*definitions{main, fallback} {
		for _, name := range sortedKeys(d.messages) {
			if s.messages[name] != nil {
				continue
			}
			m, err := r.message(d.messages[name])
			if err != nil {
				return nil, err
			}
			s.messages[name] = m
		}
		for name, def := range d.services {
			if s.services[name] == nil {
				svc := def.service
				s.services[name] = &svc
			}
		}
	}
	s.names = sortedKeys(s.messages)
	for _, name := range sortedKeys(s.services) {
		s.services[name].mend(s.messages)
		for _, event := range s.services[name].Events {
			if _, ok := s.events[event]; !ok {
				s.events[event] = name
			}
		}
	}
	return s, nil
}

func newScalar(name string, k Kind) *Type {
	t := &Type{Name: name, Kind: k, size: k.width(), minSize: k.width(), leaves: 1}
	if k == KindString {
		t.size, t.minSize = -1, 4
	}
	return t
}

// lookup finds the type a field or alias refers to: a base type, or
// vl_api_<name>_t; hand-written schemas use the bare name as well.
func (r *resolver) lookup(source, at, ref string) (*Type, error) {
	if t := r.types[ref]; t != nil {
		return t, nil
	}
	name := ref
	if strings.HasPrefix(ref, "vl_api_") && strings.HasSuffix(ref, "_t") && len(ref) > len("vl_api__t") {
		name = ref[len("vl_api_") : len(ref)-len("_t")]
	}
	if r.defs[name] == nil {
		return nil, schemaError(source, at, "a known type", ref)
	}
	return r.named(source, name, "vl_api_"+name+"_t")
}

// named resolves a definition once.
func (r *resolver) named(source, name, full string) (*Type, error) {
	if t := r.types[full]; t != nil {
		return t, nil
	}
	def := r.defs[name]
	if r.busy[name] {
		return nil, schemaError(source, "type "+name, "types that end", "one that contains itself")
	}
	if r.depth >= maxDepth {
		return nil, schemaError(source, "type "+name, fmt.Sprintf("at most %d types inside each other", maxDepth), "more")
	}
	r.busy[name] = true
	r.depth++
	defer func() { delete(r.busy, name); r.depth-- }()

	t := &Type{Name: full, Comment: def.comment, Source: def.source}
	var err error
	switch def.section {
	case "types":
		err = r.structure(t, def)
	case "unions":
		err = r.union(t, def)
	case "aliases":
		err = r.alias(t, def)
	default:
		err = r.enum(t, def)
	}
	if err != nil {
		return nil, err
	}
	if t.minSize > maxSize || t.leaves > maxLeaves {
		return nil, schemaError(def.source, "type "+name, fmt.Sprintf("at most %d bytes and %d fields", maxSize, maxLeaves), "more")
	}
	if t.Format == FormatNone {
		t.Format = formatOf(name, t)
	}
	r.types[full] = t
	return t, nil
}

func (r *resolver) structure(t *Type, def *typeDef) error {
	t.Kind = KindStruct
	var err error
	if t.Fields, err = r.fields(def.source, def.name, def.fields); err != nil {
		return err
	}
	layOutStruct(t)
	// A structure without fields costs memory too, in an array of many.
	t.leaves = max(t.leaves, 1)
	return nil
}

// layOutStruct sums up the fields' sizes.
func layOutStruct(t *Type) {
	t.size, t.minSize, t.leaves = 0, 0, 0
	for _, f := range t.Fields {
		size, least, leaves := f.extent()
		t.minSize = min(t.minSize+least, maxSize+1)
		t.leaves = min(t.leaves+leaves, maxLeaves+1)
		if t.size >= 0 && size >= 0 {
			t.size = min(t.size+size, maxSize+1)
		} else {
			t.size = -1
		}
	}
}

// extent is the wire size (-1 if it varies), the least size and the number of
// scalars of a field with its repetition, saturating at the bounds.
func (f *Field) extent() (size, least, leaves int) {
	switch f.Repeat {
	case Once:
		return f.Type.size, f.Type.minSize, f.Type.leaves
	case Fixed:
		return repeated(f.Type, f.Length)
	}
	return -1, 0, f.Type.leaves
}

func repeated(t *Type, n int) (size, least, leaves int) {
	least = saturate(t.minSize, n, maxSize)
	leaves = saturate(t.leaves, n, maxLeaves)
	if t.Kind == KindU8 {
		leaves = 1 // bytes are one value
	}
	if t.size < 0 {
		return -1, least, leaves
	}
	return least, least, leaves
}

func saturate(a, n, limit int) int {
	if a > 0 && n > limit/a {
		return limit + 1
	}
	return a * n
}

func (r *resolver) union(t *Type, def *typeDef) error {
	t.Kind = KindUnion
	var err error
	if t.Fields, err = r.fields(def.source, def.name, def.fields); err != nil {
		return err
	}
	if len(t.Fields) == 0 {
		return schemaError(def.source, "union "+def.name, "at least one arm", "none")
	}
	for _, f := range t.Fields {
		size, _, leaves := f.extent()
		if size < 0 {
			return schemaError(def.source, "union "+def.name+"."+f.Name, "an arm of fixed size", f.TypeString())
		}
		t.size = max(t.size, size)
		t.leaves = min(t.leaves+leaves, maxLeaves+1)
	}
	t.minSize = t.size
	return nil
}

func (r *resolver) alias(t *Type, def *typeDef) error {
	target, err := r.lookup(def.source, "alias "+def.name, def.base)
	if err != nil {
		return err
	}
	name, source := t.Name, t.Source
	switch {
	case def.length == 0:
		*t = *target
		t.Alias = target
		t.Comment = target.Comment
	case target.Kind == KindString && target.Alias == nil:
		*t = *fixedString(target, def.length)
		t.Alias = target
	default:
		t.Kind, t.Elem, t.Length = KindArray, target, def.length
		t.size, t.minSize, t.leaves = repeated(target, def.length)
	}
	t.Name, t.Source = name, source
	return nil
}

func fixedString(t *Type, n int) *Type {
	return &Type{Name: t.Name, Kind: KindString, Length: n, size: n, minSize: n, leaves: 1, Source: t.Source}
}

func (r *resolver) enum(t *Type, def *typeDef) error {
	base, ok := baseKinds[def.base]
	if !ok || !base.isInteger() {
		return schemaError(def.source, "enum "+def.name, "an integer enumtype", def.base)
	}
	e := &Enum{
		Name: def.name, Base: base, Members: def.members,
		// Older definitions declare flags as plain enums and combine them all the same.
		Flags:  def.section == "enumflags" || strings.HasSuffix(def.name, "_flags"),
		byName: map[string]int64{}, byValue: map[uint64]string{},
	}
	for _, m := range def.members {
		if !fits(m.Value, base) {
			return schemaError(def.source, "enum "+def.name+"."+m.Name, "a number that fits "+base.String(),
				strconv.FormatInt(m.Value, 10))
		}
		e.byName[m.Name] = m.Value
		if _, ok := e.byValue[e.bits(m.Value)]; !ok {
			e.byValue[e.bits(m.Value)] = m.Name
		}
	}
	t.Kind, t.Enum = KindEnum, e
	t.size, t.minSize, t.leaves = base.width(), base.width(), 1
	return nil
}

// fits tells whether an enum member can be sent: in the range of its base, or
// negative in an unsigned one (C writes ~0 as -1).
func fits(v int64, base Kind) bool {
	w := 8 * base.width()
	if w == 64 {
		return true
	}
	return v >= -(1<<(w-1)) && v < 1<<w
}

func (r *resolver) fields(source, owner string, defs []fieldDef) ([]*Field, error) {
	fields := make([]*Field, 0, len(defs))
	index := make(map[string]int, len(defs))
	for i, d := range defs {
		at := owner + "." + d.name
		t, err := r.lookup(source, at, d.typ)
		if err != nil {
			return nil, err
		}
		f := &Field{Name: d.name, Type: t, Options: d.options, countAt: -1, discAt: -1}
		if err := f.repeat(source, at, d, index, fields); err != nil {
			return nil, err
		}
		if err := f.readOptions(source, at, index); err != nil {
			return nil, err
		}
		index[d.name] = i
		fields = append(fields, f)
	}
	for i, f := range fields {
		f.findDiscriminator(fields[:i], index)
	}
	return fields, nil
}

// repeat works out how often the field occurs.
func (f *Field) repeat(source, at string, d fieldDef, index map[string]int, before []*Field) error {
	switch {
	case !d.isArray:
	case f.Type.Kind == KindString && f.Type.Alias == nil:
		if d.countField != "" {
			return schemaError(source, at, "a string", "a string with a count field")
		}
		if d.length > 0 {
			f.Type = fixedString(f.Type, d.length)
		}
	case d.countField != "":
		i, ok := index[d.countField]
		if !ok {
			return schemaError(source, at, "a count field before it", d.countField)
		}
		c := before[i]
		if c.Repeat != Once || !c.Type.Kind.isInteger() {
			return schemaError(source, at, "an integer count field", d.countField+" "+c.TypeString())
		}
		c.CountFor = f.Name
		f.Repeat, f.CountField, f.countAt = Counted, d.countField, i
	case d.length > 0:
		f.Repeat, f.Length = Fixed, d.length
	default:
		f.Repeat = Rest
	}
	return nil
}

func (f *Field) readOptions(source, at string, index map[string]int) error {
	for _, k := range sortedKeys(f.Options) {
		v := option(f.Options[k])
		switch k {
		case "default":
			if f.Repeat != Once {
				continue
			}
			def, err := defaultFor(f.Type, v)
			if err != "" {
				return schemaError(source, at+" default", err, fmt.Sprint(v))
			}
			f.Default = def
		case "limit":
			n, ok := v.(uint64)
			if s, isString := v.(string); isString {
				var err error
				n, err = strconv.ParseUint(s, 0, 32)
				ok = err == nil
			}
			if !ok || n == 0 || n > maxSize {
				return schemaError(source, at+" limit", "a positive number", fmt.Sprint(v))
			}
			f.Limit = int(n)
		case "discriminator":
			s, _ := v.(string)
			if _, ok := index[s]; !ok {
				return schemaError(source, at+" discriminator", "a field before it", fmt.Sprint(v))
			}
			f.Discriminator = s
		case "case":
			f.Case = fmt.Sprint(v)
		}
	}
	return nil
}

// defaultFor checks a default against its type and gives it the type's Go
// form; a non-empty string says what was wanted.
func defaultFor(t *Type, v any) (any, string) {
	k := t.Kind
	if k == KindEnum {
		k = t.Enum.Base
		if s, ok := v.(string); ok {
			n, known := t.Enum.Value(s)
			if !known {
				return nil, "a member of " + t.Enum.Name
			}
			return uint64(n), ""
		}
	}
	switch {
	case k == KindBool:
		switch v := v.(type) {
		case bool:
			return v, ""
		case uint64:
			return v != 0, ""
		}
	case k == KindF64:
		switch v := v.(type) {
		case float64:
			return v, ""
		case uint64:
			return float64(v), ""
		case int64:
			return float64(v), ""
		}
	case k.isInteger():
		if b, ok := v.(bool); ok {
			if b {
				return uint64(1), ""
			}
			return uint64(0), ""
		}
		if s, ok := v.(string); ok { // "0xffffffff"
			if u, err := strconv.ParseUint(s, 0, 64); err == nil {
				v = u
			}
		}
		if f, ok := v.(float64); ok && f >= 0 && f < 1<<53 && f == float64(uint64(f)) {
			v = uint64(f)
		}
		if checked, err := toInteger(k, v); err == nil {
			return checked, ""
		}
	case k == KindString:
		if v == "" {
			return nil, ""
		}
		return nil, "no default on a string"
	}
	return nil, "a default that fits " + t.Name
}

// findDiscriminator links a union field to the sibling that chooses its arm
// and numbers the cases of its arms.
func (f *Field) findDiscriminator(before []*Field, index map[string]int) {
	if f.Type.Kind != KindUnion || f.Repeat != Once {
		f.Discriminator = ""
		return
	}
	if f.Discriminator != "" {
		f.discAt = index[f.Discriminator]
		if k := before[f.discAt].Type.Kind; before[f.discAt].Repeat != Once || k != KindEnum && !k.isInteger() {
			f.Discriminator, f.discAt = "", -1
		}
		return
	}
	for i, c := range before {
		if c.Type.Kind != KindEnum || c.Repeat != Once || !casesAreFrom(f.Type, c.Type.Enum) {
			continue
		}
		if f.discAt >= 0 {
			f.Discriminator, f.discAt, f.Inferred = "", -1, false
			return
		}
		f.Discriminator, f.discAt, f.Inferred = c.Name, i, true
	}
}

func casesAreFrom(union *Type, e *Enum) bool {
	for _, arm := range union.Fields {
		if _, ok := e.Value(arm.Case); !ok {
			return false
		}
	}
	return true
}

// arm returns the arm of a union that the discriminator's value chooses, nil
// if none does.
func arm(union *Type, disc *Type, value int64) *Field {
	for _, a := range union.Fields {
		v, ok := caseNumber(a, disc)
		if ok && (v == value || disc.Enum != nil && disc.Enum.bits(v) == disc.Enum.bits(value)) {
			return a
		}
	}
	return nil
}

// caseNumber is the number of an arm's case in the discriminator's enum; a
// case may be written as a number as well.
func caseNumber(a *Field, disc *Type) (int64, bool) {
	if a.Case == "" {
		return 0, false
	}
	if disc.Enum != nil {
		if v, ok := disc.Enum.Value(a.Case); ok {
			return v, true
		}
	}
	v, err := strconv.ParseInt(a.Case, 0, 64)
	return v, err == nil
}

func (r *resolver) message(def *messageDef) (*Message, error) {
	fields, err := r.fields(def.source, def.name, def.fields)
	if err != nil {
		return nil, err
	}
	body := &Type{Name: def.name, Kind: KindStruct, Fields: fields, Source: def.source}
	layOutStruct(body)
	if body.minSize > maxSize || body.leaves > maxLeaves {
		return nil, schemaError(def.source, "message "+def.name, fmt.Sprintf("at most %d bytes and %d fields", maxSize, maxLeaves), "more")
	}
	m := &Message{
		Name: def.name, CRC: def.crc, Fields: fields, Options: def.options, Comment: def.comment,
		Module: def.source, body: body,
	}
	_, m.Deprecated = def.options["deprecated"]
	_, m.InProgress = def.options["in_progress"]
	m.InProgress = m.InProgress || def.options["status"] == "in_progress"
	m.ReplacedBy = def.options["replaced_by"]
	m.clientIndex, m.context, m.retval = m.Offset("client_index", 4), m.Offset("context", 4), m.Offset("retval", 4)
	return m, nil
}

// formatOf recognises the types that have a customary text form.
func formatOf(name string, t *Type) Format {
	bytesOf := func(n int) bool { return t.Kind == KindArray && t.Elem.Kind == KindU8 && t.Length == n }
	pair := func(second Kind) bool {
		return t.Kind == KindStruct && len(t.Fields) == 2 && t.Fields[0].Repeat == Once &&
			t.Fields[1].Repeat == Once && (second == t.Fields[1].Type.Kind)
	}
	switch name {
	case "ip4_address":
		if bytesOf(4) {
			return FormatIP4
		}
	case "ip6_address":
		if bytesOf(16) {
			return FormatIP6
		}
	case "mac_address":
		if bytesOf(6) {
			return FormatMAC
		}
	case "address":
		if pair(KindUnion) && t.size == 17 && t.Fields[0].Type.Kind == KindEnum && isAddressUnion(t.Fields[1].Type) &&
			familiesAreUsual(t.Fields[0].Type, t.Fields[1].Type) {
			return FormatAddress
		}
	case "prefix":
		if pair(KindU8) && t.Fields[0].Type.Format == FormatAddress {
			return FormatPrefix
		}
	case "ip4_prefix":
		if pair(KindU8) && t.Fields[0].Type.Format == FormatIP4 {
			return FormatIP4Prefix
		}
	case "ip6_prefix":
		if pair(KindU8) && t.Fields[0].Type.Format == FormatIP6 {
			return FormatIP6Prefix
		}
	case "timestamp":
		if t.Kind == KindF64 {
			return FormatTimestamp
		}
	case "timedelta":
		if t.Kind == KindF64 {
			return FormatTimedelta
		}
	}
	return FormatNone
}

func isAddressUnion(t *Type) bool {
	return len(t.Fields) == 2 && t.Fields[0].Type.Format == FormatIP4 && t.Fields[1].Type.Format == FormatIP6 &&
		t.Fields[0].Repeat == Once && t.Fields[1].Repeat == Once
}

// familiesAreUsual makes sure that a schema which says which arm is which
// family's numbers them 0 and 1, as the text form takes for granted.
func familiesAreUsual(family, union *Type) bool {
	for i, a := range union.Fields {
		if n, ok := caseNumber(a, family); ok && n != int64(i) {
			return false
		}
	}
	return true
}
