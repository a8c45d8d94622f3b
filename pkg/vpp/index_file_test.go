package vpp

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// die ends a session as the death of its process would: VPP is not told.
func die(t *testing.T, s *Session) {
	t.Helper()
	_ = s.conn.Close()
	<-s.Done()
	s.done.Wait()
}

func newSession(t *testing.T, v *vpptest.VPP, change ...func(*Options)) *Session {
	t.Helper()
	o := Options{Socket: v.Socket()}
	for _, f := range change {
		f(&o)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	s, err := Dial(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func indexFilesOf(t *testing.T, v *vpptest.VPP) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(v.Socket()), indexDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// knows tells which indices VPP has on its books.
func knows(v *vpptest.VPP) map[uint32]bool {
	out := map[uint32]bool{}
	for _, c := range v.Clients() {
		out[c.Index] = true
	}
	return out
}

// The next client makes VPP forget those that died without a word, and leaves
// the living alone.
func TestReap(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t, vpptest.WithLingeringClients())
	living := newSession(t, v)
	dead := []*Session{newSession(t, v), newSession(t, v), newSession(t, v)}
	for _, s := range dead {
		die(t, s)
	}
	if n := len(knows(v)); n != 4 {
		t.Fatalf("VPP knows %d clients: there is nothing to reap", n)
	}
	next := newSession(t, v)
	if k := knows(v); len(k) != 2 || !k[living.ClientIndex()] || !k[next.ClientIndex()] {
		t.Errorf("VPP knows %v", v.Clients())
	}
	if files := indexFilesOf(t, v); len(files) != 2 {
		t.Errorf("remembered: %v", files)
	}
	for _, s := range []*Session{living, next} {
		if err := s.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		if st := s.Stats().Snapshot(); st.Late != 0 || st.Unknown != 0 {
			t.Errorf("%#x got %d replies to others", s.ClientIndex(), st.Late)
		}
		_ = s.Close()
	}
	if files := indexFilesOf(t, v); len(files) != 0 || len(knows(v)) != 0 {
		t.Errorf("in the end %v and %v", files, v.Clients())
	}
}

// The file tells what an operator wants to know.
func TestIndexRecord(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := newSession(t, v, func(o *Options) { o.Name = "somebody" })
	files := indexFilesOf(t, v)
	if len(files) != 1 {
		t.Fatalf("remembered: %v", files)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var r indexRecord
	if err := json.Unmarshal(text, &r); err != nil || r != (indexRecord{v.Socket(), s.boot, s.ClientIndex(), "somebody", os.Getpid()}) {
		t.Errorf("%s (%v)", text, err)
	}
}

// An index is pinged only if it belongs to nobody of this boot that is alive.
func TestReapNobody(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, v *vpptest.VPP){
		"the index is ours now": func(t *testing.T, v *vpptest.VPP) {
			s := newSession(t, v)
			die(t, s)
			if err := v.Await(t.Context(), func() bool { return len(v.Clients()) == 0 }); err != nil {
				t.Fatal(err)
			}
		},
		"another boot": func(t *testing.T, v *vpptest.VPP) {
			die(t, newSession(t, v))
			if err := v.Restart(); err != nil {
				t.Fatal(err)
			}
		},
		"not our file": func(t *testing.T, v *vpptest.VPP) {
			dir := filepath.Join(filepath.Dir(v.Socket()), indexDir)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{"1" + indexSuffix: "garbage", "2" + indexSuffix: "", "3" + indexSuffix: `{"clientIndex": 2147483649}`} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := vpptest.Start(t)
			prepare(t, v)
			s := newSession(t, v)
			if n := v.Calls("control_ping"); n != 0 {
				t.Errorf("%d pings in another's name", n)
			}
			if files := indexFilesOf(t, v); len(files) != 1 {
				t.Errorf("remembered: %v", files)
			}
			if err := s.Ping(t.Context()); err != nil || s.Stats().Snapshot().Late != 0 {
				t.Errorf("%v, %d late", err, s.Stats().Snapshot().Late)
			}
		})
	}
}

// Where nothing can be written the session works all the same.
func TestStateDirUnusable(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSession(t, v, func(o *Options) { o.StateDir = file })
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
