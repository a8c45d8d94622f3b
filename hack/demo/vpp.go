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
		return nil, err
	}
	if socket := os.Getenv(vpptest.SocketEnv); socket != "" && name == nodes[0] {
		return &node{socket: socket, what: "the VPP of " + vpptest.SocketEnv, stop: func() {}}, nil
	}
	if bin := os.Getenv(vpptest.BinEnv); bin != "" {
		return startReal(bin, filepath.Join(folder, "vpp.pid"))
	}
	n := &node{
		socket: filepath.Join(folder, "api.sock"), what: "a simulated VPP", simulated: true,
		pid: filepath.Join(folder, "vpp.pid"),
	}
	args := []string{"simulate", "--socket", n.socket, "--workers", "2"}
	for _, device := range samples.Devices() {
		args = append(args, "--device", device)
	}
	err := n.keep(ctx, func() (int, <-chan struct{}, func(), error) {
		p, err := start(filepath.Join(d.folder, name+"-vpp.log"), filepath.Join(d.bin, "vpp-operator"), args...)
		if err != nil {
			return 0, nil, nil, err
		}
		return p.cmd.Process.Pid, p.gone, p.stop, nil
	})
	return n, err
}

// startReal starts a real VPP and starts it again when it ends.
func startReal(bin, pid string) (*node, error) {
	r, err := vpptest.NewReal(bin)
	if err != nil {
		return nil, err
	}
	n := &node{socket: r.Socket(), what: bin, pid: pid, stop: r.Stop}
	return n, os.WriteFile(pid, []byte(fmt.Sprint(r.PID())), 0o600)
}

// keep starts a process, and again whenever it ends, until the node is
// stopped. It returns when the socket is served.
func (n *node) keep(ctx context.Context, start func() (pid int, gone <-chan struct{}, stop func(), err error)) error {
	pid, gone, stop, err := start()
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	var again sync.WaitGroup
	note := func() { _ = os.WriteFile(n.pid, []byte(fmt.Sprint(pid)), 0o600) }
	note()
	again.Go(func() {
		for {
			select {
			case <-ended:
				stop()
				return
			case <-gone:
				// As a supervisor would, a moment later.
				select {
				case <-time.After(time.Second):
				case <-ended:
					return
				}
				if pid, gone, stop, err = start(); err != nil {
					return
				}
				note()
			}
		}
	})
	n.stop = sync.OnceFunc(func() {
		close(ended)
		again.Wait()
	})
	return n.await(ctx, gone)
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
