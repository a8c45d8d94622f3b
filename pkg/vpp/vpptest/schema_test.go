package vpptest

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// realAPI is where the real schema files lie, if they do.
const realAPI = "../../../../shared/vpp-api/26.06"

// Every message of the table is the one of VPP 26.06: fields, types, CRC,
// service.
func TestTableIsReal(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(realAPI); err != nil {
		t.Skipf("the API files of VPP 26.06 are not at hand: %v", err)
	}
	theirs, err := binproto.LoadDirs(realAPI)
	if err != nil {
		t.Fatal(err)
	}
	ours := testTable(t).schema
	messages, err := ours.Messages()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		want := theirs.Message(m.Name)
		if want == nil {
			t.Errorf("%s: VPP has no such message", m.Name)
			continue
		}
		if m.CRC != want.CRC {
			t.Errorf("%s: CRC %08x, want %08x", m.Name, m.CRC, want.CRC)
		}
		if m.InProgress && !want.InProgress {
			t.Errorf("%s: in progress, want not", m.Name)
		}
		compareFields(t, m.Name, m.Fields, want.Fields)
		compareServices(t, m.Name, ours.Service(m.Name), theirs.Service(m.Name))
	}
}

func compareFields(t *testing.T, at string, got, want []*binproto.Field) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d fields, want %d", at, len(got), len(want))
		return
	}
	for i, g := range got {
		w := want[i]
		at := at + "." + w.Name
		if g.Name != w.Name || g.TypeString() != w.TypeString() || fmt.Sprint(g.Default) != fmt.Sprint(w.Default) ||
			g.Case != w.Case || g.Discriminator != w.Discriminator {
			t.Errorf("%s: %s %s, want %s", at, g.TypeString(), g.Name, w.TypeString())
		}
		compareTypes(t, at, g.Type, w.Type)
	}
}

func compareTypes(t *testing.T, at string, got, want *binproto.Type) {
	t.Helper()
	if got.Name != want.Name || got.Kind != want.Kind || got.Length != want.Length || got.Format != want.Format ||
		(got.Elem == nil) != (want.Elem == nil) || (got.Enum == nil) != (want.Enum == nil) {
		t.Errorf("%s: type %s (%s), want %s (%s)", at, got.Name, got.Kind, want.Name, want.Kind)
		return
	}
	if got.Elem != nil {
		compareTypes(t, at, got.Elem, want.Elem)
	}
	if got.Enum != nil && (got.Enum.Base != want.Enum.Base || !slices.Equal(got.Enum.Members, want.Enum.Members)) {
		t.Errorf("%s: enum %s differs", at, got.Name)
	}
	compareFields(t, at, got.Fields, want.Fields)
}

func compareServices(t *testing.T, request string, got, want *binproto.Service) {
	t.Helper()
	switch {
	case (got == nil) != (want == nil):
		t.Errorf("%s: service %v, want %v", request, got, want)
	case got != nil && (got.Reply != want.Reply || got.Stream != want.Stream || got.StreamMessage != want.StreamMessage ||
		!slices.Equal(got.Events, want.Events)):
		t.Errorf("%s: service %+v, want %+v", request, *got, *want)
	}
}

// Every request of the table is answered by somebody, or known to be lethal
// or silent.
func TestEveryRequestHasAHandler(t *testing.T) {
	t.Parallel()
	v := Start(t)
	b := v.current()
	// These VPP answers to itself or not at all.
	silent := []string{"rx_thread_exit", "memclnt_rx_thread_suspend", "memclnt_read_timeout", "trace_plugin_msg_ids",
		"sock_init_shm", "memclnt_keepalive"}
	for _, s := range v.api.schema.Services() {
		if b.byName[s.Request] == nil && !slices.Contains(silent, s.Request) {
			t.Errorf("%s has no handler", s.Request)
		}
	}
}

// What get_api_json says is enough for a client: it parses, has the CRCs of
// the message table and leaves memclnt out.
func TestAPIJSON(t *testing.T) {
	t.Parallel()
	v := Start(t)
	c := dial(t, v.Socket())
	send(c, "get_api_json", empty{})
	_, _, b := c.next()
	r := decode[getAPIJSONReply](c, "get_api_json_reply", b)
	if r.Retval != 0 {
		t.Fatalf("retval %d", r.Retval)
	}
	// Id, context, retval, length; then the text, and the string's NUL behind it.
	if len(b) != 14+len(r.JSON)+1 || b[len(b)-1] != 0 {
		t.Errorf("message of %d bytes for a text of %d", len(b), len(r.JSON))
	}
	schema, err := binproto.Parse("get_api_json", r.JSON)
	if err != nil {
		t.Fatal(err)
	}
	if schema.Message("control_ping") != nil {
		t.Error("memclnt is in get_api_json")
	}
	messages, _ := schema.Messages()
	for _, m := range messages {
		if _, ok := c.ids[m.NameCRC()]; !ok {
			t.Errorf("%s is not in the message table", m.NameCRC())
		}
	}
	if n := len(c.ids) - len(messages); n != 28 {
		t.Errorf("%d messages beyond the JSON, want memclnt's 28", n)
	}
}

func TestTableRefusesNonsense(t *testing.T) {
	t.Parallel()
	module := func(rows ...row) []moduleRows { return []moduleRows{{name: "x", rows: rows}} }
	for name, k := range map[string]kind{
		"unknown type":        {modules: module(row{name: "a", fields: "u32 context; nothing b"})},
		"field without name":  {modules: module(row{name: "a", fields: "u32"})},
		"option without =":    {modules: module(row{name: "a", fields: "u32 b limit"})},
		"message twice":       {modules: module(row{name: "a"}, row{name: "a"})},
		"two versions":        {modules: []moduleRows{{name: "x", version: 1}, {name: "x", version: 2}}},
		"type twice":          {types: "alias interface_index u16"},
		"unknown section":     {types: "class a u8"},
		"enum without number": {types: "enum a u8 B"},
		"missing count field": {modules: module(row{name: "a", fields: "u32 context; u8 b[n]"})},
	} {
		if _, err := newAPITable(append(allKinds(), k)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
