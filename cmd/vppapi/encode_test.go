package main

import (
	"strings"
	"testing"
)

func TestEncode(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, line, want string }{
		{
			"everything",
			`{"message": "paint_add", "fields": {"_vl_msg_id": 258, "client_index": 9, "context": 7, "colour": 1, "base": "OIL", "amount": {"litres": 0.5},
			"coats": ["MATT", "CLEAR"], "serial": 18446744073709551615, "painter": "02:fe:00:00:00:01", "name": "bob", "mark": "0a0b", "spots": [{"x": 1, "y": 2}, {"y": 3}]}}`,
			"0102" + "00000009" + "00000007" + "00000001" + "07" + "000000000000e03f" + "03" + "ffffffffffffffff" + "02fe00000001" +
				"626f620000000000" + "0a0b0000" + "02" + "00010002" + "00000003",
		},
		{"defaults", `{"message": "paint_add"}`, strings.Repeat("00", 10) + "ffffffff" + strings.Repeat("00", 37)},
		{"fields null", `{"message": "paint_dump", "fields": null}`, strings.Repeat("00", 10)},
		{"messages that every VPP has", `{"message":"control_ping","fields":{"context":1}}`, "00000000000000000001"},
		{"numbers for names", `{"message":"paint_add","fields":{"base":7,"coats":2,"amount":{"litres":"-Infinity"}}}`, strings.Repeat("00", 10) + "ffffffff" + "07" + "000000000000f0ff" + "02" + strings.Repeat("00", 27)},
		{"unknown message", `{"message": "paint"}`, `error: no such message: "paint"`},
		{"no message", `{"fields": {}}`, "error: no message given"},
		{"message of another type", `{"message": 5}`, "error: message is not a name"},
		{"misspelt key", `{"message": "paint_dump", "feilds": {}}`, `error: unknown key "feilds": want message and fields`},
		{"fields of another type", `{"message": "paint_dump", "fields": 1}`, "error: paint_dump: fields is not an object"},
		{"unknown field", `{"message": "paint_dump", "fields": {"x": 1}}`, "error: encode paint_dump: x"},
		{"field within", `{"message": "paint_add", "fields": {"spots": [{}, {"z": 1}]}}`, "error: encode paint_add: spots[1].z"},
		{"out of range", `{"message": "paint_add", "fields": {"colour": 4294967296}}`, "error: encode paint_add: colour"},
		{"bytes too long", `{"message": "paint_add", "fields": {"mark": "0102030405"}}`, "error: encode paint_add: mark"},
		{"key twice", `{"message": "paint_dump", "message": "paint_add"}`, "error: encode: message"},
		{"not an object", `["paint_dump"]`, "error: "},
		{"not JSON", `paint_dump`, "error: "},
		{"control characters", `{"message": "a\n\u001b[31m"}`, `error: no such message: "a\n\x1b[31m"`},
	}
	var in strings.Builder
	for _, tt := range tests {
		in.WriteString("\n  " + strings.ReplaceAll(tt.line, "\n", " ") + "\r\n")
	}
	got := vppapi(t, in.String(), "encode", "--api-dir", sampleDir(t))
	answers := strings.SplitAfter(got.out, "\n")
	if len(answers) != len(tests)+1 || answers[len(tests)] != "" {
		t.Fatalf("%d answers for %d lines:\n%s", len(answers)-1, len(tests), got.out)
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answer := strings.TrimSuffix(answers[i], "\n")
			if isError := strings.HasPrefix(tt.want, "error: "); answer != tt.want && (!isError || !strings.HasPrefix(answer, tt.want)) {
				t.Errorf("%s\nwant %s", answer, tt.want)
			}
		})
	}
	got.check(t, exitUsage, got.out, "13 of 18 lines in error")
}
