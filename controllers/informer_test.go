package controllers

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// fakeAgent is an agent without API server: answer answers for it.
func fakeAgent(t *testing.T, answer roundTripper) (*agent, *clients) {
	t.Helper()
	c, err := newClients(&rest.Config{Host: "http://api.invalid", Transport: answer, QPS: -1})
	if err != nil {
		t.Fatal(err)
	}
	return &agent{
		opts: Options{NodeName: "n1", Namespace: testNamespace}, kinds: objectKinds(),
		reconciler: &reconciler{}, node: &nodeReporter{}, secrets: memorySecrets(t), log: logr.Discard(),
	}, c
}

// Whatever a kind is called, an agent asks for its node's objects only.
func TestInformersAskForTheirNodeOnly(t *testing.T) {
	t.Parallel()
	asked := make(chan string)
	ctx, cancel := context.WithCancel(t.Context())
	a, c := fakeAgent(t, func(q *http.Request) (*http.Response, error) {
		select {
		case asked <- q.URL.Path + " " + q.URL.Query().Get("fieldSelector"):
		case <-ctx.Done():
		}
		return &http.Response{StatusCode: http.StatusNotFound, Body: io.NopCloser(strings.NewReader(""))}, nil
	})
	// As if it were a list of kind Thing.
	a.kinds = append(a.kinds, &kind{
		name: "ThingList", resource: v1alpha1.GroupVersion.WithResource("thinglists"),
		newObject: func() v1alpha1.Object { return &v1alpha1.VRF{} },
	})
	want := map[string]string{
		"/apis/vpp-operator.io/v1alpha1/vppnodes":          "metadata.name=n1",
		"/api/v1/namespaces/" + testNamespace + "/secrets": "",
	}
	for _, k := range a.kinds {
		want["/apis/vpp-operator.io/v1alpha1/"+k.resource.Resource] = "spec.nodeName=n1"
	}
	n := newInformers(a, c)
	ended := make(chan struct{})
	go func() { defer close(ended); n.run(ctx) }()
	times := map[string]int{}
	for len(times) < len(want) || slices.Min(slices.Collect(maps.Values(times))) < 2 { // a watch and a list of each
		path, selector, _ := strings.Cut(<-asked, " ")
		if times[path]++; want[path] != selector {
			t.Errorf("%s is asked for with selector %q, want %q", path, selector, want[path])
		}
	}
	cancel()
	<-ended
}

// While the API server is gone it is tried every ten seconds at least, however
// long that lasts, and an informer that waits ends at once.
func TestInformerTriesOn(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{"refused": syscall.ECONNREFUSED, "without a route": syscall.EHOSTUNREACH} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tried := make(chan struct{}, 100)
			_, c := fakeAgent(t, func(*http.Request) (*http.Response, error) {
				tried <- struct{}{}
				return nil, failure
			})
			n := newInformer(c.ours, "vrfs", "", fields.Everything(), &v1alpha1.VRF{}, func(*v1alpha1.VRF) {}, func(*v1alpha1.VRF) {}, logr.Discard())
			clock := clocktesting.NewFakeClock(time.Unix(1e9, 0))
			n.clock = clock
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { defer close(ended); n.run(ctx) }()
			for range 30 {
				select {
				case <-tried:
				case <-time.After(time.Minute):
					t.Fatal("not tried for ten seconds of its clock")
				}
				for len(tried) > 0 || !clock.HasWaiters() { // a list and a watch may have been tried
					select {
					case <-tried:
					case <-time.After(time.Millisecond):
					}
				}
				clock.Step(10 * time.Second)
			}
			cancel()
			<-ended
		})
	}
}

func TestInformerStore(t *testing.T) {
	t.Parallel()
	var told []string
	tell := func(what string) func(*v1alpha1.VRF) {
		return func(o *v1alpha1.VRF) {
			told = append(told, fmt.Sprintf("%s %s@%s", what, o.Name, o.ResourceVersion))
			if len(o.ManagedFields) > 0 || len(o.Annotations) > 0 {
				t.Errorf("%s is not stripped", o.Name)
			}
		}
	}
	_, c := fakeAgent(t, nil)
	n := newInformer(c.ours, "vrfs", "", fields.Everything(), &v1alpha1.VRF{}, tell("there"), tell("gone"), logr.Discard())
	object := func(name, version string) any {
		return &v1alpha1.VRF{ObjectMeta: metav1.ObjectMeta{
			Name: name, UID: types.UID(name), ResourceVersion: version, ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "x"}},
			Annotations: map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}"},
		}}
	}
	again, _ := object("a", "1").(*v1alpha1.VRF)
	again.UID = "another"
	for i, step := range []struct {
		do   func() error
		told []string
	}{
		{func() error { return n.Replace([]any{object("a", "1"), object("b", "1")}, "1") }, []string{"there a@1", "there b@1"}},
		{func() error { return n.Add(object("c", "2")) }, []string{"there c@2"}},
		{func() error { return n.Update(object("a", "3")) }, []string{"there a@3"}},
		{func() error { return n.Delete(object("b", "4")) }, []string{"gone b@1"}},
		{func() error { return n.Delete(object("b", "4")) }, nil},
		// After an outage: one has changed, one has gone, one is new, one as it was.
		{func() error { return n.Replace([]any{object("a", "5"), object("d", "6")}, "6") }, []string{"there a@5", "there d@6", "gone c@2"}},
		{func() error { return n.Replace([]any{object("a", "5"), object("d", "6")}, "7") }, nil},
		{func() error { return n.Replace([]any{again, object("d", "6")}, "7") }, []string{"there a@1"}},
	} {
		told = nil
		if n.hasSynced() != (i > 0) {
			t.Errorf("before step %d: synced %t", i, i == 0)
		}
		if err := step.do(); err != nil {
			t.Error(err)
		}
		if !slices.Equal(told, step.told) {
			t.Errorf("step %d: told %v, want %v", i, told, step.told)
		}
	}
}
