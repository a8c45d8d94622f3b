package binproto

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Suffix is the file name ending of API descriptions.
const Suffix = ".api.json"

// Loader gathers API descriptions and builds a [Schema] from them. The zero
// value is ready. Identical definitions of one name are accepted (VPP inlines
// imported types into every file that uses them); different ones are an error
// that names both sources. A Loader is not safe for concurrent use.
type Loader struct {
	defs     definitions
	fallback definitions
}

// Add reads one description, or the array of them that get_api_json returns.
// Source names it in errors. Bytes of value zero behind the text, which VPP
// sends, are ignored.
func (l *Loader) Add(source string, data []byte) error { return l.defs.add(source, data) }

// AddFallback is Add for definitions that count only where no other source
// defines the name: messages a client must know even if VPP does not tell.
func (l *Loader) AddFallback(source string, data []byte) error {
	return l.fallback.add(source, data)
}

// AddFS reads every *.api.json below the root of fsys, recursively and in
// sorted order. Patterns (path.Match syntax) restrict it to files whose base
// name, with or without the suffix, or whose path matches one of them.
func (l *Loader) AddFS(fsys fs.FS, patterns ...string) error {
	var files []string
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() || !strings.HasSuffix(p, Suffix) {
			return nil
		}
		ok, err := matchFile(p, patterns)
		if ok {
			files = append(files, p)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("reading API descriptions: %w", err)
	}
	if len(files) == 0 {
		return fmt.Errorf("reading API descriptions: no *%s file found: %w", Suffix, fs.ErrNotExist)
	}
	slices.Sort(files)
	for _, p := range files {
		data, err := fs.ReadFile(fsys, p)
		if err != nil {
			return fmt.Errorf("reading API descriptions: %w", err)
		}
		if err := l.Add(p, data); err != nil {
			return err
		}
	}
	return nil
}

func matchFile(p string, patterns []string) (bool, error) {
	base := path.Base(p)
	for _, pat := range patterns {
		for _, name := range []string{p, base, strings.TrimSuffix(base, Suffix)} {
			ok, err := path.Match(pat, name)
			if err != nil {
				return false, fmt.Errorf("pattern %q: %w", pat, err)
			}
			if ok {
				return true, nil
			}
		}
	}
	return len(patterns) == 0, nil
}

// AddDir is AddFS for a directory of the operating system.
func (l *Loader) AddDir(dir string, patterns ...string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("reading API descriptions: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("reading API descriptions: %s is not a directory", dir)
	}
	if err := l.AddFS(os.DirFS(dir), patterns...); err != nil {
		return fmt.Errorf("%s: %w", filepath.Clean(dir), err)
	}
	return nil
}

// Schema resolves what was added. It may be called more than once.
func (l *Loader) Schema() (*Schema, error) { return resolve(&l.defs, &l.fallback) }

// Parse builds a schema from one description or an array of them.
func Parse(source string, data []byte) (*Schema, error) {
	var l Loader
	if err := l.Add(source, data); err != nil {
		return nil, err
	}
	return l.Schema()
}

// LoadFS builds a schema from a file tree; see [Loader.AddFS].
func LoadFS(fsys fs.FS, patterns ...string) (*Schema, error) {
	var l Loader
	if err := l.AddFS(fsys, patterns...); err != nil {
		return nil, err
	}
	return l.Schema()
}

// LoadDirs builds a schema from several directories; see [Loader.AddDir].
func LoadDirs(dirs ...string) (*Schema, error) {
	var l Loader
	for _, d := range dirs {
		if err := l.AddDir(d); err != nil {
			return nil, err
		}
	}
	return l.Schema()
}

// definitions are unresolved descriptions, by name.
type definitions struct {
	sources  []string
	types    map[string]*typeDef // bare name → type, union, enum, enumflag, alias
	messages map[string]*messageDef
	services map[string]*serviceDef
}

type typeDef struct {
	name    string
	section string // "types", "unions", "enums", "enumflags", "aliases"
	source  string
	fields  []fieldDef
	members []EnumMember
	base    string // enum base, alias target
	length  int    // alias length
	comment string
}

type fieldDef struct {
	typ, name  string
	length     int
	isArray    bool
	countField string
	options    map[string]any
}

type messageDef struct {
	name    string
	source  string
	crc     uint32
	fields  []fieldDef
	options map[string]string
	comment string
}

type serviceDef struct {
	source  string
	service Service
}

// moduleJSON is the layout of one .api.json; every section is optional.
type moduleJSON struct {
	Module    string                     `json:"module"`
	Types     []json.RawMessage          `json:"types"`
	Unions    []json.RawMessage          `json:"unions"`
	Enums     []json.RawMessage          `json:"enums"`
	EnumFlags []json.RawMessage          `json:"enumflags"`
	Messages  []json.RawMessage          `json:"messages"`
	Aliases   map[string]json.RawMessage `json:"aliases"`
	Services  json.RawMessage            `json:"services"`
}

func (d *definitions) add(source string, data []byte) error {
	data = bytes.TrimSpace(bytes.TrimRight(data, "\x00"))
	if len(data) > 0 && data[0] == '[' {
		var modules []json.RawMessage
		if err := json.Unmarshal(data, &modules); err != nil {
			return schemaError(source, "", "", describeJSONError(err))
		}
		for i, m := range modules {
			if err := d.addModule(fmt.Sprintf("%s[%d]", source, i), m, true); err != nil {
				return err
			}
		}
		return nil
	}
	return d.addModule(source, data, false)
}

func (d *definitions) addModule(source string, data []byte, inArray bool) error {
	var m moduleJSON
	if err := json.Unmarshal(data, &m); err != nil {
		return schemaError(source, "", "", describeJSONError(err))
	}
	if inArray && m.Module != "" {
		source = m.Module
	}
	d.sources = append(d.sources, source)
	p := parser{source: source}
	for _, s := range []struct {
		section string
		items   []json.RawMessage
	}{{"types", m.Types}, {"unions", m.Unions}, {"enums", m.Enums}, {"enumflags", m.EnumFlags}} {
		for i, raw := range s.items {
			def, err := p.typeDef(s.section, i, raw)
			if err != nil {
				return err
			}
			if err := d.addType(def); err != nil {
				return err
			}
		}
	}
	for _, name := range sortedKeys(m.Aliases) {
		def, err := p.aliasDef(name, m.Aliases[name])
		if err != nil {
			return err
		}
		if err := d.addType(def); err != nil {
			return err
		}
	}
	for i, raw := range m.Messages {
		def, err := p.messageDef(i, raw)
		if err != nil {
			return err
		}
		if err := d.addMessage(def); err != nil {
			return err
		}
	}
	services, err := p.serviceDefs(m.Services)
	if err != nil {
		return err
	}
	for _, s := range services {
		if err := d.addService(s); err != nil {
			return err
		}
	}
	return nil
}

func (d *definitions) addType(def *typeDef) error {
	if old, ok := d.types[def.name]; ok {
		if !old.same(def) {
			return conflictError("type", def.name, old.source, def.source)
		}
		return nil
	}
	if d.types == nil {
		d.types = map[string]*typeDef{}
	}
	d.types[def.name] = def
	return nil
}

func (d *definitions) addMessage(def *messageDef) error {
	if old, ok := d.messages[def.name]; ok {
		if old.crc != def.crc || !slices.EqualFunc(old.fields, def.fields, fieldDef.same) {
			return conflictError("message", def.name, old.source, def.source)
		}
		return nil
	}
	if d.messages == nil {
		d.messages = map[string]*messageDef{}
	}
	d.messages[def.name] = def
	return nil
}

func (d *definitions) addService(def *serviceDef) error {
	name := def.service.Request
	if old, ok := d.services[name]; ok {
		a, b := old.service, def.service
		if a.Reply != b.Reply || a.Stream != b.Stream || a.StreamMessage != b.StreamMessage ||
			!slices.Equal(a.Events, b.Events) {
			return conflictError("service", name, old.source, def.source)
		}
		return nil
	}
	if d.services == nil {
		d.services = map[string]*serviceDef{}
	}
	d.services[name] = def
	return nil
}

func (t *typeDef) same(o *typeDef) bool {
	return t.section == o.section && t.base == o.base && t.length == o.length &&
		slices.Equal(t.members, o.members) && slices.EqualFunc(t.fields, o.fields, fieldDef.same)
}

func (f fieldDef) same(o fieldDef) bool {
	if f.typ != o.typ || f.name != o.name || f.length != o.length || f.isArray != o.isArray ||
		f.countField != o.countField || len(f.options) != len(o.options) {
		return false
	}
	for k, v := range f.options {
		if w, ok := o.options[k]; !ok || fmt.Sprint(v) != fmt.Sprint(w) {
			return false
		}
	}
	return true
}

func schemaError(source, field, want, got string) error {
	return &Error{Op: "schema", Message: source, Field: field, Offset: -1, Want: want, Got: got, Err: ErrSchema}
}

func conflictError(what, name, first, second string) error {
	return &Error{
		Op: "schema", Field: what + " " + name, Offset: -1, Err: ErrConflict,
		Got: fmt.Sprintf("%s and %s define it differently", first, second),
	}
}

func describeJSONError(err error) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("%v (byte %d)", err, syntax.Offset)
	}
	return err.Error()
}
