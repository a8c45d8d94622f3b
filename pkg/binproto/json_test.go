package binproto_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

func TestParseJSONObject(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, js string
		want     object
	}{
		{"empty", "{}", object{}},
		{"white space", " \n\t\r{ \"a\" : [ 1 , true , null ] , \"b\" : { } } ", object{"a": list{json.Number("1"), true, nil}, "b": object{}}},
		{"numbers as written", `{"a":18446744073709551615,"b":-0.0,"c":1e400,"d":1E+2}`,
			object{"a": json.Number("18446744073709551615"), "b": json.Number("-0.0"), "c": json.Number("1e400"), "d": json.Number("1E+2")}},
		{"escapes", `{"\u0061\n":"\ud835\udd4f\u00E9\/\\"}`, object{"a\n": "𝕏é/\\"}},
		{"one key at two depths", `{"a":{"a":1},"b":[{"a":1}]}`, object{"a": object{"a": json.Number("1")}, "b": list{object{"a": json.Number("1")}}}},
		{"the replacement character itself", `{"a":"\ufffd` + "\ufffd" + `"}`, object{"a": "\ufffd\ufffd"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := binproto.ParseJSONObject([]byte(c.js))
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%#v, %v; want %#v", got, err, c.want)
			}
		})
	}
}

func TestParseJSONObjectRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, js, path string }{
		{"nothing", "", ""},
		{"a list", "[]", ""},
		{"null", "null", ""},
		{"trailing data", `{}{}`, ""},
		{"trailing comma", `{"a":1,}`, ""},
		{"no end", `{"a":[1`, ""},
		{"a comment", `{}//`, ""},
		{"a number of its own", `{"a":+1}`, ""},
		{"a key twice", `{"a":1,"a":1}`, "a"},
		{"a key twice, once escaped", `{"a":1,"\u0061":1}`, "a"},
		{"a key twice at depth", `{"x":[{},{"a":1,"b":2,"a":null}]}`, "x[1].a"},
		{"bytes that are not UTF-8", "{\"a\":\"\xff\"}", ""},
		{"half a pair", `{"a":"\ud835"}`, "a"},
		{"half a pair before text", `{"a":["\ud835x\udd4f"]}`, "a[0]"},
		{"a pair the wrong way round", `{"a":"\udd4f\ud835"}`, "a"},
		{"half a pair in a key", `{"\ud835":1}`, ""},
		{"depth", strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := binproto.ParseJSONObject([]byte(c.js))
			var e *binproto.Error
			if got != nil || !errors.As(err, &e) || !errors.Is(err, binproto.ErrType) || e.Field != c.path || e.Offset != -1 {
				t.Errorf("%v, %v; want a refusal at %q", got, err, c.path)
			}
		})
	}
}

// The parser must agree with encoding/json wherever that loses nothing.
func TestParseJSONAgrees(t *testing.T) {
	t.Parallel()
	g := generator{rand.New(rand.NewPCG(7, 7))}
	messages, err := sampleSchema(t).Messages()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		for range 50 {
			wire, err := m.AppendFields(nil, g.fields(m.Body()))
			if err != nil {
				t.Fatal(err)
			}
			js, err := m.AppendJSON(nil, wire)
			if err != nil {
				t.Fatal(err)
			}
			var want object
			dec := json.NewDecoder(strings.NewReader(string(js)))
			dec.UseNumber()
			if err := dec.Decode(&want); err != nil {
				t.Fatalf("%s: %v", js, err)
			}
			if got, err := binproto.ParseJSONObject(js); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s:\n got %#v, %v\nwant %#v", js, got, err, want)
			}
		}
	}
}

// Fields come in wire order, on one line, behind what was there.
func TestAppendJSONOrder(t *testing.T) {
	t.Parallel()
	m := sampleSchema(t).Message("scalars")
	wire, err := m.AppendFields(nil, map[string]any{"context": 7, "j": true, "during": 0.25})
	if err != nil {
		t.Fatal(err)
	}
	js, err := m.AppendJSON([]byte(`[{"before":`), wire)
	want := `[{"before":{"_vl_msg_id":0,"client_index":0,"context":7,"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":true,"k":0,"at":0,"during":0.25}`
	if err != nil || string(js) != want {
		t.Errorf("%s, %v; want %s", js, err, want)
	}
}

// Names in a schema may hold anything, too.
func TestJSONOfOddNames(t *testing.T) {
	t.Parallel()
	s, err := binproto.Parse("odd", []byte(`{"messages":[["m",["u16","_vl_msg_id"],["u8","a\"b\n"],["vl_api_e_t","e"],{"crc":"0x0"}]],
		"enums":[["e",["x\"y",0],{"enumtype":"u8"}]]}`))
	if err != nil {
		t.Fatal(err)
	}
	m := s.Message("m")
	js, err := m.AppendJSON(nil, []byte{0, 1, 2, 0})
	if want := `{"_vl_msg_id":1,"a\"b\n":2,"e":"x\"y"}`; err != nil || string(js) != want {
		t.Errorf("%s, %v; want %s", js, err, want)
	}
	if b, err := m.AppendFromJSON(nil, js); err != nil || string(b) != "\x00\x01\x02\x00" {
		t.Errorf("%x, %v", b, err)
	}
}
