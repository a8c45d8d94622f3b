package vpp_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// VPP_TEST_MEMORY asks for the full numbers: a million calls, a million routes.
func memoryScale(few, many int) int {
	if os.Getenv("VPP_TEST_MEMORY") != "" {
		return many
	}
	return few
}

// heap is what lives on it.
func heap() int64 {
	var m runtime.MemStats
	for range 3 { // pools are emptied by the second
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// The tests of memory are not parallel: they measure the process.

// A million pipelined calls leave the heap where it was, and so it is half way.
func TestMemoryPipelined(t *testing.T) {
	s := dial(t, memorySocket(t))
	n := memoryScale(100_000, 1_000_000)
	run := func(n int, half func()) {
		done := 0
		b, err := controlPing.Batch(context.Background(), s, func(i int, _ *retval, err error) {
			if done++; err != nil {
				t.Fatal(err)
			}
		})
		must(t, err)
		for i := range n {
			must(t, b.Add(&nothing{}))
			if i == n/2 {
				half()
			}
		}
		must(t, b.Wait())
		if done != n {
			t.Errorf("%d of %d answered", done, n)
		}
	}
	run(20_000, func() {}) // what it needs once
	before := heap()
	var half int64
	run(n, func() { half = heap() - before })
	grown := heap() - before
	if t.Logf("grown by %d bytes, half way %d", grown, half); grown > 256<<10 || half > 4<<20 {
		t.Errorf("%d calls: the heap grew by %d bytes, half way by %d", n, grown, half)
	}
}

// memorySocket is that of a VPP which is not in the process that is measured.
func memorySocket(t *testing.T) string {
	t.Helper()
	if socket := os.Getenv("VPP_API_SOCKET"); socket != "" {
		return socket
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), serveVPP+"=1")
	child.Stderr = os.Stderr
	stop, err := child.StdinPipe()
	must(t, err)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	t.Cleanup(func() {
		_ = stop.Close()
		_ = child.Wait()
	})
	socket, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	return strings.TrimSpace(socket)
}

// serveVPP turns the test binary into a simulated VPP, until its input ends.
const serveVPP = "VPP_TEST_SERVE"

func serve() int {
	v, err := vpptest.New()
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	defer v.Stop()
	_, _ = os.Stdout.WriteString(v.Socket() + "\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}
