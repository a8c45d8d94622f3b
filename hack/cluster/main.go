// Command cluster runs a real Kubernetes on this machine, for tests and for who
// wants to see the operator in one: etcd, API server, controller manager,
// scheduler and, for each node, containerd, runc and kubelet.
//
//	cluster up                 starts one that stays, and tells how to use it
//	cluster down               ends it
//	cluster run -- COMMAND     starts one for as long as the command runs
//
// Everything lives in namespaces of its own (a machine of the cluster is a network,
// a pid, a mount, a uts and an ipc namespace), in cgroups of its own and in one
// folder. When it ends, in whatever way, nothing of it is left; what somebody has
// killed with SIGKILL leaves cgroups and the folder, and these go when the next one
// starts. Pods have to use the network of their node: there is no other.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// FolderEnv names the folder of a cluster.
const folderEnv = "VPP_CLUSTER"

// exitMissing is the exit status where this machine can run no cluster.
const exitMissing = 3

func main() { os.Exit(exitCode()) }

func exitCode() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := newCommand().ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if command, ok := errors.AsType[*commandError](err); ok {
		return command.status
	}
	fmt.Fprintln(os.Stderr, "cluster:", err)
	if _, ok := errors.AsType[*missing](err); ok {
		return exitMissing
	}
	return 1
}

// commandError tells that the command of `cluster run` failed, which has said why.
type commandError struct{ status int }

func (e *commandError) Error() string { return fmt.Sprintf("exit status %d", e.status) }

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "cluster",
		Short:         "A real Kubernetes on this machine",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	folder := os.Getenv(folderEnv)
	if folder == "" {
		folder = filepath.Join(os.TempDir(), strings.TrimSuffix(folderPrefix, "-"))
	}
	root.PersistentFlags().StringVar(&folder, "folder", folder, "where the cluster is")
	c := &cluster{}
	nodes := 2
	wants := func(cmd *cobra.Command) {
		cmd.Flags().IntVar(&nodes, "nodes", nodes, "number of nodes")
		cmd.Flags().StringVar(&c.Pause, "pause", "dist/pause.tar", "image of the Pods' first process")
		cmd.Flags().StringSliceVar(&c.Images, "image", nil, "images, as tar files, that every node has")
		cmd.Flags().StringVar(&c.VPP, "vpp", os.Getenv(vpptest.BinEnv), "a VPP that runs on every node")
	}

	up := &cobra.Command{
		Use: "up", Short: "Start a cluster that stays", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.Folder = folder
			return c.up(cmd.Context(), nodes)
		},
	}
	run := &cobra.Command{
		Use: "run -- COMMAND [ARGUMENT]...", Short: "Start a cluster for as long as a command runs", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runCommand(cmd.Context(), nodes, args) },
	}
	wants(up)
	wants(run)
	possible := &cobra.Command{
		Use: "check", Short: "Find out whether a cluster can run here", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := check(cmd.Context()); err != nil {
				return err
			}
			return c.findPrograms(cmd.Context(), os.Stdout)
		},
	}
	down := &cobra.Command{
		Use: "down", Short: "End the cluster", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return down(cmd.Context(), folder) },
	}
	inside := &cobra.Command{
		Use: "exec NODE COMMAND [ARGUMENT]...", Short: "Run a command on a node", Args: cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return execute(folder, args[0], args[1:]) },
	}
	inside.Flags().SetInterspersed(false)
	root.AddCommand(possible, up, run, down, inside)
	for order, short := range map[string]string{
		"cut": "Cut a node off from the control plane", "join": "Undo cut",
		"off": "Take a node's power away", "on": "Undo off", "reboot": "off, then on",
		"stop-kubelet": "Stop a node's kubelet", "start-kubelet": "Undo stop-kubelet",
	} {
		root.AddCommand(&cobra.Command{
			Use: order + " NODE", Short: short, Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				c, err := load(folder)
				if err != nil {
					return err
				}
				return give(cmd.Context(), c.orders(""), "/"+order+"/"+args[0])
			},
		})
	}
	root.AddCommand(
		&cobra.Command{Use: "supervise", Hidden: true, Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
			return superviseFromAfar(cmd.Context(), args[0])
		}},
		&cobra.Command{Use: "machine", Hidden: true, Args: cobra.ExactArgs(2), RunE: func(_ *cobra.Command, args []string) error {
			return runMachine(args[0], args[1])
		}},
		&cobra.Command{Use: "probe", Hidden: true, RunE: func(*cobra.Command, []string) error { return nil }})
	return root
}

// prepare makes the folder of a cluster with all that its processes need to know.
func (c *cluster) prepare(ctx context.Context, nodes int) error {
	if nodes < 1 || nodes > 200 {
		return errors.New("--nodes is a number from 1 to 200")
	}
	var err error
	if c.Program, err = os.Executable(); err != nil {
		return err
	}
	for i := range nodes {
		c.Nodes = append(c.Nodes, fmt.Sprintf("node%d", i+1))
	}
	if err := check(ctx); err != nil {
		return err
	}
	files := []*string{&c.Folder, &c.Pause}
	if c.VPP != "" {
		files = append(files, &c.VPP)
	}
	for i := range c.Images {
		files = append(files, &c.Images[i])
	}
	for _, file := range files {
		path, err := filepath.Abs(*file)
		if err != nil {
			return err
		}
		if _, err := os.Stat(path); err != nil && file != &c.Folder {
			return err
		}
		*file = path
	}
	if err := c.findPrograms(ctx, os.Stdout); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return err
	}
	held, err := lock(c.Folder)
	if err != nil {
		return err
	}
	defer held.Close()
	// What one left whose supervisor was killed.
	if _, err := load(c.Folder); err == nil {
		if err := sweep(c.Folder); err != nil {
			return err
		}
		if err := os.MkdirAll(c.Folder, 0o700); err != nil {
			return err
		}
	}
	if entries, err := os.ReadDir(c.Folder); err != nil || len(entries) > 0 {
		return errors.Join(err, fmt.Errorf("%s is not empty", c.Folder))
	}
	return errors.Join(c.save(), sweepTemporary())
}

// up starts a cluster and leaves it running.
func (c *cluster) up(ctx context.Context, nodes int) error {
	if err := c.prepare(ctx, nodes); err != nil {
		return err
	}
	s, err := c.startSupervisor(ctx)
	if err != nil {
		return err
	}
	if err := s.leave(); err != nil {
		return err
	}
	if c, err = load(c.Folder); err != nil {
		return err
	}
	fmt.Printf(`
export KUBECONFIG=%s PATH=%s:$PATH

kubectl get nodes
%s --folder=%s exec node1 sh     # a shell on a node; --help lists what else
logs: %s
`, c.kubeconfig(), c.ControlPlane, os.Args[0], c.Folder, c.path("log"))
	return nil
}

// runCommand starts a cluster, runs a command that finds it by KUBECONFIG and
// VPP_CLUSTER, and ends the cluster. Where the command fails, it keeps the logs.
func (c *cluster) runCommand(ctx context.Context, nodes int, args []string) (err error) {
	if c.Folder, err = os.MkdirTemp("", folderPrefix); err != nil {
		return err
	}
	if err := c.prepare(ctx, nodes); err != nil {
		return errors.Join(err, os.RemoveAll(c.Folder))
	}
	s, err := c.startSupervisor(ctx)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(cmd.Environ(), "KUBECONFIG="+c.kubeconfig(), folderEnv+"="+c.Folder,
		"PATH="+filepath.Dir(c.Program)+string(filepath.ListSeparator)+c.ControlPlane+string(filepath.ListSeparator)+os.Getenv("PATH"))
	runtime.LockOSThread() // Pdeathsig means the thread that forked
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // where we are killed
	failed := cmd.Run()
	if status, ok := errors.AsType[*exec.ExitError](failed); ok {
		failed = &commandError{status.ExitCode()}
	}
	if failed != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "cluster:", c.keepLogs())
	}
	return errors.Join(failed, s.stop(), sweepKilled(c.Folder))
}

// keepLogs copies the logs to where they stay, until they are those of another, and
// tells where that is.
func (c *cluster) keepLogs() string {
	kept := filepath.Join(os.TempDir(), "vpp-operator-logs")
	if err := errors.Join(os.RemoveAll(kept), os.CopyFS(kept, os.DirFS(c.path("log")))); err != nil {
		return err.Error()
	}
	return "logs are in " + kept
}

// down ends the cluster of a folder, or removes what is left of it.
func down(ctx context.Context, folder string) error {
	c, err := load(folder)
	if err != nil {
		return err
	}
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	if held, err := lock(folder); err == nil { // nobody is there any more
		return errors.Join(sweep(folder), held.Close())
	}
	if err := give(ctx, c.orders(""), "/down"); err != nil {
		return err
	}
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX) // the supervisor holds it to its end
}

// execute becomes a command on a node.
func execute(folder, node string, args []string) error {
	c, err := load(folder)
	if err != nil {
		return err
	}
	if !slices.Contains(append([]string{controlName}, c.Nodes...), node) {
		return fmt.Errorf("there is no %s, but %s and %s", node, controlName, strings.Join(c.Nodes, ", "))
	}
	pid, err := os.ReadFile(c.pidFile(node))
	if err != nil {
		return err
	}
	nsenter, err := exec.LookPath("nsenter")
	if err != nil {
		return err
	}
	return syscall.Exec(nsenter, append([]string{
		nsenter, "--target=" + string(pid), "--net", "--pid", "--mount", "--uts", "--ipc", "--",
	}, args...), os.Environ())
}
