package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/test/e2e/controlplane"
)

const (
	namespace      = "vpp-system"
	eventNamespace = "default"
	crds           = "../../config/crd/bases"
)

// cluster is a control plane with our CRDs, and what is seen of our objects.
type cluster struct {
	*controlplane.ControlPlane
	client client.WithWatch
	// stopped tells whether a script has stopped the API server.
	stopped bool

	stop     context.CancelFunc
	watchers sync.WaitGroup

	mu      sync.Mutex
	objects map[string]client.Object // by kind and name
	changed chan struct{}            // closed at every change
	// wrong are statuses seen that kstatus cannot read, by node.
	wrong map[string][]string
}

func startCluster() (*cluster, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	plane, err := controlplane.Start(context.Background(), os.Stderr)
	if err != nil {
		return nil, err
	}
	c := &cluster{ControlPlane: plane, objects: map[string]client.Object{}, changed: make(chan struct{}), wrong: map[string][]string{}}
	c.client, err = client.NewWithWatch(plane.Config, client.Options{Scheme: scheme})
	if err == nil {
		err = c.installCRDs()
	}
	if err == nil {
		err = c.client.Create(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
	}
	if err != nil {
		return nil, errors.Join(err, plane.Stop())
	}
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	for _, list := range lists() {
		c.watchers.Go(func() { c.watch(ctx, list) })
	}
	return c, nil
}

func (c *cluster) installCRDs() error {
	_, err := envtest.InstallCRDs(c.Config, envtest.CRDInstallOptions{Paths: []string{crds}, ErrorIfPathMissing: true})
	return err
}

// end ends everything.
func (c *cluster) end() error {
	c.stop()
	c.watchers.Wait()
	return c.Stop()
}

// watch follows a kind until ctx ends, over outages of the API server and of the kind.
func (c *cluster) watch(ctx context.Context, list client.ObjectList) {
	retry := time.NewTicker(100 * time.Millisecond)
	defer retry.Stop()
	for ctx.Err() == nil {
		_ = c.follow(ctx, list)
		select {
		case <-ctx.Done():
		case <-retry.C:
		}
	}
}

// follow lists a kind and sees what changes, until that breaks off.
func (c *cluster) follow(ctx context.Context, list client.ObjectList) error {
	list, _ = list.DeepCopyObject().(client.ObjectList)
	if err := c.client.List(ctx, list); err != nil {
		if meta.IsNoMatchError(err) || client.IgnoreNotFound(err) == nil {
			c.replace(list, nil)
		}
		return err
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	c.replace(list, items)
	w, err := c.client.Watch(ctx, list, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: list.GetResourceVersion()}})
	if err != nil {
		return err
	}
	defer w.Stop()
	for e := range w.ResultChan() {
		o, ok := e.Object.(client.Object)
		if !ok {
			return fmt.Errorf("watch: %v", e.Object)
		}
		c.mu.Lock()
		if e.Type == "DELETED" {
			delete(c.objects, keyOf(o))
		} else {
			c.see(o)
		}
		c.tell()
		c.mu.Unlock()
	}
	return nil
}

// replace takes in a whole list.
func (c *cluster) replace(list client.ObjectList, items []runtime.Object) {
	kind := strings.TrimSuffix(kindOf(list), "List") + "/"
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.objects, func(key string, _ client.Object) bool { return strings.HasPrefix(key, kind) })
	for _, item := range items {
		if o, ok := item.(client.Object); ok {
			c.see(o)
		}
	}
	c.tell()
}

func (c *cluster) tell() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func kindOf(o any) string { return reflect.TypeOf(o).Elem().Name() }

func keyOf(o client.Object) string { return kindOf(o) + "/" + o.GetName() }

func nodeOf(o client.Object) string {
	if o, ok := o.(v1alpha1.Object); ok {
		return o.GetSpec().NodeName
	}
	return o.GetName()
}

// see takes in one object and looks at its conditions.
func (c *cluster) see(o client.Object) {
	c.objects[keyOf(o)] = o
	node := nodeOf(o)
	for _, wrong := range wrongConditions(o) {
		if text := fmt.Sprintf("%s: %s", keyOf(o), wrong); !slices.Contains(c.wrong[node], text) {
			c.wrong[node] = append(c.wrong[node], text)
		}
	}
}

// await waits until an object (nil if there is none) is so.
func (c *cluster) await(ctx context.Context, key string, is func(client.Object) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		c.mu.Lock()
		o, changed := c.objects[key], c.changed
		c.mu.Unlock()
		if is(o) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w; it is %s", key, ctx.Err(), show(o))
		}
	}
}

// ofNode are all objects of a node but its VPPNode, in order.
func (c *cluster) ofNode(node string) (all []v1alpha1.Object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(c.objects)) {
		if o, ok := c.objects[key].(v1alpha1.Object); ok && nodeOf(o) == node {
			all = append(all, o)
		}
	}
	return all
}

// events are the Events about an object.
func (c *cluster) events(ctx context.Context, key string) ([]eventsv1.Event, error) {
	var list eventsv1.EventList
	if err := c.client.List(ctx, &list, client.InNamespace(eventNamespace)); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list.Items, func(e eventsv1.Event) bool {
		return e.Regarding.Kind+"/"+e.Regarding.Name != key
	}), nil
}

// show is an object's conditions, for messages.
func show(o client.Object) string {
	if o == nil {
		return "absent"
	}
	list, observed := conditionsOf(o)
	text := fmt.Sprintf("generation %d, observed %d", o.GetGeneration(), observed)
	for _, c := range list {
		text += fmt.Sprintf("\n  %s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message)
	}
	return text
}

func conditionsOf(o client.Object) ([]metav1.Condition, int64) {
	switch o := o.(type) {
	case v1alpha1.Object:
		return o.GetStatus().Conditions, o.GetStatus().ObservedGeneration
	case *v1alpha1.VPPNode:
		return o.Status.Conditions, o.Status.ObservedGeneration
	}
	return nil, 0
}

// accidental is what has no place in a message: it would differ from time to time
// though all is as it was.
var accidental = regexp.MustCompile(`0x[0-9a-fA-F]{6,}|\d\d:\d\d:\d\d[.Z]|\d(µs|ms)\b|epoch \d|%!`)

// wrongConditions are the rules of kstatus, and ours, that an object's conditions break.
func wrongConditions(o client.Object) (wrong []string) {
	list, observed := conditionsOf(o)
	if len(list) == 0 {
		return nil // nobody has written any yet
	}
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if observed > o.GetGeneration() {
		complain("observedGeneration %d is ahead of generation %d", observed, o.GetGeneration())
	}
	ready := meta.FindStatusCondition(list, v1alpha1.ConditionReady)
	reconciling := meta.FindStatusCondition(list, v1alpha1.ConditionReconciling)
	stalled := meta.FindStatusCondition(list, v1alpha1.ConditionStalled)
	if ready == nil {
		complain("there is no Ready")
		return wrong
	}
	for _, c := range []*metav1.Condition{reconciling, stalled} {
		switch {
		case c == nil:
		case c.Status != metav1.ConditionTrue:
			complain("%s is %s: it is there only while True", c.Type, c.Status)
		case ready.Status == metav1.ConditionTrue:
			complain("Ready and %s are both True", c.Type)
		}
	}
	if text := wrongForKstatus(o); text != "" {
		complain("%s", text)
	}
	if reconciling != nil && stalled != nil {
		complain("Reconciling and Stalled are both there")
	}
	for _, c := range list {
		if c.ObservedGeneration > observed {
			complain("%s was observed at %d, the object at %d", c.Type, c.ObservedGeneration, observed)
		}
		if found := accidental.FindString(c.Message); found != "" {
			complain("the message of %s has %q in it: %s", c.Type, found, c.Message)
		}
	}
	return wrong
}
