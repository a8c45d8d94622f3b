package scale

import (
	"context"
	"maps"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// A change of one object among 100,000 routes costs that change: one request to the
// API server, and in VPP the calls for what has changed. Nothing is dumped.
func TestCostOfAChange(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane")
	}
	const objects, each = 25, 4000
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, node, folder := startPlane(t), newNode(t), t.TempDir()
	v := vpptest.Start(t)
	all := newRoutes(node, objects, each)
	p.create(ctx, t, all...)
	routes := watch[*v1alpha1.Route](ctx, t, p, &v1alpha1.RouteList{}, onNode(node))

	a := startAgent(t, p, node, v.Socket(), folder)
	routes.allReady(ctx, objects)
	a.stop()

	// What was written in masses is read back once; an agent that finds all as it
	// should be writes nothing, and has nothing more to do once it is synced.
	a = startAgent(t, p, node, v.Socket(), folder)
	a.until(ctx, "synced", a.synced)
	if n := a.sent()["ip_route_add_del_v2"]; n != 0 {
		t.Errorf("a restarted agent has written %d routes", n)
	}
	if asked, _ := a.requests.all(); statusWrites(asked) != 0 {
		t.Errorf("a restarted agent has written statuses: %v", asked)
	}

	// What the guard has to know of VPP it asks once a session, with the first route
	// that needs it.
	first := newRoute(node, objects+1, 1)
	first.Spec.Action = v1alpha1.RouteActionUnreachable
	p.create(ctx, t, first)
	routes.ready(ctx, first)

	edit := func(i int, change func(o *v1alpha1.Route)) {
		t.Helper()
		o := &v1alpha1.Route{}
		if err := p.client.Get(ctx, client.ObjectKeyFromObject(all[1+i]), o); err != nil {
			t.Fatal(err)
		}
		change(o)
		if err := p.client.Update(ctx, o); err != nil {
			t.Fatal(err)
		}
		routes.ready(ctx, o)
	}
	status := func(i int) string {
		return "PATCH /apis/" + v1alpha1.GroupVersion.String() + "/routes/" + all[1+i].GetName() + "/status"
	}
	extra := 100 // prefixes of objects that there are not yet
	steps := []struct {
		name string
		do   func()
		// asked are the requests to the API server, sent the messages to VPP.
		asked, sent map[string]int
	}{
		{
			name: "a prefix more and one less",
			do: func() {
				edit(7, func(o *v1alpha1.Route) {
					o.Spec.Prefixes = append(o.Spec.Prefixes[1:], v1alpha1.Prefix(prefix(extra, 0).String()))
				})
			},
			asked: map[string]int{status(7): 1},
			sent:  map[string]int{"ip_route_add_del_v2": 2, "ip_route_lookup_v2": 1},
		},
		{
			name: "a tenth of an object, more than are looked up one by one",
			do: func() {
				edit(8, func(o *v1alpha1.Route) { o.Spec.Prefixes = o.Spec.Prefixes[each/10:] })
			},
			asked: map[string]int{status(8): 1},
			sent:  map[string]int{"ip_route_add_del_v2": each / 10},
		},
		{
			name: "other paths for all of an object",
			do: func() {
				edit(9, func(o *v1alpha1.Route) { o.Spec.Action = v1alpha1.RouteActionUnreachable })
			},
			asked: map[string]int{status(9): 1},
			sent:  map[string]int{"ip_route_add_del_v2": each, "ip_route_lookup_v2": each},
		},
		{
			name: "a new object",
			do: func() {
				o := newRoute(node, objects, 1)
				p.create(ctx, t, o)
				all = append(all, o)
				routes.ready(ctx, o)
			},
			asked: map[string]int{"PATCH /apis/" + v1alpha1.GroupVersion.String() + "/routes/" + node + "-routes25/status": 1},
			sent:  map[string]int{"ip_route_add_del_v2": 1, "ip_route_lookup_v2": 1},
		},
		{
			// The change behind it is what is waited for: by then the others were seen.
			name: "applied again as it is, labelled, then changed",
			do: func() {
				for range 2 {
					apply(ctx, t, p, newRoute(node, 3, each))
				}
				labelled := newRoute(node, 4, each)
				labelled.Labels = map[string]string{"changed": "true"}
				apply(ctx, t, p, labelled)
				edit(3, func(o *v1alpha1.Route) { o.Spec.Prefixes = o.Spec.Prefixes[1:] })
			},
			asked: map[string]int{status(3): 1},
			sent:  map[string]int{"ip_route_add_del_v2": 1},
		},
	}
	for _, step := range steps {
		asked, _ := a.requests.all()
		sent := a.sent()
		step.do()
		a.until(ctx, "read back", func() bool { return covers(less(a.sent(), sent), step.sent) })
		nowAsked, _ := a.requests.all()
		if got := less(nowAsked, asked); !maps.Equal(got, step.asked) {
			t.Errorf("%s: the API server was asked %v, want %v", step.name, got, step.asked)
		}
		if got := less(a.sent(), sent); !maps.Equal(got, step.sent) {
			t.Errorf("%s: VPP was sent %v, want %v", step.name, got, step.sent)
		}
	}
	_, others := a.requests.all()
	t.Logf("requests of the agent that come with time, since its start: %v", others)
}

// covers tells whether nothing is missing of what is wanted.
func covers(counts, want map[string]int) bool {
	for what, n := range want {
		if counts[what] < n {
			return false
		}
	}
	return true
}

func statusWrites(asked map[string]int) int {
	n := 0
	for q, count := range asked {
		if q[:3] != "GET" {
			n += count
		}
	}
	return n
}

// apply is a server-side apply, as GitOps tools repeat it.
func apply(ctx context.Context, tb testing.TB, p *plane, o client.Object) {
	tb.Helper()
	gvk, err := p.client.GroupVersionKindFor(o)
	if err != nil {
		tb.Fatal(err)
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		tb.Fatal(err)
	}
	delete(content, "status")
	u := &unstructured.Unstructured{Object: content}
	u.SetGroupVersionKind(gvk)
	if err := p.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(u), client.FieldOwner(fieldOwner), client.ForceOwnership); err != nil {
		tb.Fatal(err)
	}
}
