package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func TestTable(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	text := ""
	for _, name := range []string{"create_loopback", "create_loopback_instance"} {
		crc := map[string]string{"create_loopback": "0x42bb5d22", "create_loopback_instance": "0xd36a3ee2"}[name]
		text += fmt.Sprintf("%5d  %-24s  %s\n", v.MessageID(name), name, crc)
	}
	vppapi(t, "", "table", "create_loopbac*[ek]", "--socket", v.Socket()).check(t, exitOK, text, "")
	vppapi(t, "", "table", "create_loopback?*e", "--socket", v.Socket(), "-o", "yaml").check(t, exitOK,
		"crc: \"0xd36a3ee2\"\nid: "+itoa(v.MessageID("create_loopback_instance"))+"\nname: create_loopback_instance\n", "")
	vppapi(t, "", "table", "a[", "--socket", v.Socket()).check(t, exitUsage, "", "a[")
	if v.Calls("get_api_json") != 0 {
		t.Error("VPP was asked for its API, which stops its workers")
	}
}

func TestTableCheck(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	tests := []struct {
		name, needs, format string
		code                int
		out, err            string
	}{
		{"all there", "# ours\n\nshow_version_51077d14\n create_loopback_42bb5d22 \n", "text", exitOK, "", ""},
		{"nothing needed", "", "text", exitOK, "", ""},
		{
			"some missing", "show_version_00000001\ncreate_loopback_42bb5d22\nno_such_00000000\n", "text", exitUsage,
			"message has another CRC: want show_version_00000001, VPP has show_version_51077d14\nno such message: no_such_00000000\n", "VPP lacks 2 of 3 messages",
		},
		{
			"json", "show_version_00000001\nno_such_00000000\n", "json", exitUsage,
			`{"want":"show_version_00000001","have":"show_version_51077d14"}` + "\n" + `{"want":"no_such_00000000"}` + "\n", "VPP lacks 2 of 2 messages",
		},
		{"bad line", "show_version_51077d14\nshow_version\n", "text", exitUsage, "", `line 2: "show_version" is not a name_crc`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "needs")
			if err := os.WriteFile(file, []byte(tt.needs), 0o600); err != nil {
				t.Fatal(err)
			}
			vppapi(t, "", "table", "--check", file, "--socket", v.Socket(), "-o", tt.format).check(t, tt.code, tt.out, tt.err)
			vppapi(t, tt.needs, "table", "--check", "-", "--socket", v.Socket(), "-o", tt.format).check(t, tt.code, tt.out, tt.err)
		})
	}
	vppapi(t, "", "table", "--check", "/nonexistent", "--socket", v.Socket()).check(t, exitUsage, "", "no such file")
	vppapi(t, "", "table", "--check", "-", "loopback", "--socket", v.Socket()).check(t, exitUsage, "", "PATTERN")
}
