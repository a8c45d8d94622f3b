package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
	"github.com/vpp-operator/vpp-operator/test/e2e/process"
)

const runtimeSocket = "/run/containerd/containerd.sock"

// runNode starts what makes a machine a node, and takes orders for its kubelet.
func (m *machine) runNode() error {
	if m.Runtime != "" { // containerd looks for its shim and for runc there
		if err := os.Setenv("PATH", m.Runtime+string(filepath.ListSeparator)+os.Getenv("PATH")); err != nil {
			return err
		}
	}
	if m.VPP != "" {
		if err := m.startVPP(); err != nil {
			return err
		}
	}
	config := m.path(m.name, "containerd.toml")
	if err := os.WriteFile(config, []byte(m.runtimeConfig()), 0o600); err != nil {
		return err
	}
	if err := os.MkdirAll(m.path(m.name, "cni"), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(m.path(m.name, "cni", "none.conflist"), []byte(podNetwork), 0o600); err != nil {
		return err
	}
	if _, err := m.start(m.Runtime, "containerd", "--config="+config); err != nil {
		return err
	}
	if err := m.await("containerd", func() error { return m.ctr("version") }); err != nil {
		return err
	}
	for _, image := range append([]string{m.Pause}, m.Images...) {
		if err := m.ctr("--namespace=k8s.io", "images", "import", "--snapshotter="+snapshotter, image); err != nil {
			return fmt.Errorf("import %s: %w", image, err)
		}
	}
	k := &kubelet{machine: m}
	if err := k.start(); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", m.orders(m.name))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: k, ReadHeaderTimeout: patience}
	go func() { m.failed <- server.Serve(listener) }()
	return nil
}

// orders is the socket at which a machine, or the supervisor, takes orders.
func (c *cluster) orders(name string) string { return c.path(name, "orders.sock") }

func (m *machine) ctr(args ...string) error {
	cmd := exec.CommandContext(context.Background(), "ctr", args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ctr %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// snapshotter is the one that works on every file system.
const snapshotter = "native"

// runtimeConfig is containerd's. Its version 2 is read by every containerd since 1.3.
func (m *machine) runtimeConfig() string {
	return fmt.Sprintf(`version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  restrict_oom_score_adj = true # it may lack CAP_SYS_RESOURCE
  disable_apparmor = true       # its profile would stay in the kernel
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = %q
  [plugins."io.containerd.grpc.v1.cri".cni]
    conf_dir = %q
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt" # not the host's /opt
`, pauseImage, snapshotter, m.path(m.name, "cni"))
}

// pauseImage is the name of cluster.Pause.
const pauseImage = "localhost/pause:cluster"

// podNetwork makes the node Ready. There is none: all Pods have to use the host's.
const podNetwork = `{"cniVersion": "0.4.0", "name": "none", "plugins": [{"type": "there-is-no-pod-network"}]}`

// kubelet is a node's, which can be stopped and started.
type kubelet struct {
	*machine

	mu      sync.Mutex
	running *process.Process
}

func (k *kubelet) start() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running != nil && !k.running.Ended() {
		return nil
	}
	config, err := json.Marshal(map[string]any{
		"apiVersion":     "kubelet.config.k8s.io/v1beta1",
		"kind":           "KubeletConfiguration",
		"authentication": map[string]any{"x509": map[string]any{"clientCAFile": k.path("pki", "ca.crt")}},
		"cgroupDriver":   "cgroupfs",
		"cgroupRoot":     "/" + k.group(k.name),
		"failCgroupV1":   false,
		"failSwapOn":     false,
		// The machine is not the node's alone.
		"enforceNodeAllocatable":      []string{},
		"imageGCHighThresholdPercent": 100,
		"imageGCLowThresholdPercent":  99,
		"evictionHard": map[string]string{
			"memory.available": "1Mi", "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%",
		},
		"makeIPTablesUtilChains":    false,
		"containerRuntimeEndpoint":  "unix://" + runtimeSocket,
		"volumePluginDir":           "/var/lib/kubelet/volumeplugins",
		"resolvConf":                "",
		"nodeStatusUpdateFrequency": "5s",
		"nodeLeaseDurationSeconds":  16, // renewed every four
		// Tests kill containers more often than happens elsewhere.
		"crashLoopBackOff": map[string]any{"maxContainerRestartPeriod": "1s"},
	})
	if err != nil {
		return err
	}
	file := k.path(k.name, "kubelet.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return err
	}
	k.running, err = k.machine.start(k.Kubernetes, "kubelet",
		"--config="+file, "--kubeconfig="+k.userConfig("system:node:"+k.name),
		"--hostname-override="+k.name, "--node-ip="+nodeAddress(slices.Index(k.Nodes, k.name)))
	return err
}

func (k *kubelet) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.running.Stop()
}

// ServeHTTP takes the orders /kubelet/stop and /kubelet/start.
func (k *kubelet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/kubelet/stop":
		k.stop()
	case "/kubelet/start":
		if err := k.start(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	default:
		http.NotFound(w, r)
	}
}

// startVPP starts a real VPP as the node's own, and again whenever it ends.
func (m *machine) startVPP() error {
	r, err := vpptest.NewRealIn("/run/vpp", m.VPP)
	if err != nil {
		return err
	}
	note := func() error { return os.WriteFile("/run/vpp.pid", fmt.Append(nil, r.PID()), 0o600) }
	go func() {
		for {
			<-r.Gone()
			<-time.After(time.Second) // as systemd does with RestartSec=1
			if err := errors.Join(r.Restart(), note()); err != nil {
				m.failed <- err
				return
			}
		}
	}()
	return note()
}
