package main

import "testing"

func TestMessages(t *testing.T) {
	t.Parallel()
	dir := sampleDir(t)
	tests := []struct {
		name     string
		args     []string
		out, err string
	}{
		{"part of the name", []string{"paint_add"}, "paint_add\npaint_add_reply\n", ""},
		{"wildcards", []string{"*_[a-e]*s"}, "paint_details\nwant_paint_events\n", ""},
		{"those that every VPP has", []string{"control_ping*"}, "control_ping\ncontrol_ping_reply\n", ""},
		{"none", []string{"water"}, "", "no message matches"},
		{
			"json", []string{"paint_*", "-o", "json"},
			`{"name":"paint_add","crc":"0x0000beef","module":"paint","reply":"paint_add_reply","deprecated":true,"replacedBy":"paint_add_v2"}
{"name":"paint_add_reply","crc":"0xe8d4e804","module":"paint","answerTo":["paint_add"]}
{"name":"paint_details","crc":"0x00000001","module":"paint","answerTo":["paint_dump"]}
{"name":"paint_dump","crc":"0x51077d14","module":"paint","reply":"paint_details","stream":true}
{"name":"paint_event","crc":"0x00000003","module":"paint","eventOf":["want_paint_events"]}
`, "",
		},
		{
			"yaml", []string{"want_*", "-o", "yaml"},
			`crc: "0x00000002"
events:
- paint_event
module: paint
name: want_paint_events
reply: want_paint_events_reply
---
answerTo:
- want_paint_events
crc: "0xe8d4e804"
module: paint
name: want_paint_events_reply
`, "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			vppapi(t, "", append([]string{"messages", "--api-dir", dir}, tt.args...)...).check(t, exitOK, tt.out, tt.err)
		})
	}
}
