package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/cmd/internal/version"
)

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "vpp-operator %s, %s\n", version.String(), runtime.Version())
			return err
		},
	}
}
