package controllers

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// saveDelay is how long changes are gathered before the file is written.
const saveDelay = time.Second

// offlineFormat is raised when an older agent could not read the file any more.
const offlineFormat = 1

// offlineFile keeps what is desired on the node: the last specs that were good,
// without any status and with Secrets by name only. A node whose uplink runs
// through VPP comes back by it, and an agent knows by it what was deleted while
// it did not run. Its first line tells the digest of the rest, a line each for
// the node and for every object.
type offlineFile struct {
	path       string
	reconciler *reconciler
	log        logr.Logger
	kick       chan struct{}
}

// offlineHeader is the first line.
type offlineHeader struct {
	Format int    `json:"format"`
	SHA256 string `json:"sha256"`
}

// offlineNode is the second line.
type offlineNode struct {
	// Name is the node's: a file that was copied from another node is not ours.
	Name string `json:"name"`
	// Spec holds the switches of the node.
	Spec v1alpha1.VPPNodeSpec `json:"spec"`
	// PruneGeneration numbers what is held.
	PruneGeneration int64 `json:"pruneGeneration,omitempty"`
}

// offlineRecord is each other line.
type offlineRecord struct {
	Kind string `json:"kind"`
	// Held is why the object is kept though the API server has it no longer.
	Held   string        `json:"held,omitempty"`
	Object offlineObject `json:"object"`
}

type offlineObject struct {
	Metadata offlineMetadata `json:"metadata"`
	Spec     json.RawMessage `json:"spec"`
}

type offlineMetadata struct {
	Name              string      `json:"name"`
	UID               types.UID   `json:"uid"`
	Generation        int64       `json:"generation"`
	CreationTimestamp metav1.Time `json:"creationTimestamp"`
}

// offlineContent is what was read from the file.
type offlineContent struct {
	node    offlineNode
	objects []offlineEntry
}

type offlineEntry struct {
	kind   *kind
	object v1alpha1.Object
	held   string
}

func newOfflineFile(path string, r *reconciler, log logr.Logger) *offlineFile {
	return &offlineFile{path: path, reconciler: r, log: log, kick: make(chan struct{}, 1)}
}

// dirty says that there is something to write.
func (f *offlineFile) dirty() {
	select {
	case f.kick <- struct{}{}:
	default:
	}
}

// run writes the file, a while after changes, until ctx ends, and a last time
// then. node gives the second line.
func (f *offlineFile) run(ctx context.Context, node func() offlineNode) {
	if f.path == "" {
		return
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	pending := false
	for {
		select {
		case <-f.kick:
			if !pending {
				pending = true
				timer.Reset(saveDelay)
			}
			continue
		case <-timer.C:
		case <-ctx.Done():
			if !pending && len(f.kick) == 0 {
				return
			}
		}
		pending = false
		if err := f.save(node()); err != nil {
			f.log.Error(err, "Cannot keep the desired objects on the node")
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// save writes the file: all of it or nothing.
func (f *offlineFile) save(node offlineNode) error {
	var body bytes.Buffer
	lines := json.NewEncoder(&body)
	if err := lines.Encode(node); err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	if err := f.records(&body); err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	sum := sha256.Sum256(body.Bytes())
	header, err := json.Marshal(offlineHeader{offlineFormat, hex.EncodeToString(sum[:])})
	if err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	return replaceFile(f.path, append(header, '\n'), body.Bytes())
}

// records appends a line for every object that is good.
func (f *offlineFile) records(body *bytes.Buffer) error {
	r := f.reconciler
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, owner := range r.owners() {
		t := r.objects[owner]
		if t.good == nil {
			continue
		}
		if t.record == nil {
			record, err := recordOf(owner, t.good, r.guard.held[owner])
			if err != nil {
				return err
			}
			t.record = record
		}
		body.Write(t.record)
		body.WriteByte('\n')
	}
	return nil
}

func recordOf(owner state.Owner, o v1alpha1.Object, held string) ([]byte, error) {
	// The spec's Go name is not the same in all kinds; its JSON name is.
	var spec struct {
		Spec json.RawMessage `json:"spec"`
	}
	data, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(data, &spec)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", owner, err)
	}
	return json.Marshal(offlineRecord{Kind: owner.Kind, Held: held, Object: offlineObject{
		Metadata: offlineMetadata{o.GetName(), o.GetUID(), o.GetGeneration(), o.GetCreationTimestamp()},
		Spec:     spec.Spec,
	}})
}

// load reads the file. There being none is no error: nothing was desired yet.
func (f *offlineFile) load(node string, known map[string]*kind) (content offlineContent, err error) {
	if f.path == "" {
		return content, nil
	}
	data, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return content, nil
	}
	if err == nil {
		content, err = readOffline(data, node, known)
	}
	if err != nil {
		return offlineContent{}, fmt.Errorf("read %s: %w", f.path, err)
	}
	return content, nil
}

func readOffline(data []byte, node string, known map[string]*kind) (content offlineContent, err error) {
	first, rest, _ := bytes.Cut(data, []byte{'\n'})
	var header offlineHeader
	if err := json.Unmarshal(first, &header); err != nil {
		return content, fmt.Errorf("line 1: %w", err)
	}
	if header.Format != offlineFormat {
		return content, fmt.Errorf("is of format %d, not %d", header.Format, offlineFormat)
	}
	if sum := sha256.Sum256(rest); hex.EncodeToString(sum[:]) != header.SHA256 {
		return content, errors.New("is damaged: its digest is another one")
	}
	lines := bufio.NewScanner(bytes.NewReader(rest))
	lines.Buffer(nil, len(rest)+1)
	for n := 2; lines.Scan(); n++ {
		if n == 2 {
			if err := json.Unmarshal(lines.Bytes(), &content.node); err != nil {
				return content, fmt.Errorf("line 2: %w", err)
			}
			if content.node.Name != node {
				return content, fmt.Errorf("is of node %q", content.node.Name)
			}
			continue
		}
		var record offlineRecord
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			return content, fmt.Errorf("line %d: %w", n, err)
		}
		k := known[record.Kind]
		if k == nil {
			continue // a newer agent's
		}
		o := k.newObject()
		spec, err := json.Marshal(map[string]any{"spec": record.Object.Spec})
		if err == nil {
			err = json.Unmarshal(spec, o)
		}
		if err != nil {
			return content, fmt.Errorf("line %d: %w", n, err)
		}
		m := record.Object.Metadata
		o.SetName(m.Name)
		o.SetUID(m.UID)
		o.SetGeneration(m.Generation)
		o.SetCreationTimestamp(m.CreationTimestamp)
		content.objects = append(content.objects, offlineEntry{k, o, record.Held})
	}
	return content, lines.Err()
}

// replaceFile writes a file so that whoever reads it finds the old or the new
// content, after a loss of power too.
func replaceFile(path string, parts ...[]byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	temp, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	for _, part := range parts {
		if _, err := temp.Write(part); err != nil {
			_ = temp.Close()
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return syncFolder(dir)
}

// syncFolder has the rename outlast a loss of power.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
