package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/vpp-operator/vpp-operator/test/e2e/process"
)

// patience is how long a step may take on a machine that is busy with other things.
const patience = 5 * time.Minute

// supervisor starts the machines of a cluster and takes orders about them. All ends
// with it.
type supervisor struct {
	*cluster
	control  *network
	networks []*network // of the nodes
	end      context.CancelFunc

	mu       sync.Mutex
	machines map[string]*process.Process
}

// supervise runs the cluster of a folder until ctx ends or an order says so; to
// report it tells how far it is, then that it is ready, and why it cannot go on.
// When it returns nothing of the cluster is left.
func supervise(ctx context.Context, folder string, report func(string)) (err error) {
	held, err := lock(folder)
	if err != nil {
		return err
	}
	c, err := load(folder)
	if err != nil {
		return errors.Join(err, held.Close())
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	s := &supervisor{cluster: c, end: end, machines: map[string]*process.Process{}}
	defer func() { err = errors.Join(err, s.stop(), held.Close()) }()
	if err := s.run(ctx, report); err != nil {
		if ctx.Err() == nil {
			report(s.keepLogs())
		}
		return err
	}
	report(readyLine)
	<-ctx.Done()
	return nil
}

// run starts everything.
func (s *supervisor) run(ctx context.Context, report func(string)) (err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close() // the machine has its own
	tcp, ok := listener.(*net.TCPListener)
	if !ok {
		return fmt.Errorf("%T is no listener of TCP", listener)
	}
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return fmt.Errorf("%T is no address of TCP", listener.Addr())
	}
	s.Port = address.Port
	for _, name := range append([]string{controlName, "log"}, s.Nodes...) {
		if err := os.MkdirAll(s.path(name), 0o700); err != nil {
			return err
		}
	}
	if err := errors.Join(s.save(), s.writeCredentials()); err != nil {
		return err
	}
	if s.control, err = newNetwork(); err != nil {
		return err
	}
	for range s.Nodes {
		n, err := newNetwork()
		if err != nil {
			return err
		}
		s.networks = append(s.networks, n)
	}
	if err := connect(ctx, s.control, s.Nodes, s.networks); err != nil {
		return err
	}
	report("starting etcd, API server, controller manager and scheduler")
	file, err := tcp.File()
	if err != nil {
		return err
	}
	defer file.Close()
	if err := s.start(controlName, file); err != nil {
		return err
	}
	report("starting " + strings.Join(s.Nodes, " and ") + ": containerd, images, kubelet")
	for _, node := range s.Nodes {
		if err := s.start(node); err != nil {
			return err
		}
	}
	if err := s.takeOrders(ctx); err != nil {
		return err
	}
	return s.awaitReady(ctx, report)
}

// start starts a machine, in its network, unless it runs.
func (s *supervisor) start(name string, files ...*os.File) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.machines[name]; p != nil && !p.Ended() {
		return nil
	}
	n := s.control
	if name != controlName {
		n = s.networks[slices.Index(s.Nodes, name)]
		if err := makeGroups(s.group(name)); err != nil {
			return err
		}
	}
	if err := os.Remove(s.orders(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	cmd := exec.CommandContext(context.Background(), "nsenter", "--net="+n.path(), s.Program, "machine", s.Folder, name)
	cmd.ExtraFiles = files
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces}
	p, err := process.Run(cmd, s.log(name, "machine"))
	if err != nil {
		return err
	}
	s.machines[name] = p
	return os.WriteFile(s.pidFile(name), fmt.Append(nil, p.PID()), 0o600)
}

// pidFile has the process id, as the host sees it, of a machine's first process.
func (c *cluster) pidFile(name string) string { return c.path(name, "pid") }

// stop ends everything and removes every trace.
func (s *supervisor) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.machines {
		p.Stop() // and with it all processes of its pid namespace
	}
	var errs []error
	for _, node := range s.Nodes {
		errs = append(errs, removeGroups(s.group(node)))
	}
	for _, n := range append(s.networks, s.control) {
		if n != nil {
			errs = append(errs, n.Close())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(s.Folder))...)
}

// awaitReady waits until the nodes can run Pods.
func (s *supervisor) awaitReady(ctx context.Context, report func(string)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the nodes are not Ready after %v", patience))
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	told := ""
	for {
		ready, err := s.readiness(ctx)
		if err == nil && ready == len(s.Nodes) {
			return nil
		}
		if line := fmt.Sprintf("%d of %d nodes Ready", ready, len(s.Nodes)); err == nil && line != told {
			report(line)
			told = line
		}
		for _, p := range s.all() {
			if p.Ended() {
				return p.Failure()
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err, errors.New(s.lastWords()))
		}
	}
}

func (s *supervisor) all() (all []*process.Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.machines {
		all = append(all, p)
	}
	return all
}

// readiness counts the nodes that are Ready, once Pods can be made at all.
func (s *supervisor) readiness(ctx context.Context) (int, error) {
	for _, what := range []string{"serviceaccount/default", "configmap/kube-root-ca.crt"} {
		if _, err := s.runKubectl(ctx, s.kubeconfig(), "--namespace=default", "get", what); err != nil {
			return 0, err
		}
	}
	list, err := s.runKubectl(ctx, s.kubeconfig(), "get", "nodes", `--output=jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}`)
	return strings.Count(list, "True"), err
}

func (c *cluster) runKubectl(ctx context.Context, kubeconfig string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.kubectl(), append([]string{"--kubeconfig=" + kubeconfig}, args...)...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, said.String())
	}
	return string(out), nil
}

// lastWords are the ends of all logs.
func (c *cluster) lastWords() string {
	files, _ := filepath.Glob(c.path("log", "*.log"))
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		const most = 2000
		_, _ = fmt.Fprintf(&all, "==> %s <==\n%s\n", filepath.Base(file), text[max(0, len(text)-most):])
	}
	return all.String()
}

// takeOrders serves the supervisor's socket.
func (s *supervisor) takeOrders(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", s.orders(""))
	if err != nil {
		return err
	}
	orders := http.NewServeMux()
	orders.HandleFunc("/down", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "0") // whole, before all connections are closed
		_ = http.NewResponseController(w).Flush()
		s.end()
	})
	for order, do := range map[string]func(ctx context.Context, i int) error{
		"cut": func(ctx context.Context, i int) error { return s.control.ip(ctx, "link set "+s.Nodes[i]+" down") },
		"join": func(ctx context.Context, i int) error {
			return s.control.ip(ctx, "link set "+s.Nodes[i]+" up")
		},
		"off": func(_ context.Context, i int) error { return s.off(s.Nodes[i]) },
		"on":  func(_ context.Context, i int) error { return s.start(s.Nodes[i]) },
		"reboot": func(_ context.Context, i int) error {
			if err := s.off(s.Nodes[i]); err != nil {
				return err
			}
			return s.start(s.Nodes[i])
		},
		"stop-kubelet":  func(ctx context.Context, i int) error { return give(ctx, s.orders(s.Nodes[i]), "/kubelet/stop") },
		"start-kubelet": func(ctx context.Context, i int) error { return give(ctx, s.orders(s.Nodes[i]), "/kubelet/start") },
	} {
		orders.HandleFunc("/"+order+"/{node}", func(w http.ResponseWriter, r *http.Request) {
			i := slices.Index(s.Nodes, r.PathValue("node"))
			if i < 0 {
				http.Error(w, "there is no such node", http.StatusNotFound)
				return
			}
			if err := do(r.Context(), i); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
	}
	server := &http.Server{Handler: orders, ReadHeaderTimeout: patience}
	go func() {
		_ = server.Serve(listener)
	}()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return nil
}

// off takes a node's power away. Its network and its disk stay; its cgroups, which the
// kubelet would take for containers that it does not know, do not.
func (s *supervisor) off(node string) error {
	s.mu.Lock()
	p := s.machines[node]
	s.mu.Unlock()
	p.Stop()
	return removeGroups(s.group(node))
}

// give gives an order at a socket and waits until it is carried out.
func give(ctx context.Context, socket, order string) error {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://cluster"+order, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", strings.TrimPrefix(order, "/"), strings.TrimSpace(string(said)))
	}
	return err
}
