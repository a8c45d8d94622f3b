package vpp_test

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
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
	// Not the test's context: that ends before what the test cleans up here.
	child := exec.CommandContext(context.Background(), os.Args[0])
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

// A dump of a million routes is read whole and leaves the heap where it was. Be
// its consumer slow or not, it costs no more than its bound on the way.
func TestMemoryDump(t *testing.T) {
	socket := memorySocket(t)
	n := memoryScale(40_000, 1_000_000)
	const bound = 4 << 20 // what VPP sends is more than that
	s := dial(t, socket, func(o *vpp.Options) { o.StreamBuffer = bound })
	// The whole is sure to come only where all of it has room: how fast this
	// process gets to read is the machine's business.
	roomy := dial(t, socket, func(o *vpp.Options) { o.StreamBuffer = n << 10 })
	source := fibSource(t, s)
	all := func(add bool) {
		var failed error // one stands for all that failed with it
		b, err := routeAddDel.Batch(context.Background(), s, func(_ int, _ *retval, err error) {
			failed = cmp.Or(failed, err)
		})
		must(t, err)
		for i := range n {
			q := route(i, source)
			q.IsAdd = add
			must(t, b.Add(&q))
		}
		must(t, b.Wait())
		must(t, failed)
	}
	all(true)
	t.Cleanup(func() { all(false) })

	var d ipRouteV2Details
	q := ipRouteV2Dump{Src: source}
	read := func(s *vpp.Session, step func(i int)) (got int, last error) {
		for err := range routeDump.Scan(context.Background(), s, &q, &d) {
			if last = err; err == nil {
				step(got)
				got++
			}
		}
		return got, last
	}
	whole := func() {
		if got, err := read(roomy, func(int) {}); err != nil || got < n {
			t.Fatalf("%d of %d routes (%v)", got, n, err)
		}
	}
	whole() // what it needs once
	before := heap()
	whole()
	if grown := heap() - before; grown > 256<<10 {
		t.Errorf("a dump of %d routes: the heap grew by %d bytes", n, grown)
	}

	for _, c := range []struct {
		name string
		slow bool
		step func(i int) bool // whether to look at the heap
	}{
		{"a consumer", false, func(i int) bool { return i%(n/4) == n/8 }},
		{"a slow consumer", true, func(i int) bool {
			if i == 0 { // it does not read until VPP has sent all
				ping(t, s)
			}
			return i == 0
		}},
	} {
		var most int64
		got, err := read(s, func(i int) {
			if c.step(i) {
				most = max(most, heap()-before)
			}
		})
		switch {
		case errors.Is(err, vpp.ErrSlowConsumer):
		case err != nil || c.slow || got < n:
			t.Errorf("%s: %d of %d routes (%v)", c.name, got, n, err)
		}
		grown := heap() - before
		if t.Logf("%s: grown by %d bytes, on the way %d (%v)", c.name, grown, most, err); grown > 256<<10 || most > 2*bound {
			t.Errorf("%s: the heap grew by %d bytes, on the way by %d, the bound is %d", c.name, grown, most, bound)
		}
	}
}
