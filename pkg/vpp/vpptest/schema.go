package vpptest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// moduleRows are messages of one .api module. Several kinds may add to one
// module; whoever knows them gives version and semver.
type moduleRows struct {
	name string
	// version is the module's vl_api_version; with the name it is what
	// get_first_msg_id looks up.
	version uint32
	// semver is the module's option "version".
	semver string
	rows   []row
}

// row is one message: its CRC in 26.06 and its fields behind _vl_msg_id,
// "type name" separated by semicolons, with [n], [] or [count] behind the name
// of an array and key=value options behind that. Types are named bare
// (prefix for vl_api_prefix_t) and come from the type table.
type row struct {
	name       string
	crc        uint32
	fields     string
	id         uint16 // fixed by VPP; 0 where the boot assigns one
	inProgress bool   // carries that option
	service    *service
}

// service is what a request is answered with.
type service struct {
	reply   string
	stream  bool
	details string // the stream_msg of a modern stream
	events  []string
}

const (
	requestFields = "u32 client_index; u32 context; "
	replyFields   = "u32 context; i32 retval; "
	// crcRetval is the CRC of every reply that is a retval and nothing else.
	crcRetval = 0xe8d4e804
)

// callRows is a request that is answered with a retval alone.
func callRows(name string, crc uint32, fields string) []row {
	return replyingRows(name, crc, fields, crcRetval, "")
}

// replyingRows is a request whose reply carries more than the retval.
func replyingRows(name string, crc uint32, fields string, replyCRC uint32, more string) []row {
	return []row{
		{name: name, crc: crc, fields: requestFields + fields, service: &service{reply: name + "_reply"}},
		{name: name + "_reply", crc: replyCRC, fields: replyFields + more},
	}
}

// eventRows is a call that subscribes to an event.
func eventRows(name string, crc uint32, fields, event string, eventCRC uint32, eventFields string) []row {
	rows := callRows(name, crc, fields)
	rows[0].service.events = []string{event}
	return append(rows, row{name: event, crc: eventCRC, fields: eventFields})
}

// dumpRows is a stream of the old style, without an end marker.
func dumpRows(name string, crc uint32, fields, details string, detailsCRC uint32, detailsFields string) []row {
	return []row{
		{name: name, crc: crc, fields: requestFields + fields, service: &service{reply: details, stream: true}},
		{name: details, crc: detailsCRC, fields: "u32 context; " + detailsFields},
	}
}

// streamRows is a modern stream: details, then a reply with a cursor.
func streamRows(name string, crc uint32, fields string, replyCRC uint32, details string, detailsCRC uint32, detailsFields string) []row { //nolint:unparam // rows say all that VPP's API files do
	rows := replyingRows(name, crc, fields, replyCRC, "u32 cursor")
	rows[0].service.stream, rows[0].service.details = true, details
	return append(rows, row{name: details, crc: detailsCRC, fields: "u32 context; " + detailsFields})
}

func inProgress(rows []row) []row {
	for i := range rows {
		rows[i].inProgress = true
	}
	return rows
}

// apiTable is the whole API: rows by module, in the order in which a boot
// numbers them, and the schema parsed back from them for the codecs. It is
// immutable.
type apiTable struct {
	modules []*moduleRows
	types   typeTable
	byName  map[string]*row
	schema  *binproto.Schema
}

// newAPITable merges the rows of all kinds, memclnt first, and checks that they
// make a schema.
func newAPITable(kinds []kind) (*apiTable, error) {
	t := &apiTable{types: typeTable{}, byName: map[string]*row{}}
	if err := t.types.add(commonTypes); err != nil {
		return nil, err
	}
	for _, k := range kinds {
		if err := t.types.add(k.types); err != nil {
			return nil, err
		}
		for _, m := range k.modules {
			if err := t.addModule(m); err != nil {
				return nil, err
			}
		}
	}
	text, err := t.json(nil, true)
	if err != nil {
		return nil, err
	}
	if t.schema, err = binproto.Parse("vpptest", text); err != nil {
		return nil, fmt.Errorf("API table: %w", err)
	}
	return t, nil
}

func (t *apiTable) addModule(m moduleRows) error {
	i := slices.IndexFunc(t.modules, func(o *moduleRows) bool { return o.name == m.name })
	if i < 0 {
		i = len(t.modules)
		t.modules = append(t.modules, &moduleRows{name: m.name})
	}
	to := t.modules[i]
	if m.version != 0 {
		if to.version != 0 && to.version != m.version {
			return fmt.Errorf("API table: module %s has two versions, %#x and %#x", m.name, to.version, m.version)
		}
		to.version, to.semver = m.version, m.semver
	}
	for _, r := range m.rows {
		if t.byName[r.name] != nil {
			return fmt.Errorf("API table: message %s stands there twice", r.name)
		}
		t.byName[r.name] = &r
		to.rows = append(to.rows, r)
	}
	return nil
}

// apiChange is how a boot's API differs from the table.
type apiChange struct {
	missing map[string]bool   // messages and modules
	crcs    map[string]uint32 // message → another CRC
}

func (c *apiChange) lacks(module string, r *row) bool {
	return c != nil && (c.missing[module] || c.missing[r.name])
}

func (c *apiChange) crc(r *row) uint32 {
	if c != nil {
		if v, ok := c.crcs[r.name]; ok {
			return v
		}
	}
	return r.crc
}

// nameCRC is the key of a message in the table of the handshake.
func (c *apiChange) nameCRC(r *row) string { return fmt.Sprintf("%s_%08x", r.name, c.crc(r)) }

// json renders the table as get_api_json does: an array of modules, each with
// the types it uses. memclnt is not among them, as in VPP, unless asked for.
func (t *apiTable) json(change *apiChange, withMemclnt bool) ([]byte, error) {
	modules := []any{}
	for _, m := range t.modules {
		if change != nil && change.missing[m.name] || m.name == memclnt && !withMemclnt {
			continue
		}
		j, err := t.moduleJSON(m, change)
		if err != nil {
			return nil, err
		}
		modules = append(modules, j)
	}
	return json.MarshalIndent(modules, "", " ")
}

func (t *apiTable) moduleJSON(m *moduleRows, change *apiChange) (map[string]any, error) {
	used := map[string]bool{}
	messages := []any{}
	services := map[string]any{}
	for i := range m.rows {
		r := &m.rows[i]
		if change.lacks(m.name, r) {
			continue
		}
		fields, err := parseFields(r.fields)
		if err != nil {
			return nil, fmt.Errorf("API table: message %s: %w", r.name, err)
		}
		item := []any{r.name, []any{"u16", "_vl_msg_id"}}
		for _, f := range fields {
			if err := t.types.use(f.typ, used); err != nil {
				return nil, fmt.Errorf("API table: message %s.%s: %w", r.name, f.name, err)
			}
			item = append(item, f.json())
		}
		options := map[string]any{}
		if r.inProgress {
			options["in_progress"] = nil
		}
		messages = append(messages, append(item, map[string]any{"crc": fmt.Sprintf("0x%08x", change.crc(r)), "options": options}))
		if r.service != nil {
			services[r.name] = r.service.json()
		}
	}
	out := map[string]any{
		"module": m.name, "messages": messages, "services": services,
		"vl_api_version": fmt.Sprintf("0x%08x", m.version), "options": map[string]any{"version": m.semver},
		"imports": []any{}, "counters": []any{}, "paths": []any{},
	}
	maps.Copy(out, t.types.json(used))
	return out, nil
}

func (s *service) json() map[string]any {
	out := map[string]any{"reply": s.reply}
	if s.reply == "" {
		out["reply"] = "null"
	}
	if s.stream {
		out["stream"] = true
	}
	if s.details != "" {
		out["stream_msg"] = s.details
	}
	if len(s.events) > 0 {
		out["events"] = s.events
	}
	return out
}

// fieldText is a field as a row writes it.
type fieldText struct {
	typ, name string
	array     bool
	length    string // a number, the name of the count field, or nothing
	options   map[string]any
}

func parseFields(text string) ([]fieldText, error) {
	var out []fieldText
	for part := range strings.SplitSeq(text, ";") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		if len(words) < 2 {
			return nil, fmt.Errorf("field %q: want \"type name\"", part)
		}
		f := fieldText{typ: words[0], name: words[1]}
		if name, rest, ok := strings.Cut(words[1], "["); ok {
			f.name, f.length, f.array = name, strings.TrimSuffix(rest, "]"), true
		}
		for _, o := range words[2:] {
			key, value, ok := strings.Cut(o, "=")
			if !ok {
				return nil, fmt.Errorf("field %q: want key=value, got %q", part, o)
			}
			if f.options == nil {
				f.options = map[string]any{}
			}
			f.options[key] = value
			if n, err := strconv.ParseUint(value, 0, 64); err == nil {
				f.options[key] = n
			}
		}
		out = append(out, f)
	}
	return out, nil
}

func (f *fieldText) json() []any {
	out := []any{wireName(f.typ), f.name}
	if f.array {
		if n, err := strconv.Atoi(f.length); err == nil {
			out = append(out, n)
		} else if out = append(out, 0); f.length != "" {
			out = append(out, f.length)
		}
	}
	if f.options != nil {
		out = append(out, f.options)
	}
	return out
}

// join puts the rows of several messages in one list.
func join(rows ...[]row) []row { return slices.Concat(rows...) }
