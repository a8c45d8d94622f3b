// Image makes a container image of static programs, and nothing else, as a tar in
// OCI's layout, which `ctr images import`, `podman load` and others read:
//
//	image -out agent.tar -name example.org/agent:v1 -user 65532:65532 -entrypoint /agent bin/agent
//
// The same programs make the same image, byte for byte.
package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

func main() {
	var o options
	flag.StringVar(&o.out, "out", "", "file to write")
	flag.StringVar(&o.name, "name", "", "name of the image, with its tag")
	flag.StringVar(&o.user, "user", "", "user and group that run it, as numbers")
	flag.StringVar(&o.entrypoint, "entrypoint", "", "what it runs")
	flag.Parse()
	o.programs = flag.Args()
	if o.out == "" || o.name == "" || o.entrypoint == "" || len(o.programs) == 0 {
		fmt.Fprintln(os.Stderr, "usage: image -out FILE -name NAME:TAG -entrypoint /PROGRAM [-user UID:GID] PROGRAM...")
		os.Exit(2)
	}
	if err := write(o); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

type options struct {
	out, name, user, entrypoint string
	programs                    []string // files, which go into the image's root
}

// write makes the image and writes it, in one step.
func write(o options) (err error) {
	image, err := build(o)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "image-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	// The first is containerd's own, which takes the name whole.
	if err := path.AppendImage(image, layout.WithAnnotations(map[string]string{
		"io.containerd.image.name":          o.name,
		"org.opencontainers.image.ref.name": o.name,
	})); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.out), 0o750); err != nil {
		return err
	}
	unfinished, err := os.CreateTemp(filepath.Dir(o.out), filepath.Base(o.out)+".")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(unfinished.Name()) }() // unless it is where it belongs
	if err := errors.Join(pack(unfinished, folder), unfinished.Close()); err != nil {
		return err
	}
	return os.Rename(unfinished.Name(), o.out)
}

// build makes the image: one layer with the programs, and how they are run.
func build(o options) (v1.Image, error) {
	var content bytes.Buffer
	w := tar.NewWriter(&content)
	for _, program := range o.programs {
		data, err := os.ReadFile(program)
		if err != nil {
			return nil, err
		}
		header := &tar.Header{Name: filepath.Base(program), Mode: 0o755, Size: int64(len(data)), Typeflag: tar.TypeReg}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if image, err = mutate.AppendLayers(image, layer); err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", runtime.GOARCH
	file.Config.User = o.user
	file.Config.Entrypoint = []string{o.entrypoint}
	return mutate.ConfigFile(image, file)
}

// pack writes the files of a folder as a tar, in order and without times.
func pack(to io.Writer, folder string) error {
	root := os.DirFS(folder)
	var names []string
	if err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	}); err != nil {
		return err
	}
	slices.Sort(names)
	w := tar.NewWriter(to)
	for _, name := range names {
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data)), Typeflag: tar.TypeReg}); err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	return w.Close()
}
