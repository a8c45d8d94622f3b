package vpp

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The making of the socket's file wakes the client, wherever its folder is at
// that time.
func TestSocketAppears(t *testing.T) {
	t.Parallel()
	create := func(t *testing.T, path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name          string
		before, after func(t *testing.T, socket string)
	}{
		{"in a folder that is there", func(t *testing.T, s string) { create(t, s+".other") }, create},
		{"in a folder that is made later", func(*testing.T, string) {}, create},
		{"in place of another", create, func(t *testing.T, s string) {
			if err := os.Remove(s); err != nil {
				t.Fatal(err)
			}
			create(t, s)
		}},
		{"in a folder that is made anew", create, func(t *testing.T, s string) {
			if err := os.RemoveAll(filepath.Dir(filepath.Dir(s))); err != nil {
				t.Fatal(err)
			}
			create(t, s)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			socket := filepath.Join(t.TempDir(), "run", "vpp", "api.sock")
			c.before(t, socket)
			a := watchSocket(socket)
			defer a.Close()
			go c.after(t, socket)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			if !awaitSocket(ctx, a, time.Hour) {
				t.Error("nobody noticed")
			}
		})
	}
}

// Other files and the end of the wait are not it.
func TestSocketDoesNotAppear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := watchSocket(filepath.Join(dir, "api.sock"))
	defer a.Close()
	if err := os.WriteFile(filepath.Join(dir, "other"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if awaitSocket(t.Context(), a, 50*time.Millisecond) {
		t.Error("another file was taken for it")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if awaitSocket(ctx, a, time.Hour) {
		t.Error("the end of the context was taken for it")
	}
}
