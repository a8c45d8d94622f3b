// Command vppapi is the binary API of VPP at a shell: list, describe, call,
// watch, and encode and decode messages as JSON lines. It knows no message: it
// learns the API from VPP itself or from API files, so it speaks to any VPP
// with any plugins. It stands on pkg/vpp and pkg/binproto, beside the operator.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	// A reader of our output that goes away must not end us before we have
	// taken leave of VPP; writing then fails with EPIPE.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes a command line and returns its exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, syscall.EPIPE) {
		fmt.Fprintln(errOut, "vppapi:", strings.TrimSpace(err.Error()))
	}
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(errOut, "usage: %s (%s --help tells more)\n", cmd.UseLine(), cmd.CommandPath())
	}
	return exitCode(err)
}
