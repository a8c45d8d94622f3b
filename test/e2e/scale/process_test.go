package scale

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/vpp-operator/vpp-operator/test/e2e/agentprocess"
)

// process is an agent in a process of its own, as in a cluster.
type process struct{ *agentprocess.Process }

func startProcess(tb testing.TB, p *plane, node, socket string) process {
	tb.Helper()
	a, err := agentprocess.Start(agentprocess.Options{Node: node, Kubeconfig: p.Kubeconfig, Socket: socket, Folder: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := a.End(patience); err != nil {
			tb.Errorf("%v\n%s", err, a.LastWords())
		}
	})
	return process{a}
}

// memory is what the process has resident, and the most it has had, in bytes.
func (p process) memory(tb testing.TB) (now, most int) {
	tb.Helper()
	return memoryOf(tb, p.PID())
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
