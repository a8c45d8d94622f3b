package controllers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// informers bring the node's objects, its VPPNode and the Secrets of one
// namespace. The API server filters, so that what an agent receives and keeps
// grows with its node and not with the cluster.
type informers struct {
	objects map[*kind]*informer
	node    *informer
	secrets *informer
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
// A kind without CRD is no error but a list that fails until there is one.
func newInformers(a *agent, c *clients) *informers {
	n := &informers{objects: map[*kind]*informer{}}
	onNode := fields.OneTermEqualSelector("spec.nodeName", a.opts.NodeName)
	for _, k := range a.kinds {
		n.objects[k] = newInformer(c.ours, k.resource.Resource, metav1.NamespaceAll, onNode, k.newObject(),
			func(o v1alpha1.Object) { a.reconciler.observe(k, o) },
			func(o v1alpha1.Object) { a.reconciler.gone(k, o) }, a.log)
	}
	named := fields.OneTermEqualSelector(metav1.ObjectNameField, a.opts.NodeName)
	n.node = newInformer(c.ours, nodeResource, metav1.NamespaceAll, named, &v1alpha1.VPPNode{},
		a.node.observe, func(*v1alpha1.VPPNode) { a.node.gone() }, a.log)
	n.secrets = newInformer(c.core, "secrets", a.opts.Namespace, fields.Everything(), &corev1.Secret{},
		a.secrets.observe, func(o *corev1.Secret) { a.secrets.gone(o) }, a.log)
	return n
}

// all are the informers.
func (n *informers) all() []*informer {
	return append(slices.Collect(maps.Values(n.objects)), n.node, n.secrets)
}

// run brings objects until ctx ends.
func (n *informers) run(ctx context.Context) {
	var running sync.WaitGroup
	for _, i := range n.all() {
		running.Go(func() { i.run(ctx) })
	}
	running.Wait()
}

// synced tells whether all objects of a kind were observed.
func (n *informers) synced(k *kind) bool { return n.objects[k].hasSynced() }

// nodeSynced tells the same of the VPPNode.
func (n *informers) nodeSynced() bool { return n.node.hasSynced() }

// await waits until everything was observed, or for the end of ctx.
func (n *informers) await(ctx context.Context) {
	for _, i := range n.all() {
		select {
		case <-i.synced:
		case <-ctx.Done():
			return
		}
	}
}

// allSynced tells whether everything was observed.
func (n *informers) allSynced() bool {
	for _, i := range n.all() {
		if !i.hasSynced() {
			return false
		}
	}
	return true
}

// strip leaves out what nobody here reads and what takes most of the room, or
// repeats a Secret's values.
func strip(o metav1.Object) {
	o.SetManagedFields(nil)
	if annotations := o.GetAnnotations(); annotations[corev1.LastAppliedConfigAnnotation] != "" {
		delete(annotations, corev1.LastAppliedConfigAnnotation)
		o.SetAnnotations(annotations)
	}
}
