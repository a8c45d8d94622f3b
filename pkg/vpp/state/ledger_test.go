package state_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func openLedger(t *testing.T, path string) *state.Ledger {
	t.Helper()
	l, damaged, err := state.OpenLedger(path)
	if err != nil || damaged != nil {
		t.Fatal(err, damaged)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func put(t *testing.T, l *state.Ledger, id string, e state.Entry) {
	t.Helper()
	if err := l.Put(parseID(id), e); err != nil {
		t.Fatal(err)
	}
}

func TestLedgerOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "folder", "ledger")
	l := openLedger(t, path)
	if err := l.NewBoot("boot-1"); err != nil {
		t.Fatal(err)
	}
	put(t, l, "Interface:wan", state.Entry{Alias: "loop5", Digest: "d", Data: []byte(`{"up":true}`)})
	put(t, l, "Interface:gone", state.Entry{Alias: "loop6"})
	put(t, l, "Number:wan", state.Entry{Alias: "5", Kept: true})
	if err := l.Delete(parseID("Interface:gone")); err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // as a kill would

	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	l = openLedger(t, path)
	if boot, seen := l.Boot(); boot != "boot-1" || seen != 1 {
		t.Errorf("boot %q, %d seen", boot, seen)
	}
	if e, ok := l.Get(parseID("Interface:wan")); !ok || e.Alias != "loop5" || e.Digest != "d" || string(e.Data) != `{"up":true}` {
		t.Errorf("entry %+v, %v", e, ok)
	}
	if id, ok := l.Find("Interface", "loop5"); !ok || id != parseID("Interface:wan") {
		t.Errorf("loop5 is %v, %v", id, ok)
	}
	if _, ok := l.Find("Interface", "loop6"); ok {
		t.Error("what was deleted is still found")
	}
	if got := l.All("Interface"); len(got) != 1 {
		t.Errorf("all are %v", got)
	}
}

// With a boot of VPP goes what the ledger says about that boot.
func TestLedgerIsBoundToTheBoot(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger")
	l := openLedger(t, path)
	for i, boot := range []string{"one", "two"} {
		if err := l.NewBoot(boot); err != nil {
			t.Fatal(err)
		}
		if _, ok := l.Get(parseID("Interface:wan")); ok {
			t.Errorf("boot %s knows of the one before", boot)
		}
		if e, ok := l.Get(parseID("Number:wan")); ok != (i > 0) || ok && e.Alias != "5" {
			t.Errorf("kept %+v, %v", e, ok)
		}
		put(t, l, "Interface:wan", state.Entry{Alias: "loop5"})
		put(t, l, "Number:wan", state.Entry{Alias: "5", Kept: true})
	}
	_ = l.Close()
	l = openLedger(t, path)
	if boot, seen := l.Boot(); boot != "two" || seen != 2 {
		t.Errorf("boot %q, %d seen", boot, seen)
	}
}

// What cannot be read is told and left out; the rest holds.
func TestLedgerDamaged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger")
	l := openLedger(t, path)
	put(t, l, "Interface:a", state.Entry{Alias: "loop1"})
	put(t, l, "Interface:b", state.Entry{Alias: "loop2"})
	_ = l.Close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cut := strings.Replace(string(data), `{"kind":"Interface","key":"a"`, `{"kind":"Inter`, 1)
	if err := os.WriteFile(path, []byte(cut+`{"kind":"Interface","key":"c","ent`), 0o600); err != nil {
		t.Fatal(err)
	}
	l, damaged, err := state.OpenLedger(path)
	if err != nil || damaged == nil || !strings.Contains(damaged.Error(), path) {
		t.Fatalf("damaged %v, %v", damaged, err)
	}
	defer l.Close()
	if _, ok := l.Get(parseID("Interface:b")); !ok {
		t.Error("what could be read is lost")
	}
	if _, ok := l.Get(parseID("Interface:c")); ok {
		t.Error("half a line counts")
	}
}

func TestLedgerStaysSmall(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger")
	l := openLedger(t, path)
	put(t, l, "Interface:stays", state.Entry{Alias: "loop0"})
	for i := range 5000 {
		id := fmt.Sprintf("Interface:%d", i%7)
		put(t, l, id, state.Entry{Alias: fmt.Sprint("loop", i)})
		if err := l.Delete(parseID(id)); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 20_000 {
		t.Errorf("one entry in %d bytes, %v", info.Size(), err)
	}
	_ = l.Close()
	if _, ok := openLedger(t, path).Get(parseID("Interface:stays")); !ok {
		t.Error("it forgot while it made room")
	}
}

func TestLedgerWhereNoneCanBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := state.OpenLedger(filepath.Join(file, "ledger")); err == nil {
		t.Error("a ledger below a file was opened")
	}
}

// Two agents of one node do not get in each other's way: the second is refused.
func TestLedgerInUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger")
	l := openLedger(t, path)
	_, _, err := state.OpenLedger(path)
	if !errors.Is(err, state.ErrLedgerInUse) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) || !strings.Contains(err.Error(), path) {
		t.Errorf("a ledger that is open: %v", err)
	}
	put(t, l, "Interface:wan", state.Entry{Alias: "loop5"})
	_ = l.Close()
	if _, ok := openLedger(t, path).Get(parseID("Interface:wan")); !ok {
		t.Error("the second has cost something")
	}
}
