package main

import (
	"strings"
	"testing"
)

func TestMessageText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"nothing", `{"_vl_msg_id":1,"client_index":2,"context":3}`, "m\n"},
		{"scalars in order", `{"_vl_msg_id":1,"z":18446744073709551615,"a":"","b":true,"f":"NaN"}`, "m\n  z: 18446744073709551615\n  a: \"\"\n  b: true\n  f: NaN\n"},
		{"lists", `{"flags":["A","B"],"none":[],"text":["a,b","c"]}`, "m\n  flags: [A, B]\n  none: []\n  text:\n  - a,b\n  - c\n"},
		{"structures", `{"s":{"a":1,"t":{"b":2}}}`, "m\n  s:\n    a: 1\n    t:\n      b: 2\n"},
		{"lists of structures", `{"l":[{"a":1,"t":{"b":2}},{"a":3,"k":[{"c":4}]}]}`, "m\n  l:\n  - a: 1\n    t:\n      b: 2\n  - a: 3\n    k:\n    - c: 4\n"},
		{"several lines", `{"reply":"one\n\ttwo\r\n"}`, "m\n  reply:\n    | one\n    | \ttwo\n"},
		{"one line", `{"reply":"one\n"}`, "m\n  reply: one\n"},
		{"what terminals obey", `{"s":"\u001b[31m","t":"a\n\u001b[31m"}`, "m\n  s: \"\\x1b[31m\"\n  t:\n    | a\n    | \"\\x1b[31m\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			if err := writeMessageText(&b, "m", []byte(tt.in)); err != nil {
				t.Fatal(err)
			}
			if b.String() != tt.want {
				t.Errorf("%s\nwant:\n%s", b.String(), tt.want)
			}
		})
	}
}
