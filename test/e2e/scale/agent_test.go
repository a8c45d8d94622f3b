package scale

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"k8s.io/client-go/rest"

	"github.com/vpp-operator/vpp-operator/controllers"
)

// agent is an agent in this process, where its requests can be counted, and its
// metrics and probes be asked without a connection.
type agent struct {
	tb       testing.TB
	requests *requests
	log      *journal
	registry *prometheus.Registry

	probes http.Handler
	cancel context.CancelFunc
	ended  chan error
}

// startAgent runs an agent for a node until stop. Its files are in folder.
func startAgent(tb testing.TB, p *plane, node, socket, folder string) *agent {
	tb.Helper()
	a := &agent{
		tb: tb, requests: &requests{counts: map[string]int{}}, log: newJournal(), registry: prometheus.NewRegistry(),
		ended: make(chan error, 1),
	}
	config := rest.CopyConfig(p.Config)
	config.Wrap(a.requests.wrap)
	ctx, cancel := context.WithCancel(context.Background())
	a.cancel = cancel
	probes := make(chan http.Handler, 1)
	opts := controllers.Options{
		NodeName: node, Namespace: namespace, Config: config, Socket: socket,
		Ledger: filepath.Join(folder, "ledger"), Offline: filepath.Join(folder, "offline"),
		MetricsAddress: "0", HealthAddress: "0", Probes: func(h http.Handler) { probes <- h },
		Registry: a.registry, Log: a.log.logger(),
	}
	go func() { a.ended <- controllers.Run(ctx, opts) }()
	tb.Cleanup(a.stop)
	select {
	case a.probes = <-probes:
	case err := <-a.ended:
		a.ended = nil
		tb.Fatalf("the agent ended with %v", err)
	}
	return a
}

// stop ends the agent; a second time it does nothing.
func (a *agent) stop() {
	if a.ended == nil {
		return
	}
	a.cancel()
	if err := <-a.ended; err != nil {
		a.tb.Errorf("the agent ended with %v", err)
	}
	a.ended = nil
	if a.tb.Failed() {
		a.tb.Logf("log of the agent:\n%s", a.log)
	}
}

// until looks a hundred times a second whether something has come about that
// nothing tells of; more would be felt.
func (a *agent) until(ctx context.Context, what string, is func() bool) {
	a.tb.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			a.tb.Fatalf("never: %s; log of the agent:\n%s", what, a.log)
		}
	}
}

// cached tells whether the agent knows all objects.
func (a *agent) cached() bool {
	answer := httptest.NewRecorder()
	a.probes.ServeHTTP(answer, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/readyz", http.NoBody))
	return answer.Code == http.StatusOK
}

// metric reads values of a metric, those with all of the labels given, by the
// value of one label. Of a histogram it is the number of observations.
func (a *agent) metric(name, by string, labels map[string]string) map[string]float64 {
	a.tb.Helper()
	values := map[string]float64{}
	for _, m := range a.family(name) {
		has := map[string]string{}
		for _, l := range m.GetLabel() {
			has[l.GetName()] = l.GetValue()
		}
		fits := true
		for name, value := range labels {
			fits = fits && has[name] == value
		}
		if !fits {
			continue
		}
		switch {
		case m.Counter != nil:
			values[has[by]] += m.GetCounter().GetValue()
		case m.Gauge != nil:
			values[has[by]] += m.GetGauge().GetValue()
		case m.Histogram != nil:
			values[has[by]] += float64(m.GetHistogram().GetSampleCount())
		}
	}
	return values
}

func (a *agent) family(name string) []*dto.Metric {
	families, err := a.registry.Gather()
	if err != nil {
		a.tb.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()
		}
	}
	return nil
}

// synced tells whether everything was tried in the present session with VPP.
func (a *agent) synced() bool { return a.metric("vpp_operator_vpp_synced", "", nil)[""] == 1 }

// programmed is the number of routes that VPP holds as they should be.
func (a *agent) programmed() int {
	return int(a.metric("vpp_operator_items", "", map[string]string{"kind": "Route", "condition": "done"})[""])
}

// resyncs are how often all of VPP was read on the period, and the time that
// took in all.
func (a *agent) resyncs() (n uint64, took time.Duration) {
	for _, m := range a.family("vpp_operator_resync_duration_seconds") {
		for _, l := range m.GetLabel() {
			if l.GetValue() == "period" {
				n = m.GetHistogram().GetSampleCount()
				took = time.Duration(m.GetHistogram().GetSampleSum() * float64(time.Second))
			}
		}
	}
	return n, took
}

// sent counts the messages to VPP by name, without those that only ask whether
// it is alive.
func (a *agent) sent() map[string]int {
	counts := map[string]int{}
	for message, n := range a.metric("vpp_api_messages_total", "message", map[string]string{"direction": "sent"}) {
		if message != "control_ping" && !strings.HasPrefix(message, "memclnt_") {
			counts[message] = int(n)
		}
	}
	return counts
}

// less are counts that have grown since, and by how much.
func less(counts, before map[string]int) map[string]int {
	grown := maps.Clone(counts)
	for what, n := range before {
		if grown[what] -= n; grown[what] == 0 {
			delete(grown, what)
		}
	}
	return grown
}

// requests counts what an agent asks of the API server.
type requests struct {
	mu     sync.Mutex
	counts map[string]int
}

func (r *requests) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(q *http.Request) (*http.Response, error) {
		r.mu.Lock()
		r.counts[q.Method+" "+q.URL.Path]++
		r.mu.Unlock()
		return next.RoundTrip(q)
	})
}

// all are the requests so far, those for objects apart from those that come
// with time: Events, the Lease, the VPPNode and the number of routes in a VRF.
func (r *requests) all() (objects, others map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	objects, others = map[string]int{}, map[string]int{}
	for q, n := range r.counts {
		into := objects
		for _, part := range []string{"/events", "/leases", "/vppnodes", "/vrfs"} {
			if strings.Contains(q, part) {
				into, q = others, part[1:]
			}
		}
		into[q] += n
	}
	return objects, others
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(q *http.Request) (*http.Response, error) { return f(q) }

// journal keeps what an agent logs, and when.
type journal struct {
	mu    sync.Mutex
	b     bytes.Buffer
	times map[string][]time.Time // by message
}

func newJournal() *journal { return &journal{times: map[string][]time.Time{}} }

func (j *journal) logger() logr.Logger {
	return funcr.NewJSON(func(line string) {
		now := time.Now()
		j.mu.Lock()
		defer j.mu.Unlock()
		_, rest, _ := strings.Cut(line, `"msg":"`)
		message, _, _ := strings.Cut(rest, `"`)
		j.times[message] = append(j.times[message], now)
		_, _ = io.WriteString(&j.b, now.Format("15:04:05.000 ")+line+"\n")
	}, funcr.Options{})
}

// when are the times of a message.
func (j *journal) when(message string) []time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]time.Time(nil), j.times[message]...)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// newNode makes the name of a node that no other run has had.
func newNode(tb testing.TB) string {
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(tb.Name()))
	return fmt.Sprintf("%s-%x", name, time.Now().UnixNano())
}
