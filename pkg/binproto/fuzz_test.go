package binproto_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// FuzzParse: a schema or an error, and every message of a schema has an empty
// form that goes through both codecs.
func FuzzParse(f *testing.F) {
	sample, err := os.ReadFile("testdata/sample.api.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := binproto.Parse("fuzz", data)
		if (s == nil) == (err == nil) {
			t.Fatalf("schema %v and error %v", s, err)
		}
		if err != nil {
			if !errors.Is(err, binproto.ErrSchema) {
				t.Fatalf("error %v is none of the schema", err)
			}
			return
		}
		messages, err := s.Messages()
		if err != nil {
			t.Fatal(err)
		}
		budget := 1 << 16 // bytes: a schema may describe messages far longer than itself
		for _, m := range messages {
			n, _ := m.Body().Size()
			if budget -= n + 1; budget < 0 {
				return
			}
			wire, err := m.AppendFields(nil, nil)
			if err != nil {
				t.Fatalf("%s: %v", m.Name, err)
			}
			if len(wire) < n {
				t.Fatalf("%s: %d bytes, want at least %d", m.Name, len(wire), n)
			}
			decodeBoth(t, m, wire)
		}
	})
}

// FuzzDecode: a value or an error, the same for both forms.
func FuzzDecode(f *testing.F) {
	messages := sampleMessages(f)
	f.Fuzz(func(t *testing.T, index uint8, wire []byte) {
		decodeBoth(t, messages[int(index)%len(messages)], wire)
	})
}

// decodeBoth decodes to values and to JSON, and checks that they agree on
// whether the bytes are a message.
func decodeBoth(t *testing.T, m *binproto.Message, wire []byte) (fields map[string]any, js []byte) {
	t.Helper()
	fields, err := m.DecodeFields(wire)
	js, errJSON := m.AppendJSON(nil, wire)
	if (fields == nil) == (err == nil) || (js == nil) == (errJSON == nil) || fmt.Sprint(err) != fmt.Sprint(errJSON) {
		t.Fatalf("%s: value %v, error %v; JSON %s, error %v", m.Name, fields, err, js, errJSON)
	}
	if err != nil {
		var e *binproto.Error
		if !errors.As(err, &e) || e.Op != "decode" || e.Message != m.Name || e.Field == "" || e.Offset < 0 || e.Offset > len(wire) {
			t.Fatalf("%s: error %+v of %d bytes", m.Name, err, len(wire))
		}
		return nil, nil
	}
	if !json.Valid(js) || strings.ContainsRune(string(js), '\n') {
		t.Fatalf("%s: JSON %q", m.Name, js)
	}
	return fields, js
}

// FuzzRoundTrip: what was decoded encodes, and decodes to the same again.
func FuzzRoundTrip(f *testing.F) {
	messages := sampleMessages(f)
	f.Fuzz(func(t *testing.T, index uint8, wire []byte) {
		m := messages[int(index)%len(messages)]
		fields, js := decodeBoth(t, m, wire)
		if fields == nil {
			return
		}
		again, err := m.AppendFields(nil, fields)
		if err != nil {
			if tooLongToSend(err) {
				return
			}
			t.Fatalf("%s %v: %v", m.Name, fields, err)
		}
		fields2, js2 := decodeBoth(t, m, again)
		// %#v tells types apart and, unlike ==, finds a NaN equal to itself.
		if got, want := fmt.Sprintf("%#v", fields2), fmt.Sprintf("%#v", fields); got != want {
			t.Fatalf("%s %x:\nfirst %s\nagain %s", m.Name, wire, want, got)
		}
		if string(js2) != string(js) {
			t.Fatalf("%s %x:\nfirst %s\nagain %s", m.Name, wire, js, js2)
		}
		if strings.ContainsRune(string(js), '\ufffd') {
			return // bytes that JSON cannot hold
		}
		fromJSON, err := m.AppendFromJSON(nil, js)
		if err != nil {
			t.Fatalf("%s %s: %v", m.Name, js, err)
		}
		if js3, err := m.AppendJSON(nil, fromJSON); err != nil || string(js3) != string(js) {
			t.Fatalf("%s %x:\nfirst %s\nfrom JSON %s, %v", m.Name, wire, js, js3, err)
		}
	})
}

// tooLongToSend tells the one sort of text that can be read and not sent: a
// fixed string without its NUL, and one beyond the limit set to senders.
func tooLongToSend(err error) bool {
	var e *binproto.Error
	return errors.As(err, &e) && errors.Is(err, binproto.ErrRange) && e.Message == "texts" &&
		strings.HasPrefix(e.Want, "at most ") && strings.HasSuffix(e.Want, " bytes")
}

func sampleMessages(f *testing.F) []*binproto.Message {
	messages, err := sampleSchema(f).Messages()
	if err != nil {
		f.Fatal(err)
	}
	return messages
}
