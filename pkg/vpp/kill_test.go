package vpp_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// busyClient, set to a socket, turns the test binary into a client that keeps
// VPP busy with dumps whose replies it does not read, until it is killed.
const busyClient = "VPP_TEST_BUSY_CLIENT"

func TestMain(m *testing.M) {
	if socket := os.Getenv(busyClient); socket != "" {
		if err := beBusy(socket); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
	}
	if os.Getenv(serveVPP) != "" {
		os.Exit(serve())
	}
	os.Exit(withoutLeaks(vpptest.Main(m)))
}

// beBusy asks for much, reports that replies are queued, and reads on.
func beBusy(socket string) error {
	ctx := context.Background()
	s, err := vpp.Dial(ctx, vpp.Options{Socket: socket, Name: "busy"})
	if err != nil {
		return err
	}
	for {
		for range 8 {
			go func() {
				drain(ctx, s, "sw_interface_dump")
				drain(ctx, s, "ip_route_v2_dump")
			}()
		}
		drain(ctx, s, "sw_interface_dump")
		_, _ = os.Stdout.WriteString("busy\n")
	}
}

// drain reads a dump to its end, whatever that is.
func drain(ctx context.Context, s *vpp.Session, request string) {
	for _, err := range vpp.InvokeStream(ctx, s, request, nil) {
		if err != nil {
			return
		}
	}
}

// TestKilledClients kills a busy client thirty times. Each next client makes
// VPP forget the one before; in the end VPP knows only the last and answers.
func TestKilledClients(t *testing.T) {
	socket := os.Getenv("VPP_API_SOCKET")
	var simulated *vpptest.VPP
	if socket == "" {
		simulated = vpptest.Start(t, vpptest.WithLingeringClients())
		socket = simulated.Socket()
	}
	ctx := context.Background()
	for range 30 {
		child := exec.CommandContext(soon(t), os.Args[0])
		child.Env = append(os.Environ(), busyClient+"="+socket)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || strings.TrimSpace(line) != "busy" {
			t.Fatalf("the client said %q (%v)", line, err)
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // killed: never nil
	}
	s, err := vpp.Dial(ctx, vpp.Options{Socket: socket, Name: "survivor"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	if simulated != nil {
		// It has no command that lists them, and keeps a client whose end it has
		// not met when the next one comes: a few of thirty at most.
		if c := simulated.Clients(); len(c) > 5 || !slices.ContainsFunc(c, func(c vpptest.Client) bool { return c.Name == "survivor" }) {
			t.Errorf("VPP still knows dead clients: %v", c)
		}
		return
	}
	reply, err := vpp.Invoke(ctx, s, "cli_inband", map[string]any{"cmd": "show api clients"})
	if err != nil {
		t.Skipf("this VPP does not list its clients: %v", err)
	}
	if list, _ := reply["reply"].(string); strings.Contains(list, "busy") || !strings.Contains(list, "survivor") {
		t.Errorf("VPP still knows dead clients:\n%s", list)
	}
}
