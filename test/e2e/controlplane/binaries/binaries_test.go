package binaries

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const goMod = "module example.org/made\n\ngo 1.26\n\nrequire example.org/made/dep v1.2.3\n\nreplace example.org/made/dep => ./dep\n"

// newBuilder returns a builder of one program, hello, from a module that needs
// no network.
func newBuilder(t *testing.T) *builder {
	t.Helper()
	module := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":            goMod,
		"go.sum":            "",
		"dep/go.mod":        "module example.org/made/dep\n\ngo 1.26\n",
		"dep/hello/main.go": "package main\n\nfunc main() { println(\"hello\") }\n",
	} {
		writeFile(t, filepath.Join(module, name), content)
	}
	return &builder{
		module:   module,
		cache:    filepath.Join(t.TempDir(), "cache"),
		programs: []program{{name: "hello", pkg: "example.org/made/dep/hello", module: "example.org/made/dep", minutes: 1}},
		progress: new(bytes.Buffer),
	}
}

func TestBuildsOnce(t *testing.T) {
	b := newBuilder(t)
	folder, err := b.find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if name := filepath.Base(folder); !strings.HasPrefix(name, "hello-v1.2.3-linux-") {
		t.Errorf("the folder's name is %s, want program, version, machine", name)
	}
	said, err := exec.CommandContext(t.Context(), filepath.Join(folder, "hello")).CombinedOutput()
	if err != nil || string(said) != "hello\n" {
		t.Errorf("the program says %q, %v", said, err)
	}
	if progress := b.progress.(*bytes.Buffer).String(); !strings.HasPrefix(progress, "building hello v1.2.3: about 1 min of CPU time") {
		t.Errorf("progress: %q", progress)
	}

	b.progress = new(bytes.Buffer)
	again, err := b.find(t.Context())
	if err != nil || again != folder {
		t.Errorf("found %s, %v; want %s", again, err, folder)
	}
	if progress := b.progress.(*bytes.Buffer).String(); progress != "" {
		t.Errorf("built again: %q", progress)
	}

	writeFile(t, filepath.Join(b.module, "go.mod"), strings.Replace(goMod, "v1.2.3", "v1.2.4", 1))
	if other, err := b.find(t.Context()); err != nil || other == folder {
		t.Errorf("found %s, %v; want another folder for another version", other, err)
	}
}

func TestOneBuildsOthersWait(t *testing.T) {
	b := newBuilder(t)
	builders := make([]builder, 3)
	var wait sync.WaitGroup
	for i := range builders {
		builders[i] = *b
		builders[i].progress = new(bytes.Buffer)
		wait.Go(func() {
			if _, err := builders[i].find(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	var all strings.Builder
	for _, b := range builders {
		all.WriteString(b.progress.(*bytes.Buffer).String())
	}
	if n := strings.Count(all.String(), "building hello"); n != 1 {
		t.Errorf("built %d times, want once:\n%s", n, all.String())
	}
}

func TestFailureLeavesNothing(t *testing.T) {
	b := newBuilder(t)
	b.programs = append(b.programs, program{name: "absent", pkg: "example.org/made/dep/absent", module: "example.org/made/dep"})
	_, err := b.find(t.Context())
	if err == nil || !strings.Contains(err.Error(), "build absent: ") || !strings.Contains(err.Error(), "no required module provides package") {
		t.Errorf("error %v, want what the compiler said", err)
	}
	left, err := filepath.Glob(filepath.Join(b.cache, "*[^k]"))
	if err != nil || len(left) != 0 {
		t.Errorf("left %q, %v; want the .lock alone", left, err)
	}
}

func TestAssetsVariable(t *testing.T) {
	assets := t.TempDir()
	t.Setenv(AssetsVariable, assets)
	for _, p := range programs {
		if folder, err := Find(t.Context(), os.Stderr); err == nil || !strings.Contains(err.Error(), p.name) {
			t.Errorf("found %s, %v; want an error that names %s", folder, err, p.name)
		}
		writeFile(t, filepath.Join(assets, p.name), "")
	}
	if folder, err := Find(t.Context(), os.Stderr); err != nil || folder != assets {
		t.Errorf("found %s, %v; want %s", folder, err, assets)
	}
}

// TestPins tells what go.mod must hold, which pin.sh writes.
func TestPins(t *testing.T) {
	b := builder{module: "../../../../hack/controlplane", programs: programs}
	versions, err := b.versions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if version := versions[kubernetes]; !strings.HasPrefix(version, "v1.") {
		t.Errorf("Kubernetes %s, want v1", version)
	}
	flags := strings.Join(b.arguments(programs[2], "out", "v1.36.4"), " ")
	for _, want := range []string{".gitVersion=v1.36.4", ".gitMajor=1 ", ".gitMinor=36 "} {
		if !strings.Contains(flags, want) {
			t.Errorf("%s lacks %s", flags, want)
		}
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
