package vpp_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// realVPP starts the VPP that VPP_BIN names, for tests that only a real one
// can answer for.
func realVPP(t *testing.T) *vpptest.Real {
	t.Helper()
	bin := os.Getenv(vpptest.BinEnv)
	if bin == "" {
		t.Skipf("%s names no VPP", vpptest.BinEnv)
	}
	return vpptest.StartReal(t, bin)
}

// TestRealEveryMessage encodes and decodes every message of a real VPP's API,
// as it tells it.
func TestRealEveryMessage(t *testing.T) {
	t.Parallel()
	v := realVPP(t)
	ctx := context.Background()
	s, err := vpp.Dial(ctx, vpp.Options{Socket: v.Socket()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	messages, err := s.Schema().Messages()
	if err != nil {
		t.Fatal(err)
	}
	if len(messages) < 700 {
		t.Errorf("only %d messages learned", len(messages))
	}
	for _, m := range messages {
		wire, err := m.AppendFields(nil, nil)
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		line, err := m.AppendJSON(nil, wire)
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		again, err := m.AppendFromJSON(nil, line)
		if err != nil || string(again) != string(wire) {
			t.Errorf("%s: %s becomes %x instead of %x (%v)", m.Name, line, again, wire, err)
		}
	}
	table, err := s.MessageTable()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range table {
		if m := s.Schema().Message(e.Name); m != nil && m.CRC != e.CRC {
			t.Errorf("%s: the schema has %08x", e.NameCRC(), m.CRC)
		}
	}
}

// TestRealRestartUnderLoad kills VPP while routes are being added and dumped:
// everything in flight ends with a distinct error, and the client comes back to
// the next boot, which knows nothing.
func TestRealRestartUnderLoad(t *testing.T) {
	t.Parallel()
	v := realVPP(t)
	ctx := context.Background()
	c := vpp.NewClient(vpp.Options{Socket: v.Socket()})
	defer func() { _ = c.Close() }()
	for epoch := uint64(1); epoch <= 3; epoch++ {
		s, err := c.WaitConnected(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		if s.Epoch() != epoch {
			t.Errorf("epoch %d, want %d", s.Epoch(), epoch)
		}
		n := 0
		for _, err := range vpp.InvokeStream(ctx, c, "sw_interface_dump", nil) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 1 { // local0
			t.Errorf("a new boot has %d interfaces", n)
		}
		if _, err := vpp.Invoke(ctx, c, "create_loopback_instance", nil); err != nil {
			t.Fatal(err)
		}
		loadUntilLost(ctx, t, s, v.Kill)
		<-s.Done()
		if err := v.Restart(); err != nil {
			t.Fatal(err)
		}
	}
}

// loadUntilLost keeps a session busy, calls kill when VPP has begun to answer,
// and returns when all work has failed as it should.
func loadUntilLost(ctx context.Context, t *testing.T, s *vpp.Session, kill func()) {
	t.Helper()
	var wg sync.WaitGroup
	begun := sync.OnceFunc(func() { go kill() })
	wg.Go(func() {
		defer begun() // or the dumps would go on for ever
		batch, err := routeAddDel.Batch(ctx, s, func(i int, _ *retval, err error) {
			if i == 5000 {
				begun()
			}
			if err != nil && !errors.Is(err, vpp.ErrUnknown) {
				t.Errorf("route %d: %v", i, err)
			}
		})
		if err != nil {
			t.Error(err)
			return
		}
		for n := 0; ; n++ {
			q := route(n, 0)
			if err := batch.Add(&q); err != nil {
				if !errors.Is(err, vpp.ErrDisconnected) {
					t.Errorf("the batch ended with %v", err)
				}
				break
			}
		}
		if err := batch.Wait(); err != nil && !errors.Is(err, vpp.ErrDisconnected) {
			t.Errorf("the batch ended with %v", err)
		}
	})
	for range 4 {
		wg.Go(func() {
			for {
				var d ipRouteV2Details
				for err := range routeDump.Scan(ctx, s, nil, &d) {
					if err == nil {
						continue
					}
					if !errors.Is(err, vpp.ErrDisconnected) {
						t.Errorf("the dump ended with %v", err)
					}
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestRealEvents watches interfaces of a real VPP over a restart.
func TestRealEvents(t *testing.T) {
	t.Parallel()
	v := realVPP(t)
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	c := vpp.NewClient(vpp.Options{Socket: v.Socket()})
	defer func() { _ = c.Close() }()
	type event struct {
		SwIfIndex uint32
		Deleted   bool
	}
	create := func() {
		if _, err := vpp.Invoke(ctx, c, "create_loopback_instance", nil); err != nil {
			t.Error(err)
			cancel()
		}
	}
	seen, missed := 0, 0
	for e, err := range vpp.Watch(ctx, c, "sw_interface_event", vpp.Registered[event](create)) {
		switch {
		case errors.Is(err, vpp.ErrMissedEvents):
			missed++
		case err != nil:
			t.Fatal(err)
		case e.SwIfIndex == 1:
			if seen++; seen == 1 {
				if err := v.Restart(); err != nil {
					t.Fatal(err)
				}
				continue
			}
			cancel()
		}
	}
	if seen != 2 || missed != 1 {
		t.Errorf("%d events and %d gaps, want 2 and 1", seen, missed)
	}
}
