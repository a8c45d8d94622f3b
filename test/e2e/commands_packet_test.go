package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// veth makes a network namespace and a pair of Linux interfaces: one end is in
// it and is called eth0, has addresses, and a default router; the other end, which
// is $VETH_NAME for a hostInterface, is left to VPP.
func veth(s *scenario, ts *script, _ bool, args []string) error {
	if len(args) != 3 {
		return usage("veth NAME ADDRESS[,ADDRESS...] ROUTER")
	}
	name, addresses, router := args[0], args[1], args[2]
	space, near := s.namespace(name), fmt.Sprintf("v%d%.8s", s.number, name)
	s.cleanups = append(s.cleanups, func() {
		_ = s.ip(context.WithoutCancel(s.ctx), "netns", "del", space) // and the pair with it
	})
	ts.Setenv("VETH_"+strings.ToUpper(name), near)
	commands := [][]string{
		{"netns", "add", space},
		{"link", "add", near, "type", "veth", "peer", "name", "eth0", "netns", space},
		{"link", "set", near, "up"},
		{"-n", space, "link", "set", "lo", "up"},
		{"-n", space, "link", "set", "eth0", "up"},
	}
	for a := range strings.SplitSeq(addresses, ",") {
		commands = append(commands, []string{"-n", space, "addr", "add", a, "dev", "eth0"})
	}
	for _, command := range append(commands, []string{"-n", space, "route", "add", "default", "via", router}) {
		if err := s.ip(s.ctx, command...); err != nil {
			return err
		}
	}
	return nil
}

func (s *scenario) namespace(name string) string { return s.node + "-" + name }

func (s *scenario) ip(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// ping waits until an address answers in a namespace, or does so no more.
func ping(s *scenario, _ *script, neg bool, args []string) error {
	if len(args) != 2 {
		return usage("ping NAME ADDRESS")
	}
	return s.eventually(func(ctx context.Context) error {
		out, err := exec.CommandContext(ctx, "ip", "netns", "exec", s.namespace(args[0]),
			"ping", "-c", "1", "-W", "1", args[1]).CombinedOutput()
		switch {
		case neg && err == nil:
			return fmt.Errorf("%s answers", args[1])
		case !neg && err != nil:
			return fmt.Errorf("%s does not answer: %w: %s", args[1], err, out)
		}
		return nil
	})
}
