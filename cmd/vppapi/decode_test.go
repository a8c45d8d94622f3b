package main

import (
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	const everything = "010200000009000000070000000107000000000000e03f03ffffffffffffffff02fe00000001626f6200000000000a0b0000020001000200000003"
	tests := []struct{ name, line, want string }{
		{
			"everything", `{"hex": "` + strings.ToUpper(everything) + `", "message": "paint_add"}`,
			`{"_vl_msg_id":258,"client_index":9,"context":7,"colour":1,"base":"OIL","amount":{"litres":0.5},"coats":["MATT","CLEAR"],` +
				`"serial":18446744073709551615,"painter":"02:fe:00:00:00:01","name":"bob","mark":"0a0b0000","n_spots":2,"spots":[{"x":1,"y":2},{"x":0,"y":3}]}`,
		},
		{"bytes behind it", `{"message": "paint_dump", "hex": "0001000000020000000300"}`, `{"_vl_msg_id":1,"client_index":2,"context":3}`},
		{"text", `{"message": "paint_details", "hex": "00010000000200000003610a22"}`, `{"_vl_msg_id":1,"context":2,"text":"a\n\""}`},
		{"truncated", `{"message": "paint_dump", "hex": "0001"}`, "error: decode paint_dump: client_index at offset 2: truncated"},
		{"odd hex", `{"message": "paint_dump", "hex": "000"}`, "error: paint_dump: hex: "},
		{"no hex", `{"message": "paint_dump", "hex": "zz"}`, "error: paint_dump: hex: "},
		{"no bytes", `{"message": "paint_dump"}`, "error: paint_dump: hex is missing or not text"},
		{"unknown message", `{"message": "paint", "hex": "00"}`, `error: no such message: "paint"`},
		{"misspelt key", `{"message": "paint_dump", "bytes": "00"}`, `error: unknown key "bytes": want message and hex`},
	}
	var in strings.Builder
	for _, tt := range tests {
		in.WriteString(tt.line + "\n")
	}
	got := vppapi(t, in.String(), "decode", "--api-dir", sampleDir(t))
	answers := strings.SplitAfter(got.out, "\n")
	if len(answers) != len(tests)+1 {
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
	got.check(t, exitUsage, got.out, "6 of 9 lines in error")
}
