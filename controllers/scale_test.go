package controllers

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// How long 2,000 new objects take to be Ready, beside the time that it takes to
// create them. It is asked for by name, since it tells more on a quiet machine.
func TestManyObjects(t *testing.T) {
	if os.Getenv("VPP_OPERATOR_SCALE") == "" {
		t.Skip("VPP_OPERATOR_SCALE is not set")
	}
	const n = 2000
	a := newTestAgent(t, sharedPlane(t))
	a.start()
	begun := time.Now()
	work := make(chan int)
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for i := range work {
				o := dropRoute(a.node, fmt.Sprintf("r%d", i), "default", v1alpha1.Prefix(fmt.Sprintf("10.%d.%d.0/24", i/256, i%256)))
				if err := a.client.Create(a.ctx, o); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	workers.Wait()
	created := time.Since(begun)
	a.eventually("all written", func() bool { return a.requests.of("PATCH", "/routes/") >= n })
	all := time.Since(begun)
	t.Logf("created in %v, ready in %v, %d status writes", created, all, a.requests.of("PATCH", "/routes/"))
}

// A hundred thousand prefixes in 25 objects: how long after the last was created
// all are Ready, at how many requests, and what a change of one of them costs.
func TestManyPrefixes(t *testing.T) {
	if os.Getenv("VPP_OPERATOR_SCALE") == "" {
		t.Skip("VPP_OPERATOR_SCALE is not set")
	}
	const objects, prefixes = 25, 4000
	a := newTestAgent(t, sharedPlane(t))
	a.start()
	var all []*v1alpha1.Route
	for i := range objects {
		o := dropRoute(a.node, fmt.Sprintf("r%d", i), "default")
		for j := range prefixes {
			o.Spec.Prefixes = append(o.Spec.Prefixes, v1alpha1.Prefix(fmt.Sprintf("%d.%d.%d.0/24", 20+i, j/256, j%256)))
		}
		all = append(all, o)
	}
	begun := time.Now()
	a.create(anyObjects(all)...)
	created := time.Since(begun)
	for _, o := range all {
		ready(a, o, v1alpha1.ReasonProgrammed)
	}
	t.Logf("created in %v, ready in %v, %d status writes", created, time.Since(begun), a.requests.of("PATCH", "/routes/"))

	writes, calls := a.requests.of("PATCH", "/routes/"), a.vpp.Calls("ip_route_add_del_v2")
	begun = time.Now()
	edit(a, all[7], func(o *v1alpha1.Route) { o.Spec.Prefixes = o.Spec.Prefixes[1:] })
	ready(a, all[7], v1alpha1.ReasonProgrammed)
	t.Logf("changed in %v, %d status writes, %d calls", time.Since(begun), a.requests.of("PATCH", "/routes/")-writes, a.vpp.Calls("ip_route_add_del_v2")-calls)

	a.stop()
	calls = a.vpp.Calls("ip_route_add_del_v2")
	begun = time.Now()
	a.start()
	edit(a, all[7], func(o *v1alpha1.Route) { o.Spec.Prefixes = o.Spec.Prefixes[1:] })
	ready(a, all[7], v1alpha1.ReasonProgrammed)
	t.Logf("restarted in %v, %d status writes, %d calls", time.Since(begun), a.requests.of("PATCH", "/routes/"), a.vpp.Calls("ip_route_add_del_v2")-calls)
}

func anyObjects[O client.Object](objects []O) []client.Object {
	var all []client.Object
	for _, o := range objects {
		all = append(all, o)
	}
	return all
}
