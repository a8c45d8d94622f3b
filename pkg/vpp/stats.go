package vpp

import (
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Stats counts what a client does, over all its sessions. Reading is cheap and
// safe at any time.
type Stats struct {
	messages sync.Map // name → *messageStats

	late         atomic.Uint64 // replies after their request had given up
	dropped      atomic.Uint64 // messages a slow consumer lost
	unknown      atomic.Uint64 // messages with an id that is not in the table
	missed       atomic.Uint64 // events a watcher lost
	timeouts     atomic.Uint64
	connected    atomic.Uint64 // sessions begun
	disconnected atomic.Uint64 // sessions ended

	current atomic.Pointer[Session]
}

// NewStats returns empty counters.
func NewStats() *Stats { return &Stats{} }

// latencyBuckets: bucket i holds replies within 2^i µs; the last all others.
const latencyBuckets = 24

type messageStats struct {
	out, in           atomic.Uint64
	outBytes, inBytes atomic.Uint64
	sum, max          atomic.Int64 // ns
	buckets           [latencyBuckets]atomic.Uint64
}

func (s *Stats) message(name string) *messageStats {
	if m, ok := s.messages.Load(name); ok {
		return m.(*messageStats)
	}
	m, _ := s.messages.LoadOrStore(name, &messageStats{})
	return m.(*messageStats)
}

func (m *messageStats) sent(n int) {
	m.out.Add(1)
	m.outBytes.Add(uint64(n))
}

func (m *messageStats) received(n int) {
	m.in.Add(1)
	m.inBytes.Add(uint64(n))
}

func (m *messageStats) answered(d time.Duration) {
	m.sum.Add(int64(d))
	for {
		old := m.max.Load()
		if int64(d) <= old || m.max.CompareAndSwap(old, int64(d)) {
			break
		}
	}
	m.buckets[min(bits.Len64(uint64(d/time.Microsecond)), latencyBuckets-1)].Add(1)
}

// MessageStats are the counters of one message.
type MessageStats struct {
	Name string
	// Sent and Received count messages, SentBytes and ReceivedBytes their
	// bytes without frame headers.
	Sent, Received           uint64
	SentBytes, ReceivedBytes uint64
	// Replies counts requests that were answered, Total adds up their latency
	// from the call to the (last) reply.
	Replies          uint64
	Total, Mean, Max time.Duration
	// Latency counts replies by latency: entry i those below 2^i µs and not in
	// an entry before, the last entry all others.
	Latency [latencyBuckets]uint64
}

// Snapshot is the state of all counters at one time.
type Snapshot struct {
	Messages []MessageStats // that were sent or received, by name
	InFlight int
	// Late counts replies that came after their request had timed out, Dropped
	// streams cut off because nobody read them, Unknown messages that are not
	// in VPP's table, MissedEvents events that a watcher was too slow for.
	Late, Dropped, Unknown, MissedEvents uint64
	Timeouts                             uint64
	// Connects and Disconnects count sessions.
	Connects, Disconnects uint64
}

// Snapshot reads the counters.
func (s *Stats) Snapshot() Snapshot {
	out := Snapshot{
		Late: s.late.Load(), Dropped: s.dropped.Load(), Unknown: s.unknown.Load(), MissedEvents: s.missed.Load(),
		Timeouts: s.timeouts.Load(), Connects: s.connected.Load(), Disconnects: s.disconnected.Load(),
	}
	if c := s.current.Load(); c != nil && c.Err() == nil {
		out.InFlight = int(c.flights.count.Load())
	}
	s.messages.Range(func(name, v any) bool {
		m := v.(*messageStats)
		e := MessageStats{
			Name: name.(string), Sent: m.out.Load(), Received: m.in.Load(),
			SentBytes: m.outBytes.Load(), ReceivedBytes: m.inBytes.Load(),
			Total: time.Duration(m.sum.Load()), Max: time.Duration(m.max.Load()),
		}
		if e.Sent == 0 && e.Received == 0 {
			return true
		}
		for i := range m.buckets {
			e.Latency[i] = m.buckets[i].Load()
			e.Replies += e.Latency[i]
		}
		if e.Replies > 0 {
			e.Mean = e.Total / time.Duration(e.Replies)
		}
		out.Messages = append(out.Messages, e)
		return true
	})
	slices.SortFunc(out.Messages, func(a, b MessageStats) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// The metrics of a client.
var (
	descMessages = prometheus.NewDesc("vpp_api_messages_total",
		"Binary API messages, by message and direction (sent, received).", []string{"message", "direction"}, nil)
	descBytes = prometheus.NewDesc("vpp_api_message_bytes_total",
		"Bytes of binary API messages without frame headers, by message and direction.", []string{"message", "direction"}, nil)
	descLatency = prometheus.NewDesc("vpp_api_request_duration_seconds",
		"Time from a request to its last reply, by request.", []string{"message"}, nil)
	descMax = prometheus.NewDesc("vpp_api_request_duration_max_seconds",
		"Longest time from a request to its last reply since the start, by request.", []string{"message"}, nil)
	descInFlight = prometheus.NewDesc("vpp_api_requests_in_flight", "Requests sent and not yet answered.", nil, nil)
	descLate     = prometheus.NewDesc("vpp_api_late_replies_total",
		"Replies that came after their request had timed out; they are dropped.", nil, nil)
	descDropped = prometheus.NewDesc("vpp_api_dropped_streams_total",
		"Streams cut off because their consumer did not read.", nil, nil)
	descUnknown = prometheus.NewDesc("vpp_api_unknown_messages_total",
		"Messages received with an id that is not in VPP's message table.", nil, nil)
	descMissed = prometheus.NewDesc("vpp_api_missed_events_total",
		"Events that watchers lost because they were too far behind.", nil, nil)
	descTimeouts = prometheus.NewDesc("vpp_api_timeouts_total", "Requests not answered in time.", nil, nil)
	descConnects = prometheus.NewDesc("vpp_api_connects_total", "Sessions with VPP that began.", nil, nil)
	descDrops    = prometheus.NewDesc("vpp_api_disconnects_total", "Sessions with VPP that ended.", nil, nil)
)

// Describe makes Stats a prometheus.Collector.
func (s *Stats) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descMessages, descBytes, descLatency, descMax, descInFlight, descLate, descDropped, descUnknown,
		descMissed, descTimeouts, descConnects, descDrops,
	} {
		ch <- d
	}
}

// Collect makes Stats a prometheus.Collector.
func (s *Stats) Collect(ch chan<- prometheus.Metric) {
	snap := s.Snapshot()
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	for _, m := range snap.Messages {
		if m.Sent > 0 {
			counter(descMessages, m.Sent, m.Name, "sent")
			counter(descBytes, m.SentBytes, m.Name, "sent")
		}
		if m.Received > 0 {
			counter(descMessages, m.Received, m.Name, "received")
			counter(descBytes, m.ReceivedBytes, m.Name, "received")
		}
		if m.Replies > 0 {
			buckets := map[float64]uint64{}
			total := uint64(0)
			for i, n := range m.Latency[:latencyBuckets-1] {
				total += n
				buckets[float64(uint64(1)<<i)/1e6] = total
			}
			ch <- prometheus.MustNewConstHistogram(descLatency, m.Replies, m.Total.Seconds(), buckets, m.Name)
			ch <- prometheus.MustNewConstMetric(descMax, prometheus.GaugeValue, m.Max.Seconds(), m.Name)
		}
	}
	ch <- prometheus.MustNewConstMetric(descInFlight, prometheus.GaugeValue, float64(snap.InFlight))
	counter(descLate, snap.Late)
	counter(descDropped, snap.Dropped)
	counter(descUnknown, snap.Unknown)
	counter(descMissed, snap.MissedEvents)
	counter(descTimeouts, snap.Timeouts)
	counter(descConnects, snap.Connects)
	counter(descDrops, snap.Disconnects)
}
