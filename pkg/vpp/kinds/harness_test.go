package kinds_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func TestMain(m *testing.M) { os.Exit(vpptest.Main(m)) }

// inReal is held by the test that is at work on the real VPP: all that agents of
// the tests put there looks alike, as that of one agent.
var inReal sync.Mutex

// eachSocket runs a test against a simulated VPP of its own and, where
// VPP_API_SOCKET names one, a real VPP, which it leaves as it found it.
func eachSocket(t *testing.T, run func(t *testing.T, socket string)) {
	t.Helper()
	t.Run("simulated", func(t *testing.T) {
		t.Parallel()
		run(t, vpptest.Start(t).Socket())
	})
	if socket := os.Getenv(vpptest.SocketEnv); socket != "" {
		t.Run("real", func(t *testing.T) {
			inReal.Lock()
			t.Cleanup(inReal.Unlock) // after all other cleaning up
			run(t, socket)
		})
	}
}

// bench is an engine at work on a VPP.
type bench struct {
	*state.Engine
	t      testing.TB
	ctx    context.Context
	client *vpp.Client
	ledger *state.Ledger

	mu      sync.Mutex
	changed chan struct{} // closed at the next change
	events  []string
	stop    func()
}

type benchOptions struct {
	state.Options
	ledger string
	// timeout is how long a reply is waited for, 0 for as long as an agent waits.
	timeout time.Duration
}

// work starts an engine on the VPP at socket.
func work(t testing.TB, socket string, change ...func(*benchOptions)) *bench {
	t.Helper()
	// Without a deadline, which would be that of every call.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	patience := time.AfterFunc(5*time.Minute, cancel)
	b := &bench{t: t, ctx: ctx, changed: make(chan struct{})}
	o := benchOptions{Options: state.Options{
		Kinds: kinds.All(), Boot: kinds.Boot, RetryMin: 10 * time.Millisecond, ReadRetry: 10 * time.Millisecond,
		Changed: func(state.Owner) { b.tell("") }, NodeChanged: func() { b.tell("") },
		Happened: func(o state.Owner, e state.Event) {
			b.tell(strings.TrimSpace(fmt.Sprintf("%s %s %s", [...]string{"repaired", "drifted", "recreated", "removed", "refused"}[e.Type], e.ID, strings.Join(e.Fields, ","))))
		},
	}}
	for _, f := range change {
		f(&o)
	}
	b.client = vpp.NewClient(vpp.Options{Socket: socket, Name: "kinds-test", Timeout: o.timeout})
	o.Client = b.client
	var err error
	if b.ledger, _, err = state.OpenLedger(o.ledger); err != nil {
		t.Fatal(err)
	}
	o.Ledger = b.ledger
	b.Engine = state.New(o.Options)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = b.Run(ctx)
	}()
	b.stop = sync.OnceFunc(func() {
		patience.Stop()
		cancel()
		<-done
		_ = b.client.Close()
		_ = b.ledger.Close()
	})
	t.Cleanup(b.stop)
	return b
}

func (b *bench) tell(event string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if event != "" {
		b.events = append(b.events, event)
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// await waits until something holds; it is looked at after every change.
func (b *bench) await(what string, holds func() bool) {
	b.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond) // for what is not told
	defer tick.Stop()
	for {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-b.ctx.Done():
			b.t.Fatalf("%s: never; status %+v, events %v", what, b.Status(), b.events)
		}
	}
}

// owner is an object with items.
func owner(name string, age int) (state.Owner, state.Spec) {
	return state.Owner{Kind: "Test", Object: name}, state.Spec{Name: name, Since: time.Unix(1e9-int64(age), 0), Generation: 1}
}

func (b *bench) set(name string, items ...state.Item) {
	o, s := owner(name, 0)
	s.Items = items
	b.Set(o, s)
}

// reasons are what became of an owner's items.
func (b *bench) reasons(name string) string {
	o, _ := owner(name, 0)
	var list []string
	b.Walk(o, func(r state.ItemReport) {
		text := r.Reason.String()
		if r.Message != "" {
			text += ": " + r.Message
		}
		list = append(list, text)
	})
	return strings.Join(list, "; ")
}

func (b *bench) awaitReasons(name, want string) {
	b.t.Helper()
	last := ""
	defer func() {
		if last != want {
			b.t.Logf("%s: %q, want %q", name, last, want)
		}
	}()
	b.await(name+" is "+want, func() bool { last = b.reasons(name); return last == want })
}

func vrfItem(name string, table uint32, ip6 bool) state.Item {
	return state.Item{ID: kinds.VRFID(name, ip6), Value: kinds.VRF{TableID: table}, Claims: []string{kinds.TableClaim(table, ip6)}}
}

func routeItem(vrf, prefix string, paths ...kinds.Path) state.Item {
	p := netip.MustParsePrefix(prefix)
	value := kinds.NewPaths(paths...)
	return state.Item{ID: kinds.RouteID(vrf, p), Value: value, Needs: kinds.RouteNeeds(vrf, p.Addr().Is6(), value)}
}

// sent is how often a message was sent.
func sent(s vpp.Snapshot, message string) uint64 {
	for _, m := range s.Messages {
		if m.Name == message {
			return m.Sent
		}
	}
	return 0
}
