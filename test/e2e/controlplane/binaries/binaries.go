// Package binaries finds the programs of a Kubernetes control plane (etcd,
// kube-apiserver, kubectl), and those that make a cluster of it, or, where there
// are none, builds them from the Go modules that hack/controlplane/go.mod pins:
// minutes the first time, nothing after that. It imports only the standard
// library, so that `make controlplane` has nothing else to compile.
package binaries

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	// AssetsVariable names a folder that holds the programs ready-made; it is the
	// variable that Kubebuilder's tools know.
	AssetsVariable = "KUBEBUILDER_ASSETS"
	// CacheVariable names the folder that keeps what is built here, in place of
	// vpp-operator/controlplane in the user's cache.
	CacheVariable = "CONTROLPLANE_DIR"
)

// program is one that is built.
type program struct {
	name    string
	pkg     string
	module  string // whose version it carries
	minutes int    // of CPU to build it, nothing cached
}

var programs = []program{
	{name: "etcd", pkg: "go.etcd.io/etcd/server/v3", module: "go.etcd.io/etcd/server/v3", minutes: 1},
	{name: "kubectl", pkg: "k8s.io/kubernetes/cmd/kubectl", module: kubernetes, minutes: 2},
	{name: "kube-apiserver", pkg: "k8s.io/kubernetes/cmd/kube-apiserver", module: kubernetes, minutes: 4},
}

// clusterPrograms are what a cluster needs besides, in a folder of their own: who
// only wants an API server does not wait for them.
var clusterPrograms = []program{
	{name: "kube-scheduler", pkg: "k8s.io/kubernetes/cmd/kube-scheduler", module: kubernetes, minutes: 1},
	{name: "kube-controller-manager", pkg: "k8s.io/kubernetes/cmd/kube-controller-manager", module: kubernetes, minutes: 2},
	{name: "kubelet", pkg: "k8s.io/kubernetes/cmd/kubelet", module: kubernetes, minutes: 3},
}

const kubernetes = "k8s.io/kubernetes"

// Find returns the folder that holds the programs: the one named by
// KUBEBUILDER_ASSETS if that is set, else one in the cache, where they are built
// first if they are absent. To progress it says so, a line a program. Processes
// may call it at the same time: one builds and the others wait for it.
func Find(ctx context.Context, progress io.Writer) (string, error) {
	if assets := os.Getenv(AssetsVariable); assets != "" {
		for _, p := range programs {
			if _, err := os.Stat(filepath.Join(assets, p.name)); err != nil {
				return "", fmt.Errorf("%s lacks a program: %w", AssetsVariable, err)
			}
		}
		return filepath.Abs(assets)
	}
	return findBuilt(ctx, programs, progress)
}

// FindCluster is Find for kube-controller-manager, kube-scheduler and kubelet,
// except that KUBEBUILDER_ASSETS, which is known to hold no such, says nothing.
func FindCluster(ctx context.Context, progress io.Writer) (string, error) {
	return findBuilt(ctx, clusterPrograms, progress)
}

// findBuilt returns the folder in the cache that holds the programs.
func findBuilt(ctx context.Context, programs []program, progress io.Writer) (string, error) {
	root, err := output(goCommand(ctx, ".", "list", "-m", "-f", "{{.Dir}}", "github.com/vpp-operator/vpp-operator"))
	if err != nil {
		return "", fmt.Errorf("look for the repository: %w", err)
	}
	cache := os.Getenv(CacheVariable)
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("look for a folder to build the control plane in: %w (set %s)", err, CacheVariable)
		}
		cache = filepath.Join(user, "vpp-operator", "controlplane")
	}
	if cache, err = filepath.Abs(cache); err != nil {
		return "", err
	}
	b := builder{
		module:   filepath.Join(strings.TrimSpace(root), "hack", "controlplane"),
		cache:    cache,
		programs: programs,
		progress: progress,
	}
	return b.find(ctx)
}

// builder builds programs from the packages that a module requires.
type builder struct {
	module   string // its folder
	cache    string
	programs []program
	progress io.Writer
}

// find returns the folder of the programs. It appears in one step when all are
// built: where it is, it is whole. Its name tells what was built and how, so a
// change of either is another folder.
func (b *builder) find(ctx context.Context) (string, error) {
	versions, err := b.versions(ctx)
	if err != nil {
		return "", err
	}
	name, err := b.name(versions)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(b.cache, name)
	if exists(folder) {
		return folder, nil
	}
	if err := os.MkdirAll(b.cache, 0o700); err != nil {
		return "", err
	}
	unlock, err := b.lock(folder + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(folder) { // built while we waited
		return folder, nil
	}
	return folder, b.build(ctx, folder, versions)
}

// versions returns the version of each program's module, from go.mod alone: no
// network and no module cache is needed to find what is built already.
func (b *builder) versions(ctx context.Context) (map[string]string, error) {
	text, err := output(goCommand(ctx, b.module, "mod", "edit", "-json"))
	if err != nil {
		return nil, fmt.Errorf("read %s/go.mod: %w", b.module, err)
	}
	var mod struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal([]byte(text), &mod); err != nil {
		return nil, fmt.Errorf("read %s/go.mod: %w", b.module, err)
	}
	all := make(map[string]string)
	for _, r := range mod.Require {
		all[r.Path] = r.Version
	}
	versions := make(map[string]string)
	for _, p := range b.programs {
		if versions[p.module] = all[p.module]; versions[p.module] == "" {
			return nil, fmt.Errorf("%s/go.mod does not require %s", b.module, p.module)
		}
	}
	return versions, nil
}

// name returns the name of the folder of the programs: their versions, for whom
// to read, and a hash of all that makes them what they are, the compiler apart.
func (b *builder) name(versions map[string]string) (string, error) {
	hash := sha256.New()
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(b.module, file))
		if err != nil {
			return "", err
		}
		hash.Write(text)
	}
	var parts []string
	for _, p := range b.programs {
		hash.Write(fmt.Appendln(nil, p.name, b.arguments(p, "", versions[p.module])))
		parts = append(parts, p.name+"-"+versions[p.module])
	}
	parts = append(parts, runtime.GOOS, runtime.GOARCH, fmt.Sprintf("%.4x", hash.Sum(nil)))
	return strings.Join(parts, "-"), nil
}

// build builds the programs into folder, or leaves nothing there.
func (b *builder) build(ctx context.Context, folder string, versions map[string]string) error {
	unfinished := folder + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil { // of one who was killed
		return err
	}
	defer func() { _ = os.RemoveAll(unfinished) }()
	for _, p := range b.programs {
		b.say("building %s %s: about %d min of CPU time, once", p.name, versions[p.module], p.minutes)
		began := time.Now()
		cmd := goCommand(ctx, b.module, b.arguments(p, filepath.Join(unfinished, p.name), versions[p.module])...)
		// For this machine, whatever the caller builds for.
		cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
		if _, err := output(cmd); err != nil {
			return fmt.Errorf("build %s: %w", p.name, err)
		}
		b.say("built %s in %v", p.name, time.Since(began).Round(time.Second))
	}
	return os.Rename(unfinished, folder)
}

// arguments returns those of the go command that builds p.
func (b *builder) arguments(p program, out, version string) []string {
	flags := []string{"-s", "-w"}
	if p.module == kubernetes { // they tell each other their versions
		major, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
		minor, _, _ := strings.Cut(rest, ".")
		for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
			flags = append(flags,
				"-X", pkg+".gitVersion="+version,
				"-X", pkg+".gitMajor="+major,
				"-X", pkg+".gitMinor="+minor)
		}
	}
	// As Kubernetes itself does: without its tracing, gRPC links smaller.
	return []string{"build", "-trimpath", "-tags", "grpcnotrace", "-ldflags", strings.Join(flags, " "), "-o", out, p.pkg}
}

// lock waits until no other process holds the lock at path, and holds it until
// unlock is called or this process ends.
func (b *builder) lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = flock(f, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		b.say("waiting for another process that builds the control plane")
		err = flock(f, syscall.LOCK_EX)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// say tells progress. Whether it hears is no reason to stop.
func (b *builder) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.progress, format+"\n", args...)
}

func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// goCommand returns a go command to be run in a folder, for its module alone.
func goCommand(ctx context.Context, folder string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = folder
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it stops its compilers
	cmd.WaitDelay = 10 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
	return cmd
}

// output runs a command and returns what it prints, or an error that tells what
// it said.
func output(cmd *exec.Cmd) (string, error) {
	runtime.LockOSThread() // Pdeathsig means the thread that forked
	defer runtime.UnlockOSThread()
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, strings.TrimSpace(said.String()))
	}
	return string(out), nil
}
