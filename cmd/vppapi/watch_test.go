package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// setFlags changes an interface, so that an event comes.
func setFlags(t *testing.T, v *vpptest.VPP, flags string) {
	t.Helper()
	got := vppapi(t, "", "call", "sw_interface_set_flags", `{"sw_if_index": 1, "flags": [`+flags+`]}`, "--socket", v.Socket())
	got.check(t, exitOK, got.out, "")
}

func createLoopback(t *testing.T, v *vpptest.VPP) {
	t.Helper()
	got := vppapi(t, "", "call", "create_loopback", "--socket", v.Socket())
	got.check(t, exitOK, got.out, "")
}

func TestWatchCount(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	createLoopback(t, v)
	done := make(chan outcome)
	go func() {
		done <- vppapi(t, "", "watch", "sw_interface_event", "-n", "2", "--socket", v.Socket(), "-o", "text")
	}()
	await(t, v, func() bool { return v.Calls("want_interface_events") == 1 })
	setFlags(t, v, `"IF_STATUS_API_FLAG_ADMIN_UP"`)
	setFlags(t, v, "")
	got := <-done
	got.check(t, exitOK, got.out, "")
	for _, want := range []string{
		"sw_interface_event\n", "  sw_if_index: 1\n  flags: [IF_STATUS_API_FLAG_ADMIN_UP", "\n\nsw_interface_event\n", "  flags: []\n  deleted: false\n",
	} {
		if !strings.Contains(got.out, want) {
			t.Errorf("standard output lacks %q:\n%s", want, got.out)
		}
	}
	if n := v.Calls("want_interface_events"); n != 2 {
		t.Errorf("%d registrations, want one and its end", n)
	}
}

func TestWatchAcrossRestart(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	createLoopback(t, v)
	ctx, interrupt := context.WithCancel(t.Context())
	out, next := lines(t)
	var errOut bytes.Buffer
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"watch", "sw_interface_event", "--socket", v.Socket()}, strings.NewReader(""), out, &errOut)
	}()
	registered := func() bool { return v.Calls("want_interface_events") == 1 }

	await(t, v, registered)
	setFlags(t, v, `"IF_STATUS_API_FLAG_ADMIN_UP"`)
	first := next()
	if !strings.HasPrefix(first, `{"_vl_msg_id":`+itoa(v.MessageID("sw_interface_event"))+`,"client_index":`) || !strings.Contains(first, `"sw_if_index":1,"flags":["IF_STATUS_API_FLAG_ADMIN_UP"`) {
		t.Errorf("event %s", first)
	}

	if err := v.Restart(); err != nil {
		t.Fatal(err)
	}
	await(t, v, registered)
	createLoopback(t, v)
	if second := next(); !strings.HasPrefix(second, `{"_vl_msg_id":`+itoa(v.MessageID("sw_interface_event"))+`,`) {
		t.Errorf("event after the restart %s", second)
	}

	interrupt()
	if code := <-done; code != exitOK {
		t.Errorf("exit code %d", code)
	}
	if want := "vppapi: sw_interface_event: events were missed: the connection was lost\n"; errOut.String() != want {
		t.Errorf("standard error %q, want %q", errOut.String(), want)
	}
}

func TestWatchRefused(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	v.Fault(vpptest.Refuse("want_interface_events", -30))
	for _, tt := range []struct {
		event string
		code  int
		err   string
	}{
		{"sw_interface_evnt", exitUsage, "no such message"},
		{"show_version", exitUsage, "not an event"},
		{"sw_interface_event", exitRefused, "FEATURE_DISABLED (-30)"},
	} {
		vppapi(t, "", "watch", tt.event, "--socket", v.Socket()).check(t, tt.code, "", tt.err)
	}
}
