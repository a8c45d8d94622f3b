package vpp_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// statsOf is what was counted of one message.
func statsOf(t testing.TB, st vpp.Snapshot, name string) vpp.MessageStats {
	t.Helper()
	for _, m := range st.Messages {
		if m.Name == name {
			return m
		}
	}
	t.Errorf("nothing was counted of %s", name)
	return vpp.MessageStats{}
}

func TestStats(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		s := dial(t, socket)
		before := s.Stats().Snapshot()
		for range 10 {
			_, err := showVersion.Call(soon(t), s, nil)
			must(t, err)
		}
		n := 0
		for _, err := range interfaces.Dump(soon(t), s, &allInterfaces) {
			must(t, err)
			n++
		}
		st := s.Stats().Snapshot()
		v := statsOf(t, st, "show_version")
		if v.Sent != 10 || v.SentBytes != 100 || v.Replies != 10 || v.Received != 0 {
			t.Errorf("show_version: %+v", v)
		}
		if v.Mean <= 0 || v.Max < v.Mean || v.Total < 10*v.Mean || v.Total > 10*v.Max {
			t.Errorf("show_version: mean %v, max %v, total %v", v.Mean, v.Max, v.Total)
		}
		sum := uint64(0)
		for _, n := range v.Latency {
			sum += n
		}
		if sum != 10 {
			t.Errorf("%d of 10 in the histogram", sum)
		}
		if r := statsOf(t, st, "show_version_reply"); r.Received != 10 || r.ReceivedBytes < 1000 || r.Sent != 0 || r.Replies != 0 {
			t.Errorf("show_version_reply: %+v", r)
		}
		if d := statsOf(t, st, "sw_interface_details"); d.Received != uint64(n) {
			t.Errorf("%d interfaces, counted %+v", n, d)
		}
		if d := statsOf(t, st, "sw_interface_dump"); d.Sent != 1 || d.Replies != 1 || d.Mean <= 0 {
			t.Errorf("sw_interface_dump: %+v", d)
		}
		if h := statsOf(t, before, "sockclnt_create"); h.Sent != 1 || h.SentBytes != 70 {
			t.Errorf("sockclnt_create: %+v", h)
		}
		if st.Late != 0 || st.Unknown != 0 || st.Dropped != 0 || st.InFlight != 0 || st.Timeouts != 0 || st.Connects != 1 || st.Disconnects != 0 {
			t.Errorf("%+v", st)
		}
		must(t, s.Close())
		if st := s.Stats().Snapshot(); st.Disconnects != 1 {
			t.Errorf("%d disconnects", st.Disconnects)
		}
	})
}

// An attempt that fails behind the handshake is a session that ended, not less
// than none.
func TestStatsOfFailedDial(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	v.Fault(vpptest.CutBefore("get_api_json").Times(2))
	v.Fault(vpptest.CutBefore("sockclnt_create").Times(2))
	c := connect(t, v.Socket())
	connected(t, c, 1)
	if st := c.Stats().Snapshot(); st.Connects != 3 || st.Disconnects != 2 {
		t.Errorf("%d connects and %d disconnects", st.Connects, st.Disconnects)
	}
}

// The collector keeps to Prometheus's rules, and its numbers are right.
func TestCollector(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	for range 3 {
		_, err := showVersion.Call(soon(t), s, nil)
		must(t, err)
	}
	held := v.Fault(vpptest.Withhold("show_vpe_system_time"))
	ctx, cancel := context.WithCancel(soon(t))
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = vpp.Invoke(ctx, s, "show_vpe_system_time", nil) })
	closed(t, "the request", held.Fired())

	registry := prometheus.NewPedanticRegistry()
	must(t, registry.Register(s.Stats()))
	problems, err := testutil.GatherAndLint(registry)
	must(t, err)
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	want := `
# HELP vpp_api_messages_total Binary API messages, by message and direction (sent, received).
# TYPE vpp_api_messages_total counter
vpp_api_messages_total{direction="received",message="get_api_json_reply"} 1
vpp_api_messages_total{direction="received",message="show_version_reply"} 3
vpp_api_messages_total{direction="received",message="sockclnt_create_reply"} 1
vpp_api_messages_total{direction="sent",message="get_api_json"} 1
vpp_api_messages_total{direction="sent",message="show_version"} 3
vpp_api_messages_total{direction="sent",message="show_vpe_system_time"} 1
vpp_api_messages_total{direction="sent",message="sockclnt_create"} 1
# HELP vpp_api_requests_in_flight Requests sent and not yet answered.
# TYPE vpp_api_requests_in_flight gauge
vpp_api_requests_in_flight 1
# HELP vpp_api_connects_total Sessions with VPP that began.
# TYPE vpp_api_connects_total counter
vpp_api_connects_total 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want),
		"vpp_api_messages_total", "vpp_api_requests_in_flight", "vpp_api_connects_total"); err != nil {
		t.Error(err)
	}
	cancel()
	wg.Wait()
	held.Release()
	ping(t, s)
	want = `
# HELP vpp_api_late_replies_total Replies that came after their request had timed out; they are dropped.
# TYPE vpp_api_late_replies_total counter
vpp_api_late_replies_total 1
# HELP vpp_api_timeouts_total Requests not answered in time.
# TYPE vpp_api_timeouts_total counter
vpp_api_timeouts_total 1
# HELP vpp_api_requests_in_flight Requests sent and not yet answered.
# TYPE vpp_api_requests_in_flight gauge
vpp_api_requests_in_flight 0
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want),
		"vpp_api_late_replies_total", "vpp_api_timeouts_total", "vpp_api_requests_in_flight"); err != nil {
		t.Error(err)
	}
}

// What is gathered while calls are made is consistent: a histogram's count is
// that of its buckets, and no sum ever falls.
func TestCollectorUnderLoad(t *testing.T) {
	t.Parallel()
	s := dial(t, vpptest.Start(t).Socket())
	registry := prometheus.NewPedanticRegistry()
	must(t, registry.Register(s.Stats()))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for isOpen(stop) {
				if err := s.Ping(context.Background()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	last := map[string]float64{}
	for range 200 {
		families, err := registry.Gather()
		must(t, err)
		for _, f := range families {
			for _, m := range f.GetMetric() {
				h := m.GetHistogram()
				if h == nil {
					continue
				}
				key := fmt.Sprint(f.GetName(), m.GetLabel())
				if sum := h.GetSampleSum(); sum < last[key] {
					t.Errorf("%s fell from %v to %v", key, last[key], sum)
				} else {
					last[key] = sum
				}
				for _, b := range h.GetBucket() {
					if b.GetCumulativeCount() > h.GetSampleCount() {
						t.Errorf("%s: %d below %v of %d", key, b.GetCumulativeCount(), b.GetUpperBound(), h.GetSampleCount())
					}
				}
			}
		}
	}
	close(stop)
	wg.Wait()
	if st := statsOf(t, s.Stats().Snapshot(), "control_ping"); st.Sent != st.Replies || st.Max > time.Minute {
		t.Errorf("%+v", st)
	}
}
