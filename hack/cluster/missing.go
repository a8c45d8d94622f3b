package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/vpp-operator/vpp-operator/test/e2e/controlplane/binaries"
)

// missing is what this machine lacks to run a cluster.
type missing struct{ what string }

func (m *missing) Error() string { return "no cluster can run here: " + m.what }

// namespaces are those that each machine of a cluster has for itself, besides its
// network, which is there before it.
const namespaces = syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC

// check returns an error, a *missing, unless this machine can run a cluster.
func check(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return &missing{"it takes root"}
	}
	for _, program := range []string{"ip", "nsenter"} {
		if _, err := exec.LookPath(program); err != nil {
			return &missing{program + " is not found"}
		}
	}
	n, err := newNetwork()
	if err != nil {
		return &missing{err.Error()}
	}
	defer n.Close()
	if err := n.ip(ctx, "link add "+uplink+" type veth peer name peer"); err != nil {
		return &missing{oneLine(err)}
	}
	probe := exec.CommandContext(ctx, "/proc/self/exe", "probe")
	probe.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces}
	if out, err := probe.CombinedOutput(); err != nil {
		return &missing{oneLine(fmt.Errorf("namespaces: %w %s", err, out))}
	}
	if err := checkGroups(); err != nil {
		return &missing{oneLine(fmt.Errorf("cgroups: %w", err))}
	}
	return nil
}

// findPrograms finds all that a cluster runs, or builds or fetches it. What cannot
// be had is a *missing too.
func (c *cluster) findPrograms(ctx context.Context, progress io.Writer) (err error) {
	for _, find := range []struct {
		folder *string
		by     func(context.Context, io.Writer) (string, error)
	}{
		{&c.Runtime, findRuntime},
		{&c.ControlPlane, binaries.Find},
		{&c.Kubernetes, binaries.FindCluster},
	} {
		if *find.folder, err = find.by(ctx, progress); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return &missing{oneLine(err)}
		}
	}
	return nil
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
