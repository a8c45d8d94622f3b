package main

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// The simulated VPP serves its socket until it is told to end.
func TestSimulate(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	socket := filepath.Join(t.TempDir(), "api.sock")
	cmd := newRootCommand()
	cmd.SetArgs([]string{"simulate", "--socket", socket, "--version", "26.06", "--without", "lldp"})
	ended := make(chan error, 1)
	go func() { ended <- cmd.ExecuteContext(ctx) }()

	conn := dialWhenReady(ctx, t, socket)
	// A control_ping as the first client; the reply is 16 + 18 bytes.
	request := []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 23, 0x80, 0, 0, 1, 0, 0, 0, 7}
	if _, err := conn.Write(request); err != nil {
		t.Fatal(err)
	}
	reply := make([]byte, 34)
	if _, err := io.ReadFull(conn, reply); err != nil || reply[17] != 24 {
		t.Fatalf("reply % x, %v", reply, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestSimulateRefuses(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"no directory": {"--socket", "/nonexistent/api.sock"},
		"argument":     {"something"},
		"unknown flag": {"--nothing"},
	} {
		cmd := newRootCommand()
		cmd.SetArgs(append([]string{"simulate"}, args...))
		cmd.SetOut(io.Discard)
		if err := cmd.ExecuteContext(t.Context()); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// dialWhenReady waits for a socket that another process would open: there is
// no signal but the connection itself.
func dialWhenReady(ctx context.Context, t *testing.T, socket string) net.Conn {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		if err == nil {
			t.Cleanup(func() { _ = conn.Close() })
			return conn
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("no connection: %v", err)
		}
	}
}
