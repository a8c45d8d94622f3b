package install

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestImage compares the image that is made without Docker with what the Dockerfile
// says.
func TestImage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "image.tar")
	build := exec.CommandContext(t.Context(), "../../../hack/build-image.sh", file, image, "v1.2.3")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}
	made := readImage(t, file)
	program := filepath.Join(t.TempDir(), "vpp-operator")
	if err := os.WriteFile(program, made.files["vpp-operator"], 0o700); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.CommandContext(t.Context(), program, "--version").Output(); err != nil || !strings.Contains(string(said), "v1.2.3") {
		t.Errorf("it is version %q: %v", said, err)
	}

	dockerfile, err := os.ReadFile("../../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(dockerfile), "\\\n", " ")
	stages := regexp.MustCompile(`(?m)^FROM `).Split(text, -1)
	last := stages[len(stages)-1]
	// Nothing but what is copied, which is what go build wrote.
	if !strings.HasPrefix(last, "scratch\n") || !strings.Contains(last, "\nCOPY --from=build /out/ /\n") || strings.Count(last, "COPY ") != 1 {
		t.Fatalf("the last stage is not /out of the first alone:\nFROM %s", last)
	}
	built := regexp.MustCompile(`go build .* -o /out/ (\S+)\n`).FindStringSubmatch(text)
	if built == nil {
		t.Fatalf("no program is built:\n%s", text)
	}
	if variable := "-X github.com/vpp-operator/vpp-operator/cmd/internal/version.version="; !strings.Contains(built[0], variable) {
		t.Errorf("the Dockerfile tells its programs no version: %s", built[0])
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-f", "{{if eq .Name \"main\"}}{{.ImportPath}}{{end}}", built[1])
	list.Dir = "../../.."
	packages, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for p := range strings.FieldsSeq(string(packages)) {
		want = append(want, path.Base(p))
	}
	slices.Sort(want)
	var got []string
	for name := range made.files {
		got = append(got, name)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the image has %q, the Dockerfile's %q", got, want)
	}
	for name, data := range made.files {
		program, err := elf.NewFile(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if slices.ContainsFunc(program.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
			t.Errorf("%s is not static", name)
		}
		if program.Section(".symtab") != nil != !strings.Contains(text, "-s -w") {
			t.Errorf("%s has symbols or not, unlike the Dockerfile's", name)
		}
	}

	for instruction, has := range map[string]string{"USER": made.config.User, "ENTRYPOINT": quoted(t, made.config.Entrypoint)} {
		if !strings.Contains(last, "\n"+instruction+" "+has+"\n") {
			t.Errorf("the image has %s %s, the Dockerfile\nFROM %s", instruction, has, last)
		}
	}
	if made.name != image {
		t.Errorf("its name is %s, want %s", made.name, image)
	}
}

type madeImage struct {
	name   string
	files  map[string][]byte
	config struct {
		User       string
		Entrypoint []string
	}
}

// readImage reads an image of OCI's layout, with what is in its layers.
func readImage(t *testing.T, file string) (made madeImage) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	layout := untar(t, f)
	blob := func(digest string) []byte { return layout["blobs/"+strings.ReplaceAll(digest, ":", "/")] }
	type descriptor struct {
		Digest      string
		Annotations map[string]string
	}
	var index struct{ Manifests []descriptor }
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	config := struct{ Config any }{&made.config}
	err = json.Unmarshal(layout["index.json"], &index)
	if err != nil || len(index.Manifests) != 1 {
		t.Fatalf("index %s: %v", layout["index.json"], err)
	}
	err = json.Unmarshal(blob(index.Manifests[0].Digest), &manifest)
	if err := errors.Join(err, json.Unmarshal(blob(manifest.Config.Digest), &config)); err != nil {
		t.Fatal(err)
	}
	made.name = index.Manifests[0].Annotations["io.containerd.image.name"]
	made.files = map[string][]byte{}
	for _, layer := range manifest.Layers {
		z, err := gzip.NewReader(bytes.NewReader(blob(layer.Digest)))
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(made.files, untar(t, z))
	}
	return made
}

func untar(t *testing.T, r io.Reader) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

func quoted(t *testing.T, list []string) string {
	t.Helper()
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
