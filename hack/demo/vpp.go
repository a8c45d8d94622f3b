package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
	"github.com/vpp-operator/vpp-operator/test/e2e/process"
	"github.com/vpp-operator/vpp-operator/test/e2e/samples"
)

// node is the VPP of a node.
type node struct {
	socket, what string
	// pid is the file with the process id of a VPP that the demo starts again
	// whenever it ends; "" where it is not the demo's.
	pid string
	// simulated VPPs have any Linux interface, and the devices of the samples.
	simulated bool
	stop      func()
}

// startVPP starts the VPP of a node, or finds the one that was given.
func (d *demo) startVPP(ctx context.Context, name string) (*node, error) {
	folder := filepath.Join(d.folder, name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return &node{stop: func() {}}, err
	}
	if socket := os.Getenv(vpptest.SocketEnv); socket != "" && name == nodes[0] {
		return &node{socket: socket, what: "the VPP of " + vpptest.SocketEnv, stop: func() {}}, nil
	}
	n := &node{pid: filepath.Join(folder, "vpp.pid"), stop: func() {}}
	if bin := os.Getenv(vpptest.BinEnv); bin != "" {
		return n, n.startReal(ctx, bin)
	}
	return n, n.startSimulated(ctx, filepath.Join(d.bin, "vpp-operator"), folder)
}

func (n *node) startSimulated(ctx context.Context, bin, folder string) error {
	n.what, n.socket, n.simulated = "a simulated VPP", filepath.Join(folder, "api.sock"), true
	args := []string{"simulate", "--socket", n.socket, "--workers", "2"}
	for _, device := range samples.Devices() {
		args = append(args, "--device", device)
	}
	end := func() {}
	start := func() (boot, error) {
		p, err := process.Start(bin, filepath.Join(folder, "vpp.log"), args...)
		if err != nil {
			return boot{}, err
		}
		end = func() { _ = p.End(patienceToEnd) }
		return boot{p.PID(), p.Done()}, nil
	}
	return n.keep(ctx, start, func() { end() })
}

func (n *node) startReal(ctx context.Context, bin string) error {
	r, err := vpptest.NewReal(bin)
	if err != nil {
		return err
	}
	n.what, n.socket = bin, r.Socket()
	first := true
	start := func() (_ boot, err error) {
		if !first {
			err = r.Restart()
		}
		first = false
		return boot{r.PID(), r.Gone()}, err
	}
	return n.keep(ctx, start, r.Stop)
}

// boot is a run of a VPP; gone is closed when it has ended.
type boot struct {
	pid  int
	gone <-chan struct{}
}

// keep starts a VPP, and again whenever it ends, until the node is stopped, which
// is what stop is for. It returns when the socket is served.
func (n *node) keep(ctx context.Context, start func() (boot, error), stop func()) error {
	now, err := start()
	if err != nil {
		return err
	}
	note := func(b boot) { _ = os.WriteFile(n.pid, []byte(fmt.Sprint(b.pid)), 0o600) }
	note(now)
	first, ended := now.gone, make(chan struct{})
	var keeping sync.WaitGroup
	keeping.Go(func() {
		defer stop()
		for {
			select {
			case <-ended:
				return
			case <-now.gone:
			}
			select { // as a supervisor would, a moment later
			case <-time.After(time.Second):
			case <-ended:
				return
			}
			if now, err = start(); err != nil {
				fmt.Fprintf(os.Stderr, "demo: VPP at %s does not start again: %v\n", n.socket, err)
				return
			}
			note(now)
		}
	})
	n.stop = sync.OnceFunc(func() {
		close(ended)
		keeping.Wait()
	})
	return n.await(ctx, first)
}

// await waits until VPP is served.
func (n *node) await(ctx context.Context, gone <-chan struct{}) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-gone:
			cancel(fmt.Errorf("it ended before it served %s", n.socket))
		case <-ctx.Done():
		}
	}()
	client := vpp.NewClient(vpp.Options{Socket: n.socket})
	defer client.Close()
	if _, err := client.WaitConnected(ctx); err != nil {
		return context.Cause(ctx)
	}
	return nil
}

// foreignHand is commands that change something behind the operator's back.
func (n *node) foreignHand() string {
	return fmt.Sprintf(`vppapi --socket %[1]s call sw_interface_dump '{"name_filter_valid": true, "name_filter": "loop"}'
vppapi --socket %[1]s call delete_loopback '{"sw_if_index": 1}'   # an index from the line above`, n.socket)
}

func (n *node) killHint() string {
	if n.pid == "" {
		return "systemctl restart vpp   # or however it is started"
	}
	return "kill -9 $(cat " + n.pid + ")"
}
