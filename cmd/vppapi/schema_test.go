package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func TestSchema(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	dir := filepath.Join(t.TempDir(), "new", "api")
	write := []string{"schema", "--output", dir, "--socket", v.Socket()}

	got := vppapi(t, "", write...)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	got.check(t, exitOK, fmt.Sprintf("%d modules in %s\n", len(files), dir), "")
	if n := v.Calls("get_api_json"); n != 1 {
		t.Errorf("asked %d times; each stops VPP's workers", n)
	}

	// What was written says what VPP says.
	for _, command := range [][]string{{"messages", "-o", "json"}, {"describe", "ip_route_add_del_v2", "-o", "json"}} {
		asked := vppapi(t, "", append(command, "--socket", v.Socket())...)
		asked.check(t, exitOK, asked.out, "")
		read := vppapi(t, "", append(command, "--api-dir", dir)...)
		read.check(t, exitOK, read.out, "")
		if len(asked.out) == 0 || asked.out != read.out {
			t.Errorf("%v: VPP says\n%s\nthe files\n%s", command, asked.out, read.out)
		}
	}

	vppapi(t, "", write...).check(t, exitOK, got.out, "") // again: the same
	changed := filepath.Join(dir, "ip.api.json")
	if err := os.WriteFile(changed, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	vppapi(t, "", write...).check(t, exitUsage, "", changed+" holds something else: --force replaces it")
	if now, _ := filepath.Glob(filepath.Join(dir, "*")); len(now) != len(files) {
		t.Errorf("%d files after a refusal, %d before", len(now), len(files))
	}
	vppapi(t, "", append(write, "--force")...).check(t, exitOK, got.out, "")
	vppapi(t, "", "describe", "ip_route_add_del_v2", "--api-dir", dir).check(t, exitOK,
		vppapi(t, "", "describe", "ip_route_add_del_v2", "--socket", v.Socket()).out, "")

	vppapi(t, "", "schema", "--socket", v.Socket()).check(t, exitUsage, "", "--output DIR is required")
	vppapi(t, "", "schema", "--output", changed, "--socket", v.Socket()).check(t, exitUsage, "", "not a directory")
}

func TestSplitAPI(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, err string }{
		{"two modules", `[{"module": "a"}, {"module": "b-c"}]` + "\x00", ""},
		{"none", `[]`, ""},
		{"not JSON", `[`, "description of its API"},
		{"no name", `[{}]`, `module 0: unusable name ""`},
		{"a path", `[{"module": "../../etc/cron"}]`, "module 0: unusable name"},
		{"hidden", `[{"module": ".a"}]`, "module 0: unusable name"},
		{"twice", `[{"module": "a"}, {"module": "a"}]`, "module 1: unusable name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := splitAPI([]byte(tt.text))
			outcome{err: errorText(err)}.check(t, 0, "", tt.err)
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
