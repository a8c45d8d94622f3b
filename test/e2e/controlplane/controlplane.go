// Package controlplane runs a Kubernetes API server with its etcd, as tests and
// the demo need it: ready in seconds, reachable from this machine only, gone
// without a trace when it is stopped or its parent dies. There is no controller
// manager: no garbage collector, no DaemonSets, no nodes but those one creates.
//
// It is not envtest.ControlPlane, whose processes outlive a test that is killed.
// The rest of envtest works with it, such as envtest.InstallCRDs.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/keyutil"

	"github.com/vpp-operator/vpp-operator/test/e2e/certificates"
	"github.com/vpp-operator/vpp-operator/test/e2e/controlplane/binaries"
	"github.com/vpp-operator/vpp-operator/test/e2e/process"
)

const (
	folderPrefix = "vpp-operator-controlplane-"
	// patience is how long a program may take to serve, on a machine that is busy
	// with other things.
	patience = 5 * time.Minute
	// serverAttempts is how often the API server is started: it ends by itself
	// where something it begins with takes longer than it has patience for, such
	// as half a minute for RBAC's own roles.
	serverAttempts = 3
)

var loopback = net.IPv4(127, 0, 0, 1)

// ControlPlane is a running API server and its etcd.
type ControlPlane struct {
	// Config and Kubeconfig, a file, are those of a user who may do anything. No
	// client made from Config limits its own rate.
	Config     *rest.Config
	Kubeconfig string
	// Kubectl is the path of a kubectl of the API server's version.
	Kubectl string
	// Folder holds the logs, etcd.log and kube-apiserver.log, until Stop.
	Folder string

	binaries  string
	authority *certificates.Authority
	lock      *os.File // the folder, locked: it is in use
	port      int
	reserve   *os.File // keeps port ours
	etcd      *process.Process
	server    *process.Process // nil while stopped
}

// Start starts a control plane, from binaries.Find, which tells progress what it
// builds, and returns when it serves; ctx is for that long. An error shows the end
// of the logs and tells where they are. The caller calls Stop.
func Start(ctx context.Context, progress io.Writer) (_ *ControlPlane, err error) {
	programs, err := binaries.Find(ctx, progress)
	if err != nil {
		return nil, err
	}
	if err := sweep(time.Hour); err != nil {
		return nil, err
	}
	c := &ControlPlane{binaries: programs, Kubectl: filepath.Join(programs, "kubectl")}
	defer func() {
		if err != nil { // the folder stays, for who reads the logs, until it is swept
			err = errors.Join(fmt.Errorf("start the control plane: %w", err), c.stop())
		}
	}()
	if err := c.furnish(); err != nil {
		return nil, err
	}
	// Nothing but the API server finds etcd: it listens on sockets in our folder.
	// What it advertises must look like an address, and nobody follows it.
	c.etcd, err = process.Start(filepath.Join(programs, "etcd"), c.path("etcd.log"),
		"--data-dir="+c.path("etcd"),
		"--unsafe-no-fsync",
		"--listen-client-urls=unix://"+c.path("etcd.sock"),
		"--advertise-client-urls=http://localhost:2379",
		"--listen-peer-urls=unix://peer.sock") // in the folder too
	if err != nil {
		return nil, err
	}
	if err := c.StartAPIServer(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// furnish makes the folder and all that is in it when the programs start, and
// finds a port.
func (c *ControlPlane) furnish() (err error) {
	if c.Folder, err = os.MkdirTemp("", folderPrefix); err != nil {
		return err
	}
	if c.lock, err = os.Open(c.Folder); err != nil {
		return err
	}
	if err := syscall.Flock(int(c.lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", c.Folder, err)
	}
	if c.reserve, c.port, err = reservePort(); err != nil {
		return fmt.Errorf("find a free port: %w", err)
	}
	if c.authority, err = certificates.NewAuthority(); err != nil {
		return err
	}
	certificate, key, err := c.authority.Server(loopback)
	if err != nil {
		return err
	}
	tokens, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"ca.crt":     c.authority.PEM(),
		"server.crt": certificate,
		"server.key": key,
		"tokens.key": tokens,
	} {
		if err := os.WriteFile(c.path(name), content, 0o600); err != nil {
			return err
		}
	}
	c.Config, c.Kubeconfig, err = c.User("admin", "system:masters")
	return err
}

// User returns configuration and kubeconfig file of a user, whom the API server
// knows by a certificate and who may do what RBAC grants the name or a group.
// The file goes with Stop.
func (c *ControlPlane) User(name string, groups ...string) (config *rest.Config, kubeconfig string, err error) {
	file, err := c.authority.Kubeconfig("https://"+net.JoinHostPort(loopback.String(), strconv.Itoa(c.port)), name, groups...)
	if err != nil {
		return nil, "", err
	}
	if config, err = clientcmd.NewDefaultClientConfig(*file, nil).ClientConfig(); err != nil {
		return nil, "", err
	}
	config.QPS = -1
	f, err := os.CreateTemp(c.Folder, "*.kubeconfig")
	if err != nil {
		return nil, "", err
	}
	if err := f.Close(); err != nil {
		return nil, "", err
	}
	return config, f.Name(), clientcmd.WriteToFile(*file, f.Name())
}

// StartAPIServer starts the API server again after StopAPIServer, at the same
// address and with the same objects, and returns when it serves.
func (c *ControlPlane) StartAPIServer(ctx context.Context) (err error) {
	for range serverAttempts {
		if err = c.startAPIServer(ctx); err == nil || ctx.Err() != nil || c.etcd.Ended() || c.server == nil || !c.server.Ended() {
			return err
		}
	}
	return err
}

func (c *ControlPlane) startAPIServer(ctx context.Context) (err error) {
	c.server, err = process.Start(filepath.Join(c.binaries, "kube-apiserver"), c.path("kube-apiserver.log"),
		"--etcd-servers=unix://"+c.path("etcd.sock"),
		"--bind-address="+loopback.String(),
		"--secure-port="+strconv.Itoa(c.port),
		"--permit-port-sharing",         // with our reservation
		"--advertise-address=192.0.2.1", // else it looks for a network, which need not be there
		"--service-cluster-ip-range=10.96.0.0/16",
		"--cert-dir="+c.path("certificates"),
		"--tls-cert-file="+c.path("server.crt"),
		"--tls-private-key-file="+c.path("server.key"),
		"--client-ca-file="+c.path("ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+c.path("tokens.key"),
		"--service-account-signing-key-file="+c.path("tokens.key"),
		"--authorization-mode=RBAC",
		"--disable-admission-plugins=ServiceAccount", // nobody makes the default ones
		"--allow-privileged")
	if err != nil {
		return err
	}
	client, err := rest.HTTPClientFor(c.Config)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	return wait(ctx, func(ctx context.Context) error {
		// The namespace is where the Events of cluster-scoped objects go.
		return errors.Join(
			get(ctx, client, c.Config.Host+"/readyz"),
			get(ctx, client, c.Config.Host+"/api/v1/namespaces/default"))
	}, c.etcd, c.server)
}

// StopAPIServer stops the API server alone, as when the network fails: who asks
// is refused at once.
func (c *ControlPlane) StopAPIServer() {
	c.server.Stop()
	c.server = nil
}

// wait waits until try returns no error, as long as the processes run and for
// patience at most.
func wait(ctx context.Context, try func(context.Context) error, running ...*process.Process) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not ready after %v", patience))
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		failed := try(ctx)
		if failed == nil {
			return nil
		}
		for _, p := range running {
			if p.Ended() {
				return p.Failure()
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			errs := []error{fmt.Errorf("%w: %w", context.Cause(ctx), failed)}
			for _, p := range running {
				errs = append(errs, errors.New(p.LastWords()))
			}
			return errors.Join(errs...)
		}
	}
}

// get returns an error unless the answer at url is 200 OK.
func get(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	return nil
}

// Stop ends the control plane and removes its folder.
func (c *ControlPlane) Stop() error {
	return errors.Join(c.stop(), os.RemoveAll(c.Folder))
}

// stop ends all that runs and leaves the folder.
func (c *ControlPlane) stop() error {
	for _, p := range []*process.Process{c.server, c.etcd} {
		if p != nil {
			p.Stop()
		}
	}
	var errs []error
	for _, f := range []*os.File{c.reserve, c.lock} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

func (c *ControlPlane) path(name string) string { return filepath.Join(c.Folder, name) }

// reservePort binds a free port and, as nobody listens, sends no connection to
// the file it returns: while that is open only who shares the port can have it.
func reservePort() (_ *os.File, port int, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, 0, err
	}
	f := os.NewFile(uintptr(fd), "port")
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return nil, 0, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte(loopback.To4())}); err != nil {
		return nil, 0, err
	}
	address, err := unix.Getsockname(fd)
	if err != nil {
		return nil, 0, err
	}
	return f, address.(*unix.SockaddrInet4).Port, nil
}

// sweep removes the folders of control planes that were not stopped, since they
// failed to start or their process was killed, once they are older than age.
func sweep(age time.Duration) error {
	folders, err := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		f, err := os.Open(folder)
		if err != nil { // another user's, or just gone
			continue
		}
		info, err := f.Stat()
		if err == nil && time.Since(info.ModTime()) > age &&
			syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			err = os.RemoveAll(folder)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("remove what an earlier control plane left: %w", err)
		}
	}
	return nil
}
