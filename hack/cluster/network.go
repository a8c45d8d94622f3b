package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// The network of a cluster is of its own: each machine is a network namespace, and
// a veth pair joins each node to the control plane's. So addresses need not differ
// from those of other clusters, nor from those of this machine.
const (
	controlAddress = "10.99.0.1"
	serviceRange   = "10.96.0.0/16"
	// serviceAddress is where Pods look for the API server. No kube-proxy tells
	// them another: it is an address of the control plane's machine.
	serviceAddress = "10.96.0.1"
	uplink         = "eth0"
)

// nodeAddress is that of node number i, from 0.
func nodeAddress(i int) string { return fmt.Sprintf("10.99.0.%d", 11+i) }

// network is one network namespace. It lasts as long as the file is open or a
// process is in it.
type network struct{ file *os.File }

func newNetwork() (*network, error) {
	type made struct {
		file *os.File
		err  error
	}
	result := make(chan made)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with us
		err := unix.Unshare(unix.CLONE_NEWNET)
		var file *os.File
		if err == nil {
			file, err = os.Open("/proc/thread-self/ns/net")
		}
		result <- made{file, err}
	}()
	r := <-result
	if r.err != nil {
		return nil, fmt.Errorf("make a network namespace: %w", r.err)
	}
	return &network{r.file}, nil
}

// path names the namespace to other processes.
func (n *network) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.file.Fd()) }

func (n *network) Close() error { return n.file.Close() }

// ip runs ip(8) in the namespace, once for each line of commands.
func (n *network) ip(ctx context.Context, commands ...string) error {
	for _, command := range commands {
		args := append([]string{"--net=" + n.path(), "ip"}, strings.Fields(command)...)
		if out, err := exec.CommandContext(ctx, "nsenter", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w\n%s", command, err, out)
		}
	}
	return nil
}

// connect joins the nodes' networks to the control plane's, and the first two to
// each other by the pair veth1, veth2 that the samples know.
func connect(ctx context.Context, control *network, nodes []string, networks []*network) error {
	if err := control.ip(ctx, "link set lo up",
		"address add "+controlAddress+"/32 dev lo",
		"address add "+serviceAddress+"/32 dev lo"); err != nil {
		return err
	}
	for i, node := range nodes {
		address := nodeAddress(i)
		if err := errors.Join(
			control.ip(ctx,
				fmt.Sprintf("link add %s type veth peer name %s netns %s", node, uplink, networks[i].path()),
				fmt.Sprintf("address add %s peer %s dev %s", controlAddress, address, node),
				fmt.Sprintf("link set %s up", node)),
			networks[i].ip(ctx, "link set lo up",
				fmt.Sprintf("address add %s peer %s dev %s", address, controlAddress, uplink),
				fmt.Sprintf("link set %s up", uplink),
				fmt.Sprintf("route add default via %s", controlAddress)),
		); err != nil {
			return err
		}
	}
	if len(nodes) < 2 {
		return nil
	}
	return errors.Join(
		networks[0].ip(ctx, "link add veth1 type veth peer name veth2 netns "+networks[1].path(), "link set veth1 up"),
		networks[1].ip(ctx, "link set veth2 up"))
}
