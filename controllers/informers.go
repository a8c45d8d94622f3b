package controllers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// informers bring the node's objects, its VPPNode and the Secrets of one
// namespace. The API server filters, so that what an agent receives and keeps
// grows with its node and not with the cluster.
type informers struct {
	cache   cache.Cache
	objects map[*kind]toolscache.ResourceEventHandlerRegistration
	others  []toolscache.ResourceEventHandlerRegistration
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("make a scheme: %w", err)
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("make a scheme: %w", err)
	}
	return scheme, nil
}

// newInformers makes the informers of an agent; they bring nothing before run.
func newInformers(a *agent) (*informers, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	// The kinds are known, so nothing has to be discovered, and a kind without
	// CRD is no error but a list that fails until there is one.
	mapper := meta.NewDefaultRESTMapper(nil)
	byObject := map[client.Object]cache.ByObject{}
	onNode := fields.OneTermEqualSelector("spec.nodeName", a.opts.NodeName)
	for _, k := range a.kinds {
		gvk := v1alpha1.GroupVersion.WithKind(k.name)
		mapper.AddSpecific(gvk, k.resource, k.resource, meta.RESTScopeRoot)
		byObject[k.newObject()] = cache.ByObject{Field: onNode}
	}
	nodes := v1alpha1.GroupVersion.WithResource(nodeResource)
	mapper.AddSpecific(v1alpha1.GroupVersion.WithKind(nodeKind), nodes, nodes, meta.RESTScopeRoot)
	byObject[&v1alpha1.VPPNode{}] = cache.ByObject{Field: fields.OneTermEqualSelector(metav1.ObjectNameField, a.opts.NodeName)}
	secrets := corev1.SchemeGroupVersion.WithResource("secrets")
	mapper.AddSpecific(corev1.SchemeGroupVersion.WithKind("Secret"), secrets, secrets, meta.RESTScopeNamespace)
	byObject[&corev1.Secret{}] = cache.ByObject{Namespaces: map[string]cache.Config{a.opts.Namespace: {}}}

	n := &informers{objects: map[*kind]toolscache.ResourceEventHandlerRegistration{}}
	n.cache, err = cache.New(a.config, cache.Options{
		Scheme: scheme, Mapper: mapper, ByObject: byObject,
		DefaultTransform:         strip,
		DefaultWatchErrorHandler: logWatchErrors(a.log),
	})
	if err != nil {
		return nil, fmt.Errorf("make informers: %w", err)
	}
	ctx := context.Background() // nothing is waited for
	for _, k := range a.kinds {
		if n.objects[k], err = handle(ctx, n.cache, k.newObject(),
			func(o v1alpha1.Object) { a.reconciler.observe(k, o) },
			func(o v1alpha1.Object) { a.reconciler.gone(k, o) }); err != nil {
			return nil, err
		}
	}
	node, err := handle(ctx, n.cache, &v1alpha1.VPPNode{}, a.node.observe, func(*v1alpha1.VPPNode) { a.node.gone() })
	if err != nil {
		return nil, err
	}
	secret, err := handle(ctx, n.cache, &corev1.Secret{}, a.secrets.observe, func(o *corev1.Secret) { a.secrets.gone(o) })
	if err != nil {
		return nil, err
	}
	n.others = []toolscache.ResourceEventHandlerRegistration{node, secret}
	return n, nil
}

// handle calls there with every object that is new or has changed, gone with
// those that were deleted.
func handle[O client.Object](ctx context.Context, c cache.Cache, example client.Object, there, gone func(O)) (toolscache.ResourceEventHandlerRegistration, error) {
	informer, err := c.GetInformer(ctx, example, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, fmt.Errorf("make an informer of %T: %w", example, err)
	}
	registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { there(o.(O)) },
		UpdateFunc: func(_, o any) { there(o.(O)) },
		DeleteFunc: func(o any) {
			if missed, ok := o.(toolscache.DeletedFinalStateUnknown); ok {
				o = missed.Obj
			}
			if o, ok := o.(O); ok {
				gone(o)
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("handle events of %T: %w", example, err)
	}
	return registration, nil
}

// stopPatience is how long to wait for informers that have to stop: where the
// API server is out of reach they sleep up to half a minute and cannot be woken.
// They bring nothing then.
const stopPatience = time.Second

// run brings objects until ctx ends.
func (n *informers) run(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- n.cache.Start(ctx) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		select {
		case err = <-ended:
		case <-time.After(stopPatience):
		}
	}
	if err != nil {
		return fmt.Errorf("run informers: %w", err)
	}
	return nil
}

// synced tells whether all objects of a kind were observed.
func (n *informers) synced(k *kind) bool { return n.objects[k].HasSynced() }

// nodeSynced tells the same of the VPPNode.
func (n *informers) nodeSynced() bool { return n.others[0].HasSynced() }

// othersSynced tells the same of all that is not a kind of object.
func (n *informers) othersSynced() bool {
	for _, r := range n.others {
		if !r.HasSynced() {
			return false
		}
	}
	return true
}

// await waits until everything was observed, or for the end of ctx.
func (n *informers) await(ctx context.Context) {
	for _, r := range append(slices.Collect(maps.Values(n.objects)), n.others...) {
		select {
		case <-r.HasSyncedChecker().Done():
		case <-ctx.Done():
			return
		}
	}
}

// allSynced tells the same of everything.
func (n *informers) allSynced() bool {
	for _, r := range n.objects {
		if !r.HasSynced() {
			return false
		}
	}
	return n.othersSynced()
}

// strip leaves out what nobody here reads and what takes most of the room, or
// repeats a Secret's values.
func strip(o any) (any, error) {
	if m, err := meta.Accessor(o); err == nil {
		m.SetManagedFields(nil)
		if annotations := m.GetAnnotations(); annotations[corev1.LastAppliedConfigAnnotation] != "" {
			delete(annotations, corev1.LastAppliedConfigAnnotation)
			m.SetAnnotations(annotations)
		}
	}
	return o, nil
}

// logWatchErrors tells why a list or watch failed; it is tried again.
func logWatchErrors(log logr.Logger) toolscache.WatchErrorHandlerWithContext {
	return func(_ context.Context, r *toolscache.Reflector, err error) {
		log.Info("Cannot list or watch", "type", r.TypeDescription(), "reason", err.Error())
	}
}
