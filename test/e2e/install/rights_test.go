package install

import (
	"context"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// right is something one may do, or not.
type right struct {
	verb, group, resource, subresource string
	namespace, name                    string
	allowed                            bool
}

const group = "vpp-operator.io"

// What the ClusterRoles for users grant. They are bound by hand: it takes a
// controller manager to aggregate them.
func (c *cluster) testUsers(t *testing.T) {
	for role, label := range map[string]string{"vpp-viewer": "view", "vpp-editor": "edit"} {
		got := &rbacv1.ClusterRole{}
		c.get(t, got, "", role)
		if got.Labels["rbac.authorization.k8s.io/aggregate-to-"+label] != "true" {
			t.Errorf("%s is not part of %s: %v", role, label, got.Labels)
		}
	}
	for _, tc := range []struct {
		role   string
		rights []right
	}{
		{"vpp-viewer", []right{
			{verb: "list", group: group, resource: "interfaces", allowed: true},
			{verb: "watch", group: group, resource: "vppnodes", allowed: true},
			{verb: "get", group: group, resource: "a-later-kind", allowed: true},
			{verb: "create", group: group, resource: "interfaces"},
			{verb: "delete", group: group, resource: "routes"},
			{verb: "patch", group: group, resource: "vppnodes", subresource: "status"},
			{verb: "get", resource: "secrets", namespace: namespace},
		}},
		{"vpp-editor", []right{
			{verb: "list", group: group, resource: "interfaces", allowed: true},
			{verb: "create", group: group, resource: "interfaces", allowed: true},
			{verb: "patch", group: group, resource: "vppnodes", allowed: true},
			{verb: "delete", group: group, resource: "routes", allowed: true},
			{verb: "deletecollection", group: group, resource: "vrfs", allowed: true},
			{verb: "patch", group: group, resource: "interfaces", subresource: "status"},
			{verb: "get", resource: "secrets", namespace: namespace},
		}},
		{"vpp-metrics-reader", []right{
			{verb: "list", group: group, resource: "interfaces"},
		}},
	} {
		t.Run(tc.role, func(t *testing.T) {
			c.kubectl(t, "create", "clusterrolebinding", "test-"+tc.role, "--clusterrole="+tc.role, "--user="+tc.role)
			defer c.kubectl(t, "delete", "clusterrolebinding", "test-"+tc.role)
			config, _, err := c.User(tc.role)
			if err != nil {
				t.Fatal(err)
			}
			user := c.client(t, config)
			c.eventually(t, func(ctx context.Context) error { // the binding takes effect
				review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
					NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: "get", Path: "/metrics"},
				}}
				if tc.role != "vpp-metrics-reader" {
					review.Spec.NonResourceAttributes = nil
					review.Spec.ResourceAttributes = &authorizationv1.ResourceAttributes{Verb: "list", Group: group, Resource: "interfaces"}
				}
				if err := user.Create(ctx, review); err != nil || review.Status.Allowed {
					return err
				}
				return fmt.Errorf("%s grants nothing yet", tc.role)
			})
			c.checkRights(t, user, tc.rights)
		})
	}
}

func (c *cluster) checkRights(t *testing.T, user client.Client, rights []right) {
	t.Helper()
	for _, r := range rights {
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Verb: r.verb, Group: r.group, Resource: r.resource, Subresource: r.subresource, Namespace: r.namespace, Name: r.name,
			},
		}}
		if err := user.Create(t.Context(), review); err != nil {
			t.Fatal(err)
		}
		if review.Status.Allowed != r.allowed {
			t.Errorf("%+v: allowed is %t", r, review.Status.Allowed)
		}
	}
}

// What an agent may do that runs on node1, where samples are.
func (c *cluster) testAgent(t *testing.T) {
	pod := c.agentPod(t, "node1")
	agent := c.client(t, c.agentConfig(t, pod))

	t.Run("is granted what it needs and no more", func(t *testing.T) {
		c.checkRights(t, agent, []right{
			{verb: "list", group: group, resource: "interfaces", allowed: true},
			{verb: "watch", group: group, resource: "a-later-kind", allowed: true},
			{verb: "patch", group: group, resource: "a-later-kind", subresource: "status", allowed: true},
			{verb: "update", group: group, resource: "vppnodes", subresource: "status", allowed: true},
			{verb: "create", group: group, resource: "vppnodes", allowed: true},
			{verb: "create", group: group, resource: "interfaces"},
			{verb: "patch", group: group, resource: "interfaces"},
			{verb: "update", group: group, resource: "vppnodes"},
			{verb: "delete", group: group, resource: "vppnodes"},
			{verb: "deletecollection", group: group, resource: "routes"},

			{verb: "get", group: "apiextensions.k8s.io", resource: "customresourcedefinitions", allowed: true},
			{verb: "list", group: "apiextensions.k8s.io", resource: "customresourcedefinitions"},
			{verb: "delete", group: "apiextensions.k8s.io", resource: "customresourcedefinitions"},
			{verb: "create", group: "authentication.k8s.io", resource: "tokenreviews", allowed: true},
			{verb: "create", group: "authorization.k8s.io", resource: "subjectaccessreviews", allowed: true},

			{verb: "get", resource: "secrets", namespace: namespace, allowed: true},
			{verb: "watch", resource: "secrets", namespace: namespace, allowed: true},
			{verb: "update", resource: "secrets", namespace: namespace},
			{verb: "list", resource: "secrets", namespace: "kube-system"},
			{verb: "list", resource: "secrets"},
			{verb: "update", group: "coordination.k8s.io", resource: "leases", namespace: namespace, allowed: true},
			{verb: "update", group: "coordination.k8s.io", resource: "leases", namespace: "kube-node-lease"},
			{verb: "create", resource: "events", namespace: "default", allowed: true},
			{verb: "patch", group: "events.k8s.io", resource: "events", namespace: "default", allowed: true},
			{verb: "create", resource: "events", namespace: namespace},

			{verb: "get", resource: "nodes", name: "node1"},
			{verb: "list", resource: "pods", namespace: namespace},
			{verb: "create", resource: "pods", namespace: namespace},
			{verb: "create", resource: "serviceaccounts", subresource: "token", namespace: namespace},
		})
	})

	mine, theirs := newInterface("node1"), newInterface("node2")
	for _, o := range []client.Object{mine, theirs} {
		if err := c.admin.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	status := client.RawPatch(types.MergePatchType, []byte(`{"status": {"observedGeneration": 1}}`))
	foreign := `denied request: the agent of node "node1" may not write what is of node "node2"`

	t.Run("reads its objects and Secrets", func(t *testing.T) {
		list := &v1alpha1.InterfaceList{}
		if err := agent.List(t.Context(), list, client.MatchingFields{"spec.nodeName": "node1"}); err != nil || len(list.Items) == 0 {
			t.Errorf("%d Interfaces, %v", len(list.Items), err)
		}
		secret := &corev1.Secret{}
		if err := agent.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "memif"}, secret); err != nil {
			t.Error(err)
		}
	})
	t.Run("writes the status of its node's objects only", func(t *testing.T) {
		// The policy is in force a moment after it was created.
		c.eventually(t, func(ctx context.Context) error {
			return refused(agent.Status().Patch(ctx, theirs.DeepCopy(), status), foreign)
		})
		if err := agent.Status().Patch(t.Context(), mine.DeepCopy(), status); err != nil {
			t.Error(err)
		}
		applied := client.RawPatch(types.ApplyYAMLPatchType, []byte(`{"apiVersion": "vpp-operator.io/v1alpha1", "kind": "Interface",
			"metadata": {"name": "`+mine.Name+`"}, "status": {"observedGeneration": 2}}`))
		if err := agent.Status().Patch(t.Context(), mine.DeepCopy(), applied, client.FieldOwner("agent"), client.ForceOwnership); err != nil {
			t.Error(err)
		}
		// Whatever else a status patch holds is left out by the API server.
		more := client.RawPatch(types.MergePatchType, []byte(`{"metadata": {"labels": {"a": "b"}}, "spec": {"mtu": 1400}}`))
		if err := agent.Status().Patch(t.Context(), mine.DeepCopy(), more); err != nil {
			t.Error(err)
		}
		got := &v1alpha1.Interface{}
		c.get(t, got, "", mine.Name)
		if got.Status.ObservedGeneration != 2 || got.Generation != 1 || got.Labels != nil {
			t.Errorf("now it is %+v", got)
		}
	})
	t.Run("changes no object", func(t *testing.T) {
		change := client.RawPatch(types.MergePatchType, []byte(`{"spec": {"mtu": 1400}}`))
		for _, err := range []error{
			agent.Patch(t.Context(), mine.DeepCopy(), change),
			agent.Create(t.Context(), newInterface("node1")),
			agent.Delete(t.Context(), mine.DeepCopy()),
		} {
			if err := refused(err, "is forbidden: User"); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("makes its own VPPNode and Lease only", func(t *testing.T) {
		c.kubectl(t, "delete", "vppnode", "node1") // that of the samples
		for name, want := range map[string]string{"node1": "", "node2": foreign} {
			for _, o := range []client.Object{
				&v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: name}},
				&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}},
			} {
				if err := refused(agent.Create(t.Context(), o), want); err != nil {
					t.Errorf("create %T %s: %v", o, name, err)
				}
			}
		}
		renew := client.RawPatch(types.MergePatchType, []byte(`{"spec": {"renewTime": "2026-01-02T03:04:05.000000Z"}}`))
		for name, want := range map[string]string{"node1": "", "node2": foreign} {
			node := &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: name}}
			lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
			if name == "node2" { // as its own agent would have
				if err := c.admin.Create(t.Context(), node.DeepCopy()); err != nil {
					t.Fatal(err)
				}
				if err := c.admin.Create(t.Context(), lease.DeepCopy()); err != nil {
					t.Fatal(err)
				}
			}
			if err := refused(agent.Status().Patch(t.Context(), node, status), want); err != nil {
				t.Errorf("status of VPPNode %s: %v", name, err)
			}
			if err := refused(agent.Patch(t.Context(), lease, renew), want); err != nil {
				t.Errorf("renew Lease %s: %v", name, err)
			}
		}
	})
	t.Run("needs the token of its Pod", func(t *testing.T) {
		unbound := c.client(t, c.agentConfig(t, nil))
		err := unbound.Status().Patch(t.Context(), mine.DeepCopy(), status)
		if err := refused(err, "denied request: the agent's token names no node; an agent needs the token of its Pod, and Kubernetes 1.32"); err != nil {
			t.Error(err)
		}
	})
	t.Run("is confined whatever it is granted", func(t *testing.T) {
		c.kubectl(t, "create", "clusterrolebinding", "test-agent", "--clusterrole=cluster-admin", "--serviceaccount="+namespace+":"+agentName)
		defer c.kubectl(t, "delete", "clusterrolebinding", "test-agent")
		change := client.RawPatch(types.MergePatchType, []byte(`{"spec": {"mtu": 1400}}`))
		label := client.RawPatch(types.MergePatchType, []byte(`{"metadata": {"labels": {"a": "b"}}}`))
		c.eventually(t, func(ctx context.Context) error { // the grant takes effect
			return refused(agent.Patch(ctx, mine.DeepCopy(), change), "denied request: an agent changes nothing but the status")
		})
		for what, tc := range map[string]struct {
			err  error
			want string
		}{
			"label":       {agent.Patch(t.Context(), mine.DeepCopy(), label), "an agent changes nothing but the status"},
			"spec":        {agent.Patch(t.Context(), theirs.DeepCopy(), change), foreign},
			"create":      {agent.Create(t.Context(), newInterface("node1")), "an agent creates nothing but its VPPNode and its Lease"},
			"delete":      {agent.Delete(t.Context(), mine.DeepCopy()), "an agent deletes nothing"},
			"delete all":  {agent.DeleteAllOf(t.Context(), &v1alpha1.Interface{}, client.MatchingFields{"spec.nodeName": "node1"}), "an agent deletes nothing"},
			"delete node": {agent.Delete(t.Context(), &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: "node1"}}), "an agent deletes nothing"},
		} {
			if err := refused(tc.err, tc.want); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
	t.Run("nobody else is confined", func(t *testing.T) {
		if err := c.admin.Status().Patch(t.Context(), theirs.DeepCopy(), status); err != nil {
			t.Error(err)
		}
	})
}

// agentPod makes the Pod that the DaemonSet controller would make on a node.
func (c *cluster) agentPod(t *testing.T, node string) *corev1.Pod {
	t.Helper()
	if err := c.admin.Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}}); err != nil {
		t.Fatal(err)
	}
	daemons := &appsv1.DaemonSet{}
	c.get(t, daemons, namespace, agentName)
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: agentName + "-" + node, Namespace: namespace, Labels: daemons.Spec.Template.Labels},
		Spec:       *daemons.Spec.Template.Spec.DeepCopy(),
	}
	pod.Spec.NodeName = node
	if err := c.admin.Create(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	if !pod.Spec.HostNetwork || pod.Spec.Priority == nil || *pod.Spec.Priority < 2_000_000_000 {
		t.Errorf("the Pod is %+v, want the host's network and the highest priority", pod.Spec)
	}
	return pod
}

// agentConfig is that of who has the token of a Pod, or one that is bound to none.
func (c *cluster) agentConfig(t *testing.T, pod *corev1.Pod) *rest.Config {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: agentName, Namespace: namespace}}
	config := rest.AnonymousClientConfig(c.Config)
	config.BearerToken = c.token(t, account, pod)
	return config
}

// token makes a token of an account, bound to a Pod or to none.
func (c *cluster) token(t *testing.T, account *corev1.ServiceAccount, pod *corev1.Pod) string {
	t.Helper()
	request := &authenticationv1.TokenRequest{}
	if pod != nil {
		request.Spec.BoundObjectRef = &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID}
	}
	if err := c.admin.SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

func newInterface(node string) *v1alpha1.Interface {
	return &v1alpha1.Interface{
		ObjectMeta: metav1.ObjectMeta{Name: node + "-agent-test"},
		Spec: v1alpha1.InterfaceSpec{
			ObjectSpec: v1alpha1.ObjectSpec{NodeName: node},
			Loopback:   &v1alpha1.LoopbackInterface{},
		},
	}
}

// refused returns an error unless err is a refusal that says want or, where
// want is empty, is none.
func refused(err error, want string) error {
	switch {
	case want == "":
		return err
	case err == nil:
		return fmt.Errorf("not refused, want %q", want)
	case !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), want):
		return fmt.Errorf("%w, want %q", err, want)
	}
	return nil
}
