// Command demo shows the operator at work on this machine: an API server with
// its etcd, a VPP each for two nodes, an agent beside each, and the samples of
// config/samples. It stays until it is told to end and leaves nothing behind.
//
//	make demo               stays
//	make demo ARGS=--once   ends when everything was Ready
//
// The VPPs are simulated, unless VPP_BIN names a VPP to start, or
// VPP_API_SOCKET one that runs, which then is that of node1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/vpp-operator/vpp-operator/test/e2e/controlplane"
	"github.com/vpp-operator/vpp-operator/test/e2e/process"
)

const (
	// patience bounds the wait for everything to become Ready.
	patience = 10 * time.Minute
	// patienceToEnd is how long a process may take to end in order.
	patienceToEnd = 15 * time.Second
)

var nodes = []string{"node1", "node2"}

func main() { os.Exit(exitCode()) }

func exitCode() int {
	once := flag.Bool("once", false, "end when everything was Ready")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, *once)
	if errors.Is(err, context.Canceled) && !*once {
		return 0 // that is how one leaves it
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		return 1
	}
	return 0
}

// demo is everything that runs.
type demo struct {
	folder string
	bin    string
	plane  *controlplane.ControlPlane
	vpps   map[string]*node
	agents []*process.Process
}

func run(ctx context.Context, once bool) (err error) {
	d := &demo{vpps: map[string]*node{}}
	if d.bin, err = filepath.Abs("bin"); err != nil {
		return err
	}
	if d.folder, err = os.MkdirTemp("", "vpp-demo"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()

	say("Starting an API server and its etcd (the first time they are built, which takes minutes)")
	if d.plane, err = controlplane.Start(ctx, os.Stdout); err != nil {
		return err
	}
	say("Starting a VPP for each of %s", strings.Join(nodes, " and "))
	for _, name := range nodes {
		if d.vpps[name], err = d.startVPP(ctx, name); err != nil {
			return fmt.Errorf("VPP of %s: %w", name, err)
		}
		fmt.Printf("  %s: %s at %s\n", name, d.vpps[name].what, d.vpps[name].socket)
	}
	say("Custom resources")
	var kinds strings.Builder
	if err := d.kubectl(ctx, &kinds, "apply", "--server-side", "-k", "config/crd"); err != nil {
		return err
	}
	fmt.Printf("  %d kinds\n", strings.Count(kinds.String(), "\n"))
	if err := d.kubectl(ctx, io.Discard, "wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"); err != nil {
		return err
	}
	if err := d.kubectl(ctx, io.Discard, "create", "namespace", namespace); err != nil {
		return err
	}
	say("Starting the agents")
	for _, name := range nodes {
		if err := d.startAgent(name); err != nil {
			return err
		}
	}
	say("Applying config/samples")
	if err := d.applySamples(ctx); err != nil {
		return err
	}
	say("Waiting until all objects of %s are Ready", strings.Join(nodes, " and "))
	if err := d.awaitReady(ctx); err != nil {
		return err
	}
	say("Everything is Ready")
	for _, what := range []string{"vpp-nodes", "vpp"} {
		if err := d.kubectl(ctx, os.Stdout, "get", what); err != nil {
			return err
		}
		fmt.Println()
	}
	if once {
		return nil
	}
	d.invite()
	<-ctx.Done()
	fmt.Println()
	return nil
}

const namespace = "vpp-system"

func say(format string, args ...any) { fmt.Printf("\n# "+format+"\n", args...) }

// kubectl runs kubectl as a user who may do anything.
func (d *demo) kubectl(ctx context.Context, out io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, d.plane.Kubectl, append([]string{"--kubeconfig", d.plane.Kubeconfig}, args...)...)
	var stderr strings.Builder
	cmd.Stdout, cmd.Stderr = out, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return nil
}

// startAgent starts the agent of a node; it logs to a file.
func (d *demo) startAgent(node string) error {
	log := filepath.Join(d.folder, node+"-agent.log")
	p, err := process.Start(filepath.Join(d.bin, "vpp-operator"), log, "agent",
		"--node-name", node, "--kubeconfig", d.plane.Kubeconfig, "--vpp-socket", d.vpps[node].socket,
		"--ledger", filepath.Join(d.folder, node, "ledger"),
		"--metrics-bind-address", "0", "--health-probe-bind-address", "0")
	if err != nil {
		return err
	}
	d.agents = append(d.agents, p)
	fmt.Printf("  %s: log in %s\n", node, log)
	return nil
}

// stop ends everything, the agents first, so that none sees its world go.
func (d *demo) stop() error {
	say("Ending")
	var errs []error
	for _, p := range d.agents {
		errs = append(errs, p.End(patienceToEnd))
	}
	for _, n := range d.vpps {
		n.stop()
	}
	if d.plane != nil {
		errs = append(errs, d.plane.Stop())
	}
	return errors.Join(append(errs, os.RemoveAll(d.folder))...)
}

// invite tells what one can try.
func (d *demo) invite() {
	n := d.vpps["node1"]
	fmt.Printf(`# Try things, in another terminal

export KUBECONFIG=%[1]s PATH=%[2]s:%[3]s:$PATH

kubectl get vpp                                             # all objects; kubectl describe tells more
kubectl patch vppif node1-loop0 --type=merge -p '{"spec":{"mtu":1400}}'
kubectl delete vpproute node1-private                       # VPP forgets it at once
vppapi --socket %[4]s call sw_interface_dump                # what VPP itself says

# A foreign hand: delete node1's loopback in VPP and see it come back
%[5]s
kubectl get events --sort-by=.metadata.creationTimestamp | tail

# VPP loses its memory: everything is put back
%[6]s
kubectl get vppno -w

Ctrl-C ends it all.
`, d.plane.Kubeconfig, filepath.Dir(d.plane.Kubectl), d.bin, n.socket, n.foreignHand(), n.killHint())
}
