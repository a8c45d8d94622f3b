package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// process is a program that runs until it is stopped, and never longer than the
// process that started it.
type process struct {
	name string
	log  string // the file that takes what it says
	kill context.CancelFunc
	done chan struct{} // closed when it has ended
	err  error         // how it ended, once done is closed
}

// start starts a program that says what it does into log.
func start(path, log string, args ...string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	ctx, kill := context.WithCancel(context.Background())
	p := &process{name: filepath.Base(path), log: log, kill: kill, done: make(chan struct{})}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = filepath.Dir(log)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true, // Ctrl-C is for us, who may still need it
		Pdeathsig: syscall.SIGKILL,
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig means the thread that forked
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		kill()
		return nil, err
	}
	return p, nil
}

// stop kills the process, which has nothing that is worth an orderly end, and
// waits until it is gone.
func (p *process) stop() {
	p.kill()
	<-p.done
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// failure tells of a process that has ended, and should not have, how it did, the
// end of its log and where the rest is.
func (p *process) failure() error {
	err := p.err
	if err == nil {
		err = errors.New("exit status 0")
	}
	return fmt.Errorf("%s ended: %w\n%s", p.name, err, p.lastWords())
}

// lastWords returns the end of the log.
func (p *process) lastWords() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if n := len(lines); n > 10 {
		lines = lines[n-10:]
	}
	return fmt.Sprintf("%s\n(all of it: %s)", bytes.Join(lines, []byte("\n")), p.log)
}
