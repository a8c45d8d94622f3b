package install

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/transport"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
	"github.com/vpp-operator/vpp-operator/test/e2e/agentprocess"
	"github.com/vpp-operator/vpp-operator/test/e2e/samples"
)

// testAgentAtWork runs the agent itself with what was installed: with the token of
// its Pod, under RBAC and the policy. All it does is granted to it, and nothing
// that is another node's.
func (c *cluster) testAgentAtWork(t *testing.T) {
	for _, o := range []client.Object{ // what another test has made in the agent's place
		&v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: "node1"}},
		&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "node1", Namespace: namespace}},
	} {
		if err := c.admin.Delete(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	pod := &corev1.Pod{}
	c.get(t, pod, namespace, agentName+"-node1")
	kubeconfig := kubeconfigOf(t, c.agentConfig(t, pod))

	t.Run("on its node", func(t *testing.T) {
		theirs := c.objectVersions(t, "node2")
		a := c.startAgent(t, "node1", kubeconfig)
		c.eventually(t, func(ctx context.Context) error { return c.allReady(ctx, "node1") })
		if now := c.objectVersions(t, "node2"); !maps.Equal(now, theirs) {
			t.Errorf("versions of node2's objects went from %v to %v", theirs, now)
		}

		node := &v1alpha1.VPPNode{}
		c.get(t, node, "", "node1")
		if node.Status.Phase != v1alpha1.NodePhaseReady || len(node.Status.Objects) == 0 {
			t.Errorf("the VPPNode says %+v", node.Status)
		}
		lease := &coordinationv1.Lease{}
		c.get(t, lease, namespace, "node1")
		if lease.Spec.HolderIdentity == nil || !strings.HasPrefix(*lease.Spec.HolderIdentity, "node1") {
			t.Errorf("the Lease is %+v", lease.Spec)
		}
		c.awaitEvent(t, "Interface", v1alpha1.ReasonProgrammed)
		if err := c.admin.Delete(t.Context(), newInterface("node1")); err != nil {
			t.Fatal(err)
		}
		c.awaitEvent(t, "VPPNode", "Removed") // which takes a look at the kind's CRD

		metrics := c.metricsReader(t, a)
		for name, labels := range map[string]*regexp.Regexp{
			"rest_client_requests_total":        regexp.MustCompile(`code="(401|403|422)"`), // the last is the policy's
			"vpp_operator_status_writes_total":  regexp.MustCompile(`result="failed"`),
			"vpp_operator_lease_failures_total": regexp.MustCompile(``),
			"vpp_operator_events_dropped_total": regexp.MustCompile(``),
		} {
			values, err := metrics.Read(t.Context(), name)
			if err != nil || len(values) == 0 {
				t.Errorf("%s: %v, %v", name, values, err)
			}
			for of, n := range values {
				if n > 0 && labels.MatchString(of) {
					t.Errorf("%s%s is %v", name, of, n)
				}
			}
		}
		if err := a.End(time.Minute); err != nil {
			t.Error(err)
		}
		if refusal := refusals(t, a); refusal != "" {
			t.Errorf("the agent said %s", refusal)
		}
	})
	t.Run("on another node", func(t *testing.T) {
		before := c.objectVersions(t, "node2")
		a := c.startAgent(t, "node2", kubeconfig)
		metrics := c.metricsReader(t, a)
		for _, name := range []string{`vpp_operator_status_writes_total`, `vpp_operator_lease_failures_total`} {
			c.eventually(t, func(ctx context.Context) error {
				values, err := metrics.Read(ctx, name)
				if err == nil && values[""]+values[`{kind="Interface",result="failed"}`] == 0 {
					err = fmt.Errorf("%s is %v", name, values)
				}
				return err
			})
		}
		if err := a.End(time.Minute); err != nil {
			t.Error(err)
		}
		if now := c.objectVersions(t, "node2"); !maps.Equal(now, before) {
			t.Errorf("versions of node2's objects went from %v to %v", before, now)
		}
		if said, want := refusals(t, a), `the agent of node \"node1\" may not write what is of node \"node2\"`; !strings.Contains(said, want) {
			t.Errorf("the agent said %q, want %s", said, want)
		}
	})
}

// awaitEvent waits for an Event of a reason about an object of a kind.
func (c *cluster) awaitEvent(t *testing.T, kind, reason string) {
	t.Helper()
	c.eventually(t, func(ctx context.Context) error {
		events := &eventsv1.EventList{}
		err := c.admin.List(ctx, events, client.InNamespace("default"))
		if err == nil && !slices.ContainsFunc(events.Items, func(e eventsv1.Event) bool {
			return e.Regarding.Kind == kind && e.Reason == reason
		}) {
			err = fmt.Errorf("no Event %s of a %s among %d", reason, kind, len(events.Items))
		}
		return err
	})
}

// startAgent starts an agent with a VPP that has all that samples ask for.
func (c *cluster) startAgent(t *testing.T, node, kubeconfig string) *agentprocess.Process {
	t.Helper()
	v := vpptest.Start(t, vpptest.WithDevice(samples.Devices()...), vpptest.WithWorkers(2))
	a, err := agentprocess.Start(agentprocess.Options{
		Node: node, Socket: v.Socket(), Kubeconfig: kubeconfig, Folder: t.TempDir(), SecureMetrics: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			said, _ := a.Log()
			t.Logf("the agent said:\n%s", said)
		}
		a.Stop()
	})
	return a
}

// refusals are the lines of an agent's log that tell of what the API server did not
// let it do.
func refusals(t *testing.T, a *agentprocess.Process) string {
	t.Helper()
	log, err := a.Log()
	if err != nil {
		t.Fatal(err)
	}
	if said := agentprocess.Complaint(log); said != "" {
		t.Errorf("the agent said %s", said)
	}
	var lines []byte
	for line := range bytes.Lines(log) {
		if bytes.Contains(line, []byte("forbidden")) || bytes.Contains(line, []byte("denied")) || bytes.Contains(line, []byte("nauthorized")) {
			lines = append(lines, line...)
		}
	}
	return string(lines)
}

// allReady returns an error unless all objects of a node, and its VPPNode, are
// Ready for the spec that they have.
func (c *cluster) allReady(ctx context.Context, node string) error {
	objects, err := c.objectsOf(ctx, node)
	if err != nil {
		return err
	}
	var open []error
	for _, o := range objects {
		status := o.GetStatus()
		if ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady); ready == nil || ready.Status != metav1.ConditionTrue || status.ObservedGeneration != o.GetGeneration() {
			open = append(open, fmt.Errorf("%T %s is %+v", o, o.GetName(), ready))
		}
	}
	if len(open) > 0 {
		return errors.Join(open...)
	}
	own := &v1alpha1.VPPNode{}
	if err := c.admin.Get(ctx, client.ObjectKey{Name: node}, own); err != nil {
		return err
	}
	if !meta.IsStatusConditionTrue(own.Status.Conditions, v1alpha1.ConditionReady) {
		return fmt.Errorf("VPPNode %s is %+v", node, own.Status.Conditions)
	}
	return nil
}

// objectsOf are the objects of all kinds that name a node.
func (c *cluster) objectsOf(ctx context.Context, node string) (objects []v1alpha1.Object, err error) {
	for kind := range c.scheme.KnownTypes(v1alpha1.GroupVersion) {
		if !strings.HasSuffix(kind, "List") || !c.scheme.Recognizes(v1alpha1.GroupVersion.WithKind(strings.TrimSuffix(kind, "List"))) || kind == "VPPNodeList" {
			continue
		}
		made, err := c.scheme.New(v1alpha1.GroupVersion.WithKind(kind))
		list, ok := made.(client.ObjectList)
		if err != nil || !ok { // a kind that is called a list
			continue
		}
		if err := c.admin.List(ctx, list, client.MatchingFields{"spec.nodeName": node}); err != nil {
			return nil, err
		}
		items, err := meta.ExtractList(list)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			o, ok := item.(v1alpha1.Object)
			if !ok {
				return nil, fmt.Errorf("%T is not ours", item)
			}
			objects = append(objects, o)
		}
	}
	if len(objects) == 0 {
		return nil, errors.New("there are no objects of " + node)
	}
	return objects, nil
}

// objectVersions are the resource versions of all that names a node, of its VPPNode
// and of its Lease.
func (c *cluster) objectVersions(t *testing.T, node string) map[string]string {
	t.Helper()
	objects, err := c.objectsOf(t.Context(), node)
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, o := range objects {
		versions[fmt.Sprintf("%T %s", o, o.GetName())] = o.GetResourceVersion()
	}
	own, lease := &v1alpha1.VPPNode{}, &coordinationv1.Lease{}
	c.get(t, own, "", node)
	c.get(t, lease, namespace, node)
	versions["VPPNode"], versions["Lease"] = own.ResourceVersion, lease.ResourceVersion
	return versions
}

// metricsReader reads an agent's metrics as one who may, and sees that others may
// not.
func (c *cluster) metricsReader(t *testing.T, a *agentprocess.Process) agentprocess.Metrics {
	t.Helper()
	const account = "metrics-reader"
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "test-" + account},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "vpp-metrics-reader"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: account, Namespace: "default"}},
	}
	reader := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: account, Namespace: "default"}}
	for _, o := range []client.Object{reader, binding} {
		if err := c.admin.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := c.admin.Delete(context.WithoutCancel(t.Context()), o); err != nil {
				t.Error(err)
			}
		})
	}
	anybody := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // its certificate is its own
	metrics := a.Metrics
	metrics.Client = anybody
	c.eventually(t, func(ctx context.Context) error { // it serves
		_, err := metrics.Read(ctx, "vpp_operator_vpp_connected")
		if err == nil || !strings.HasSuffix(err.Error(), "401 Unauthorized") {
			return fmt.Errorf("asked by nobody it answers %w", err)
		}
		return nil
	})
	metrics.Client = &http.Client{Transport: transport.NewBearerAuthRoundTripper(c.token(t, reader, nil), anybody.Transport)}
	c.eventually(t, func(ctx context.Context) error { // the binding takes effect
		_, err := metrics.Read(ctx, "vpp_operator_vpp_connected")
		return err
	})
	return metrics
}

// kubeconfigOf writes a kubeconfig.
func kubeconfigOf(t *testing.T, config *rest.Config) string {
	t.Helper()
	const entry = "agent"
	made := clientcmdapi.NewConfig()
	made.Clusters[entry] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	made.AuthInfos[entry] = &clientcmdapi.AuthInfo{Token: config.BearerToken}
	made.Contexts[entry] = &clientcmdapi.Context{Cluster: entry, AuthInfo: entry}
	made.CurrentContext = entry
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*made, file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = agentprocess.RemoveBinary()
	os.Exit(code)
}
