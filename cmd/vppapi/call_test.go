package main

import (
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func TestCall(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	id := func(name string) string { return itoa(v.MessageID(name)) }
	create := func(retval, swIfIndex string) string {
		return `{"_vl_msg_id":` + id("create_loopback_instance_reply") + `,"context":CONTEXT,"retval":` + retval + `,"sw_if_index":` + swIfIndex + "}\n"
	}
	const instance7 = `{"is_specified": true, "user_instance": 7}`
	tests := []struct {
		name  string
		args  []string
		stdin string
		code  int
		out   string // with CONTEXT for its value
		err   string
	}{
		{"reply", []string{"create_loopback_instance", instance7}, "", exitOK, create("0", "1"), ""},
		{"refusal", []string{"create_loopback_instance", instance7}, "", exitRefused, create("-31", "4294967295"), "vppapi: create_loopback_instance: INVALID_REGISTRATION (-31)\n"},
		{"refusal taken raw", []string{"create_loopback_instance", instance7, "--raw"}, "", exitOK, create("-31", "4294967295"), ""},
		{"standard input", []string{"create_loopback_instance", "-"}, "{\"is_specified\": true,\n \"user_instance\": 8}\n", exitOK, create("0", "2"), ""},
		{"text", []string{"create_loopback_instance", `{"is_specified": true, "user_instance": 9}`, "-o", "text"}, "", exitOK, "create_loopback_instance_reply\n  retval: 0\n  sw_if_index: 3\n", ""},
		{
			"stream", []string{"ip_table_dump"}, "", exitOK,
			`{"_vl_msg_id":` + id("ip_table_details") + `,"context":CONTEXT,"table":{"table_id":0,"is_ip6":false,"name":"ipv4-VRF:0"}}` + "\n" +
				`{"_vl_msg_id":` + id("ip_table_details") + `,"context":CONTEXT,"table":{"table_id":0,"is_ip6":true,"name":"ipv6-VRF:0"}}` + "\n", "",
		},
		{
			"stream as text", []string{"ip_table_dump", "-o", "text"}, "", exitOK,
			"ip_table_details\n  table:\n    table_id: 0\n    is_ip6: false\n    name: ipv4-VRF:0\n\nip_table_details\n  table:\n    table_id: 0\n    is_ip6: true\n    name: ipv6-VRF:0\n", "",
		},
		{
			"stream as yaml", []string{"ip_table_dump", "-o", "yaml"}, "", exitOK,
			"_vl_msg_id: " + id("ip_table_details") + "\ncontext: CONTEXT\ntable:\n  is_ip6: false\n  name: ipv4-VRF:0\n  table_id: 0\n---\n" +
				"_vl_msg_id: " + id("ip_table_details") + "\ncontext: CONTEXT\ntable:\n  is_ip6: true\n  name: ipv6-VRF:0\n  table_id: 0\n", "",
		},
		{"modern stream without entries", []string{"lldp_dump"}, "", exitOK, "", ""},
		{"unknown field", []string{"create_loopback_instance", `{"instance": 7}`}, "", exitUsage, "", "instance"},
		{"value out of range", []string{"create_loopback_instance", `{"user_instance": -1}`}, "", exitUsage, "", "user_instance"},
		{"not an object", []string{"create_loopback_instance", `[]`}, "", exitUsage, "", "create_loopback_instance: "},
		{"standard input is no JSON", []string{"create_loopback_instance", "-"}, "", exitUsage, "", "create_loopback_instance: "},
		{"unknown message", []string{"create_loopbck"}, "", exitUsage, "", "vppapi: create_loopbck: no such message\n"},
		{"no request", []string{"create_loopback_reply"}, "", exitUsage, "", "no request"},
		{"guarded", []string{"sockclnt_delete", `{"index": 1}`}, "", exitUsage, "", "guard"},
	}
	for _, tt := range tests { // one after the other: they build on each other
		t.Run(tt.name, func(t *testing.T) {
			got := vppapi(t, tt.stdin, append([]string{"call", "--socket", v.Socket()}, tt.args...)...)
			got.check(t, tt.code, strings.ReplaceAll(tt.out, "CONTEXT", contextIn(got.out)), tt.err)
		})
	}
	if v.Ignored() != 0 {
		t.Errorf("VPP had to drop %d messages", v.Ignored())
	}
	if len(v.Clients()) != 0 {
		t.Errorf("clients left behind: %v", v.Clients())
	}
}

// contextIn finds the value of the first field context, which is the session's
// affair.
func contextIn(out string) string {
	_, rest, ok := strings.Cut(out, "context")
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, `": `)
	return rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
}

func TestCallWithoutAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault *vpptest.Fault
		code  int
		err   string
	}{
		{"lost reply", vpptest.LoseReply("show_version"), exitTimeout, "timed out"},
		{"connection lost", vpptest.CutBefore("show_version"), exitNoConnection, "show_version: "},
		{"VPP dies", vpptest.CrashBefore("show_version"), exitNoConnection, "show_version: "},
		{"no greeting", vpptest.LoseRequest("sockclnt_create"), exitTimeout, "sockclnt_create"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := vpptest.Start(t)
			v.Fault(tt.fault)
			vppapi(t, "", "call", "show_version", "--socket", v.Socket(), "--timeout", "200ms").check(t, tt.code, "", tt.err)
		})
	}
}

// TestCallOfPartOfAStream: what came before the connection broke is printed.
func TestCallOfPartOfAStream(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	v.Fault(vpptest.CutBefore("control_ping"))
	got := vppapi(t, "", "call", "sw_interface_dump", "--socket", v.Socket())
	got.check(t, exitNoConnection, got.out, "sw_interface_dump: ")
	if n := strings.Count(got.out, "\n"); n > 1 {
		t.Errorf("%d lines", n)
	}
}

func TestCallHarmful(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	const fields = `{"is_add":true,"route":{"prefix":"10.0.0.0/24","paths":[{"type":"FIB_API_PATH_TYPE_UDP_ENCAP","nh":{"obj_id":99}}]}}`
	vppapi(t, "", "call", "ip_route_add_del", fields, "--socket", v.Socket()).check(t, exitUsage, "", "guard")
	if v.Calls("ip_route_add_del") != 0 {
		t.Error("it was sent nevertheless")
	}
	got := vppapi(t, "", "call", "ip_route_add_del", fields, "--socket", v.Socket(), "--allow-harmful", "--timeout", "1s")
	if got.code == exitUsage {
		t.Errorf("refused though allowed: %s", got.err)
	}
}

func TestCallWithAPIFiles(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	// They describe no message of this VPP but those that every VPP has.
	dir := sampleDir(t)
	vppapi(t, "", "call", "paint_add", "--socket", v.Socket(), "--api-dir", dir).check(t, exitUsage, "", "no such message in this VPP")
	got := vppapi(t, "", "call", "control_ping", "--socket", v.Socket(), "--api-dir", dir, "-o", "text")
	got.check(t, exitOK, "control_ping_reply\n  retval: 0\n  vpe_pid: "+itoa(v.PID())+"\n", "")
	if v.Calls("get_api_json") != 0 {
		t.Error("VPP was asked for its API")
	}
}
