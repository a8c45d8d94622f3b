package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

func (a *app) newCallCommand() *cobra.Command {
	var raw, harmful bool
	cmd := &cobra.Command{
		Use:   "call MESSAGE [JSON|-]",
		Short: "Send a request and print the answer",
		Long: `Send a request with the fields of a JSON object (- reads it from standard input)
and print the reply, or each message of a stream. A reply whose retval is not 0
is printed too; the exit code is then 1.

Values that are known to kill VPP are refused.`,
		Example: `  vppapi call show_version
  vppapi call create_loopback_instance '{"is_specified": true, "user_instance": 7}'
  vppapi call sw_interface_dump | jq -r .interface_name
  vppapi call cli_inband '{"cmd": "show runtime"}' --output text`,
		Args:              asUsage(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: a.completeFirst(requestNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			fields, err := callFields(cmd.InOrStdin(), args[1:])
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			opts := a.options()
			opts.AllowHarmful = harmful
			var callOpts []vpp.CallOption
			if raw {
				callOpts = append(callOpts, vpp.Raw())
			}
			out := a.printer(cmd.OutOrStdout(), formatJSON)
			return out.finish(connected(cmd.Context(), opts, func(ctx context.Context, s *vpp.Session) error {
				return call(ctx, out, s, args[0], fields, callOpts)
			}))
		},
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "do not judge the reply by its retval")
	cmd.Flags().BoolVar(&harmful, "allow-harmful", false, "send values that are known to kill VPP")
	return cmd
}

// callFields is the JSON object of a call, checked as far as can be without
// knowing the message.
func callFields(stdin io.Reader, args []string) ([]byte, error) {
	switch {
	case len(args) == 0:
		return []byte("{}"), nil
	case args[0] != "-":
		_, err := binproto.ParseJSONObject([]byte(args[0]))
		return []byte(args[0]), err
	}
	fields, err := io.ReadAll(stdin)
	if err == nil {
		_, err = binproto.ParseJSONObject(fields)
	}
	return fields, err
}

func call(ctx context.Context, out *printer, s *vpp.Session, request string, fields []byte, opts []vpp.CallOption) error {
	service := s.Schema().Service(request)
	if service == nil || !service.Stream {
		line, err := vpp.InvokeJSON(ctx, s, request, fields, opts...)
		if line != nil {
			if err := out.message(service.Reply, line); err != nil {
				return err
			}
		}
		return err
	}
	details := service.Reply
	if service.StreamMessage != "" {
		details = service.StreamMessage
	}
	for line, err := range vpp.InvokeStreamJSON(ctx, s, request, fields, opts...) {
		if err == nil {
			err = out.message(details, line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
