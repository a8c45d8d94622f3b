package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// buildAgent builds the binary once, with the race detector if the tests have it.
var buildAgent = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "vpp-operator-e2e-")
	if err != nil {
		return "", err
	}
	args := []string{"build", "-o", folder}
	if raceDetector {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(context.Background(), "go", append(args, "../../cmd/vpp-operator")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return filepath.Join(folder, "vpp-operator"), nil
})

// agent is a process of the real binary.
type agent struct {
	cmd     *exec.Cmd // nil in a cluster, where the kubelet starts and ends it
	log     string    // the file that takes what it says
	metrics string    // URL
	client  *http.Client
	done    chan struct{}
	err     error // how it ended, once done is closed
}

// startAgent starts an agent for the scenario's node. What it says goes into one
// file, all agents of a scenario behind each other.
func (s *scenario) startAgent(flags ...string) error {
	binary, err := buildAgent()
	if err != nil {
		return err
	}
	// An address of its own instead of a free port, which could be taken meanwhile.
	host := fmt.Sprintf("127.%d.%d.%d", 1+os.Getpid()>>16&0x7f, os.Getpid()>>8&0xff, os.Getpid()&0xff)
	a := &agent{
		log:     filepath.Join(s.folder, "agent.log"),
		metrics: fmt.Sprintf("http://%s:%d/metrics", host, 10000+2*s.number),
		client:  http.DefaultClient,
		done:    make(chan struct{}),
	}
	a.cmd = exec.CommandContext(context.Background(), binary, append([]string{
		"agent", "--node-name=" + s.node, "--kubeconfig=" + s.cluster.Kubeconfig, "--vpp-socket=" + s.vpp.Socket(),
		"--ledger=" + filepath.Join(s.folder, "ledger"), "--metrics-secure=false",
		"--metrics-bind-address=" + strings.TrimSuffix(strings.TrimPrefix(a.metrics, "http://"), "/metrics"),
		fmt.Sprintf("--health-probe-bind-address=%s:%d", host, 10001+2*s.number),
	}, flags...)...)
	out, err := os.OpenFile(a.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	a.cmd.Stdout, a.cmd.Stderr = out, out
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
		return err
	}
	s.agent = a
	return nil
}

// stop ends the agent in order and returns what it has to complain about.
func (a *agent) stop() error {
	_ = a.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-a.done:
	case <-time.After(patience):
		a.kill()
		return errors.New("the agent did not end when told to")
	}
	if a.err != nil {
		return fmt.Errorf("the agent ended with %w", a.err)
	}
	return nil
}

func (a *agent) kill() {
	_ = a.cmd.Process.Kill()
	<-a.done
}

func (a *agent) ended() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// metric reads the values of a metric, by its labels.
func (a *agent) metric(ctx context.Context, name string) (map[string]float64, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, a.metrics, http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := a.client.Do(q)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", a.metrics, answer.Status)
	}
	values := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		labels, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), name), " ")
		if !ok || !strings.HasPrefix(lines.Text(), name) || labels != "" && labels[0] != '{' {
			continue
		}
		if values[labels], err = strconv.ParseFloat(value, 64); err != nil {
			return nil, fmt.Errorf("%s: %w", lines.Text(), err)
		}
	}
	return values, lines.Err()
}

// started is when the process was started, 0 if that cannot be had.
func (a *agent) started(ctx context.Context) float64 {
	v, _ := a.metric(ctx, "process_start_time_seconds")
	return v[""]
}

// synced tells whether the agent has tried everything in the present session.
func (a *agent) synced(ctx context.Context) bool {
	v, err := a.metric(ctx, "vpp_operator_vpp_synced")
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
	values, err := a.metric(ctx, "vpp_api_messages_total")
	counts := map[string]int{}
	for labels, value := range values {
		if m := sentMessage.FindStringSubmatch(labels); m != nil && !reads.MatchString(m[1]+m[2]) {
			counts[m[1]+m[2]] += int(value)
		}
	}
	return counts, err
}

// complaints are what no agent may ever say.
func complaints(log []byte) string {
	for _, word := range []string{"DATA RACE", "panic:", "fatal error:"} {
		if i := bytes.Index(log, []byte(word)); i >= 0 {
			return string(log[max(0, i-200):min(len(log), i+4000)])
		}
	}
	return ""
}

// signal has the process stop where it stands, or go on.
func (a *agent) signal(frozen bool) error {
	if frozen {
		return a.cmd.Process.Signal(syscall.SIGSTOP)
	}
	return a.cmd.Process.Signal(syscall.SIGCONT)
}

// isFrozen tells whether all of the process has stopped.
func (a *agent) isFrozen() bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", a.cmd.Process.Pid))
	for _, t := range threads {
		stat, readErr := os.ReadFile(t)
		_, state, ok := bytes.Cut(stat, []byte(") "))
		if readErr != nil || !ok || !bytes.HasPrefix(state, []byte("T")) {
			return false
		}
	}
	return err == nil && len(threads) > 0
}
