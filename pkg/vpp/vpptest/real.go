package vpptest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// BinEnv names a real VPP for the tests: the path of its binary.
const BinEnv = "VPP_BIN"

// PluginPathEnv names the folder of that VPP's plugins, where it is not the
// usual one of an installation or of a build tree.
const PluginPathEnv = "VPP_PLUGIN_PATH"

// SocketEnv names the API socket of a running VPP for the tests.
const SocketEnv = "VPP_API_SOCKET"

// FreshEnv says that nobody else uses that VPP and that tests may leave traces
// in it.
const FreshEnv = "VPP_API_FRESH"

// Main runs the tests of a package. Where VPP_BIN names a VPP and
// VPP_API_SOCKET none that runs, one is started for all of them: what can be
// asked of a real VPP then is.
func Main(m interface{ Run() int }) int {
	bin := os.Getenv(BinEnv)
	if bin == "" || os.Getenv(SocketEnv) != "" {
		return m.Run()
	}
	r, err := NewReal(bin)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer r.Stop()
	for name, value := range map[string]string{SocketEnv: r.Socket(), FreshEnv: "1"} {
		if err := os.Setenv(name, value); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// Real is a real VPP that a test started. It needs no hugepages and no
// devices. Its methods may be called from any goroutine.
type Real struct {
	bin, dir string
	more     []string // of the startup configuration

	mu   sync.Mutex
	cmd  *exec.Cmd
	gone chan struct{} // closed when the process has ended
	log  bytes.Buffer
}

// StartReal starts the VPP at bin with a folder of its own and waits until it
// serves its API socket. It is stopped, and the folder removed, when the test
// ends. more are lines for its startup configuration, such as "cpu { workers 1 }".
func StartReal(tb TB, bin string, more ...string) *Real {
	tb.Helper()
	r, err := NewReal(bin, more...)
	if err != nil {
		tb.Fatalf("starting a real VPP: %v", err)
	}
	tb.Cleanup(r.Stop)
	return r
}

// NewReal is StartReal outside a test; Stop must be called in the end.
func NewReal(bin string, more ...string) (*Real, error) {
	dir, err := os.MkdirTemp("", "vpp")
	if err != nil {
		return nil, err
	}
	return newReal(dir, bin, more)
}

// NewRealIn is NewReal with a folder that the caller names, which is made where it
// is absent and removed by Stop.
func NewRealIn(dir, bin string) (*Real, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	return newReal(dir, bin, nil)
}

func newReal(dir, bin string, more []string) (*Real, error) {
	r := &Real{bin: bin, dir: dir, more: more}
	if err := r.start(); err != nil {
		r.Stop()
		return nil, err
	}
	return r, nil
}

// Socket is the path of the API socket.
func (r *Real) Socket() string { return filepath.Join(r.dir, "api.sock") }

// PID is the process id of the present boot.
func (r *Real) PID() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cmd.Process.Pid
}

// Gone is closed when the process of the present boot has ended.
func (r *Real) Gone() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone
}

// Kill ends the process without a warning and waits until it is gone.
func (r *Real) Kill() {
	r.mu.Lock()
	cmd, gone := r.cmd, r.gone
	r.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill()
	<-gone
}

// Restart kills the process and starts the next boot, which knows nothing.
func (r *Real) Restart() error {
	r.Kill()
	return r.start()
}

// Freeze stops the process where it stands; Thaw lets it go on.
func (r *Real) Freeze() error { return r.signal(syscall.SIGSTOP) }

// Thaw undoes Freeze.
func (r *Real) Thaw() error { return r.signal(syscall.SIGCONT) }

// Stop ends it and removes its folder.
func (r *Real) Stop() {
	r.Kill()
	_ = os.RemoveAll(r.dir) //nolint:gosec // made by NewReal
}

func (r *Real) signal(s syscall.Signal) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cmd.Process.Signal(s)
}

// start writes the configuration and starts one boot.
func (r *Real) start() error {
	for _, name := range []string{"api.sock", "cli.sock", "stats.sock"} {
		_ = os.Remove(filepath.Join(r.dir, name))
	}
	conf := filepath.Join(r.dir, "startup.conf")
	if err := os.WriteFile(conf, []byte(r.config()), 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(context.Background(), r.bin, "-c", conf) //nolint:gosec // running what the tester names is the point
	cmd.Stdout, cmd.Stderr = &r.log, &r.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(gone)
	}()
	r.mu.Lock()
	r.cmd, r.gone = cmd, gone
	r.mu.Unlock()
	return r.await(gone)
}

// await waits until the socket takes connections.
func (r *Real) await(gone <-chan struct{}) error {
	const patience, pause = 30 * time.Second, 20 * time.Millisecond
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	look := time.NewTicker(pause)
	defer look.Stop()
	for {
		c, err := (&net.Dialer{}).DialContext(context.Background(), "unix", r.Socket())
		if err == nil {
			return c.Close()
		}
		select {
		case <-gone:
			return fmt.Errorf("%s ended: %s", r.bin, r.log.String())
		case <-deadline.C:
			return fmt.Errorf("%s does not serve %s after %s: %w", r.bin, r.Socket(), patience, err)
		case <-look.C:
		}
	}
}

// config is a startup configuration that runs on any machine: 4k pages, no
// devices, everything in the folder.
func (r *Real) config() string {
	plugins := ""
	if p := r.pluginPath(); p != "" {
		plugins = "plugins { path " + p + " }\n"
	}
	return fmt.Sprintf(`unix { nodaemon cli-listen %[1]s/cli.sock runtime-dir %[1]s log %[1]s/vpp.log }
socksvr { socket-name %[1]s/api.sock }
statseg { socket-name %[1]s/stats.sock page-size 4k size 256M }
api-segment { prefix %[2]s }
buffers { default data-size 2048 page-size 4k buffers-per-numa 8192 }
memory { main-heap-size 2G main-heap-page-size 4k }
%[3]s%[4]s`, r.dir, filepath.Base(r.dir), plugins, strings.Join(append(r.more, ""), "\n"))
}

// pluginPath finds the plugins of a build tree beside its binary; those of an
// installation VPP finds itself.
func (r *Real) pluginPath() string {
	if p := os.Getenv(PluginPathEnv); p != "" {
		return p
	}
	found, _ := filepath.Glob(filepath.Join(filepath.Dir(r.bin), "..", "lib*", "*", "vpp_plugins"))
	if len(found) == 0 {
		found, _ = filepath.Glob(filepath.Join(filepath.Dir(r.bin), "..", "lib*", "vpp_plugins"))
	}
	if len(found) == 0 {
		return ""
	}
	return found[0]
}
