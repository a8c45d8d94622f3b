package state

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// metrics are what an engine counts. Gauges are read from the engine when
// they are collected; see [Engine.Collect].
type metrics struct {
	operations *prometheus.CounterVec
	latency    *prometheus.HistogramVec
	drifts     *prometheus.CounterVec
	resyncs    *prometheus.HistogramVec
	converge   *prometheus.HistogramVec

	items, connected, synced, boots, leftovers *prometheus.Desc
}

func newMetrics() *metrics {
	gauge := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("vpp_operator_"+name, help, labels, nil)
	}
	return &metrics{
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vpp_operator_operations_total",
			Help: "Steps carried out in VPP, by kind of item, operation (create, update, delete) and result (done, refused, unknown).",
		}, []string{"kind", "operation", "result"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "vpp_operator_operation_duration_seconds",
			Help:    "Time from the beginning of a step to its outcome.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 9),
		}, []string{"kind", "operation"}),
		drifts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vpp_operator_drift_total",
			Help: "Items that somebody else had changed in VPP, by kind and field; presence is the field of what was deleted.",
		}, []string{"kind", "field"}),
		resyncs: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "vpp_operator_resync_duration_seconds",
			Help:    "Time to read all of VPP and compare it with what is desired, by cause (connect, period).",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 9),
		}, []string{"cause"}),
		converge: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "vpp_operator_programmed_duration_seconds",
			Help:    "Time from a change of what is desired until VPP holds it, by kind.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 10),
		}, []string{"kind"}),
		items:     gauge("items", "Items by kind and condition (done, waiting, failed, foreign, leftover).", "kind", "condition"),
		connected: gauge("vpp_connected", "1 while there is a session with VPP."),
		synced:    gauge("vpp_synced", "1 once everything desired was tried in the current session."),
		boots:     gauge("vpp_boots", "Boots of VPP seen on this node."),
		leftovers: gauge("leftovers", "Things of ours in VPP that nobody wants and that are still there."),
	}
}

// Results of operations, as metrics name them.
const (
	resultDone = iota
	resultRefused
	resultUnknown
	results
)

// kindMetrics are those of one kind that every operation counts in: finding
// them by their labels each time would cost as much as the rest of it. What
// never happened has none.
type kindMetrics struct {
	all        *metrics
	kind       string
	operations [Delete + 1][results]prometheus.Counter
	latency    [Delete + 1]prometheus.Observer
	converge   prometheus.Observer
}

func (m *metrics) of(kind string) kindMetrics { return kindMetrics{all: m, kind: kind} }

func (m *kindMetrics) operation(op *Op, err error) {
	result := resultDone
	switch {
	case errors.Is(err, vpp.ErrUnknown):
		result = resultUnknown
	case err != nil:
		result = resultRefused
	}
	counter, latency := &m.operations[op.Verb][result], &m.latency[op.Verb]
	if *counter == nil {
		*counter = m.all.operations.WithLabelValues(m.kind, op.Verb.String(), [...]string{"done", "refused", "unknown"}[result])
	}
	if *latency == nil {
		*latency = m.all.latency.WithLabelValues(m.kind, op.Verb.String())
	}
	(*counter).Inc()
	(*latency).Observe(time.Since(op.begun).Seconds())
}

func (m *kindMetrics) converged(took time.Duration) {
	if m.converge == nil {
		m.converge = m.all.converge.WithLabelValues(m.kind)
	}
	m.converge.Observe(took.Seconds())
}

func (m *metrics) drift(kind string, fields []string) {
	for _, f := range fields {
		m.drifts.WithLabelValues(kind, f).Inc()
	}
}

func (m *metrics) resync(took time.Duration, first bool) {
	cause := "period"
	if first {
		cause = "connect"
	}
	m.resyncs.WithLabelValues(cause).Observe(took.Seconds())
}

func (m *metrics) vectors() []prometheus.Collector {
	return []prometheus.Collector{m.operations, m.latency, m.drifts, m.resyncs, m.converge}
}

// Describe makes an Engine a prometheus.Collector.
func (e *Engine) Describe(ch chan<- *prometheus.Desc) {
	for _, v := range e.metrics.vectors() {
		v.Describe(ch)
	}
	for _, d := range []*prometheus.Desc{e.metrics.items, e.metrics.connected, e.metrics.synced, e.metrics.boots, e.metrics.leftovers} {
		ch <- d
	}
}

// Collect makes an Engine a prometheus.Collector.
func (e *Engine) Collect(ch chan<- prometheus.Metric) {
	for _, v := range e.metrics.vectors() {
		v.Collect(ch)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	left := 0
	for _, k := range e.order {
		left += len(k.left)
		for name, v := range map[string]int{
			"done": k.counts[catDone], "waiting": k.counts[catWaiting], "failed": k.counts[catFailed] + k.losers,
			"foreign": k.counts[catForeign], "leftover": len(k.left),
		} {
			gauge(e.metrics.items, float64(v), k.name, name)
		}
	}
	_, boots := e.opts.Ledger.Boot()
	gauge(e.metrics.connected, truth(e.status.connected))
	gauge(e.metrics.synced, truth(e.status.synced))
	gauge(e.metrics.boots, float64(boots))
	gauge(e.metrics.leftovers, float64(left))
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
