package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vpp-operator/vpp-operator/test/e2e/process"
)

// machine is the first process of a machine of the cluster: of its pid, mount, uts
// and ipc namespaces. All that the machine runs ends with it.
type machine struct {
	*cluster
	name   string
	failed chan error // takes how a program ended that should not have
}

// runMachine is what a machine does until it is killed.
func runMachine(folder, name string) error {
	c, err := load(folder)
	if err != nil {
		return err
	}
	m := &machine{cluster: c, name: name, failed: make(chan error, 8)}
	if err := unix.Sethostname([]byte(name)); err != nil {
		return err
	}
	if err := m.mount(); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o600); err != nil {
		return err
	}
	run := m.runNode
	if name == controlName {
		run = m.runControl
	}
	if err := run(); err != nil {
		return err
	}
	return <-m.failed
}

// start starts a program of a folder, or of PATH, which must not end.
func (m *machine) start(folder, name string, args ...string) (*process.Process, error) {
	if folder != "" {
		name = filepath.Join(folder, name)
	}
	p, err := process.Start(name, m.log(m.name, filepath.Base(name)), args...)
	if err != nil {
		return nil, err
	}
	go func() {
		<-p.Done()
		if !p.Stopped() {
			m.failed <- p.Failure()
		}
	}()
	return p, nil
}

// mount makes the mounts of a machine. None reaches the host.
func (m *machine) mount() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	// A cluster may lie, and programs too, in folders that are covered here.
	needed, err := m.open()
	if err != nil {
		return err
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return err
	}
	if m.name != controlName {
		if err := m.mountDisk(); err != nil {
			return err
		}
	}
	for path, f := range needed {
		if err := errors.Join(uncover(path, f), f.Close()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := m.shieldKernel(); err != nil {
		return err
	}
	// As the kubelet and mounts with Bidirectional propagation want it.
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
}

// mountDisk gives a node its own /run and /dev/shm, empty whenever it starts, and
// its own /var/lib and /var/log, which last.
func (m *machine) mountDisk() error {
	for _, path := range []string{"/run", "/dev/shm"} {
		if err := unix.Mount("tmpfs", path, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	for _, path := range []string{"/var/lib", "/var/log"} {
		disk := m.path(m.name, "disk", path)
		if err := os.MkdirAll(disk, 0o755); err != nil { //nolint:gosec // as it is elsewhere
			return err
		}
		if err := unix.Mount(disk, path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// open opens the folders that a machine needs from the host.
func (m *machine) open() (map[string]*os.File, error) {
	files := map[string]*os.File{}
	for _, path := range []string{m.Folder, m.ControlPlane, m.Kubernetes, m.Runtime, filepath.Dir(m.VPP)} {
		if path == "" || path == "." {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		files[path] = f
	}
	return files, nil
}

// uncover makes path the folder again that it was when f was opened.
func uncover(path string, f *os.File) error {
	was, err := f.Stat()
	if err != nil {
		return err
	}
	if is, err := os.Stat(path); err == nil && os.SameFile(was, is) {
		return nil
	}
	if err := os.MkdirAll(path, 0o755); err != nil { //nolint:gosec // as it is elsewhere
		return err
	}
	return unix.Mount(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), path, "", unix.MS_BIND, "")
}

// shieldKernel covers what the kubelet would set for the whole kernel with files
// that hold just that.
func (m *machine) shieldKernel() error {
	for setting, value := range map[string]string{
		"vm/overcommit_memory":      "1",
		"vm/panic_on_oom":           "0",
		"kernel/panic":              "10",
		"kernel/panic_on_oops":      "1",
		"kernel/keys/root_maxkeys":  "1000000",
		"kernel/keys/root_maxbytes": "25000000",
	} {
		path := filepath.Join("/proc/sys", setting)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		file := m.path(m.name, "sysctl", strings.ReplaceAll(setting, "/", "."))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
			return err
		}
		if err := unix.Mount(file, path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// await tries until there is no error, a machine's program fails, or patience ends.
func (m *machine) await(what string, try func() error) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case failure := <-m.failed:
			return failure
		case <-deadline.C:
			return fmt.Errorf("%s: not after %v: %w", what, patience, err)
		case <-again.C:
		}
	}
}
