package controllers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// A kind that cannot be listed, for whatever reason, loses nothing in VPP: not what
// was deleted while the agent looked away, and not over a restart of it. Other kinds
// go on.
func TestListIsForbidden(t *testing.T) { t.Parallel(); testListFails(t, http.StatusForbidden) }

func TestListFails(t *testing.T) { t.Parallel(); testListFails(t, http.StatusInternalServerError) }

func testListFails(t *testing.T, code int) {
	t.Helper()
	a := newTestAgent(t, sharedPlane(t))
	gate := &gate{path: "/vrfs", code: code}
	gated := func(o *Options) {
		o.OfflineAfter = 300 * time.Millisecond
		o.Config.Wrap(gate.wrap)
	}
	a.start(gated)
	all := manyVRFs(a, 3)
	first, second := dropRoute(a.node, "first", "va", "192.0.2.0/24"), dropRoute(a.node, "second", "va", "198.51.100.0/24")
	a.create(first, second)
	ready(a, first, v1alpha1.ReasonProgrammed)
	ready(a, second, v1alpha1.ReasonProgrammed)
	tables, routes := a.tables(), a.vpp.Calls("ip_route_add_del_v2")

	gate.shut()
	a.eventually("refused", gate.refused)
	a.remove(all[1], first)
	a.eventually("the route removed", func() bool { return a.vpp.Calls("ip_route_add_del_v2") == routes+1 })

	a.stop()
	gate.shut()
	a.remove(second)
	a.start(gated)
	a.eventually("refused", gate.refused)
	a.eventually("the other route removed", func() bool { return a.vpp.Calls("ip_route_add_del_v2") == routes+2 })
	await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, "telling of the kind", func(n *v1alpha1.VPPNode) bool {
		c := condition(n.Status.Conditions, v1alpha1.ConditionPruneHeld)
		return c != nil && c.Reason == v1alpha1.ReasonKindUnavailable && c.Message == "these kinds cannot be listed, so nothing of theirs is removed: VRF"
	})
	if n := a.tables() - tables; n != 0 {
		t.Errorf("%d calls that change tables, want none", n)
	}
	if code := a.probe("/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d while a kind is not listed", code)
	}

	gate.open()
	released(a)
	a.eventually("the VRF removed", func() bool { return a.tables() == tables+2 })
	ready(a, all[0], v1alpha1.ReasonProgrammed)
}

// A deletion waits until it is known whether the CRD is still there.
func TestCRDLookupFails(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	gate := &gate{path: "/customresourcedefinitions/vrfs.", code: http.StatusInternalServerError}
	a.start(func(o *Options) { o.Config.Wrap(gate.wrap) })
	all := manyVRFs(a, 2)
	tables := a.tables()
	gate.shut()
	a.remove(all[0])
	a.eventually("refused", gate.refused)
	if n := a.tables() - tables; n != 0 {
		t.Errorf("%d calls that change tables, want none", n)
	}
	gate.open()
	a.eventually("removed", func() bool { return a.tables() == tables+2 })
}

// gate refuses, while it is shut, to read what has path in it, and ends the watches
// there are.
type gate struct {
	path string
	code int

	mu       sync.Mutex
	isShut   bool
	refusals int
	watches  []io.Closer
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.isShut, g.refusals = true, 0
	for _, w := range g.watches {
		_ = w.Close()
	}
	g.watches = nil
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.isShut = false
}

// refused tells whether something was since it was shut.
func (g *gate) refused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refusals > 0
}

func (g *gate) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(q *http.Request) (*http.Response, error) {
		if q.Method != http.MethodGet || !strings.Contains(q.URL.Path, g.path) {
			return next.RoundTrip(q)
		}
		if answer, err := g.refuse(q); answer != nil || err != nil {
			return answer, err
		}
		answer, err := next.RoundTrip(q)
		if err != nil || q.URL.Query().Get("watch") == "" {
			return answer, err
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.isShut {
			return nil, errors.Join(errors.New("shut meanwhile"), answer.Body.Close())
		}
		g.watches = append(g.watches, answer.Body)
		return answer, nil
	})
}

func (g *gate) refuse(q *http.Request) (*http.Response, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.isShut {
		return nil, nil
	}
	g.refusals++
	text, err := json.Marshal(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: int32(g.code), Message: "the gate is shut",
	})
	return &http.Response{
		StatusCode: g.code, Request: q, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(text)),
	}, err
}
