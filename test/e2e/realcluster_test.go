package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/test/e2e/controlplane"
)

const (
	// clusterEnv names the folder of a cluster of hack/cluster.
	clusterEnv = "VPP_CLUSTER"
	// installer is what users apply.
	installer = "../../dist/install.yaml"
)

// madeCluster is what hack/cluster tells of one.
type madeCluster struct {
	Folder, Program, ControlPlane string
	Nodes                         []string
	VPP                           string // a real one that every node has, or ""
}

// realCluster is a Kubernetes with nodes, on which the operator runs as its users
// run it.
type realCluster struct {
	*cluster
	made  madeCluster
	image string                 // of the agents
	token func() (string, error) // of metricsReader
}

// joinCluster finds a cluster that runs.
func joinCluster(ctx context.Context, folder string) (*realCluster, error) {
	c := &realCluster{}
	text, err := os.ReadFile(filepath.Join(folder, "cluster.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &c.made); err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(folder, "kubeconfig")
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	scheme := kruntime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	c.cluster = &cluster{
		ControlPlane: &controlplane.ControlPlane{Config: config, Kubeconfig: kubeconfig, Kubectl: filepath.Join(c.made.ControlPlane, "kubectl")},
		objects:      map[string]client.Object{}, changed: make(chan struct{}), wrong: map[string][]string{},
	}
	if c.client, err = client.NewWithWatch(config, client.Options{Scheme: scheme}); err != nil {
		return nil, err
	}
	c.token = sync.OnceValues(func() (string, error) {
		return c.kubectl(context.Background(), "--namespace=default", "create", "token", metricsReader, "--duration=4h")
	})
	if err := c.install(ctx); err != nil {
		return nil, err
	}
	if c.image, err = c.kubectl(ctx, "--namespace="+namespace, "get", "daemonset/vpp-agent", "--output=jsonpath={..image}"); err != nil {
		return nil, err
	}
	watch, stop := context.WithCancel(context.Background())
	c.stop = stop
	for _, list := range lists() {
		c.watchers.Go(func() { c.watch(watch, list) })
	}
	return c, nil
}

func (c *realCluster) leave() {
	c.stop()
	c.watchers.Wait()
}

// metricsReader is the ServiceAccount by which the tests read metrics.
const metricsReader = "metrics-reader"

// install installs what is missing, and waits until it runs.
func (c *realCluster) install(ctx context.Context) error {
	if c.installed(ctx) {
		return nil
	}
	steps := [][]string{{"apply", "--filename=" + installer}}
	if c.made.VPP == "" {
		steps = append(steps, []string{"apply", "--filename=../../hack/cluster/vpp.yaml"},
			[]string{"--namespace=simulated-vpp", "rollout", "status", "daemonset/vpp", "--timeout=" + patience.String()})
	}
	steps = append(steps,
		[]string{"--namespace=" + namespace, "rollout", "status", "daemonset/vpp-agent", "--timeout=" + patience.String()})
	for _, step := range steps {
		if _, err := c.kubectl(ctx, step...); err != nil {
			return err
		}
	}
	for _, create := range [][]string{
		{"serviceaccount", metricsReader},
		{"clusterrolebinding", metricsReader, "--clusterrole=vpp-metrics-reader", "--serviceaccount=default:" + metricsReader},
	} {
		if _, err := c.kubectl(ctx, append([]string{"--namespace=default", "create"}, create...)...); err != nil && !strings.Contains(err.Error(), "already exists") {
			return err
		}
	}
	return nil
}

// installed tells whether all is as install has left it: no script takes away more
// than the DaemonSet, or other than with it.
func (c *realCluster) installed(ctx context.Context) bool {
	var agents appsv1.DaemonSet
	if c.image == "" || c.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "vpp-agent"}, &agents) != nil {
		return false
	}
	s := &agents.Status
	return agents.DeletionTimestamp == nil && agents.Spec.Template.Spec.Containers[0].Image == c.image &&
		s.ObservedGeneration == agents.Generation && s.DesiredNumberScheduled == int32(len(c.made.Nodes)) &&
		s.UpdatedNumberScheduled == s.DesiredNumberScheduled && s.NumberReady == s.DesiredNumberScheduled
}

func (c *realCluster) kubectl(ctx context.Context, args ...string) (string, error) {
	return output(ctx, c.Kubectl, append([]string{"--kubeconfig=" + c.Kubeconfig}, args...)...)
}

// order has hack/cluster do something.
func (c *realCluster) order(ctx context.Context, args ...string) (string, error) {
	return output(ctx, c.made.Program, append([]string{"--folder=" + c.made.Folder}, args...)...)
}

func output(ctx context.Context, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s%s", cmd, err, out, said.String())
	}
	return string(out), err
}

// root is the root folder of a node, as its processes see it now.
func (c *realCluster) root(node string) (string, error) {
	pid, err := os.ReadFile(filepath.Join(c.made.Folder, node, "pid"))
	return "/proc/" + string(pid) + "/root", err
}

// inNetwork opens something in the network of a node.
func inNetwork[T any](c *realCluster, node string, open func() (T, error)) (opened T, err error) {
	pid, err := os.ReadFile(filepath.Join(c.made.Folder, node, "pid"))
	if err != nil {
		return opened, err
	}
	return inNamespace("/proc/"+string(pid)+"/ns/net", open)
}

// inNamespace opens something in a network namespace, where it stays.
func inNamespace[T any](path string, open func() (T, error)) (T, error) {
	type result struct {
		opened T
		err    error
	}
	results := make(chan result, 1)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with us
		var r result
		if r.err = enter(path); r.err == nil {
			r.opened, r.err = open()
		}
		results <- r
	}()
	r := <-results
	return r.opened, r.err
}

// enter has the thread be in a network namespace.
func enter(path string) error {
	space, err := os.Open(path)
	if err != nil {
		return err
	}
	defer space.Close()
	return unix.Setns(int(space.Fd()), unix.CLONE_NEWNET)
}

// dial connects from the inside of a node.
func (c *realCluster) dial(ctx context.Context, node, address string) (net.Conn, error) {
	return inNetwork(c, node, func() (net.Conn, error) { return (&net.Dialer{}).DialContext(ctx, "tcp", address) })
}

// bearer adds a token to requests.
type bearer struct {
	http.RoundTripper
	token func() (string, error)
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := b.token()
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(token))
	return b.RoundTripper.RoundTrip(r)
}

// client is one for the HTTPS servers of a node, whose certificates nobody knows.
func (c *realCluster) clientFor(node string, token func() (string, error)) *http.Client {
	return &http.Client{
		Timeout: 10 * time.Second,
		Transport: bearer{token: token, RoundTripper: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				return c.dial(ctx, node, address)
			},
		}},
	}
}

// pod is the one of a node that a DaemonSet has made and that is not about to go.
func (c *realCluster) pod(ctx context.Context, space, app, node string) (*corev1.Pod, error) {
	var list corev1.PodList
	if err := c.client.List(ctx, &list, client.InNamespace(space), client.MatchingLabels{"app.kubernetes.io/name": app}); err != nil {
		return nil, err
	}
	for i := range list.Items {
		if p := &list.Items[i]; p.Spec.NodeName == node && p.DeletionTimestamp == nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("there is no Pod of %s on %s", app, node)
}

func (c *realCluster) agentPod(ctx context.Context, node string) (*corev1.Pod, error) {
	return c.pod(ctx, namespace, "vpp-operator", node)
}

// nodeVPP is the VPP of a node: the node's own, or one in a Pod.
type nodeVPP struct {
	*realCluster
	node string
}

// Socket is where the API socket is found from here; elsewhere after a reboot.
func (v *nodeVPP) Socket() string {
	root, _ := v.root(v.node)
	return filepath.Join(root, "run/vpp/api.sock")
}

// Stop leaves the VPP to the node.
func (v *nodeVPP) Stop() {}

// kill kills the process, and others start it again.
func (v *nodeVPP) kill(ctx context.Context) error {
	if v.made.VPP != "" {
		_, err := v.order(ctx, "exec", v.node, "sh", "-c", "kill -KILL $(cat /run/vpp.pid)")
		return err
	}
	return v.killContainer(ctx, v.node, "vpp")
}

// killContainer kills the first process of a container, by the container's name,
// without asking the API server, which may be out of reach.
func (c *realCluster) killContainer(ctx context.Context, node, name string) error {
	_, err := c.order(ctx, "exec", node, "sh", "-c", containers(name)+`for c in $running; do ctr -n k8s.io tasks kill -s KILL $c; done; test -n "$running"`)
	return err
}

// containers is a shell's command that sets running to the containers that run and
// that Pods call by that name.
func containers(name string) string {
	return fmt.Sprintf(`
named=$(ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"==%s')
running=$(ctr -n k8s.io tasks ls | awk -v named="$named" 'BEGIN {split(named, list); for (i in list) of[list[i]] = 1} $3 == "RUNNING" && of[$1] {print $1}')
`, name)
}

// restart kills the VPP and waits until the next boot serves its socket.
func (v *nodeVPP) restart(s *scenario) error {
	before := v.boot()
	if err := v.kill(s.ctx); err != nil {
		return err
	}
	return s.eventually(func(context.Context) error {
		if now := v.boot(); now == "" || now == before {
			return errors.New("VPP is not back")
		}
		return nil
	})
}

// boot tells the present boot of the VPP from others, "" where none serves.
func (v *nodeVPP) boot() string {
	info, err := os.Stat(v.Socket())
	if err != nil {
		return ""
	}
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "unix", v.Socket())
	if err != nil {
		return ""
	}
	_ = conn.Close()
	return info.ModTime().String()
}
