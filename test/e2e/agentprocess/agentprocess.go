// Package agentprocess runs agents, the real binary, in processes of their own, as
// tests and benchmarks need them.
package agentprocess

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"

	"github.com/vpp-operator/vpp-operator/test/e2e/process"
)

// Options say which agent to start.
type Options struct {
	// Node is the node that it is for, Socket the API socket of its VPP.
	Node, Socket string
	// Kubeconfig is the file that says how it reaches the API server.
	Kubeconfig string
	// Folder takes the files that outlast an agent, and agent.log, to which all
	// agents of a folder write.
	Folder string
	// SecureMetrics has the metrics served by HTTPS and to who may read them, as in a
	// cluster.
	SecureMetrics bool
	// Flags are further ones, which win over those that the others make.
	Flags []string
}

// Process is an agent that runs.
type Process struct {
	*process.Process
	// Metrics are the agent's.
	Metrics Metrics

	log string
}

// number is that of the agents of this process.
var number atomic.Int32

// Start starts an agent.
func Start(o Options) (*Process, error) {
	binary, err := Binary()
	if err != nil {
		return nil, err
	}
	// An address of its own instead of a free port, which could be taken meanwhile.
	pid, port := os.Getpid(), 10000+2*int(number.Add(1))
	host := fmt.Sprintf("127.%d.%d.%d", 1+pid>>16&0x7f, pid>>8&0xff, pid&0xff)
	address := net.JoinHostPort(host, strconv.Itoa(port))
	scheme := "http"
	if o.SecureMetrics {
		scheme = "https"
	}
	p := &Process{log: filepath.Join(o.Folder, "agent.log"), Metrics: Metrics{URL: scheme + "://" + address + "/metrics"}}
	p.Process, err = process.Start(binary, p.log, append([]string{
		"agent", "--node-name=" + o.Node, "--kubeconfig=" + o.Kubeconfig, "--vpp-socket=" + o.Socket,
		"--ledger=" + filepath.Join(o.Folder, "ledger"),
		"--metrics-secure=" + strconv.FormatBool(o.SecureMetrics), "--metrics-bind-address=" + address,
		"--health-probe-bind-address=" + net.JoinHostPort(host, strconv.Itoa(port+1)),
	}, o.Flags...)...)
	return p, err
}

// Log is what the agents of the folder have said so far.
func (p *Process) Log() ([]byte, error) { return os.ReadFile(p.log) }

// Complaint is the first thing in a log that no agent may ever say, with what is
// around it; "" if there is none.
func Complaint(log []byte) string {
	for _, word := range []string{"DATA RACE", "panic:", "fatal error:"} {
		if i := bytes.Index(log, []byte(word)); i >= 0 {
			return string(log[max(0, i-200):min(len(log), i+4000)])
		}
	}
	return ""
}
