package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// TestMain lets the test binary stand in for the command where a test needs a
// process: for signals and broken pipes.
func TestMain(m *testing.M) {
	if os.Getenv("VPPAPI_TEST_COMMAND") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// sampleAPI has one of everything.
const sampleAPI = `{"module": "paint",
"types": [["spot", ["u16", "x"], ["u16", "y"], {"comment": "/** \\brief a place\n    @param x - to the right\n*/"}]],
"unions": [["amount", ["u8", "drops", {"case": "WATER"}], ["f64", "litres", {"case": "OIL"}]]],
"enums": [["base", ["WATER", 0], ["OIL", 7], {"enumtype": "u8"}]],
"enumflags": [["coat", ["MATT", 1], ["CLEAR", 2], {"enumtype": "u8"}]],
"aliases": {"mac_address": {"type": "u8", "length": 6}, "colour": {"type": "u32"}},
"messages": [
["paint_add", ["u16", "_vl_msg_id"], ["u32", "client_index"], ["u32", "context"],
  ["vl_api_colour_t", "colour", {"default": 4294967295}], ["vl_api_base_t", "base"], ["vl_api_amount_t", "amount", {"discriminator": "base"}],
  ["vl_api_coat_t", "coats"], ["u64", "serial"], ["vl_api_mac_address_t", "painter"], ["string", "name", 8], ["u8", "mark", 4],
  ["u8", "n_spots"], ["vl_api_spot_t", "spots", 0, "n_spots"],
  {"crc": "0x0000beef", "options": {"deprecated": null, "replaced_by": "paint_add_v2"},
   "comment": "/** \\brief Add paint\n    It dries.\n    @param context - sender context\n    @param colour - what it looks like,\n       ~0 for any\n*/"}],
["paint_add_reply", ["u16", "_vl_msg_id"], ["u32", "context"], ["i32", "retval"], {"crc": "0xe8d4e804"}],
["paint_dump", ["u16", "_vl_msg_id"], ["u32", "client_index"], ["u32", "context"], {"crc": "0x51077d14"}],
["paint_details", ["u16", "_vl_msg_id"], ["u32", "context"], ["string", "text", 0], {"crc": "0x00000001"}],
["want_paint_events", ["u16", "_vl_msg_id"], ["u32", "client_index"], ["u32", "context"], ["u32", "pid"], {"crc": "0x00000002"}],
["want_paint_events_reply", ["u16", "_vl_msg_id"], ["u32", "context"], ["i32", "retval"], {"crc": "0xe8d4e804"}],
["paint_event", ["u16", "_vl_msg_id"], ["u32", "client_index"], ["u32", "pid"], ["bool", "dry"], {"crc": "0x00000003"}]],
"services": {"paint_add": {"reply": "paint_add_reply"}, "paint_dump": {"reply": "paint_details", "stream": true},
  "want_paint_events": {"reply": "want_paint_events_reply", "events": ["paint_event"]}}}`

// sampleDir is a directory of API files.
func sampleDir(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "paint.api.json"), []byte(sampleAPI), 0o600); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// outcome is what a command left behind.
type outcome struct {
	code     int
	out, err string
}

// vppapi runs a command line in this process.
func vppapi(tb testing.TB, stdin string, args ...string) outcome {
	tb.Helper()
	var out, errOut bytes.Buffer
	code := run(tb.Context(), args, strings.NewReader(stdin), &out, &errOut)
	return outcome{code, out.String(), errOut.String()}
}

// check compares an outcome; err is a part of standard error, "" where it must
// be empty.
func (o outcome) check(t *testing.T, code int, out, err string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit code %d, want %d", o.code, code)
	}
	if o.out != out {
		t.Errorf("standard output:\n%s\nwant:\n%s", o.out, out)
	}
	if err == "" && o.err != "" || !strings.Contains(o.err, err) {
		t.Errorf("standard error %q, want %q", o.err, err)
	}
}

// process is the command as a process of its own.
type process struct {
	*exec.Cmd
	exited chan struct{} // closed once it has ended
}

// start starts a command line as a process.
func start(t *testing.T, stdout io.Writer, args ...string) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{exec.CommandContext(context.WithoutCancel(t.Context()), exe, args...), make(chan struct{})}
	p.Env = append(os.Environ(), "VPPAPI_TEST_COMMAND=1")
	p.Stdout, p.Stderr = stdout, os.Stderr
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Wait() // the exit code tells
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.exited
	})
	return p
}

// await waits for a condition on a simulated VPP.
func await(t *testing.T, v *vpptest.VPP, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := v.Await(ctx, condition); err != nil {
		t.Fatal(err)
	}
}

// lines gives the lines that a command in this process prints as they come.
func lines(t *testing.T) (io.Writer, func() string) {
	t.Helper()
	r, w := io.Pipe()
	t.Cleanup(func() { _ = r.Close() })
	in := bufio.NewReader(r)
	return w, func() string {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Error(err)
		}
		return line
	}
}

func TestExitCodesOfTheCommandLine(t *testing.T) {
	t.Parallel()
	dir := sampleDir(t)
	tests := []struct {
		name, args string
		code       int
		err        string
	}{
		{"no argument", "", exitOK, ""},
		{"help", "call --help", exitOK, ""},
		{"version", "--version", exitOK, ""},
		{"unknown command", "cal", exitUsage, `unknown command "cal"`},
		{"unknown flag", "ping --nope", exitUsage, "unknown flag: --nope"},
		{"too many arguments", "messages a b", exitUsage, "usage: vppapi messages [PATTERN]"},
		{"too few arguments", "call", exitUsage, "usage: vppapi call MESSAGE [JSON|-]"},
		{"bad format", "messages -o xml", exitUsage, "json, yaml, text"},
		{"bad timeout", "ping --timeout 0s", exitUsage, "--timeout"},
		{"bad pattern", "messages a[ --api-dir " + dir, exitUsage, "a["},
		{"no directory of API files", "encode --api-dir " + dir + "/none", exitUsage, "none"},
		{"directory without API files", "encode --api-dir " + t.TempDir(), exitUsage, "no *.api.json file"},
		{"negative count", "ping -n -1", exitUsage, "negative"},
		{"bad JSON", `call show_version {`, exitUsage, "show_version"},
		{"nobody at the socket", "call show_version --socket " + dir + "/none", exitNoConnection, "no such file"},
		{"nobody at the socket, messages", "messages --socket " + dir + "/none", exitNoConnection, "no such file"},
		{"nobody at the socket, watch", "watch sw_interface_event --socket " + dir + "/none", exitNoConnection, "no such file"},
		{"nobody at the socket, ping", "ping --socket " + dir + "/none", exitNoConnection, "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := vppapi(t, "", strings.Fields(tt.args)...)
			got.check(t, tt.code, got.out, tt.err)
			if tt.code != exitOK && got.out != "" {
				t.Errorf("standard output %q", got.out)
			}
		})
	}
}

func TestSocketFromEnvironment(t *testing.T) {
	v := vpptest.Start(t)
	t.Setenv("VPP_API_SOCKET", v.Socket())
	vppapi(t, "", "table", "show_version_reply", "-o", "json").check(t, exitOK,
		`{"id":`+itoa(v.MessageID("show_version_reply"))+`,"name":"show_version_reply","crc":"0xc919bde1"}`+"\n", "")
}

func TestSignalEndsTheSession(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args string
		sent string // when VPP has got this, the signal comes
		code int
	}{
		{"watch sw_interface_event", "want_interface_events", exitOK},
		{"ping -n 0 --interval 1h", "control_ping", exitOK},
		{"call show_version --timeout 1h", "show_version", exitInterrupted},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			v := vpptest.Start(t)
			v.Fault(vpptest.LoseReply("show_version"))
			p := start(t, nil, append(strings.Fields(tt.args), "--socket", v.Socket())...)
			await(t, v, func() bool { return v.Calls(tt.sent) > 0 })
			if err := p.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			<-p.exited
			if code := p.ProcessState.ExitCode(); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if v.Calls("sockclnt_delete") != 1 {
				t.Error("it left without a word")
			}
		})
	}
}

func TestSecondSignalKills(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	hold := v.Fault(vpptest.Hold("show_version"))
	p := start(t, nil, "call", "show_version", "--timeout", "1h", "--socket", v.Socket())
	<-hold.Fired()
	for {
		if err := p.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		select {
		case <-p.exited:
			hold.Release()
			status, ok := p.ProcessState.Sys().(syscall.WaitStatus)
			if !ok || status.Signal() != syscall.SIGTERM {
				t.Errorf("ended with %v", p.ProcessState)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestReaderGone(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	defer w.Close()
	p := start(t, w, "call", "show_version", "--socket", v.Socket())
	<-p.exited
	if code := p.ProcessState.ExitCode(); code != exitPipe {
		t.Errorf("exit code %d, want %d", code, exitPipe)
	}
	if v.Calls("sockclnt_delete") != 1 {
		t.Error("it left without a word")
	}
}
