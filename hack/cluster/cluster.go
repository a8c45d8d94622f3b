package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// cluster is what all its processes know of it, in cluster.json of its folder.
type cluster struct {
	Folder string
	// Program is this one.
	Program string
	Nodes   []string
	// Folders of programs: etcd, kube-apiserver and kubectl; the other parts of
	// Kubernetes; containerd and runc, "" where PATH has them.
	ControlPlane, Kubernetes, Runtime string
	// Pause is the image, a tar, of the process that holds a Pod together; Images
	// are those that every node has.
	Pause  string
	Images []string
	// VPP is the binary of a real VPP that every node has, or "".
	VPP string
	// Port is that of the API server at 127.0.0.1.
	Port int
}

const (
	controlName  = "control" // of the machine that runs the control plane
	folderPrefix = "vpp-operator-cluster-"
	groupPrefix  = "vpp-operator-"
	stateFile    = "cluster.json"
)

func (c *cluster) path(parts ...string) string {
	return filepath.Join(append([]string{c.Folder}, parts...)...)
}

// kubeconfig is for who may do anything, on the host.
func (c *cluster) kubeconfig() string { return c.path("kubeconfig") }

// userConfig is the kubeconfig of a user inside the cluster.
func (c *cluster) userConfig(user string) string { return c.path("pki", user+".kubeconfig") }

func (c *cluster) kubectl() string { return filepath.Join(c.ControlPlane, "kubectl") }

// log is the file that takes what a program of a machine says.
func (c *cluster) log(machine, program string) string {
	return c.path("log", machine+"-"+program+".log")
}

// group names a node's cgroup: no other cluster of this machine has it.
func (c *cluster) group(node string) string {
	return fmt.Sprintf("%s%.4x-%s", groupPrefix, sha256.Sum256([]byte(c.Folder)), node)
}

func (c *cluster) save() error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.path(stateFile), text, 0o600)
}

func load(folder string) (*cluster, error) {
	text, err := os.ReadFile(filepath.Join(folder, stateFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no cluster in %s", folder)
	}
	if err != nil {
		return nil, err
	}
	c := &cluster{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(folder, stateFile), err)
	}
	return c, nil
}

// errInUse says that a process holds the folder of a cluster.
var errInUse = errors.New("a cluster runs in this folder")

// lock takes a folder, which must exist, until the file is closed or the process ends.
func lock(folder string) (*os.File, error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errInUse
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", folder, err), f.Close())
	}
	return f, nil
}

// sweep removes what is left of a cluster whose processes were killed, which has
// ended all of them. The caller holds the lock.
func sweep(folder string) error {
	c, err := load(folder)
	if err == nil {
		for _, node := range c.Nodes {
			if err := removeGroups(c.group(node)); err != nil {
				return err
			}
		}
	}
	return os.RemoveAll(folder)
}

// sweepKilled sweeps a folder whose supervisor was killed.
func sweepKilled(folder string) error {
	held, err := lock(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil // it has done so itself
	}
	if err != nil {
		return err
	}
	return errors.Join(sweep(folder), held.Close())
}

// sweepTemporary sweeps all folders that clusters of `cluster run` have left.
func sweepTemporary() error {
	folders, err := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, stateFile)); err != nil {
			continue // one that just begins
		}
		held, err := lock(folder)
		if err != nil {
			continue // in use, or gone
		}
		if err := errors.Join(sweep(folder), held.Close()); err != nil {
			return err
		}
	}
	return nil
}
