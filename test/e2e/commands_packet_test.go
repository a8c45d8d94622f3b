package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// veth makes a network namespace and a pair of Linux interfaces: one end is in
// it and is called eth0, has addresses, and a default router; the other end, which
// is $VETH_NAME for a hostInterface, is left to VPP. The MAC address of eth0 is
// $MAC_NAME.
func veth(s *scenario, ts *script, _ bool, args []string) error {
	if len(args) != 3 {
		return usage("veth NAME ADDRESS[,ADDRESS...] ROUTER")
	}
	name, addresses, router := args[0], args[1], args[2]
	space, near := s.namespace(name), fmt.Sprintf("v%d-%s%.6s", s.number, thisProcess(), name) // 15 bytes at most
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
	device, err := opened(s, name, func() (*net.Interface, error) {
		if err := fillChecksums("eth0"); err != nil {
			return nil, err
		}
		return net.InterfaceByName("eth0")
	})
	if err != nil {
		return err
	}
	ts.Setenv("MAC_"+strings.ToUpper(name), device.HardwareAddr.String())
	return nil
}

// fillChecksums has Linux fill in the checksums of what it sends: VPP does not.
func fillChecksums(device string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	value := struct{ command, data uint32 }{command: unix.ETHTOOL_STXCSUM} // 0: not by the device
	request := struct {                                                    // struct ifreq
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: unsafe.Pointer(&value)}
	copy(request.name[:], device)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return fmt.Errorf("checksums of %s: %w", device, errno)
	}
	return nil
}

func (s *scenario) namespace(name string) string { return s.node + "-" + thisProcess() + "-" + name }

// thisProcess keeps what is made on the machine apart from what other tests make
// there meanwhile.
func thisProcess() string { return strconv.FormatInt(int64(os.Getpid()), 36) }

// netns makes a network namespace, which is $NETNS_NAME for a tap, with nothing in it.
func netns(s *scenario, ts *script, _ bool, args []string) error {
	if len(args) != 1 {
		return usage("netns NAME")
	}
	space := s.namespace(args[0])
	s.cleanups = append(s.cleanups, func() { _ = s.ip(context.WithoutCancel(s.ctx), "netns", "del", space) })
	ts.Setenv("NETNS_"+strings.ToUpper(args[0]), space)
	return s.ip(s.ctx, "netns", "add", space)
}

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
		_, err := s.inside(ctx, s.namespace(args[0]), "ping", "-c", "1", "-W", "1", args[1])
		switch {
		case neg && err == nil:
			return fmt.Errorf("%s answers", args[1])
		case !neg && err != nil:
			return fmt.Errorf("%s does not answer: %w", args[1], err)
		}
		return nil
	})
}

// reaches waits until an echo request sent in one namespace arrives in another,
// which has the address, or does so no more. Nothing has to come back for that,
// not even an answer to ARP.
func reaches(s *scenario, _ *script, neg bool, args []string) error {
	if len(args) != 3 {
		return usage("reaches FROM TO ADDRESS")
	}
	from, to, address := s.namespace(args[0]), s.namespace(args[1]), args[2]
	mac, err := s.inside(s.ctx, to, "cat", "/sys/class/net/eth0/address")
	if err != nil {
		return err
	}
	if err := s.ip(s.ctx, "-n", from, "neigh", "replace", address, "lladdr", strings.TrimSpace(mac), "dev", "eth0"); err != nil {
		return err
	}
	return s.eventually(func(ctx context.Context) error {
		before, err := s.echoRequests(ctx, to)
		if err != nil {
			return err
		}
		out, _ := s.inside(ctx, from, "ping", "-c", "1", "-W", "1", address) // it fails where no answer comes
		after, err := s.echoRequests(ctx, to)
		if err == nil && (after > before) == neg {
			err = fmt.Errorf("%s has seen %d echo requests before and %d after: %s", args[1], before, after, out)
		}
		return err
	})
}

// echoRequests is how many ICMP echo requests a namespace has received.
func (s *scenario) echoRequests(ctx context.Context, space string) (n uint64, err error) {
	out, err := s.inside(ctx, space, "cat", "/proc/net/snmp")
	if err != nil {
		return 0, err
	}
	var names []string
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if fields[0] != "Icmp:" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		return strconv.ParseUint(fields[slices.Index(names, "InEchos")], 10, 64)
	}
	return 0, errors.New("no ICMP counters in /proc/net/snmp")
}

// inside runs a command in a namespace and returns what it prints.
func (s *scenario) inside(ctx context.Context, space string, command ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", space}, command...)...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s in %s: %w: %s", strings.Join(command, " "), space, err, out)
	}
	return string(out), err
}
