package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"syscall"

	"github.com/vpp-operator/vpp-operator/test/e2e/agentprocess"
)

// agent is a process of the real binary.
type agent struct {
	*agentprocess.Process // nil in a cluster, where the kubelet starts and ends it
	metrics               agentprocess.Metrics
}

// startAgent starts an agent for the scenario's node. What it says goes into one
// file, all agents of a scenario behind each other.
func (s *scenario) startAgent(flags ...string) error {
	p, err := agentprocess.Start(agentprocess.Options{
		Node: s.node, Kubeconfig: s.cluster.Kubeconfig, Socket: s.vpp.Socket(), Folder: s.folder, Flags: flags,
	})
	if err != nil {
		return err
	}
	s.agent = &agent{p, p.Metrics}
	return nil
}

func (a *agent) ended() bool { return a.Process != nil && a.Ended() }

// started is when the process was started, 0 if that cannot be had.
func (a *agent) started(ctx context.Context) float64 {
	v, _ := a.metrics.Read(ctx, "process_start_time_seconds")
	return v[""]
}

// synced tells whether the agent has tried everything in the present session.
func (a *agent) synced(ctx context.Context) bool {
	v, err := a.metrics.Read(ctx, "vpp_operator_vpp_synced")
	return err == nil && v[""] == 1
}

var (
	// sentMessage are the labels of what was sent.
	sentMessage = regexp.MustCompile(`message="([^"]*)".*direction="sent"|direction="sent".*message="([^"]*)"`)
	// reads are messages that change nothing but what is known of a client.
	// fib_source_add makes the name of a source, once a boot.
	reads = regexp.MustCompile(`_(dump|get)(_v\d+)?$|^(control_ping|memclnt_.*|sockclnt_.*|get_.*|show_.*|api_versions|want_.*|cli_inband|feature_is_enabled|fib_source_add|.*_lookup_v2|` +
		`sw_interface_get_table|sw_interface_ip6_get_link_local_address|.*_get_.*|.*_show_.*)$`)
)

// writes counts what the agent has sent that changes something in VPP.
func (a *agent) writes(ctx context.Context) (map[string]int, error) {
	values, err := a.metrics.Read(ctx, "vpp_api_messages_total")
	counts := map[string]int{}
	for labels, value := range values {
		if m := sentMessage.FindStringSubmatch(labels); m != nil && !reads.MatchString(m[1]+m[2]) {
			counts[m[1]+m[2]] += int(value)
		}
	}
	return counts, err
}

// signal has the process stop where it stands, or go on.
func (a *agent) signal(frozen bool) error {
	if frozen {
		return a.Signal(syscall.SIGSTOP)
	}
	return a.Signal(syscall.SIGCONT)
}

// isFrozen tells whether all of the process has stopped.
func (a *agent) isFrozen() bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", a.PID()))
	for _, t := range threads {
		stat, readErr := os.ReadFile(t)
		_, state, ok := bytes.Cut(stat, []byte(") "))
		if readErr != nil || !ok || !bytes.HasPrefix(state, []byte("T")) {
			return false
		}
	}
	return err == nil && len(threads) > 0
}
