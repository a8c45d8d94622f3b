package main

import (
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func TestCompletion(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	dir := sampleDir(t)
	tests := []struct{ name, args, want string }{
		{"requests", "call --api-dir DIR paint", "paint_add paint_dump :4"},
		{"no second argument", "call --api-dir DIR paint_add x", ":4"},
		{"messages", "messages --api-dir DIR paint_add", "paint_add paint_add_reply :4"},
		{"events", "watch --api-dir DIR x", ":4"},
		{"all events", "watch --api-dir DIR paint", "paint_event :4"},
		{"types", "describe --api-dir DIR vl_api_s", "vl_api_spot_t :4"},
		{"from VPP", "call --socket VPP create_l", "create_loopback create_loopback_instance :4"},
		{"without VPP", "call --socket DIR/none create_l", ":4"},
		{"formats", "ping -o j", "json yaml text :4"},
		{"subcommands", "enc", "encode :4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args := strings.NewReplacer("DIR", dir, "VPP", v.Socket()).Replace(tt.args)
			got := vppapi(t, "", append([]string{"__completeNoDesc"}, strings.Fields(args)...)...)
			if words := strings.Join(strings.Fields(got.out), " "); got.code != exitOK || words != tt.want {
				t.Errorf("%q with exit code %d, want %q", words, got.code, tt.want)
			}
		})
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		got := vppapi(t, "", "completion", shell)
		got.check(t, exitOK, got.out, "")
		if !strings.Contains(got.out, "vppapi") {
			t.Errorf("no completion for %s", shell)
		}
	}
}
