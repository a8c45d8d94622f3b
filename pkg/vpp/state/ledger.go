package state

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Ledger is a small file on the node that says what is ours where VPP cannot:
// an entry is written before the thing is created, so that a crash in between
// leaves no orphan. It is bound to one boot of VPP, since with it everything
// is gone that it speaks of; only kept entries outlast it.
//
// The file is a log of JSON lines, written anew when much of it is void. It
// is not synced to the disk: a node that loses power loses its VPP too. It is
// safe for concurrent use, by one process: another finds it locked.
type Ledger struct {
	mu      sync.Mutex
	path    string
	file    *os.File
	lock    *os.File // of the file beside it, see lockLedger
	lines   int
	boot    string
	boots   int64
	entries map[ID]Entry
	aliases map[ID]ID // kind and alias to identity
}

// Entry is what the ledger says about an identity.
type Entry struct {
	// Alias is what VPP calls it, such as an interface's name: it finds the
	// entry again where VPP shows no mark yet.
	Alias string `json:"alias,omitempty"`
	// Digest stands for what was written and cannot be read back. It must not
	// tell a secret.
	Digest string `json:"digest,omitempty"`
	// Data is for the kind: how something was at rest.
	Data json.RawMessage `json:"data,omitempty"`
	// Kept entries outlast a boot of VPP: numbers that were chosen once.
	Kept bool `json:"kept,omitempty"`
}

// line is one line of the file: a boot (new or, with Boots only, counted), an
// entry, or, without Entry, its end.
type line struct {
	Boot  string `json:"boot,omitempty"`
	Boots int64  `json:"boots,omitempty"`
	Kind  string `json:"kind,omitempty"`
	Key   string `json:"key,omitempty"`
	Entry *Entry `json:"entry,omitempty"`
}

// OpenLedger reads a ledger, or begins one where there is none. Lines that
// cannot be read are left out and told in damaged, which is nil otherwise. An
// empty path keeps the ledger in memory. A ledger that is open already, here or
// in another process, is refused with [ErrLedgerInUse].
func OpenLedger(path string) (l *Ledger, damaged, err error) {
	l = &Ledger{path: path, entries: map[ID]Entry{}, aliases: map[ID]ID{}}
	if path == "" {
		return l, nil, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, fmt.Errorf("open ledger: %w", err)
	}
	if l.lock, err = lockLedger(path + ".lock"); err != nil {
		return nil, nil, fmt.Errorf("open ledger %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = l.lock.Close()
		}
	}()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("open ledger: %w", err)
	}
	in := bufio.NewScanner(bytes.NewReader(data))
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		var ln line
		if err := json.Unmarshal(in.Bytes(), &ln); err != nil {
			damaged = fmt.Errorf("ledger %s: line %d: %w", path, n, err)
			continue
		}
		l.replay(ln)
	}
	if err := in.Err(); err != nil {
		damaged = fmt.Errorf("ledger %s: %w", path, err)
	}
	if err := l.rewrite(); err != nil {
		return nil, nil, fmt.Errorf("open ledger: %w", err)
	}
	return l, damaged, nil
}

// Close closes the file.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := errors.Join(l.file.Close(), l.lock.Close())
	l.file, l.lock = nil, nil
	return err
}

// Boot is the boot of VPP that the entries belong to, "" where none is known,
// and how many boots were seen.
func (l *Ledger) Boot() (id string, seen int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.boot, l.boots
}

// NewBoot forgets all but the kept entries.
func (l *Ledger) NewBoot(id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.replay(line{Boot: id, Boots: l.boots + 1})
	return l.rewrite()
}

// Get returns what is noted about an identity.
func (l *Ledger) Get(id ID) (Entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.entries[id]
	return e, ok
}

// Find returns the identity of a kind that was noted with an alias.
func (l *Ledger) Find(kind, alias string) (ID, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id, ok := l.aliases[ID{kind, alias}]
	return id, ok
}

// All returns the identities of a kind that are noted.
func (l *Ledger) All(kind string) []ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []ID
	for id := range l.entries {
		if id.Kind == kind {
			ids = append(ids, id)
		}
	}
	return ids
}

// Put notes something. It is on file when Put returns nil.
func (l *Ledger) Put(id ID, e Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if old, ok := l.entries[id]; ok && old.Alias == e.Alias && old.Digest == e.Digest &&
		old.Kept == e.Kept && bytes.Equal(old.Data, e.Data) {
		return nil
	}
	ln := line{Kind: id.Kind, Key: id.Key, Entry: &e}
	if err := l.append(ln); err != nil {
		return err
	}
	l.replay(ln)
	return nil
}

// Delete forgets something.
func (l *Ledger) Delete(id ID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.entries[id]; !ok {
		return nil
	}
	ln := line{Kind: id.Kind, Key: id.Key}
	if err := l.append(ln); err != nil {
		return err
	}
	l.replay(ln)
	return nil
}

// replay changes what is in memory as a line says.
func (l *Ledger) replay(ln line) {
	id := ID{ln.Kind, ln.Key}
	if ln.Boots != 0 {
		l.boots = ln.Boots
	}
	switch {
	case ln.Boot != "":
		if ln.Boot != l.boot {
			for id, e := range l.entries {
				if !e.Kept {
					l.forget(id)
				}
			}
		}
		l.boot = ln.Boot
	case ln.Entry != nil:
		l.forget(id)
		l.entries[id] = *ln.Entry
		if ln.Entry.Alias != "" {
			l.aliases[ID{id.Kind, ln.Entry.Alias}] = id
		}
	default:
		l.forget(id)
	}
}

func (l *Ledger) forget(id ID) {
	e, ok := l.entries[id]
	if !ok {
		return
	}
	delete(l.entries, id)
	if a := (ID{id.Kind, e.Alias}); l.aliases[a] == id {
		delete(l.aliases, a)
	}
}

// append writes a line, or everything anew once most lines are void.
func (l *Ledger) append(ln line) error {
	if l.path == "" {
		return nil
	}
	if l.file == nil {
		return errors.New("write ledger: closed")
	}
	if l.lines > 64+4*len(l.entries) {
		if err := l.rewrite(); err != nil {
			return err
		}
	}
	data, err := json.Marshal(ln)
	if err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	if _, err := l.file.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	l.lines++
	return nil
}

// rewrite replaces the file by one with what is valid.
func (l *Ledger) rewrite() error {
	if l.path == "" {
		return nil
	}
	temp, err := os.OpenFile(l.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	out := bufio.NewWriter(temp)
	enc := json.NewEncoder(out)
	l.lines = 0
	if l.boot != "" {
		err = enc.Encode(line{Boot: l.boot, Boots: l.boots})
		l.lines++
	}
	for id, e := range l.entries {
		err = errors.Join(err, enc.Encode(line{Kind: id.Kind, Key: id.Key, Entry: &e}))
		l.lines++
	}
	if err = errors.Join(err, out.Flush()); err == nil {
		err = os.Rename(temp.Name(), l.path)
	}
	if err != nil {
		_ = temp.Close()
		return fmt.Errorf("write ledger: %w", err)
	}
	if l.file != nil {
		_ = l.file.Close()
	}
	l.file = temp
	return nil
}
