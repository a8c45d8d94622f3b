package controllers

import (
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// The Lease belongs to one machine at a time, and to whoever came last on it.
func TestLeaseOfTwoMachines(t *testing.T) {
	t.Parallel()
	p := sharedPlane(t)
	leases, err := clientv1.NewForConfig(p.Config)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	turned := map[string]int{}
	holder := func(identity, machine string) *leaseHolder {
		log := &logBuffer{}
		return &leaseHolder{
			client: leases.Leases(testNamespace), name: "lease-of-two", identity: identity, machine: machine,
			turned: func() { turned[identity]++ }, metrics: newMetrics(nil), now: func() time.Time { return now },
			log: log.logger(), decided: make(chan struct{}),
		}
	}
	a, restarted, b := holder("a", "one"), holder("restarted", "one"), holder("b", "two")
	for i, step := range []struct {
		after  time.Duration // since the step before
		who    *leaseHolder
		writes bool
	}{
		{0, a, true},
		{0, b, false},
		{leaseRenew, a, true},
		{leaseDuration - time.Second, b, false},
		{0, restarted, true},
		{leaseDuration, b, true}, // nobody is there any more
		{0, restarted, false},    // and finds that out when it comes back
		{0, a, false},
		{leaseRenew, b, true},
	} {
		now = now.Add(step.after)
		step.who.round(t.Context())
		if step.who.mayWrite() != step.writes {
			t.Errorf("step %d: %s may write: %t", i, step.who.identity, !step.writes)
		}
		lease, err := a.client.Get(t.Context(), a.name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := *lease.Spec.HolderIdentity; (got == step.who.identity+"/"+step.who.machine) != step.writes {
			t.Errorf("step %d: held by %s", i, got)
		}
	}
	if turned["a"] != 1 || turned["restarted"] != 1 || turned["b"] != 1 {
		t.Errorf("turned %v", turned)
	}
}

// A second machine of the node's name programs its VPP and writes nothing.
func TestTwoMachines(t *testing.T) {
	t.Parallel()
	a := newTestAgent(t, sharedPlane(t))
	a.start(func(o *Options) { o.Machine = "one" })
	blue := vrf(a.node, "blue", 10)
	a.create(blue)
	ready(a, blue, v1alpha1.ReasonProgrammed)

	second := newTestAgent(t, sharedPlane(t))
	second.node = a.node
	second.start(func(o *Options) { o.Machine = "two" })
	second.eventually("programmed", func() bool { return second.tables() == 2 })
	second.eventually("told", func() bool { return strings.Contains(second.log.String(), "Another machine has the name of this node") })
	var lease coordinationv1.Lease
	if err := a.client.Get(a.ctx, client.ObjectKey{Namespace: testNamespace, Name: a.node}, &lease); err != nil || *lease.Spec.HolderIdentity != a.node+"/one" {
		t.Errorf("Lease %+v, %v", lease.Spec, err)
	}
	second.stop()
	for _, method := range []string{"PATCH", "POST", "PUT"} {
		if n := second.requests.of(method, ""); n > 0 {
			t.Errorf("%d times %s: %v", n, method, second.requests.counts)
		}
	}
}
