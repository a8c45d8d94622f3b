// Package install tests what users install, on a real API server: the file of
// `make build-installer`, what it lets the agents and others do, the samples,
// that an agent can work with it, and that an uninstall leaves nothing. The steps build on each other.
//
// There is no controller manager: where one would act, the test does.
package install

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/test/e2e/controlplane"
)

const (
	namespace = "vpp-system"
	agentName = "vpp-agent"
	image     = "registry.example.org:5000/vpp-operator:test"
)

// cluster is an API server with its users.
type cluster struct {
	*controlplane.ControlPlane
	admin  client.Client
	scheme *runtime.Scheme
}

func TestInstall(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	plane, err := controlplane.Start(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	c := &cluster{ControlPlane: plane, scheme: scheme}
	c.admin = c.client(t, plane.Config)

	installer := filepath.Join(t.TempDir(), "install.yaml")
	build := exec.CommandContext(t.Context(), "../../../hack/build-installer.sh", installer, image)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}

	for _, step := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"install", func(t *testing.T) { c.testInstall(t, installer, "created") }},
		{"install again", func(t *testing.T) { c.testUnchanged(t, installer) }},
		{"samples", c.testSamples},
		{"users", c.testUsers},
		{"rights of an agent", c.testAgent},
		{"agent at work", c.testAgentAtWork},
		{"optional parts", c.testOptionalParts},
		{"uninstall", func(t *testing.T) { c.testUninstall(t, installer) }},
		{"install after uninstall", func(t *testing.T) { c.testInstall(t, installer, "serverside-applied", "--server-side") }},
	} {
		if !t.Run(step.name, step.run) {
			return
		}
	}
}

// testInstall applies the installer where nothing of it is. Of each object
// kubectl says what is done to it.
func (c *cluster) testInstall(t *testing.T, installer, done string, flags ...string) {
	var order []string
	for line := range strings.Lines(c.kubectl(t, append([]string{"apply", "--filename=" + installer}, flags...)...)) {
		name, what, _ := strings.Cut(strings.TrimSpace(line), " ")
		if what != done {
			t.Errorf("%s is %s, want %s", name, what, done)
		}
		order = append(order, name)
	}
	// Each is there before what needs it.
	daemonSet := slices.Index(order, "daemonset.apps/"+agentName)
	for _, earlier := range []string{
		"namespace/" + namespace,
		"customresourcedefinition.apiextensions.k8s.io/interfaces.vpp-operator.io",
		"serviceaccount/" + agentName,
		"clusterrolebinding.rbac.authorization.k8s.io/" + agentName,
		"validatingadmissionpolicy.admissionregistration.k8s.io/" + agentName,
		"validatingadmissionpolicybinding.admissionregistration.k8s.io/" + agentName,
	} {
		if at := slices.Index(order, earlier); at < 0 || at > daemonSet {
			t.Errorf("%s is number %d, the DaemonSet number %d of %q", earlier, at, daemonSet, order)
		}
	}
	if order[0] != "namespace/"+namespace {
		t.Errorf("%s is first, want the namespace", order[0])
	}
	c.kubectl(t, "wait", "--for=condition=Established", "--timeout=1m", "crd", "--all")

	space := &corev1.Namespace{}
	c.get(t, space, "", namespace)
	if got := space.Labels["pod-security.kubernetes.io/enforce"]; got != "privileged" {
		t.Errorf("Pod Security admits %q Pods, the agents' are privileged", got)
	}
	daemons := &appsv1.DaemonSet{}
	c.get(t, daemons, namespace, agentName)
	if got := daemons.Spec.Template.Spec.Containers[0].Image; got != image {
		t.Errorf("the image is %s, want %s", got, image)
	}
}

// testUnchanged applies a file or folder once more, and nothing happens.
func (c *cluster) testUnchanged(t *testing.T, path string) {
	before := c.versions(t, path)
	for line := range strings.Lines(c.kubectl(t, "apply", "--filename="+path)) {
		if !strings.HasSuffix(line, " unchanged\n") {
			t.Errorf("applied again: %s", line)
		}
	}
	if after := c.versions(t, path); !maps.Equal(before, after) {
		t.Errorf("applied again, the versions went from %v to %v", before, after)
	}
}

// versions returns the resource versions of all objects in a file.
func (c *cluster) versions(t *testing.T, path string) map[string]string {
	t.Helper()
	var list struct {
		Items []metav1.PartialObjectMetadata
	}
	if err := json.Unmarshal([]byte(c.kubectl(t, "get", "--filename="+path, "--output=json")), &list); err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, o := range list.Items {
		versions[o.Kind+" "+o.Name] = o.ResourceVersion
	}
	return versions
}

// testSamples applies the samples as kubectl's users do, and leaves them there.
func (c *cluster) testSamples(t *testing.T) {
	file := filepath.Join(t.TempDir(), "samples.yaml")
	samples := c.kubectl(t, "kustomize", "../../../config/samples")
	if err := os.WriteFile(file, []byte(samples), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, apply := range [][]string{{"apply"}, {"apply", "--server-side"}} {
		t.Run(strings.Join(apply, " "), func(t *testing.T) {
			apply = append(apply, "--filename="+file)
			applied := c.kubectl(t, apply...)
			if got, want := strings.Count(applied, "\n"), strings.Count(samples, "\nkind: "); got != want {
				t.Errorf("%d objects applied, want %d:\n%s", got, want, applied)
			}
			before := c.versions(t, file)
			again := c.kubectl(t, apply...)
			for line := range strings.Lines(again) {
				// Server-side apply says the same whether it changed something or not.
				if !strings.HasSuffix(line, " unchanged\n") && !strings.HasSuffix(line, " serverside-applied\n") {
					t.Errorf("applied again: %s", line)
				}
			}
			if after := c.versions(t, file); !maps.Equal(before, after) {
				t.Errorf("applied again, the versions went from %v to %v", before, after)
			}
			if apply[1] != "--server-side" {
				c.kubectl(t, "delete", "vpp,vpp-nodes", "--all", "--wait=false")
			}
		})
	}
}

// testOptionalParts applies what the installer leaves out.
func (c *cluster) testOptionalParts(t *testing.T) {
	// Argo CD's settings, with one that somebody else made.
	c.kubectl(t, "create", "namespace", "argocd")
	c.kubectl(t, "create", "configmap", "argocd-cm", "--namespace=argocd", "--from-literal=url=https://argocd.example.org")
	c.kubectl(t, "apply", "--server-side", "--kustomize=../../../config/argocd")
	settings := &corev1.ConfigMap{}
	c.get(t, settings, "argocd", "argocd-cm")
	if settings.Data["url"] == "" {
		t.Error("the other settings are gone")
	}
	for kind := range c.scheme.KnownTypes(v1alpha1.GroupVersion) {
		if !c.scheme.Recognizes(v1alpha1.GroupVersion.WithKind(kind + "List")) {
			continue // a list, or what every group has
		}
		if settings.Data["resource.customizations.health.vpp-operator.io_"+kind] == "" {
			t.Errorf("Argo CD is not told the health of kind %s", kind)
		}
	}
	c.kubectl(t, "delete", "--kustomize=../../../config/argocd")

	// Prometheus finds the agents' port. Its own kinds are not here.
	monitor := c.kubectl(t, "kustomize", "../../../config/prometheus")
	service := &corev1.Service{}
	for document := range strings.SplitSeq(monitor, "\n---\n") {
		o := decode(t, document)
		if o.GetKind() == "Service" {
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, service); err != nil {
				t.Fatal(err)
			}
			continue
		}
		selector, _, _ := unstructured.NestedStringMap(o.Object, "spec", "selector", "matchLabels")
		for key, value := range selector {
			if service.Labels[key] != value {
				t.Errorf("the monitor selects %s=%s, the Service has %v", key, value, service.Labels)
			}
		}
	}
	if err := c.admin.Create(t.Context(), service); err != nil {
		t.Fatal(err)
	}
	daemons := &appsv1.DaemonSet{}
	c.get(t, daemons, namespace, agentName)
	for key, value := range service.Spec.Selector {
		if daemons.Spec.Template.Labels[key] != value {
			t.Errorf("the Service selects %s=%s, the Pods have %v", key, value, daemons.Spec.Template.Labels)
		}
	}
	if port, target := daemons.Spec.Template.Spec.Containers[0].Ports[0], service.Spec.Ports[0].TargetPort; port.Name != target.StrVal {
		t.Errorf("the Service is for port %s, the Pods have %s", &target, port.Name)
	}
}

// testUninstall deletes the installer, with objects of all kinds still there.
func (c *cluster) testUninstall(t *testing.T, installer string) {
	c.kubectl(t, "delete", "--wait=false", "--filename="+installer)
	c.finishNamespace(t)
	var kinds []string
	c.eventually(t, func(ctx context.Context) error { // our kinds are no longer served
		list, err := c.tryKubectl(ctx, "api-resources", "--verbs=list", "--output=name")
		kinds = strings.Fields(list)
		if err == nil && strings.Contains(list, ".vpp-operator.io") {
			err = fmt.Errorf("kinds of ours among %q", kinds)
		}
		return err
	})
	var all struct {
		Items []metav1.PartialObjectMetadata
	}
	if err := json.Unmarshal([]byte(c.kubectl(t, "get", strings.Join(kinds, ","), "--all-namespaces", "--output=json")), &all); err != nil {
		t.Fatal(err)
	}
	for _, o := range all.Items {
		if o.DeletionTimestamp != nil {
			t.Errorf("%s %s/%s is Terminating", o.Kind, o.Namespace, o.Name)
		}
		if o.Namespace == namespace || o.Labels["app.kubernetes.io/part-of"] == "vpp-operator" {
			t.Errorf("%s %s/%s is left", o.Kind, o.Namespace, o.Name)
		}
	}
}

// finishNamespace does what the namespace controller does once a namespace is
// Terminating: it deletes what is in it, and then lets it go.
func (c *cluster) finishNamespace(t *testing.T) {
	t.Helper()
	kinds := strings.Fields(c.kubectl(t, "api-resources", "--namespaced", "--verbs=list,delete", "--output=name"))
	// No kubelet ends a Pod here: no grace.
	c.kubectl(t, "delete", strings.Join(kinds, ","), "--all", "--namespace="+namespace, "--grace-period=0", "--force")
	space := &corev1.Namespace{}
	c.get(t, space, "", namespace)
	if space.DeletionTimestamp == nil {
		t.Fatal("the namespace is not Terminating")
	}
	space.Spec.Finalizers = nil
	if err := c.admin.SubResource("finalize").Update(t.Context(), space); err != nil {
		t.Fatal(err)
	}
}

func (c *cluster) client(t *testing.T, config *rest.Config) client.Client {
	t.Helper()
	made, err := client.New(config, client.Options{Scheme: c.scheme})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (c *cluster) get(t *testing.T, o client.Object, namespace, name string) {
	t.Helper()
	if err := c.admin.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, o); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until try returns no error: the API server's authorizer and
// admission learn of changes a moment later than its storage.
func (c *cluster) eventually(t *testing.T, try func(context.Context) error) {
	t.Helper()
	var last error
	if err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 3*time.Minute, true,
		func(ctx context.Context) (bool, error) {
			err := try(ctx)
			if ctx.Err() == nil || last == nil { // else it was cut short, and the one before says more
				last = err
			}
			return err == nil, nil
		}); err != nil {
		t.Fatalf("%v: %v", err, last)
	}
}

// kubectl runs kubectl as the user who may do anything and returns its output.
func (c *cluster) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := c.tryKubectl(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (c *cluster) tryKubectl(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.Kubectl, args...)
	cmd.Env = append(cmd.Environ(), "KUBECONFIG="+c.Kubeconfig)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s%s", cmd, err, out, said.Bytes())
	}
	return string(out), nil
}

// decode reads an object in YAML.
func decode(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &o.Object); err != nil {
		t.Fatal(err)
	}
	return o
}
