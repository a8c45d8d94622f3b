package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

func (a *app) newWatchCommand() *cobra.Command {
	var count int
	cmd := &cobra.Command{
		Use:   "watch EVENT",
		Short: "Print events as they come",
		Long: `Ask VPP for the events of a message and print each, until interrupted. When VPP
restarts, watching goes on with the new one; standard error tells that events
were missed.`,
		Example:           "  vppapi watch sw_interface_event",
		Args:              asUsage(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeFirst(eventNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			if count < 0 {
				return usagef("-n %d: it must not be negative", count)
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			client := vpp.NewClient(a.options())
			defer client.Close() // takes leave of VPP
			if err := firstSession(ctx, client); err != nil {
				return interruption(ctx, err)
			}
			out := a.printer(cmd.OutOrStdout(), formatJSON)
			n := 0
			for line, err := range vpp.WatchJSON(ctx, client, args[0]) {
				switch {
				case errors.Is(err, vpp.ErrMissedEvents):
					fmt.Fprintln(cmd.ErrOrStderr(), "vppapi:", err)
					continue
				case err != nil && ctx.Err() != nil:
					return nil
				case err != nil:
					return err
				}
				if err := out.finish(out.message(args[0], line)); err != nil {
					return err
				}
				if n++; n == count {
					return nil
				}
			}
			return nil
		},
	}
	cmd.Flags().IntVarP(&count, "count", "n", 0, "end after so many events, 0 never")
	return cmd
}

// firstSession waits for the outcome of a client's first attempt to connect.
func firstSession(ctx context.Context, client *vpp.Client) error {
	for st := range client.States(ctx) {
		switch {
		case st.Session != nil:
			return nil
		case st.Err != vpp.ErrDisconnected: //nolint:errorlint // that alone is the state before the attempt
			return st.Err
		}
	}
	return context.Cause(ctx)
}
