package vpp

import (
	"os"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

// appearance tells when the file of a socket is made, by VPP starting. C may
// fire without need, never too rarely; where the system cannot tell it stays
// silent and the back-off alone paces the dialling.
type appearance struct {
	C       chan struct{}
	watcher *fsnotify.Watcher
	done    chan struct{}
}

// watchSocket begins to watch. It watches the nearest folder that exists and
// follows as the ones below it are made.
func watchSocket(socket string) *appearance {
	a := &appearance{C: make(chan struct{}, 1), done: make(chan struct{})}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		close(a.done)
		return a
	}
	a.watcher = w
	follow(w, filepath.Dir(socket))
	go func() {
		defer close(a.done)
		for {
			select {
			case e, ok := <-w.Events:
				if !ok {
					return
				}
				if e.Op&(fsnotify.Create|fsnotify.Remove|fsnotify.Rename) == 0 {
					continue
				}
				follow(w, filepath.Dir(socket))
				if _, err := os.Stat(socket); err == nil {
					select {
					case a.C <- struct{}{}:
					default:
					}
				}
			case _, ok := <-w.Errors:
				if !ok {
					return
				}
			}
		}
	}()
	return a
}

// follow watches dir and, while that does not exist, the nearest folder above
// it that does.
func follow(w *fsnotify.Watcher, dir string) {
	if w.Add(dir) == nil || filepath.Dir(dir) == dir {
		return
	}
	follow(w, filepath.Dir(dir))
	// It may have been made before the one above was watched.
	_ = w.Add(dir)
}

// Close ends the watching.
func (a *appearance) Close() {
	if a.watcher != nil {
		_ = a.watcher.Close()
	}
	<-a.done
}
