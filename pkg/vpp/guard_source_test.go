package vpp_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// TestUnregisteredSource: a route of a source that VPP does not know is not
// sent; a registered one costs one look, however many routes it has.
func TestUnregisteredSource(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	ctx := context.Background()
	s, err := vpp.Dial(ctx, vpp.Options{Socket: v.Socket()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()

	q := route(1, 200)
	_, err = routeAddDel.Call(ctx, s, &q)
	if !errors.Is(err, vpp.ErrGuarded) || !errors.Is(err, vpp.ErrRefused) || !strings.Contains(err.Error(), "no source 200") {
		t.Errorf("an unregistered source gives %v", err)
	}
	if n := v.Calls("ip_route_add_del_v2"); n != 0 {
		t.Errorf("%d routes reached VPP", n)
	}

	source := fibSource(t, s)
	before := v.Calls("fib_source_dump")
	for n := range 100 {
		q := route(n, source)
		if _, err := routeAddDel.Call(ctx, s, &q); err != nil {
			t.Fatal(err)
		}
	}
	if n := v.Calls("fib_source_dump") - before; n != 1 {
		t.Errorf("100 routes of one source cost %d looks", n)
	}
}

// TestLookUpWithoutAnswer: what VPP does not say is nothing that the guard knows.
// The request was not sent, and may be again.
func TestLookUpWithoutAnswer(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	ctx := context.Background()
	s, err := vpp.Dial(ctx, vpp.Options{Socket: v.Socket()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	v.Fault(vpptest.CutAfter("fib_source_dump"))
	q := route(1, 200)
	_, err = routeAddDel.Call(ctx, s, &q)
	if !errors.Is(err, vpp.ErrRefused) || !errors.Is(err, vpp.ErrDisconnected) {
		t.Errorf("a look-up without an answer: %v", err)
	}
	if errors.Is(err, vpp.ErrGuarded) || errors.Is(err, vpp.ErrUnknown) {
		t.Errorf("a request that was not sent, for nothing found, is told as: %v", err)
	}
	if n := v.Calls("ip_route_add_del_v2"); n != 0 {
		t.Errorf("%d routes reached VPP", n)
	}
}
