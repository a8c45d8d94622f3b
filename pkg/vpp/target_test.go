package vpp_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// eachSocket runs a test against a simulated VPP of its own and, where
// VPP_API_SOCKET names one, a real VPP. On that the test uses names of its own
// and takes away what it makes.
func eachSocket(t *testing.T, run func(t *testing.T, socket string)) {
	t.Helper()
	t.Run("simulated", func(t *testing.T) {
		t.Parallel()
		run(t, vpptest.Start(t).Socket())
	})
	if socket := os.Getenv("VPP_API_SOCKET"); socket != "" {
		t.Run("real", func(t *testing.T) { run(t, socket) })
	}
}

// soon is a context that ends when a test has hung: nothing should take so long.
func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// dial begins a session that ends with the test.
func dial(t testing.TB, socket string, change ...func(*vpp.Options)) *vpp.Session {
	t.Helper()
	s, err := vpp.Dial(soon(t), options(socket, change...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// connect starts a client that ends with the test.
func connect(t testing.TB, socket string, change ...func(*vpp.Options)) *vpp.Client {
	t.Helper()
	c := vpp.NewClient(options(socket, change...))
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func options(socket string, change ...func(*vpp.Options)) vpp.Options {
	o := vpp.Options{Socket: socket, Name: "vpp-test"}
	for _, f := range change {
		f(&o)
	}
	return o
}

// timeout is how long calls without a deadline wait. The session does not ask
// for the API, which may take longer.
func timeout(d time.Duration) func(*vpp.Options) {
	return func(o *vpp.Options) { o.Timeout, o.Schema = d, simulatedSchema() }
}

// simulatedSchema is what a simulated VPP says of itself.
var simulatedSchema = sync.OnceValue(func() *binproto.Schema {
	v, err := vpptest.New()
	if err != nil {
		panic(err)
	}
	defer v.Stop()
	s, err := vpp.Dial(context.Background(), vpp.Options{Socket: v.Socket()})
	if err != nil {
		panic(err)
	}
	defer func() { _ = s.Close() }()
	return s.Schema()
})

// short is a timeout that a live VPP keeps and a test can wait for.
const short = 3 * time.Second

// hours is a timeout that no test can wait for.
const hours = 5 * time.Hour

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// await waits until a condition on a simulated VPP holds.
func await(t testing.TB, v *vpptest.VPP, condition func() bool) {
	t.Helper()
	must(t, v.Await(soon(t), condition))
}

// closed waits for a channel.
func closed(t testing.TB, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-soon(t).Done():
		t.Fatalf("waited in vain for %s", what)
	}
}

// isOpen tells that a channel is not closed.
func isOpen(c <-chan struct{}) bool {
	select {
	case <-c:
		return false
	default:
		return true
	}
}

// ping makes sure that all that VPP has sent so far has been read.
func ping(t testing.TB, c vpp.Caller) {
	t.Helper()
	_, err := controlPing.Call(soon(t), c, nil)
	must(t, err)
}

// loopback creates a loopback interface and deletes it when the test ends.
func loopback(t testing.TB, s *vpp.Session) (index uint32) {
	t.Helper()
	r, err := createLoopback.Call(soon(t), s, nil)
	must(t, err)
	t.Cleanup(func() {
		if s.Err() == nil {
			_, _ = vpp.Invoke(context.Background(), s, "delete_loopback", map[string]any{"sw_if_index": r.SwIfIndex})
		}
	})
	return r.SwIfIndex
}

type (
	createLoopbackReply struct {
		Retval    int32
		SwIfIndex uint32
	}
	swInterfaceDump    struct{ SwIfIndex uint32 }
	swInterfaceDetails struct {
		SwIfIndex     uint32
		InterfaceName string
	}
	setFlags struct {
		SwIfIndex uint32
		Flags     uint32
	}
	showVersionReply struct {
		Retval  int32
		Version string
	}
)

var (
	createLoopback = vpp.NewMethod[nothing, createLoopbackReply]("create_loopback")
	interfaces     = vpp.NewMethod[swInterfaceDump, swInterfaceDetails]("sw_interface_dump")
	setInterface   = vpp.NewMethod[setFlags, retval]("sw_interface_set_flags")
	showVersion    = vpp.NewMethod[nothing, showVersionReply]("show_version")
)

// allInterfaces is a request for all of them.
var allInterfaces = swInterfaceDump{SwIfIndex: ^uint32(0)}

// parse is a schema of its own.
func parse(t testing.TB, api string) *binproto.Schema {
	t.Helper()
	schema, err := binproto.Parse(t.Name(), []byte(api))
	must(t, err)
	return schema
}
