package controllers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// disabled is the address of a server that is not wanted.
const disabled = "0"

// health answers the probes. The agent lives as long as its locks can be had,
// whatever VPP does. It is ready when it knows its objects and has dialled VPP
// once, whatever the answer, so that a roll-out does not hang on a node whose
// VPP is down.
type health struct {
	alive  func()
	synced func() bool
	dialed atomic.Bool
}

// watchDial waits for the first answer to a dial, and tells away once VPP is
// found not to be there.
func (h *health) watchDial(ctx context.Context, client *vpp.Client, away func()) {
	for st := range client.States(ctx) {
		// The first state may be that of a client that has not dialled yet.
		var refusal *net.OpError
		switch {
		case st.Phase == vpp.Connected:
			h.dialed.Store(true)
		case st.Epoch > 0 || errors.As(st.Err, &refusal) || !errors.Is(st.Err, vpp.ErrDisconnected):
			h.dialed.Store(true)
			away()
			return
		}
	}
}

func (h *health) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		h.alive() // hangs, and the probe with it, where a lock is never given back
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		switch {
		case !h.synced():
			http.Error(w, "the API server has not listed all objects yet", http.StatusServiceUnavailable)
		case !h.dialed.Load():
			http.Error(w, "VPP was not dialled yet", http.StatusServiceUnavailable)
		default:
			_, _ = w.Write([]byte("ok\n"))
		}
	})
	return mux
}

// addServers adds what the agent serves.
func (a *agent) addServers() error {
	a.health = &health{synced: a.informers.allSynced, alive: func() { _ = a.reconciler.tally(); _ = a.engine.Status() }}
	if a.opts.Probes != nil {
		a.opts.Probes(a.health.handler())
	}
	if address := a.opts.HealthAddress; address != disabled && address != "" {
		a.servers = append(a.servers, func(ctx context.Context) error {
			return serveHTTP(ctx, address, a.health.handler())
		})
	}
	if address := a.opts.MetricsAddress; address != disabled && address != "" {
		options := metricsserver.Options{BindAddress: address}
		if !a.opts.MetricsInsecure {
			options.SecureServing, options.FilterProvider = true, filters.WithAuthenticationAndAuthorization
		}
		client, err := rest.HTTPClientFor(a.config)
		if err != nil {
			return fmt.Errorf("serve metrics: %w", err)
		}
		server, err := metricsserver.NewServer(options, a.config, client)
		if err != nil {
			return fmt.Errorf("serve metrics: %w", err)
		}
		a.servers = append(a.servers, server.Start)
	}
	return nil
}

// serveHTTP serves until ctx ends.
func serveHTTP(ctx context.Context, address string, handler http.Handler) error {
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", address, err)
	case <-ctx.Done():
	}
	err := server.Close()
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
