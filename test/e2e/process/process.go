// Package process runs programs beside tests and the demo: each writes a log, and
// none outlives the process that started it.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// Process is a program that runs until it is stopped, and never longer than the
// process that started it. Its methods may be called from any goroutine.
type Process struct {
	cmd  *exec.Cmd
	name string
	log  string // the file that takes what it says
	done chan struct{}
	err  error // how it ended, once done is closed

	stopped atomic.Bool
}

// Start starts a program in the folder of log, which takes what it says.
func Start(path, log string, args ...string) (*Process, error) {
	cmd := exec.CommandContext(context.Background(), path, args...)
	cmd.Dir = filepath.Dir(log)
	return Run(cmd, log)
}

// Run starts a command, not bound to a context, whose output log takes. It gets a
// process group of its own, besides what its SysProcAttr says.
func Run(cmd *exec.Cmd, log string) (*Process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &Process{cmd: cmd, name: filepath.Base(cmd.Path), log: log, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true // Ctrl-C is for us, who may still need it
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
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
		return nil, err
	}
	return p, nil
}

// Stop kills the process, which has nothing that is worth an orderly end, and
// waits until it is gone.
func (p *Process) Stop() {
	p.stopped.Store(true)
	_ = p.cmd.Process.Kill() // unless it has ended
	<-p.done
}

// End asks the process to end and waits until it is gone. What it has to complain
// about is how it ended, or that it had to be killed after the patience given.
func (p *Process) End(patience time.Duration) error {
	p.stopped.Store(true)
	if err := p.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		p.Stop()
		return fmt.Errorf("%s did not end when told to", p.name)
	}
	if p.err != nil {
		return fmt.Errorf("%s ended: %w", p.name, p.err)
	}
	return nil
}

// Signal sends the process a signal.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Stopped tells whether Stop or End was called.
func (p *Process) Stopped() bool { return p.stopped.Load() }

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended tells whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Failure tells of a process that has ended, and should not have, how it did, the
// end of its log and where the rest is.
func (p *Process) Failure() error {
	err := p.err
	if err == nil {
		err = errors.New("exit status 0")
	}
	return fmt.Errorf("%s ended: %w\n%s", p.name, err, p.LastWords())
}

// LastWords returns the end of the log.
func (p *Process) LastWords() string {
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
