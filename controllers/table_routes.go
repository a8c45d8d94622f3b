package controllers

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// routesDelay is how long a VRF's number of routes may lag behind, so that it
// does not cost a request for every Route.
const routesDelay = 10 * time.Second

// table is one family's table of a VRF, by the name of the VRF on the node.
type table struct {
	vrf string
	ip6 bool
}

// tableRoutes counts the prefixes in each table that Route objects put there,
// which is the one thing in a status that comes from other objects.
type tableRoutes struct {
	counts map[table]int32
	routes map[state.Owner]routeShare
	vrfs   map[string]state.Owner
}

// routeShare is what one Route object adds to one table.
type routeShare struct {
	table table
	count int32
}

func newTableRoutes() *tableRoutes {
	return &tableRoutes{
		counts: map[table]int32{}, routes: map[state.Owner]routeShare{}, vrfs: map[string]state.Owner{},
	}
}

// name notes what an object is called on the node.
func (c *tableRoutes) name(o state.Owner, name string) {
	if o.Kind == kindVRF {
		c.vrfs[name] = o
	}
}

// count fills in the status of a VRF. Of a Route it takes the status as a
// change; the VRF then is to be looked at again.
func (c *tableRoutes) count(owner state.Owner, o, status v1alpha1.Object) (vrf state.Owner, changed bool) {
	switch status := status.(type) {
	case *v1alpha1.VRF:
		name := v1alpha1.ResourceName(o)
		for _, family := range []struct {
			status *v1alpha1.TableStatus
			ip6    bool
		}{{status.Status.IPv4, false}, {status.Status.IPv6, true}} {
			if family.status != nil {
				family.status.Routes = c.counts[table{name, family.ip6}]
			}
		}
	case *v1alpha1.Route:
		spec := &o.(*v1alpha1.Route).Spec
		share := routeShare{count: status.Status.Programmed}
		if len(spec.Prefixes) > 0 {
			share.table = table{string(spec.VRF), strings.Contains(string(spec.Prefixes[0]), ":")}
		}
		before := c.routes[owner]
		if before == share {
			return vrf, false
		}
		c.counts[before.table] -= before.count
		c.counts[share.table] += share.count
		c.routes[owner] = share
		vrf, changed = c.vrfs[share.table.vrf]
	}
	return vrf, changed
}

// lags tells whether statuses differ in nothing but numbers of routes.
func (c *tableRoutes) lags(status, told v1alpha1.Object) bool {
	now, ok := status.(*v1alpha1.VRF)
	if !ok {
		return false
	}
	before := &told.(*v1alpha1.VRF).Status
	after := now.Status.DeepCopy()
	for _, t := range []struct{ after, before *v1alpha1.TableStatus }{{after.IPv4, before.IPv4}, {after.IPv6, before.IPv6}} {
		if t.after != nil && t.before != nil {
			t.after.Routes = t.before.Routes
		}
	}
	return equality.Semantic.DeepEqual(after, before)
}

// forget takes an object out that is gone.
func (c *tableRoutes) forget(o state.Owner) {
	if share, ok := c.routes[o]; ok {
		c.counts[share.table] -= share.count
		delete(c.routes, o)
	}
	for name, owner := range c.vrfs {
		if owner == o {
			delete(c.vrfs, name)
		}
	}
}

const kindVRF = "VRF"
