package controlplane

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// TestMain is also the process that TestDiesWithItsParent kills.
func TestMain(m *testing.M) {
	if os.Getenv("CONTROLPLANE_TEST_CHILD") == "" {
		os.Exit(m.Run())
	}
	c, err := Start(context.Background(), os.Stderr)
	if err != nil {
		panic(err)
	}
	if _, err := os.Stdout.WriteString(c.Folder + "\n"); err != nil {
		panic(err)
	}
	select {}
}

func TestControlPlane(t *testing.T) {
	c, err := Start(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	defer func() {
		if !stopped {
			_ = c.Stop()
		}
	}()
	if running := processes(t, c.Folder); len(running) != 2 {
		t.Errorf("processes: %q, want etcd and kube-apiserver", running)
	}
	admin, err := client.New(c.Config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "made-here"}}
	if err := admin.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}

	t.Run("kubectl and server have one version", func(t *testing.T) {
		var version struct {
			ClientVersion, ServerVersion struct{ GitVersion, Major, Minor string }
		}
		if err := json.Unmarshal(kubectl(t, c, "version", "--output=json"), &version); err != nil {
			t.Fatal(err)
		}
		if version.ClientVersion != version.ServerVersion || !strings.HasPrefix(version.ServerVersion.GitVersion, "v1.") {
			t.Errorf("versions %+v, want one", version)
		}
		t.Log(version.ServerVersion.GitVersion)
	})
	t.Run("kubectl finds the namespace", func(t *testing.T) {
		names := strings.Fields(string(kubectl(t, c, "get", "ns", "--output=name")))
		for _, want := range []string{"namespace/default", "namespace/made-here"} {
			if !slices.Contains(names, want) {
				t.Errorf("namespaces %q lack %s", names, want)
			}
		}
	})
	t.Run("a user may do what RBAC grants", func(t *testing.T) {
		config, _, err := c.User("nobody")
		if err != nil {
			t.Fatal(err)
		}
		nobody, err := client.New(config, client.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := nobody.List(t.Context(), &corev1.SecretList{}); !apierrors.IsForbidden(err) {
			t.Errorf("nobody lists Secrets: %v, want Forbidden", err)
		}
	})
	t.Run("a service account's token tells who it is", func(t *testing.T) {
		kubectl(t, c, "create", "serviceaccount", "robot")
		config := rest.AnonymousClientConfig(c.Config)
		config.BearerToken = string(kubectl(t, c, "create", "token", "robot"))
		robot, err := client.New(config, client.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = robot.List(t.Context(), &corev1.SecretList{})
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "system:serviceaccount:default:robot") {
			t.Errorf("robot lists Secrets: %v, want Forbidden with its name", err)
		}
	})
	t.Run("envtest installs CRDs", func(t *testing.T) {
		if _, err := envtest.InstallCRDs(c.Config, envtest.CRDInstallOptions{CRDs: []*apiextensionsv1.CustomResourceDefinition{{
			ObjectMeta: metav1.ObjectMeta{Name: "things.example.org"},
			Spec: apiextensionsv1.CustomResourceDefinitionSpec{
				Group: "example.org",
				Scope: apiextensionsv1.ClusterScoped,
				Names: apiextensionsv1.CustomResourceDefinitionNames{Kind: "Thing", ListKind: "ThingList", Plural: "things", Singular: "thing"},
				Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
					Name: "v1", Served: true, Storage: true,
					Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{Type: "object"}},
				}},
			},
		}}}); err != nil {
			t.Error(err)
		}
	})
	t.Run("objects outlast the API server", func(t *testing.T) {
		c.StopAPIServer()
		if err := admin.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace); err == nil {
			t.Error("the stopped API server answers")
		}
		if err := c.StartAPIServer(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := admin.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace); err != nil {
			t.Error(err)
		}
	})

	stopped = true
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
	if running := processes(t, c.Folder); len(running) != 0 {
		t.Errorf("still running: %q", running)
	}
	if _, err := os.Stat(c.Folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there (%v)", c.Folder, err)
	}
}

func TestDiesWithItsParent(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // what is swept in the end is our own
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(child.Environ(), "CONTROLPLANE_TEST_CHILD=yes")
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(errors.Join(err, child.Wait()))
	}
	folder := strings.TrimSpace(line)
	if running := processes(t, folder); len(running) != 2 {
		t.Errorf("processes: %q, want etcd and kube-apiserver", running)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // signal: killed
	deadline := time.After(time.Minute)
	for running := processes(t, folder); len(running) != 0; running = processes(t, folder) {
		select {
		case <-deadline:
			t.Fatalf("still running: %q", running)
		case <-time.After(10 * time.Millisecond): // no signal tells of another's children
		}
	}
	if err := sweep(0); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there (%v)", folder, err)
	}
}

func TestStartTellsWhyNot(t *testing.T) {
	assets := t.TempDir()
	for _, name := range []string{"etcd", "kube-apiserver", "kubectl"} {
		script := "#!/bin/sh\nseq 20; echo I am no " + name + "; exit 3\n"
		if err := os.WriteFile(filepath.Join(assets, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("KUBEBUILDER_ASSETS", assets)
	t.Setenv("TMPDIR", t.TempDir())
	_, err := Start(t.Context(), os.Stderr)
	if err == nil {
		t.Fatal("started")
	}
	for _, want := range []string{"exit status 3", "I am no ", filepath.Join(os.TempDir(), folderPrefix), ".log)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q: %v", want, err)
		}
	}
}

// kubectl runs kubectl as the user who may do anything and returns its output.
func kubectl(t *testing.T, c *ControlPlane, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.Kubectl, append([]string{"--kubeconfig=" + c.Kubeconfig}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return out
}

// processes returns the command lines, of any process, that name folder.
func processes(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err == nil && bytes.Contains(line, []byte(folder)) {
			lines = append(lines, string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
		}
	}
	return lines
}
