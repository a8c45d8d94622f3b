package main

import (
	"cmp"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/cmd/internal/version"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// app is what the subcommands share: the global flags.
type app struct {
	socket  string
	apiDirs []string
	timeout time.Duration
	output  format
}

const rootLong = `The binary API of VPP at a shell.

VPP itself tells what messages it has; with --api-dir, API files (*.api.json) do,
and what needs no VPP then does without one.

In JSON, u8 arrays are hex ("0a0b"), addresses, prefixes and MACs are text
("2001:db8::1/64"), enums and flags are names and in input also numbers, a union
is an object with one arm. What is left out takes its default or zero, and
counts follow from the lists they count.

Exit codes: 0 done; 1 VPP refused; 2 wrong usage or bad input; 3 no connection;
4 timed out: the request may have acted.`

func newRootCommand() *cobra.Command {
	a := &app{}
	root := &cobra.Command{
		Use:           "vppapi",
		Short:         "The binary API of VPP at a shell",
		Long:          rootLong,
		Version:       version.String(),
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if a.timeout <= 0 {
				return usagef("--timeout %v: it must be positive", a.timeout)
			}
			return nil
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })

	flags := root.PersistentFlags()
	flags.StringVar(&a.socket, "socket", cmp.Or(os.Getenv("VPP_API_SOCKET"), vpp.DefaultSocket), "VPP's API socket (env VPP_API_SOCKET)")
	flags.StringArrayVar(&a.apiDirs, "api-dir", nil, "directory of API files to use instead of asking VPP; may be repeated")
	flags.DurationVar(&a.timeout, "timeout", 5*time.Second, "how long to wait for VPP each time")
	flags.VarP(&a.output, "output", "o", "json (a line each), yaml or text; by default what VPP sends is json and all else text")
	for _, err := range []error{
		root.MarkPersistentFlagFilename("socket"),
		root.MarkPersistentFlagDirname("api-dir"),
		root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp)),
	} {
		if err != nil {
			panic(err) // a flag's name above is misspelt
		}
	}

	root.AddCommand(
		a.newMessagesCommand(), a.newDescribeCommand(), a.newCallCommand(), a.newWatchCommand(), a.newPingCommand(),
		a.newTableCommand(), a.newSchemaCommand(), a.newEncodeCommand(), a.newDecodeCommand(),
	)
	return root
}
