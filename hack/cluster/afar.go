package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// The supervisor is a process of its own, in a session of its own, so that signals
// of a terminal and the death of who started it do not reach it. Two pipes join it
// to that one: by the first it reports, a line a step; when the second ends without
// a word, so does it.
const (
	reportFile = 3
	leashFile  = 4

	readyLine = "ready"
	stayLine  = "stay"
)

// remote is a supervisor as the one who started it sees it.
type remote struct {
	cmd    *exec.Cmd
	leash  *os.File
	report *os.File
}

// startSupervisor starts the supervisor of a prepared cluster and returns when
// that is ready.
func (c *cluster) startSupervisor(ctx context.Context) (_ *remote, err error) {
	reports, report, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	leashEnd, leash, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, reports.Close(), report.Close())
	}
	s := &remote{leash: leash, report: reports}
	s.cmd = exec.CommandContext(context.WithoutCancel(ctx), c.Program, "supervise", c.Folder)
	s.cmd.ExtraFiles = []*os.File{report, leashEnd}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = s.cmd.Start()
	err = errors.Join(err, report.Close(), leashEnd.Close())
	if err != nil {
		return nil, errors.Join(err, reports.Close(), leash.Close())
	}
	// Who does not want to wait any longer ends it.
	letGo := context.AfterFunc(ctx, func() { _ = leash.Close() })
	lines := bufio.NewScanner(reports)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		switch line := lines.Text(); {
		case line != readyLine:
			fmt.Println(line)
		case letGo():
			return s, nil
		}
	}
	err = s.stop()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, errors.Join(errors.New("it did not start"), err)
}

// leave has the supervisor stay when we go.
func (s *remote) leave() error {
	_, err := fmt.Fprintln(s.leash, stayLine)
	return errors.Join(err, s.leash.Close(), s.report.Close(), s.cmd.Process.Release())
}

// stop has the supervisor end everything and waits until it has.
func (s *remote) stop() error {
	_ = s.leash.Close() // which may have happened
	err := s.cmd.Wait()
	if err != nil {
		err = fmt.Errorf("end the cluster: %w", err)
	}
	return errors.Join(err, s.report.Close())
}

// superviseFromAfar is the supervisor's process.
func superviseFromAfar(ctx context.Context, folder string) error {
	for _, fd := range []int{reportFile, leashFile} {
		unix.CloseOnExec(fd) // they are not the machines'
	}
	report := os.NewFile(reportFile, "report")
	tell := func(line string) { _, _ = fmt.Fprintln(report, line) }
	ctx, end := context.WithCancel(ctx)
	defer end()
	go func() {
		if line, _ := bufio.NewReader(os.NewFile(leashFile, "leash")).ReadString('\n'); line != stayLine+"\n" {
			end()
		}
	}()
	err := supervise(ctx, folder, tell)
	if err != nil && ctx.Err() == nil {
		tell(err.Error())
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
