package binproto_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// sample is the schema of testdata/sample.api.json.
func sample(t *testing.T) *binproto.Schema {
	t.Helper()
	s, err := binproto.LoadFS(os.DirFS("testdata"), "sample")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every section may be missing, and the array of get_api_json is one source.
func TestParse(t *testing.T) {
	t.Parallel()
	const ping = `["ping", ["u16", "_vl_msg_id"], {"crc": "0x1"}]`
	for name, c := range map[string]struct {
		text     string
		messages int
	}{
		"nothing":           {`{}`, 0},
		"sections of null":  {`{"types": null, "messages": null, "services": null, "aliases": null}`, 0},
		"messages alone":    {`{"messages": [` + ping + `]}`, 1},
		"services alone":    {`{"services": {"ping": {"reply": "pong"}}}`, 0},
		"no modules":        {`[]`, 0},
		"two modules":       {`[{"module": "a", "messages": [` + ping + `]}, {"module": "b", "messages": [["pong", ["u16", "_vl_msg_id"]]]}]`, 2},
		"zeros behind":      {`{"messages": [` + ping + "]}\n\x00\x00", 1},
		"unknown sections":  {`{"counters": [], "paths": [], "imports": [], "vl_api_version": "0x1", "messages": [` + ping + `]}`, 1},
		"the same twice":    {`[{"messages": [` + ping + `]}, {"messages": [` + ping + `]}]`, 1},
		"used before given": {`{"messages": [["m", ["u16", "_vl_msg_id"], ["vl_api_c_t", "c"]]], "aliases": {"c": {"type": "vl_api_b_t"}}, "types": [["b", ["vl_api_a_t", "a"]]], "enums": [["a", ["X", 1]]]}`, 1},
	} {
		s, err := binproto.Parse("test", []byte(c.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Len() != c.messages {
			t.Errorf("%s: %d messages, want %d", name, s.Len(), c.messages)
		}
	}
}

// A schema that cannot be used is refused with an error that finds the place.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	message := func(fields string) string { return `{"messages": [["m", ["u16", "_vl_msg_id"], ` + fields + `]]}` }
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":            {`{`, "byte"},
		"no object":          {`7`, "test"},
		"unknown type":       {message(`["vl_api_nosuch_t", "f"]`), "nosuch"},
		"type of itself":     {`{"types": [["a", ["vl_api_b_t", "b"]], ["b", ["vl_api_a_t", "a"]]]}`, "type a"},
		"alias of itself":    {`{"aliases": {"a": {"type": "vl_api_a_t"}}}`, "type a"},
		"field twice":        {message(`["u8", "f"], ["u8", "f"]`), "f"},
		"no such count":      {message(`["u8", "f", 0, "n"]`), "n"},
		"negative length":    {message(`["u8", "f", -1]`), "-1"},
		"bad CRC":            {`{"messages": [["m", ["u16", "_vl_msg_id"], {"crc": "0xg"}]]}`, "crc"},
		"field of no name":   {message(`["u8"]`), "u8"},
		"stream of no sense": {`{"services": {"a": {"reply": "b", "stream": 7}}}`, "stream"},
	} {
		s, err := binproto.Parse("test", []byte(c.text))
		switch {
		case err == nil || s != nil:
			t.Errorf("%s: accepted", name)
		case !errors.Is(err, binproto.ErrSchema), !strings.Contains(strings.ToLower(err.Error()), c.want):
			t.Errorf("%s: %v, want a schema error that tells of %q", name, err, c.want)
		}
	}
}

// Definitions of one name must be the same; if not, the error names both.
func TestConflicts(t *testing.T) {
	t.Parallel()
	add := func(t *testing.T, first, second string) error {
		t.Helper()
		var l binproto.Loader
		if err := l.Add("one.api.json", []byte(first)); err != nil {
			t.Fatal(err)
		}
		return l.Add("other.api.json", []byte(second))
	}
	for what, c := range map[string][2]string{
		"type p":    {`{"types": [["p", ["u8", "x"]]]}`, `{"types": [["p", ["u16", "x"]]]}`},
		"type u":    {`{"unions": [["u", ["u8", "x"]]]}`, `{"types": [["u", ["u8", "x"]]]}`},
		"type e":    {`{"enums": [["e", ["A", 0]]]}`, `{"enums": [["e", ["A", 1]]]}`},
		"type f":    {`{"enumflags": [["f", ["A", 1]]]}`, `{"enums": [["f", ["A", 1]]]}`},
		"type b":    {`{"enums": [["b", ["A", 0], {"enumtype": "u8"}]]}`, `{"enums": [["b", ["A", 0]]]}`},
		"type a":    {`{"aliases": {"a": {"type": "u8", "length": 4}}}`, `{"aliases": {"a": {"type": "u8", "length": 6}}}`},
		"type d":    {`{"types": [["d", ["u8", "x", {"default": 1}]]]}`, `{"types": [["d", ["u8", "x", {"default": 2}]]]}`},
		"message m": {`{"messages": [["m", ["u16", "_vl_msg_id"], {"crc": "0x1"}]]}`, `{"messages": [["m", ["u16", "_vl_msg_id"], {"crc": "0x2"}]]}`},
		"service s": {`{"services": {"s": {"reply": "r"}}}`, `{"services": {"s": {"reply": "r", "stream": true}}}`},
	} {
		if err := add(t, c[0], c[0]); err != nil {
			t.Errorf("the same %s twice: %v", what, err)
		}
		err := add(t, c[0], c[1])
		if !errors.Is(err, binproto.ErrConflict) || !errors.Is(err, binproto.ErrSchema) {
			t.Errorf("two of %s: %v", what, err)
			continue
		}
		for _, part := range []string{what, "one.api.json", "other.api.json"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("two of %s: %q does not name %s", what, err, part)
			}
		}
	}
}

// A fallback counts only where nothing else defines the name.
func TestFallback(t *testing.T) {
	t.Parallel()
	var l binproto.Loader
	for _, err := range []error{
		l.AddFallback("own", []byte(`{"messages": [["a", ["u16", "_vl_msg_id"], {"crc": "0x1"}], ["b", ["u16", "_vl_msg_id"], {"crc": "0x1"}]]}`)),
		l.Add("theirs", []byte(`{"messages": [["a", ["u16", "_vl_msg_id"], {"crc": "0x2"}]]}`)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := l.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if a, b := s.Message("a"), s.Message("b"); a.CRC != 2 || b == nil || b.CRC != 1 {
		t.Errorf("a is %v, b is %v", a, b)
	}
}

// Directories are read recursively and in sorted order, whole or by patterns.
func TestLoad(t *testing.T) {
	t.Parallel()
	file := func(message string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`{"messages": [["` + message + `", ["u16", "_vl_msg_id"]]]}`)}
	}
	tree := fstest.MapFS{
		"plugins/acl.api.json": file("acl"), "plugins/deep/nat.api.json": file("nat"), "core/ip.api.json": file("ip"),
		"core/ip.json": file("no_description"), "README": {Data: []byte("{")},
	}
	for _, c := range []struct{ patterns, want []string }{
		{nil, []string{"acl", "ip", "nat"}},
		{[]string{"ip"}, []string{"ip"}},
		{[]string{"nat.api.json", "a*"}, []string{"acl", "nat"}},
		{[]string{"plugins/*.api.json"}, []string{"acl"}},
	} {
		s, err := binproto.LoadFS(tree, c.patterns...)
		if err != nil {
			t.Errorf("%q: %v", c.patterns, err)
			continue
		}
		messages, err := s.Messages()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range messages {
			names = append(names, m.Name)
		}
		if !slices.Equal(names, c.want) {
			t.Errorf("%q gives %q, want %q", c.patterns, names, c.want)
		}
	}
	s, err := binproto.LoadFS(tree)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Modules(), []string{"core/ip.api.json", "plugins/acl.api.json", "plugins/deep/nat.api.json"}; !slices.Equal(got, want) {
		t.Errorf("read from %q", got)
	}
	if _, err := binproto.LoadFS(tree, "nosuch"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file matches: %v", err)
	}
	if _, err := binproto.LoadFS(tree, "["); err == nil {
		t.Error("a bad pattern is accepted")
	}
	// Of two files the one that sorts first is the first definition, always.
	tree["core/zz.api.json"] = &fstest.MapFile{Data: []byte(`{"messages": [["ip", ["u16", "_vl_msg_id"], ["u8", "x"]]]}`)}
	if _, err := binproto.LoadFS(tree); !errors.Is(err, binproto.ErrConflict) || !strings.Contains(err.Error(), "core/ip.api.json and core/zz.api.json") {
		t.Errorf("a conflict between files: %v", err)
	}
}

func TestLoadDirs(t *testing.T) {
	t.Parallel()
	one, other := t.TempDir(), t.TempDir()
	for dir, message := range map[string]string{one: "first", other: "second"} {
		text := `{"messages": [["` + message + `", ["u16", "_vl_msg_id"]]]}`
		if err := os.WriteFile(filepath.Join(dir, message+binproto.Suffix), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := binproto.LoadDirs(one, other)
	if err != nil {
		t.Fatal(err)
	}
	if s.Message("first") == nil || s.Message("second") == nil {
		t.Errorf("%d messages of two directories", s.Len())
	}
	for _, dir := range []string{filepath.Join(one, "nosuch"), filepath.Join(one, "first"+binproto.Suffix), t.TempDir()} {
		if _, err := binproto.LoadDirs(one, dir); err == nil {
			t.Errorf("%s is read as a directory of descriptions", dir)
		}
	}
}

// Two versions of one message live side by side.
func TestTwoSchemas(t *testing.T) {
	t.Parallel()
	parse := func(fields string) *binproto.Message {
		s, err := binproto.Parse("test", []byte(`{"messages": [["m", ["u16", "_vl_msg_id"], `+fields+`]]}`))
		if err != nil {
			t.Fatal(err)
		}
		return s.Message("m")
	}
	older, newer := parse(`["u8", "x"]`), parse(`["u32", "y"], ["u16", "x"]`)
	type values struct{ X uint16 }
	for m, want := range map[*binproto.Message]string{older: "\x00\x00\x07", newer: "\x00\x00\x00\x00\x00\x00\x00\x07"} {
		wire, err := m.AppendFields(nil, map[string]any{"x": 7})
		if err != nil || string(wire) != want {
			t.Errorf("%x (%v), want %x", wire, err, want)
		}
	}
	for m, size := range map[*binproto.Message]int{older: 3, newer: 8} {
		codec, err := binproto.Bind[values](m)
		if err != nil {
			t.Fatal(err)
		}
		if wire, err := codec.Append(nil, &values{7}); err != nil || len(wire) != size {
			t.Errorf("%x (%v), want %d bytes", wire, err, size)
		}
	}
}

// What a schema can be asked.
func TestLookUps(t *testing.T) {
	t.Parallel()
	s := sample(t)
	check := func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, want %#v", what, got, want)
		}
	}
	m := s.Message("scalars")
	check("its identity", m.NameCRC(), "scalars_00000001")
	check("its comment", m.Comment, "one of each scalar")
	check("its places", []int{m.ClientIndexOffset(), m.ContextOffset(), m.RetvalOffset()}, []int{2, 6, -1})
	check("the reply's retval", s.Message("scalars_reply").RetvalOffset(), 6)
	check("an absent message", s.Message("nosuch") == nil, true)
	check("an absent field", m.Field("nosuch") == nil, true)

	d := s.Message("defaults")
	check("deprecated", []any{d.Deprecated, d.InProgress, d.ReplacedBy}, []any{true, false, "scalars"})
	for field, want := range map[string]any{
		"mtu": uint64(1500), "up": true, "down": false, "factor": 1.5, "level": int64(-2), "sw_if_index": uint64(1<<32 - 1), "plain": nil,
	} {
		check("the default of "+field, d.Field(field).Default, want)
	}
	check("a limit", s.Message("texts").Field("short").Limit, 6)
	check("a field's options", s.Message("texts").Field("short").Options["limit"] != nil, true)
	check("a count", []string{s.Message("paths").Field("paths").CountField, s.Message("paths").Field("n_paths").CountFor}, []string{"n_paths", "paths"})
	check("how types are written", []string{
		s.Message("texts").Field("name").TypeString(), s.Message("octets").Field("raw").TypeString(), s.Message("paths").Field("paths").TypeString(),
	}, []string{"string[8]", "u8[5]", "vl_api_path_t[n_paths]"})

	address := s.Type("address")
	check("a type by either name", address == s.Type("vl_api_address_t"), true)
	check("a discriminator", address.Fields[1].Discriminator, "af")
	check("a case", s.Type("address_union").Fields[1].Case, "ADDRESS_IP6")
	check("a union", s.Type("number").Kind, binproto.KindUnion)
	check("an alias", s.Type("interface_index").Alias.Name, "u32")
	size, fixed := s.Type("prefix").Size()
	check("the size of a prefix", []any{size, fixed}, []any{18, true})
	_, fixed = s.Type("hop").Size()
	check("the size of a list", fixed, false)

	state := s.Type("state").Enum
	v, ok := state.Value("STATE_BROKEN")
	check("a number of an enum", []any{v, ok}, []any{int64(-2), true})
	name, ok := state.NameOf(1)
	check("the first of two names", []any{name, ok}, []any{"STATE_UP", true})
	_, ok = state.NameOf(7)
	check("a number without a name", ok, false)
	flags := s.Type("port_flags").Enum
	check("flags", []bool{flags.Flags, state.Flags, s.Type("legacy_flags").Enum.Flags}, []bool{true, false, true})
	names, ok := flags.FlagNames(0x83)
	check("a combination", []any{names, ok}, []any{[]string{"PORT_FLAG_UP", "PORT_FLAG_PROMISC", "PORT_FLAG_LAST"}, true})
	_, ok = flags.FlagNames(4)
	check("a bit without a name", ok, false)

	check("a stream", *s.Service("items_dump"), binproto.Service{
		Request: "items_dump", Reply: "items_dump_reply", Stream: true, StreamMessage: "items_details",
	})
	check("a request without reply", s.Service("paths").Reply, "")
	check("all services", len(s.Services()), 3)
	want, ok := s.EventRequest("enums")
	check("who subscribes to an event", []any{want, ok}, []any{"scalars", true})
	_, ok = s.EventRequest("paths")
	check("no event", ok, false)
	found, err := s.Messages("items", "ca*")
	if err != nil {
		t.Fatal(err)
	}
	check("messages by pattern", len(found), 3)
	if _, err := s.Messages("["); err == nil {
		t.Error("a bad pattern is accepted")
	}
	for i, types := 1, s.Types(); i < len(types); i++ {
		if types[i-1].Name >= types[i].Name || types[i].Source == "" {
			t.Errorf("type %s follows %s", types[i].Name, types[i-1].Name)
		}
	}
}
