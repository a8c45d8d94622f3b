package main

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// The exit codes. Whoever is ended by a signal, or by its reader going away,
// leaves with 128 and the signal's number, as a shell would say it.
const (
	exitOK           = 0
	exitRefused      = 1 // VPP said no
	exitUsage        = 2 // bad input: arguments, JSON, names, files
	exitNoConnection = 3
	exitTimeout      = 4
	exitInterrupted  = 128 + int(syscall.SIGINT)
	exitPipe         = 128 + int(syscall.SIGPIPE)
)

// usageError is a command line that is wrong by itself.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// asUsage makes a check of positional arguments give usage errors.
func asUsage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}

// errInterrupted: a signal came before the command was done.
var errInterrupted = errors.New("interrupted")

// exitCode is the exit code for an error. What nothing else fits was bad input.
func exitCode(err error) int {
	_, refused := vpp.Retval(err)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, syscall.EPIPE):
		return exitPipe
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.Is(err, vpp.ErrGuarded): // what the guard found out on the way is no matter
		return exitUsage
	case refused:
		return exitRefused
	case errors.Is(err, vpp.ErrTimeout):
		return exitTimeout
	case errors.Is(err, vpp.ErrDisconnected), errors.Is(err, vpp.ErrClosed), errors.Is(err, vpp.ErrProtocol):
		return exitNoConnection
	}
	return exitUsage
}
