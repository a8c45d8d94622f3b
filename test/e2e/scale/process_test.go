package scale

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// buildBinary builds vpp-operator once.
var buildBinary = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "vpp-operator-scale-")
	if err != nil {
		return "", err
	}
	built = folder
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", folder, "../../../cmd/vpp-operator")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return filepath.Join(folder, "vpp-operator"), nil
})

// built is the folder of the binary, "" if there is none.
var built string

func removeBinary() {
	if built != "" {
		_ = os.RemoveAll(built)
	}
}

// process is an agent in a process of its own, as in a cluster.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended, once done is closed
}

func startProcess(tb testing.TB, p *plane, node, socket string) *process {
	tb.Helper()
	binary, err := buildBinary()
	if err != nil {
		tb.Fatal(err)
	}
	folder := tb.TempDir()
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		tb.Fatal(err)
	}
	defer log.Close()
	a := &process{done: make(chan struct{})}
	a.cmd = exec.CommandContext(context.Background(), binary, "agent", "--node-name="+node, "--kubeconfig="+p.Kubeconfig,
		"--vpp-socket="+socket, "--ledger="+filepath.Join(folder, "ledger"),
		"--metrics-bind-address=0", "--health-probe-bind-address=0")
	a.cmd.Stdout, a.cmd.Stderr = log, log
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig means the thread that forked
		defer runtime.UnlockOSThread()
		defer close(a.done)
		err := a.cmd.Start()
		started <- err
		if err == nil {
			a.err = a.cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = a.cmd.Process.Signal(syscall.SIGTERM)
		<-a.done
		if a.err != nil {
			text, _ := os.ReadFile(log.Name())
			tb.Errorf("the agent ended with %v:\n%s", a.err, text)
		}
	})
	return a
}

// memory is what the process has resident, and the most it has had, in bytes.
func (a *process) memory(tb testing.TB) (now, most int) {
	tb.Helper()
	return memoryOf(tb, a.cmd.Process.Pid)
}

// memoryOf is the same of any process.
func memoryOf(tb testing.TB, pid int) (now, most int) {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		kB, _ := strconv.Atoi(string(bytes.TrimSuffix(bytes.TrimSpace(value), []byte(" kB"))))
		switch string(name) {
		case "VmRSS":
			now = kB << 10
		case "VmHWM":
			most = kB << 10
		}
	}
	return now, most
}
