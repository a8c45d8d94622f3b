package controllers

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedcoordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
)

// The pace of the Lease: it may be renewed late three times.
const (
	leaseRenew    = 10 * time.Second
	leaseDuration = 40 * time.Second
)

// leaseHolder says that the node's agent is alive, for who watches over the
// statuses of nodes whose agent is not. On one machine nobody competes for the
// Lease: the last agent that renews it has it. It is another matter if a second
// machine has the node's name: while the Lease is another machine's, this agent
// looks after its VPP and writes nothing to the API server.
type leaseHolder struct {
	client typedcoordinationv1.LeaseInterface
	name   string
	// identity is who this is, and machine where; "" where that is not known.
	identity, machine string
	// turned is told that this agent may write, which it might not before.
	turned  func()
	metrics *metrics
	now     func() time.Time
	log     logr.Logger

	lease   *coordinationv1.Lease // as last written
	other   string                // who has the Lease, if it is of another machine
	writes  atomic.Bool
	decided chan struct{} // closed once writes says something
}

// mayWrite tells whether this agent may write to the API server: not before it
// has looked at the Lease, and not while that is another machine's.
func (h *leaseHolder) mayWrite() bool { return h.writes.Load() }

// holder is what the Lease calls us: who and, behind a slash, on which machine.
func (h *leaseHolder) holder() string {
	if h.machine == "" {
		return h.identity
	}
	return h.identity + "/" + h.machine
}

// othersMachine tells whether a Lease is fresh and held on another machine.
func (h *leaseHolder) othersMachine(lease *coordinationv1.Lease) bool {
	s := &lease.Spec
	if s.HolderIdentity == nil || s.RenewTime == nil || h.machine == "" {
		return false
	}
	_, machine, _ := strings.Cut(*s.HolderIdentity, "/")
	return machine != "" && machine != h.machine && h.now().Sub(s.RenewTime.Time) < leaseDuration
}

// run renews the Lease until ctx ends. It is not given up then: a restarted
// agent renews it before anybody misses it.
func (h *leaseHolder) run(ctx context.Context) {
	tick := time.NewTicker(leaseRenew)
	defer tick.Stop()
	for {
		h.round(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// round renews the Lease, if it is ours, and finds whether we may write.
func (h *leaseHolder) round(ctx context.Context) {
	err := h.renew(ctx)
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		err = h.renew(ctx) // somebody else was there: who?
	}
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		h.metrics.leaseFailures.Inc()
		h.log.Info("Cannot renew the Lease", "name", h.name, "reason", err.Error())
	}
	held := 1.0
	if h.other != "" {
		held = 0
	}
	h.metrics.leaseHeld.Set(held)
	if may := h.other == ""; h.writes.Swap(may) != may && may {
		h.turned()
	}
	select {
	case <-h.decided:
	default:
		close(h.decided)
	}
}

// renew writes the Lease, one request as long as nobody else does.
func (h *leaseHolder) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if h.lease == nil {
		found, err := h.client.Get(ctx, h.name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			created, err := h.client.Create(ctx, h.renewed(&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: h.name}}), metav1.CreateOptions{})
			if err != nil {
				return fmt.Errorf("create Lease %s: %w", h.name, err)
			}
			h.lease = created
			return nil
		case err != nil:
			return fmt.Errorf("read Lease %s: %w", h.name, err)
		}
		if h.othersMachine(found) {
			if h.other != *found.Spec.HolderIdentity {
				h.other = *found.Spec.HolderIdentity
				h.log.Error(nil, "Another machine has the name of this node: nothing is written to the API server, not before its agent is gone",
					"node", h.name, "holder", h.other, "self", h.holder())
			}
			return nil
		}
		h.lease = found
	}
	h.other = ""
	updated, err := h.client.Update(ctx, h.renewed(h.lease), metav1.UpdateOptions{})
	if err != nil {
		h.lease = nil // read it again
		return fmt.Errorf("renew Lease %s: %w", h.name, err)
	}
	h.lease = updated
	return nil
}

func (h *leaseHolder) renewed(lease *coordinationv1.Lease) *coordinationv1.Lease {
	lease = lease.DeepCopy()
	now := metav1.NewMicroTime(h.now())
	seconds := int32(leaseDuration / time.Second)
	holder := h.holder()
	if spec := &lease.Spec; spec.HolderIdentity == nil || *spec.HolderIdentity != holder {
		transitions := int32(0)
		if spec.LeaseTransitions != nil {
			transitions = *spec.LeaseTransitions + 1
		}
		spec.HolderIdentity, spec.AcquireTime, spec.LeaseTransitions = &holder, &now, &transitions
	}
	lease.Spec.RenewTime, lease.Spec.LeaseDurationSeconds = &now, &seconds
	return lease
}
