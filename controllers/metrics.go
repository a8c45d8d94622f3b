package controllers

import (
	"github.com/prometheus/client_golang/prometheus"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// metrics are those of the controllers. The engine and the client have their
// own.
type metrics struct {
	statusWrites  *prometheus.CounterVec
	eventsDropped prometheus.Counter
	leaseFailures prometheus.Counter
	leaseHeld     prometheus.Gauge

	reconciler *reconciler // for what is counted when it is asked for
}

var (
	descObjects = prometheus.NewDesc("vpp_operator_objects",
		"Objects of this node, by kind and by the reason of their Ready condition.", []string{"kind", "reason"}, nil)
	descPruneHeld = prometheus.NewDesc("vpp_operator_prune_held_objects",
		"Objects that are gone from the API server and kept in VPP until their return or a confirmation, by kind.", []string{"kind"}, nil)
)

func newMetrics(r *reconciler) *metrics {
	return &metrics{
		statusWrites: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vpp_operator_status_writes_total",
			Help: "Status writes, by kind and result (written, gone, failed).",
		}, []string{"kind", "result"}),
		eventsDropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "vpp_operator_events_dropped_total",
			Help: "Kubernetes Events that were not written, because there were too many or the API server refused.",
		}),
		leaseFailures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "vpp_operator_lease_failures_total",
			Help: "Renewals of the node's Lease that failed.",
		}),
		leaseHeld: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "vpp_operator_lease_held",
			Help: "1 while the node's Lease is this agent's, 0 while it is that of an agent on another machine with the node's name: then nothing is written to the API server.",
		}),
		reconciler: r,
	}
}

// wrote counts a status write.
func (m *metrics) wrote(kind string, err error) {
	result := "written"
	switch {
	case apierrors.IsNotFound(err):
		result = "gone"
	case err != nil:
		result = "failed"
	}
	m.statusWrites.WithLabelValues(kind, result).Inc()
}

// Describe makes metrics a prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	m.statusWrites.Describe(ch)
	m.eventsDropped.Describe(ch)
	m.leaseFailures.Describe(ch)
	m.leaseHeld.Describe(ch)
	ch <- descObjects
	ch <- descPruneHeld
}

// Collect makes metrics a prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	m.statusWrites.Collect(ch)
	m.eventsDropped.Collect(ch)
	m.leaseFailures.Collect(ch)
	m.leaseHeld.Collect(ch)
	for kind, reasons := range m.reconciler.tally() {
		for reason, n := range reasons {
			ch <- prometheus.MustNewConstMetric(descObjects, prometheus.GaugeValue, float64(n), kind, reason)
		}
	}
	m.reconciler.mu.Lock()
	_, _, held := m.reconciler.guard.Held()
	m.reconciler.mu.Unlock()
	for kind, n := range held {
		ch <- prometheus.MustNewConstMetric(descPruneHeld, prometheus.GaugeValue, float64(n), kind)
	}
}
