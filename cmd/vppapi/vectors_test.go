package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sharedDir holds VPP's API files and messages that VPP's Python client
// encoded. It lies beside the repository and is not part of it.
const sharedDir = "../../../shared"

var vppAPI = filepath.Join(sharedDir, "vpp-api", "26.06")

// vectors are messages as lines for encode and for decode.
func vectors(tb testing.TB) (toEncode, toDecode, wires []string) {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(sharedDir, "vectors", "messages.json"))
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skip("the vectors of the Python client are not beside this repository")
	}
	if err != nil {
		tb.Fatal(err)
	}
	var cases []struct {
		Message, Hex string
		Value        any
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&cases); err != nil {
		tb.Fatal(err)
	}
	for _, c := range cases {
		wires = append(wires, c.Hex)
		toEncode = append(toEncode, jsonLine(tb, map[string]any{"message": c.Message, "fields": plain(c.Value)}))
		toDecode = append(toDecode, jsonLine(tb, map[string]any{"message": c.Message, "hex": c.Hex}))
	}
	return toEncode, toDecode, wires
}

func jsonLine(tb testing.TB, v any) string {
	tb.Helper()
	line, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(line) + "\n"
}

// plain turns a vector's value into JSON as a user writes it.
func plain(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for _, key := range []string{"$hex", "$f64", "s"} {
			if s, ok := v[key].(string); ok {
				return s
			}
		}
		for k := range v {
			v[k] = plain(v[k])
		}
	}
	return v
}

func TestVectors(t *testing.T) {
	t.Parallel()
	toEncode, toDecode, wires := vectors(t)
	want := strings.Join(wires, "\n") + "\n"

	vppapi(t, strings.Join(toEncode, ""), "encode", "--api-dir", vppAPI).check(t, exitOK, want, "")

	// What decode makes of them must encode to the same again.
	decoded := vppapi(t, strings.Join(toDecode, ""), "decode", "--api-dir", vppAPI)
	decoded.check(t, exitOK, decoded.out, "")
	answers := strings.Split(strings.TrimSuffix(decoded.out, "\n"), "\n")
	if len(answers) != len(wires) {
		t.Fatalf("%d answers for %d lines", len(answers), len(wires))
	}
	for i, answer := range answers {
		var line struct{ Message string }
		if err := json.Unmarshal([]byte(toDecode[i]), &line); err != nil {
			t.Fatal(err)
		}
		answers[i] = `{"message":"` + line.Message + `","fields":` + answer + "}\n"
	}
	vppapi(t, strings.Join(answers, ""), "encode", "--api-dir", vppAPI).check(t, exitOK, want, "")
}

func BenchmarkEncodeLines(b *testing.B) {
	lines, _, _ := vectors(b)
	benchmarkLines(b, lines, "encode")
}

func BenchmarkDecodeLines(b *testing.B) {
	_, lines, _ := vectors(b)
	benchmarkLines(b, lines, "decode")
}

// benchmarkLines feeds a command with messages of all sorts, one an iteration,
// and reports lines a second, reading the API files included.
func benchmarkLines(b *testing.B, lines []string, command string) {
	b.ReportAllocs()
	in, feed := io.Pipe()
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		block := strings.Repeat(strings.Join(lines, ""), 20)
		per := 20 * len(lines)
		for range b.N / per {
			_, _ = io.WriteString(feed, block) // ends with the reader
		}
		for i := range b.N % per {
			_, _ = io.WriteString(feed, lines[i%len(lines)])
		}
		_ = feed.Close()
	}()
	begin := time.Now()
	if code := run(b.Context(), []string{command, "--api-dir", vppAPI}, in, io.Discard, os.Stderr); code != exitOK {
		b.Errorf("exit code %d", code)
	}
	b.ReportMetric(float64(b.N)/time.Since(begin).Seconds(), "lines/s")
	_ = in.Close()
	<-fed
}
