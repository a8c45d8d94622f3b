package controllers

import (
	"context"
	"fmt"
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
// statuses of nodes whose agent is not. Nobody competes for the Lease: the last
// agent that renews it has it.
type leaseHolder struct {
	client   typedcoordinationv1.LeaseInterface
	name     string
	identity string
	metrics  *metrics
	now      func() time.Time
	log      logr.Logger

	lease *coordinationv1.Lease // as last written
}

// run renews the Lease until ctx ends. It is not given up then: a restarted
// agent renews it before anybody misses it.
func (h *leaseHolder) run(ctx context.Context) {
	tick := time.NewTicker(leaseRenew)
	defer tick.Stop()
	for {
		if err := h.renew(ctx); err != nil && ctx.Err() == nil {
			h.metrics.leaseFailures.Inc()
			h.log.Info("Cannot renew the Lease", "name", h.name, "reason", err.Error())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
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
		h.lease = found
	}
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
	if spec := &lease.Spec; spec.HolderIdentity == nil || *spec.HolderIdentity != h.identity {
		transitions := int32(0)
		if spec.LeaseTransitions != nil {
			transitions = *spec.LeaseTransitions + 1
		}
		spec.HolderIdentity, spec.AcquireTime, spec.LeaseTransitions = &h.identity, &now, &transitions
	}
	lease.Spec.RenewTime, lease.Spec.LeaseDurationSeconds = &now, &seconds
	return lease
}
