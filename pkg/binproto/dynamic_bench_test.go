package binproto_test

import (
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// benchMessage is a route of four paths: 162 bytes, some 30 values.
func benchMessage(b *testing.B) (m *binproto.Message, wire, js []byte) {
	m = sampleSchema(b).Message("paths")
	path := object{"sw_if_index": 5, "nh": "2001:db8::1", "n_labels": 2, "labels": list{100, 200, 0}}
	wire, err := m.AppendFields(nil, object{"_vl_msg_id": 700, "prefix": "198.51.100.0/24", "paths": list{path, path, path, path}})
	if err != nil {
		b.Fatal(err)
	}
	if js, err = m.AppendJSON(nil, wire); err != nil {
		b.Fatal(err)
	}
	return m, wire, js
}

func BenchmarkAppendJSON(b *testing.B) {
	m, wire, js := benchMessage(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(wire)))
	for b.Loop() {
		var err error
		if js, err = m.AppendJSON(js[:0], wire); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendFromJSON(b *testing.B) {
	m, wire, js := benchMessage(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(wire)))
	for b.Loop() {
		var err error
		if wire, err = m.AppendFromJSON(wire[:0], js); err != nil {
			b.Fatal(err)
		}
	}
}
