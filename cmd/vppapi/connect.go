package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// options are those of a client for this command line.
func (a *app) options() vpp.Options {
	return vpp.Options{
		Socket: a.socket, Name: "vppapi", Timeout: a.timeout, APIDirs: a.apiDirs,
		StreamBuffer: math.MaxInt, // a dump into a pager may wait for its reader
	}
}

// connected dials VPP, runs f, and takes leave of VPP whatever happens: also
// when a signal comes, which ends ctx.
func connected(ctx context.Context, opts vpp.Options, f func(context.Context, *vpp.Session) error) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	s, err := vpp.Dial(ctx, opts)
	if err != nil {
		return interruption(ctx, err)
	}
	err = interruption(ctx, f(ctx, s))
	_ = s.Close() // it reports nothing that matters here
	return err
}

// interruptible is a context that ends with the first signal to do so. A
// second signal kills. What is ignored, such as an interrupt in the background
// of a shell, stays so.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	signals := slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
	if len(signals) == 0 {
		return context.WithCancel(ctx) // no signal at all would mean every signal
	}
	ctx, stop := signal.NotifyContext(ctx, signals...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// interruption marks an error that came about because ctx has ended.
func interruption(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("%w: %w", errInterrupted, err)
}

// schema is the API: that of the directories given, else of VPP.
func (a *app) schema(ctx context.Context) (*binproto.Schema, error) {
	if len(a.apiDirs) > 0 {
		return loadSchema(a.apiDirs...)
	}
	var schema *binproto.Schema
	err := connected(ctx, a.options(), func(_ context.Context, s *vpp.Session) error {
		schema = s.Schema()
		return nil
	})
	return schema, err
}

// loadSchema reads directories of API files and adds the messages that every
// VPP has; without a directory it is those alone.
func loadSchema(dirs ...string) (*binproto.Schema, error) {
	var l binproto.Loader
	if err := vpp.AddBuiltin(&l); err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		if err := l.AddDir(dir); err != nil {
			return nil, err
		}
	}
	return l.Schema()
}

// unlearnedOptions are options for what can do without the API of this VPP.
// Asking for it would stop VPP's workers.
func (a *app) unlearnedOptions() (vpp.Options, error) {
	opts := a.options()
	var err error
	opts.Schema, err = loadSchema()
	return opts, err
}
