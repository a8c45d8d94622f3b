package binproto_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// sharedDir holds value ↔ bytes pairs that VPP's own Python client produced,
// and the API descriptions of two releases. It lies beside the repository and
// is not part of it.
const sharedDir = "../../../shared"

// vector is one case; see the README beside the files.
type vector struct {
	Name    string          `json:"name"`
	Op      string          `json:"op"`
	Types   json.RawMessage `json:"types"`
	Type    string          `json:"type"`
	Message string          `json:"message"`
	CRC     string          `json:"crc"`
	Value   any             `json:"value"`
	Hex     string          `json:"hex"`
	Decoded any             `json:"decoded"`
	Correct string          `json:"correct_hex"`
}

// departures are the cases in which the Python client is wrong or strict
// without need, with what is right.
var departures = map[string]struct {
	reason  string
	op      string // replaces the case's
	class   error  // of a pack_error
	hex     string
	decoded any
	json    string
}{
	"default_leaks_to_later_types_bug": {
		reason: "a default belongs to its field, not to the field's type",
		op:     "pack", hex: "00000000", decoded: object{"sw": json.Number("0")}, json: `{"sw":0}`,
	},
	"string_fixed_non_ascii": {
		reason: "VPP's strings are bytes; UTF-8 is sent as it is",
		op:     "pack", hex: "c3a900000000000001", decoded: object{"s": "é", "x": json.Number("1")}, json: `{"s":"é","x":1}`,
	},
	"string_fixed_non_ascii_decode": {
		reason: "VPP's strings are bytes; what is not ASCII must not end the reading",
		op:     "unpack", hex: "c3a900000000000001", decoded: object{"s": "é", "x": json.Number("1")}, json: `{"s":"é","x":1}`,
	},
	"struct_unknown_key_ignored": {
		reason: "a misspelt field must not be dropped silently",
		op:     "pack_error", class: binproto.ErrUnknownField,
	},
	"timestamp_datetime_not_packable": {
		reason: "a point in time is what a timestamp holds",
		op:     "pack", hex: "000000208064d941", decoded: json.Number("1704067200"), json: `1704067200`,
	},
	"u8_vla_count_without_data_bug": {
		reason: "a count without its array makes a message that VPP drops without a word",
		op:     "pack_error", class: binproto.ErrCount,
	},
	"ip4_prefix_host_bits": {
		reason: "host bits are part of what VPP said",
		op:     "unpack", hex: "0a01020308",
		decoded: object{"address": object{"$hex": "0a010203"}, "len": json.Number("8")}, json: `"10.1.2.3/8"`,
	},
	"prefix_host_bits_kept": {
		reason: "host bits are part of what VPP said",
		op:     "pack", hex: "00c0a80a0500000000000000000000000018",
		decoded: object{"address": object{"af": json.Number("0"), "un": object{"$union": object{"ip4": object{"$hex": "c0a80a05"}}}}, "len": json.Number("24")},
		json:    `"192.168.10.5/24"`,
	},
	"prefix_len_not_checked": {
		reason: "what can be sent can be read",
		op:     "pack", hex: "010001000000000000000000000000000182",
		decoded: object{"address": object{"af": json.Number("1"), "un": object{"$union": object{"ip6": object{"$hex": "00010000000000000000000000000001"}}}}, "len": json.Number("130")},
		json:    `"1::1/130"`,
	},
}

type object = map[string]any

func readVectors(t *testing.T, file string) []vector {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(sharedDir, "vectors", file))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the vectors of the Python client are not beside this repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	var cases []vector
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatalf("%s holds no case", file)
	}
	return cases
}

var schemas sync.Map // release → func() (*binproto.Schema, error)

// vppSchema is the schema of a whole VPP release.
func vppSchema(tb testing.TB, release string) *binproto.Schema {
	tb.Helper()
	dir := filepath.Join(sharedDir, "vpp-api", release)
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		tb.Skipf("the API descriptions of VPP %s are not beside this repository", release)
	}
	load, _ := schemas.LoadOrStore(release, sync.OnceValues(func() (*binproto.Schema, error) {
		return binproto.LoadDirs(dir)
	}))
	s, err := load.(func() (*binproto.Schema, error))()
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// codec is what messages and types have in common here.
type codec struct {
	t      *binproto.Type
	encode func(dst []byte, v any) ([]byte, error)
	decode func(b []byte) (any, error)
	toJSON func(dst, b []byte) ([]byte, error)
	fromJS func(dst, js []byte) ([]byte, error)
}

func messageCodec(m *binproto.Message) codec {
	return codec{
		t: m.Body(),
		encode: func(dst []byte, v any) ([]byte, error) {
			fields, _ := v.(object)
			return m.AppendFields(dst, fields)
		},
		decode: func(b []byte) (any, error) {
			fields, err := m.DecodeFields(b)
			if err != nil {
				return nil, err
			}
			return fields, nil
		},
		toJSON: m.AppendJSON,
		fromJS: m.AppendFromJSON,
	}
}

func typeCodec(t *binproto.Type) codec {
	return codec{
		t: t, encode: t.AppendValue, toJSON: t.AppendValueJSON, fromJS: t.AppendValueFromJSON,
		decode: func(b []byte) (any, error) {
			v, _, err := t.DecodeValue(b)
			return v, err
		},
	}
}

func TestVectorsOfTypes(t *testing.T) {
	t.Parallel()
	cases := readVectors(t, "types.json")
	seen := map[string]bool{}
	for _, c := range cases {
		seen[c.Name] = true
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			s, err := binproto.Parse(c.Name, c.Types)
			if err != nil {
				t.Fatal(err)
			}
			if c.Message != "" {
				runVector(t, messageCodec(s.Message(c.Message)), c)
				return
			}
			typ := s.Type(c.Type)
			if typ == nil {
				t.Fatalf("no type %s", c.Type)
			}
			runVector(t, typeCodec(typ), c)
		})
	}
	for name := range departures {
		if !seen[name] {
			t.Errorf("departure %s matches no case", name)
		}
	}
}

func TestVectorsOfMessages(t *testing.T) {
	t.Parallel()
	cases := readVectors(t, "messages.json")
	s := vppSchema(t, "26.06")
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			m := s.Message(c.Message)
			if m == nil {
				t.Fatalf("no message %s", c.Message)
			}
			if got := fmt.Sprintf("0x%08x", m.CRC); got != c.CRC {
				t.Fatalf("crc %s, want %s", got, c.CRC)
			}
			c.Op = "pack"
			runVector(t, messageCodec(m), c)
		})
	}
}

func runVector(t *testing.T, cd codec, c vector) {
	wantJSON, class := "", error(nil)
	if d, ok := departures[c.Name]; ok {
		c.Op, c.Hex, c.Decoded, wantJSON, class = d.op, d.hex, d.decoded, d.json, d.class
		if c.Correct != "" && c.Correct != d.hex {
			t.Fatalf("correct_hex is %s, the departure says %s", c.Correct, d.hex)
		}
	} else if c.Correct != "" {
		t.Fatal("a case with correct_hex and no departure")
	}
	wire, err := hex.DecodeString(c.Hex)
	if err != nil {
		t.Fatal(err)
	}
	switch c.Op {
	case "pack_error":
		mustFail(t, "values", class)(cd.encode([]byte("kept"), goValue(t, c.Value)))
		mustFail(t, "JSON", class)(cd.fromJS([]byte("kept"), jsonValue(t, c.Value)))
	case "unpack_error":
		if v, err := cd.decode(wire); !errors.Is(err, binproto.ErrTruncated) {
			t.Errorf("decoded %v, error %v; want truncated", v, err)
		}
		mustFail(t, "JSON", binproto.ErrTruncated)(cd.toJSON([]byte("kept"), wire))
	case "pack":
		for _, path := range []struct {
			name   string
			encode func() ([]byte, error)
		}{
			{"values", func() ([]byte, error) { return cd.encode([]byte("kept"), goValue(t, c.Value)) }},
			{"JSON", func() ([]byte, error) { return cd.fromJS([]byte("kept"), jsonValue(t, c.Value)) }},
		} {
			got, err := path.encode()
			if err != nil {
				t.Fatalf("%s: %v", path.name, err)
			}
			if want := append([]byte("kept"), wire...); !bytes.Equal(got, want) {
				t.Errorf("%s:\n got %x\nwant %x", path.name, got[4:], wire)
			}
		}
		checkDecoding(t, cd, wire, wire, c.Decoded, wantJSON)
	case "unpack":
		again, err := cd.encode(nil, goValue(t, c.Decoded))
		if err != nil {
			t.Fatal(err)
		}
		checkDecoding(t, cd, wire, again, c.Decoded, wantJSON)
	default:
		t.Fatalf("unknown op %q", c.Op)
	}
}

// checkDecoding compares both decodings of wire with the vector's, and both of
// their encodings with again.
func checkDecoding(t *testing.T, cd codec, wire, again []byte, decoded any, wantJSON string) {
	t.Helper()
	v, err := cd.decode(wire)
	if err != nil {
		t.Fatal(err)
	}
	if err := sameDecoding(cd.t, v, decoded); err != nil {
		t.Errorf("decoded %v: %v", v, err)
	}
	if got, err := cd.encode(nil, v); err != nil || !bytes.Equal(got, again) {
		t.Errorf("encoded again %x, %v; want %x", got, err, again)
	}
	js, err := cd.toJSON(nil, wire)
	if err != nil {
		t.Fatal(err)
	}
	if wantJSON != "" && string(js) != wantJSON {
		t.Errorf("JSON %s, want %s", js, wantJSON)
	}
	if got, err := cd.fromJS(nil, js); err != nil || !bytes.Equal(got, again) {
		t.Errorf("encoded again from %s: %x, %v; want %x", js, got, err, again)
	}
}

// mustFail checks a refusal: an *Error of the class (any where nil), and dst
// as it was.
func mustFail(t *testing.T, path string, class error) func([]byte, error) {
	t.Helper()
	return func(dst []byte, err error) {
		t.Helper()
		var e *binproto.Error
		switch {
		case !errors.As(err, &e):
			t.Errorf("%s: error %v, want one of this package", path, err)
		case e.Op == "" || e.Message == "" || e.Err == nil:
			t.Errorf("%s: error %+v lacks its operation, message or class", path, e)
		case class != nil && !errors.Is(err, class):
			t.Errorf("%s: error %v, want %v", path, err, class)
		}
		if string(dst) != "kept" {
			t.Errorf("%s: dst is %q after an error", path, dst)
		}
	}
}

// goValue turns a vector's value into Go's own types.
func goValue(t *testing.T, v any) any {
	return convert(t, v, func(kind, s string) any {
		switch kind {
		case "$hex":
			b, err := hex.DecodeString(s)
			if err != nil {
				t.Fatal(err)
			}
			return b
		case "$f64":
			f, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			return f
		case "IPv4Address", "IPv6Address":
			return netip.MustParseAddr(s)
		case "IPv4Network", "IPv6Network":
			return netip.MustParsePrefix(s)
		case "datetime":
			at, err := time.Parse("2006-01-02T15:04:05", s)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		t.Fatalf("unknown kind %s", kind)
		return nil
	})
}

// jsonValue turns a vector's value into JSON as a user would write it.
func jsonValue(t *testing.T, v any) []byte {
	v = convert(t, v, func(kind, s string) any {
		if kind == "$f64" {
			return json.Number(s)
		}
		if kind == "datetime" {
			at, err := time.Parse("2006-01-02T15:04:05", s)
			if err != nil {
				t.Fatal(err)
			}
			return at.Unix()
		}
		return s
	})
	js, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func convert(t *testing.T, v any, special func(kind, s string) any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = convert(t, v[i], special)
		}
		return out
	case object:
		for _, key := range []string{"$hex", "$f64"} {
			if s, ok := v[key].(string); ok {
				return special(key, s)
			}
		}
		if kind, ok := v["$py"].(string); ok {
			return special(kind, v["s"].(string))
		}
		out := object{}
		for k := range v {
			out[k] = convert(t, v[k], special)
		}
		return out
	}
	return v
}

// sameDecoding compares a decoded value with the Python client's plain one,
// which knows neither names of enums nor addresses, and shows every arm of a
// union.
func sameDecoding(t *binproto.Type, got, want any) error {
	switch t.Format {
	case binproto.FormatIP4, binproto.FormatIP6:
		return sameHex(got.(netip.Addr).AsSlice(), want)
	case binproto.FormatMAC:
		return sameHex(macBytes(got), want)
	case binproto.FormatAddress:
		return sameAddress(got.(netip.Addr), want)
	case binproto.FormatPrefix, binproto.FormatIP4Prefix, binproto.FormatIP6Prefix:
		text := fmt.Sprint(got)
		address, bits, _ := strings.Cut(text, "/")
		a, err := netip.ParseAddr(address)
		if err != nil {
			return err
		}
		if length := want.(object)["len"]; fmt.Sprint(length) != bits {
			return fmt.Errorf("length of %s, want %v", text, length)
		}
		if t.Format == binproto.FormatPrefix {
			return sameAddress(a, want.(object)["address"])
		}
		return sameHex(a.AsSlice(), want.(object)["address"])
	}
	switch t.Kind {
	case binproto.KindStruct, binproto.KindUnion:
		return sameFields(t, got.(object), want.(object))
	case binproto.KindArray:
		return sameElements(t.Elem, got, want)
	case binproto.KindEnum:
		n, err := enumNumber(t.Enum, got)
		if err == nil && fmt.Sprint(n) != fmt.Sprint(want) {
			err = fmt.Errorf("number %d, want %v", n, want)
		}
		return err
	case binproto.KindF64:
		if special, ok := want.(object); ok {
			want = special["$f64"]
		}
		f, err := strconv.ParseFloat(fmt.Sprint(want), 64)
		if err == nil && math.Float64bits(f) != math.Float64bits(got.(float64)) {
			err = fmt.Errorf("%v, want %v", got, f)
		}
		return err
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("%v, want %v", got, want)
	}
	return nil
}

func macBytes(got any) []byte {
	b, _ := hex.DecodeString(strings.ReplaceAll(got.(string), ":", ""))
	return b
}

func sameHex(got []byte, want any) error {
	if h := want.(object)["$hex"]; hex.EncodeToString(got) != h {
		return fmt.Errorf("%x, want %v", got, h)
	}
	return nil
}

func sameAddress(a netip.Addr, want any) error {
	family, arm := "0", "ip4"
	if a.Is6() {
		family, arm = "1", "ip6"
	}
	w := want.(object)
	if fmt.Sprint(w["af"]) != family {
		return fmt.Errorf("%v, want family %v", a, w["af"])
	}
	return sameHex(a.AsSlice(), w["un"].(object)["$union"].(object)[arm])
}

func sameFields(t *binproto.Type, got, want object) error {
	if t.Kind == binproto.KindUnion {
		want = want["$union"].(object)
		if len(got) != 1 {
			return fmt.Errorf("%d arms", len(got))
		}
	} else if len(got) != len(want) {
		return fmt.Errorf("%d fields, want %d", len(got), len(want))
	}
	for _, f := range t.Fields {
		g, ok := got[f.Name]
		if !ok {
			if t.Kind == binproto.KindUnion {
				continue
			}
			return fmt.Errorf("no %s", f.Name)
		}
		var err error
		if f.Repeat == binproto.Once {
			err = sameDecoding(f.Type, g, want[f.Name])
		} else {
			err = sameElements(f.Type, g, want[f.Name])
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

func sameElements(elem *binproto.Type, got, want any) error {
	if b, ok := got.([]byte); ok {
		list, isList := want.([]any)
		if !isList {
			return sameHex(b, want)
		}
		numbers := make([]byte, len(list))
		for i, n := range list {
			v, err := strconv.ParseUint(fmt.Sprint(n), 10, 8)
			if err != nil {
				return err
			}
			numbers[i] = byte(v)
		}
		if !bytes.Equal(b, numbers) {
			return fmt.Errorf("%x, want %x", b, numbers)
		}
		return nil
	}
	g, w := got.([]any), want.([]any)
	if len(g) != len(w) {
		return fmt.Errorf("%d elements, want %d", len(g), len(w))
	}
	for i := range g {
		if err := sameDecoding(elem, g[i], w[i]); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

// enumNumber is the number of a decoded enum or of flags.
func enumNumber(e *binproto.Enum, got any) (any, error) {
	switch got := got.(type) {
	case []any:
		sum := int64(0)
		for _, name := range got {
			n, ok := e.Value(name.(string))
			if !ok {
				return nil, fmt.Errorf("no member %v", name)
			}
			sum |= n
		}
		return sum, nil
	case string:
		n, ok := e.Value(got)
		if !ok {
			return nil, fmt.Errorf("no member %v", got)
		}
		return n, nil
	}
	if !reflect.ValueOf(got).CanInt() && !reflect.ValueOf(got).CanUint() {
		return nil, fmt.Errorf("an enum of type %T", got)
	}
	return got, nil
}
